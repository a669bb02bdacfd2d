"""Where the packets of a log are: found by what they begin with, known by their checksums, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError
from telemetry.logs.checksum import checksums
from telemetry.logs.definitions import extras, sizes
from telemetry.logs.stamps import is_plausible

MAGIC_1, MAGIC_2 = 0xFE, 0xFD
STAMP = 8
"""Bytes of time before a packet: microseconds since 1970 (UTC), big-endian."""
SIGNATURE = 13
LONGEST = 10 + 255 + 2 + SIGNATURE
BLOCK = 4 << 20
"""Bytes looked at at once: few enough that what is made of them stays small."""
_PAD = 2 * LONGEST
_SIGNED = 0x01

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Packets in the order of the file, columns of one length n. ``start`` is a place in it, in bytes.

    ``stamp_us`` is what stands in the eight bytes before a packet, 0 where these belong to the packet before it
    (``stamped`` is then False).
    """

    start: Places
    size: NDArray[np.uint16]
    """Of the whole packet."""
    number: NDArray[np.uint32]
    system: NDArray[np.uint8]
    component: NDArray[np.uint8]
    sequence: NDArray[np.uint8]
    stamp_us: NDArray[np.uint64]
    stamped: Mask

    def __len__(self) -> int:
        return len(self.start)

    @property
    def end(self) -> Places:
        """Where each ends in the file."""
        return np.asarray(self.start + self.size)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A piece of the file with the packets that begin in it: ``data`` is what stands from place ``base`` on, padded."""

    data: Bytes
    base: int
    frames: Frames


def file_size(path: Path) -> int:
    """A log's size in bytes. Raises ``FileFormatError`` where it cannot be read or is empty."""
    try:
        if path.is_dir():
            raise FileFormatError("This is a folder, not a log.", about=str(path))
        size = path.stat().st_size
        with path.open("rb") as file:
            begins = file.read(1)
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    if size == 0 or not begins:
        raise FileFormatError("The log is empty.", about=str(path), mend="Nothing was ever written to it.")
    return size


def blocks(path: Path, *, block: int = BLOCK) -> Iterator[Block]:
    """A log piece by piece, as far as it goes. A packet is one whose checksum is right for a message that we know.

    Raises ``FileFormatError`` where the file cannot be read.
    """
    size = file_size(path)
    try:
        with path.open("rb") as file:
            yield from _pieces(file, size, max(block, 2 * LONGEST))
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error


def _pieces(file: BinaryIO, size: int, block: int) -> Iterator[Block]:
    """``floor`` is where the next packet may begin; what stands before it belongs to those found already."""
    floor = 0
    while floor < size:
        base = max(0, floor - STAMP)
        file.seek(base)
        read = file.read(block)
        data = np.zeros(len(read) + _PAD, dtype=np.uint8)
        data[: len(read)] = np.frombuffer(read, dtype=np.uint8)
        is_last = base + len(read) >= size or not read
        limit = len(read) if is_last else len(read) - LONGEST
        frames = find_frames(data, len(read), first=floor - base, limit=limit, base=base)
        yield Block(data, base, frames)
        if is_last:
            return
        floor = max(base + limit, int(frames.end[-1]) if len(frames) else 0)


def find_frames(data: Bytes, size: int, *, first: int, limit: int, base: int) -> Frames:
    """Packets that begin at ``first`` or later, before ``limit``, and end by ``size``, in ``data`` padded with zeros.

    ``data`` stands at the file's place ``base``.

    Of two that overlap the earlier one holds: the later stands in its payload.
    """
    starts = _candidates(data, size, first, limit)
    marked = data == MAGIC_1
    marked |= data == MAGIC_2
    ends = _ends(data, starts)
    # In a whole log each packet leads to the next one: look at these first, then at what they leave open.
    leads = marked[ends + STAMP]
    led = np.zeros(len(data) + STAMP, dtype=np.bool_)
    led[ends[leads] + STAMP] = True
    chained = leads | led[starts]
    good = np.zeros(len(starts), dtype=np.bool_)
    good[chained] = _whole(data, starts[chained], ends[chained])
    left = np.flatnonzero(~chained)
    bodies = ends - np.where(_signed(data, starts), SIGNATURE, 0)
    left = left[~_inside(starts[left], starts[good], bodies[good])]
    left = left[_likely(data, starts[left])]
    good[left] = _whole(data, starts[left], ends[left])
    starts, ends = starts[good], ends[good]
    chosen = _apart(data, starts, ends)
    return _described(data, starts[chosen], ends[chosen], first, base)


def _candidates(data: Bytes, size: int, first: int, limit: int) -> Places:
    window = data[first:limit]
    starts: Places = np.flatnonzero((window == MAGIC_1) | (window == MAGIC_2)).astype(np.int64) + first
    fits = _ends(data, starts) <= size
    # MAVLink 2 with a flag that changes the packet in a way nobody knows cannot be read.
    known = (data[starts] == MAGIC_1) | (data[starts + 2] & ~np.uint8(_SIGNED) == 0)
    return np.asarray(starts[fits & known])


