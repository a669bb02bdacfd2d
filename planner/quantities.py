"""Quantities that must not be mistaken for one another.

SI inside: metres, seconds, metres per second. An altitude is a value and its reference; no bare number is one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from planner.errors import SettingError

FEET_PER_METRE = 1 / 0.3048

_ALTITUDE = re.compile(
    r"\s*(?P<number>[+-]?\d+(\.\d*)?)\s*(?P<unit>m|ft)?\s*(?P<reference>AGL|AMSL|HOME)\s*", re.IGNORECASE | re.ASCII
)


class LonLat(NamedTuple):
    """A place on WGS 84, in degrees, longitude first as in GeoJSON (RFC 7946)."""

    lon: float
    lat: float

    def __str__(self) -> str:
        return f"{self.lat:.7f}, {self.lon:.7f}"


class AltitudeReference(Enum):
    """What an altitude is measured from."""

    AGL = "AGL"
    """Above the ground under the vehicle."""
    AMSL = "AMSL"
    """Above mean sea level."""
    HOME = "HOME"
    """Above the place of take-off."""


@dataclass(frozen=True, slots=True)
class Altitude:
    """A height in metres and what it is measured from."""

    metres: float
    reference: AltitudeReference

    def __post_init__(self) -> None:
        if not math.isfinite(self.metres):
            raise SettingError(f"An altitude must be a finite number of metres, not {self.metres}.")

    def __str__(self) -> str:
        return f"{round(self.metres, 1):g} m {self.reference.value}"

    @classmethod
    def parse(cls, text: str) -> Altitude:
        """Read "60 m AGL", "394 ft AMSL" or "30 HOME" (metres where no unit stands); the reference must stand there.

        Raises ``SettingError`` in words.
        """
        match = _ALTITUDE.fullmatch(text)
        if match is None:
            raise SettingError(
                f'"{text}" is not an altitude.', mend='Write a number, m or ft, and AGL, AMSL or HOME: "60 m AGL".'
            )
        metres = float(match["number"])
        if (match["unit"] or "m").lower() == "ft":
            metres /= FEET_PER_METRE
        return cls(metres, AltitudeReference[match["reference"].upper()])

    @classmethod
    def agl(cls, metres: float) -> Altitude:
        """Above ground, metres."""
        return cls(metres, AltitudeReference.AGL)

    @classmethod
    def amsl(cls, metres: float) -> Altitude:
        """Above mean sea level, metres."""
        return cls(metres, AltitudeReference.AMSL)

    @classmethod
    def home(cls, metres: float) -> Altitude:
        """Above the place of take-off, metres."""
        return cls(metres, AltitudeReference.HOME)
