"""Steps worth proposing: corners dropped, merged and moved, legs shifted, and ways to what is unseen."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from planner.errors import PlanError
from planner.sweep.search import END, Points, Search, Step


def steps_at(search: Search, corners: list[int], reach_m: float) -> list[Step]:
    """Ways to change the path at each of the corners (alive, in flying order) and the leg after it, by ``reach_m``.

    Only those that save time, or that could see enough of what is unseen to be worth the time they take.
    """
    if not corners:
        return []
    run = _Run(search, corners, reach_m)
    i, q = run.at(0), run.at(1)
    p, r = run.at(-1), run.at(2)
    to_p, to_q, to_r = _toward(i, p, reach_m), _toward(i, q, reach_m), _toward(q, r, reach_m)
    along = q - i
    length = np.hypot(*along.T)[:, None]
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(length, 1e-9) * reach_m
    side[length[:, 0] < 1e-9] = np.nan
    one = [(), *((i + s * move,) for move in (to_p, to_q) for s in (1.0, -1.0))]
    two = [(), ((i + q) / 2,)]
    two += [(i + s * to_p, q + s * to_r) for s in (1.0, -1.0)]
    two += [(i + s * side, q + s * side) for s in (1.0, -1.0)]
    kinds = [(1, points) for points in one] + [(2, points) for points in two]
    return run.worth(kinds)


class _Run:
    """Corners in a row with those around them, as arrays; what is beyond the path's ends is NaN."""

    def __init__(self, search: Search, corners: list[int], reach_m: float) -> None:
        self.search, self.reach_m = search, reach_m
        before = search.before[corners[0]]
        numbers = [END if before == END else search.before[before], before, *corners]
        for _ in range(3):
            numbers.append(END if numbers[-1] == END else search.after[numbers[-1]])
        self.numbers, self.count = numbers, len(corners)
        beyond = (math.nan, math.nan)
        self.points = np.array([beyond if k == END else search.at[k] for k in numbers])

    def at(self, ahead: int) -> Points:
        """The corner so many places after each one, (n, 2)."""
        return self.points[2 + ahead : 2 + ahead + self.count]

    def worth(self, kinds: list[tuple[int, tuple[Points, ...]]]) -> list[Step]:
        """Steps of those kinds, each so many old corners and the new points instead, that may pay."""
        search = self.search
        motion, n = search.frame.motion, self.count
        padded = self.points.copy()
        frame, numbers = search.frame, self.numbers
        if frame.start is not None and numbers[1] == END:
            padded[1] = frame.start
        last = next((k for k in range(2, len(numbers)) if numbers[k] == END), None)
        if frame.end is not None and last is not None:
            padded[last] = frame.end
        times = np.nan_to_num(motion.times_s(np.hypot(*np.diff(padded, axis=0).T)))
        unseen = self._unseen_near()
        # legs that begin or end beyond the path are NaN and take no time, repeated points take none either
        ways = np.empty((len(kinds), n, 4, 2))
        before, could = np.empty((len(kinds), n)), np.zeros((len(kinds), n))
        for k, (old, points) in enumerate(kinds):
            ways[k, :, 0], ways[k, :, 1:] = padded[1 : 1 + n], padded[2 + old : 2 + old + n, None]
            for j, point in enumerate(points):
                ways[k, :, 1 + j] = point
            span = slice(1, 2 + old)
            before[k] = sliding_window_view(times[span.start : old + 1 + n], old + 1).sum(axis=1)
            if points:
                could[k] = sliding_window_view(unseen[span.start : old + 1 + n], old + 1).sum(axis=1)
        steps_m = np.diff(ways, axis=2)
        new = np.nan_to_num(motion.times_s(np.sqrt((steps_m * steps_m).sum(axis=3)))).sum(axis=2)
        saved = before - new
        for k, (old, points) in enumerate(kinds):
            for point in points:
                saved[k, np.isnan(point[:, 0])] = -np.inf
            if old == 2:
                saved[k, np.isnan(self.at(1)[:, 0])] = -np.inf
        search.spent_us += 600.0 + 1.2 * saved.size
        pays = (saved > 1e-6) | (saved + search.price * could > 1e-6)
        steps: list[Step] = []
        for at, k in np.argwhere(pays.T).tolist():
            old, points = kinds[k]
            if search.size - old + len(points) < 2:
                continue
            there = [(float(point[at, 0]), float(point[at, 1])) for point in points]
            first = 2 + at
            ids = numbers[first : first + old]
            steps.append(Step(numbers[first - 1], ids, numbers[first + old], there, float(saved[k, at])))
        return steps

    def _unseen_near(self) -> NDArray[np.float64]:
        """How many unseen cells each leg could see if it were moved, (n + 3,)."""
        grid = self.search.frame.grid
        if self.search.unseen == 0:
            return np.zeros(len(self.points) - 1)
        cells = self.search.unseen_places()
        a, b = self.points[:-1], self.points[1:]
        a, b = np.where(np.isnan(a), b, a), np.where(np.isnan(b), a, b)
        reach = grid.radius_m + self.reach_m
        low, high = np.nanmin(self.points, axis=0) - reach, np.nanmax(self.points, axis=0) + reach
        cells = cells[((cells >= low) & (cells <= high)).all(axis=1)]
        d = b - a
        square = np.maximum((d * d).sum(axis=1), 1e-12)
        across = cells[None] - a[:, None]
        share = np.clip((across * d[:, None]).sum(axis=2) / square[:, None], 0.0, 1.0)
        off = across - share[..., None] * d[:, None]
        self.search.spent_us += 0.03 * off.size
        return np.asarray(((off * off).sum(axis=2) <= reach * reach).sum(axis=1), dtype=np.float64)


