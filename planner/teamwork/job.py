"""A patrol on the table: who flies it from where, the frame, the space, and what turns a way into a sortie."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely

from planner.chain import Chain
from planner.errors import PlanError
from planner.forecast import forecast_patrol
from planner.gaze import with_pitches
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Patrol
from planner.plan import Leg, Route, Sortie, Waypoint
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.site import Launch
from planner.sorties import Cutter
from planner.space import FlightSpace, polygons, space_of
from planner.team import Crew
from planner.terrain.follow import Follower

DECIMALS = 7
"""Of a degree: what MAVLink's int32 latitudes and longitudes hold."""

Step = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Seat:
    """One drone of the team: its number from 1, and its launch, also in local metres."""

    drone: int
    launch: Launch
    start: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Job:
    """What all ways of sharing work need; ``tell`` is told the share done and what is going on."""

    patrol: Patrol
    crews: tuple[Crew, ...]
    frame: LocalFrame
    where: FlightSpace
    layers: int
    tell: Step = field(repr=False)

    @cached_property
    def free(self) -> FreeSpace:
        """Where routes may be."""
        return FreeSpace(self.where.space)

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        """The drones, crew by crew."""
        launches = [crew.launch for crew in self.crews for _ in range(crew.drones)]
        starts = [self.frame.point_to_local(launch.position) for launch in launches]
        return tuple(Seat(number, *one) for number, one in enumerate(zip(launches, starts, strict=True), 1))

    def raised(self, metres: float) -> Patrol:
        """The patrol, flown so much higher."""
        return raised(self.patrol, metres)

    def over(self, seat: Seat, patrol: Patrol) -> Follower | None:
        """The ground that a drone's routes follow; None where they need not."""
        ground, above = patrol.ground, patrol.pattern.altitude.reference
        if ground is None or ground.terrain is None or above is not AltitudeReference.AGL:
            return None
        highest = patrol.limits.highest
        return Follower(ground, seat.launch.position, self.frame, patrol.vehicle, highest=highest)

    def cutter(self, lanes: Chain, seat: Seat, patrol: Patrol, over: Follower | None) -> Cutter:
        """What finds how far a battery takes a drone along lanes."""
        return Cutter(lanes, self.free, seat.start, patrol, self.frame, over=over)


def raised(patrol: Patrol, metres: float) -> Patrol:
    """A patrol, flown so much higher."""
    if not metres:
        return patrol
    altitude = patrol.pattern.altitude
    higher = Altitude(altitude.metres + metres, altitude.reference)
    return replace(patrol, pattern=replace(patrol.pattern, altitude=higher))


def layers_there(patrol: Patrol, wanted: int) -> int:
    """How many of the layers wanted lie below the highest altitude allowed, at least one."""
    highest, altitude, team = patrol.limits.highest, patrol.pattern.altitude, patrol.team
    room = highest.metres - altitude.metres
    flat = patrol.ground is None or patrol.ground.terrain is None
    if highest.reference is not altitude.reference and not flat:
        return 1
    return max(1, min(wanted, 1 + math.floor(room / team.layer_step_m + 1e-9)))


def sortie_of(number: int, chain: Chain, launch: Launch, patrol: Patrol, frame: LocalFrame) -> Sortie:
    """A way from over the launch to over the launch, as a sortie with places as a vehicle is told them."""
    pattern = patrol.pattern
    places = np.round(frame.points_to_lonlat(chain.points), DECIMALS).tolist()
    targets = [
        LonLat(*np.round(frame.points_to_lonlat(aim[None])[0], DECIMALS).tolist()) if np.isfinite(aim).all() else None
        for aim in chain.aims
    ]
    waypoints = [Waypoint(LonLat(*places[0]), pattern.altitude, pattern.speed_mps)]
    legs = zip(places[1:], chain.looks.tolist(), chain.stays_s.tolist(), targets, strict=True)
    for place, looks, stay_s, aim in legs:
        leg, hold_s = Leg.LANE if looks else Leg.TRANSIT, float(math.floor(stay_s))
        waypoints.append(Waypoint(LonLat(*place), pattern.altitude, pattern.speed_mps, leg, hold_s, aim))
    route = Route(with_pitches(tuple(waypoints), patrol, frame))
    return Sortie(number, launch, route, forecast_patrol(patrol, route, launch), patrol.trigger_distance_m)


def space_for(patrol: Patrol, frame: LocalFrame, crews: tuple[Crew, ...], layers: int) -> FlightSpace:
    """The space for all launches and altitude layers together: what is free from any launch, and in every layer.

    Raises as :func:`planner.space.space_of`, and ``PlanError`` where no way leads from one launch's space to another's.
    """
    tops = [k * patrol.team.layer_step_m for k in range(layers)]
    spaces = [[space_of(raised(patrol, top), frame, crew.launch) for crew in crews] for top in tops]
    flat = [space for row in spaces for space in row]
    if len(flat) == 1:
        return flat[0]
    rows = [shapely.union_all([space.space for space in row]) for row in spaces]
    space = polygons(shapely.intersection_all(rows))
    starts = [shapely.Point(frame.point_to_local(crew.launch.position)) for crew in crews]
    parts = [part for part in shapely.get_parts(space) if any(part.dwithin(start, 0.05) for start in starts)]
    if len(parts) > 1:
        raise PlanError(
            "No way leads inside the space from one launch to another, so they cannot share this work.",
            about=", ".join(f"launch {crew.launch.id!r}" for crew in crews),
            mend="Plan each launch for its own part, or widen the keep-in zone between them.",
        )
    first = flat[0]
    return FlightSpace(
        space,
        polygons(shapely.union_all([one.border for one in flat])),
        polygons(shapely.union_all([one.keep_in for one in flat])),
        first.derived,
        polygons(shapely.union_all([one.barred for one in flat])),
        polygons(shapely.intersection_all([one.watched for one in flat])),
        polygons(shapely.union_all([one.blind for one in flat])),
        first.measured,
    )
