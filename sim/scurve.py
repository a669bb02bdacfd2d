"""How a copter's target runs along one straight leg: jerk-limited, from standstill to standstill.

ArduCopter (4.1 and later) moves a target whose jerk rises and falls as a raised cosine, so that snap stays bounded; its
AC_WPNav and SCurve classes were read for the behaviour, the mathematics here is its own:

- within a piece of duration T the jerk is ``c0 + c1 cos(b t)``; acceleration, speed and way are its integrals;
- a change of speed is symmetric about its middle, so its mean speed is the mean of its ends, and its way is that mean
  times its duration. The fastest speed that fits a way is therefore found by bisection on one monotone function.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What a leg may ask for along its track: m/s, m/s², m/s³ and m/s⁴."""

    speed: float
    acceleration: float
    jerk: float
    snap: float


class Along(NamedTuple):
    """Where the target is along the leg: metres, m/s, m/s²."""

    way: float
    speed: float
    acceleration: float


class Piece(NamedTuple):
    """A stretch of time with the jerk ``c0 + c1 cos(b t)`` and what holds at its start."""

    start: float
    c0: float
    c1: float
    b: float
    acceleration: float
    speed: float
    way: float

    def at(self, time: float) -> Along:
        """The state ``time`` seconds after the profile's start."""
        t = time - self.start
        half = 0.5 * t * t
        a = self.acceleration + self.c0 * t
        v = self.speed + self.acceleration * t + self.c0 * half
        p = self.way + self.speed * t + self.acceleration * half + self.c0 * half * t / 3.0
        if self.c1:
            b = self.b
            sine, cosine = math.sin(b * t), math.cos(b * t)
            a += self.c1 * sine / b
            v += self.c1 * (1.0 - cosine) / (b * b)
            p += self.c1 * (t - sine / b) / (b * b)
        return Along(p, v, a)


class _Change(NamedTuple):
    """A change of speed: jerk peak, its ramp's duration, time at peak jerk, time at peak acceleration."""

    jerk: float
    ramp: float
    hold: float
    flat: float

    @property
    def duration(self) -> float:
        return 4.0 * self.ramp + 2.0 * self.hold + self.flat


_NOTHING = _Change(0.0, 0.0, 0.0, 0.0)


def _change(delta: float, limits: Limits) -> _Change:
    """The quickest change of speed by ``delta`` (m/s, positive)."""
    if delta <= 1e-9:
        return _NOTHING
    ramp = limits.jerk * math.pi / (2.0 * limits.snap)
    rise = ramp + limits.acceleration / limits.jerk
    if limits.acceleration >= limits.jerk * ramp and delta >= limits.acceleration * rise:
        return _Change(limits.jerk, ramp, rise - 2.0 * ramp, delta / limits.acceleration - rise)
    peak = 0.5 * limits.jerk * (math.sqrt(ramp * ramp + 4.0 * delta / limits.jerk) - ramp)
    if limits.acceleration >= limits.jerk * ramp and peak >= limits.jerk * ramp:
        return _Change(limits.jerk, ramp, peak / limits.jerk - ramp, 0.0)
    ramp = min(
        ramp,
        (delta * math.pi / (4.0 * limits.snap)) ** (1.0 / 3.0),
        math.sqrt(limits.acceleration * math.pi / (2.0 * limits.snap)),
    )
    jerk = 2.0 * limits.snap * ramp / math.pi
    return _Change(jerk, ramp, 0.0, max(0.0, delta / (jerk * ramp) - 2.0 * ramp))


def _way(start: float, end: float, limits: Limits) -> float:
    return 0.5 * (start + end) * _change(abs(end - start), limits).duration


def _fastest(start: float, top: float, way: float, limits: Limits) -> float:
    """The highest speed up to ``top`` that is reached from ``start`` within ``way`` metres."""
    if top <= start or _way(start, top, limits) <= way:
        return max(start, top)
    low, high = start, top
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _way(start, middle, limits) <= way:
            low = middle
        else:
            high = middle
    return low


