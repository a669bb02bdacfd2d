"""Conflicts of planned sorties, found exactly in space and time.

Between two neighbouring times of either plan both drones fly straight and steadily, so their distance across is the
root of a quadratic in time, and their distance in height is linear: when both are below what is asked for is worked
out, not sampled. Two plans of n and m points have at most n + m such intervals, however their ways lie, which is why
there is no search over pairs of legs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import SettingError
from planner.fleet.timed import Floats, TimedPath

TOUCH_M = 1e-6
"""Two plans that are closer than what is asked for by less than this are apart: rounding, not flying."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two drones must be apart, across or in height: one of the two is enough."""

    across_m: float
    in_height_m: float

    def __post_init__(self) -> None:
        for name in ("across_m", "in_height_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SettingError(f"{name} must be greater than zero, not {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two plans that are too close, both across and in height, from ``begin_s`` to ``end_s``.

    ``closest_s`` is when they are closest across during it, ``across_m`` and ``in_height_m`` how close they are then,
    ``place`` half-way between them (local metres). ``first`` < ``second`` are their places in the list.
    """

    first: int
    second: int
    begin_s: float
    end_s: float
    closest_s: float
    across_m: float
    in_height_m: float
    place: tuple[float, float, float]


def find_conflicts(plans: Sequence[TimedPath], apart: Apart) -> tuple[Conflict, ...]:
    """All conflicts among plans, in the order of their begin."""
    found = [
        conflict
        for first, second in _pairs_near(plans, apart)
        for conflict in _between(first, second, plans[first], plans[second], apart)
    ]
    return tuple(sorted(found, key=lambda one: (one.begin_s, one.first, one.second)))


def nearest_approach_m(plans: Sequence[TimedPath], groups: Sequence[int], across_m: float) -> float | None:
    """How near two plans of different groups come to each other in space, metres; None where none come within a reach.

    ``across_m`` is that reach: boxes around the ways that lie farther apart are not looked at.
    """
    least: float | None = None
    for first, second in _pairs_near(plans, Apart(across_m, across_m)):
        if groups[first] == groups[second]:
            continue
        one, two = plans[first], plans[second]
        begin, end = max(one.t_s[0], two.t_s[0]), min(one.t_s[-1], two.t_s[-1])
        if end <= begin:
            continue
        times = np.unique(np.concatenate([[begin, end], _within(one.t_s, begin, end), _within(two.t_s, begin, end)]))
        gap = two.at(times) - one.at(times)
        start, change = gap[:-1], np.diff(gap, axis=0)
        square = (change**2).sum(axis=1)
        share = np.clip(-(start * change).sum(axis=1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
        away = float(np.linalg.norm(start + share[:, None] * change, axis=1).min())
        least = away if least is None else min(least, away)
    return least if least is None or least <= across_m else None


def _pairs_near(plans: Sequence[TimedPath], apart: Apart) -> Iterator[tuple[int, int]]:
    """Pairs of plans whose boxes in space and time are near enough, (first, second) with first < second."""
    if len(plans) < 2:
        return
    low = np.array([[*plan.points.min(axis=0), plan.t_s[0]] for plan in plans])
    high = np.array([[*plan.points.max(axis=0), plan.t_s[-1]] for plan in plans])
    reach = np.array([apart.across_m, apart.across_m, apart.in_height_m, 0.0])
    for first in range(len(plans) - 1):
        near = (low[first] < high[first + 1 :] + reach) & (low[first + 1 :] < high[first] + reach)
        for second in np.flatnonzero(near.all(axis=1)):
            yield first, first + 1 + int(second)


def _between(first: int, second: int, one: TimedPath, two: TimedPath, apart: Apart) -> Iterator[Conflict]:
    begin, end = max(one.t_s[0], two.t_s[0]), min(one.t_s[-1], two.t_s[-1])
    if end <= begin:
        return
    times = np.unique(np.concatenate([[begin, end], _within(one.t_s, begin, end), _within(two.t_s, begin, end)]))
    gap = two.at(times) - one.at(times)
    enter, leave = _too_close(times, gap, apart)
    steps = np.flatnonzero(leave > enter)
    if len(steps) == 0:
        return
    closest = _closest(times, gap, enter, leave)
    breaks = np.flatnonzero((np.diff(steps) > 1) | (enter[steps[1:]] > times[steps[1:]]) | _stops(steps, leave, times))
    for group in np.split(steps, breaks + 1):
        at = closest[group]
        across = np.hypot(*(two.at(at) - one.at(at))[:, :2].T)
        best = int(np.argmin(across))
        here, there = one.at(at[best : best + 1])[0], two.at(at[best : best + 1])[0]
        middle = (here + there) / 2
        yield Conflict(
            first,
            second,
            float(enter[group[0]]),
            float(leave[group[-1]]),
            float(at[best]),
            float(across[best]),
            float(abs(there[2] - here[2])),
            (float(middle[0]), float(middle[1]), float(middle[2])),
        )


def _within(times: Floats, begin: float, end: float) -> Floats:
    return times[np.searchsorted(times, begin, "right") : np.searchsorted(times, end, "left")]


def _stops(steps: NDArray[np.intp], leave: Floats, times: Floats) -> NDArray[np.bool_]:
    """Whether a conflict ends before the interval does, for all steps but the last."""
    return np.asarray(leave[steps[:-1]] < times[steps[:-1] + 1], dtype=np.bool_)


def _too_close(times: Floats, gap: Floats, apart: Apart) -> tuple[Floats, Floats]:
    """When, in each interval between two times, both distances are too small: (k - 1,) begins and ends.

    The end is not after the begin where they never are. With the gap g + v·u for u from 0 to 1 across an interval,
    |g + v·u|² < a² is a·quadratic in u, and |h + w·u| < b a pair of lines.
    """
    start, change = gap[:-1], np.diff(gap, axis=0)
    across, height = apart.across_m - TOUCH_M, apart.in_height_m - TOUCH_M
    square = (change[:, :2] ** 2).sum(axis=1)
    half = (start[:, :2] * change[:, :2]).sum(axis=1)
    rest = (start[:, :2] ** 2).sum(axis=1) - across**2
    moving = square > 1e-18
    inside = half**2 - square * rest
    root = np.sqrt(np.maximum(inside, 0.0))
    safe = np.where(moving, square, 1.0)
    enter = np.where(moving, (-half - root) / safe, 0.0)
    leave = np.where(moving, (-half + root) / safe, 1.0)
    never = np.where(moving, inside <= 0, rest >= 0)
    rising = np.abs(change[:, 2]) > 1e-12
    step = np.where(rising, change[:, 2], 1.0)
    low, high = (-height - start[:, 2]) / step, (height - start[:, 2]) / step
    enter = np.maximum(enter, np.where(rising, np.minimum(low, high), 0.0))
    leave = np.minimum(leave, np.where(rising, np.maximum(low, high), 1.0))
    never |= ~rising & (np.abs(start[:, 2]) >= height)
    enter, leave = np.clip(enter, 0.0, 1.0), np.clip(leave, 0.0, 1.0)
    leave = np.where(never, enter, leave)
    span = np.diff(times)
    ends = np.where(leave >= 1.0, times[1:], times[:-1] + leave * span)
    return times[:-1] + enter * span, np.where(leave > enter, ends, times[:-1] + enter * span)


def _closest(times: Floats, gap: Floats, enter: Floats, leave: Floats) -> Floats:
    """When they are closest across in each interval, within its conflict."""
    start, change = gap[:-1, :2], np.diff(gap[:, :2], axis=0)
    square = (change**2).sum(axis=1)
    share = -(start * change).sum(axis=1) / np.where(square > 0, square, 1.0)
    return np.asarray(np.clip(times[:-1] + share * np.diff(times), enter, leave))
