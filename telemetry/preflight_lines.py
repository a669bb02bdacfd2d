"""What a line before a flight is, what a sortie needs, and what a person adds to the vehicle's own answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from planner.errors import NotConfirmedError

if TYPE_CHECKING:
    from telemetry.vehicle import Vehicle

FIRM = frozenset({"link", "autopilot", "mission", "fence items", "rally points"})
"""Lines that no reason overrides: what cannot be reached, or is not what was planned, is not flown."""


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter that would mend something: its value now and the one it should have."""

    parameter: str
    old: float
    new: float

    def __str__(self) -> str:
        return f"{self.parameter} {self.old:g} → {self.new:g}"


@dataclass(frozen=True, slots=True)
class Override:
    """A named person lets a failing line pass, and why (aware UTC)."""

    person: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.person.strip() or not self.reason.strip():
            raise NotConfirmedError("An override needs a person's name and a reason.")


@dataclass(frozen=True, slots=True)
class Check:
    """One line before a flight. ``ok`` None is unknown; ``age_s`` how old the answer is (0: just asked)."""

    name: str
    ok: bool | None
    sentence: str
    mend: str = ""
    age_s: float | None = 0.0
    change: Change | None = None
    only_warns: bool = False
    override: Override | None = None

    @property
    def blocks(self) -> bool:
        """Whether a real vehicle may not fly with it."""
        return self.ok is not True and not self.only_warns and self.override is None


@dataclass(frozen=True, slots=True)
class Weather:
    """What a person measured at the launch, who and when (aware UTC)."""

    person: str
    at: datetime
    wind_mps: float | None = None
    celsius: float | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a sortie needs of the vehicle, as it was planned; every unknown is None."""

    battery: float | None = None
    """Share of the planned battery that it uses."""
    reserve: float | None = None
    """Share of the planned battery that must be left at landing."""
    energy_wh: float | None = None
    reserve_wh: float | None = None
    return_altitude_m: float | None = None
    """Above home: the altitude that the ways home were proven with."""
    highest_m: float | None = None
    """Above ground or home: what nothing may fly above."""
    ways_home: str = ""
    """What the plan found of the ways home, in its own words."""
    wind_mps: float | None = None
    """The wind that its energy was reckoned with."""
    max_wind_mps: float | None = None
    """What the vehicle bears."""
    battery_c: float | None = None
    """The battery's temperature that it was reckoned with."""

    @property
    def battery_with_reserve(self) -> float | None:
        """Share of the planned battery that must be in it at take-off."""
        return None if self.battery is None else self.battery + (self.reserve or 0.0)

    @property
    def energy_with_reserve_wh(self) -> float | None:
        """What must be in the battery at take-off, watt-hours."""
        return None if self.energy_wh is None else self.energy_wh + (self.reserve_wh or 0.0)


def flag(
    vehicle: Vehicle, parameter: str, wanted: float, *, name: str, off: str, on: str, only_warns: bool = False
) -> Check:
    """A line about a parameter that must not be 0."""
    value = vehicle.parameter(parameter)
    if value is None:
        return Check(name, None, f"The vehicle has no {parameter}.", "Check its firmware.", only_warns=only_warns)
    if value == 0:
        change = Change(parameter, value, wanted)
        return Check(name, False, f"{off} {parameter} is 0.", f"Set {change}.", change=change, only_warns=only_warns)
    return Check(name, True, f"{on} {parameter} is {value:g}.")


def overridden(checks: Iterable[Check], overrides: Mapping[str, Override]) -> tuple[Check, ...]:
    """The lines, those that a person lets pass with that person's word; what is ``FIRM`` or passes stays as it is."""
    return tuple(
        replace(one, override=overrides[one.name])
        if one.ok is not True and one.name in overrides and one.name not in FIRM
        else one
        for one in checks
    )


def check_report(one: Check) -> dict[str, object]:
    """A line as plain values; null is unknown."""
    return {
        "name": one.name,
        "ok": one.ok,
        "blocks": one.blocks,
        "sentence": one.sentence,
        "mend": one.mend,
        "age_s": None if one.age_s is None else round(one.age_s, 1),
        "change": None
        if one.change is None
        else {"parameter": one.change.parameter, "old": one.change.old, "new": one.change.new},
        "override": None
        if one.override is None
        else {"person": one.override.person, "reason": one.override.reason, "at": one.override.at.isoformat()},
    }
