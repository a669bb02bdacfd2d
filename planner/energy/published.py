"""A profile from what a maker publishes: endurance, mass, speeds. What is not published is assumed, and is said."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from planner.errors import InputError, SettingError
from planner.vehicles import VehicleProfile

WATTS_PER_KG = 110.0
"""Power of the longest flight for each kilogram, where no battery is told: an assumption.

It sets the scale of both power and battery; the share of the battery that a flight takes hardly depends on it.
"""

HOVER_OVER_BEST = 1.15
"""Hovering asks for this much more than the speed of longest endurance, which makers fly for their figure: assumed."""

CRUISE_OVER_BEST = 1.05
"""The same for 10 m/s: assumed."""

USABLE_SHARE = 0.9
"""Of a battery's printed energy; the rest stays in it so that it lives: assumed."""

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_FIXED_WING = re.compile(r"fixed wing|vtol|plane", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Specs:
    """What is published of a multicopter; None is not published."""

    model: str
    endurance_min: float | None = None
    mass_kg: float | None = None
    battery_wh: float | None = None
    payload_kg: float | None = None
    """The most it may carry."""
    top_speed_mps: float | None = None
    max_wind_mps: float | None = None
    endurance_is_hover: bool = False
    """Whether the endurance was told for hovering."""

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> Specs:
        """A row with the columns ``model, class, takeoff_mass_g, …`` of a table of published figures; blank is unknown.

        Where a cell tells several figures ("8.5-10.5"), the least counts. Raises ``InputError`` where a cell is no
        figure, and for anything with wings.
        """
        model = row.get("model", "").strip()
        if _FIXED_WING.search(row.get("class", "")):
            raise InputError("A fixed wing does not hover; Qyran plans for multicopters.", about=model)
        mass_g = _least(row, "takeoff_mass_g") or _least(row, "max_takeoff_mass_g")
        payload_g = _least(row, "max_payload_g")
        return cls(
            model=model,
            endurance_min=_least(row, "max_flight_time_min"),
            mass_kg=None if mass_g is None else mass_g / 1000.0,
            payload_kg=None if payload_g is None else payload_g / 1000.0,
            top_speed_mps=_least(row, "max_horizontal_speed_m_s"),
            max_wind_mps=_least(row, "max_wind_m_s"),
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A profile, and what in it is assumed rather than published, in sentences."""

    profile: VehicleProfile
    assumed: tuple[str, ...]


def profile_from_specs(specs: Specs) -> Estimate:
    """Hover and cruise power, battery and limits from published figures.

    The endurance is a still-air flight at the speed of longest endurance until the battery is empty, unless it was
    told for hovering. Raises ``SettingError`` where endurance or mass are missing or not above zero.
    """
    endurance_min = _needed(specs, "endurance_min", specs.endurance_min)
    mass_kg = _needed(specs, "mass_kg", specs.mass_kg)
    assumed: list[str] = []
    if specs.battery_wh is None:
        mean_w = WATTS_PER_KG * mass_kg
        battery_wh = mean_w * endurance_min / 60.0
        assumed.append(
            f"battery: not published; {battery_wh:.0f} Wh from {WATTS_PER_KG:g} W/kg and {endurance_min:g} min"
        )
    else:
        battery_wh = _needed(specs, "battery_wh", specs.battery_wh) * USABLE_SHARE
        mean_w = battery_wh * 60.0 / endurance_min
        assumed.append(f"battery: {USABLE_SHARE:.0%} of the published {specs.battery_wh:g} Wh can be used")
    best_w = mean_w / HOVER_OVER_BEST if specs.endurance_is_hover else mean_w
    assumed.append(f"hovering asks for {HOVER_OVER_BEST:g} times the power of the longest flight")
    assumed.append(f"10 m/s asks for {CRUISE_OVER_BEST:g} times the power of the longest flight")
    known = VehicleProfile()
    if specs.top_speed_mps is None:
        assumed.append(f"top speed: not published, {known.top_speed_mps:g} m/s")
    if specs.max_wind_mps is None:
        assumed.append(f"wind: not published, {known.max_wind_mps:g} m/s")
    assumed.append("accelerations, climb and descent: those of ArduCopter's defaults")
    profile = VehicleProfile(
        name=specs.model,
        mass_kg=mass_kg,
        battery_wh=round(battery_wh, 1),
        hover_w=round(best_w * HOVER_OVER_BEST, 1),
        cruise_w=round(best_w * CRUISE_OVER_BEST, 1),
        top_speed_mps=known.top_speed_mps if specs.top_speed_mps is None else specs.top_speed_mps,
        max_wind_mps=known.max_wind_mps if specs.max_wind_mps is None else specs.max_wind_mps,
    )
    return Estimate(profile, tuple(assumed))


def _least(row: Mapping[str, str], key: str) -> float | None:
    text = (row.get(key) or "").strip()
    if not text:
        return None
    found = [abs(float(number)) for number in _NUMBER.findall(text.split("(")[0])]
    if not found:
        raise InputError(f'"{text}" is no figure.', about=f"{row.get('model', '')}: {key}")
    return min(found)


def _needed(specs: Specs, name: str, value: float | None) -> float:
    if value is None or not (math.isfinite(value) and value > 0):
        said = "is not published" if value is None else f"must be greater than zero, not {value}"
        raise SettingError(f"{name} {said}, and nothing can be worked out without it.", about=specs.model)
    return value
