"""The flight book: every flight once, in one SQLite file that several processes may use at the same time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from statistics import median

from planner.errors import FileFormatError, InputError, SettingError
from telemetry.book_flights import BookFlight
from telemetry.book_limits import Account, Thing

SAME_FLIGHT_S = 5.0
"""Two flights of one vehicle that begin within this are one, from two logs or from one that has grown."""
SAME_LENGTH_S = 3.0
SAME_WAY = 0.03
"""Heartbeats tell of arming once a second, and a link's positions are fewer than the vehicle's own."""
BUSY_S = 30.0
"""How long another process may hold the book."""
LEAST_SHARE = 0.2
"""Of a battery; less says nothing of its capacity, because monitors tell whole per cents."""
_MEASURES = 3
"""So many measurements are taken together: the middle one counts."""
_VERSION = 1
_LISTS = ("findings", "alerts")
_TIMES = ("started", "ended")
_COLUMNS = tuple(item.name for item in fields(BookFlight))
_SCHEMA = """
CREATE TABLE flights (
    number INTEGER PRIMARY KEY, system INTEGER NOT NULL, is_simulator INTEGER NOT NULL, drone TEXT NOT NULL,
    battery TEXT, pilot TEXT, "order" TEXT, started REAL NOT NULL, ended REAL, duration_s REAL NOT NULL,
    distance_m REAL, energy_wh REAL, battery_used REAL, outcome TEXT, lon REAL, lat REAL,
    findings TEXT NOT NULL, alerts TEXT NOT NULL, log TEXT NOT NULL, assigned TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX flights_started ON flights (system, started);
CREATE TABLE services (
    thing TEXT NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, person TEXT NOT NULL, note TEXT NOT NULL,
    known INTEGER NOT NULL
);
"""


class Added(Enum):
    """What came of a flight that was put into the book."""

    NEW = "new"
    KNOWN = "known"
    """It stood there already, with as much as this log says."""
    GREW = "grew"
    """It stood there, and this log says more of it."""


class Book:
    """A flight book in a file, made where there is none. Each change is whole or not at all."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises ``FileFormatError`` where it is none, or is of a later Qyran, ``InputError`` for no place."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(path.parent)) from error
        with self._changing() as base:
            version = int(base.execute("PRAGMA user_version").fetchone()[0])
            if version > _VERSION:
                raise FileFormatError("This book is of a later Qyran.", about=str(path), mend="Bring Qyran up to date.")
            if version == 0:
                if base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise FileFormatError("This is no flight book.", about=str(path))
                for statement in _SCHEMA.split(";\n"):
                    base.execute(statement)
                base.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One change, alone; nothing of it stays where it fails."""
        base: sqlite3.Connection | None = None
        try:
            base = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            base.row_factory = sqlite3.Row
            base.execute("BEGIN IMMEDIATE")
            yield base
            base.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise FileFormatError(f"The flight book cannot be used: {error}.", about=str(self.path)) from error
        finally:
            if base is not None:
                base.close()

    def add(self, flights: Iterable[BookFlight]) -> tuple[Added, ...]:
        """Put flights in, each once: the same log, a copy, or one that has grown since, makes no second one.

        What a person has assigned (drone, battery, pilot, order) stays.
        """
        with self._changing() as base:
            return tuple(self._put(base, one) for one in flights)

    def _put(self, base: sqlite3.Connection, flight: BookFlight) -> Added:
        at = flight.started.timestamp()
        rows = base.execute(
            "SELECT * FROM flights WHERE system = ? AND is_simulator = ? AND abs(started - ?) <= ? "
            "ORDER BY abs(started - ?)",
            (flight.system, flight.is_simulator, at, max(SAME_FLIGHT_S, flight.duration_s), at),
        )
        row = next((one for one in rows if _is_same(_flight(one), flight)), None)
        if row is None:
            values = _stored(flight)
            names = ", ".join(f'"{name}"' for name in values)
            base.execute(f"INSERT INTO flights ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
            return Added.NEW
        known, merged = _flight(row), _merged(_flight(row), flight, set(json.loads(row["assigned"])))
        if merged == known:
            return Added.KNOWN
        self._write(base, int(row["number"]), merged)
        return Added.GREW

    @staticmethod
    def _write(base: sqlite3.Connection, number: int, flight: BookFlight) -> None:
        values = _stored(flight)
        changes = ", ".join(f'"{name}" = ?' for name in values)
        base.execute(f"UPDATE flights SET {changes} WHERE number = ?", [*values.values(), number])

    def flights(self) -> tuple[tuple[int, BookFlight], ...]:
        """Every flight with its number, oldest first."""
        with self._changing() as base:
            rows = base.execute("SELECT * FROM flights ORDER BY started, number").fetchall()
        return tuple((int(row["number"]), _flight(row)) for row in rows)

    def assign(self, number: int, **told: str | None) -> BookFlight:
        """Say which drone, battery, pilot or order a flight was. Raises ``SettingError`` for no such flight."""
        with self._changing() as base:
            row = base.execute("SELECT * FROM flights WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise SettingError(f"There is no flight {number}.", about=str(self.path), mend="See qyran book.")
            said = {name: value for name, value in told.items() if value is not None}
            changed = replace(_flight(row), **said)  # type: ignore[arg-type]
            self._write(base, number, changed)
            assigned = sorted({*json.loads(row["assigned"]), *said})
            base.execute("UPDATE flights SET assigned = ? WHERE number = ?", (json.dumps(assigned), number))
        return changed

    def service(self, thing: Thing, name: str, person: str, note: str, at: datetime) -> None:
        """Note that somebody looked after a drone or battery: its counts begin anew.

        Flights that are in the book by then were before it, whatever a simulator's clock says; so were those that are
        taken in later and began earlier.
        """
        with self._changing() as base:
            known = base.execute("SELECT coalesce(max(number), 0) FROM flights").fetchone()[0]
            values = (thing.value, name, at.timestamp(), person, note, known)
            base.execute("INSERT INTO services VALUES (?, ?, ?, ?, ?, ?)", values)

    def accounts(self, thing: Thing) -> tuple[Account, ...]:
        """What each drone or battery has done, by name."""
        with self._changing() as base:
            rows = base.execute(
                "SELECT name, max(at) AS at, max(known) AS known FROM services WHERE thing = ? GROUP BY name",
                (thing.value,),
            ).fetchall()
        serviced = {row["name"]: (int(row["known"]), datetime.fromtimestamp(row["at"], UTC)) for row in rows}
        flown: dict[str, list[tuple[int, BookFlight]]] = {}
        for number, one in self.flights():
            name = one.drone if thing is Thing.DRONE else one.battery
            if name is not None:
                flown.setdefault(name, []).append((number, one))
        return tuple(_account(thing, name, flown[name], serviced.get(name)) for name in sorted(flown))


def _is_same(one: BookFlight, other: BookFlight) -> bool:
    """Whether two logs are of one flight, which one vehicle made at about that time.

    Its own log and that of a link tell the time by other clocks; then how long and how far it flew must agree.
    """
    if abs((one.started - other.started).total_seconds()) <= SAME_FLIGHT_S:
        return True
    kinds = {Path(one.log).suffix.lower(), Path(other.log).suffix.lower()}
    if len(kinds) < 2 or one.distance_m is None or other.distance_m is None:
        return False
    as_long = abs(one.duration_s - other.duration_s) <= SAME_LENGTH_S
    return as_long and abs(one.distance_m - other.distance_m) <= SAME_WAY * max(one.distance_m, other.distance_m)


def _stored(flight: BookFlight) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(flight, name) for name in _COLUMNS}
    values |= {name: json.dumps(getattr(flight, name), ensure_ascii=False) for name in _LISTS}
    values |= {name: None if values[name] is None else getattr(flight, name).timestamp() for name in _TIMES}
    return values


def _flight(row: sqlite3.Row) -> BookFlight:
    values = {name: row[name] for name in _COLUMNS}
    values |= {name: tuple(json.loads(values[name])) for name in _LISTS}
    values |= {name: None if values[name] is None else datetime.fromtimestamp(values[name], UTC) for name in _TIMES}
    return BookFlight(**values | {"is_simulator": bool(values["is_simulator"])})


def _merged(known: BookFlight, other: BookFlight, assigned: set[str]) -> BookFlight:
    """One flight of two logs: the figures of that which saw more of it, and every word that either has."""
    more = other.duration_s > known.duration_s + 1.0 or (other.ended is not None and known.ended is None)
    first, second = (other, known) if more else (known, other)
    words = {}
    for name in ("battery", "pilot", "order", "outcome", "distance_m", "energy_wh", "battery_used", "ended"):
        value = getattr(first, name)
        words[name] = getattr(second, name) if value is None else value
    if known.outcome in (None, "flying") and other.outcome is not None:
        words["outcome"] = other.outcome
    named = [one.drone for one in (known, other) if one.drone not in _nameless(one)]
    words["drone"] = named[0] if named else known.drone
    words |= {name: getattr(known, name) for name in assigned}
    lists = {name: getattr(first, name) or getattr(second, name) for name in _LISTS}
    return replace(first, **words, **lists)


def _nameless(flight: BookFlight) -> tuple[str, str]:
    return f"vehicle {flight.system}", f"simulated {flight.system}"


def _account(
    thing: Thing, name: str, numbered: Sequence[tuple[int, BookFlight]], service: tuple[int, datetime] | None
) -> Account:
    flown = [one for _, one in numbered]
    known, serviced = service if service is not None else (0, None)
    since = [one for number, one in numbered if serviced is None or (number > known and one.started >= serviced)]
    measured = [
        one.energy_wh / one.battery_used
        for one in flown
        if one.energy_wh and one.battery_used is not None and one.battery_used >= LEAST_SHARE
    ]
    return Account(
        thing,
        name,
        flights=len(flown),
        hours=_hours(flown),
        cycles=_cycles(flown),
        distance_km=sum(one.distance_m or 0.0 for one in flown) / 1000.0,
        since_flights=len(since),
        since_hours=_hours(since),
        since_cycles=_cycles(since),
        first=flown[0].started,
        last=flown[-1].started,
        serviced=serviced,
        capacity_wh=median(measured[-_MEASURES:]) if measured else None,
        capacity_first_wh=median(measured[:_MEASURES]) if measured else None,
    )


def _hours(flown: Sequence[BookFlight]) -> float:
    return sum(one.duration_s for one in flown) / 3600.0


def _cycles(flown: Sequence[BookFlight]) -> float:
    return sum(max(one.battery_used or 0.0, 0.0) for one in flown)
