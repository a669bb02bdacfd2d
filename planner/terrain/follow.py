"""A constant height above the ground: altitudes above home for a route's waypoints, and waypoints put in where needed.

Between two waypoints an autopilot flies straight; the ground does not. On every leg the height above the ground stays
between ``below_m`` less and ``above_m`` more than what was asked for, and never under the clearance, not only at
waypoints. Where the ground is so even that this holds by itself, no waypoint is put in. A leg that climbs or sinks
faster than the vehicle may is flown slower by the autopilot itself (``WPNAV_SPEED_UP``, ``WPNAV_SPEED_DN``), and counts
so in the forecast; within what is allowed, heights are chosen so that this costs the least time.

Altitudes are differences of heights in the same terrain, so an error that all of it shares does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.chain import Chain
from planner.errors import InputError, PlanError
from planner.geodesy import LocalFrame
from planner.plan import Route, Waypoint
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.terrain import parabolas
from planner.terrain.ground import Ground
from planner.terrain.obstacles import blocks_of
from planner.terrain.surface import Terrain
from planner.terrain.tube import Crossing, Tube, cross, levels
from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

ROUGH_M = 0.5
"""Ground that is this even between two stations needs none between them."""

ROUNDING_M = 0.05
"""Places are rounded to 1e-7° and altitudes to the centimetre."""

BEND_M = 0.1
"""How far the ground of one cell may leave the straight lines that stand for it."""

MOST_STATIONS = 120
"""On one leg; on rougher ground they stand further apart, and the height is kept with more room."""

DECIMALS = 7

NO_ALTITUDE_M = 0.01
"""An altitude of exactly 0 above home cannot be told to an autopilot."""


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A way with heights: ``points`` (n, 2) local metres, ``heights_m`` (n,) above home, ``leg`` (n,) the number of the
    leg of the given way that leads to each point, -1 for the first; the given points are kept."""

    points: Floats
    heights_m: Floats
    leg: NDArray[np.int64]


