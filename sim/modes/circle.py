"""Circles, as LOITER_TURNS flies them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.modes.base import Hover
from sim.vectors import Vector, heading_of

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

_LEAST_ANGULAR_ACCELERATION = math.radians(2.0)


class Circle:
    """A target that runs round a centre at ``CIRCLE_RATE``, no faster than speed and acceleration allow."""

    def __init__(self, vehicle: Vehicle, centre: Vector, radius: float, clockwise: bool) -> None:
        self._vehicle = vehicle
        self.centre, self.radius = centre, radius
        parameters = vehicle.parameters
        rate = math.radians(abs(parameters["CIRCLE_RATE"]))
        if radius > 0:
            acceleration, speed = parameters.metres("WPNAV_ACCEL"), parameters.metres("WPNAV_SPEED")
            rate = min(rate, min(speed, math.sqrt(0.5 * acceleration * radius)) / radius)
        self._rate = rate if clockwise else -rate
        self._speed = 0.0
        self.turned = 0.0
        self._angle = 0.0
        self._hover = Hover(vehicle)

    def edge(self) -> Vector:
        """The nearest point of the circle; from its middle, the one behind the vehicle."""
        north, east = self._vehicle.motion[0][0] - self.centre[0], self._vehicle.motion[0][1] - self.centre[1]
        distance = math.hypot(north, east)
        if distance < 0.5:
            yaw = self._vehicle.body.yaw
            north, east, distance = -math.cos(yaw), -math.sin(yaw), 1.0
        scale = self.radius / distance
        return self.centre[0] + north * scale, self.centre[1] + east * scale, self.centre[2]

    def start(self) -> None:
        """Begin to go round from here."""
        self._hover.begin()
        north, east = self._vehicle.motion[0][0] - self.centre[0], self._vehicle.motion[0][1] - self.centre[1]
        self._angle = heading_of(north, east) if math.hypot(north, east) > 0.5 else self._vehicle.body.yaw
        self._vehicle.heading.at_place(self.centre, self._vehicle.body.yaw)

    def step(self, dt: float) -> None:
        """Go round for ``dt`` seconds."""
        change = max(abs(self._rate), _LEAST_ANGULAR_ACCELERATION) * dt
        self._speed += max(-change, min(change, self._rate - self._speed))
        self._angle += self._speed * dt
        self.turned += abs(self._speed) * dt
        self._hover.climb_to(self.centre[2], dt)
        sine, cosine = math.sin(self._angle), math.cos(self._angle)
        tangent, inward = self._speed * self.radius, self._speed * self._speed * self.radius
        plane = self._hover.plane
        plane.north, plane.east = self.centre[0] + self.radius * cosine, self.centre[1] + self.radius * sine
        plane.speed_n, plane.speed_e = -tangent * sine, tangent * cosine
        plane.acceleration_n, plane.acceleration_e = -inward * cosine, -inward * sine
        self._hover.show()
