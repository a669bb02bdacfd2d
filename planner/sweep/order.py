"""In which order, and which way round, to fly lanes: a tour without return over pairs of ends.

Nearest neighbour, then 2-opt (a stretch flown backwards) and or-opt (up to three lanes moved elsewhere, either way
round; Or, 1976) along near pairs of ends, all computed at once; of the steps that gain, those that do not touch each
other are taken together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]
Order = NDArray[np.intp]

_NEAR = 8
_LONGEST = 3
_EPS = 1e-7


def ordered(costs: Costs, entry: Costs, leave: Costs, starts: int, rounds: int = 60) -> Order:
    """Ends at which the lanes are entered, in flying order, (n,).

    End ``2·k`` and ``2·k + 1`` belong to lane k; ``costs`` (2n, 2n) is symmetric, seconds from end to end; ``entry``
    and ``leave`` (2n,) are the seconds from the start to an end and from an end to the goal, zeros where there is none.
    """
    n = len(entry) // 2
    if n == 0:
        return np.empty(0, dtype=np.intp)
    ends = _Ends.of(costs, entry, leave)
    lonely = entry if entry.any() else -costs.mean(axis=1)
    found = [improved(_nearest(costs, int(seed)), ends, rounds) for seed in np.argsort(lonely, kind="stable")[:starts]]
    return min(found, key=lambda order: total(order, costs, entry, leave))


def reordered(costs: Costs, entry: Costs, leave: Costs, rounds: int = 60) -> Order:
    """The order 0, 2, 4 … of ends made better; else as :func:`ordered`."""
    return improved(np.arange(0, len(entry), 2), _Ends.of(costs, entry, leave), rounds)


def total(order: Order, costs: Costs, entry: Costs, leave: Costs) -> float:
    """Seconds between lanes, with the ways in and out."""
    out = order ^ 1
    return float(costs[out[:-1], order[1:]].sum() + entry[order[0]] + leave[out[-1]])


def _nearest(costs: Costs, first: int) -> Order:
    """Always on to the nearest end not yet flown."""
    left = np.zeros(len(costs))
    order = [first]
    left[[first, first ^ 1]] = np.inf
    for _ in range(len(costs) // 2 - 1):
        here = int(np.argmin(costs[order[-1] ^ 1] + left))
        order.append(here)
        left[[here, here ^ 1]] = np.inf
    return np.array(order, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class _Ends:
    """Seconds between all ends, the start as end 2n and the goal as 2n + 1, and near pairs of ends, each (p,)."""

    full: Costs
    one: Order
    two: Order

    @staticmethod
    def of(costs: Costs, entry: Costs, leave: Costs) -> _Ends:
        size = len(entry)
        full = np.zeros((size + 2, size + 2))
        full[:size, :size] = costs
        full[size, :size] = full[:size, size] = entry
        full[size + 1, :size] = full[:size, size + 1] = leave
        near = min(_NEAR, size - 1)
        blind = costs.copy()
        blind[np.arange(size), np.arange(size) ^ 1] = np.inf
        np.fill_diagonal(blind, np.inf)
        two = np.argpartition(blind, near - 1, axis=1)[:, :near]
        one = np.repeat(np.arange(size), near)
        return _Ends(full, one, two.ravel())


def improved(order: Order, ends: _Ends, rounds: int) -> Order:
    """The order after steps that gain, until there are none or the rounds are over."""
    for _ in range(rounds):
        steps = np.concatenate([_turns(order, ends), _shifts(order, ends)])
        steps = steps[steps[:, 0] > _EPS]
        if len(steps) == 0:
            break
        order = _taken(order, steps[np.argsort(-steps[:, 0], kind="stable")])
    return order


def _framed(order: Order) -> tuple[Order, Order]:
    """Ends by which each place is come to and left, the start before the first lane and the goal after the last."""
    n = len(order)
    return np.concatenate([[2 * n], order, [2 * n + 1]]), np.concatenate([[2 * n], order ^ 1, [2 * n + 1]])


def _places(order: Order, ends: _Ends) -> tuple[Order, Order, NDArray[np.bool_], NDArray[np.bool_]]:
    """For the near pairs: places of both ends in the order, and whether each is the end its lane is left by."""
    place = np.empty(2 * len(order), dtype=np.intp)
    place[order] = place[order ^ 1] = np.arange(1, len(order) + 1)
    leaves = np.ones(2 * len(order), dtype=np.bool_)
    leaves[order] = False
    return place[ends.one], place[ends.two], leaves[ends.one], leaves[ends.two]


def _turns(order: Order, ends: _Ends) -> Costs:
    """Stretches i..j to fly backwards: rows of gain, i, j, 0, 0."""
    n = len(order)
    came, left = _framed(order)
    p, q, p_leaves, q_leaves = _places(order, ends)
    out, back = p_leaves & q_leaves & (p < q), ~p_leaves & ~q_leaves & (p < q)
    every = np.arange(1, n + 1)
    i = np.concatenate([p[out] + 1, p[back], np.ones(n, dtype=np.intp), every])
    j = np.concatenate([q[out], q[back] - 1, every, np.full(n, n, dtype=np.intp)])
    full = ends.full
    gain = full[left[i - 1], came[i]] + full[left[j], came[j + 1]]
    gain = gain - full[left[i - 1], left[j]] - full[came[i], came[j + 1]]
    nought = np.zeros(len(i))
    return np.stack([gain, i, j, nought, nought], axis=1)


def _shifts(order: Order, ends: _Ends) -> Costs:
    """Stretches a..b to move behind place g: rows of gain, a, b, g, 1 (or 2: turned round)."""
    n = len(order)
    came, left = _framed(order)
    p, q, p_leaves, q_leaves = _places(order, ends)
    follow, face, rear = p_leaves & ~q_leaves, p_leaves & q_leaves, ~p_leaves & ~q_leaves
    parts = []
    for extra in range(min(_LONGEST, n - 1)):
        parts.append((q[follow], q[follow] + extra, p[follow], 1))
        parts.append((p[follow] - extra, p[follow], q[follow] - 1, 1))
        parts.append((q[face] - extra, q[face], p[face], 2))
        parts.append((p[rear], p[rear] + extra, q[rear] - 1, 2))
    if not parts:
        return np.empty((0, 5))
    a, b, g = (np.concatenate([part[k] for part in parts]) for k in range(3))
    turn = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    fine = (a >= 1) & (b <= n) & ((g < a - 1) | (g > b)) & (g <= n)
    a, b, g, turn = a[fine], b[fine], g[fine], turn[fine]
    full = ends.full
    freed = full[left[a - 1], came[a]] + full[left[b], came[b + 1]] - full[left[a - 1], came[b + 1]]
    head, tail = np.where(turn == 2, left[b], came[a]), np.where(turn == 2, came[a], left[b])
    added = full[left[g], head] + full[tail, came[g + 1]] - full[left[g], came[g + 1]]
    return np.stack([freed - added, a, b, g, turn], axis=1)


def _taken(order: Order, steps: Costs) -> Order:
    """The order after the steps, best first, each that touches no place of one before it."""
    order = order.copy()
    busy = np.zeros(len(order) + 2, dtype=np.bool_)
    for a, b, g, kind in steps[:, 1:].astype(np.intp).tolist():
        low, high = (a - 1, b + 1) if kind == 0 else (min(a - 1, g), max(b + 1, g + 1))
        if busy[low : high + 1].any():
            continue
        busy[low : high + 1] = True
        block = order[a - 1 : b]
        block = block.copy() if kind == 1 else (block ^ 1)[::-1].copy()
        if kind == 0:
            order[a - 1 : b] = block
        elif g > b:
            order[a - 1 : g] = np.concatenate([order[b:g], block])
        else:
            order[g:b] = np.concatenate([block, order[g : a - 1]])
    return order
