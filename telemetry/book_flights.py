"""Flights as they stand in the flight book: taken from logs, and from the record beside one where Qyran flew it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from planner.track import Electricity, Track
from telemetry.events import EventKind, FlightEvent
from telemetry.logs import read_log
from telemetry.measures import distance_flown_m
from telemetry.record import RECORD_FILE
from telemetry.tlog import Log

CREW_FILE = "crew.json"
"""Beside a flight's record: which drone and which battery were told to fly."""
PLAN_FILE = Path("missions") / "plan.json"
MOST_ALERTS = 200
LONGEST_STEP_S = 10.0
"""Between two words of the battery's monitor; over a longer silence nothing is summed up."""
LEAST_CLIMB_M = 2.0
"""A log that says nothing of arming is a flight where its height changes by more than this."""
_SIMULATED = ("SIMSTATE", "SIM_STATE", "SIM2")
_BAD = ("warning", "blocking")


@dataclass(frozen=True, slots=True)
class BookFlight:
    """One flight, from armed to disarmed. What nobody said is None; shares from 0 to 1, times UTC by the vehicle."""

    system: int
    is_simulator: bool
    drone: str
    battery: str | None
    pilot: str | None
    order: str | None
    started: datetime
    ended: datetime | None
    """None where the log ends before the vehicle disarmed."""
    duration_s: float
    """As far as it was seen."""
    distance_m: float | None
    energy_wh: float | None
    battery_used: float | None
    outcome: str | None
    lon: float | None
    lat: float | None
    findings: tuple[str, ...]
    """What the plan's checks warned of."""
    alerts: tuple[str, ...]
    """What was warned of in flight, in order."""
    log: str

    def to_json(self) -> dict[str, object]:
        """Plain values; times in ISO 8601."""
        values: dict[str, object] = {item.name: getattr(self, item.name) for item in fields(self)}
        return values | {
            "started": self.started.isoformat(timespec="seconds"),
            "ended": None if self.ended is None else self.ended.isoformat(timespec="seconds"),
            "findings": list(self.findings),
            "alerts": list(self.alerts),
        }


def flights_in(log: Path) -> tuple[BookFlight, ...]:
    """Every flight of every vehicle in a log; none where nobody armed and nobody flew. Raises ``FileFormatError``."""
    first = read_log(log)
    told = _told_beside(log)
    found: list[BookFlight] = []
    for system in first.systems:
        opened = first if system == first.system_id else read_log(log, system_id=system)
        spans = _spans(opened)
        for span in spans:
            # A record speaks of one flight: the last that its vehicle made into this log.
            own = told if told.get("vehicle") in (system, None) and span == spans[-1] else {}
            found.append(replace(_flight(opened, system, span, own), log=str(log.resolve())))
    return tuple(found)


def _told_beside(log: Path) -> dict[str, object]:
    """What stands beside a log of its flight: person, order, outcome, drone, battery, the plan's warnings."""
    record, crew = _object(log.parent / RECORD_FILE), _object(log.parent / CREW_FILE)
    word = record.get("confirmation")
    word = word if isinstance(word, Mapping) else {}
    order = str(word.get("action") or "").removeprefix("fly").strip() or None
    return {
        "vehicle": record.get("vehicle"),
        "outcome": record.get("outcome"),
        "simulator": record.get("is_simulator"),
        "pilot": word.get("person"),
        "order": crew.get("order") or order,
        "drone": crew.get("drone"),
        "battery": crew.get("battery"),
        "findings": _findings(log, str(crew.get("order") or order or "")),
    }


def _object(path: Path) -> dict[str, object]:
    """A JSON object in a file; empty where there is none, or it cannot be read: the log itself still counts."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _findings(log: Path, order: str) -> tuple[str, ...]:
    """What the project's plan warns of for this sortie; plans made later count, too: the folder keeps the last."""
    project = next((folder for folder in log.resolve().parents if (folder / PLAN_FILE).is_file()), None)
    if project is None or not order:
        return ()
    plan = _object(project / PLAN_FILE)
    sorties, findings = plan.get("sorties"), plan.get("findings")
    if not isinstance(sorties, list) or not isinstance(findings, list):
        return ()
    numbers = {
        one.get("number") for one in sorties if isinstance(one, dict) and Path(str(one.get("file"))).stem == order
    }
    return tuple(
        str(one.get("sentence"))
        for one in findings
        if isinstance(one, dict) and one.get("severity") in _BAD and numbers and one.get("sortie") in (None, *numbers)
    )


