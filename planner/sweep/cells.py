"""Cutting an area into cells that are each swept in their own direction.

What a cell costs is read off scan lines: in each direction, as many strips as the camera needs, every piece of a
strip's centre line a lane, a stop at both of its ends and a step to the next. An area is cut, at chords through its
inward corners, as long as the two halves together cost less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import polygonize

from planner.paths import reflex_vertices
from planner.sweep.motion import Motion
from planner.sweep.strips import Strips, turned
from planner.sweep.work import Work

_CORNERS = 10
_EDGES = 8
_ANGLES = 12
_JOIN_S = 3.0
_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Cell:
    """A region with the strips it is swept in, and what that costs, s."""

    region: Polygon
    strips: Strips
    time_s: float


def angles_of(region: Polygon | MultiPolygon, edges: int = _EDGES, even: int = _ANGLES) -> list[float]:
    """Directions worth trying, radians in [0, π): of the longest edges, and evenly spread ones."""
    sums: dict[int, float] = {}
    exact: dict[int, float] = {}
    for part in getattr(region, "geoms", [region]):
        for ring in (part.exterior, *part.interiors):
            d = np.diff(shapely.get_coordinates(ring), axis=0)
            for angle, length in zip(np.arctan2(d[:, 1], d[:, 0]) % math.pi, np.hypot(*d.T), strict=True):
                key = round(math.degrees(float(angle)) / 2) % 90
                if length > 0 and length > sums.get(-key - 1, 0.0):
                    sums[-key - 1] = float(length)
                    exact[key] = float(angle)
                sums[key] = sums.get(key, 0.0) + float(length)
    longest = sorted(exact, key=lambda key: -sums[key])[:edges]
    return [exact[key] for key in longest] + [k * math.pi / even for k in range(even)]


def cheapest(region: Polygon, swath_m: float, motion: Motion, angles: Sequence[float], spare_m2: float) -> Cell:
    """The region as one cell, in the direction of those given that costs least."""
    return min(ways(region, swath_m, motion, angles, spare_m2), key=lambda cell: cell.time_s)


def ways(region: Polygon, swath_m: float, motion: Motion, angles: Sequence[float], spare_m2: float) -> list[Cell]:
    """The region as one cell in each direction.

    A strip less than needed is taken where what is left out at the two sides is below ``spare_m2``.
    """
    found: list[Cell] = []
    rings = [shapely.get_coordinates(r) for r in (region.exterior, *region.interiors)]
    one, two = np.concatenate([r[:-1] for r in rings]), np.concatenate([r[1:] for r in rings])
    for angle in angles:
        p, q = turned(one, -angle), turned(two, -angle)
        low, high = float(p[:, 1].min()), float(p[:, 1].max())
        need = max(1, math.ceil((high - low) / swath_m - 1e-6))
        strips = Strips(angle, need, low, (high - low) / need)
        if need > 1:
            rim = (high - low - (need - 1) * swath_m) / 2
            rims = _crossings(p, q, np.array([low + rim / 2, high - rim / 2]))
            there = np.isfinite(rims[1::2])
            if rim * float((rims[1::2][there] - rims[::2][there]).sum()) < spare_m2:
                strips = Strips(angle, need - 1, low + rim, swath_m)
        found.append(Cell(region, strips, _time_s(p, q, strips, swath_m, motion)))
    return found


def _time_s(p: NDArray[np.float64], q: NDArray[np.float64], strips: Strips, swath_m: float, motion: Motion) -> float:
    """Time for the lanes of all strips and from each to the next; a lane reaches over all scan lines of its strip."""
    heights = strips.base_m + (np.arange(3 * strips.number) + 0.5) / 3 * strips.pitch_m
    crossings = _crossings(p, q, heights)
    count = np.isfinite(crossings).sum(axis=0).reshape(strips.number, 3)
    levels = crossings.reshape(len(crossings), strips.number, 3)
    west, east = levels[::2, :, 1].copy(), levels[1::2, :, 1].copy()
    same = (count == count[:, 1:2]).all(axis=1)
    west[:, same], east[:, same] = levels[::2, same].min(axis=2), levels[1::2, same].max(axis=2)
    lengths = east[np.isfinite(east)] - west[np.isfinite(east)]
    extra = len(lengths) - strips.number + int((~same).sum())
    time = float(motion.times_s(np.maximum(lengths - 0.6 * swath_m, 0.0)).sum())
    return time + len(lengths) * motion.time_s(strips.pitch_m) + max(extra, 0) * motion.stop_s


def _crossings(p: NDArray[np.float64], q: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where level lines cross the edges p → q of a polygon, west to east down the columns, an even number of rows."""
    # an edge crosses heights from its lower end up to below its upper one, so a vertex on a line counts once
    low, high = np.minimum(p[:, 1], q[:, 1]), np.maximum(p[:, 1], q[:, 1])
    first, last = np.searchsorted(heights, low, side="left"), np.searchsorted(heights, high, side="left")
    times = last - first
    edge = np.repeat(np.arange(len(p)), times)
    level = np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times) + first[edge]
    share = (heights[level] - p[edge, 1]) / (q[edge, 1] - p[edge, 1])
    x = p[edge, 0] + share * (q[edge, 0] - p[edge, 0])
    order = np.lexsort((x, level))
    level, x = level[order], x[order]
    count = np.bincount(level, minlength=len(heights))
    most = int(count.max(initial=0))
    table = np.full((most + most % 2, len(heights)), np.inf)
    table[np.arange(len(x)) - np.repeat(np.cumsum(count) - count, count), level] = x
    return table


