"""Mission items as ArduPilot takes and keeps them: what it refuses, and what is left of the rest.

What is kept of which parameter is the knowledge of ``missions.storage``, proven there against ArduPilot; here are the
answers to what cannot be kept (AP_Mission, ArduCopter 4.6).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

from missions.commands import has_place
from missions.items import MissionItem
from missions.storage import HIGHEST_M, altitude_read_back, as_stored, stored_cm

LAST_NAVIGATION = 95
_NAVIGATION_TOO = {213, 42_702, 42_703}

GLOBAL, MISSION, RELATIVE, TERRAIN = 0, 2, 3, 10
_FRAMES = {0, 2, 3, 5, 6, 10, 11}

SUPPORTED = frozenset(
    {*range(16, 23), 30, 31, 82, 83, 84, 85, 92, 93, 112, 114, 115, 177, 178, 179, 181, 182, 183, 184, 188, 189}
    | {191, 193, 195, 197, 201, 202, 203, 205, 206, 207, 208, 210, 211, 212, 213, 215, 216, 218, 222, 223}
    | {600, 601, 1000, 2000, 2001}
)
"""Commands that are taken into a mission; all others are answered with MAV_MISSION_UNSUPPORTED."""

_YAW_MAY_BE_NAN = {16, 17, 21, 22, 84, 85}


class MissionResult(IntEnum):
    """MAV_MISSION_RESULT."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM5_X = 10
    INVALID_PARAM6_Y = 11
    INVALID_PARAM7 = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15


class Refused(Exception):  # noqa: N818 - it is an answer to the ground station, not an error of this program
    """An item cannot be stored; ``result`` is the answer to its sender."""

    def __init__(self, result: int) -> None:
        self.result = result
        super().__init__(f"MAV_MISSION_RESULT {result}")


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is read back. ``x``, ``y`` latitude and longitude in 1e-7 degrees where it is a place."""

    command: int
    frame: int
    p1: float
    p2: float
    p3: float
    p4: float
    x: int
    y: int
    z: float

    @property
    def is_navigation(self) -> bool:
        """Whether the vehicle goes on only when this is done; other items run beside it."""
        return self.command <= LAST_NAVIGATION or self.command in _NAVIGATION_TOO

    @property
    def is_place(self) -> bool:
        """Whether x and y are a place."""
        return has_place(self.command)

    @property
    def has_place(self) -> bool:
        """Whether a place is given; latitude and longitude 0 stand for "here"."""
        return self.is_place and (self.x != 0 or self.y != 0)


def store(command: int, frame: int, params: tuple[float, float, float, float], place: tuple[int, int, float]) -> Item:
    """The item as it will be read back. Raises ``Refused`` with ArduPilot's answer where it is not taken."""
    x, y, z = place
    for number, value in enumerate(params):
        nan_allowed = number == 3 and command in _YAW_MAY_BE_NAN
        if math.isinf(value) or (math.isnan(value) and not nan_allowed):
            raise Refused(MissionResult.INVALID_PARAM1 + number)
    if command in (0, 1):
        raise Refused(MissionResult.INVALID)
    if command not in SUPPORTED:
        raise Refused(MissionResult.UNSUPPORTED)
    if has_place(command):
        check_place(x, y)
        if math.isnan(z) or abs(z) >= HIGHEST_M:
            raise Refused(MissionResult.INVALID_PARAM7)
        if frame not in _FRAMES:
            raise Refused(MissionResult.UNSUPPORTED_FRAME)
    elif not math.isfinite(z):
        z = 0.0
    p1, p2, p3, p4 = (0.0 if math.isnan(value) else value for value in params)
    kept = as_stored(MissionItem(command, frame, (p1, p2, p3, p4), x, y, z))
    height = centimetres(z) if has_place(command) else kept.z
    return Item(command, int(kept.frame), *kept.params, kept.x, kept.y, height)


def check_place(x: int, y: int) -> None:
    """Raise ``Refused`` where latitude or longitude (1e-7 degrees) is off the globe."""
    if abs(x) > 900_000_000:
        raise Refused(MissionResult.INVALID_PARAM5_X)
    if abs(y) > 1_800_000_000:
        raise Refused(MissionResult.INVALID_PARAM6_Y)


def centimetres(z: float) -> float:
    """An altitude stored and read back once; as each round trip may lose a centimetre, a second one may differ."""
    return altitude_read_back(stored_cm(z))


def from_float_item(command: int, x: float, y: float) -> tuple[int, int]:
    """x and y of the old MISSION_ITEM as those of MISSION_ITEM_INT: float32 degrees, so up to a metre off."""
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Refused(MissionResult.INVALID_PARAM5_X if not math.isfinite(x) else MissionResult.INVALID_PARAM6_Y)
    if not has_place(command):
        return int(x), int(y)
    if abs(x) > 90.0:
        raise Refused(MissionResult.INVALID_PARAM5_X)
    if abs(y) > 180.0:
        raise Refused(MissionResult.INVALID_PARAM6_Y)
    return int(_times_1e7(x)), int(_times_1e7(y))


def _times_1e7(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value * 1e7))[0])
