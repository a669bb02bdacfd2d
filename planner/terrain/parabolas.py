"""Ground that is a parabola on each piece of a line: how far it rises above or sinks below a straight line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def least(values: Floats) -> tuple[Floats, Floats]:
    """The least value of parabolas on 0 to 1, and where, (m,) each.

    ``values`` (m, 3): at 0, ½ and 1; NaN where one of them is.
    """
    first, middle, last = values.T
    slope = 4 * middle - 3 * first - last
    bend = 2 * (first - 2 * middle + last)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.where(bend > 0, -slope / (2 * bend), 0.0)
    inside = (turn > 0) & (turn < 1)
    lowest = np.where(inside, first + turn * (slope + turn * bend), np.inf)
    ends = np.minimum(first, last)
    place = np.where(lowest < ends, turn, np.where(last < first, 1.0, 0.0))
    return np.minimum(lowest, ends) + 0.0 * middle, place


def points(start: Floats, end: Floats, values: Floats, tolerance: float) -> tuple[Floats, Floats]:
    """Places and values (n,) on one line of pieces, so that straight lines between them leave the parabolas by no more.

    ``start``, ``end`` (m,) of pieces that follow one another, ``values`` (m, 3) as in :func:`least`.
    """
    first, middle, last = values.T
    slope = 4 * middle - 3 * first - last
    bend = 2 * (first - 2 * middle + last)
    counts = np.maximum(np.ceil(np.sqrt(np.abs(bend) / (4 * tolerance))).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(start)), counts)
    ends = np.cumsum(counts)
    share = (np.arange(ends[-1]) - np.repeat(ends - counts, counts)) / counts[owner]
    places = start[owner] + share * (end - start)[owner]
    heights = first[owner] + share * (slope[owner] + share * bend[owner])
    return np.append(places, end[-1]), np.append(heights, last[-1])
