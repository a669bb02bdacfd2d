"""What differs between ArduCopter 4.5, 4.6 and 4.7, in one place.

Names and units: ArduPilot's own list of renames (``common-param-name-changes`` of its wiki) and the conversions in
``ModeRTL::convert_params``, ``ModeLand::convert_params`` and ``AC_AttitudeControl``: 4.7 has metres, m/s and degrees
where 4.6 had centimetres, cm/s and centidegrees. The vehicle is asked which name it has; its version only says which
one to ask for first. Fence and rally points go by the mission protocol in all three (``MAV_PROTOCOL_CAPABILITY``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Protocol

SI_SINCE = (4, 7, 0)
"""From here on parameters are in metres, m/s and degrees, under new names."""
TESTED_FROM, TESTED_TO = (4, 5), (4, 7)
"""The versions that this list was made for, both inclusive."""


class Ability(IntFlag):
    """MAV_PROTOCOL_CAPABILITY: what the firmware says that it understands."""

    MISSION_INT = 4
    COMMAND_INT = 8
    FTP = 32
    TERRAIN = 512
    MAVLINK2 = 8192
    MISSION_FENCE = 16_384
    MISSION_RALLY = 32_768

    @property
    def words(self) -> str:
        """In plain words, such as “mission int, mission fence”."""
        return ", ".join(str(one.name).replace("_", " ").lower() for one in type(self) if one & self)


class Runs(Protocol):
    """What is known of the software that runs there."""

    @property
    def version(self) -> tuple[int, int, int]:
        """Major, minor, patch."""


class Asked(Protocol):
    """A vehicle that can be asked for its parameters."""

    @property
    def firmware(self) -> Runs | None:
        """What it runs; None until it said so."""

    def parameter(self, name: str) -> float | None:
        """A parameter's value; None where it has none of that name."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One firmware's name for a setting, and what one of its units is in the setting's."""

    parameter: str
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting under all its names, oldest first; values are in metres, m/s, degrees."""

    words: str
    spellings: tuple[Spelling, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a vehicle answered: the name it has, the value as it keeps it."""

    spelling: Spelling
    raw: float

    @property
    def parameter(self) -> str:
        """The name that this firmware has for it."""
        return self.spelling.parameter

    @property
    def value(self) -> float:
        """In metres, m/s, degrees."""
        return self.raw * self.spelling.unit

    def as_raw(self, value: float) -> float:
        """A value in metres, m/s, degrees as this firmware keeps it."""
        return round(value / self.spelling.unit, 6)


def _renamed(words: str, old: str, new: str, unit: float = 0.01) -> Setting:
    return Setting(words, (Spelling(old, unit), Spelling(new)))


RETURN_ALTITUDE = _renamed("return altitude", "RTL_ALT", "RTL_ALT_M")
RETURN_FINAL = _renamed("height at which a return ends", "RTL_ALT_FINAL", "RTL_ALT_FINAL_M")
RETURN_CLIMB = _renamed("least climb of a return", "RTL_CLIMB_MIN", "RTL_CLIMB_MIN_M")
RETURN_SPEED = _renamed("return speed", "RTL_SPEED", "RTL_SPEED_MS")
LAND_SPEED = _renamed("landing speed", "LAND_SPEED", "LAND_SPD_MS")
WAYPOINT_SPEED = _renamed("speed", "WPNAV_SPEED", "WP_SPD")
CLIMB_SPEED = _renamed("climbing speed", "WPNAV_SPEED_UP", "WP_SPD_UP")
SINK_SPEED = _renamed("sinking speed", "WPNAV_SPEED_DN", "WP_SPD_DN")
WAYPOINT_RADIUS = _renamed("waypoint radius", "WPNAV_RADIUS", "WP_RADIUS_M")
LEAN_LIMIT = _renamed("lean limit", "ANGLE_MAX", "ATC_ANGLE_MAX")
GROUND_STATION = _renamed("ground station's number", "SYSID_MYGCS", "MAV_GCS_SYSID", 1.0)
GROUND_STATION_LAST = Setting("ground station's highest number", (Spelling("MAV_GCS_SYSID_HI"),))
CHECKS_RUN = Setting("checks before arming", (Spelling("ARMING_CHECK"),))
"""Up to 4.6: a bit for each check that is run, 1 for all of them, 0 for none."""
CHECKS_SKIPPED = Setting("checks left out before arming", (Spelling("ARMING_SKIPCHK"),))
"""From 4.7 on: a bit for each check that is not run; not a rename."""


def ask(vehicle: Asked, setting: Setting) -> Reading | None:
    """What the vehicle has for a setting; None where it has it under none of the names.

    Raises ``LinkLostError`` where it does not answer.
    """
    firmware = vehicle.firmware
    newest_first = firmware is not None and firmware.version >= SI_SINCE
    for spelling in reversed(setting.spellings) if newest_first else setting.spellings:
        raw = vehicle.parameter(spelling.parameter)
        if raw is not None:
            return Reading(spelling, raw)
    return None


def is_tested(version: tuple[int, int, int]) -> bool:
    """Whether a version is one that this list was made for."""
    return TESTED_FROM <= version[:2] <= TESTED_TO


_LOST_GCS = {
    1: "it returns home",
    2: "it returns home",
    3: "it returns by its own track, or home",
    4: "it returns by its own track, or lands",
    5: "it lands where it is",
    6: "it goes on at the mission's landing, or returns home",
    7: "it stops, or lands where it is",
}
"""``FS_GCS_ENABLE`` of ArduCopter 4.5 to 4.7 (``Copter::failsafe_gcs_on_event``)."""
FS_OPTION_AUTO_WITHOUT_RADIO, FS_OPTION_AUTO_WITHOUT_GCS = 1, 2
"""Bits of ``FS_OPTIONS``: a mission goes on without the radio, without the ground station."""


def without_us_words(enable: float | None, timeout_s: float | None = None, options: float | None = None) -> str:
    """What a vehicle in a mission does when it no longer hears its ground station, by its own parameters."""
    if enable is None:
        return "Whether it has a failsafe for a lost ground station is not known."
    if enable == 0:
        return "Its ground station failsafe is off (FS_GCS_ENABLE 0): it flies on with what it is doing."
    when = "" if timeout_s is None else f" after {timeout_s:g} s without a ground station"
    if options is not None and int(options) & FS_OPTION_AUTO_WITHOUT_GCS:
        return f"Its failsafe is told to let a mission go on{when} (FS_OPTIONS {options:g})."
    does = _LOST_GCS.get(int(enable), "it returns home")
    return f"Then its ground station failsafe acts{when}: {does} (FS_GCS_ENABLE {enable:g})."
