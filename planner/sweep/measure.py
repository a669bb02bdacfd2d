"""How much of an area a path sees, on which legs, and how far it strays."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from planner.sweep.grid import SeenGrid

_STRETCH = 30
"""Legs that are buffered together: several times as fast as all at once, or each alone."""


def covered_share(area: Polygon | MultiPolygon, path: NDArray[np.float64], swath_m: float) -> float:
    """Share of the area within ``swath_m / 2`` of a path (n, 2) or of lanes (k, 2, 2), local metres."""
    if path.size == 0:
        return 0.0
    if path.ndim == 2:
        path = np.stack([path[:-1], path[1:]], axis=1) if len(path) > 1 else np.stack([path, path], axis=1)
    seen = _buffers(path, swath_m / 2, _STRETCH)
    if not shapely.is_valid(seen).all():
        seen = _buffers(path, swath_m / 2, 1)
    return float(shapely.intersection(shapely.union_all(seen), area).area / area.area)


def _buffers(lanes: NDArray[np.float64], radius_m: float, most: int) -> NDArray[np.object_]:
    """Buffers of lanes (k, 2, 2), up to so many in one where each begins at the end of the one before."""
    new = np.append(True, (lanes[1:, 0] != lanes[:-1, 1]).any(axis=1))
    run = np.cumsum(new)
    within = np.arange(len(lanes)) - np.flatnonzero(new)[run - 1]
    number = np.cumsum(new | (within % most == 0)) - 1
    first = np.append(True, np.diff(number) > 0)
    points = lanes[:, 1] if not first.any() else np.insert(lanes[:, 1], np.flatnonzero(first), lanes[first, 0], axis=0)
    owner = np.insert(number, np.flatnonzero(first), number[first])
    return np.asarray(shapely.buffer(shapely.linestrings(points, indices=owner), radius_m, quad_segs=16))


def outside_m(space: Polygon | MultiPolygon, points: NDArray[np.float64]) -> float:
    """Metres of a path (n, 2) that lie outside of a polygon, by more than a micrometre."""
    if len(points) < 2:
        return 0.0
    return float(LineString(points).difference(space.buffer(1e-6)).length)


def lanes_of(points: NDArray[np.float64], grid: SeenGrid) -> NDArray[np.bool_]:
    """Which legs of a path (n, 2) see cells that no other leg does, short ones doubted first; (n-1,)."""
    legs = np.concatenate([points[:-1], points[1:]], axis=1)
    seen = grid.seen_from(legs)
    grid.clear()
    for cells in seen:
        grid.count[cells] += 1
    is_lane = np.ones(len(legs), dtype=np.bool_)
    for k in np.argsort(np.hypot(*(points[1:] - points[:-1]).T), kind="stable").tolist():
        if np.all(grid.count[seen[k]] > 1):
            is_lane[k] = False
            grid.count[seen[k]] -= 1
    return is_lane


def surely_seeing(
    area: Polygon | MultiPolygon, points: NDArray[np.float64], swath_m: float, is_lane: NDArray[np.bool_], least: float
) -> NDArray[np.bool_]:
    """The legs that are lanes, (n-1,), and as many more, the longest first, as the exact share of ``least`` takes."""
    legs = np.stack([points[:-1], points[1:]], axis=1)
    is_lane = is_lane.copy()
    while not is_lane.all() and covered_share(area, legs[is_lane], swath_m) < least:
        off = np.flatnonzero(~is_lane)
        longest = off[np.argsort(-np.hypot(*(legs[off, 1] - legs[off, 0]).T), kind="stable")]
        is_lane[longest[: max(1, len(off) // 4)]] = True
    return is_lane
