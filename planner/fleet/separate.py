"""Plans kept apart: who starts later, and who flies higher.

Plans are taken in their order (the first goes as planned). Each next one gets the cheapest pair of a layer and a delay
that keeps it apart from all before it. Plans of one group (the sorties of one drone) get the same pair. Which delays
are forbidden is worked out, not tried: the ways are cut into pieces, those that come near each other in space are found
once with a tree, and the stretches of two pieces that are near each other forbid the delays at which both would be
flown at the same time. That forbids a little too much (a stretch counts as a whole), never too little. The answer is
then put through :func:`find_conflicts`, which is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import SettingError
from planner.fleet.conflicts import Apart, Conflict, find_conflicts
from planner.fleet.timed import Floats, TimedPath

Indices = NDArray[np.intp]

PIECE_M = 100.0
"""Legs are cut to this length: where two ways run side by side, a delay may be the time to fly two of them longer
than need be."""

PIECE_S = 20.0
"""Legs that take long (climbs, waiting) are cut to this time."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Altitude layers: ``count`` of them, the first as planned, each ``step_m`` above the one below.

    ``worth_s`` is how many seconds of delay one layer higher is worth. Climb and descent in m/s say how much longer a
    higher flight takes.
    """

    count: int = 1
    step_m: float = 15.0
    worth_s: float = 30.0
    climb_mps: float = 2.5
    descent_mps: float = 1.5

    def __post_init__(self) -> None:
        if self.count < 1:
            raise SettingError(f"There must be at least one layer, not {self.count}.")
        for name in ("step_m", "climb_mps", "descent_mps"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SettingError(f"{name} must be greater than zero, not {getattr(self, name)}.")
        if not (math.isfinite(self.worth_s) and self.worth_s >= 0):
            raise SettingError(f"worth_s must be zero or more, not {self.worth_s}.")


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Plans kept apart: seconds of delay (n,), metres of raise (n,), the new plans, and the conflicts that are left."""

    delays_s: tuple[float, ...]
    raises_m: tuple[float, ...]
    plans: tuple[TimedPath, ...]
    left: tuple[Conflict, ...]


