"""Values of a JSON text with the way to each, so that every error says where it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from planner.errors import FileFormatError
from planner.quantities import LonLat

_MEND = "Correct it, or export the file again."


@dataclass(frozen=True, slots=True)
class Field:
    """A JSON value and where it stands, as in ``x.plan, mission.items[3].params``."""

    value: object
    where: str

    def error(self, sentence: str) -> FileFormatError:
        """An error about this value."""
        return FileFormatError(sentence, about=self.where, mend=_MEND)

    def has(self, key: str) -> bool:
        """Whether this is an object with such a key, whose value is not null."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def __getitem__(self, key: str) -> Field:
        """The value of a key that must be there."""
        if not isinstance(self.value, dict):
            raise self.error(f"This must be an object, not {_kind(self.value)}.")
        if key not in self.value:
            raise self.error(f"“{key}” is missing.")
        dot = ", " if "," not in self.where else "."
        return Field(self.value[key], f"{self.where}{dot}{key}")

    def each(self, most: int | None = None) -> Iterator[Field]:
        """The members of a list; at most ``most`` of them."""
        if not isinstance(self.value, list):
            raise self.error(f"This must be a list, not {_kind(self.value)}.")
        if most is not None and len(self.value) > most:
            raise self.error(f"There are {len(self.value)} of them, and {most} are allowed.")
        return (Field(member, f"{self.where}[{index}]") for index, member in enumerate(self.value))

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self.error(f"This must be a text, not {_kind(self.value)}.")
        return self.value

    def number(self) -> float:
        """A finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(f"This must be a number, not {_kind(self.value)}.")
        try:
            value = float(self.value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.error("This number is too large.")
        return value

    def whole(self, least: int, most: int) -> int:
        """A whole number between two."""
        value = self.number()
        if value != int(value) or not least <= value <= most:
            raise self.error(f"This must be a whole number from {least} to {most}, not {value:g}.")
        return int(value)

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.error(f"This must be true or false, not {_kind(self.value)}.")
        return self.value

    def numbers(self, least: int, most: int) -> list[float]:
        """A list of so many numbers; null, which QGroundControl writes for NaN, is NaN."""
        members = list(self.each())
        if not least <= len(members) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise self.error(f"This must be {wanted} numbers, not {len(members)}.")
        return [math.nan if member.value is None else member.number() for member in members]

    def place(self) -> LonLat:
        """Latitude and longitude in degrees, as QGroundControl writes them; an altitude after them is left aside."""
        lat, lon = self.numbers(2, 3)[:2]
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            raise self.error(f"Latitude {lat:g}, longitude {lon:g} is no place on the globe.")
        return LonLat(lon, lat)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
