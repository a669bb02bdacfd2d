"""``qyran fly``: one mission, one vehicle, one named person's word, one record."""

from __future__ import annotations

import getpass
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from missions.doubts import doubts
from missions.parts import next_part
from planner.errors import LinkError, NotConfirmedError, QyranError, VehicleError
from qyran.cli.exits import Exit, exit_for
from qyran.cli.talk import clock, progress, put_json, say
from qyran.flying import Order, fly_order, read_order

if TYPE_CHECKING:
    from telemetry import Confirmation, FlightRecord, Vehicle, VehicleState


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--on", "address", required=True, help="As udp:HOST:PORT, tcp:HOST:PORT or /dev/ttyUSB0,57600.")
@click.option("--yes", is_flag=True, help="Do not ask; only for a vehicle that announces itself as a simulator.")
@click.option("--as", "person", help="Who confirms; your user name where it is left out.")
@click.option("--override", metavar="REASON", help="Fly although a finding blocks the plan; the reason is kept.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the record; flights/ beside the mission's.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object at the end.")
@click.option("--dry-run", is_flag=True, help="Read the mission and say what would be flown; call no vehicle.")
def fly(
    *,
    file: Path,
    address: str,
    yes: bool,
    person: str | None,
    override: str | None,
    out: Path | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Load FILE (.plan or .waypoints with its .fence and .rally) into a vehicle, read it back, fly it, record it."""
    from telemetry import Address  # noqa: PLC0415

    order = read_order(file)
    for doubt in doubts(order.mission):
        say(f"▲ {doubt}")
    where = Address.parse(address)
    if dry_run:
        say(f"would load {order.name} ({len(order.mission.items)} items, {order.identity}) into {where} and fly it")
        if as_json:
            put_json({"outcome": "not_flown", "predicted_s": order.predicted_s, "items": len(order.mission.items)})
        return
    _refuse_blocked(order, override)
    folder = out or _folder_for(file, order)
    say(f"calling {where} …")
    try:
        record = _fly(order, address, _confirming(order, yes=yes, person=person, override=override), folder)
    except (LinkError, VehicleError) as error:
        if as_json:
            put_json(failure_report(error, order, folder))
        raise
    if as_json:
        put_json(record.to_json())
    _tell(record, order)
    if (following := next_part(file)) is not None:
        say(f"next: qyran fly {following} --on {address}")
    if not record.outcome.is_landed:
        raise click.exceptions.Exit(_exit_of(record))


def _fly(order: Order, address: str, confirm: Callable[[Vehicle], Confirmation], folder: Path) -> FlightRecord:
    count = len(order.mission.items)
    with progress("loading") as load_step:
        return fly_order(
            order,
            address,
            confirm=confirm,
            folder=folder,
            on_load=load_step,
            on_loaded=lambda vehicle: say(
                f"✓ {count} items ({order.identity}) read back equal from vehicle {vehicle.system_id}"
            ),
            on_state=Watching(),
            on_event=lambda event: say(f"  {event}"),
        )


class Watching:
    """Says every 30 s of the vehicle's time where it is, and at once when the link goes or comes back."""

    def __init__(self) -> None:
        self._said_at = -math.inf

    def __call__(self, state: VehicleState) -> None:
        """Look at one state."""
        now = state.boot_s
        if now is None or now - self._said_at < 30:
            return
        self._said_at = now
        altitude = str(state.altitude_home or "altitude unknown")
        left = state.battery.share if state.battery else None
        battery = "battery unknown" if left is None else f"battery {left * 100:.0f} %"
        say(f"  {state.mode or 'mode unknown'} · item {state.mission_current} · {altitude} · {battery}")


def _refuse_blocked(order: Order, override: str | None) -> None:
    if order.blocked and not override:
        raise NotConfirmedError(
            f"The plan is blocked: {order.blocked[0]}",
            about=order.name,
            mend='Mend the plan, or fly it all the same with --override "REASON" --as NAME.',
        )
    if order.blocked:
        say(f"▲ flown although blocked: {order.blocked[0]} Reason given: {override}")


def _confirming(
    order: Order, *, yes: bool, person: str | None, override: str | None
) -> Callable[[Vehicle], Confirmation]:
    reason = override if order.blocked else None

    def confirm(vehicle: Vehicle) -> Confirmation:
        from telemetry import Confirmation, simulator_confirmation  # noqa: PLC0415

        if yes:
            return replace(simulator_confirmation(vehicle), override=reason)
        if not sys.stdin.isatty():
            raise NotConfirmedError(
                "Nobody is there to confirm.",
                about=f"vehicle {vehicle.system_id}",
                mend="Run it in a terminal; --yes is for vehicles that announce themselves as simulators.",
            )
        who = person or getpass.getuser()
        kind = "a simulator" if vehicle.is_simulator else "A REAL VEHICLE"
        say(f"{who}: vehicle {vehicle.system_id} ({vehicle.firmware}, {kind}) will forget its mission, fence and rally")
        say(f"points, hold {order.name} instead, arm, take off and fly it:")
        say(f"{len(order.mission.items)} items, about {clock(order.predicted_s)}.")
        typed = click.prompt(f"Type {vehicle.system_id} and enter to confirm", err=True, default="", show_default=False)
        if typed.strip() != str(vehicle.system_id):
            raise NotConfirmedError("Not confirmed; nothing was armed.", about=f"vehicle {vehicle.system_id}")
        return Confirmation(who, vehicle.system_id, f"fly {order.name}", datetime.now(UTC), override=reason)

    return confirm


def _folder_for(file: Path, order: Order) -> Path:
    beside = file.resolve().parent
    flights = beside.parent / "flights" if beside.name == "missions" else beside / "flights"
    return flights / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{order.name}"


def failure_report(error: QyranError, order: Order, folder: Path) -> dict[str, object]:
    """A flight that never began, or whose link went before it did."""
    tlog = folder / "flight.tlog"
    outcome = "no_link" if isinstance(error, LinkError) else "refused"
    return {
        "outcome": outcome,
        "reason": str(error),
        "duration_s": None,
        "predicted_s": order.predicted_s,
        "tlog": str(tlog) if tlog.exists() else None,
        "max_outside_m": None,
    }


def _tell(record: FlightRecord, order: Order) -> None:
    say(f"{record.outcome.value}: {record.reason}" if record.reason else record.outcome.value)
    say(f"flown {clock(record.duration_s)}, predicted {clock(order.predicted_s)}; record in {record.tlog.parent}")


def _exit_of(record: FlightRecord) -> Exit:
    error = record.outcome.error
    return exit_for(error("")) if error else Exit.NO
