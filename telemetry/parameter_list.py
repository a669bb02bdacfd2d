"""All parameters of a vehicle at once: as a file where it has one, else its list, with the gaps asked for again."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from missions.atomic import write_atomically
from planner.errors import FileFormatError, TransferError
from telemetry.carrier import Manner
from telemetry.clock import utc_now
from telemetry.dialect import Message, mavlink
from telemetry.ftp import parameter_file
from telemetry.ftp.client import FileClient, NoSuchFileError, RefusedFileError
from telemetry.link import Inbox
from telemetry.pace import Pace
from telemetry.parameters import ParameterType
from telemetry.progress import Step, Stop, StoppedTransferError, Tally, as_stop
from telemetry.vehicle import Vehicle

SILENCE_S = 12.0
QUIET_S = 0.7
"""After so long without a new one, those that are missing are asked for by their numbers."""
AT_ONCE = 10
"""So many are asked for at a time; ArduPilot keeps twenty questions."""
MOST = 20_000
IDENTITY_TRIES = 5
_NO_NUMBER = 65_535


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a vehicle."""

    name: str
    value: float
    kind: ParameterType


@dataclass(frozen=True, slots=True)
class VehicleIdentity:
    """Which vehicle it is and what it runs: its board's number, its firmware's version and hash, as it tells them."""

    uid: str
    firmware: str

    @property
    def file_name(self) -> str:
        """A name for what is kept of it."""
        return f"{self.uid}-{self.firmware}.json"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """All parameters by name, in the vehicle's order, as they were at ``read_at`` (aware UTC)."""

    vehicle: int
    firmware: str | None
    read_at: datetime
    parameters: Mapping[str, Parameter]
    manner: Manner
    took_s: float


def identity_of(vehicle: Vehicle) -> VehicleIdentity:
    """Ask the vehicle who it is. Raises ``TransferError`` where it does not say."""
    request = mavlink.MAV_CMD_REQUEST_MESSAGE, 0, mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION, *[0] * 6
    with vehicle.link.inbox("AUTOPILOT_VERSION") as inbox:
        for _ in range(IDENTITY_TRIES):
            link = vehicle.link
            link.send(mavlink.MAVLink_command_long_message(vehicle.system_id, link.component_id, *request))
            answer = inbox.take(0.8)
            if answer is not None:
                return _identity(answer, vehicle.system_id)
    raise TransferError("The vehicle does not say who it is.", about=f"vehicle {vehicle.system_id}")


def _identity(answer: Message, system_id: int) -> VehicleIdentity:
    uid = bytes(answer.uid2).hex().rstrip("0") or (f"{answer.uid:x}" if answer.uid else "")
    firmware = "".join(
        chr(byte) if chr(byte).isalnum() else f"{byte:02x}" for byte in bytes(answer.flight_custom_version)
    )
    version = f"{answer.flight_sw_version:08x}"
    # A board without a number of its own is told apart by its system number alone.
    return VehicleIdentity(uid or f"system{system_id}", f"{version}{firmware}")


def read_parameters(
    vehicle: Vehicle,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    manner: Manner | None = None,
) -> ParameterSet:
    """All parameters, asked now. Raises ``TransferError``, ``StoppedTransferError``, ``LinkLostError``."""
    vehicle.require_live()
    stop, began = as_stop(should_stop), time.monotonic()
    found: list[Parameter] | None = None
    used = Manner.FILES
    if manner is not Manner.ITEMS and _may_have_file(vehicle):
        found = _as_file(vehicle, on_progress, stop)
    if found is None:
        used = Manner.ITEMS
        found = _List(vehicle, on_progress, stop).run()
    firmware = vehicle.firmware
    return ParameterSet(
        vehicle.system_id,
        None if firmware is None else str(firmware),
        utc_now(),
        {one.name: one for one in found},
        used,
        time.monotonic() - began,
    )


def _may_have_file(vehicle: Vehicle) -> bool:
    firmware = vehicle.firmware
    return firmware is None or bool(firmware.capabilities & mavlink.MAV_PROTOCOL_CAPABILITY_FTP)


def _as_file(vehicle: Vehicle, on_progress: Step | None, stop: Stop) -> list[Parameter] | None:
    """None where the vehicle has no such file, or what came is none."""

    def came(size: int) -> None:
        if on_progress is not None:
            on_progress(size, 0, f"reading parameters, {size} bytes")

    try:
        data = FileClient(vehicle.link, Pace(vehicle.speedup), stop).read(parameter_file.PATH, None, came)
        packed = parameter_file.unpack_parameters(data)
    except (NoSuchFileError, RefusedFileError, FileFormatError):
        return None
    return [Parameter(one.name, _shown(one.value, one.kind), ParameterType(one.kind)) for one in packed]


