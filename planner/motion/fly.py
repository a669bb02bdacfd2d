"""When an autopilot that flies jerk-limited legs comes to each of its waypoints, and how long it takes to come home."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.motion.air import Air
from planner.motion.course import lay_out
from planner.motion.homeward import return_height_m
from planner.motion.limits import Floats, along
from planner.motion.tracking import delays
from planner.motion.vertical import land_time_s
from planner.vehicles import VehicleProfile

NOWHERE_M = 1e-6
"""A leg shorter than this is none."""

STILL_AIR = (0.0, 0.0)

RETURN_SETTLES_S = 0.7
"""ArduCopter begins to return with a climb of nothing, to where it already is; measured on SITL, 0.4 to 1.3 s."""

RETURN_IN_PLACE_S = 3.7
"""The same over home, where the way home is a few centimetres too; measured there, 3.6 to 4.0 s."""

AT_HOME_M = 0.5
"""Nearer than this is over home."""


def fly_through(
    points_m: Floats,
    speeds_mps: Floats,
    hold_s: Floats,
    profile: VehicleProfile,
    *,
    wind_mps: tuple[float, float] = STILL_AIR,
) -> Floats:
    """When each of n waypoints is reached, seconds after leaving the first one from standing still, (n,).

    ``points_m`` (n, 3): east, north and height in one metric frame; ``speeds_mps`` (n - 1,): ground speed asked for on
    each leg, told to the autopilot when the leg begins; ``hold_s`` (n,): the stay at each; ``wind_mps`` where the wind
    blows to, east and north. A waypoint with a stay, one that the next waypoint lies on, and the last one are stopped
    at; the stay counts after it is reached. The others are cut (``corners``), and are reached in the middle of the cut,
    which is when ArduCopter goes on to the next mission item.
    """
    points, holds = np.asarray(points_m, dtype=np.float64), np.asarray(hold_s, dtype=np.float64)
    steps = np.diff(points, axis=0)
    real = np.linalg.norm(steps, axis=1) > NOWHERE_M
    waited = np.concatenate([[0.0], np.cumsum(holds[:-1])]) if len(points) else np.zeros(0)
    if not real.any():
        return waited
    course = lay_out(steps[real], np.asarray(speeds_mps, dtype=np.float64)[real], ~_stopped(holds, real), profile)
    late = delays(course, Air.of(profile, wind_mps), profile)
    ends = np.cumsum(course.durations_s + late.whole) - np.concatenate([[0.0], np.cumsum(course.cuts_s)])
    ends[:-1] -= course.cuts_s / 2
    reached = np.concatenate([[0.0], ends])[np.concatenate([[0], np.cumsum(real)])]
    return np.asarray(reached + waited)


def _stopped(holds: Floats, real: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Between each two real legs, whether the vehicle stops there: a stay, or a leg of no length."""
    number = np.concatenate([[0], np.cumsum(real)])
    stopped = np.zeros(number[-1] + 1, dtype=np.bool_)
    stopped[number[holds > 0]] = True
    stopped[number[1:][~real]] = True
    return stopped[1:-1]


def reachable_mps(
    steps_m: Floats, speeds_mps: Floats, profile: VehicleProfile, wind_mps: tuple[float, float]
) -> Floats:
    """What of the ground speeds asked for (m,) a vehicle can hold along steps (m, 3) in a wind, m/s along the step."""
    lengths = np.linalg.norm(steps_m, axis=1)
    units = np.divide(steps_m, lengths[:, None], out=np.zeros_like(steps_m), where=lengths[:, None] > NOWHERE_M)
    speeds = along(units, np.asarray(speeds_mps, dtype=np.float64), profile.climb_mps, profile.descent_mps)
    return Air.of(profile, wind_mps).reachable(units[:, 0] + 1j * units[:, 1], speeds)


def return_time_s(height_m: float, distance_m: float, profile: VehicleProfile, *, against_mps: float = 0.0) -> float:
    """Seconds from the command to return until disarmed, from ``height_m`` over home's ground and ``distance_m`` away.

    ``against_mps``: head wind on the way home.
    """
    heights, ways = np.array([height_m]), np.array([[distance_m, 0.0]])
    return float(return_times_s(heights, ways, profile, wind_mps=(-against_mps, 0.0))[0])


def return_times_s(
    heights_m: Floats,
    ways_m: Floats,
    profile: VehicleProfile,
    *,
    wind_mps: tuple[float, float] = STILL_AIR,
    tops_m: Floats | None = None,
) -> Floats:
    """As :func:`return_time_s` from many places, (n,): ``ways_m`` (n, 2) lead home, east and north, over flat ground.

    The vehicle climbs to the height that it comes home at, which is lower near home (or to ``tops_m`` (n,), never below
    ``heights_m``), flies straight home, stays a while and lands.
    """
    heights, ways = np.asarray(heights_m, dtype=np.float64), np.asarray(ways_m, dtype=np.float64)
    away = np.hypot(ways[:, 0], ways[:, 1])
    own = return_height_m(heights, away, np.zeros_like(heights), profile) if tops_m is None else tops_m
    tops = np.maximum(heights, own)
    nothing = np.zeros_like(heights)
    climbs = np.column_stack([nothing, nothing, tops - heights])
    at_home = away < AT_HOME_M
    ways = np.where(at_home[:, None], 0.0, ways)
    steps = np.stack([climbs, np.column_stack([ways, nothing])], axis=1).reshape(-1, 3)
    owner = np.repeat(np.arange(len(heights)), 2)
    real = np.linalg.norm(steps, axis=1) > NOWHERE_M
    landing = np.array([land_time_s(float(top), profile) for top in tops])
    times = landing + profile.return_loiter_s + np.where(at_home, RETURN_IN_PLACE_S, RETURN_SETTLES_S)
    if real.any():
        steps, owner = steps[real], owner[real]
        passes = owner[1:] == owner[:-1]
        course = lay_out(steps, np.full(len(steps), profile.return_speed_mps), passes, profile)
        seconds = course.durations_s + delays(course, Air.of(profile, wind_mps), profile).whole
        np.add.at(times, owner, seconds)
        np.subtract.at(times, owner[1:], course.cuts_s)
    return times
