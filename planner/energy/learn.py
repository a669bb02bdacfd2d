"""A vehicle's appetite and pace, learnt from flights: what it drew, how fast it went, climbed and sank.

Power is fitted to all moments in the air at once, robustly (Huber weights):

    power = hover + cruise x (speed / 10 m/s)^3 + up x climb + down x descent

with the same shape over speed that :mod:`planner.energy.power` plans with, so that a plan asks for what was flown.
Speed is over ground: in wind the scatter grows, and with it the error that is told. Neighbouring seconds are no
independent witnesses: errors are those of one sample every ``INDEPENDENT_S``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.energy.power import CRUISE_MPS, JOULES_PER_WH
from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.track import Electricity, Track
from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

FLYING_M = 2.0
"""Above home: lower than this it may stand on the ground."""

LEAST_FLYING_S = 60.0
LEAST_SLOW_S = 10.0
LEAST_FAST_S = 20.0
SLOW_MPS, FAST_MPS = 3.0, 4.0
WORST_ERROR = 0.05
"""A power that is less sure than this share of itself is not learnt."""

INDEPENDENT_S = 5.0
LONGEST_GAP_S = 3.0
SMOOTH_S = 2.0
HUBER = 1.345
LEAST_DROP = 0.1
"""Share of a battery that must have been drawn before its size is told."""

PARAMETERS: dict[str, tuple[tuple[str, float], ...]] = {
    "climb_mps": (("WPNAV_SPEED_UP", 0.01), ("WP_SPD_UP", 1.0)),
    "descent_mps": (("WPNAV_SPEED_DN", 0.01), ("WP_SPD_DN", 1.0)),
    "land_speed_mps": (("LAND_SPEED", 0.01), ("LAND_SPD_MS", 1.0)),
    "acceleration_mps2": (("WPNAV_ACCEL", 0.01), ("WP_ACC", 1.0)),
    "vertical_acceleration_mps2": (("WPNAV_ACCEL_Z", 0.01), ("WP_ACC_Z", 1.0)),
    "jerk_mps3": (("WPNAV_JERK", 1.0), ("WP_JERK", 1.0)),
    "waypoint_radius_m": (("WPNAV_RADIUS", 0.01), ("WP_RADIUS_M", 1.0)),
    "return_altitude_m": (("RTL_ALT", 0.01), ("RTL_ALT_M", 1.0)),
    "return_speed_mps": (("RTL_SPEED", 0.01), ("RTL_SPEED_MS", 1.0)),
}
"""What a log's own parameters say better than any measure: names of ArduCopter up to 4.6 and after, with their unit."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One flight as its log tells it."""

    track: Track
    electricity: Electricity
    parameters: Mapping[str, float]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A learnt figure; ``spread`` is its standard error (for paces: half the width of the middle two thirds).

    ``samples`` is how many moments it rests on; 0 and no spread where the log's parameters say it.
    """

    value: float
    spread: float
    samples: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """What flights taught: figures by the profile's own field names, and what was not learnt and why."""

    figures: Mapping[str, Figure]
    flying_s: float
    flights: int
    not_learnt: tuple[str, ...]

    def applied_to(self, profile: VehicleProfile) -> VehicleProfile:
        """The profile with what was learnt in the place of its own figures."""
        values: dict[str, Any] = {name: figure.value for name, figure in self.figures.items()}
        return replace(profile, **values)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Moments in the air, columns of one length."""

    power_w: Floats
    speed: Floats
    climb: Floats
    height: Floats
    push: Floats
    weight_s: Floats


def learn(flights: Sequence[Recording]) -> Learnt:
    """Learn from flights of one vehicle.

    Raises ``InputError`` that says what is missing where they are too few, too short, tell no current, or agree too
    little.
    """
    moments = [_moments(flight) for flight in flights]
    together = _Moments(*(np.concatenate([getattr(one, name) for one in moments]) for name in _Moments.__slots__))
    flying_s = float(together.weight_s.sum())
    _refuse_too_little(together, flying_s)
    figures, missing = _powers(together), list[str]()
    for name, figure in (
        ("climb_mps", _pace(together, together.climb)),
        (
            "descent_mps",
            _pace(together, np.where(together.height > VehicleProfile().slow_landing_m, -together.climb, 0)),
        ),
        ("acceleration_mps2", _pace(together, together.push)),
    ):
        told = _told(flights, name)
        if told is None and figure is None:
            missing.append(f"{name}: never seen long enough")
        else:
            figures[name] = told or figure  # type: ignore[assignment]
    for name in PARAMETERS:
        told = _told(flights, name)
        if told is not None:
            figures[name] = told
    battery = _battery(flights)
    if battery is None:
        missing.append(f"battery_wh: no flight drew {LEAST_DROP:.0%} of what its monitor counts")
    else:
        figures["battery_wh"] = battery
    return Learnt(figures, flying_s, len(flights), tuple(missing))


def _moments(flight: Recording) -> _Moments:
    """The moments at which the battery's monitor spoke, in the air."""
    track, told = flight.track, flight.electricity
    known = np.isfinite(told.volts) & np.isfinite(told.amps) & (told.amps > 0)
    if not known.any():
        raise InputError(
            "The log tells no battery current.",
            about=flight.name or None,
            mend="Set BATT_MONITOR to a monitor that measures current, and fly again.",
        )
    if len(track) < 2:
        raise InputError("The log tells no positions.", about=flight.name or None)
    time_s, first = np.unique(track.time_s, return_index=True)
    frame = LocalFrame(LonLat(float(track.lon[0]), float(track.lat[0])))
    places = frame.points_to_local(np.column_stack([track.lon, track.lat]))[first]
    up = track.alt_home_m[first]
    at = told.time_s[known]
    inside = (at >= time_s[0] + SMOOTH_S / 2) & (at <= time_s[-1] - SMOOTH_S / 2)

    def read(column: Floats, when: Floats) -> Floats:
        return np.interp(when, time_s, column)

    before, after = at - SMOOTH_S / 2, at + SMOOTH_S / 2
    steps = np.stack([read(places[:, axis], after) - read(places[:, axis], before) for axis in (0, 1)]) / SMOOTH_S
    later = [read(track.speed_mps[first], when) for when in (before, after)]
    height, climb = read(up, at), (read(up, after) - read(up, before)) / SMOOTH_S
    gaps = np.diff(at, prepend=at[:1])
    good = inside & (height > FLYING_M) & (gaps > 0) & (gaps <= LONGEST_GAP_S)
    return _Moments(
        (told.volts * told.amps)[known][good],
        np.hypot(*steps)[good],
        climb[good],
        height[good],
        (np.abs(later[1] - later[0]) / SMOOTH_S)[good],
        gaps[good],
    )


