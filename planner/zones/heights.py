"""Floors and ceilings of airspace, in every way that files write them, as altitudes on the safe side.

A floor that is not exactly known is taken as low as it may be, a ceiling as high. A flight level is a pressure, not a
height: where it lies depends on the air. It is converted through the ICAO standard atmosphere (Doc 7488) for sea-level
pressures from ``LOWEST_HPA`` to ``HIGHEST_HPA`` and temperatures from ``COLDEST_K`` below to ``WARMEST_K`` above
standard, each at its worst: FL100, 3,048 m in the standard, becomes a floor at 2,173 m and a ceiling at 3,798 m above
mean sea level.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from planner.errors import SettingError
from planner.quantities import FEET_PER_METRE, Altitude, AltitudeReference

LOWEST_HPA = 960.0
"""Sea-level pressure below this is a storm in which no patrol flies."""

HIGHEST_HPA = 1060.0
"""Winter highs over Kazakhstan and Siberia reach this."""

COLDEST_K = -45.0
WARMEST_K = 30.0
"""How far the air may differ from the standard, kelvin: from -30 °C to 45 °C at sea level."""

GEOID_LOWEST_M, GEOID_HIGHEST_M = -107.0, 86.0
"""How far mean sea level lies from the WGS 84 ellipsoid, anywhere (EGM96)."""

UNLIMITED_M = 20_000.0
"""What ends above this has no top for a drone; files write 99999 for it."""

_STANDARD_HPA, _STANDARD_K, _LAPSE_K_M, _EXPONENT = 1013.25, 288.15, 0.0065, 0.190263
_TROPOPAUSE_M = 11_000.0


class Side(Enum):
    """Which bound of a zone a height is."""

    FLOOR = "floor"
    CEILING = "ceiling"


class Datum(Enum):
    """What a height in a file is measured from."""

    GROUND = "AGL"
    SEA = "AMSL"
    PRESSURE = "FL"
    ELLIPSOID = "WGS84"


@dataclass(frozen=True, slots=True)
class Height:
    """A height as a file gives it: metres and datum; a flight level's metres are those of the standard atmosphere."""

    metres: float
    datum: Datum

    def is_above(self, other: Height) -> bool:
        """Whether it surely is a mistake that this height is a floor and ``other`` the ceiling."""
        pressure_or_sea = {Datum.SEA, Datum.PRESSURE}
        same = self.datum is other.datum or {self.datum, other.datum} <= pressure_or_sea
        return same and self.metres > other.metres

    def bound(self, side: Side) -> Altitude | None:
        """The zone's bound on the safe side; None where it is the ground (as a floor) or has no top (as a ceiling)."""
        if self.datum is Datum.GROUND:
            if side is Side.FLOOR and self.metres <= 0:
                return None
            metres, reference = self.metres, AltitudeReference.AGL
        else:
            metres, reference = self._above_sea(side), AltitudeReference.AMSL
        return None if side is Side.CEILING and metres >= UNLIMITED_M else Altitude(metres, reference)

    def _above_sea(self, side: Side) -> float:
        if self.datum is Datum.PRESSURE:
            low, high = level_range_m(self.metres)
            return low if side is Side.FLOOR else high
        if self.datum is Datum.ELLIPSOID:
            return self.metres - (GEOID_HIGHEST_M if side is Side.FLOOR else GEOID_LOWEST_M)
        return self.metres


def level_range_m(standard_m: float) -> tuple[float, float]:
    """Between which heights above mean sea level a pressure lies that is ``standard_m`` in the standard atmosphere."""
    heights = []
    for hpa in (LOWEST_HPA, HIGHEST_HPA):
        sea = pressure_height_m(hpa)
        middle = min(max((standard_m + sea) / 2, 0.0), _TROPOPAUSE_M)
        kelvin = _STANDARD_K - _LAPSE_K_M * middle
        heights += [(standard_m - sea) * (1 + off / kelvin) for off in (COLDEST_K, WARMEST_K)]
    return min(heights), max(heights)


def pressure_height_m(hpa: float) -> float:
    """The height of a pressure in the standard troposphere, metres (ICAO Doc 7488, eq. 13)."""
    share = math.pow(hpa / _STANDARD_HPA, _EXPONENT)
    return _STANDARD_K / _LAPSE_K_M * (1 - share)


_WORDS = re.compile(
    r"(?P<number>[+-]?\d+(\.\d*)?)\s*(?P<unit>ft|feet|f|m|metres?|meters?)?\s*"
    r"(?P<datum>amsl|msl|alt|agl|gnd|sfc|asfc|std|home|wgs84)?\.?",
    re.IGNORECASE | re.ASCII,
)
_LEVEL = re.compile(r"FL\s*(?P<level>\d{1,3}(\.\d+)?)", re.IGNORECASE | re.ASCII)
_GROUND = re.compile(r"(gnd|sfc|ground|surface|0\s*(agl|gnd|sfc))", re.IGNORECASE)
_SEA = re.compile(r"(a?msl)", re.IGNORECASE)
_NO_TOP = re.compile(r"(unl|unlim|unlimited|unltd)\.?", re.IGNORECASE)
_DATUMS = {
    "agl": Datum.GROUND,
    "gnd": Datum.GROUND,
    "sfc": Datum.GROUND,
    "asfc": Datum.GROUND,
    "std": Datum.PRESSURE,
    "wgs84": Datum.ELLIPSOID,
    "amsl": Datum.SEA,
    "msl": Datum.SEA,
    "alt": Datum.SEA,
}


def height_from(text: str, *, bare_unit: str | None = None, bare_datum: Datum | None = None) -> Height | None:
    """Read "GND", "FL 95", "4500ft AMSL", "300 m AGL", "2000 STD"; None for "UNL".

    ``bare_unit`` and ``bare_datum`` are what a number without unit or datum is in and measured from (None: such a
    number is refused). Raises ``SettingError`` in words.
    """
    word = text.strip()
    if _NO_TOP.fullmatch(word):
        return None
    if _GROUND.fullmatch(word):
        return Height(0.0, Datum.GROUND)
    if _SEA.fullmatch(word):
        return Height(0.0, Datum.SEA)
    if (level := _LEVEL.fullmatch(word)) is not None:
        return Height(float(level["level"]) * 100 / FEET_PER_METRE, Datum.PRESSURE)
    found = _WORDS.fullmatch(word)
    if found is None or (found["datum"] or "").lower() == "home":
        raise _not_a_height(text)
    datum = _DATUMS[found["datum"].lower()] if found["datum"] else bare_datum
    unit = found["unit"] or bare_unit
    if unit is None:
        raise SettingError(f'The height "{word[:40]}" does not say its unit.', mend=_MEND)
    if datum is None:
        raise SettingError(f'The height "{word[:40]}" does not say what it is measured from.', mend=_MEND)
    metres = float(found["number"])
    if unit.lower().startswith("f"):
        metres /= FEET_PER_METRE
    return Height(metres, datum)


_MEND = 'Write for example "120 m AGL", "4500 ft AMSL", "FL 95", "GND" or "UNL".'


def _not_a_height(text: str) -> SettingError:
    return SettingError(f'"{text.strip()[:40]}" is not a height.', mend=_MEND)
