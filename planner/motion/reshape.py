"""What becomes of a leg whose speed is changed while it is flown.

ArduCopter (``SCurve::set_speed_max``) keeps what it has laid out: while full acceleration lasts it may end it sooner;
beyond that it adds a second change of speed after the first one, where the leg is long enough for that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.motion.limits import Build
from planner.motion.ramps import Ramps, ramps_from_rest, ramps_in_flight

ROOM = 12
"""A second change needs a stretch that takes this many times the jerk's rise."""

_BISECTIONS = 30
_SAME_MPS = 1e-6


@dataclass(frozen=True, slots=True)
class Reshaped:
    """A leg that was told another speed: how it starts (1,), changes (1,) up or down, and brakes (1,), and how long.

    ``sign`` of the change is 1 or -1; ``duration_s`` is from rest to rest.
    """

    start: Ramps
    change: Ramps
    sign: float
    brake: Ramps
    duration_s: float


def told_later(
    planned: Ramps, speed_mps: float, since_s: float, *, length_m: float, acceleration: float, build: Build
) -> Reshaped:
    """A leg that was to start as ``planned`` (1,) and is told ``speed_mps`` so many seconds after that."""

    def from_rest(speed: float, way_m: float) -> Ramps:
        return ramps_from_rest(np.array([speed]), np.array([way_m]), np.array([acceleration]), build)

    def in_flight(delta: float) -> Ramps:
        return ramps_in_flight(np.array([delta]), np.array([acceleration]), build)

    start, top = planned, float(planned.speed[0])
    if since_s <= 0:
        start = from_rest(speed_mps, length_m / 2)
    elif speed_mps < top and float(start.flat[0]) > 0:
        flat_from = float(2 * start.rise[0] + start.hold[0])
        flat_until = flat_from + float(start.flat[0])
        if since_s <= flat_until:
            least = top - acceleration * (flat_until - max(since_s, flat_from))
            start = from_rest(max(least, speed_mps), length_m / 2)
    top, free_m = float(start.speed[0]), length_m - 2 * float(start.way[0])
    room_mps, end = free_m / (ROOM * build.rise_s), top
    begun = since_s < float(planned.duration[0]) + (length_m - 2 * float(planned.way[0])) / float(planned.speed[0])
    if begun and room_mps > top and abs(speed_mps - top) > _SAME_MPS:
        wanted = speed_mps if speed_mps < top else min(speed_mps, room_mps)
        end = _nearest(top, wanted, lambda to: _way(in_flight(abs(to - top)), top, to) <= free_m / 2)
    change, brake = in_flight(abs(end - top)), from_rest(end, length_m)
    cruise_m = length_m - float(start.way[0]) - _way(change, top, end) - float(brake.way[0])
    seconds = float(start.duration[0] + change.duration[0] + brake.duration[0]) + max(cruise_m, 0.0) / end
    return Reshaped(start, change, 1.0 if end > top else -1.0, brake, seconds)


def _way(change: Ramps, start: float, end: float) -> float:
    return float(change.duration[0]) * (start + end) / 2


def _nearest(top: float, wanted: float, fits: Callable[[float], bool]) -> float:
    """The speed nearest to ``wanted``, from ``top`` on, that still fits."""
    if fits(wanted):
        return wanted
    near, far = top, wanted
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        near, far = (middle, far) if fits(middle) else (near, middle)
    return near