def _refuse_too_little(moments: _Moments, flying_s: float) -> None:
    slow_s = float(moments.weight_s[moments.speed < SLOW_MPS].sum())
    fast_s = float(moments.weight_s[moments.speed > FAST_MPS].sum())
    for what, have, need in (
        ("in the air with current and position", flying_s, LEAST_FLYING_S),
        (f"slower than {SLOW_MPS:g} m/s", slow_s, LEAST_SLOW_S),
        (f"faster than {FAST_MPS:g} m/s", fast_s, LEAST_FAST_S),
    ):
        if have < need:
            raise InputError(
                f"There is too little to learn from: {have:.0f} s {what}, and {need:.0f} s are needed.",
                mend="Give more flights: with stays in one place, and legs at working speed.",
            )


def _powers(moments: _Moments) -> dict[str, Figure]:
    """Hover and cruise power by robust least squares; refuses where they are not sure."""
    cube = np.clip((moments.speed / CRUISE_MPS) ** 3, 0.0, None)
    terms = np.column_stack([np.ones_like(cube), cube, np.maximum(moments.climb, 0.0), np.maximum(-moments.climb, 0.0)])
    weights = np.sqrt(moments.weight_s)
    robust = np.ones_like(weights)
    for _ in range(20):
        scale = (weights * np.sqrt(robust))[:, None]
        found = np.linalg.lstsq(terms * scale, moments.power_w * scale[:, 0], rcond=None)[0]
        rest = moments.power_w - terms @ found
        spread = max(float(np.median(np.abs(rest))) * 1.4826, 1e-6)
        robust = np.minimum(1.0, HUBER * spread / np.maximum(np.abs(rest), 1e-9))
    witnesses = max(float(moments.weight_s.sum()) / INDEPENDENT_S, 5.0)
    scale = robust * moments.weight_s / INDEPENDENT_S
    covariance = np.linalg.pinv(terms.T @ (terms * scale[:, None])) * spread**2 * witnesses / max(witnesses - 4.0, 1.0)
    hover, cruise = float(found[0]), float(found[0] + found[1])
    hover_error = math.sqrt(max(covariance[0, 0], 0.0))
    cruise_error = math.sqrt(max(covariance[0, 0] + covariance[1, 1] + 2 * covariance[0, 1], 0.0))
    for name, value, error in (("hover_w", hover, hover_error), ("cruise_w", cruise, cruise_error)):
        if not value > 0 or error > WORST_ERROR * value:
            raise InputError(
                f"The flights agree too little on {name}: {value:.0f} W, give or take {error:.0f} W.",
                mend="Give more flights, at the speeds you fly and in little wind.",
            )
    samples = len(moments.power_w)
    return {
        "hover_w": Figure(round(hover, 1), round(hover_error, 1), samples),
        "cruise_w": Figure(round(cruise, 1), round(cruise_error, 1), samples),
    }


def _pace(moments: _Moments, rate: Floats) -> Figure | None:
    """What a rate comes to while it is at its full: the median of what is near its top; None where hardly seen."""
    moving = rate[rate > 0.3]
    if len(moving) < 5:
        return None
    top = float(np.percentile(moving, 95))
    full = moving[moving > 0.8 * top]
    low, middle, high = (float(value) for value in np.percentile(full, (17, 50, 83)))
    return Figure(round(middle, 2), round((high - low) / 2, 2), len(full))


def _told(flights: Sequence[Recording], name: str) -> Figure | None:
    """What the last log that tells a parameter says of it; 0 there means "as something else"."""
    for flight in reversed(flights):
        for parameter, unit in PARAMETERS.get(name, ()):
            value = flight.parameters.get(parameter)
            if value is not None and value > 0:
                return Figure(round(value * unit, 3), 0.0, 0)
    return None


def _battery(flights: Sequence[Recording]) -> Figure | None:
    """Usable watt-hours: what was drawn over the share that the monitor says it was."""
    sizes = []
    for flight in flights:
        told = flight.electricity
        known = np.isfinite(told.volts) & np.isfinite(told.amps) & np.isfinite(told.left)
        if np.count_nonzero(known) < 2:
            continue
        time_s, power, left = told.time_s[known], (told.volts * told.amps)[known], told.left[known]
        drop = float(left[0] - left[-1])
        if drop >= LEAST_DROP:
            sizes.append(float(np.trapezoid(power, time_s)) / JOULES_PER_WH / drop)
    if not sizes:
        return None
    return Figure(round(float(np.median(sizes)), 1), round(float(np.ptp(sizes)) / 2, 1), len(sizes))
