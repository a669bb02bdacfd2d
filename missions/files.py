"""Missions in files: the format is known by its content when read, by its name when written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from missions.atomic import write_atomically
from missions.items import Command, Fence, Mission, MissionItem, RallyPoint
from missions.plan_file import UNKNOWN_HOME, format_plan, parse_plan
from missions.reading import read_text
from missions.waypoints_file import HEADER, format_waypoints, parse_waypoints, read_waypoints
from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items
from planner.errors import FileFormatError, SettingError

LIST_SUFFIXES = (".waypoints", ".txt")
"""Suffixes under which a mission is a QGC WPL 110 list, with its fence and its rally points beside it."""

PLAN_SUFFIX = ".plan"
FENCE_SUFFIX, RALLY_SUFFIX = ".fence", ".rally"

Kind = TypeVar("Kind")


def read_mission(path: Path | str) -> Mission:
    """The mission in a ``.plan`` or QGC WPL 110 file, item 0 being home.

    Beside a list, ``<stem>.fence`` and ``<stem>.rally`` are taken in where they exist. A list without a home (whose
    item 0 is no waypoint) gets an unknown one at latitude and longitude 0, and its jumps count from there. Raises
    ``FileFormatError`` with file and line or item.
    """
    place = Path(path)
    text = read_text(place)
    head = text.lstrip()[:80]
    if head.startswith("{"):
        return parse_plan(text, str(path))
    if not head.startswith(HEADER.split()[0]):
        raise FileFormatError(
            "This is neither a QGC WPL 110 list nor a plan file of QGroundControl.",
            about=str(path),
            mend="Give a .waypoints or .plan file.",
        )
    items = _with_home(parse_waypoints(text, str(path)), str(path))
    fence, rally = _beside(place, FENCE_SUFFIX), _beside(place, RALLY_SUFFIX)
    return Mission(
        items,
        read_fence(fence) if fence is not None else Fence(),
        read_rally(rally) if rally is not None else (),
    )


def _beside(path: Path, suffix: str) -> Path | None:
    """The list beside a mission, where there is one and it is not the file itself."""
    sibling = path.with_suffix(suffix)
    return sibling if sibling != path and sibling.exists() else None


def _with_home(items: tuple[MissionItem, ...], source: str) -> tuple[MissionItem, ...]:
    if not items:
        raise FileFormatError("There are no items.", about=source, mend="A mission has a home at least.")
    if items[0].command == Command.NAV_WAYPOINT:
        return items
    jump = int(Command.DO_JUMP)
    moved = (replace(i, params=(i.params[0] + 1, *i.params[1:])) if i.command == jump else i for i in items)
    return (UNKNOWN_HOME, *moved)


def read_fence(path: Path | str) -> Fence:
    """The fence in a QGC WPL 110 list. Raises ``FileFormatError`` with file and line or item."""
    return _list(path, fence_from_items)


def read_rally(path: Path | str) -> tuple[RallyPoint, ...]:
    """The rally points in a QGC WPL 110 list. Raises ``FileFormatError`` with file and line or item."""
    return _list(path, rally_from_items)


def _list(path: Path | str, turn: Callable[[Sequence[MissionItem]], Kind]) -> Kind:
    """A list's items turned into what they say; a home before them, as Mission Planner writes it, is left aside."""
    items = read_waypoints(path)
    skipped = 1 if items and items[0].command == Command.NAV_WAYPOINT else 0
    try:
        return turn(items[skipped:])
    except FileFormatError as error:
        after = " after the home" if skipped else ""
        raise FileFormatError(error.sentence, about=f"{path}, {error.about}{after}", mend="Export it again.") from None


def write_mission(mission: Mission, path: Path | str) -> None:
    """Write a mission so that it reads back equal, each file whole or not at all.

    ``.plan`` holds fence and rally points itself; ``.waypoints`` and ``.txt`` get ``<stem>.fence`` and ``<stem>.rally``
    beside them, written first, and lists that were there before become empty where this mission has none. Raises
    ``SettingError`` for another suffix, ``FileFormatError`` for what the format cannot hold, ``InputError`` where the
    place cannot be written.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if not mission.items or mission.items[0].command != Command.NAV_WAYPOINT:
        raise FileFormatError("Item 0 of a mission must be home.", about=str(path), mend="Put home before the items.")
    if suffix == PLAN_SUFFIX:
        write_atomically(place, format_plan(mission, str(path)))
    elif suffix in LIST_SUFFIXES:
        _write_lists(mission, place)
    else:
        raise SettingError(
            f"A mission cannot be written as “{place.suffix or place.name}”.",
            about=str(path),
            mend=f"Use {PLAN_SUFFIX}, {' or '.join(LIST_SUFFIXES)}.",
        )


def _write_lists(mission: Mission, path: Path) -> None:
    lists = [
        (path.with_suffix(FENCE_SUFFIX), fence_items(mission.fence)),
        (path.with_suffix(RALLY_SUFFIX), rally_items(mission.rally)),
        (path, mission.items),
    ]
    texts = [(place, format_waypoints(items, str(place))) for place, items in lists if items or place.exists()]
    for place, text in texts:
        write_atomically(place, text)
