"""Waypoint navigation: a target that runs along legs, rounds corners, and stops where it must.

ArduCopter 4.1+ (AC_WPNav) flies each leg from rest to rest and lets the next one begin while the last still slows down,
provided the turn's middle stays within the waypoint radius and the corner's acceleration within its limit. That overlap
is what rounds the corners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.parameters import Parameters
from sim.scurve import Leg, Limits
from sim.vectors import ZERO, Target, Vector


@dataclass(frozen=True, slots=True)
class Speeds:
    """Speed limits in m/s, all positive."""

    horizontal: float
    up: float
    down: float


class _Straight:
    """A leg and its direction in space."""

    def __init__(self, origin: Vector, destination: Vector, speeds: Speeds, parameters: Parameters) -> None:
        self.origin, self.destination = origin, destination
        delta = tuple(b - a for a, b in zip(origin, destination, strict=True))
        self.length = math.sqrt(sum(d * d for d in delta))
        self.unit: Vector = (
            (delta[0] / self.length, delta[1] / self.length, delta[2] / self.length) if self.length > 1e-6 else ZERO
        )
        self.vertical_acceleration = parameters.metres("WPNAV_ACCEL_Z")
        acceleration = self._along(
            parameters.metres("WPNAV_ACCEL"), self.vertical_acceleration, self.vertical_acceleration
        )
        jerk = parameters["WPNAV_JERK"]
        snap = 0.25 * jerk * math.pi / max(parameters["ATC_INPUT_TC"], 0.1)
        self.leg = Leg(self.length, Limits(self.speed_limit(speeds), acceleration, jerk, snap))

    def speed_limit(self, speeds: Speeds) -> float:
        return self._along(speeds.horizontal, speeds.up, speeds.down)

    def _along(self, horizontal: float, up: float, down: float) -> float:
        """The largest value along the leg that keeps its horizontal and vertical parts within limits."""
        flat, rise = math.hypot(self.unit[0], self.unit[1]), self.unit[2]
        vertical = up if rise > 0 else down
        if flat < 1e-6:
            return vertical
        return min(horizontal / flat, vertical / abs(rise)) if abs(rise) > 1e-6 else horizontal


class Navigator:
    """The target's way through waypoints. All places are metres north, east, up of home."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.position: Vector = ZERO
        self.velocity: Vector = ZERO
        self.acceleration: Vector = ZERO
        self.destination: Vector = ZERO
        self.origin: Vector = ZERO
        self.reached = True
        self.paused = False
        self.speeds = Speeds(1.0, 1.0, 1.0)
        self._speeds_version = -1
        self._fast = False
        self._scale = 1.0
        self._go = 1.0
        self._previous: _Straight | None = None
        self._this: _Straight | None = None
        self._next: _Straight | None = None

    def start(self, place: Vector, speed: float = 0.0) -> None:
        """Begin anew at a place where the vehicle will stop; ``speed`` m/s overrides ``WPNAV_SPEED``."""
        parameters = self._parameters
        self._override = speed
        self.speeds = Speeds(
            max(0.1, speed or parameters.metres("WPNAV_SPEED")),
            parameters.metres("WPNAV_SPEED_UP"),
            abs(parameters.metres("WPNAV_SPEED_DN")),
        )
        self._parameter_speeds = self._speeds_of_parameters()
        self._previous = self._this = self._next = None
        self._fast, self._scale, self._go = False, 1.0, 1.0
        self.paused = False
        self.origin = self.destination = self.position = place
        self.velocity = self.acceleration = ZERO
        self.reached = True

    def go_to(self, destination: Vector) -> None:
        """Fly on to ``destination``; from where the last leg ended, or from ``position`` when it was broken off."""
        self.origin = self.destination
        self._previous = self._this
        if self._fast and self._next is not None and not self._next.leg.finished:
            self._this = self._next
        else:
            self._this = _Straight(self.origin, destination, self.speeds, self._parameters)
        self._next = None
        self.destination = destination
        self._fast = False
        self.reached = False

    def then_to(self, destination: Vector) -> None:
        """Say where the way leads after the present destination, so that it need not stop there."""
        self._next = _Straight(self.destination, destination, self.speeds, self._parameters)
        self._fast = True

    def set_speed(self, horizontal: float | None = None, up: float | None = None, down: float | None = None) -> None:
        """Change speed limits under way, m/s."""
        if horizontal is not None:
            self._override = horizontal
        self.speeds = Speeds(horizontal or self.speeds.horizontal, up or self.speeds.up, down or self.speeds.down)
        for straight in (self._this, self._next):
            if straight is not None:
                straight.leg.set_speed(straight.speed_limit(self.speeds))

    @property
    def target(self) -> Target:
        """Where the vehicle should be now, how fast, and how that changes."""
        return self.position, self.velocity, self.acceleration

    def distance_to_destination(self, place: Vector) -> float:
        """Horizontal metres still to go."""
        return math.hypot(self.destination[0] - place[0], self.destination[1] - place[1])

    def step(self, dt: float, place: Vector, velocity: Vector) -> None:
        """Move the target on by ``dt``; ``place`` and ``velocity`` are the vehicle's own."""
        self._follow_parameters()
        self._slow_down_for(place, velocity, dt)
        wish = 0.0 if self.paused else 1.0
        if self._go != wish:
            rate = self._parameters.metres("WPNAV_ACCEL") / self.speeds.horizontal * dt
            self._go += max(-rate, min(rate, wish - self._go))
        done = self._advance(self._scale * self._go * dt)
        if self._go != 1.0:
            self.velocity = _scaled(self.velocity, self._go)
            self.acceleration = _scaled(self.acceleration, self._go * self._go)
        if not self.reached and done:
            radius = self._parameters.metres("WPNAV_RADIUS")
            self.reached = self._fast or math.dist(place, self.destination) <= max(radius, 0.05)

    def _advance(self, dt: float) -> bool:
        """Run all legs that are under way; true once the middle of the turn to the next one is behind."""
        this = self._this
        if this is None:
            return True
        here, speed, pull = list(self.origin), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        if self._previous is not None:
            if self._previous.leg.finished:
                self._previous = None
            else:
                _add(self._previous, self._previous.leg.advance(dt), here, speed, pull, from_end=True)
        _add(this, this.leg.advance(dt), here, speed, pull)
        done = this.leg.finished
        after = self._next
        if self._fast and after is not None:
            if after.leg.time > 0.0:
                _add(after, after.leg.advance(dt), here, speed, pull)
                done = done or after.leg.time >= this.leg.remaining
            elif (
                this.leg.time >= this.leg.slowing_from
                and this.leg.remaining <= after.leg.accelerated_until
                and self._may_turn(this, after)
            ):
                _add(after, after.leg.advance(dt), here, speed, pull)
        self.position = (here[0], here[1], here[2])
        self.velocity = (speed[0], speed[1], speed[2])
        self.acceleration = (pull[0], pull[1], pull[2])
        return done

    def _may_turn(self, this: _Straight, after: _Straight) -> bool:
        """Whether beginning the next leg now keeps the turn's middle within radius and acceleration limits."""
        half = 0.5 * this.leg.remaining
        out, into = this.leg.at(this.leg.time + half), after.leg.at(half)
        back = out.way - this.length
        corner = [back * a + into.way * b for a, b in zip(this.unit, after.unit, strict=True)]
        speed = [out.speed * a + into.speed * b for a, b in zip(this.unit, after.unit, strict=True)]
        pull = [out.acceleration * a + into.acceleration * b for a, b in zip(this.unit, after.unit, strict=True)]
        parameters = self._parameters
        limit = parameters.metres("WPNAV_ACCEL_C") or 2.0 * parameters.metres("WPNAV_ACCEL")
        return (
            math.hypot(*corner) < parameters.metres("WPNAV_RADIUS")
            and math.hypot(*speed) < min(this.leg.limits.speed, after.leg.limits.speed)
            and math.hypot(pull[0], pull[1]) < limit
            and abs(pull[2]) < min(this.vertical_acceleration, after.vertical_acceleration)
        )

    def _slow_down_for(self, place: Vector, velocity: Vector, dt: float) -> None:
        """Let the target wait for a vehicle that cannot keep up, for instance against the wind."""
        vn, ve, vu = self.velocity
        square = vn * vn + ve * ve + vu * vu
        wish = 1.0
        if square > 1e-12:
            tn, te, tu = self.position
            lag = (tn - place[0]) * vn + (te - place[1]) * ve + (tu - place[2]) * vu
            along = velocity[0] * vn + velocity[1] * ve + velocity[2] * vu
            wish = max(0.0, min(1.0, 0.05 + (along - self._parameters["PSC_POSXY_P"] * lag) / square))
        jerk = self._parameters["WPNAV_JERK"]
        constant = self._parameters.metres("WPNAV_ACCEL") / jerk if jerk > 0 else 1.0
        self._scale += (wish - self._scale) * min(1.0, dt / constant)

    def _speeds_of_parameters(self) -> tuple[float, float, float]:
        parameters = self._parameters
        return parameters["WPNAV_SPEED"], parameters["WPNAV_SPEED_UP"], parameters["WPNAV_SPEED_DN"]

    def _follow_parameters(self) -> None:
        """Take over speeds that were changed as parameters during the flight."""
        if self._parameters.version == self._speeds_version:
            return
        self._speeds_version = self._parameters.version
        old, new = self._parameter_speeds, self._speeds_of_parameters()
        if old != new:
            self._parameter_speeds = new
            self.set_speed(
                horizontal=new[0] * 0.01 if new[0] != old[0] and not self._override else None,
                up=new[1] * 0.01 if new[1] != old[1] else None,
                down=abs(new[2]) * 0.01 if new[2] != old[2] else None,
            )


def _scaled(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def _add(
    straight: _Straight,
    along: tuple[float, float, float],
    here: list[float],
    speed: list[float],
    pull: list[float],
    *,
    from_end: bool = False,
) -> None:
    way, v, a = along
    if from_end:
        way -= straight.length
    for i, unit in enumerate(straight.unit):
        here[i] += unit * way
        speed[i] += unit * v
        pull[i] += unit * a
