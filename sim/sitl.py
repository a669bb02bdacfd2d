"""ArduPilot's own simulator (SITL) as a program that is found, started, waited for and ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from missions.atomic import write_atomically
from planner.errors import LinkError, MissingPartError, SettingError, VehicleError
from planner.quantities import LonLat

if TYPE_CHECKING:
    from telemetry.vehicle import Vehicle

PROGRAM = "arducopter"
BASE_PORT = 5760
PORTS_PER_INSTANCE = 10
OWN_PORTS = (0, 2, 3)
"""Serial ports 0, 1 and 2, counted from an instance's first TCP port."""
MOST_INSTANCES = 250
ENVIRONMENT = "QYRAN_SITL"
HOW_TO_GET_IT = (
    "Build ArduPilot (./waf configure --board sitl && ./waf copter) or take ArduPilot's own binary for Linux from "
    "firmware.ardupilot.org, then name it in QYRAN_SITL or put it on PATH as “arducopter”."
)
BUILT_IN_PARAMETERS: Mapping[str, float] = {
    "FRAME_CLASS": 1,
    "FRAME_TYPE": 0,
    "FS_THR_ENABLE": 1,
    "BATT_MONITOR": 4,
    "COMPASS_OFS_X": 5,
    "COMPASS_OFS_Y": 13,
    "COMPASS_OFS_Z": -18,
    "COMPASS_OFS2_X": 5,
    "COMPASS_OFS2_Y": 13,
    "COMPASS_OFS2_Z": -18,
    "COMPASS_OFS3_X": 5,
    "COMPASS_OFS3_Y": 13,
    "COMPASS_OFS3_Z": -18,
    "INS_ACCOFFS_X": 0.001,
    "INS_ACCOFFS_Y": 0.001,
    "INS_ACCOFFS_Z": 0.001,
    "INS_ACCSCAL_X": 1.001,
    "INS_ACCSCAL_Y": 1.001,
    "INS_ACCSCAL_Z": 1.001,
    "INS_ACC2OFFS_X": 0.001,
    "INS_ACC2OFFS_Y": 0.001,
    "INS_ACC2OFFS_Z": 0.001,
    "INS_ACC2SCAL_X": 1.001,
    "INS_ACC2SCAL_Y": 1.001,
    "INS_ACC2SCAL_Z": 1.001,
    "RC1_MAX": 2000,
    "RC1_MIN": 1000,
    "RC1_TRIM": 1500,
    "RC2_MAX": 2000,
    "RC2_MIN": 1000,
    "RC2_TRIM": 1500,
    "RC3_MAX": 2000,
    "RC3_MIN": 1000,
    "RC3_TRIM": 1500,
    "RC4_MAX": 2000,
    "RC4_MIN": 1000,
    "RC4_TRIM": 1500,
}
"""What a freshly wiped quad needs before its own checks let it arm, where ArduPilot's defaults file is not found."""

CAMERA_PARAMETERS: Mapping[str, float] = {"CAM1_TYPE": 1, "SERVO9_FUNCTION": 10}
"""A camera on a servo: without one ArduPilot takes no picture and reports none. It is read at start only."""

_DEFAULTS = ("default_params/copter.parm", "share/ardupilot/default_params/copter.parm", "copter.parm")
_STOP_WAIT_S = 5.0
_KEEPER = Path(__file__).with_name("keeper.py")


def find_sitl() -> Path:
    """The ArduCopter program: named in ``QYRAN_SITL``, on PATH, or in Qyran's cache folder.

    Raises ``MissingPartError`` with how to get it, ``SettingError`` where ``QYRAN_SITL`` names nothing that can run.
    """
    named = os.environ.get(ENVIRONMENT)
    if named:
        path = Path(named)
        if path.is_dir():
            path = path / PROGRAM
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise SettingError(f"{ENVIRONMENT} names no program that can be run.", about=named)
        return path
    found = shutil.which(PROGRAM)
    if found is not None:
        return Path(found)
    kept = cache_folder() / PROGRAM
    if kept.is_file() and os.access(kept, os.X_OK):
        return kept
    raise MissingPartError("ArduPilot SITL is not installed here.", mend=HOW_TO_GET_IT)


def cache_folder() -> Path:
    """Where Qyran keeps a SITL program ."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path("qyran") / "sitl"


def find_defaults(program: Path) -> Path | None:
    """ArduPilot's ``copter.parm``: beside the program, in its ``share`` folder, or in its source tree."""
    real = program.resolve()
    for above in (real.parent, *list(real.parents)[1:4]):
        for name in (*_DEFAULTS, "Tools/autotest/default_params/copter.parm"):
            if (above / name).is_file():
                return above / name
    return None


ALMATY = LonLat(76.9286, 43.2567)


@dataclass(frozen=True, slots=True)
class SitlSettings:
    """How to start it. ``folder`` None is a temporary one, removed at the end; ``wipe`` forgets kept parameters."""

    home: LonLat = ALMATY
    home_amsl_m: float = 0.0
    heading_deg: float = 0.0
    instance: int = 0
    speedup: float = 1.0
    parameters: Mapping[str, float] = field(default_factory=dict)
    folder: Path | None = None
    wipe: bool = True
    model: str = "+"
    system_id: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.instance <= MOST_INSTANCES:
            raise SettingError(f"A SITL instance is a number from 0 to {MOST_INSTANCES}, not {self.instance}.")
        if not 0 < self.speedup <= 200:
            raise SettingError(f"A SITL speed-up lies above 0 and up to 200, not {self.speedup:g}.")
        if not 1 <= self.system_id <= 254:
            raise SettingError(f"A vehicle's system number lies from 1 to 254, not {self.system_id}.")
        if not (-180 <= self.home.lon <= 180 and -90 <= self.home.lat <= 90):
            raise SettingError(f"{self.home} is no place on the globe.", about="home")

    @property
    def port(self) -> int:
        """Its first TCP port; it also takes the next few."""
        return BASE_PORT + PORTS_PER_INSTANCE * self.instance


