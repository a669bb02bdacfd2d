"""What each kind of vehicle does of a mission, and missions compiled for each."""

from __future__ import annotations

import math
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from mission_plans import plan

from missions.commands import NAMES
from missions.compare import differences, identity
from missions.compile import compile_sortie
from missions.items import Mission, MissionItem
from missions.storage import as_stored
from missions.support import DONE, check_supported, unsupported
from planner.errors import FileFormatError
from planner.plan import Plan
from planner.vehicles import VehicleKind

SOURCES = Path(os.environ.get("QYRAN_ARDUPILOT", Path(__file__).resolve().parents[3] / "ardupilot"))
HOME = MissionItem(16, 0, x=432000000, y=769000000)
PLACE = MissionItem(16, 3, x=432000000, y=769000000, z=60.0)
KINDS = list(VehicleKind)

HANDLERS = {
    VehicleKind.COPTER: ("ArduCopter/mode_auto.cpp", "bool ModeAuto::start_command("),
    VehicleKind.PLANE: ("ArduPlane/commands_logic.cpp", "bool Plane::start_command("),
    VehicleKind.QUADPLANE: ("ArduPlane/commands_logic.cpp", "bool Plane::start_command("),
    VehicleKind.ROVER: ("Rover/mode_auto.cpp", "bool ModeAuto::start_command("),
}
ONLY_QUADPLANE = {84, 85, 94, 3000}
"""In ArduPlane, what it does with ``HAL_QUADPLANE_ENABLED`` and its quadplane set up."""


def body(file: str, start: str) -> str:
    text = (SOURCES / file).read_text(encoding="utf-8", errors="replace")
    return text[text.index(start) :].split("\n}", 1)[0]


def numbers(names: set[str]) -> set[int]:
    from pymavlink.dialects.v20 import ardupilotmega

    return {int(getattr(ardupilotmega, name)) for name in names}


@pytest.mark.skipif(not (SOURCES / "ArduCopter").is_dir(), reason="no ArduPilot sources: set QYRAN_ARDUPILOT")
@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_that_of_ardupilots_sources(kind: VehicleKind) -> None:
    """A command that a vehicle passes over would be uploaded, or one that it does be refused."""
    commands = re.compile(r"case (MAV_CMD_\w+):")
    mission = "libraries/AP_Mission/AP_Mission.cpp"
    common = body(mission, "bool AP_Mission::start_command(").split("switch (cmd.id)", 2)[2]
    stored = set(commands.findall(body(mission, "MAV_MISSION_RESULT AP_Mission::mavlink_int_to_mission_cmd(")))
    done = set(commands.findall(common)) | set(commands.findall(body(*HANDLERS[kind])))
    done |= {"MAV_CMD_DO_JUMP", "MAV_CMD_DO_JUMP_TAG", "MAV_CMD_JUMP_TAG"}
    wanted = numbers(done & stored)
    if kind is VehicleKind.PLANE:
        wanted -= ONLY_QUADPLANE
    assert sorted(DONE[kind] ^ wanted) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_vehicle_passes_over_is_refused_by_item_and_kind(kind: VehicleKind) -> None:
    """A vehicle would fly on over an item with no more than a line in its log."""
    for command in sorted(set(NAMES) - {177, 600, 601}):
        item = replace(PLACE, command=command)
        found = unsupported(Mission((HOME, PLACE, item)), kind)
        assert [each.index for each in found] == ([] if command in DONE[kind] else [2]), command
        for each in found:
            assert kind.value in str(each) and str(each).startswith("Item 2 (") and each.mend


