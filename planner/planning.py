"""The order becomes a plan: space, lanes, sorties, what they cost, what they see, what is wrong with them.

Pure and reproducible: the same patrol, launch and seed give the same plan, whatever the machine's load. The sweep's
``time_limit_s`` only bounds work that would go on for longer; see :func:`planner.sweep.sweep`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from planner.chain import Chain, joined, unseeing
from planner.checks import check
from planner.errors import PlanError, SettingError, StoppedError
from planner.forecast import forecast_patrol
from planner.gaze import with_pitches
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Patrol
from planner.patterns import Sweep
from planner.patterns.lay import laid
from planner.plan import Leg, Plan, Route, Sortie, Waypoint
from planner.quantities import LonLat
from planner.site import Launch
from planner.sorties import CORNER_M, cut_into_sorties
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
    space_of,
    wanted_of,
)
from planner.sweep import sweep
from planner.terrain.follow import Follower
from planner.terrain.sorties import sorties_over
from planner.zones.near import for_patrol

Progress = Callable[[int, int, str], None]

STEPS = 100
"""Progress is told in hundredths."""

SHORTEST_LANE_M = 4.0
"""Something that is seen from one place is flown over this far."""

DECIMALS = 7
"""Of a degree: what MAVLink's int32 latitudes and longitudes hold."""


def plan(
    patrol: Patrol,
    *,
    launch: Launch | None = None,
    time_limit_s: float = 0.8,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Plan:
    """Plan a patrol from one launch (the site's, where it has exactly one).

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
    launch = launch or sole_launch(patrol)
    _refuse_speed(patrol)
    frame = frame_of(patrol, launch)
    patrol = for_patrol(patrol, frame.to_lonlat(wanted_of(patrol, frame, launch)))
    where = space_of(patrol, frame, launch)
    free = FreeSpace(where.space)
    start = frame.point_to_local(launch.position)
    step(0.1, "Laying lanes")
    lanes, left_out_m = ways_of(patrol, where, free, frame, launch, time_limit_s=time_limit_s)

    def cut(order: Patrol, over: Follower | None) -> tuple[Sortie, ...]:
        chains = cut_into_sorties(
            lanes,
            free,
            start,
            order,
            frame,
            between=lambda number, share: step(0.5 + 0.4 * share, f"Filling battery {number}"),
            over=over,
        )
        return tuple(_sortie(number, chain, launch, order, frame) for number, chain in enumerate(chains, 1))

    sorties = sorties_over(cut, patrol, launch, frame)
    step(0.9, "Checking")
    made = Plan(
        patrol=patrol,
        sorties=sorties,
        space=frame.to_lonlat(where.space),
        keep_in=frame.to_lonlat(where.keep_in),
        derived_keep_in=where.derived,
        covered=covered_share(sorties, where.watched, patrol.swath_m, frame) if where.measured else None,
        outside_m=outside_m((sortie.route for sortie in sorties), where.border, where.barred, frame),
        left_out_m=left_out_m,
    )
    made = replace(made, findings=check(made))
    step(1.0, "Planned")
    return made


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
    patrol: Patrol, where: FlightSpace, free: FreeSpace, frame: LocalFrame, launch: Launch, *, time_limit_s: float
) -> tuple[Chain, float]:
    """All that the patrol's pattern wants as one way, and metres of it that could not be flown.

    Raises ``PlanError`` where nothing can be flown or seen.
    """
    start = frame.point_to_local(launch.position)
    if isinstance(patrol.pattern, Sweep):
        return lanes_of(patrol, where, free, start, time_limit_s=time_limit_s), 0.0
    wanted = [way for errand in errands_of(patrol, frame, launch) for way in errand.ways]
    way, left_out_m = laid(wanted, free, start, patrol.pattern.word)
    return without_blind(way, where.blind), left_out_m


def without_blind(chain: Chain, blind: Region) -> Chain:
    """The same way with the camera off inside ``blind``: lanes that cross its border are cut there.

    Legs on which the camera is aimed see elsewhere, and stay as they are.
    """
    if blind.is_empty:
        return chain
    points, looks, stays, aims = [chain.points[0]], list[bool](), list[float](), list[NDArray[np.float64]]()
    for leg, (start, end) in enumerate(itertools.pairwise(chain.points)):
        line = LineString([start, end])
        cuts = {0.0, 1.0}
        looking = bool(chain.looks[leg]) and not np.isfinite(chain.aims[leg]).any()
        if looking and line.length > 0:
            crossings = shapely.get_coordinates(shapely.intersection(line, blind.boundary))
            cuts |= {line.project(shapely.Point(at), normalized=True) for at in crossings}
        for before, after in itertools.pairwise(sorted(cuts)):
            middle = shapely.Point(start + (before + after) / 2 * (end - start))
            points.append(start + after * (end - start))
            looks.append(bool(chain.looks[leg]) and not (looking and blind.intersects(middle)))
            stays.append(float(chain.stays_s[leg]) * (after - before))
            aims.append(chain.aims[leg])
    return Chain(np.array(points), np.array(looks, dtype=np.bool_), np.array(stays), np.array(aims))


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
    patrol: Patrol, where: FlightSpace, free: FreeSpace, start: tuple[float, float], *, time_limit_s: float
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
            swept = _swept(patrol, target, part, here, end=start, heading_deg=heading_deg, time_limit_s=time_limit_s)
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
    part: Region,
    start: tuple[float, float],
    *,
    end: tuple[float, float],
    heading_deg: float | None,
    time_limit_s: float,
) -> Chain:
    """A sweep of one part; its ends are chosen for start and end where these lie in it."""
    path = sweep(
        target,
        swath_m=patrol.swath_m,
        space=FreeSpace(part),
        start=start if part.dwithin(shapely.Point(start), TOUCH_M) else None,
        end=end if part.dwithin(shapely.Point(end), TOUCH_M) else None,
        heading_deg=heading_deg,
        speed_mps=patrol.pattern.speed_mps,
        acceleration_mps2=patrol.vehicle.acceleration_mps2,
        time_limit_s=time_limit_s,
        seed=patrol.seed,
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


def _sortie(number: int, chain: Chain, launch: Launch, patrol: Patrol, frame: LocalFrame) -> Sortie:
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


def _refuse_speed(patrol: Patrol) -> None:
    if patrol.pattern.speed_mps > patrol.vehicle.top_speed_mps:
        raise SettingError(
            f"The patrol asks for {patrol.pattern.speed_mps:g} m/s; {patrol.vehicle.name} flies at most "
            f"{patrol.vehicle.top_speed_mps:g} m/s.",
            about=patrol.name,
            mend="Lower speed_mps.",
        )
