"""The vehicle's vectors: north, east, up in metres from where its frame begins, and their rates."""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
Target = tuple[Vector, Vector, Vector]
"""Wanted position, velocity and acceleration."""

ZERO: Vector = (0.0, 0.0, 0.0)
GRAVITY = 9.80665


def stopping_distance(speed: float, gain: float, deceleration: float) -> float:
    """Metres that position control with ``gain`` (1/s) and ``deceleration`` (m/s²) needs from a signed speed."""
    size = abs(speed)
    if size <= deceleration / gain:
        return speed / gain
    way = 0.5 * (size * size / deceleration + deceleration / (gain * gain))
    return math.copysign(way, speed)


def heading_of(north: float, east: float) -> float:
    """The compass direction of a horizontal vector, radians, 0 to 2 pi."""
    return math.atan2(east, north) % math.tau
