"""MAVProxy, a ground station that others wrote, on the embedded simulator."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sim_stations import HOME, RETURN, Item, do, takeoff, waypoint

from sim import Simulator

MISSION: list[Item] = [HOME, takeoff(20), do(178, 1, 8), waypoint(60, 0, 20), waypoint(60, 60, 20), RETURN]


class MavProxy:
    """The program on a pipe: ``type`` a line, ``expect`` words that it prints from then on."""

    def __init__(self, address: str, folder: Path) -> None:
        program = shutil.which("mavproxy.py", path=str(Path(sys.executable).parent))
        if program is None:
            pytest.skip("MAVProxy is not installed in this environment")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-u",
                program,
                f"--master={address}",
                "--source-system=255",
                "--default-modules=mode,arm,cmdlong,param,wp,fence,rally,misc",
                f"--state-basedir={folder}",
                "--aircraft=test",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            text=True,
            bufsize=1,
        )
        self._lines: list[str] = []
        self._from = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(iter(self._process.stdout.readline, ""))

    def type(self, line: str) -> None:
        self._from = len(self._lines)
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def expect(self, words: str, seconds: float = 30.0) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self._lines[self._from :]:
                if re.search(words, line):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"MAVProxy did not say {words!r} but:\n{''.join(self._lines[-25:])}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def mavproxy(fleet: Callable[..., Simulator], tmp_path: Path) -> Iterator[MavProxy]:
    proxy = MavProxy(fleet(speedup=8, parameters={"DISARM_DELAY": 0}).addresses[0].address, tmp_path)
    try:
        proxy.expect("Received [0-9]+ parameters")
        yield proxy
    finally:
        proxy.close()


def write_waypoints(path: Path) -> None:
    rows = [
        f"{i}\t{int(i == 0)}\t{frame}\t{command}\t" + "\t".join(f"{p:.6f}" for p in params)
        + f"\t{x / 1e7:.8f}\t{y / 1e7:.8f}\t{z:.6f}\t1"
        for i, (command, frame, params, x, y, z) in enumerate(MISSION)
    ]  # fmt: skip
    path.write_text("QGC WPL 110\n" + "\n".join(rows) + "\n")


def test_mavproxy_lists_parameters_and_mission_and_flies_it(mavproxy: MavProxy, tmp_path: Path) -> None:
    """Pilots who fly by MAVProxy could not train on the embedded simulator."""
    mavproxy.type("param show WPNAV_SPEED")
    mavproxy.expect(r"WPNAV_SPEED +1000\.0")
    mavproxy.type("param set WPNAV_SPEED 900")
    for _ in range(10):
        mavproxy.type("param fetch WPNAV_SPEED")
        if "900.0" in mavproxy.expect(r"WPNAV_SPEED = "):
            break
    else:
        raise AssertionError("the parameter did not take its new value")

    write_waypoints(tmp_path / "patrol.txt")
    mavproxy.type(f"wp load {tmp_path / 'patrol.txt'}")
    mavproxy.expect("Flight plan received")
    mavproxy.type("wp list")
    mavproxy.expect("Saved 6 waypoints|5 16 |NAV_RETURN_TO_LAUNCH|^20 ")

    mavproxy.type("mode GUIDED")
    mavproxy.expect("Mode GUIDED")
    mavproxy.type("arm throttle")
    mavproxy.expect("ARMED")
    mavproxy.type("mode AUTO")
    mavproxy.expect("Mode AUTO")
    mavproxy.expect("Mission: 1 Takeoff")
    mavproxy.type("long MISSION_START 0 0")
    for words in ("Reached command #3", "Reached command #4", "Mission: 5 RTL", "DISARMED"):
        mavproxy.expect(words, 60)


def test_mavproxy_reads_fence_and_rally_points(mavproxy: MavProxy, tmp_path: Path) -> None:
    """A fence drawn in one ground station would be lost in the other."""
    rows = [(5001, 4, 0, -50, -50), (5001, 4, 1, -50, 50), (5001, 4, 2, 50, 50), (5001, 4, 3, 50, -50)]
    lines = []
    for command, count, index, north, east in rows:
        item = waypoint(north, east, 0)
        lines.append(f"{index}\t0\t3\t{command}\t{count}\t0\t0\t0\t{item[3] / 1e7:.7f}\t{item[4] / 1e7:.7f}\t0\t1")
    (tmp_path / "fence.txt").write_text("QGC WPL 110\n" + "\n".join(lines) + "\n")
    mavproxy.type(f"fence load {tmp_path / 'fence.txt'}")
    mavproxy.expect("[Ll]oaded .*fence|fence.*sent|Sent all")
    mavproxy.type("fence list")
    mavproxy.expect("5001|INCLUSION|Saved 4")
