"""How often places are visited: gaps between visits, and how hard the next one is to guess."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAME_VISIT_S = 0.5
"""Two visits closer than this are one, when return times are counted."""


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """What a shift means for one place. Seconds, bits.

    ``mean_gap_s`` between visits (None with fewer than two); ``idle_s`` is how long ago the last visit was, averaged
    over the time looked at; ``worst_gap_s`` is the longest time without a visit, its begin and its end counted too.
    ``entropy_bits`` is that of the times between visits, in bins (return-time entropy: Duan and Bullo, 2021); None
    with fewer than five visits, where nothing can be said.
    """

    visits: int
    mean_gap_s: float | None
    idle_s: float
    worst_gap_s: float
    entropy_bits: float | None


def report_place(times_s: Floats, from_s: float, until_s: float, bin_s: float) -> PlaceReport:
    """The report on a place visited at ``times_s``, looked at between two times."""
    times = np.sort(times_s[(times_s >= from_s) & (times_s <= until_s)])
    gaps = np.diff(np.concatenate([[from_s], times, [until_s]]))
    between = np.diff(times)
    between = between[between > SAME_VISIT_S]
    return PlaceReport(
        len(times),
        float(between.mean()) if len(between) else None,
        float((gaps**2).sum() / 2 / (until_s - from_s)),
        float(gaps.max()),
        entropy_bits(between, bin_s) if len(between) > 3 else None,
    )


def entropy_bits(gaps_s: Floats, bin_s: float) -> float:
    """The entropy of gaps counted in bins, bits."""
    counts = np.bincount((gaps_s / bin_s).astype(np.intp))
    share = counts[counts > 0] / len(gaps_s)
    return float(-(share * np.log2(share)).sum())


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean of those that are known."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
