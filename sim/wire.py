"""MAVLink frames: payloads from values, bytes from payloads, messages from bytes.

The formats are those of pymavlink's ardupilotmega dialect; only its per-message objects are not used, because packing a
struct directly is an order of magnitude cheaper, and a fleet sends tens of thousands of messages a second.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import fastcrc
from pymavlink.dialects.v20 import ardupilotmega as dialect

Value = int | float | bytes
_HEADER_V2 = struct.Struct("<BBBBBBBHB")
_crc: Callable[..., int] = fastcrc.crc16.mcrf4xx


@dataclass(frozen=True, slots=True)
class Format:
    """One message as it lies on the wire; values are given in the order of its definition, arrays spread out."""

    name: str
    message_id: int
    crc_extra: int
    packer: struct.Struct
    fields: tuple[tuple[str, int, int], ...]
    """Name, first position in the unpacked struct, number of elements (0: a scalar or a string)."""
    to_wire: Callable[[Sequence[Value]], tuple[Value, ...]]

    def pack(self, *values: Value) -> bytes:
        """The payload, not yet cut of its trailing zeros."""
        return self.packer.pack(*self.to_wire(values))


def _format(message: Any) -> Format:
    spread = [
        count if kind != "char" else 0 for count, kind in zip(message.array_lengths, _kinds(message), strict=True)
    ]
    starts, position = [], 0
    for count in spread:
        starts.append(position)
        position += count or 1
    by_definition = [list(message.ordered_fieldnames).index(name) for name in message.fieldnames]
    fields = tuple(
        (name, starts[wire], spread[wire]) for name, wire in zip(message.fieldnames, by_definition, strict=True)
    )
    wire_of: list[int] = []
    for _, start, count in fields:
        wire_of.extend(range(start, start + (count or 1)))
    given_at = [0] * len(wire_of)
    for given, wire in enumerate(wire_of):
        given_at[wire] = given
    if len(given_at) == 1:
        return Format(message.msgname, message.id, message.crc_extra, message.unpacker, fields, tuple)
    return Format(message.msgname, message.id, message.crc_extra, message.unpacker, fields, itemgetter(*given_at))


def _kinds(message: Any) -> list[str]:
    kind_of = dict(zip(message.fieldnames, message.fieldtypes, strict=True))
    return [kind_of[name] for name in message.ordered_fieldnames]


@cache
def _by_name() -> dict[str, Any]:
    return {message.msgname: message for message in dialect.mavlink_map.values()}


@cache
def format_of(name: str) -> Format:
    """The format of a message by its MAVLink name."""
    return _format(_by_name()[name])


@cache
def format_by_id(message_id: int) -> Format | None:
    """The format of a message by its number, or None where the dialect does not know it."""
    message = dialect.mavlink_map.get(message_id)
    return None if message is None else _format(message)


Sign = Callable[[bytes], bytes]
"""What is put after a frame that says it is signed."""


def frame(
    form: Format, payload: bytes, sequence: int, system: int, component: int, *, sign: Sign | None = None
) -> bytes:
    """A MAVLink 2 frame: trailing zeros cut, checksum with the message's own seed, signed where there is a key."""
    body = payload.rstrip(b"\0") or payload[:1]
    number, flags = form.message_id, 0 if sign is None else 1
    head = _HEADER_V2.pack(0xFD, len(body), flags, 0, sequence, system, component, number & 0xFFFF, number >> 16)
    checked = head[1:] + body
    crc = _crc(bytes((form.crc_extra,)), _crc(checked))
    whole = head + body + crc.to_bytes(2, "little")
    return whole if sign is None else whole + sign(whole)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that arrived, with its sender."""

    name: str
    system: int
    component: int
    values: dict[str, Value | tuple[Value, ...]]
    raw: bytes = b""
    """The whole frame, by which a signature is judged."""

    def integer(self, field: str) -> int:
        """A whole-number field."""
        value = self.values[field]
        if not isinstance(value, int):
            raise TypeError(f"{self.name}.{field} is no integer")
        return value

    def number(self, field: str) -> float:
        """A floating-point or whole-number field."""
        value = self.values[field]
        if not isinstance(value, int | float):
            raise TypeError(f"{self.name}.{field} is no number")
        return float(value)

    def text(self, field: str) -> str:
        """A string field up to its first zero."""
        value = self.values[field]
        if not isinstance(value, bytes):
            raise TypeError(f"{self.name}.{field} is no text")
        return value.split(b"\0", 1)[0].decode("ascii", "replace")

    @property
    def target_system(self) -> int:
        """Whom the message is for; 0 is everybody."""
        return self.integer("target_system") if "target_system" in self.values else 0


class Parser:
    """Cuts a byte stream into messages; noise between them is skipped and counted."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.skipped_bytes = 0

    def feed(self, data: bytes) -> Iterator[Inbound]:
        """Add what arrived; yields the whole, valid messages in it, MAVLink 1 or 2."""
        buffer = self._buffer
        buffer += data
        while True:
            start = _first_marker(buffer)
            self.skipped_bytes += start
            del buffer[:start]
            if len(buffer) < 8:
                return
            length = _frame_length(buffer)
            if len(buffer) < length:
                return
            message = _decode(bytes(buffer[:length]))
            if message is None:
                self.skipped_bytes += 1
                del buffer[:1]
                continue
            del buffer[:length]
            if message is not _UNKNOWN:
                yield message


_UNKNOWN = Inbound("", 0, 0, {})


def _first_marker(buffer: bytearray) -> int:
    found = [place for place in (buffer.find(0xFD), buffer.find(0xFE)) if place >= 0]
    return min(found) if found else len(buffer)


def _frame_length(buffer: bytearray) -> int:
    if buffer[0] == 0xFE:
        return buffer[1] + 8
    return buffer[1] + 12 + (13 if buffer[2] & 1 else 0)


def _decode(data: bytes) -> Inbound | None:
    """One frame as a message; ``_UNKNOWN`` where the dialect has no such number, None where the checksum is wrong."""
    if data[0] == 0xFE:
        start, system, component, message_id = 6, data[3], data[4], data[5]
    else:
        start, system, component = 10, data[5], data[6]
        message_id = int.from_bytes(data[7:10], "little")
        if data[2] & ~1:
            return None
    end = start + data[1]
    form = format_by_id(message_id)
    if form is None:
        return _UNKNOWN if data[0] == 0xFD else None
    if _crc(bytes((form.crc_extra,)), _crc(data[1:end])) != int.from_bytes(data[end : end + 2], "little"):
        return None
    return inbound(form, data[start:end], system, component, data)


def inbound(form: Format, payload: bytes, system: int, component: int, raw: bytes = b"") -> Inbound:
    """A message from its payload, whose trailing zeros may be cut off."""
    size = form.packer.size
    unpacked = form.packer.unpack(payload[:size] + bytes(max(0, size - len(payload))))
    values: dict[str, Value | tuple[Value, ...]] = {
        name: unpacked[first : first + count] if count else unpacked[first] for name, first, count in form.fields
    }
    return Inbound(form.name, system, component, values, raw)
