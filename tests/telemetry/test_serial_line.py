"""A serial line, as a telemetry radio on USB is one: a pair of pseudo-terminals with the embedded simulator behind."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from missions.compare import differences
from missions.items import Mission
from planner.errors import LinkError, NoHeartbeatError
from sim import Simulator, SimulatorSettings
from telemetry import Vehicle, download, load
from telemetry.link import wait_for
from telemetry.parameter_list import read_parameters


class Radio:
    """Carries bytes between a vehicle's TCP port and a pseudo-terminal, until it is unplugged."""

    def __init__(self, port: int) -> None:
        self._far = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.silent = threading.Event()
        self.plug_in()

    def plug_in(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.device = os.ttyname(self._slave)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._closing.set()
        self._thread.join()
        for one in (self._master, self._slave):
            os.close(one)

    def close(self) -> None:
        self.unplug()
        self._far.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._far, self._master], [], [], 0.05)
            if self._far in ready:
                data = self._far.recv(4096)
                # What nobody reads from a radio is lost.
                with contextlib.suppress(BlockingIOError):
                    if not self.silent.is_set():
                        os.write(self._master, data)
            if self._master in ready:
                self._far.sendall(os.read(self._master, 4096))


@pytest.fixture
def radio() -> Iterator[Radio]:
    with Simulator(SimulatorSettings(port=0, speedup=1.0)) as simulator:
        one = Radio(int(simulator.addresses[0].address.rpartition(":")[2]))
        yield one
        one.close()


def test_a_mission_is_loaded_over_a_serial_line(radio: Radio, mission: Mission) -> None:
    """Without it the radio on the USB port, which most pilots have, would be a promise."""
    with Vehicle.connect(f"serial:{radio.device},57600", system_id=1) as vehicle:
        report = load(vehicle, mission)
        assert report.manner.value == "files"
        assert differences(mission, download(vehicle)) == ()
        assert len(read_parameters(vehicle).parameters) > 300
    with Vehicle.connect(radio.device, system_id=1) as again:
        assert str(again.link.address) == f"{radio.device},57600"
        assert again.state.freshness().is_live


def test_a_line_in_use_and_a_silent_one_are_told(radio: Radio) -> None:
    """Without it two ground stations on one radio would each get half of what the drone says."""
    with Vehicle.connect(radio.device, system_id=1), pytest.raises(LinkError, match="cannot be opened"):
        Vehicle.connect(radio.device, timeout_s=1)
    radio.silent.set()
    with pytest.raises(NoHeartbeatError, match="listened at 57600 baud"):
        Vehicle.connect(radio.device, timeout_s=0.5)
    with pytest.raises(LinkError, match="plugged in"):
        Vehicle.connect("/dev/ttyNoSuchRadio")


def test_a_radio_that_is_unplugged_and_put_back_goes_on(radio: Radio, tmp_path: Path) -> None:
    """Without it a loose plug would end the session instead of the silence."""
    device = tmp_path / "radio"
    device.symlink_to(radio.device)
    with Vehicle.connect(f"serial:{device}", system_id=1) as vehicle:
        radio.unplug()
        assert wait_for(lambda: vehicle.link.trouble is not None, 6.0)
        device.unlink()
        radio.plug_in()
        device.symlink_to(radio.device)
        before = vehicle.state.messages
        assert wait_for(lambda: vehicle.state.messages > before + 5, 10.0)
        assert vehicle.link.trouble is None
        vehicle.set_parameter("RTL_ALT", 1800)
