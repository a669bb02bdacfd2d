"""Ctrl-C, SIGTERM, a closed terminal, a full disk: each ends in words and a whole record, never in a traceback."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import resource
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from missions import write_mission
from planner.quantities import LonLat
from qyran.cli.exits import Exit
from sim import Simulator, SimulatorSettings
from telemetry import Outcome, Vehicle, fly, read_tlog, simulator_confirmation

HOME = LonLat(76.9286, 43.2567)


@pytest.fixture
def file(tmp_path: Path, mission) -> Path:
    write_mission(mission, tmp_path / "sortie.plan")
    return tmp_path / "sortie.plan"


@pytest.fixture
def link() -> Iterator[str]:
    with Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=5.0)) as one:
        yield one.addresses[0].address


class Pilot:
    """``qyran fly`` in a process of its own; what it says is read line by line."""

    def __init__(self, *words: object, terminal: bool = False) -> None:
        command = [sys.executable, "-m", "qyran", "fly", *map(str, words)]
        self.said = ""
        self._master: int | None = None
        if terminal:
            self._master, slave = pty.openpty()
            self.process = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 (one system call)
            )
            os.close(slave)
        else:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            assert self.process.stderr is not None
            self._reading = self.process.stderr.fileno()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        source = self._master if self._master is not None else self._reading
        while True:
            try:
                data = os.read(source, 4096)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.said += data.decode(errors="replace")

    def until(self, *words: str, within_s: float = 40.0) -> None:
        """Wait until it said one of these."""
        self.until_true(lambda: any(one in self.said for one in words), within_s)

    def until_true(self, condition: Callable[[], bool], within_s: float = 40.0) -> None:
        end = time.monotonic() + within_s
        while not condition():
            assert self.process.poll() is None, f"it ended early: {self.said}"
            assert time.monotonic() < end, f"it never came: {self.said}"
            time.sleep(0.02)

    def hang_up(self) -> None:
        """Close the terminal."""
        assert self._master is not None
        master, self._master = self._master, None
        os.close(master)

    def ended(self, number: int | None = None, within_s: float = 40.0) -> tuple[int, dict[str, object]]:
        """Send a signal, wait for the end; exit code and the JSON object on stdout (empty where there is none)."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(within_s)
        out = self.process.stdout.read().decode() if self.process.stdout is not None else ""
        self._thread.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        if self._master is not None:
            os.close(self._master)
        assert "Traceback" not in self.said, self.said
        return code, json.loads(out) if out else {}


def no_parts(folder: Path) -> bool:
    return not [one for one in folder.rglob("*") if one.suffix == ".part" or one.name.startswith(".spare")]


@pytest.mark.long
def test_ctrl_c_while_calling(file: Path, tmp_path: Path, unused_tcp_port_here: int) -> None:
    """The person who typed a wrong address would wait half a minute, or see a traceback."""
    pilot = Pilot(file, "--on", f"udpin:127.0.0.1:{unused_tcp_port_here}", "--yes", "--json", "--out", tmp_path / "f")
    pilot.until("calling")
    pilot.until_true((tmp_path / "f" / "flight.tlog").exists)
    code, answer = pilot.ended(signal.SIGINT)
    assert (code, answer["outcome"]) == (Exit.INTERRUPTED, "stopped")
    assert "nothing but heartbeats was sent" in pilot.said
    assert not (tmp_path / "f" / "flight.json").exists()
    assert no_parts(tmp_path)


@pytest.fixture
def unused_tcp_port_here() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_ctrl_c_while_loading(file: Path, peer, tmp_path: Path) -> None:
    """Half a mission would stay in the drone, and nobody would know which one it holds."""
    peer.parameters[1]["SIM_SPEEDUP"] = 1.0
    asked_on = peer._ask_next
    stuck = threading.Event()

    def ask_three(system: int, kind: int) -> None:
        if len(peer.items[system, kind]) < 3:
            asked_on(system, kind)
        else:
            stuck.set()

    peer._ask_next = ask_three
    pilot = Pilot(file, "--on", peer.address, "--yes", "--json", "--out", tmp_path / "f")
    pilot.until_true(stuck.is_set)
    code, answer = pilot.ended(signal.SIGINT)
    assert (code, answer["outcome"]) == (Exit.INTERRUPTED, "stopped")
    assert "the vehicle now holds no mission" in answer["reason"]
    assert peer.items[1, 0] == []
    assert no_parts(tmp_path)


@pytest.mark.long
def test_ctrl_c_while_asked(file: Path, link: str, tmp_path: Path) -> None:
    """A person who thinks better of it would not be told whether the drone was touched."""
    pilot = Pilot(file, "--on", link, "--out", tmp_path / "f", terminal=True)
    pilot.until("Type 1 and enter")
    code, _ = pilot.ended(signal.SIGINT)
    assert code == Exit.INTERRUPTED
    assert "Stopped before anybody confirmed; nothing was armed." in pilot.said
    with Vehicle.connect(link, system_id=1) as vehicle:
        assert vehicle.state.armed is False
        assert not vehicle.state.mission_total


