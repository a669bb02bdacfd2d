"""What the dialect says of each message: its number, its name, its bytes, as numpy sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telemetry.dialect import mavlink

_TYPES = {
    ord("b"): "i1",
    ord("B"): "u1",
    ord("h"): "<i2",
    ord("H"): "<u2",
    ord("i"): "<i4",
    ord("I"): "<u4",
    ord("q"): "<i8",
    ord("Q"): "<u8",
    ord("f"): "<f4",
    ord("d"): "<f8",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One message of the dialect. ``layout`` is a packed structured dtype in the order of the wire.

    ``fields`` are in the order of the definition; ``units`` of those that have one, in MAVLink's words (``degE7``).
    """

    number: int
    name: str
    extra: int
    """The checksum's last byte, which stands for the definition (CRC_EXTRA)."""
    layout: np.dtype[np.void]
    fields: tuple[str, ...]
    units: Mapping[str, str]


@cache
def definitions() -> Mapping[int, Definition]:
    """Every message that the dialect knows, by its number."""
    return {int(number): _definition(int(number), kind) for number, kind in mavlink.mavlink_map.items()}


@cache
def number_of(name: str) -> int | None:
    """A message's number; None where the dialect has none of that name."""
    return next((one.number for one in definitions().values() if one.name == name.upper()), None)


@cache
def extras() -> NDArray[np.int16]:
    """The checksum's last byte by message number, -1 where a number is unknown; longer numbers are unknown too."""
    known = definitions()
    table = np.full(max(known) + 2, -1, dtype=np.int16)
    for number, one in known.items():
        table[number] = one.extra
    return table


@cache
def sizes() -> NDArray[np.int16]:
    """Bytes of a whole payload by message number, 0 where a number is unknown."""
    table = np.zeros(len(extras()), dtype=np.int16)
    for number, one in definitions().items():
        table[number] = one.layout.itemsize
    return table


def _definition(number: int, kind: Any) -> Definition:
    formats = [_format(code, count) for code, count in zip(_codes(kind), kind.array_lengths, strict=True)]
    layout = np.dtype(list(zip(kind.ordered_fieldnames, formats, strict=True)))
    assert layout.itemsize == kind.unpacker.size, kind.msgname
    return Definition(
        number,
        str(kind.msgname),
        int(kind.crc_extra),
        layout,
        tuple(kind.fieldnames),
        {name: unit.strip("[]") for name, unit in kind.fieldunits_by_name.items()},
    )


def _codes(kind: Any) -> bytes:
    return bytes(kind.native_format)[1:]


def _format(code: int, count: int) -> str | tuple[str, tuple[int]]:
    if code == ord("c"):
        return f"S{max(count, 1)}"
    return (_TYPES[code], (count,)) if count else _TYPES[code]
