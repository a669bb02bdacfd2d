"""Parameter files as Mission Planner, MAVProxy and QGroundControl write them, and what differs from a vehicle."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from missions.atomic import write_atomically
from planner.errors import FileFormatError, InputError
from telemetry.parameter_list import ParameterSet
from telemetry.parameters import as_float32, shown

MOST_BYTES = 4_000_000
ITS_OWN = ("STAT_",)
"""What the vehicle counts by itself (hours run, flights) is never as it was, and says nothing."""
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ParameterDifference:
    """A parameter that is not alike; None where one side has none of that name."""

    name: str
    wanted: float | None
    found: float | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.name}: {shown(self.wanted or 0.0)} in the file; the vehicle has none of that name"
        return f"{self.name}: {shown(self.wanted or 0.0)} in the file, {shown(self.found)} in the vehicle"


def write_parameter_file(target: Path, found: ParameterSet) -> None:
    """Write ``NAME,VALUE`` lines, which Mission Planner and MAVProxy read; whole or not at all.

    Values are written with as many digits as it takes to read the same single-precision number back.
    """
    head = f"#vehicle {found.vehicle}, {found.firmware or 'unknown firmware'}, read {found.read_at.isoformat()}\n"
    lines = (f"{one.name},{shown(one.value)}\n" for one in sorted(found.parameters.values(), key=lambda one: one.name))
    write_atomically(target, head + "".join(lines))


def read_parameter_file(source: Path) -> dict[str, float]:
    """Name and value by line: ``NAME,VALUE``, ``NAME VALUE``, or QGroundControl's five columns.

    Raises ``FileFormatError`` with file and line, ``InputError`` where it cannot be read.
    """
    try:
        if source.stat().st_size > MOST_BYTES:
            raise FileFormatError(f"It has more than {MOST_BYTES:,} bytes; no parameter file has.", about=str(source))
        text = source.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", about=str(source)) from error
    except UnicodeDecodeError as error:
        raise FileFormatError("It is no text file.", about=str(source)) from error
    values: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        about = f"{source}, line {number}"
        name, value = _name_and_value(words, about)
        if values.get(name, value) != value:
            raise FileFormatError(f"{name} stands there twice, with different values.", about=about)
        values[name] = value
    if not values:
        raise FileFormatError("There is no parameter in it.", about=str(source))
    return values


def _name_and_value(words: list[str], about: str) -> tuple[str, float]:
    if len(words) == 5 and words[0].isdigit() and words[1].isdigit():
        words = words[2:4]
    if len(words) != 2:
        raise FileFormatError("A line has a name and a value.", about=about, mend="Write NAME,VALUE.")
    name, text = words
    if not _NAME.fullmatch(name):
        raise FileFormatError(f"“{name[:40]}” is no name of a parameter.", about=about)
    try:
        value = float(text)
    except ValueError:
        raise FileFormatError(f"“{text[:40]}” is no number.", about=about) from None
    if not math.isfinite(value) or abs(value) > 3.4e38:
        raise FileFormatError(f"{text[:40]} is no value that a parameter can take.", about=about)
    return name, value


def parameter_differences(wanted: Mapping[str, float], found: ParameterSet) -> tuple[ParameterDifference, ...]:
    """What of a file is not so in a vehicle, by name; what the file does not name does not count.

    Equal is what is the same in single precision, or in the six decimals that MAVProxy writes.
    """
    there = found.parameters
    return tuple(
        ParameterDifference(name, value, there[name].value if name in there else None)
        for name, value in sorted(wanted.items())
        if not name.startswith(ITS_OWN) and (name not in there or not _same(value, there[name].value))
    )


def _same(one: float, other: float) -> bool:
    return as_float32(one) == as_float32(other) or round(one, 6) == round(other, 6)
