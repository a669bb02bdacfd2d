"""Missions in files: read from any format that holds one, written in the format that the name says."""

from __future__ import annotations

from pathlib import Path

from missions.atomic import write_atomically
from missions.contents import FENCE_SUFFIX, RALLY_SUFFIX, read_contents, read_fence, read_rally
from missions.items import Command, Mission
from missions.plan_file import format_plan
from missions.waypoints_file import format_waypoints
from missions.wire import fence_items, rally_items
from planner.errors import FileFormatError, SettingError

__all__ = ["LIST_SUFFIXES", "PLAN_SUFFIX", "read_fence", "read_mission", "read_rally", "write_mission"]

LIST_SUFFIXES = (".waypoints", ".txt")
"""Suffixes under which a mission is a QGC WPL 110 list, with its fence and its rally points beside it."""

PLAN_SUFFIX = ".plan"


def read_mission(path: Path | str) -> Mission:
    """The mission in a file, item 0 being home: ``.plan``, QGC WPL 110, old ``.mission``, Qyran's own KML and GPX.

    Beside a list, ``<stem>.fence`` and ``<stem>.rally`` are taken in where they exist. A list without a home (whose
    item 0 is no waypoint) gets an unknown one at latitude and longitude 0, and its jumps count from there. Raises
    ``FileFormatError`` with file and line or item, also where there is no mission in it; ``GeometryError``.
    """
    mission = read_contents(path).mission
    if mission is None:
        raise FileFormatError(
            "Nothing in it tells an autopilot what to do; places and ways are only drawn there.",
            about=str(path),
            mend="Make a mission of a way with qyran convert --altitude, or plan it with qyran plan.",
        )
    if not mission.items:
        raise FileFormatError(
            "It holds a fence or rally points, and no mission.", about=str(path), mend="Give the mission beside it."
        )
    return mission


def write_mission(mission: Mission, path: Path | str) -> None:
    """Write a mission so that it reads back equal, each file whole or not at all.

    ``.plan`` holds fence and rally points itself; ``.waypoints`` and ``.txt`` get ``<stem>.fence`` and ``<stem>.rally``
    beside them, written first, and lists that were there before become empty where this mission has none. Raises
    ``SettingError`` for another suffix, ``FileFormatError`` for what the format cannot hold, ``InputError`` where the
    place cannot be written.
    """
    for place, text in mission_texts(mission, Path(path)):
        write_atomically(place, text)


def mission_texts(mission: Mission, path: Path) -> list[tuple[Path, str]]:
    """The files that ``write_mission`` writes, and their texts. Raises as it does."""
    suffix = path.suffix.lower()
    if not mission.items or mission.items[0].command != Command.NAV_WAYPOINT:
        raise FileFormatError("Item 0 of a mission must be home.", about=str(path), mend="Put home before the items.")
    if suffix == PLAN_SUFFIX:
        return [(path, format_plan(mission, str(path)))]
    if suffix in LIST_SUFFIXES:
        return _list_texts(mission, path)
    raise SettingError(
        f"A mission cannot be written as “{path.suffix or path.name}”.",
        about=str(path),
        mend=f"Use {PLAN_SUFFIX}, {' or '.join(LIST_SUFFIXES)}.",
    )


def _list_texts(mission: Mission, path: Path) -> list[tuple[Path, str]]:
    lists = [
        (path.with_suffix(FENCE_SUFFIX), fence_items(mission.fence)),
        (path.with_suffix(RALLY_SUFFIX), rally_items(mission.rally)),
        (path, mission.items),
    ]
    return [(place, format_waypoints(items, str(place))) for place, items in lists if items or place.exists()]
