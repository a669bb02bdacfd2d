"""The highest and the lowest ground anywhere in shapes: what a level way over them must clear."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.geodesy import LocalFrame
from planner.terrain import parabolas
from planner.terrain.ground import Ground
from planner.terrain.obstacles import blocks_of
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

MOST_POSTS = 400_000
"""More posts are taken together by the square, with the highest of each: rather too high than too low."""


class Highest:
    """Over one ground, metres above home; obstacles count as so high that keeping the clearance keeps off them too."""

    def __init__(self, ground: Ground, home_m: float, frame: LocalFrame) -> None:
        self._ground = ground
        self._home_m = home_m
        self._frame = frame
        self._blocks = blocks_of(ground.obstacles, ground.terrain, frame)

    def __call__(self, shapes: Shapes) -> Floats:
        """The highest place (n,) in shapes (n,) of local metres; NaN where the ground in one is not all known."""
        terrain = self._ground.terrain
        highest = np.zeros(len(shapes)) if terrain is None else highest_ground(shapes, terrain, self._frame)
        highest = highest - self._home_m
        if len(self._blocks.tops_m) and len(shapes):
            wide = shapely.buffer(self._blocks.outlines, self._ground.beside_m)
            shape, block = shapely.STRtree(wide).query(shapes, predicate="intersects")
            tops = self._blocks.tops_m[block] - self._home_m + self._ground.over_m - self._ground.clearance_m
            np.maximum.at(highest, shape, tops)
        return highest


def highest_ground(shapes: Shapes, terrain: Terrain, frame: LocalFrame) -> Floats:
    """The highest ground (n,) in polygons, lines or points (n,), metres above sea level, NaN where not all is known."""
    return ground_span(shapes, terrain, frame)[1]


def ground_span(shapes: Shapes, terrain: Terrain, frame: LocalFrame) -> tuple[Floats, Floats]:
    """The lowest and the highest ground (n,) in polygons, lines or points (n,), metres above sea level.

    NaN where not all is known. A bilinear surface has no crest or hollow inside a cell: what is highest or lowest is a
    post, or lies on the shape's own outline.
    """
    lowest, highest = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    if len(shapes):
        with np.errstate(invalid="ignore"):
            _widen_to_ground(lowest, highest, shapes, terrain, frame)
    return lowest, highest


def _widen_to_ground(lowest: Floats, highest: Floats, shapes: Shapes, terrain: Terrain, frame: LocalFrame) -> None:
    def widen(owners: NDArray[np.int64], low: Floats, high: Floats) -> None:
        np.minimum.at(lowest, owners, low)
        np.maximum.at(highest, owners, high)

    points, owners = shapely.get_coordinates(shapes, return_index=True)
    under = terrain.heights(frame.points_to_lonlat(points))
    widen(owners, under, under)
    same = owners[1:] == owners[:-1]
    if same.any():
        pieces = terrain.along(np.stack([points[:-1], points[1:]], axis=1)[same], frame)
        widen(owners[1:][same][pieces.line], parabolas.least(pieces.ground)[0], -parabolas.least(-pieces.ground)[0])
    areas = np.flatnonzero(shapely.area(shapes) > 0)
    if len(areas):
        squares, bottoms, tops = terrain.posts(points, frame, MOST_POSTS)
        shape, square = shapely.STRtree(squares).query(shapes[areas], predicate="intersects")
        widen(areas[shape], bottoms[square], tops[square])
