"""``@MISSION/…``: a list of items as one file, as ArduPilot's ``AP_Filesystem_Mission`` reads and writes it.

Ten bytes of header (magic, MAV_MISSION_TYPE, options, first item, number of items; 16 bit each, little-endian), then
each item as MISSION_ITEM_INT lies on the wire with nothing cut off.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from missions.items import Frame, MissionItem
from planner.errors import FileFormatError

HEADER = struct.Struct("<HHHHH")
ITEM = struct.Struct("<4fiifHHBBBBBB")
MAGIC = 0x763D
KEEP_OTHERS = 1
"""Option: the items beside these stay (``NO_CLEAR``)."""

PATHS = ("@MISSION/mission.dat", "@MISSION/fence.dat", "@MISSION/rally.dat")
"""By MAV_MISSION_TYPE."""


def pack_items(
    items: Sequence[MissionItem], kind: int, *, first: int = 0, keep_others: bool = False, target: tuple[int, int]
) -> bytes:
    """The file that replaces a list, or, with ``keep_others``, its items from ``first`` on.

    ``kind`` is the MAV_MISSION_TYPE, ``target`` system and component.
    """
    head = HEADER.pack(MAGIC, kind, KEEP_OTHERS if keep_others else 0, first, len(items))
    return head + b"".join(
        ITEM.pack(
            *item.params,
            item.x,
            item.y,
            item.z,
            first + number,
            item.command,
            *target,
            item.frame,
            0,
            int(item.autocontinue),
            kind,
        )
        for number, item in enumerate(items)
    )


def uncommitted(data: bytes) -> bytes:
    """The same file with a header that a vehicle refuses: whatever happens to the link, no part of it comes into force.

    ``commit`` makes it valid.
    """
    return b"\0\0" + data[2:]


def commit(data: bytes) -> bytes:
    """What is written at the start of the file as the last step."""
    return data[: HEADER.size]


def size_of(start: bytes) -> int | None:
    """The size of the whole file by its first bytes; None where they are too few."""
    if len(start) < HEADER.size:
        return None
    return HEADER.size + int(HEADER.unpack_from(start)[4]) * ITEM.size


def unpack_header(data: bytes, path: str) -> tuple[int, int, int, int]:
    """Kind, options, first item and number of items. Raises ``FileFormatError``."""
    if len(data) < HEADER.size:
        raise FileFormatError(f"It has {len(data)} bytes, less than its header.", about=path)
    magic, kind, options, first, count = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise FileFormatError(f"It begins with {magic:#06x}, not {MAGIC:#06x}.", about=path)
    if len(data) != HEADER.size + count * ITEM.size:
        raise FileFormatError(
            f"It should have {count} items of {ITEM.size} bytes, and has {len(data) - HEADER.size} bytes.", about=path
        )
    return kind, options, first, count


def unpack_items(data: bytes, kind: int) -> list[MissionItem]:
    """The items of a file of that kind. Raises ``FileFormatError`` where it is none."""
    path = PATHS[kind]
    told, _, _, count = unpack_header(data, path)
    if told != kind:
        raise FileFormatError(f"It says that it is of kind {told}, not {kind}.", about=path)
    return [_item(data, HEADER.size + number * ITEM.size, kind) for number in range(count)]


def _item(data: bytes, start: int, kind: int) -> MissionItem:
    p1, p2, p3, p4, x, y, z, _, command, _, _, frame, _, autocontinue, _ = ITEM.unpack_from(data, start)
    if kind:
        # ArduPilot leaves what a fence or rally item has no use for as it finds it in its memory.
        return MissionItem(command, frame if kind == 2 else Frame.GLOBAL, (p1, 0.0, 0.0, 0.0), x, y, z)
    return MissionItem(command, frame, (p1, p2, p3, p4), x, y, z, bool(autocontinue))
