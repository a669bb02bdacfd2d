"""From an area to a path: cells, lanes, order, local search, and the proof that enough is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.paths import polygonal
from planner.sweep import cells as cutting
from planner.sweep.cells import Cell
from planner.sweep.finish import proven
from planner.sweep.grid import SeenGrid
from planner.sweep.improve import fair_price, improve
from planner.sweep.lanes import lay, thinned
from planner.sweep.measure import covered_share, lanes_of
from planner.sweep.order import ordered, reordered, total
from planner.sweep.search import Frame, Search
from planner.sweep.task import ENOUGH, Task, parts
from planner.sweep.transit import Roads, roads
from planner.sweep.work import Work

Points = NDArray[np.float64]

_CELLS = 10_000
_MOST = 3_000_000
_PROOF_US = 150.0
"""About what the proof takes for each corner."""

_THIN = 0.7
"""Share of what may be unseen that lanes are left out for before they are put in order."""

_CRUMB = 0.0002
"""Share of the area that gets no lane of its own."""

_TILT = 0.37
"""The raster is turned this far from the lanes, radians, so that a gap along a lane cannot hide between its rows."""


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
    work.add(250.0 * len(ways.nodes))
    found = options(task, work)
    grid = SeenGrid(task.area, task.swath_m, cell_size(task), found[0][0].strips.angle + _TILT)
    allowed = int((1 - ENOUGH - 0.0002) * len(grid.inside))
    drafts: list[Draft] = []
    for cells in found:
        if not drafts or work.left(keep=0.7) > 0:
            drafts.append(drafted(task, cells, ways, grid, work))
    drafts.sort(key=lambda draft: draft.time_s)
    heading = None if task.angle is None else (math.cos(task.angle), math.sin(task.angle))
    frame = Frame(grid, task.space, task.motion, task.swath_m, task.start, task.end, heading)
    work.add(0.3 * len(grid.inside))
    best: Search | None = None
    for draft in drafts[:3]:
        if best is not None and (draft.time_s > 1.15 * drafts[0].time_s or work.left(keep=0.5) < 0):
            break
        search = Search(frame, flown(task, draft, ways, work), allowed)
        work.add(20.0 * search.size)
        improve(search, 0.1 * work.limit_us, work)
        if best is None or _merit(search) < _merit(best):
            best = search
    assert best is not None
    work.add(_PROOF_US * best.size)
    refine(task, best, ways, work)
    return proven(task, best, work), grid


def refine(task: Task, search: Search, ways: Roads, work: Work) -> None:
    """Spend the rest of the work: a better order of what is left of the lanes, and what is allowed by exact measure."""
    for keep in (0.4, 0.0):
        if work.left(0.0) < 0:
            break
        search.load(search.result())
        again = search.result() if search.best is None else reorder(task, search, ways, work)
        if again is not None:
            search.load(again)
        improve(search, work.left(keep), work)
        if keep:
            calibrate(task, search, work)


def reorder(task: Task, search: Search, ways: Roads, work: Work) -> Points | None:
    """The path with its lanes in a better order, None where there is none."""
    corners = search.path()
    lanes = lanes_of(corners, search.frame.grid)
    legs = np.stack([corners[:-1], corners[1:]], axis=1)[lanes]
    ends = legs.reshape(-1, 2)
    times, entry, leave = _times(task, ends, ways)
    order = reordered(times, entry, leave)
    work.add(150.0 * len(lanes))
    as_is = total(np.arange(0, len(ends), 2), times, entry, leave)
    if total(order, times, entry, leave) > as_is - 0.5 * task.motion.stop_s:
        search.load(corners)
        return None
    return flown(task, Draft([], ends, order, 0.0), ways, work)


def calibrate(task: Task, search: Search, work: Work) -> None:
    """Allow as many cells to be unseen as the exact measure of the best path says."""
    if search.best is None:
        return
    search.load(search.result())
    cells = len(search.frame.grid.inside)
    share = covered_share(task.area, search.path(), task.swath_m)
    work.add(70.0 * search.size)
    search.allowed = max(0, search.unseen + math.floor((share - ENOUGH - 0.0002) * cells))


def _merit(search: Search) -> float:
    """Seconds, with what is still missing charged dearly."""
    short = max(0, search.unseen - search.allowed)
    return search.best_s if search.best is not None else search.time_s + 16.0 * fair_price(search) * short


def cell_size(task: Task) -> float:
    """Side of a raster cell, m: a tenth of the swath, less for small areas and up to a sixth for large ones."""
    fine, tenth = math.sqrt(task.area.area / _CELLS), task.swath_m / 10
    west, south, east, north = task.area.bounds
    least = (east - west + north - south) / math.sqrt(2 * _MOST)
    if fine > tenth:
        fine = max(min(max(fine / 2, tenth), task.swath_m / 6), fine / 20)
    return max(fine, task.swath_m / 50, least)


def options(task: Task, work: Work) -> list[list[Cell]]:
    """Ways to cut the area into cells: the best found, and some of the whole in one direction."""
    spare = 0.002 * task.area.area
    if task.angle is not None:
        return [[cutting.cheapest(p, task.swath_m, task.motion, [task.angle], spare) for p in parts(task.area)]]
    simple = polygonal(task.area.simplify(task.coarse_m))
    found = [cutting.cut(simple, task.swath_m, task.motion, work)]
    if len(parts(simple)) > 1:
        return found
    whole = cutting.ways(parts(simple)[0], task.swath_m, task.motion, cutting.angles_of(simple), spare)
    whole.sort(key=lambda cell: cell.time_s)
    kept: list[Cell] = [] if len(found[0]) > 1 else found[0][:1]
    most = 4 if whole[0].strips.number < 40 else 2
    for cell in whole:
        turned = [abs((cell.strips.angle - other.strips.angle + math.pi / 2) % math.pi - math.pi / 2) for other in kept]
        if len(kept) < most and cell.time_s < 1.12 * whole[0].time_s and all(turn > 0.05 for turn in turned):
            kept.append(cell)
            found.append([cell])
    return found


def drafted(task: Task, cells: list[Cell], ways: Roads, grid: SeenGrid, work: Work) -> Draft:
    """Lanes of all cells in a good order."""
    body = task.space.polygon if task.space.inner.is_empty else task.space.inner
    spare = min(0.12 * task.swath_m**2, _CRUMB * task.area.area)
    lanes = np.concatenate([lay(cell.region, body, cell.strips, task.swath_m, spare) for cell in cells])
    if len(lanes) == 0:
        middle = shapely.get_coordinates(task.area.representative_point())
        lanes = np.stack([middle, middle], axis=1)
    elif task.angle is None:
        lanes = thinned(lanes, grid, int(_THIN * (1 - ENOUGH) * len(grid.inside)), task.motion.stop_m)
    ends = task.space.pulled_in(lanes.reshape(-1, 2))
    times, entry, leave = _times(task, ends, ways)
    n = len(ends)
    order = ordered(times, entry, leave, starts=1 if n > 100 else 3)
    work.add(800.0 * len(lanes))
    along = task.motion.times_s(np.hypot(*(ends[::2] - ends[1::2]).T)).sum()
    return Draft(cells, ends, order, float(along) + total(order, times, entry, leave))


def _times(task: Task, ends: Points, ways: Roads) -> tuple[Points, Points, Points]:
    """Seconds between ends (n, n), from the start to each (n,), and from each to the end (n,); zeros for none."""
    fixed = [point for point in (task.start, task.end) if point is not None]
    times = ways.matrix(np.concatenate([ends, np.array(fixed).reshape(-1, 2)]))
    n = len(ends)
    entry: Points = times[n, :n] if task.start is not None else np.zeros(n)
    leave: Points = times[-1, :n] if task.end is not None else np.zeros(n)
    return times[:n, :n], entry, leave


def flown(task: Task, draft: Draft, ways: Roads, work: Work) -> Points:
    """The path over lanes in their order, with the shortest transits between them, (n, 2)."""
    enter, leave = draft.ends[draft.order], draft.ends[draft.order ^ 1]
    clear = task.space.sees(leave[:-1], enter[1:])
    blocked = np.flatnonzero(~clear)
    around = dict(zip(blocked.tolist(), ways.ways(leave[blocked], enter[blocked + 1]), strict=True))
    work.add(1200.0 * len(blocked))
    path = [enter[0][None], leave[0][None]]
    for k in range(1, len(enter)):
        if k - 1 in around:
            path.append(around[k - 1][1:-1])
        path.extend([enter[k][None], leave[k][None]])
    joined = np.concatenate(path)
    keep = np.concatenate([[True], np.hypot(*np.diff(joined, axis=0).T) > 1e-6])
    keep[1] |= keep.sum() < 2
    return np.asarray(joined[keep], dtype=np.float64)