@pytest.mark.parametrize(
    "how", ["SIGINT", *(pytest.param(one, marks=pytest.mark.long) for one in ("SIGTERM", "hang up"))]
)
def test_ended_in_flight_the_record_is_whole_and_says_what_the_drone_does(
    file: Path, link: str, tmp_path: Path, how: str
) -> None:
    """A closed laptop would cost the record of the flight, and nobody would know what the drone does now."""
    hang_up = how == "hang up"
    words = [file, "--on", link, "--out", tmp_path / "f", "--yes"]
    pilot = Pilot(*words, terminal=True) if hang_up else Pilot(*words, "--json")
    pilot.until("Item 2 reached", "Mode GUIDED → AUTO")
    if hang_up:
        pilot.hang_up()
        code, _ = pilot.ended()
    else:
        code, answer = pilot.ended(getattr(signal, how))
        assert answer["outcome"] == "interrupted"
        assert "flies on in AUTO by itself" in pilot.said
    assert code == Exit.INTERRUPTED
    kept = json.loads((tmp_path / "f" / "flight.json").read_text())
    assert kept["outcome"] == "interrupted"
    assert "it returns home (FS_GCS_ENABLE 1)" in kept["reason"]
    assert "s without a ground station" in kept["reason"]
    assert read_tlog(tmp_path / "f" / "flight.tlog").damage.is_none
    assert no_parts(tmp_path)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up_ends_neither_flight_nor_record(mission, tmp_path: Path) -> None:
    """The log would end without a word, the record would say “flying” for ever, or the watch would end in the air."""
    events = []
    with (
        Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=40.0)) as simulator,
        Vehicle.connect(simulator.addresses[0].address, system_id=1, tlog=tmp_path / "flight.tlog") as vehicle,
        files_no_larger_than(60_000),
    ):
        word = simulator_confirmation(vehicle)
        record = fly(vehicle, mission, confirmation=word, predicted_s=100.0, folder=tmp_path, on_event=events.append)
    assert record.outcome is Outcome.LANDED
    told = [one.text for one in events if "log" in one.text]
    assert told[0].startswith("The log cannot be written: File too large. The flight goes on without it")
    assert "packets are missing" in (record.log_trouble or "")
    kept = json.loads((tmp_path / "flight.json").read_text())
    assert (kept["outcome"], kept["log_trouble"]) == ("landed", record.log_trouble)
    log = read_tlog(tmp_path / "flight.tlog")
    assert log.damage.is_none, "whole packets only"


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_on_a_disk_that_is_really_full_the_record_has_its_room(mission, tmp_path: Path) -> None:
    """On a full memory card the record would be the one file that no longer fits."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        filler: list[int] = []

        def fill(state) -> None:
            if filler or not state.armed:
                return
            filler.append(1)
            with (disk / "filler").open("wb", buffering=0) as other:
                try:
                    while True:
                        other.write(b"\0" * 4096)
                except OSError:
                    return

        with (
            Simulator(SimulatorSettings(port=0, home=HOME, home_amsl_m=800.0, speedup=40.0)) as simulator,
            Vehicle.connect(simulator.addresses[0].address, system_id=1, tlog=disk / "flight.tlog") as vehicle,
        ):
            word = simulator_confirmation(vehicle)
            record = fly(vehicle, mission, confirmation=word, predicted_s=100.0, folder=disk, on_state=fill)
        assert filler
        assert record.outcome is Outcome.LANDED
        kept = json.loads((disk / "flight.json").read_text())
        assert kept["outcome"] == "landed"
        assert "No space left" in kept["log_trouble"]
        assert (disk / "track.csv").stat().st_size > 1000
        assert read_tlog(disk / "flight.tlog").damage.is_none
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_px4_is_told_apart_and_refused_politely(new_peer, file: Path, capsys) -> None:
    """A PX4 drone would be given ArduPilot's commands and parameters, and do something else with them."""
    from qyran.cli import run

    with new_peer(1, autopilot=mavlink.MAV_AUTOPILOT_PX4) as peer:
        peer.mode = (4 << 16) | (4 << 24)
        began = time.monotonic()
        words = [
            ["fly", str(file), "--on", peer.address, "--vehicle", "1", "--yes", "--out", str(file.parent / "f")],
            ["preflight", str(file), "--on", peer.address, "--vehicle", "1"],
            *(
                ["vehicle", verb, peer.address, *rest, "--vehicle", "1", "--yes"]
                for verb, *rest in (
                    ["pause"],
                    ["return"],
                    ["land"],
                    ["disarm"],
                    ["arm"],
                    ["takeoff", "20"],
                    ["mode", "AUTO"],
                )
            ),
        ]
        for one in words:
            assert run(one) == Exit.REFUSED, one
            said = capsys.readouterr().err
            assert "This vehicle runs PX4; Qyran can watch it but not" in said, said
            assert "ArduPilot only" in said
        assert time.monotonic() - began < 30
        heard = {one.get_type() for one in peer.heard}
        assert not heard & {"PARAM_REQUEST_READ", "PARAM_SET", "MISSION_COUNT", "SET_MODE", "MISSION_CLEAR_ALL"}
        asked = {one.command for one in peer.heard if one.get_type() in ("COMMAND_LONG", "COMMAND_INT")}
        assert asked <= {511, 512, 520}, "nothing but what it is and what it tells"
        with Vehicle.connect(peer.address, system_id=1) as vehicle:
            assert vehicle.state.mode == "MISSION"
            assert str(vehicle.firmware).startswith("PX4 ")
