"""QGroundControl's ``.plan``: mission, geofence and rally points in one JSON file (version 1).

The format is QGroundControl's Plan file format (docs.qgroundcontrol.com, developer guide, file formats); what it leaves
open is taken from what QGroundControl 4 writes and reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from missions.atomic import write_atomically
from missions.commands import GLOBE, has_degrees, has_place
from missions.fields import Field
from missions.items import Command, Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
from missions.plan_complex import items_of_complex
from missions.reading import MOST_ITEMS, RawItem, checked_item, read_text
from missions.storage import single
from missions.wire import from_e7, place_of, to_e7
from planner.errors import FileFormatError
from planner.geojson.text import parse_json
from planner.quantities import LonLat

UNKNOWN_HOME = MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL)
"""Home where a file says none: latitude and longitude 0, which ArduPilot too takes for "not set"."""

_ARDUPILOT, _QUADROTOR = 3, 2
_ALTITUDE_MODES = {
    Frame.GLOBAL_RELATIVE_ALT: 1,
    Frame.GLOBAL_RELATIVE_ALT_INT: 1,
    Frame.GLOBAL: 2,
    Frame.GLOBAL_INT: 2,
    Frame.GLOBAL_TERRAIN_ALT: 4,
    Frame.GLOBAL_TERRAIN_ALT_INT: 4,
}
_HOVER_SPEED_MPS = 5.0
"""What QGroundControl itself assumes for a copter; only its own time estimate uses it."""


def read_plan(path: Path | str) -> Mission:
    """The mission of a ``.plan`` file, fence and rally points with it.

    Survey, corridor and structure scans are read as the items they stand for. Raises ``FileFormatError`` with the file
    and the way to the value.
    """
    return parse_plan(read_text(path), str(path))


def parse_plan(text: str, source: str) -> Mission:
    """The mission of a text; ``source`` names it in errors."""
    plan = Field(parse_json(text, source), source)
    if plan.has("MAV_AUTOPILOT") or (plan.has("items") and not plan.has("fileType")):
        raise plan.error("This is a .mission file of QGroundControl before version 3.2, which is not read here.")
    if plan["fileType"].text() != "Plan":
        raise plan["fileType"].error("This is no plan file of QGroundControl.")
    plan["version"].whole(1, 1000)
    mission = plan["mission"]
    items = (_home(mission), *_items(mission["items"]))
    return Mission(items, _fence(plan), tuple(_rally(plan)))


def _home(mission: Field) -> MissionItem:
    if not mission.has("plannedHomePosition"):
        return UNKNOWN_HOME
    field = mission["plannedHomePosition"]
    place, altitude = field.place(), [*field.numbers(2, 3), math.nan][2]
    return replace(UNKNOWN_HOME, x=to_e7(place.lat), y=to_e7(place.lon), z=0.0 if math.isnan(altitude) else altitude)


def _items(field: Field) -> Iterator[MissionItem]:
    """The items, their jumps turned from QGroundControl's ids into numbers of items."""
    items: list[MissionItem] = []
    numbers: dict[int, int] = {}
    jumps: list[tuple[int, Field]] = []
    for member in field.each(MOST_ITEMS - 1):
        for simple in _expanded(member):
            number = len(items) + 1
            if number == MOST_ITEMS:
                raise member.error(f"There are more than {MOST_ITEMS} items.")
            if isinstance(simple, MissionItem):
                items.append(simple)
                continue
            items.append(_simple(simple))
            if simple.has("doJumpId"):
                numbers.setdefault(simple["doJumpId"].whole(0, 2**31), number)
            if items[-1].command == Command.DO_JUMP:
                jumps.append((number - 1, simple))
    for index, simple in jumps:
        items[index] = _jump(items[index], numbers, simple)
    yield from items


def _expanded(member: Field) -> Iterator[Field | MissionItem]:
    """A simple item as it is, a complex one as what it stands for."""
    kind = member["type"].text()
    if kind == "SimpleItem":
        yield member
    elif kind == "ComplexItem":
        yield from items_of_complex(member)
    else:
        raise member["type"].error(f"“{kind[:40]}” is no kind of item (SimpleItem and ComplexItem are).")


def _simple(field: Field) -> MissionItem:
    command = field["command"].whole(1, 65_535)
    frame = field["frame"].whole(0, 255)
    autocontinue = field["autoContinue"].flag() if field.has("autoContinue") else True
    params = field["params"].numbers(4, 7)
    if len(params) == 4:
        params += field["coordinate"].numbers(3, 3)
    if len(params) != 7:
        raise field["params"].error(f"An item has 7 parameters, and this one {len(params)}.")
    # null is NaN for "leave as it is"; in a place and a raw parameter MAVLink has no NaN, and 0 says the same
    p1, p2, p3, p4 = params[:4]
    x, y, z = (0.0 if math.isnan(value) else value for value in params[4:])
    raw = RawItem(command, frame, (0.0, 0.0, 0.0, 0.0, x, y, z), autocontinue)
    for value, member in zip(params[:4], field["params"].each(), strict=False):
        if math.isinf(single(value)):
            raise member.error("This number is too large for MAVLink.")
    return replace(checked_item(raw, field.where), params=(p1, p2, p3, p4))


def _jump(item: MissionItem, numbers: dict[int, int], field: Field) -> MissionItem:
    target = item.params[0]
    if target not in numbers:
        raise field["params"].error(f"The jump goes to the item with id {target:g}, and there is none.")
    return replace(item, params=(float(numbers[int(target)]), *item.params[1:]))


