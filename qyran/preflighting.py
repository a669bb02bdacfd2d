"""What is kept of a preflight between two looks: answers with their age, ticks, overrides, weather, what was mended.

One JSON file for each mission (by its identity) on each vehicle, in ``flights/preflight/`` of the project, so that it
survives a restart and another mission or another drone begins with nothing ticked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from missions.atomic import write_atomically
from planner.errors import InputError, NotConfirmedError, SettingError
from qyran.flying import ORDER_FILE, Before, Order
from telemetry.preflight_lines import FIRM, Check, Override, Weather, check_report

if TYPE_CHECKING:
    from telemetry import Vehicle

HAND_ITEMS = {
    "airframe": "Airframe, arms and landing gear are whole; nothing is loose.",
    "propellers": "Propellers are whole, tight and turn the right way.",
    "battery": "The battery is strapped down and not swollen.",
    "camera": "The lens is clean; the camera has a card with room on it.",
    "radio": "The safety pilot holds the radio, and it is on.",
    "place": "Nobody stands where it takes off and lands.",
    "airspace": "Leave to fly is in hand, and the airspace is free.",
}
VALID = timedelta(hours=12)
"""How long a tick and an override hold: a day's work, not the next day's."""
BY_HAND = "by hand: "


@dataclass(frozen=True, slots=True)
class Tick:
    """Who ticked an item, and when (aware UTC)."""

    person: str
    at: datetime


@dataclass(slots=True)
class Kept:
    """The state of one mission's preflight on one vehicle; ``save`` writes it whole."""

    path: Path
    mission: str
    vehicle: int
    ticks: dict[str, Tick] = field(default_factory=dict)
    overrides: dict[str, Override] = field(default_factory=dict)
    weather: Weather | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    """The last answers as plain values, each with ``asked_at``."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """What was mended: parameter, old, new, person, at."""

    def tick(self, items: Iterable[str], person: str, now: datetime) -> None:
        """Tick items by hand; ``all`` is every one. Raises ``SettingError`` for one that is none."""
        for item in items:
            if item not in (*HAND_ITEMS, "all"):
                raise SettingError(f"“{item}” is no item to tick.", mend=f"There are {', '.join(HAND_ITEMS)}, and all.")
            for one in HAND_ITEMS if item == "all" else (item,):
                self.ticks[one] = Tick(person, now)

    def let_pass(self, line: str, reason: str, person: str, now: datetime) -> None:
        """A person lets a failing line pass. Raises ``NotConfirmedError`` for one that nobody may, or no reason."""
        if line in FIRM:
            raise NotConfirmedError(f"Nobody can let “{line}” pass.", mend="Mend it.")
        self.overrides[line] = Override(person, reason, now)

    def by_hand(self, now: datetime, *, is_simulator: bool) -> tuple[Check, ...]:
        """A line for each item; one that nobody ticked in the last hours fails, on a simulator it only warns."""
        return tuple(self._by_hand(item, words, now, is_simulator) for item, words in HAND_ITEMS.items())

    def _by_hand(self, item: str, words: str, now: datetime, is_simulator: bool) -> Check:
        tick = self.ticks.get(item)
        mend = f"Look, then: --tick {item}."
        if tick is None:
            return Check(BY_HAND + item, None, f"{words} Nobody ticked it.", mend, None, only_warns=is_simulator)
        age = (now - tick.at).total_seconds()
        told = f"{words} {tick.person}, {tick.at:%Y-%m-%d %H:%M} UTC."
        fresh = now - tick.at <= VALID
        return Check(BY_HAND + item, fresh, told, "" if fresh else mend, age, only_warns=is_simulator)

    def standing(self, now: datetime) -> dict[str, Override]:
        """The overrides that still hold."""
        return {line: one for line, one in self.overrides.items() if now - one.at <= VALID}

    def take(self, checks: Iterable[Check], now: datetime) -> None:
        """Keep the answers of now."""
        self.lines = [{**check_report(one), "asked_at": now.isoformat(timespec="seconds")} for one in checks]

    def save(self) -> None:
        """Write it, whole or not at all. Raises ``InputError``."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(self.path.parent)) from error
        weather = self.weather
        report = {
            "mission": self.mission,
            "vehicle": self.vehicle,
            "ticks": {item: {"person": one.person, "at": one.at.isoformat()} for item, one in self.ticks.items()},
            "overrides": {
                line: {"person": one.person, "reason": one.reason, "at": one.at.isoformat()}
                for line, one in self.overrides.items()
            },
            "weather": None
            if weather is None
            else {
                "person": weather.person,
                "at": weather.at.isoformat(),
                "wind_mps": weather.wind_mps,
                "celsius": weather.celsius,
            },
            "lines": self.lines,
            "changes": self.changes,
        }
        write_atomically(self.path, json.dumps(report, ensure_ascii=False, indent=1) + "\n")


def flights_folder(file: Path) -> Path:
    """Where the flights of a mission file are kept: a project's ``flights/``, else one beside the file.

    What is left of a flight stands in that flight's own folder.
    """
    beside = file.resolve().parent
    if (beside / ORDER_FILE).exists():
        return beside.parent
    return beside.parent / "flights" if beside.name == "missions" else beside / "flights"


def kept_path(flights: Path, order: Order, vehicle: int) -> Path:
    """The file of one mission's preflight on one vehicle."""
    return flights / "preflight" / f"{order.name}-{order.identity}-v{vehicle}.json"


def kept_paths(flights: Path, order: Order) -> list[Path]:
    """The files of one mission's preflights on any vehicle."""
    return sorted((flights / "preflight").glob(f"*-{order.identity}-v*.json"))


def open_kept(path: Path, order: Order, vehicle: int) -> Kept:
    """What was kept, or a new state. Raises ``InputError`` for a file that is none."""
    kept = Kept(path, order.identity, vehicle)
    if not path.exists():
        return kept
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        kept.ticks = {str(item): Tick(str(one["person"]), _moment(one["at"])) for item, one in report["ticks"].items()}
        kept.overrides = {
            str(line): Override(str(one["person"]), str(one["reason"]), _moment(one["at"]))
            for line, one in report["overrides"].items()
        }
        told = report["weather"]
        if told is not None:
            kept.weather = Weather(str(told["person"]), _moment(told["at"]), told["wind_mps"], told["celsius"])
        kept.lines, kept.changes = list(report["lines"]), list(report["changes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, NotConfirmedError) as error:
        raise InputError(f"It cannot be read as a preflight's state: {error}.", about=str(path)) from None
    return kept


def _moment(text: object) -> datetime:
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(f"{text} says no time zone")
    return at


def before_flight(flights: Path, order: Order) -> Callable[[Vehicle], Before]:
    """What people said of this mission on a vehicle, for ``fly_order``; on a simulator nothing must be ticked."""

    def before(vehicle: Vehicle) -> Before:
        kept = open_kept(kept_path(flights, order, vehicle.system_id), order, vehicle.system_id)
        now = datetime.now(UTC)
        by_hand = () if vehicle.is_simulator else kept.by_hand(now, is_simulator=False)
        return Before(by_hand, kept.standing(now), kept.weather)

    return before
