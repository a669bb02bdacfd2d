"""Dangerous keys are pressed twice: terminals send no key releases, so nothing can be held down."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 1.5


class Twice:
    """Remembers the last dangerous key for a second and a half."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = ""
        self._at = 0.0

    def press(self, key: str) -> bool:
        """Whether this press is the second of the same key in time; another key in between begins anew."""
        now = self._clock()
        if key == self._key and now - self._at <= WITHIN_S:
            self._key = ""
            return True
        self._key, self._at = key, now
        return False
