"""MAVLink 2 signing: keys, what is ignored, on the embedded simulator and on ArduPilot."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import CommandRefusedError, InputError, LinkError, NotConfirmedError, SettingError
from sim import Simulator, SimulatorSettings
from sim.sitl import Sitl, SitlSettings
from telemetry import Confirmation, Vehicle, load
from telemetry.link import wait_for
from telemetry.signing import TICKS_A_SECOND, Guard, Verdict, ticks_now
from telemetry.signing_keys import FOLDER, REQUIRED, KeyStore
from telemetry.signing_setup import end_signing, set_up_signing

INSTANCE = 123
KEY = bytes(range(32))


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    monkeypatch.setenv(FOLDER, str(tmp_path / "keys"))
    return KeyStore()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorSettings(port=0, speedup=1.0)) as one:
        yield one


def word(action: str = "sign") -> Confirmation:
    return Confirmation("a test", 1, action, datetime.now(UTC))


def packed(key: bytes | None, ticks: int, *, link: int = 0, system: int = 1) -> bytes:
    """A heartbeat as pymavlink signs it."""
    sender = mavlink.MAVLink(None, srcSystem=system, srcComponent=1)
    if key is not None:
        sender.signing.secret_key, sender.signing.sign_outgoing = key, True
        sender.signing.timestamp, sender.signing.link_id = ticks, link
    return bytes(mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 3, 3).pack(sender))


def test_what_pymavlink_signs_is_believed_once() -> None:
    """Without it a recorded “arm” could be played to a drone again."""
    guard, now = Guard(KEY), ticks_now()
    assert guard.judge(packed(KEY, now)) is Verdict.GOOD
    assert guard.judge(packed(KEY, now)) is Verdict.OLD
    assert guard.judge(packed(KEY, now + 1)) is Verdict.GOOD
    assert guard.judge(packed(KEY, now - 61 * TICKS_A_SECOND, link=1)) is Verdict.OLD
    assert guard.judge(packed(KEY, now - 59 * TICKS_A_SECOND, link=2)) is Verdict.GOOD
    assert guard.judge(packed(None, 0)) is Verdict.UNSIGNED
    assert (guard.good, guard.old, guard.unsigned, guard.refused) == (3, 2, 1, 3)


def test_a_forged_packet_does_not_silence_the_vehicle() -> None:
    """Without it one packet with a wrong key and a late time would shut the real vehicle out."""
    guard, now = Guard(KEY), ticks_now()
    assert guard.judge(packed(bytes(32), now + 10**12)) is Verdict.WRONG
    assert guard.judge(packed(KEY, now)) is Verdict.GOOD


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**47), st.integers(0, 10_000))
def test_no_changed_byte_passes(key: bytes, ticks: int, place: int) -> None:
    """Without it a command could be changed on its way."""
    packet = bytearray(packed(key, ticks))
    packet[place % len(packet)] ^= 1 + place % 255
    assert Guard(key).judge(bytes(packet)) is not Verdict.GOOD


def test_keys_are_for_their_user_alone(keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it whoever has an account on the ground station, or the project's repository, could fly the drone."""
    key = keys.create("drone-1")
    path = keys.folder / "drone-1.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.load("drone-1") == key
    assert key.secret.hex() not in repr(key)
    assert keys.create("two", "a long passphrase").secret != key.secret
    with pytest.raises(SettingError, match="key of that name"):
        keys.create("drone-1")
    with pytest.raises(SettingError, match="letters, digits"):
        keys.load("../../etc/passwd")
    with pytest.raises(InputError, match=r"no such key.*drone-1, two"):
        keys.load("three")
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        keys.load("drone-1")
    path.chmod(0o600)
    path.write_text("rubbish")
    with pytest.raises(InputError, match="no key"):
        keys.load("drone-1")
    (tmp_path / "patrol.toml").write_text("")
    with pytest.raises(SettingError, match="not kept in a project"):
        KeyStore()


def test_a_passphrase_makes_the_key_that_other_ground_stations_make(keys: KeyStore) -> None:
    """Without it a drone that was set up with MAVProxy or Mission Planner could not be spoken to."""
    # echo -n 'correct horse' | sha256sum
    known = "4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631"
    assert keys.create("one", "correct horse").secret.hex() == known


def test_from_set_up_on_nobody_else_is_listened_to(simulator: Simulator, keys: KeyStore, mission) -> None:
    """Without it anybody with a radio could land, arm or reroute the drone."""
    address, drone = simulator.addresses[0].address, simulator.vehicles[0]
    key = keys.create("drone")
    with Vehicle.connect(address, system_id=1) as stranger, Vehicle.connect(address, system_id=1) as vehicle:
        stranger.link.signing._looks = False
        set_up_signing(vehicle, key, word())
        vehicle.set_parameter("RTL_ALT", 2200)
        load(vehicle, mission)
        ignored = drone.signing.refused
        stranger.link.send(mavlink.MAVLink_param_set_message(1, 1, b"RTL_ALT", 9900.0, 9))
        stranger.link.send(mavlink.MAVLink_mission_clear_all_message(1, 1, 0))
        assert wait_for(lambda: drone.signing.refused >= ignored + 2, 5.0)
        assert drone.parameters["RTL_ALT"] == 2200
        assert len(drone.mission) == len(mission.items)
    # The next session finds the key by itself, and its times go on where the last one's ended.
    with Vehicle.connect(address, system_id=1) as again:
        assert again.link.signing.key == key
        again.set_parameter("RTL_ALT", 2300)
        end_signing(again, word())
        again.set_parameter("RTL_ALT", 1500)
    assert drone.signing.guard is None
    # However many sessions there were, the time is still the clock's: other ground stations stay within a minute of it.
    assert abs(keys.first_ticks("drone") - ticks_now()) < 30 * TICKS_A_SECOND


