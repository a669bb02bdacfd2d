"""The camera trigger: by distance or on command, with CAMERA_FEEDBACK for each picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.vectors import Vector

if TYPE_CHECKING:
    from sim.vehicle import Vehicle


class Camera:
    """Counts pictures and remembers where the last one was taken."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.distance_m = 0.0
        self.images = 0
        self._last: Vector | None = None
        self._before: Vector = vehicle.body.place

    def every(self, metres: float, *, at_once: bool = False) -> None:
        """Trigger each ``metres`` of way; 0 or less is off. ``at_once`` takes one picture now."""
        self.distance_m = max(0.0, metres)
        if at_once:
            self.shoot()

    def step(self) -> None:
        """Take a picture when the way since the last one is long enough; it counts from where it was switched on.

        A step of time is coarser than an autopilot's 50 looks a second, so the place is found between two steps.
        """
        here = self._vehicle.body.place
        before, self._before = self._before, here
        if self.distance_m <= 0.0:
            self._last = None
        elif self._last is None:
            self._last = here
        elif math.dist(here[:2], self._last[:2]) >= self.distance_m:
            self.shoot(self._crossing(before, here))

    def _crossing(self, before: Vector, here: Vector) -> Vector:
        """Where between two places the distance was reached."""
        last = self._last or before
        low, high = 0.0, 1.0
        for _ in range(8):
            middle = 0.5 * (low + high)
            reached = math.dist(_between(before, here, middle)[:2], last[:2]) >= self.distance_m
            low, high = (low, middle) if reached else (middle, high)
        return _between(before, here, high)

    def shoot(self, place: Vector | None = None) -> None:
        """Take a picture and say so; here, or at a place just passed."""
        vehicle = self._vehicle
        self.images = self.images % 65_535 + 1
        self._last = place or vehicle.body.place
        vehicle.tell_camera_feedback(self.images, self._last)


def _between(start: Vector, end: Vector, share: float) -> Vector:
    n, e, u = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return n, e, u
