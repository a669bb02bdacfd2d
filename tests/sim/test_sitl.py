"""ArduPilot SITL as a program: found, started, waited for, ended whatever happens; and the main job on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from missions.items import Fence, FencePolygon, Mission, MissionItem, RallyPoint
from planner.errors import LinkError, MissingPartError, SettingError
from planner.quantities import LonLat
from sim.sitl import PROGRAM, Sitl, SitlSettings, find_defaults, find_sitl
from telemetry import Freshness, Needs, Outcome, Vehicle, commands, fly, load, preflight_checks, simulator_confirmation
from telemetry.events import EventKind
from telemetry.link import wait_for

HOME = LonLat(76.9286, 43.2567)
INSTANCE = 21
"""Ports from 5970: away from what a person may have running."""


@pytest.fixture
def program() -> Path:
    named = os.environ.get("QYRAN_SITL") or shutil.which(PROGRAM)
    if not named:
        pytest.skip("ArduPilot SITL is not here (QYRAN_SITL, or arducopter on PATH)")
    return Path(named)


@pytest.fixture
def sitl(program: Path, tmp_path: Path) -> Iterator[Sitl]:
    settings = SitlSettings(home=HOME, home_amsl_m=800.0, instance=INSTANCE, speedup=20.0, folder=tmp_path / "sitl")
    with Sitl(settings) as one:
        one.wait_ready()
        yield one


def at(north_m: float, east_m: float) -> LonLat:
    return LonLat(HOME.lon + east_m / 81_070.0, HOME.lat + north_m / 111_100.0)


def waypoint(north_m: float, east_m: float) -> MissionItem:
    place = at(north_m, east_m)
    return MissionItem(16, 3, (0.0, 0.0, 0.0, 0.0), round(place.lat * 1e7), round(place.lon * 1e7), 20.0)


@pytest.fixture
def mission() -> Mission:
    """Up, a lane of pictures 120 m long, back; a fence with an exclusion; a rally point at home."""
    items = (
        MissionItem(16, 0, (0.0, 0.0, 0.0, 0.0), round(HOME.lat * 1e7), round(HOME.lon * 1e7), 800.0),
        MissionItem(22, 3, (0.0, 0.0, 0.0, 0.0), 0, 0, 20.0),
        MissionItem(178, 0, (1.0, 8.0, 0.0, 0.0)),
        waypoint(30, 0),
        MissionItem(206, 0, (10.0, 0.0, 1.0, 0.0)),
        waypoint(150, 0),
        MissionItem(206, 0, (0.0, 0.0, 0.0, 0.0)),
        waypoint(150, 40),
        MissionItem(20, 0),
    )
    border = FencePolygon((at(-50, -50), at(-50, 100), at(220, 100), at(220, -50)), inclusion=True)
    hole = FencePolygon((at(60, 40), at(60, 60), at(80, 60), at(80, 40)), inclusion=False)
    return Mission(items, Fence((border, hole)), (RallyPoint(at(0, 0), 20.0),))


def test_where_it_is_not_installed_that_is_said(monkeypatch, tmp_path: Path) -> None:
    """Without it a machine without SITL would give a traceback, and not how to get it."""
    monkeypatch.delenv("QYRAN_SITL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingPartError, match="QYRAN_SITL"):
        find_sitl()


def test_a_named_program_must_be_one(monkeypatch, tmp_path: Path) -> None:
    """Without it a slip in QYRAN_SITL would silently fly another program."""
    monkeypatch.setenv("QYRAN_SITL", str(tmp_path / "nothing"))
    with pytest.raises(SettingError):
        find_sitl()
    program = tmp_path / PROGRAM
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("QYRAN_SITL", str(tmp_path))
    assert find_sitl() == program


def test_defaults_beside_the_program_are_found(tmp_path: Path) -> None:
    """Without it a wiped SITL would have no frame and never arm."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / PROGRAM
    program.write_text("")
    assert find_defaults(program) is None
    defaults = tmp_path / "share" / "ardupilot" / "default_params" / "copter.parm"
    defaults.parent.mkdir(parents=True)
    defaults.write_text("FRAME_CLASS 1\n")
    assert find_defaults(program) == defaults


