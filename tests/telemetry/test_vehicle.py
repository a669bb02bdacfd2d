"""Connecting: who answers, who does not, and that nobody else is spoken to."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import CommandRefusedError, LinkError, LinkLostError, NoHeartbeatError, SettingError, VehicleError
from telemetry import Confirmation, Vehicle, commands, load, read_tlog
from telemetry.dronekit_border import load_dronekit
from telemetry.link import wait_for
from telemetry.state import Autopilot, Freshness


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def word(vehicle: Vehicle) -> Confirmation:
    """A named person's word, given now."""
    return Confirmation("a test", vehicle.system_id, "load", datetime.now(UTC))


def test_tells_who_is_there(peer) -> None:
    """Without it nobody would know which drone and which firmware answers."""
    with Vehicle.connect(peer.address) as vehicle:
        assert vehicle.system_id == 1
        assert str(vehicle.firmware) == "ArduCopter 4.6.3"
        assert vehicle.state.freshness() is Freshness.LIVE
        assert wait_for(lambda: vehicle.state.position is not None, 2.0)
        assert vehicle.state.autopilot is Autopilot.ARDUPILOT


@pytest.mark.parametrize("way", ["udpin", "udpout", "tcp"])
def test_nobody_answers(way: str) -> None:
    """Without it a wrong port would hang, or end in a traceback, instead of saying what was tried."""
    address = f"{way}:127.0.0.1:{free_port()}"
    began = time.monotonic()
    with pytest.raises(NoHeartbeatError) as caught:
        Vehicle.connect(address, timeout_s=0.6)
    assert time.monotonic() - began < 3
    assert address in str(caught.value)
    assert "0.6 s" in str(caught.value)


def test_a_taken_port_and_an_unknown_host_are_told() -> None:
    """Without it two ground stations on one port would each hear half of the flight."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError, match="in use"):
            Vehicle.connect(f"udpin:127.0.0.1:{other.getsockname()[1]}", timeout_s=0.3)
    with pytest.raises(LinkError, match=r"nowhere\.invalid"):
        Vehicle.connect("tcp:nowhere.invalid:5760", timeout_s=0.3)
    with pytest.raises(LinkError, match="ttyNONE"):
        Vehicle.connect("/dev/ttyNONE,57600", timeout_s=0.3)


def test_another_ground_station_is_no_vehicle(new_peer) -> None:
    """Without it a second ground station on the same port would be taken for the drone."""
    with new_peer(255, autopilot=8, kind=6) as peer, pytest.raises(NoHeartbeatError):
        Vehicle.connect(peer.address, timeout_s=0.6)


def test_several_vehicles_must_be_told_apart(new_peer) -> None:
    """Without it the command would go to whichever drone happened to speak first."""
    with new_peer(4, 9) as peer:
        with pytest.raises(SettingError, match="4, 9"):
            Vehicle.connect(peer.address)
        with pytest.raises(NoHeartbeatError, match="Vehicle 5"):
            Vehicle.connect(peer.address, system_id=5, timeout_s=0.6)


def test_nothing_reaches_the_other_vehicle(new_peer, mission) -> None:
    """Without it a mission, a parameter or an arming would land in the drone next door."""
    with new_peer(4, 9) as peer:
        for system in (4, 9):
            peer.parameters[system]["FS_GCS_ENABLE"] = 0.0
        with Vehicle.connect(peer.address, system_id=9) as vehicle:
            load(vehicle, mission, confirmation=word(vehicle))
            vehicle.set_parameter("FS_GCS_ENABLE", 1.0)
            assert wait_for(lambda: vehicle.state.position is not None, 2.0)
            assert round(vehicle.state.position.lat * 1e7) % 10 == 9
            with pytest.raises(LinkError):
                vehicle.link.send(mavlink.MAVLink_param_set_message(4, 1, b"FS_GCS_ENABLE", 1.0, 9))
        assert peer.heard_by(4) == []
        assert peer.heard_by(0) == []
        assert peer.parameters[4]["FS_GCS_ENABLE"] == 0.0
        assert peer.parameters[9]["FS_GCS_ENABLE"] == 1.0


def test_px4_is_recognised_and_refused_politely(new_peer, mission) -> None:
    """Without it a PX4 vehicle would be given ArduPilot's commands and do something else with them."""
    with new_peer(1, autopilot=12) as peer, Vehicle.connect(peer.address, system_id=1) as vehicle:
        assert vehicle.state.autopilot is Autopilot.PX4
        with pytest.raises(VehicleError, match="PX4"):
            load(vehicle, mission, confirmation=word(vehicle))
        assert not [one for one in peer.heard if one.get_type() == "MISSION_COUNT"]


def test_parameters_are_asked_and_confirmed(peer) -> None:
    """Without it a failsafe could be shown as switched on which the vehicle never took."""
    peer.parameters[1] |= {"FS_GCS_ENABLE": 0.0, "RTL_ALT": 1500.0}
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        assert vehicle.parameter("RTL_ALT") == 1500.0
        assert vehicle.parameter("RTL_ALT_M") is None
        vehicle.set_parameter("FS_GCS_ENABLE", 1)
        vehicle.set_parameter("FS_GCS_ENABLE", 1)
        assert peer.parameters[1]["FS_GCS_ENABLE"] == 1.0
        with pytest.raises(CommandRefusedError):
            vehicle.set_parameter("NO_SUCH_NAME", 1)


