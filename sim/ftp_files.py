"""What can be read and written as a file: the mission, the fence, the rally points, and the parameters.

The form is that of ArduPilot's ``AP_Filesystem_Mission`` and ``AP_Filesystem_Param`` (4.6).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

from sim.mission import DO_JUMP
from sim.mission_protocol import FENCE, MISSION, Store, is_current
from sim.storage import MissionResult, Refused
from sim.wire import format_of, inbound

if TYPE_CHECKING:
    from sim.parameters import Parameters
    from sim.vehicle import Vehicle

_HEADER = struct.Struct("<HHHHH")
_MISSION_MAGIC = 0x763D
_KEEP_OTHERS = 1
_PARAMETER_HEADER = struct.Struct("<HHH")
_PARAMETER_MAGIC = 0x671B
_VALUES = {2: (1, "<b"), 4: (2, "<h"), 6: (3, "<i"), 9: (4, "<f")}
"""By MAV_PARAM_TYPE: AP_Param's own type, and how a value is packed."""
MISSION_SIZE = 1024 * 1024
"""What ArduPilot says of the size of each of these files."""


class File(Protocol):
    """An open file."""

    size: int
    """What is told when it is opened."""

    def read(self, offset: int, size: int) -> bytes | None:
        """Bytes from there on, none at the end; None where it cannot be read so."""

    def write(self, offset: int, data: bytes) -> bool:
        """Whether they were taken."""

    def close(self) -> bool:
        """Whether what was written came into force."""


class ListReader:
    """A list of items, as it is when the file is opened."""

    size = MISSION_SIZE

    def __init__(self, vehicle: Vehicle, store: Store) -> None:
        form, count = format_of("MISSION_ITEM_INT"), store.count()
        data = bytearray(_HEADER.pack(_MISSION_MAGIC, store.kind, 0, 0, count))
        for index in range(count):
            item = store.read(index)
            data += form.pack(
                1, 1, index, item.frame, item.command, int(is_current(vehicle, store.kind, index)), 1,
                item.p1, item.p2, item.p3, item.p4, item.x, item.y, item.z, store.kind,
            )  # fmt: skip
        self.data = bytes(data)

    def read(self, offset: int, size: int) -> bytes | None:
        """Bytes from there on."""
        return self.data[offset : offset + size]

    def write(self, offset: int, data: bytes) -> bool:
        """No: it was opened to read."""
        return False

    def close(self) -> bool:
        """Nothing to do."""
        return True


class ListWriter:
    """A list of items that comes into force, or does not, when the file is closed."""

    size = 0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._data = bytearray()

    def read(self, offset: int, size: int) -> bytes | None:
        """No: it was opened to write."""
        return None

    def write(self, offset: int, data: bytes) -> bool:
        """Keep it until the file is closed."""
        if offset == 0 and len(data) >= _HEADER.size:
            count = _HEADER.unpack_from(data)[4]
            if count < 0xFFFF:
                self._grow(_HEADER.size + count * format_of("MISSION_ITEM_INT").packer.size)
        self._grow(offset + len(data))
        self._data[offset : offset + len(data)] = data
        return True

    def _grow(self, size: int) -> None:
        self._data += bytes(max(0, size - len(self._data)))

    def close(self) -> bool:
        """Take the list, item by item; the first that is refused ends it, and those before it stay."""
        if len(self._data) < _HEADER.size:
            return False
        magic, _, options, first, count = _HEADER.unpack_from(self._data)
        form = format_of("MISSION_ITEM_INT")
        size = form.packer.size
        if magic != _MISSION_MAGIC or (len(self._data) - _HEADER.size) // size != count:
            return False
        parts = [bytes(self._data[at : at + size]) for at in range(_HEADER.size, _HEADER.size + count * size, size)]
        if not all(map(any, parts)):
            return False
        keeps = bool(options & _KEEP_OTHERS)
        if keeps and self._store.kind != MISSION:
            return False
        try:
            self._take(parts, first, keeps=keeps)
        except Refused:
            return False
        return True

    def _take(self, parts: list[bytes], first: int, *, keeps: bool) -> None:
        store, count = self._store, len(parts)
        if not keeps and store.kind == MISSION:
            store.clear()
        elif not keeps:
            if count > store.limit:
                raise Refused(MissionResult.NO_SPACE)
            store.begin(count if store.kind == FENCE else 0)
        for number, part in enumerate(parts):
            message = inbound(format_of("MISSION_ITEM_INT"), part, 0, 0)
            message.values["seq"] = first + number
            if message.integer("command") == DO_JUMP and not 0 < message.number("param1") < count:
                raise Refused(MissionResult.ERROR)
            store.write(message, message.integer("x"), message.integer("y"), first + count - 1)
        store.finish()


class ParameterReader:
    """All parameters; how they are packed depends on the size of the first read."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._read_size = 0
        self._data = b""
        self.size = len(parameters) * 12

    def read(self, offset: int, size: int) -> bytes | None:
        """Bytes from there on; every read must ask for as many."""
        if not self._read_size:
            self._read_size = size
            self._data = pack_parameters(self._parameters, size)
        return self._data[offset : offset + size] if size == self._read_size else None

    def write(self, offset: int, data: bytes) -> bool:
        """No: parameters are set by message."""
        return False

    def close(self) -> bool:
        """Nothing to do."""
        return True


def pack_parameters(parameters: Parameters, block: int) -> bytes:
    """``param.pck`` for a reader that asks for ``block`` bytes at a time: no value lies across two of them."""
    names = parameters.names()
    data = bytearray(_PARAMETER_HEADER.pack(_PARAMETER_MAGIC, len(names), len(names)))
    before = b""
    for text in names:
        name = text.encode("ascii")
        common = 0
        while common < min(len(before), len(name) - 1, 15) and before[common] == name[common]:
            common += 1
        own, form = _VALUES[parameters.describe(text)[0]]
        value = parameters[text]
        raw = struct.pack(form, value if own == 4 else int(value))
        entry = bytes((own, common | (len(name) - common - 1) << 4)) + name[common:] + raw
        over = (len(data) + len(entry)) % block
        data += bytes(len(raw) - over if 0 < over < len(raw) else 0) + entry
        before = name
    return bytes(data)
