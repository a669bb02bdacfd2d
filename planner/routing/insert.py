"""Places put into tours, and exchanged for better ones, where the limits leave room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.routing.problem import Floats, Indices
from planner.routing.shorten import LEAST_S, length, shorten


def polish(
    cost: Floats, prizes: Floats, limits: Sequence[float], ways: list[Indices], *, left: list[int], symmetric: bool
) -> tuple[list[Indices], list[int]]:
    """Ways made shorter, then fuller and richer, until nothing helps; no limit is passed that was kept.

    ``ways`` hold rows of ``cost`` with their starts and ends, ``left`` the places in none of them.
    """
    before = -1.0
    while (now := sum(float(prizes[way[1:-1]].sum()) for way in ways)) > before:
        before = now
        ways = [shorten(cost, way, symmetric) for way in ways]
        ways, left = _fill(cost, prizes, limits, ways, left)
        ways, left = _exchange(cost, prizes, limits, ways, left)
    return ways, left


def _insertions(cost: Floats, places: Indices, way: Indices) -> tuple[Floats, Indices]:
    """What it costs at least to put each place into a way, and after which of its points; two of (k,)."""
    here, there = way[:-1], way[1:]
    more = cost[np.ix_(here, places)].T + cost[np.ix_(places, there)] - cost[here, there]
    at = more.argmin(axis=1)
    return more[np.arange(len(places)), at], at


def _fill(
    cost: Floats, prizes: Floats, limits: Sequence[float], ways: list[Indices], left: list[int]
) -> tuple[list[Indices], list[int]]:
    """Places put in where they fit, most prize for the time first."""
    ways, left = list(ways), list(left)
    while left:
        places = np.array(left)
        best: tuple[float, int, int, int] | None = None
        for k, way in enumerate(ways):
            more, at = _insertions(cost, places, way)
            worth = np.where(more <= limits[k] - length(cost, way), prizes[places] / np.maximum(more, LEAST_S), -np.inf)
            i = int(worth.argmax())
            if np.isfinite(worth[i]) and (best is None or worth[i] > best[0]):
                best = (float(worth[i]), k, int(places[i]), int(at[i]))
        if best is None:
            break
        _, k, place, after = best
        ways[k] = np.insert(ways[k], after + 1, place)
        left.remove(place)
    return ways, left


def _exchange(
    cost: Floats, prizes: Floats, limits: Sequence[float], ways: list[Indices], left: list[int]
) -> tuple[list[Indices], list[int]]:
    """A place in a way given up for one with a greater prize, the greatest gain first."""
    ways, left = list(ways), list(left)
    while left:
        places = np.array(left)
        best: tuple[float, int, Indices, int, int] | None = None
        for k, way in enumerate(ways):
            for i in range(1, len(way) - 1):
                gain = prizes[places] - prizes[way[i]]
                if gain.max() <= (LEAST_S if best is None else best[0]):
                    continue
                rest = np.delete(way, i)
                more, at = _insertions(cost, places, rest)
                gain = np.where(more <= limits[k] - length(cost, rest), gain, -np.inf)
                j = int(gain.argmax())
                if gain[j] > (LEAST_S if best is None else best[0]):
                    best = (float(gain[j]), k, np.insert(rest, int(at[j]) + 1, places[j]), int(places[j]), int(way[i]))
        if best is None:
            break
        _, k, ways[k], came, went = best
        left[left.index(came)] = went
    return ways, left
