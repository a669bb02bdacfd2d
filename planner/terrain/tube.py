"""A leg through a tube of allowed heights with as few bends as it takes, and no steeper than it must be.

Dynamic programming over a few heights at each station: what counts is the time that a leg takes longer because it is
steep, and a price for each waypoint that is put in. A straight line between two stations is allowed only where it stays
in the tube at every station between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

LEVELS = 5
"""Heights tried at each station."""

WAYPOINT_S = 3.0
"""A waypoint more must save this many seconds."""

OFF_WANTED_S_PER_M = 0.02
"""What a metre off the wanted height costs at a waypoint: among equals, the wanted one."""

TOO_LOW_S_PER_M = 1e6
TOO_HIGH_S_PER_M = 1e3
"""What a metre outside the tube costs, only where a corner leaves no other way: rather too high than too low."""

TOUCH_M = 1e-6

FIRST_AHEAD = 16
"""So many stations ahead are looked at first; more, where a line can be straight for longer."""


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """Stations (k,) in metres from the leg's start, and what is allowed at each: ``low_m`` ≤ height ≤ ``high_m``."""

    away_m: Floats
    low_m: Floats
    high_m: Floats
    wanted_m: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """From each height at the start to each at the end of a leg, (LEVELS, LEVELS): seconds it costs, and its bends."""

    seconds: Floats
    _before: NDArray[np.int64]
    _away_m: Floats
    _levels_m: Floats

    def bends(self, first: int, last: int) -> list[tuple[float, float]]:
        """The waypoints put in on the way, as metres from the start and heights."""
        node = (len(self._away_m) - 1) * LEVELS + last
        found: list[tuple[float, float]] = []
        while (node := int(self._before[first, node])) >= LEVELS:
            found.append((float(self._away_m[node // LEVELS]), float(self._levels_m[node // LEVELS, node % LEVELS])))
        return found[::-1]


def levels(low: Floats, high: Floats, wanted: Floats) -> Floats:
    """The heights tried between bounds (k,), (k, LEVELS), lowest first; the wanted one is the middle one."""
    wanted = np.clip(wanted, low, high)
    return np.stack([low, (low + wanted) / 2, wanted, (wanted + high) / 2, high], axis=1)


def cross(
    tube: Tube, start_m: Floats, end_m: Floats, profile: VehicleProfile, speed_mps: float, *, free: NDArray[np.bool_]
) -> Crossing:
    """The best ways through a tube between heights at its ends, (LEVELS,) each.

    ``free`` (k,): at which stations a waypoint may be put in.
    """
    count = len(tube.away_m)
    heights = levels(tube.low_m, tube.high_m, tube.wanted_m)
    heights[0], heights[-1] = start_m, end_m
    cost = np.full((LEVELS, count, LEVELS), np.inf)
    before = np.full((LEVELS, count, LEVELS), -1, dtype=np.int64)
    at_start = np.arange(LEVELS)
    cost[at_start, 0, at_start] = _outside(heights[0], tube.low_m[0], tube.high_m[0])
    price = np.where(free, WAYPOINT_S, np.inf)[:, None] + OFF_WANTED_S_PER_M * np.abs(heights - tube.wanted_m[:, None])
    price[-1] = _outside(heights[-1], tube.low_m[-1], tube.high_m[-1])
    for station in range(count - 1):
        if station and not free[station]:
            continue
        edge = _edges(tube, heights, station, profile, speed_mps)
        later = slice(station + 1, station + 1 + edge.shape[1])
        ways = cost[:, station, :, None, None] + (edge + price[None, later])[None]
        best, seconds = ways.argmin(axis=1), ways.min(axis=1)
        better = seconds < cost[:, later]
        np.copyto(cost[:, later], seconds, where=better)
        np.copyto(before[:, later], station * LEVELS + best, where=better)
    return Crossing(cost[:, -1], before.reshape(LEVELS, -1), tube.away_m, heights)


def _edges(tube: Tube, heights: Floats, station: int, profile: VehicleProfile, speed_mps: float) -> Floats:
    """Seconds lost on straight lines from a station's heights to those of the later ones it can be joined with.

    Shape (LEVELS, later, LEVELS); infinite where the line would leave the tube before.
    """
    count, ahead = len(tube.away_m) - station - 1, FIRST_AHEAD
    here = heights[station][:, None]
    while True:
        later = slice(station + 1, station + 1 + min(ahead, count))
        away = np.maximum(tube.away_m[later] - tube.away_m[station], TOUCH_M)
        least = np.maximum.accumulate((tube.low_m[later] - TOUCH_M - here) / away, axis=1)
        most = np.minimum.accumulate((tube.high_m[later] + TOUCH_M - here) / away, axis=1)
        if ahead >= count or (least[:, -1] > most[:, -1]).all():
            break
        ahead *= 2
    rise = heights[None, later] - here[:, :, None]
    slope = rise / away[None, :, None]
    stays = (slope >= _earlier(least, -np.inf)) & (slope <= _earlier(most, np.inf))
    level_s = away[None, :, None] / speed_mps
    late = np.maximum(np.maximum(rise / profile.climb_mps, -rise / profile.descent_mps) - level_s, 0.0)
    return np.where(stays, late, np.inf)


def _earlier(bounds: Floats, first: float) -> Floats:
    """Bounds (l, k) as they were one station before, with room for the end's heights."""
    return np.concatenate([np.full((len(bounds), 1), first), bounds[:, :-1]], axis=1)[:, :, None]


def _outside(heights: Floats, low: float, high: float) -> Floats:
    return TOO_LOW_S_PER_M * np.maximum(low - heights, 0.0) + TOO_HIGH_S_PER_M * np.maximum(heights - high, 0.0)
