"""A vehicle that follows its target through starts, corners and stops, stepped in time, many at once.

A point mass with drag and a limited lean is flown by a position controller with ArduCopter's default gains
(``AC_PosControl``), while the target's own time is slowed as ``AC_WPNav::advance_wp_target_along_track`` does it. Level
vectors are complex numbers, east + i north; height is taken to be followed without error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.air import Air
from planner.motion.course import Course
from planner.motion.limits import Complex, Floats
from planner.motion.memory import Memory
from planner.motion.ramps import Ramps
from planner.vehicles import VehicleProfile

POSITION_GAIN = 1.0
"""``PSC_POSXY_P``."""

VELOCITY_GAIN, INTEGRAL_GAIN = 2.0, 1.0
"""``PSC_VELXY_P`` and ``_I``; ``_D`` changes no time by more than a tenth of a per cent."""

SPARE = 0.05
"""The target is not slowed as long as the vehicle is no more than this share slower than it."""

STEP_S = 0.1
LONGEST_S = 120.0

_STILL = 1e-12
_SLOW = 0.3**2

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Turns:
    """n starts, corners and stops as rows of numbers (n, 26), so that equal ones are worked out once.

    Columns: whether there is a leg before and after; their directions (3 each); braking and starting ramps (4 each);
    a change of speed after the start (4) and its sign; seconds of cruise before and after, and of both legs at once;
    the share of their speeds that the legs can hold.
    """

    rows: Floats

    @classmethod
    def of(
        cls, course: Course, before: Ints, after: Ints, *, lead: Floats, tail: Floats, cuts: Floats, held: Floats
    ) -> Turns:
        """Between the legs ``before`` and ``after`` of a course, -1 for none; the others as the columns have them.

        All (n,), but ``held`` is a number for each leg of the course.
        """
        leaves, enters = (before >= 0)[:, None], (after >= 0)[:, None]
        units_in, units_out = np.where(leaves, course.units[before], 0.0), np.where(enters, course.units[after], 0.0)
        brakes = np.where(leaves, course.brakes.take(before).columns(), 0.0)
        starts = np.where(enters, course.starts.take(after).columns(), 0.0)
        changes = np.where(enters, np.column_stack([course.changes.take(after).columns(), course.signs[after]]), 0.0)
        times = [lead, tail, cuts, np.where(before >= 0, held[before], 1.0), np.where(after >= 0, held[after], 1.0)]
        return cls(np.column_stack([leaves, enters, units_in, units_out, brakes, starts, changes, *times]))

    def turned(self) -> Turns:
        """Each turned about so that its first level direction is east: the same turn, in still air."""
        rows = self.rows.copy()
        first = np.where(rows[:, :1] > 0, rows[:, 2:4], rows[:, 5:7])
        back = np.conj(_unit(first[:, 0] + 1j * first[:, 1], np.ones(len(rows), dtype=np.complex128)))
        for at in (2, 5):
            level = (rows[:, at] + 1j * rows[:, at + 1]) * back
            rows[:, at], rows[:, at + 1] = level.real, level.imag
        return Turns(rows)


@dataclass(frozen=True, slots=True)
class Follower:
    """What decides how a vehicle follows: the air, how slowly the target's time changes, how slowly it leans."""

    air: Air
    patience_s: float
    lag_s: float

    @classmethod
    def of(cls, profile: VehicleProfile, air: Air) -> Follower:
        """Of a vehicle in some air."""
        return cls(air, profile.acceleration_mps2 / profile.jerk_mps3, profile.attitude_lag_s)


_MEMORY = Memory(0.001)


def lost_s(turns: Turns, follower: Follower) -> tuple[Floats, Floats]:
    """Seconds (n,) lost before the middle of each turn, and after it."""
    rows = (turns if follower.air.wind else turns.turned()).rows
    both = _MEMORY.recall(follower, rows, lambda distinct: np.column_stack(_flown(distinct, follower)))
    return both[:, 0], both[:, 1]


