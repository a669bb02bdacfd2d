"""From an area to a path: cells, lanes, order, local search, and the proof that enough is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from planner.paths import FreeSpace
from planner.sweep import cells as cutting
from planner.sweep.cells import Cell
from planner.sweep.grid import SeenGrid
from planner.sweep.improve import Search, complete, improve
from planner.sweep.lanes import lay
from planner.sweep.measure import covered_share
from planner.sweep.motion import Motion
from planner.sweep.order import ordered, total
from planner.sweep.transit import Roads, roads

Points = NDArray[np.float64]
Point = tuple[float, float]

ENOUGH = 0.995
"""Share of the area that a sweep sees at least."""

_CELLS = 10_000
_MOST_CELLS = 500_000


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be swept, where flying is allowed, and how."""

    area: Polygon | MultiPolygon
    space: FreeSpace
    swath_m: float
    motion: Motion
    start: Point | None
    end: Point | None
    angle: float | None

    @property
    def coarse_m(self) -> float:
        """Detail that does not matter for choosing cells and roads."""
        return self.swath_m / 12


def plan(task: Task, budget: int, debug=None) -> Points:
    """Corners of a fast path that sees enough, (n, 2)."""
    import time
    t0 = time.process_time()
    ways = roads(task.space, task.motion, task.coarse_m)
    t1 = time.process_time()
    opts = options(task)
    t2 = time.process_time()
    drafts = [draft(task, cells, ways) for cells in opts]
    t3 = time.process_time()
    cell_m = max(min(task.swath_m / 10, math.sqrt(task.area.area / _CELLS)), math.sqrt(task.area.area / _MOST_CELLS))
    angle = opts[0][0].angle
    grid = SeenGrid(task.area, task.swath_m, cell_m, angle + 0.37)
    allowed = int((1 - ENOUGH - 0.0002) * len(grid.inside))
    price = 4.0 * cell_m**2 / (task.motion.speed_mps * task.swath_m)
    runs = []
    for corners in drafts:
        search = Search(corners, grid, task.space, task.motion, allowed, task.start, task.end)
        runs.append((search.time_s + price * max(0, search.unseen - allowed), corners))
    order = sorted(range(len(runs)), key=lambda k: runs[k][0])
    t4 = time.process_time()
    if debug is not None:
        debug["opts"] = [(len(opts[k]), round(math.degrees(opts[k][0].angle)), round(sum(c.time_s for c in opts[k])), round(runs[k][0])) for k in range(len(opts))]
        debug["init"] = runs[order[0]][1]
        debug["cells_"] = opts[order[0]]
    tries = []
    for k in order[:3]:
        search = Search(runs[k][1], grid, task.space, task.motion, allowed, task.start, task.end)
        improve(search, budget // 8)
        tries.append((search.best_s if search.best else search.time_s * 1.5, k, search))
        if runs[k][0] > 1.15 * runs[order[0]][0]:
            break
    tries.sort(key=lambda t: t[:2])
    search = tries[0][2]
    again = Search(np.array(search.best or search.path()), grid, task.space, task.motion, allowed, task.start, task.end)
    again.price, again.rounds = search.price, search.rounds
    improve(again, budget - budget // 8 * len(tries))
    t5 = time.process_time()
    search = again
    out = proven(task, search)
    if debug is not None:
        debug.update(pick=[t[1] for t in tries], grid=len(grid.inside), tm=dict(roads=t1-t0, cut=t2-t1, draft=t3-t2, grid=t4-t3, imp=t5-t4, fin=time.process_time()-t5), rounds=search.rounds)
    return out


def options(task: Task) -> list[list[Cell]]:
    """Ways to cut the area into cells, the most promising first."""
    spare = 0.002 * task.area.area
    if task.angle is not None:
        return [[cutting.cheapest(p, task.swath_m, task.motion, [task.angle], spare) for p in parts(task.area)]]
    simple = task.area.simplify(task.coarse_m)
    found = [cutting.cut(simple, task.swath_m, task.motion)]
    if len(parts(simple)) == 1:
        whole = cutting.ways(parts(simple)[0], task.swath_m, task.motion, cutting.angles_of(simple), spare)
        whole.sort(key=lambda cell: cell.time_s)
        kept: list[Cell] = []
        for cell in whole:
            turned = [abs((cell.angle - other.angle + math.pi / 2) % math.pi - math.pi / 2) for other in kept]
            if cell.time_s < 1.12 * whole[0].time_s and all(turn > 0.05 for turn in turned):
                kept.append(cell)
        found += [[cell] for cell in kept[:4] if len(found[0]) > 1 or abs(cell.angle - found[0][0].angle) > 1e-6]
    return found


def parts(area: Polygon | MultiPolygon) -> list[Polygon]:
    """The polygons of an area."""
    return [part for part in getattr(area, "geoms", [area]) if part.geom_type == "Polygon" and not part.is_empty]


def draft(task: Task, cells: list[Cell], ways: Roads) -> Points:
    """A path over the lanes of all cells in a good order, with the shortest transits between them."""
    body = task.space.inner if not task.space.inner.is_empty else task.space.polygon
    lanes = [lay(c.region, body, c.angle, task.swath_m, c.strips, c.base_m, c.pitch_m) for c in cells]
    ends = task.space.pulled_in(np.concatenate(lanes).reshape(-1, 2))
    fixed = [point for point in (task.start, task.end) if point is not None]
    times = ways.matrix(np.concatenate([ends, np.array(fixed).reshape(-1, 2)]))
    n = len(ends)
    nought = np.zeros(n)
    entry = times[n, :n] if task.start is not None else nought
    leave = times[len(times) - 1, :n] if task.end is not None else nought
    order = ordered(times[:n, :n], entry, leave, starts=1 if n > 100 else 3)
    path = [ends[order[0]][None]]
    for k, here in enumerate(order.tolist()):
        if k:
            last = path[-1][-1]
            path.append(task.space.path((last[0], last[1]), tuple(ends[here]), corner_m=task.motion.stop_m)[1:])
        path.append(ends[here ^ 1][None])
    joined = np.concatenate(path)
    return joined[np.concatenate([[True], np.hypot(*np.diff(joined, axis=0).T) > 1e-6])]


def proven(task: Task, search: Search) -> Points:
    """The best path found, with more seen until the exact share is enough."""
    if search.best is None:
        complete(search)
    grid = search.grid
    for _ in range(8):
        corners = rounded(task.space, np.array(search.best or search.path()))
        share = covered_share(task.area, corners, task.swath_m)
        if share >= ENOUGH:
            break
        search.load(corners)
        missing = (ENOUGH + 0.0001 - share) * len(grid.inside)
        search.allowed = max(0, min(search.unseen, search.allowed) - max(2, math.ceil(missing)))
        search.best, search.best_s = None, math.inf
        complete(search)
    return corners


def rounded(space: FreeSpace, corners: Points) -> Points:
    """Corners rounded to millimetres, where the legs stay inside."""
    return corners.round(3)
