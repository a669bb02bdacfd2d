"""Sweeps: paths that let the camera see every part of a polygon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from planner.errors import PlanError
from planner.paths import FreeSpace
from planner.sweep import improve as _improve
from planner.sweep import lanes as _lanes
from planner.sweep import order as _order
from planner.sweep import transit as _transit
from planner.sweep.grid import SeenGrid
from planner.sweep.motion import Motion

Point = tuple[float, float]


@dataclass(frozen=True)
class SweepPath:
    """Corners (n, 2) in local metres; ``is_lane`` (n-1,) says which legs the camera is on for."""

    points: NDArray[np.float64]
    is_lane: NDArray[np.bool_]


def covered_share(area, points, swath_m):
    line = LineString(points) if len(points) > 1 else shapely.Point(points[0])
    return float(shapely.intersection(line.buffer(swath_m / 2), area).area / area.area)


def outside_m(space, points):
    if len(points) < 2:
        return 0.0
    return float(LineString(points).difference(space.buffer(1e-6)).length)


def candidates(area, swath_m, step_deg=5):
    rows = []
    pts = _sample(area, swath_m / 5)
    e = np.diff(shapely.get_coordinates(area.simplify(swath_m / 10).exterior), axis=0)
    e = e[np.argsort(-np.hypot(*e.T))[:12]]
    angles = {round(math.degrees(math.atan2(y, x)) % 180, 1) for x, y in e} | {float(k) for k in range(0, 180, step_deg)}
    for k in sorted(angles):
        a = math.radians(k)
        rows.append((_estimate(pts, a, swath_m, swath_m / 5), a))
    return sorted(rows, key=lambda r: r[0][0])


def _sample(area, cell):
    g = SeenGrid(area, cell, cell, 0.0)
    return g.centres(g.inside)


def _estimate(pts, a, w, cell):
    q = _lanes.turned(pts, -a)
    x, y = q[:, 0], q[:, 1]
    lo, hi = float(y.min()) - cell / 4, float(y.max()) + cell / 4
    best = None
    full = math.ceil((hi - lo) / w - 0.02)
    for n in {max(full, 1), max(full - 1, 1)}:
        base = (lo + hi) / 2 - n * w / 2
        pitch = w
        k = np.floor((y - base) / w).astype(int)
        out = np.count_nonzero((k < 0) | (k >= n)) / len(y)
        if out > 0.006:
            continue
        if out == 0:
            pitch = (hi - lo) / n
            base = lo
            k = np.floor((y - base) / pitch).astype(int)
        o = np.lexsort((x, k))
        xs, ks = x[o], k[o]
        brk = (np.diff(ks) != 0) | (np.diff(xs) > 1.6 * cell)
        starts = np.concatenate([[0], np.flatnonzero(brk) + 1])
        ends = np.concatenate([np.flatnonzero(brk), [len(xs) - 1]])
        L = xs[ends] - xs[starts] + cell
        t = float(((np.maximum(L - 0.7 * w, 0)) / 10 + 3.33 + 3.33 + w / 10).sum())
        if best is None or t < best[0]:
            best = (t, n, base, pitch)
    return best


def sweep(area, *, swath_m, space=None, start=None, end=None, heading_deg=None, speed_mps=10.0, acceleration_mps2=3.0, time_limit_s=0.8, seed=0, debug=None, tries=3000, ncand=3):
    motion = Motion(speed_mps, acceleration_mps2)
    free = space or FreeSpace(area)
    cand = [c for c in candidates(area, swath_m) if c[0]]
    roads = _transit.roads(free, motion, swath_m / 15)
    best = None
    import time
    t0 = time.process_time()
    for (est, n, base, pitch), a in cand[:ncand]:
        L = _lanes.lay(area, free.inner, a, swath_m, n, base, pitch)
        ends = free.pulled_in(L.reshape(-1, 2))
        costs = roads.matrix(ends)
        z = np.zeros(len(ends))
        o = _order.ordered(costs, z, z)
        t = motion.times_s(np.hypot(*(L[:, 1] - L[:, 0]).T)).sum() + _order.total(o, costs, z, z)
        if best is None or t < best[0]:
            best = (t, a, ends, o)
    t1 = time.process_time()
    _, a, ends, o = best
    pts = [ends[o[0]]]
    for k, e in enumerate(o):
        if k:
            pts.extend(free.path(tuple(pts[-1]), tuple(ends[e]), corner_m=motion.stop_m)[1:])
        pts.append(ends[e ^ 1])
    pts = np.array(pts)
    t2 = time.process_time()
    cell = max(min(swath_m / 10, math.sqrt(area.area / 1e4)), math.sqrt(area.area / 4e5))
    grid = SeenGrid(area, swath_m, cell, a + 0.37)
    s = _improve.Search(pts, grid, free, motion, int(0.0048 * len(grid.inside)))
    r0 = (round(s.time_s, 1), round(s.unseen / len(grid.inside), 4))
    _improve.complete(s)
    r0 = (*r0, round(s.time_s,1))
    _improve.improve(s, tries)
    t3 = time.process_time()
    if debug is not None:
        debug.update(angle=math.degrees(a), lanes=len(o), est=best[0], start=r0, cells=len(grid.inside), ord=t1 - t0, path=t2 - t1, imp=t3 - t2, tries=s.tries)
        debug['init'] = pts
    out = np.array(s.best or s.path).round(3)
    for _ in range(8):
        share = covered_share(area, out, swath_m)
        if share >= 0.995:
            break
        s.restart(out, s.allowed - max(3, int((0.9952 - share) * len(grid.inside))))
        _improve.complete(s)
        out = np.array(s.best or s.path).round(3)
    return SweepPath(out, np.ones(len(out) - 1, dtype=bool))
