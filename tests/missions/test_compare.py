"""Two missions side by side."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mission_plans import at, plan, square
from mission_strategies import items, missions

from missions.compare import Part, differences, identity
from missions.compile import compile_sortie
from missions.files import read_mission, write_mission
from missions.items import Fence, FenceCircle, FencePolygon, Frame, Mission, MissionItem, RallyPoint
from missions.storage import as_stored, settled_altitude, single, storable_altitude, stored_cm
from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items
from planner.quantities import Altitude, LonLat
from planner.site import SafePoint, Zone, ZoneKind


def compiled() -> Mission:
    zone = Zone("school", ZoneKind.KEEP_OUT, square(200, 200, 50))
    made = plan(zones=(zone,), safe_points=(SafePoint("field", at(-50, -50), Altitude.home(30)),))
    return compile_sortie(made, made.sorties[0])


def in_vehicle(mission: Mission) -> Mission:
    """What a copter tells of a mission: its own home, items as stored, do-commands in frame 0, whole rally metres."""
    home = MissionItem(16, 0, x=432100000, y=769100000, z=733.2)
    rally = rally_from_items(rally_items(mission.rally))
    whole = tuple(replace(point, altitude_home_m=float(int(point.altitude_home_m))) for point in rally)
    return Mission((home, *map(as_stored, mission.items[1:])), fence_from_items(fence_items(mission.fence)), whole)


def test_what_a_vehicle_gives_back_is_as_planned() -> None:
    """A mission is not called different because an autopilot counts in centimetres and has a home of its own."""
    mission = compiled()
    assert differences(mission, in_vehicle(mission)) == ()
    assert identity(mission) == identity(in_vehicle(mission))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(missions())
def test_any_mission_is_itself_in_files_and_vehicle(tmp_path: Path, mission: Mission) -> None:
    """The identity on the screen is the same for the plan, both files and the vehicle, and nothing differs."""
    write_mission(mission, tmp_path / "m.waypoints")
    write_mission(mission, tmp_path / "m.plan")
    known = identity(mission)
    assert re.fullmatch("[0-9a-f]{12}", known)
    for other in (read_mission(tmp_path / "m.waypoints"), read_mission(tmp_path / "m.plan"), in_vehicle(mission)):
        assert differences(mission, other) == () and identity(other) == known


@settings(max_examples=200)
@given(items())
def test_storage_changes_a_thing_only_once(item: MissionItem) -> None:
    """What was read back and sent again is read back the same."""
    once = as_stored(item)
    assert repr(as_stored(once)) == repr(once)


@given(st.floats(-8000, 8000, width=32))
def test_a_stored_altitude_is_near(metres: float) -> None:
    """An altitude loses a centimetre a trip at most until it settles, and settles the same from either end."""
    kept = single(stored_cm(metres) * single(0.01))
    assert abs(kept - metres) < 0.0101
    assert settled_altitude(kept) == settled_altitude(metres)


@given(st.integers(-800_000, 1_200_000))
def test_a_compiled_altitude_is_kept(centimetres: int) -> None:
    """An altitude that Qyran compiles is kept to the centimetre."""
    assert stored_cm(storable_altitude(centimetres / 100)) == centimetres


MISSION = compiled()
FIRST = 3
"""The first waypoint of it."""


def changed(index: int, **changes: object) -> Mission:
    rows = list(MISSION.items)
    rows[index] = replace(rows[index], **changes)  # type: ignore[arg-type]
    return replace(MISSION, items=tuple(rows))


POINT = MISSION.items[FIRST]
POLYGON = MISSION.fence.polygons[0]
SPEED, CAMERA = 2, 4


@pytest.mark.parametrize(
    ("found", "part", "index", "sentence"),
    [
        (changed(FIRST, x=POINT.x + 100), Part.MISSION, 3, "Item 3 (waypoint) lies 1.11 m away from its place."),
        (changed(FIRST, z=61.0), Part.MISSION, 3, "Item 3 (waypoint) is at 61.00 m, planned 60.00 m."),
        (changed(FIRST, z=60.02), Part.MISSION, 3, "Item 3 (waypoint) is at 60.02 m, planned 60.00 m."),
        (
            changed(FIRST, frame=Frame.GLOBAL),
            *(Part.MISSION, 3, "Item 3 (waypoint) has its altitude above sea level, planned above home."),
        ),
        (changed(FIRST, params=(5.0, 0, 0, 0)), Part.MISSION, 3, "Item 3 (waypoint) holds for 5 s, planned 0 s."),
        (
            changed(SPEED, params=(1.0, 8.0, -1.0, 0.0)),
            *(Part.MISSION, 2, "Item 2 (change speed) sets 8 m/s, planned 10 m/s."),
        ),
        (
            changed(SPEED, params=(0.0, 10.0, -1.0, 0.0)),
            *(Part.MISSION, 2, "Item 2 (change speed) has 0 as parameter 1, planned 1."),
        ),
        (
            changed(CAMERA, params=(0.0, 0, 1.0, 0)),
            *(Part.MISSION, 4, "Item 4 (camera trigger distance) triggers every 0 m, planned 20 m."),
        ),
        (
            changed(FIRST, command=21),
            *(Part.MISSION, 3, "Item 3 (waypoint) is a land there."),
        ),
        (
            replace(MISSION, items=(*MISSION.items[:FIRST], *MISSION.items[FIRST + 1 :])),
            *(Part.MISSION, 3, "Item 3 (waypoint) is missing."),
        ),
        (
            replace(MISSION, items=(*MISSION.items, MissionItem(20))),
            *(Part.MISSION, 13, "Item 13 (return to launch) was not planned."),
        ),
        (
            replace(MISSION, fence=Fence()),
            *(Part.FENCE, None, "The fence has 0 polygons; planned were 2."),
        ),
        (
            replace(MISSION, fence=Fence((replace(POLYGON, inclusion=False), MISSION.fence.polygons[1]))),
            *(Part.FENCE, 0, "Fence polygon 0 keeps the vehicle outside, planned inside."),
        ),
        (
            replace(MISSION, fence=Fence((FencePolygon(POLYGON.vertices[1:], True), MISSION.fence.polygons[1]))),
            *(Part.FENCE, 0, "Fence polygon 0 has 3 vertices, planned 4."),
        ),
        (
            replace(MISSION, fence=Fence(MISSION.fence.polygons, (FenceCircle(LonLat(76, 43), 9.0, False),))),
            *(Part.FENCE, None, "The fence has 1 circles; planned were 0."),
        ),
        (
            replace(MISSION, fence=replace(MISSION.fence, return_point=LonLat(76, 43))),
            *(Part.FENCE, None, "The fence's return point is another one."),
        ),
        (replace(MISSION, rally=()), Part.RALLY, None, "There are 0 rally points; planned were 1."),
        (
            replace(MISSION, rally=(RallyPoint(MISSION.rally[0].position, 31.0),)),
            *(Part.RALLY, 0, "Rally point 0 is at 31 m above home, planned 30 m."),
        ),
        (
            replace(MISSION, rally=(RallyPoint(at(-50, -40), 30.0),)),
            *(Part.RALLY, 0, "Rally point 0 lies 10.00 m away from its place."),
        ),
    ],
)
def test_a_difference_is_said_in_words(found: Mission, part: Part, index: int | None, sentence: str) -> None:
    """A person reads which item is wrong and how, and it is not "loaded"."""
    told = differences(MISSION, found)
    first = next(d for d in told if d.index is not None or index is None)
    assert (first.part, first.index, str(first)) == (part, index, sentence)
    assert identity(found) != identity(MISSION)


def test_an_item_in_between_is_one_difference() -> None:
    """An item too many does not make all the items after it wrong."""
    found = replace(MISSION, items=(*MISSION.items[:5], MissionItem(93, params=(9.0, 0, 0, 0)), *MISSION.items[5:]))
    assert [str(d) for d in differences(MISSION, found)] == [
        "There are 13 items after home; planned were 12.",
        "Item 5 (delay) was not planned.",
    ]


@pytest.mark.parametrize(
    ("radius_m", "found_m", "same"), [(25.0, 25.0005, True), (25.0004, 25.0, True), (25.5, 25.0, False)]
)
def test_a_circle_may_be_stored_as_whole_metres(radius_m: float, found_m: float, same: bool) -> None:
    """ArduPilot rounds a radius within a millimetre of whole metres."""
    one, other = (
        Mission((POINT,), Fence(circles=(FenceCircle(LonLat(76, 43), r, True),))) for r in (radius_m, found_m)
    )
    assert (differences(one, other) == ()) is same


def test_a_yaw_left_open_is_no_difference() -> None:
    """NaN, "leave the yaw as it is", is not kept by a copter."""
    assert differences(MISSION, changed(FIRST, params=(0.0, 3.0, 0.0, math.nan))) == ()


def test_long_missions_compare_at_once() -> None:
    """Two quite different missions of 3,000 items are compared while one waits."""
    many = tuple(MissionItem(16, 3, x=i, y=i, z=10.0) for i in range(3000))
    told = differences(Mission((POINT, *many)), Mission((POINT, *many[::2])))
    assert len(told) == 1501
