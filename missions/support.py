"""What ArduPilot's copter, plane, quadplane and rover do of a mission; what they would pass over is refused before.

An autopilot takes items into its storage that its vehicle then passes over in flight with a word in its log ("Skipping
invalid cmd"). The table is that of ``start_command`` in ArduCopter/mode_auto.cpp, ArduPlane/commands_logic.cpp and
Rover/mode_auto.cpp, with what ``AP_Mission::start_command`` does for all of them (4.6.3); a test compares it with these
sources where they are at hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from missions.commands import GLOBE, has_place, may_be_nan, name_of
from missions.items import Command, Frame, Mission, MissionItem
from planner.errors import FileFormatError
from planner.vehicles import VehicleKind

MOST_JUMPS = 100
"""``AP_MISSION_MAX_NUM_DO_JUMP_COMMANDS`` of boards with 500 kB of memory and more; smaller ones count 15."""

MOST_JUMP_TIMES = 32_767

ALL = frozenset(
    (
        *(16, 17, 18, 19, 20, 93, 112, 114, 177, 178, 179, 181, 182, 183, 184, 195, 197, 201, 202, 203, 206, 207, 208),
        *(211, 215, 216, 217, 218, 531, 532, 534, 600, 601, 1000, 2000, 2001, 2500, 2501, 42702),
    )
)
"""Commands that each of them does."""

DONE: dict[VehicleKind, frozenset[int]] = {
    VehicleKind.COPTER: ALL | {21, 22, 31, 82, 84, 85, 92, 94, 115, 188, 189, 205, 222, 42600, 42703},
    VehicleKind.PLANE: ALL | {21, 22, 30, 31, 83, 188, 189, 205, 210, 212, 223},
    VehicleKind.QUADPLANE: ALL | {21, 22, 30, 31, 83, 84, 85, 94, 188, 189, 205, 210, 212, 223, 3000},
    VehicleKind.ROVER: ALL | {92, 194, 213, 222},
}


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An item that a vehicle would not do as it says; ``index`` counts from home, 0."""

    index: int
    item: MissionItem
    sentence: str
    mend: str

    def __str__(self) -> str:
        return f"Item {self.index} ({name_of(self.item)}): {self.sentence} {self.mend}".rstrip()


def unsupported(mission: Mission, kind: VehicleKind) -> tuple[Unsupported, ...]:
    """The items that this kind of vehicle would pass over, do only in part, or refuse to take."""
    return tuple(_unsupported(mission, kind))


def check_supported(mission: Mission, kind: VehicleKind) -> None:
    """Raise ``FileFormatError`` naming item and vehicle where a mission has such an item."""
    found = unsupported(mission, kind)
    if found:
        first = found[0]
        more = f" ({len(found) - 1} more items like that)" if len(found) > 1 else ""
        raise FileFormatError(
            f"{first.sentence}{more}", about=f"item {first.index} ({name_of(first.item)})", mend=first.mend or None
        )


def _unsupported(mission: Mission, kind: VehicleKind) -> Iterator[Unsupported]:
    tags = {item.params[0] for item in mission.items if item.command == Command.JUMP_TAG}
    jumps = 0
    for index, item in enumerate(mission.items[1:], 1):
        if item.command not in DONE[kind]:
            yield Unsupported(index, item, f"A {kind.value} does not do this.", _instead(item.command, kind))
            continue
        if has_place(item.command) and item.frame not in GLOBE and item.frame != Frame.MISSION:
            yield Unsupported(index, item, f"A {kind.value} knows no frame {item.frame}.", "Use 0, 3 or 10.")
        for number, value in enumerate(item.params, 1):
            if math.isnan(value) and not may_be_nan(item.command, number - 1):
                yield Unsupported(index, item, f"Parameter {number} is left open, which ArduPilot refuses.", "Write 0.")
        for sentence, mend in _faults(item, kind):
            yield Unsupported(index, item, sentence, mend)
        if item.command in (Command.DO_JUMP, Command.DO_JUMP_TAG):
            jumps += 1
            yield from _jump_faults(index, item, len(mission.items), tags)
            if jumps == MOST_JUMPS + 1:
                yield Unsupported(index, item, f"An autopilot counts {MOST_JUMPS} jumps, and this is one more.", "")