def separate(
    plans: Sequence[TimedPath],
    apart: Apart,
    *,
    layers: Layers | None = None,
    longest_delay_s: float = 3600.0,
    margin_s: float = 0.0,
    groups: Sequence[int] | None = None,
) -> Separation:
    """Delays and layers that keep plans apart, the first plans in the list disturbed least.

    ``margin_s``: two drones do not come to the same place within this many seconds either. Where no layer and no
    delay up to ``longest_delay_s`` helps, a plan stays as it was, and its conflicts are in ``left``. ``groups`` (n,):
    plans with the same number move together, and are not held against each other (None: each is a group).
    """
    if not (longest_delay_s >= 0 and margin_s >= 0 and math.isfinite(margin_s)):
        raise SettingError("longest_delay_s and margin_s must be zero or more.")
    layers = layers or Layers()
    if not plans:
        return Separation((), (), (), ())
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups or range(len(plans))))}
    group_of = [numbers[group] for group in groups or range(len(plans))]
    variants = [[plan.raised(k * layers.step_m, layers.climb_mps, layers.descent_mps) for plan in plans]
                for k in range(layers.count)]  # fmt: skip
    near = _near(plans, apart, group_of)
    pieces = [_Pieces.of(row) for row in variants]
    delays, floors = [0.0] * len(numbers), [0] * len(numbers)
    for group in range(1, len(numbers)):
        best: tuple[float, float, int] | None = None
        for k in range(layers.count):
            limit = longest_delay_s if best is None else min(longest_delay_s, best[0] - k * layers.worth_s)
            if limit < 0:
                break
            begin, end = _forbidden(pieces, k, near[group], (np.array(floors), np.array(delays)), (apart, margin_s))
            delay = _least_free(begin, end)
            cost = delay + k * layers.worth_s
            if delay <= limit and (best is None or cost < best[0]):
                best = (cost, delay, k)
        if best is not None:
            _, delays[group], floors[group] = best
    late, high = [delays[group] for group in group_of], [floors[group] for group in group_of]
    moved = tuple(variants[k][plan].later(late[plan]) for plan, k in enumerate(high))
    left = tuple(one for one in find_conflicts(moved, apart) if group_of[one.first] != group_of[one.second])
    return Separation(tuple(late), tuple(k * layers.step_m for k in high), moved, left)


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """All plans' pieces in one layer: when they begin and end, and at which height; each (p,)."""

    begin_s: Floats
    end_s: Floats
    from_m: Floats
    to_m: Floats

    @classmethod
    def of(cls, plans: Sequence[TimedPath]) -> _Pieces:
        columns = []
        for plan in plans:
            leg, share = _cuts(plan)
            times, heights = _along(plan.t_s, leg, share), _along(plan.points[:, 2], leg, share)
            columns.append((times[:-1], times[1:], heights[:-1], heights[1:]))
        return cls(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def part(self, piece: Indices, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """When the parts from share ``low`` to ``high`` of pieces begin and end, their lowest and highest metres."""
        begin, span = self.begin_s[piece], self.end_s[piece] - self.begin_s[piece]
        start, rise = self.from_m[piece], self.to_m[piece] - self.from_m[piece]
        here, there = start + low * rise, start + high * rise
        return begin + low * span, begin + high * span, np.minimum(here, there), np.maximum(here, there)


def _cuts(plan: TimedPath) -> tuple[Indices, Floats]:
    """Where a way is cut: legs and shares of them (p + 1,); alike in every layer."""
    across = np.hypot(*np.diff(plan.points[:, :2], axis=0).T)
    span = np.diff(plan.t_s)
    span[[0, -1]] = 0.0
    count = np.maximum(np.ceil(np.maximum(across / PIECE_M, span / PIECE_S)), 1).astype(np.intp)
    count[[0, -1]] = np.maximum(count[[0, -1]], 8)
    leg = np.repeat(np.arange(len(count)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    share = (np.arange(len(leg)) - first) / count[leg]
    return np.append(leg, len(count) - 1), np.append(share, 1.0)


def _along(values: Floats, leg: Indices, share: Floats) -> Floats:
    return np.asarray(values[leg] + share * (values[leg + 1] - values[leg]))


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Where a group comes near earlier ones across: pieces and the shares of them that are near; each (q,)."""

    mine: Indices
    mine_low: Floats
    mine_high: Floats
    other: Indices
    other_low: Floats
    other_high: Floats
    owner: Indices


def _near(plans: Sequence[TimedPath], apart: Apart, group_of: Sequence[int]) -> list[_Near]:
    """For each group of plans: where it comes near earlier ones."""
    ends, owner = [], []
    for group, plan in zip(group_of, plans, strict=True):
        leg, share = _cuts(plan)
        at = np.stack([_along(plan.points[:, 0], leg, share), _along(plan.points[:, 1], leg, share)], axis=1)
        ends.append(np.stack([at[:-1], at[1:]], axis=1))
        owner.append(np.full(len(at) - 1, group))
    pieces, owners = np.concatenate(ends), np.concatenate(owner)
    low, high = pieces.min(axis=1), pieces.max(axis=1)
    tree = shapely.STRtree(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    answer = []
    for group in range(max(group_of) + 1):
        own = np.flatnonzero(owners == group)
        wide = shapely.box(*(low[own] - apart.across_m).T, *(high[own] + apart.across_m).T)
        query, found = tree.query(wide)
        earlier = owners[found] < group
        mine, other = own[query[earlier]], found[earlier]
        mine_low, mine_high = near_shares(pieces[mine], pieces[other], apart.across_m)
        meet = mine_high > mine_low
        mine, other, mine_low, mine_high = mine[meet], other[meet], mine_low[meet], mine_high[meet]
        other_low, other_high = near_shares(pieces[other], pieces[mine], apart.across_m)
        meet = other_high > other_low
        columns = (mine, mine_low, mine_high, other, other_low, other_high, owners[other])
        answer.append(_Near(*(column[meet] for column in columns)))  # type: ignore[arg-type]
    return answer


def near_shares(line: Floats, other: Floats, reach_m: float) -> tuple[Floats, Floats]:
    """Between which shares of lines (q, 2, 2) their points are within a reach of other lines (q, 2, 2): two of (q,).

    What is within a reach of a line is convex (a box and two discs), so it is one stretch; empty where the second
    share is not above the first.
    """
    start, way = line[:, 0], line[:, 1] - line[:, 0]
    begin, axis = other[:, 0], other[:, 1] - other[:, 0]
    length = np.hypot(*axis.T)
    unit = np.where(length[:, None] > 0, axis / np.where(length > 0, length, 1.0)[:, None], [1.0, 0.0])
    side = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    along, aside = _dot(start - begin, unit), _dot(start - begin, side)
    low, high = _between_lines(along, _dot(way, unit), np.zeros(len(line)), length)
    low_two, high_two = _between_lines(
        aside, _dot(way, side), np.full(len(line), -reach_m), np.full(len(line), reach_m)
    )
    stretches = [(np.maximum(low, low_two), np.minimum(high, high_two))]
    stretches += [_in_disc(start - centre, way, reach_m) for centre in (begin, other[:, 1])]
    lowest, highest = np.full(len(line), np.inf), np.full(len(line), -np.inf)
    for one, two in stretches:
        one_in, two_in = np.clip(one, 0.0, 1.0), np.clip(two, 0.0, 1.0)
        there = (two > one) & (two_in > one_in)
        lowest = np.where(there, np.minimum(lowest, one_in), lowest)
        highest = np.where(there, np.maximum(highest, two_in), highest)
    return lowest, highest


def _dot(one: Floats, two: Floats) -> Floats:
    return np.asarray(one[:, 0] * two[:, 0] + one[:, 1] * two[:, 1])


def _between_lines(start: Floats, change: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Shares between which start + share · change lies between two values."""
    moving = np.abs(change) > 1e-12
    step = np.where(moving, change, 1.0)
    one, two = (low - start) / step, (high - start) / step
    inside = (start >= low) & (start <= high)
    return (
        np.where(moving, np.minimum(one, two), np.where(inside, -np.inf, np.inf)),
        np.where(moving, np.maximum(one, two), np.where(inside, np.inf, -np.inf)),
    )


def _in_disc(start: Floats, way: Floats, reach_m: float) -> tuple[Floats, Floats]:
    """Shares between which start + share · way lies within a reach of the origin."""
    square, half = _dot(way, way), _dot(start, way)
    rest = _dot(start, start) - reach_m**2
    moving = square > 1e-18
    inside = half**2 - square * rest
    root, safe = np.sqrt(np.maximum(inside, 0.0)), np.where(moving, square, 1.0)
    hit = np.where(moving, inside > 0, rest < 0)
    low, high = np.where(moving, (-half - root) / safe, -np.inf), np.where(moving, (-half + root) / safe, np.inf)
    return np.where(hit, low, np.inf), np.where(hit, high, -np.inf)


def _forbidden(
    pieces: list[_Pieces],
    layer: int,
    near: _Near,
    decided: tuple[Indices, Floats],
    rule: tuple[Apart, float],
) -> tuple[Floats, Floats]:
    """Delays at which a plan is too close to earlier ones, whose layers and delays are decided: two of (r,)."""
    begin, end, low, high = pieces[layer].part(near.mine, near.mine_low, near.mine_high)
    layer_of, delay_of = decided[0][near.owner], decided[1][near.owner]
    apart, margin_s = rule
    begins, ends = [np.empty(0)], [np.empty(0)]
    for k, theirs in enumerate(pieces):
        at = np.flatnonzero(layer_of == k)
        if len(at) == 0:
            continue
        their_begin, their_end, their_low, their_high = theirs.part(
            near.other[at], near.other_low[at], near.other_high[at]
        )
        close = (low[at] < their_high + apart.in_height_m) & (their_low < high[at] + apart.in_height_m)
        begins.append((their_begin + delay_of[at] - end[at] - margin_s)[close])
        ends.append((their_end + delay_of[at] - begin[at] + margin_s)[close])
    return np.concatenate(begins), np.concatenate(ends)


def _least_free(begin: Floats, end: Floats) -> float:
    """The least number ≥ 0 that is in none of the open intervals."""
    ahead = end > 0
    begin, end = begin[ahead], end[ahead]
    if len(begin) == 0:
        return 0.0
    order = np.argsort(begin, kind="stable")
    begin, reach = begin[order], np.maximum.accumulate(end[order])
    if begin[0] >= 0:
        return 0.0
    gaps = np.flatnonzero(begin[1:] >= reach[:-1])
    return float(reach[gaps[0]] if len(gaps) else reach[-1])
