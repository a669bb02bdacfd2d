"""Missions that a vehicle cannot hold: laps as jumps, parts that are safe by themselves, never a truncated one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from missions.compare import differences
from missions.contents import Contents
from missions.convert import converted
from missions.files import read_mission
from missions.items import Fence, FencePolygon, Mission, MissionItem, RallyPoint
from missions.jumps import with_jumps
from missions.parts import fitted, next_part
from missions.route import route_of
from missions.support import unsupported
from planner.errors import PlanError
from planner.quantities import LonLat
from planner.vehicles import VehicleKind

HOME = MissionItem(16, 0, x=432000000, y=769000000)
TAKEOFF = MissionItem(22, 3, z=30.0)
RETURN = MissionItem(20, 2)
MOST = 650


def at(north: int, east: int, z: float = 60.0) -> MissionItem:
    return MissionItem(16, 3, x=432000000 + north, y=769000000 + east, z=z)


def trigger(metres: float) -> MissionItem:
    return MissionItem(206, params=(metres, 0.0, 1.0 if metres else 0.0, 0.0))


def speed(mps: float) -> MissionItem:
    return MissionItem(178, params=(1.0, mps, -1.0, 0.0))


def ring(half_e7: int) -> FencePolygon:
    corners = ((-1, -1), (-1, 1), (1, 1), (1, -1))
    return FencePolygon(
        tuple(LonLat(76.9 + east * half_e7 / 1e7, 43.2 + north * half_e7 / 1e7) for north, east in corners),
        inclusion=True,
    )


def lanes(count: int) -> Mission:
    """A sweep of lanes, each with the camera on: 4 items a lane, home, take-off, speed and return."""
    items = [HOME, TAKEOFF, speed(8.0)]
    for lane in range(count):
        ends = (0, 20_000) if lane % 2 == 0 else (20_000, 0)
        items += [at(lane * 100, ends[0]), trigger(12.0), at(lane * 100, ends[1]), trigger(0.0)]
    return Mission((*items, RETURN), Fence((ring(100_000),)), (RallyPoint(LonLat(76.9, 43.2), 30.0),))


def laps(times: int, around: int = 9) -> Mission:
    round_trip = [item for k in range(around) for item in (speed(5.0 + k % 2), at(1000 * k, 1000 * (k % 3)))]
    return Mission((HOME, TAKEOFF, at(0, 0), *round_trip * times, at(0, 0), RETURN))


def flown(items: tuple[MissionItem, ...]) -> list[str]:
    """The items in the order they run."""
    taken: dict[int, int] = {}
    index, order = 1, []
    while index < len(items):
        item = items[index]
        if item.command == 177 and taken.get(index, 0) < item.params[1]:
            taken[index] = taken.get(index, 0) + 1
            index = int(item.params[0])
            continue
        if item.command != 177:
            order.append(repr(item))
        index += 1
    return order


def test_laps_become_a_jump() -> None:
    """A shift of laps would need more batteries, or not fit into the vehicle at all."""
    mission = laps(83)
    assert len(mission.items) == 1499
    (made,) = fitted(mission, MOST)
    assert len(made.items) == 1499 - 82 * 18 + 1
    assert flown(made.items) == flown(mission.items)
    assert unsupported(made, VehicleKind.COPTER) == ()
    assert route_of(made, 5.0).waypoints == route_of(mission, 5.0).waypoints


ITEMS = st.sampled_from([at(1, 1), at(2, 2), speed(3.0), speed(4.0), trigger(5.0)])
BLOCKS = st.lists(st.tuples(st.lists(ITEMS, min_size=1, max_size=4), st.integers(1, 6)), max_size=6)


@settings(max_examples=120, deadline=None)
@given(BLOCKS, st.booleans(), st.integers(2, 40))
def test_a_folded_mission_flies_the_same(blocks: list[tuple[list[MissionItem], int]], jumps: bool, most: int) -> None:
    """A lap too few or too many, or a jump into another lap."""
    items = [HOME, TAKEOFF, *(item for block, times in blocks for item in block * times)]
    if jumps:
        items += [MissionItem(177, params=(float(len(items) // 2 or 1), 2.0, 0.0, 0.0)), at(9, 9)]
    items += [at(7, 7), RETURN]
    made = with_jumps(items, most)
    assert flown(made) == flown(tuple(items))
    assert len(made) <= len(items)
    assert all(1 <= item.params[0] < index for index, item in enumerate(made) if item.command == 177 and index)


def states(items: tuple[MissionItem, ...]) -> Iterator[tuple[tuple[int, int], float, float]]:
    """Each leg flown with the camera on: where it ends, the speed and the trigger distance on it."""
    pace, distance = math.nan, 0.0
    for item in items[1:]:
        if item.command == 178:
            pace = item.params[1]
        elif item.command == 206:
            distance = item.params[0]
        elif item.command == 16 and distance:
            yield (item.x, item.y), pace, distance


def test_a_long_mission_is_cut_into_parts_that_are_safe_by_themselves() -> None:
    """A part would end in the air with the camera on, or leave a lane out."""
    mission = lanes(374)
    assert len(mission.items) == 1500
    parts = fitted(mission, MOST)
    assert [len(part.items) for part in parts] == [649, 649, 212]
    for part in parts:
        assert part.items[0] == HOME and part.items[1] == TAKEOFF and part.items[-1] == RETURN
        assert (part.fence, part.rally) == (mission.fence, mission.rally)
        assert unsupported(part, VehicleKind.COPTER) == ()
        triggers = [item.params[0] for item in part.items if item.command == 206]
        assert triggers[-1] == 0.0
    assert [leg for part in parts for leg in states(part.items)] == list(states(mission.items))


LASTING = {178: "speed", 206: "trigger", 195: "aim", 197: "aim", 1000: "gimbal"}
WAYS = st.builds(
    lambda n, e, z: at(n, e, float(z)), st.integers(1, 90_000), st.integers(1, 90_000), st.integers(10, 90)
)
DOES = st.sampled_from(
    [
        *(speed(3.0), speed(9.0), trigger(5.0), trigger(0.0), MissionItem(197, 2)),
        *(MissionItem(195, 3, x=432000900, y=769000900), MissionItem(1000, 2, (-60.0, 0.0, 0.0, 0.0))),
        *(
            MissionItem(93, 2, (4.0, 0.0, 0.0, 0.0)),
            MissionItem(18, 3, (2.0, 0.0, 9.0, 0.0), 432000700, 769000700, 30.0),
        ),
    ]
)
OFF = {"trigger": MissionItem(206, 0), "aim": MissionItem(197, 0)}


def doings(items: tuple[MissionItem, ...]) -> list[tuple[str, str]]:
    """Every navigation item after the take-off, and all that is set while it is flown."""
    lasting: dict[str, str] = {what: repr(item) for what, item in OFF.items()}
    done = []
    for item in items[2:]:
        if item.command in LASTING:
            lasting[LASTING[item.command]] = repr(replace(item, frame=0, params=(*item.params[:2], 0.0, 0.0)))
        elif item.command != 20:
            done.append((repr(item), str(sorted(lasting.items()))))
    return done


@settings(max_examples=30, deadline=None)
@given(st.lists(WAYS | DOES, min_size=60, max_size=160), st.integers(50, 70))
def test_parts_together_do_what_the_whole_does(middle: list[MissionItem], most: int) -> None:
    """A stay, a turn or a picture would be left out, done twice or done with another speed, aim or camera."""
    mission = Mission((HOME, TAKEOFF, *middle, RETURN))
    try:
        parts = fitted(mission, most)
    except PlanError as error:
        assert "no place after" in str(error)
        return
    assert all(len(part.items) <= most and part.items[-1] == RETURN for part in parts)
    together = []
    for number, part in enumerate(parts):
        flown_now = doings(part.items)
        together += flown_now[1:] if number else flown_now
    assert together == doings(mission.items) or any(item.command == 177 for part in parts for item in part.items)


def test_a_lane_is_cut_only_where_it_must_be_and_goes_on_at_that_place() -> None:
    """With the camera always on, pictures of a strip would be missing between two parts."""
    mission = Mission((HOME, TAKEOFF, speed(8.0), at(0, 0), trigger(10.0), *(at(k, 1) for k in range(1, 200)), RETURN))
    parts = fitted(mission, 100)
    seen = [leg for part in parts for leg in states(part.items)]
    assert seen == list(states(mission.items))
    for before, after in pairwise(parts):
        last = [item for item in before.items if item.command == 16][-1]
        assert before.items[-2:] == (trigger(0.0), RETURN)
        assert [item.command for item in after.items[1:5]] == [22, 178, 16, 206]
        assert (after.items[3].x, after.items[3].y, after.items[3].z) == (last.x, last.y, last.z)


def test_no_part_begins_or_ends_with_a_way_through_the_fence() -> None:
    """On its way to where it goes on, the vehicle would be stopped by its own fence."""
    corners = (LonLat(76.9001, 43.2009), LonLat(76.91, 43.2009), LonLat(76.91, 43.201), LonLat(76.9001, 43.201))
    wall = FencePolygon(corners, inclusion=False)
    mission = replace(lanes(374), fence=Fence((ring(100_000), wall)))
    parts = fitted(mission, MOST)
    for part in parts[1:]:
        first = next(item for item in part.items[2:] if item.command == 16)
        assert first.x < 432009000 or first.y <= 769001000
    shut = replace(mission, fence=Fence((ring(100),)))
    with pytest.raises(PlanError, match="no place after item"):
        fitted(shut, MOST)


JUMPING = Mission((*lanes(374).items, MissionItem(177, params=(3.0, 1.0, 0.0, 0.0))))
SPEEDS = Mission((HOME, TAKEOFF, *(speed(float(k)) for k in range(700)), RETURN))
CAMERA = MissionItem(2000, params=(0.0, 2.0, 0.0, 0.0))
AIM = MissionItem(195, 3, x=432000500, y=769000500)


def test_aim_pictures_and_servos_are_set_again() -> None:
    """The second part would look elsewhere, or take no pictures."""
    servo = MissionItem(183, params=(9.0, 1500.0, 0.0, 0.0))
    items = (HOME, TAKEOFF, servo, AIM, CAMERA, speed(4.0), *(at(k, 1) for k in range(1, 90)), RETURN)
    first, second = fitted(Mission(items), 60)
    assert [item.command for item in first.items[-3:]] == [197, 2001, 20]
    assert [item.command for item in second.items[:7]] == [16, 22, 178, 16, 183, 195, 2000]


@pytest.mark.parametrize(
    ("mission", "kind", "words"),
    [
        (lanes(374), VehicleKind.PLANE, "plane does not come down"),
        (Mission((HOME, *lanes(374).items[2:])), VehicleKind.COPTER, "no take-off"),
        (JUMPING, VehicleKind.COPTER, "Item 1500 jumps"),
        (SPEEDS, VehicleKind.COPTER, "no place after item"),
    ],
)
def test_what_cannot_be_cut_is_refused(mission: Mission, kind: VehicleKind, words: str) -> None:
    """A truncated mission, or one that cannot start, would be flown."""
    with pytest.raises(PlanError, match=words) as caught:
        fitted(mission, MOST, kind)
    assert "650 items" in str(caught.value)


def test_other_vehicles_get_parts_of_their_own_kind() -> None:
    """A quadplane would take off like a copter, a rover would be told to take off."""
    rover = Mission((HOME, *(at(k, 1) for k in range(1, 90)), RETURN))
    assert [part.items[1].command for part in fitted(rover, 60, VehicleKind.ROVER)] == [16, 16]
    landing = MissionItem(85, 3, x=HOME.x, y=HOME.y)
    quad = Mission((HOME, replace(TAKEOFF, command=84), *(at(k, 1) for k in range(1, 90)), landing))
    assert [(part.items[1].command, part.items[-1]) for part in fitted(quad, 60, VehicleKind.QUADPLANE)] == [
        (84, landing)
    ] * 2


def test_the_next_part_is_found(tmp_path: Path) -> None:
    """After a landing, a pilot would have to guess which file comes next."""
    for number in (1, 2):
        (tmp_path / f"night-{number}of2.plan").touch()
    assert next_part(tmp_path / "night-1of2.plan") == tmp_path / "night-2of2.plan"
    assert next_part(tmp_path / "night-2of2.plan") is None
    assert next_part(tmp_path / "night.plan") is None


def written_parts(folder: Path) -> list[Mission]:
    """The parts of a mission of 1,500 items, by way of files."""
    for number, part in enumerate(fitted(lanes(374), MOST), 1):
        for place, text in converted(Contents(part), folder / f"m-{number}of3.waypoints", "m").files:
            place.write_text(str(text))
    return [read_mission(folder / f"m-{number}of3.waypoints") for number in (1, 2, 3)]


def check_loading(vehicle: object, folder: Path) -> None:
    """Each part is taken and read back equal, the laps too; the whole is refused and leaves no stump."""
    from planner.errors import TransferError
    from telemetry import Vehicle, download, load

    assert isinstance(vehicle, Vehicle)
    for part in written_parts(folder):
        report = load(vehicle, part)
        assert report.mission_items == len(part.items)
    (folded,) = fitted(laps(83), MOST)
    load(vehicle, folded)
    with pytest.raises(TransferError):
        load(vehicle, lanes(374))
    left = download(vehicle)
    assert len(left.items) <= 1 or differences(left, folded) == ()


def test_1500_items_go_into_the_embedded_simulator_in_parts(tmp_path: Path) -> None:
    """A large area planned as one mission could not be flown, or only its beginning would be."""
    from sim import Simulator, SimulatorSettings
    from telemetry import Vehicle

    with (
        Simulator(SimulatorSettings(port=0, speedup=10.0)) as simulator,
        Vehicle.connect(simulator.addresses[0].address) as vehicle,
    ):
        check_loading(vehicle, tmp_path)


@pytest.mark.sitl
@pytest.mark.timeout(120)
def test_1500_items_go_into_ardupilot_in_parts(tmp_path: Path) -> None:
    """ArduPilot itself would refuse a part, or keep a stump of the whole."""
    from planner.errors import MissingPartError
    from sim.sitl import Sitl, SitlSettings, find_sitl
    from telemetry import Vehicle

    try:
        find_sitl()
    except MissingPartError as error:
        pytest.skip(f"no ArduPilot SITL here: {error.sentence}")
    with Sitl(SitlSettings(instance=110, speedup=20)) as sitl, Vehicle.connect(sitl.address) as vehicle:
        check_loading(vehicle, tmp_path)
