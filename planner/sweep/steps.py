"""Steps worth proposing: corners dropped, merged and moved, legs shifted, and ways to what is unseen."""

from __future__ import annotations

import math

import numpy as np

from planner.errors import PlanError
from planner.sweep.search import END, Point, Points, Search, Step


def steps_at(search: Search, i: int, reach_m: float) -> list[Step]:
    """Ways to change the path at corner i and the leg after it, by about ``reach_m``."""
    at, p, q = search.at, search.before[i], search.after[i]
    here = at[i]
    steps = [Step(p, [i], q, [])]
    for j in (p, q):
        if j != END:
            steps.extend(Step(p, [i], q, [_toward(here, at[j], s * reach_m)]) for s in (1.0, -1.0))
    if q == END:
        return steps
    r, there = search.after[q], at[q]
    steps.append(Step(p, [i, q], r, []))
    steps.append(Step(p, [i, q], r, [((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)]))
    pairs = []
    if END not in (p, r):
        pairs = [(_toward(here, at[p], s * reach_m), _toward(there, at[r], s * reach_m)) for s in (1.0, -1.0)]
    length = math.dist(here, there)
    if length > 1e-9:
        ux, uy = (here[1] - there[1]) / length * reach_m, (there[0] - here[0]) / length * reach_m
        pairs.extend(
            ((here[0] + s * ux, here[1] + s * uy), (there[0] + s * ux, there[1] + s * uy)) for s in (1.0, -1.0)
        )
    steps.extend(Step(p, [i, q], r, [one, two]) for one, two in pairs)
    return steps


def _toward(a: Point, b: Point, step_m: float) -> Point:
    """The point a step from a to b, or away from it for a negative one; never beyond b."""
    length = math.dist(a, b)
    if length < 1e-9:
        return a
    share = min(step_m, length) / length
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


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
    steps: list[Step] = []
    for place in gaps(search, most):
        far = np.hypot(*(path - place).T)
        for k in np.argsort(far, kind="stable")[:2].tolist():
            here, after = corners[k], search.after[corners[k]]
            try:
                way = search.frame.space.path(search.at[here], (float(place[0]), float(place[1])))
            except PlanError:
                continue
            search.spent_us += 1500.0
            there = [(float(x), float(y)) for x, y in way[1:]]
            back = [*there[-2::-1], search.at[here]] if after != END else []
            steps.append(Step(here, [], after, [*there, *back]))
    return steps
