"""``qyran book``: every flight, what drones and batteries have done, and which of them are due."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table as Sheet

from planner.errors import InputError, SettingError
from qyran.book import accounts_report, book_path, limits_path, overdue_reasons
from qyran.cli.exits import Exit
from qyran.cli.talk import clock, progress, put_json, put_table, say, share
from qyran.logs import find_logs

if TYPE_CHECKING:
    from telemetry.book import Book
    from telemetry.book_flights import BookFlight

FILE = click.Path(path_type=Path)


class _Book(click.Group):
    """``qyran book FOLDER`` is ``qyran book flights FOLDER``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["flights", *args]
        return super().parse_args(ctx, args)


def _with_book(command: Callable[..., None]) -> Callable[..., None]:
    """The options that all of these commands take."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object."),
        click.option("--book", "path", type=FILE, help="The book's file; the user's own if left out."),
    ):
        command = option(command)
    return command


@click.group(cls=_Book)
def book() -> None:
    """Every flight once, with drone, pilot, battery, order, times, distance, energy, findings and alerts.

    qyran book FOLDER… first takes in the logs there (qyran book flights FOLDER…). Limits for drones and batteries stand
    in limits.toml beside the book; qyran book limits shows where, and writes an example.
    """


@book.command()
@click.argument("folders", type=FILE, nargs=-1)
@click.option("--drone", help="Only flights of this drone.")
@click.option("--battery", help="Only flights with this battery.")
@click.option("--dry-run", is_flag=True, help="Say what is in the logs; leave the book as it is.")
@_with_book
def flights(
    *,
    folders: tuple[Path, ...],
    drone: str | None,
    battery: str | None,
    dry_run: bool,
    path: Path | None,
    as_json: bool,
) -> None:
    """Take in the logs in FOLDERS (or single logs), then list every flight; a log taken in twice is one flight."""
    from telemetry.book import Added, Book  # noqa: PLC0415

    found = _read(folders)
    if dry_run:
        rows: Sequence[tuple[int | None, BookFlight]] = [(None, one) for one in found]
        counts: dict[str, int | None] = {one.value: None for one in Added}
    else:
        kept = Book(path or book_path())
        added = kept.add(found)
        counts = {one.value: added.count(one) for one in Added}
        rows = kept.flights()
    if folders and not dry_run:
        say(", ".join(f"{count} {word}" for word, count in counts.items()))
    rows = [row for row in rows if drone in (None, row[1].drone) and battery in (None, row[1].battery)]
    if as_json:
        told = [{"flight": number, **one.to_json()} for number, one in rows]
        put_json({"book": str(path or book_path()), "added": counts, "flights": told})
    else:
        _list(rows)


def _read(folders: tuple[Path, ...]) -> list[BookFlight]:
    """All flights in logs; one that cannot be read among others is said and passed over."""
    from telemetry.book_flights import flights_in  # noqa: PLC0415

    found: list[BookFlight] = []
    if not folders:
        return found
    with progress("reading logs") as step:
        for folder in folders:
            logs = find_logs(folder)
            for done, one in enumerate(logs, start=1):
                try:
                    inside = flights_in(one)
                except InputError as error:
                    if not folder.is_dir():
                        raise
                    say(f"▲ passed over: {error}")
                    continue
                if not inside:
                    say(f"· no flight in {one}")
                found += inside
                step(done, len(logs), one.name)
    return found


def _list(rows: Sequence[tuple[int | None, BookFlight]]) -> None:
    sheet = Sheet("flight", "started (UTC)", "drone · battery", "pilot · order", "flown", "")
    for number, one in rows:
        flown = [clock(one.duration_s)]
        flown += [] if one.distance_m is None else [f"{one.distance_m / 1000:.2f} km"]
        flown += [] if one.energy_wh is None else [f"{one.energy_wh:.1f} Wh"]
        flown += [] if one.battery_used is None else [f"{share(one.battery_used)} of the battery"]
        marks = [f"{len(one.findings)} findings"] if one.findings else []
        marks += [f"{len(one.alerts)} alerts"] if one.alerts else []
        marks += [one.outcome] if one.outcome not in (None, "landed") else []
        marks += ["end not seen"] if one.ended is None else []
        sheet.add_row(
            "–" if number is None else str(number),
            f"{one.started:%Y-%m-%d %H:%M}",
            " · ".join((one.drone, one.battery or "unknown")),
            " · ".join((one.pilot or "unknown", one.order or "unknown")),
            ", ".join(flown),
            ", ".join(marks),
        )
    put_table(sheet)


@book.command()
@_with_book
def drones(*, path: Path | None, as_json: bool) -> None:
    """Hours, flights and services of each drone, and whether it is due."""
    _tell_accounts("drones", path, as_json=as_json)


@book.command()
@_with_book
def batteries(*, path: Path | None, as_json: bool) -> None:
    """Hours, cycles and measured capacity of each battery, and whether it is due."""
    _tell_accounts("batteries", path, as_json=as_json)


def _open(path: Path | None) -> tuple[Book, Any]:
    from telemetry.book import Book  # noqa: PLC0415
    from telemetry.book_limits import read_limits  # noqa: PLC0415

    kept = Book(path or book_path())
    return kept, read_limits(limits_path(kept.path))


def _tell_accounts(plural: str, path: Path | None, *, as_json: bool) -> None:
    kept, limits = _open(path)
    rows = accounts_report(kept, limits, plural)
    if as_json:
        put_json({"book": str(kept.path), plural: rows})
        return
    sheet = Sheet("name", "flights", "hours", "cycles", "capacity", "since service", "")
    for row in rows:
        name, *_ = row.values()
        since = row["since_service"]
        assert isinstance(since, dict)
        capacity = "unknown" if row["capacity_wh"] is None else f"{row['capacity_wh']} Wh"
        worn = "" if row["health"] is None else f" ({row['health']:.0%})"
        due = row["overdue"]
        assert isinstance(due, list)
        sheet.add_row(
            str(name),
            str(row["flights"]),
            f"{row['hours']:.2f}",
            f"{row['cycles']:.2f}",
            capacity + worn,
            f"{since['hours']:.2f} h, {since['cycles']:.2f} cycles",
            "✗ " + " ".join(due) if due else "",
        )
    put_table(sheet)


@book.command()
@click.argument("number", type=int, metavar="FLIGHT")
@click.option("--drone", help="Which drone it was.")
@click.option("--battery", help="Which battery it was.")
@click.option("--pilot", help="Who flew.")
@click.option("--order", help="What was ordered.")
@_with_book
def assign(
    *,
    number: int,
    drone: str | None,
    battery: str | None,
    pilot: str | None,
    order: str | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Say of a FLIGHT (its number in qyran book) what no log tells."""
    told = {"drone": drone, "battery": battery, "pilot": pilot, "order": order}
    if not any(told.values()):
        raise SettingError("Nothing is told of it.", mend="Give --drone, --battery, --pilot or --order.")
    kept, _ = _open(path)
    changed = kept.assign(number, **told)
    say(f"flight {number}: drone {changed.drone}, battery {changed.battery or 'unknown'}")
    if as_json:
        put_json({"flight": number, **changed.to_json()})


