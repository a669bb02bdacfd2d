"""The mission and its order of execution, as ArduPilot's AP_Mission goes through it.

One navigation command is under way at a time. When it is done, the search for the next one starts the first do-command
it passes at once, then starts the navigation command; further do-commands before that navigation command run one after
another beside it. So a do-command behind a waypoint runs when that waypoint is reached.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from sim.storage import Item

MAX_ITEMS = 650
"""ArduCopter SITL 4.6 keeps this many, home included."""
MAX_JUMPS = 100
_JUMP_LOOPS = 64
_SEARCH_LOOPS = 255
NAV_TAKEOFF, NAV_LAND, DO_JUMP, DO_JUMP_TAG, TAG, NAV_DELAY = 22, 21, 177, 601, 600, 93

NAMES = {
    16: "WP", 17: "LoitUnlim", 18: "LoitTurns", 19: "LoitTime", 20: "RTL", 21: "Land", 22: "Takeoff",
    30: "ContinueAndChangeAlt", 31: "LoitAltitude", 82: "SplineWP", 83: "AltitudeWait", 84: "VTOLTakeoff",
    85: "VTOLLand", 92: "GuidedEnable", 93: "Delay", 94: "PayloadPlace", 112: "CondDelay", 114: "CondDist",
    115: "CondYaw", 177: "Jump", 178: "ChangeSpeed", 179: "SetHome", 181: "SetRelay", 182: "RepeatRelay",
    183: "SetServo", 184: "RepeatServo", 188: "ReturnPathStart", 189: "LandStart", 191: "Go Around",
    193: "PauseContinue", 195: "SetROILocation", 197: "SetROINone", 201: "SetROI", 202: "DigiCamCfg",
    203: "DigiCamCtrl", 205: "MountControl", 206: "SetCamTrigDst", 207: "FenceEnable", 208: "Parachute",
    210: "InvertedFlight", 211: "Gripper", 212: "AutoTuneEnable", 213: "SetYawSpd", 215: "SetRepeatDist",
    216: "Sprayer", 218: "AuxFunction", 222: "GuidedLimits", 223: "EngineControl", 600: "Tag", 601: "JumpToTag",
    1000: "GimbalPitchYaw", 2000: "ImageStartCapture", 2001: "ImageStopCapture",
}  # fmt: skip
"""What ArduPilot calls a command in its "Mission: 3 WP" texts."""


class MissionState(IntEnum):
    """Where the execution stands; numbers as AP_Mission's own."""

    STOPPED = 0
    RUNNING = 1
    COMPLETE = 2


class Executor(Protocol):
    """Who carries commands out."""

    def start_command(self, index: int, item: Item) -> bool:
        """Begin a command; False where it cannot be begun and is to be passed over."""

    def verify_command(self, index: int, item: Item) -> bool:
        """Whether the command is done."""

    def mission_complete(self) -> None:
        """There is no further command."""

    def jumped(self, index: int, times: int, of: int) -> None:
        """A DO_JUMP was taken."""


