"""Mission items as ArduPilot keeps them: fifteen bytes each, so that what is read back is not quite what was sent.

A parameter that is stored as a whole number loses its fraction, one that is not stored comes back as 0, and an altitude
is kept in whole centimetres (AP_Mission, ArduCopter 4.6).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from sim.parameters import as_float32

ALTITUDE_LIMIT_M = 83_000.0


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
        return self.command in PLACES

    @property
    def has_place(self) -> bool:
        """Whether a place is given; latitude and longitude 0 stand for "here"."""
        return self.command in PLACES and (self.x != 0 or self.y != 0)


LAST_NAVIGATION = 95
_NAVIGATION_TOO = {213, 42702, 42703}

PLACES = frozenset(
    {
        16,
        17,
        18,
        19,
        21,
        22,
        30,
        31,
        82,
        92,
        179,
        188,
        189,
        191,
        195,
        201,
        84,
        85,
        94,
        5000,
        5001,
        5002,
        5003,
        5004,
        5100,
    }
)
"""Commands that are stored with a place (``AP_Mission::stored_in_location``)."""

GLOBAL, MISSION, RELATIVE, TERRAIN = 0, 2, 3, 10
_FRAMES = {0: GLOBAL, 5: GLOBAL, 2: GLOBAL, 3: RELATIVE, 6: RELATIVE, 10: TERRAIN, 11: TERRAIN}
"""Frames that are taken, and what each is read back as."""

Rounding = Callable[[float], float]


def _whole(low: int, high: int) -> Rounding:
    span = high - low + 1
    return lambda value: float((int(value) - low) % span + low) if math.isfinite(value) else 0.0


_u8, _i8, _u16, _i16 = _whole(0, 255), _whole(-128, 127), _whole(0, 65_535), _whole(-32_768, 32_767)
_f32: Rounding = as_float32


def _gone(_: float) -> float:
    return 0.0


def _sign(value: float) -> float:
    return -1.0 if value < 0 else 1.0


def _flag(value: float) -> float:
    return 1.0 if value > 0 else 0.0


def _signed_radius(value: float) -> float:
    return math.copysign(_u16(abs(value)), value) if value else 0.0


def _turns(value: float) -> float:
    return int(value * 256.0) / 256.0 if 0 < value < 1 else float(min(255, _u16(value)))


def _turn_radius(value: float) -> float:
    size = abs(value)
    kept = float(int(size)) if size <= 255 else min(255, int(size * 0.1)) * 10.0
    return -kept if value < 0 else kept


def _four(*given: Rounding) -> tuple[Rounding, Rounding, Rounding, Rounding]:
    first, second, third, fourth = (*given, _gone, _gone, _gone, _gone)[:4]
    return first, second, third, fourth


_ROUNDINGS: dict[int, tuple[Rounding, Rounding, Rounding, Rounding]] = {
    16: _four(_u16),
    17: _four(_gone, _gone, _signed_radius),
    18: _four(_turns, _gone, _turn_radius, _flag),
    19: _four(_u16, _gone, _sign, _flag),
    20: _four(),
    21: _four(_u16, _gone, _gone, _sign),
    22: _four(_u16),
    30: _four(_u16),
    31: _four(_gone, _signed_radius, _gone, _flag),
    82: _four(_u16),
    83: _four(_f32, _f32, _u8),
    84: _four(),
    85: _four(_u16),
    92: _four(_u16),
    93: _four(_f32, _i8, _i8, _i8),
    112: _four(_f32),
    114: _four(_f32),
    115: _four(_f32, _f32, _i8, _u8),
    177: _four(_u16, _i16),
    178: _four(_u8, _f32, _f32),
    179: _four(_u16),
    181: _four(_u8, _u8),
    182: _four(_u8, _i16, _f32),
    183: _four(_u8, _u16),
    184: _four(_u8, _u16, _i16, _f32),
    188: _four(),
    189: _four(),
    191: _four(),
    193: _four(_u16),
    195: _four(_u16),
    197: _four(_u16),
    201: _four(_u16),
    202: _four(_u8, _u16, _u8, _u16),
    203: _four(_u8, _u8, _i8, _u8),
    205: _four(_f32, _f32, _f32),
    206: _four(_f32, _gone, _u8),
    207: _four(_u16),
    208: _four(_u16),
    210: _four(_u16),
    211: _four(_u8, _u8),
    212: _four(_u16),
    213: _four(_f32, _f32, _u8),
    215: _four(_u16),
    216: _four(_u16),
    218: _four(_u16, _u8),
    222: _four(_u16, _f32, _f32, _f32),
    223: _four(_flag, _flag, _f32, _flag),
    600: _four(_u16),
    601: _four(_u16, _i16),
    2000: _four(_u8, _f32, _u16, _u16),
    2001: _four(_u16),
}
"""What ArduCopter takes into a mission, and what is left of parameters 1 to 4. Everything else is unsupported."""

_YAW_MAY_BE_NAN = {16, 17, 21, 22, 84, 85}


def store(command: int, frame: int, params: tuple[float, float, float, float], place: tuple[int, int, float]) -> Item:
    """The item as it will be read back. Raises ``Refused`` with ArduPilot's answer where it is not taken."""
    x, y, z = place
    for number, value in enumerate(params):
        nan_allowed = number == 3 and command in _YAW_MAY_BE_NAN
        if math.isinf(value) or (math.isnan(value) and not nan_allowed):
            raise Refused(MissionResult.INVALID_PARAM1 + number)
    if command in (0, 1):
        raise Refused(MissionResult.INVALID)
    roundings = _ROUNDINGS.get(command)
    if roundings is None:
        raise Refused(MissionResult.UNSUPPORTED)
    p1, p2, p3, p4 = (r(0.0 if math.isnan(v) else v) for r, v in zip(roundings, params, strict=True))
    if command not in PLACES:
        x, y, z = _without_place(command, x, y, z)
        return Item(command, GLOBAL, p1, p2, p3, p4, x, y, z)
    check_place(x, y)
    if math.isnan(z) or abs(z) >= ALTITUDE_LIMIT_M:
        raise Refused(MissionResult.INVALID_PARAM7)
    if frame not in _FRAMES:
        raise Refused(MissionResult.UNSUPPORTED_FRAME)
    return Item(command, _FRAMES[frame], p1, p2, p3, p4, x, y, centimetres(z))