@book.command()
@click.option("--drone", help="The drone that was looked after.")
@click.option("--battery", help="The battery that was looked after.")
@click.option("--as", "person", help="Who did it; your user name where it is left out.")
@click.option("--note", default="", help="What was done.")
@_with_book
def service(
    *, drone: str | None, battery: str | None, person: str | None, note: str, path: Path | None, as_json: bool
) -> None:
    """Note a service: the counts of that drone or battery begin anew."""
    from telemetry.book_limits import Thing  # noqa: PLC0415

    if (drone is None) == (battery is None):
        raise SettingError("A service is of one drone or of one battery.", mend="Give --drone NAME or --battery NAME.")
    thing, name = (Thing.DRONE, drone) if drone is not None else (Thing.BATTERY, battery)
    kept, _ = _open(path)
    assert name is not None
    if name not in {one.name for one in kept.accounts(thing)}:
        raise SettingError(f'No flight in the book has a {thing.value} "{name}".', about=str(kept.path))
    who = person or getpass.getuser()
    kept.service(thing, name, who, note, datetime.now(UTC))
    say(f"{thing.value} {name}: serviced by {who}")
    if as_json:
        put_json({thing.value: name, "serviced_by": who, "note": note})


@book.command()
@click.option("--drone", help="The drone that is to fly.")
@click.option("--battery", help="The battery that is to fly.")
@_with_book
def check(*, drone: str | None, battery: str | None, path: Path | None, as_json: bool) -> None:
    """Say whether a drone or battery may be assigned; exit code 1 where it is overdue."""
    if drone is None and battery is None:
        raise SettingError("Say what is to fly.", mend="Give --drone NAME, --battery NAME or both.")
    reasons = overdue_reasons(drone, battery, path)
    for reason in reasons:
        say(f"✗ {reason}")
    if as_json:
        put_json({"drone": drone, "battery": battery, "overdue": list(reasons)})
    if reasons:
        raise click.exceptions.Exit(Exit.NO)
    say("✓ nothing is overdue")


@book.command()
@click.option("--write", is_flag=True, help="Write an example where there is no file yet.")
@_with_book
def limits(*, write: bool, path: Path | None, as_json: bool) -> None:
    """Say where the limits stand, and whether they can be read."""
    from planner.files import write_atomically  # noqa: PLC0415
    from telemetry.book_limits import EXAMPLE, read_limits  # noqa: PLC0415

    file = limits_path(path or book_path())
    if write and file.exists():
        raise InputError("There are limits already.", about=str(file), mend="Edit that file.")
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, EXAMPLE)
    read_limits(file)
    say(f"{file}: {'read' if file.exists() else 'not there, so nothing is ever due; --write makes an example'}")
    if as_json:
        put_json({"limits": str(file), "exists": file.exists()})
