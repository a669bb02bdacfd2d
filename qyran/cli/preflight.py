"""``qyran preflight``: everything that is looked at before a flight, asked of the vehicle, mended, ticked, kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.errors import (
    InputError,
    LinkError,
    NotConfirmedError,
    SettingError,
    StoppedError,
    TransferError,
    VehicleError,
)
from qyran.cli.confirming import asking, person_or_user
from qyran.cli.ending import Ending
from qyran.cli.exits import Exit
from qyran.cli.talk import progress, put_json, say
from qyran.cli.words import NumberType
from qyran.flying import Order, read_order
from qyran.preflighting import HAND_ITEMS, Kept, flights_folder, kept_path, kept_paths, open_kept
from telemetry.preflight_lines import Change, Check, Weather, check_report, overridden

if TYPE_CHECKING:
    from telemetry import Vehicle

ANSWERS_WITHIN_S = 5.0
ARMABLE_WITHIN_S = 3.0
_GLYPHS = {True: "✓", False: "✗", None: "?"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says."""

    ticks: tuple[str, ...]
    overrides: tuple[tuple[str, str], ...]
    wind: float | None
    celsius: float | None
    person: str | None
    load: bool
    mend: bool
    yes: bool

    @property
    def changes_state(self) -> bool:
        """Whether a person says something that is to be kept."""
        return bool(self.ticks or self.overrides or self.wind is not None or self.celsius is not None)


