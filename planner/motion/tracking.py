"""How far a vehicle falls behind the target it follows, and how much later it therefore arrives.

ArduCopter does not let its target run away: ``AC_WPNav::advance_wp_target_along_track`` slows the target's time by what
the vehicle's speed and distance behind it say, smoothed over ``WPNAV_ACCEL / WPNAV_JERK`` seconds. What is lost that
way at a start or a corner is worked out in :mod:`planner.motion.turns`; between them the vehicle goes at the target's
speed, or at the fastest it can hold where that is less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.air import Air
from planner.motion.course import Course
from planner.motion.limits import Floats
from planner.motion.turns import Follower, Turns, lost_s
from planner.vehicles import VehicleProfile

BEFORE_S = 1.0
"""Cruise that is looked at before braking."""

AFTER_S = 6.0
"""Cruise that is looked at after speeding up, while the integrator finds the new drag."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds (m,) lost on each leg: up to its full speed, from there to the middle of the next corner, and between."""

    start: Floats
    end: Floats
    cruise: Floats

    @property
    def whole(self) -> Floats:
        """All that is lost on each leg, (m,)."""
        return self.start + self.end + self.cruise


def delays(course: Course, air: Air, profile: VehicleProfile) -> Delays:
    """What each leg of a course takes longer than laid out."""
    tops = course.brakes.speed
    held = np.minimum(air.reachable(course.level, tops) / tops, 1.0)
    before, after = _neighbours(course.passes)
    leaves, enters = before >= 0, after >= 0
    half = course.cruises_s / 2
    lead = np.where(leaves, np.minimum(half[before], BEFORE_S), 0.0)
    tail = np.where(enters, np.minimum(half[after], AFTER_S), 0.0)
    cuts = np.where(leaves & enters, np.append(course.cuts_s, 0.0)[before], 0.0)
    early, late = lost_s(
        Turns.of(course, before, after, lead=lead, tail=tail, cuts=cuts, held=held), Follower.of(profile, air)
    )
    start, end, seen = np.zeros((3, len(tops)))
    end[before[leaves]] = early[leaves]
    start[after[enters]] = late[enters]
    seen[before[leaves]] += lead[leaves]
    seen[after[enters]] += tail[enters]
    return Delays(start, end, np.maximum(course.cruises_s - seen, 0.0) * (1 / held - 1))


def _neighbours(passes: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The legs before and after each start from rest, passed corner and stop; -1 where there is none."""
    legs = np.arange(len(passes) + 1)
    stops = np.concatenate([[True], ~passes, [True]])
    passed, starts, ends = legs[:-1][passes], legs[stops[:-1]], legs[stops[1:]]
    return (
        np.concatenate([np.full(len(starts), -1), passed, ends]),
        np.concatenate([starts, passed + 1, np.full(len(ends), -1)]),
    )