class Sitl:
    """One running ArduCopter, from ``with`` to the end of the block; it also ends when this process dies.

    ArduPilot's published program listens on every network interface and has no option against that; Qyran itself speaks
    to it on the loopback only. Use it where the network around is trusted.
    """

    def __init__(self, settings: SitlSettings | None = None) -> None:
        self.settings = settings or SitlSettings()
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where it is spoken to."""
        return f"tcp:127.0.0.1:{self.settings.port}"

    @property
    def folder(self) -> Path:
        """Where its logs, parameters and words are."""
        if self._folder is None:
            raise VehicleError("SITL was not started.")
        return self._folder

    @property
    def pid(self) -> int:
        """Its process number."""
        if self._process is None:
            raise VehicleError("SITL was not started.")
        return self._pid

    @property
    def is_running(self) -> bool:
        """Whether the program still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        """What the program said so far."""
        return (self.folder / "sitl.txt").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start the program. Raises ``MissingPartError``, or ``LinkError`` where its port is taken."""
        program = find_sitl()
        _check_port(self.settings.port)
        self._folder = self._make_folder()
        words = self._folder / "sitl.txt"
        words.write_bytes(b"")
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_KEEPER), str(words), *self._arguments(program)],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pid = int(self._process.stdout.readline() or 0) if self._process.stdout is not None else 0
        self._await_port()

    def stop(self) -> None:
        """End it, first politely; what it wrote stays in its folder unless that was a temporary one."""
        process = self._process
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(_STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Wait until the vehicle can arm: position fix, estimator, its own checks.

        ``timeout_s`` are ours. Raises ``VehicleError`` with what it still lacks.
        """
        from telemetry.vehicle import Vehicle  # noqa: PLC0415 (late: brings pymavlink and dronekit)

        end = time.monotonic() + timeout_s
        with Vehicle.connect(self.address, timeout_s=timeout_s, system_id=self.settings.system_id) as vehicle:
            while not _is_ready(vehicle):
                if not self.is_running:
                    raise VehicleError(f"SITL ended by itself: {self._last_words()}", about=str(self.folder))
                if time.monotonic() >= end:
                    raise VehicleError(
                        f"SITL cannot arm after {timeout_s:g} s: {_lacks(vehicle)}.", about=str(self.folder)
                    )
                time.sleep(0.05)

    def _make_folder(self) -> Path:
        if self.settings.folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="qyran-sitl-")
            return Path(self._temporary.name)
        try:
            self.settings.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                f"The folder cannot be made: {error.strerror}.", about=str(self.settings.folder)
            ) from error
        return self.settings.folder.resolve()

    def _arguments(self, program: Path) -> list[str]:
        wanted = self.settings
        defaults = find_defaults(program)
        own = {**CAMERA_PARAMETERS, **wanted.parameters}
        if defaults is None:
            own = {**BUILT_IN_PARAMETERS, **own}
        own_file = self.folder / "qyran.parm"
        write_atomically(own_file, "".join(f"{name} {value:.9g}\n" for name, value in own.items()))
        files = [str(path) for path in (defaults, own_file) if path is not None]
        home = f"{wanted.home.lat:.7f},{wanted.home.lon:.7f},{wanted.home_amsl_m:.2f},{wanted.heading_deg:.1f}"
        return [
            str(program),
            "--model",
            wanted.model,
            "--speedup",
            f"{wanted.speedup:g}",
            "--home",
            home,
            "--instance",
            str(wanted.instance),
            "--sysid",
            str(wanted.system_id),
            "--defaults",
            ",".join(files),
            *(["--wipe"] if wanted.wipe else []),
        ]

    def _await_port(self, timeout_s: float = 15.0) -> None:
        end = time.monotonic() + timeout_s
        while "Waiting for connection" not in self.output:
            if not self.is_running or time.monotonic() > end:
                words = self._last_words()
                self.stop()
                raise VehicleError(f"SITL did not start: {words}", about=str(find_sitl()))
            time.sleep(0.02)

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return " / ".join(lines[-3:]) or "it said nothing"


def _is_ready(vehicle: Vehicle) -> bool:
    state = vehicle.state
    return bool(
        state.can_arm
        and state.estimator_ok
        and state.home is not None
        and state.gps is not None
        and state.gps.fix.is_good
        and state.freshness().is_live
    )


def _lacks(vehicle: Vehicle) -> str:
    said = [one.text for one in vehicle.state.texts if one.severity.is_bad]
    return "; ".join(dict.fromkeys(said[-4:])) or f"no reason was given ({vehicle.state.mode or 'silent'})"


def free_instance() -> int:
    """The lowest instance whose TCP ports nobody holds. Raises ``LinkError`` where all are taken."""
    for instance in range(MOST_INSTANCES + 1):
        ports = [BASE_PORT + PORTS_PER_INSTANCE * instance + offset for offset in OWN_PORTS]
        if all(_taken(port) is None for port in ports):
            return instance
    raise LinkError("Every SITL instance's ports are taken.", mend="End simulators that are no longer needed.")


def _check_port(port: int) -> None:
    reason = _taken(port)
    if reason is not None:
        raise LinkError(
            f"Port {port} is taken: {reason}.",
            about=f"tcp:127.0.0.1:{port}",
            mend="Is another simulator running? Choose another instance.",
        )


def _taken(port: int) -> str | None:
    """Why a TCP port on the loopback cannot be had; None where it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return None
