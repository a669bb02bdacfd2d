"""What is left of a sortie that was broken off, as a sortie of its own: from the place in the lane, with its camera.

Where it was broken off is read from the flight's log, which is there up to the last moment also where Qyran was killed:
the last place flown in AUTO, and the mission item it flew to. What cannot be known is flown again, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from missions import Mission, MissionItem
from missions.commands import is_navigation
from missions.compare import identity
from missions.items import Command, Fence, Frame
from missions.wire import place_of, to_e7
from planner.errors import GeometryError, PlanError
from planner.geodesy import LocalFrame, distance_m
from planner.paths import FreeSpace, polygonal
from planner.quantities import LonLat
from qyran.flying import Order, forecast_of, read_kept_order
from telemetry.tlog import Log, read_tlog

Times = NDArray[np.float64]
Flags = NDArray[np.bool_]

AUTO = "AUTO"
BACK_M = 15.0
"""At least so far back along the lane the rest begins: the drone was slowing down, and its place is some tenths of a
second old."""
CLEAR_OF_FENCE_M = (3.0, 1.0, 0.0)
"""How far the way there keeps from the fence, the first that leaves a way."""
SAME_HEIGHT_M = 0.5
SAME_PLACE_M = 1.0
_SPEED, _TRIGGER = int(Command.DO_CHANGE_SPEED), int(Command.DO_SET_CAM_TRIGG_DIST)
_AIMS = (int(Command.DO_SET_ROI_LOCATION), int(Command.DO_SET_ROI_NONE), int(Command.DO_SET_ROI))
_INTERVAL, _GIMBAL, _MOUNT, _SHOTS, _NO_SHOTS = 214, int(Command.DO_GIMBAL_MANAGER_PITCHYAW), 205, 2000, 2001
_KEPT = {
    _TRIGGER: "camera",
    _INTERVAL: "camera",
    _SHOTS: "camera",
    _NO_SHOTS: "camera",
    **dict.fromkeys(_AIMS, "aim"),
    _GIMBAL: "gimbal",
    _MOUNT: "gimbal",
    _SPEED: "speed",
}
"""Commands whose effect lasts until the next one of their kind; the last of each is done again."""
_JUMPS = frozenset({int(Command.DO_JUMP), 600, 601})
_ENDS = (Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND)
_PASSED = (Command.NAV_TAKEOFF, Command.NAV_WAYPOINT)


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a flight left its mission: the item it flew to, the last place on the way, when (UTC), and to what mode."""

    item: int
    place: LonLat | None
    at: datetime
    into: str


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left, and in words."""

    order: Order
    broken: Broken
    sentence: str


def rest_of_flight(folder: Path) -> Rest:
    """What is left of the flight that a folder keeps, with its own forecast.

    Raises ``InputError`` where the folder keeps no flight, ``PlanError`` where nothing is left or the rest cannot be
    told (a mission that jumps).
    """
    order = read_kept_order(folder)
    broken = broken_off(read_tlog(folder / "flight.tlog"))
    if broken is None:
        raise PlanError(
            "It never flew its mission in this flight.", about=str(folder), mend="Fly the mission itself: qyran fly."
        )
    mission = rest_of(order.mission, broken)
    needs, profile = order.needs, order.profile
    ahead = forecast_of(mission, profile, wind_mps=needs.wind_mps or 0.0)
    name = f"{order.name.removesuffix('-rest')}-rest"
    rest = replace(order, mission=mission, name=name, identity=identity(mission), blocked=(), resumes=folder.name)
    if ahead is not None:
        needs = replace(needs, battery=ahead.battery_used, energy_wh=ahead.energy_wh)
        rest = replace(rest, predicted_s=ahead.duration_s, predicted_m=ahead.distance_m, needs=needs)
        wanted = needs.battery_with_reserve or 0.0
        if wanted > 1.0:
            words = f"The rest takes {wanted:.0%} of a battery with its reserve, the way there included."
            rest = replace(rest, blocked=(words,))
    last = len(order.mission.items) - 1
    where = "" if broken.place is None else f", at {broken.place}"
    return Rest(
        rest,
        broken,
        f"{folder.name} left its mission on the way to item {broken.item} of {last}{where} ({broken.into}); "
        f"what is left is a mission of {len(mission.items)} items.",
    )


def broken_off(log: Log) -> Broken | None:
    """Where the last flight in a log left AUTO for good, or where the log ends; None where it never flew a mission."""
    armed = [one.at.timestamp() for one in log.events if one.kind.value == "armed"]
    since = armed[-1] if armed else -np.inf
    ends = [one.at.timestamp() for one in log.events if one.kind.value == "disarmed" and one.at.timestamp() > since]
    until = ends[0] if ends else np.inf
    changes = [(at, mode) for at, mode in log.modes if at <= until]
    begun = max((number for number, (_, mode) in enumerate(changes) if mode == AUTO), default=None)
    if begun is None or (begun + 1 < len(changes) and changes[begun + 1][0] < since):
        return None
    left, into = (until, "it was disarmed") if np.isfinite(until) else (np.inf, "the log ends there")
    if begun + 1 < len(changes):
        left, mode = changes[begun + 1]
        into = f"{AUTO} → {mode}"
    # Item 0 is home, which is never flown to: a vehicle says 0 before its mission and again after its end.
    numbers = [number for at, number in log.currents if since <= at <= left and number > 0]
    if not numbers:
        numbers = [number for at, number in log.currents if at <= left][-1:]
    times = log.track.time_s
    flown = np.flatnonzero(_in_auto(times, changes, since) & (times <= left))
    if not numbers or not len(flown):
        return None
    row = int(flown[-1])
    place = LonLat(float(log.track.lon[row]), float(log.track.lat[row]))
    return Broken(numbers[-1], place, datetime.fromtimestamp(float(times[row]), UTC), into)


def _in_auto(times: Times, changes: list[tuple[float, str]], since: float) -> Flags:
    """Which of the times (n,) since arming lie in AUTO."""
    inside = np.zeros(len(times), dtype=np.bool_)
    for number, (at, mode) in enumerate(changes):
        if mode == AUTO:
            end = changes[number + 1][0] if number + 1 < len(changes) else np.inf
            inside |= (times >= max(at, since)) & (times <= end)
    return inside


def rest_of(mission: Mission, broken: Broken) -> Mission:
    """Take-off, the way to where it was broken off, camera and speed as they were, and the items that are left.

    Fence and rally points stay. Raises ``PlanError`` where nothing is left, and for a mission that jumps.
    """
    items = mission.items
    if any(item.command in _JUMPS for item in items):
        raise PlanError(
            "A mission with jumps is not resumed: which round it was in is not known.",
            mend="Skip to an item yourself: qyran vehicle skip LINK ITEM.",
        )
    goal = _next_navigation(items, broken.item)
    if goal is None or items[goal].command in _ENDS:
        raise PlanError("Nothing is left of it: the mission was flown to its end.", mend="Fly the next sortie.")
    takeoff = next((index for index, item in enumerate(items) if item.command == Command.NAV_TAKEOFF), None)
    if takeoff is None:
        raise PlanError("The mission has no take-off, so what is left of it has none.", mend="Plan it again.")
    if goal <= takeoff:
        return mission
    start = _start(mission, goal, broken)
    first_speed = next((item for item in items[takeoff:] if item.command == _SPEED), None)
    way = list(_way_there(mission, takeoff, goal, start))
    lasting = _lasting(items, goal)
    # A drone that was called back in a lane may still take pictures, until it is told otherwise.
    quiet = [replace(one, params=(0.0, 0.0, 0.0, 0.0)) for one in items if one.command == _TRIGGER][:1]
    rest = [
        items[0],
        items[takeoff],
        *quiet,
        *([first_speed] if first_speed is not None else []),
        *way,
        *([start] if start is not None else []),
        *(lasting[kind] for kind in ("camera", "aim", "gimbal", "speed") if kind in lasting),
        *items[goal:],
    ]
    return Mission(tuple(rest), mission.fence, mission.rally)


def _next_navigation(items: tuple[MissionItem, ...], index: int) -> int | None:
    return next((one for one in range(max(index, 1), len(items)) if is_navigation(items[one].command)), None)


def _lasting(items: tuple[MissionItem, ...], goal: int) -> dict[str, MissionItem]:
    """What camera, aim, gimbal and speed were on the way to an item."""
    lasting: dict[str, MissionItem] = {}
    for item in items[1:goal]:
        kind = _KEPT.get(int(item.command))
        if kind is not None:
            lasting[kind] = item
    return lasting


def _looks(lasting: dict[str, MissionItem]) -> bool:
    camera = lasting.get("camera")
    return camera is not None and camera.command != _NO_SHOTS and (camera.command == _SHOTS or camera.params[0] > 0)


def _start(mission: Mission, goal: int, broken: Broken) -> MissionItem | None:
    """The waypoint on the lane where the rest begins; None where it begins with the whole way to an item."""
    items = mission.items
    lasting = _lasting(items, goal)
    if not _looks(lasting) or items[goal].command != Command.NAV_WAYPOINT:
        return None
    before = _place_before(items, goal)
    if before is None:
        return None
    origin, from_item = before
    target = items[goal]
    frame = LocalFrame(origin)
    end = np.array(frame.point_to_local(place_of(target)))
    length = float(np.hypot(*end))
    if length <= SAME_PLACE_M:
        return None
    along = 0.0
    if broken.place is not None:
        camera = lasting["camera"]
        back = max(BACK_M, 2 * camera.params[0] if camera.command == _TRIGGER else 0.0)
        along = float(np.clip(np.dot(np.array(frame.point_to_local(broken.place)), end / length) - back, 0.0, length))
    share = along / length
    place = frame.point_to_lonlat((float(end[0] * share), float(end[1] * share)))
    z = target.z
    if from_item.frame == target.frame:
        z = from_item.z + (target.z - from_item.z) * share
    return replace(target, params=(0.0, *target.params[1:]), x=to_e7(place.lat), y=to_e7(place.lon), z=round(z, 2))


def _place_before(items: tuple[MissionItem, ...], goal: int) -> tuple[LonLat, MissionItem] | None:
    """Where the way to an item begins: the last item before it that has a place, the take-off over home included."""
    for item in reversed(items[1:goal]):
        if item.command == Command.NAV_TAKEOFF:
            return _home(items), item
        if is_navigation(item.command) and (item.x, item.y) != (0, 0):
            return place_of(item), item
    return None


def _home(items: tuple[MissionItem, ...]) -> LonLat:
    for item in items:
        if (item.x, item.y) != (0, 0) and item.frame != Frame.MISSION:
            return place_of(item)
    raise PlanError("The mission says no place at all.")


def _way_there(mission: Mission, takeoff: int, goal: int, start: MissionItem | None) -> Iterator[MissionItem]:
    """Waypoints from over the launch to where the rest begins, that place left out.

    Where all is flown at one height above home: the shortest way inside the fence. Else, or where there is none, the
    mission's own way up to there, which was planned over its ground.
    """
    items = mission.items
    to = start or items[goal]
    flown = [item for item in items[takeoff : goal + 1] if is_navigation(item.command)]
    level = all(abs(item.z - to.z) <= SAME_HEIGHT_M and item.frame == to.frame for item in flown if item.z)
    has_place = (to.x, to.y) != (0, 0)
    if level and has_place:
        corners = _within_fence(mission.fence, _home(items), place_of(to))
        if corners is not None:
            for place in corners:
                yield replace(
                    to,
                    command=int(Command.NAV_WAYPOINT),
                    params=(0.0, 0.0, 0.0, 0.0),
                    x=to_e7(place.lat),
                    y=to_e7(place.lon),
                )
            return
    for item in items[takeoff + 1 : goal]:
        if is_navigation(item.command) and (item.x, item.y) != (0, 0):
            yield replace(item, command=int(Command.NAV_WAYPOINT), params=(0.0, 0.0, 0.0, 0.0))


def _within_fence(fence: Fence, home: LonLat, to: LonLat) -> list[LonLat] | None:
    """The corners of the shortest way inside a fence, both ends left out; None where there is none."""
    if distance_m(home, to) <= SAME_PLACE_M:
        return []
    frame = LocalFrame(home)
    space = _space(fence, frame)
    if space is None:
        return []
    start, end = frame.point_to_local(home), frame.point_to_local(to)
    for clear_m in CLEAR_OF_FENCE_M:
        room = polygonal(shapely.buffer(space, -clear_m, join_style="mitre") if clear_m else space)
        # The ends may lie nearer to the fence than the rest of the way keeps from it.
        near = [_around(space, one, clear_m) for one in (start, end) if not shapely.covers(room, shapely.Point(one))]
        try:
            way = FreeSpace(polygonal(shapely.union_all([room, *near]))).path(start, end)
        except (PlanError, GeometryError):
            continue
        return [frame.point_to_lonlat((float(x), float(y))) for x, y in way[1:-1]]
    return None


def _around(space: shapely.Geometry, point: tuple[float, float], clear_m: float) -> shapely.Geometry:
    """A small square of the space around a point, wide enough to reach what keeps clear of the fence."""
    return shapely.intersection(shapely.Point(point).buffer(2 * clear_m + 0.5, cap_style="square"), space)


def _space(fence: Fence, frame: LocalFrame) -> shapely.Geometry | None:
    """Where a fence lets the drone be, local metres; None without an inclusion."""

    def shapes(inclusion: bool) -> list[shapely.Geometry]:
        polygons = [
            shapely.make_valid(shapely.Polygon(frame.points_to_local(np.array(one.vertices))))
            for one in fence.polygons
            if one.inclusion is inclusion
        ]
        circles = [
            shapely.Point(frame.point_to_local(one.centre)).buffer(one.radius_m)
            for one in fence.circles
            if one.inclusion is inclusion
        ]
        return [*polygons, *circles]

    allowed = shapes(inclusion=True)
    if not allowed:
        return None
    return shapely.difference(shapely.intersection_all(allowed), shapely.union_all(shapes(inclusion=False)))
