"""A mission that a vehicle cannot hold, in parts that are flown one after the other, each safe by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import shapely
from shapely import LineString, Point, Polygon

from missions.commands import has_place
from missions.items import Command, Mission, MissionItem
from missions.jumps import with_jumps
from missions.route import home_of
from missions.wire import place_of
from planner.errors import PlanError
from planner.quantities import LonLat
from planner.vehicles import VehicleKind
from planner.zones.circles import circle

_TAKEOFFS = (Command.NAV_TAKEOFF, Command.NAV_VTOL_TAKEOFF)
_CUTS = frozenset((16, 19, 31, 82))
"""Navigation commands after which a mission may be cut: the vehicle is at the item's place, in the air.

After turns it is not: what it circles around may be a mast, and the next part would fly to its middle.
"""

_JUMPS = (Command.DO_JUMP, Command.DO_JUMP_TAG)
_STATES = {
    178: "speed",
    206: "trigger",
    195: "aim",
    197: "aim",
    201: "aim",
    205: "gimbal",
    1000: "gimbal",
    2000: "pictures",
    2001: "pictures",
    2500: "video",
    2501: "video",
    194: "reverse",
    183: "servo",
    181: "relay",
}
"""Do-commands whose effect lasts, by what they set; the last one of each counts."""

_ENDINGS = {
    "trigger": MissionItem(Command.DO_SET_CAM_TRIGG_DIST),
    "aim": MissionItem(Command.DO_SET_ROI_NONE),
    "pictures": MissionItem(2001),
    "video": MissionItem(2501),
}
_OFF = frozenset((int(Command.DO_SET_ROI_NONE), 2001, 2501))
_MOST_SET = 16
State = dict[tuple[str, float], MissionItem]


def fitted(mission: Mission, most: int, kind: VehicleKind = VehicleKind.COPTER) -> tuple[Mission, ...]:
    """The mission in as many parts as it takes so that none has more than ``most`` items, home counted.

    One part is the mission itself, or itself with its laps as jumps. Several parts are flown one after the other: each
    begins with home and the take-off, flies straight to where the one before ended, has speed, camera and aim set as
    they were, and ends with the camera off and a return; the last ends as the mission does. That straight way crosses
    no border of the mission's fence; nothing else of it is checked. Raises ``PlanError`` where it cannot be cut so.
    """
    if len(mission.items) <= most:
        return (mission,)
    folded = with_jumps(mission.items, most)
    if len(folded) <= most:
        return (replace(mission, items=folded),)
    _check_can_be_cut(mission, most, kind)
    return tuple(_parts(mission, most, kind))


def _check_can_be_cut(mission: Mission, most: int, kind: VehicleKind) -> None:
    about = f"a mission of {len(mission.items)} items"
    mend = f"Plan it in missions of up to {most} items."
    if most < 3 * _MOST_SET:
        raise PlanError(f"Parts of {most} items are too short to be flown.", about=about, mend=mend)
    if kind is VehicleKind.PLANE:
        raise PlanError(
            "A plane does not come down and start again by itself, so its mission is not cut.", about=about, mend=mend
        )
    jump = next((index for index, item in enumerate(mission.items) if item.command in _JUMPS), None)
    if jump is not None:
        raise PlanError(f"Item {jump} jumps, and a mission with jumps is not cut.", about=about, mend=mend)
    if kind.flies and _takeoff(mission.items) is None:
        raise PlanError("It has no take-off that its parts could begin with.", about=about, mend=mend)


def _takeoff(items: Sequence[MissionItem]) -> MissionItem | None:
    return next((item for item in items[1:] if item.command in _TAKEOFFS), None)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a part may end: the number of its last item, and what is set there."""

    index: int
    state: State

    @property
    def tail(self) -> list[MissionItem]:
        """What switches off, before the return."""
        lit = {what for (what, _), item in self.state.items() if not _is_off(item)}
        return [item for what, item in _ENDINGS.items() if what in lit]

    @property
    def is_dark(self) -> bool:
        """Whether the camera rests here, so that no lane is cut."""
        return not self.tail


