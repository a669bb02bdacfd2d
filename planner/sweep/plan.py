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
from planner.sweep.improve import complete, fair_price, improve
from planner.sweep.lanes import lay
from planner.sweep.measure import covered_share
from planner.sweep.motion import Motion
from planner.sweep.order import ordered, total
from planner.sweep.search import Frame, Search
from planner.sweep.transit import Roads, roads
from planner.sweep.work import Work

Points = NDArray[np.float64]
Point = tuple[float, float]

ENOUGH = 0.995
"""Share of the area that a sweep sees at least."""

_CELLS = 10_000
_TILT = 0.37
"""The raster is turned this far from the lanes, radians, so that a gap along a lane cannot hide between its rows."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be swept, where flying is allowed, and how; ``angle`` is that of all lanes, radians, None for free."""

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


@dataclass(frozen=True, eq=False)
class Draft:
    """Lanes in an order: ends (2n, 2), the ends at which lanes are entered (n,), and the expected time."""

    cells: list[Cell]
    ends: Points
    order: NDArray[np.intp]
    time_s: float


def plan(task: Task, work: Work) -> tuple[Points, SeenGrid]:
    """Corners of a fast path that sees enough, (n, 2), and the raster it was measured on."""
    ways = roads(task.space, task.motion, task.coarse_m)
    drafts = [drafted(task, cells, ways, work) for cells in options(task, work)]
    drafts.sort(key=lambda draft: draft.time_s)
    cell_m = cell_size(task)
    grid = SeenGrid(task.area, task.swath_m, cell_m, drafts[0].cells[0].angle + _TILT)
    allowed = int((1 - ENOUGH - 0.0002) * len(grid.inside))
    heading = None if task.angle is None else (math.cos(task.angle), math.sin(task.angle))
    frame = Frame(grid, task.space, task.motion, task.swath_m, task.start, task.end, heading)
    work.add(0.3 * len(grid.inside))
    best: Search | None = None
    for draft in drafts[:3]:
        if best is not None and (draft.time_s > 1.15 * drafts[0].time_s or work.left(keep=0.5) < 0):
            break
        search = Search(frame, flown(task, draft), allowed)
        work.add(150.0 * search.size)
        improve(search, 0.1 * work.limit_us)
        work.add(search.spent_us)
        if best is None or _merit(search) < _merit(best):
            best = search
    assert best is not None
    best.load(best.result())
    improve(best, work.left(keep=0.06))
    return proven(task, best), grid


def _merit(search: Search) -> float:
    """Seconds, with what is still missing charged dearly."""
    short = max(0, search.unseen - search.allowed)
    return search.best_s if search.best is not None else search.time_s + 16.0 * fair_price(search) * short


def cell_size(task: Task) -> float:
    """Side of a raster cell, m: a tenth of the swath, less for small areas and up to a sixth for large ones."""
    fine, tenth = math.sqrt(task.area.area / _CELLS), task.swath_m / 10
    return fine if fine <= tenth else max(min(max(fine / 2, tenth), task.swath_m / 6), fine / 20)


def options(task: Task, work: Work) -> list[list[Cell]]:
    """Ways to cut the area into cells: the best found, and some of the whole in one direction."""
    spare = 0.002 * task.area.area
    if task.angle is not None:
        return [[cutting.cheapest(p, task.swath_m, task.motion, [task.angle], spare) for p in parts(task.area)]]
    simple = task.area.simplify(task.coarse_m)
    found = [cutting.cut(simple, task.swath_m, task.motion, work)]
    if len(parts(simple)) > 1:
        return found
    whole = cutting.ways(parts(simple)[0], task.swath_m, task.motion, cutting.angles_of(simple), spare)
    whole.sort(key=lambda cell: cell.time_s)
    kept: list[Cell] = [] if len(found[0]) > 1 else found[0][:1]
    most = 4 if whole[0].strips < 40 else 2
    for cell in whole:
        turned = [abs((cell.angle - other.angle + math.pi / 2) % math.pi - math.pi / 2) for other in kept]
        if len(kept) < most and cell.time_s < 1.12 * whole[0].time_s and all(turn > 0.05 for turn in turned):
            kept.append(cell)
            found.append([cell])
    return found


