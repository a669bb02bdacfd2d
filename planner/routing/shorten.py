"""Shorter ways through the same places: 2-opt and or-opt, the best of all moves each time, in arrays."""

from __future__ import annotations

import numpy as np

from planner.routing.problem import Floats, Indices

LEAST_S = 1e-9
"""A gain below this is rounding."""

LONGEST_RUN = 3
"""Or-opt moves runs of up to three places."""


def length(cost: Floats, way: Indices) -> float:
    """What a way costs."""
    return float(cost[way[:-1], way[1:]].sum())


def shorten(cost: Floats, way: Indices, symmetric: bool = True) -> Indices:
    """A way through the same places that no single move makes shorter; its two ends stay.

    ``cost`` (n, n), ``way`` (k,) rows of it. Moves: reverse a run (only where ``symmetric``), and put a run of one to
    three places elsewhere, either way round (forward only where not symmetric).
    """
    way = np.array(way, dtype=np.intp)
    for _ in range(20 * len(way) + 20):
        gain, moved = _best_shift(cost, way, symmetric)
        if symmetric:
            turn_gain, first, last = _best_turn(cost, way)
            if turn_gain > gain:
                gain, moved = turn_gain, way.copy()
                moved[first + 1 : last + 1] = way[first + 1 : last + 1][::-1]
        if gain <= LEAST_S or moved is None:
            break
        way = moved
    return way


def _best_turn(cost: Floats, way: Indices) -> tuple[float, int, int]:
    """What turning round the run between two legs gains at most, and those legs."""
    here, there = way[:-1], way[1:]
    legs = cost[here, there]
    change = cost[np.ix_(here, here)] + cost[np.ix_(there, there)] - legs[:, None] - legs[None, :]
    change[np.tril_indices(len(here))] = 0.0
    first, last = divmod(int(change.argmin()), len(here))
    return -float(change[first, last]), first, last


def _best_shift(cost: Floats, way: Indices, symmetric: bool) -> tuple[float, Indices | None]:
    """What moving one short run gains at most, and the way after it."""
    best, move = LEAST_S, None
    here, there = way[:-1], way[1:]
    legs = cost[here, there]
    for size in range(1, min(LONGEST_RUN, len(way) - 3) + 1):
        begin = np.arange(1, len(way) - size)
        before, after = way[begin - 1], way[begin + size]
        first, last = way[begin], way[begin + size - 1]
        saved = cost[before, first] + cost[last, after] - cost[before, after]
        place = np.arange(len(here))
        own = (place >= begin[:, None] - 1) & (place < begin[:, None] + size)
        for turned in (False, True) if symmetric and size > 1 else (False,):
            head, tail = (last, first) if turned else (first, last)
            gain = saved[:, None] - (cost[np.ix_(here, head)].T + cost[np.ix_(tail, there)] - legs)
            gain[own] = 0.0
            row, leg = divmod(int(gain.argmax()), len(here))
            if gain[row, leg] > best:
                best, move = float(gain[row, leg]), (int(begin[row]), size, leg, turned)
    if move is None:
        return 0.0, None
    start, size, leg, turned = move
    run = way[start : start + size]
    rest = np.delete(way, np.arange(start, start + size))
    at = leg + 1 if leg < start else leg + 1 - size
    return best, np.concatenate([rest[:at], run[::-1] if turned else run, rest[at:]])
