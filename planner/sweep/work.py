"""A budget of work, so that planning takes about the time it may and the same input gives the same path.

A clock would make the path depend on how busy the machine is. Each stage instead says beforehand, or as it goes, about
how many microseconds it takes on one core of 2020s server hardware.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Work:
    """Microseconds of work allowed and done so far."""

    limit_us: float
    done_us: float = 0.0

    def add(self, us: float) -> None:
        """Count work as done."""
        self.done_us += us

    def left(self, keep: float = 0.0) -> float:
        """Microseconds left when a share of the limit is kept for later."""
        return self.limit_us * (1.0 - keep) - self.done_us
