"""The motion model against ArduPilot itself, flown anew: a change of ArduPilot or of the model would show here."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from missions.items import Command, Frame, Mission, MissionItem
from missions.wire import to_e7
from planner.forecast import forecast_local
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.vehicles import VehicleProfile
from sim.sitl import Sitl, SitlSettings
from telemetry import Outcome, Vehicle, fly, simulator_confirmation

pytestmark = [
    pytest.mark.sitl,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")),
        reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH",
    ),
]

HOME = LonLat(76.945, 43.238)
FLIGHTS = {
    flight["name"]: flight for flight in json.loads((Path(__file__).parent / "data/motion.json").read_text())["flights"]
}


def mission_of(flight: dict, speeds: np.ndarray) -> Mission:
    """Home, take-off over it, the waypoints with the speed told where it changes, return."""
    frame, here = LocalFrame(HOME), (to_e7(HOME.lat), to_e7(HOME.lon))
    points, holds = flight["points_m"], flight.get("hold_s", [0.0] * len(speeds))
    items = [
        MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL, x=here[0], y=here[1]),
        MissionItem(Command.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, x=here[0], y=here[1], z=points[0][2]),
    ]
    for number, ((east, north, height), speed, hold) in enumerate(zip(points, speeds, holds, strict=True)):
        place = frame.point_to_lonlat((east, north))
        if not number or speed != speeds[number - 1]:
            items.append(MissionItem(Command.DO_CHANGE_SPEED, params=(1.0, float(speed), -1.0, 0.0)))
        stay = (float(hold), 0.0, 0.0, 0.0)
        at = {"x": to_e7(place.lat), "y": to_e7(place.lon), "z": height}
        items.append(MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, stay, **at))
    return Mission((*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


@pytest.mark.parametrize("name", ["triangle", "holds", "wind4_lanes"])
def test_a_flight_takes_what_is_predicted(name: str, tmp_path: Path) -> None:
    """The landing time on the screen would be wrong with the ArduPilot that people have."""
    flight = FLIGHTS[name]
    points, wind = np.array(flight["points_m"]), flight.get("wind_set", {"speed_mps": 0.0, "from_deg": 0.0})
    speeds = np.broadcast_to(np.array(flight["speeds_mps"], dtype=float), (len(points),))
    blows = math.hypot(*flight.get("wind_mps", (0.0, 0.0)))
    holds = np.array(flight.get("hold_s", [0.0] * len(points)), dtype=float)
    profile, from_deg = VehicleProfile(), wind["from_deg"]
    ahead = forecast_local(points[:, :2], points[:, 2], speeds, holds, profile, wind_mps=blows, wind_from_deg=from_deg)
    parameters = {"SIM_WIND_SPD": wind["speed_mps"], "SIM_WIND_DIR": from_deg}
    sitting = SitlSettings(home=HOME, home_amsl_m=750.0, instance=62, speedup=15.0, parameters=parameters)
    with Sitl(sitting) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address, timeout_s=60) as vehicle:
            record = fly(
                vehicle,
                mission_of(flight, speeds),
                confirmation=simulator_confirmation(vehicle),
                predicted_s=ahead.duration_s,
                folder=tmp_path,
            )
    assert record.outcome is Outcome.LANDED, record.reason
    assert record.duration_s == pytest.approx(ahead.duration_s, rel=0.02)
