"""What stands on the ground: buildings as polygons, masts as points, wires as lines, each with its height.

A GeoJSON file in WGS 84. ``height`` is metres above the ground as a number (as OpenStreetMap has it), "30 m", "98 ft",
or an altitude ("30 m AGL", "1250 m AMSL"); ``radius`` in metres widens a point or line (a mast's guy ropes); ``name``
and ``id`` name it in findings. A wire's height is that of its ends: between them it hangs no higher than straight.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of

from planner.errors import FileFormatError, GeometryError, InputError, SettingError
from planner.geodesy import LocalFrame
from planner.geojson.crs import refuse_other_crs
from planner.geojson.text import read_json
from planner.quantities import Altitude, AltitudeReference
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]
Shape = Point | MultiPoint | LineString | MultiLineString | Polygon | MultiPolygon

HEIGHT = re.compile(r"\s*(?P<number>\d+(\.\d*)?)\s*(?P<unit>m|ft)?\s*", re.IGNORECASE | re.ASCII)
MEND = 'Give it a height above the ground in metres, or for example "30 m AGL", "1250 m AMSL".'
HIGHEST_M = 10_000.0

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


def read_obstacles(path: Path | str) -> tuple[Obstacle, ...]:
    """The obstacles in a GeoJSON file. Raises ``FileFormatError`` or ``GeometryError`` with file and feature."""
    value = read_json(Path(path))
    source = str(path)
    if not isinstance(value, Mapping) or value.get("type") != "FeatureCollection":
        raise FileFormatError("Obstacles are a GeoJSON FeatureCollection, and this is none.", about=source)
    refuse_other_crs(value, source)
    features = value.get("features")
    if not isinstance(features, list):
        raise FileFormatError("The FeatureCollection has no list of features.", about=source)
    found = [_obstacle(feature, number, source) for number, feature in enumerate(features, 1)]
    return tuple(found)


def _obstacle(feature: object, number: int, source: str) -> Obstacle:
    about = f"{source}: feature {number}"
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise FileFormatError("This is no GeoJSON feature.", about=about)
    refuse_other_crs(feature, about)
    properties = feature.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise FileFormatError("The properties of a feature are not an object.", about=about)
    given = properties.get("id", feature.get("id"))
    identity = str(given)[:80] if isinstance(given, str | int) and not isinstance(given, bool) else f"obstacle-{number}"
    about = f"{about} ({identity})"
    name = properties.get("name")
    return Obstacle(
        id=identity,
        shape=_shape(feature.get("geometry"), about),
        top=_top(properties.get("height"), about),
        radius_m=_radius(properties.get("radius"), about),
        name=name[:200] if isinstance(name, str) else "",
    )


def _shape(geometry: object, about: str) -> Shape:
    if not isinstance(geometry, Mapping):
        raise GeometryError("The feature has no geometry.", about=about)
    refuse_other_crs(geometry, about)
    try:
        shape = shapely.force_2d(shape_of(dict(geometry)))
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        raise GeometryError("Its geometry cannot be read.", about=about) from None
    if not isinstance(shape, Shape) or shape.is_empty:
        raise GeometryError("An obstacle is a Point, a LineString or a Polygon (or several of one kind).", about=about)
    places = shapely.get_coordinates(shape)
    if not (np.isfinite(places).all() and (np.abs(places) <= (180, 90)).all()):
        raise GeometryError("It has a place that is not on the globe.", about=about, mend="Longitude first, degrees.")
    return shape


def _top(value: object, about: str) -> Altitude:
    sentence = "The height is missing." if value is None else f"{str(value)[:80]!r} is no height."
    if isinstance(value, bool) or value is None:
        raise FileFormatError(sentence, about=about, mend=MEND)
    if isinstance(value, int | float):
        top = value
    elif isinstance(value, str) and (match := HEIGHT.fullmatch(value[:80])):
        top = float(match["number"]) * (0.3048 if (match["unit"] or "m").lower() == "ft" else 1.0)
    else:
        try:
            altitude = Altitude.parse(value[:80]) if isinstance(value, str) else None
        except SettingError:
            altitude = None
        if altitude is None or altitude.reference is AltitudeReference.HOME or altitude.metres > HIGHEST_M:
            raise FileFormatError(sentence, about=about, mend=MEND)
        return altitude
    if not (math.isfinite(top) and 0 <= top <= HIGHEST_M):
        raise FileFormatError(sentence, about=about, mend=MEND)
    return Altitude.agl(float(top))


def _radius(value: object, about: str) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= HIGHEST_M:
        raise FileFormatError(f"{str(value)[:80]!r} is no radius in metres.", about=about)
    return float(value)


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
