"""Parameters by name, each asked of the vehicle."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

from planner.errors import CommandRefusedError, LinkLostError, VehicleError
from telemetry.dialect import Message, mavlink
from telemetry.link import Inbox, Link

TRY_S = 0.6
TRIES = 12
DENIALS = 2
DENIALS_ON_A_BAD_LINK = 6
"""How often the vehicle must pass a name over before it counts as unknown there."""
REFUSALS = 3
NAME_LENGTH = 16
TURNS = 50


class Parameters:
    """Asks one vehicle for its parameters, and sets them; ``is_clean`` tells whether (almost) no message was lost.

    ArduPilot up to 4.6 does not answer for a name it does not know. Each try therefore asks for the name and then for
    a parameter by its number, which the vehicle answers after it: an answer to the second alone is a “no”. The number
    is another one each time, so that a late answer to an older question is not taken for one to this.
    """

    def __init__(self, link: Link, is_clean: Callable[[], bool]) -> None:
        self._link = link
        self._is_clean = is_clean
        self._turn = 0
        self._count = 1

    def read(self, name: str, *, tries: int = TRIES) -> float | None:
        """The vehicle's value; None where it has no parameter of that name. Raises ``LinkLostError``."""
        denials = 0
        with self._link.inbox("PARAM_VALUE", "PARAM_ERROR") as inbox:
            for _ in range(tries):
                self._turn += 1
                number = self._turn % min(self._count, TURNS)
                self._ask(name, -1)
                self._ask("", number)
                answer, passed_over = self._await(inbox, name, number)
                if answer is not None:
                    return None if answer.get_type() == "PARAM_ERROR" else float(answer.param_value)
                denials += passed_over
                if denials >= (DENIALS if self._is_clean() else DENIALS_ON_A_BAD_LINK):
                    return None
        raise LinkLostError(f"The vehicle does not answer for its parameter {name}.", mend="Check the link.")

    def write(self, name: str, value: float) -> None:
        """Set a parameter and see it confirmed; an equal value is no error.

        Raises ``CommandRefusedError`` where the vehicle has no such parameter or keeps another value.
        """
        if self.read(name) is None:
            raise CommandRefusedError("The vehicle has no such parameter.", about=name)
        wanted = as_float32(value)
        kept: list[float] = []
        with self._link.inbox("PARAM_VALUE") as inbox:
            for _ in range(TRIES):
                self._set(name, wanted)
                answer, _ = self._await(inbox, name, None)
                if answer is None:
                    continue
                if answer.param_value == wanted:
                    return
                # It may answer an older question; only what it says again and again is a refusal.
                kept.append(float(answer.param_value))
                if len(kept) >= REFUSALS:
                    raise CommandRefusedError(
                        f"The vehicle keeps {kept[-1]:g} where {value:g} was asked for.", about=name
                    )
        raise LinkLostError(f"The vehicle did not confirm {name} = {value:g}.", mend="Check the link.")

    def _ask(self, name: str, number: int) -> None:
        if len(name) > NAME_LENGTH or not name.isascii():
            raise CommandRefusedError("No parameter can have such a name.", about=name)
        self._send(mavlink.MAVLink_param_request_read_message, name.encode("ascii"), number)

    def _set(self, name: str, value: float) -> None:
        self._send(mavlink.MAVLink_param_set_message, name.encode("ascii"), value, mavlink.MAV_PARAM_TYPE_REAL32)

    def _send(self, make: Callable[..., Any], *fields: object) -> None:
        self._link.send(make(self._link.system_id, self._link.component_id, *fields))

    def _await(self, inbox: Inbox, name: str, number: int | None) -> tuple[Message | None, bool]:
        """The answer for that name; or None, and whether the vehicle answered for the number instead."""
        end = time.monotonic() + TRY_S
        while (message := inbox.take(end - time.monotonic())) is not None:
            if str(message.param_id).rstrip("\x00") == name:
                return message, False
            if message.get_type() == "PARAM_VALUE":
                self._count = max(1, int(message.param_count))
                if message.param_index == number:
                    return None, True
        return None, False


def as_float32(value: float) -> float:
    """A number as it travels on the wire."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except (OverflowError, struct.error) as error:
        raise VehicleError(f"{value} is no value that a parameter can take.") from error
