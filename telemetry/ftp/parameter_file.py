"""``@PARAM/param.pck``: all parameters as one file, as ArduPilot's ``AP_Filesystem_Param`` packs it.

Six bytes of header (magic, parameters in the file, parameters in all; 16 bit each, little-endian). Each parameter:
type and flags (four bits each), letters in common with the name before and number of new letters less one (four bits
each), the new letters, the value. Zeros before a parameter are padding, so that no value lies across two messages.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from planner.errors import FileFormatError

PATH = "@PARAM/param.pck"
HEADER = struct.Struct("<HHH")
MAGIC = 0x671B
MAGIC_WITH_DEFAULTS = 0x671C
NAME_LENGTH = 16
_VALUES: Mapping[int, tuple[int, struct.Struct]] = {
    1: (2, struct.Struct("<b")),
    2: (4, struct.Struct("<h")),
    3: (6, struct.Struct("<i")),
    4: (9, struct.Struct("<f")),
}
"""By AP_Param's type: MAV_PARAM_TYPE and how the value lies in the file."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One parameter: ``kind`` is its MAV_PARAM_TYPE."""

    name: str
    value: float
    kind: int


def unpack_parameters(data: bytes) -> list[Packed]:
    """All parameters of a file. Raises ``FileFormatError`` where it is none, or ends early."""
    if len(data) < HEADER.size:
        raise FileFormatError(f"It has {len(data)} bytes, less than its header.", about=PATH)
    magic, count, _ = HEADER.unpack_from(data)
    if magic not in (MAGIC, MAGIC_WITH_DEFAULTS):
        raise FileFormatError(f"It begins with {magic:#06x}, not {MAGIC:#06x}.", about=PATH)
    found: list[Packed] = []
    place, name = HEADER.size, b""
    try:
        while True:
            while place < len(data) and data[place] == 0:
                place += 1
            if place >= len(data):
                break
            kind, flags = data[place] & 0x0F, data[place] >> 4
            common, new = data[place + 1] & 0x0F, (data[place + 1] >> 4) + 1
            mavlink, value = _VALUES[kind]
            name = name[:common] + data[place + 2 : place + 2 + new]
            place += 2 + new
            found.append(Packed(name.decode("ascii"), float(value.unpack_from(data, place)[0]), mavlink))
            place += value.size * (2 if flags & 1 else 1)
    except (KeyError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise FileFormatError(f"Parameter {len(found)} cannot be read at byte {place}.", about=PATH) from error
    if len(found) != count:
        raise FileFormatError(f"It should have {count} parameters, and has {len(found)}.", about=PATH)
    return found
