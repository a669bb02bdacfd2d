"""QGC WPL 110: the list of items that Mission Planner, MAVProxy and QGroundControl exchange.

A line ``QGC WPL 110``, then one item a line, twelve columns with tabs between them: number, current, frame, command,
parameters 1 to 4, latitude, longitude, altitude, autocontinue. Item 0 is home. Fence and rally points are such lists
of their own, without a home.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from missions.atomic import write_atomically
from missions.commands import has_degrees, may_be_nan
from missions.items import Command, MissionItem
from missions.reading import MOST_ITEMS, RawItem, checked_item, parse_number, read_text
from missions.wire import written_degrees
from planner.errors import FileFormatError

HEADER = "QGC WPL 110"
_COLUMNS = 12
_MEND = "Correct the line, or export the mission again."


def read_waypoints(path: Path | str) -> tuple[MissionItem, ...]:
    """The items of a file as they stand there, item 0 being home where the file has one.

    Empty lines and lines that begin with ``#`` are skipped. Raises ``FileFormatError`` with file and line.
    """
    return parse_waypoints(read_text(path), str(path))


def parse_waypoints(text: str, source: str) -> tuple[MissionItem, ...]:
    """The items of a text; ``source`` names it in errors."""
    lines = (
        (number, line.strip())
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
    )
    rows = ((number, line) for number, line in lines if line and not line.startswith("#"))
    number, first = next(rows, (1, ""))
    if first.split() != HEADER.split():
        raise FileFormatError(
            f"The file does not begin with {HEADER}.", about=f"{source}, line {number}", mend="Is it a mission file?"
        )
    items: list[MissionItem] = []
    for number, line in rows:
        if len(items) == MOST_ITEMS:
            raise FileFormatError(f"There are more than {MOST_ITEMS} items.", about=f"{source}, line {number}")
        items.append(parse_row(line, len(items), f"{source}, line {number}"))
    return tuple(items)


def parse_row(line: str, index: int | None, about: str) -> MissionItem:
    """The item in a line, whose number must be ``index`` (None: may be any). Raises ``FileFormatError``."""
    columns = line.split()
    if len(columns) != _COLUMNS:
        raise FileFormatError(f"An item has {_COLUMNS} columns, and this line {len(columns)}.", about=about, mend=_MEND)
    number = _count(columns[0], "item number", 65_535, about)
    if index is not None and number != index:
        raise FileFormatError(f"Item {number} stands where item {index} should.", about=about, mend=_MEND)
    _count(columns[1], "current flag", 1, about)
    frame = _count(columns[2], "frame", 255, about)
    command = _count(columns[3], "command", 65_535, about)
    autocontinue = _count(columns[11], "autocontinue flag", 1, about)
    p1, p2, p3, p4, x, y, z = (_number(column, about) for column in columns[4:11])
    if command == 0 and index == 0:
        command = int(Command.NAV_WAYPOINT)
    return checked_item(RawItem(command, frame, (p1, p2, p3, p4, x, y, z), bool(autocontinue)), about)


def _number(text: str, about: str) -> float:
    value = parse_number(text)
    if value is None:
        comma = " Numbers have a decimal point, not a comma." if "," in text else ""
        raise FileFormatError(f"“{text[:40]}” is no number.{comma}", about=about, mend=_MEND)
    return value


def _count(text: str, what: str, most: int, about: str) -> int:
    value = parse_number(text)
    if value is None or not 0 <= value <= most or value != int(value):
        raise FileFormatError(
            f"The {what} must be a whole number from 0 to {most}, not “{text[:40]}”.", about=about, mend=_MEND
        )
    return int(value)


def write_waypoints(items: Sequence[MissionItem], path: Path | str) -> None:
    """Write items so that they read back equal, whole or not at all. Raises ``FileFormatError``, ``InputError``."""
    write_atomically(path, format_waypoints(items, str(path)))


def format_waypoints(items: Sequence[MissionItem], source: str) -> str:
    """The text of a file: eight decimals as Mission Planner writes them, more where a number has more.

    Raises ``FileFormatError`` for a number that the format's readers do not take (infinite, or NaN but for a yaw).
    """
    if len(items) > MOST_ITEMS:
        raise FileFormatError(f"There are more than {MOST_ITEMS} items.", about=source)
    return "".join(line + "\n" for line in (HEADER, *format_rows(items, source)))


def format_rows(items: Sequence[MissionItem], source: str) -> Iterator[str]:
    """The lines of the items alone; raises as ``format_waypoints``."""
    for index, item in enumerate(items):
        about = f"{source}, item {index}"
        numbers = [*item.params, *_place(item), item.z]
        for number, value in enumerate(numbers):
            if math.isinf(value) or (math.isnan(value) and not may_be_nan(item.command, number)):
                raise FileFormatError(f"Parameter {number + 1} is {value}, which this format cannot hold.", about=about)
        columns = [
            index,
            int(index == 0),
            int(item.frame),
            int(item.command),
            *map(_decimal, numbers),
            int(item.autocontinue),
        ]
        yield "\t".join(map(str, columns))


def _place(item: MissionItem) -> tuple[float, float]:
    degrees = has_degrees(item.command, item.frame)
    return (written_degrees(item.x), written_degrees(item.y)) if degrees else (float(item.x), float(item.y))


def _decimal(value: float) -> str:
    """Eight decimals where they say it all, else as many digits as it takes."""
    text = f"{value:.8f}"
    return text if math.isnan(value) or float(text) == value else repr(value)
