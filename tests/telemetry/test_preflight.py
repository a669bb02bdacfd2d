"""A real vehicle is not armed while a line before the flight fails; a simulator is prepared and says how."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import NotConfirmedError
from planner.quantities import LonLat
from telemetry import Confirmation, Needs, Outcome, Vehicle, fly, load, preflight_checks, prepare
from telemetry.clock import utc_now
from telemetry.link import wait_for

SAFE = {
    "ARMING_CHECK": 1.0,
    "SYSID_MYGCS": 255.0,
    "FS_GCS_TIMEOUT": 5.0,
    "FS_OPTIONS": 16.0,
    "FS_EKF_ACTION": 1.0,
    "FS_EKF_THRESH": 0.8,
    "FS_CRASH_CHECK": 1.0,
    "BATT_LOW_VOLT": 10.5,
    "BATT_LOW_MAH": 0.0,
    "FENCE_ENABLE": 1.0,
    "FENCE_TYPE": 5.0,
    "FENCE_RADIUS": 150.0,
    "FENCE_ALT_MAX": 100.0,
    "FENCE_ACTION": 1.0,
    "FS_GCS_ENABLE": 1.0,
    "FS_THR_ENABLE": 1.0,
    "BATT_FS_LOW_ACT": 2.0,
    "RTL_ALT": 1500.0,
}


def word(system_id: int = 1) -> Confirmation:
    return Confirmation("A. Serikov", system_id, "fly", utc_now())


def armings(peer) -> list[object]:
    asked = [one for one in list(peer.heard) if one.get_type() == "COMMAND_LONG"]
    return [one for one in asked if one.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (("FS_GCS_ENABLE", 0.0), "FS_GCS_ENABLE 0 → 1"),
        (("FENCE_ACTION", 0.0), "only reported"),
        (("FENCE_TYPE", 1.0), "FENCE_TYPE 1 → 5"),
        (("FENCE_ALT_MAX", 25.0), "FENCE_ALT_MAX is 25 m HOME"),
        (("BATT_FS_LOW_ACT", 0.0), "battery runs low"),
    ],
)
def test_a_real_vehicle_is_not_armed_with_a_failing_line(
    peer, mission, tmp_path: Path, setting: tuple[str, float], said: str
) -> None:
    """Without it a police drone would fly without the failsafe that brings it home."""
    parameter, value = setting
    peer.parameters[1] |= SAFE | {parameter: value}
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        record = fly(vehicle, mission, confirmation=word(), predicted_s=None, folder=tmp_path)
    assert record.outcome is Outcome.REFUSED
    assert said in record.reason
    assert peer.parameters[1][parameter] == value
    assert armings(peer) == []


def test_a_weak_battery_blocks(peer, mission, tmp_path: Path) -> None:
    """Without it a sortie would begin that the battery cannot end."""
    peer.parameters[1] |= SAFE
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        record = fly(
            vehicle,
            mission,
            confirmation=word(),
            predicted_s=None,
            folder=tmp_path,
            needs=Needs(battery=0.7, reserve=0.3),
        )
    assert record.outcome is Outcome.REFUSED
    assert "95% full; the sortie takes 100% with the reserve of 30%" in record.reason
    assert armings(peer) == []


def test_a_smaller_pack_than_was_planned_with_blocks(peer, mission, tmp_path: Path) -> None:
    """Without it a drone with half the battery would take off on a full one's plan, and fall."""
    peer.parameters[1] |= SAFE | {"BATT_CAPACITY": 2000.0}
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        assert wait_for(lambda: vehicle.state.battery is not None and vehicle.state.battery.volts, 3.0)
        volts = vehicle.state.battery.volts
        record = fly(
            vehicle,
            mission,
            confirmation=word(),
            predicted_s=None,
            folder=tmp_path,
            needs=Needs(battery=0.5, energy_wh=1.2 * 2.0 * volts),
        )
    assert record.outcome is Outcome.REFUSED
    assert "the sortie takes 120%" in record.reason
    assert armings(peer) == []