class Follower:
    """Follows the ground from one launch; remembers legs."""

    def __init__(
        self,
        ground: Ground,
        launch: LonLat,
        frame: LocalFrame,
        profile: VehicleProfile,
        *,
        highest: Altitude | None = None,
    ) -> None:
        """``highest``: what no altitude may go beyond, as far as the lowest allowed height permits.

        Raises ``InputError`` where terrain is missing or unknown at the launch.
        """
        self._ground = ground
        self._frame = frame
        self._profile = profile
        self._highest = highest
        self.home_m = home_height_m(ground.terrain, launch)
        self._blocks = blocks_of(ground.obstacles, ground.terrain, frame)
        self._legs: dict[tuple[float, ...], Crossing] = {}

    def shaped(self, points: Floats, wanted_m: Floats, speeds_mps: Floats) -> Shaped:
        """Heights for a way (n, 2) with a wanted height above ground at each point (n,) and speeds (n,) to each.

        Raises ``InputError`` that names missing tiles, ``PlanError`` with the place where the ground is unknown.
        """
        under = self._ground_at(points)
        low, high = self._bounds(under, wanted_m)
        heights = levels(low, high, under + wanted_m)
        ways = [
            self._leg(points[n : n + 2], wanted_m[n : n + 2], heights[n : n + 2], float(speeds_mps[n + 1]))
            for n in range(len(points) - 1)
        ]
        chosen = _chain([way.seconds for way in ways], np.abs(heights - (under + wanted_m)[:, None]))
        return self._with_bends(points, heights, ways, chosen)

    def followed(self, way: Chain, wanted_m: Floats, speed_mps: float) -> tuple[Chain, Floats]:
        """A way with the waypoints put in that following the ground takes, and heights above home (n,)."""
        shaped = self.shaped(way.points, wanted_m, np.full(len(way.points), speed_mps))
        legs = shaped.leg[1:]
        ends = np.append(legs[1:] != legs[:-1], True)
        return Chain(shaped.points, way.looks[legs], way.stays_s[legs] * ends, way.aims[legs]), shaped.heights_m

    def _with_bends(self, points: Floats, heights: Floats, ways: list[Crossing], chosen: list[int]) -> Shaped:
        places, tops, legs = [points[0]], [heights[0, chosen[0]]], [-1]
        for number, way in enumerate(ways):
            step = points[number + 1] - points[number]
            length = float(np.hypot(*step))
            for away, height in way.bends(chosen[number], chosen[number + 1]):
                places.append(points[number] + step * (away / length))
                tops.append(height)
                legs.append(number)
            places.append(points[number + 1])
            tops.append(heights[number + 1, chosen[number + 1]])
            legs.append(number)
        above = np.round(np.array(tops) - self.home_m, 2)
        return Shaped(np.array(places), np.where(above == 0, NO_ALTITUDE_M, above), np.array(legs))

    def _leg(self, ends: Floats, wanted: Floats, heights: Floats, speed_mps: float) -> Crossing:
        key = (*ends.ravel().tolist(), *wanted.tolist(), speed_mps)
        known = self._legs.get(key)
        if known is None:
            tube = self._tube(ends, wanted)
            free = np.diff(tube.away_m, append=np.inf) > 0
            known = cross(tube, heights[0], heights[1], self._profile, speed_mps, free=free)
            self._legs[key] = known
        return known

    def _tube(self, ends: Floats, wanted: Floats) -> Tube:
        length = float(np.hypot(*(ends[1] - ends[0])))
        if self._ground.terrain is None or length == 0:
            shares, under, rough = np.array([0.0, 1.0]), self._ground_at(ends), 0.0
        else:
            shares, under, rough = self._stations(ends, self._ground.terrain)
        aims = wanted[0] + shares * (wanted[1] - wanted[0])
        low, high = self._bounds(under, aims)
        low, high = low + rough, np.maximum(high - rough, low + rough)
        return Tube(shares * length, low, high, under + aims)

    def _stations(self, ends: Floats, terrain: Terrain) -> tuple[Floats, Floats, float]:
        """Shares of a leg (k,), the ground there (k,), and how far it leaves the straight line between two."""
        pieces = terrain.along(ends[None], self._frame)
        unknown = np.isnan(pieces.ground).any(axis=1)
        if unknown.any():
            shares = ((pieces.start + pieces.end) / 2)[unknown]
            places = ends[0] + shares[:, None] * (ends[1] - ends[0])
            terrain.refuse_missing(self._frame.points_to_lonlat(places))
            self._refuse_unknown(places[0])
        shares, under = parabolas.points(pieces.start, pieces.end, pieces.ground, BEND_M)
        tolerance = min(ROUGH_M, (self._ground.below_m + self._ground.above_m) / 6)
        kept = _simplified(shares, under, tolerance)
        while len(kept) > MOST_STATIONS and tolerance < (self._ground.below_m + self._ground.above_m) / 6:
            tolerance = min(2 * tolerance, (self._ground.below_m + self._ground.above_m) / 6)
            kept = _simplified(shares, under, tolerance)
        return shares[kept], under[kept], tolerance + BEND_M

    def _bounds(self, under: Floats, wanted: Floats) -> tuple[Floats, Floats]:
        """The lowest and highest allowed height above sea level over ground (n,) for heights above it (n,)."""
        need = np.array([self._ground.lowest_over_ground_m(float(metres)) for metres in wanted])
        low = under + need + ROUNDING_M
        high = under + wanted + self._ground.above_m - ROUNDING_M
        if self._highest is not None:
            match self._highest.reference:
                case AltitudeReference.AGL:
                    cap = under + self._highest.metres
                case AltitudeReference.AMSL:
                    cap = np.full_like(under, self._highest.metres)
                case AltitudeReference.HOME:
                    cap = np.full_like(under, self.home_m + self._highest.metres)
            high = np.minimum(high, cap - ROUNDING_M)
        return low, np.maximum(high, low)

    def _ground_at(self, points: Floats) -> Floats:
        if self._ground.terrain is None:
            return np.zeros(len(points))
        lonlat = self._frame.points_to_lonlat(points)
        heights = self._ground.terrain.heights(lonlat)
        if np.isnan(heights).any():
            self._ground.terrain.refuse_missing(lonlat)
            self._refuse_unknown(points[np.isnan(heights).argmax()])
        return heights

    def _refuse_unknown(self, point: Floats) -> None:
        place = self._frame.point_to_lonlat((float(point[0]), float(point[1])))
        raise PlanError(
            f"The ground's height is unknown at {place}: the terrain has a void there.",
            mend="Give a file without voids as well, keep the route out of there, or ask for flat ground.",
        )


