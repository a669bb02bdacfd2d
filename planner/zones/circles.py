"""Circles and arcs on the globe as polygons that hold them; distances and bearings by the geodesic (Karney 2013)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.polygon import orient

from planner.errors import GeometryError
from planner.geodesy import WGS84, LocalFrame
from planner.quantities import LonLat

NAUTICAL_MILE_M = 1852.0

LARGEST_RADIUS_M = 500_000.0

ARC_SLACK_M = 1.0
"""A chord leaves its arc by at most this, or by ``ARC_SLACK_SHARE`` of the radius."""

ARC_SLACK_SHARE = 5e-5

MOST_UNLIKE = 0.05
"""The ends of an arc may differ in their distance from its centre by this share (files round to seconds), …"""

UNLIKE_M = 150.0
"""… or by this much."""


def circle(centre: LonLat, radius_m: float, about: str) -> Polygon:
    """A polygon around a circle: it holds the whole of it and at most ``2 * ARC_SLACK_M`` (or share) more.

    Raises ``GeometryError`` for a radius that makes no zone, and where it reaches a pole or the antimeridian.
    """
    _refuse_radius(radius_m, about)
    _refuse_place(centre, about)
    count = 4 * math.ceil(math.pi / _half_step(radius_m) / 4)
    bearings = np.arange(count) * 360.0 / count
    outer = radius_m / math.cos(math.pi / count) + _sag_m(centre, radius_m, 2 * math.pi * radius_m / count)
    ring = _around(centre, bearings, np.full(count, outer))
    if np.ptp(ring[:, 0]) > 180 or not _within_pole(centre, radius_m):
        raise GeometryError("The circle reaches across the antimeridian or a pole.", about=about, mend="Cut it there.")
    return orient(Polygon(ring))


def arc(
    centre: LonLat,
    radii_m: tuple[float, float],
    bearings_deg: tuple[float, float],
    *,
    clockwise: bool,
    about: str,
) -> NDArray[np.float64]:
    """Places (n, 2) along an arc from one bearing to another, both included; the radius changes evenly between.

    Equal bearings make the whole circle. Raises ``GeometryError``.
    """
    for radius in radii_m:
        _refuse_radius(radius, about)
    _refuse_place(centre, about)
    if abs(radii_m[0] - radii_m[1]) > max(MOST_UNLIKE * max(radii_m), UNLIKE_M):
        raise GeometryError(
            f"The arc begins {radii_m[0]:.0f} m and ends {radii_m[1]:.0f} m from its centre.",
            about=about,
            mend="Correct the centre (V X) or the ends.",
        )
    turn = (bearings_deg[1] - bearings_deg[0]) % 360 or 360.0
    if not clockwise:
        turn = turn - 360.0 or -360.0
    count = max(2, math.ceil(abs(math.radians(turn)) / (2 * _half_step(max(radii_m)))) + 1)
    bearings = bearings_deg[0] + np.linspace(0.0, turn, count)
    return _around(centre, bearings, np.linspace(*radii_m, count))


def to(centre: LonLat, place: LonLat) -> tuple[float, float]:
    """Distance in metres and bearing in degrees from a centre to a place."""
    azimuth, _, distance = WGS84.inv(centre.lon, centre.lat, place.lon, place.lat)
    return float(distance), float(azimuth) % 360.0


def band(line: NDArray[np.float64], half_width_m: float, about: str) -> Polygon | MultiPolygon:
    """What lies within ``half_width_m`` of a line of places (n, 2), each straight in a frame of its own."""
    _refuse_radius(half_width_m, about)
    parts = []
    for start, end in itertools.pairwise(line):
        frame = LocalFrame(LonLat(*(float(value) for value in (start + end) / 2)))
        ends = frame.points_to_local(np.array([start, end]))
        # A round end of 16 sides a quarter stays inside the true one by 0.12 %.
        strip = shapely.LineString(ends).buffer(half_width_m * 1.0013, quad_segs=16)
        parts.append(frame.to_lonlat(strip))
    whole = shapely.union_all(parts)
    if not isinstance(whole, Polygon | MultiPolygon) or whole.is_empty:
        raise GeometryError("The line has no length.", about=about)
    return whole


def _around(centre: LonLat, bearings: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = (np.full(len(bearings), value) for value in centre)
    ends = WGS84.fwd(lon, lat, bearings, radii)
    return np.column_stack([ends[0], ends[1]])


def _sag_m(centre: LonLat, radius_m: float, chord_m: float) -> float:
    """How far a line that is straight in degrees leaves the geodesic at most; 0.4 mm for 100 m, 3 m for 10 km."""
    farthest = min(abs(centre.lat) + radius_m / 110_000, 85.0)
    return chord_m**2 * (math.tan(math.radians(farthest)) + 0.1) / (8 * 6_371_000.0)


def _half_step(radius_m: float) -> float:
    """Half the angle of a step, radians, whose chord leaves the arc by the slack."""
    slack = max(ARC_SLACK_M, ARC_SLACK_SHARE * radius_m)
    return math.acos(max(1 - slack / radius_m, math.cos(math.pi / 8)))


def _within_pole(centre: LonLat, radius_m: float) -> bool:
    return abs(centre.lat) + radius_m / 110_000 < 90


def _refuse_radius(radius_m: float, about: str) -> None:
    if not 0 < radius_m <= LARGEST_RADIUS_M:
        raise GeometryError(
            f"A radius of {radius_m:g} m makes no zone; it must be above 0 and at most {LARGEST_RADIUS_M / 1000:g} km.",
            about=about,
        )


def _refuse_place(place: LonLat, about: str) -> None:
    if not (-180 <= place.lon <= 180 and -90 <= place.lat <= 90):
        raise GeometryError(f"{place} is no place on the globe.", about=about)
