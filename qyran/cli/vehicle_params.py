"""``qyran vehicle params``: all parameters of a vehicle, saved, compared, set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.errors import InputError
from qyran.cli.confirming import asking
from qyran.cli.exits import Exit
from qyran.cli.talk import progress, put_json, say
from qyran.cli.words import SETTING
from qyran.journal import Journal, confirmation_report, journal_path, vehicle_report

if TYPE_CHECKING:
    from telemetry import Vehicle
    from telemetry.parameter_list import ParameterSet
    from telemetry.parameter_text import ParameterDifference


@click.command("params")
@click.argument("link")
@click.option("--save", "target", type=click.Path(path_type=Path), help="Write all of them into a .param file.")
@click.option("--compare", "wanted", type=click.Path(path_type=Path), help="Say what of a .param file is not so.")
@click.option("--set", "changes", type=SETTING, multiple=True, help="Set one, see it confirmed; may be repeated.")
@click.option("--only", metavar="TEXT", help="Show those whose name holds this.")
@click.option("--cached", is_flag=True, help="Show what was read last of this vehicle and firmware; ask for none.")
@click.option("--vehicle", "system_id", type=click.IntRange(1, 255), help="Which, where several answer.")
@click.option("--yes", is_flag=True, help="Do not ask; only for a vehicle that announces itself as a simulator.")
@click.option("--as", "person", help="Who confirms; your user name where it is left out.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked and set; call no vehicle.")
def params(
    *,
    link: str,
    target: Path | None,
    wanted: Path | None,
    changes: tuple[tuple[str, float], ...],
    only: str | None,
    cached: bool,
    system_id: int | None,
    yes: bool,
    person: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Read all parameters of the vehicle at LINK: printed as NAME,VALUE, saved, compared, or set.

    Setting needs a named person's word: the vehicle's number, typed. With --compare the exit code is 1 where something
    is not as in the file.
    """
    from telemetry import Address, Vehicle  # noqa: PLC0415
    from telemetry.parameter_text import (  # noqa: PLC0415
        parameter_differences,
        read_parameter_file,
        write_parameter_file,
    )
    from telemetry.parameters import shown  # noqa: PLC0415

    if cached and (changes or target):
        raise click.UsageError("--cached only shows; it does not go with --set or --save.")
    file = None if wanted is None else read_parameter_file(wanted)
    if target is not None and target.is_dir():
        raise InputError("This is a folder; --save takes a file.", about=str(target))
    where = Address.parse(link)
    if dry_run:
        wishes = ", ".join(f"{name}={shown(value)}" for name, value in changes)
        say(f"would {f'set {wishes} on' if wishes else 'read all parameters of'} the vehicle at {where}")
        return
    say(f"calling {where} …")
    with Vehicle.connect(where, system_id=system_id) as vehicle:
        done = _set_all(vehicle, changes, yes=yes, person=person)
        if done and file is None and target is None:
            if as_json:
                put_json({"vehicle": vehicle.system_id, "set": done})
            return
        found = _kept(vehicle) if cached else _read(vehicle)
    differences = None if file is None else parameter_differences(file, found)
    if target is not None:
        write_parameter_file(target, found)
        say(f"written: {len(found.parameters)} parameters in {target}")
    if as_json:
        put_json(_report(found, differences, only) | ({"set": done} if done else {}))
    elif differences is not None:
        for one in differences:
            click.echo(str(one))
        say(f"{len(differences)} of {len(file or {})} are not as in {wanted}")
    elif target is None:
        _print(found, only)
    if differences:
        raise click.exceptions.Exit(Exit.NO)


def _set_all(
    vehicle: Vehicle, changes: tuple[tuple[str, float], ...], *, yes: bool, person: str | None
) -> dict[str, list[float | None]]:
    """Old and new by name. Nothing is set before all are known to the vehicle and a person has agreed."""
    from planner.errors import CommandRefusedError  # noqa: PLC0415
    from telemetry.parameters import shown  # noqa: PLC0415

    if changes:
        vehicle.require_supported("set the parameters of")
    old = {name: vehicle.parameter(name) for name, _ in changes}
    for name, value in old.items():
        if value is None:
            raise CommandRefusedError("The vehicle has no such parameter; nothing was set.", about=name)
    if not changes:
        return {}
    lines = [f"{name}: {shown(old[name] or 0.0)} → {shown(value)}" for name, value in changes]
    told = ("is to have its parameters set:", *lines)
    word = asking("set parameters", lambda _: told, yes=yes, person=person)(vehicle)
    journal = Journal(journal_path())
    journal.note(
        event="asked", command="set parameters", means=lines, link=str(vehicle.link.address),
        confirmation=confirmation_report(word), **vehicle_report(vehicle),
    )  # fmt: skip
    done: dict[str, list[float | None]] = {}
    for (name, value), line in zip(changes, lines, strict=True):
        word.check(vehicle.system_id)
        vehicle.set_parameter(name, value)
        journal.note(event="answered", command="set parameters", means=line, vehicle=vehicle.system_id)
        done[name] = [old[name], value]
        say(f"✓ {line}, confirmed by the vehicle ({word.person}, {word.at:%H:%M:%S} UTC)")
    return done


def _read(vehicle: Vehicle) -> ParameterSet:
    from planner.errors import TransferError  # noqa: PLC0415
    from telemetry.parameter_list import identity_of, keep_parameters, read_parameters  # noqa: PLC0415

    with progress("reading parameters") as step:
        found = read_parameters(vehicle, step)
    say(f"✓ {len(found.parameters)} parameters in {found.took_s:.1f} s ({found.manner.value})")
    try:
        keep_parameters(identity_of(vehicle), found)
    except (OSError, TransferError) as error:
        say(f"▲ not kept for --cached: {error}")
    return found


def _kept(vehicle: Vehicle) -> ParameterSet:
    from telemetry.clock import utc_now  # noqa: PLC0415
    from telemetry.parameter_list import identity_of, kept_parameters  # noqa: PLC0415

    found = kept_parameters(identity_of(vehicle))
    if found is None:
        raise InputError(
            "Nothing is kept of this vehicle with this firmware.", about=f"vehicle {vehicle.system_id}",
            mend="Read them without --cached.",
        )  # fmt: skip
    age_s = (utc_now() - found.read_at).total_seconds()
    say(f"▲ as they were {age_s / 3600:.1f} h ago ({found.read_at:%Y-%m-%d %H:%M} UTC); not asked now")
    return found


def _report(
    found: ParameterSet, differences: tuple[ParameterDifference, ...] | None, only: str | None
) -> dict[str, object]:
    report: dict[str, object] = {
        "vehicle": found.vehicle,
        "firmware": found.firmware,
        "read_at": found.read_at.isoformat(timespec="seconds"),
        "count": len(found.parameters),
    }
    if differences is not None:
        return report | {
            "differences": [{"name": one.name, "file": one.wanted, "vehicle": one.found} for one in differences]
        }
    return report | {"parameters": {name: one.value for name, one in found.parameters.items() if _is_shown(name, only)}}


def _is_shown(name: str, only: str | None) -> bool:
    return only is None or only.upper() in name


def _print(found: ParameterSet, only: str | None) -> None:
    from telemetry.parameters import shown  # noqa: PLC0415

    for one in sorted(found.parameters.values(), key=lambda one: one.name):
        if _is_shown(one.name, only):
            click.echo(f"{one.name},{shown(one.value)}")