def _fence(plan: Field) -> Fence:
    if not plan.has("geoFence"):
        return Fence()
    field = plan["geoFence"]
    polygons = [_polygon(member) for member in field["polygons"].each(1000)] if field.has("polygons") else []
    if field.has("polygon") and (old := [member.place() for member in field["polygon"].each(10_000)]):
        polygons.append(FencePolygon(tuple(old), inclusion=True))
    circles = [_circle(member) for member in field["circles"].each(1000)] if field.has("circles") else []
    return_point = field["breachReturn"].place() if field.has("breachReturn") else None
    return Fence(tuple(polygons), tuple(circles), None if return_point is None else _rounded(return_point))


def _polygon(field: Field) -> FencePolygon:
    vertices = tuple(_rounded(member.place()) for member in field["polygon"].each(10_000))
    if len(vertices) < 3:
        raise field["polygon"].error(f"A fence polygon has three vertices or more, not {len(vertices)}.")
    return FencePolygon(vertices, field["inclusion"].flag())


def _circle(field: Field) -> FenceCircle:
    radius = field["circle"]["radius"]
    if radius.number() <= 0:
        raise radius.error(f"A fence circle needs a radius above zero, not {radius.number():g} m.")
    return FenceCircle(_rounded(field["circle"]["center"].place()), radius.number(), field["inclusion"].flag())


def _rally(plan: Field) -> Iterator[RallyPoint]:
    if plan.has("rallyPoints"):
        for member in plan["rallyPoints"]["points"].each(1000):
            altitude = member.numbers(3, 3)[2]
            if math.isnan(altitude):
                raise member.error("A rally point needs an altitude.")
            yield RallyPoint(_rounded(member.place()), altitude)


def _rounded(place: LonLat) -> LonLat:
    return LonLat(from_e7(to_e7(place.lon)), from_e7(to_e7(place.lat)))


def write_plan(mission: Mission, path: Path | str) -> None:
    """Write a mission for QGroundControl so that it reads back equal, whole or not at all.

    Item 0 becomes the planned home. Raises ``FileFormatError`` where it is none, or for an infinite number.
    """
    write_atomically(path, format_plan(mission, str(path)))


def format_plan(mission: Mission, source: str) -> str:
    """The text of a plan file; ``source`` names it in errors."""
    if not mission.items or mission.items[0].command != Command.NAV_WAYPOINT:
        raise FileFormatError("Item 0 of a mission must be home.", about=source)
    home = mission.items[0]
    speeds = [
        item.params[1] for item in mission.items if item.command == Command.DO_CHANGE_SPEED and item.params[1] > 0
    ]
    plan = {
        "fileType": "Plan",
        "geoFence": {
            "circles": [_circle_json(circle) for circle in mission.fence.circles],
            "polygons": [_polygon_json(polygon) for polygon in mission.fence.polygons],
            "version": 2,
        },
        "groundStation": "Qyran",
        "mission": {
            "cruiseSpeed": 15,
            "firmwareType": _ARDUPILOT,
            "globalPlanAltitudeMode": 1,
            "hoverSpeed": speeds[0] if speeds else _HOVER_SPEED_MPS,
            "items": [_item_json(index, item) for index, item in enumerate(mission.items) if index],
            "plannedHomePosition": [*_pair(place_of(home)), home.z],
            "vehicleType": _QUADROTOR,
            "version": 2,
        },
        "rallyPoints": {
            "points": [[*_pair(point.position), point.altitude_home_m] for point in mission.rally],
            "version": 2,
        },
        "version": 1,
    }
    if (back := mission.fence.return_point) is not None:
        plan["geoFence"] = {**_object(plan["geoFence"]), "breachReturn": [*_pair(back), 0.0]}
    try:
        return json.dumps(plan, indent=4, allow_nan=False) + "\n"
    except ValueError:
        raise FileFormatError("A number of this mission is infinite, or NaN where none may be.", about=source) from None


def _object(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _item_json(index: int, item: MissionItem) -> dict[str, object]:
    """A simple item; NaN becomes null. QGroundControl shows the altitude from its own key where there is one."""
    degrees = has_degrees(item.command, item.frame)
    x, y = (from_e7(item.x), from_e7(item.y)) if degrees else (item.x, item.y)
    params: list[float | None] = [None if math.isnan(value) else value for value in item.params]
    entry: dict[str, object] = {
        "autoContinue": item.autocontinue,
        "command": int(item.command),
        "doJumpId": index,
        "frame": int(item.frame),
        "params": [*params, x, y, item.z],
        "type": "SimpleItem",
    }
    if has_place(item.command) and item.frame in GLOBE:
        entry |= {"AMSLAltAboveTerrain": None, "Altitude": item.z, "AltitudeMode": _ALTITUDE_MODES[Frame(item.frame)]}
    return dict(sorted(entry.items()))


def _polygon_json(polygon: FencePolygon) -> dict[str, object]:
    return {"inclusion": polygon.inclusion, "polygon": [list(_pair(place)) for place in polygon.vertices], "version": 1}


def _circle_json(circle: FenceCircle) -> dict[str, object]:
    shape = {"center": list(_pair(circle.centre)), "radius": circle.radius_m}
    return {"circle": shape, "inclusion": circle.inclusion, "version": 1}


def _pair(place: LonLat) -> tuple[float, float]:
    return place.lat, place.lon
