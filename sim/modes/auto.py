"""AUTO: the mission, command by command, as ArduCopter's mode_auto carries it out.

Not as there: a spline waypoint is flown to straight, and stops; commands of servos, relays, grippers, winches, mounts
and scripts are taken, said and passed over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from sim.heading import Turn
from sim.mission import NAMES, Mission, MissionState
from sim.modes.base import Mode, ModeNumber
from sim.modes.circle import Circle
from sim.modes.returning import Return
from sim.modes.vertical import Landing, Takeoff
from sim.storage import RELATIVE, TERRAIN, Item
from sim.texts import Severity
from sim.vectors import Vector

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

_ALLOW_ARMING, _AUTO_THROTTLE = 1, 2
_JUMPS_ON_TO = {16, 17, 19}
"""Commands at a place that the vehicle may fly on to without stopping."""
_EDGE_M = 3.0


class _Doing(Enum):
    TAKEOFF = auto()
    WAYPOINT = auto()
    LAND = auto()
    RTL = auto()
    TO_CIRCLE = auto()
    CIRCLE = auto()
    HOLD = auto()
    TO_HEIGHT = auto()


class Auto(Mode):
    """Executes the mission; ``Mission`` says what, this says how."""

    number = ModeNumber.AUTO

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self.mission = Mission(self)
        self._doing = _Doing.HOLD
        self._takeoff = Takeoff(vehicle)
        self._landing = Landing(vehicle)
        self._return = Return(vehicle)
        self._circle: Circle | None = None
        self._waiting = False
        self._since: float | None = None
        self._stay_s = 0.0
        self._delay_until = 0.0
        self._condition_until = 0.0
        self._condition_m = 0.0
        self._speed = 0.0
        self._navigating = False
        self._landing_there = False
        self._changes = 0
        self._do_starters: dict[int, Callable[[Item], None]] = {
            112: self._do_delay,
            114: self._do_distance,
            115: self._do_yaw,
            178: self._do_speed,
            179: self._do_home,
            195: self._do_look,
            197: self._do_look,
            201: self._do_look,
            203: lambda _: vehicle.camera.shoot(),
            206: lambda item: vehicle.camera.every(item.p1, at_once=item.p3 == 1),
            207: self._do_fence,
        }
        self._nav_starters: dict[int, Callable[[Item], None]] = {
            16: self._to_waypoint,
            17: self._to_waypoint,
            18: self._to_circle,
            19: self._to_waypoint,
            20: lambda _: self._start_return(),
            21: self._to_land,
            22: self._to_takeoff,
            31: self._to_height,
            82: self._to_waypoint,
            93: self._to_delay,
        }

    @property
    def armable(self) -> bool:  # type: ignore[override]
        """Only with ``AUTO_OPTIONS`` bit 0."""
        return bool(int(self.vehicle.parameters["AUTO_OPTIONS"]) & _ALLOW_ARMING)

    @property
    def landing(self) -> bool:
        """Whether it is on its last way down."""
        return self._doing is _Doing.LAND or (self._doing is _Doing.RTL and self._return.landing)

    @property
    def taking_off(self) -> bool:
        """Whether a take-off is under way."""
        return self._doing is _Doing.TAKEOFF and not self._takeoff.complete

    def enter(self) -> str | None:
        """Take over where the vehicle is; the mission begins with the next step."""
        vehicle = self.vehicle
        if len(self.mission) <= 1 and vehicle.armed:
            return "init failed"
        restart = bool(vehicle.parameters["MIS_RESTART"])
        if vehicle.armed and vehicle.landed and not self.mission.starts_with_takeoff(restart):
            vehicle.say(Severity.CRITICAL, "Auto: Missing Takeoff Cmd")
            return "init failed"
        self._speed = 0.0
        self._navigating = False
        self._hold_here()
        self._waiting = True
        return None

    def leave(self) -> None:
        """Remember where the mission was."""
        self.mission.stop()

    def begin(self) -> None:
        """Start or resume the mission now, as ``MAV_CMD_MISSION_START`` asks."""
        if self.mission.state is not MissionState.RUNNING:
            self.mission.start_or_resume(bool(self.vehicle.parameters["MIS_RESTART"]))

    def set_speed(self, *, horizontal: float | None = None, up: float | None = None, down: float | None = None) -> bool:
        """Change speed limits, m/s."""
        self._speed = horizontal or self._speed
        self.vehicle.navigator.set_speed(horizontal, up, down)
        return True

    def pause(self) -> bool:
        """Stop under way to a waypoint."""
        if self._doing is not _Doing.WAYPOINT or self.vehicle.navigator.reached:
            return False
        self.vehicle.navigator.paused = True
        return True

    def resume(self) -> bool:
        """Go on after ``pause``."""
        self.vehicle.navigator.paused = False
        return True

    def step(self, dt: float) -> None:
        """One turn of the mission, then of what it asks for."""
        vehicle = self.vehicle
        if self._waiting:
            self._waiting = False
            self.mission.start_or_resume(bool(vehicle.parameters["MIS_RESTART"]))
        else:
            self._notice_changes()
            self.mission.update()
        if vehicle.mode is not self or not vehicle.armed:
            return
        if self._doing is _Doing.TAKEOFF:
            self._takeoff.step(dt)
        elif self._doing is _Doing.RTL:
            self._return.step(dt)
        elif not vehicle.landed:
            if self._doing is _Doing.LAND:
                self._landing.step(dt)
            elif self._doing is _Doing.CIRCLE and self._circle is not None:
                self._circle.step(dt)
            else:
                vehicle.navigator.step(dt, vehicle.body.place, vehicle.body.velocity)
                vehicle.target = vehicle.navigator.target
        self._navigating = self._doing in (_Doing.WAYPOINT, _Doing.HOLD, _Doing.TO_CIRCLE, _Doing.TO_HEIGHT)

    def _notice_changes(self) -> None:
        if self.mission.changes == self._changes:
            return
        self._changes = self.mission.changes
        if self.mission.state is MissionState.RUNNING and self._doing is _Doing.WAYPOINT and self.mission.current:
            self.mission.set_current(self.mission.current)
            self.vehicle.say(Severity.CRITICAL, "Auto mission changed, restarted command")

    def start_command(self, index: int, item: Item) -> bool:
        """Begin a command and say so."""
        self._changes = self.mission.changes
        self.vehicle.say(Severity.INFO, f"Mission: {index} {NAMES.get(item.command, '?')}")
        starter = (self._nav_starters if item.is_navigation else self._do_starters).get(item.command)
        if starter is not None:
            starter(item)
        return True

    def verify_command(self, index: int, item: Item) -> bool:
        """Whether a command is done; says so when it is."""
        done = self._verify(index, item)
        if done and item.command not in _SILENT:
            self.vehicle.tell_item_reached(index)
        return done

    def mission_complete(self) -> None:
        """Hold where it is; on the ground, disarm."""
        if self.vehicle.landed:
            self.vehicle.disarm("MISSIONEXIT")
        else:
            self._hold_here()

    def jumped(self, index: int, times: int, of: int) -> None:
        """Say that a jump was taken."""
        limit = "unlimited" if of == -1 else str(of)
        self.vehicle.say(Severity.INFO, f"Mission: {index} Jump {times}/{limit}")

    def _verify(self, index: int, item: Item) -> bool:  # noqa: PLR0911 - one answer a command
        vehicle, navigator = self.vehicle, self.vehicle.navigator
        match item.command:
            case 22:
                return self._takeoff.complete
            case 16 | 82 | 19:
                return navigator.reached and self._stayed(index)
            case 17:
                return False
            case 18:
                return self._verify_circle(item)
            case 20:
                return self._return.done
            case 21:
                return self._verify_land()
            case 31:
                return navigator.reached
            case 93:
                return vehicle.now > self._delay_until
            case 112:
                return vehicle.now > self._condition_until
            case 114:
                return navigator.distance_to_destination(vehicle.body.place) < self._condition_m
            case 115:
                return vehicle.heading.fixed_reached(vehicle.body.yaw)
            case _:
                return True

    def _stayed(self, index: int) -> bool:
        if self._since is None:
            self._since = self.vehicle.now
        if int(self.vehicle.now - self._since + 1e-6) < self._stay_s:
            return False
        self.vehicle.say(Severity.INFO, f"Reached command #{index}")
        return True

    def _hold_here(self) -> None:
        self.vehicle.navigator.start(self.vehicle.stopping_place())
        self._doing = _Doing.HOLD
        self.vehicle.heading.hold(self.vehicle.body.yaw)

    def _place(self, item: Item, default: Vector) -> Vector:
        """Where a command leads, metres of the origin; latitude and longitude 0, or height 0, stand for ``default``."""
        vehicle = self.vehicle
        north, east = vehicle.frame.to_local(item.x, item.y) if item.has_place else default[:2]
        return north, east, self._height(item) if item.z != 0.0 else default[2]

    def _height(self, item: Item) -> float:
        vehicle = self.vehicle
        if item.frame == RELATIVE:
            return vehicle.home_height + item.z
        if item.frame == TERRAIN:
            return vehicle.body.ground + item.z
        return item.z - vehicle.origin_amsl_m

    def _fly_to(self, place: Vector) -> None:
        vehicle, navigator = self.vehicle, self.vehicle.navigator
        if not self._navigating or not navigator.reached:
            after_takeoff = self._doing is _Doing.TAKEOFF and self._takeoff.complete
            (north, east, _) = vehicle.motion[0]
            start = (north, east, self._takeoff.goal) if after_takeoff else vehicle.stopping_place()
            up, down = (navigator.speeds.up, navigator.speeds.down) if self._navigating else (None, None)
            navigator.start(start, self._speed)
            navigator.set_speed(up=up, down=down)
        navigator.go_to(place)
        behaviour = int(vehicle.parameters["WP_YAW_BEHAVIOR"])
        if not vehicle.heading.bound(behaviour):
            vehicle.heading.default(behaviour, vehicle.body.yaw)
        self._doing = _Doing.WAYPOINT
        self._navigating = True

    def _here(self) -> Vector:
        navigator = self.vehicle.navigator
        return navigator.destination if self._navigating and navigator.reached else self.vehicle.body.place

    def _to_waypoint(self, item: Item) -> None:
        place = self._place(item, self._here())
        self._fly_to(place)
        self._since, self._stay_s = None, item.p1 if item.command != 17 else 0.0
        if item.command not in (16, 82) or item.p1 > 0:
            return
        after = self.mission.next_navigation(self.mission.current + 1)
        if after is not None and after[1].command in _JUMPS_ON_TO:
            self.vehicle.navigator.then_to(self._place(after[1], place))

    def _to_takeoff(self, item: Item) -> None:
        vehicle = self.vehicle
        vehicle.heading.hold(vehicle.body.yaw)
        self._takeoff.start(self._height(item))
        self._doing = _Doing.TAKEOFF

    def _to_land(self, item: Item) -> None:
        self._landing_there = item.has_place
        if item.has_place:
            north, east = self.vehicle.frame.to_local(item.x, item.y)
            self._fly_to((north, east, self.vehicle.body.place[2]))
        else:
            self._start_landing()

    def _start_landing(self) -> None:
        self._landing_there = False
        self.vehicle.heading.hold(self.vehicle.body.yaw)
        self._landing.start()
        self._doing = _Doing.LAND

    def _verify_land(self) -> bool:
        if self._landing_there:
            if self.vehicle.navigator.reached:
                self._start_landing()
            return False
        if not self.vehicle.landed:
            return False
        goes_on = int(self.vehicle.parameters["MIS_OPTIONS"]) & 4
        if goes_on and self.mission.takeoff_next(self.mission.current + 1):
            return True
        self.vehicle.disarm_landed()
        return False

    def _start_return(self) -> None:
        self._return.start()
        self._doing = _Doing.RTL

    def _to_circle(self, item: Item) -> None:
        centre = self._place(item, self._here())
        radius = abs(item.p3) or self.vehicle.parameters.metres("CIRCLE_RADIUS")
        self._circle = Circle(self.vehicle, centre, radius, clockwise=item.p3 >= 0)
        edge = self._circle.edge()
        here = self.vehicle.motion[0]
        if math.hypot(edge[0] - here[0], edge[1] - here[1], edge[2] - here[2]) > _EDGE_M:
            self._fly_to(edge)
            self._doing = _Doing.TO_CIRCLE
        else:
            self._start_circle()

    def _start_circle(self) -> None:
        if self._circle is not None:
            self._circle.start()
        self._doing = _Doing.CIRCLE

    def _verify_circle(self, item: Item) -> bool:
        if self._circle is None:
            return True
        if self._doing is _Doing.TO_CIRCLE:
            if self.vehicle.navigator.reached:
                self._start_circle()
            return False
        return self._circle.turned / math.tau >= item.p1

    def _to_height(self, item: Item) -> None:
        self._to_waypoint(item)
        self._doing = _Doing.TO_HEIGHT

    def _to_delay(self, item: Item) -> None:
        seconds = item.p1 if item.p1 > 0 else self.vehicle.seconds_until(int(item.p2), int(item.p3), int(item.p4))
        self._delay_until = self.vehicle.now + seconds
        self.vehicle.say(Severity.INFO, f"Delaying {int(seconds)} sec")

    def _do_delay(self, item: Item) -> None:
        self._condition_until = self.vehicle.now + max(0.0, item.p1)

    def _do_distance(self, item: Item) -> None:
        self._condition_m = max(0.0, item.p1)

    def _do_yaw(self, item: Item) -> None:
        vehicle = self.vehicle
        turn = Turn(item.p1, item.p2, int(item.p3), item.p4 > 0)
        vehicle.heading.fix(turn, vehicle.body.yaw, vehicle.parameters.metres("ATC_SLEW_YAW"))

    def _do_speed(self, item: Item) -> None:
        if item.p2 > 0:
            kind = int(item.p1)
            if kind == 2:
                self.set_speed(up=item.p2)
            elif kind == 3:
                self.set_speed(down=item.p2)
            else:
                self.set_speed(horizontal=item.p2)

    def _do_home(self, item: Item) -> None:
        if item.p1 == 1 or not item.has_place:
            self.vehicle.set_home_here()
        else:
            north, east = self.vehicle.frame.to_local(item.x, item.y)
            self.vehicle.set_home((north, east, self._height(item)))

    def _do_look(self, item: Item) -> None:
        self.vehicle.heading.at_place(
            self._place(item, self.vehicle.body.place) if item.has_place else None, self.vehicle.body.yaw
        )

    def _do_fence(self, item: Item) -> None:
        if item.p1 in (0, 1):
            self.vehicle.parameters.set("FENCE_ENABLE", item.p1)


_SILENT = {181, 182, 183, 184, 202, 203, 206, 208, 211, 215, 216, 218, 600, 2000, 2001}
"""Do-commands that ArduPilot finishes without a MISSION_ITEM_REACHED."""
