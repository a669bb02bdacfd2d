"""The order becomes a plan: space, lanes, sorties, what they cost, what they see, what is wrong with them.

Pure and reproducible: the same patrol, launch and seed give the same plan, whatever the machine's load. The sweep's
``time_limit_s`` only bounds work that would go on for longer; see :func:`planner.sweep.sweep`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import shapely
from shapely import LineString

from planner.checks import check
from planner.errors import PlanError, SettingError, StoppedError
from planner.forecast import forecast_patrol
from planner.geodesy import LocalFrame
from planner.paths import FreeSpace
from planner.patrol import Patrol
from planner.plan import Leg, Plan, Route, Sortie, Waypoint
from planner.quantities import LonLat
from planner.site import Launch
from planner.sorties import Chain, cut_into_sorties
from planner.space import INSET_M, SEEN_SHARE, TOUCH_M, FlightSpace, Region, frame_of, polygons, space_of
from planner.sweep import sweep

Progress = Callable[[int, int, str], None]

STEPS = 100
"""Progress is told in hundredths."""

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
    too large for one frame, ``StoppedError`` when stopped.
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
    where = space_of(patrol, frame, launch)
    free, looking = FreeSpace(where.space), FreeSpace(looking_space(where, frame, launch, patrol.swath_m))
    start = frame.point_to_local(launch.position)
    step(0.1, "Laying lanes")
    path = sweep(
        _reachable(where.space, where.watched, patrol.swath_m),
        swath_m=patrol.swath_m,
        space=looking,
        start=start,
        end=start,
        heading_deg=patrol.pattern.heading_deg,
        speed_mps=patrol.pattern.speed_mps,
        acceleration_mps2=patrol.vehicle.acceleration_mps2,
        time_limit_s=time_limit_s,
        seed=patrol.seed,
    )
    lanes = without_blind(Chain(path.points, path.is_lane), where.blind)
    chains = cut_into_sorties(
        lanes,
        free,
        start,
        patrol,
        frame,
        between=lambda number, share: step(0.5 + 0.4 * share, f"Filling battery {number}"),
    )
    sorties = tuple(_sortie(number, chain, launch, patrol, frame) for number, chain in enumerate(chains, 1))
    step(0.9, "Checking")
    made = Plan(
        patrol=patrol,
        sorties=sorties,
        space=frame.to_lonlat(where.space),
        keep_in=frame.to_lonlat(where.keep_in),
        derived_keep_in=where.derived,
        covered=covered_share(sorties, where.watched, patrol.swath_m, frame),
        outside_m=outside_m((sortie.route for sortie in sorties), where.border, where.barred, frame),
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


def without_blind(chain: Chain, blind: Region) -> Chain:
    """The same way with the camera off inside ``blind``: lanes that cross its border are cut there."""
    if blind.is_empty:
        return chain
    points, looks = [chain.points[0]], []
    for start, end, is_lane in zip(chain.points, chain.points[1:], chain.looks, strict=False):
        leg = LineString([start, end])
        cuts = {0.0, 1.0}
        if is_lane and leg.length > 0:
            crossings = shapely.get_coordinates(shapely.intersection(leg, blind.boundary))
            cuts |= {leg.project(shapely.Point(at), normalized=True) for at in crossings}
        order = sorted(cuts)
        for before, after in itertools.pairwise(order):
            middle = shapely.Point(start + (before + after) / 2 * (end - start))
            points.append(start + after * (end - start))
            looks.append(bool(is_lane) and not blind.intersects(middle))
    return Chain(np.array(points), np.array(looks, dtype=np.bool_))


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


def looking_space(where: FlightSpace, frame: LocalFrame, launch: Launch, swath_m: float) -> Region:
    """The space less where the camera must be off, if from there as much can be seen; else the space itself."""
    if where.blind.is_empty:
        return where.space
    start = shapely.Point(frame.point_to_local(launch.position))
    open_parts = shapely.get_parts(where.space.difference(where.blind.buffer(INSET_M, join_style="mitre")))
    clear = polygons(shapely.union_all([part for part in open_parts if part.dwithin(start, TOUCH_M)]))
    if clear.is_empty or _reachable(clear, where.watched, swath_m).area < 0.999 * where.watched.area:
        return where.space
    return clear


def _reachable(space: Region, watched: Region, swath_m: float) -> Region:
    """What of the watched can be seen from the space: the rest no lane can help."""
    near = space.buffer(swath_m * SEEN_SHARE)
    target = polygons(watched.intersection(near), 1.0)
    if target.is_empty:
        raise PlanError(
            "None of the areas can be seen from where the drone may fly.",
            mend="Widen the keep-in zone, or make the margins smaller.",
        )
    return target


def _sortie(number: int, chain: Chain, launch: Launch, patrol: Patrol, frame: LocalFrame) -> Sortie:
    places = np.round(frame.points_to_lonlat(chain.points), DECIMALS)
    looks = [False, *chain.looks.tolist()]
    waypoints = tuple(
        Waypoint(
            position=LonLat(float(lon), float(lat)),
            altitude=patrol.pattern.altitude,
            speed_mps=patrol.pattern.speed_mps,
            leg=Leg.LANE if look else Leg.TRANSIT,
        )
        for (lon, lat), look in zip(places, looks, strict=True)
    )
    route = Route(waypoints)
    return Sortie(number, launch, route, forecast_patrol(patrol, route, launch), patrol.trigger_distance_m)


def _refuse_speed(patrol: Patrol) -> None:
    if patrol.pattern.speed_mps > patrol.vehicle.top_speed_mps:
        raise SettingError(
            f"The patrol asks for {patrol.pattern.speed_mps:g} m/s; {patrol.vehicle.name} flies at most "
            f"{patrol.vehicle.top_speed_mps:g} m/s.",
            about=patrol.name,
            mend="Lower speed_mps.",
        )
