"""A budget of work, so that planning takes about the time it may and the same input gives the same path.

A clock would make the path depend on how busy the machine is. Each stage instead says beforehand, or as it goes, about
how many microseconds it takes on one core of 2020s server hardware.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Watch = Callable[[float], None]
"""Told the share of the work that is done; what it raises stops the work."""


@dataclass
class Work:
    """Microseconds of work allowed and done so far."""

    limit_us: float
    watch: Watch | None = None
    done_us: float = 0.0

    def add(self, us: float) -> None:
        """Count work as done, and tell who watches; what that raises goes through."""
        self.done_us += us
        if self.watch is not None:
            self.watch(min(self.done_us / self.limit_us, 1.0))

    def left(self, keep: float = 0.0) -> float:
        """Microseconds left when a share of the limit is kept for later."""
        return self.limit_us * (1.0 - keep) - self.done_us
