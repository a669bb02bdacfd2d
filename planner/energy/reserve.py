"""What must be left at landing: a rule over the place and the day, not a constant.

    reserve = battery_reserve x battery                      a share, for what nobody thought of
            + reserve_minutes x hovering power               a wait before the landing place is free
            + the way on to the farthest safe point          where ``reserve_reaches_safe_point``

and all energy is reckoned against ``wind_mps + wind_margin_mps``. By default only the share counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.energy.power import JOULES_PER_WH, power_w
from planner.geodesy import distance_m
from planner.motion import return_times_s
from planner.patrol import Limits, Patrol
from planner.quantities import LonLat
from planner.site import Launch
from planner.vehicles import VehicleProfile

SECONDS_PER_MINUTE = 60.0


def reserve_wh(patrol: Patrol, launch: Launch) -> float:
    """What must be left at landing at the launch, watt-hours."""
    safe = [point.position for point in patrol.site.safe_points]
    return reserve_of(patrol.vehicle, patrol.limits, launch.position, safe)


def reserve_of(profile: VehicleProfile, limits: Limits, home: LonLat, safe: Sequence[LonLat]) -> float:
    """As :func:`reserve_wh`, for a home and places where the drone may land instead."""
    wind_mps = limits.energy_wind_mps
    hover_w = float(power_w(np.array([wind_mps]), profile)[0])
    waiting_wh = limits.reserve_minutes * SECONDS_PER_MINUTE * hover_w / JOULES_PER_WH
    onward_wh = 0.0
    if limits.reserve_reaches_safe_point and safe:
        away = max(distance_m(home, place) for place in safe)
        blows = (-wind_mps, 0.0)
        top = np.array([profile.return_altitude_m])
        seconds = float(return_times_s(top, np.array([[away, 0.0]]), profile, wind_mps=blows)[0])
        against_w = float(power_w(np.array([profile.return_speed_mps + wind_mps]), profile)[0])
        onward_wh = seconds * max(against_w, hover_w) / JOULES_PER_WH
    return limits.battery_reserve * profile.battery_wh + waiting_wh + onward_wh
