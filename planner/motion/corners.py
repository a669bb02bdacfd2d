"""How a waypoint is cut: the next leg begins while the last one still brakes.

ArduCopter (``SCurve::advance_target_along_track``) starts the next leg as soon as, at the middle of the turn, the
target would pass within the waypoint radius, slower than both legs' speeds, and with no more acceleration than corners
may have. Both legs then run at once, and their velocities add up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.motion.limits import Floats
from planner.motion.ramps import Ramps
from planner.vehicles import VehicleProfile

_SAMPLES = 40
_BISECTIONS = 10


def overlaps(
    braking: Ramps, starting: Ramps, directions: tuple[Floats, Floats], speeds: Floats, profile: VehicleProfile
) -> Floats:
    """Seconds (m,) that each of m corners is shortened by.

    ``braking`` (m) how the leg before comes to rest, mirrored in time; ``starting`` (m) how the leg after starts;
    ``directions`` of both as unit vectors (m, 3); ``speeds`` (m,) the lower of the speeds that the two may have.
    """
    before, after = (units[:, None, :] for units in directions)
    longest = np.minimum(braking.duration, starting.duration)

    def fits(half: Floats) -> NDArray[np.bool_]:
        """Whether turns whose halves last (m, k) seconds keep the limits, (m, k)."""
        way_in, speed_in, acceleration_in = (part[..., None] for part in braking.at(half))
        way_out, speed_out, acceleration_out = (part[..., None] for part in starting.at(half))
        miss = np.linalg.norm(after * way_out - before * way_in, axis=-1)
        speed = np.linalg.norm(after * speed_out + before * speed_in, axis=-1)
        push = after * acceleration_out - before * acceleration_in
        return np.asarray(
            (miss < profile.waypoint_radius_m)
            & (speed <= speeds[:, None] * (1 + 1e-9))
            & (np.hypot(push[..., 0], push[..., 1]) < profile.corner_acceleration_mps2)
            & (np.abs(push[..., 2]) < profile.vertical_acceleration_mps2)
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
