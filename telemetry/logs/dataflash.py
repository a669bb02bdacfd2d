"""Dataflash logs (``.bin``), which ArduPilot writes on board, as columns of the same shape as a ``.tlog``'s.

The file describes its own messages (FMT); pymavlink knows what the letters of these descriptions mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError
from telemetry.logs.columns import Columns, Table
from telemetry.logs.damage import MOST_SPOTS, Damage, Flaw, Spot
from telemetry.logs.frames import file_size
from telemetry.logs.index import Index
from telemetry.logs.stamps import STRAY_US, is_plausible, strays

HEAD = b"\xa3\x95"
_FMT = 0x80
_FMT_SIZE = 89
_LONGEST_TAIL = 528
"""ArduPilot writes pages; so many bytes at a file's end may be what is left of one."""
_GPS_EPOCH_S = datetime(1980, 1, 6, tzinfo=UTC).timestamp()
_WEEK_US = 604_800_000_000
_LONGEST_US = 40_000_000_000_000
"""More than a year since boot is damage."""
_LEAP_S = 18
"""Between GPS time and UTC, since 2017."""
_TYPES = {
    "a": "(32,)<i2",
    "b": "i1",
    "B": "u1",
    "g": "<f2",
    "h": "<i2",
    "H": "<u2",
    "i": "<i4",
    "I": "<u4",
    "f": "<f4",
    "n": "S4",
    "N": "S16",
    "Z": "S64",
    "c": "<i2",
    "C": "<u2",
    "e": "<i4",
    "E": "<u4",
    "L": "<i4",
    "d": "<f8",
    "M": "u1",
    "q": "<i8",
    "Q": "<u8",
}


@dataclass(slots=True)
class _Kind:
    """One message as the file describes it, and where each of them is."""

    name: str
    size: int
    layout: np.dtype[np.void]
    factors: dict[str, float]
    places: array[int] = field(default_factory=lambda: array("q"))


def is_dataflash(path: Path) -> bool:
    """Whether a file begins as a dataflash log does. Raises ``FileFormatError`` where it cannot be read."""
    file_size(path)
    with path.open("rb") as file:
        return file.read(2) == HEAD


def read_dataflash_columns(path: Path, *, only: Collection[str] | None = None) -> Columns:
    """Open a ``.bin``, damaged or not, as columns: all messages, or only those named.

    Columns are as they are written; ``Table.scaled`` applies the format's own factors. Times come from the vehicle's
    microseconds since boot and the first position fix that knows the week; without one they count from boot. Raises
    ``FileFormatError`` for a file that cannot be read, is empty or describes no message.
    """
    size = file_size(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(path)) from error
    kinds, damage = _walk(data, size)
    found = {number: one for number, one in kinds.items() if len(one.places)}
    if not found:
        raise FileFormatError("No message can be read in it.", about=str(path), mend="Is it a dataflash .bin?")
    rows = {number: _rows(data, one) for number, one in found.items()}
    index, orders, bad = _indexed(found, rows, _start_us(found, rows))
    units = _units(found, rows)
    tables = {
        one.name: Table(
            one.name,
            tuple(one.layout.names or ()),
            units.get(number, {}),
            rows[number],
            orders[number],
            index,
            one.factors,
        )
        for number, one in found.items()
        if only is None or one.name in only
    }
    return Columns(
        path, tables, {one.name: len(one.places) for one in found.values()}, replace(damage, stamps_bad=bad), index
    )


