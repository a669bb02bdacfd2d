"""Straight up and straight down: taking off and landing, as ArduCopter shapes them.

Outside of legs ArduCopter does not lay its height out beforehand: at each step it turns what is left into a wanted
speed, and what is missing of that speed into an acceleration that changes with limited jerk (``shape_pos_vel_accel``,
``shape_vel_accel`` and ``sqrt_controller`` in AP_Math, ``_AutoTakeoff``, ``land_run_vertical_control``). The same
is stepped through here, for as much height as speeding up and slowing down need; the rest goes by at full speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from planner.errors import SettingError
from planner.vehicles import VehicleProfile

SPOOL_UP_S = 3.2
"""From arming to leaving the ground: the delay after arming (2 s), rotors spool up (0.5 s), throttle rises to hover.

Measured on ArduCopter 4.6.3 SITL: 3.28 s on each of 20 flights, of which 0.08 s already are the climb stepped below.
A mission that is started up to 2 s after arming does not leave the ground later.
"""

SPOOL_DOWN_S = 1.95
"""From touching the ground to disarmed: the land detector waits, rotors spool down.

Measured there: 2.07 to 2.10 s after a touch that comes 0.15 s before height zero.
"""

HEIGHT_GAIN_PER_S = 1.0
"""``PSC_POSZ_P``: how the speed of a landing vehicle follows the height above the slow part."""

_STEP_S = 0.01
_LONGEST_S = 3600.0


def takeoff_time_s(height_m: float, profile: VehicleProfile) -> float:
    """Seconds from arming until the take-off to ``height_m`` above the ground is complete.

    Raises ``SettingError`` where the height is not above zero.
    """
    return SPOOL_UP_S + climb_s(height_m, profile)


def climb_s(height_m: float, profile: VehicleProfile) -> float:
    """Seconds from leaving the ground until a take-off to ``height_m`` metres is complete.

    Raises ``SettingError`` where the height is not above zero.
    """
    if not (math.isfinite(height_m) and height_m > 0):
        raise SettingError(f"A take-off must go up, not to {height_m:g} m.")
    shaped = min(height_m, 2 * profile.climb_mps * (profile.climb_mps / profile.vertical_acceleration_mps2 + 1))
    return (height_m - shaped) / profile.climb_mps + _climb_s(shaped, profile)


def land_time_s(height_m: float, profile: VehicleProfile) -> float:
    """Seconds from beginning to land at ``height_m`` above the ground, at rest, until disarmed."""
    height, descent = max(height_m, 0.0), max(profile.descent_mps, profile.land_speed_mps)
    needed = 2 * descent * (descent / profile.vertical_acceleration_mps2 + 1)
    shaped = min(height, profile.slow_landing_m + needed)
    return (height - shaped) / descent + _sink_s(shaped, profile) + SPOOL_DOWN_S


@lru_cache(maxsize=4096)
def _climb_s(height: float, profile: VehicleProfile) -> float:
    """Done as ``_AutoTakeoff`` has it: slower than a tenth, and within what that speed needs to stop."""
    speed, acceleration = profile.climb_mps, profile.vertical_acceleration_mps2
    near = height - 0.5 * (0.1 * speed) ** 2 / acceleration
    gain = 0.5 * profile.vertical_jerk_mps3 / acceleration

    def wanted(risen: float) -> float:
        return min(_follow(height - risen, gain, 0.5 * acceleration), speed)

    return _stepped(wanted, lambda risen, rate: risen >= near and rate < 0.1 * speed, profile)


@lru_cache(maxsize=4096)
def _sink_s(height: float, profile: VehicleProfile) -> float:
    fast, least = max(profile.descent_mps, profile.land_speed_mps), profile.land_speed_mps

    def wanted(sunk: float) -> float:
        above = height - sunk - profile.slow_landing_m
        return max(min(_follow(above, HEIGHT_GAIN_PER_S, profile.vertical_acceleration_mps2), fast), least)

    return _stepped(wanted, lambda sunk, rate: sunk >= height, profile)


def _stepped(wanted: Callable[[float], float], done: Callable[[float, float], bool], profile: VehicleProfile) -> float:
    """Seconds until ``done(way, speed)`` from rest, with the speed ``wanted(way)`` asked for."""
    acceleration, jerk = profile.vertical_acceleration_mps2, profile.vertical_jerk_mps3
    way = speed = push = time = 0.0
    while not done(way, speed) and time < _LONGEST_S:
        target = _follow(wanted(way) - speed, jerk / acceleration, jerk)
        target = max(-acceleration, min(acceleration, target))
        push += max(-jerk * _STEP_S, min(jerk * _STEP_S, target - push))
        way += speed * _STEP_S + push * _STEP_S**2 / 2
        speed += push * _STEP_S
        time += _STEP_S
    return time


def _follow(error: float, gain: float, limit: float) -> float:
    """The rate that takes an error away: proportional near zero, then no more than ``limit`` can slow down again."""
    size, straight = abs(error), limit / gain**2
    rate = size * gain if size <= straight else math.sqrt(2 * limit * (size - straight / 2))
    return math.copysign(rate, error)
