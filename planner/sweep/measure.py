"""How much of an area a path sees, on which legs, and how far it strays."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from planner.sweep.grid import SeenGrid


def covered_share(area: Polygon | MultiPolygon, path: NDArray[np.float64], swath_m: float) -> float:
    """Share of the area within ``swath_m / 2`` of a path (n, 2) or of lanes (k, 2, 2), local metres."""
    if path.size == 0:
        return 0.0
    if path.ndim == 2 and len(path) > 1:
        whole = LineString(path).buffer(swath_m / 2)
        if whole.is_valid:
            return float(shapely.intersection(whole, area).area / area.area)
    lanes = path if path.ndim == 3 else np.stack([path[:-1], path[1:]], axis=1) if len(path) > 1 else path[None]
    # leg by leg where GEOS built an invalid buffer of the whole
    lines = shapely.linestrings(lanes) if lanes.shape[1] > 1 else shapely.points(lanes[:, 0])
    seen = shapely.union_all(shapely.buffer(lines, swath_m / 2))
    return float(shapely.intersection(seen, area).area / area.area)


def outside_m(space: Polygon | MultiPolygon, points: NDArray[np.float64]) -> float:
    """Metres of a path (n, 2) that lie outside of a polygon, by more than a micrometre."""
    if len(points) < 2:
        return 0.0
    return float(LineString(points).difference(space.buffer(1e-6)).length)


def lanes_of(points: NDArray[np.float64], grid: SeenGrid) -> NDArray[np.bool_]:
    """Which legs of a path (n, 2) see cells that no other leg does, short ones doubted first; (n-1,)."""
    legs = np.concatenate([points[:-1], points[1:]], axis=1)
    seen = grid.seen_from(legs)
    grid.clear()
    for cells in seen:
        grid.count[cells] += 1
    is_lane = np.ones(len(legs), dtype=np.bool_)
    for k in np.argsort(np.hypot(*(points[1:] - points[:-1]).T), kind="stable").tolist():
        if np.all(grid.count[seen[k]] > 1):
            is_lane[k] = False
            grid.count[seen[k]] -= 1
    return is_lane
