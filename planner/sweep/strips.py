"""Strips: an area cut into bands as wide as the camera sees, along one direction."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Strips(NamedTuple):
    """Bands along ``angle`` (radians from +x): in the frame turned back by it, band k begins at base + k · pitch."""

    angle: float
    number: int
    base_m: float
    pitch_m: float

    @property
    def centres_m(self) -> NDArray[np.float64]:
        """Heights of their centre lines in the turned frame, (number,), m."""
        return np.asarray(self.base_m + (np.arange(self.number) + 0.5) * self.pitch_m, dtype=np.float64)


def turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Points (..., 2) turned about the origin by an angle in radians, counter-clockwise."""
    c, s = math.cos(angle), math.sin(angle)
    return np.stack([points[..., 0] * c - points[..., 1] * s, points[..., 0] * s + points[..., 1] * c], axis=-1)
