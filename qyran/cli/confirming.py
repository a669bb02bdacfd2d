"""Asking a named person at the terminal; only a simulator may be spared."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from planner.errors import NotConfirmedError
from qyran.cli.talk import say

if TYPE_CHECKING:
    from telemetry import Confirmation, Vehicle


def person_or_user(person: str | None) -> str:
    """The name that was given, else the user's; raises ``NotConfirmedError`` where there is neither."""
    if person is not None and person.strip():
        return person.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise NotConfirmedError("Nobody's name is known.", mend="Say who you are with --as NAME.") from None


def asking(
    action: str,
    told: Callable[[Vehicle], Sequence[str]],
    *,
    yes: bool,
    person: str | None,
    override: str | None = None,
    refused: str = "Not confirmed; the vehicle was told nothing.",
) -> Callable[[Vehicle], Confirmation]:
    """A function that gets a person's word for ``action``: they type the vehicle's number.

    ``told`` are the lines that they read before. With ``yes`` a simulator confirms for itself. The function raises
    ``NotConfirmedError``, also where nobody sits at the terminal or the prompt is broken off.
    """

    def confirm(vehicle: Vehicle) -> Confirmation:
        from telemetry import Confirmation, simulator_confirmation  # noqa: PLC0415

        if yes:
            return replace(simulator_confirmation(vehicle, action), override=override)
        if not sys.stdin.isatty():
            raise NotConfirmedError(
                "Nobody is there to confirm.",
                about=f"vehicle {vehicle.system_id}",
                mend="Run it in a terminal; --yes is for vehicles that announce themselves as simulators.",
            )
        who = person_or_user(person)
        kind = "a simulator" if vehicle.is_simulator else "A REAL VEHICLE"
        say(f"{who}: vehicle {vehicle.system_id} ({vehicle.firmware}, {kind})")
        for line in told(vehicle):
            say(f"  {line}")
        typed = click.prompt(f"Type {vehicle.system_id} and enter to confirm", err=True, default="", show_default=False)
        if typed.strip() != str(vehicle.system_id):
            raise NotConfirmedError(refused, about=f"vehicle {vehicle.system_id}")
        return Confirmation(who, vehicle.system_id, action, datetime.now(UTC), override=override)

    return confirm
