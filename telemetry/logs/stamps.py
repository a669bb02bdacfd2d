"""The recorder's times of packets: what is written, and what is made of it where it cannot be right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

EARLIEST_US = 946_684_800_000_000
"""2000-01-01: a stamp before it or after 2100 is damage, or of a recorder that did not know the time."""
LATEST_US = 4_102_444_800_000_000
STRAY_US = 60_000_000
"""A single stamp farther than this from both its neighbours, which agree, is damage: nothing protects it."""
STEP_BACK_US = 1_000_000
_PIECE = 1 << 17

Stamps = NDArray[np.uint64]


def is_plausible(stamp_us: Stamps) -> NDArray[np.bool_]:
    """Whether stamps lie from 2000 to 2100."""
    plausible = stamp_us >= EARLIEST_US
    plausible &= stamp_us <= LATEST_US
    return plausible


def repaired(stamp_us: Stamps, stamped: NDArray[np.bool_]) -> tuple[Stamps, int]:
    """Stamps (n,) that can be used, and how many had to be replaced by that of the packet before.

    Where no stamp lies from 2000 to 2100 the recorder did not know the time (or wrote none): they stay as they are,
    seconds since it was started or zero. Steps back stay as they are, too: a recorder's clock may be corrected.
    """
    good = is_plausible(stamp_us)
    good &= stamped
    if not good.any():
        return stamp_us, int(np.count_nonzero(~stamped))
    whole = bool(good.all())
    told = (stamp_us if whole else stamp_us[good]).view(np.int64)
    stray = strays(told)
    if len(stray):
        good[np.flatnonzero(good)[stray]] = False
    if whole and not len(stray):
        return stamp_us, 0
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    last[last < 0] = np.flatnonzero(good)[0]
    return stamp_us[last], int(np.count_nonzero(~good))


def strays(told: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which times (microseconds) are far from both their neighbours, while these agree."""
    jumps = _where_steps(told, lambda steps: np.abs(steps) > STRAY_US)
    # A stray is left by one jump and reached by another: the sample between two that follow each other.
    stray = jumps[1:][np.diff(jumps) == 1]
    return np.asarray(stray[np.abs(told[stray + 1] - told[stray - 1]) <= STRAY_US])


def steps_back(stamp_us: Stamps) -> int:
    """How often time steps back by more than a second."""
    return len(_where_steps(stamp_us.view(np.int64), lambda steps: steps < -STEP_BACK_US))


def _where_steps(
    told: NDArray[np.int64], wanted: Callable[[NDArray[np.int64]], NDArray[np.bool_]]
) -> NDArray[np.int64]:
    """Where the step to the next is of a kind; piece by piece, so that millions of them take no memory."""
    pieces = [
        np.flatnonzero(wanted(np.diff(told[begin : begin + _PIECE + 1]))) + begin
        for begin in range(0, len(told), _PIECE)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)
