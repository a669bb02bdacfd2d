"""How long to wait for an answer before asking again, and for how long at all."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_WAIT_S = 0.7
SHORTEST_WAIT_S = 0.04
LONGEST_WAIT_S = 2.0


@dataclass(slots=True)
class Pace:
    """How long to wait for an answer (as TCP does, RFC 6298: smoothed round trip and its spread)."""

    speedup: float
    mean_s: float | None = None
    least_s: float | None = None
    """The shortest round trip so far: that of an empty way."""
    spread_s: float = 0.0
    tries: int = 0
    repeats: int = 0

    def note(self, round_trip_s: float) -> None:
        """A question was answered at once after so long."""
        self.least_s = round_trip_s if self.least_s is None else min(self.least_s, round_trip_s)
        if self.mean_s is None:
            self.mean_s, self.spread_s = round_trip_s, round_trip_s / 2
        else:
            self.spread_s += (abs(round_trip_s - self.mean_s) - self.spread_s) / 4
            self.mean_s += (round_trip_s - self.mean_s) / 8
        self.tries = 0

    def again(self) -> None:
        """Something was sent again."""
        self.tries += 1
        self.repeats += 1

    @property
    def first_wait_s(self) -> float:
        """Without regard to how often nothing came."""
        if self.mean_s is None:
            return max(0.15, FIRST_WAIT_S / self.speedup)
        return min(self._longest_s, max(SHORTEST_WAIT_S, self.mean_s + 4 * self.spread_s))

    @property
    def _longest_s(self) -> float:
        """A slow line that is full answers later still."""
        return max(LONGEST_WAIT_S, 2 * (self.mean_s or 0.0))

    @property
    def wait_s(self) -> float:
        """Grows while nothing answers, but never to many round trips: lost packets are no sign of a full way."""
        if self.mean_s is None:
            longest = max(0.15, LONGEST_WAIT_S / self.speedup)
        else:
            longest = min(self._longest_s, max(0.15, 8 * self.mean_s, self.mean_s + 4 * self.spread_s))
        return min(self.first_wait_s * 1.3 ** min(self.tries, 8), longest)
