"""Where the flight book is kept, and what the commands ask of it before and after a flight."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from qyran.journal import STATE_FOLDER
from qyran.plain import json_bytes

if TYPE_CHECKING:
    from telemetry.book import Book
    from telemetry.book_limits import Account, LimitsFile

BOOK_FILE = "book.sqlite"
LIMITS_FILE = "limits.toml"


def book_path() -> Path:
    """The user's own book, beside the journal that is kept outside of projects."""
    own = os.environ.get(STATE_FOLDER)
    if own:
        return Path(own) / BOOK_FILE
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("qyran") / BOOK_FILE


def limits_path(book: Path) -> Path:
    """The limits that hold for a book stand beside it."""
    return book.with_name(LIMITS_FILE)


def overdue_reasons(drone: str | None, battery: str | None, book: Path | None = None) -> tuple[str, ...]:
    """Why this drone or battery may not be assigned, by the book and its limits; none where it may.

    Raises ``FileFormatError`` or ``SettingError`` where the book or its limits cannot be read: nobody knows then.
    """
    from telemetry.book import Book  # noqa: PLC0415
    from telemetry.book_limits import Thing, overdue, read_limits  # noqa: PLC0415

    path = book or book_path()
    named = [(Thing.DRONE, drone), (Thing.BATTERY, battery)]
    if not any(name for _, name in named) or not path.exists():
        return ()
    limits, kept, now = read_limits(limits_path(path)), Book(path), datetime.now(UTC)
    return tuple(
        reason
        for thing, name in named
        for account in (kept.accounts(thing) if name else ())
        if account.name == name
        for reason in overdue(account, limits.of(thing, account.name), now)
    )


def enter_crew(log: Path, *, drone: str | None, battery: str | None, order: str) -> list[str]:
    """Note beside a flight's log what flew it, and put it into the book; what of that failed, in words.

    The flight is over and recorded by then: whatever is wrong with the book must not look like a failed flight.
    """
    from planner.files import write_atomically  # noqa: PLC0415
    from telemetry.book import Book  # noqa: PLC0415
    from telemetry.book_flights import CREW_FILE, flights_in  # noqa: PLC0415

    crew = {"drone": drone, "battery": battery, "order": order}
    try:
        write_atomically(log.with_name(CREW_FILE), json_bytes(crew) + b"\n")
        Book(book_path()).add(flights_in(log))
    except InputError as error:
        return [f"The flight is not in the book: {error} Later: qyran book {log.parent}"]
    return []


def account_report(account: Account, limits: LimitsFile, now: datetime) -> dict[str, object]:
    """What a drone or battery has done, as plain values; hours in the air, capacity in Wh, null is unknown."""
    from telemetry.book_limits import health, overdue  # noqa: PLC0415

    own = limits.of(account.thing, account.name)
    share, capacity = health(account, own), account.capacity_wh
    return {
        account.thing.value: account.name,
        "flights": account.flights,
        "hours": round(account.hours, 3),
        "cycles": round(account.cycles, 3),
        "distance_km": round(account.distance_km, 3),
        "since_service": {
            "flights": account.since_flights,
            "hours": round(account.since_hours, 3),
            "cycles": round(account.since_cycles, 3),
        },
        "first": account.first.isoformat(timespec="seconds"),
        "last": account.last.isoformat(timespec="seconds"),
        "serviced": None if account.serviced is None else account.serviced.isoformat(timespec="seconds"),
        "capacity_wh": None if capacity is None else round(capacity, 1),
        "health": None if share is None else round(share, 3),
        "overdue": list(overdue(account, own, now)),
    }


def accounts_report(book: Book, limits: LimitsFile, plural: str) -> list[dict[str, object]]:
    """All drones, or all batteries."""
    from telemetry.book_limits import Thing  # noqa: PLC0415

    thing = next(one for one in Thing if one.plural == plural)
    now = datetime.now(UTC)
    accounts: Sequence[Account] = book.accounts(thing)
    return [account_report(one, limits, now) for one in accounts]
