"""``qyran fly``: one mission, one vehicle, one named person's word, one record."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from missions.parts import next_part
from planner.errors import InputError, LinkError, NotConfirmedError, QyranError, StoppedError, VehicleError
from qyran.book import enter_crew, overdue_reasons
from qyran.cli.confirming import asking
from qyran.cli.ending import Ending
from qyran.cli.exits import Exit, exit_for
from qyran.cli.sides import strange_about
from qyran.cli.talk import Step, clock, progress, put_json, say
from qyran.flying import Order, fly_order, read_order
from qyran.hours import at_hours
from qyran.preflighting import before_flight, flights_folder

if TYPE_CHECKING:
    from telemetry import Confirmation, FlightRecord, Vehicle, VehicleState


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--on", "address", required=True, help="As udp:HOST:PORT, tcp:HOST:PORT or /dev/ttyUSB0,57600.")
@click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several answer.")
@click.option("--resume", type=click.Path(path_type=Path), help="Fly what is left of a flight; its folder, no FILE.")
@click.option("--yes", is_flag=True, help="Do not ask; only for a vehicle that announces itself as a simulator.")
@click.option("--as", "person", help="Who confirms; your user name where it is left out.")
@click.option("--override", metavar="REASON", help="Fly although a finding blocks the plan; the reason is kept.")
@click.option("--drone", help="Its name in the flight book; one that is overdue is not flown.")
@click.option("--battery", help="The battery's name in the flight book; one that is overdue is not flown.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the record; flights/ beside the mission's.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object at the end.")
@click.option("--dry-run", is_flag=True, help="Read the mission and say what would be flown; call no vehicle.")
def fly(
    *,
    file: Path | None,
    address: str,
    vehicle: int | None,
    resume: Path | None,
    yes: bool,
    person: str | None,
    override: str | None,
    drone: str | None,
    battery: str | None,
    out: Path | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Load FILE (.plan or .waypoints with its .fence and .rally) into a vehicle, read it back, fly it, record it.

    Ctrl-C, SIGTERM and the closing of the terminal end it in order, say what the vehicle does then, and leave with
    130; a second Ctrl-C leaves at once. What was ticked and let pass by qyran preflight counts here.
    """
    from telemetry import Address  # noqa: PLC0415

    order, flights = _order(file, resume)
    for strange in strange_about(order):
        say(f"▲ {strange}")
    where = Address.parse(address)
    order = _at_this_hour(order, file)
    if dry_run:
        say(f"would load {order.name} ({len(order.mission.items)} items, {order.identity}) into {where} and fly it")
        if as_json:
            put_json({"outcome": "not_flown", "predicted_s": order.predicted_s, "items": len(order.mission.items)})
        return
    judged = replace(order, blocked=(*order.blocked, *overdue_reasons(drone, battery)))
    _refuse_blocked(judged, override)
    folder = out or flights / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{order.name}"
    say(f"calling {where} …")
    try:
        with Ending() as ending:
            confirm = _confirming(judged, ending, yes=yes, person=person, override=override)
            record = _fly(order, address, vehicle, confirm=confirm, folder=folder, flights=flights, ending=ending)
    except (LinkError, VehicleError, StoppedError) as error:
        if as_json:
            put_json(failure_report(error, order, folder))
        raise
    if as_json:
        put_json(record.to_json())
    _tell(record, order)
    if drone or battery or not record.is_simulator:
        for trouble in enter_crew(record.tlog, drone=drone, battery=battery, order=order.name):
            say(f"▲ {trouble}")
    if file is not None and (following := next_part(file)) is not None:
        say(f"next: qyran fly {following} --on {address}")
    if not record.outcome.is_landed:
        raise click.exceptions.Exit(_exit_of(record))


