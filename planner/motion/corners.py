"""How a waypoint is cut: the next leg begins while the last one still brakes.

ArduCopter (``SCurve::advance_target_along_track``) starts the next leg as soon as, at the middle of the turn, the
target would pass within the waypoint radius, slower than both legs' speeds, and with no more acceleration than corners
may have. Both legs then run at once, and their velocities add up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.motion.limits import Floats
from planner.motion.memory import Memory
from planner.motion.ramps import Ramps
from planner.vehicles import VehicleProfile

_SAMPLES = 40
_BISECTIONS = 10
_ROUNDED = 0.01
"""Rows are remembered to a thousandth; speeds that are equal must stay so."""


_MEMORY = Memory(0.001)


def overlaps(
    braking: Ramps, starting: Ramps, directions: tuple[Floats, Floats], speeds: Floats, profile: VehicleProfile
) -> Floats:
    """Seconds (m,) that each of m corners is shortened by.

    ``braking`` (m) how the leg before comes to rest, mirrored in time; ``starting`` (m) how the leg after starts;
    ``directions`` of both as unit vectors (m, 3); ``speeds`` (m,) the lower of the speeds that the two may have.
    """
    if not len(speeds):
        return np.zeros(0)
    first, second = directions
    rows = np.column_stack([braking.columns(), starting.columns(), first, second, speeds])
    limits = profile.waypoint_radius_m, profile.corner_acceleration_mps2, profile.vertical_acceleration_mps2
    return _MEMORY.recall(limits, _turned(rows), lambda distinct: _longest(distinct, *limits)[:, None])[:, 0]


def _turned(rows: Floats) -> Floats:
    """Corners turned about so that the first leg goes east: the same corner."""
    level = rows[:, 8] + 1j * rows[:, 9]
    size = np.abs(level)
    back = np.conj(np.divide(level, size, out=np.ones_like(level), where=size > 1e-9))
    turned = rows.copy()
    for at in (8, 11):
        way = (rows[:, at] + 1j * rows[:, at + 1]) * back
        turned[:, at], turned[:, at + 1] = way.real, way.imag
    return turned


def _longest(rows: Floats, radius_m: float, corner_mps2: float, vertical_mps2: float) -> Floats:
    """The longest overlaps (m,) that keep the limits: the first that does, as the vehicle nears the corner."""
    braking, starting = Ramps(*rows[:, :4].T), Ramps(*rows[:, 4:8].T)
    before, after, speeds = rows[:, None, 8:11], rows[:, None, 11:14], rows[:, 14:15]
    longest = np.minimum(braking.duration, starting.duration)

    def fits(half: Floats) -> NDArray[np.bool_]:
        """Whether turns whose halves last (m, k) seconds keep the limits, (m, k)."""
        way_in, speed_in, push_in = (part[..., None] for part in braking.at(half))
        way_out, speed_out, push_out = (part[..., None] for part in starting.at(half))
        miss = np.linalg.norm(after * way_out - before * way_in, axis=-1)
        speed = np.linalg.norm(after * speed_out + before * speed_in, axis=-1)
        push = after * push_out - before * push_in
        return np.asarray(
            (miss < radius_m)
            & (speed <= speeds + _ROUNDED)
            & (np.hypot(push[..., 0], push[..., 1]) < corner_mps2)
            & (np.abs(push[..., 2]) < vertical_mps2)
        )

    shares = np.linspace(1.0, 0.0, _SAMPLES)
    good = fits(longest[:, None] / 2 * shares)
    good[:, -1] = True
    first = good.argmax(axis=1)
    low, high = shares[first], shares[np.maximum(first - 1, 0)]
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        inside = fits((longest / 2 * middle)[:, None])[:, 0]
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.asarray(longest * np.where(first == 0, 1.0, low))
