"""What ArduPilot keeps of a mission item: fewer bits than MAVLink carries.

A copter stores a command in 15 bytes (``AP_Mission::mavlink_int_to_mission_cmd`` and back, ArduPilot 4.6): altitudes
in whole centimetres cut towards zero in single precision, a waypoint's delay in whole seconds, no acceptance radius,
no place for commands that have none, and frame 0 for those. What is read back can be compared only after that.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import replace

from missions.commands import has_place, may_be_nan
from missions.items import Command, Frame, MissionItem
from planner.vehicles import VehicleKind

Keep = Callable[[float], float]
Params = tuple[float, float, float, float]

HIGHEST_M = 83_000.0
"""An altitude must be below this (ArduPilot's ``LOCATION_ALT_MAX_M``)."""

SAME_FRAME = {
    int(Frame.GLOBAL_INT): int(Frame.GLOBAL),
    int(Frame.MISSION): int(Frame.GLOBAL),
    int(Frame.GLOBAL_RELATIVE_ALT_INT): int(Frame.GLOBAL_RELATIVE_ALT),
    int(Frame.GLOBAL_TERRAIN_ALT_INT): int(Frame.GLOBAL_TERRAIN_ALT),
}
"""The frame a place comes back in, where it is another than the one sent."""


def single(value: float) -> float:
    """A number as MAVLink carries it, in single precision; beyond it, infinite."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def stored_cm(metres: float) -> int:
    """Centimetres an autopilot keeps of an altitude: ``z * 100.0f`` cut towards zero."""
    return math.trunc(single(single(metres) * 100.0))


def altitude_read_back(centimetres: int) -> float:
    """The altitude an autopilot tells of what it keeps: ``alt * 0.01f``."""
    return single(single(centimetres) * single(0.01))


def storable_altitude(metres: float) -> float:
    """The altitude nearest to ``metres`` that an autopilot keeps to the centimetre.

    60.07 m in single precision times 100 may fall just short of a whole number of centimetres; the next number up
    does not.
    """
    wanted = round(metres * 100)
    value = single(wanted / 100)
    while stored_cm(value) != wanted:
        value = _next_single(value, away_from_zero=True)
    return value


def _next_single(value: float, *, away_from_zero: bool) -> float:
    """The neighbouring number in single precision."""
    (bits,) = struct.unpack("<i", struct.pack("<f", value))
    return float(struct.unpack("<f", struct.pack("<i", bits + (1 if away_from_zero else -1)))[0])


def settled_altitude(metres: float) -> float:
    """The altitude that no longer changes when it is stored and read back; the same for a file and for the vehicle.

    Each round trip may lose a centimetre, so the way a planned altitude goes and the way of what was read back of it
    end at the same number. Altitudes an autopilot refuses (``HIGHEST_M`` and beyond) stay as they are.
    """
    if not abs(metres) < HIGHEST_M:
        return single(metres)
    value = altitude_read_back(stored_cm(metres))
    while (again := altitude_read_back(stored_cm(value))) != value:
        value = again
    return value


def as_stored(item: MissionItem, kind: VehicleKind = VehicleKind.COPTER) -> MissionItem:
    """What a vehicle with ArduPilot 4.6 tells of an item it was sent.

    A plane keeps a waypoint's acceptance radius and pass-by distance instead of its delay; all else is alike.

    Commands that ArduPilot does not know come back unchanged, in single precision: such an upload is refused anyway.
    """
    if any(map(math.isnan, item.params)):
        item = _closed(item)
    kept = _KEPT.get(item.command)
    if item.command == Command.NAV_WAYPOINT and kind in (VehicleKind.PLANE, VehicleKind.QUADPLANE):
        kept = _keeps(p2=_byte, p3=_byte)
    if kept is None:
        return replace(item, params=_singles(item.params), z=single(item.z), autocontinue=True)
    p1, p2, p3, p4 = (keep(single(value)) for keep, value in zip(kept, item.params, strict=True))
    if has_place(item.command):
        frame = SAME_FRAME.get(item.frame, item.frame)
        return replace(item, frame=frame, params=(p1, p2, p3, p4), z=settled_altitude(item.z), autocontinue=True)
    x, y, z = _RAW[item.command](item) if item.command in _RAW else (0, 0, 0.0)
    return MissionItem(item.command, Frame.GLOBAL, (p1, p2, p3, p4), x, y, z)


def _closed(item: MissionItem) -> MissionItem:
    """An item without NaN but where ArduPilot takes it: elsewhere it says what 0 says, and only files have it."""
    p1, p2, p3, p4 = (
        0.0 if math.isnan(value) and not may_be_nan(item.command, index) else value
        for index, value in enumerate(item.params)
    )
    return replace(item, params=(p1, p2, p3, p4))


def _wrap(value: int, bits: int) -> int:
    """A whole number in two's complement."""
    half = 1 << (bits - 1)
    return (value + half) % (1 << bits) - half


def _singles(params: Params) -> Params:
    p1, p2, p3, p4 = params
    return single(p1), single(p2), single(p3), single(p4)


def _none(_value: float) -> float:
    return 0.0


def _as_is(value: float) -> float:
    return value


def _whole(bits: int, *, signed: bool) -> Keep:
    """Cut to a whole number of so many bits (C's conversion where it is defined, its ends where it is not)."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)

    def keep(value: float) -> float:
        if math.isnan(value):
            return 0.0
        return float(max(low, min(high, math.trunc(value) if math.isfinite(value) else math.copysign(1e9, value))))

    return keep


def _size(value: float) -> float:
    """A radius without its sign, in whole metres."""
    return _U16(abs(value))


def _signed_size(value: float) -> float:
    size = _size(value)
    return math.copysign(size, value) if size else 0.0


def _turn_radius(value: float) -> float:
    """A loiter's radius: whole metres up to 255, then tens of metres up to 2550; its sign is the direction."""
    size = abs(value)
    kept = math.trunc(size) if size <= 255 else min(255, math.trunc(size * 0.1)) * 10
    return math.copysign(kept, value) if kept else 0.0


def _turns(value: float) -> float:
    """Turns: whole up to 255; below one, in 256ths."""
    return math.trunc(value * 256) / 256 if 0 < value < 1 else min(255.0, _U16(value))


def _side(value: float) -> float:
    """A direction: -1 for below zero, else 1."""
    return -1.0 if value < 0 else 1.0


def _byte(value: float) -> float:
    """A whole number up to 255; more is 255."""
    return min(255.0, _U16(value))


def _yes(value: float) -> float:
    return 1.0 if value > 0 else 0.0


def _lowest_bit(value: float) -> float:
    return float(math.trunc(value) & 1) if math.isfinite(value) else 0.0


def _half(value: float) -> float:
    """In half precision; beyond it, infinite."""
    try:
        return float(struct.unpack("<e", struct.pack("<e", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _centi(value: float) -> float:
    """Hundredths, cut as often as it takes until they stay (see ``settled_altitude``)."""
    kept = math.inf
    while kept != value:
        kept, value = value, single(_U16(single(value * 100)) * single(0.01))
    return kept


_U8, _U16 = _whole(8, signed=False), _whole(16, signed=False)
_I8, _I16 = _whole(8, signed=True), _whole(16, signed=True)

Kept = tuple[Keep, Keep, Keep, Keep]
_NOTHING: Kept = (_none, _none, _none, _none)


def _keeps(p1: Keep = _none, p2: Keep = _none, p3: Keep = _none, p4: Keep = _none) -> Kept:
    return p1, p2, p3, p4


_P1: Kept = _keeps(_U16)

_KEPT: dict[int, Kept] = {
    **dict.fromkeys((16, 22, 30, 82, 92, 179, 193, 194, 195, 197, 201, 207, 208, 210, 212, 215, 216, 85), _P1),
    **dict.fromkeys((20, 84, 188, 189, 191), _NOTHING),
    2001: _P1,
    17: _keeps(p3=_signed_size),
    18: _keeps(_turns, p3=_turn_radius, p4=_yes),
    19: _keeps(_U16, p3=_side, p4=_yes),
    21: _keeps(_U16, p4=_side),
    31: _keeps(p2=_signed_size, p4=_yes),
    83: _keeps(_as_is, _as_is, _U8),
    93: _keeps(_as_is, _I8, _I8, _I8),
    94: _keeps(_centi),
    112: _keeps(_as_is),
    114: _keeps(_as_is),
    115: _keeps(_as_is, _as_is, _I8, _U8),
    177: _keeps(_U16, _I16),
    178: _keeps(_U8, _as_is, _as_is),
    181: _keeps(_U8, _U8),
    182: _keeps(_U8, _I16, _as_is),
    183: _keeps(_U8, _U16),
    184: _keeps(_U8, _U16, _I16, _as_is),
    202: _keeps(_U8, _U16, _U8, _U16),
    203: _keeps(_U8, _U8, _I8, _U8),
    205: _keeps(_as_is, _as_is, _as_is),
    206: _keeps(_as_is, p3=_U8),
    211: _keeps(_U8, _U8),
    213: _keeps(_as_is, _as_is, _U8),
    217: _keeps(_U16, _as_is, _as_is, _as_is),
    218: _keeps(_U16, _U8),
    222: _keeps(_U16, _as_is, _as_is, _as_is),
    223: _keeps(_yes, _yes, _centi, _lowest_bit),
    531: _keeps(_U8, _as_is),
    532: _keeps(_U8, _as_is),
    534: _keeps(_U8, _U8, _U8),
    600: _P1,
    601: _keeps(_U16, _I16),
    1000: _keeps(_I8, _I16, _I8, _I8),
    2000: _keeps(_U8, _as_is, _U16, _U16),
    2500: _keeps(_U8),
    2501: _keeps(_U8),
    3000: _keeps(_U8),
    42600: _keeps(_U8, _U8, _as_is, _as_is),
    42702: _keeps(_U8, _U8, _half, _half),
    42703: _keeps(_U16, _I16, _I8, _I16),
}
"""Which parameters of a command are kept, and how; others come back as zero."""

_RAW: dict[int, Callable[[MissionItem], tuple[int, int, float]]] = {
    202: lambda item: (item.x & 0xFF, item.y & 0xFF, single(item.z)),
    203: lambda item: (item.x & 0xFF, item.y & 0xFF, 0.0),
    205: lambda _item: (0, 0, 2.0),
    1000: lambda item: (item.x & 0xFF, 0, _U8(item.z)),
    42702: lambda item: (_wrap(item.x, 16), _wrap(item.y, 16), 0.0),
    42703: lambda item: (_wrap(item.x, 16), 0, 0.0),
}
"""x, y and z of commands without a place that keep something there; others come back as zero."""
