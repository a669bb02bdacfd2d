"""GUIDED: goes where it is told, message by message."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from sim.modes.base import Hover, Mode, ModeNumber
from sim.modes.vertical import Takeoff
from sim.vectors import Vector

if TYPE_CHECKING:
    from sim.vehicle import Vehicle


class _Doing(Enum):
    HOLD = auto()
    TAKEOFF = auto()
    PLACE = auto()
    VELOCITY = auto()


class Guided(Mode):
    """Places are flown to straight and jerk-limited; a velocity is kept for ``GUID_TIMEOUT`` seconds."""

    number = ModeNumber.GUIDED
    armable = True

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._hover = Hover(vehicle)
        self._takeoff = Takeoff(vehicle)
        self._doing = _Doing.HOLD
        self._place: Vector = (0.0, 0.0, 0.0)
        self._velocity: Vector = (0.0, 0.0, 0.0)
        self._told_at = 0.0
        self._horizontal: float | None = None
        self._up: float | None = None
        self._down: float | None = None
        self._paused = False

    def enter(self) -> str | None:
        """Stop here and wait."""
        self._doing = _Doing.HOLD
        self._horizontal = self._up = self._down = None
        self._paused = False
        self._hover.begin()
        self.vehicle.heading.hold(self.vehicle.body.yaw)
        return None

    @property
    def taking_off(self) -> bool:
        """Whether a take-off is under way."""
        return self._doing is _Doing.TAKEOFF and not self._takeoff.complete

    def take_off(self, height_m: float) -> bool:
        """Climb to a height above home; only from the ground, and not downwards."""
        vehicle = self.vehicle
        if not vehicle.landed or vehicle.home_height + height_m <= vehicle.body.place[2]:
            return False
        self._doing = _Doing.TAKEOFF
        vehicle.heading.hold(vehicle.body.yaw)
        self._takeoff.start(vehicle.home_height + height_m)
        return True

    def go_to(self, place: Vector) -> None:
        """Fly to a place (metres north, east, up of the origin)."""
        self._begin(_Doing.PLACE)
        self._place = place

    def fly(self, velocity: Vector) -> None:
        """Keep a velocity (m/s north, east, up) until the next word."""
        self._begin(_Doing.VELOCITY)
        self._velocity = velocity
        self._told_at = self.vehicle.now

    def stop(self) -> None:
        """Stop here."""
        self._begin(_Doing.HOLD)

    def _begin(self, doing: _Doing) -> None:
        if self._doing is doing:
            return
        if self.vehicle.armed:
            self._hover.begin()
        self._doing = doing
        self.vehicle.heading.default(int(self.vehicle.parameters["WP_YAW_BEHAVIOR"]), self.vehicle.body.yaw)

    def set_speed(self, *, horizontal: float | None = None, up: float | None = None, down: float | None = None) -> bool:
        """Change speed limits, m/s."""
        self._horizontal, self._up, self._down = horizontal or self._horizontal, up or self._up, down or self._down
        return True

    def pause(self) -> bool:
        """Stop under way."""
        self._paused = True
        return True

    def resume(self) -> bool:
        """Go on."""
        self._paused = False
        return True

    def step(self, dt: float) -> None:
        """Fly what was asked for."""
        vehicle, hover = self.vehicle, self._hover
        if self._doing is _Doing.TAKEOFF:
            self._takeoff.step(dt)
            if self._takeoff.complete:
                hover.begin()
                self._place = (hover.plane.north, hover.plane.east, self._takeoff.goal)
                self._doing = _Doing.PLACE
            return
        if vehicle.landed:
            return
        if self._paused or self._doing is _Doing.HOLD:
            hover.stop_level(dt)
            hover.climb_at(0.0, dt)
        elif self._doing is _Doing.PLACE:
            speed = self._horizontal or vehicle.parameters.metres("WPNAV_SPEED")
            hover.go(self._place[0], self._place[1], speed, dt)
            hover.climb_to(self._place[2], dt, up=self._up, down=self._down)
        else:
            old = vehicle.now - self._told_at > max(0.1, vehicle.parameters["GUID_TIMEOUT"])
            north, east, up = (0.0, 0.0, 0.0) if old else self._velocity
            hover.move(north, east, dt)
            hover.climb_at(up, dt)
        hover.show()

    @property
    def goal(self) -> Vector | None:
        """Where it flies to, or None."""
        return self._place if self._doing is _Doing.PLACE else None
