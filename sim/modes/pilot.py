"""Modes in which a pilot's sticks count (STABILIZE, ALT_HOLD, LOITER, POSHOLD, BRAKE), and the sticks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.modes.base import Hover, Mode, ModeNumber
from sim.modes.vertical import Takeoff
from sim.shaping import Grip, clamp
from sim.vectors import GRAVITY

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

CHANNELS = 16
ROLL, PITCH, THROTTLE, YAW = 0, 1, 2, 3
_BRAKE_MPSS = 7.5
_IGNORE, _RELEASE = 65_535, 0


class Pilot:
    """The radio as the vehicle hears it: sticks centred and throttle down, as in SITL, unless overridden."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._radio = [1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800] + [0] * (CHANNELS - 8)
        self._overrides: dict[int, tuple[int, float]] = {}

    def override(self, values: list[int]) -> None:
        """Take ``RC_CHANNELS_OVERRIDE``: 0 gives a channel back, 65535 leaves it."""
        for channel, value in enumerate(values[:CHANNELS]):
            if value == _RELEASE:
                self._overrides.pop(channel, None)
            elif value != _IGNORE:
                self._overrides[channel] = (value, self._vehicle.now)

    def clear(self) -> None:
        """Forget all overrides, as on loss of the ground station."""
        self._overrides.clear()

    def channel(self, index: int) -> int:
        """Pulse width in microseconds."""
        held = self._overrides.get(index)
        if held is not None:
            lasting = self._vehicle.parameters["RC_OVERRIDE_TIME"]
            if lasting < 0 or self._vehicle.now - held[1] <= lasting:
                return held[0]
        return self._radio[index]

    @property
    def channels(self) -> list[int]:
        """All pulse widths."""
        return [self.channel(i) for i in range(CHANNELS)]

    def stick(self, index: int) -> float:
        """-1 to 1, with a dead zone of 3 per cent."""
        value = clamp((self.channel(index) - 1500) / 500.0, -1.0, 1.0)
        return 0.0 if abs(value) < 0.03 else value

    @property
    def throttle(self) -> float:
        """0 to 1."""
        return clamp((self.channel(THROTTLE) - 1000) / 1000.0, 0.0, 1.0)

    @property
    def overridden(self) -> bool:
        """Whether a ground station steers."""
        return bool(self._overrides)

    def climb_rate(self) -> float:
        """Metres a second that the throttle asks for in modes that hold height."""
        parameters = self._vehicle.parameters
        dead = parameters["THR_DZ"] / 1000.0
        up = parameters.metres("PILOT_SPEED_UP")
        down = parameters.metres("PILOT_SPEED_DN") or up
        throttle = self.throttle
        if throttle > 0.5 + dead:
            return up * (throttle - 0.5 - dead) / (0.5 - dead)
        if throttle < 0.5 - dead:
            return -down * (0.5 - dead - throttle) / (0.5 - dead)
        return 0.0

    def velocity(self, top: float) -> tuple[float, float]:
        """North and east speed that roll and pitch ask for."""
        forward, right = -self.stick(PITCH) * top, self.stick(ROLL) * top
        if forward == 0.0 and right == 0.0:
            return 0.0, 0.0
        sine, cosine = math.sin(self._vehicle.body.yaw), math.cos(self._vehicle.body.yaw)
        return forward * cosine - right * sine, forward * sine + right * cosine

    def turn(self, dt: float) -> None:
        """Let the yaw stick turn the wanted heading."""
        rate = self.stick(YAW) * self._vehicle.parameters["PILOT_Y_RATE"]
        body = self._vehicle.body
        if rate:
            self._vehicle.heading.hold(body.yaw + math.radians(rate) * max(dt, 0.1))


class Stabilize(Mode):
    """Sticks are lean and throttle is thrust; nothing holds height or place."""

    number = ModeNumber.STABILIZE
    needs_position = False
    manual_throttle = True
    armable = True
    autopilot = False
    drives_body = True

    def step(self, dt: float) -> None:
        """Fly by hand."""
        vehicle = self.vehicle
        vehicle.pilot.turn(dt)
        lift = vehicle.pilot.throttle / max(vehicle.parameters["MOT_THST_HOVER"], 0.1)
        if vehicle.landed:
            if lift <= 1.05:
                return
            vehicle.leave_ground()
        lean = math.tan(math.radians(vehicle.parameters.metres("ANGLE_MAX"))) * GRAVITY
        north, east = vehicle.pilot.velocity(lean)
        vehicle.body.push(north, east, (lift - 1.0) * GRAVITY, vehicle.parameters, dt)
        vehicle.target_from_body()