def _shown(value: float, kind: int) -> float:
    return value if kind == ParameterType.REAL32 else float(int(value))


class _List:
    """PARAM_REQUEST_LIST, and PARAM_REQUEST_READ by number for what did not come."""

    def __init__(self, vehicle: Vehicle, on_progress: Step | None, stop: Stop) -> None:
        self._vehicle, self._stop = vehicle, stop
        self._tally = Tally(0, on_progress)
        self._found: dict[int, Parameter] = {}
        self._total: int | None = None
        self._came_at = time.monotonic()
        firmware = vehicle.firmware
        bytewise = mavlink.MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_BYTEWISE
        self._is_bytewise = firmware is not None and bool(firmware.capabilities & bytewise)

    def run(self) -> list[Parameter]:
        """All, in the vehicle's order. Raises ``TransferError``."""
        link = self._vehicle.link
        with link.inbox("PARAM_VALUE") as inbox:
            while self._total is None:
                link.send(mavlink.MAVLink_param_request_list_message(link.system_id, link.component_id))
                self._collect(inbox, QUIET_S)
            while len(self._found) < self._total:
                missing = [number for number in range(self._total) if number not in self._found][:AT_ONCE]
                for number in missing:
                    link.send(
                        mavlink.MAVLink_param_request_read_message(link.system_id, link.component_id, b"", number)
                    )
                self._collect(inbox, QUIET_S / 2, until=missing)
        return [self._found[number] for number in sorted(self._found)]

    def _collect(self, inbox: Inbox, quiet_s: float, until: list[int] | None = None) -> None:
        """Take what comes until it falls quiet, or all of ``until`` are there."""
        about = f"vehicle {self._vehicle.system_id}, parameters"
        while True:
            if self._stop.is_set():
                raise StoppedTransferError("The reading of the parameters was stopped.", about=about)
            message = inbox.take(quiet_s)
            if message is None:
                if time.monotonic() - self._came_at > SILENCE_S:
                    count = f"{len(self._found)} of {self._total or 'an unknown number'}"
                    raise TransferError(
                        f"The vehicle has not answered for {SILENCE_S:.0f} s; {count} came.", about=about
                    )
                return
            self._note(message)
            if until is not None and all(number in self._found for number in until):
                return
            if len(self._found) == self._total:
                return

    def _note(self, message: Message) -> None:
        number = int(message.param_index)
        if number == _NO_NUMBER or not 0 < message.param_count <= MOST:
            return
        self._total = int(message.param_count)
        if number not in self._found and number < self._total:
            self._came_at = time.monotonic()
            self._tally.step(f"reading parameters, {self._total} in all")
        name, kind = str(message.param_id).rstrip("\x00"), ParameterType.of(message.param_type)
        self._found[number] = Parameter(name, self._value(message, kind), kind)

    def _value(self, message: Message, kind: ParameterType) -> float:
        """ArduPilot sends every value as a number; PX4 puts a whole number's bytes into the float's place."""
        value = float(message.param_value)
        if kind is ParameterType.REAL32 or not self._is_bytewise:
            return value
        return float(struct.unpack("<i", struct.pack("<f", value))[0])


# what is kept on disk


def cache_folder() -> Path:
    """Where the parameters that were read last are kept, in the user's cache folder."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path("qyran") / "parameters"


def keep_parameters(identity: VehicleIdentity, found: ParameterSet, folder: Path | None = None) -> Path:
    """Keep them for this vehicle with this firmware. Raises ``OSError`` where the disk does not take them."""
    target = (folder or cache_folder()) / _safe(identity.file_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "vehicle": found.vehicle,
        "firmware": found.firmware,
        "read_at": found.read_at.isoformat(),
        "parameters": {one.name: [one.value, int(one.kind)] for one in found.parameters.values()},
    }
    write_atomically(target, json.dumps(report) + "\n")
    return target


def kept_parameters(identity: VehicleIdentity, folder: Path | None = None) -> ParameterSet | None:
    """What was read last of this vehicle with this firmware; None where nothing is kept, or what is kept is damaged."""
    try:
        report = json.loads(((folder or cache_folder()) / _safe(identity.file_name)).read_text(encoding="utf-8"))
        parameters = {
            str(name): Parameter(str(name), float(value), ParameterType(kind))
            for name, (value, kind) in report["parameters"].items()
        }
        read_at = datetime.fromisoformat(report["read_at"])
        return ParameterSet(int(report["vehicle"]), report["firmware"], read_at, parameters, Manner.FILES, 0.0)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _safe(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z.\-]", "_", name)[:120]
