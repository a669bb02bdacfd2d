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
from itertools import pairwise
from typing import NamedTuple

_BISECTIONS = 60
_SETTLE_RAMPS = 12.0
"""A change of speed under way needs so many jerk ramps' time at constant speed (ArduCopter's rule of thumb)."""


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
        self._build([], Along(0.0, 0.0, 0.0), 0.0, self._reachable())

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
        """Change the top speed under way, as far as ArduCopter does.

        While it speeds up, a lower speed shortens the time at full acceleration; any other change comes after that, and
        only where enough of the way at constant speed is left. Slowing down for the end is not changed any more.
        """
        if speed <= 0.0 or abs(speed - self.limits.speed) < 1e-9 or self.length <= 0.0:
            return
        self.limits = Limits(speed, self.limits.acceleration, self.limits.jerk, self.limits.snap)
        if self.time >= self.slowing_from:
            return
        if self.time <= 0.0:
            self._build([], Along(0.0, 0.0, 0.0), 0.0, self._reachable())
            return
        if speed < self._top and self.time <= self._full_until:
            top = max(speed, self._top - self._peak * (self._full_until - max(self.time, self._full_from)))
            self._build([], Along(0.0, 0.0, 0.0), 0.0, top)
        at = max(self.time, self.accelerated_until)
        here = self.at(at)
        self._build(self._pieces[: bisect_right(self._starts, at)], here, at, self._changed(here))

    def _reachable(self) -> float:
        """The top speed from rest to rest."""
        return _fastest(0.0, self.limits.speed, 0.5 * self.length, self.limits)

    def _changed(self, here: Along) -> float:
        """The speed to go on with from ``here``, where it stands at constant speed."""
        limits, speed = self.limits, here.speed
        left = self.length - here.way - _way(0.0, speed, limits)
        least = _SETTLE_RAMPS * min(1.0, limits.jerk * math.pi / (2.0 * limits.snap))
        if limits.speed < speed:
            return limits.speed if left > least * speed else speed
        if left > least * speed:
            return _fastest(speed, min(limits.speed, left / least), 0.5 * left, limits)
        return speed

    def _build(self, kept: list[Piece], here: Along, time: float, top: float) -> None:
        """Everything from ``here`` on: to the speed ``top``, along, and to rest at the end."""
        pieces, limits = list(kept), self.limits
        if not kept:
            self._top, self._peak = top, 0.0
            self._full_from = self._full_until = 0.0
        elif time > kept[-1].start:
            pieces.append(Piece(time, 0.0, 0.0, 0.0, 0.0, here.speed, here.way))
        way = here.way
        first = len(pieces)
        time, way = _append(pieces, (time, way, here.speed), top, limits)
        if not kept:
            self._note_full(pieces[first:])
        self.accelerated_until = time
        cruise = max(0.0, self.length - way - _way(0.0, top, limits)) / top if top > 0.0 else 0.0
        pieces.append(Piece(time, 0.0, 0.0, 0.0, 0.0, top, way))
        time, way = time + cruise, way + cruise * top
        self.slowing_from = time
        time, _ = _append(pieces, (time, way, top), 0.0, limits)
        self.end = time
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]

    def _note_full(self, pieces: list[Piece]) -> None:
        """Remember when the first acceleration is at its peak."""
        for piece, after in pairwise(pieces):
            if piece.c0 == 0.0 and piece.acceleration > 0.0:
                self._full_from, self._full_until = piece.start, after.start
                self._peak = piece.acceleration


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
