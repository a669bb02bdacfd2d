"""What stands on the ground: buildings as polygons, masts as points, wires as lines, each with its height.

A wire's height is that of its ends: between them it hangs no higher than straight.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon

from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.quantities import Altitude, AltitudeReference
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]
Shape = Point | MultiPoint | LineString | MultiLineString | Polygon | MultiPolygon

STEP_M = 30.0
"""The ground under lines and outlines is looked at this often."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something to keep off, in WGS 84 degrees, from the ground to ``top``; ``radius_m`` around points and lines."""

    id: str
    shape: Shape
    top: Altitude
    radius_m: float = 0.0
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Obstacles as k upright blocks: ``outlines`` in local metres, not yet widened by a margin; ``tops_m`` above mean
    sea level (above the launch where the ground is flat); ``owners``, the obstacle each is of.
    """

    outlines: NDArray[np.object_]
    tops_m: Floats
    owners: NDArray[np.int64]


def blocks_of(obstacles: tuple[Obstacle, ...], terrain: Terrain | None, frame: LocalFrame) -> Blocks:
    """Obstacles in a frame, tops above sea level; over flat ground (no terrain) above the launch.

    Raises ``InputError`` where the ground under one is unknown, or where flat ground cannot place it.
    """
    outlines: list[object] = []
    tops: list[float] = []
    owners: list[int] = []
    for number, obstacle in enumerate(obstacles):
        for outline, top in _parts(obstacle, terrain, frame):
            outlines.append(outline)
            tops.append(top)
            owners.append(number)
    return Blocks(np.array(outlines, dtype=object), np.array(tops), np.array(owners, dtype=np.int64))


def _parts(obstacle: Obstacle, terrain: Terrain | None, frame: LocalFrame) -> Iterator[tuple[object, float]]:
    """Outlines with their tops; a line comes in pieces, each as high as its higher end."""
    for part in shapely.get_parts(frame.to_local(obstacle.shape)):
        if isinstance(part, LineString):
            yield from _wire(obstacle, part, terrain, frame)
            continue
        places = shapely.get_coordinates(shapely.segmentize(part, STEP_M))
        if isinstance(part, Polygon):
            places = np.vstack([places, shapely.get_coordinates(part.representative_point())])
        top = float(_tops(obstacle, places, terrain, frame).max())
        yield part.buffer(obstacle.radius_m) if obstacle.radius_m else part, top


def _wire(
    obstacle: Obstacle, line: LineString, terrain: Terrain | None, frame: LocalFrame
) -> Iterator[tuple[object, float]]:
    ends = shapely.get_coordinates(line)
    at_ends = _tops(obstacle, ends, terrain, frame)
    for (start, end), (low, high) in zip(itertools.pairwise(ends), itertools.pairwise(at_ends), strict=True):
        count = max(math.ceil(math.hypot(*(end - start)) / STEP_M), 1)
        shares = np.linspace(0.0, 1.0, count + 1)
        places = start + shares[:, None] * (end - start)
        tops = np.maximum(low + shares * (high - low), _tops(obstacle, places, terrain, frame))
        for first in range(count):
            piece = LineString(places[first : first + 2])
            yield piece.buffer(obstacle.radius_m) if obstacle.radius_m else piece, float(tops[first : first + 2].max())


def _tops(obstacle: Obstacle, places: Floats, terrain: Terrain | None, frame: LocalFrame) -> Floats:
    """The top (n,) at local places (n, 2)."""
    if obstacle.top.reference is AltitudeReference.AMSL:
        if terrain is None:
            raise InputError(
                "Its top is given above sea level, and flat ground has no height above the sea.",
                about=f"obstacle {obstacle.label!r}",
                mend="Give terrain, or its height above ground.",
            )
        return np.full(len(places), obstacle.top.metres)
    if terrain is None:
        return np.full(len(places), obstacle.top.metres)
    lonlat = frame.points_to_lonlat(places)
    ground = terrain.heights(lonlat)
    if np.isnan(ground).any():
        terrain.refuse_missing(lonlat)
        raise InputError(
            "The ground under it is unknown.",
            about=f"obstacle {obstacle.label!r}",
            mend="Give its top above sea level, or terrain without voids there.",
        )
    return np.asarray(ground + obstacle.top.metres)
