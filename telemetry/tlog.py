"""Telemetry logs as other ground stations write them: eight bytes of time, then the packet, again and again."""

from __future__ import annotations

import os
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from planner.errors import FileFormatError
from planner.track import Track
from telemetry.clock import utc_s
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, is_vehicle_heartbeat, mavlink, new_parser
from telemetry.events import FlightEvent, Picture
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
    the flight: ``trouble`` then says why.
    """

    def __init__(self, path: Path) -> None:
        """Continue or begin the log at ``path``. Raises ``FileFormatError`` where it cannot be written."""
        self.path = path
        self.packets = 0
        self.trouble: str | None = None
        self._lock = threading.Lock()
        self._last_stamp_us = 0
        self._closed = threading.Event()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise FileFormatError(f"The log cannot be written: {error.strerror}.", about=str(path)) from error
        self._syncer = threading.Thread(target=self._keep_synced, name=f"log {path.name}", daemon=True)
        self._syncer.start()

    def write(self, packet: bytes) -> None:
        """Add one packet, stamped now; stamps never step back."""
        with self._lock:
            if self._file is None or self.trouble is not None:
                return
            self._last_stamp_us = max(self._last_stamp_us, int(utc_s() * 1e6))
            try:
                os.write(self._file, STAMP.pack(self._last_stamp_us) + packet)
            except OSError as error:
                self.trouble = error.strerror
                return
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
                return

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


def packets(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Stamp (µs), start and end of each packet in a log's bytes; passes over damage to the next that looks whole."""
    place, size = 0, len(data)
    while place + 8 < size:
        end = _packet_end(data, place + 8, size)
        stamp = STAMP.unpack_from(data, place)[0]
        if end is None or not EARLIEST_US <= stamp <= LATEST_US or not _goes_on(data, end, size):
            place += 1
            continue
        yield stamp, place + 8, end
        place = end


def _packet_end(data: bytes, start: int, size: int) -> int | None:
    if start + 3 > size:
        return None
    if data[start] == MAGIC_1:
        return start + 8 + data[start + 1] if start + 8 + data[start + 1] <= size else None
    if data[start] == MAGIC_2:
        end = start + 12 + data[start + 1] + (13 if data[start + 2] & 1 else 0)
        return end if end <= size else None
    return None


def _goes_on(data: bytes, end: int, size: int) -> bool:
    """Whether another packet, the end, or a piece too short to tell follows."""
    return end + 8 >= size or data[end + 8] in (MAGIC_1, MAGIC_2)


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


def read_tlog(path: Path, *, system_id: int | None = None) -> Log:
    """Read a log as far as it goes; without ``system_id`` the vehicle that speaks most in it.

    Raises ``FileFormatError`` for a file that is missing or has no readable packet at all.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    reading = _Reading()
    for stamp, start, end in packets(data):
        reading.take(stamp, data[start:end])
        reading.skip_to(start - STAMP.size, end)
    if not reading.counts:
        raise FileFormatError("No MAVLink packet can be read in it.", about=str(path), mend="Is it a .tlog?")
    return reading.finish(len(data), system_id)


class _Reading:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._parser = new_parser()
        self._histories: dict[int, History] = {}
        self._spoken: Counter[int] = Counter()
        self._skipped = self._bad = self._unknown = 0
        self._place = 0
        self._first_us: int | None = None
        self._last_us = 0

    def skip_to(self, start: int, end: int) -> None:
        """Count what lies between the last packet and this one as passed over."""
        self._skipped += start - self._place
        self._place = end

    def take(self, stamp_us: int, packet: bytes) -> None:
        if message_id(packet) not in mavlink.mavlink_map:
            self._unknown += 1
            return
        try:
            message: Message = self._parser.decode(bytearray(packet))
        except mavlink.MAVError:
            self._bad += 1
            return
        self.counts[message.get_type()] += 1
        self._first_us = stamp_us if self._first_us is None else self._first_us
        self._last_us = stamp_us
        system = message.get_srcSystem()
        if is_vehicle_heartbeat(message):
            self._spoken[system] += 1
        if message.get_srcComponent() != GCS_COMPONENT and system != GCS_SYSTEM:
            self._histories.setdefault(system, History()).take(message, stamp_us / 1e6)

    def finish(self, size: int, wanted: int | None) -> Log:
        system = wanted if wanted is not None else next((one for one, _ in self._spoken.most_common(1)), None)
        history = self._histories.get(system, History()) if system is not None else History()
        rest = size - self._place
        return Log(
            system_id=system,
            systems=tuple(sorted(self._spoken)),
            track=history.track(),
            events=history.events,
            pictures=history.pictures,
            counts=dict(self.counts),
            damage=Damage(self._skipped + rest, self._bad, self._unknown, truncated=rest > 0),
            started=_utc(self._first_us),
            ended=_utc(self._last_us if self.counts else None),
        )


def message_id(packet: bytes) -> int:
    """The number of a packet's message, of either version."""
    return packet[5] if packet[0] == MAGIC_1 else int.from_bytes(packet[7:10], "little")


def _utc(stamp_us: int | None) -> datetime | None:
    return None if stamp_us is None else datetime.fromtimestamp(stamp_us / 1e6, UTC)