def _jump_faults(index: int, item: MissionItem, count: int, tags: set[float]) -> Iterator[Unsupported]:
    target, times = item.params[0], item.params[1]
    if item.command == Command.DO_JUMP and not (1 <= target < count and target == int(target)):
        yield Unsupported(
            index, item, f"It jumps to item {target:g}, and there is none.", "Jump to an item after home."
        )
    if item.command == Command.DO_JUMP_TAG and target not in tags:
        yield Unsupported(index, item, f"It jumps to tag {target:g}, and there is none.", "Put a jump tag there.")
    if not -1 <= times <= MOST_JUMP_TIMES:
        yield Unsupported(index, item, f"It cannot jump {times:g} times.", f"Up to {MOST_JUMP_TIMES}; -1 is for ever.")


def _instead(command: int, kind: VehicleKind) -> str:
    """What to put in its place."""
    if command in range(5000, 5101):
        return "Put it into the fence or rally list."
    return _INSTEAD.get((command, kind)) or _INSTEAD.get((command, None)) or "Leave it out."


_PLANE, _QUAD, _ROVER, _COPTER = VehicleKind.PLANE, VehicleKind.QUADPLANE, VehicleKind.ROVER, VehicleKind.COPTER
_INSTEAD: dict[tuple[int, VehicleKind | None], str] = {
    (22, _ROVER): "Leave it out: a rover starts where it stands.",
    (84, _ROVER): "Leave it out: a rover starts where it stands.",
    (84, _PLANE): "Use a take-off (22).",
    (85, _PLANE): "Use a land (21).",
    (21, _ROVER): "Use a return to launch (20).",
    (85, _ROVER): "Use a return to launch (20).",
    (82, None): "Use waypoints (16).",
    (31, _ROVER): "Use a loiter time (19).",
    (115, None): "Only a copter turns its nose without flying there.",
    (205, _ROVER): "Use a gimbal pitch and yaw (1000).",
    (214, None): "Use a camera trigger distance (206), or start taking pictures (2000).",
    (196, None): "Use a region of interest at a place (195).",
    (80, None): "Use a region of interest at a place (195).",
    (30, _COPTER): "Use a waypoint at that altitude.",
    (3000, None): "Only a quadplane changes between hovering and flying.",
}


def _faults(item: MissionItem, kind: VehicleKind) -> Iterator[tuple[str, str]]:
    """What a vehicle drops of a command that it does."""
    check = _CHECKS.get(item.command)
    if check is not None:
        yield from check(item, kind)


Faults = Iterator[tuple[str, str]]


def _waypoint(item: MissionItem, kind: VehicleKind) -> Faults:
    if kind in (_PLANE, _QUAD) and item.params[0] > 0:
        yield f"A {kind.value} does not stay {item.params[0]:g} s at a waypoint.", "Use a loiter time (19)."


def _turns(item: MissionItem, _kind: VehicleKind) -> Faults:
    turns, radius = item.params[0], abs(item.params[2])
    if turns > 255:
        yield f"An autopilot counts up to 255 turns, not {turns:g}.", "Put two of them."
    if turns > 1 and turns % 1:
        yield f"An autopilot counts whole turns, not {turns:g}.", "Put whole turns and a part below one."
    if radius > 2550:
        yield f"An autopilot keeps radii up to 2550 m, not {radius:g} m.", "Make the circle smaller."


def _delay(item: MissionItem, _kind: VehicleKind) -> Faults:
    if not item.params[0] <= 65_535:
        yield f"An autopilot waits up to 65,535 s, not {item.params[0]:g} s.", "Put two of them."


def _speed(item: MissionItem, kind: VehicleKind) -> Faults:
    what = item.params[0]
    known = (0, 1, 2, 3) if kind is _COPTER else (0, 1)
    if kind is not _ROVER and what not in known:
        yield f"A {kind.value} knows no kind of speed {what:g}.", "0 is through the air, 1 over the ground."
    if not (math.isfinite(item.params[1]) and item.params[1] < 1000):
        yield f"{item.params[1]:g} m/s is no speed.", "Give metres a second."


def _trigger(item: MissionItem, _kind: VehicleKind) -> Faults:
    if not item.params[0] >= 0:
        yield f"Pictures cannot be {item.params[0]:g} m apart.", "0 switches them off."


_CHECKS: dict[int, Callable[[MissionItem, VehicleKind], Faults]] = {
    int(Command.NAV_WAYPOINT): _waypoint,
    int(Command.NAV_LOITER_TURNS): _turns,
    int(Command.NAV_LOITER_TIME): _delay,
    int(Command.DO_CHANGE_SPEED): _speed,
    int(Command.DO_SET_CAM_TRIGG_DIST): _trigger,
}
