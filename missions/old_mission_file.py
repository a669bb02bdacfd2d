"""QGroundControl's ``.mission``, its files before plan files (version 3.1 and older): read, and never written."""

from __future__ import annotations

from missions.fields import Field
from missions.items import Mission, MissionItem
from missions.plan_items import UNKNOWN_HOME, home_of_plan, plan_items

_PARAMS = ("param1", "param2", "param3", "param4")


def is_old_mission(file: Field) -> bool:
    """Whether a JSON object is such a file: it has items and no file type."""
    return file.has("MAV_AUTOPILOT") or (file.has("items") and not file.has("fileType"))


def read_old_mission(file: Field) -> Mission:
    """The mission of version 1 (parameters in keys of their own, ids) or 2 (parameters in a list).

    Raises ``FileFormatError`` with the way to the value; also for surveys, which these files hold without the items
    that they stand for.
    """
    if file.has("complexItems"):
        for survey in file["complexItems"].each():
            raise survey.error("Surveys of such old files hold no items, and are not read.")
    file["items"].each()
    members = [_as_of_a_plan(member) for member in file["items"].each()]
    items, _ = plan_items(Field([member.value for member in members], file["items"].where))
    return Mission((_home(file), *items))


def _home(file: Field) -> MissionItem:
    """Home, which version 1 has as an item."""
    if not file.has("plannedHomePosition"):
        return UNKNOWN_HOME
    home = file["plannedHomePosition"]
    if home.has("coordinate"):
        return home_of_plan(Field({"plannedHomePosition": home["coordinate"].value}, home.where))
    return home_of_plan(file)


def _as_of_a_plan(item: Field) -> Field:
    """An item of version 1 with the keys of version 2; its id is what jumps go to."""
    if item["type"].text() != "missionItem":
        return item
    given = {key: item[key].value for key in ("command", "frame", "coordinate", "autoContinue") if item.has(key)}
    for key in _PARAMS:
        item[key].number()
    params = [item[key].value for key in _PARAMS]
    return Field({**given, "type": "SimpleItem", "params": params, "doJumpId": item["id"].whole(0, 2**31)}, item.where)
