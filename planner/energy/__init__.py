"""What flying costs and what a battery gives: power, the battery's day, published figures, reserve, learning."""

from planner.energy.battery import AGED_SHARE, cold_share, for_the_day, health_after
from planner.energy.power import (
    CRUISE_MPS,
    GRAVITY_MPS2,
    JOULES_PER_WH,
    PARASITE_SHARE,
    SPOOLING_SHARE,
    lift_j_per_m,
    power_w,
)
from planner.energy.published import Estimate, Specs, profile_from_specs

__all__ = [
    "AGED_SHARE",
    "CRUISE_MPS",
    "GRAVITY_MPS2",
    "JOULES_PER_WH",
    "PARASITE_SHARE",
    "SPOOLING_SHARE",
    "Estimate",
    "Specs",
    "cold_share",
    "for_the_day",
    "health_after",
    "lift_j_per_m",
    "power_w",
    "profile_from_specs",
]
