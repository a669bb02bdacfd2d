"""How long a sortie takes and what it costs.

Times are the autopilot's own (:mod:`planner.motion`), energy is power times time (:mod:`planner.energy`). Where the
wind's direction is not known, the times are those of still air, the energy that of the worst of eight directions, and
every way home is flown against the wind, because a plan must hold whatever the direction is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from planner.energy import JOULES_PER_WH, SPOOLING_SHARE, lift_j_per_m, power_w
from planner.geodesy import LocalFrame
from planner.motion import SPOOL_UP_S, fly_through, reachable_mps, return_height_m, return_times_s, takeoff_time_s
from planner.patrol import Patrol
from planner.plan import Forecast, Route
from planner.site import Launch
from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

STANDING_M = 0.05
"""A shorter way is a rounded coordinate, not a leg."""

DIRECTIONS = 8
"""How many directions of an unknown wind are looked at."""


def forecast(
    route: Route,
    launch: Launch,
    profile: VehicleProfile,
    *,
    wind_mps: float = 0.0,
    wind_from_deg: float | None = None,
) -> Forecast:
    """What a route takes from arming at the launch to disarming there, the ground taken as flat.

    ``wind_from_deg``: where the wind comes from, clockwise from north; None where that is not known.
    """
    frame = LocalFrame(launch.position)
    waypoints = route.waypoints
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    heights = np.array([waypoint.altitude.metres for waypoint in waypoints])
    speeds = np.array([waypoint.speed_mps for waypoint in waypoints])
    holds = np.array([waypoint.hold_s for waypoint in waypoints])
    return forecast_local(points, heights, speeds, holds, profile, wind_mps=wind_mps, wind_from_deg=wind_from_deg)


def forecast_patrol(patrol: Patrol, route: Route, launch: Launch) -> Forecast:
    """The forecast of a route of a patrol, in its wind."""
    return forecast(route, launch, patrol.vehicle, wind_mps=patrol.limits.energy_wind_mps)


def forecast_local(
    points: Floats,
    heights: Floats,
    speeds: Floats,
    holds: Floats,
    profile: VehicleProfile,
    *,
    wind_mps: float,
    wind_from_deg: float | None = None,
) -> Forecast:
    """As :func:`forecast`, for waypoints (n, 2) in local metres around the launch at the origin.

    ``heights`` (n,) metres above the launch; ``speeds`` (n,) m/s on the way to each; ``holds`` (n,) stays in seconds.
    """
    way = _settled(np.column_stack([np.vstack([np.zeros(2), points]), np.append(heights[0], heights)]))
    stays = np.append(0.0, holds)
    wind = None if wind_from_deg is None else _towards(wind_mps, math.radians(wind_from_deg + 180.0))
    times = fly_through(way, speeds, stays, profile, wind_mps=wind or (0.0, 0.0))
    legs_s = np.diff(times) - stays[:-1]
    up_s = takeoff_time_s(float(heights[0]), profile)
    hover_w = float(power_w(np.array([wind_mps]), profile)[0])
    up_j = SPOOL_UP_S * SPOOLING_SHARE * profile.hover_w + (up_s - SPOOL_UP_S) * hover_w
    up_j += float(heights[0]) * lift_j_per_m(profile)
    legs_j = _legs_j(way, legs_s, speeds, profile, wind=wind, wind_mps=wind_mps)
    used_wh = (up_j + np.cumsum(legs_j + stays[:-1] * hover_w)) / JOULES_PER_WH
    return_wh = homeward_wh(heights, -points, profile, wind=wind, wind_mps=wind_mps)
    back_s = return_times_s(heights[-1:], -way[-1:, :2], profile, wind_mps=wind or (0.0, 0.0))
    energy = float(used_wh[-1] + holds[-1] * hover_w / JOULES_PER_WH + return_wh[-1])
    return Forecast(
        duration_s=float(up_s + times[-1] + holds[-1] + back_s[0]),
        distance_m=float(np.hypot(*np.diff(way[:, :2], axis=0).T).sum() + np.hypot(*way[-1, :2])),
        energy_wh=energy,
        battery_used=energy / profile.battery_wh,
        leg_end_s=tuple((up_s + times[1:]).tolist()),
        return_wh=tuple(return_wh.tolist()),
        used_wh=tuple(used_wh.tolist()),
    )


def _settled(way: Floats) -> Floats:
    """The way (n, 3) with every point that lies where the one before lies put there exactly."""
    settled = way.copy()
    for number in np.flatnonzero(np.linalg.norm(np.diff(way, axis=0), axis=1) <= STANDING_M) + 1:
        settled[number] = settled[number - 1]
    return settled


def _towards(speed: float, heading: float) -> tuple[float, float]:
    return speed * math.sin(heading), speed * math.cos(heading)


def _legs_j(
    way: Floats,
    legs_s: Floats,
    speeds: Floats,
    profile: VehicleProfile,
    *,
    wind: tuple[float, float] | None,
    wind_mps: float,
) -> Floats:
    """Joules of each leg (m,) of a way (m + 1, 3) that takes so long: in a wind, or in the worst one of that speed."""
    steps = np.diff(way, axis=0)
    climbs_j = np.maximum(steps[:, 2], 0.0) * lift_j_per_m(profile)
    if wind is not None or not wind_mps:
        return climbs_j + _level_j(steps, legs_s, profile, wind or (0.0, 0.0))
    lengths = np.linalg.norm(steps, axis=1)
    calm = reachable_mps(steps, speeds, profile, (0.0, 0.0))
    worst = np.zeros(len(steps))
    for number in range(DIRECTIONS):
        blows = _towards(wind_mps, 2 * math.pi * number / DIRECTIONS)
        slower_s = lengths / reachable_mps(steps, speeds, profile, blows) - lengths / calm
        cost = _level_j(steps, legs_s + np.maximum(slower_s, 0.0), profile, blows)
        worst = max(worst, cost, key=lambda joules: float(joules.sum()))
    return climbs_j + worst


def _level_j(steps: Floats, legs_s: Floats, profile: VehicleProfile, wind: tuple[float, float]) -> Floats:
    """Joules of legs (m,) at their mean airspeed."""
    level = steps[:, :2] / np.maximum(legs_s, 1e-9)[:, None] - np.array(wind)
    return legs_s * power_w(np.where(legs_s > 0, np.hypot(level[:, 0], level[:, 1]), 0.0), profile)


def homeward_wh(
    heights: Floats,
    ways: Floats,
    profile: VehicleProfile,
    *,
    wind_mps: float,
    wind: tuple[float, float] | None = None,
    tops: Floats | None = None,
) -> Floats:
    """Watt-hours (n,) to come home from heights (n,) along ways (n, 2) as the autopilot does, landing included.

    ``wind`` is where it blows to, east and north; where its direction is not known (None), it blows against every way
    home. ``tops`` (n,): the heights it comes home at, above where it lands; None: as the autopilot chooses them, lower
    near home.
    """
    away = np.hypot(ways[:, 0], ways[:, 1])
    ways = np.column_stack([away, np.zeros_like(away)]) if wind is None else ways
    blows = (-wind_mps, 0.0) if wind is None else wind
    top = return_height_m(heights, away, np.zeros_like(away), profile) if tops is None else tops
    seconds = return_times_s(heights, ways, profile, wind_mps=blows, tops_m=top)
    steps, speeds = np.column_stack([ways, np.zeros_like(away)]), np.full(len(away), profile.return_speed_mps)
    ground = reachable_mps(steps, speeds, profile, blows)
    way_s = np.minimum(away / ground, seconds)
    climbs_j = np.maximum(top - heights, 0.0) * lift_j_per_m(profile)
    still_j = (seconds - way_s) * power_w(np.array([wind_mps]), profile)[0]
    return np.asarray((_level_j(steps, way_s, profile, blows) + still_j + climbs_j) / JOULES_PER_WH)
