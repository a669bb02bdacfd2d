"""A raster that counts, for every cell of an area, how many legs see it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from planner.paths import polygonal

Cells = NDArray[np.int64]
_NEVER = 16000
_FEW = 2000


class SeenGrid:
    """Counts of legs seeing each cell; cells outside the area count as seen for ever.

    A leg sees what is within ``swath_m / 2`` of it: the camera looks over holes and borders.
    """

    def __init__(self, area: Polygon | MultiPolygon, swath_m: float, cell_m: float, angle: float) -> None:
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        c, s = self.cos, self.sin
        turned = shapely.transform(area, lambda p: np.stack([p[:, 0] * c + p[:, 1] * s, p[:, 1] * c - p[:, 0] * s], 1))
        self.cell_m = cell_m
        self.radius_m = swath_m / 2
        west, south, east, north = turned.bounds
        self.west, self.south = west, south
        self.columns = int((east - west) / cell_m) + 1
        self.rows = int((north - south) / cell_m) + 1
        inside = inside_raster(turned, *self._middles())
        if np.count_nonzero(inside) < _FEW:  # thinner than its cells: take those it touches as well
            thick = polygonal(turned.buffer(0.6 * cell_m))
            west, south, east, north = thick.bounds
            self.west, self.south = west, south
            self.columns, self.rows = int((east - west) / cell_m) + 1, int((north - south) / cell_m) + 1
            inside = inside_raster(thick, *self._middles())
        self.inside = np.flatnonzero(inside)
        self._blank = np.where(inside.ravel(), 0, _NEVER).astype(np.int16)
        self.count = self._blank.copy()
        self._kept: Cells = np.arange(0)

    def _middles(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Middles of the columns and of the rows, in the turned frame."""
        x = np.float64(self.west) + (np.arange(self.columns) + 0.5) * self.cell_m
        y = np.float64(self.south) + (np.arange(self.rows) + 0.5) * self.cell_m
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def _ramp(self, size: int) -> Cells:
        """0, 1, 2 … up to a size, kept: making it anew takes as long as everything else about a leg."""
        if len(self._kept) < size:
            self._kept = np.arange(size * 5 // 4)
        return self._kept[:size]

    def clear(self) -> None:
        """Forget all legs."""
        self.count[:] = self._blank

    @property
    def unseen(self) -> Cells:
        """Cells of the area that no leg sees."""
        return np.asarray(self.inside[self.count[self.inside] == 0], dtype=np.int64)

    def centres(self, cells: Cells) -> NDArray[np.float64]:
        """Middles of cells, (n, 2), m."""
        row, column = np.divmod(cells, self.columns)
        u, v = self.west + (column + 0.5) * self.cell_m, self.south + (row + 0.5) * self.cell_m
        return np.stack([u * self.cos - v * self.sin, u * self.sin + v * self.cos], axis=1)

    def seen_from(self, legs: NDArray[np.float64]) -> list[Cells]:
        """For each leg (k, 4), as ax, ay, bx, by: the cells of the raster within the radius, row by row."""
        if len(legs) == 0:
            return []
        radius, cell = self.radius_m, self.cell_m
        ax, ay = legs[:, 0] * self.cos + legs[:, 1] * self.sin, legs[:, 1] * self.cos - legs[:, 0] * self.sin
        bx, by = legs[:, 2] * self.cos + legs[:, 3] * self.sin, legs[:, 3] * self.cos - legs[:, 2] * self.sin
        swap = ay > by
        ax, bx = np.where(swap, bx, ax), np.where(swap, ax, bx)
        ay, by = np.where(swap, by, ay), np.where(swap, ay, by)
        first = np.maximum(np.ceil((ay - radius - self.south) / cell - 0.5).astype(np.int64), 0)
        last = np.minimum(np.floor((by + radius - self.south) / cell - 0.5).astype(np.int64), self.rows - 1)
        rows = np.maximum(last - first + 1, 0)
        ends = np.cumsum(rows)
        row = self._ramp(int(ends[-1])) - np.repeat(ends - rows - first, rows)
        y = self.south + (row + 0.5) * cell
        left, right = _spans(y, np.stack([ax, ay, bx, by]).repeat(rows, axis=1), radius)
        start = np.maximum(np.ceil((left - self.west) / cell - 0.5), 0.0).astype(np.int64)
        stop = np.minimum(np.floor((right - self.west) / cell - 0.5), self.columns - 1.0).astype(np.int64)
        width = np.maximum(stop - start + 1, 0)
        upto = np.cumsum(width)
        cells = np.repeat(row * self.columns + start - (upto - width), width)
        cells += self._ramp(len(cells))
        cuts = np.concatenate([[0], upto])[np.concatenate([[0], ends])].tolist()
        return [cells[a:b] for a, b in pairwise(cuts)]


def _spans(
    y: NDArray[np.float64], legs: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Westmost and eastmost x within the radius of a leg at each height; legs (4, n), ay <= by; none if west > east.

    The region is convex: two discs and the rectangle between them, whose sloped sides bound the middle heights.
    """
    ax, ay, bx, by = legs
    from_a, from_b = y - ay, y - by
    out = 1e12
    square = radius * radius
    half_a, half_b = square - from_a * from_a, square - from_b * from_b
    wide_a = np.where(half_a >= 0, np.sqrt(np.abs(half_a)), -out)
    wide_b = np.where(half_b >= 0, np.sqrt(np.abs(half_b)), -out)
    left, right = np.minimum(ax - wide_a, bx - wide_b), np.maximum(ax + wide_a, bx + wide_b)
    dx, dy = bx - ax, by - ay
    length = np.sqrt(dx * dx + dy * dy)
    steep = dy > 1e-9 * length
    safe = np.where(steep, dy, 1.0)
    half = radius * length / safe
    foot = radius * dx / np.where(length > 0, length, 1.0)
    middle = ax + from_a * dx / safe
    on_left = steep & (from_a >= foot) & (from_a <= foot + dy)
    on_right = steep & (from_a >= -foot) & (from_a <= dy - foot)
    left = np.where(on_left, np.minimum(left, middle - half), left)
    right = np.where(on_right, np.maximum(right, middle + half), right)
    return left, right


def inside_raster(area: Polygon | MultiPolygon, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which middles of a raster lie in the area, by the crossings of each row with its border; (rows, columns)."""
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
