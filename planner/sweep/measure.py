"""How much of an area a path sees, and how far it strays."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon


def covered_share(area: Polygon | MultiPolygon, path: NDArray[np.float64], swath_m: float) -> float:
    """Share of the area within ``swath_m / 2`` of a path (n, 2) or of lanes (k, 2, 2), local metres."""
    if path.size == 0:
        return 0.0
    if path.ndim == 3:
        seen = shapely.union_all(shapely.buffer(shapely.linestrings(path), swath_m / 2))
    else:
        line = LineString(path) if len(path) > 1 else shapely.Point(path[0])
        seen = line.buffer(swath_m / 2)
    return float(shapely.intersection(seen, area).area / area.area)


def outside_m(space: Polygon | MultiPolygon, points: NDArray[np.float64]) -> float:
    """Metres of a path (n, 2) that lie outside of a polygon, by more than a micrometre."""
    if len(points) < 2:
        return 0.0
    return float(LineString(points).difference(space.buffer(1e-6)).length)
