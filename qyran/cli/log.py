"""``qyran log``: what is in a flight's log, damaged or not, as words, tables, tracks, a replay, coverage."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table as Sheet

from planner.errors import InputError, SettingError
from planner.files import write_atomically
from qyran.cli.log_coverage import coverage
from qyran.cli.talk import clock, put_json, put_table, say
from qyran.cli.words import NumberType
from qyran.logs import event_report, find_log, show_report, state_report
from qyran.plain import json_bytes

if TYPE_CHECKING:
    from telemetry.logs import Columns
    from telemetry.replay import Moment, Player
    from telemetry.tlog import Log

FILE = click.Path(path_type=Path)
_TRACKS = ("geojson", "kml", "gpx")
_TABLES = ("csv", "npz", "parquet")
_TICK_S = 0.1
_SAY_EVERY_S = 1.0


@click.group()
def log() -> None:
    """What is in a flight's log: a .tlog or a dataflash .bin, or the folder of a flight."""


@log.command()
@click.argument("file", type=FILE)
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several speak.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def show(*, file: Path, vehicle: int | None, as_json: bool) -> None:
    """Say what FILE holds: who speaks, how long, how often what, and what is damaged."""
    from telemetry.logs import read_log  # noqa: PLC0415

    path = find_log(file)
    opened = read_log(path, system_id=vehicle)
    if as_json:
        put_json(show_report(path, opened))
        return
    say(f"{path}: {'no vehicle' if opened.system_id is None else f'vehicle {opened.system_id}'}")
    if len(opened.systems) > 1:
        say(f"  vehicles in it: {', '.join(str(one) for one in opened.systems)}; --vehicle says which")
    say(f"  {opened.started or 'unknown'} – {opened.ended or 'unknown'}; flown {clock(opened.duration_s)}")
    say(f"  {len(opened.track)} positions, {len(opened.pictures)} pictures, {len(opened.events)} events")
    _say_damage(opened)
    sheet = Sheet("message", "count")
    for name, count in sorted(opened.counts.items(), key=lambda one: (-one[1], one[0])):
        sheet.add_row(name, f"{count}")
    put_table(sheet)


def _say_damage(opened: Log | Columns) -> None:
    if opened.damage.is_none:
        return
    say(f"▲ damaged; it opens as far as it goes: {opened.damage}")
    for spot in opened.damage.spots[:5]:
        number = "" if spot.number is None else f", message {spot.number}"
        say(f"    {spot.flaw.value} at byte {spot.at}, {spot.length} bytes{number}")
    if len(opened.damage.spots) > 5:
        say("    … all places with --json")


