"""Laps: a patrol that goes round its places for a whole shift, evenly spaced or unpredictable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanError, SettingError
from planner.laps.tours import cut_round
from planner.laps.unpredictable import Terms, draw_rounds
from planner.laps.visits import PlaceReport, mean_of, report_place
from planner.routing.closed import round_trip

__all__ = ["Lap", "Laps", "PlaceReport", "Rhythm", "laps"]

Floats = NDArray[np.float64]

BOUND_ROUNDS = 3.0
"""Where no bound is given, the longest gap wanted is this many times a round shared by all drones."""

BINS_A_ROUND = 8
"""Return times are told apart to this share of a round shared by all drones."""

IDLE_ROUNDS = {1: 0.7, 2: 0.62}
"""Unpredictable rounds leave a place without a visit this long on average, in rounds shared by all drones (evenly
spaced ones: 0.5)."""

SLACK = {1: 1.15, 2: 1.06}
"""An unpredictable round takes at most this many times the shortest one that was found; a drone on its own needs more
room than two, whose rounds also shift against each other. By drones in a group, as above; tried out on four maps."""


class Rhythm(Enum):
    """How a shift's rounds follow each other."""

    FIXED = "fixed"
    """Always the same way, drones evenly spaced."""
    UNPREDICTABLE = "unpredictable"
    """Order and direction drawn anew for each round, within a bound on the longest gap."""


@dataclass(frozen=True, slots=True)
class Lap:
    """What one drone does in the shift: places in their order, and when it comes to each (seconds)."""

    places: tuple[int, ...]
    arrive_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Laps:
    """A shift: one way for each drone, a report on each place, and whether the bound on the longest gap holds."""

    drones: tuple[Lap, ...]
    places: tuple[PlaceReport, ...]
    round_s: float
    """One shortest round through all places, stays counted."""
    bound_s: float
    settled_s: float
    """From here on gaps are reported: before it the first round is under way."""

    @property
    def worst_gap_s(self) -> float:
        """The longest time that any place is without a visit."""
        return max(place.worst_gap_s for place in self.places)

    @property
    def idle_s(self) -> float:
        """How long ago the last visit was, averaged over places and time."""
        return math.fsum(place.idle_s for place in self.places) / len(self.places)

    @property
    def entropy_bits(self) -> float | None:
        """Return-time entropy, averaged over places; None where the shift is too short to tell."""
        return mean_of([place.entropy_bits for place in self.places])

    @property
    def missing_s(self) -> float:
        """By how much the longest gap passes the bound; 0 where it holds."""
        return max(0.0, self.worst_gap_s - self.bound_s)


def laps(
    travel_s: Floats,
    *,
    drones: int,
    shift_s: float,
    rhythm: Rhythm = Rhythm.FIXED,
    stay_s: Floats | None = None,
    longest_gap_s: float | None = None,
    time_limit_s: float = 1.0,
    seed: int = 0,
) -> Laps:
    """Rounds through all places for a shift. Drones begin the shift in the air, each at its first place.

    ``travel_s`` (n, n) seconds from place to place, the same both ways; ``stay_s`` (n,) at each. ``longest_gap_s`` is
    the bound for an unpredictable rhythm (None: three times a round shared by all drones). Of more than two drones
    each two share a part of the round. The same input and ``seed`` give the same rounds; ``time_limit_s`` is the
    budget of work for the shortest round.

    Raises ``SettingError`` for input that makes no sense and ``PlanError`` where the bound is below what the fixed
    rhythm can keep.
    """
    travel = np.array(travel_s, dtype=np.float64)
    size = len(travel)
    stay = np.zeros(size) if stay_s is None else np.array(stay_s, dtype=np.float64)
    if travel.shape != (size, size) or size < 2 or stay.shape != (size,) or not (stay >= 0).all():
        raise SettingError(f"Laps need at least two places, times between them and stays, not {travel.shape}.")
    if drones < 1 or not (math.isfinite(shift_s) and shift_s > 0):
        raise SettingError(f"Laps need a drone and a shift longer than nothing, not {drones} and {shift_s} s.")
    order, flying = round_trip(travel, time_limit_s=time_limit_s, seed=seed)
    whole = flying + float(stay.sum())
    if whole <= 0:
        raise SettingError("All places are one and the same.")
    share = whole / drones
    cost = travel + stay[:, None]
    bound = BOUND_ROUNDS * share if longest_gap_s is None else longest_gap_s
    if not bound >= share:
        raise PlanError(
            f"{drones} drone{'s' if drones > 1 else ''} cannot come to each place every {bound:.0f} s: a round takes "
            f"{whole:.0f} s.",
            mend=f"Allow {share:.0f} s or more, watch fewer places, or take more drones.",
        )
    if rhythm is Rhythm.FIXED:
        ways = _evenly(cost, order, drones, whole, shift_s)
        settled = min(share, shift_s / 2)
    else:
        sizes = [2] * (drones // 2) + [1] * (drones % 2)
        ways = []
        chance = np.random.default_rng(seed)
        for group, part in zip(sizes, cut_round(cost, order, sizes), strict=True):
            ways += _group(
                cost, stay, part, Terms(group, shift_s, bound, IDLE_ROUNDS[group] * share, SLACK[group]), chance
            )
        settled = min(whole, shift_s / 2)
    times: list[list[float]] = [[] for _ in range(size)]
    for way in ways:
        for place, at in way:
            times[place].append(at)
    reports = tuple(report_place(np.array(at), settled, shift_s, share / BINS_A_ROUND) for at in times)
    drawn = tuple(Lap(tuple(p for p, _ in way), tuple(at for _, at in way)) for way in ways)
    return Laps(drawn, reports, whole, bound, settled)


def _group(
    cost: Floats,
    stay: Floats,
    part: NDArray[np.intp],
    terms: Terms,
    chance: np.random.Generator,
) -> list[list[tuple[int, float]]]:
    """Unpredictable rounds of one group of drones through its part of the places."""
    if len(part) < 2:
        return [[(int(place), 0.0) for place in part] for _ in range(terms.drones)]
    ways = draw_rounds(cost[np.ix_(part, part)], stay[part], terms, chance)
    return [[(int(part[place]), at) for place, at in way] for way in ways]


def _evenly(
    cost: Floats, order: NDArray[np.intp], drones: int, whole_s: float, shift_s: float
) -> list[list[tuple[int, float]]]:
    """The same round for every drone, each the same time behind the one before."""
    at = np.concatenate([[0.0], np.cumsum(cost[order[:-1], order[1:]])])
    ways = []
    for drone in range(drones):
        first = np.mod(at - drone * whole_s / drones + 1e-9, whole_s)
        rounds = np.arange(math.ceil(shift_s / whole_s) + 1) * whole_s
        times = (first[None, :] + rounds[:, None]).ravel()
        places = np.tile(order, len(rounds))
        sequence = np.argsort(times, kind="stable")
        ways.append([(int(places[i]), float(times[i])) for i in sequence if times[i] <= shift_s])
    return ways
