"""Searches for somebody or something that is lost, as aircraft and ships fly them.

IAMSAR Manual (ICAO Doc 9731 / IMO), Volume II, chapter 5 (search patterns), and Volume III, section 3:

- expanding square (SS): from the datum, legs of one, one, two, two, three, three … track spacings, each turned 90° to
  the right of the one before; for a position that is known well;
- sector (VS): from the datum, nine legs as long as the radius, each turned 120° to the right, but straight on through
  the datum; for a position that is known very well; a second round lies 30° to the right of the first;
- parallel track (PS): legs parallel to the longer side of the area, the first half a track spacing inside the border;
- creeping line (CS): the same with legs parallel to the shorter side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Laned, Place, Points, Thing, Wanted, heading
from planner.site import Site

FORMS = ("expanding_square", "sector", "parallel_track", "creeping_line")
BY_AREA = ("parallel_track", "creeping_line")

SECTOR_COURSES_DEG = (0.0, 120.0, 240.0, 240.0, 0.0, 120.0, 120.0, 240.0, 0.0)
"""The nine legs of a sector search, from the heading of the first (IAMSAR Vol. II, figure of pattern VS)."""

SECOND_ROUND_DEG = 30.0

SHORTEST_LEG_M = 1.0


@dataclass(frozen=True, slots=True)
class Search(Laned):
    """Search around points (or the middles of areas where no point is drawn), or through areas, by its ``form``.

    The track spacing is ``swath_m``. ``radius_m``: how far from the datum a square or a sector reaches.
    ``heading_deg``: of the first leg (None: north for a square or sector, and along the area for the others; IAMSAR
    begins into the wind). ``rounds``: of a sector search.
    """

    form: str = "expanding_square"
    radius_m: float = 200.0
    heading_deg: float | None = None
    rounds: int = 1

    word: ClassVar[str] = "search"
    kinds: ClassVar[tuple[str, ...]] = ("point", "area")

    def __post_init__(self) -> None:
        Laned.__post_init__(self)
        self.refuse_other("form", FORMS)
        self.refuse_not_positive("radius_m")
        self.refuse_less_than_one("rounds")
        if self.heading_deg is not None and not math.isfinite(self.heading_deg):
            raise SettingError(f"heading_deg must be a number of degrees, not {self.heading_deg}.")

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Areas, all of which is to be seen, or the places to search around."""
        areas = [(area.label, frame.to_local(area.shape)) for area in site.areas]
        if self.form in BY_AREA:
            return tuple(Thing(label, part, part) for label, shape in areas for part in shapely.get_parts(shape))
        points = [(point.label, shapely.Point(frame.point_to_local(point.position))) for point in site.points]
        points = points or [(label, shape.centroid) for label, shape in areas]
        return tuple(Thing(label, point) for label, point in points)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """The legs of the form."""
        spacing = self.spacing_m(camera)
        if self.form in BY_AREA:
            return tuple(Wanted(leg) for leg in self._legs_across(thing.shape, spacing, at))
        datum = shapely.get_coordinates(thing.shape)[0]
        if self.form == "sector":
            return (Wanted(self._sector(datum)),)
        return (Wanted(self._square(datum, spacing)),)

    def _square(self, datum: Points, spacing: float) -> Points:
        """Corners (n, 2) of an expanding square, until a leg more would be longer than twice the radius."""
        count = 2 * max(1, math.floor(2 * self.radius_m / spacing + 1e-9))
        first = self.heading_deg or 0.0
        legs = [(leg // 2 + 1) * spacing * heading(first + 90 * leg) for leg in range(count)]
        return np.vstack([datum, datum + np.cumsum(legs, axis=0)])

    def _sector(self, datum: Points) -> Points:
        """Corners (n, 2) of a sector search; it passes over the datum every third leg."""
        first = self.heading_deg or 0.0
        courses = [
            first + SECOND_ROUND_DEG * number + course for number in range(self.rounds) for course in SECTOR_COURSES_DEG
        ]
        legs = [self.radius_m * heading(course) for course in courses]
        return np.vstack([datum, datum + np.cumsum(legs, axis=0)])

    def _legs_across(self, area: BaseGeometry, spacing: float, at: Place) -> list[Points]:
        """Parallel legs (2, 2) through an area, to and fro, from the corner nearest to ``at``."""
        angle = self._legs_angle(area)
        around = area.centroid
        level = shapely.affinity.rotate(area, -angle, origin=around, use_radians=True)
        west, south, east, north = level.bounds
        count = max(1, math.ceil((north - south) / spacing - 1e-6))
        first = south + spacing / 2 if count > 1 else (south + north) / 2
        rows = [_row(level, y, (west - 1, east + 1), spacing / 2) for y in first + spacing * np.arange(count)]
        rows = [row for row in rows if row]
        here = shapely.affinity.rotate(shapely.Point(at), -angle, origin=around, use_radians=True)
        if rows and abs(rows[-1][0][0, 1] - here.y) < abs(rows[0][0][0, 1] - here.y):
            rows.reverse()
        backwards = abs(east - here.x) < abs(west - here.x)
        legs: list[Points] = []
        for row in rows:
            legs += [leg[::-1] for leg in reversed(row)] if backwards else row
            backwards = not backwards
        turned = shapely.affinity.rotate(shapely.MultiLineString(legs), angle, origin=around, use_radians=True)
        return [shapely.get_coordinates(leg) for leg in shapely.get_parts(turned)]

    def _legs_angle(self, area: BaseGeometry) -> float:
        """The direction of legs, radians counter-clockwise from east."""
        if self.heading_deg is not None:
            return math.radians(90.0 - self.heading_deg)
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
        sides = np.diff(box[:3], axis=0)
        longer = int(np.argmax(np.hypot(*sides.T)))
        side = sides[longer if self.form == "parallel_track" else 1 - longer]
        return math.atan2(side[1], side[0])


def _row(area: BaseGeometry, y: float, reach: tuple[float, float], inside_m: float) -> list[Points]:
    """The pieces of a level line in an area, from west to east, each begun and ended half a spacing inside."""
    found = shapely.intersection(area, shapely.LineString([(reach[0], y), (reach[1], y)]))
    pieces = sorted((part.bounds[0], part.bounds[2]) for part in shapely.get_parts(found) if part.length > 0)
    legs = []
    for west, east in pieces:
        cut = min(inside_m, max((east - west - SHORTEST_LEG_M) / 2, 0.0))
        legs.append(np.array([[west + cut, y], [east - cut, y]]))
    return legs