def _flown(rows: Floats, follower: Follower) -> tuple[Floats, Floats]:
    """As :func:`lost_s`, for rows of :class:`Turns` (n, 26), stepped."""
    air = follower.air
    brakes, starts = Ramps(*rows[:, 8:12].T), Ramps(*rows[:, 12:16].T)
    (lead, tail, cut, held_in, held_out), number = rows[:, 21:].T, np.arange(len(rows))
    change = Ramps(*rows[:, 16:20].T)
    end = brakes.duration + lead - cut + starts.duration + change.duration + tail
    middle = brakes.duration + lead - cut / 2
    leans = 1.0 - math.exp(-STEP_S / follower.lag_s)
    targets = _targets(rows, (brakes, starts, change), end.max())
    way_in, way_out = rows[:, 2] + 1j * rows[:, 3], rows[:, 5] + 1j * rows[:, 6]
    heading = _unit(np.where(rows[:, 0] > 0, way_in, way_out), np.ones(len(rows), dtype=np.complex128))
    behind = np.where(held_in < 1.0, SPARE * brakes.speed, 0.0) * way_in
    place, velocity = targets[:, 0, 0] - behind, targets[:, 0, 1] * held_in
    trim = air.drag(velocity, heading)
    push, pace = trim.copy(), held_in.copy()
    done, early, late = np.zeros((3, len(rows)))
    for _ in range(int(LONGEST_S / STEP_S)):
        active = done < end
        if not active.any():
            break
        at = np.minimum((done / STEP_S).astype(np.int64), targets.shape[1] - 1)
        there, wanted, pushed, rise = targets[number, at].T
        miss = there + wanted * (done - at * STEP_S) - place
        square = (wanted * wanted.conj()).real + (rise * rise).real
        along = ((velocity - POSITION_GAIN * miss) * wanted.conj()).real + (rise * rise).real
        fit = np.where(square > _STILL, np.clip(SPARE + along / np.maximum(square, _STILL), 0.0, 1.0), 1.0)
        pace += active * (fit - pace) * (STEP_S / follower.patience_s)
        lost = active * (1.0 - pace) * STEP_S
        early += np.where(done < middle, lost, 0.0)
        late += np.where(done < middle, 0.0, lost)
        done += active * pace * STEP_S
        heading = np.where(square > _SLOW, _unit(wanted, heading), heading)
        error = wanted + POSITION_GAIN * miss - velocity
        lean = pushed + VELOCITY_GAIN * error + trim
        limited = np.minimum(1.0, air.lean_mps2 / np.maximum(np.abs(lean), 1e-9))
        grows = (trim * error.conj()).real > 0
        trim += np.where(grows & (limited < 1.0), 0.0, INTEGRAL_GAIN * STEP_S * error)
        push += (lean * limited - push) * leans
        velocity = velocity + (push - air.drag(velocity, heading)) * STEP_S
        place = place + velocity * STEP_S
    return early, late + (held_out - pace) * follower.patience_s / held_out


def _targets(rows: Floats, ramps: tuple[Ramps, Ramps, Ramps], longest_s: float) -> Complex:
    """Place, velocity and acceleration (complex, level) and climb of the targets, every ``STEP_S``, (n, k, 4)."""
    time = np.arange(int(np.ceil(longest_s / STEP_S)) + 2) * STEP_S
    brakes, starts, change = ramps
    arrive = brakes.duration + rows[:, 21]
    way_in, speed_in, push_in = _on(brakes, np.maximum(arrive[:, None] - time, 0.0))
    since = np.maximum(time - (arrive - rows[:, 23])[:, None], 0.0)
    more, sign = _on(change, np.maximum(since - starts.duration[:, None], 0.0)), rows[:, 20:21]
    way_out, speed_out, push_out = (one + sign * other for one, other in zip(_on(starts, since), more, strict=True))
    level_in, level_out = (rows[:, 2] + 1j * rows[:, 3])[:, None], (rows[:, 5] + 1j * rows[:, 6])[:, None]
    return np.stack(
        [
            level_out * way_out - level_in * way_in,
            level_out * speed_out + level_in * speed_in,
            level_out * push_out - level_in * push_in,
            rows[:, 4:5] * speed_in + rows[:, 7:8] * speed_out + 0j,
        ],
        axis=-1,
    )


def _on(ramps: Ramps, time: Floats) -> tuple[Floats, Floats, Floats]:
    """Way, speed and acceleration at times (n, k) in ramps and at full speed beyond them."""
    whole = ramps.duration[:, None]
    way, speed, push = ramps.at(np.minimum(time, whole))
    return way + ramps.speed[:, None] * np.maximum(time - whole, 0.0), speed, np.where(time < whole, push, 0.0)


def _unit(vectors: Complex, otherwise: Complex) -> Complex:
    """The directions of vectors (n,), ``otherwise`` where they have none."""
    size = np.abs(vectors)
    return np.where(size > 1e-9, vectors / np.maximum(size, 1e-9), otherwise)
