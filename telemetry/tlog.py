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

from planner.errors import FileFormatError
from planner.track import Electricity, Track
from telemetry.clock import utc_s
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, is_vehicle_heartbeat, mavlink, new_parser
from telemetry.events import EventKind, FlightEvent, Picture
from telemetry.history import History

STAMP = struct.Struct(">Q")
"""Microseconds since 1970 (UTC), big-endian."""

SYNC_EVERY_S = 1.0
MAGIC_1, MAGIC_2 = 0xFE, 0xFD
EARLIEST_US = 946_684_800_000_000
"""2000-01-01: a stamp before it or after 2100 is damage."""
LATEST_US = 4_102_444_800_000_000


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
                if os.write(self._file, data) < len(data):
                    os.ftruncate(self._file, self._size)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError as error:
                self.trouble = error.strerror
                self.missed += 1
                return
            self._size += len(data)
            self.trouble = None
            self.packets += 1

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
class Damage:
    """What could not be read of a log."""

    bytes_skipped: int = 0
    """Bytes passed over to find the next packet."""
    packets_bad: int = 0
    """Packets with a wrong checksum, or of a dialect that gives their number another meaning."""
    packets_unknown: int = 0
    """Packets whose message this dialect does not know."""
    truncated: bool = False
    """Whether the file ends within a packet."""

    @property
    def is_none(self) -> bool:
        """Whether everything could be read."""
        return not (self.bytes_skipped or self.packets_bad or self.packets_unknown or self.truncated)


def _packet_end(data: bytes, start: int, size: int) -> int | None:
    if start + 3 > size:
        return None
    if data[start] == MAGIC_1:
        return start + 8 + data[start + 1] if start + 8 + data[start + 1] <= size else None
    if data[start] == MAGIC_2:
        end = start + 12 + data[start + 1] + (13 if data[start + 2] & 1 else 0)
        return end if end <= size else None
    return None


def _is_stamp(data: bytes, place: int) -> bool:
    return EARLIEST_US <= int(STAMP.unpack_from(data, place)[0]) <= LATEST_US


def _goes_on(data: bytes, end: int, size: int) -> bool:
    """Whether another packet follows, or a piece too short to tell."""
    if end + STAMP.size >= size:
        return True
    return data[end + STAMP.size] in (MAGIC_1, MAGIC_2) and _is_stamp(data, end)


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

    Raises ``FileFormatError`` for a file that is missing or has no readable packet at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    reading = _Reading()
    reading.read(data)
    if not reading.counts:
        raise FileFormatError("No MAVLink packet can be read in it.", about=str(path), mend="Is it a .tlog?")
    return reading.finish(system_id)


class _Reading:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._parser = new_parser()
        self._histories: dict[int, History] = {}
        self._spoken: Counter[int] = Counter()
        self._skipped = self._bad = self._unknown = 0
        self._truncated = False
        self._first_us: int | None = None
        self._last_us = 0

    def read(self, data: bytes) -> None:
        """Go from packet to packet; a whole one is known by its checksum, a foreign one by what follows it."""
        place, size, whole = 0, len(data), 0
        while place + STAMP.size < size:
            end = _packet_end(data, place + STAMP.size, size)
            if end is None or not _is_stamp(data, place):
                place += 1
                self._skipped += 1
                continue
            packet = data[place + STAMP.size : end]
            taken = self._take(int(STAMP.unpack_from(data, place)[0]), packet)
            if not taken and not _goes_on(data, end, size):
                place += 1
                self._skipped += 1
                continue
            if not taken:
                self._count_unreadable(packet)
            place = whole = end
        self._skipped += size - place
        self._truncated = whole < size

    def _take(self, stamp_us: int, packet: bytes) -> bool:
        if message_id(packet) not in mavlink.mavlink_map:
            return False
        try:
            message: Message = self._parser.decode(bytearray(packet))
        except mavlink.MAVError:
            return False
        self.counts[message.get_type()] += 1
        self._first_us = stamp_us if self._first_us is None else self._first_us
        self._last_us = stamp_us
        system = message.get_srcSystem()
        if is_vehicle_heartbeat(message):
            self._spoken[system] += 1
        if message.get_srcComponent() != GCS_COMPONENT and system != GCS_SYSTEM:
            self._histories.setdefault(system, History()).take(message, stamp_us / 1e6)
        return True

    def _count_unreadable(self, packet: bytes) -> None:
        if message_id(packet) in mavlink.mavlink_map:
            self._bad += 1
        else:
            self._unknown += 1

    def finish(self, wanted: int | None) -> Log:
        system = wanted if wanted is not None else next((one for one, _ in self._spoken.most_common(1)), None)
        history = self._histories.get(system, History()) if system is not None else History()
        return Log(
            system_id=system,
            systems=tuple(sorted(self._spoken)),
            track=history.track(),
            events=history.events,
            pictures=history.pictures,
            counts=dict(self.counts),
            damage=Damage(self._skipped, self._bad, self._unknown, self._truncated),
            started=_utc(self._first_us),
            ended=_utc(self._last_us if self.counts else None),
            electricity=history.electricity(),
            parameters=dict(history.parameters),
        )


def message_id(packet: bytes) -> int:
    """The number of a packet's message, of either version."""
    return packet[5] if packet[0] == MAGIC_1 else int.from_bytes(packet[7:10], "little")


def _utc(stamp_us: int | None) -> datetime | None:
    return None if stamp_us is None else datetime.fromtimestamp(stamp_us / 1e6, UTC)
