"""What a drone can do is learnt from its own flights: the real command, on logs of real links to simulated vehicles."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim.battery
from missions.items import Command, Frame, Mission, MissionItem
from missions.wire import to_e7
from planner.forecast import forecast_local
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.site import Site
from planner.vehicles import VehicleProfile
from qyran.cli import run
from qyran.project import Project, read_settings
from sim import Simulator, SimulatorSettings
from telemetry import Outcome, Vehicle, fly, read_tlog, simulator_confirmation

HOME = LonLat(76.945, 43.238)
FRAME = LocalFrame(HOME)
TEACHING = ((80, 0, 30, 5, 12), (80, 250, 30, 5, 0), (380, 250, 30, 10, 12), (380, 0, 45, 10, 0), (0, 0, 30, 7, 12))
TRIAL = ((200, 100, 40, 8, 0), (-300, 400, 40, 8, 20), (-300, -300, 60, 10, 0), (300, -300, 60, 10, 0))
"""East, north, height, speed on the way there, stay."""

SITL = os.environ.get("QYRAN_SITL") or shutil.which("arducopter")


def mission_of(way):
    here = {"x": to_e7(HOME.lat), "y": to_e7(HOME.lon)}
    items = [
        MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL, **here),
        MissionItem(Command.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=way[0][2], **here),
    ]
    for east, north, height, speed, stay in way:
        place = FRAME.point_to_lonlat((east, north))
        at = {"x": to_e7(place.lat), "y": to_e7(place.lon), "z": float(height)}
        items.append(MissionItem(Command.DO_CHANGE_SPEED, params=(1.0, float(speed), -1.0, 0.0)))
        items.append(MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, (float(stay), 0.0, 0.0, 0.0), **at))
    return Mission((*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


def flown(address, way, folder):
    """Fly a mission over a real link; the flight's log."""
    with Vehicle.connect(address, timeout_s=60) as vehicle:
        record = fly(
            vehicle, mission_of(way), confirmation=simulator_confirmation(vehicle), predicted_s=None, folder=folder
        )
    assert record.outcome is Outcome.LANDED, record.reason
    (log,) = folder.glob("*.tlog")
    return log


def drawn_wh(log):
    """What the battery's monitor says was drawn from arming to disarming: voltage times current over time."""
    reading = read_tlog(log)
    armed = [event.at.timestamp() for event in reading.events if event.kind.value in ("armed", "disarmed")]
    told = reading.electricity
    inside = (told.time_s >= armed[0]) & (told.time_s <= armed[-1])
    return float(np.trapezoid((told.volts * told.amps)[inside], told.time_s[inside])) / 3600


def foretold_wh(profile):
    columns = np.array(TRIAL, dtype=float).T
    ahead = forecast_local(columns[:2].T, columns[2], columns[3], columns[4], profile, wind_mps=0.0)
    return ahead.energy_wh


@pytest.fixture(scope="module")
def hungry(tmp_path_factory):
    """Two flights of an embedded vehicle that hovers on half as much again; the logs to learn from and to be tried."""
    folder = tmp_path_factory.mktemp("hungry")
    before = sim.battery.HOVER_W
    sim.battery.HOVER_W = before * 1.5
    battery = {"SIM_BATT_CAP_AH": 6.0, "BATT_CAPACITY": 6000.0}
    try:
        logs = []
        for name, way in (("teaching", TEACHING), ("trial", TRIAL)):
            settings = SimulatorSettings(port=0, home=HOME, speedup=40.0, parameters=battery)
            with Simulator(settings) as simulator:
                logs.append(flown(simulator.addresses[0].address, way, folder / name))
    finally:
        sim.battery.HOVER_W = before
    return logs


def test_a_learnt_profile_foretells_the_next_flight_within_a_tenth(hungry, tmp_path, capfd):
    """The share of the battery that a plan shows would be that of another drone."""
    teaching, trial = hungry
    project = Project.create(tmp_path / "post", name="post", site=Site(()))
    settings = project.folder / "patrol.toml"
    before = settings.read_text()
    assert run(["vehicle", "learn", str(teaching), "--profile", "hungry", "--into", str(project.folder)]) == 0
    assert set(before.splitlines()) <= set(settings.read_text().splitlines()), "all else stands as it stood"
    profile = read_settings(settings).vehicle
    assert profile.name == "hungry"
    used = drawn_wh(trial)
    assert foretold_wh(profile) == pytest.approx(used, rel=0.1)
    assert foretold_wh(VehicleProfile()) < 0.8 * used, "the profile that it replaces would not do"
    assert profile.hover_w == pytest.approx(1.5 * 355 + 6, rel=0.05)
    assert profile.climb_mps == pytest.approx(2.5, rel=0.1) and profile.descent_mps == pytest.approx(1.5, rel=0.1)
    assert 0.9 < profile.battery_wh / (6.0 * 11.8) < 1.1


