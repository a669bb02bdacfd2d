"""The sorties of several drones kept apart: as flights in space and time, and by who waits and who flies higher."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.fleet import Apart, Layers, TimedPath, find_conflicts, separate
from planner.fleet.conflicts import Conflict
from planner.geodesy import LocalFrame
from planner.plan import Sortie
from planner.quantities import AltitudeReference
from planner.team import Team
from planner.terrain.follow import home_height_m
from planner.terrain.ground import Ground

LAYER_WORTH_S = 120.0
"""Another altitude changes what pictures show: it is taken where it saves more than so much waiting."""

MOST_TURNS = 6
"""So many orders of drones are tried."""

LEAST_STEP_S = 1e-3


def apart_of(team: Team) -> Apart:
    """How far two drones of a team must be apart."""
    return Apart(team.across_m, team.in_height_m)


def timed(sortie: Sortie, frame: LocalFrame, ground: Ground | None = None) -> TimedPath:
    """A sortie as it is forecast, in seconds after the patrol's start: from the ground at its launch and back to it.

    Heights are above sea level where terrain is given, else above the launch, the ground taken as flat.
    """
    terrain = None if ground is None else ground.terrain
    home_m = home_height_m(terrain, sortie.launch.position)
    waypoints, ends = sortie.route.waypoints, sortie.forecast.leg_end_s
    points = frame.points_to_local(np.array([sortie.launch.position, *(one.position for one in waypoints)]))
    heights = [home_m]
    for number, waypoint in enumerate(waypoints, 1):
        match waypoint.altitude.reference:
            case AltitudeReference.AMSL:
                heights.append(waypoint.altitude.metres)
            case AltitudeReference.AGL if terrain is not None:
                place = frame.points_to_lonlat(points[number][None])
                heights.append(waypoint.altitude.metres + float(terrain.heights(place)[0]))
            case _:
                heights.append(waypoint.altitude.metres + home_m)
    times, places = [0.0], [np.append(points[0], home_m)]
    for number, (waypoint, end) in enumerate(zip(waypoints, ends, strict=True), 1):
        at = np.append(points[number], heights[number])
        for moment in (end, end + waypoint.hold_s):
            if moment > times[-1] + LEAST_STEP_S:
                times.append(moment)
                places.append(at)
    times.append(max(sortie.forecast.duration_s, times[-1] + LEAST_STEP_S))
    places.append(np.append(points[0], home_m))
    return TimedPath(np.array(times) + sortie.starts_s, np.array(places))


def conflicts_of(
    sorties: tuple[Sortie, ...], team: Team, frame: LocalFrame, ground: Ground | None
) -> tuple[Conflict, ...]:
    """Where sorties of different drones come too near to each other; numbers are places in ``sorties``."""
    paths = [timed(sortie, frame, ground) for sortie in sorties]
    found = find_conflicts(paths, apart_of(team))
    return tuple(one for one in found if sorties[one.first].drone != sorties[one.second].drone)


def raises_of(
    sorties: tuple[Sortie, ...], team: Team, frame: LocalFrame, ground: Ground | None, layers: int
) -> dict[int, float]:
    """By how many metres each drone should fly higher, so that little waiting keeps all apart."""
    drones = [sortie.drone for sortie in sorties]
    if layers < 2 or len(set(drones)) < 2:
        return dict.fromkeys(drones, 0.0)
    higher = Layers(layers, team.layer_step_m, LAYER_WORTH_S)
    return dict(zip(drones, _separated(sorties, team, frame, ground, higher)[1], strict=True))


def kept_apart(sorties: tuple[Sortie, ...], team: Team, frame: LocalFrame, ground: Ground | None) -> tuple[Sortie, ...]:
    """The sorties, drone by drone, with as little waiting as keeps them apart, all of a drone's by the same.

    What cannot be kept apart stays as it was; a check tells of it.
    """
    if len({sortie.drone for sortie in sorties}) < 2:
        return sorties
    drones = list(dict.fromkeys(sortie.drone for sortie in sorties))
    best: tuple[float, tuple[Sortie, ...]] | None = None
    for turn in range(min(len(drones), MOST_TURNS)):
        # Who goes first goes on time: each drone in its turn, and the order that has all back soonest is taken.
        rank = {drone: place for place, drone in enumerate(drones[turn:] + drones[:turn])}
        ordered = tuple(sorted(sorties, key=lambda one: rank[one.drone]))
        delays, _ = _separated(ordered, team, frame, ground, Layers(1))
        moved = tuple(replace(one, starts_s=one.starts_s + d) for one, d in zip(ordered, delays, strict=True))
        back_s = max(one.ends_s for one in moved)
        if best is None or back_s < best[0] - 1.0:
            best = back_s, tuple(sorted(moved, key=lambda one: (one.drone, one.starts_s)))
    assert best is not None
    return best[1]


def _separated(
    sorties: tuple[Sortie, ...], team: Team, frame: LocalFrame, ground: Ground | None, layers: Layers
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    answer = separate(
        [timed(sortie, frame, ground) for sortie in sorties],
        apart_of(team),
        layers=layers,
        longest_delay_s=team.longest_wait_s,
        margin_s=team.apart_s,
        groups=[sortie.drone for sortie in sorties],
    )
    return answer.delays_s, answer.raises_m