class AltHold(Mode):
    """Height is held, the rest is by hand: with sticks centred it drifts with the wind."""

    number = ModeNumber.ALT_HOLD
    needs_position = False
    armable = True
    drives_body = True
    autopilot = False

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._hover = Hover(vehicle)

    def enter(self) -> str | None:
        """Hold the height there is."""
        self._hover.begin()
        return None

    def step(self, dt: float) -> None:
        """Fly by hand at a held height."""
        vehicle = self.vehicle
        vehicle.pilot.turn(dt)
        rate = vehicle.pilot.climb_rate()
        if vehicle.landed:
            if rate <= 0.0:
                return
            vehicle.leave_ground()
            self._hover.begin()
        self._hover.climb_at(rate, dt, vehicle.parameters.metres("PILOT_ACCEL_Z"))
        height = self._hover.height
        error = height.position - vehicle.body.place[2]
        up = height.acceleration + 5.0 * (height.speed + error - vehicle.body.velocity[2])
        lean = math.tan(math.radians(vehicle.parameters.metres("ANGLE_MAX"))) * GRAVITY
        north, east = vehicle.pilot.velocity(lean)
        vehicle.body.push(north, east, up, vehicle.parameters, dt)
        vehicle.target_from_body()


class Loiter(Mode):
    """Place and height are held; sticks move them."""

    number = ModeNumber.LOITER
    armable = True
    autopilot = False

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._hover = Hover(vehicle)
        self._takeoff: Takeoff | None = None

    def enter(self) -> str | None:
        """Stop here."""
        self._hover.begin()
        self._takeoff = None
        self.vehicle.heading.hold(self.vehicle.body.yaw)
        return None

    def take_off(self, height_m: float) -> bool:
        """Climb to a height above home."""
        if not self.vehicle.landed:
            return False
        self._takeoff = Takeoff(self.vehicle)
        self._takeoff.start(self.vehicle.home_height + height_m)
        return True

    @property
    def taking_off(self) -> bool:
        """Whether a take-off is under way."""
        return self._takeoff is not None

    def step(self, dt: float) -> None:
        """Hold, or follow the sticks."""
        vehicle = self.vehicle
        vehicle.pilot.turn(dt)
        if self._takeoff is not None:
            self._takeoff.step(dt)
            if self._takeoff.complete:
                self._takeoff = None
                self._hover.begin()
            return
        rate = vehicle.pilot.climb_rate()
        if vehicle.landed:
            if rate <= 0.0:
                return
            vehicle.leave_ground()
            self._hover.begin()
        north, east = vehicle.pilot.velocity(vehicle.parameters.metres("LOIT_SPEED"))
        self._hover.move(north, east, dt)
        self._hover.climb_at(rate, dt, vehicle.parameters.metres("PILOT_ACCEL_Z"))
        self._hover.show()


class PosHold(Loiter):
    """As LOITER here; the difference is in how sticks feel."""

    number = ModeNumber.POSHOLD


class Brake(Mode):
    """Stop as hard as it can, and hold; sticks do nothing."""

    number = ModeNumber.BRAKE

    def __init__(self, vehicle: Vehicle) -> None:
        super().__init__(vehicle)
        self._hover = Hover(vehicle)

    def enter(self) -> str | None:
        """Stop here."""
        self._hover.begin()
        self.vehicle.heading.hold(self.vehicle.body.yaw)
        return None

    def step(self, dt: float) -> None:
        """Brake, then hold."""
        if self.vehicle.landed:
            return
        grip = Grip(_BRAKE_MPSS, max(self.vehicle.parameters["PSC_JERK_XY"], 1.0))
        self._hover.plane.at_speed(0.0, 0.0, grip, dt)
        self._hover.climb_at(0.0, dt)
        self._hover.show()
