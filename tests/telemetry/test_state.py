"""A vehicle's state: what is unknown stays unknown, what is old is told as old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.quantities import Altitude, LonLat
from telemetry.clock import utc_s
from telemetry.reducer import Reducer
from telemetry.state import Autopilot, Battery, Fix, Freshness, VehicleState, Wind


def received(message, *, system: int = 1, component: int = 1, seq: int = 0):
    """The message as a receiver gets it."""
    sender = mavlink.MAVLink(None, srcSystem=system, srcComponent=component)
    sender.seq = seq
    return mavlink.MAVLink(None).decode(bytearray(message.pack(sender)))


def reduced(*messages) -> VehicleState:
    reducer = Reducer(1, 1)
    for seq, message in enumerate(messages):
        reducer.take(received(message, seq=seq), utc_s())
    return reducer.state()


@pytest.mark.parametrize(
    ("age_s", "freshness", "flyable"),
    [
        (0.0, Freshness.LIVE, True),
        (3.0, Freshness.LIVE, True),
        (3.1, Freshness.STALE, False),
        (10.0, Freshness.STALE, False),
        (10.1, Freshness.LOST, False),
    ],
)
def test_age_decides_what_may_be_shown_as_now(age_s: float, freshness: Freshness, flyable: bool) -> None:
    """Without it a pilot would take a position of ten seconds ago for the drone's."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    state = VehicleState(1, received_at=now - timedelta(seconds=age_s))
    assert state.freshness(now) is freshness
    assert state.freshness(now).is_flyable is flyable
    assert state.age_s(now) == pytest.approx(age_s)


def test_never_heard_is_lost_and_has_no_age() -> None:
    """Without it a vehicle that never spoke would count as present."""
    assert VehicleState(1).freshness() is Freshness.LOST
    assert VehicleState(1).age_s() is None


def test_unknown_is_none_and_never_zero() -> None:
    """Without it a battery that is not measured would show as empty, and a missing fix as the Gulf of Guinea."""
    state = reduced(
        mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 65535, -1, -1, 0, 0, 0, 0, 0, 0),
        mavlink.MAVLink_global_position_int_message(5000, 0, 0, 0, 0, 0, 0, 0, 65535),
        mavlink.MAVLink_gps_raw_int_message(0, 1, 0, 0, 0, 65535, 65535, 65535, 65535, 255),
        mavlink.MAVLink_home_position_message(0, 0, 0, 0, 0, 0, [1, 0, 0, 0], 0, 0, 0),
    )
    assert state.battery == Battery(None, None, None)
    assert state.battery_share is None
    assert (state.position, state.altitude_home, state.home, state.can_arm) == (None, None, None, None)
    assert state.gps is not None
    assert (state.gps.fix, state.gps.satellites, state.gps.hdop) == (Fix.NO_FIX, None, None)
    assert state.boot_s == 5.0


def test_messages_become_quantities_with_their_units_and_references() -> None:
    """Without it heights, speeds or the wind would be off by a factor or a reference."""
    state = reduced(
        mavlink.MAVLink_heartbeat_message(2, 3, 129 | 128, 3, 4, 3),
        mavlink.MAVLink_global_position_int_message(
            60_000, 432_567_000, 769_286_000, 830_500, 30_250, 300, 400, -150, 9_050
        ),
        mavlink.MAVLink_attitude_message(60_100, 0.1, -0.2, 1.0, 0, 0, 0),
        mavlink.MAVLink_sys_status_message(1 << 28, 1 << 28, 1 << 28, 0, 12_600, 2_150, 87, 0, 0, 0, 0, 0, 0),
        mavlink.MAVLink_battery_status_message(0, 0, 0, -450, [0] * 10, 0, 812, 3600, 87),
        mavlink.MAVLink_wind_message(270.0, 4.5, 0.0),
        mavlink.MAVLink_mission_current_message(7, 42, 3, 1),
        mavlink.MAVLink_extended_sys_state_message(0, mavlink.MAV_LANDED_STATE_IN_AIR),
    )
    assert state.autopilot is Autopilot.ARDUPILOT
    assert (state.mode, state.armed, state.landed, state.can_arm) == ("AUTO", True, False, True)
    assert state.position == LonLat(76.9286, 43.2567)
    assert (state.altitude_home, state.altitude_amsl) == (Altitude.home(30.25), Altitude.amsl(830.5))
    assert (state.speed_mps, state.climb_mps, state.heading_deg) == (5.0, 1.5, 90.5)
    assert (state.roll_deg, state.pitch_deg) == (pytest.approx(5.73, abs=0.01), pytest.approx(-11.46, abs=0.01))
    assert state.battery == Battery(0.87, 12.6, 21.5, 812.0, 100.0, -4.5)
    assert state.wind == Wind(4.5, 270.0)
    assert (state.mission_current, state.mission_total) == (7, 42)
    assert state.boot_s == 60.1


def test_gaps_in_the_numbering_are_missed_messages() -> None:
    """Without it a bad link would look as good as a good one."""
    reducer = Reducer(1, 1)
    for seq in (250, 251, 255, 0, 3):
        reducer.take(received(mavlink.MAVLink_system_time_message(0, 1000), seq=seq), utc_s())
    assert (reducer.state().messages, reducer.state().messages_missed) == (5, 5)


def test_another_component_does_not_speak_for_the_autopilot() -> None:
    """Without it a camera's or companion's heartbeat would change the mode on the screen."""
    reducer = Reducer(1, 1)
    reducer.take(received(mavlink.MAVLink_heartbeat_message(2, 3, 129, 5, 4, 3)), utc_s())
    reducer.take(received(mavlink.MAVLink_heartbeat_message(18, 8, 0, 0, 4, 3), component=191), utc_s())
    assert reducer.state().mode == "LOITER"


def test_long_texts_are_put_together() -> None:
    """Without it the reason for which a drone does not arm would break off after fifty characters."""
    words = "PreArm: Battery 1 below minimum arming voltage, and the compass is not calibrated"
    state = reduced(
        mavlink.MAVLink_statustext_message(2, words[:50].encode(), 9, 0),
        mavlink.MAVLink_statustext_message(2, words[50:].encode(), 9, 1),
        mavlink.MAVLink_statustext_message(6, b"short", 0, 0),
    )
    assert [one.text for one in state.texts] == [words, "short"]
    assert [one.severity.is_bad for one in state.texts] == [True, False]
