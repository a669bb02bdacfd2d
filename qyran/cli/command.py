"""``qyran vehicle arm``, ``takeoff``, ``return`` …: one command to one vehicle, acknowledged and seen, or an answer why
not.

What brings a drone down or stops it (``pause``, ``return``, ``land``, ``disarm``) asks nobody: seconds may count. All
else needs a named person's confirmation. Each is kept in a journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from planner.errors import LinkError, StoppedError, VehicleError
from planner.quantities import Altitude, AltitudeReference, LonLat
from qyran.cli.confirming import asking
from qyran.cli.talk import put_json, say
from qyran.cli.words import PLACE, POSITIVE, AltitudeType
from qyran.journal import Journal, confirmation_report, journal_path, vehicle_report

if TYPE_CHECKING:
    from telemetry import Confirmation, Done, Vehicle

HEIGHT = AltitudeType(AltitudeReference.HOME)


class Words(TypedDict):
    """The options that all of these commands take."""

    link: str
    vehicle: int | None
    yes: bool
    person: str | None
    journal: Path | None
    as_json: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: its word in the journal, what it means in words, and how it is given."""

    verb: str
    means: str
    give: Callable[[Vehicle, Confirmation | None], Done]
    needs_word: bool = True


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.option("--vehicle", type=click.IntRange(1, 255), help="Its MAVLink number, where several answer."),
            click.option("--yes", is_flag=True, help="Do not ask; only for what announces itself as a simulator."),
            click.option("--as", "person", help="Who confirms; your user name where it is left out."),
            click.option("--journal", type=click.Path(path_type=Path), help="File that keeps what was asked."),
            click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object."),
            click.option("--dry-run", is_flag=True, help="Say what would be asked; call no vehicle."),
        )
    ):
        command = option(command)
    return command


def _carry_out(asked: Asked, words: Words) -> None:
    from telemetry import Address, Vehicle  # noqa: PLC0415

    where = Address.parse(words["link"])
    if words["dry_run"]:
        say(f"would ask the vehicle at {where} to {asked.means}")
        if words["as_json"]:
            put_json({"outcome": "not_asked", "command": asked.verb, "link": str(where)})
        return
    journal = Journal(words["journal"] or journal_path())
    try:
        with Vehicle.connect(words["link"], system_id=words["vehicle"]) as vehicle:
            _give(asked, vehicle, words, journal)
    except KeyboardInterrupt:
        raise StoppedError(
            f"Stopped; whether the vehicle took “{asked.verb}” is not known. Look at what it does.", about=str(where)
        ) from None
    except (LinkError, VehicleError) as error:
        outcome = "no_link" if isinstance(error, LinkError) else "refused"
        journal.note(event="failed", command=asked.verb, link=str(where), outcome=outcome, reason=str(error))
        if words["as_json"]:
            put_json({"outcome": outcome, "command": asked.verb, "reason": str(error), "link": str(where)})
        raise
    finally:
        if journal.trouble is not None:
            say(f"▲ this was not kept in {journal.path}: {journal.trouble}")


def _give(asked: Asked, vehicle: Vehicle, words: Words, journal: Journal) -> None:
    vehicle.require_supported("command")
    word: Confirmation | None = None
    if asked.needs_word:
        confirm = asking(asked.verb, lambda _: (f"is to {asked.means}.",), yes=words["yes"], person=words["person"])
        word = confirm(vehicle)
    about = {"command": asked.verb, "means": asked.means, "link": str(vehicle.link.address)}
    journal.note(event="asked", **about, confirmation=confirmation_report(word), **vehicle_report(vehicle))
    done = asked.give(vehicle, word)
    answer = {
        "outcome": "done",
        **about,
        "seen": done.is_seen,
        "sentence": done.sentence,
        "took_s": round(done.took_s, 2),
        "confirmation": confirmation_report(word),
        **vehicle_report(vehicle),
    }
    journal.note(event="answered", **answer)
    without = _without_us(vehicle)
    say(f"{'✓' if done.is_seen else '▲'} {asked.verb}: {done.sentence}")
    if without:
        say(f"▲ This command ends here. {without}")
    if words["as_json"]:
        put_json({**answer, "without_us": without})


def _without_us(vehicle: Vehicle) -> str | None:
    """What an armed vehicle does when nobody else speaks to it: this command's heartbeats end with it."""
    from telemetry.firmware import without_us_words  # noqa: PLC0415

    if not vehicle.state.armed:
        return None
    try:
        enable, timeout = vehicle.parameter("FS_GCS_ENABLE"), vehicle.parameter("FS_GCS_TIMEOUT")
        return without_us_words(enable, timeout, vehicle.parameter("FS_OPTIONS"))
    except LinkError:
        return without_us_words(None)


def _given(word: Confirmation | None) -> Confirmation:
    assert word is not None, "asked for before"
    return word


