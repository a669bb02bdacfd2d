"""Telemetry logs as other ground stations write them: eight bytes of time, then the packet, again and again."""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from planner.errors import FileFormatError, InputError
from planner.track import Electricity, Track
from telemetry.clock import utc_s
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, is_vehicle
from telemetry.events import EventKind, FlightEvent, Picture
from telemetry.history import HEARD, History
from telemetry.logs import Columns, Damage, Index, messages, read_tlog_columns
from telemetry.logs.definitions import number_of
from telemetry.logs.stamps import LATEST_US

STAMP = struct.Struct(">Q")
"""Microseconds since 1970 (UTC), big-endian."""

SYNC_EVERY_S = 1.0


class TlogWriter:
    """Writes each packet through to the system at once, so that nothing is lost when we are killed.

    Every second it also asks the disk to keep it, against a loss of power. A full disk stops the recording, never
    the flight: ``trouble`` then says why, ``missed`` how many packets are not in the log, which has whole packets only
    and goes on as soon as there is room again.
    """

    def __init__(self, path: Path) -> None:
        """Continue or begin the log at ``path``. Raises ``FileFormatError`` where it cannot be written."""
        self.path = path
        self.packets = 0
        self.missed = 0
        self.trouble: str | None = None
        self._lock = threading.Lock()
        self._last_stamp_us = 0
        self._closed = threading.Event()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = os.fstat(self._file).st_size
        except OSError as error:
            raise FileFormatError(f"The log cannot be written: {error.strerror}.", about=str(path)) from error
        self._syncer = threading.Thread(target=self._keep_synced, name=f"log {path.name}", daemon=True)
        self._syncer.start()

    def write(self, packet: bytes) -> None:
        """Add one packet, stamped now; stamps never step back."""
        with self._lock:
            if self._file is None:
                return
            self._last_stamp_us = max(self._last_stamp_us, int(utc_s() * 1e6))
            data = STAMP.pack(self._last_stamp_us) + packet
            try:
                self._write_whole(self._file, data)
            except OSError as error:
                self.trouble = error.strerror
                self.missed += 1
                return
            self._size += len(data)
            self.trouble = None
            self.packets += 1

    def _write_whole(self, file: int, data: bytes) -> None:
        """All of it or nothing: what a full disk took of a packet is taken back. Raises ``OSError``."""
        written = os.write(file, data)
        if written == len(data):
            return
        try:
            if os.write(file, data[written:]) < len(data) - written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(file, self._size)
            raise

    def _keep_synced(self) -> None:
        """A thread of its own: a slow disk must not hold up what is read or our heartbeats."""
        while not self._closed.wait(SYNC_EVERY_S):
            file = self._file
            if file is None:
                return
            try:
                os.fdatasync(file)
            except OSError as error:
                self.trouble = error.strerror

    def close(self) -> None:
        """Finish the file."""
        self._closed.set()
        self._syncer.join(timeout=5.0)
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


@dataclass(frozen=True, slots=True)
class Log:
    """A log as far as it could be read: one vehicle's track, events and pictures."""

    system_id: int | None
    """Whose it is; None where no vehicle speaks in it."""
    systems: tuple[int, ...]
    """Every vehicle that speaks in it."""
    track: Track
    events: tuple[FlightEvent, ...]
    pictures: tuple[Picture, ...]
    counts: Mapping[str, int]
    """How many messages of each name could be read."""
    damage: Damage
    started: datetime | None
    ended: datetime | None
    electricity: Electricity
    """What its battery's monitor told."""
    parameters: Mapping[str, float]
    """What it told of its parameters."""
    modes: tuple[tuple[float, str], ...] = ()
    """When which mode was entered: UTC seconds by the vehicle's clock, and the mode's name."""
    currents: tuple[tuple[float, int], ...] = ()
    """When which mission item came to be flown: UTC seconds by the vehicle's clock, and the item's number."""

    @property
    def duration_s(self) -> float | None:
        """From armed to disarmed, of all flights in it together, by the vehicle's clock; None where none is whole."""
        total, armed = None, None
        for event in self.events:
            if event.kind is EventKind.ARMED:
                armed = event.at
            elif event.kind is EventKind.DISARMED and armed is not None:
                total = (total or 0.0) + (event.at - armed).total_seconds()
                armed = None
        return total


def read_tlog(path: Path, *, system_id: int | None = None) -> Log:
    """Read a log as far as it goes; without ``system_id`` the vehicle that speaks most in it.

    Raises ``FileFormatError`` for a file that is missing, empty or has no readable packet at all, ``InputError`` where
    the vehicle that is asked for says nothing in it.
    """
    opened = read_tlog_columns(path, only=("HEARTBEAT",))
    index = opened.index
    assert index is not None, "a .tlog has packets"
    spoken = _speakers(opened)
    system = system_id if system_id is not None else next((one for one, _ in spoken.most_common(1)), None)
    if system_id is not None and system_id not in index.system:
        told = ", ".join(str(one) for one in sorted(spoken)) or "no vehicle"
        raise InputError(f"Vehicle {system_id} does not speak in this log; {told} does.", about=str(path))
    history = _history(path, index, system)
    return Log(
        system_id=system,
        systems=tuple(sorted(spoken)),
        track=history.track(),
        events=history.events,
        pictures=history.pictures,
        counts=opened.counts,
        damage=opened.damage,
        started=_utc(int(index.stamp_us[0])),
        ended=_utc(int(index.stamp_us[-1])),
        electricity=history.electricity(),
        parameters=dict(history.parameters),
        modes=history.modes,
        currents=history.currents,
    )


def _speakers(opened: Columns) -> Counter[int]:
    """How many heartbeats of a vehicle each system sent."""
    spoken: Counter[int] = Counter()
    if "HEARTBEAT" not in opened:
        return spoken
    beats = opened["HEARTBEAT"]
    autopilot, kind, systems = beats["autopilot"].tolist(), beats["type"].tolist(), beats.system.tolist()
    for one, count in Counter(zip(autopilot, kind, systems, strict=True)).items():
        if is_vehicle(*one):
            spoken[one[2]] += count
    return spoken


def _history(path: Path, index: Index, system: int | None) -> History:
    """One vehicle's flight by the rules that are those of a live one."""
    history = History()
    ours = (index.system == system) & (index.component != GCS_COMPONENT) & (index.system != GCS_SYSTEM)
    chosen = index.where(ours & np.isin(index.number, np.array([number_of(name) for name in HEARD], dtype=np.uint32)))
    try:
        for message, stamp_us in zip(messages(path, chosen), chosen.stamp_us.tolist(), strict=True):
            history.take(message, stamp_us / 1e6)
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    return history


def _utc(stamp_us: int) -> datetime | None:
    """A stamp as aware UTC; None where the recorder wrote no time, or one that no calendar has."""
    return datetime.fromtimestamp(stamp_us / 1e6, UTC) if 0 < stamp_us <= LATEST_US else None
