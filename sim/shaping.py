"""Targets that move towards a wish within limits of acceleration and jerk.

The law is the usual one of ArduPilot's position control: proportional near the goal, the square root of the distance
farther away, so that the approach never asks for more deceleration than allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


def approach(error: float, gain: float, limit: float, dt: float) -> float:
    """The rate at which to close ``error``: ``gain * error`` when near, then at most the rate that ``limit`` can stop.

    ``gain`` 1/s, ``limit`` in units of error a second squared; never so fast that one step of ``dt`` overshoots.
    """
    if limit <= 0.0:
        rate = gain * error
    elif gain <= 0.0:
        rate = math.copysign(math.sqrt(2.0 * limit * abs(error)), error)
    else:
        linear = limit / (gain * gain)
        if abs(error) > linear:
            rate = math.copysign(math.sqrt(2.0 * limit * (abs(error) - 0.5 * linear)), error)
        else:
            rate = gain * error
    most = abs(error) / dt
    return max(-most, min(most, rate))


def clamp(value: float, low: float, high: float) -> float:
    """``value`` within ``low`` and ``high``."""
    return low if value < low else high if value > high else value


class Grip(NamedTuple):
    """How hard a target may be moved: acceleration m/s², jerk m/s³."""

    acceleration: float
    jerk: float


@dataclass(slots=True)
class Axis:
    """One axis of a moving target: position, speed, acceleration; in metres and seconds."""

    position: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0

    def towards(self, goal: float, down: float, up: float, grip: Grip, dt: float) -> None:
        """One step towards a goal position; ``down`` and ``up`` are positive speed limits."""
        self._move(dt)
        gain, brake = 0.5 * grip.jerk / grip.acceleration, 0.5 * grip.acceleration
        wish = clamp(approach(goal - self.position, gain, brake, dt), -down, up)
        self._accelerate(wish, grip, dt)

    def at_speed(self, wish: float, grip: Grip, dt: float) -> None:
        """One step towards a wished speed."""
        self._move(dt)
        self._accelerate(wish, grip, dt)

    def _move(self, dt: float) -> None:
        self.position += self.speed * dt + 0.5 * self.acceleration * dt * dt
        self.speed += self.acceleration * dt

    def _accelerate(self, wish: float, grip: Grip, dt: float) -> None:
        acceleration, jerk = grip
        target = clamp(approach(wish - self.speed, jerk / acceleration, jerk, dt), -acceleration, acceleration)
        self.acceleration += clamp(target - self.acceleration, -jerk * dt, jerk * dt)


@dataclass(slots=True)
class Plane:
    """A moving target in the horizontal plane: north and east."""

    north: float = 0.0
    east: float = 0.0
    speed_n: float = 0.0
    speed_e: float = 0.0
    acceleration_n: float = 0.0
    acceleration_e: float = 0.0

    def towards(self, north: float, east: float, speed: float, grip: Grip, dt: float) -> None:
        """One step towards a place at up to ``speed``."""
        self._move(dt)
        dn, de = north - self.north, east - self.east
        distance = math.hypot(dn, de)
        if distance > 1e-9:
            rate = (
                min(speed, approach(distance, 0.5 * grip.jerk / grip.acceleration, 0.5 * grip.acceleration, dt))
                / distance
            )
            self._accelerate(dn * rate, de * rate, grip, dt)
        else:
            self._accelerate(0.0, 0.0, grip, dt)

    def at_speed(self, speed_n: float, speed_e: float, grip: Grip, dt: float) -> None:
        """One step towards a wished velocity."""
        self._move(dt)
        self._accelerate(speed_n, speed_e, grip, dt)

    def _move(self, dt: float) -> None:
        half = 0.5 * dt * dt
        self.north += self.speed_n * dt + self.acceleration_n * half
        self.east += self.speed_e * dt + self.acceleration_e * half
        self.speed_n += self.acceleration_n * dt
        self.speed_e += self.acceleration_e * dt

    def _accelerate(self, wish_n: float, wish_e: float, grip: Grip, dt: float) -> None:
        acceleration, jerk = grip
        dn, de = wish_n - self.speed_n, wish_e - self.speed_e
        size = math.hypot(dn, de)
        scale = min(acceleration, approach(size, jerk / acceleration, jerk, dt)) / size if size > 1e-9 else 0.0
        jn, je = dn * scale - self.acceleration_n, de * scale - self.acceleration_e
        change = math.hypot(jn, je)
        if change > jerk * dt:
            jn, je = jn * jerk * dt / change, je * jerk * dt / change
        self.acceleration_n += jn
        self.acceleration_e += je
