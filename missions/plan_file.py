"""QGroundControl's ``.plan``: mission, geofence and rally points in one JSON file (version 1).

The format is QGroundControl's Plan file format (docs.qgroundcontrol.com, developer guide, file formats); what it leaves
open is taken from what QGroundControl 4 writes and reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

from missions.atomic import write_atomically
from missions.commands import GLOBE, has_degrees, has_place
from missions.fields import Field
from missions.items import (
    Command,
    Fence,
    FenceCircle,
    FencePolygon,
    Frame,
    KeptItem,
    KeptPlan,
    Mission,
    MissionItem,
    RallyPoint,
)
from missions.old_mission_file import is_old_mission, read_old_mission
from missions.plan_items import UNKNOWN_HOME, home_of_plan, plan_items
from missions.reading import parsed_json, read_text
from missions.wire import from_e7, place_of, to_e7, written_degrees
from planner.errors import FileFormatError
from planner.quantities import LonLat

__all__ = ["UNKNOWN_HOME", "format_plan", "kept_runs", "parse_plan", "read_plan", "write_plan"]

_ARDUPILOT, _QUADROTOR = 3, 2
_ALTITUDE_MODES = {
    Frame.GLOBAL_RELATIVE_ALT: 1,
    Frame.GLOBAL_RELATIVE_ALT_INT: 1,
    Frame.GLOBAL: 2,
    Frame.GLOBAL_INT: 2,
    Frame.GLOBAL_TERRAIN_ALT: 4,
    Frame.GLOBAL_TERRAIN_ALT_INT: 4,
}
_OURS = frozenset(("items", "plannedHomePosition", "version"))
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
    plan = Field(parsed_json(text, source), source)
    if is_old_mission(plan):
        return read_old_mission(plan)
    if plan["fileType"].text() != "Plan":
        raise plan["fileType"].error("This is no plan file of QGroundControl.")
    plan["version"].whole(1, 1000)
    mission = plan["mission"]
    items, complex_ones = plan_items(mission["items"])
    return Mission(
        (home_of_plan(mission), *items),
        _fence(plan),
        tuple(_rally(plan)),
        KeptPlan(complex_ones, _settings(mission)),
    )


def _settings(mission: Field) -> str:
    """What the file says of the vehicle, for the program that wrote it."""
    own = mission.value if isinstance(mission.value, dict) else {}
    return json.dumps({key: value for key, value in own.items() if key not in _OURS})


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
            "vehicleType": _QUADROTOR,
            **(json.loads(mission.kept.settings) if mission.kept else {}),
            "items": list(_items_json(mission)),
            "plannedHomePosition": [*_pair(place_of(home)), home.z],
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


def _items_json(mission: Mission) -> Iterator[dict[str, object]]:
    """The items after home; complex ones as they came, where what they stand for is still there unchanged."""
    complex_ones = dict(kept_runs(mission))
    index = 1
    while index <= len(mission.items):
        for kept in complex_ones.get(index, ()):
            yield _renumbered(json.loads(kept.json), index)
        passed = sum(len(kept.items) for kept in complex_ones.get(index, ()))
        if not passed and index < len(mission.items):
            yield _item_json(index, mission.items[index])
        index += passed or 1


def kept_runs(mission: Mission) -> Iterator[tuple[int, tuple[KeptItem, ...]]]:
    """Where complex items stand in a mission, by the number of their first item.

    One whose items were changed, or taken out, stands nowhere; one without items stands before the next with any.
    """
    rows = [repr(item) for item in mission.items]
    start, empty = 1, list[KeptItem]()
    for kept in mission.kept.complex if mission.kept else ():
        wanted = [repr(item) for item in kept.items]
        if not wanted:
            empty.append(kept)
            continue
        places = range(start, len(rows) - len(wanted) + 1)
        found = next((at for at in places if rows[at : at + len(wanted)] == wanted), None)
        if found is not None:
            yield found, (*empty, kept)
            start, empty = found + len(wanted), []
    if empty:
        yield len(rows), tuple(empty)


def _renumbered(entry: dict[str, object], first: int) -> dict[str, object]:
    """A complex item whose inner items have the ids that their numbers are."""
    style = entry.get("TransectStyleComplexItem")
    inner = style.get("Items") if isinstance(style, dict) else None
    for number, item in enumerate(inner if isinstance(inner, list) else (), first):
        if "doJumpId" in item:
            item["doJumpId"] = number
    return entry


def _item_json(index: int, item: MissionItem) -> dict[str, object]:
    """A simple item; NaN becomes null. QGroundControl shows the altitude from its own key where there is one."""
    degrees = has_degrees(item.command, item.frame)
    x, y = (written_degrees(item.x), written_degrees(item.y)) if degrees else (item.x, item.y)
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
    return written_degrees(to_e7(place.lat)), written_degrees(to_e7(place.lon))