@log.command()
@click.argument("file", type=FILE)
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several speak.")
@click.option("--bad", is_flag=True, help="Only warnings and worse.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def events(*, file: Path, vehicle: int | None, bad: bool, as_json: bool) -> None:
    """List what happened in FILE, numbered as qyran log replay --event takes it."""
    from telemetry.logs import read_log  # noqa: PLC0415

    path = find_log(file)
    opened = read_log(path, system_id=vehicle)
    chosen = [(number, one) for number, one in enumerate(opened.events) if one.severity.is_bad or not bad]
    if as_json:
        put_json({"log": str(path), "events": [event_report(one, number) for number, one in chosen]})
        return
    for number, one in chosen:
        click.echo(f"{number:5d}  {one.at:%Y-%m-%d %H:%M:%S}  {one.severity.name.lower():8}  {one.text}")


@log.command()
@click.argument("file", type=FILE)
@click.option("--to", "form", type=click.Choice([*_TRACKS, *_TABLES]), required=True)
@click.option("--message", help="The kind of message for csv and parquet; the track where it is left out.")
@click.option("--out", type=FILE, help="File to write; beside the log if left out.")
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several speak.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def export(
    *,
    file: Path,
    form: str,
    message: str | None,
    out: Path | None,
    vehicle: int | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Write FILE's track (geojson, kml, gpx, csv) or messages (csv, parquet: one kind; npz: all) for other programs."""
    path = find_log(file)
    if message is not None and form in _TRACKS:
        raise SettingError(f"A {form} holds the track.", about="--message", mend="Messages go to csv, parquet or npz.")
    if message is None and form == "parquet":
        raise SettingError("Say which kind of message.", about="--message", mend="qyran log show names them.")
    target = out or path.with_name(f"{path.stem}{f'.{message.upper()}' if message else ''}.{form}")
    if target.resolve() == path.resolve():
        raise SettingError("This would write over the log itself.", about=str(target), mend="Give --out.")
    writer = _writer(path, form, message, vehicle)
    if dry_run:
        say(f"would write {target}")
    else:
        writer(target)
        say(f"written: {target}")
    if as_json:
        put_json({"log": str(path), "to": form, "file": None if dry_run else str(target)})


def _writer(path: Path, form: str, message: str | None, vehicle: int | None) -> Callable[[Path], None]:
    """What writes the file; whatever may be wrong with the log is said before that."""
    from telemetry import logs  # noqa: PLC0415
    from telemetry.logs import written  # noqa: PLC0415
    from telemetry.record import track_csv, track_geojson  # noqa: PLC0415

    if message is None and form != "npz":
        opened = logs.read_log(path, system_id=vehicle)
        _say_damage(opened)
        if not len(opened.track):
            raise InputError("There is no position of a vehicle in it.", about=str(path))
        makers: dict[str, Callable[[], str | bytes]] = {
            "geojson": lambda: json_bytes(track_geojson(opened.track)) + b"\n",
            "kml": lambda: written.track_kml(opened.track, path.stem),
            "gpx": lambda: written.track_gpx(opened.track, path.stem),
            "csv": lambda: track_csv(opened.track),
        }
        return lambda target: write_atomically(target, makers[form]())
    columns = logs.open_columns(path, only=None if message is None else [message.upper()])
    _say_damage(columns)
    if message is None:
        return lambda target: written.write_npz(columns, target)
    whole = columns[message.upper()]
    if form == "npz":
        return lambda target: written.write_npz(columns, target)
    table = whole if vehicle is None else whole.of(vehicle)
    if form == "parquet":
        return lambda target: written.write_parquet(table, target)
    return lambda target: write_atomically(target, written.table_csv(table))


@log.command()
@click.argument("file", type=FILE)
@click.option("--speed", type=NumberType(least=0.5, most=64), default=1.0, show_default=True, help="0.5 to 64 times.")
@click.option("--from", "from_s", type=NumberType(least=0), default=0.0, help="Begin so many seconds into the log.")
@click.option("--event", type=click.IntRange(min=0), help="Begin at an event, by its number in qyran log events.")
@click.option("--at", "at_s", type=NumberType(least=0), help="Say only what was known then, seconds into the log.")
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several speak.")
@click.option("--json", "as_json", is_flag=True, help="Each state and event as a JSON object on a line.")
def replay(
    *,
    file: Path,
    speed: float,
    from_s: float,
    event: int | None,
    at_s: float | None,
    vehicle: int | None,
    as_json: bool,
) -> None:
    """Show FILE (.tlog) as it was seen in flight: its states, a line for each second, and its events."""
    from telemetry.replay import Player, Replay  # noqa: PLC0415

    opened = Replay(find_log(file), system_id=vehicle)
    if at_s is not None:
        _show_moment(opened.at(at_s), as_json=as_json)
        return
    player = Player(opened, speed=speed, from_s=from_s)
    if event is not None:
        player.jump_to(event)
    began = f"{opened.started:%Y-%m-%d %H:%M:%S}"
    say(f"vehicle {opened.system_id}, {clock(opened.duration_s)} from {began}, at {speed:g} ×")
    _run(player, as_json=as_json)


def _run(player: Player, *, as_json: bool) -> None:
    said_at, begun = -_SAY_EVERY_S, time.monotonic()
    while True:
        now = time.monotonic() - begun
        moment, happened = player.tick(now)
        for one in happened:
            if as_json:
                put_json(event_report(one, None))
            else:
                click.echo(f"  {one}")
        if now - said_at >= _SAY_EVERY_S or player.is_over:
            said_at = now
            _show_moment(moment, as_json=as_json)
        if player.is_over:
            return
        time.sleep(_TICK_S)


def _show_moment(moment: Moment, *, as_json: bool) -> None:
    if as_json:
        put_json(state_report(moment))
        return
    state = moment.state
    battery = "battery unknown" if state.battery_share is None else f"battery {state.battery_share * 100:.0f} %"
    speed = "speed unknown" if state.speed_mps is None else f"{state.speed_mps:.1f} m/s"
    parts = (
        clock(moment.at_s),
        state.mode or "mode unknown",
        {True: "armed", False: "disarmed", None: "armed or not is unknown"}[state.armed],
        str(state.altitude_home or "altitude unknown"),
        speed,
        battery,
        "" if moment.freshness.is_live else f"{moment.freshness.value}, {moment.age_s:.0f} s old",
    )
    click.echo(" · ".join(part for part in parts if part))


log.add_command(coverage)
