"""A small field, places around it and two launches, for the tests that fly what a team was planned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from missions import compile_sortie
from planner.geodesy import LocalFrame
from planner.plan import Plan, Sortie
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Point, Site
from planner.track import Track
from telemetry import FlightRecord, Vehicle, fly, simulator_confirmation

HOME = LonLat(76.945, 43.238)
FRAME = LocalFrame(HOME)
LOW = Altitude.agl(40)
FIELD = shapely.Polygon([(0, 0), (240, 0), (260, 160), (10, 150)])
PLACES = {"gate": (30.0, 40.0), "yard": (190.0, 30.0), "mast": (220.0, 140.0), "pond": (60.0, 130.0)}


def site(*, points: bool = False, east: bool = False) -> Site:
    launches = [Launch("west", HOME)]
    if east:
        launches.append(Launch("east", FRAME.point_to_lonlat((230.0, 10.0))))
    return Site(
        areas=(Area("field", FRAME.to_lonlat(FIELD)),),
        launches=tuple(launches),
        points=tuple(Point(name, FRAME.point_to_lonlat(at)) for name, at in PLACES.items()) if points else (),
    )


def flown(made: Plan, sortie: Sortie, address: str, folder: Path, **words: object) -> FlightRecord:
    """Fly one sortie on a simulated vehicle."""
    with Vehicle.connect(address, timeout_s=60) as vehicle:
        return fly(
            vehicle,
            compile_sortie(made, sortie),
            confirmation=simulator_confirmation(vehicle),
            predicted_s=sortie.forecast.duration_s,
            folder=folder,
            **words,
        )


def in_the_air(track: Track) -> tuple[np.ndarray, np.ndarray]:
    """Seconds after arming (n,), and where the vehicle was then (n, 3): local metres, above home."""
    known = np.isfinite(track.lon) & np.isfinite(track.alt_home_m)
    points = FRAME.points_to_local(np.column_stack([track.lon, track.lat])[known])
    high = track.alt_home_m[known]
    seconds = track.time_s[known] - track.time_s[known][0]
    up = high > 1.0
    return seconds[up], np.column_stack([points, high])[up]


def nearest_m(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """How near two flights come while both are in the air: across where they are at like heights, and in space.

    Each is (seconds of a common clock, places).
    """
    begin, end = max(one[0][0], other[0][0]), min(one[0][-1], other[0][-1])
    assert end > begin, "the two were never in the air together"
    times = np.arange(begin, end, 0.25)
    apart = np.stack(
        [np.interp(times, one[0], one[1][:, k]) - np.interp(times, other[0], other[1][:, k]) for k in range(3)]
    )
    level = np.abs(apart[2]) < 10.0
    across = float(np.hypot(apart[0], apart[1])[level].min()) if level.any() else np.inf
    return across, float(np.linalg.norm(apart, axis=0).min())
