"""What could not be read of a log, how much of it, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from telemetry.logs.definitions import definitions
from telemetry.logs.frames import MAGIC_1, MAGIC_2, SIGNATURE, STAMP
from telemetry.logs.stamps import EARLIEST_US, LATEST_US

MOST_SPOTS = 1000
"""So many places are kept; the counts count all."""


class Flaw(Enum):
    """What is wrong at a place of a log."""

    GARBAGE = "garbage"
    """Bytes that are no packet."""
    CHECKSUM = "checksum"
    """A packet whose checksum is wrong: damaged, or of a dialect that gives its number another meaning."""
    UNKNOWN = "unknown"
    """A packet whose message this dialect does not know."""
    CUT = "cut"
    """The file ends within a packet."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the file, in bytes from its beginning; ``number`` is the message's where there is one."""

    at: int
    length: int
    flaw: Flaw
    number: int | None = None


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
    stamps_bad: int = 0
    """Times that could not be right, or were not there; that of the packet before is taken."""
    steps_back: int = 0
    """How often the recorder's time steps back by more than a second."""
    unknown: Mapping[int, int] = field(default_factory=dict)
    """How many packets of each number that this dialect does not know."""
    spots: tuple[Spot, ...] = ()
    """Where it is, in order; the first thousand places."""

    @property
    def is_none(self) -> bool:
        """Whether everything could be read."""
        return not (
            self.bytes_skipped
            or self.packets_bad
            or self.packets_unknown
            or self.truncated
            or self.stamps_bad
            or self.steps_back
        )

    def __str__(self) -> str:
        told = [
            (self.bytes_skipped, "bytes that are no packet"),
            (self.packets_bad, "packets with a wrong checksum"),
            (self.packets_unknown, "packets of an unknown kind"),
            (self.stamps_bad, "times that cannot be right"),
            (self.steps_back, "steps back in time"),
        ]
        words = [f"{count} {what}" for count, what in told if count]
        words += ["it ends within a packet"] if self.truncated else []
        return ", ".join(words) or "none"


Gap = tuple[int, int]
"""A piece of the file between packets that could be read: where it begins and where it ends."""


def judge(path: Path, size: int, gaps: list[Gap], *, stamps_bad: int, steps_back: int) -> Damage:
    """Tell garbage from packets that cannot be read, in what is left of a file of that size."""
    counts: Counter[Flaw] = Counter()
    unknown: Counter[int] = Counter()
    spots: list[Spot] = []
    truncated = False
    with path.open("rb") as file:
        for begin, end in gaps:
            file.seek(begin)
            for spot in _spots(file.read(end - begin), begin, is_last=end == size):
                counts[spot.flaw] += spot.length if spot.flaw is Flaw.GARBAGE else 1
                truncated = truncated or spot.flaw is Flaw.CUT
                if spot.flaw is Flaw.CUT:
                    counts[Flaw.GARBAGE] += spot.length
                if spot.flaw is Flaw.UNKNOWN and spot.number is not None:
                    unknown[spot.number] += 1
                if len(spots) < MOST_SPOTS:
                    spots.append(spot)
    return Damage(
        bytes_skipped=counts[Flaw.GARBAGE],
        packets_bad=counts[Flaw.CHECKSUM],
        packets_unknown=counts[Flaw.UNKNOWN],
        truncated=truncated,
        stamps_bad=stamps_bad,
        steps_back=steps_back,
        unknown=dict(sorted(unknown.items())),
        spots=tuple(spots),
    )


def _spots(data: bytes, begin: int, *, is_last: bool) -> Iterator[Spot]:
    """A gap taken apart: packets that something plausible follows, and the rest."""
    place = left = 0
    size = len(data)
    while place < size:
        end = _packet_end(data, place)
        if end is not None and end <= size and _goes_on(data, end, is_last=is_last):
            if left < place:
                yield Spot(begin + left, place - left, Flaw.GARBAGE)
            number = packet_number(data[place + STAMP : end])
            flaw = Flaw.CHECKSUM if number in definitions() else Flaw.UNKNOWN
            yield Spot(begin + place, end - place, flaw, number)
            place = left = end
        else:
            place = _next_magic(data, place)
    if left < size:
        yield Spot(begin + left, size - left, Flaw.CUT if is_last else Flaw.GARBAGE)


def _next_magic(data: bytes, place: int) -> int:
    """The next place whose packet would begin with a packet's first byte; the end where there is none."""
    found = [at for magic in (MAGIC_1, MAGIC_2) if (at := data.find(magic, place + STAMP + 1)) >= 0]
    return min(found) - STAMP if found else len(data)


def _packet_end(data: bytes, place: int) -> int | None:
    """Where a stamped packet would end; None where there is no plausible stamp, or no packet's beginning."""
    start = place + STAMP
    if start + 12 > len(data) or not _has_stamp(data, place):
        return None
    if data[start] == MAGIC_1:
        return start + 8 + data[start + 1]
    if data[start] == MAGIC_2:
        return start + 12 + data[start + 1] + (SIGNATURE if data[start + 2] & 1 else 0)
    return None


def _has_stamp(data: bytes, place: int) -> bool:
    stamp = int.from_bytes(data[place : place + STAMP], "big")
    return stamp == 0 or EARLIEST_US <= stamp <= LATEST_US


def _goes_on(data: bytes, end: int, *, is_last: bool) -> bool:
    """Whether a packet, or a piece too short to tell, follows; what follows the gap itself is a packet."""
    if end == len(data):
        return True
    if end + STAMP >= len(data):
        return is_last
    return data[end + STAMP] in (MAGIC_1, MAGIC_2) and _has_stamp(data, end)


def packet_number(packet: bytes) -> int:
    """The number of a packet's message, of either version."""
    return packet[5] if packet[0] == MAGIC_1 else int.from_bytes(packet[7:10], "little")
