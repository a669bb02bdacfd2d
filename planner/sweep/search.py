"""A path under improvement: its corners, what each leg sees, and what a step would gain and lose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.paths import FreeSpace
from planner.sweep.grid import Cells, SeenGrid
from planner.sweep.motion import Motion

Point = tuple[float, float]
Points = NDArray[np.float64]

END = -1
"""The number of no corner: before the first and after the last."""

_BATCH = 48
_ONE = np.int16(1)


@dataclass(slots=True)
class Step:
    """Fly over ``points`` instead of the corners ``old``, between the corners ``before`` and ``after``."""

    before: int
    old: list[int]
    after: int
    points: list[Point]
    saved_s: float = 0.0
    seen: list[Cells] | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """What stays the same while a path is improved.

    ``start`` and ``end`` are where the drone comes from and goes to. Where ``heading`` (a unit vector) is given, legs
    along it keep their lines.
    """

    grid: SeenGrid
    space: FreeSpace
    motion: Motion
    swath_m: float
    start: Point | None = None
    end: Point | None = None
    heading: Point | None = None


class Search:
    """Corners are numbered and linked; one that moves is a new one, so a step that speaks of gone ones is void."""

    def __init__(self, frame: Frame, corners: Points, allowed: int) -> None:
        self.frame = frame
        self.allowed = allowed
        self.cap = allowed + allowed // 2 + 2
        self.price = 0.0
        self.rounds = 0
        self.tried = 0
        self.spent_us = 0.0
        self._unseen_places: Points | None = None
        self._pace = frame.motion.speed_mps, frame.motion.stop_s, frame.motion.stop_m
        self.best: list[Point] | None = None
        self.best_s = math.inf
        self.load(corners)

    def load(self, corners: Points) -> None:
        """Take over a path (n, 2), n ≥ 2."""
        n, grid = len(corners), self.frame.grid
        grid.clear()
        self.at: list[Point] = [(float(x), float(y)) for x, y in corners]
        self.after: list[int] = [*range(1, n), END]
        self.before: list[int] = [END, *range(n - 1)]
        self.alive = [True] * n
        self.first, self.size = 0, n
        self.cells: list[Cells | None] = []
        for cells in grid.seen_from(np.concatenate([corners[:-1], corners[1:]], axis=1)):
            self.cells.append(cells)
            grid.count[cells] += 1
        self.cells.append(None)
        self.unseen = len(grid.unseen)
        self.time_s = self.frame.motion.path_s(corners)
        self.keep_best()

    def corners(self) -> list[int]:
        """Numbers of the corners in flying order."""
        found, here = [], self.first
        while here != END:
            found.append(here)
            here = self.after[here]
        return found

    def path(self) -> Points:
        """The corners, (n, 2)."""
        return np.array([self.at[i] for i in self.corners()])

    def result(self) -> Points:
        """The fastest path that saw enough, else the path as it is; (n, 2)."""
        return self.path() if self.best is None else np.array(self.best)

    def keep_best(self) -> None:
        """Remember the path if it sees enough and is the fastest so far."""
        if self.unseen <= self.allowed and self.time_s < self.best_s - 1e-9:
            self.best, self.best_s = [self.at[i] for i in self.corners()], self.time_s

    def unseen_places(self) -> Points:
        """Middles of cells that no leg sees, (n, 2), m; as of the last round."""
        if self._unseen_places is None:
            grid = self.frame.grid
            self._unseen_places = grid.centres(grid.unseen)
            self.spent_us += 0.002 * len(grid.inside)
        return self._unseen_places

    def new_round(self) -> None:
        """From here on, look anew at what is unseen."""
        self._unseen_places = None

    def try_all(self, steps: list[Step]) -> None:
        """Take those steps that pay, one after the other, prepared in batches that fit the cache."""
        for k in range(0, len(steps), _BATCH):
            self.try_worthy(self._worth(steps[k : k + _BATCH]))

    def try_worthy(self, steps: list[Step]) -> None:
        """As :meth:`try_all`, for steps that know what they save and could pay."""
        heading = self.frame.heading
        if heading is not None:
            steps = [step for step in steps if self._keeps_lanes(step, heading)]
        for k in range(0, len(steps), _BATCH):
            for step in self._inside([step for step in steps[k : k + _BATCH] if self._stands(step)]):
                self._attempt(step)

    def buy(self, steps: list[Step], dearest: float) -> None:
        """Take steps that cost at most so many seconds a cell, the cheapest first, until enough is seen."""
        count = self.frame.grid.count
        offers: list[tuple[float, int, Step]] = []
        worthy = self._worth(steps)
        for k in range(0, len(worthy), _BATCH):
            for step in self._inside(worthy[k : k + _BATCH]):
                fresh = sum(len(cells) - int(np.count_nonzero(count.take(cells))) for cells in step.seen or ())
                self.spent_us += 10.0
                if fresh > 0:
                    offers.append((-step.saved_s / fresh, len(offers), step))
        for ratio, _, step in sorted(offers, key=lambda offer: offer[:2]):
            if self.unseen <= self.allowed:
                break
            if ratio <= dearest:
                self.price = dearest
                self._attempt(step)

    def _stands(self, step: Step) -> bool:
        """Whether the corners that a step speaks of are still there, in that order."""
        here = step.before
        for there in (*step.old, step.after):
            if here == END:
                if there != END and (not self.alive[there] or self.before[there] != END):
                    return False
            elif not self.alive[here] or self.after[here] != there:
                return False
            here = there
        return True

    def _keeps_lanes(self, step: Step, heading: Point) -> bool:
        old = [self.at[i] for i in (step.before, *step.old, step.after) if i != END]
        return _keeps_lanes(old, self._run(step), heading, self.frame.swath_m)

    def _worth(self, steps: list[Step]) -> list[Step]:
        """Those steps that could pay, with the seconds they save."""
        kept = []
        self.spent_us += 6.0 * len(steps)
        for step in steps:
            old, new = [self.at[i] for i in (step.before, *step.old, step.after) if i != END], self._run(step)
            if self.size - len(step.old) + len(step.points) < 2:
                continue
            if step.before == END and self.frame.start is not None:
                old, new = [self.frame.start, *old], [self.frame.start, *new]
            if step.after == END and self.frame.end is not None:
                old, new = [*old, self.frame.end], [*new, self.frame.end]
            step.saved_s = self._time_s(old) - self._time_s(new)
            if step.saved_s > 1e-6 or self.unseen:
                kept.append(step)
        return kept

    def _run(self, step: Step) -> list[Point]:
        """The points of the step with the corners at its ends."""
        head = [self.at[step.before]] if step.before != END else []
        tail = [self.at[step.after]] if step.after != END else []
        return head + step.points + tail

    def _time_s(self, run: list[Point]) -> float:
        """As :meth:`Motion.path_s`, but quick for a few points."""
        speed, stop, full = self._pace
        time = 0.0
        for (ax, ay), (bx, by) in pairwise(run):
            length = math.hypot(ax - bx, ay - by)
            time += length / speed + stop if length >= full else 2.0 * math.sqrt(length * stop / speed)
        return time

    def _inside(self, steps: list[Step]) -> list[Step]:
        """Those steps whose new legs stay in free space, with what these see."""
        runs = [self._run(step) for step in steps]
        legs = [(*a, *b) for run in runs for a, b in pairwise(run)]
        if not legs:
            return []
        table = np.array(legs)
        owner = np.repeat(np.arange(len(steps)), [len(run) - 1 for run in runs])
        good = np.ones(len(steps), dtype=np.bool_)
        good[owner[~self.frame.space.sees(table[:, :2], table[:, 2:])]] = False
        keep = good[owner]
        seen: list[list[Cells]] = [[] for _ in steps]
        total = 0
        for k, cells in zip(owner[keep].tolist(), self.frame.grid.seen_from(table[keep]), strict=True):
            seen[k].append(cells)
            total += len(cells)
        for step, cells_of in zip(steps, seen, strict=True):
            step.seen = cells_of
        self.spent_us += 5.0 * len(legs) + 12.0 * int(keep.sum()) + 0.006 * total
        return [step for step, fine in zip(steps, good.tolist(), strict=True) if fine]

    def _old_cells(self, step: Step) -> list[Cells] | None:
        """What the legs to be replaced see, or None where the corners are no longer there in that order."""
        found: list[Cells] = []
        here = step.before
        for there in (*step.old, step.after):
            if here != END:
                cells = self.cells[here]
                if not self.alive[here] or self.after[here] != there:
                    return None
                if cells is not None:
                    found.append(cells)
            here = there
        return found if here == END or self.alive[here] else None

    def _attempt(self, step: Step) -> bool:
        """Take the step if it pays at the going price."""
        old, new = self._old_cells(step), step.seen
        if old is None or new is None:
            return False
        self.tried += 1
        self.spent_us += 25.0 + 0.008 * (sum(map(len, old)) + sum(map(len, new)))
        count = self.frame.grid.count
        if step.saved_s <= 0.0:
            fresh = sum(len(cells) - int(np.count_nonzero(count.take(cells))) for cells in new)
            if step.saved_s + self.price * fresh <= 1e-6:
                return False
        lost = 0
        undo: list[tuple[Cells, NDArray[np.int16]]] = []
        for cells in old:
            before = count.take(cells)
            undo.append((cells, before))
            count[cells] = after = before - _ONE
            lost += len(after) - int(np.count_nonzero(after))
        for cells in new:
            before = count.take(cells)
            undo.append((cells, before))
            lost -= len(before) - int(np.count_nonzero(before))
            count[cells] = before + _ONE
        if step.saved_s - self.price * lost > 1e-6 and (lost <= 0 or self.unseen + lost <= self.cap):
            self._link(step, new)
            self.unseen += lost
            self.time_s -= step.saved_s
            return True
        for cells, before in reversed(undo):
            count[cells] = before
        return False

    def _link(self, step: Step, seen: list[Cells]) -> None:
        for i in step.old:
            self.alive[i] = False
        fresh = list(range(len(self.at), len(self.at) + len(step.points)))
        self.at.extend(step.points)
        self.alive.extend([True] * len(fresh))
        self.after.extend([END] * len(fresh))
        self.before.extend([END] * len(fresh))
        self.cells.extend([None] * len(fresh))
        chain = [i for i in (step.before, *fresh, step.after) if i != END]
        for (a, b), cells in zip(pairwise(chain), seen, strict=True):
            self.after[a], self.before[b], self.cells[a] = b, a, cells
        if step.before == END:
            self.first, self.before[chain[0]] = chain[0], END
        if step.after == END:
            self.after[chain[-1]], self.cells[chain[-1]] = END, None
        self.size += len(fresh) - len(step.old)


def _keeps_lanes(old: list[Point], new: list[Point], heading: Point, swath_m: float) -> bool:
    """Whether every leg of a run along the heading has one on the same line in the other run."""
    lines = _lines(new, heading, 0.0)
    return all(any(abs(line - other) < 1e-6 for other in lines) for line in _lines(old, heading, swath_m / 2))


def _lines(run: list[Point], heading: Point, least_m: float) -> list[float]:
    """Distances from the origin of the lines of legs along a heading that are longer than the least."""
    ux, uy = heading
    found = []
    for (ax, ay), (bx, by) in pairwise(run):
        across, along = (bx - ax) * uy - (by - ay) * ux, (bx - ax) * ux + (by - ay) * uy
        if abs(along) > least_m and abs(across) < 1e-6 * max(1.0, abs(along)):
            found.append(ax * uy - ay * ux)
    return found
