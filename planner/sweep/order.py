"""In which order, and which way round, to fly lanes: a tour without return over pairs of ends.

Nearest neighbour, then 2-opt (a turned-round stretch is flown backwards) and or-opt, each step the best of its
neighbourhood, computed for all pairs at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.float64]
Order = NDArray[np.intp]


def ordered(costs: Costs, entry: Costs, leave: Costs, starts: int = 4, rounds: int = 400) -> Order:
    """Ends at which the lanes are entered, in flying order, (n,).

    End ``2·k`` and ``2·k + 1`` belong to lane k; ``costs`` (2n, 2n) is symmetric, seconds from end to end; ``entry``
    and ``leave`` (2n,) are the seconds from the start to an end and from an end to the goal.
    """
    n = len(entry) // 2
    if n == 0:
        return np.empty(0, dtype=np.intp)
    seeds = np.argsort(entry + costs.mean(axis=1) * -0.2, kind="stable")[: max(1, starts)]
    if not entry.any():
        far = costs.mean(axis=1)
        seeds = np.argsort(-far, kind="stable")[: 2 * starts : 2]
    best: Order | None = None
    best_cost = np.inf
    for seed in seeds.tolist():
        order = improved(_nearest(costs, seed), costs, entry, leave, rounds)
        value = total(order, costs, entry, leave)
        if value < best_cost - 1e-9:
            best, best_cost = order, value
    assert best is not None
    return best


def total(order: Order, costs: Costs, entry: Costs, leave: Costs) -> float:
    """Seconds between lanes, with the ways in and out."""
    out = order ^ 1
    return float(costs[out[:-1], order[1:]].sum() + entry[order[0]] + leave[out[-1]])


def _nearest(costs: Costs, first: int) -> Order:
    n = len(costs) // 2
    left = np.ones(2 * n, dtype=np.bool_)
    order = [first]
    left[[first, first ^ 1]] = False
    for _ in range(n - 1):
        row = np.where(left, costs[order[-1] ^ 1], np.inf)
        here = int(np.argmin(row))
        order.append(here)
        left[[here, here ^ 1]] = False
    return np.array(order, dtype=np.intp)


def improved(order: Order, costs: Costs, entry: Costs, leave: Costs, rounds: int) -> Order:
    """The order after the best 2-opt and or-opt steps, until none is left or the rounds are."""
    n = len(order)
    full = np.zeros((2 * n + 2, 2 * n + 2))
    full[: 2 * n, : 2 * n] = costs
    full[2 * n, : 2 * n] = full[: 2 * n, 2 * n] = entry
    full[2 * n + 1, : 2 * n] = full[: 2 * n, 2 * n + 1] = leave
    for _ in range(rounds):
        gain, step = _best_turn(order, full, n)
        other, move = _best_shift(order, full, n)
        if max(gain, other) < 1e-7:
            break
        order = step if gain >= other else move
    return order


def _framed(order: Order, n: int) -> tuple[Order, Order]:
    """Ends by which each place is entered and left, the start before the first and the goal after the last."""
    came = np.concatenate([[2 * n], order, [2 * n + 1]])
    left = np.concatenate([[2 * n], order ^ 1, [2 * n + 1]])
    return came, left


def _best_turn(order: Order, full: Costs, n: int) -> tuple[float, Order]:
    """The best stretch i..j to fly backwards."""
    came, left = _framed(order, n)
    link = full[left[:-1], came[1:]]
    i, j = np.arange(1, n + 1)[:, None], np.arange(1, n + 1)[None, :]
    gain = link[i - 1] + link[j] - full[left[i - 1], left[j]] - full[came[i], came[j + 1]]
    gain = np.where(i <= j, gain, -np.inf)
    a, b = divmod(int(np.argmax(gain)), n)
    step = order.copy()
    step[a : b + 1] = (order[a : b + 1] ^ 1)[::-1]
    return float(gain[a, b]), step


def _best_shift(order: Order, full: Costs, n: int) -> tuple[float, Order]:
    """The best stretch of one to three lanes to fly elsewhere, either way round."""
    came, left = _framed(order, n)
    link = full[left[:-1], came[1:]]
    best, move = -np.inf, order
    gaps = np.arange(n + 1)
    for size in range(1, min(3, n - 1) + 1):
        i = np.arange(1, n - size + 2)
        head, tail = came[i], left[i + size - 1]
        freed = link[i - 1] + link[i + size - 1] - full[left[i - 1], came[i + size]]
        away = (gaps[None, :] < i[:, None] - 1) | (gaps[None, :] > i[:, None] + size - 1)
        for turn in (False, True):
            one, two = (tail, head) if turn else (head, tail)
            added = full[left[gaps][None, :], one[:, None]] + full[two[:, None], came[gaps + 1][None, :]] - link[gaps]
            gain = np.where(away, freed[:, None] - added, -np.inf)
            place = int(np.argmax(gain))
            a, gap = divmod(place, n + 1)
            if gain[a, gap] > best + 1e-12:
                best = float(gain[a, gap])
                block = order[a : a + size]
                block = (block ^ 1)[::-1] if turn else block
                rest = np.concatenate([order[:a], order[a + size :]])
                at = gap if gap < a else gap - size
                move = np.concatenate([rest[:at], block, rest[at:]])
    return best, move
