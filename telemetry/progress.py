"""How far something has come, and whether somebody wants it to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from planner.errors import TransferError


class StoppedTransferError(TransferError):
    """The person stopped a transfer."""


RATE_AFTER_S = 0.2
"""A rate of less time than this says nothing."""

Step = Callable[[int, int, str], None]
"""Called with steps done, steps in all (0: nobody knows) and what is being done."""


class Stop(Protocol):
    """What says whether to stop: a ``threading.Event`` is one, ``StopWhen`` makes one of a function."""

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        ...


@dataclass(frozen=True, slots=True)
class StopWhen:
    """A function that is asked each time."""

    ask: Callable[[], bool]

    def is_set(self) -> bool:
        """Whether it says yes."""
        return self.ask()


def as_stop(should_stop: Stop | Callable[[], bool] | None) -> Stop:
    """One kind of thing to ask, whatever was given."""
    if should_stop is None:
        return StopWhen(lambda: False)
    return StopWhen(should_stop) if callable(should_stop) else should_stop


class Tally:
    """Counts items of all lists, and tells how many are done, how fast, and how long the rest will take."""

    def __init__(self, total: int, on_progress: Step | None) -> None:
        self.done = 0
        self._total = total
        self._on_progress = on_progress
        self._began_at = time.monotonic()

    def more(self, items: int) -> None:
        """So many are to be done besides."""
        if self._total:
            self._total += items

    def step(self, message: str, items: int = 1) -> None:
        """So many more items are done."""
        if items <= 0:
            return
        self.done += items
        if self._on_progress is not None:
            total = max(self._total, self.done) if self._total else 0
            self._on_progress(self.done, total, f"{message}{self._pace()}")

    def _pace(self) -> str:
        """Items a second so far, and what is left at that rate; nothing in the first moment."""
        took = time.monotonic() - self._began_at
        if took < RATE_AFTER_S:
            return ""
        rate = self.done / took
        left = f", {clock((self._total - self.done) / rate)} left" if self._total > self.done else ""
        return f" · {rate:.0f} items/s{left}" if rate >= 10 else f" · {rate:.1f} items/s{left}"


def clock(seconds: float) -> str:
    """Seconds, or minutes and seconds as 2:05 min."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds // 60:.0f}:{seconds % 60:02.0f} min"
