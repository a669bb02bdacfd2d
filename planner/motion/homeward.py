"""How high an autopilot comes home: ``ModeRTL::compute_return_target``."""

from __future__ import annotations

import numpy as np

from planner.motion.limits import Floats
from planner.vehicles import VehicleProfile

LEAST_RETURN_M = 0.3
"""``RTL_ALT_MIN``: a return is never lower than this."""

LEAST_SLOPE = 0.5
"""``RTL_MIN_CONE_SLOPE``: a flatter cone is none."""


def return_height_m(heights_m: Floats, away_m: Floats, asked_m: Floats, profile: VehicleProfile) -> Floats:
    """The heights above home (n,) of straight ways home (``ModeRTL::compute_return_target``).

    ``asked_m``: the altitude of the rally point, 0 for home. Above home and not above terrain (``RTL_ALT_TYPE`` 0).
    """
    least = np.maximum(heights_m + profile.return_climb_m, LEAST_RETURN_M)
    top = np.maximum(np.maximum(asked_m, profile.return_altitude_m), least)
    if profile.return_cone_slope >= LEAST_SLOPE:
        top = np.minimum(top, np.maximum(away_m * profile.return_cone_slope, least))
    return np.asarray(top)
