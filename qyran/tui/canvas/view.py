"""Which part of the local metric frame is on the canvas, and how large."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

DOTS_ACROSS = 2
"""Braille dots across one cell."""
DOTS_DOWN = 4
"""Braille dots down one cell."""

FINEST_M = 0.01
COARSEST_M = 2_000.0


@dataclass(frozen=True, slots=True)
class View:
    """A window of ``columns`` × ``rows`` cells on local metres (x east, y north).

    ``east_m``, ``north_m`` are the middle of the window; a dot is ``metres_per_dot`` wide and high. Dot coordinates
    grow right and down from the window's upper left corner and are floats: (0, 0) to (1, 1) is the first dot.
    """

    east_m: float = 0.0
    north_m: float = 0.0
    metres_per_dot: float = 1.0
    columns: int = 0
    rows: int = 0

    @property
    def width(self) -> int:
        """Dots across."""
        return self.columns * DOTS_ACROSS

    @property
    def height(self) -> int:
        """Dots down."""
        return self.rows * DOTS_DOWN

    @property
    def cell_m(self) -> float:
        """Metres across one cell."""
        return self.metres_per_dot * DOTS_ACROSS

    def to_dots(self, points: Points) -> Points:
        """Local metres, shape (n, 2), as dots, shape (n, 2)."""
        dots = np.empty_like(points)
        dots[:, 0] = (points[:, 0] - self.east_m) / self.metres_per_dot + self.width / 2
        dots[:, 1] = (self.north_m - points[:, 1]) / self.metres_per_dot + self.height / 2
        return dots

    def to_metres(self, dot_x: float, dot_y: float) -> tuple[float, float]:
        """One place in dots as local metres."""
        east = self.east_m + (dot_x - self.width / 2) * self.metres_per_dot
        north = self.north_m - (dot_y - self.height / 2) * self.metres_per_dot
        return east, north

    def sized(self, columns: int, rows: int) -> View:
        """The same middle and scale on another number of cells."""
        return replace(self, columns=columns, rows=rows)

    def panned(self, right_dots: float, down_dots: float) -> View:
        """The window moved by so many dots."""
        return replace(
            self,
            east_m=self.east_m + right_dots * self.metres_per_dot,
            north_m=self.north_m - down_dots * self.metres_per_dot,
        )

    def centred(self, east_m: float, north_m: float) -> View:
        """The window moved so that this place is its middle."""
        return replace(self, east_m=east_m, north_m=north_m)

    def zoomed(self, factor: float, east_m: float, north_m: float) -> View:
        """Scaled by ``factor`` (above 1: closer) so that this place stays where it is on the screen."""
        scale = min(max(self.metres_per_dot / factor, FINEST_M), COARSEST_M)
        ratio = scale / self.metres_per_dot
        return replace(
            self,
            metres_per_dot=scale,
            east_m=east_m + (self.east_m - east_m) * ratio,
            north_m=north_m + (self.north_m - north_m) * ratio,
        )

    def fitted(self, bounds: tuple[float, float, float, float], *, margin: float = 0.08) -> View:
        """So that bounds (west, south, east, north; local metres) fill the window, with a margin around them."""
        west, south, east, north = bounds
        middle = replace(self, east_m=(west + east) / 2, north_m=(south + north) / 2)
        if not (self.width and self.height):
            return middle
        room = 1 - 2 * margin
        scale = max((east - west) / (self.width * room), (north - south) / (self.height * room))
        if scale <= 0 or not math.isfinite(scale):
            return middle
        return replace(middle, metres_per_dot=min(max(scale, FINEST_M), COARSEST_M))

    def shows(self, east_m: float, north_m: float, *, margin_dots: float = 0.0) -> bool:
        """Whether a place lies in the window, so many dots from its edge."""
        x, y = self.to_dots(np.array([[east_m, north_m]]))[0]
        return bool(
            margin_dots <= x < self.width - margin_dots and margin_dots <= y < self.height - margin_dots,
        )
