"""The target's own way along the legs: what the autopilot lays out before anything falls behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.corners import overlaps
from planner.motion.limits import Build, Complex, Floats, along
from planner.motion.ramps import Ramps, ramps_from_rest
from planner.motion.reshape import told_later
from planner.vehicles import VehicleProfile


@dataclass(frozen=True, slots=True)
class Course:
    """m legs as the autopilot lays them out.

    ``units`` (m, 3) directions; ``starts`` and ``brakes`` how each begins and, mirrored, ends; ``changes`` of speed
    after the start, where the leg is told another speed, up or down by ``signs`` (m,); ``durations_s`` (m,) from rest
    to rest; ``cuts_s`` (m - 1,) how long two legs run at once, 0 where the vehicle stops between them.
    """

    units: Floats
    starts: Ramps
    changes: Ramps
    signs: Floats
    brakes: Ramps
    durations_s: Floats
    cuts_s: Floats
    passes: NDArray[np.bool_]

    @property
    def level(self) -> Complex:
        """The level parts of the directions, east + i north, (m,)."""
        return np.asarray(self.units[:, 0] + 1j * self.units[:, 1])

    @property
    def cruises_s(self) -> Floats:
        """Seconds of each leg at one speed, before it brakes, (m,)."""
        changing = self.starts.duration + self.changes.duration + self.brakes.duration
        return np.maximum(self.durations_s - changing, 0.0)


def lay_out(steps_m: Floats, speeds_mps: Floats, passes: NDArray[np.bool_], profile: VehicleProfile) -> Course:
    """The course along steps (m, 3), none of them of no length, with a speed for each (m,).

    ``passes`` (m - 1,): whether the waypoint between two legs is flown past. A leg that is entered in flight was laid
    out for the speed of the leg before it, and is told its own speed in the middle of the corner.
    """
    lengths = np.linalg.norm(steps_m, axis=1)
    legs = _Legs.of(steps_m, lengths, speeds_mps, profile)
    planned = np.where(np.concatenate([[False], passes]), legs.speeds_as_before, legs.speeds)
    entered = ramps_from_rest(planned, lengths / 2, legs.accelerations, legs.build)
    durations = 2 * entered.duration + np.maximum(lengths - 2 * entered.way, 0.0) / entered.speed
    cuts = legs.cuts(entered, entered, passes, profile)
    later = ~np.isclose(planned, legs.speeds)
    if not later.any():
        return Course(legs.units, entered, entered.none(), np.ones(len(lengths)), entered, durations, cuts, passes)
    for _ in range(2):
        told = told_later(
            entered,
            legs.speeds,
            np.append(0.0, cuts / 2),
            lengths_m=lengths,
            accelerations=legs.accelerations,
            build=legs.build,
        )
        brakes = entered.where(~later, told.brakes)
        cuts = legs.cuts(brakes, entered, passes, profile)
    starts, changes = entered.where(~later, told.starts), entered.none().where(~later, told.changes)
    durations = np.where(later, told.durations_s, durations)
    return Course(legs.units, starts, changes, told.signs, brakes, durations, cuts, passes)


@dataclass(frozen=True, slots=True)
class _Legs:
    """m legs: directions (m, 3), lengths, the speeds and accelerations along them, and along as the one before."""

    units: Floats
    lengths: Floats
    speeds: Floats
    speeds_as_before: Floats
    accelerations: Floats
    build: Build

    @classmethod
    def of(cls, steps: Floats, lengths: Floats, speeds: Floats, profile: VehicleProfile) -> _Legs:
        units = steps / lengths[:, None]
        up, down, lift = profile.climb_mps, profile.descent_mps, profile.vertical_acceleration_mps2
        before = np.concatenate([speeds[:1], speeds[:-1]])
        return cls(
            units,
            lengths,
            along(units, speeds, up, down),
            along(units, before, up, down),
            along(units, np.full(len(speeds), profile.acceleration_mps2), lift, lift),
            Build.of(profile),
        )

    def cuts(self, brakes: Ramps, starts: Ramps, passes: NDArray[np.bool_], profile: VehicleProfile) -> Floats:
        cuts, at = np.zeros(len(passes)), np.flatnonzero(passes)
        least = np.minimum(self.speeds[at], self.speeds_as_before[at + 1])
        directions = self.units[at], self.units[at + 1]
        cuts[at] = overlaps(brakes.take(at), starts.take(at + 1), directions, least, profile)
        return cuts
