"""One piece of work shared by drones from several launch points, so that all are done at about the same time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import SettingError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Point = tuple[float, float]
Way = Callable[[Point, Point], Floats]
Seconds = Callable[[Floats, Mask], float]

MOST_TRIED_ORDERS = 5
"""Up to this many drones every order of launches along the way is tried; beyond, exchanges of two."""

PROBES = 160
"""Places along the way from which the ways to the launches are worked out; between them they are interpolated."""

CORRECTIONS = 6
"""Times the estimate of each drone's pace is corrected by what its whole way really takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """One drone's part: the whole way (n, 2) from its launch and back to it, and on which legs (n - 1,) it looks.

    ``begin`` and ``end`` are where along the given way it starts and stops: leg number and the share of that leg.
    A drone that is not needed has ``begin == end`` and no points.
    """

    launch: int
    points: Floats
    is_lane: Mask
    seconds: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The shares, in the order of the launches."""

    shares: tuple[Share, ...]

    @property
    def imbalance(self) -> float:
        """How much longer the longest share takes than the mean of all, 0.05 is 5 %."""
        seconds = [share.seconds for share in self.shares]
        mean = math.fsum(seconds) / len(seconds)
        return max(seconds) / mean - 1.0 if mean > 0 else 0.0


def straight(start: Point, end: Point) -> Floats:
    """The straight way (2, 2), for :func:`split_lanes` where nothing is in between."""
    return np.array([start, end], dtype=np.float64)


def stop_and_go(speed_mps: float, acceleration_mps2: float) -> Seconds:
    """Seconds of a way with a stop at each corner: an estimate to share work by."""
    if not (speed_mps > 0 and acceleration_mps2 > 0):
        raise SettingError("speed_mps and acceleration_mps2 must be greater than zero.")

    def seconds(points: Floats, is_lane: Mask) -> float:
        metres = np.hypot(*np.diff(points, axis=0).T)
        short = metres < speed_mps**2 / acceleration_mps2
        legs = np.where(
            short, 2 * np.sqrt(metres / acceleration_mps2), metres / speed_mps + speed_mps / acceleration_mps2
        )
        return float(legs.sum())

    return seconds


def split_lanes(
    points: Floats, is_lane: Mask, launches: Sequence[Point], *, seconds: Seconds, way: Way = straight
) -> Split:
    """A sweep's way cut into one run for each launch, with the ways there and back, balanced by predicted time.

    ``points`` (n, 2) local metres and ``is_lane`` (n - 1,) are those of a ``SweepPath``; ``launches`` one for each
    drone (the same place may stand there twice). ``seconds(points, is_lane)`` predicts how long a whole way takes,
    whatever that takes into account; ``way(start, end)`` is the way in free space, (k, 2). All lanes together are
    exactly the lanes given. A launch too far off to help gets nothing.
    """
    way_points = np.array(points, dtype=np.float64)
    looks = np.array(is_lane, dtype=np.bool_)
    if way_points.ndim != 2 or way_points.shape[1:] != (2,) or looks.shape != (len(way_points) - 1,) or not len(looks):
        raise SettingError(f"A way is (n, 2) points and (n - 1,) lanes, not {way_points.shape} and {looks.shape}.")
    if not launches:
        raise SettingError("There must be at least one launch.")
    cutter = _Cutter(way_points, looks, [(float(x), float(y)) for x, y in launches], seconds, way)
    return Split(cutter.best())