class Mission:
    """Items and their execution. ``items[0]`` stands for home and is never executed."""

    def __init__(self, executor: Executor) -> None:
        self.items: list[Item] = []
        self.state = MissionState.STOPPED
        self.changes = 0
        """Counts changes to the items."""
        self._executor = executor
        self._nav: tuple[int, Item] | None = None
        self._do: tuple[int, Item] | None = None
        self._nav_loaded = self._do_loaded = self._do_all_done = False
        self._jumps: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.items)

    @property
    def current(self) -> int:
        """The navigation command under way, 0 where there is none."""
        return 0 if self._nav is None else self._nav[0]

    @property
    def current_item(self) -> Item | None:
        """The navigation command under way."""
        return None if self._nav is None else self._nav[1]

    def truncate(self, count: int) -> None:
        """Drop items from ``count`` on."""
        if count < len(self.items):
            del self.items[count:]
            self.changes += 1

    def put(self, index: int, item: Item) -> bool:
        """Replace an item, or add one at the end; False where there is no place for it."""
        if index < len(self.items):
            self.items[index] = item
        elif index == len(self.items) and index < MAX_ITEMS:
            self.items.append(item)
        else:
            return False
        self.changes += 1
        return True

    def clear(self, armed: bool) -> bool:
        """Forget all items; refused while the vehicle flies them."""
        if armed and self.state is MissionState.RUNNING:
            return False
        self.truncate(0)
        self._nav = self._do = None
        self._nav_loaded = self._do_loaded = False
        self.state = MissionState.STOPPED
        return True

    def starts_with_takeoff(self, restart: bool) -> bool:
        """Whether the command to begin with is a take-off (delays may come before it)."""
        return self.takeoff_next(1 if restart or self._nav is None else self._nav[0])

    def takeoff_next(self, index: int) -> bool:
        """Whether the next navigation command from ``index`` on is a take-off."""
        for _ in range(16):
            found = self.next_navigation(index)
            if found is None:
                return False
            if found[1].command == NAV_TAKEOFF:
                return True
            if found[1].command != NAV_DELAY:
                return False
            index = found[0] + 1
        return False

    def start_or_resume(self, restart: bool) -> None:
        """Begin, or go on with the command that was broken off."""
        if restart or self.state is MissionState.COMPLETE or self._nav is None:
            self.start()
            return
        self.state = MissionState.RUNNING
        if self._nav[0] >= len(self.items):
            self.start()
            return
        do = self._do[0] if self._do_loaded and self._do is not None else None
        self.set_current(do if do is not None else self._nav[0])

    def start(self) -> None:
        """Begin at the first command, with all jumps untaken."""
        self.state = MissionState.RUNNING
        self.reset()
        if not self._advance():
            self._complete()

    def stop(self) -> None:
        """Leave the mission where it is, to be resumed."""
        if self.state is MissionState.RUNNING:
            self.state = MissionState.STOPPED

    def reset(self) -> None:
        """Back to before the first command, as after disarming."""
        self._nav = self._do = None
        self._nav_loaded = self._do_loaded = self._do_all_done = False
        self._jumps.clear()

    def set_current(self, index: int) -> bool:
        """Make ``index`` the command to execute; False where there is no such command."""
        if index >= len(self.items) or len(self.items) == 1:
            return False
        self._do = None
        self._do_loaded = self._do_all_done = self._nav_loaded = False
        if index == 0 or self.state is MissionState.COMPLETE:
            self._jumps.clear()
            index = max(index, 1)
        if self.state is not MissionState.RUNNING:
            return self._park_at(index)
        return self._advance(index)

    def _park_at(self, index: int) -> bool:
        found = self._next(index, count_jumps=True)
        while found is not None and not found[1].is_navigation:
            if not self._do_loaded:
                self._do, self._do_loaded = found, True
            found = self._next(found[0] + 1, count_jumps=True)
        self._nav, self._nav_loaded = found, found is not None
        self.state = MissionState.STOPPED
        return found is not None

    def update(self) -> None:
        """One turn of the execution; call it at the vehicle's own rate."""
        if self.state is not MissionState.RUNNING or not self.items:
            return
        if not self._nav_loaded or self._nav is None:
            if not self._advance():
                self._complete()
                return
        elif self._executor.verify_command(*self._nav):
            self._nav_loaded = False
            if self.state is MissionState.RUNNING and not self._advance():
                self._complete()
                return
        if not self._do_loaded or self._do is None:
            self._advance_do()
        elif self._executor.verify_command(*self._do):
            self._do_loaded = False

    def _complete(self) -> None:
        self.state = MissionState.COMPLETE
        self._executor.mission_complete()

    def _advance(self, start: int = 0) -> bool:
        self._do = None
        self._do_loaded = self._do_all_done = False
        index = start or (1 if self._nav is None else self._nav[0] + 1)
        for _ in range(_SEARCH_LOOPS):
            found = self._next(index, count_jumps=True)
            if found is None:
                return False
            if found[1].is_navigation:
                self._nav = found
                if self._executor.start_command(*found):
                    self._nav_loaded = True
                    self._do_all_done = not self._do_loaded
                    return True
            elif not self._do_loaded:
                self._do, self._do_loaded = found, True
                self._executor.start_command(*found)
            index = found[0] + 1
        return False

    def _advance_do(self) -> None:
        if self._do_all_done:
            return
        found = self._next(1 if self._do is None else self._do[0] + 1)
        if found is None or found[1].is_navigation:
            self._do_all_done = True
            return
        self._do, self._do_loaded = found, True
        self._executor.start_command(*found)

    def next_navigation(self, index: int) -> tuple[int, Item] | None:
        """The first navigation command from ``index`` on, jumps followed but not counted."""
        while index < len(self.items):
            found = self._next(index)
            if found is None or found[1].is_navigation:
                return found
            index += 1
        return None

    def _next(self, index: int, *, count_jumps: bool = False) -> tuple[int, Item] | None:
        """The command at or after ``index`` that is no jump; jumps that have turns left are taken."""
        first_jump: int | None = None
        for _ in range(_JUMP_LOOPS + len(self.items)):
            if index >= len(self.items):
                return None
            item = self.items[index]
            if item.command not in (DO_JUMP, DO_JUMP_TAG):
                return index, item
            target = int(item.p1) if item.command == DO_JUMP else self._tag(int(item.p1))
            if not 0 < target < len(self.items) or (not count_jumps and first_jump == index):
                return None
            first_jump = index if first_jump is None else first_jump
            times, of = self._jumps.get(index, 0), int(item.p2)
            if of != -1 and times >= of:
                index += 1
                continue
            if count_jumps:
                self._jumps[index] = times + 1
                self._executor.jumped(index, times + 1, of)
            index = target
        return None

    def _tag(self, tag: int) -> int:
        return next((i for i, item in enumerate(self.items) if item.command == TAG and int(item.p1) == tag), 0)