def _walk(data: bytes, size: int) -> tuple[dict[int, _Kind], Damage]:
    """From message to message, each as long as its description says; after damage on to the next that one follows."""
    described = _kind("FMT", _FMT_SIZE, "BBnNZ", "Type,Length,Name,Format,Columns")
    assert described is not None, "it describes itself"
    kinds = {_FMT: described}
    sizes = [0] * 256
    adds: list[Any] = [None] * 256
    _know(kinds, _FMT, sizes, adds)
    at = skipped = unknown = 0
    spots: list[Spot] = []
    kinds_unknown: dict[int, int] = {}
    while at + 3 <= size:
        number = data[at + 2]
        length = sizes[number]
        if data[at] == 0xA3 and data[at + 1] == 0x95 and length and _is_whole(data, at, at + length, sizes):
            adds[number](at)
            if number == _FMT:
                _learn(kinds, data[at + 3 : at + length], sizes, adds)
            at += length
            continue
        after = _next(data, at, sizes)
        whole_tail = after == size and size - at < _LONGEST_TAIL and not data[at:].strip(b"\x00\xff")
        is_message = data[at : at + 2] == HEAD and not length
        if not whole_tail:
            cut = after == size and data[at : at + 2] == HEAD
            flaw = Flaw.CUT if cut else Flaw.UNKNOWN if is_message else Flaw.GARBAGE
            unknown += flaw is Flaw.UNKNOWN
            if flaw is Flaw.UNKNOWN:
                kinds_unknown[number] = kinds_unknown.get(number, 0) + 1
            else:
                skipped += after - at
            if len(spots) < MOST_SPOTS:
                spots.append(Spot(at, after - at, flaw, number if is_message else None))
        at = after
    truncated = bool(spots) and spots[-1].flaw is Flaw.CUT
    return kinds, Damage(skipped, 0, unknown, truncated, unknown=kinds_unknown, spots=tuple(spots))


def _is_whole(data: bytes, at: int, end: int, sizes: list[int]) -> bool:
    """Whether a message goes as far as it should: nothing checks its content, but another may begin within it."""
    if end >= len(data) or (data[end] == 0xA3 and data[end + 1 : end + 2] == b"\x95"):
        return end <= len(data)
    return _next(data, at, sizes) >= end


def _next(data: bytes, at: int, sizes: list[int]) -> int:
    """The next place with a known message that another one, or the end, follows; the end where there is none."""
    while (at := data.find(HEAD, at + 1)) >= 0 and at + 3 <= len(data):
        length = sizes[data[at + 2]]
        if length and (at + length == len(data) or data[at + length : at + length + 2] == HEAD):
            return at
    return len(data)


def _kind(name: str, size: int, letters: str, columns: str) -> _Kind | None:
    """A description as numpy sees it; None where it does not fit itself, or pymavlink knows no such letter."""
    from pymavlink.DFReader import FORMAT_TO_STRUCT  # noqa: PLC0415

    names = [one for one in columns.split(",") if one]
    if len(names) != len(letters) or len(set(names)) != len(names) or not set(letters) <= set(_TYPES):
        return None
    layout = np.dtype([(one, _TYPES[letter]) for one, letter in zip(names, letters, strict=True)])
    factors = {
        one: float(FORMAT_TO_STRUCT[letter][1])
        for one, letter in zip(names, letters, strict=True)
        if FORMAT_TO_STRUCT[letter][1] is not None
    }
    return _Kind(name, size, layout, factors) if layout.itemsize + 3 == size else None


def _learn(kinds: dict[int, _Kind], body: bytes, sizes: list[int], adds: list[Any]) -> None:
    """Take up a description; one that a message already has stays, as each log says it several times."""
    number, size = body[0], body[1]
    if number in kinds:
        return
    pieces = (body[2:6], body[6:22], body[22:86])
    name, letters, columns = (piece.split(b"\0", 1)[0].decode("ascii", "replace") for piece in pieces)
    one = _kind(name, size, letters, columns)
    if one is not None and one.name:
        kinds[number] = one
        _know(kinds, number, sizes, adds)


def _know(kinds: dict[int, _Kind], number: int, sizes: list[int], adds: list[Any]) -> None:
    sizes[number] = kinds[number].size
    adds[number] = kinds[number].places.append


def _rows(data: bytes, one: _Kind) -> NDArray[np.void]:
    width = one.layout.itemsize
    if width == 0 or not len(one.places):
        return np.empty(len(one.places), dtype=one.layout)
    windows: NDArray[np.void] = np.ndarray((len(data) - width + 1,), dtype=f"V{width}", buffer=data, strides=(1,))
    return windows[np.frombuffer(one.places, dtype=np.int64) + 3].view(one.layout)


