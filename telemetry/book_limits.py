"""When a drone or a battery is due: limits as data, from a TOML file, and what they say of what was flown."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from planner.errors import FileFormatError, SettingError

EXAMPLE = """# When a drone or a battery may not fly any more until somebody has looked at it (qyran book service).
# hours, flights, cycles, days count from the last service; life_hours and life_cycles never begin anew.
[drone]
hours = 50
days = 180

[battery]
cycles = 100
life_cycles = 300
health = 0.8            # least share of capacity_wh that is left, as it was measured in flight

# One drone or battery by its name, where it differs:
# [batteries.B7]
# capacity_wh = 99.9
"""


class Thing(Enum):
    """What the book keeps count of."""

    DRONE = "drone"
    BATTERY = "battery"

    @property
    def plural(self) -> str:
        """Its table of single ones in the limits' file."""
        return {"drone": "drones", "battery": "batteries"}[self.value]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one may do before it is due; None is no limit."""

    hours: float | None = None
    flights: float | None = None
    cycles: float | None = None
    """Full discharges: shares of the battery summed up."""
    days: float | None = None
    life_hours: float | None = None
    life_cycles: float | None = None
    health: float | None = None
    """Least share of ``capacity_wh``."""
    capacity_wh: float | None = None
    """When new; None: as it was first measured."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one drone or battery has done: in all, and since its last service (or ever)."""

    thing: Thing
    name: str
    flights: int
    hours: float
    cycles: float
    """Full discharges, as far as shares were told."""
    distance_km: float
    since_flights: int
    since_hours: float
    since_cycles: float
    first: datetime
    last: datetime
    serviced: datetime | None
    capacity_wh: float | None
    """Measured last: energy drawn over the share of the battery that it was; None before a flight long enough."""
    capacity_first_wh: float | None
    """Measured first."""


@dataclass(frozen=True, slots=True)
class LimitsFile:
    """All limits: of any drone and battery, and of single ones by their names."""

    drone: Limits = Limits()
    battery: Limits = Limits()
    drones: Mapping[str, Limits] | None = None
    batteries: Mapping[str, Limits] | None = None

    def of(self, thing: Thing, name: str) -> Limits:
        """What holds for one: its own where it has any, else those of all."""
        single: Mapping[str, Limits] = getattr(self, thing.plural) or {}
        common: Limits = getattr(self, thing.value)
        own = single.get(name)
        if own is None:
            return common
        told = {item.name: value for item in fields(Limits) if (value := getattr(own, item.name)) is not None}
        return replace(common, **told)


def read_limits(path: Path) -> LimitsFile:
    """The limits in a file; none where there is no such file. Raises ``FileFormatError``, ``SettingError``."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LimitsFile()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileFormatError(f"Not TOML: {error}.", about=str(path)) from None
    except OSError as error:
        raise FileFormatError(f"It cannot be read: {error.strerror}.", about=str(path)) from error
    known = {"drone", "battery", "drones", "batteries"}
    for name in tables:
        if name not in known:
            raise SettingError(f"There is no such table. Known: {', '.join(sorted(known))}.", about=f"{path}: [{name}]")
    return LimitsFile(
        drone=_limits(tables.get("drone", {}), f"{path}: [drone]"),
        battery=_limits(tables.get("battery", {}), f"{path}: [battery]"),
        drones=_named(tables.get("drones", {}), f"{path}: [drones]"),
        batteries=_named(tables.get("batteries", {}), f"{path}: [batteries]"),
    )


def _named(table: object, about: str) -> dict[str, Limits]:
    if not isinstance(table, Mapping):
        raise SettingError("This must be a table.", about=about)
    return {str(name): _limits(inner, f"{about[:-1]}.{name}]") for name, inner in table.items()}


def _limits(table: object, about: str) -> Limits:
    if not isinstance(table, Mapping):
        raise SettingError("This must be a table.", about=about)
    names = [item.name for item in fields(Limits)]
    for key, value in table.items():
        if key not in names:
            raise SettingError(f"There is no such limit. Known: {', '.join(names)}.", about=f"{about} {key}")
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and value > 0):
            raise SettingError(f"A limit is a number greater than zero, not {value!r}.", about=f"{about} {key}")
    return Limits(**{str(key): float(value) for key, value in table.items()})


def overdue(account: Account, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Why one may not be assigned, a sentence each; none where it may."""
    who = f"{account.thing.value.capitalize()} {account.name}"
    since = "since its service" if account.serviced else "without a service"
    told = (
        (limits.hours, account.since_hours, "hours in the air", since),
        (limits.flights, account.since_flights, "flights", since),
        (limits.cycles, account.since_cycles, "full discharges", since),
        (limits.days, (now - (account.serviced or account.first)) / timedelta(days=1), "days", since),
        (limits.life_hours, account.hours, "hours in the air", "in its life"),
        (limits.life_cycles, account.cycles, "full discharges", "in its life"),
    )
    reasons = [
        f"{who} is overdue: {value:.1f} {what} {when}, at most {most:g}."
        for most, value, what, when in told
        if most is not None and value >= most
    ]
    share = health(account, limits)
    if limits.health is not None and share is not None and share < limits.health:
        reasons.append(f"{who} is worn: {share:.0%} of its capacity is left, at least {limits.health:.0%} must be.")
    return tuple(reasons)


def health(account: Account, limits: Limits) -> float | None:
    """Measured capacity over that when new (told, else first measured); None where nothing was measured."""
    new = limits.capacity_wh or account.capacity_first_wh
    return None if account.capacity_wh is None or not new else account.capacity_wh / new
