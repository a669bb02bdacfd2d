"""Where a planned flight is at which time: a polyline in space and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import SettingError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TimedPath:
    """A planned sortie, from take-off to landing, straight and steady between its points.

    ``t_s`` (n,) rising seconds on a clock that all plans share; ``points`` (n, 3) east, north and up in one local
    frame, metres. Before the first and after the last point the drone stands on the ground and is in nobody's way.
    Raises ``SettingError`` for times that do not rise, values that are not finite, and shapes that do not agree.
    """

    t_s: Floats
    points: Floats

    def __post_init__(self) -> None:
        times = np.array(self.t_s, dtype=np.float64)
        points = np.array(self.points, dtype=np.float64)
        if times.ndim != 1 or len(times) < 2 or points.shape != (len(times), 3):
            raise SettingError(
                f"A timed path needs n ≥ 2 times and (n, 3) points, not {times.shape} and {points.shape}."
            )
        if not (np.isfinite(times).all() and np.isfinite(points).all()):
            raise SettingError("A timed path's times and points must be finite numbers.")
        if not (np.diff(times) > 0).all():
            at = int(np.argmin(np.diff(times) > 0))
            raise SettingError(f"A timed path's times must rise; they do not after point {at} ({times[at]:.3f} s).")
        times.flags.writeable = points.flags.writeable = False
        object.__setattr__(self, "t_s", times)
        object.__setattr__(self, "points", points)

    def at(self, t_s: Floats) -> Floats:
        """Points (m, 3) at times (m,) within the flight."""
        return np.stack([np.interp(t_s, self.t_s, axis) for axis in self.points.T], axis=1)

    def later(self, delay_s: float) -> TimedPath:
        """The same flight, started ``delay_s`` later."""
        return TimedPath(self.t_s + delay_s, self.points) if delay_s else self

    def raised(self, height_m: float, climb_mps: float, descent_mps: float) -> TimedPath:
        """The same flight ``height_m`` higher, all but its two ends on the ground.

        The climb takes ``height_m / climb_mps`` longer, which moves all that follows, the descent
        ``height_m / descent_mps``.
        """
        if height_m == 0:
            return self
        points, times = self.points.copy(), self.t_s.copy()
        points[1:-1, 2] += height_m
        times[1:] += height_m / climb_mps
        times[-1] += height_m / descent_mps
        return TimedPath(times, points)
