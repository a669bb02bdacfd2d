"""What a battery gives on the day: cold, age, and the payload it has to carry.

Cold: a lithium battery that gives all of its capacity at 27 °C typically gives half of it at -18 °C (Battery
University, BU-502 "Discharging at High and Low Temperatures"). Between the two, and down to ``COLDEST_C``, a straight
line is drawn, and everything is told as a share of what the battery gives at 20 °C, which is what a profile's
``battery_wh`` means. That gives 0.76 at 0 °C and 0.52 at -20 °C. A battery that warms itself in flight gives more: the
temperature that counts is the battery's, not the air's.

Age: makers call a pack worn out when a fifth of its capacity is gone; that this comes after ``WORN_CYCLES`` charges is
an assumption. A capacity that was measured (``battery_health``) takes its place.

Payload: hovering power grows with the mass to the power of 1.5 (momentum theory: Leishman, Principles of Helicopter
Aerodynamics, 2.3); flying on is taken to grow alike.
"""

from __future__ import annotations

from dataclasses import replace

from planner.errors import SettingError
from planner.vehicles import VehicleProfile

NOMINAL_C = 20.0
COLDEST_C = -30.0
_FULL_C, _HALF_C = 27.0, -18.0

AGED_SHARE = 0.8
"""What is left of the capacity of a battery that makers call worn out."""

WORN_CYCLES = 200
"""Charges until then: an assumption."""

LEAST_HEALTH = 0.5
"""Nobody should fly with a battery that has less left; the line of ageing ends there."""

HOVER_EXPONENT = 1.5


def cold_share(battery_c: float) -> float:
    """What a battery at a temperature gives, as a share of what it gives at 20 °C; never more than 1.

    Raises ``SettingError`` below ``COLDEST_C``, where no figure is known.
    """
    if not battery_c >= COLDEST_C:
        raise SettingError(
            f"What a battery gives at {battery_c:g} °C is not known; the figures end at {COLDEST_C:g} °C.",
            mend="Warm the battery before the flight.",
        )
    return min(_share(battery_c) / _share(NOMINAL_C), 1.0)


def _share(celsius: float) -> float:
    return 1.0 - 0.5 * (_FULL_C - celsius) / (_FULL_C - _HALF_C)


def health_after(cycles: float) -> float:
    """The share of a new battery's capacity that is left after so many charges."""
    return max(1.0 - (1.0 - AGED_SHARE) * cycles / WORN_CYCLES, LEAST_HEALTH)


def for_the_day(profile: VehicleProfile, *, battery_c: float | None = None) -> VehicleProfile:
    """The profile as it flies: battery colder and older, drone heavier; what was taken into account is then zero.

    ``battery_c`` None: not known, and nothing is taken off. Nothing changes twice: the answer has no payload, no
    charges, full health.
    """
    health = profile.battery_health * health_after(profile.battery_cycles)
    cold = 1.0 if battery_c is None else cold_share(battery_c)
    heavier = ((profile.mass_kg + profile.payload_kg) / profile.mass_kg) ** HOVER_EXPONENT
    if health * cold == 1.0 and heavier == 1.0:
        return replace(profile, battery_health=1.0, battery_cycles=0.0, payload_kg=0.0)
    return replace(
        profile,
        battery_wh=profile.battery_wh * health * cold,
        hover_w=profile.hover_w * heavier,
        cruise_w=profile.cruise_w * heavier,
        mass_kg=profile.mass_kg + profile.payload_kg,
        battery_health=1.0,
        battery_cycles=0.0,
        payload_kg=0.0,
    )