Span = tuple[datetime, datetime | None]
"""When a flight began and ended; None where its end was not seen."""


def _spans(log: Log) -> list[Span]:
    """From armed to disarmed; where the log begins or ends in flight, from its first or to its last position."""
    spans: list[Span] = []
    armed: datetime | None = None
    changes = [one for one in log.events if one.kind in (EventKind.ARMED, EventKind.DISARMED)]
    if changes and changes[0].kind is EventKind.DISARMED:
        armed = _at(log.track, 0) or changes[0].at
    for one in changes:
        if one.kind is EventKind.ARMED:
            armed = one.at
        elif armed is not None:
            spans.append((armed, one.at))
            armed = None
    if armed is not None:
        spans.append((armed, None))
    begun = _at(log.track, 0)
    if not changes and begun is not None and np.ptp(log.track.alt_home_m) > LEAST_CLIMB_M:
        spans.append((begun, None))
    return spans


def _at(track: Track, row: int) -> datetime | None:
    return datetime.fromtimestamp(float(track.time_s[row]), UTC) if len(track) else None


def _flight(opened: Log, system: int, span: Span, told: Mapping[str, object]) -> BookFlight:
    begin, end = span
    last = end or max(begin, _at(opened.track, -1) or begin)
    rows = (opened.track.time_s >= begin.timestamp()) & (opened.track.time_s <= last.timestamp())
    way = Track(*(getattr(opened.track, item.name)[rows] for item in fields(Track)))
    drawn = opened.electricity
    spent = (drawn.time_s >= begin.timestamp()) & (drawn.time_s <= last.timestamp())
    used = Electricity(*(getattr(drawn, item.name)[spent] for item in fields(Electricity)))
    simulated = told.get("simulator") is True or any(name in opened.counts for name in _SIMULATED)
    alerts = [_words(one) for one in opened.events if one.severity.is_bad and begin <= one.at <= last]
    return BookFlight(
        system=system,
        is_simulator=simulated,
        drone=_text(told.get("drone")) or f"{'simulated' if simulated else 'vehicle'} {system}",
        battery=_text(told.get("battery")),
        pilot=_text(told.get("pilot")),
        order=_text(told.get("order")),
        started=begin,
        ended=end,
        duration_s=round((last - begin) / timedelta(seconds=1), 2),
        distance_m=round(distance_flown_m(way), 1) if len(way) > 1 else None,
        energy_wh=_energy_wh(used),
        battery_used=_used(used),
        outcome=_text(told.get("outcome")),
        lon=float(way.lon[0]) if len(way) else None,
        lat=float(way.lat[0]) if len(way) else None,
        findings=tuple(told["findings"]) if isinstance(told.get("findings"), tuple) else (),  # type: ignore[arg-type]
        alerts=tuple(alerts[:MOST_ALERTS]),
        log="",
    )


def _words(event: FlightEvent) -> str:
    return f"{event.at:%H:%M:%S} {event.severity.name.lower()}: {event.text}"


def _text(value: object) -> str | None:
    return str(value) if value else None


def _energy_wh(drawn: Electricity) -> float | None:
    """Voltage times current over time (trapezes); None where one of them was never told."""
    watts = drawn.volts * drawn.amps
    known = np.isfinite(watts)
    if np.count_nonzero(known) < 2:
        return None
    steps = np.diff(drawn.time_s[known])
    means = (watts[known][1:] + watts[known][:-1]) / 2
    steps_whole = (steps > 0) & (steps <= LONGEST_STEP_S)
    return round(float(np.sum((means * steps)[steps_whole]) / 3600.0), 2)


def _used(drawn: Electricity) -> float | None:
    left = drawn.left[np.isfinite(drawn.left)]
    return round(float(left[0] - left[-1]), 4) if len(left) > 1 else None