@click.command()
@click.argument("link")
@_options
def arm(**words: Unpack[Words]) -> None:
    """Arm the motors of the vehicle at LINK."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("arm", "arm its motors", lambda one, word: commands.arm(one, _given(word))), words)


@click.command()
@click.argument("link")
@_options
def disarm(**words: Unpack[Words]) -> None:
    """Stop the motors of the vehicle at LINK, on the ground; nobody is asked."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("disarm", "stop its motors", lambda one, _: commands.disarm(one), needs_word=False), words)


@click.command()
@click.argument("link")
@click.argument("height", type=HEIGHT)
@_options
def takeoff(*, height: Altitude, **words: Unpack[Words]) -> None:
    """Arm, climb straight up to HEIGHT (metres above home) and stay there, in GUIDED."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(
        Asked(
            "takeoff",
            f"arm, take off to {height} and stay there",
            lambda one, word: commands.take_off(one, height, _given(word)),
        ),
        words,
    )


@click.command()
@click.argument("link")
@click.argument("name")
@_options
def mode(*, name: str, **words: Unpack[Words]) -> None:
    """Enter the flight mode NAME, such as LOITER."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(
        Asked("mode", f"enter {name.upper()}", lambda one, word: commands.set_mode(one, name, word)),
        words,
    )


@click.command()
@click.argument("link")
@_options
def start(**words: Unpack[Words]) -> None:
    """Fly the loaded mission from its first item; the vehicle must be armed."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(
        Asked("start", "fly the mission it holds", lambda one, word: commands.start_mission(one, _given(word))), words
    )


@click.command()
@click.argument("link")
@_options
def pause(**words: Unpack[Words]) -> None:
    """Stop where it is and hold (BRAKE, else LOITER); nobody is asked."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("pause", "stop where it is", lambda one, _: commands.pause(one), needs_word=False), words)


@click.command()
@click.argument("link")
@_options
def resume(**words: Unpack[Words]) -> None:
    """Go on with the mission where it was left (AUTO)."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("resume", "go on with its mission", commands.resume), words)


@click.command()
@click.argument("link")
@click.argument("item", type=click.IntRange(0, 65_534))
@_options
def skip(*, item: int, **words: Unpack[Words]) -> None:
    """Go on with ITEM of the mission (0 is home, 1 the first)."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("skip", f"go on with item {item}", lambda one, _: commands.skip_to(one, item)), words)


@click.command()
@click.argument("link")
@click.argument("place", type=PLACE)
@click.option("--height", type=HEIGHT, help="As 40 or '40 m HOME', '60 m AGL', '900 m AMSL'; its own where left out.")
@_options
def goto(*, place: LonLat, height: Altitude | None, **words: Unpack[Words]) -> None:
    """Fly to PLACE (LAT,LON) and stay there, in GUIDED; a mission is left for it."""
    from telemetry import commands  # noqa: PLC0415

    def give(one: Vehicle, _: Confirmation | None) -> Done:
        altitude = height or one.require_live().altitude_home
        if altitude is None:
            raise VehicleError("It does not say how high it is.", mend="Say a height: --height 40.")
        return commands.goto(one, place, altitude)

    at = f"at {height}" if height is not None else "at the height it has"
    _carry_out(Asked("goto", f"fly to {place} {at} and stay there", give), words)


@click.command()
@click.argument("link")
@click.argument("mps", type=POSITIVE)
@_options
def speed(*, mps: float, **words: Unpack[Words]) -> None:
    """Fly at MPS metres a second over ground, until the mission's next speed or another mode."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("speed", f"fly at {mps:g} m/s", lambda one, _: commands.change_speed(one, mps)), words)


@click.command()
@click.argument("link")
@click.argument("altitude", metavar="HEIGHT", type=HEIGHT)
@_options
def height(*, altitude: Altitude, **words: Unpack[Words]) -> None:
    """Climb or sink to HEIGHT (metres above home, or as '900 m AMSL') and stay there, in GUIDED."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(
        Asked("height", f"go to {altitude} and stay there", lambda one, _: commands.change_height(one, altitude)),
        words,
    )


@click.command("return")
@click.argument("link")
@_options
def return_(**words: Unpack[Words]) -> None:
    """Come back and land (RTL); nobody is asked."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("return", "come back", lambda one, _: commands.return_home(one), needs_word=False), words)


@click.command()
@click.argument("link")
@_options
def land(**words: Unpack[Words]) -> None:
    """Land where it is; nobody is asked."""
    from telemetry import commands  # noqa: PLC0415

    _carry_out(Asked("land", "land where it is", lambda one, _: commands.land(one), needs_word=False), words)


COMMANDS = (arm, disarm, takeoff, mode, start, pause, resume, skip, goto, speed, height, return_, land)