def test_we_believe_only_what_is_signed(simulator: Simulator, keys: KeyStore, new_peer, monkeypatch) -> None:
    """Without it a forged position or battery could be shown as the drone's."""
    key = keys.create("drone")
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as vehicle:
        set_up_signing(vehicle, key, word())
        guard = vehicle.link.signing.guard
        assert guard is not None
        before, count = guard.refused, vehicle.state.messages
        forged = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
        message = forged.decode(bytearray(packed(bytes(32), ticks_now())))
        vehicle.link._take(message, None)
        vehicle.link._take(forged.decode(bytearray(packed(None, 0))), None)
        assert guard.refused == before + 2
        assert wait_for(lambda: vehicle.state.messages > count, 3.0)
    monkeypatch.setenv(REQUIRED, "drone")
    with new_peer(1) as peer, pytest.raises(LinkError, match="did not answer"):
        Vehicle.connect(peer.address, system_id=1, timeout_s=0.6)


def test_a_vehicle_that_does_not_sign_is_told_and_nothing_changed(new_peer, keys: KeyStore, monkeypatch) -> None:
    """Without it a person would believe in a lock that is not there."""
    monkeypatch.setattr("telemetry.signing_setup.SEEN_WITHIN_S", 0.5)
    with new_peer(1) as peer, Vehicle.connect(peer.address, system_id=1) as vehicle:
        with pytest.raises(CommandRefusedError, match="does not sign"):
            set_up_signing(vehicle, keys.create("drone"), word())
        assert vehicle.link.signing.key is None
        assert vehicle.parameter("SYSID_THISMAV") == 1
        with pytest.raises(NotConfirmedError):
            set_up_signing(vehicle, keys.load("drone"), Confirmation("a test", 2, "sign", datetime.now(UTC)))


def test_times_go_on_though_the_clock_went_back(simulator: Simulator, keys: KeyStore) -> None:
    """Without it a ground station whose clock was set back would be ignored by its own drone."""
    key = keys.create("drone")
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as vehicle:
        keys.keep_ticks("drone", ticks_now() + 3600 * TICKS_A_SECOND)
        set_up_signing(vehicle, key, word())
        assert vehicle.link.signing._signing.timestamp > ticks_now() + 3600 * TICKS_A_SECOND
        vehicle.set_parameter("RTL_ALT", 1600)


def test_a_session_that_was_killed_costs_seconds_and_one_that_ended_nothing(keys: KeyStore) -> None:
    """Without it a time could be used twice after a crash, or run ahead of every other ground station's."""
    keys.create("drone")
    assert keys.first_ticks("drone") == 0
    keys.keep_ticks("drone", 1000)
    assert keys.first_ticks("drone") == 1000 + 15 * TICKS_A_SECOND
    keys.keep_ticks("drone", 900, is_last=True)
    assert keys.first_ticks("drone") == 1001


@pytest.mark.sitl
@pytest.mark.usefixtures("sitl_program")
def test_ardupilot_takes_the_key_and_ignores_others(keys: KeyStore, mission, tmp_path: Path) -> None:
    """Without it our signatures could be right for our own simulator alone."""
    with Sitl(SitlSettings(instance=INSTANCE, speedup=10.0, folder=tmp_path / "sitl")) as sitl:
        sitl.wait_ready()
        # On its first port ArduPilot believes everything; the second is guarded.
        guarded = f"tcp:127.0.0.1:{sitl.settings.port + 2}"
        with Vehicle.connect(guarded, system_id=1) as vehicle:
            set_up_signing(vehicle, keys.create("drone"), word())
            vehicle.set_parameter("RTL_ALT", 2200)
            load(vehicle, mission)
        with Vehicle.connect(guarded, system_id=1) as vehicle:
            assert vehicle.link.signing.key is not None
            vehicle.link.signing.use(None)
            vehicle.link.send(mavlink.MAVLink_param_set_message(1, 1, b"RTL_ALT", 9900.0, 9))
            vehicle.link.signing.use(keys.load("drone"))
            assert vehicle.parameter("RTL_ALT") == 2200
            vehicle.set_parameter("RTL_ALT", 1500)
            end_signing(vehicle, word())
            vehicle.set_parameter("RTL_ALT", 1700)


def test_the_signature_is_thirteen_bytes_with_the_time_inside() -> None:
    """Without it no other program could check ours."""
    packet = packed(KEY, 0x0102_0304_0506, link=7)
    link, low, high = struct.unpack_from("<BIH", packet, len(packet) - 13)
    assert (link, low | high << 32) == (7, 0x0102_0304_0506)