def _indexed(
    found: dict[int, _Kind], rows: dict[int, NDArray[np.void]], start_us: int
) -> tuple[Index, dict[int, NDArray[np.uint32]], int]:
    """All messages in the order of the file, where each kind's are in it, and how many times could not be right.

    A message without a time of its own, or with a wrong one, has that of the one before it.
    """
    places = np.concatenate([np.frombuffer(one.places, dtype=np.int64) for one in found.values()])
    told = np.concatenate([_boot_us(rows[number]) for number in found])
    numbers = np.concatenate([np.full(len(one.places), number, dtype=np.uint32) for number, one in found.items()])
    sizes = np.concatenate([np.full(len(one.places), one.size, dtype=np.uint16) for one in found.values()])
    order = np.argsort(places)
    told, numbers = told[order], numbers[order]
    wrong = told > _LONGEST_US
    told[wrong] = -1
    own = np.flatnonzero(told >= 0)
    stray = own[strays(told[own])]
    told[stray] = -1
    last = np.maximum.accumulate(np.where(told >= 0, np.arange(len(told)), -1))
    known = np.flatnonzero(told >= 0)
    last[last < 0] = known[0] if len(known) else 0
    stamps = (np.maximum(told[last], 0) + start_us).astype(np.uint64)
    nobody = np.zeros(len(places), dtype=np.uint8)
    index = Index(places[order], sizes[order], numbers, nobody, nobody, nobody, stamps)
    orders = {number: np.flatnonzero(numbers == number).astype(np.uint32) for number in found}
    return index, orders, int(np.count_nonzero(wrong)) + len(stray)


def _boot_us(rows: NDArray[np.void]) -> NDArray[np.int64]:
    """A message's own time, -1 where it has none."""
    names = rows.dtype.names or ()
    if "TimeUS" in names:
        return np.asarray(np.minimum(rows["TimeUS"], np.uint64(_LONGEST_US + 1)).astype(np.int64))
    if "TimeMS" in names:
        return rows["TimeMS"].astype(np.int64) * 1000
    return np.full(len(rows), -1, dtype=np.int64)


def _start_us(found: dict[int, _Kind], rows: dict[int, NDArray[np.void]]) -> int:
    """When the vehicle was switched on, microseconds since 1970 (UTC); 0 where no fix says so."""
    for number, one in found.items():
        names = set(one.layout.names or ())
        if one.name == "GPS" and {"TimeUS", "GMS", "GWk"} <= names:
            fixes = rows[number][(rows[number]["GWk"] > 0) & (rows[number]["TimeUS"] <= _LONGEST_US)]
            weeks, ms = fixes["GWk"].astype(np.int64), fixes["GMS"].astype(np.int64)
            utc_us = round((_GPS_EPOCH_S - _LEAP_S) * 1e6) + weeks * _WEEK_US + ms * 1000
            starts = (utc_us - fixes["TimeUS"].astype(np.int64))[is_plausible(utc_us.astype(np.uint64))]
            if len(starts):
                # The first, as others take it, unless it is damaged.
                usual = int(np.median(starts))
                return max(0, int(starts[0]) if abs(int(starts[0]) - usual) <= STRAY_US else usual)
    return 0


def _units(found: dict[int, _Kind], rows: dict[int, NDArray[np.void]]) -> dict[int, dict[str, str]]:
    """Units by message number and field, from FMTU and UNIT."""
    by_name = {one.name: rows[number] for number, one in found.items()}
    if not {"FMTU", "UNIT"} <= set(by_name):
        return {}
    labels = {
        int(number) & 0xFF: label.decode("utf-8", "replace")
        for number, label in zip(by_name["UNIT"]["Id"].tolist(), by_name["UNIT"]["Label"].tolist(), strict=True)
    }
    told: dict[int, dict[str, str]] = {}
    for number, letters in zip(by_name["FMTU"]["FmtType"].tolist(), by_name["FMTU"]["UnitIds"].tolist(), strict=True):
        if number in found:
            names = found[number].layout.names or ()
            units = {name: labels.get(letter, "") for name, letter in zip(names, letters, strict=False)}
            told[number] = {name: unit for name, unit in units.items() if unit}
    return told
