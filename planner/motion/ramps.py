"""Changes of speed with limited acceleration, jerk and snap, many at once.

ArduCopter (``SCurve``, 4.1 and later) lets jerk rise and fall as a raised cosine. A ramp is such a rise of jerk
(``rise``), a stay at its height (``hold``), a fall, a stay at constant acceleration (``flat``), and the same mirrored.
It is symmetric about its middle, so its mean speed is the mean of its ends. The source was read for what it does; the
mathematics is worked out here:

- acceleration at the middle: ``a = jerk (rise + hold)``;
- change of speed: ``a (2 rise + hold + flat)``; duration: ``4 rise + 2 hold + flat``;
- way from rest: half the speed reached times the duration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.motion.limits import Build

Floats = NDArray[np.float64]

_NEWTON_STEPS = 12


@dataclass(frozen=True, slots=True)
class Ramps:
    """Ramps from rest, each array of one shape (n,): peak jerk m/s³ and three durations in seconds."""

    jerk: Floats
    rise: Floats
    hold: Floats
    flat: Floats

    @property
    def speed(self) -> Floats:
        """What they reach, m/s."""
        return self.jerk * (self.rise + self.hold) * (2 * self.rise + self.hold + self.flat)

    @property
    def duration(self) -> Floats:
        """Seconds from rest to that speed."""
        return 4 * self.rise + 2 * self.hold + self.flat

    @property
    def way(self) -> Floats:
        """Metres from rest to that speed."""
        return self.speed * self.duration / 2

    def take(self, index: slice | NDArray[np.int64]) -> Ramps:
        """Some of them."""
        return Ramps(self.jerk[index], self.rise[index], self.hold[index], self.flat[index])

    def none(self) -> Ramps:
        """As many that change nothing."""
        return Ramps(*np.zeros((4, len(self.jerk))))

    def where(self, kept: NDArray[np.bool_], other: Ramps) -> Ramps:
        """These where ``kept`` (n,), the ``other`` ones elsewhere."""
        return Ramps(*np.where(kept[:, None], self.columns(), other.columns()).T)

    def columns(self) -> Floats:
        """All four as columns, (n, 4)."""
        return np.column_stack([self.jerk, self.rise, self.hold, self.flat])

    def at(self, time: Floats) -> tuple[Floats, Floats, Floats]:
        """Way, speed and acceleration at times (n, k) within the ramps, each (n, k)."""
        whole, top, end = self.duration[:, None], self.speed[:, None], self.way[:, None]
        mirrored = time > whole / 2
        inside = np.where(mirrored, whole - time, time)
        way, speed, acceleration = self._first_half(np.clip(inside, 0.0, None))
        return (
            np.where(mirrored, end - top * inside + way, way),
            np.where(mirrored, top - speed, speed),
            acceleration,
        )

    def _first_half(self, time: Floats) -> tuple[Floats, Floats, Floats]:
        """As :meth:`at` for times in the first half: the pieces one after the other, each cut at what is left."""
        half, rise, hold = self.jerk[:, None] / 2, self.rise[:, None], self.hold[:, None]
        beat = np.divide(math.pi, rise, out=np.ones_like(rise), where=rise > 0)
        t = np.minimum(time, rise)
        a = half * (t - np.sin(beat * t) / beat)
        v = half * (t * t / 2 - (1 - np.cos(beat * t)) / beat**2)
        p = half * (t**3 / 6 - t / beat**2 + np.sin(beat * t) / beat**3)
        t = np.clip(time - rise, 0.0, hold)
        p, v, a = p + v * t + a * t * t / 2 + half * t**3 / 3, v + a * t + half * t * t, a + 2 * half * t
        t = np.clip(time - rise - hold, 0.0, rise)
        wave, dent = np.sin(beat * t) / beat, (1 - np.cos(beat * t)) / beat**2
        p = p + v * t + a * t * t / 2 + half * (t**3 / 6 + (t - wave) / beat**2)
        v, a = v + a * t + half * (t * t / 2 + dent), a + half * (t + wave)
        t = np.clip(time - 2 * rise - hold, 0.0, None)
        return p + v * t + a * t * t / 2, v + a * t, a


def ramps_from_rest(speed: Floats, way: Floats, acceleration: Floats, build: Build) -> Ramps:
    """The quickest ramps that reach at most ``speed`` (m/s) on at most ``way`` (m) with ``acceleration`` (m/s²).

    All (n,). Where there is nothing to do (speed or way zero) all is zero.
    """
    moving = (speed > 0) & (way > 0) & (acceleration > 0)
    speed, way, acceleration = (np.where(moving, part, 1.0) for part in (speed, way, acceleration))
    rise, jerk = build.rise_s, build.jerk
    gentle = np.minimum(np.minimum(acceleration, speed / (2 * rise)), way / (4 * rise**2)) < jerk * rise
    soft = _soft(speed, way, acceleration, build)
    hard = _hard(speed, way, acceleration, build)
    parts = (np.where(moving, np.where(gentle, s, h), 0.0) for s, h in zip(soft, hard, strict=True))
    return Ramps(*parts)


def _soft(speed: Floats, way: Floats, acceleration: Floats, build: Build) -> tuple[Floats, ...]:
    """Where jerk never comes to its limit: the rise is shortened at the same snap."""
    rise = np.minimum(
        np.minimum(build.rise_s, (way * math.pi / (8 * build.snap)) ** 0.25),
        np.minimum(np.cbrt(speed * math.pi / (4 * build.snap)), np.sqrt(acceleration * math.pi / (2 * build.snap))),
    )
    jerk = 2 * build.snap * rise / math.pi
    flat = _flat(jerk * rise, 2 * rise, speed, way)
    return jerk, rise, np.zeros_like(rise), flat


def _hard(speed: Floats, way: Floats, acceleration: Floats, build: Build) -> tuple[Floats, ...]:
    """Where jerk stays at its limit for a while; ``swell`` is rise and hold together."""
    rise, jerk = build.rise_s, build.jerk
    by_speed = (np.sqrt(rise * rise + 4 * speed / jerk) - rise) / 2
    root = rise + np.cbrt(way / jerk)
    for _ in range(_NEWTON_STEPS):
        root -= (root**3 - rise * root**2 - way / jerk) / (3 * root**2 - 2 * rise * root)
    swell = np.maximum(np.minimum(np.minimum(acceleration / jerk, by_speed), root - rise), rise)
    flat = np.where(swell >= acceleration / jerk, _flat(jerk * swell, swell + rise, speed, way), 0.0)
    return np.full_like(swell, jerk), np.full_like(swell, rise), swell - rise, flat


def _flat(acceleration: Floats, swell: Floats, speed: Floats, way: Floats) -> Floats:
    """How long full acceleration may last: until the speed is reached or the way used up."""
    by_speed = speed / acceleration - swell
    by_way = (-3 * swell + np.sqrt(swell**2 + 8 * way / acceleration)) / 2
    return np.maximum(np.minimum(by_speed, by_way), 0.0)


def ramps_in_flight(delta: Floats, acceleration: Floats, build: Build) -> Ramps:
    """The quickest ramps (n,) that change a speed which is not zero by ``delta`` m/s: rises are not shortened there."""
    changing, rise = delta > 0, build.rise_s
    delta = np.where(changing, delta, 1.0)
    push = np.minimum(acceleration, delta / (2 * rise))
    gentle = push < build.jerk * rise
    by_speed = (np.sqrt(rise * rise + 4 * delta / build.jerk) - rise) / 2
    swell = np.where(gentle, rise, np.maximum(np.minimum(acceleration / build.jerk, by_speed), rise))
    jerk = np.where(gentle, push / rise, build.jerk)
    flat = np.maximum(delta / (jerk * swell) - swell - rise, 0.0)
    return Ramps(*(np.where(changing, part, 0.0) for part in (jerk, np.full_like(delta, rise), swell - rise, flat)))
