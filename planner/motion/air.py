"""What the air lets a leaning multicopter do: how fast it can go, and over ground in wind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.limits import Complex, Floats
from planner.vehicles import VehicleProfile

GRAVITY_MPS2 = 9.80665

_BISECTIONS = 40
_SLOWEST_MPS = 0.05


@dataclass(frozen=True, slots=True)
class Air:
    """Wind (towards east + i north, m/s), and drag as an acceleration with a linear and a square part.

    ``lean_mps2`` is the most acceleration that leaning gives.
    """

    wind: complex
    drag_per_s: float
    drag_per_m: float
    lean_mps2: float

    @classmethod
    def of(cls, profile: VehicleProfile, wind_mps: tuple[float, float]) -> Air:
        """For a vehicle in a wind that blows towards (east, north) at these speeds."""
        lean = GRAVITY_MPS2 * math.tan(math.radians(profile.lean_limit_deg))
        return cls(complex(*wind_mps), profile.drag_per_s, profile.drag_per_m, lean)

    def drag(self, velocity: Complex, heading: Complex) -> Complex:
        """The deceleration of velocities over ground, complex (n,) east + i north, with the nose along ``heading``.

        Each body axis has its own square drag, as a box has, and as ArduPilot's ``SIM_Frame`` has.
        """
        body = (velocity - self.wind) * np.conj(heading)
        square = body.real * np.abs(body.real) + 1j * body.imag * np.abs(body.imag)
        return np.asarray((self.drag_per_s * body + self.drag_per_m * square) * heading)

    def reachable(self, level: Complex, speeds: Floats) -> Floats:
        """The ground speeds (n,) up to ``speeds`` that leaning can hold along ``level``, m/s along the leg.

        ``level`` complex (n,): the level part of the leg's direction, of length 1 where the leg is level.
        """
        size = np.abs(level)
        heading = np.divide(level, size, out=np.ones_like(level), where=size > 1e-9)

        def holds(speed: Floats, way: Complex, nose: Complex) -> NDArray[np.bool_]:
            return np.asarray(np.abs(self.drag(speed * way, nose)) <= self.lean_mps2)

        held = speeds.copy()
        tried = np.flatnonzero(~holds(speeds, level, heading))
        low, high = np.full(len(tried), _SLOWEST_MPS), speeds[tried]
        for _ in range(_BISECTIONS if len(tried) else 0):
            middle = (low + high) / 2
            inside = holds(middle, level[tried], heading[tried])
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        held[tried] = low
        return held
