"""Each pattern planned, compiled, loaded and flown on ArduPilot, in three sizes: where it flew, and where it looked."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely

from missions import compile_sortie
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Corridor, Orbit, Pattern, Perimeter, Search, Sweep, Watch, Waypoints
from planner.plan import Plan
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, DrawnRoute, Launch, Point, Site
from planner.site import Corridor as DrawnCorridor
from planner.site import Perimeter as DrawnPerimeter
from planner.track import Track
from sim.sitl import Sitl, SitlSettings
from telemetry import FlightRecord, Outcome, Vehicle, fly, simulator_confirmation

pytestmark = [
    pytest.mark.sitl,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")),
        reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH",
    ),
]

HOME = LonLat(76.945, 43.238)
FRAME = LocalFrame(HOME)
SIZES = (pytest.param(0.5, marks=pytest.mark.long), 1.0, pytest.param(2.0, marks=pytest.mark.long))
LOW = Altitude.agl(40)
FIELD = shapely.Polygon([(30, 20), (230, 0), (260, 160), (120, 110), (20, 190)])
ROAD = shapely.LineString([(20, 0), (120, 30), (160, 150), (300, 180)])
BY_HAND = shapely.LineString([(0, 40), (90, 60), (120, 150), (20, 120), (0, 40)])
SQUARE = (150.0, 80.0)

PATTERNS: dict[str, Pattern] = {
    "sweep": Sweep(altitude=LOW, swath_m=40),
    "crossed sweep": Sweep(altitude=LOW, swath_m=60, cross=True),
    "corridor": Corridor(altitude=LOW, swath_m=20, width_m=40),
    "one side": Corridor(altitude=LOW, swath_m=20, width_m=30, side="left"),
    "perimeter": Perimeter(altitude=LOW, distance_m=15, direction="both"),
    "orbit": Orbit(altitude=LOW, radius_m=50, turns=2),
    "watch": Watch(altitude=LOW, dwell_s=60),
    "expanding square": Search(altitude=LOW, swath_m=40, radius_m=80),
    "sector": Search(altitude=LOW, form="sector", radius_m=90),
    "parallel track": Search(altitude=LOW, form="parallel_track", swath_m=40),
    "creeping line": Search(altitude=LOW, form="creeping_line", swath_m=40),
    "waypoints": Waypoints(altitude=LOW),
}


def site(size: float) -> Site:
    def drawn(shape: shapely.Geometry) -> shapely.Geometry:
        return FRAME.to_lonlat(shapely.transform(shape, lambda points: points * size))

    return Site(
        areas=(Area("field", drawn(FIELD)),),
        launches=(Launch("post", HOME),),
        corridors=(DrawnCorridor("road", drawn(ROAD)),),
        perimeters=(DrawnPerimeter("field's edge", drawn(FIELD)),),
        points=(Point("square", FRAME.point_to_lonlat((SQUARE[0] * size, SQUARE[1] * size))),),
        routes=(DrawnRoute("by hand", drawn(BY_HAND)),),
    )


def flown(made: Plan, folder: Path) -> FlightRecord:
    sortie = made.sorties[0]
    sitting = SitlSettings(home=HOME, home_amsl_m=750.0, instance=74, speedup=40.0)
    with Sitl(sitting) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address, timeout_s=60) as vehicle:
            return fly(
                vehicle,
                compile_sortie(made, sortie),
                confirmation=simulator_confirmation(vehicle),
                predicted_s=sortie.forecast.duration_s,
                folder=folder,
            )


def headings_off(track: Track, mask: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Degrees between the nose and a place (2,), for the samples in a mask."""
    points = FRAME.points_to_local(np.column_stack([track.lon, track.lat]))[mask]
    bearing = np.degrees(np.arctan2(target[0] - points[:, 0], target[1] - points[:, 1]))
    return np.abs((track.heading_deg[mask] - bearing + 180) % 360 - 180)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_flown_as_it_was_planned(name: str, size: float, tmp_path: Path) -> None:
    """A pattern that looks right on the map would be flown elsewhere, otherwise, or not at all, by the autopilot."""
    made = plan(Patrol(name, site(size), PATTERNS[name]))
    assert not made.is_blocked
    assert len(made.sorties) == 1
    record = flown(made, tmp_path)
    assert record.outcome is Outcome.LANDED, record.reason
    sortie = made.sorties[0]
    assert record.duration_s == pytest.approx(sortie.forecast.duration_s, rel=0.02)
    assert record.max_outside_m == 0
    assert record.landed_from_home_m is not None and record.landed_from_home_m < 2
    track = record.track
    known = np.isfinite(track.lon) & np.isfinite(track.lat)
    points = FRAME.points_to_local(np.column_stack([track.lon, track.lat])[known])
    way = shapely.LineString(
        FRAME.points_to_local(np.array([waypoint.position for waypoint in sortie.route.waypoints]))
    )
    # ArduPilot rounds corners within WPNAV_RADIUS (2 m) and a little more where lanes turn back.
    assert shapely.LineString(points).hausdorff_distance(shapely.segmentize(way, 2.0)) < 5
    high = track.alt_home_m[known] > LOW.metres - 2
    assert shapely.distance(way, shapely.points(points[high])).max() < 4
    if isinstance(made.patrol.pattern, Orbit | Watch):
        looked_at_the_point(made, track, points, known, size)


def looked_at_the_point(made: Plan, track: Track, points: np.ndarray, known: np.ndarray, size: float) -> None:
    target = np.array(SQUARE) * size
    away = np.hypot(*(points - target).T)
    pattern = made.patrol.pattern
    if isinstance(pattern, Orbit):
        there = np.abs(away - pattern.radius_m) < 3
        turned = np.unwrap(np.arctan2(*(points[there] - target).T))
        assert abs(turned[-1] - turned[0]) > 2 * math.pi * (pattern.turns - 0.1)
    else:
        assert isinstance(pattern, Watch)
        there = np.abs(away - LOW.metres) < 1
        times = track.time_s[known][there]
        assert times[-1] - times[0] >= 0
    mask = np.zeros(len(track), dtype=bool)
    mask[np.flatnonzero(known)[there]] = True
    off = headings_off(track, mask, target)
    assert np.nanmedian(off) < 5
    assert np.nanpercentile(off, 90) < 20