def cut(area: Polygon | MultiPolygon, swath_m: float, motion: Motion, work: Work) -> list[Cell]:
    """Cells that together make up the area, each with its cheapest sweep."""
    spare = 0.002 * area.area
    queue = [
        cheapest(part, swath_m, motion, angles_of(part), spare)
        for part in getattr(area, "geoms", [area])
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    done: list[Cell] = []
    while queue:
        queue.sort(key=lambda cell: cell.time_s)
        cell = queue.pop()
        halves = _best_cut(cell, swath_m, motion, spare, work)
        if halves:
            queue.extend(halves)
        else:
            done.append(cell)
    return done


def _best_cut(cell: Cell, swath_m: float, motion: Motion, spare: float, work: Work) -> list[Cell]:
    """Two cells that together cost less than one, or none."""
    least, found = cell.time_s * 0.99 - _JOIN_S, list[Cell]()
    region = cell.region
    around = angles_of(region, 2, 0)
    shapely.prepare(region)
    for chord in _chord_lines(region, swath_m):
        if work.left(keep=1.0 - _SHARE) < 0:
            break
        pieces = polygonize(shapely.union_all([region.boundary, chord]))
        parts = [part for part in pieces if region.covers(part.representative_point())]
        work.add(150.0)
        if len(parts) != 2 or min(part.area for part in parts) < swath_m * swath_m / 4:
            continue
        halves = [cheapest(part, swath_m, motion, [*angles_of(part, 3, 2), *around], spare) for part in parts]
        work.add(11.0 * (700.0 + 0.7 * shapely.get_num_coordinates(region) + cell.strips.number))
        time = sum(half.time_s for half in halves)
        if time < least:
            least, found = time, halves
    return [
        cheapest(half.region, swath_m, motion, [half.strips.angle, *angles_of(half.region)], spare) for half in found
    ]


def _chord_lines(region: Polygon, swath_m: float) -> list[LineString]:
    """Lines across the region through its weightiest inward corners: along their edges, square to them, and halving."""
    at, before, after = reflex_vertices(region)
    if len(at) == 0:
        return []
    one, two = at - before, after - at
    sizes = np.minimum(np.hypot(*one.T), np.hypot(*two.T))
    turn = np.abs(np.arctan2(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0], (one * two).sum(axis=1)))
    weight = np.minimum(sizes, 2 * swath_m) * np.minimum(turn, 1.0)
    far = math.hypot(region.bounds[2] - region.bounds[0], region.bounds[3] - region.bounds[1])
    lines = []
    for k in np.argsort(-weight, kind="stable")[:_CORNERS].tolist():
        u, v = one[k] / np.hypot(*one[k]), two[k] / np.hypot(*two[k])
        ways = [u, -v]
        inward = u - v
        if np.hypot(*inward) > 1e-6:
            ways.append(inward / np.hypot(*inward))
        for way in ways:
            ray = LineString([at[k] + way * 1e-6 * far, at[k] + way * 2 * far])
            inside = shapely.intersection(region, ray)
            pieces = [g for g in getattr(inside, "geoms", [inside]) if g.geom_type == "LineString" and not g.is_empty]
            if not pieces:
                continue
            first = min(pieces, key=lambda g: g.distance(shapely.Point(at[k])))
            end = max(shapely.get_coordinates(first).tolist(), key=lambda p: math.dist(p, at[k]))
            over = np.array(end) + way * 1e-6 * far
            lines.append(LineString([at[k] - way * 1e-9 * far, over]))
    return lines
