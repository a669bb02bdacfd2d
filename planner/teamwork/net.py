"""Places that drones come to by turns, and the ways between them in free space."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.blind import without_blind
from planner.chain import Chain, joined, unseeing
from planner.forecast import forecast_local
from planner.motion import takeoff_time_s
from planner.plan import Sortie, Visit
from planner.quantities import LonLat
from planner.sorties import CORNER_M
from planner.space import errands_of
from planner.teamwork.job import DECIMALS, Job

Floats = NDArray[np.float64]
Point = tuple[float, float]

BEND_S = 2.0
"""A bend of a way costs about two seconds of braking and speeding up."""

AIMED_M = 1.0
"""A camera that is this near over its place looks straight down."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a drone is for a place: in local metres, as the vehicle is told it, and what the camera points to."""

    label: str
    at: Point
    told: LonLat
    aim: Point | None = None


@dataclass(frozen=True, eq=False)
class Net:
    """Places, in the order of the file or of the outline, and metres that they were moved to be in free space."""

    job: Job
    stands: tuple[Stand, ...]
    left_out_m: float

    @classmethod
    def of(cls, job: Job) -> Net:
        """The places that the patrol's pattern is flown for; those outside free space are moved to its border."""
        stands, moved = [], 0.0
        order = {label: number for number, label in enumerate(_labels(job))}
        errands = errands_of(job.patrol, job.frame, job.crews[0].launch)
        for errand in sorted(errands, key=lambda one: order[one.thing.label]):
            for way in errand.ways[:1]:
                at = (float(way.points[-1, 0]), float(way.points[-1, 1]))
                inside, metres = _inside(job, at)
                moved += metres
                told = LonLat(*np.round(job.frame.points_to_lonlat(np.array([inside]))[0], DECIMALS).tolist())
                stands.append(Stand(errand.thing.label, inside, told, way.aim))
        return cls(job, tuple(stands), moved)

    @cached_property
    def points(self) -> Floats:
        """The places (n, 2), local metres."""
        return np.array([stand.at for stand in self.stands])

    @cached_property
    def direct(self) -> NDArray[np.bool_]:
        """Between which places (n, n) the straight way is free."""
        return self._free_between(self.points, self.points)

    def way(self, one: int, other: int) -> Floats:
        """The way (k, 2) between two places."""
        return self._way(self.stands[one].at, self.stands[other].at, free=bool(self.direct[one, other]))

    def metres(self) -> tuple[Floats, Floats]:
        """Metres and bends of the ways between places, two of (n, n), the same both ways."""
        count = len(self.points)
        away = np.hypot(*(self.points[:, None] - self.points[None]).transpose(2, 0, 1))
        bends = np.zeros((count, count))
        for one, other in np.argwhere(np.triu(~self.direct, 1)).tolist():
            away[one, other], bends[one, other] = measured(self.way(one, other))
        upper = np.triu(np.ones((count, count), dtype=np.bool_), 1)
        return np.where(upper, away, 0) + np.where(upper, away, 0).T, np.where(upper, bends, bends.T)

    def seconds(self, speed_mps: float, *, stopping: bool) -> Floats:
        """About how long the ways between places take, (n, n); with a stop at each end, or flown past."""
        away, bends = self.metres()
        vehicle = self.job.patrol.vehicle
        stop_s = speed_mps / vehicle.acceleration_mps2 + vehicle.acceleration_mps2 / vehicle.jerk_mps3
        each = stop_s if stopping else BEND_S
        seconds = away / speed_mps + BEND_S * bends + np.where(away > 0, each, 0.0)
        np.fill_diagonal(seconds, 0.0)
        return np.asarray(seconds)

    def leg(self, one: int, other: int) -> Chain:
        """The way between two places with the camera on where it may be."""
        points = self.way(one, other)
        looks = np.ones(len(points) - 1, dtype=np.bool_)
        blind = self.job.where.blind
        return Chain(points, looks) if blind.is_empty else without_blind(Chain(points, looks), blind)

    def stay(self, place: int, seconds: float) -> Chain:
        """A stay at a place, the camera on it; none where it lasts no time."""
        stand = self.stands[place]
        looks = self.job.where.blind.is_empty or not self.job.where.blind.intersects(shapely.Point(stand.at))
        aims = np.array([(np.nan, np.nan) if stand.aim is None else stand.aim])
        return Chain(np.array([stand.at, stand.at]), np.array([looks]), np.array([seconds]), aims)

    def _way(self, start: Point, end: Point, *, free: bool) -> Floats:
        return np.array([start, end]) if free else self.job.free.path(start, end, corner_m=CORNER_M)

    def _free_between(self, starts: Floats, ends: Floats) -> NDArray[np.bool_]:
        first, second = np.meshgrid(np.arange(len(starts)), np.arange(len(ends)), indexing="ij")
        seen = self.job.free.sees(starts[first.ravel()], ends[second.ravel()])
        return np.asarray(seen).reshape(len(starts), len(ends))


