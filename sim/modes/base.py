"""What a flight mode is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from sim.shaping import Axis, Grip, Plane

if TYPE_CHECKING:
    from sim.vehicle import Vehicle


class ModeNumber(IntEnum):
    """ArduCopter's custom modes; the name is what its texts say."""

    STABILIZE = 0
    ACRO = 1
    ALT_HOLD = 2
    AUTO = 3
    GUIDED = 4
    LOITER = 5
    RTL = 6
    CIRCLE = 7
    LAND = 9
    DRIFT = 11
    SPORT = 13
    FLIP = 14
    AUTOTUNE = 15
    POSHOLD = 16
    BRAKE = 17
    THROW = 18
    SMART_RTL = 21


class Mode:
    """One way to fly. ``enter`` may refuse with a reason; ``step`` moves the target, or the body itself."""

    number: ModeNumber
    needs_position = True
    manual_throttle = False
    armable = False
    autopilot = True
    """Whether the autopilot, not a pilot, decides where to go."""

    drives_body = False
    """Whether ``step`` pushes the body itself; otherwise the body follows the vehicle's target."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.vehicle = vehicle

    @property
    def name(self) -> str:
        """As ArduCopter writes it."""
        return _SPOKEN.get(self.number, self.number.name)

    @property
    def landing(self) -> bool:
        """Whether it is on its final way down."""
        return False

    @property
    def taking_off(self) -> bool:
        """Whether it is on its first way up."""
        return False

    def enter(self) -> str | None:
        """Take over; a reason where that cannot be (None: done)."""
        return None

    def leave(self) -> None:
        """Hand over to another mode."""

    def step(self, dt: float) -> None:
        """Fly for ``dt`` seconds."""

    def take_off(self, height_m: float) -> bool:
        """Climb to a height above home when asked by a ground station; False where this mode does not."""
        return False

    def set_speed(self, *, horizontal: float | None = None, up: float | None = None, down: float | None = None) -> bool:
        """Change speed limits (m/s) when asked by a ground station; False where this mode has none."""
        return False

    def pause(self) -> bool:
        """Stop under way; False where there is nothing to stop."""
        return False

    def resume(self) -> bool:
        """Go on after ``pause``."""
        return False


_SPOKEN = {
    ModeNumber.STABILIZE: "STABILIZE",
    ModeNumber.ALT_HOLD: "ALT_HOLD",
    ModeNumber.SMART_RTL: "SMARTRTL",
}


class Hover:
    """A target that is not on a leg: held, pushed about by sticks, sent to a place, or let down."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.plane = Plane()
        self.height = Axis()

    def begin(self) -> None:
        """Take over the motion there is."""
        (n, e, u), (vn, ve, vu), (an, ae, au) = self._vehicle.motion
        self.plane = Plane(n, e, vn, ve, an, ae)
        self.height = Axis(u, vu, au)

    @property
    def _level(self) -> Grip:
        parameters = self._vehicle.parameters
        return Grip(parameters.metres("WPNAV_ACCEL"), max(parameters["PSC_JERK_XY"], 1.0))

    def _upright(self, acceleration: float | None = None) -> Grip:
        parameters = self._vehicle.parameters
        usual = parameters.metres("WPNAV_ACCEL_Z") if acceleration is None else acceleration
        return Grip(usual, max(parameters["PSC_JERK_Z"], 1.0))

    def stop_level(self, dt: float) -> None:
        """Come to rest horizontally, at the waypoint acceleration."""
        self.move(0.0, 0.0, dt)

    def move(self, north: float, east: float, dt: float) -> None:
        """Go at a horizontal velocity."""
        self.plane.at_speed(north, east, self._level, dt)

    def go(self, north: float, east: float, speed: float, dt: float) -> None:
        """Go to a place."""
        self.plane.towards(north, east, speed, self._level, dt)

    def climb_to(self, height: float, dt: float, *, up: float | None = None, down: float | None = None) -> None:
        """Go to a height (metres up of the origin)."""
        parameters = self._vehicle.parameters
        down = abs(parameters.metres("WPNAV_SPEED_DN")) if down is None else down
        up = parameters.metres("WPNAV_SPEED_UP") if up is None else up
        self.height.towards(height, down, up, self._upright(), dt)

    def climb_at(self, rate: float, dt: float, acceleration: float | None = None) -> None:
        """Climb (or sink, negative) at a rate."""
        self.height.at_speed(rate, self._upright(acceleration), dt)

    def show(self) -> None:
        """Make this the vehicle's target."""
        plane, height = self.plane, self.height
        self._vehicle.target = (
            (plane.north, plane.east, height.position),
            (plane.speed_n, plane.speed_e, height.speed),
            (plane.acceleration_n, plane.acceleration_e, height.acceleration),
        )
