"""What is to be drawn: strokes and marks in local metres, in the order they lie on one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qyran.tui.canvas.ink import Ink
from qyran.tui.canvas.view import Points

Segments = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """Segments in one ink, local metres, shape (n, 4): from x, y to x, y. ``dash``: so many dots on, so many off."""

    segments: Segments
    ink: Ink
    dash: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign or words at a place in local metres; the first character stands on the place, shifted by cells."""

    east_m: float
    north_m: float
    text: str
    ink: Ink
    shift: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """Strokes below marks; in each, later ones lie above earlier ones."""

    strokes: tuple[Stroke, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __add__(self, other: Scene) -> Scene:
        return Scene(self.strokes + other.strokes, self.marks + other.marks)


def line(points: Points, ink: Ink, *, closed: bool = False, dash: tuple[int, int] | None = None) -> Stroke:
    """A stroke through points, shape (n, 2), back to the first where ``closed``."""
    if closed and len(points) > 1:
        points = np.vstack([points, points[:1]])
    return Stroke(np.hstack([points[:-1], points[1:]]).reshape(-1, 4), ink, dash)