@dataclass(frozen=True, slots=True, eq=False)
class Tour:
    """A way through places: the chain, and where on it each place is reached and left (leg numbers)."""

    chain: Chain
    reached: tuple[float, ...]
    left: tuple[float, ...]


def tour_of(net: Net, places: Sequence[int], stays_s: Sequence[float]) -> Tour:
    """The way through places in their order, with a stay at each."""
    chains, reached, left, legs = list[Chain](), list[float](), list[float](), 0
    for number, (place, stay_s) in enumerate(zip(places, stays_s, strict=True)):
        if number:
            leg = net.leg(places[number - 1], place)
            chains.append(leg)
            legs += len(leg.looks)
        chains.append(net.stay(place, stay_s))
        reached.append(float(legs))
        legs += 1
        left.append(float(legs))
    points = np.concatenate([chains[0].points[:1], *(chain.points[1:] for chain in chains)])
    looks = np.concatenate([chain.looks for chain in chains])
    stays = np.concatenate([chain.stays_s for chain in chains])
    aims = np.concatenate([chain.aims for chain in chains])
    return Tour(Chain(points, looks, stays, aims), tuple(reached), tuple(left))


def measured(way: Floats) -> tuple[float, float]:
    """Metres and bends of a way (k, 2)."""
    return float(np.hypot(*np.diff(way, axis=0).T).sum()), float(max(len(way) - 2, 0))


def ways_from(net: Net, start: Point, speed_mps: float, raised_m: float = 0.0) -> tuple[Floats, Floats]:
    """About how long it takes from arming at a launch to each place, and from each place home to the ground, (n,)."""
    vehicle, pattern = net.job.patrol.vehicle, net.job.patrol.pattern
    height = pattern.altitude.metres + raised_m
    seen = net.job.free.sees(np.broadcast_to(np.array(start), net.points.shape).copy(), net.points)
    ways = [net._way(start, stand.at, free=bool(free)) for stand, free in zip(net.stands, seen, strict=True)]
    figures = np.array([measured(way) for way in ways])
    stop_s = speed_mps / vehicle.acceleration_mps2 + vehicle.acceleration_mps2 / vehicle.jerk_mps3
    flying = figures[:, 0] / speed_mps + BEND_S * figures[:, 1] + stop_s
    landing = height / vehicle.descent_mps + vehicle.slow_landing_m / vehicle.land_speed_mps + vehicle.return_loiter_s
    return flying + takeoff_time_s(height, vehicle), flying + landing


def pace_of(net: Net, seconds: Floats, order: Sequence[int], stay_s: float) -> float:
    """What a round really takes by the forecast, as a share of what :meth:`Net.seconds` says."""
    tour = tour_of(net, [*order, order[0]], [stay_s] * (len(order) + 1))
    chain = joined([tour.chain, unseeing(tour.chain.points[-1:])]) if len(tour.chain.points) > 1 else tour.chain
    patrol = net.job.patrol
    count = len(chain.points)
    forecast = forecast_local(
        chain.points - chain.points[0],
        np.full(count, patrol.pattern.altitude.metres),
        np.full(count, patrol.pattern.speed_mps),
        np.append(0.0, chain.stays_s),
        patrol.vehicle,
        wind_mps=0.0,
    )
    real = forecast.leg_end_s[-1] - forecast.leg_end_s[0] - stay_s
    model = sum(float(seconds[a, b]) for a, b in itertools.pairwise([*order, order[0]]))
    flying = model + stay_s * len(order)
    return real / flying if flying > 0 else 1.0


def with_visits(sortie: Sortie, places: dict[str, LonLat]) -> Sortie:
    """The sortie with the times of its visits, whose places and laps it names in their order."""
    rest, told = list(sortie.visits), list[Visit]()
    for waypoint, end in zip(sortie.route.waypoints, sortie.forecast.leg_end_s, strict=True):
        if rest and waypoint.position == places[rest[0].place]:
            one = rest.pop(0)
            told.append(Visit(one.place, sortie.starts_s + end, one.lap))
    if rest:
        raise RuntimeError(f"Sortie {sortie.number} does not come to {rest[0].place}: this is a fault in Qyran.")
    return replace(sortie, visits=tuple(told))


def _labels(job: Job) -> list[str]:
    return [thing.label for thing in job.patrol.pattern.things(job.patrol.site, job.frame, job.patrol.camera)]


def _inside(job: Job, at: Point) -> tuple[Point, float]:
    point = shapely.Point(at)
    if job.where.space.dwithin(point, 1e-6):
        return at, 0.0
    line = shapely.shortest_line(point, job.where.space)
    x, y = shapely.get_coordinates(line)[-1].tolist()
    return (x, y), float(line.length)