def check_place(x: int, y: int) -> None:
    """Raise ``Refused`` where latitude or longitude (1e-7 degrees) is off the globe."""
    if abs(x) > 900_000_000:
        raise Refused(MissionResult.INVALID_PARAM5_X)
    if abs(y) > 1_800_000_000:
        raise Refused(MissionResult.INVALID_PARAM6_Y)


def centimetres(z: float) -> float:
    """An altitude through ArduPilot's whole centimetres: multiplied as float32, cut, and multiplied back."""
    whole = int(as_float32(as_float32(z) * 100.0))
    return as_float32(whole * as_float32(0.01))


def _without_place(command: int, x: int, y: int, z: float) -> tuple[int, int, float]:
    if command == 203:
        return int(_u8(x)), int(_u8(y)), 0.0
    if command == 202:
        return int(_u8(x)), int(_u8(y)), as_float32(z)
    return 0, 0, 2.0 if command == 205 else 0.0


def from_float_item(command: int, x: float, y: float) -> tuple[int, int]:
    """x and y of the old MISSION_ITEM as those of MISSION_ITEM_INT: float32 degrees, so up to a metre off."""
    if not (math.isfinite(x) and math.isfinite(y)):
        raise Refused(MissionResult.INVALID_PARAM5_X if not math.isfinite(x) else MissionResult.INVALID_PARAM6_Y)
    if command not in PLACES:
        return int(x), int(y)
    if abs(x) > 90.0:
        raise Refused(MissionResult.INVALID_PARAM5_X)
    if abs(y) > 180.0:
        raise Refused(MissionResult.INVALID_PARAM6_Y)
    return int(_times_1e7(x)), int(_times_1e7(y))


def _times_1e7(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value * 1e7))[0])
