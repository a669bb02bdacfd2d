"""What flying costs: electric power in level flight, and what climbing adds.

Measured on ArduCopter 4.6.3 SITL (3 kg, 20 flights, ``tests/planner/data/motion.json``): 355 W hovering, 356 W at
4 m/s, 362 W at 7.1 m/s, 381 W at 10 m/s and 386 W at 10.4 m/s through the air; 384 W climbing at 2.5 m/s, 339 W sinking
at 1.5 m/s; 46 W from arming to leaving the ground, 8 W after touching it. The profile's own figures take the place of
these; the shape between them is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.vehicles import VehicleProfile

Floats = NDArray[np.float64]

CRUISE_MPS = 10.0
"""The airspeed that ``cruise_w`` is told for."""

PARASITE_SHARE = 0.2
"""Share of cruise power that grows with the cube of airspeed beyond ``CRUISE_MPS``: an assumption, not measured."""

SPOOLING_SHARE = 0.13
"""Share of hover power from arming to leaving the ground."""

GRAVITY_MPS2 = 9.80665
JOULES_PER_WH = 3600.0


def power_w(airspeeds: Floats, profile: VehicleProfile) -> Floats:
    """Electric power in level flight at airspeeds (n,): the cube of airspeed to cruise, then steeper."""
    cube = (np.asarray(airspeeds, dtype=np.float64) / CRUISE_MPS) ** 3
    level = profile.hover_w + (profile.cruise_w - profile.hover_w) * np.clip(cube, 0.0, 1.0)
    return np.asarray(level + profile.cruise_w * PARASITE_SHARE * np.maximum(cube - 1.0, 0.0))


def lift_j_per_m(profile: VehicleProfile) -> float:
    """Electric energy for a metre of climb beyond that of hovering as long, joules: the work of lifting the mass.

    Momentum theory asks for half of that work at slow climbs, and rotors and motors lose the other half. SITL's quad
    asks for 0.4 of it. Nothing is given back for sinking.
    """
    return profile.mass_kg * GRAVITY_MPS2
