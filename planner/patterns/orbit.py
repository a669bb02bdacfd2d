"""The orbit: circles around a point of interest, with the camera on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import shapely

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Pattern, Place, Points, Thing, Wanted
from planner.site import Site

DIRECTIONS = ("clockwise", "counterclockwise")

FEWEST_CORNERS, MOST_CORNERS = 12, 36
"""A circle is flown as a polygon: 12 sides come 3.4 % of the radius nearer to the point than their corners.

ArduCopter is slow on short legs: its waypoint navigation keeps about as many m/s as the root of a leg's metres. So
there are no more corners than the speed allows, and where 12 are too many for it, the forecast tells of the lower one.
ArduCopter's own turns (``NAV_LOITER_TURNS``) are rounder, but are flown at ``CIRCLE_RATE``, have their radius rounded
to whole metres (to tens above 255 m), and cannot be broken off for a battery.
"""


@dataclass(frozen=True, slots=True)
class Orbit(Pattern):
    """Circle around points, the camera on them; ``turns`` times at ``radius_m`` from each."""

    speed_mps: float = 5.0
    radius_m: float = 60.0
    turns: int = 3
    direction: str = "clockwise"

    word: ClassVar[str] = "orbit"
    kinds: ClassVar[tuple[str, ...]] = ("point",)

    def __post_init__(self) -> None:
        Pattern.__post_init__(self)
        self.refuse_not_positive("radius_m")
        self.refuse_less_than_one("turns")
        self.refuse_other("direction", DIRECTIONS)

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each point."""
        return tuple(Thing(point.label, shapely.Point(frame.point_to_local(point.position))) for point in site.points)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """The circle from where the drone comes, as a polygon in as many turns."""
        x, y = shapely.get_coordinates(thing.shape)[0].tolist()
        start = math.atan2(at[1] - y, at[0] - x) if (at[0], at[1]) != (x, y) else math.pi / 2
        return (Wanted(self._circle((x, y), start), aim=(x, y)),)

    def _circle(self, centre: Place, start_rad: float) -> Points:
        """All turns, (n, 2); corners lie outside the circle by half of what its sides cut off: it is their mean."""
        wanted = math.ceil(2 * math.pi * self.radius_m / self.speed_mps**2)
        count = min(max(wanted, FEWEST_CORNERS), MOST_CORNERS)
        radius = self.radius_m * (1 + (1 - math.cos(math.pi / count)) / 2)
        way = -1.0 if self.direction == "clockwise" else 1.0
        angles = start_rad + way * 2 * np.pi * np.arange(count * self.turns + 1) / count
        return np.array(centre) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