def test_parameters_on_a_link_that_loses_every_third_packet(new_peer) -> None:
    """Without it a parameter that exists would be reported as missing on a bad radio, and a failsafe with it."""
    with new_peer(1, loss=0.3, seed=5) as peer:
        peer.parameters[1] |= {f"P{number}": float(number) for number in range(6)}
        with Vehicle.connect(peer.address, system_id=1) as vehicle:
            assert [vehicle.parameter(f"P{number}") for number in range(6)] == list(range(6))
            vehicle.set_parameter("P3", 33.0)
            assert peer.parameters[1]["P3"] == 33.0


def test_a_silent_vehicle_grows_stale_and_comes_back(peer) -> None:
    """Without it a cut link would show the last position as now, and a link that is back would stay lost."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        peer.silent.set()
        assert wait_for(lambda: vehicle.state.freshness() is Freshness.STALE, 5.0)
        with pytest.raises(LinkLostError):
            vehicle.require_live()
        peer.silent.clear()
        assert wait_for(lambda: vehicle.state.freshness() is Freshness.LIVE, 2.0)


def test_the_autopilots_own_reason_is_told(peer) -> None:
    """Without it the pilot would read “failed” instead of which check failed."""

    def refuse(command) -> int:
        if command.command != mavlink.MAV_CMD_DO_SET_MODE:
            return mavlink.MAV_RESULT_ACCEPTED
        peer.say(1, mavlink.MAVLink_statustext_message(4, b"Mode change to LOITER failed: requires position", 0, 0))
        return mavlink.MAV_RESULT_FAILED

    peer.answers = refuse
    with (
        Vehicle.connect(peer.address, system_id=1) as vehicle,
        pytest.raises(CommandRefusedError, match="requires position"),
    ):
        commands.set_mode(vehicle, "LOITER")


def test_a_mode_that_is_agreed_to_and_not_entered_is_told(peer, monkeypatch) -> None:
    """Without it “returning” would be shown of a drone that flies on."""
    monkeypatch.setattr(commands, "SEEN_WITHIN_S", 0.3)
    peer.armed = True
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        with pytest.raises(CommandRefusedError, match="STABILIZE"):
            commands.return_home(vehicle)
        with pytest.raises(SettingError, match="HOVER"):
            commands.set_mode(vehicle, "HOVER")


def test_the_log_has_both_directions_and_other_systems(new_peer, tmp_path: Path) -> None:
    """Without it nobody could see afterwards what was sent to whom."""
    path = tmp_path / "deep" / "flight.tlog"
    with new_peer(4, 9) as peer, Vehicle.connect(peer.address, system_id=9, tlog=path) as vehicle:
        vehicle.parameter("SYSID_THISMAV")
    log = read_tlog(path, system_id=9)
    assert log.systems == (4, 9)
    assert log.counts["PARAM_REQUEST_READ"] >= 2
    assert log.counts["PARAM_VALUE"] >= 2
    assert log.damage.is_none


def test_a_tcp_peer_that_goes_away_and_comes_back(capfd, monkeypatch) -> None:
    """Without it a vehicle's restart would end the watch, or fill the screen with pymavlink's own words."""
    port = free_port()
    heartbeat = mavlink.MAVLink_heartbeat_message(2, 3, 1, 0, 3, 3).pack(mavlink.MAVLink(None, 1, 1))
    accepted = []

    def serve(closing: threading.Event) -> None:
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(5)
            while not closing.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    return
                accepted.append(connection)
                end = time.monotonic() + 1.0
                with connection:
                    while time.monotonic() < end and not closing.is_set():
                        connection.sendall(heartbeat)
                        time.sleep(0.1)

    closing = threading.Event()
    thread = threading.Thread(target=serve, args=(closing,))
    thread.start()
    try:
        monkeypatch.setattr("telemetry.vehicle.INTRODUCTION_TRIES", 2)
        with Vehicle.connect(f"tcp:127.0.0.1:{port}", timeout_s=5, system_id=1) as vehicle:
            assert wait_for(lambda: len(accepted) >= 3, 8.0)
            before = vehicle.state.messages
            assert wait_for(lambda: vehicle.state.messages > before, 2.0)
    finally:
        closing.set()
        thread.join()
    assert capfd.readouterr() == ("", "")


def test_importing_telemetry_is_light() -> None:
    """Without it every command of Qyran would wait for dronekit, also those that draw a map."""
    code = "import sys, telemetry; print([one for one in ('pymavlink', 'dronekit', 'shapely') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_dronekit_loads_without_noise() -> None:
    """Without it dronekit's age would end each run in warnings, or in an AttributeError of its own."""
    code = "from telemetry.dronekit_border import load_dronekit; print(load_dronekit().Vehicle.__name__)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("Vehicle", "")
    assert load_dronekit().VehicleMode("AUTO").name == "AUTO"