FAULTS: list[tuple[str, VehicleKind, MissionItem, str]] = [
    ("a stay of a plane", VehicleKind.PLANE, replace(PLACE, params=(9.0, 0, 0, 0)), "does not stay 9 s"),
    ("a stay of a quadplane", VehicleKind.QUADPLANE, replace(PLACE, params=(9.0, 0, 0, 0)), "loiter time (19)"),
    ("256 turns", VehicleKind.COPTER, replace(PLACE, command=18, params=(256.0, 0, 0, 0)), "up to 255 turns"),
    ("turn and a half", VehicleKind.ROVER, replace(PLACE, command=18, params=(1.5, 0, 0, 0)), "whole turns"),
    ("a wide circle", VehicleKind.PLANE, replace(PLACE, command=18, params=(1, 0, -2600.0, 0)), "up to 2550 m"),
    ("a day's wait", VehicleKind.COPTER, replace(PLACE, command=19, params=(86_400.0, 0, 0, 0)), "up to 65,535 s"),
    ("a climb speed of a plane", VehicleKind.PLANE, MissionItem(178, params=(2.0, 3.0, 0, 0)), "no kind of speed 2"),
    ("an endless speed", VehicleKind.COPTER, MissionItem(178, params=(1.0, math.inf, 0, 0)), "no speed"),
    ("pictures backwards", VehicleKind.COPTER, MissionItem(206, params=(-1.0, 0, 0, 0)), "cannot be -1 m apart"),
    ("an open parameter", VehicleKind.COPTER, MissionItem(206, params=(1.0, math.nan, 0, 0)), "Parameter 2 is left"),
    ("a local frame", VehicleKind.ROVER, replace(PLACE, frame=1), "knows no frame 1"),
    ("a jump home", VehicleKind.COPTER, MissionItem(177, params=(0.0, 1.0, 0, 0)), "jumps to item 0"),
    ("a jump beyond", VehicleKind.COPTER, MissionItem(177, params=(3.0, 1.0, 0, 0)), "jumps to item 3"),
    ("half a jump", VehicleKind.COPTER, MissionItem(177, params=(1.5, 1.0, 0, 0)), "jumps to item 1.5"),
    ("a jump to NaN", VehicleKind.COPTER, MissionItem(177, params=(math.nan, 1.0, 0, 0)), "left open"),
    ("too many rounds", VehicleKind.COPTER, MissionItem(177, params=(1.0, 40_000.0, 0, 0)), "40000 times"),
    ("a jump to no tag", VehicleKind.COPTER, MissionItem(601, params=(7.0, 1.0, 0, 0)), "tag 7"),
]


@pytest.mark.parametrize(("kind", "item", "words"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_what_a_vehicle_drops_of_an_item_is_refused(kind: VehicleKind, item: MissionItem, words: str) -> None:
    """A stay, a turn or a speed would be left out in flight."""
    mission = Mission((HOME, PLACE, item))
    assert words in " ".join(map(str, unsupported(mission, kind)))
    with pytest.raises(FileFormatError) as caught:
        check_supported(mission, kind)
    assert str(caught.value.about).startswith("item 2")


def test_one_jump_too_many_is_refused() -> None:
    """The autopilot would fly on where it has stopped counting."""
    jumps = [MissionItem(177, params=(1.0, 1.0, 0, 0))] * 101
    (found,) = unsupported(Mission((HOME, PLACE, *jumps)), VehicleKind.COPTER)
    assert found.index == 102
    assert not unsupported(Mission((HOME, PLACE, *jumps[:-1])), VehicleKind.COPTER)


def plan_for(kind: VehicleKind) -> Plan:
    made = plan()
    return replace(made, patrol=replace(made.patrol, vehicle=replace(made.patrol.vehicle, kind=kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sortie_is_compiled_so_that_its_vehicle_does_all_of_it(kind: VehicleKind) -> None:
    """A plane would be told to hover, a rover to take off."""
    made = plan_for(kind)
    sortie = made.sorties[0]
    first = replace(sortie.route.waypoints[1], hold_s=7.5)
    route = replace(sortie.route, waypoints=(sortie.route.waypoints[0], first, *sortie.route.waypoints[2:]))
    mission = compile_sortie(made, replace(sortie, route=route))
    assert unsupported(mission, kind) == ()
    commands = [item.command for item in mission.items]
    takeoff = {VehicleKind.COPTER: 22, VehicleKind.PLANE: 22, VehicleKind.QUADPLANE: 84}.get(kind)
    assert [command for command in commands if command in (22, 84)] == ([takeoff] if takeoff else [])
    assert commands[-1] == (85 if kind is VehicleKind.QUADPLANE else 20)
    stays = [item for item in mission.items if item.params[0] == 8.0 and item.command in (16, 19)]
    assert [item.command for item in stays] == [16 if kind.hovers else 19]
    speeds = {item.params[0] for item in mission.items if item.command == 178}
    assert speeds == ({1.0} if kind.hovers else {0.0})


def test_a_plane_keeps_other_parameters_of_a_waypoint() -> None:
    """A mission read back from a plane would seem changed, or a changed one equal."""
    item = replace(PLACE, params=(9.0, 30.7, 300.0, 0.0))
    assert as_stored(item).params == (9.0, 0.0, 0.0, 0.0)
    assert as_stored(item, VehicleKind.PLANE).params == (0.0, 30.0, 255.0, 0.0)
    one, other = Mission((HOME, item)), Mission((HOME, replace(item, params=(9.0, 12.0, 255.0, 0.0))))
    assert differences(one, other) == () and identity(one) == identity(other)
    (found,) = differences(one, other, VehicleKind.PLANE)
    assert "has 12 as parameter 2, planned 30" in found.sentence
    assert identity(one, VehicleKind.PLANE) != identity(other, VehicleKind.PLANE)
