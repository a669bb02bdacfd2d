"""Rounds for one group of drones: the shortest one, many nearly as short, and groups of at most two drones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.routing.shorten import length, shorten

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


MIXED = 0.12
"""Share of the places that change their place in the order before a round is made short again."""


def several_rounds(cost: Floats, count: int, slack: float, chance: np.random.Generator) -> list[Indices]:
    """Different round trips through all places, none longer than ``slack`` times that in the order given.

    Each is the given order with some places moved at random, made short again; the given order is among them.
    """
    size = len(cost)
    first = shorten(cost, np.append(np.arange(size), 0)) if size > 3 else np.append(np.arange(size), 0)
    found, shortest = [first[:-1]], length(cost, first)
    for _ in range(count if size > 4 else 0):
        way = first[1:-1].copy()
        moved = chance.choice(len(way), max(3, round(MIXED * len(way))), replace=False)
        way[np.sort(moved)] = way[moved]
        closed = shorten(cost, np.concatenate([[0], way, [0]]))
        if length(cost, closed) <= slack * shortest and not any(np.array_equal(closed[:-1], one) for one in found):
            found.append(closed[:-1])
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
