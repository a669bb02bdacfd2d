"""Local search on a path: less time for the same share of the area seen.

A step replaces a run of corners by others. It is taken when the seconds saved outweigh the cells no longer seen at the
going price; the price follows what is still unseen, and the best path that sees enough is kept. Steps are proposed for
a handful of corners at once, so that what new legs see is computed in bulk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.paths import FreeSpace
from planner.sweep.grid import Cells, SeenGrid
from planner.sweep.motion import Motion

Point = tuple[float, float]

_END = -1
_CHUNK = 24


@dataclass(slots=True)
class Step:
    """Between corners ``before`` and ``after`` (``_END``: none), fly over the points instead."""

    before: int
    old: list[int]
    after: int
    points: list[Point]
    saved_s: float = 0.0
    legs: list[Cells] | None = None


class Search:
    """A path under improvement, with what each leg sees. Corners are numbered and linked; a moved one is a new one."""

    def __init__(
        self,
        corners: NDArray[np.float64],
        grid: SeenGrid,
        space: FreeSpace,
        motion: Motion,
        allowed: int,
        start: Point | None = None,
        end: Point | None = None,
    ) -> None:
        self.grid, self.space, self.motion, self.allowed = grid, space, motion, allowed
        self.start, self.end = start, end
        self.price = 0.0
        self.cap = int(allowed * 1.5) + 2
        self.spent = 0
        self.rounds = 0
        self.load(corners)
        self.best: list[Point] | None = None
        self.best_s = math.inf
        self.keep_best()

    def load(self, corners: NDArray[np.float64]) -> None:
        """Take over another path."""
        self.grid.clear()
        n = len(corners)
        self.at: list[Point] = [(float(x), float(y)) for x, y in corners]
        self.after: list[int] = [*range(1, n), _END]
        self.before: list[int] = [_END, *range(n - 1)]
        self.alive = [True] * n
        self.first = 0
        legs = np.concatenate([corners[:-1], corners[1:]], axis=1)
        self.cells: list[Cells | None] = [*self.grid.seen_from(legs), None]
        for cells in self.cells[:-1]:
            self.grid.count[cells] += 1
        self.size = n
        self.unseen = len(self.grid.unseen)
        self.time_s = self.motion.path_s(corners)

    def corners(self) -> list[int]:
        """Numbers of the corners in flying order."""
        found, here = [], self.first
        while here != _END:
            found.append(here)
            here = self.after[here]
        return found

    def path(self) -> list[Point]:
        """Corners in flying order."""
        return [self.at[i] for i in self.corners()]

    def keep_best(self) -> None:
        """Remember the path if it sees enough and is the fastest so far."""
        if self.unseen <= self.allowed and self.time_s < self.best_s - 1e-9:
            self.best, self.best_s = [self.at[i] for i in self.corners()], self.time_s

    def leg_s(self, a: Point, b: Point) -> float:
        """Time for one leg, s."""
        return self.motion.time_s(math.hypot(a[0] - b[0], a[1] - b[1]))

    def worth(self, steps: list[Step], near_unseen: bool) -> list[Step]:
        """Those steps that could pay, with the seconds they save."""
        kept = []
        for step in steps:
            run = [self.at[i] for i in (step.before, *step.old, step.after) if i != _END]
            new = self.run(step)
            if self.size - len(step.old) + len(step.points) < 2:
                continue
            if step.before == _END and self.start is not None:
                run, new = [self.start, *run], [self.start, *new]
            if step.after == _END and self.end is not None:
                run, new = [*run, self.end], [*new, self.end]
            saved = sum(map(self.leg_s, run[:-1], run[1:])) - sum(map(self.leg_s, new[:-1], new[1:]))
            if saved > 1e-6 or near_unseen:
                step.saved_s = saved
                kept.append(step)
        return kept

    def run(self, step: Step) -> list[Point]:
        """The points of the step with the corners at its ends."""
        head = [self.at[step.before]] if step.before != _END else []
        tail = [self.at[step.after]] if step.after != _END else []
        return head + step.points + tail

    def prepare(self, steps: list[Step]) -> list[Step]:
        """Those steps whose new legs stay inside, with what these see."""
        legs: list[tuple[float, float, float, float]] = []
        owner: list[int] = []
        for k, step in enumerate(steps):
            new = self.run(step)
            for a, b in zip(new[:-1], new[1:], strict=True):
                legs.append((*a, *b))
                owner.append(k)
        if not legs:
            return steps
        table = np.array(legs)
        clear = self.space.sees(table[:, :2], table[:, 2:])
        good = np.ones(len(steps), dtype=np.bool_)
        owners = np.array(owner)
        good[owners[~clear]] = False
        keep = good[owners]
        seen = self.grid.seen_from(table[keep])
        for step in steps:
            step.legs = []
        for k, cells in zip(owners[keep].tolist(), seen, strict=True):
            steps[k].legs.append(cells)  # type: ignore[union-attr]
        return [step for step, fine in zip(steps, good.tolist(), strict=True) if fine]

    def valid(self, step: Step) -> bool:
        """Whether the corners the step speaks of are still there, in that order."""
        chain = [i for i in (step.before, *step.old, step.after) if i != _END]
        if not all(self.alive[i] for i in chain):
            return False
        return all(self.after[a] == b for a, b in zip(chain[:-1], chain[1:], strict=True))

    def attempt(self, step: Step) -> bool:
        """Take the step if it pays at the going price."""
        if step.legs is None or not self.valid(step):
            return False
        self.spent += 1
        count = self.grid.count
        chain = [i for i in (step.before, *step.old, step.after) if i != _END]
        gone = [self.cells[i] for i in chain[:-1]]
        lost = 0
        for cells in gone:
            seen = count[cells] - 1
            count[cells] = seen
            lost += len(seen) - int(np.count_nonzero(seen))
        for cells in step.legs:
            seen = count[cells]
            lost -= len(seen) - int(np.count_nonzero(seen))
            count[cells] = seen + 1
        if step.saved_s - self.price * lost > 1e-6 and (lost <= 0 or self.unseen + lost <= self.cap):
            self._link(step)
            self.unseen += lost
            self.time_s -= step.saved_s
            return True
        for cells in step.legs:
            count[cells] -= 1
        for cells in gone:
            count[cells] += 1
        return False

    def _link(self, step: Step) -> None:
        for i in step.old:
            self.alive[i] = False
        base = len(self.at)
        fresh = list(range(base, base + len(step.points)))
        self.at.extend(step.points)
        self.alive.extend([True] * len(fresh))
        self.after.extend([_END] * len(fresh))
        self.before.extend([_END] * len(fresh))
        self.cells.extend([None] * len(fresh))
        chain = [i for i in (step.before, *fresh, step.after) if i != _END]
        for a, b, cells in zip(chain[:-1], chain[1:], step.legs or [], strict=True):
            self.after[a], self.before[b], self.cells[a] = b, a, cells
        if step.before == _END:
            self.first = chain[0]
            self.before[chain[0]] = _END
        if step.after == _END:
            self.after[chain[-1]] = _END
            self.cells[chain[-1]] = None
        self.size += len(fresh) - len(step.old)


def steps_at(search: Search, i: int, reach: float) -> list[Step]:
    """Ways to change the path at corner i: drop, merge, move along its legs, shift a leg."""
    at, p, q = search.at, search.before[i], search.after[i]
    here = at[i]
    steps = [Step(p, [i], q, [])]
    for j in (p, q):
        if j != _END:
            for sign in (1.0, -1.0):
                steps.append(Step(p, [i], q, [_toward(here, at[j], sign * reach)]))
    if q == _END:
        return steps
    r = search.after[q]
    there = at[q]
    steps.append(Step(p, [i, q], r, []))
    steps.append(Step(p, [i, q], r, [((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)]))
    if p != _END and r != _END:
        for sign in (1.0, -1.0):
            steps.append(Step(p, [i, q], r, [_toward(here, at[p], sign * reach), _toward(there, at[r], sign * reach)]))
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = math.hypot(dx, dy)
    if length > 1e-9:
        ux, uy = -dy / length * reach, dx / length * reach
        for s in (1.0, -1.0):
            steps.append(Step(p, [i, q], r, [(here[0] + s * ux, here[1] + s * uy), (there[0] + s * ux, there[1] + s * uy)]))
    return steps


def _toward(a: Point, b: Point, step: float) -> Point:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    if length < 1e-9:
        return a
    share = min(step, length) / length
    return a[0] + dx * share, a[1] + dy * share


def fills(search: Search, most: int) -> list[list[Step]]:
    """Ways to reach for unseen places, the largest first: over a corner between two others, or instead of one."""
    grid = search.grid
    cells = grid.unseen
    if len(cells) == 0:
        return []
    middles = grid.centres(cells)
    size = grid.radius_m
    key = np.floor((middles - middles.min(axis=0)) / size).astype(np.int64)
    _, inverse, counts = np.unique(key[:, 0] * 1_000_003 + key[:, 1], return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(inverse, middles[:, k]) for k in (0, 1)], axis=1) / counts[:, None]
    gaps = search.space.pulled_in(sums[np.argsort(-counts, kind="stable")[:most]])
    corners = search.corners()
    path = np.array([search.at[i] for i in corners])
    a, d = path[:-1], np.diff(path, axis=0)
    found = []
    for gap in gaps:
        t = np.clip(((gap - a) * d).sum(axis=1) / np.maximum((d * d).sum(axis=1), 1e-12), 0, 1)
        foot = a + t[:, None] * d
        far = np.hypot(*(foot - gap).T)
        steps: list[Step] = []
        for leg in np.argsort(far, kind="stable")[:3].tolist():
            i, j = corners[leg], corners[leg + 1]
            for short in (0.0, 0.6 * size):
                share = max(0.0, 1.0 - short / max(far[leg], 1e-9))
                if share <= 0.0 or (short and far[leg] < 1e-6):
                    continue
                x, y = (foot[leg] + (gap - foot[leg]) * share).tolist()
                steps.append(Step(i, [], j, [(x, y)]))
                steps.append(Step(search.before[i], [i], j, [(x, y)]))
                steps.append(Step(i, [j], search.after[j], [(x, y)]))
        found.append(steps)
    return found


def improve(search: Search, budget: int) -> None:
    """Steps until the budget is spent, the price following what is unseen."""
    swath = 2 * search.grid.radius_m
    if search.price == 0.0:
        search.price = 16.0 * search.grid.cell_m**2 / (search.motion.speed_mps * swath)
    reaches = [swath / 4, swath / 8, swath / 16, swath / 2]
    rounds = search.rounds
    limit = search.spent + budget
    while search.spent < limit:
        before = search.spent
        reach = reaches[rounds % len(reaches)]
        corners = search.corners()
        for k in range(0, len(corners), _CHUNK):
            steps: list[Step] = []
            for i in corners[k : k + _CHUNK]:
                if search.alive[i]:
                    steps.extend(search.worth(steps_at(search, i, reach), search.unseen > 0))
            for step in search.prepare(steps):
                search.attempt(step)
            if search.spent >= limit:
                break
        if search.unseen > 0.6 * search.allowed:
            groups = fills(search, 30)
            flat = search.prepare([s for group in groups for s in search.worth(group, True)])
            for step in flat:
                search.attempt(step)
        search.keep_best()
        search.price *= 1.5 if search.unseen > search.allowed else 0.8
        rounds += 1
        search.rounds = rounds
        if search.spent == before:
            break


def complete(search: Search, rounds: int = 60) -> None:
    """Reach for unseen places at a rising price until enough is seen."""
    for k in range(rounds):
        if search.unseen <= search.allowed:
            break
        groups = fills(search, 60)
        for step in search.prepare([s for group in groups for s in search.worth(group, True)]):
            search.attempt(step)
        search.price *= 2.0
    search.keep_best()
