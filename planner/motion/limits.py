"""What a straight leg may ask for along its track, from what the vehicle may do level, up and down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
"""Level vectors: east + i north."""


@dataclass(frozen=True, slots=True)
class Build:
    """How fast acceleration may change, the same on every leg: m/s³, and the least seconds jerk takes to build up."""

    jerk: float
    rise_s: float

    @property
    def snap(self) -> float:
        """The steepest rise of jerk, m/s⁴: a raised cosine of that height and duration."""
        return self.jerk * math.pi / (2 * self.rise_s)

    @classmethod
    def of(cls, profile: VehicleProfile) -> Build:
        """As ``AC_WPNav::calc_scurve_jerk_and_snap``: half the snap that the attitude controller's lag allows."""
        return cls(profile.jerk_mps3, 2 * max(profile.attitude_lag_s, 0.1))


def along(units: Floats, level: Floats | float, up: float, down: float) -> Floats:
    """The largest magnitude along unit vectors (n, 3) whose parts stay within ``level``, ``up`` and ``down``, (n,).

    As ``kinematic_limit`` in ArduPilot's AP_Math has it; a zero vector may do anything its level limit says.
    """
    flat = np.hypot(units[:, 0], units[:, 1])
    steep = np.abs(units[:, 2])
    vertical = np.where(units[:, 2] > 0, up, down)
    by_level = np.divide(level, flat, out=np.full(len(units), np.inf), where=flat > 1e-9)
    by_height = np.divide(vertical, steep, out=np.full(len(units), np.inf), where=steep > 1e-9)
    least = np.minimum(by_level, by_height)
    return np.where(np.isfinite(least), least, level)
