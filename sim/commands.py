"""Commands: COMMAND_LONG and COMMAND_INT, each answered with a COMMAND_ACK as ArduCopter answers it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sim.heading import Turn
from sim.modes.base import ModeNumber
from sim.telemetry_messages import BUILDERS, SOFTWARE
from sim.texts import Severity
from sim.wire import Inbound, format_by_id

if TYPE_CHECKING:
    from sim.link import Link
    from sim.vehicle import Vehicle

FORCE = 21_196
"""The number by which arming and disarming are forced."""
ARM_FORCE = 2989
_CHANGE_MODE = 1
_PLACES_LONG = {192, 195, 201, 179}
GLOBAL_RELATIVE = 3


class Result(IntEnum):
    """MAV_RESULT."""

    ACCEPTED = 0
    TEMPORARILY_REJECTED = 1
    DENIED = 2
    UNSUPPORTED = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Order:
    """A command in its COMMAND_INT form: x and y in 1e-7 degrees where they are a place."""

    command: int
    p: tuple[float, float, float, float]
    x: int
    y: int
    z: float
    frame: int

    @classmethod
    def of(cls, message: Inbound) -> Order:
        """From either form; a place in COMMAND_LONG is in degrees."""
        command = message.integer("command")
        p = (message.number("param1"), message.number("param2"), message.number("param3"), message.number("param4"))
        if message.name == "COMMAND_INT":
            return cls(
                command, p, message.integer("x"), message.integer("y"), message.number("z"), message.integer("frame")
            )
        five, six = message.number("param5"), message.number("param6")
        scale = 1e7 if command in _PLACES_LONG else 1.0
        x = int(five * scale) if math.isfinite(five) else 0
        y = int(six * scale) if math.isfinite(six) else 0
        return cls(command, p, x, y, message.number("param7"), GLOBAL_RELATIVE)


class Commands:
    """The commands the vehicle understands."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._handlers: dict[int, Callable[[Link, Order], Result]] = {
            17: lambda _, __: self._mode(ModeNumber.LOITER),
            20: lambda _, __: self._mode(ModeNumber.RTL),
            21: lambda _, __: self._mode(ModeNumber.LAND),
            22: self._takeoff,
            42: lambda _, __: Result.UNSUPPORTED,
            115: self._yaw,
            176: self._set_mode,
            178: self._speed,
            179: self._home,
            185: self._terminate,
            192: self._reposition,
            193: self._pause,
            195: self._look,
            197: self._look,
            201: self._look,
            203: self._shoot,
            206: self._shoot_by_distance,
            207: self._fence,
            224: self._set_item,
            241: lambda _, __: Result.ACCEPTED if not vehicle.armed else Result.FAILED,
            246: self._reboot,
            300: self._start_mission,
            400: self._arm,
            401: self._prearm,
            410: self._get_home,
            510: self._get_interval,
            511: self._set_interval,
            512: self._message,
            519: self._version,
            520: self._version,
            42_428: self._banner,
        }

    def handle(self, link: Link, message: Inbound) -> None:
        """Carry a command out and answer."""
        order = Order.of(message)
        handler = self._handlers.get(order.command)
        result = Result.UNSUPPORTED if handler is None else handler(link, order)
        link.say("COMMAND_ACK", order.command, int(result), 0, 0, message.system, message.component)

    def _mode(self, number: int) -> Result:
        return Result.ACCEPTED if self._vehicle.set_mode(number, asked=True) else Result.FAILED

    def _takeoff(self, _: Link, order: Order) -> Result:
        vehicle = self._vehicle
        if order.frame != GLOBAL_RELATIVE or not math.isfinite(order.z):
            return Result.DENIED
        if not vehicle.armed or not vehicle.landed or not vehicle.mode.take_off(order.z):
            return Result.FAILED
        vehicle.auto_armed = True
        return Result.ACCEPTED

    def _yaw(self, _: Link, order: Order) -> Result:
        vehicle, (angle, rate, direction, relative) = self._vehicle, order.p
        if not 0.0 <= angle <= 360.0 or relative not in (0.0, 1.0) or not math.isfinite(direction):
            return Result.FAILED
        slew = vehicle.parameters.metres("ATC_SLEW_YAW")
        vehicle.heading.fix(Turn(angle, rate, int(direction), relative > 0), vehicle.body.yaw, slew)
        return Result.ACCEPTED

    def _set_mode(self, _: Link, order: Order) -> Result:
        base, custom = order.p[0], order.p[1]
        if not (math.isfinite(base) and math.isfinite(custom)) or not int(base) & 1:
            return Result.DENIED
        return self._mode(int(custom))

    def _speed(self, _: Link, order: Order) -> Result:
        kind, speed = order.p[0], order.p[1]
        if not (speed > 0.0 and math.isfinite(speed)):
            return Result.FAILED
        mode = self._vehicle.mode
        if kind > 2.9:
            done = mode.set_speed(down=speed)
        elif kind > 1.9:
            done = mode.set_speed(up=speed)
        else:
            done = mode.set_speed(horizontal=speed)
        return Result.ACCEPTED if done else Result.FAILED

    def _home(self, _: Link, order: Order) -> Result:
        vehicle = self._vehicle
        if not vehicle.position_ok:
            return Result.FAILED
        if order.p[0] == 1:
            vehicle.set_home_here()
            return Result.ACCEPTED
        height = vehicle.height_of(order.frame, order.z)
        if height is None or (order.x == 0 and order.y == 0):
            return Result.DENIED
        vehicle.set_home((*vehicle.frame.to_local(order.x, order.y), height))
        return Result.ACCEPTED

    def _terminate(self, _: Link, order: Order) -> Result:
        if order.p[0] <= 0.5:
            return Result.FAILED
        self._vehicle.disarm("TERMINATION")
        return Result.ACCEPTED

    def _reposition(self, _: Link, order: Order) -> Result:
        vehicle = self._vehicle
        change = bool(int(order.p[1]) & _CHANGE_MODE) if math.isfinite(order.p[1]) else False
        height = vehicle.height_of(order.frame, order.z)
        if (vehicle.guided is None and not change) or height is None:
            return Result.DENIED
        if abs(order.x) > 900_000_000 or abs(order.y) > 1_800_000_000 or (order.x == 0 and order.y == 0):
            return Result.DENIED
        place = vehicle.frame.to_local(order.x, order.y)
        if vehicle.fence_broken_at((*place, height)):
            # As Mode::set_destination, which says nothing of it.
            return Result.FAILED
        if not vehicle.set_mode(ModeNumber.GUIDED, asked=True) or vehicle.guided is None:
            return Result.FAILED
        vehicle.guided.go_to((*place, height))
        return Result.ACCEPTED

    def _pause(self, link: Link, order: Order) -> Result:
        mode = self._vehicle.mode
        if order.p[0] == 0:
            if mode.pause():
                return Result.ACCEPTED
            link.send_text(Severity.INFO, "Failed to pause")
            return Result.FAILED
        if order.p[0] == 1:
            if mode.resume():
                return Result.ACCEPTED
            link.send_text(Severity.INFO, "Failed to resume")
            return Result.FAILED
        return Result.DENIED

    def _look(self, _: Link, order: Order) -> Result:
        vehicle = self._vehicle
        if order.command == 197 or (order.x == 0 and order.y == 0):
            vehicle.heading.at_place(None, vehicle.body.yaw)
            return Result.ACCEPTED
        place = vehicle.frame.to_local(order.x, order.y)
        vehicle.heading.at_place((*place, order.z), vehicle.body.yaw)
        return Result.ACCEPTED

    def _shoot(self, _: Link, __: Order) -> Result:
        self._vehicle.camera.shoot()
        return Result.ACCEPTED

    def _shoot_by_distance(self, _: Link, order: Order) -> Result:
        if not math.isfinite(order.p[0]):
            return Result.DENIED
        self._vehicle.camera.every(order.p[0], at_once=order.p[2] == 1)
        return Result.ACCEPTED

    def _fence(self, _: Link, order: Order) -> Result:
        if order.p[0] not in (0, 1, 2):
            return Result.FAILED
        self._vehicle.parameters.set("FENCE_ENABLE", 1 if order.p[0] == 1 else 0)
        return Result.ACCEPTED

    def _set_item(self, link: Link, order: Order) -> Result:
        index = order.p[0]
        if not math.isfinite(index) or index < 0:
            return Result.DENIED
        mission = self._vehicle.mission
        if order.p[1] == 1:
            mission.reset()
        if not mission.set_current(int(index)):
            return Result.FAILED
        link.send_built("MISSION_CURRENT")
        return Result.ACCEPTED

    def _reboot(self, _: Link, order: Order) -> Result:
        if order.p[0] not in (1, 3):
            return Result.UNSUPPORTED
        if self._vehicle.armed:
            return Result.FAILED
        self._vehicle.reboot()
        return Result.ACCEPTED

    def _start_mission(self, _: Link, order: Order) -> Result:
        if order.p[0] != 0 or order.p[1] != 0:
            return Result.DENIED
        vehicle = self._vehicle
        if not vehicle.set_mode(ModeNumber.AUTO, asked=True):
            return Result.FAILED
        vehicle.auto_armed = vehicle.armed
        vehicle.auto.begin()
        return Result.ACCEPTED

    def _arm(self, _: Link, order: Order) -> Result:
        vehicle, magic = self._vehicle, order.p[1]
        if order.p[0] == 1:
            return Result.ACCEPTED if vehicle.arm(force=magic in (ARM_FORCE, FORCE)) else Result.FAILED
        if order.p[0] == 0:
            return Result.ACCEPTED if vehicle.disarm("MAVLINK", force=magic == FORCE) else Result.FAILED
        return Result.UNSUPPORTED

    def _prearm(self, _: Link, __: Order) -> Result:
        if self._vehicle.armed:
            return Result.TEMPORARILY_REJECTED
        self._vehicle.check_now()
        return Result.ACCEPTED

    def _get_home(self, link: Link, _: Order) -> Result:
        return Result.ACCEPTED if link.send_built("HOME_POSITION") else Result.FAILED

    def _name(self, number: float) -> str | None:
        if not math.isfinite(number):
            return None
        form = format_by_id(int(number))
        return form.name if form is not None and form.name in BUILDERS else None

    def _get_interval(self, link: Link, order: Order) -> Result:
        name = self._name(order.p[0])
        if name is None:
            link.say("MESSAGE_INTERVAL", int(order.p[0]) & 0xFFFF if math.isfinite(order.p[0]) else 0, 0)
            return Result.FAILED
        interval = link.interval(name)
        link.say("MESSAGE_INTERVAL", int(order.p[0]), -1 if interval is None else int(interval * 1e6))
        return Result.ACCEPTED

    def _set_interval(self, link: Link, order: Order) -> Result:
        name, interval = self._name(order.p[0]), order.p[1]
        if name is None or not math.isfinite(interval):
            return Result.FAILED
        if interval == 0:
            default = {"HEARTBEAT": 1.0}.get(name, 0.0)
            return Result.ACCEPTED if link.set_interval(name, default) else Result.FAILED
        return Result.ACCEPTED if link.set_interval(name, interval * 1e-6) else Result.FAILED

    def _message(self, link: Link, order: Order) -> Result:
        name = self._name(order.p[0])
        return Result.ACCEPTED if name is not None and link.send_built(name) else Result.FAILED

    def _version(self, link: Link, order: Order) -> Result:
        if order.p[0] != 1:
            return Result.DENIED
        if order.command == 520:
            link.send_built("AUTOPILOT_VERSION")
        else:
            link.say("PROTOCOL_VERSION", 200, 100, 200, *([0] * 16))
        return Result.ACCEPTED

    def _banner(self, link: Link, _: Order) -> Result:
        send_banner(link)
        return Result.ACCEPTED


def send_banner(link: Link) -> None:
    """Who is speaking, as ArduCopter says it after a list of parameters is asked for."""
    link.send_text(Severity.INFO, SOFTWARE)
    link.send_text(Severity.INFO, "Qyran embedded simulator")
    link.send_text(Severity.INFO, "Frame: QUAD/PLUS")