def parts(area: Polygon | MultiPolygon) -> list[Polygon]:
    """The polygons of an area."""
    return [part for part in getattr(area, "geoms", [area]) if part.geom_type == "Polygon" and not part.is_empty]


def drafted(task: Task, cells: list[Cell], ways: Roads, work: Work) -> Draft:
    """Lanes of all cells in a good order."""
    body = task.space.polygon if task.space.inner.is_empty else task.space.inner
    lanes = np.concatenate([lay(c.region, body, c.angle, task.swath_m, c.strips, c.base_m, c.pitch_m) for c in cells])
    ends = task.space.pulled_in(lanes.reshape(-1, 2))
    fixed = [point for point in (task.start, task.end) if point is not None]
    times = ways.matrix(np.concatenate([ends, np.array(fixed).reshape(-1, 2)]))
    n = len(ends)
    entry = times[n, :n] if task.start is not None else np.zeros(n)
    leave = times[-1, :n] if task.end is not None else np.zeros(n)
    order = ordered(times[:n, :n], entry, leave, starts=1 if n > 100 else 3)
    work.add(600.0 * len(lanes))
    along = task.motion.times_s(np.hypot(*(ends[::2] - ends[1::2]).T)).sum()
    return Draft(cells, ends, order, float(along) + total(order, times[:n, :n], entry, leave))


def flown(task: Task, draft: Draft) -> Points:
    """The path over lanes in their order, with the shortest transits between them, (n, 2)."""
    enter, leave = draft.ends[draft.order], draft.ends[draft.order ^ 1]
    clear = task.space.sees(leave[:-1], enter[1:])
    path = [enter[0][None], leave[0][None]]
    for k in range(1, len(enter)):
        if not clear[k - 1]:
            one, two = leave[k - 1], enter[k]
            path.append(task.space.path((one[0], one[1]), (two[0], two[1]), corner_m=task.motion.stop_m)[1:-1])
        path.extend([enter[k][None], leave[k][None]])
    joined = np.concatenate(path)
    keep = np.concatenate([[True], np.hypot(*np.diff(joined, axis=0).T) > 1e-6])
    keep[1] |= keep.sum() < 2
    return joined[keep]


def proven(task: Task, search: Search) -> Points:
    """The best path found, with more seen until the exact share is enough."""
    if search.best is None:
        complete(search)
    cells = len(search.frame.grid.inside)
    for _ in range(8):
        corners = rounded(task, search.result())
        share = covered_share(task.area, corners, task.swath_m)
        if share >= ENOUGH:
            break
        search.load(corners)
        missing = (ENOUGH + 0.0001 - share) * cells
        search.allowed = max(0, min(search.unseen, search.allowed) - max(2, math.ceil(missing)))
        search.best, search.best_s = None, math.inf
        complete(search)
    return corners


def rounded(task: Task, corners: Points) -> Points:
    """Corners rounded to the millimetre or a little more, where legs stay inside.

    Of several roundings the first is taken whose buffer is valid: GEOS now and then builds an invalid one.
    """
    for grain in (0.001, 0.002, 0.003, 0.005):
        moved = np.round(corners / grain) * grain
        for _ in range(3):
            legs = shapely.linestrings(np.stack([moved[:-1], moved[1:]], axis=1))
            out = ~shapely.covers(task.space.polygon, legs)
            if not out.any():
                break
            for shift in (slice(0, -1), slice(1, None)):
                moved[shift][out] = corners[shift][out]
        if shapely.LineString(moved).buffer(task.swath_m / 2).is_valid:
            return moved
    return corners