def _toward(a: Points, b: Points, step_m: float) -> Points:
    """Moves (n, 2) from a toward b by a step, never beyond b; NaN where there is no way."""
    way = b - a
    length = np.hypot(*way.T)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(length < 1e-9, np.nan, way * np.minimum(step_m / length, 1.0)))


def gaps(search: Search, most: int) -> Points:
    """Places to see from what is unseen, (k, 2): of each cluster the cell nearest to its middle, the largest first."""
    grid = search.frame.grid
    middles = grid.centres(grid.unseen)
    if len(middles) == 0:
        return np.empty((0, 2))
    key = np.floor((middles - middles.min(axis=0)) / grid.radius_m).astype(np.int64)
    _, cluster, counts = np.unique(key[:, 0] * 1_000_003 + key[:, 1], return_inverse=True, return_counts=True)
    mean = np.stack([np.bincount(cluster, middles[:, k]) for k in (0, 1)], axis=1) / counts[:, None]
    order = np.lexsort((np.hypot(*(middles - mean[cluster]).T), cluster))
    nearest = order[np.concatenate([[0], np.cumsum(counts)[:-1]])]
    return search.frame.space.pulled_in(middles[nearest[np.argsort(-counts, kind="stable")[:most]]])


def fills(search: Search, most: int) -> list[Step]:
    """Ways to reach for unseen places from the nearest legs: by another corner, or by one instead of an old one."""
    places = gaps(search, most)
    corners = search.corners()
    path = search.path()
    a, d = path[:-1], np.diff(path, axis=0)
    square = np.maximum((d * d).sum(axis=1), 1e-12)
    size = search.frame.grid.radius_m
    search.spent_us += len(places) * (60.0 + 0.05 * len(path))
    steps: list[Step] = []
    for place in places:
        t = np.clip(((place - a) * d).sum(axis=1) / square, 0, 1)
        foot = a + t[:, None] * d
        far = np.hypot(*(foot - place).T)
        for leg in np.argsort(far, kind="stable")[:3].tolist():
            i, j = corners[leg], corners[leg + 1]
            for short in (0.6 * size, 0.0):
                share = 1.0 - short / max(far[leg], 1e-9)
                if share > 0.0:
                    x, y = (foot[leg] + (place - foot[leg]) * share).tolist()
                    steps.append(Step(i, [], j, [(x, y)]))
                    steps.append(Step(search.before[i], [i], j, [(x, y)]))
                    steps.append(Step(i, [j], search.after[j], [(x, y)]))
    return steps


def detours(search: Search, most: int) -> list[Step]:
    """Ways to unseen places from the nearest corners and back, around whatever is between."""
    corners = search.corners()
    path = search.path()
    pairs = [
        (k, place)
        for place in gaps(search, most)
        for k in np.argsort(np.hypot(*(path - place).T), kind="stable")[:2].tolist()
    ]
    if not pairs:
        return []
    starts, ends = path[[k for k, _ in pairs]], np.array([place for _, place in pairs])
    try:
        ways = search.frame.space.ways(starts, ends, corner_m=search.frame.motion.stop_m)
    except PlanError:
        return []
    search.spent_us += 1500.0 * len(pairs)
    steps: list[Step] = []
    for (k, _), way in zip(pairs, ways, strict=True):
        here, after = corners[k], search.after[corners[k]]
        there = [(float(x), float(y)) for x, y in way[1:]]
        back = [*there[-2::-1], search.at[here]] if after != END else []
        steps.append(Step(here, [], after, [*there, *back]))
    return steps