def home_height_m(terrain: Terrain | None, launch: LonLat) -> float:
    """The launch's height above sea level; 0 where flat ground was asked for. Raises ``InputError`` where unknown."""
    if terrain is None:
        return 0.0
    height = terrain.height(launch)
    if np.isnan(height):
        terrain.refuse_missing(np.array([launch]))
        raise InputError(
            f"The ground's height is unknown at the launch, {launch}: the terrain has a void there.",
            mend="Give a file without voids as well, launch elsewhere, or ask for flat ground.",
        )
    return height


def follow_route(route: Route, follower: Follower, frame: LocalFrame) -> Route:
    """The route with altitudes above home that keep its heights above ground, and the waypoints that this takes.

    A route whose altitudes are not above ground is left as it is. Raises ``PlanError`` where they are mixed, and as
    :meth:`Follower.shaped`.
    """
    waypoints = route.waypoints
    above_ground = {waypoint.altitude.reference is AltitudeReference.AGL for waypoint in waypoints}
    if True not in above_ground:
        return route
    if False in above_ground:
        raise PlanError("A route cannot be partly above ground and partly not.", mend="Give one reference.")
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    wanted = np.array([waypoint.altitude.metres for waypoint in waypoints], dtype=np.float64)
    speeds = np.array([waypoint.speed_mps for waypoint in waypoints], dtype=np.float64)
    shaped = follower.shaped(points, wanted, speeds)
    return Route(tuple(_waypoints(waypoints, shaped, frame)))


def _waypoints(waypoints: Sequence[Waypoint], shaped: Shaped, frame: LocalFrame) -> list[Waypoint]:
    places = np.round(frame.points_to_lonlat(shaped.points), DECIMALS)
    made: list[Waypoint] = []
    for number, (lon, lat) in enumerate(places):
        own = waypoints[shaped.leg[number] + 1]
        altitude = Altitude.home(float(shaped.heights_m[number]))
        if number + 1 == len(places) or shaped.leg[number + 1] != shaped.leg[number]:
            made.append(replace(own, altitude=altitude))
        else:
            made.append(replace(own, altitude=altitude, position=LonLat(float(lon), float(lat)), hold_s=0.0))
    return made


def _simplified(shares: Floats, under: Floats, tolerance: float) -> NDArray[np.int64]:
    """Which points of a profile to keep, so that straight lines between them leave it by no more (Douglas, Peucker)."""
    kept = np.zeros(len(shares), dtype=np.bool_)
    kept[[0, -1]] = True
    open_parts = [(0, len(shares) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        if last - first < 2:
            continue
        inner = slice(first + 1, last)
        share = (shares[inner] - shares[first]) / (shares[last] - shares[first])
        off = np.abs(under[inner] - under[first] - share * (under[last] - under[first]))
        worst = int(off.argmax())
        if off[worst] > tolerance:
            middle = first + 1 + worst
            kept[middle] = True
            open_parts += [(first, middle), (middle, last)]
    return np.flatnonzero(kept)


def _chain(legs: Sequence[Floats], off_wanted: Floats) -> list[int]:
    """Which height at each corner costs the least over all legs, by their costs (LEVELS, LEVELS)."""
    preference = off_wanted * 0.02
    cost, before = preference[0], list[NDArray[np.int64]]()
    for number, seconds in enumerate(legs):
        ways = cost[:, None] + seconds
        before.append(ways.argmin(axis=0))
        cost = ways.min(axis=0) + preference[number + 1]
    chosen = [int(cost.argmin())]
    for best in reversed(before):
        chosen.append(int(best[chosen[-1]]))
    return chosen[::-1]
