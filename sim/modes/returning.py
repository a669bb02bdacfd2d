"""RTL and LAND: the ways home and down."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING

from sim.modes.base import Hover, Mode, ModeNumber
from sim.modes.vertical import Landing
from sim.vectors import Vector

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

LAND_PAUSE_S = 4.0
"""A failsafe's LAND waits so long before it sinks."""
_MIN_RETURN_M = 0.3
_MIN_CONE_SLOPE = 0.5


class Land(Mode):
    """Straight down, here."""

    number = ModeNumber.LAND
    needs_position = False

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._way = Landing(vehicle)

    @property
    def landing(self) -> bool:
        """Always."""
        return True

    def enter(self) -> str | None:
        """Begin to sink."""
        self._way.start()
        self.vehicle.heading.hold(self.vehicle.body.yaw)
        return None

    def wait(self) -> None:
        """Hold for four seconds first, as failsafes do."""
        self._way.start(LAND_PAUSE_S)

    def step(self, dt: float) -> None:
        """Sink; disarm on the ground."""
        if self.vehicle.landed:
            self.vehicle.disarm_landed()
            return
        self.vehicle.pilot.turn(dt)
        self._way.step(dt)


class _Stage(Enum):
    CLIMB = auto()
    RETURN = auto()
    LOITER = auto()
    DESCEND = auto()
    LAND = auto()


class Return:
    """The way home as RTL and the mission's RTL fly it: up, over, wait, and down."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._landing = Landing(vehicle)
        self._hover = Hover(vehicle)
        self._stage = _Stage.CLIMB
        self._since = 0.0
        self._goal: Vector = (0.0, 0.0, 0.0)
        self.done = False

    @property
    def landing(self) -> bool:
        """Whether it is on its last way down."""
        return self._stage is _Stage.LAND

    def start(self) -> None:
        """Build the way from here."""
        vehicle, navigator = self._vehicle, self._vehicle.navigator
        stop = vehicle.stopping_place()
        navigator.start(stop, vehicle.parameters.metres("RTL_SPEED"))
        self._goal = self._return_target(stop)
        self._stage, self.done = _Stage.CLIMB, False
        navigator.go_to(vehicle.on_grid((stop[0], stop[1], self._goal[2])))
        navigator.then_to(self._goal)
        vehicle.heading.hold(vehicle.body.yaw)

    def _return_target(self, stop: Vector) -> Vector:
        """The place to return to, at the height to return at (all metres of the origin)."""
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        north, east, up = vehicle.return_place()
        ground = vehicle.home_height
        here = vehicle.body.place[2] - ground
        least = max(_MIN_RETURN_M, here + max(0.0, parameters.metres("RTL_CLIMB_MIN")))
        height = max(up - ground, 0.0, parameters.metres("RTL_ALT"), least)
        slope = parameters["RTL_CONE_SLOPE"]
        if slope >= _MIN_CONE_SLOPE:
            height = min(height, max(math.dist((north, east), stop[:2]) * slope, least))
        ceiling = vehicle.fence_ceiling()
        if ceiling is not None:
            height = min(height, ceiling)
        return north, east, ground + max(height, here)

    def step(self, dt: float) -> None:
        """Fly the stage that is on, and begin the next when it is done."""
        vehicle, navigator = self._vehicle, self._vehicle.navigator
        if vehicle.landed:
            self.done = True
            return
        if self._stage is _Stage.LAND:
            self._landing.step(dt)
        elif self._stage is _Stage.DESCEND:
            self._descend(dt)
        else:
            navigator.step(dt, vehicle.body.place, vehicle.body.velocity)
            vehicle.target = navigator.target
            self._next_stage()

    def _next_stage(self) -> None:
        vehicle, navigator = self._vehicle, self._vehicle.navigator
        if self._stage is _Stage.LOITER:
            if (vehicle.now - self._since) * 1000.0 >= vehicle.parameters["RTL_LOIT_TIME"]:
                self._go_down()
        elif navigator.reached and self._stage is _Stage.CLIMB:
            self._stage = _Stage.RETURN
            navigator.go_to(self._goal)
            vehicle.heading.default(int(vehicle.parameters["WP_YAW_BEHAVIOR"]), vehicle.body.yaw, returning=True)
        elif navigator.reached:
            self._stage, self._since = _Stage.LOITER, vehicle.now
            vehicle.heading.hold(vehicle.body.yaw)

    def _go_down(self) -> None:
        vehicle = self._vehicle
        if vehicle.parameters["RTL_ALT_FINAL"] <= 0:
            self._stage = _Stage.LAND
            self._landing.start()
        else:
            self._stage = _Stage.DESCEND
            self._hover.begin()

    def _descend(self, dt: float) -> None:
        final = self._vehicle.home_height + self._vehicle.parameters.metres("RTL_ALT_FINAL")
        self._hover.stop_level(dt)
        self._hover.climb_to(final, dt)
        self._hover.show()
        self.done = abs(final - self._vehicle.body.place[2]) < 0.2


class Rtl(Mode):
    """Return to launch, or to a rally point that is nearer."""

    number = ModeNumber.RTL

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._way = Return(vehicle)

    @property
    def landing(self) -> bool:
        """Whether it is on its last way down."""
        return self._way.landing

    def enter(self) -> str | None:
        """Start for home."""
        if self.vehicle.home is None:
            return "requires home"
        self._way.start()
        return None

    def set_speed(self, *, horizontal: float | None = None, up: float | None = None, down: float | None = None) -> bool:
        """Change speed limits, m/s."""
        self.vehicle.navigator.set_speed(horizontal, up, down)
        return True

    def step(self, dt: float) -> None:
        """Fly home; disarm on the ground."""
        if self.vehicle.landed and self._way.landing:
            self.vehicle.disarm_landed()
            return
        self._way.step(dt)


class SmartRtl(Mode):
    """Not simulated; refused with the words ArduCopter uses when it has no path."""

    number = ModeNumber.SMART_RTL

    def enter(self) -> str | None:
        """Refuse."""
        return "requires a path, which is not simulated"