class Leg:
    """A straight way of ``length`` metres flown from rest to rest; ``time`` says how far along the target is."""

    def __init__(self, length: float, limits: Limits) -> None:
        self.length = length
        self.limits = limits
        self.time = 0.0
        self._build([], 0.0, 0.0, 0.0)

    @property
    def remaining(self) -> float:
        """Seconds until the target stands at the end."""
        return self.end - self.time

    @property
    def finished(self) -> bool:
        """Whether the target stands at the end."""
        return self.time >= self.end

    def advance(self, dt: float) -> Along:
        """Move on by ``dt`` seconds, not beyond the end."""
        self.time = min(self.time + dt, self.end)
        return self.at(self.time)

    def at(self, time: float) -> Along:
        """The target's state at a time on this leg."""
        if time >= self.end:
            return Along(self.length, 0.0, 0.0)
        return self._pieces[bisect_right(self._starts, time) - 1].at(time)

    def set_speed(self, speed: float) -> None:
        """Change the top speed from now on; without effect once the target slows down for the end."""
        if speed <= 0.0 or abs(speed - self.limits.speed) < 1e-9:
            return
        self.limits = Limits(speed, self.limits.acceleration, self.limits.jerk, self.limits.snap)
        if self.time >= self.slowing_from or self.length <= 0.0:
            return
        kept = self._pieces[: bisect_right(self._starts, self.time)] if self.time > 0.0 else []
        now = self.at(self.time)
        if kept and now.acceleration > 0.0:
            now = self._level_off(kept, now)
        else:
            kept = [*kept, Piece(self.time, 0.0, 0.0, 0.0, 0.0, now.speed, now.way)] if kept else []
        self._build(kept, self.time if not kept else kept[-1].start, now.way, now.speed)

    def _level_off(self, kept: list[Piece], now: Along) -> Along:
        """Take the acceleration out, at the leg's own jerk; adds to ``kept`` and returns the state after it."""
        duration = now.acceleration / self.limits.jerk
        piece = Piece(self.time, -self.limits.jerk, 0.0, 0.0, now.acceleration, now.speed, now.way)
        after = piece.at(self.time + duration)
        kept.append(piece)
        kept.append(Piece(self.time + duration, 0.0, 0.0, 0.0, 0.0, after.speed, after.way))
        return Along(after.way, after.speed, 0.0)

    def _build(self, kept: list[Piece], time: float, way: float, speed: float) -> None:
        """Everything from ``way`` on: to the top speed (or down to it), along, and to rest at the end."""
        limits, left = self.limits, self.length - way
        pieces = list(kept)
        stop_way = _way(0.0, limits.speed, limits)
        if speed <= limits.speed:
            half = left * 0.5 if speed == 0.0 else max(0.0, left - _way(0.0, speed, limits)) * 0.5
            top = _fastest(speed, limits.speed, half, limits)
        else:
            top = limits.speed if _way(speed, limits.speed, limits) + stop_way <= left else speed
        time, way = _append(pieces, (time, way, speed), top, limits)
        self.accelerated_until = time
        cruise = max(0.0, self.length - way - _way(0.0, top, limits)) / top if top > 0.0 else 0.0
        pieces.append(Piece(time, 0.0, 0.0, 0.0, 0.0, top, way))
        time, way = time + cruise, way + cruise * top
        self.slowing_from = time
        time, _ = _append(pieces, (time, way, top), 0.0, limits)
        self.end = time
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]


def _append(pieces: list[Piece], at: tuple[float, float, float], end: float, limits: Limits) -> tuple[float, float]:
    """Add the pieces of one change of speed from a time, way and speed; returns the time and way after it."""
    time, way, start = at
    change = _change(abs(end - start), limits)
    if change.ramp <= 0.0:
        return time, way
    sign = math.copysign(1.0, end - start)
    half, b = 0.5 * change.jerk * sign, math.pi / change.ramp
    state = Along(way, start, 0.0)
    for duration, c0, c1 in (
        (change.ramp, half, -half),
        (change.hold, 2.0 * half, 0.0),
        (change.ramp, half, half),
        (change.flat, 0.0, 0.0),
        (change.ramp, -half, half),
        (change.hold, -2.0 * half, 0.0),
        (change.ramp, -half, -half),
    ):
        if duration > 0.0:
            piece = Piece(time, c0, c1, b, state.acceleration, state.speed, state.way)
            pieces.append(piece)
            time += duration
            state = piece.at(time)
    return time, state.way