def _order(file: Path | None, resume: Path | None) -> tuple[Order, Path]:
    """What is flown, and where its flights are kept."""
    if (file is None) == (resume is None):
        raise InputError("Say what to fly: a mission FILE, or --resume with a flight's folder.")
    if file is not None:
        return read_order(file), flights_folder(file)
    from qyran.resuming import rest_of_flight  # noqa: PLC0415

    assert resume is not None
    left = rest_of_flight(resume)
    say(left.sentence)
    return left.order, resume.resolve().parent


def _fly(
    order: Order,
    address: str,
    number: int | None,
    *,
    confirm: Callable[[Vehicle], Confirmation],
    folder: Path,
    flights: Path,
    ending: Ending,
) -> FlightRecord:
    count = len(order.mission.items)
    with ExitStack() as bar:
        steps: list[Step] = []

        def on_load(done: int, total: int, message: str) -> None:
            # Not before the first step: a bar that moves would write over the question that comes before it.
            if not steps:
                steps.append(bar.enter_context(progress("loading")))
            steps[0](done, total, message)

        def on_loaded(vehicle: Vehicle) -> None:
            bar.close()
            say(f"✓ {count} items read back equal from vehicle {vehicle.system_id}")

        return fly_order(
            order,
            address,
            confirm=confirm,
            folder=folder,
            system_id=number,
            before=before_flight(flights, order),
            on_load=on_load,
            on_loaded=on_loaded,
            on_state=Watching(),
            on_event=lambda event: say(f"  {event}"),
            should_stop=ending,
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


def _at_this_hour(order: Order, file: Path | None) -> Order:
    """The order as it may be flown now, by its plan's hours; what speaks against that is said."""
    if file is None:
        return order
    order, doubts = at_hours(order, file, datetime.now(UTC))
    for sentence in (*doubts, *order.blocked):
        say(f"▲ {sentence}")
    return order


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
    order: Order, ending: Ending, *, yes: bool, person: str | None, override: str | None
) -> Callable[[Vehicle], Confirmation]:
    ask = asking(
        f"fly {order.name}",
        lambda _: (
            f"will forget its mission, fence and rally points, hold {order.name} instead,",
            f"arm, take off and fly it: {len(order.mission.items)} items, about {clock(order.predicted_s)}.",
        ),
        yes=yes,
        person=person,
        override=override if order.blocked else None,
        refused="Not confirmed; nothing was changed in the vehicle, and nothing was armed.",
    )

    def confirm(vehicle: Vehicle) -> Confirmation:
        try:
            with ending.while_asking():
                return ask(vehicle)
        except (KeyboardInterrupt, click.Abort):
            raise StoppedError(
                "Stopped before anybody confirmed; nothing was armed.", about=f"vehicle {vehicle.system_id}"
            ) from None

    return confirm


def failure_report(error: QyranError, order: Order, folder: Path) -> dict[str, object]:
    """A flight that never began, or whose link went before it did."""
    tlog = folder / "flight.tlog"
    outcome = "no_link" if isinstance(error, LinkError) else "refused"
    return {
        "outcome": "stopped" if isinstance(error, StoppedError) else outcome,
        "reason": str(error),
        "duration_s": None,
        "predicted_s": order.predicted_s,
        "tlog": str(tlog) if tlog.exists() else None,
        "max_outside_m": None,
    }


def _tell(record: FlightRecord, order: Order) -> None:
    say(f"{record.outcome.value}: {record.reason}" if record.reason else record.outcome.value)
    say(f"flown {clock(record.duration_s)}, predicted {clock(order.predicted_s)}; record in {record.tlog.parent}")
    if record.log_trouble is not None:
        say(f"▲ {record.log_trouble}")
    if record.outcome.may_be_resumed:
        say(f"  what is left: qyran fly --resume {record.tlog.parent} --on LINK")


def _exit_of(record: FlightRecord) -> Exit:
    if record.outcome.is_interrupted:
        return Exit.INTERRUPTED
    error = record.outcome.error
    return exit_for(error("")) if error else Exit.NO
