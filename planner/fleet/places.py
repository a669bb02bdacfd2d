"""Places shared by drones from several launch points, so that all are back at about the same time.

Each drone's way is kept short by local search; places move from the drone that takes longest to others, or are
exchanged with theirs, as long as the sorted times (the longest first) go down. Then, for a while, some places are taken
out at random and put back where they hurt least, and that is kept when it is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import SettingError
from planner.routing.shorten import length, shorten

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SHAKE_S = 0.012
"""About how long it takes to take places out, put them back and make the ways short: a measure of work."""


@dataclass(frozen=True, slots=True)
class PlaceShare:
    """One drone's places in their order, and how long it is away, stays counted."""

    launch: int
    places: tuple[int, ...]
    seconds: float


def split_places(
    travel_s: Floats,
    launches: Sequence[int],
    *,
    stay_s: Floats | None = None,
    time_limit_s: float = 1.0,
    seed: int = 0,
) -> tuple[PlaceShare, ...]:
    """Every place that is no launch visited once, one drone from each of ``launches`` and back, the longest way short.

    ``travel_s`` (n, n) seconds between places, launches among them, the same both ways; the same launch may stand
    there for several drones. The same input and ``seed`` give the same shares; ``time_limit_s`` is a budget of work.
    Raises ``SettingError`` for input that makes no sense.
    """
    travel = np.array(travel_s, dtype=np.float64)
    size = len(travel)
    stay = np.zeros(size) if stay_s is None else np.array(stay_s, dtype=np.float64)
    if travel.shape != (size, size) or stay.shape != (size,) or not np.allclose(travel, travel.T, atol=1e-6):
        raise SettingError("Sharing places needs a square matrix of times, the same both ways, and a stay for each.")
    if not launches or not all(0 <= launch < size for launch in launches):
        raise SettingError(f"Launches must be among the {size} places.")
    stay[list(launches)] = 0.0
    cost = travel + (stay[:, None] + stay[None, :]) / 2
    np.fill_diagonal(cost, 0.0)
    chance = np.random.default_rng(seed)
    places = [place for place in range(size) if place not in set(launches)]
    ways = [np.array([launch, launch], dtype=np.intp) for launch in launches]
    ways = _settled(cost, _put_in(cost, ways, sorted(places, key=lambda p: -float(cost[p, list(launches)].min()))))
    best = ways
    for _ in range(int(time_limit_s / SHAKE_S) if len(places) > 1 and len(launches) > 1 else 0):
        tried = _settled(cost, _shaken(cost, best, chance))
        if _times(cost, tried) < _times(cost, best):
            best = tried
    return tuple(
        PlaceShare(launch, tuple(int(place) for place in way[1:-1]), length(cost, way))
        for launch, way in zip(launches, best, strict=True)
    )


def _times(cost: Floats, ways: list[Indices]) -> list[float]:
    """What is made small: the times, the longest first; gains below a millisecond do not count."""
    return sorted((round(length(cost, way), 3) for way in ways), reverse=True)


def _cheapest(cost: Floats, way: Indices, place: int) -> tuple[float, int]:
    more = cost[way[:-1], place] + cost[place, way[1:]] - cost[way[:-1], way[1:]]
    at = int(more.argmin())
    return float(more[at]), at


def _put_in(cost: Floats, ways: list[Indices], places: Sequence[int]) -> list[Indices]:
    """Places put in one by one, each where the drone is back soonest."""
    ways = list(ways)
    seconds = [length(cost, way) for way in ways]
    for place in places:
        options = [
            (seconds[k] + more, k, at) for k, way in enumerate(ways) for more, at in [_cheapest(cost, way, place)]
        ]
        done, k, at = min(options)
        ways[k], seconds[k] = np.insert(ways[k], at + 1, place), done
    return ways


def _shaken(cost: Floats, ways: list[Indices], chance: np.random.Generator) -> list[Indices]:
    """Some places, most of them of the longest way, taken out and put back in a random order."""
    longest = int(np.argmax([length(cost, way) for way in ways]))
    inside = [int(place) for way in ways for place in way[1:-1]]
    count = min(len(inside), int(chance.integers(2, 9)))
    heart = ways[longest][1:-1] if len(ways[longest]) > 2 else np.array(inside)
    near = np.argsort(cost[int(chance.choice(heart)), inside], kind="stable")
    taken = [inside[i] for i in near[:count]]
    rest = [way[~np.isin(way, taken) | (np.arange(len(way)) % (len(way) - 1) == 0)] for way in ways]
    return _put_in(cost, rest, [taken[i] for i in chance.permutation(count)])


def _settled(cost: Floats, ways: list[Indices]) -> list[Indices]:
    """Ways made short, places moved off the longest one as long as that helps."""
    ways = [shorten(cost, way) for way in ways]
    for _ in range(len(cost)):
        seconds = [length(cost, way) for way in ways]
        longest = int(np.argmax(seconds))
        best: tuple[float, int, int, int] = (math.inf, 0, 0, 0)
        for i in range(1, len(ways[longest]) - 1):
            place = int(ways[longest][i])
            freed = seconds[longest] - length(cost, np.delete(ways[longest], i))
            for k, way in enumerate(ways):
                if k != longest:
                    more, at = _cheapest(cost, way, place)
                    best = min(best, (max(seconds[longest] - freed, seconds[k] + more), i, k, at))
        worst, i, k, at = best
        if worst >= seconds[longest] - 1e-6:
            break
        place = int(ways[longest][i])
        ways[longest] = shorten(cost, np.delete(ways[longest], i))
        ways[k] = shorten(cost, np.insert(ways[k], at + 1, place))
    return ways
