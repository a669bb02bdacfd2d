"""``qyran vehicle signing``: keys by which a vehicle knows its own ground stations, and they it."""

from __future__ import annotations

import sys

import click

from qyran.cli.confirming import asking
from qyran.cli.talk import put_json, say
from qyran.journal import Journal, confirmation_report, journal_path, vehicle_report

SYSTEM = click.option("--vehicle", "system_id", type=click.IntRange(1, 255), help="Which, where several answer.")
YES = click.option("--yes", is_flag=True, help="Do not ask; only for a vehicle that announces itself as a simulator.")
PERSON = click.option("--as", "person", help="Who confirms; your user name where it is left out.")
DRY = click.option("--dry-run", is_flag=True, help="Say what would be done; call no vehicle.")
LISTEN_S = 1.5


@click.group()
def signing() -> None:
    """Sign what is said to a vehicle (MAVLink 2), so that it listens to nobody else.

    Keys are kept in a folder of the user's own (QYRAN_KEYS names another), each readable by that user alone. A vehicle
    that signs is recognised by itself; QYRAN_SIGNING_KEY names a key without which nothing at all is believed.
    """


@signing.command("new")
@click.argument("name")
@click.option("--passphrase", is_flag=True, help="Ask for one; Mission Planner and MAVProxy make the same key of it.")
def new_key(*, name: str, passphrase: bool) -> None:
    """Make a key called NAME, by chance unless a passphrase is asked for."""
    from telemetry.signing_keys import KeyStore  # noqa: PLC0415

    words: str | None = None
    if passphrase:
        if sys.stdin.isatty():
            words = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
        else:
            words = sys.stdin.readline().rstrip("\n")
    store = KeyStore()
    key = store.create(name, words)
    say(f"✓ key {key.name} (mark {key.mark}) in {store.folder}")


@signing.command("keys")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def list_keys(*, as_json: bool) -> None:
    """List the keys there are: name and mark, never the secret."""
    from telemetry.signing_keys import KeyStore  # noqa: PLC0415

    store = KeyStore()
    found = store.all()
    if as_json:
        put_json({"folder": str(store.folder), "keys": [{"name": one.name, "mark": one.mark} for one in found]})
        return
    for one in found:
        click.echo(f"{one.name}\t{one.mark}")
    if not found:
        say(f"no key in {store.folder}")


@signing.command("setup")
@click.argument("link")
@click.option("--key", "name", required=True, help="Name of a key.")
@SYSTEM
@YES
@PERSON
@DRY
def set_up(*, link: str, name: str, system_id: int | None, yes: bool, person: str | None, dry_run: bool) -> None:
    """Give a key to the vehicle at LINK, and see that it signs with it. Do it over a cable: the key itself is sent."""
    from telemetry import Address, Vehicle  # noqa: PLC0415
    from telemetry.signing_keys import KeyStore  # noqa: PLC0415
    from telemetry.signing_setup import set_up_signing  # noqa: PLC0415

    key, where = KeyStore().load(name), Address.parse(link)
    if dry_run:
        say(f"would give {key.name} (mark {key.mark}) to the vehicle at {where}")
        return
    say(f"calling {where} …")
    told = (
        f"is to listen, from now on, only to who has the key {key.name} (mark {key.mark}).",
        "The key is sent readable for everybody who listens now: use a cable.",
        "Where the key is lost, only the vehicle's own USB port or a wipe of its parameters helps.",
    )
    with Vehicle.connect(where, system_id=system_id) as vehicle:
        word = asking("set up signing", lambda _: told, yes=yes, person=person)(vehicle)
        note = {"command": "set up signing", "means": key.mark, "link": str(vehicle.link.address)}
        journal = Journal(journal_path())
        journal.note(event="asked", **note, confirmation=confirmation_report(word), **vehicle_report(vehicle))
        set_up_signing(vehicle, key, word)
        journal.note(event="answered", **note, outcome="done", vehicle=vehicle.system_id)
        say(f"✓ vehicle {vehicle.system_id} signs with {key.name}")


@signing.command("end")
@click.argument("link")
@SYSTEM
@YES
@PERSON
@DRY
def end(*, link: str, system_id: int | None, yes: bool, person: str | None, dry_run: bool) -> None:
    """Take the key away from the vehicle at LINK: from then on it listens to everybody."""
    from telemetry import Address, Vehicle  # noqa: PLC0415
    from telemetry.signing_setup import end_signing  # noqa: PLC0415

    where = Address.parse(link)
    if dry_run:
        say(f"would take the key away from the vehicle at {where}")
        return
    say(f"calling {where} …")
    with Vehicle.connect(where, system_id=system_id) as vehicle:
        told = ("is to listen to everybody again, signed or not.",)
        word = asking("end signing", lambda _: told, yes=yes, person=person)(vehicle)
        note = {"command": "end signing", "link": str(vehicle.link.address)}
        journal = Journal(journal_path())
        journal.note(event="asked", **note, confirmation=confirmation_report(word), **vehicle_report(vehicle))
        end_signing(vehicle, word)
        journal.note(event="answered", **note, outcome="done", vehicle=vehicle.system_id)
        say(f"✓ vehicle {vehicle.system_id} no longer signs")


@signing.command("status")
@click.argument("link")
@SYSTEM
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def status(*, link: str, system_id: int | None, as_json: bool) -> None:
    """Listen to the vehicle at LINK for some seconds: which key it signs with, and what was ignored."""
    from telemetry import Vehicle  # noqa: PLC0415
    from telemetry.link import wait_for  # noqa: PLC0415

    with Vehicle.connect(link, system_id=system_id) as vehicle:
        wait_for(lambda: False, LISTEN_S)
        own = vehicle.link.signing
        guard = own.guard
        report: dict[str, object] = {
            "vehicle": vehicle.system_id,
            "key": None if own.key is None else own.key.name,
            "signed_with_unknown_key": own.unknown,
            "good": 0 if guard is None else guard.good,
            "ignored_unsigned": 0 if guard is None else guard.unsigned,
            "ignored_wrongly_signed": 0 if guard is None else guard.wrong,
            "ignored_said_before": 0 if guard is None else guard.old,
        }
    if as_json:
        put_json(report)
        return
    if own.key is not None and guard is not None:
        ignored = f"{guard.unsigned} unsigned, {guard.wrong} wrongly signed, {guard.old} said before"
        click.echo(f"signs with {own.key.name} (mark {own.key.mark}); {guard.good} believed; ignored: {ignored}")
    elif own.unknown:
        click.echo("signs with a key that is not here: it can be watched, and will not listen")
    else:
        click.echo("does not sign: it listens to everybody")
