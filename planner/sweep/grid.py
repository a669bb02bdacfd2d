"""A raster that counts, for every cell of an area, how many legs see it."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

Cells = NDArray[np.int64]
_NEVER = 16000


class SeenGrid:
    """Counts of legs seeing each cell; cells outside the area count as seen for ever.

    A leg sees what is within ``swath_m / 2`` of it: the camera looks over holes and borders.
    """

    def __init__(self, area: Polygon | MultiPolygon, swath_m: float, cell_m: float, angle: float) -> None:
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        c, s = self.cos, self.sin
        area = shapely.transform(area, lambda p: np.stack([p[:, 0] * c + p[:, 1] * s, p[:, 1] * c - p[:, 0] * s], 1))
        self.cell_m = cell_m
        self.radius_m = swath_m / 2
        west, south, east, north = area.bounds
        self.west, self.south = west, south
        self.columns = int((east - west) / cell_m) + 1
        self.rows = int((north - south) / cell_m) + 1
        x = west + (np.arange(self.columns) + 0.5) * cell_m
        y = south + (np.arange(self.rows) + 0.5) * cell_m
        inside = inside_raster(area, x, y)
        self.inside = np.flatnonzero(inside)
        self.count = np.where(inside.ravel(), 0, _NEVER).astype(np.int16)

    @property
    def unseen(self) -> Cells:
        """Cells of the area that no leg sees."""
        return self.inside[self.count[self.inside] == 0]

    def centres(self, cells: Cells) -> NDArray[np.float64]:
        """Middles of cells, (n, 2), m."""
        row, column = np.divmod(cells, self.columns)
        u, v = self.west + (column + 0.5) * self.cell_m, self.south + (row + 0.5) * self.cell_m
        return np.stack([u * self.cos - v * self.sin, u * self.sin + v * self.cos], axis=1)

    def seen_from(self, ax: float, ay: float, bx: float, by: float) -> Cells:
        """Cells of the bounding box within the radius of the leg from a to b: row by row one span."""
        radius, cell = self.radius_m, self.cell_m
        ax, ay = ax * self.cos + ay * self.sin, ay * self.cos - ax * self.sin
        bx, by = bx * self.cos + by * self.sin, by * self.cos - bx * self.sin
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        first = max(0, math.ceil((ay - radius - self.south) / cell - 0.5))
        last = min(self.rows - 1, math.floor((by + radius - self.south) / cell - 0.5))
        if last < first:
            return np.empty(0, dtype=np.int64)
        row = np.arange(first, last + 1)
        y = self.south + (row + 0.5) * cell
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        # where the nearest point of the leg to the span's end is an end of the leg, a disc limits; else the side lines
        from_a, from_b = y - ay, y - by
        disc_a = np.sqrt(np.maximum(radius * radius - from_a * from_a, 0.0))
        disc_b = np.sqrt(np.maximum(radius * radius - from_b * from_b, 0.0))
        out = 1e18
        near_a, near_b = np.abs(from_a) <= radius, np.abs(from_b) <= radius
        left = np.minimum(np.where(near_a, ax - disc_a, out), np.where(near_b, bx - disc_b, out))
        right = np.maximum(np.where(near_a, ax + disc_a, -out), np.where(near_b, bx + disc_b, -out))
        if length > 0.0 and dy > 1e-9 * length:
            slope, half = dx / dy, radius * length / dy
            foot = radius * dx / length
            middle = ax + from_a * slope
            # the left side line runs from a + (-dy, dx)·r/L, the right one from a + (dy, -dx)·r/L, both dy high
            on_left = (from_a >= foot) & (from_a <= foot + dy)
            on_right = (from_a >= -foot) & (from_a <= dy - foot)
            left = np.where(on_left, np.minimum(left, middle - half), left)
            right = np.where(on_right, np.maximum(right, middle + half), right)
        start = np.maximum(np.ceil((left - self.west) / cell - 0.5), 0.0)
        stop = np.minimum(np.floor((right - self.west) / cell - 0.5), self.columns - 1.0)
        width = np.maximum(stop - start + 1.0, 0.0).astype(np.int64)
        ends = np.cumsum(width)
        origin = row * self.columns + start.astype(np.int64) - (ends - width)
        return np.repeat(origin, width) + np.arange(ends[-1])


def inside_raster(area: Polygon | MultiPolygon, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which middles (y, x) of a raster lie in the area, by the crossings of each row with its border; (rows, columns)."""
    toggles = np.zeros((len(y), len(x) + 1), dtype=np.int32)
    for part in getattr(area, "geoms", [area]):
        for ring in (part.exterior, *part.interiors):
            at = shapely.get_coordinates(ring)
            one, two = at[:-1], at[1:]
            low, high = np.minimum(one[:, 1], two[:, 1]), np.maximum(one[:, 1], two[:, 1])
            first, last = np.searchsorted(y, low, side="left"), np.searchsorted(y, high, side="left")
            times = last - first
            if not times.any():
                continue
            edge = np.repeat(np.arange(len(one)), times)
            row = np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times) + first[edge]
            share = (y[row] - one[edge, 1]) / (two[edge, 1] - one[edge, 1])
            column = np.searchsorted(x, one[edge, 0] + share * (two[edge, 0] - one[edge, 0]))
            np.add.at(toggles, (row, column), 1)
    return np.asarray(np.cumsum(toggles[:, :-1], axis=1) % 2 == 1, dtype=np.bool_)
