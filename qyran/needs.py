"""What a planned sortie needs of its vehicle: from the plan to the preflight, through ``plan.json`` or directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from pydantic import TypeAdapter

from planner.energy.reserve import reserve_wh
from planner.patrol import Limits
from planner.plan import Forecast, Plan, Sortie
from planner.vehicles import VehicleProfile
from telemetry.preflight_lines import Needs

WAYS_HOME = "return_way"
"""The rule that proves the ways home over terrain and past zones."""


def needs_of(made: Plan, sortie: Sortie) -> Needs:
    """What a sortie of a plan needs."""
    patrol = made.patrol
    profile, limits = patrol.vehicle, patrol.limits
    kept_wh = reserve_wh(patrol, sortie.launch)
    found = [one.sentence for one in made.findings if one.rule == WAYS_HOME and one.sortie in (None, sortie.number)]
    return Needs(
        battery=sortie.forecast.battery_used,
        reserve=kept_wh / profile.battery_wh,
        energy_wh=sortie.forecast.energy_wh,
        reserve_wh=kept_wh,
        return_altitude_m=profile.return_altitude_m,
        highest_m=limits.highest.metres,
        ways_home=" ".join(found),
        wind_mps=limits.energy_wind_mps,
        max_wind_mps=profile.max_wind_mps,
        battery_c=limits.battery_c,
    )


def needs_foretold(ahead: Forecast, profile: VehicleProfile) -> Needs:
    """What a mission without a plan needs, by our own forecast; nobody proved its ways home."""
    share = Limits().battery_reserve
    return Needs(
        battery=ahead.battery_used,
        reserve=share,
        energy_wh=ahead.energy_wh,
        reserve_wh=share * profile.battery_wh,
    )


def needs_report(needs: Needs) -> dict[str, object]:
    """As plain values; null is unknown."""
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(needs).items()}


def needs_from(report: Mapping[str, object]) -> Needs:
    """Read back; what an older plan does not say is unknown. Raises ``TypeError``, ``ValueError``."""
    known: dict[str, object] = {}
    for item in fields(Needs):
        value = report.get(item.name)
        if item.name == "ways_home":
            known[item.name] = str(value or "")
        elif value is not None:
            known[item.name] = float(str(value))
    return Needs(**known)  # type: ignore[arg-type]


def profile_report(profile: VehicleProfile) -> dict[str, object]:
    """A vehicle's profile as plain values."""
    report: dict[str, object] = TypeAdapter(VehicleProfile).dump_python(profile, mode="json")
    return report


def profile_from(report: object) -> VehicleProfile:
    """A vehicle's profile as ``plan.json`` keeps it; the default one where it keeps none.

    Raises ``SettingError``, ``ValueError``.
    """
    return VehicleProfile() if report is None else TypeAdapter(VehicleProfile).validate_python(report)
