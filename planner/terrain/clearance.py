"""How near ways come to the ground and to what stands on it, along their whole length.

The ground is what the terrain files say, bilinear between posts, and every cell that a leg crosses is looked at:
between two lattice lines ground and leg differ by a parabola, whose least value is exact.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.geodesy import LocalFrame
from planner.terrain import parabolas
from planner.terrain.obstacles import Blocks
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]

MOST_CELLS = 500_000
"""Cells looked at in one go, as far as can be told beforehand: bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Between each of n lines and the ground: the least and the most metres, and where on the line, shares; each (n,).

    ``unknown`` (n,) is the share of the line over ground that is not known; metres are infinite where that is all.
    """

    least_m: Floats
    least_at: Floats
    most_m: Floats
    most_at: Floats
    unknown: Floats


@dataclass(frozen=True, slots=True)
class Near:
    """A line that passes beside or over an obstacle: where on the line, ``margin_m`` above the obstacle's top."""

    obstacle: int
    line: int
    share: float
    margin_m: float


def over_ground(lines: Floats, heights: Floats, terrain: Terrain | None, frame: LocalFrame) -> Room:
    """The room under lines (n, 2, 2) in local metres with heights above sea level at their ends (n, 2).

    ``terrain`` None: flat ground at height 0.
    """
    if terrain is None:
        first, last = heights[:, 0], heights[:, 1]
        none = np.zeros(len(lines))
        falls = last < first
        return Room(
            np.minimum(first, last), np.where(falls, 1.0, 0.0), np.maximum(first, last), np.where(falls, 0.0, 1.0), none
        )
    parts = [_over(lines[part], heights[part], terrain, frame) for part in _batches(lines, terrain)]
    return Room(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _batches(lines: Floats, terrain: Terrain) -> Iterator[slice]:
    """Lines by the batch, so that each crosses about ``MOST_CELLS`` cells."""
    cells = np.hypot(*(lines[:, 1] - lines[:, 0]).T) / terrain.post_distance_m * 2 + 2
    batch = (np.cumsum(cells) // MOST_CELLS).astype(np.int64)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(batch)) + 1, [len(lines)]])
    for start, end in itertools.pairwise(edges):
        yield slice(int(start), int(end))


def _over(lines: Floats, heights: Floats, terrain: Terrain, frame: LocalFrame) -> tuple[Floats, ...]:
    pieces = terrain.along(lines, frame)
    shares = np.column_stack([pieces.start, (pieces.start + pieces.end) / 2, pieces.end])
    low, rise = heights[pieces.line, 0], (heights[:, 1] - heights[:, 0])[pieces.line]
    room = low[:, None] + shares * rise[:, None] - pieces.ground
    unknown = np.isnan(room).any(axis=1)
    width = pieces.end - pieces.start
    lost = np.bincount(pieces.line, weights=unknown * width, minlength=len(lines))
    found: list[Floats] = []
    for sign in (1.0, -1.0):
        values, place = parabolas.least(sign * room)
        values = np.where(unknown, np.inf, values)
        order = np.lexsort((values, pieces.line))
        best = order[np.searchsorted(pieces.line[order], np.arange(len(lines)))]
        found += [sign * values[best], pieces.start[best] + place[best] * width[best]]
    return (*found, np.asarray(lost, dtype=np.float64))


def near_obstacles(lines: Floats, heights: Floats, blocks: Blocks, *, beside_m: float, over_m: float) -> list[Near]:
    """Where lines (n, 2, 2) pass within ``beside_m`` of an obstacle and less than ``over_m`` above its top.

    ``heights`` (n, 2) above what ``blocks`` counts from. One answer for each obstacle, the nearest.
    """
    tall = np.flatnonzero(blocks.tops_m + over_m > heights.min(initial=np.inf))
    if not len(tall):
        return []
    wide = shapely.buffer(blocks.outlines[tall], beside_m, quad_segs=16)
    same = np.hypot(*(lines[:, 1] - lines[:, 0]).T) == 0
    drawn = np.empty(len(lines), dtype=object)
    drawn[same] = shapely.points(lines[same, 0])
    drawn[~same] = shapely.linestrings(lines[~same])
    which, line = shapely.STRtree(drawn).query(wide, predicate="intersects")
    tops = blocks.tops_m[tall[which]]
    close = tops + over_m > heights[line].min(axis=1)
    which, line, tops = which[close], line[close], tops[close]
    if not len(which):
        return []
    inside, pair = shapely.get_coordinates(shapely.intersection(drawn[line], wide[which]), return_index=True)
    steps = lines[line, 1] - lines[line, 0]
    lengths = np.maximum((steps**2).sum(axis=1), 1e-12)
    share = np.clip(((inside - lines[line[pair], 0]) * steps[pair]).sum(axis=1) / lengths[pair], 0.0, 1.0)
    share = np.concatenate([share, np.zeros(same[line].sum()), np.ones(same[line].sum())])
    pair = np.concatenate([pair, *[np.flatnonzero(same[line])] * 2])
    margins = heights[line[pair], 0] + share * (heights[:, 1] - heights[:, 0])[line[pair]] - tops[pair]
    owners = blocks.owners[tall[which[pair]]]
    nearest: dict[int, Near] = {}
    for number in np.argsort(margins, kind="stable"):
        owner = int(owners[number])
        if margins[number] < over_m and owner not in nearest:
            nearest[owner] = Near(owner, int(line[pair[number]]), float(share[number]), float(margins[number]))
    return list(nearest.values())