class _Cutter:
    """Finds the cuts; places along the way are leg number and share of that leg."""

    def __init__(self, points: Floats, looks: Mask, launches: list[Point], seconds: Seconds, way: Way) -> None:
        self._points, self._looks, self._launches, self._seconds, self._way = points, looks, launches, seconds, way
        legs = np.array([seconds(points[i : i + 2], looks[i : i + 1]) for i in range(len(looks))])
        self._until = np.concatenate([[0.0], np.cumsum(legs)])
        inside = np.linspace(0, len(looks), min(PROBES, 4 * len(looks) + 1))
        self._probes = np.unique(np.concatenate([inside, [0.0, float(len(looks))]]))
        self._transit = [np.array([self._transit_s(launch, place) for place in self._probes]) for launch in launches]

    def best(self) -> tuple[Share, ...]:
        """The cuts with the shortest longest share, and among like ones the least balanced apart."""
        count = len(self._launches)
        pace = np.ones(count)
        order = min(self._orders(pace), key=lambda one: (self._longest(one, pace), one))
        found: list[tuple[float, tuple[Share, ...]]] = []
        for _ in range(CORRECTIONS):
            shares = self._shares(order, self._cuts(order, pace, self._longest(order, pace)))
            found.append((max(share.seconds for share in shares), shares))
            mean = math.fsum(share.seconds for share in shares) / count
            if found[-1][0] <= 1.005 * mean:
                break
            guess = np.array([self._guess(share.launch, share.begin, share.end) for share in shares])
            real = np.array([share.seconds for share in shares])
            pace = np.where(guess > 0, real / np.maximum(guess, 1e-9), pace)
        return min(found, key=lambda one: one[0])[1]

    def _orders(self, pace: Floats) -> list[tuple[int, ...]]:
        count = len(self._launches)
        if count <= MOST_TRIED_ORDERS:
            return list(dict.fromkeys(itertools.permutations(range(count))))
        # Each launch stands where along the way it is nearest; then exchanges of two, as long as they help.
        order = tuple(sorted(range(count), key=lambda k: float(self._probes[int(self._transit[k].argmin())])))
        best = self._longest(order, pace)
        for one, two in itertools.combinations(range(count), 2):
            changed = list(order)
            changed[one], changed[two] = changed[two], changed[one]
            if (longest := self._longest(tuple(changed), pace)) < best - 1e-6:
                order, best = tuple(changed), longest
        return [order]

    def _longest(self, order: tuple[int, ...], pace: Floats) -> float:
        """The least time in which drones in this order along the way are done, as estimated."""
        low, high = 0.0, float((self._guess(order[0], 0.0, float(len(self._looks)))) * pace.max() + 1.0)
        while high - low > 1e-4 * high:
            middle = (low + high) / 2
            if self._cuts(order, pace, middle)[-1] >= len(self._looks) - 1e-9:
                high = middle
            else:
                low = middle
        return high

    def _cuts(self, order: tuple[int, ...], pace: Floats, longest_s: float) -> list[float]:
        """Where each drone in its turn stops when it takes as much as it can do in a time."""
        cuts = [0.0]
        for launch in order:
            cuts.append(self._farthest(launch, cuts[-1], longest_s / float(pace[launch])))
        return cuts

    def _farthest(self, launch: int, begin: float, longest_s: float) -> float:
        begin = self._next_lane(begin)
        last = float(len(self._looks))
        places = np.unique(
            np.concatenate([[begin], self._probes[self._probes > begin], np.arange(int(begin) + 1, last + 1)])
        )
        out = float(np.interp(begin, self._probes, self._transit[launch]))
        work = self._clock(places) - self._clock(np.array([begin]))
        total = out + work + np.interp(places, self._probes, self._transit[launch])
        fits = np.flatnonzero(total <= longest_s)
        if len(fits) == 0 or begin >= last:
            return begin
        i = int(fits[-1])
        if i + 1 == len(places):
            return last
        share = (longest_s - total[i]) / (total[i + 1] - total[i])
        return float(places[i] + share * (places[i + 1] - places[i]))

    def _clock(self, places: Floats) -> Floats:
        return np.asarray(np.interp(places, np.arange(len(self._until)), self._until), dtype=np.float64)

    def _guess(self, launch: int, begin: float, end: float) -> float:
        if end <= begin:
            return 0.0
        ends = np.array([begin, end])
        return float(np.diff(self._clock(ends))[0] + np.interp(ends, self._probes, self._transit[launch]).sum())

    def _next_lane(self, place: float) -> float:
        """The place itself where the camera looks, else the begin of the next lane (or the end)."""
        while place < len(self._looks) and not self._looks[int(place)]:
            place = float(int(place) + 1)
        return place

    def _lane_before(self, place: float, begin: float) -> float:
        """A place moved back to the end of the last lane before it."""
        while place > begin and not self._looks[math.ceil(place) - 1]:
            place = float(math.ceil(place) - 1)
        return max(place, begin)

    def _shares(self, order: tuple[int, ...], cuts: list[float]) -> tuple[Share, ...]:
        shares = []
        for launch, from_place, to_place in zip(order, cuts[:-1], cuts[1:], strict=True):
            begin = min(self._next_lane(from_place), to_place)
            shares.append(self._share(launch, begin, self._lane_before(to_place, begin)))
        return tuple(sorted(shares, key=lambda share: share.launch))

    def _share(self, launch: int, begin: float, end: float) -> Share:
        if end <= begin:
            return Share(launch, np.empty((0, 2)), np.empty(0, dtype=np.bool_), 0.0, begin, begin)
        inner = np.arange(math.floor(begin) + 1, math.ceil(end))
        lanes = np.concatenate([[self._at(begin)], self._points[inner], [self._at(end)]])
        looks = self._looks[math.floor(begin) : math.ceil(end)]
        here = self._launches[launch]
        out = self._way(here, (float(lanes[0, 0]), float(lanes[0, 1])))
        home = self._way((float(lanes[-1, 0]), float(lanes[-1, 1])), here)
        points = np.concatenate([out[:-1], lanes, home[1:]])
        is_lane = np.concatenate([np.zeros(len(out) - 1, np.bool_), looks, np.zeros(len(home) - 1, np.bool_)])
        return Share(launch, points, is_lane, self._seconds(points, is_lane), begin, end)

    def _at(self, place: float) -> Floats:
        leg = min(int(place), len(self._looks) - 1)
        return np.asarray(self._points[leg] + (place - leg) * (self._points[leg + 1] - self._points[leg]))

    def _transit_s(self, launch: Point, place: float) -> float:
        at = self._at(float(place))
        points = self._way(launch, (float(at[0]), float(at[1])))
        return self._seconds(points, np.zeros(len(points) - 1, dtype=np.bool_))
