"""A way as planning handles it: points in local metres, and what is done on each leg between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Looks = NDArray[np.bool_]

SAME_PLACE_M = 0.01
"""Waypoints closer than a unit of the last digit that a vehicle is told are one."""

METRES_A_SECOND = 1.0
"""A second's stay counts as this many metres where a way is cut into pieces."""


def _nothing() -> NDArray[Any]:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A way: points (n, 2) in local metres, and whether the camera looks on each leg, (n - 1,).

    ``stays_s`` (n - 1,): seconds spent on a leg beside flying it, which are a stay at its end where it has no length.
    ``aims`` (n - 1, 2): the place that drone and camera point to on a leg, NaN for none. Empty: no stays, no aims.
    """

    points: Points
    looks: Looks
    stays_s: Points = field(default_factory=_nothing)
    aims: Points = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        if not len(self.stays_s):
            object.__setattr__(self, "stays_s", np.zeros(len(self.looks)))
        if not len(self.aims):
            object.__setattr__(self, "aims", np.full((len(self.looks), 2), np.nan))

    def at(self, place: float) -> Points:
        """The point at a place: leg number and the share of that leg behind it."""
        leg = min(int(place), len(self.looks) - 1)
        return np.asarray(self.points[leg] + (place - leg) * (self.points[leg + 1] - self.points[leg]))

    def between(self, start: float, end: float) -> Chain:
        """The piece from one place to another, start < end."""
        first, last = math.floor(start) + 1, math.ceil(end)
        points = np.concatenate([[self.at(start)], self.points[first:last], [self.at(end)]])
        legs = slice(first - 1, last)
        numbers = np.arange(first - 1, last)
        shares = np.minimum(numbers + 1, end) - np.maximum(numbers, start)
        return Chain(points, self.looks[legs], self.stays_s[legs] * shares, self.aims[legs])

    def lengths(self) -> Points:
        """Metres of each leg, (n - 1,)."""
        return np.asarray(np.hypot(*np.diff(self.points, axis=0).T))

    def spans(self) -> Points:
        """Metres of each leg, stays counted as metres too, (n - 1,)."""
        return self.lengths() + METRES_A_SECOND * self.stays_s


def unseeing(points: Points) -> Chain:
    """A way (n, 2) with the camera off."""
    return Chain(points, np.zeros(len(points) - 1, dtype=np.bool_))


def joined(chains: list[Chain]) -> Chain:
    """Chains end to end, points that repeat the one before left out where the drone does not stay."""
    points = np.concatenate([chains[0].points[:1], *(chain.points[1:] for chain in chains)])
    looks = np.concatenate([chain.looks for chain in chains])
    stays = np.concatenate([chain.stays_s for chain in chains])
    aims = np.concatenate([chain.aims for chain in chains])
    keep = (np.hypot(*np.diff(points, axis=0).T) > SAME_PLACE_M) | (stays > 0)
    if not keep.any():
        return unseeing(points[[0, -1]])
    kept = np.concatenate([points[:1], points[1:][keep]])
    kept[-1] = points[-1]
    return Chain(kept, looks[keep], stays[keep], aims[keep])


def items_of(looks: Looks, aims: Points | None = None, *, pitched: bool = False) -> int:
    """How many mission items a route takes at most: home, take-off, speed, camera, aims, waypoints, return.

    ``pitched``: the camera may be pitched on every way between lanes, which takes an item there, one before the next
    lane, and a waypoint where it is pitched back.
    """
    turns = int(np.count_nonzero(np.diff(looks.astype(np.int8), prepend=0, append=0)))
    if aims is not None and np.isfinite(aims).any():
        told = np.nan_to_num(aims, nan=np.inf)
        turns += 2 + int(np.count_nonzero((told[1:] != told[:-1]).any(axis=1)))
    if pitched:
        turns += int(np.count_nonzero(~looks)) + 2 * int(np.count_nonzero(looks[1:] & ~looks[:-1])) + 1
    return len(looks) + 1 + turns + 6
