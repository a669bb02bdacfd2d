"""Rounds for one group of drones: the shortest one, many nearly as short, and groups of at most two drones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.routing.shorten import length, shorten

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


MOVES_A_PLACE = 8
"""Random moves tried for every place, to come from one round to one that differs."""


def several_rounds(cost: Floats, count: int, slack: float, chance: np.random.Generator) -> list[Indices]:
    """Different round trips through all places, none longer than ``slack`` times that in the order given.

    Each comes from the given order by random moves (a run of places turned round, or put elsewhere) that keep within
    the slack; the given order, made short, is the first.
    """
    size = len(cost)
    first = np.append(np.arange(size), 0)
    if size < 4:
        return [first[:-1]]
    first = shorten(cost, first)
    longest = slack * length(cost, first)
    found = [first[:-1]]
    for _ in range(count):
        way = first
        for _ in range(MOVES_A_PLACE * size):
            begin, end = np.sort(chance.choice(np.arange(1, size + 1), 2, replace=False))
            run, rest = way[begin:end], np.concatenate([way[:begin], way[end:]])
            if chance.random() < 0.5:
                moved = np.concatenate([way[:begin], run[::-1], way[end:]])
            else:
                at = int(chance.integers(1, len(rest)))
                moved = np.concatenate([rest[:at], run, rest[at:]])
            if length(cost, moved) <= longest:
                way = moved
        if not any(np.array_equal(way[:-1], one) for one in found):
            found.append(way[:-1])
    return found


def cut_round(cost: Floats, order: Indices, sizes: list[int]) -> list[Indices]:
    """A round trip cut into runs of places, one for each group of drones, as long as the group is large."""
    if len(sizes) == 1:
        return [order]
    at = np.concatenate([[0.0], np.cumsum(cost[order[:-1], order[1:]])])
    whole = at[-1] + float(cost[order[-1], order[0]])
    ends = np.cumsum(sizes) / sum(sizes)
    part = np.searchsorted(ends[:-1], at / whole, side="right")
    return [order[part == k] for k in range(len(sizes))]
