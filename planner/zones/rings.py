"""Rings of places as polygons: closed, and small slips of the drawing mended outwards; anything else is refused."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from planner.errors import GeometryError
from planner.geodesy import distance_m
from planner.geojson.geometry import ARCTIC_LAT, polygon
from planner.quantities import LonLat

LONGEST_SPIKE_M = 250.0
"""A line that goes out and back on itself by less is a slip of the drawing; a longer one may stand for lost points."""

SURELY_SOME = 1e-6
"""Square degrees that surely are an area: half a hectare near the Arctic."""

LARGEST_LOOP = 5e-3
"""A ring that crosses itself is taken with all that it encloses where the small loops have at most this share."""


def ring_polygon(ring: NDArray[np.float64], about: str) -> tuple[Polygon | MultiPolygon, tuple[str, ...]]:
    """The polygon in a ring of longitudes and latitudes, shape (n, 2), and what was mended in it.

    The ring need not be closed. Raises ``GeometryError`` with the place where it cannot be told what is inside.
    """
    points = _without_repeats(ring)
    if len(points) < 3:
        raise GeometryError(
            f"The outline has {len(points)} different point{'s' if len(points) != 1 else ''}; three are needed.",
            about=about,
        )
    closed = np.vstack([points, points[:1]])
    jumps = np.abs(np.diff(closed[:, 0])) > 180
    if not Polygon(closed).is_valid and not jumps.any():
        spiky = _without_spikes(points)
        if len(spiky) >= 3 and Polygon(spiky).is_valid:
            closed = np.vstack([spiky, spiky[:1]])
            return _checked(closed, about), ("A line that goes out and back on itself was left out.",)
        filled = _filled(spiky)
        if filled is not None:
            return filled, ("The outline crosses itself in a small loop; all that it encloses is held.",)
    return _checked(closed, about), ()


def checked(shape: Polygon | MultiPolygon, about: str) -> Polygon | MultiPolygon:
    """A polygon in degrees, outer rings counter-clockwise; raises ``GeometryError`` as for one of GeoJSON.

    What is sound at a glance is not looked at corner by corner.
    """
    west, south, east, north = shape.bounds if not shape.is_empty else (math.nan,) * 4
    on_globe = west >= -180 and east <= 180 and south >= -90 and north <= ARCTIC_LAT
    if on_globe and east - west <= 180 and shape.area > SURELY_SOME and shape.is_valid:
        return _oriented(shape)
    return polygon(mapping(shape), about)


def _oriented(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    return MultiPolygon([orient(part) for part in shape.geoms]) if isinstance(shape, MultiPolygon) else orient(shape)


def _checked(closed: NDArray[np.float64], about: str) -> Polygon | MultiPolygon:
    return checked(Polygon(closed), about)


def _without_repeats(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a ring, none twice in a row, the last not the first again."""
    kept = ring[np.concatenate([[True], np.any(np.diff(ring, axis=0) != 0, axis=1)])]
    closed = len(kept) > 1 and np.array_equal(kept[0], kept[-1])
    return np.asarray(kept[:-1] if closed else kept)


def _without_spikes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a ring without short ways out and back to the same place."""
    left = [(float(lon), float(lat)) for lon, lat in points]
    at = 0
    while len(left) > 3 and at < len(left):
        before, tip, after = left[at - 1], left[at], left[(at + 1) % len(left)]
        if before == after and distance_m(LonLat(*before), LonLat(*tip)) <= LONGEST_SPIKE_M:
            for index in sorted({at, (at + 1) % len(left)}, reverse=True):
                del left[index]
            at = max(at - 2, 0)
        else:
            at += 1
    return np.array(left)


def _filled(points: NDArray[np.float64]) -> Polygon | MultiPolygon | None:
    """All that a crossing ring encloses, where one face is nearly all of it; None otherwise."""
    if len(points) < 3:
        return None
    noded = shapely.union_all([shapely.LinearRing(points)])
    collections = shapely.polygonize_full([noded])
    faces, *loose = (shapely.get_parts(collection) for collection in collections)
    if len(faces) == 0 or any(len(lines) for lines in loose):
        return None
    if shapely.area(faces).sum() - shapely.area(faces).max() > LARGEST_LOOP * shapely.area(faces).sum():
        return None
    whole = shapely.union_all(faces)
    outer = [orient(Polygon(part.exterior)) for part in shapely.get_parts(whole)]
    return outer[0] if len(outer) == 1 else MultiPolygon(outer)
