"""Altitudes of any reference as heights above home, over a patrol's ground."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.terrain.follow import home_height_m
from planner.terrain.ground import Ground
from planner.terrain.highest import ground_span
from planner.terrain.surface import Terrain

if TYPE_CHECKING:
    from planner.geodesy import LocalFrame
    from planner.patrol import Patrol
    from planner.site import Launch

AROUND_M = 300.0
"""Zones are looked at so far around the work: what they hold elsewhere is nobody's way."""


class Span(NamedTuple):
    """The least and the greatest height of something, metres above home; infinite where it is not known."""

    low_m: float
    high_m: float


NOT_KNOWN = Span(-math.inf, math.inf)


class Levels:
    """Heights above home over terrain. Spans are of ground inside shapes (local metres), near the work only."""

    def __init__(self, terrain: Terrain, ground: Ground, home_m: float, work: BaseGeometry, frame: LocalFrame) -> None:
        self._terrain = terrain
        self._ground = ground
        self._work = work
        self._near = work.buffer(AROUND_M, quad_segs=4)
        self._frame = frame
        self.home_m = home_m
        self._known: dict[bytes, Span] = {}

    @classmethod
    def of(cls, patrol: Patrol, launch: Launch, frame: LocalFrame) -> Levels | None:
        """The levels of a patrol; None where it has no terrain. Raises ``InputError`` where home's is unknown."""
        ground = patrol.ground
        if ground is None or ground.terrain is None:
            return None
        home_m = home_height_m(ground.terrain, launch.position)
        work = shapely.GeometryCollection([patrol.site.extent, shapely.Point(launch.position)])
        return cls(ground.terrain, ground, home_m, frame.to_local(work.convex_hull), frame)

    def local(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in degrees in the levels' own frame."""
        return self._frame.to_local(shape)

    def ground_in(self, shape: BaseGeometry, *, everywhere: bool = False) -> Span:
        """The ground in a shape (local metres) near the work, or in all of it; not known where part of it is not."""
        part = shape if everywhere else shapely.intersection(shape, self._near)
        if part.is_empty:
            return NOT_KNOWN
        key = part.wkb
        if key not in self._known:
            low, high = ground_span(np.array([part], dtype=object), self._terrain, self._frame)
            known = math.isfinite(low[0]) and math.isfinite(high[0])
            self._known[key] = Span(float(low[0]) - self.home_m, float(high[0]) - self.home_m) if known else NOT_KNOWN
        return self._known[key]

    @property
    def ground_near(self) -> Span:
        """The ground around the work."""
        return self.ground_in(self._near)

    def span(self, altitude: Altitude, shape: BaseGeometry) -> Span:
        """Where an altitude may lie above home, anywhere in a shape near the work."""
        match altitude.reference:
            case AltitudeReference.HOME:
                return Span(altitude.metres, altitude.metres)
            case AltitudeReference.AMSL:
                return Span(altitude.metres - self.home_m, altitude.metres - self.home_m)
            case AltitudeReference.AGL:
                low, high = self.ground_in(shape)
                return Span(low + altitude.metres, high + altitude.metres)

    def flown(self, altitude: Altitude, shape: BaseGeometry) -> Span:
        """As :meth:`span`, for a patrol that is flown at an altitude: above ground it is kept within some metres."""
        low, high = self.span(altitude, shape)
        if altitude.reference is AltitudeReference.AGL:
            return Span(low - self._ground.below_m, high + self._ground.above_m)
        return Span(low, high)

    def highest_flown_m(self, altitude: Altitude) -> float:
        """The greatest height above home that a patrol has anywhere over its work."""
        return self.flown(altitude, self._work).high_m

    def above_home_m(self, altitude: Altitude, place: LonLat) -> float:
        """An altitude at a place as metres above home, NaN where the ground there is unknown."""
        match altitude.reference:
            case AltitudeReference.HOME:
                return altitude.metres
            case AltitudeReference.AMSL:
                return altitude.metres - self.home_m
            case AltitudeReference.AGL:
                return self._terrain.height(place) + altitude.metres - self.home_m

    def tube_m(self) -> Span:
        """How far below and above the height asked for a patrol above ground is flown, metres."""
        return Span(-self._ground.below_m, self._ground.above_m)
