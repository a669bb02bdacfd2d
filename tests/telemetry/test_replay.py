"""A recorded flight replayed: the same states as live, at any pace, from any moment."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from missions.items import Mission
from planner.errors import FileFormatError, InputError, SettingError
from planner.quantities import LonLat
from sim import Simulator, SimulatorSettings
from telemetry import Freshness, Vehicle, VehicleState, fly, simulator_confirmation
from telemetry.events import EventKind
from telemetry.replay import Player, Replay

HOME = LonLat(76.9286, 43.2567)
START_US = 1_780_000_000_000_000


def bare(state: VehicleState) -> VehicleState:
    """A state less when it was received (the log's stamps differ from that by the writing) and what is counted."""
    return replace(state, received_at=None, texts=(), messages=0, messages_missed=0)


def said(state: VehicleState) -> list[str]:
    return [one.text for one in state.texts]


def test_a_replayed_flight_has_the_states_that_were_seen_live(mission: Mission, tmp_path: Path) -> None:
    """Who looks at a flight again would be shown something else than the pilot saw."""
    live: list[VehicleState] = []
    log = tmp_path / "flight.tlog"
    with (
        Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=40.0)) as simulator,
        Vehicle.connect(simulator.addresses[0].address, tlog=log, system_id=1) as vehicle,
    ):
        component = vehicle.link.component_id

        def note(message) -> None:
            if message.get_srcComponent() == component:
                live.append(vehicle.state)

        vehicle.link.listen(note)
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, mission, confirmation=word, predicted_s=None, folder=tmp_path)
    assert record.outcome.is_landed
    replay = Replay(log)
    replayed = [state for state in replay.states() if state.messages]
    assert len(live) > 1000
    earlier = len(replayed) - len(live)
    assert 0 <= earlier < 200
    # The log begins before the vehicle was addressed, so that a replay also knows what was said until then.
    first = replayed[earlier]
    for number, (seen, again) in enumerate(zip(live, replayed[earlier:], strict=True)):
        assert bare(again) == bare(seen), number
        assert said(again)[len(said(again)) - len(said(seen)) :] == said(seen)
        assert again.messages - seen.messages == first.messages - live[0].messages
        assert again.messages_missed - seen.messages_missed == first.messages_missed - live[0].messages_missed
        assert seen.received_at is not None
        assert again.received_at is not None
        assert abs(seen.received_at - again.received_at) < timedelta(seconds=1)
    armed = next(row for row, event in enumerate(replay.events) if event.kind is EventKind.ARMED)
    player = Player(replay, speed=64)
    event = player.jump_to(armed)
    moment, _ = player.tick(0.0)
    assert moment.state.armed
    assert moment.state.mode in {"GUIDED", "AUTO"}  # forty times as fast, AUTO may come before the first heartbeat
    assert event.text == "Armed."
    assert replay.duration_s >= (record.duration_s or 0.0)


def small_log(path: Path, seconds: int = 120, *, silent: tuple[int, int] = (0, 0)) -> Path:
    """A vehicle that arms after 10 s, climbs, and is silent for a while."""
    sender = mavlink.MAVLink(None, srcSystem=3, srcComponent=1)
    with path.open("wb") as file:
        for tick in range(seconds * 10):
            second = tick / 10
            if silent[0] <= second < silent[1]:
                continue
            said = [mavlink.MAVLink_attitude_message(tick * 100, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)]
            if tick % 10 == 0:
                said.append(mavlink.MAVLink_heartbeat_message(2, 3, 81 | (128 if second >= 10 else 0), 3, 4, 3))
                place = (432_567_000, 769_286_000, 800_000 + tick * 100, tick * 100)
                said.append(mavlink.MAVLink_global_position_int_message(tick * 100, *place, 0, 0, 0, 0))
            for message in said:
                file.write(struct.pack(">Q", START_US + tick * 100_000) + message.pack(sender))
                sender.seq = (sender.seq + 1) % 256
    return path


def test_jumping_back_and_forth_ends_where_going_straight_does(tmp_path: Path) -> None:
    """After a jump the screen would show a mixture of two moments."""
    log = small_log(tmp_path / "a.tlog", 400)
    straight = Replay(log)
    expected = {at_s: straight.at(at_s) for at_s in (0.0, 9.9, 10.0, 55.5, 240.0, 333.3, 399.0, 1e6)}
    jumping = Replay(log)
    for at_s in (333.3, 0.0, 240.0, 1e6, 9.9, 55.5, 10.0, 399.0, 240.0):
        assert jumping.at(at_s) == expected[at_s]
    assert (expected[9.9].state.armed, expected[10.0].state.armed) == (False, True)
    assert expected[240.0].state.altitude_home is not None
    assert expected[240.0].state.altitude_home.metres == pytest.approx(240.0)
    assert jumping.at(-1.0).freshness is Freshness.LOST


@pytest.mark.parametrize("speed", [0.5, 1.0, 64.0])
def test_the_pace_is_the_flights_own_times_the_speed(speed: float, tmp_path: Path) -> None:
    """A flight looked at four times as fast would be told with other durations."""
    player = Player(Replay(small_log(tmp_path / "a.tlog")), speed=speed)
    player.tick(1000.0)
    moment, _ = player.tick(1001.0)
    assert moment.at_s == pytest.approx(speed)
    moment, _ = player.tick(1000.0 + 100.0 / speed)
    assert moment.at_s == pytest.approx(100.0)
    assert moment.state.boot_s == pytest.approx(100.0)
    player.is_paused = True
    assert player.tick(9000.0)[0].at_s == pytest.approx(100.0)
    player.is_paused = False
    assert not player.is_over
    player.tick(9001.0 + 30 / speed)
    assert player.is_over


def test_silence_is_shown_as_it_was(tmp_path: Path) -> None:
    """A vehicle out of reach would look alive when its flight is looked at again."""
    replay = Replay(small_log(tmp_path / "a.tlog", silent=(40, 60)))
    assert [replay.at(at_s).freshness for at_s in (39.9, 44.0, 55.0, 60.5)] == [
        Freshness.LIVE,
        Freshness.STALE,
        Freshness.LOST,
        Freshness.LIVE,
    ]


def test_events_come_once_and_in_their_order(tmp_path: Path) -> None:
    """An alarm would be told twice, or not at all, when a flight is looked at again."""
    replay = Replay(small_log(tmp_path / "a.tlog"))
    player, told = Player(replay, speed=7.3), []
    for second in range(30):
        told += player.tick(float(second))[1]
    assert tuple(told) == replay.events[1:]
    assert [one.kind for one in replay.events] == [EventKind.MODE, EventKind.ARMED]


def test_what_cannot_be_replayed_is_said_in_words(tmp_path: Path) -> None:
    """A wrong file or vehicle would show as one that never said anything."""
    log = small_log(tmp_path / "a.tlog", 5)
    with pytest.raises(InputError, match="Vehicle 9 does not speak"):
        Replay(log, system_id=9)
    with pytest.raises(SettingError, match="runs at"):
        Player(Replay(log), speed=65)
    with pytest.raises(SettingError, match="no event"):
        Player(Replay(log)).jump_to(99)
    onboard = tmp_path / "a.bin"
    onboard.write_bytes(b"\xa3\x95\x80")
    with pytest.raises(FileFormatError, match="dataflash"):
        Replay(onboard)
