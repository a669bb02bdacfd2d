"""The order becomes a plan: space, lanes, sorties, what they cost, what they see, what is wrong with them.

Pure and reproducible: the same patrol, launch and seed give the same plan, whatever the machine's load. The sweep's
``time_limit_s`` only bounds work that would go on for longer; see :func:`planner.sweep.sweep`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryCollection, LineString

from planner.blind import without_blind
from planner.chain import Chain, joined, unseeing
from planner.checks import check
from planner.errors import PlanError, SettingError, StoppedError
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Patrol
from planner.patterns import Laps, Relay, Shift, Sweep, Visit
from planner.patterns.lay import laid
from planner.plan import Plan, Route, Sortie
from planner.shifts import LapsReport, RelayReport, VisitReport
from planner.site import Launch, ZoneKind
from planner.sorties import CORNER_M
from planner.space import (
    INSET_M,
    SEEN_SHARE,
    SLIVER_M2,
    TOUCH_M,
    FlightSpace,
    Region,
    errands_of,
    frame_of,
    polygons,
    wanted_of,
)
from planner.sweep import Watch, sweep
from planner.team import Crew
from planner.teamwork import (
    Job,
    held_by_turns,
    lapped,
    layers_there,
    shared_and_apart,
    space_for,
    swept_by_turns,
    visited,
)
from planner.zones.near import for_patrol

Progress = Callable[[int, int, str], None]

STEPS = 100
"""Progress is told in hundredths."""

SHORTEST_LANE_M = 4.0
"""Something that is seen from one place is flown over this far."""

MOST_LAYERS = 3
"""Drones that share an area use up to so many altitudes where the patrol does not say; none beside no-look zones, as
pictures from higher up reach further."""

SHIFT_S = 3600.0
"""How long a shift is where neither it nor the patrol says so."""


def plan(
    patrol: Patrol,
    *,
    launch: Launch | None = None,
    time_limit_s: float = 0.8,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Plan:
    """Plan a patrol by its team; without crews, from one launch (the site's, where it has exactly one).

    ``on_progress`` is told (done, total, message); ``should_stop`` is asked now and then. Raises ``SettingError`` where
    launch or speed make no sense, ``PlanError`` where the patrol cannot be flown, ``GeometryError`` where the site is
    too large for one frame, ``StoppedError`` when stopped. The plan's patrol has only those zones that matter to it.
    """

    def step(done: float, message: str) -> None:
        if should_stop is not None and should_stop():
            raise StoppedError("Planning was stopped.", about=patrol.name)
        if on_progress is not None:
            on_progress(round(done * STEPS), STEPS, message)

    step(0.0, "Measuring the space")
    crews = patrol.team.crews or patrol.team.crews_at(launch or sole_launch(patrol))
    patrol = _settled(patrol)
    _refuse_speed(patrol)
    frame = frame_of(patrol, crews[0].launch)
    wanted = [wanted_of(patrol, frame, crew.launch) for crew in crews]
    patrol = for_patrol(patrol, frame.to_lonlat(wanted[0] if len(wanted) == 1 else GeometryCollection(wanted)))
    layers = layers_of(patrol, crews)
    where = space_for(patrol, frame, crews, layers)
    job = Job(patrol, crews, frame, where, layers, step)
    step(0.1, "Laying lanes")
    work = work_of(job, time_limit_s=time_limit_s)
    step(0.9, "Checking")
    made = Plan(
        patrol=patrol,
        sorties=work.sorties,
        space=frame.to_lonlat(where.space),
        keep_in=frame.to_lonlat(where.keep_in),
        derived_keep_in=where.derived,
        covered=covered_share(work.sorties, where.watched, patrol.swath_m, frame) if where.measured else None,
        outside_m=outside_m((sortie.route for sortie in work.sorties), where.border, where.barred, frame),
        left_out_m=work.left_out_m,
        shift=work.shift,
    )
    made = replace(made, findings=check(made))
    step(1.0, "Planned")
    return made


@dataclass(frozen=True, slots=True)
class Work:
    """All sorties, metres of wanted way that could not be flown, and what a shift comes to."""

    sorties: tuple[Sortie, ...]
    left_out_m: float = 0.0
    shift: LapsReport | RelayReport | VisitReport | None = None


def work_of(job: Job, *, time_limit_s: float) -> Work:
    """The work of a patrol's pattern, shared by its team. Raises as :func:`plan`."""
    patrol = job.patrol

    def watch(share: float) -> None:
        job.tell(0.1 + 0.4 * share, "Laying lanes")

    match patrol.pattern:
        case Laps():
            return Work(*lapped(job))
        case Relay(of="areas"):
            sweep_once = replace(patrol, pattern=patrol.pattern.as_sweep())
            launch = job.crews[0].launch
            lanes, _ = ways_of(
                sweep_once, job.where, job.free, job.frame, launch, time_limit_s=time_limit_s, watch=watch
            )
            return Work(*swept_by_turns(job, lanes))
        case Relay():
            return Work(*held_by_turns(job))
        case Visit():
            return Work(*visited(job))
    launch = job.crews[0].launch
    lanes, left_out_m = ways_of(patrol, job.where, job.free, job.frame, launch, time_limit_s=time_limit_s, watch=watch)
    return Work(shared_and_apart(lanes, job), left_out_m)


def layers_of(patrol: Patrol, crews: tuple[Crew, ...]) -> int:
    """How many altitudes the patrol's drones use: as many as it says, else what its pattern needs."""
    drones, team = sum(crew.drones for crew in crews), patrol.team
    match patrol.pattern:
        case Relay(of="points"):
            wanted = 2 * len(patrol.site.points)
        case Relay():
            wanted = 2
        case Laps() | Visit():
            wanted = drones
        case _:
            wanted = min(drones, MOST_LAYERS) if not patrol.site.of_kind(ZoneKind.NO_LOOK) else 1
    return layers_there(patrol, min(team.layers or wanted, max(drones, wanted)))


def _settled(patrol: Patrol) -> Patrol:
    """The patrol with what a shift leaves open filled in."""
    pattern = patrol.pattern
    if not isinstance(pattern, Shift):
        return patrol
    if isinstance(pattern, Relay):
        away_m = pattern.altitude.metres if pattern.distance_m is None else pattern.distance_m
        pattern = replace(pattern, of=pattern.watches(patrol.site), distance_m=away_m)
    if pattern.shift_s is None and not isinstance(pattern, Visit):
        known = patrol.starts is not None and patrol.ends is not None
        lasting = (patrol.ends - patrol.starts).total_seconds() if patrol.starts and patrol.ends and known else 0.0
        pattern = replace(pattern, shift_s=lasting or SHIFT_S)
    return replace(patrol, pattern=pattern)


def sole_launch(patrol: Patrol) -> Launch:
    """The site's launch where it has exactly one. Raises ``SettingError``."""
    launches = patrol.site.launches
    if len(launches) == 1:
        return launches[0]
    if launches:
        names = ", ".join(launch.id for launch in launches)
        raise SettingError(f"The site has several launches: {names}.", about=patrol.name, mend="Say which one.")
    raise SettingError(
        "The site has no launch.", about=patrol.name, mend='Add a Point of kind "launch", or give one by its place.'
    )


def ways_of(
    patrol: Patrol,
    where: FlightSpace,
    free: FreeSpace,
    frame: LocalFrame,
    launch: Launch,
    *,
    time_limit_s: float,
    watch: Watch | None = None,
) -> tuple[Chain, float]:
    """All that the patrol's pattern wants as one way, and metres of it that could not be flown.

    ``watch`` is told the share that is done, and may raise to stop. Raises ``PlanError`` where nothing can be flown
    or seen.
    """
    start = frame.point_to_local(launch.position)
    if isinstance(patrol.pattern, Sweep):
        return lanes_of(patrol, where, free, start, time_limit_s=time_limit_s, watch=watch), 0.0
    wanted = [way for errand in errands_of(patrol, frame, launch) for way in errand.ways]
    way, left_out_m = laid(wanted, free, start, patrol.pattern.word)
    return without_blind(way, where.blind), left_out_m


def covered_share(sorties: Iterable[Sortie], watched: Region, swath_m: float, frame: LocalFrame) -> float:
    """The share of ``watched`` within half a swath of a lane, by the routes' own rounded waypoints."""
    lanes = [
        [before.position, waypoint.position]
        for sortie in sorties
        for before, waypoint in zip(sortie.route.waypoints, sortie.route.waypoints[1:], strict=False)
        if waypoint.leg.looks
    ]
    if not lanes:
        return 0.0
    lines = frame.to_local(shapely.MultiLineString(lanes))
    seen = shapely.union_all(shapely.buffer(shapely.get_parts(lines), swath_m / 2, quad_segs=16))
    return float(min(shapely.intersection(seen, watched).area / watched.area, 1.0))


def outside_m(routes: Iterable[Route], border: Region, barred: Region, frame: LocalFrame) -> float:
    """Metres of routes more than ``TOUCH_M`` outside a border or inside barred zones, by rounded waypoints."""
    legs = np.array(
        [
            [before.position, waypoint.position]
            for route in routes
            for before, waypoint in zip(route.waypoints, route.waypoints[1:], strict=False)
        ]
    )
    if len(legs) == 0:
        return 0.0
    lines = np.asarray(shapely.linestrings(frame.points_to_local(legs.reshape(-1, 2)).reshape(-1, 2, 2)))
    allowed = border.buffer(TOUCH_M).difference(barred.buffer(-TOUCH_M))
    shapely.prepare(allowed)
    crossing = lines[~shapely.covers(allowed, lines)]
    return float(shapely.length(shapely.difference(crossing, allowed)).sum())


def lanes_of(
    patrol: Patrol,
    where: FlightSpace,
    free: FreeSpace,
    start: tuple[float, float],
    *,
    time_limit_s: float,
    watch: Watch | None = None,
) -> Chain:
    """A sweep's lanes over all that can be seen, one after the other, joined by ways with the camera off.

    Where no-look zones cut what the camera may be used from into parts, each part is swept by itself. Where the sweep
    is to be crossed, each part is swept once more at right angles.
    """
    pattern = patrol.pattern
    assert isinstance(pattern, Sweep)
    parts = _looking_parts(where)
    at, rest, chains = shapely.Point(start), where.watched, list[Chain]()
    while parts:
        parts.sort(key=at.distance)
        part = parts.pop(0)
        target = polygons(rest.intersection(part.buffer(patrol.swath_m * SEEN_SHARE)), SLIVER_M2)
        if target.is_empty:
            continue
        rest = polygons(rest.difference(target), SLIVER_M2)
        heading_deg = pattern.heading_deg
        for _ in range(2 if pattern.cross else 1):
            here = (at.x, at.y)
            space = free if part is where.space else FreeSpace(part)
            swept = _swept(
                patrol,
                target,
                space,
                here,
                end=start,
                heading_deg=heading_deg,
                time_limit_s=time_limit_s,
                watch=watch,
            )
            if chains:
                chains.append(unseeing(free.path(here, as_place(swept.points[0]), corner_m=CORNER_M)))
            chains.append(without_blind(swept, where.blind))
            at = shapely.Point(swept.points[-1])
            heading_deg = (heading_of(swept) if heading_deg is None else heading_deg) + 90.0
    if not chains:
        raise PlanError(
            "None of the areas can be seen from where the drone may fly.",
            mend="Widen the keep-in zone, or make the margins smaller.",
        )
    return joined(chains)


def heading_of(swept: Chain) -> float:
    """The direction most of a sweep's lanes have, degrees clockwise from north, 0 ≤ heading < 180.

    The mean of doubled angles, weighed by length, because a lane is the same flown either way.
    """
    east, north = np.diff(swept.points, axis=0)[swept.looks].T
    doubled = 2 * np.arctan2(east, north)
    weights = np.hypot(east, north)
    mean = math.atan2(float(weights @ np.sin(doubled)), float(weights @ np.cos(doubled))) / 2
    return math.degrees(mean) % 180.0


def as_place(point: NDArray[np.float64]) -> tuple[float, float]:
    """A point (2,) as two numbers."""
    return float(point[0]), float(point[1])


def _looking_parts(where: FlightSpace) -> list[Region]:
    """The parts of the space in which the camera may be on."""
    if where.blind.is_empty:
        return [where.space]
    seeing = polygons(where.space.difference(where.blind.buffer(INSET_M, join_style="mitre")), SLIVER_M2)
    return list(shapely.get_parts(seeing))


def _swept(
    patrol: Patrol,
    target: Region,
    space: FreeSpace,
    start: tuple[float, float],
    *,
    end: tuple[float, float],
    heading_deg: float | None,
    time_limit_s: float,
    watch: Watch | None,
) -> Chain:
    """A sweep of one part; its ends are chosen for start and end where these lie in it."""
    part = space.polygon
    path = sweep(
        target,
        swath_m=patrol.swath_m,
        space=space,
        start=start if part.dwithin(shapely.Point(start), TOUCH_M) else None,
        end=end if part.dwithin(shapely.Point(end), TOUCH_M) else None,
        heading_deg=heading_deg,
        speed_mps=patrol.pattern.speed_mps,
        acceleration_mps2=patrol.vehicle.acceleration_mps2,
        time_limit_s=time_limit_s,
        seed=patrol.seed,
        watch=watch,
    )
    if np.ptp(path.points, axis=0).max() < SHORTEST_LANE_M / 2:
        return _short_lane(path.points[0], part)
    return Chain(path.points, path.is_lane)


def _short_lane(place: NDArray[np.float64], part: Region) -> Chain:
    """A lane for an area that is seen from one place: a camera that is triggered by distance must move."""
    for length in (SHORTEST_LANE_M, SHORTEST_LANE_M / 2, SHORTEST_LANE_M / 4):
        for angle in np.radians(np.arange(0, 360, 15)):
            points = np.array([place, place + length * np.array([np.cos(angle), np.sin(angle)])])
            if part.covers(LineString(points)):
                return Chain(points, np.array([True]))
    return Chain(np.array([place, place]), np.array([True]))


def _refuse_speed(patrol: Patrol) -> None:
    if patrol.pattern.speed_mps > patrol.vehicle.top_speed_mps:
        raise SettingError(
            f"The patrol asks for {patrol.pattern.speed_mps:g} m/s; {patrol.vehicle.name} flies at most "
            f"{patrol.vehicle.top_speed_mps:g} m/s.",
            about=patrol.name,
            mend="Lower speed_mps.",
        )