class _OverrideType(click.ParamType[tuple[str, str]]):
    name = "LINE=REASON"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        line, equals, reason = str(value).partition("=")
        if not equals or not line.strip() or not reason.strip():
            self.fail(f'"{value}" is not LINE=REASON, as "radio lost=flown without a radio, order 17".', param, ctx)
        return line.strip(), reason.strip()


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", "address", help="The vehicle's address; what was kept is shown where it is left out.")
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several answer.")
@click.option("--load", is_flag=True, help="Load the mission first, and read it back.")
@click.option("--mend", is_flag=True, help="Set the parameters that mend failing lines, after a person's word.")
@click.option("--tick", "ticks", multiple=True, help=f"Tick what you looked at: {', '.join(HAND_ITEMS)}, or all.")
@click.option("--override", "overrides", type=_OverrideType(), multiple=True, help="Let a failing line pass, and why.")
@click.option("--wind", type=NumberType(least=0, most=80), help="Wind that you measured, m/s.")
@click.option("--celsius", type=NumberType(least=-60, most=70), help="The battery's temperature that you measured.")
@click.option("--as", "person", help="Who ticks, measures, confirms; your user name where it is left out.")
@click.option("--yes", is_flag=True, help="Do not ask before loading and mending; only for simulators.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; call no vehicle, keep nothing.")
def preflight(
    *,
    file: Path,
    address: str | None,
    vehicle: int | None,
    ticks: tuple[str, ...],
    overrides: tuple[tuple[str, str], ...],
    wind: float | None,
    celsius: float | None,
    person: str | None,
    load: bool,
    mend: bool,
    yes: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Look at everything before a flight of FILE: each line passes, warns or fails, and says how to mend it.

    Exit code 0: nothing stands in the way; 1: something does. Ticks, overrides, measurements and answers are kept in
    flights/preflight/ and shown with their age when the command is called without --on.
    """
    order = read_order(file)
    told = Told(ticks, overrides, wind, celsius, person, load, mend, yes)
    flights = flights_folder(file)
    if address is None:
        if told.changes_state or load or mend:
            raise SettingError("For which vehicle?", mend="Say where it is: --on LINK.")
        _show_kept(order, flights, as_json=as_json)
        return
    from telemetry import Address  # noqa: PLC0415

    where = Address.parse(address)
    if dry_run:
        say(f"would ask the vehicle at {where} every line before a flight of {order.name} ({order.identity})")
        if as_json:
            put_json({"ready": None, "mission": order.identity, "lines": []})
        return
    try:
        report = _look(order, address, vehicle, told, flights, as_text=not as_json)
    except (LinkError, VehicleError) as error:
        if as_json:
            put_json({"ready": False, "mission": order.identity, "reason": str(error), "lines": []})
        raise
    if as_json:
        put_json(report)
    if not report["ready"]:
        raise click.exceptions.Exit(Exit.NO)


def _look(
    order: Order, address: str, number: int | None, told: Told, flights: Path, *, as_text: bool
) -> dict[str, object]:
    from telemetry import Vehicle  # noqa: PLC0415

    with Vehicle.connect(address, system_id=number) as vehicle:
        vehicle.require_supported("check")
        path = kept_path(flights, order, vehicle.system_id)
        kept = open_kept(path, order, vehicle.system_id)
        _take(told, kept)
        if told.changes_state:
            kept.save()
        if told.load:
            _load(vehicle, order, told)
        checks = _asked(vehicle, order, kept)
        if told.mend:
            checks = _mended(vehicle, order, told, kept, checks)
        kept.take(checks, datetime.now(UTC))
        kept.save()
        ready = not any(one.blocks for one in checks)
        if as_text:
            _put_lines(order, [check_report(one) for one in checks])
            _summary(vehicle, checks, ready=ready)
        return {
            "ready": ready,
            "mission": order.identity,
            "name": order.name,
            "vehicle": vehicle.system_id,
            "firmware": str(vehicle.firmware) if vehicle.firmware is not None else None,
            "is_simulator": vehicle.is_simulator,
            "lines": [check_report(one) for one in checks],
            "changes": kept.changes,
            "kept_in": str(path),
        }


def _take(told: Told, kept: Kept) -> None:
    """What the person says now."""
    if not told.changes_state:
        return
    now, who = datetime.now(UTC), person_or_user(told.person)
    kept.tick(told.ticks, who, now)
    for line, reason in told.overrides:
        kept.let_pass(line, reason, who, now)
    if told.wind is not None or told.celsius is not None:
        before = kept.weather
        kept.weather = Weather(
            who,
            now,
            told.wind if told.wind is not None or before is None else before.wind_mps,
            told.celsius if told.celsius is not None or before is None else before.celsius,
        )


def _load(vehicle: Vehicle, order: Order, told: Told) -> None:
    from telemetry import load  # noqa: PLC0415

    if order.blocked:
        raise NotConfirmedError(f"The plan is blocked: {order.blocked[0]}", about=order.name, mend="Mend the plan.")
    confirm = asking(
        f"load {order.name}",
        lambda _: (
            f"will forget its mission, fence and rally points, and hold {order.name} ({order.identity}) instead.",
        ),
        yes=told.yes,
        person=told.person,
    )
    word = confirm(vehicle)
    with Ending() as ending, progress("loading") as step:
        try:
            load(vehicle, order.mission, on_progress=step, should_stop=ending, confirmation=word)
        except TransferError as error:
            if ending():
                raise StoppedError(f"Stopped while loading. {error.sentence}", about=error.about) from error
            raise


def _asked(vehicle: Vehicle, order: Order, kept: Kept) -> tuple[Check, ...]:
    """Every line with what people said; a mission that was not loaded just now is read from the vehicle."""
    from telemetry import download, preflight_checks  # noqa: PLC0415
    from telemetry.link import wait_for  # noqa: PLC0415

    wait_for(lambda: _has_answered(vehicle), ANSWERS_WITHIN_S)
    # It looks at itself about once a second, and may just have missed its ground station.
    wait_for(lambda: vehicle.state.can_arm is not False, ARMABLE_WITHIN_S)
    held = None if vehicle.loaded == order.mission else download(vehicle)
    asked = preflight_checks(vehicle, order.mission, order.needs, held=held, weather=kept.weather)
    now = datetime.now(UTC)
    by_hand = kept.by_hand(now, is_simulator=vehicle.is_simulator)
    return overridden((*_of_plan(order), *asked, *by_hand), kept.standing(now))


def _has_answered(vehicle: Vehicle) -> bool:
    """Whether all that it tells by itself has come once; what does not come is then shown as unknown."""
    state = vehicle.state
    return None not in (state.gps, state.home, state.estimator_ok, state.can_arm, state.battery, state.position)


def _of_plan(order: Order) -> tuple[Check, ...]:
    if order.blocked:
        return (Check("plan", False, f"The plan is blocked: {order.blocked[0]}", "Mend the plan."),)
    if order.needs.return_altitude_m is None:
        words = "No plan stands beside the mission: nobody checked it."
        return (Check("plan", None, words, "Plan it with Qyran.", only_warns=True),)
    return (Check("plan", True, "Nothing blocks the plan."),)


def _mended(vehicle: Vehicle, order: Order, told: Told, kept: Kept, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Show old → new, ask, set, read back, and look again."""
    from telemetry import mend  # noqa: PLC0415

    wrong = [one for one in checks if one.ok is not True and one.change is not None]
    if not wrong:
        say("nothing here is mended by a parameter")
        return checks
    changes = [str(one.change) for one in wrong]
    for line in changes:
        say(f"  {line}")
    confirm = asking(
        f"set {', '.join(changes)}",
        lambda _: (f"will be set: {', '.join(changes)}.",),
        yes=told.yes,
        person=told.person,
        refused="Not confirmed; nothing was set.",
    )
    word = confirm(vehicle)
    done: tuple[Change, ...] = mend(vehicle, wrong, word)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for change in done:
        kept.changes.append(
            {"parameter": change.parameter, "old": change.old, "new": change.new, "person": word.person, "at": now}
        )
        say(f"✓ {change}, read back")
    kept.save()
    return _asked(vehicle, order, kept)


def _summary(vehicle: Vehicle, checks: tuple[Check, ...], *, ready: bool) -> None:
    who = f"vehicle {vehicle.system_id} ({vehicle.firmware}{', a simulator' if vehicle.is_simulator else ''})"
    if ready:
        say(f"✓ nothing stands in the way of a flight of {who}")
        return
    blocking = [one for one in checks if one.blocks]
    mendable = [one for one in blocking if one.change is not None]
    stand = "1 line stands" if len(blocking) == 1 else f"{len(blocking)} lines stand"
    say(f"✗ {stand} in the way of a flight of {who}")
    if mendable:
        say(f"  --mend sets {', '.join(str(one.change) for one in mendable)}")


def _put_lines(order: Order, lines: list[dict[str, Any]]) -> None:
    """Each line in words on stdout; how to mend it stands below the ones that do not pass."""
    width = max((len(one["name"]) for one in lines), default=0)
    click.echo(f"before {order.name} ({order.identity})")
    for one in lines:
        override = one["override"]
        glyph = "▲" if override or (one["ok"] is not True and not one["blocks"]) else _GLYPHS[one["ok"]]
        age = one["age_s"]
        old = "" if age is None or age < 1 else f" ({_age(age)} ago)"
        click.echo(f"{glyph} {one['name']:<{width}}  {one['sentence']}{old}")
        if override:
            click.echo(f"  {'':<{width}}  {override['person']} lets it pass: {override['reason']}")
        elif one["ok"] is not True and one["mend"]:
            click.echo(f"  {'':<{width}}  → {one['mend']}")


def _age(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def _show_kept(order: Order, flights: Path, *, as_json: bool) -> None:
    """What was kept of this mission, on each vehicle, as old as it is."""
    found = kept_paths(flights, order)
    if not found:
        raise InputError(
            "Nothing was asked before a flight of this mission yet.", about=order.name, mend="Ask a vehicle: --on LINK."
        )
    now, answers = datetime.now(UTC), []
    for path in found:
        number = int(path.stem.rpartition("-v")[2])
        kept = open_kept(path, order, number)
        lines = [_aged(one, now) for one in kept.lines]
        answers.append({"vehicle": number, "lines": lines, "changes": kept.changes, "kept_in": str(path)})
        if not as_json:
            say(f"vehicle {number}, as it answered then:")
            _put_lines(order, lines)
    if as_json:
        put_json({"ready": None, "mission": order.identity, "kept": answers})


def _aged(line: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A kept answer, older by the time since it was asked."""
    try:
        since = (now - datetime.fromisoformat(line["asked_at"])).total_seconds()
        return {**line, "age_s": None if line["age_s"] is None else round(line["age_s"] + max(0.0, since), 1)}
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"A kept answer cannot be read: {error}.", about=str(line.get("name"))) from None
