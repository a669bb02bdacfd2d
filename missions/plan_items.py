"""The items of QGroundControl's plan files, simple ones and those that complex ones stand for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace

from missions.fields import Field
from missions.items import Command, Frame, KeptItem, MissionItem
from missions.plan_complex import items_of_complex
from missions.reading import MOST_ITEMS, RawItem, checked_item
from missions.storage import single
from missions.wire import to_e7

UNKNOWN_HOME = MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL)
"""Home where a file says none: latitude and longitude 0, which ArduPilot too takes for "not set"."""


def home_of_plan(mission: Field) -> MissionItem:
    """The planned home; unknown where none is planned."""
    if not mission.has("plannedHomePosition"):
        return UNKNOWN_HOME
    field = mission["plannedHomePosition"]
    place, altitude = field.place(), [*field.numbers(2, 3), math.nan][2]
    return replace(UNKNOWN_HOME, x=to_e7(place.lat), y=to_e7(place.lon), z=0.0 if math.isnan(altitude) else altitude)


def plan_items(field: Field) -> tuple[tuple[MissionItem, ...], tuple[KeptItem, ...]]:
    """The items after home, their jumps turned from QGroundControl's ids into numbers of items; the complex ones."""
    items: list[MissionItem] = []
    numbers: dict[int, int] = {}
    jumps: list[tuple[int, Field]] = []
    complex_ones: list[tuple[int, int, Field]] = []
    for member in field.each(MOST_ITEMS - 1):
        first = len(items) + 1
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
        if member["type"].text() == "ComplexItem":
            complex_ones.append((first, len(items) + 1, member))
    for index, simple in jumps:
        items[index] = _jump(items[index], numbers, simple)
    kept = (
        KeptItem(first, tuple(items[first - 1 : end - 1]), json.dumps(member.value))
        for first, end, member in complex_ones
    )
    return tuple(items), tuple(kept)


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
