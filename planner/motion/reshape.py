"""What becomes of legs whose speed is changed while they are flown.

ArduCopter (``SCurve::set_speed_max``) keeps what it has laid out: while full acceleration lasts it may end it sooner;
beyond that it adds a second change of speed after the first one, where the leg is long enough for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.limits import Build, Floats
from planner.motion.ramps import Ramps, ramps_from_rest, ramps_in_flight

ROOM = 12
"""A second change needs a stretch that takes this many times the jerk's rise."""

_BISECTIONS = 30
_SAME_MPS = 1e-6


@dataclass(frozen=True, slots=True)
class Reshaped:
    """n legs as they are flown: how each starts, then changes up or down, and brakes, and how long that takes.

    ``signs`` of the changes are 1 or -1; ``durations_s`` are from rest to rest; all (n,).
    """

    starts: Ramps
    changes: Ramps
    signs: Floats
    brakes: Ramps
    durations_s: Floats


def told_later(
    planned: Ramps, speeds_mps: Floats, since_s: Floats, *, lengths_m: Floats, accelerations: Floats, build: Build
) -> Reshaped:
    """Legs (n,) that were to start as ``planned`` and are told ``speeds_mps`` so many seconds after that."""
    starts = _sooner(planned, speeds_mps, since_s, lengths_m=lengths_m, accelerations=accelerations, build=build)
    tops, free_m = starts.speed, lengths_m - 2 * starts.way
    rooms_mps = free_m / (ROOM * build.rise_s)
    slowing_from = planned.duration + (lengths_m - 2 * planned.way) / planned.speed
    may = (since_s < slowing_from) & (rooms_mps > tops) & (np.abs(speeds_mps - tops) > _SAME_MPS)
    wanted = np.where(may, np.where(speeds_mps < tops, speeds_mps, np.minimum(speeds_mps, rooms_mps)), tops)

    def shift(ends: Floats) -> tuple[Ramps, Floats]:
        ramps = ramps_in_flight(np.abs(ends - tops), accelerations, build)
        return ramps, ramps.duration * (tops + ends) / 2

    def fits(share: Floats) -> NDArray[np.bool_]:
        return np.asarray(shift(tops + share * (wanted - tops))[1] <= free_m / 2)

    low, high = np.zeros_like(tops), np.ones_like(tops)
    whole = fits(high)
    for _ in range(0 if whole.all() else _BISECTIONS):
        middle = (low + high) / 2
        inside = fits(middle)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    ends = tops + np.where(whole, 1.0, low) * (wanted - tops)
    changes, change_m = shift(ends)
    brakes = ramps_from_rest(ends, lengths_m, accelerations, build)
    cruise_m = np.maximum(lengths_m - starts.way - change_m - brakes.way, 0.0)
    seconds = starts.duration + changes.duration + brakes.duration + cruise_m / ends
    return Reshaped(starts, changes, np.where(ends > tops, 1.0, -1.0), brakes, seconds)


def _sooner(
    planned: Ramps, speeds_mps: Floats, since_s: Floats, *, lengths_m: Floats, accelerations: Floats, build: Build
) -> Ramps:
    """How the legs start: as planned, or with full acceleration ended sooner."""
    flat_from = 2 * planned.rise + planned.hold
    flat_until = flat_from + planned.flat
    least = planned.speed - accelerations * (flat_until - np.maximum(since_s, flat_from))
    shorter = (speeds_mps < planned.speed) & (planned.flat > 0) & (since_s <= flat_until)
    tops = np.where(since_s <= 0, speeds_mps, np.maximum(least, speeds_mps))
    again = ramps_from_rest(tops, lengths_m / 2, accelerations, build)
    return planned.where(~(shorter | (since_s <= 0)), again)
