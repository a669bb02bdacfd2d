"""Answers that are worked out once for rows of numbers that come again: corners of lanes are all alike.

A memory only: what is remembered depends on the row and the setting alone, never on what was asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from planner.motion.limits import Floats

_MOST = 50_000


class Memory:
    """Remembers up to some tens of thousands of rows, then begins anew; rows equal within ``grain`` are the same."""

    def __init__(self, grain: float) -> None:
        self._grain = grain
        self._seen: dict[Hashable, dict[bytes, tuple[float, ...]]] = {}

    def recall(self, setting: Hashable, rows: Floats, solve: Callable[[Floats], Floats]) -> Floats:
        """``solve(rows)`` (n, k) for rows (n, m), all numbers rounded to the grain."""
        distinct, which = np.unique(np.round(rows / self._grain) * self._grain + 0.0, axis=0, return_inverse=True)
        keys = [row.tobytes() for row in distinct]
        if sum(len(seen) for seen in self._seen.values()) > _MOST:
            self._seen = {}
        seen = self._seen.setdefault(setting, {})
        new = np.array([number for number, key in enumerate(keys) if key not in seen], dtype=np.int64)
        if len(new):
            found = solve(distinct[new])
            seen.update(zip((keys[number] for number in new), map(tuple, found.tolist()), strict=True))
        return np.array([seen[key] for key in keys])[which.ravel()]