@pytest.mark.parametrize(
    "wrong", [{"instance": -1}, {"speedup": 0.0}, {"system_id": 255}, {"home": LonLat(43.2, 176.0)}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    """Without it a wrong number would end in SITL's own words, or in a vehicle at the wrong end of the world."""
    with pytest.raises(SettingError):
        SitlSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.sitl
def test_a_taken_port_is_told(program: Path) -> None:
    """Without it Qyran would speak to somebody else's simulator."""
    del program
    settings = SitlSettings(instance=INSTANCE)
    with socket.create_server(("127.0.0.1", settings.port)), pytest.raises(LinkError, match="taken"), Sitl(settings):
        pass


@pytest.mark.sitl
def test_a_program_that_does_not_start_is_told_in_its_own_words(monkeypatch, tmp_path: Path) -> None:
    """Without it a broken build would look like a vehicle that is silent."""
    program = tmp_path / PROGRAM
    program.write_text("#!/bin/sh\necho cannot open eeprom; exit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("QYRAN_SITL", str(program))
    with pytest.raises(Exception, match="cannot open eeprom"), Sitl(SitlSettings(instance=INSTANCE)):
        pass


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.sitl
def test_ends_with_the_block_and_keeps_what_it_said(program: Path, tmp_path: Path) -> None:
    """Without it each run would leave a program behind that holds the port."""
    del program
    with Sitl(SitlSettings(instance=INSTANCE, folder=tmp_path / "sitl")) as one:
        pid = one.pid
        assert one.is_running
        assert runs(pid)
    assert not runs(pid)
    assert "Waiting for connection" in (tmp_path / "sitl" / "sitl.txt").read_text()


@pytest.mark.sitl
def test_ends_when_we_are_killed(program: Path) -> None:
    """Without it a crash of ours would leave SITL running for ever."""
    del program
    code = f"""
import time
from sim.sitl import Sitl, SitlSettings
with Sitl(SitlSettings(instance={INSTANCE})) as one:
    print(one.pid, flush=True)
    time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert runs(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_for(lambda: not runs(pid), 5.0)


@pytest.mark.sitl
def test_the_main_job_on_ardupilot(sitl: Sitl, mission: Mission, tmp_path: Path) -> None:
    """Without it nothing shows that a plan flies on the real firmware: equal items, no breach, landed at launch."""
    with Vehicle.connect(sitl.address, tlog=tmp_path / "flight.tlog") as vehicle:
        assert vehicle.is_simulator
        assert vehicle.speedup == 20.0
        report = load(vehicle, mission)
        assert (report.mission_items, report.fence_items, report.rally_items) == (9, 8, 1)
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, mission, confirmation=word, predicted_s=None, folder=tmp_path)
        assert vehicle.state.armed is False
    assert record.outcome is Outcome.LANDED, record.reason
    assert record.duration_s == pytest.approx(107, rel=0.03)
    assert record.max_outside_m == 0.0
    assert record.landed_from_home_m is not None
    assert record.landed_from_home_m < 1.0
    assert not [one for one in record.events if one.kind in (EventKind.FENCE, EventKind.LINK)]
    assert not [one for one in record.events if "failsafe" in one.text.lower()]
    assert len(record.pictures) == 12
    first, last = mission.items[3].x, mission.items[5].x
    assert all(first - 150 <= one.position.lat * 1e7 <= last + 150 for one in record.pictures)


@pytest.mark.sitl
def test_when_the_ground_station_falls_silent_the_vehicle_comes_home(
    program: Path, mission: Mission, tmp_path: Path
) -> None:
    """Without it a drone would fly on for minutes when the ground station is gone."""
    del program
    settings = SitlSettings(home=HOME, home_amsl_m=800.0, instance=INSTANCE, speedup=4.0, folder=tmp_path / "sitl")
    with Sitl(settings) as sitl:
        sitl.wait_ready()
        with Vehicle.connect(sitl.address) as vehicle:
            load(vehicle, mission)
            fly(
                vehicle,
                mission,
                confirmation=simulator_confirmation(vehicle),
                predicted_s=None,
                folder=tmp_path,
                should_stop=lambda: (vehicle.state.mission_current or 0) >= 3,
            )
            vehicle.set_parameter("FS_GCS_TIMEOUT", 5)
            assert vehicle.state.mode == "AUTO"
            left_at = vehicle.state.boot_s
        time.sleep(7 / 4 + 0.3)
        with Vehicle.connect(sitl.address) as vehicle:
            assert wait_for(lambda: vehicle.state.boot_s is not None, 3.0)
            assert vehicle.state.mode == "RTL"
            assert left_at is not None


@pytest.mark.sitl
def test_a_pilots_commands_in_the_air(sitl: Sitl, mission: Mission, tmp_path: Path) -> None:
    """Without it pause, resume, go to, skip, return would be keys that do nothing, or nobody would know."""
    with Vehicle.connect(sitl.address, system_id=1) as vehicle:
        load(vehicle, mission)
        fly(
            vehicle,
            mission,
            confirmation=simulator_confirmation(vehicle),
            predicted_s=None,
            folder=tmp_path,
            should_stop=lambda: (vehicle.state.mission_current or 0) >= 3,
        )
        commands.pause(vehicle)
        assert vehicle.state.mode == "BRAKE"
        commands.goto(vehicle, at(60, 0), vehicle.state.altitude_home or pytest.fail("no altitude"))
        assert vehicle.state.mode == "GUIDED"
        commands.resume(vehicle)
        commands.skip_to(vehicle, 7)
        assert vehicle.state.mission_current is not None
        assert vehicle.state.mission_current >= 7
        commands.return_home(vehicle)
        assert vehicle.state.mode == "RTL"
        assert wait_for(lambda: vehicle.state.armed is False, 20.0)


@pytest.mark.sitl
def test_preflight_asks_the_vehicle(sitl: Sitl, mission: Mission) -> None:
    """Without it a failsafe that ArduPilot switches off by default would be taken as on."""
    with Vehicle.connect(sitl.address, system_id=1) as vehicle:
        load(vehicle, mission)
        assert wait_for(lambda: vehicle.state.can_arm is not None and vehicle.state.home is not None, 5.0)
        lines = {one.name: one for one in preflight_checks(vehicle, mission, Needs(battery=0.3))}
        assert vehicle.state.freshness() is Freshness.LIVE
    assert lines["mission"].ok
    assert lines["battery"].ok
    assert lines["storage"].ok, "its log rests until it is armed, and works"
    assert lines["compass"].ok
    assert (lines["ground station lost"].ok, lines["ground station lost"].blocks) == (False, True)
    assert str(lines["ground station lost"].change) == "FS_GCS_ENABLE 0 → 1"
    assert str(lines["fence"].change) == "FENCE_ENABLE 0 → 1"
    assert "15 m HOME" in lines["return altitude"].sentence
