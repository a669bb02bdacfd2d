"""How long a sortie takes and what it costs: a first model of motion and energy.

Motion follows ArduCopter's S-curves (``SCurve::advance_target_along_track``): each leg runs from rest to rest with
limited speed, acceleration and jerk; at a waypoint without a stay the next leg begins while the last one brakes, as
early as the corner's deviation stays within ``waypoint_radius_m`` and its acceleration within
``corner_acceleration_mps2``. Energy is power times time, with the wind against every leg, because a plan must hold
whatever the wind's direction is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.plan import Forecast, Route
from planner.quantities import Altitude
from planner.site import Launch
from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

ARMING_S = 3.0
"""From arming to leaving the ground: rotors spool up, the mission is started."""

OVER_HOME_S = 5.0
"""``RTL_LOIT_TIME``: the stay over home before landing."""

SLOW_LANDING_M = 10.0
"""``LAND_ALT_LOW``: from here down the drone sinks at ``land_speed_mps``."""

DISARMING_S = 2.0
"""From touch-down to disarmed rotors (the land detector waits a second)."""

JERK_RISE_S = 0.3
"""How long jerk takes to build up: twice ``ATC_INPUT_TC`` (0.15 s), as ``calc_scurve_jerk_and_snap`` has it."""

CRUISE_MPS = 10.0
"""The airspeed that ``cruise_w`` is told for."""

PARASITE_SHARE = 0.2
"""Share of cruise power that grows with the cube of airspeed beyond ``CRUISE_MPS``: an assumption, not measured."""

CLIMB_EFFICIENCY = 0.5
"""Share of the extra electric power that ends up as height: an assumption, not measured."""

STANDING_M = 0.05
"""A shorter way is a rounded coordinate, not a leg."""

GRAVITY_MPS2 = 9.80665
JOULES_PER_WH = 3600.0


def forecast(route: Route, launch: Launch, profile: VehicleProfile, *, wind_mps: float = 0.0) -> Forecast:
    """What a route takes from arming at the launch to disarming there, the ground taken as flat."""
    frame = LocalFrame(launch.position)
    waypoints = route.waypoints
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    heights = np.array([waypoint.altitude.metres for waypoint in waypoints])
    speeds = np.array([waypoint.speed_mps for waypoint in waypoints])
    holds = np.array([waypoint.hold_s for waypoint in waypoints])
    return forecast_local(points, heights, speeds, holds, profile, wind_mps=wind_mps)


def forecast_local(
    points: Floats, heights: Floats, speeds: Floats, holds: Floats, profile: VehicleProfile, *, wind_mps: float
) -> Forecast:
    """As :func:`forecast`, for waypoints (n, 2) in local metres around the launch at the origin.

    ``heights`` (n,) metres above the launch; ``speeds`` (n,) m/s on the way to each; ``holds`` (n,) stays in seconds.
    """
    climb_s = vertical_s(float(heights[0]), profile.climb_mps, profile)
    first_leg = float(np.hypot(*points[0]))
    first_s = rest_to_rest_s(first_leg, float(speeds[0]), profile)
    way_s = leg_times(points, heights, speeds, holds, profile)
    reached = ARMING_S + climb_s + first_s + way_s
    flying_w = power_w(speeds + wind_mps, profile)
    climbed = np.maximum(np.diff(heights), 0.0)
    legs_wh = np.diff(way_s) * flying_w[1:] + climbed * lift_j_per_m(profile)
    start_j = (ARMING_S + climb_s) * float(power_w(np.array([wind_mps]), profile)[0])
    start_j += float(heights[0]) * lift_j_per_m(profile) + first_s * float(flying_w[0])
    used_wh = (start_j + np.concatenate([[0.0], np.cumsum(legs_wh)])) / JOULES_PER_WH
    back_s, back_wh = _returns(points, heights, speeds, profile, wind_mps)
    energy = float(used_wh[-1] + back_wh[-1])
    lengths = np.hypot(*np.diff(points, axis=0).T)
    return Forecast(
        duration_s=float(reached[-1] + holds[-1] + back_s[-1]),
        distance_m=float(lengths.sum() + first_leg + np.hypot(*points[-1])),
        energy_wh=energy,
        battery_used=energy / profile.battery_wh,
        leg_end_s=tuple(reached.tolist()),
        return_wh=tuple(back_wh.tolist()),
        used_wh=tuple(used_wh.tolist()),
    )


def forecast_patrol(patrol: Patrol, route: Route, launch: Launch) -> Forecast:
    """The forecast of a route of a patrol, in its wind."""
    return forecast(route, launch, patrol.vehicle, wind_mps=patrol.limits.wind_mps)


def leg_times(points: Floats, heights: Floats, speeds: Floats, holds: Floats, profile: VehicleProfile) -> Floats:
    """When each of the waypoints (n, 2) is reached, seconds after the first one is, shape (n,).

    The one place of the motion model: shapes as in :func:`forecast_local`; a stay counts before the leg after it.
    """
    ways = np.diff(points, axis=0)
    lengths = np.hypot(ways[:, 0], ways[:, 1])
    times, ramps = _rest_to_rest(lengths, speeds[1:], profile)
    rises = np.abs(np.diff(heights))
    rates = np.where(np.diff(heights) > 0, profile.climb_mps, profile.descent_mps)
    times = np.maximum(times, rises / rates + np.where(rises > 0, rates / profile.vertical_acceleration_mps2, 0.0))
    blends = _blends(ways, lengths, ramps, holds[1:-1], profile)
    reached = np.concatenate([[0.0], np.cumsum(times)])
    reached[1:] += np.cumsum(holds[:-1])
    overlap = np.concatenate([[0.0], np.cumsum(blends)]) if len(blends) else np.zeros(len(times))
    corner = np.concatenate([blends / 2, [0.0]]) if len(times) else np.empty(0)
    reached[1:] -= overlap + corner
    return np.maximum.accumulate(reached)


def rest_to_rest_s(length_m: float, speed_mps: float, profile: VehicleProfile) -> float:
    """Seconds for one leg from standing to standing."""
    times, _ = _rest_to_rest(np.array([float(length_m)]), np.array([float(speed_mps)]), profile)
    return float(times[0])


def _rest_to_rest(lengths: Floats, speeds: Floats, profile: VehicleProfile) -> tuple[Floats, Floats]:
    """Times (n,) of legs from rest to rest, and how long each speeds up (and brakes), (n,)."""
    limit, jerk = profile.acceleration_mps2, profile.jerk_mps3
    gentle = (lengths * math.sqrt(jerk) / 2) ** (2 / 3)
    half = limit * limit / jerk / 2
    firm = -half + np.sqrt(half * half + limit * lengths)
    peak = np.minimum(speeds, np.where(gentle < 2 * half, gentle, firm))
    ramps = np.where(peak < 2 * half, 2 * np.sqrt(peak / jerk), peak / limit + limit / jerk)
    moving = lengths > STANDING_M
    ramps = np.where(moving, ramps + JERK_RISE_S, 0.0)
    return np.divide(lengths, peak, out=np.zeros_like(lengths), where=moving) + ramps, ramps


def _blends(ways: Floats, lengths: Floats, ramps: Floats, holds: Floats, profile: VehicleProfile) -> Floats:
    """Seconds that each waypoint between two legs is cut short by, (n - 2,): braking and starting overlap."""
    if len(lengths) < 2:
        return np.empty(0)
    moving = lengths > STANDING_M
    units = np.divide(ways, lengths[:, None], out=np.zeros_like(ways), where=moving[:, None])
    cosine = np.clip((units[:-1] * units[1:]).sum(axis=1), -1.0, 1.0)
    bend = np.maximum(np.sqrt((1 - cosine) / 2), 1e-9)
    by_radius = np.cbrt(3 * profile.waypoint_radius_m / (profile.jerk_mps3 * bend))
    by_corner = np.maximum(profile.corner_acceleration_mps2 / (2 * profile.jerk_mps3 * bend), 0.0)
    by_corner = np.where(2 * profile.acceleration_mps2 * bend <= profile.corner_acceleration_mps2, np.inf, by_corner)
    half = np.minimum(by_radius, by_corner) + JERK_RISE_S / 2
    blends = np.minimum(2 * half, np.minimum(ramps[:-1], ramps[1:]))
    return np.where((holds > 0) | ~moving[:-1] | ~moving[1:], 0.0, blends)


def vertical_s(height_m: float, speed_mps: float, profile: VehicleProfile) -> float:
    """Seconds to change height from rest to rest, acceleration limited."""
    acceleration = profile.vertical_acceleration_mps2
    if height_m >= speed_mps**2 / acceleration:
        return height_m / speed_mps + speed_mps / acceleration
    return 2 * math.sqrt(max(height_m, 0.0) / acceleration)


def landing_s(height_m: float, profile: VehicleProfile) -> float:
    """Seconds from over home to disarmed: the stay, the descent, the slow last metres, the disarming."""
    slow = min(height_m, SLOW_LANDING_M)
    return OVER_HOME_S + (height_m - slow) / profile.descent_mps + slow / profile.land_speed_mps + DISARMING_S


def power_w(airspeeds: Floats, profile: VehicleProfile) -> Floats:
    """Electric power in level flight at airspeeds (n,): linear from hover to cruise, then growing with drag."""
    share = np.clip(airspeeds / CRUISE_MPS, 0.0, 1.0)
    level = profile.hover_w + (profile.cruise_w - profile.hover_w) * share
    beyond = np.maximum((airspeeds / CRUISE_MPS) ** 3 - 1, 0.0)
    return np.asarray(level + profile.cruise_w * PARASITE_SHARE * beyond)


def lift_j_per_m(profile: VehicleProfile) -> float:
    """Electric energy for a metre of height beyond that of hovering, joules."""
    return profile.mass_kg * GRAVITY_MPS2 / CLIMB_EFFICIENCY


def return_height_m(altitude: Altitude, profile: VehicleProfile) -> float:
    """The height above home that the autopilot comes home at, the ground taken as flat."""
    return max(altitude.metres, profile.return_altitude_m)


def _returns(
    points: Floats, heights: Floats, speeds: Floats, profile: VehicleProfile, wind_mps: float
) -> tuple[Floats, Floats]:
    """Seconds and watt-hours (n,) to climb to the return altitude, fly straight home and land, from each waypoint."""
    tops = np.maximum(heights, profile.return_altitude_m)
    climbs = tops - heights
    climb_s = np.array([vertical_s(float(climb), profile.climb_mps, profile) for climb in climbs])
    home_s, _ = _rest_to_rest(np.hypot(points[:, 0], points[:, 1]), speeds, profile)
    land_s = np.array([landing_s(float(top), profile) for top in tops])
    hover = float(power_w(np.array([wind_mps]), profile)[0])
    joules = (climb_s + land_s) * hover + climbs * lift_j_per_m(profile) + home_s * power_w(speeds + wind_mps, profile)
    return climb_s + home_s + land_s, joules / JOULES_PER_WH
