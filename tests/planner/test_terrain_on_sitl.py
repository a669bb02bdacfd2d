"""A patrol over real hills, flown by ArduPilot itself: heights above the ground as flown, against the terrain file."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely import box

from missions import compile_sortie
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Sweep
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Site
from planner.terrain import Ground, Terrain
from planner.vehicles import VehicleProfile
from sim.sitl import Sitl, SitlSettings
from telemetry import Outcome, Vehicle, fly, simulator_confirmation

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/terrain/srtm"

pytestmark = [
    pytest.mark.sitl,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")),
        reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH",
    ),
    pytest.mark.skipif(not SHARED.is_dir(), reason="no shared terrain: set QYRAN_SHARED"),
]

HOME = LonLat(149.05, -35.975)


def test_the_flown_height_above_ground_is_the_planned_one(tmp_path: Path) -> None:
    """What is proved on paper would not be what the drone does between waypoints, corners cut and climbs limited."""
    terrain = Terrain.open(SHARED)
    frame = LocalFrame(HOME)
    area = Area("slope", frame.to_lonlat(box(-650, -200, -150, 50)))
    site = Site((area,), launches=(Launch("here", HOME),))
    profile = VehicleProfile(return_altitude_m=170.0)
    patrol = Patrol("hills", site, Sweep(altitude=Altitude.agl(60), swath_m=100.0), vehicle=profile)
    made = plan(replace(patrol, ground=Ground(terrain)))
    assert len(made.sorties) == 1
    assert not [finding for finding in made.findings if finding.severity.blocks]
    sortie, home_m = made.sorties[0], terrain.height(HOME)
    heights = [waypoint.altitude.metres for waypoint in sortie.route.waypoints]
    assert max(heights) - min(heights) > 60, "the ground is too even to prove anything"
    assert min(heights) > 20, "ArduPilot's simulated ground is level, at the height of home: nothing flies below that"
    parameters = {"RTL_ALT": 17_000.0}
    with Sitl(SitlSettings(home=HOME, home_amsl_m=home_m, instance=81, speedup=30.0, parameters=parameters)) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address, timeout_s=60) as vehicle:
            record = fly(
                vehicle,
                compile_sortie(made, sortie),
                confirmation=simulator_confirmation(vehicle),
                predicted_s=sortie.forecast.duration_s,
                folder=tmp_path,
            )
    assert record.outcome is Outcome.LANDED, record.reason
    assert record.duration_s == pytest.approx(sortie.forecast.duration_s, rel=0.02)
    track = record.track
    place = np.column_stack([track.lon, track.lat])
    local = frame.points_to_local(place)
    away = np.hypot(local[:, 0], local[:, 1]) > 20
    above = (track.alt_amsl_m - terrain.heights(place))[away]
    assert len(above) > 200
    print(
        f"flown {above.min():.1f} to {above.max():.1f} m above ground, {record.duration_s:.0f} s, "
        f"planned {sortie.forecast.duration_s:.0f} s"
    )
    assert above.min() >= 55.0 - 2.0
    assert above.max() <= 70.0 + 2.0
