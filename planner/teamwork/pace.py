"""How long a run of a way takes, and how far a battery lasts along it: an estimate to share work by.

The whole way is forecast once; what lies between two places of it is read off that. Ways out and home are measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.chain import Chain
from planner.energy import JOULES_PER_WH
from planner.forecast import forecast_local
from planner.motion import takeoff_time_s
from planner.patrol import Patrol
from planner.sorties import MOST_SORTIES, Cutter
from planner.teamwork.job import Job

Floats = NDArray[np.float64]

BEND_S = 2.0
"""A bend of a way costs about two seconds of braking and speeding up."""

BISECTIONS = 14


@dataclass(frozen=True, eq=False)
class Clock:
    """A way (n points) flown as a whole: when each point is reached, and what was used until then, (n,)."""

    lanes: Chain
    at_s: Floats
    used_wh: Floats

    @classmethod
    def of(cls, lanes: Chain, job: Job) -> Clock:
        """Forecast the way, as if the drone were at its first point already."""
        patrol, count = job.patrol, len(lanes.points)
        whole = forecast_local(
            lanes.points - lanes.points[0],
            np.full(count, patrol.pattern.altitude.metres),
            np.full(count, patrol.pattern.speed_mps),
            np.append(0.0, lanes.stays_s),
            patrol.vehicle,
            wind_mps=patrol.limits.energy_wind_mps,
        )
        stays = np.concatenate([[0.0], np.cumsum(lanes.stays_s)])
        at_s, used = np.array(whole.leg_end_s), np.array(whole.used_wh)
        held = np.concatenate([[0.0], np.diff(stays)])
        hover_wh = patrol.vehicle.hover_w / JOULES_PER_WH
        return cls(lanes, at_s - at_s[0] + held, used - used[0] + held * hover_wh)

    def seconds(self, place: float) -> float:
        """When a place is reached."""
        return float(np.interp(place, np.arange(len(self.at_s)), self.at_s))

    def wh(self, place: float) -> float:
        """What was used until there."""
        return float(np.interp(place, np.arange(len(self.used_wh)), self.used_wh))


@dataclass(frozen=True, eq=False)
class Pace:
    """One drone's time along the way; ``factor`` corrects it by what its sorties really took."""

    clock: Clock
    cutter: Cutter
    patrol: Patrol
    factor: float = 1.0

    def corrected(self, ratio: float) -> Pace:
        """The same where all takes so many times as long."""
        return replace(self, factor=self.factor * ratio)

    def between_s(self, begin: float, end: float) -> float:
        """Seconds from place to place, on the way alone."""
        return self.factor * (self.clock.seconds(end) - self.clock.seconds(begin))

    def run(self, begin: float, longest_s: float) -> tuple[float, float]:
        """How far the drone comes in so many seconds in the air, battery by battery; and seconds of that."""
        last = float(len(self.clock.lanes.looks))
        at, end, seconds = self.cutter.next_lane(begin), begin, 0.0
        for _ in range(MOST_SORTIES):
            if at >= last:
                return last, seconds
            reached, spent = self._piece(at, last, longest_s - seconds)
            if reached <= at:
                break
            end, at, seconds = reached, self.cutter.next_lane(reached), seconds + spent
        return end, seconds

    def piece(self, begin: float, last: float) -> tuple[float, float]:
        """How far one battery takes it, and how long that takes."""
        return self._piece(begin, last, math.inf)

    def _piece(self, begin: float, last: float, left_s: float) -> tuple[float, float]:
        """How far one battery takes it in the time that is left, and how long that takes."""
        if self._fits(begin, last, left_s):
            return last, self._seconds(begin, last)
        low, high = begin, last
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._fits(begin, middle, left_s) else (low, middle)
        return low, self._seconds(begin, low)

    def _fits(self, begin: float, end: float, left_s: float) -> bool:
        if self._seconds(begin, end) > left_s:
            return False
        vehicle = self.patrol.vehicle
        ways_s = self._way_s(begin) + self._way_s(end) + self._ends_s()
        ways_wh = ways_s * max(vehicle.hover_w, vehicle.cruise_w) / JOULES_PER_WH
        return self.clock.wh(end) - self.clock.wh(begin) + ways_wh <= self.cutter.budget_wh

    def _seconds(self, begin: float, end: float) -> float:
        return self.between_s(begin, end) + self.factor * (self._way_s(begin) + self._way_s(end) + self._ends_s())

    def _ends_s(self) -> float:
        """Take-off and landing."""
        vehicle, height = self.patrol.vehicle, self.patrol.pattern.altitude.metres
        down_s = height / vehicle.descent_mps + vehicle.slow_landing_m / vehicle.land_speed_mps
        return takeoff_time_s(height, vehicle) + down_s + vehicle.return_loiter_s

    def _way_s(self, place: float) -> float:
        way = self.cutter.way_to(self.clock.lanes.at(place))
        speed, vehicle = self.patrol.pattern.speed_mps, self.patrol.vehicle
        metres = float(np.hypot(*np.diff(way, axis=0).T).sum())
        return metres / speed + speed / vehicle.acceleration_mps2 + BEND_S * max(len(way) - 2, 0)
