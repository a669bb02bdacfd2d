"""Rounds that nobody can tell ahead: order and direction are drawn anew for each, within a bound on the longest gap.

A group of one or two drones goes round all its places. After each round a drone draws some rounds from a pool of short
ones, either way round, and works out which gaps each would leave at each place, the other drone's round counted in.
Of those that keep within the bound and come often enough on average it takes one by lot. To go round once more as
before leaves no gap longer than the round itself, so where the bound is not below that there is always one to take.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass

import numpy as np

from planner.laps.tours import Floats, Indices, several_rounds

DRAWN = 48
"""Rounds looked at for each choice."""

POOL = 24
"""Rounds in the pool, at most."""

FEWEST = 4
"""The lot is drawn among at least this many rounds within the bound, if need be of the calmest that do not come often
enough: of one or two there would be nothing to guess."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One or two drones, how long they fly, the longest gap and the mean idleness wanted, seconds.

    A round takes at most ``slack`` times the shortest.
    """

    drones: int
    shift_s: float
    bound_s: float
    idle_s: float
    slack: float


def draw_rounds(
    cost: Floats,
    stay_s: Floats,
    terms: Terms,
    chance: np.random.Generator,
) -> list[list[tuple[int, float]]]:
    """For each of one or two drones: (place, time) in order, until the shift is over.

    ``cost`` (k, k) seconds from place to place with the stay at the first of them, ``stay_s`` (k,) those stays.
    """
    size, drones = len(cost), terms.drones
    pool = several_rounds(cost - stay_s[:, None], POOL, terms.slack, chance)
    clock = np.zeros(drones)
    ways: list[list[tuple[int, float]]] = [[] for _ in range(drones)]
    known: list[list[float]] = [[0.0] for _ in range(size)]
    at = [0] * drones
    lap = _seconds(cost, pool[0])
    for drone in range(drones):
        start = int(np.searchsorted(_times(cost, pool[0]), drone * lap / drones))
        at[drone] = int(pool[0][min(start, size - 1)])
        ways[drone].append((at[drone], 0.0))
        known[at[drone]].append(0.0)
    last: list[Indices | None] = [None] * drones
    while clock.min() < terms.shift_s:
        drone = int(clock.argmin())
        order = _choose(cost, _drawn(pool, at[drone], last[drone], chance), float(clock[drone]), known, (terms, chance))
        times = clock[drone] + _times(cost, np.append(order, order[0]))
        for place, time in zip(order[1:].tolist(), times[1:-1].tolist(), strict=True):
            ways[drone].append((place, time))
            insort(known[place], time)
        ways[drone].append((int(order[0]), float(times[-1])))
        insort(known[int(order[0])], float(times[-1]))
        clock[drone], last[drone] = times[-1], order
    return [[(place, time) for place, time in way if time <= terms.shift_s] for way in ways]


def _drawn(pool: list[Indices], here: int, last: Indices | None, chance: np.random.Generator) -> list[Indices]:
    """Rounds to choose from, from ``here`` back to it; the one flown last is among them."""
    orders = []
    for _ in range(DRAWN):
        order = pool[int(chance.integers(len(pool)))]
        order = np.roll(order, -int(np.flatnonzero(order == here)[0]))
        if chance.random() < 0.5:
            order = np.roll(order[::-1], 1)
        orders.append(order)
    return orders if last is None else [*orders, last]


def _choose(
    cost: Floats, orders: list[Indices], now: float, known: list[list[float]], rule: tuple[Terms, np.random.Generator]
) -> Indices:
    """The next round: by lot among those within the bound that leave little idleness, else the nearest to that."""
    terms, chance = rule
    judged = np.array([_gaps(cost, order, now, known) for order in orders])
    within = np.flatnonzero(judged[:, 0] <= terms.bound_s)
    if len(within) == 0:
        return orders[int(judged[:, 0].argmin())]
    often = within[judged[within, 1] <= terms.idle_s]
    if len(often) < FEWEST:
        often = within[np.argsort(judged[within, 1], kind="stable")][:FEWEST]
    return orders[int(chance.choice(often))]


def _gaps(cost: Floats, order: Indices, now: float, known: list[list[float]]) -> tuple[float, float]:
    """Of the gaps that end with this round's visits, all known visits counted: the longest, and their mean idleness.

    A place is g / 2 idle on average in a gap g, which lasts g: together sum(g²) / 2 sum(g).
    """
    worst = squares = total = 0.0
    for place, time in zip(order.tolist(), (now + _times(cost, order)).tolist(), strict=True):
        visits = known[place]
        at = bisect_right(visits, time)
        gap = time - visits[at - 1] if at else time
        worst, squares, total = max(worst, gap), squares + gap * gap, total + gap
    return worst, squares / (2 * total) if total else 0.0


def _times(cost: Floats, order: Indices) -> Floats:
    """When each place of a way is reached, the first at 0."""
    return np.concatenate([[0.0], np.cumsum(cost[order[:-1], order[1:]])])


def _seconds(cost: Floats, order: Indices) -> float:
    return float(cost[order, np.roll(order, -1)].sum())
