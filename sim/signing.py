"""A vehicle's side of MAVLink 2 signing: the key it was given, what it signs, what it ignores and counts.

Stricter than ArduPilot, which believes everything on its first port (USB): here every link is guarded.
"""

from __future__ import annotations

from sim.wire import Inbound, Sign
from telemetry.signing import Guard, Verdict, signature, ticks_now


class Signing:
    """Without a key it signs nothing and believes everything."""

    def __init__(self) -> None:
        self.guard: Guard | None = None
        self._ticks = 0
        self.sign: Sign | None = None
        """Signs a frame; None without a key."""

    @property
    def refused(self) -> int:
        """Messages that were ignored because they were not signed, wrongly, or said before."""
        return 0 if self.guard is None else self.guard.refused

    def set_up(self, key: bytes, ticks: int) -> None:
        """A new key, and a time in 10 µs since 2015; a key and a time of zero end signing."""
        if not any(key) and ticks == 0:
            self.guard = self.sign = None
            return
        if self.guard is not None and self.guard.key == key:
            return
        self._ticks = max(ticks, ticks_now())
        self.guard, self.sign = Guard(key, newest=ticks), self._signed

    def _signed(self, packet: bytes) -> bytes:
        assert self.guard is not None
        self._ticks = max(self._ticks + 1, ticks_now(), self.guard.newest)
        return signature(self.guard.key, packet, 0, self._ticks)

    def believes(self, message: Inbound) -> bool:
        """Whether a message may be listened to."""
        return self.guard is None or self.guard.judge(message.raw) is Verdict.GOOD
