"""Time to fly a straight leg that starts and ends at rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Motion:
    """Cruise speed and acceleration; every corner is a stop."""

    speed_mps: float
    acceleration_mps2: float

    @property
    def stop_s(self) -> float:
        """What one stop costs on a leg long enough to reach cruise speed, s."""
        return self.speed_mps / self.acceleration_mps2

    @property
    def stop_m(self) -> float:
        """The same as metres of flight at cruise speed."""
        return self.stop_s * self.speed_mps

    def time_s(self, length_m: float) -> float:
        """Time for one leg, s: trapezoid of speed, a triangle when the leg is too short for it."""
        if length_m >= self.stop_m:
            return length_m / self.speed_mps + self.stop_s
        return 2.0 * float(np.sqrt(length_m / self.acceleration_mps2))

    def times_s(self, lengths_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times for legs of any shape, s."""
        long = lengths_m / self.speed_mps + self.stop_s
        return np.where(lengths_m >= self.stop_m, long, 2.0 * np.sqrt(lengths_m / self.acceleration_mps2))

    def path_s(self, points: NDArray[np.float64]) -> float:
        """Time for a path of (n, 2) corners, s."""
        return float(self.times_s(np.hypot(*np.diff(points, axis=0).T)).sum()) if len(points) > 1 else 0.0
