"""Local search on a path: less time for the same share of the area seen.

A path is a list of corners. A step moves, drops or adds corners; it is taken when seconds saved outweigh cells no
longer seen at the going price. The price is raised while too little is seen and lowered while there is slack, and the
best path that sees enough is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.paths import FreeSpace
from planner.sweep.grid import Cells, SeenGrid
from planner.sweep.motion import Motion

Point = tuple[float, float]
Leg = tuple[Point, Point]


class Search:
    """A path under improvement, with what each leg sees."""

    def __init__(self, corners: NDArray[np.float64], grid: SeenGrid, space: FreeSpace, motion: Motion, allowed: int) -> None:
        self.grid, self.space, self.motion, self.allowed = grid, space, motion, allowed
        self.path: list[Point] = [(float(x), float(y)) for x, y in corners]
        self.cells: dict[Leg, Cells] = {}
        for leg in self._legs(self.path):
            self.grid.count[self._cells(leg)] += 1
        self.unseen = len(grid.unseen)
        self.time_s = sum(self._time(leg) for leg in self._legs(self.path))
        self.best = list(self.path) if self.unseen <= allowed else None
        self.best_s = self.time_s if self.best else math.inf
        self.price = 0.0
        self.tries = 0

    def restart(self, corners: NDArray[np.float64], allowed: int) -> None:
        """Start again from a path, with another number of cells that may stay unseen."""
        for leg in self._legs(self.path):
            self.grid.count[self._cells(leg)] -= 1
        self.__init__(corners, self.grid, self.space, self.motion, max(allowed, 0))  # type: ignore[misc]

    @staticmethod
    def _legs(path: list[Point]) -> list[Leg]:
        return list(zip(path[:-1], path[1:], strict=True))

    def _cells(self, leg: Leg) -> Cells:
        found = self.cells.get(leg)
        if found is None:
            (ax, ay), (bx, by) = leg
            found = self.grid.seen_from(ax, ay, bx, by)
            self.cells[leg] = found
        return found

    def _time(self, leg: Leg) -> float:
        (ax, ay), (bx, by) = leg
        return self.motion.time_s(math.hypot(ax - bx, ay - by))

    def _clear(self, legs: list[Leg]) -> bool:
        points = np.array(legs)
        return bool(self.space.sees(points[:, 0], points[:, 1]).all())

    def attempt(self, start: int, stop: int, middle: list[Point]) -> bool:
        """Replace the corners from start up to stop with others, if that pays at the going price."""
        path = self.path
        before, after = path[max(start - 1, 0) : start], path[stop : stop + 1]
        old_run, new_run = before + path[start:stop] + after, before + middle + after
        if len(path) - (stop - start) + len(middle) < 2:
            return False
        old, new = self._legs(old_run), self._legs(new_run)
        saved = sum(map(self._time, old)) - sum(map(self._time, new))
        most_gain = saved + self.price * self.unseen
        if most_gain <= 1e-6:
            return False
        if saved <= 0 and self.unseen == 0:
            return False
        self.tries += 1
        if new and not self._clear(new):
            return False
        count = self.grid.count
        lost = 0
        for leg in old:
            cells = self._cells(leg)
            count[cells] -= 1
            lost += int(np.count_nonzero(count[cells] == 0))
        for leg in new:
            cells = self._cells(leg)
            lost -= int(np.count_nonzero(count[cells] == 0))
            count[cells] += 1
        if saved - self.price * lost > 1e-6:
            path[start:stop] = middle
            self.unseen += lost
            self.time_s -= saved
            if self.unseen <= self.allowed and self.time_s < self.best_s - 1e-9:
                self.best, self.best_s = list(path), self.time_s
            return True
        for leg in new:
            count[self._cells(leg)] -= 1
        for leg in old:
            count[self._cells(leg)] += 1
        return False

    def steps(self, i: int, reach: float) -> Iterator[tuple[int, int, list[Point]]]:
        """Ways to change the path at corner i."""
        path = self.path
        n = len(path)
        x, y = path[i]
        yield i, i + 1, []
        if i + 2 <= n:
            yield i, i + 2, []
        for j in (i - 1, i + 1):
            if 0 <= j < n:
                dx, dy = path[j][0] - x, path[j][1] - y
                length = math.hypot(dx, dy)
                if length > 1e-9:
                    step = min(reach, length)
                    ux, uy = dx / length * step, dy / length * step
                    yield i, i + 1, [(x + ux, y + uy)]
                    yield i, i + 1, [(x - ux, y - uy)]
        if i + 1 < n:
            p, q = path[i], path[i + 1]
            dx, dy = q[0] - p[0], q[1] - p[1]
            length = math.hypot(dx, dy)
            if length > 1e-9:
                ux, uy = -dy / length * reach, dx / length * reach
                for s in (1, -1):
                    yield i, i + 2, [(p[0] + s * ux, p[1] + s * uy), (q[0] + s * ux, q[1] + s * uy)]

    def fill(self, clusters: int) -> int:
        """Reach for unseen places: the largest first, from the nearest legs. Returns how many were taken."""
        taken = 0
        for point in self._gaps(clusters):
            path = np.array(self.path)
            if len(path) < 2:
                self.attempt(1, 1, [point])
                continue
            a, b = path[:-1], path[1:]
            d = b - a
            t = np.clip(((np.array(point) - a) * d).sum(1) / np.maximum((d * d).sum(1), 1e-12), 0, 1)
            gap = np.hypot(*(a + t[:, None] * d - point).T)
            for leg in np.argsort(gap, kind="stable")[:4].tolist():
                if self.attempt(leg + 1, leg + 1, [point]):
                    taken += 1
                    break
                foot = tuple((a[leg] + t[leg] * d[leg]).tolist())
                if 0 < t[leg] < 1 and self.attempt(leg + 1, leg + 1, [foot, point, foot]):  # type: ignore[list-item]
                    taken += 1
                    break
        return taken

    def _gaps(self, clusters: int) -> list[Point]:
        cells = self.grid.unseen
        if len(cells) == 0:
            return []
        at = self.grid.centres(cells)
        size = self.grid.radius_m
        key = np.floor((at - [self.grid.west, self.grid.south]) / size).astype(np.int64)
        _, inverse, counts = np.unique(key[:, 0] * 1_000_003 + key[:, 1], return_inverse=True, return_counts=True)
        sums = np.stack([np.bincount(inverse, at[:, k]) for k in (0, 1)], 1) / counts[:, None]
        top = np.argsort(-counts, kind="stable")[:clusters]
        return [(float(x), float(y)) for x, y in self.space.pulled_in(sums[top])]


def complete(search: Search, rounds: int = 60) -> bool:
    """Reach for unseen places at any price until enough is seen; whether it is."""
    for k in range(rounds):
        if search.unseen <= search.allowed:
            break
        search.price = 10.0 ** (k // 2)
        search.fill(60)
    return search.unseen <= search.allowed


def improve(search: Search, budget: int) -> None:
    """Steps until the tries are used up, the price following what is seen."""
    swath = 2 * search.grid.radius_m
    cell = search.grid.cell_m**2
    search.price = 8.0 * cell / (search.motion.speed_mps * swath)
    reaches = [swath / 4, swath / 8, swath / 16, swath / 2]
    rounds = 0
    while search.tries < budget:
        before = search.tries
        if search.unseen > search.allowed * 0.8:
            search.fill(40)
        reach = reaches[rounds % len(reaches)]
        i = 0
        while i < len(search.path) and search.tries < budget:
            for start, stop, middle in search.steps(i, reach):
                if search.attempt(start, stop, middle):
                    break
            i += 1
        if search.unseen > search.allowed:
            search.price *= 1.5
        elif search.unseen < 0.7 * search.allowed:
            search.price *= 0.7
        rounds += 1
        if search.tries == before and search.unseen <= search.allowed and search.price < 1e-9:
            break
    complete(search)
