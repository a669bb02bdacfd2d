"""The last touch on a path: no corner that hardly turns, coordinates rounded, and the proof that enough is seen."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.paths import FreeSpace
from planner.sweep.improve import complete
from planner.sweep.measure import covered_share
from planner.sweep.search import Search
from planner.sweep.task import ENOUGH, SURELY, Task
from planner.sweep.work import Work

Points = NDArray[np.float64]

_SLIGHT = math.radians(2.1)
"""Corners that turn less are taken for straight by those who thin out paths, so a path must not depend on them."""


def proven(task: Task, search: Search, work: Work) -> Points:
    """The best path found, with more seen until the exact share is enough."""
    if search.best is None:
        complete(search, work)
    cells = len(search.frame.grid.inside)
    for tries in range(12):
        corners = rounded(task, without_slight_turns(task.space, search.result()))
        share = covered_share(task.area, corners, task.swath_m)
        if share >= ENOUGH + 1.5 * SURELY:
            break
        search.load(corners)
        missing = (ENOUGH + 2 * SURELY - share) * cells
        search.allowed = max(0, search.unseen - max(1, math.ceil(missing * (1.0 + tries / 2))))
        search.best, search.best_s = None, math.inf
        complete(search, work)
    return with_valid_buffer(task, corners)


def without_slight_turns(space: FreeSpace, corners: Points) -> Points:
    """The path without corners that turn by less than 2.1°, or, where these keep it inside, turning more there."""
    kept = [corners[0]]
    for k in range(1, len(corners) - 1):
        before, here, after = kept[-1], corners[k], corners[k + 1]
        if _turn(before, here, after) >= _SLIGHT:
            kept.append(here)
        elif not space.sees(before[None], after[None])[0]:
            kept.append(_sharper(space, before, here, after))
    return np.array([*kept, corners[-1]])


def _turn(before: Points, here: Points, after: Points) -> float:
    """Angle by which the way turns at a corner, radians from 0 to π."""
    (ax, ay), (bx, by) = here - before, after - here
    return abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by))


def _sharper(space: FreeSpace, before: Points, here: Points, after: Points) -> Points:
    """The corner moved outwards until it turns enough, if there is room; else as it is."""
    along = after - before
    side = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    side = side if float(side @ (here - before)) >= 0 else -side
    short = min(float(np.hypot(*(here - before))), float(np.hypot(*(after - here))))
    for out in (0.01, 0.02, 0.03, 0.04):
        moved = here + side * out * short
        legs = np.array([[before, moved], [moved, after]])
        if _turn(before, moved, after) >= _SLIGHT and space.sees(legs[:, 0], legs[:, 1]).all():
            return np.asarray(moved, dtype=np.float64)
    return here


def rounded(task: Task, corners: Points, grain: float = 0.001) -> Points:
    """Corners rounded to a grain, in metres, where legs stay inside."""
    moved = np.round(corners / grain) * grain
    for _ in range(3):
        legs = shapely.linestrings(np.stack([moved[:-1], moved[1:]], axis=1))
        out = ~shapely.covers(task.space.polygon, legs)
        if not out.any():
            break
        for shift in (slice(0, -1), slice(1, None)):
            moved[shift][out] = corners[shift][out]
    return moved


def with_valid_buffer(task: Task, corners: Points) -> Points:
    """The path, rounded a little more where its buffer is invalid: GEOS now and then builds such a one."""
    for grain in (0.0, 0.002, 0.003, 0.005):
        moved = rounded(task, corners, grain) if grain else corners
        if shapely.LineString(moved).buffer(task.swath_m / 2).is_valid:
            return moved
    return corners
