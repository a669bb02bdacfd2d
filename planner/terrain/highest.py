"""The highest ground or obstacle anywhere in shapes: what a level way over them must clear."""

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
    """The highest ground (n,) in polygons, lines or points (n,), metres above sea level, NaN where not all is known.

    A bilinear surface has no crest inside a cell: what is highest is a post, or lies on the shape's own outline.
    """
    highest = np.full(len(shapes), -np.inf)
    if not len(shapes):
        return highest
    with np.errstate(invalid="ignore"):
        _raise_to_ground(highest, shapes, terrain, frame)
    return highest


def _raise_to_ground(highest: Floats, shapes: Shapes, terrain: Terrain, frame: LocalFrame) -> None:
    points, owners = shapely.get_coordinates(shapes, return_index=True)
    np.maximum.at(highest, owners, terrain.heights(frame.points_to_lonlat(points)))
    same = owners[1:] == owners[:-1]
    if same.any():
        pieces = terrain.along(np.stack([points[:-1], points[1:]], axis=1)[same], frame)
        np.maximum.at(highest, owners[1:][same][pieces.line], -parabolas.least(-pieces.ground)[0])
    areas = np.flatnonzero(shapely.area(shapes) > 0)
    if len(areas):
        squares, tops = terrain.posts(points, frame, MOST_POSTS)
        shape, square = shapely.STRtree(squares).query(shapes[areas], predicate="intersects")
        np.maximum.at(highest, areas[shape], tops[square])
