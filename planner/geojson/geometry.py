"""Geometries of GeoJSON as shapely polygons, lines and places, each fault named with the place it is at."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.polygon import orient

from planner.errors import GeometryError
from planner.quantities import LonLat

SMALLEST_AREA_M2 = 1.0
"""What is smaller is a slip of the mouse, or an outline without an inside."""

ARCTIC_LAT = 69.0
KAZAKHSTAN = (46.0, 40.0, 88.0, 56.0)
"""West, south, east, north; where a file with latitude first is recognised by lying in the Arctic Ocean instead."""

LONGITUDE_FIRST = "GeoJSON has longitude first, then latitude."
SQUARE_METRES_PER_SQUARE_DEGREE = 111_320.0**2


def polygon(geometry: Mapping[str, object], about: str) -> Polygon | MultiPolygon:
    """A Polygon or MultiPolygon of GeoJSON, checked, outer rings counter-clockwise; third coordinates are dropped.

    Raises ``GeometryError`` with the place of the fault, longitude first.
    """
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        shape: Polygon | MultiPolygon = _polygon(coordinates, about)
    else:
        parts = _list(coordinates, "The coordinates of a MultiPolygon", about)
        if not parts:
            raise GeometryError("The MultiPolygon is empty.", about=about, mend="Draw at least one polygon.")
        polygons = [_polygon(part, f"{about}, part {number}") for number, part in enumerate(parts, 1)]
        shape = MultiPolygon(polygons) if len(polygons) > 1 else polygons[0]
        if not shape.is_valid:
            raise GeometryError(
                f"Parts of the MultiPolygon overlap{_place(shape)}.", about=about, mend="Join them or draw them apart."
            )
    return shape


def line(geometry: Mapping[str, object], about: str) -> LineString | MultiLineString:
    """A LineString or MultiLineString of GeoJSON, checked; third coordinates and repeated points are dropped.

    Raises ``GeometryError`` with the place of the fault, longitude first.
    """
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "LineString":
        return one_line(geometry, about)
    parts = _list(coordinates, "The coordinates of a MultiLineString", about)
    if not parts:
        raise GeometryError("The MultiLineString is empty.", about=about, mend="Draw at least one line.")
    lines = [_line(part, f"{about}, part {number}") for number, part in enumerate(parts, 1)]
    return MultiLineString(lines) if len(lines) > 1 else lines[0]


def ring(geometry: Mapping[str, object], about: str) -> Polygon:
    """The polygon inside a closed LineString of GeoJSON. Raises ``GeometryError`` as :func:`polygon` does."""
    return orient(Polygon(_ring(geometry.get("coordinates"), about)))


def one_line(geometry: Mapping[str, object], about: str) -> LineString:
    """A LineString of GeoJSON, as :func:`line`."""
    return _line(geometry.get("coordinates"), about)


def _line(coordinates: object, about: str) -> LineString:
    positions = _positions(_list(coordinates, "The coordinates of a LineString", about), about)
    if len(positions) == 0:
        raise GeometryError("The line is empty.", about=about, mend="Draw it.")
    _refuse_off_the_globe(positions, about)
    _refuse_antimeridian(positions, about, "line")
    moves = np.append(True, (np.diff(positions, axis=0) != 0).any(axis=1))
    if moves.sum() < 2:
        raise GeometryError(
            f"The line has only one place, {_said(positions[0])}.", about=about, mend="Draw it to another place."
        )
    return LineString(positions[moves])


def place(geometry: Mapping[str, object], about: str) -> LonLat:
    """A Point of GeoJSON; a third coordinate is dropped. Raises ``GeometryError``."""
    coordinates = _list(geometry.get("coordinates"), "The coordinates of a Point", about)
    if not coordinates:
        raise GeometryError("The Point is empty.", about=about, mend="Give longitude and latitude.")
    position = _positions([coordinates], about)
    _refuse_off_the_globe(position, about)
    return LonLat(float(position[0, 0]), float(position[0, 1]))


def _polygon(coordinates: object, about: str) -> Polygon:
    rings = _list(coordinates, "The coordinates of a Polygon", about)
    if not rings:
        raise GeometryError("The Polygon is empty.", about=about, mend="Draw its outline.")
    names = ["the outline", *(f"hole {number}" for number in range(1, len(rings)))]
    shell, *holes = (_ring(ring, f"{about}, {name}") for ring, name in zip(rings, names, strict=True))
    shape = Polygon(shell, holes)
    if not shape.is_valid:
        raise _crossing_rings(shape, about)
    return orient(shape)


def _ring(ring: object, about: str) -> NDArray[np.float64]:
    """One closed ring, shape (n, 2), that neither crosses nor touches itself and has an inside."""
    positions = _positions(_list(ring, "A ring", about), about)
    if len(positions) == 0:
        raise GeometryError("The ring is empty.", about=about, mend="Draw it, or leave it out.")
    _refuse_off_the_globe(positions, about)
    if not np.array_equal(positions[0], positions[-1]):
        raise GeometryError(
            f"The ring is not closed: it starts at {_said(positions[0])} and ends at {_said(positions[-1])}.",
            about=about,
            mend="Repeat the first position at the end.",
        )
    if len(np.unique(positions, axis=0)) < 3 or len(positions) < 4:
        raise GeometryError(
            f"The ring has too few points: {len(np.unique(positions, axis=0))} different ones at "
            f"{_said(positions[0])}, three are needed.",
            about=about,
        )
    _refuse_antimeridian(positions, about)
    outline = Polygon(positions)
    if _square_metres(outline.convex_hull) < SMALLEST_AREA_M2:
        raise GeometryError(
            f"The ring has no area at {_said(positions[0])}: its points lie on a line or on top of one another.",
            about=about,
            mend="Draw it around what is meant.",
        )
    if not outline.is_valid:
        raise GeometryError(
            f"The ring crosses or touches itself{_place(outline)}.",
            about=about,
            mend="Move or remove the vertices there.",
        )
    return positions


def _crossing_rings(shape: Polygon, about: str) -> GeometryError:
    """Why a polygon whose rings are each sound is not."""
    reason = shapely.is_valid_reason(shape)
    sentence = {
        "Hole lies outside shell": "A hole lies outside the outline",
        "Holes are nested": "A hole lies inside another hole",
        "Interior is disconnected": "Holes cut the polygon into parts",
        "Duplicate Rings": "Two rings are the same",
    }.get(reason.split("[")[0], "The outline and a hole, or two holes, overlap")
    return GeometryError(f"{sentence}{_place(shape)}.", about=about, mend="Redraw the hole inside the outline.")


def _positions(ring: list[object], about: str) -> NDArray[np.float64]:
    """Longitudes and latitudes, shape (n, 2)."""
    numbers = np.empty((len(ring), 2))
    for index, position in enumerate(ring):
        if not isinstance(position, list | tuple) or len(position) < 2:
            raise GeometryError(
                f"Position {index + 1} is not a pair of numbers.", about=about, mend="Give [longitude, latitude]."
            )
        for axis, value in enumerate(position):
            number = _finite(value)
            if number is None:
                raise GeometryError(
                    f"Position {index + 1} holds something that is not a finite number.",
                    about=about,
                    mend="Give [longitude, latitude] in degrees.",
                )
            if axis < 2:
                numbers[index, axis] = number
    return numbers


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _refuse_off_the_globe(positions: NDArray[np.float64], about: str) -> None:
    """Raise where positions are metres, latitude first, or nowhere."""
    lon, lat = positions[:, 0], positions[:, 1]
    wrong = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if wrong.any():
        first = _said(positions[int(np.argmax(wrong))])
        if (np.abs(lat) <= 180).all() and (np.abs(lon) <= 90).all():
            raise GeometryError(
                f"{first} is no longitude and latitude; latitude seems to stand first.",
                about=about,
                mend=LONGITUDE_FIRST,
            )
        if np.abs(positions).max() > 400:
            raise GeometryError(
                f"{first} are not degrees; they look like metres of a projection or a local grid.",
                about=about,
                mend="Export the file in WGS 84 degrees (EPSG:4326).",
            )
        raise GeometryError(
            f"{first} is no place on the globe: longitude reaches from -180 to 180, latitude from -90 to 90.",
            about=about,
            mend=LONGITUDE_FIRST,
        )
    west, south, east, north = KAZAKHSTAN
    swapped = (lat > ARCTIC_LAT) & (lat < east) & (lat > west) & (lon > south) & (lon < north)
    if swapped.all():
        raise GeometryError(
            f"{_said(positions[0])} lies in the Arctic Ocean, and in Kazakhstan with the two numbers swapped.",
            about=about,
            mend=LONGITUDE_FIRST,
        )


def _refuse_antimeridian(positions: NDArray[np.float64], about: str, what: str = "ring") -> None:
    jumps = np.abs(np.diff(positions[:, 0])) > 180
    if jumps.any():
        at = int(np.argmax(jumps))
        raise GeometryError(
            f"The {what} crosses the antimeridian between {_said(positions[at])} and {_said(positions[at + 1])}.",
            about=about,
            mend="Cut it there into parts (RFC 7946, section 3.1.9).",
        )


def _square_metres(shape: shapely.geometry.base.BaseGeometry) -> float:
    """Roughly, from degrees; good enough to tell something from nothing."""
    if shape.is_empty:
        return 0.0
    _, south, _, north = shape.bounds
    return float(shape.area * SQUARE_METRES_PER_SQUARE_DEGREE * max(math.cos(math.radians((south + north) / 2)), 1e-3))


def _place(shape: Polygon | MultiPolygon) -> str:
    found = re.search(r"\[(\S+) (\S+)\]", shapely.is_valid_reason(shape))
    return f" at longitude {float(found[1]):.7f}, latitude {float(found[2]):.7f}" if found else ""


def _said(position: NDArray[np.float64]) -> str:
    return f"[{position[0]:.10g}, {position[1]:.10g}]"


def _list(value: object, what: str, about: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise GeometryError(f"{what} must be a list.", about=about, mend="Export the file again.")
    return list(value)