def test_the_fence_is_switched_on_with_the_persons_word(peer, mission, tmp_path: Path, monkeypatch) -> None:
    """Without it a loaded fence would not be kept, which nobody sees before the drone is outside."""
    monkeypatch.setattr("telemetry.flight_start.START_TRIES", 2)
    peer.parameters[1] |= SAFE | {"FENCE_ENABLE": 0.0}
    peer.answers = lambda command: 4 if command.command == mavlink.MAV_CMD_COMPONENT_ARM_DISARM else 0
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        peer.mode = 4
        record = fly(vehicle, mission, confirmation=word(), predicted_s=None, folder=tmp_path)
    assert peer.parameters[1]["FENCE_ENABLE"] == 1.0
    assert "Set on the vehicle: FENCE_ENABLE 0 → 1." in [one.text for one in record.events]
    assert record.outcome is Outcome.REFUSED
    assert "refused to arm" in record.reason
    assert len(armings(peer)) == 2


def test_an_armed_vehicle_is_left_alone(peer, mission, tmp_path: Path) -> None:
    """Without it a drone that somebody else flies would be given another mission in the air."""
    peer.parameters[1] |= SAFE
    peer.armed = True
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        assert wait_for(lambda: vehicle.state.armed is True, 2.0)
        with pytest.raises(NotConfirmedError):
            load(vehicle, mission)
        record = fly(vehicle, mission, confirmation=word(), predicted_s=None, folder=tmp_path)
    assert (record.outcome, "armed already" in record.reason) == (Outcome.REFUSED, True)
    assert not [one for one in peer.heard if one.get_type() == "MISSION_COUNT"]


def test_prepare_says_old_and_new_and_needs_a_word(peer, mission) -> None:
    """Without it parameters would change and nobody could say from what to what, or on whose word."""
    peer.parameters[1] |= SAFE | {"FENCE_ENABLE": 0.0, "FS_GCS_ENABLE": 0.0, "FENCE_TYPE": 7.0}
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        with pytest.raises(NotConfirmedError):
            prepare(vehicle, mission, word(2))
        changes = [str(one) for one in prepare(vehicle, mission, word())]
        assert changes == ["FENCE_TYPE 7 → 5", "FS_GCS_ENABLE 0 → 1", "FENCE_ENABLE 0 → 1"]
        assert prepare(vehicle, mission, word()) == ()
        assert wait_for(lambda: vehicle.state.home is not None and vehicle.state.estimator_ok is not None, 3.0)
        failing = [one.name for one in preflight_checks(vehicle, mission) if one.blocks]
    assert failing == ["mission", "fence items", "rally points"]


def test_what_the_vehicle_does_not_have_is_unknown_and_blocks(peer, mission) -> None:
    """Without it a firmware with another name for a failsafe would pass as safe."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        lines = {one.name: one for one in preflight_checks(vehicle, mission)}
    assert lines["ground station lost"].ok is None
    assert lines["ground station lost"].blocks
    assert lines["return altitude"].ok is False


@pytest.mark.long
def test_a_poor_radio_is_asked_in_seconds(lossy_way, mission) -> None:
    """Asked one by one, the lines would take longer than a person's word holds, and nothing would ever take off."""
    from sim import Simulator, SimulatorSettings

    settings = SimulatorSettings(port=0, home=LonLat(76.9286, 43.2567), home_amsl_m=800.0, speedup=1.0)
    with (
        Simulator(settings) as one,
        lossy_way(int(one.addresses[0].address.rpartition(":")[2]), 0.3) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        assert wait_for(lambda: vehicle.state.home is not None, 20)
        began = time.monotonic()
        lines = {one.name: one for one in preflight_checks(vehicle, mission)}
        assert time.monotonic() - began < 20
    assert lines["ground station lost"].ok is False, "it is there and off, not unknown"
    assert lines["link"].blocks, "nobody flies on such a link"