def test_it_prints_a_table_that_a_patrol_takes_and_says_what_it_rests_on(hungry, capfd):
    """Nobody could tell a figure of a hundred samples from a guess."""
    assert run(["vehicle", "learn", str(hungry[0]), "--dry-run"]) == 0
    printed = capfd.readouterr()
    table = tomllib.loads(printed.out)["vehicle"]
    assert VehicleProfile(**table).hover_w == table["hover_w"]
    assert "samples" in printed.err
    assert run(["vehicle", "learn", *map(str, hungry), "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["flights"] == 2
    hover = answer["figures"]["hover_w"]
    assert hover["samples"] > 100 and 0 < hover["spread"] < 0.05 * hover["value"]


def test_a_dry_run_writes_nothing(hungry, tmp_path):
    """Looking would change the plan."""
    target = tmp_path / "drone.toml"
    assert run(["vehicle", "learn", str(hungry[0]), "--into", str(target), "--dry-run"]) == 0
    assert not target.exists()


def test_too_little_is_refused_in_words(hungry, tmp_path, capfd):
    """A profile from a hop of a few seconds would be believed like any other."""
    data = hungry[0].read_bytes()
    short = tmp_path / "short.tlog"
    short.write_bytes(data[: len(data) // 8])
    assert run(["vehicle", "learn", str(short)]) == 2
    said = capfd.readouterr().err
    assert "are needed" in said or "no battery current" in said or "too little" in said
    assert run(["vehicle", "learn", str(tmp_path / "none.tlog")]) == 2


@pytest.mark.sitl
@pytest.mark.timeout(600)
@pytest.mark.skipif(not SITL, reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH")
def test_ardupilot_with_other_power_is_learnt_too(tmp_path):
    """What holds for our own simulator only would not hold for a drone."""
    from sim.sitl import Sitl, SitlSettings, free_instance

    logs = []
    for name, way in (("teaching", TEACHING), ("trial", TRIAL)):
        parameters = {"BATT_AMP_PERVLT": 17.0 * 1.4}
        settings = SitlSettings(home=HOME, instance=free_instance(), speedup=10.0, parameters=parameters)
        with Sitl(settings) as program:
            program.wait_ready()
            logs.append(flown(program.address, way, tmp_path / name))
    assert run(["vehicle", "learn", str(logs[0]), "--into", str(tmp_path / "drone.toml")]) == 0
    profile = VehicleProfile(**tomllib.loads((tmp_path / "drone.toml").read_text())["vehicle"])
    assert foretold_wh(profile) == pytest.approx(drawn_wh(logs[1]), rel=0.1)
    stock = replace(VehicleProfile(), battery_wh=profile.battery_wh)
    assert abs(foretold_wh(stock) / drawn_wh(logs[1]) - 1) > 0.15, "the vehicle must differ from the defaults"


SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/telemetry"


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared logs: set QYRAN_SHARED")
@pytest.mark.parametrize(
    ("log", "broken", "words"),
    [
        ("dronekit_flight_replay.tlog", False, "agree too little on cruise_w: 181 W, give or take 22 W"),
        ("dronekit_flight_replay.tlog", True, "is damaged; it is read as far as it goes"),
        ("gamma_ros_ws_mav.tlog", False, "tells no battery current. Set BATT_MONITOR"),
    ],
)
def test_logs_of_other_peoples_drones_are_judged_in_words(log, broken, words, tmp_path, capfd):
    """A profile from a log that cannot teach one would be believed, or a traceback be all that is said."""
    data = (SHARED / log).read_bytes()
    if broken:
        data = data[:300_000] + bytes(range(256)) * 20 + data[-900_000:]
    (tmp_path / log).write_bytes(data)
    assert run(["vehicle", "learn", str(tmp_path / log), "--into", str(tmp_path / "drone.toml")]) == 2
    assert words in capfd.readouterr().err
    assert not (tmp_path / "drone.toml").exists()
