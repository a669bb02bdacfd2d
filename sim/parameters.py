"""A vehicle's parameters: named numbers in ArduPilot's types, in the order they are listed."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from planner.errors import SettingError
from sim.parameter_table import TABLE

NAME_LENGTH = 16


class ParameterType(IntEnum):
    """MAV_PARAM_TYPE of a value; ArduPilot sends all of them as float32."""

    INT8 = 2
    INT16 = 4
    INT32 = 6
    REAL32 = 9

    @property
    def limit(self) -> float:
        """The largest whole number that fits, infinite for a float."""
        return {2: 127.0, 4: 32_767.0, 6: 2_147_483_647.0}.get(int(self), math.inf)


_LETTERS = {"b": ParameterType.INT8, "h": ParameterType.INT16, "i": ParameterType.INT32, "f": ParameterType.REAL32}


@dataclass(frozen=True, slots=True)
class Definition:
    """A parameter's place in the list, its type, and the value it starts with."""

    index: int
    kind: ParameterType
    default: float


@cache
def definitions() -> Mapping[str, Definition]:
    """All parameters by name, in listing order."""
    lines = (line.split() for line in sorted(TABLE.strip().splitlines()))
    return {name: Definition(i, _LETTERS[kind], float(value)) for i, (name, kind, value) in enumerate(lines)}


def as_float32(value: float) -> float:
    """The nearest value that float32, and so the wire, can hold."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


class Parameters:
    """The values of one vehicle; ``parameters["RTL_ALT"]`` reads, ``set`` writes within the type.

    Raises ``SettingError`` for overrides that name no parameter.
    """

    def __init__(self, overrides: Mapping[str, float] | None = None) -> None:
        self._values = {name: as_float32(item.default) for name, item in definitions().items()}
        self.version = 0
        """Counts changes, so that others know when to look again."""
        for name, value in (overrides or {}).items():
            if self.set(name.upper(), value) is None:
                raise SettingError(
                    f"{name} is no parameter of the simulated vehicle.",
                    mend="Use ArduCopter 4.6's names; `param show *` in a ground station lists those that are there.",
                )

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)

    def names(self) -> tuple[str, ...]:
        """All names in listing order."""
        return tuple(self._values)

    def describe(self, name: str) -> tuple[int, int, int]:
        """MAV_PARAM_TYPE, place in the list, and length of the list."""
        item = definitions()[name]
        return int(item.kind), item.index, len(self._values)

    def metres(self, name: str) -> float:
        """A parameter that is in centimetres (a second, a second squared), in metres."""
        return self._values[name] * 0.01

    def set(self, name: str, value: float) -> float | None:
        """Store a value as its type can; returns what was stored, or None where there is no such parameter.

        Whole-number types round half away from zero and stop at their limits, as ArduPilot's ``AP_Param`` does; a
        value that is not finite changes nothing.
        """
        item = definitions().get(name)
        if item is None:
            return None
        if not math.isfinite(value):
            return self._values[name]
        if item.kind is not ParameterType.REAL32:
            value = math.copysign(math.floor(abs(value) + 0.5), value)
            value = max(-item.kind.limit - 1, min(item.kind.limit, value))
        stored = as_float32(value)
        if stored != self._values[name]:
            self._values[name] = stored
            self.version += 1
        return stored
