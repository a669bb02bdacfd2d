"""Whole flights on the embedded simulator, over its real sockets."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from missions.items import FencePolygon, Mission
from planner.errors import NotConfirmedError
from planner.geodesy import distance_m
from planner.quantities import LonLat
from sim import Simulator, SimulatorSettings
from telemetry import Confirmation, OnStop, Outcome, Vehicle, fly, load, read_tlog, simulator_confirmation
from telemetry.clock import utc_now
from telemetry.events import EventKind

HOME = LonLat(76.9286, 43.2567)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=40.0)) as one:
        yield one


def connected(simulator: Simulator, tlog: Path | None = None) -> Vehicle:
    return Vehicle.connect(simulator.addresses[0].address, tlog=tlog, system_id=1)


def test_a_patrol_from_arming_to_disarming(simulator: Simulator, mission: Mission, tmp_path: Path) -> None:
    """Without it the main job is not done: loaded, armed, flown, landed at launch, recorded."""
    events, states = [], []
    with connected(simulator, tmp_path / "flight.tlog") as vehicle:
        load(vehicle, mission)
        record = fly(
            vehicle,
            mission,
            confirmation=simulator_confirmation(vehicle),
            predicted_s=107.0,
            folder=tmp_path,
            on_state=states.append,
            on_event=events.append,
        )
    assert record.outcome is Outcome.LANDED, record.reason
    assert record.outcome.is_landed
    # ArduPilot SITL took 107.1 s and 346 m for the same mission.
    assert record.duration_s == pytest.approx(107.1, rel=0.05)
    assert record.distance_m == pytest.approx(346, rel=0.03)
    assert record.max_outside_m == 0.0
    assert record.landed_from_home_m is not None
    assert record.landed_from_home_m < 2.0
    assert record.battery_used is not None
    assert 0.01 < record.battery_used < 0.5
    assert len(record.pictures) == pytest.approx(12, abs=2)
    lane = [mission.items[index] for index in (3, 5)]
    assert all(lane[0].x - 100 <= one.position.lat * 1e7 <= lane[1].x + 100 for one in record.pictures)
    assert EventKind.FENCE not in {one.kind for one in record.events}
    assert [one.item for one in record.events if one.kind is EventKind.REACHED][:3] == [2, 3, 5]
    assert tuple(events) == record.events
    assert max(state.mission_current or 0 for state in states) == 8


def test_the_record_on_disk_says_the_same(simulator: Simulator, mission: Mission, tmp_path: Path) -> None:
    """Without it supervisor and auditor would read something else than what happened, or nothing."""
    with connected(simulator, tmp_path / "flight.tlog") as vehicle:
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, mission, confirmation=word, predicted_s=None, folder=tmp_path)
    kept = json.loads((tmp_path / "flight.json").read_text())
    assert kept == json.loads(json.dumps(record.to_json()))
    assert (kept["outcome"], kept["predicted_s"], kept["confirmation"]["person"]) == ("landed", None, "the simulator")
    assert Path(kept["tlog"]) == tmp_path / "flight.tlog"
    rows = list(csv.DictReader((tmp_path / "track.csv").read_text().splitlines()))
    assert len(rows) == len(record.track)
    line = json.loads((tmp_path / "track.geojson").read_text())["features"][0]
    assert len(line["geometry"]["coordinates"]) == len(line["properties"]["coordTimes"]) == len(record.track)
    log = read_tlog(tmp_path / "flight.tlog")
    assert log.damage.is_none
    here = set(zip(log.track.lon, log.track.lat, log.track.alt_home_m, strict=True))
    there = list(zip(record.track.lon, record.track.lat, record.track.alt_home_m, strict=True))
    assert all(place in here for place in there)
    assert np.ptp(record.track.time_s) <= np.ptp(log.track.time_s)
    assert {one.number for one in log.pictures} == {one.number for one in record.pictures}


def test_nothing_is_armed_on_an_old_word(simulator: Simulator, mission: Mission, tmp_path: Path) -> None:
    """Without it a drone would take off on a confirmation of an hour ago."""
    with connected(simulator) as vehicle:
        load(vehicle, mission)
        old = Confirmation("A. Serikov", 1, "fly", utc_now() - timedelta(seconds=61))
        with pytest.raises(NotConfirmedError):
            fly(vehicle, mission, confirmation=old, predicted_s=None, folder=tmp_path)
        assert vehicle.state.armed is False
    assert not (tmp_path / "flight.json").exists()


def test_a_mission_that_was_not_read_back_is_loaded_first(
    simulator: Simulator, mission: Mission, tmp_path: Path
) -> None:
    """Without it a drone would fly whatever was in it from yesterday."""
    with connected(simulator) as vehicle:
        other = Mission(mission.items[:4] + mission.items[-1:])
        load(vehicle, other)
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, mission, confirmation=word, predicted_s=None, folder=tmp_path)
        assert vehicle.loaded == mission
    assert (record.outcome, record.mission_items) == (Outcome.LANDED, 9)


def test_outside_its_fence_it_is_refused_with_the_autopilots_reason(
    simulator: Simulator, mission: Mission, tmp_path: Path
) -> None:
    """Without it the pilot would see “refused” and not that the launch lies outside the fence."""
    away = tuple(LonLat(one.lon + 0.02, one.lat) for one in mission.fence.polygons[0].vertices)
    wrong = Mission(mission.items, type(mission.fence)((FencePolygon(away, inclusion=True),)))
    with connected(simulator) as vehicle:
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, wrong, confirmation=word, predicted_s=None, folder=tmp_path)
        assert vehicle.state.armed is False
    assert record.outcome is Outcome.REFUSED
    assert "fence" in record.reason.lower()
    assert (record.duration_s, record.max_outside_m) == (None, None)


def test_a_person_who_stops_watching_is_told_what_the_drone_does(
    simulator: Simulator, mission: Mission, tmp_path: Path
) -> None:
    """Without it Ctrl-C would leave a pilot not knowing whether the drone flies on."""
    with connected(simulator) as vehicle:
        record = fly(
            vehicle,
            mission,
            confirmation=simulator_confirmation(vehicle),
            predicted_s=None,
            folder=tmp_path,
            should_stop=lambda: (vehicle.state.mission_current or 0) >= 5,
        )
        assert vehicle.state.armed
    assert record.outcome is Outcome.INTERRUPTED
    assert "flies on in AUTO" in record.reason
    assert json.loads((tmp_path / "flight.json").read_text())["outcome"] == "interrupted"


def test_told_to_return_it_comes_home_and_is_watched(simulator: Simulator, mission: Mission, tmp_path: Path) -> None:
    """Without it the pilot who breaks off a patrol would not see the drone land."""
    with connected(simulator) as vehicle:
        record = fly(
            vehicle,
            mission,
            confirmation=simulator_confirmation(vehicle),
            predicted_s=None,
            folder=tmp_path,
            should_stop=lambda: (vehicle.state.mission_current or 0) >= 5,
            on_stop=OnStop.RETURN,
        )
    assert record.outcome is Outcome.BROKEN_OFF
    assert "AUTO → RTL" in " ".join(one.text for one in record.events)
    assert record.landed_from_home_m is not None
    assert record.landed_from_home_m < 2.0


def test_a_lost_link_is_told_with_its_age_and_ends_in_bounded_time(
    mission: Mission, tmp_path: Path, lossy_way, monkeypatch
) -> None:
    """Without it a screen would show a drone that nobody hears as if it were there."""
    monkeypatch.setattr("telemetry.state.STALE_AFTER_S", 1.2)
    monkeypatch.setattr("telemetry.state.LOST_AFTER_S", 2.2)
    events = []
    with (
        Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=2.0)) as simulator,
        lossy_way(int(simulator.addresses[0].address.rpartition(":")[2]), 0.0) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        threading.Timer(3.0, way.cut.set).start()
        record = fly(
            vehicle,
            mission,
            confirmation=simulator_confirmation(vehicle),
            predicted_s=None,
            folder=tmp_path,
            on_event=events.append,
            lost_wait_s=3.0,
        )
    assert record.outcome is Outcome.LOST
    words = [one.text for one in events if one.kind is EventKind.LINK]
    assert words[0].startswith("The link is stale: nothing for 1 s")
    assert words[1].startswith("The link is lost: nothing for 2 s")
    assert record.duration_s is None


FLY = """
import sys
import time
from pathlib import Path
from telemetry import Vehicle, fly, load, simulator_confirmation
sys.path.insert(0, sys.argv[3])
from conftest import small_mission
folder = Path(sys.argv[2])
with Vehicle.connect(sys.argv[1], system_id=1, tlog=folder / "flight.tlog") as vehicle:
    word = simulator_confirmation(vehicle)
    fly(vehicle, small_mission(), confirmation=word, predicted_s=107.0, folder=folder,
        on_state=lambda state: print(time.time(), state.mission_current, flush=True))
"""


@pytest.mark.parametrize("after_s", [0.35, 1.4])
def test_killed_at_any_moment_leaves_whole_files(tmp_path: Path, after_s: float) -> None:
    """Without it a crash of ours would cost the evidence of the flight."""
    with Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=10.0)) as simulator:
        command = [sys.executable, "-c", FLY, simulator.addresses[0].address, str(tmp_path), str(Path(__file__).parent)]
        pilot = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert pilot.stdout is not None
        while not pilot.stdout.readline().endswith(" 1\n"):
            pass
        time.sleep(after_s)
        os.kill(pilot.pid, signal.SIGKILL)
        last_alive = float(pilot.communicate()[0].splitlines()[-1].split()[0])
    log = read_tlog(tmp_path / "flight.tlog")
    assert log.ended is not None
    assert last_alive - log.ended.timestamp() < 1.0
    assert log.damage.bytes_skipped < 300
    assert len(log.track) > 10
    assert distance_m(LonLat(log.track.lon[0], log.track.lat[0]), HOME) < 1.0
    kept = json.loads((tmp_path / "flight.json").read_text())
    assert kept["outcome"] == "flying"
    assert kept["confirmation"]["person"] == "the simulator"
