"""Coverage as seen from the flown track, by ArduPilot itself: pictures where they were taken, leaning as it leaned."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import shapely
from shapely import box

from missions import compile_sortie
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Sweep
from planner.plan import Plan
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind
from planner.terrain import Ground, Terrain
from planner.vehicles import VehicleProfile
from qyran.record import seen_by
from sim.sitl import CAMERA_PARAMETERS, Sitl, SitlSettings
from telemetry import Outcome, Vehicle, fly, simulator_confirmation

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/terrain/srtm"
HOME = LonLat(149.05, -35.975)
FRAME = LocalFrame(HOME)

pytestmark = [
    pytest.mark.sitl,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")),
        reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH",
    ),
]

BENT = shapely.Polygon([(20, 20), (220, 20), (220, 90), (110, 90), (110, 190), (20, 190)])
HOLED = shapely.Polygon([(0, 40), (260, 10), (300, 180), (60, 240)]).difference(box(120, 90, 170, 140))


def order(name: str) -> Patrol:
    zones: tuple[Zone, ...] = ()
    ground, altitude = None, Altitude.agl(40)
    match name:
        case "bent":
            shape = BENT
        case "windy":
            shape = HOLED
            zones = (Zone("pond", ZoneKind.KEEP_OUT, FRAME.to_lonlat(box(122, 92, 168, 138))),)
        case _:
            shape, ground, altitude = box(-650, -200, -300, 50), Ground(Terrain.open(SHARED)), Altitude.agl(60)
    site = Site((Area(name, FRAME.to_lonlat(shape)),), zones, (Launch("here", HOME),))
    vehicle = VehicleProfile(return_altitude_m=140.0 if ground else 40.0)
    return Patrol(name, site, Sweep(altitude=altitude, speed_mps=8.0), vehicle=vehicle, ground=ground)


def flown_share(made: Plan, folder: Path, *, wind_mps: float, instance: int) -> float:
    """Fly the only sortie; the share of what was to be watched that its pictures show."""
    terrain = made.patrol.ground.terrain if made.patrol.ground else None
    home_m = 700.0 if terrain is None else terrain.height(HOME)
    parameters = {
        **CAMERA_PARAMETERS,
        "RTL_ALT": made.patrol.vehicle.return_altitude_m * 100,
        "SIM_WIND_SPD": wind_mps,
        "SIM_WIND_DIR": 240.0,
    }
    settings = SitlSettings(home=HOME, home_amsl_m=home_m, instance=instance, speedup=25.0, parameters=parameters)
    with Sitl(settings) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address, timeout_s=60) as vehicle:
            record = fly(
                vehicle,
                compile_sortie(made, made.sorties[0]),
                confirmation=simulator_confirmation(vehicle),
                predicted_s=made.sorties[0].forecast.duration_s,
                folder=folder,
            )
    assert record.outcome is Outcome.LANDED, record.reason
    witnessed = seen_by(made, [record])
    assert witnessed is not None, "no picture was taken"
    print(
        f"{made.patrol.name}: planned {made.covered:.4f}, seen {witnessed.share:.4f}, {len(record.pictures)} pictures"
    )
    return witnessed.share


@pytest.mark.parametrize(
    ("name", "wind_mps"),
    [
        ("bent", 0.0),
        pytest.param("windy", 6.0, marks=pytest.mark.long),
        pytest.param(
            "hills", 0.0, marks=[pytest.mark.long, pytest.mark.skipif(not SHARED.is_dir(), reason="no terrain")]
        ),
    ],
)
def test_a_sweep_is_seen_as_it_was_planned(name: str, wind_mps: float, tmp_path: Path) -> None:
    """A plan would claim to cover what the drone, leaning in curves and wind, never showed."""
    made = plan(order(name))
    assert len(made.sorties) == 1 and not made.is_blocked
    assert made.covered is not None and made.covered >= 0.995
    assert flown_share(made, tmp_path, wind_mps=wind_mps, instance=82) >= 0.99
