"""Parameters by name, each asked of the vehicle."""

from __future__ import annotations

import struct
import time

from planner.errors import CommandRefusedError, LinkLostError, VehicleError
from telemetry.dialect import Message, mavlink
from telemetry.link import Inbox, Link

TRY_S = 0.7
TRIES = 12
DENIALS = 2
DENIALS_ON_A_BAD_LINK = 6
"""How often the vehicle must pass a name over before it counts as unknown there."""
REFUSALS = 3
NAME_LENGTH = 16


def read_parameter(link: Link, name: str, *, is_clean: bool) -> float | None:
    """The vehicle's value; None where it has no parameter of that name.

    ArduPilot up to 4.6 does not answer a name it does not know. Each try therefore asks for the name and then for
    parameter number 0, which every vehicle has and answers after it: an answer to the second alone is a “no”.
    ``is_clean`` says whether no message was lost so far. Raises ``LinkLostError`` where neither is answered.
    """
    denials = 0
    with link.inbox("PARAM_VALUE", "PARAM_ERROR") as inbox:
        for _ in range(TRIES):
            link.send(_request(link, name, -1))
            link.send(_request(link, "", 0))
            answer, passed_over = _await(inbox, name)
            if answer is not None:
                return None if answer.get_type() == "PARAM_ERROR" else float(answer.param_value)
            denials += passed_over
            if denials >= (DENIALS if is_clean else DENIALS_ON_A_BAD_LINK):
                return None
    raise LinkLostError(f"The vehicle does not answer when asked for its parameter {name}.", mend="Check the link.")


def write_parameter(link: Link, name: str, value: float, *, is_clean: bool) -> None:
    """Set a parameter and see it confirmed; an equal value is no error.

    Raises ``CommandRefusedError`` where the vehicle has no such parameter or keeps another value.
    """
    if read_parameter(link, name, is_clean=is_clean) is None:
        raise CommandRefusedError("The vehicle has no such parameter.", about=name)
    wanted = as_float32(value)
    kept: list[float] = []
    with link.inbox("PARAM_VALUE") as inbox:
        for _ in range(TRIES):
            link.send(
                mavlink.MAVLink_param_set_message(
                    link.system_id, link.component_id, name.encode("ascii"), wanted, mavlink.MAV_PARAM_TYPE_REAL32
                )
            )
            answer, _ = _await(inbox, name)
            if answer is None:
                continue
            if answer.param_value == wanted:
                return
            # It may answer an older question; only what it says again and again is a refusal.
            kept.append(float(answer.param_value))
            if len(kept) >= REFUSALS:
                raise CommandRefusedError(f"The vehicle keeps {kept[-1]:g} where {value:g} was asked for.", about=name)
    raise LinkLostError(f"The vehicle did not confirm {name} = {value:g}.", mend="Check the link.")


def as_float32(value: float) -> float:
    """A number as it travels on the wire."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except (OverflowError, struct.error) as error:
        raise VehicleError(f"{value} is no value that a parameter can take.") from error


def _request(link: Link, name: str, index: int) -> object:
    if len(name) > NAME_LENGTH or not name.isascii():
        raise CommandRefusedError("No parameter can have such a name.", about=name)
    return mavlink.MAVLink_param_request_read_message(link.system_id, link.component_id, name.encode("ascii"), index)


def _await(inbox: Inbox, name: str) -> tuple[Message | None, bool]:
    """The answer for that name; or None and whether the vehicle answered for number 0 instead."""
    end = time.monotonic() + TRY_S
    while (message := inbox.take(end - time.monotonic())) is not None:
        if str(message.param_id).rstrip("\x00") == name:
            return message, False
        if message.param_index == 0:
            return None, True
    return None, False
