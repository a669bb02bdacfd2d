"""The camera trigger: by distance or on command, with CAMERA_FEEDBACK for each picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.vehicle import Vehicle


class Camera:
    """Counts pictures and remembers where the last one was taken."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.distance_m = 0.0
        self.images = 0
        self._last: tuple[float, float] | None = None

    def every(self, metres: float, *, at_once: bool = False) -> None:
        """Trigger each ``metres`` of way; 0 or less is off. ``at_once`` takes one picture now."""
        self.distance_m = max(0.0, metres)
        if at_once:
            self.shoot()

    def step(self) -> None:
        """Take a picture when the way since the last one is long enough; it counts from where it was switched on."""
        if self.distance_m <= 0.0:
            self._last = None
            return
        north, east, _ = self._vehicle.body.place
        if self._last is None:
            self._last = (north, east)
            return
        if math.hypot(north - self._last[0], east - self._last[1]) >= self.distance_m:
            self.shoot()

    def shoot(self) -> None:
        """Take a picture and say so."""
        vehicle = self._vehicle
        self.images = self.images % 65_535 + 1
        self._last = vehicle.body.place[:2]
        vehicle.tell_camera_feedback(self.images)
