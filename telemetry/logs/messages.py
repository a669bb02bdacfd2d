"""The packets of a log one after the other, as messages that are decoded only where a field is asked for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from telemetry.logs.columns import pieces
from telemetry.logs.definitions import definitions
from telemetry.logs.frames import MAGIC_2
from telemetry.logs.index import Index

_READ = 1 << 20
_LETTERS = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}


class LoggedMessage:
    """A message whose checksum is known to be right; its fields are attributes, as those of pymavlink's are."""

    __slots__ = ("_fields", "_number", "_packet", "_where")

    def __init__(self, packet: bytes, number: int, where: tuple[int, int, int]) -> None:
        """``where`` is system, component and sequence number."""
        self._packet = packet
        self._number = number
        self._where = where
        self._fields: dict[str, Any] | None = None

    def get_type(self) -> str:
        """Its name."""
        return definitions()[self._number].name

    def get_msgId(self) -> int:  # noqa: N802 (pymavlink's own names)
        """Its number."""
        return self._number

    def get_srcSystem(self) -> int:  # noqa: N802
        """Whose it is."""
        return self._where[0]

    def get_srcComponent(self) -> int:  # noqa: N802
        """Which part of the vehicle sent it."""
        return self._where[1]

    def get_seq(self) -> int:
        """Its sender's count, 0 to 255."""
        return self._where[2]

    def get_msgbuf(self) -> bytearray:
        """The packet."""
        return bytearray(self._packet)

    def __getattr__(self, name: str) -> Any:
        if self._fields is None:
            self._fields = _decoded(self._packet, self._number)
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(f"{self.get_type()} has no field {name!r}") from None


@cache
def _pieces_of(number: int) -> tuple[struct.Struct, tuple[tuple[str, int, int], ...]]:
    """How a payload is unpacked: names with the place of their value among all, and how many an array has."""
    layout, form, made, place = definitions()[number].layout, "<", [], 0
    for name in layout.names or ():
        kind = layout[name]
        count = kind.shape[0] if kind.shape else 0
        form += f"{kind.itemsize}s" if kind.kind == "S" else f"{count or ''}{_LETTERS[kind.base.str.lstrip('<|')]}"
        made.append((name, place, count))
        place += max(count, 1)
    return struct.Struct(form), tuple(made)


def _decoded(packet: bytes, number: int) -> dict[str, Any]:
    """Fields as pymavlink has them: texts up to their first zero, arrays as lists."""
    unpacker, made = _pieces_of(number)
    begin = 10 if packet[0] == MAGIC_2 else 6
    values = unpacker.unpack(packet[begin : begin + packet[1]].ljust(unpacker.size, b"\0")[: unpacker.size])
    fields: dict[str, Any] = {}
    for name, place, count in made:
        value = list(values[place : place + count]) if count else values[place]
        fields[name] = value.split(b"\0", 1)[0].decode("ascii", "replace") if isinstance(value, bytes) else value
    return fields


def messages(path: Path, index: Index) -> Iterator[LoggedMessage]:
    """The messages of a log that are in an index, in its order. Raises ``OSError``."""
    with path.open("rb") as file:
        for begin, end in pieces(index, _READ):
            base = int(index.start[begin])
            file.seek(base)
            data = file.read(int(index.start[end - 1]) + int(index.size[end - 1]) - base)
            columns = (index.start, index.size, index.number, index.system, index.component, index.sequence)
            rows = zip(*(column[begin:end].tolist() for column in columns), strict=True)
            for start, size, number, system, component, sequence in rows:
                packet = data[start - base : start - base + size]
                yield LoggedMessage(packet, number, (system, component, sequence))
