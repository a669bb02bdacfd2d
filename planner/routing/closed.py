"""The shortest round trip through all places (a travelling salesman's tour), by local search from many starts."""

from __future__ import annotations

import numpy as np

from planner.errors import SettingError
from planner.routing.problem import Floats, Indices
from planner.routing.shorten import length, shorten

STEP_S, STEP_S_PER_PAIR = 9e-4, 7e-7
"""About how long a step takes, and how much longer for each pair of places: measured, and only a measure of work."""


def round_trip(travel_s: Floats, *, time_limit_s: float = 1.0, seed: int = 0) -> tuple[Indices, float]:
    """The order of all n places on a short round trip from place 0, and its seconds.

    ``travel_s`` (n, n), the same in both directions (else ``SettingError``). ``time_limit_s`` is a budget of work, not
    read off a clock: the same input and ``seed`` give the same trip. Iterated local search: a small piece of the trip
    is cut in four and put together otherwise (a local double bridge), made short again, and kept unless longer.
    """
    cost = np.array(travel_s, dtype=np.float64)
    count = len(cost)
    if cost.shape != (count, count) or not np.isfinite(cost).all() or not np.allclose(cost, cost.T, atol=1e-6):
        raise SettingError("A round trip needs a square matrix of finite travel times, the same in both directions.")
    if count < 4:
        order = np.arange(count)
        return order, length(cost, np.append(order, 0)) if count else 0.0
    chance = np.random.default_rng(seed)
    best = shorten(cost, _nearest(cost))
    shortest = length(cost, best)
    step_s = STEP_S + STEP_S_PER_PAIR * count**2
    steps = int(time_limit_s / step_s - count / 12)
    for _ in range(steps if count > 7 else 0):
        tried = shorten(cost, _bridged(best, chance))
        seconds = length(cost, tried)
        if seconds <= shortest + 1e-9:
            best, shortest = tried, seconds
    return best[:-1], shortest


def _nearest(cost: Floats) -> Indices:
    """Always on to the nearest place that was not visited yet, and back."""
    left, way = np.ones(len(cost), dtype=np.bool_), [0]
    left[0] = False
    while left.any():
        way.append(int(np.where(left, cost[way[-1]], np.inf).argmin()))
        left[way[-1]] = False
    return np.array([*way, 0])


def _bridged(way: Indices, chance: np.random.Generator) -> Indices:
    """A round trip with two neighbouring runs of a short piece of it exchanged, begun at another place."""
    ring = way[:-1]
    ring = np.roll(ring, -int(chance.integers(len(ring))))
    piece = min(len(ring) - 1, 50)
    one, two, three = np.sort(chance.choice(np.arange(1, piece + 1), 3, replace=False))
    ring = np.concatenate([ring[:one], ring[two:three], ring[one:two], ring[three:]])
    ring = np.roll(ring, -int(np.flatnonzero(ring == 0)[0]))
    return np.append(ring, 0)
