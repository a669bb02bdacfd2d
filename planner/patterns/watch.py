"""The watch: stay by a point of interest, the camera on it.

Patrols that stop at a hot spot for ten to sixteen minutes keep it quiet longest: each minute more adds to that, up to
about fifteen, and then no more (Koper 1995, "Just enough police presence", Justice Quarterly 12(4), pp. 649-672).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import shapely

from planner.cameras import Camera
from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Pattern, Place, Thing, Wanted, heading
from planner.site import Site


@dataclass(frozen=True, slots=True)
class Watch(Pattern):
    """Stay ``dwell_s`` by each point, ``distance_m`` off it (None: as far as high, so that the camera looks down 45°).

    ``bearing_deg``: on which side of the point, clockwise from north; None: the one the drone comes from. What one
    battery does not last for is watched on with the next.
    """

    dwell_s: float = 780.0
    distance_m: float | None = None
    bearing_deg: float | None = None

    word: ClassVar[str] = "watch"
    kinds: ClassVar[tuple[str, ...]] = ("point",)

    def __post_init__(self) -> None:
        Pattern.__post_init__(self)
        self.refuse_not_positive("dwell_s")
        if self.distance_m is not None and not (math.isfinite(self.distance_m) and self.distance_m >= 0):
            raise SettingError(f"distance_m must be zero or more, not {self.distance_m}.")
        if self.bearing_deg is not None and not math.isfinite(self.bearing_deg):
            raise SettingError(f"bearing_deg must be a number of degrees, not {self.bearing_deg}.")

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each point."""
        return tuple(Thing(point.label, shapely.Point(frame.point_to_local(point.position))) for point in site.points)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """One place to stay at."""
        point = shapely.get_coordinates(thing.shape)[0]
        away = np.array(at) - point
        if self.bearing_deg is not None or not np.hypot(*away):
            away = heading(self.bearing_deg or 0.0)
        distance = self.altitude.metres if self.distance_m is None else self.distance_m
        stand = point + distance * away / np.hypot(*away)
        return (Wanted(stand[None], aim=(float(point[0]), float(point[1])), stay_s=self.dwell_s),)