def _ends(data: Bytes, starts: Places) -> Places:
    second = data[starts] == MAGIC_2
    signature = np.where(_signed(data, starts), SIGNATURE, 0)
    return np.asarray(starts + data[starts + 1] + np.where(second, 12, 8) + signature)


def _signed(data: Bytes, starts: Places) -> Mask:
    return np.asarray((data[starts] == MAGIC_2) & (data[starts + 2] & _SIGNED == _SIGNED))


def numbers(data: Bytes, starts: Places) -> NDArray[np.uint32]:
    """Message numbers of packets that begin at ``starts``."""
    second = data[starts] == MAGIC_2
    low = data[starts + np.where(second, 7, 5)].astype(np.uint32)
    high = data[starts + 8].astype(np.uint32) << 8 | data[starts + 9].astype(np.uint32) << 16
    return low | np.where(second, high, 0).astype(np.uint32)


def _whole(data: Bytes, starts: Places, ends: Places) -> Mask:
    """Whether the checksum is right, for a message that is known."""
    table = extras()
    extra = table[np.minimum(numbers(data, starts), len(table) - 1)]
    known = np.flatnonzero(extra >= 0)
    starts, ends = starts[known], ends[known]
    second = data[starts] == MAGIC_2
    close = starts + data[starts + 1] + np.where(second, 10, 6)
    told = data[close].astype(np.uint16) | data[close + 1].astype(np.uint16) << 8
    whole = np.zeros(len(extra), dtype=np.bool_)
    whole[known] = checksums(data, starts + 1, close - starts - 1, extra[known].astype(np.uint8)) == told
    return whole


def _likely(data: Bytes, starts: Places) -> Mask:
    """Whether what nothing leads to could be a packet: one in 65,536 pieces of garbage has a right checksum, too.

    It has a plausible time before it, or comes from a system and is no longer than its definition.
    """
    second = data[starts] == MAGIC_2
    table = sizes()
    fits = data[starts + 1] <= table[np.minimum(numbers(data, starts), len(table) - 1)]
    stamped = (starts >= STAMP) & is_plausible(_stamps(data, starts))
    return stamped | (fits & (data[starts + np.where(second, 5, 3)] > 0))


def _stamps(data: Bytes, starts: Places) -> NDArray[np.uint64]:
    stamp = np.zeros(len(starts), dtype=np.uint64)
    for byte in range(STAMP):
        stamp = stamp << np.uint64(8) | data[np.maximum(starts - STAMP + byte, 0)].astype(np.uint64)
    return stamp


def _inside(places: Places, starts: Places, ends: Places) -> Mask:
    """Whether each place lies within one of the pieces, which are sorted by where they start."""
    if not len(starts):
        return np.zeros(len(places), dtype=np.bool_)
    reach = np.maximum.accumulate(ends)
    before = np.searchsorted(starts, places, side="right") - 1
    return (before >= 0) & (places < reach[before])


def _apart(data: Bytes, starts: Places, ends: Places) -> Mask:
    """Those that do not begin within an earlier one that is kept.

    No checksum covers a signature: where another packet, or its time, begins within one, that one is cut and is left
    out.
    """
    keep = np.ones(len(starts), dtype=np.bool_)
    if len(starts) < 2:
        return keep
    signed, dated = _signed(data, starts), (starts >= STAMP) & is_plausible(_stamps(data, starts))
    begins = starts - np.where(dated, STAMP, 0)
    cut = signed[:-1] & (begins[1:] < ends[:-1]) & (begins[1:] >= ends[:-1] - SIGNATURE)
    keep[:-1][cut] = False
    reach = np.maximum.accumulate(np.where(keep, ends, 0))[:-1]
    if not (starts[1:] < reach).any():
        return keep
    last = -1
    for index in np.flatnonzero(keep).tolist():
        keep[index] = starts[index] >= last
        last = int(ends[index]) if keep[index] else last
    return keep


def _described(data: Bytes, starts: Places, ends: Places, first: int, base: int) -> Frames:
    second = data[starts] == MAGIC_2
    behind = np.concatenate([[first], ends[:-1]]) if len(starts) else starts
    stamped = starts - STAMP >= behind
    return Frames(
        start=starts + base,
        size=(ends - starts).astype(np.uint16),
        number=numbers(data, starts),
        system=data[starts + np.where(second, 5, 3)],
        component=data[starts + np.where(second, 6, 4)],
        sequence=data[starts + np.where(second, 4, 2)],
        stamp_us=np.where(stamped, _stamps(data, starts), np.uint64(0)),
        stamped=stamped,
    )
