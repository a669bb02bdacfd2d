"""Parameters by name, each asked of the vehicle."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from planner.errors import CommandRefusedError, LinkLostError, SettingError, VehicleError
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


class ParameterType(IntEnum):
    """MAV_PARAM_TYPE, as far as ArduPilot has it."""

    INT8 = 2
    INT16 = 4
    INT32 = 6
    REAL32 = 9

    @classmethod
    def of(cls, number: int) -> ParameterType:
        """The type of that number; a float where it is another one."""
        return cls(number) if number in set(cls) else cls.REAL32

    @property
    def most(self) -> float:
        """The largest value that fits."""
        return {2: 127.0, 4: 32_767.0, 6: 2_147_483_647.0}.get(int(self), 3.402_823_4e38)

    def check(self, name: str, value: float) -> None:
        """Raise ``SettingError`` where a parameter of this type cannot take a value and keep it."""
        if not math.isfinite(value):
            raise SettingError(f"{value} is no value that a parameter can take.", about=name)
        whole = self is not ParameterType.REAL32
        least = -self.most - 1 if whole else -self.most
        if not least <= value <= self.most:
            raise SettingError(f"It takes values from {least:g} to {self.most:g}, not {value:g}.", about=name)
        if whole and value != int(value):
            raise SettingError(f"It takes whole numbers, not {shown(value)}.", about=name)
        if whole and as_float32(value) != value:
            near = int(as_float32(value))
            raise SettingError(f"{int(value)} cannot be sent exactly; the nearest that can is {near}.", about=name)


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
        answer = self._read(name, tries)
        return None if answer is None else float(answer.param_value)

    def _read(self, name: str, tries: int = TRIES) -> Message | None:
        """The vehicle's PARAM_VALUE; None where it has no parameter of that name."""
        denials = 0
        with self._link.inbox("PARAM_VALUE", "PARAM_ERROR") as inbox:
            for _ in range(tries):
                self._turn += 1
                number = self._turn % min(self._count, TURNS)
                self._ask(name, -1)
                self._ask("", number)
                answer, passed_over = self._await(inbox, name, number)
                if answer is not None:
                    return None if answer.get_type() == "PARAM_ERROR" else answer
                denials += passed_over
                if denials >= (DENIALS if self._is_clean() else DENIALS_ON_A_BAD_LINK):
                    return None
        raise LinkLostError(
            f"The vehicle does not answer for its parameter {name}.", mend=self._link.signing.hint or "Check the link."
        )

    def write(self, name: str, value: float) -> None:
        """Set a parameter and see it confirmed; an equal value is no error, and sends nothing.

        Raises ``SettingError`` where its type cannot hold the value; ``CommandRefusedError`` where the vehicle has no
        such parameter, does not let it be set, or keeps another value.
        """
        now = self._read(name)
        if now is None:
            raise CommandRefusedError("The vehicle has no such parameter.", about=name)
        kind = ParameterType.of(int(now.param_type))
        kind.check(name, value)
        wanted = as_float32(value)
        if float(now.param_value) == wanted:
            return
        kept: list[float] = []
        with self._link.inbox("PARAM_VALUE", "STATUSTEXT") as inbox:
            for _ in range(TRIES):
                self._set(name, wanted, kind)
                answer, _ = self._await(inbox, name, None)
                if answer is None:
                    continue
                if answer.param_value == wanted:
                    return
                # It may answer an older question; only what it says again and again is a refusal.
                kept.append(float(answer.param_value))
                if len(kept) >= REFUSALS:
                    raise CommandRefusedError(
                        f"The vehicle keeps {shown(kept[-1])} where {shown(value)} was asked for.", about=name
                    )
        raise LinkLostError(
            f"The vehicle did not confirm {name} = {shown(value)}.", mend=self._link.signing.hint or "Check the link."
        )

    def _ask(self, name: str, number: int) -> None:
        if len(name) > NAME_LENGTH or not name.isascii():
            raise CommandRefusedError("No parameter can have such a name.", about=name)
        self._send(mavlink.MAVLink_param_request_read_message, name.encode("ascii"), number)

    def _set(self, name: str, value: float, kind: ParameterType) -> None:
        self._send(mavlink.MAVLink_param_set_message, name.encode("ascii"), value, int(kind))

    def _send(self, make: Callable[..., Any], *fields: object) -> None:
        self._link.send(make(self._link.system_id, self._link.component_id, *fields))

    def _await(self, inbox: Inbox, name: str, number: int | None) -> tuple[Message | None, bool]:
        """The answer for that name; or None, and whether the vehicle answered for the number instead."""
        end = time.monotonic() + TRY_S
        while (message := inbox.take(end - time.monotonic())) is not None:
            if message.get_type() == "STATUSTEXT":
                if f"denied ({name})" in str(message.text):
                    raise CommandRefusedError("The vehicle lets this parameter be read only.", about=name)
                continue
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


def shown(value: float) -> str:
    """A parameter's value with as many digits as it takes to read the same single-precision number back."""
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return next(
        text for digits in range(6, 18) if as_float32(float(text := f"{value:.{digits}g}")) == as_float32(value)
    )
