"""``qyran vehicle``: what your drone can do, learnt from its own flights, and single commands to it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import click
import tomlkit
from tomlkit.exceptions import TOMLKitError

from missions.atomic import write_atomically
from planner.energy.learn import Learnt, Recording, learn
from planner.errors import InputError
from planner.vehicles import VehicleProfile
from qyran.cli.command import COMMANDS
from qyran.cli.talk import put_json, say
from qyran.cli.vehicle_params import params
from qyran.cli.vehicle_signing import signing
from qyran.project import SETTINGS_FILE, is_project, read_settings


@click.group()
def vehicle() -> None:
    """What your drone can do, and single commands to it: arm, takeoff, pause, return, land …"""


for _command in COMMANDS:
    vehicle.add_command(_command)


vehicle.add_command(params)
vehicle.add_command(signing)


@vehicle.command("learn")
@click.argument("flights", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FLIGHT…")
@click.option("--profile", "name", help="The profile's name; the patrol's own, or the vehicle's, if left out.")
@click.option(
    "--into", type=click.Path(path_type=Path), help="A project or TOML file whose [vehicle] table is to be written."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what was learnt, and write nothing.")
def learn_flights(
    *, flights: tuple[Path, ...], name: str | None, into: Path | None, as_json: bool, dry_run: bool
) -> None:
    """Learn power, climb, descent and battery from FLIGHTs: .tlog files, or folders that hold them.

    Prints a [vehicle] table for patrol.toml on stdout, or writes it with --into; what it rests on goes to stderr.
    """
    recordings = [_recording(log) for path in flights for log in _logs_in(path)]
    learnt = learn(recordings)
    target = None if into is None else into / SETTINGS_FILE if is_project(into) else into
    table: dict[str, str | float] = {
        "name": name or _name_in(target),
        **{key: figure.value for key, figure in learnt.figures.items()},
    }
    _tell(learnt)
    if target is not None and not dry_run:
        _write(target, table)
        say(f"written: [vehicle] in {target}")
    if as_json:
        put_json(
            {
                "vehicle": table,
                "figures": {
                    key: {"value": figure.value, "spread": figure.spread, "samples": figure.samples}
                    for key, figure in learnt.figures.items()
                },
                "flights": learnt.flights,
                "flying_s": round(learnt.flying_s, 1),
                "not_learnt": list(learnt.not_learnt),
            }
        )
    elif target is None:
        click.echo(tomlkit.dumps({"vehicle": table}), nl=False)


def _tell(learnt: Learnt) -> None:
    say(f"learnt from {learnt.flights} flights, {learnt.flying_s / 60:.1f} min in the air")
    for key, figure in learnt.figures.items():
        rests = f"± {figure.spread:g}, {figure.samples} samples" if figure.samples else "told by the vehicle itself"
        say(f"  {key:<28} {figure.value:g}  ({rests})")
    for sentence in learnt.not_learnt:
        say(f"▲ not learnt: {sentence}")


def _logs_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError("There is no such file or folder.", about=str(path))
    found = sorted(path.rglob("*.tlog"))
    if not found:
        raise InputError("There is no .tlog in it.", about=str(path))
    return found


def _recording(log: Path) -> Recording:
    from telemetry import read_tlog  # noqa: PLC0415

    reading = read_tlog(log)
    if not reading.damage.is_none:
        say(f"▲ {log} is damaged; it is read as far as it goes")
    return Recording(reading.track, reading.electricity, reading.parameters, str(log))


def _name_in(target: Path | None) -> str:
    if target is not None and target.exists():
        return read_settings(target).vehicle.name
    return VehicleProfile().name


def _write(target: Path, table: dict[str, str | float]) -> None:
    """Put the figures into the file's [vehicle], and leave all else in it as it stands."""
    known = {item.name for item in fields(VehicleProfile)}
    unknown = set(table) - known
    if unknown:
        raise InputError(f"A profile has no {', '.join(sorted(unknown))}.", about=str(target))
    try:
        document = tomlkit.parse(target.read_text(encoding="utf-8")) if target.exists() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InputError(f"It cannot be read: {error}.", about=str(target)) from error
    section = document.setdefault("vehicle", tomlkit.table())
    for key, value in table.items():
        section[key] = value
    write_atomically(target, tomlkit.dumps(document))