def _parts(mission: Mission, most: int, kind: VehicleKind) -> Iterator[Mission]:
    items = mission.items
    is_free = _free_way(mission)
    cuts = [cut for cut in _cuts(items) if is_free(place_of(items[cut.index]))]
    back = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    if kind is VehicleKind.QUADPLANE and items[-1].command == Command.NAV_VTOL_LAND:
        back = items[-1]
    head: list[MissionItem] = [items[0]]
    start = 1
    while len(head) + len(items) - start > most:
        fitting = [
            cut for cut in cuts if cut.index > start and len(head) + cut.index + 1 - start + len(cut.tail) + 1 <= most
        ]
        if not fitting:
            raise PlanError(
                f"There is no place after item {start} where the mission could be cut.",
                about=f"a mission of {len(items)} items",
                mend=f"Plan it in missions of up to {most} items.",
            )
        late = [cut for cut in fitting if cut.index > fitting[-1].index - most // 4 and cut.is_dark]
        cut = (late or fitting)[-1]
        yield replace(mission, items=(*head, *items[start : cut.index + 1], *cut.tail, back), kept=None)
        head = list(_head(items, cut))
        start = cut.index + 1
    yield replace(mission, items=(*head, *items[start:]), kept=None)


def _cuts(items: Sequence[MissionItem]) -> Iterator[_Cut]:
    state: State = {}
    for index, item in enumerate(items):
        if item.command in _STATES:
            what = _STATES[item.command]
            state[what, item.params[0] if what in ("servo", "relay", "speed") else 0.0] = item
        elif index and item.command in _CUTS and (item.x, item.y) != (0, 0) and item.z != 0 and len(state) <= _MOST_SET:
            yield _Cut(index, dict(state))


def _head(items: Sequence[MissionItem], cut: _Cut) -> Iterator[MissionItem]:
    """What a later part begins with."""
    yield items[0]
    takeoff = _takeoff(items)
    if takeoff is not None:
        yield takeoff
    yield from (item for (what, _), item in cut.state.items() if what in ("speed", "reverse"))
    last = items[cut.index]
    yield MissionItem(Command.NAV_WAYPOINT, last.frame, x=last.x, y=last.y, z=last.z)
    yield from (item for (what, _), item in cut.state.items() if what not in ("speed", "reverse") and not _is_off(item))


def _is_off(item: MissionItem) -> bool:
    return item.command in _OFF or (item.command == Command.DO_SET_CAM_TRIGG_DIST and item.params[0] <= 0)


def _free_way(mission: Mission) -> Callable[[LonLat], bool]:
    """Tells of a place whether the straight way to it from home (or the first place) stays within the fence."""
    first = next((place_of(i) for i in mission.items[1:] if has_place(i.command) and (i.x, i.y) != (0, 0)), None)
    home = home_of(mission) or first
    shapes = [(Polygon(part.vertices).buffer(0), part.inclusion) for part in mission.fence.polygons]
    shapes += [
        (circle(part.centre, part.radius_m, f"fence circle {number}"), part.inclusion)
        for number, part in enumerate(mission.fence.circles)
    ]
    for shape, _ in shapes:
        shapely.prepare(shape)

    def is_free(place: LonLat) -> bool:
        way = Point(place) if home is None or home == place else LineString([home, place])
        return all(shape.covers(way) if inclusion else not shape.intersects(way) for shape, inclusion in shapes)

    return is_free


_PART = re.compile(r"(?P<stem>.*-)(?P<number>[0-9]{1,5})of(?P<count>[0-9]{1,5})", re.ASCII)


def next_part(file: Path) -> Path | None:
    """The file of the part after this one (``patrol-2of3.plan`` after ``patrol-1of3.plan``), where it is there."""
    match = _PART.fullmatch(file.stem)
    if match is None:
        return None
    following = file.with_stem(f"{match['stem']}{int(match['number']) + 1}of{match['count']}")
    return following if following.exists() else None
