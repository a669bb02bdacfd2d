"""Flight modes by name."""

from __future__ import annotations

from functools import cache

from telemetry.dialect import autopilot_of, is_copter, mavlink
from telemetry.state import Autopilot

COPTER_MODES = {
    0: "STABILIZE",
    1: "ACRO",
    2: "ALT_HOLD",
    3: "AUTO",
    4: "GUIDED",
    5: "LOITER",
    6: "RTL",
    7: "CIRCLE",
    9: "LAND",
    11: "DRIFT",
    13: "SPORT",
    14: "FLIP",
    15: "AUTOTUNE",
    16: "POSHOLD",
    17: "BRAKE",
    18: "THROW",
    19: "AVOID_ADSB",
    20: "GUIDED_NOGPS",
    21: "SMART_RTL",
    22: "FLOWHOLD",
    23: "FOLLOW",
    24: "ZIGZAG",
    25: "SYSTEMID",
    26: "AUTOROTATE",
    27: "AUTO_RTL",
    28: "TURTLE",
}
"""COPTER_MODE of ArduPilot's ardupilotmega.xml."""


@cache
def mode_name(autopilot: int, kind: int, base_mode: int, custom_mode: int) -> str:
    """The name of a heartbeat's mode; “mode 99” where nobody named it."""
    whose = autopilot_of(autopilot)
    if whose is Autopilot.ARDUPILOT and is_copter(kind):
        return COPTER_MODES.get(custom_mode, f"mode {custom_mode}")
    from pymavlink import mavutil  # noqa: PLC0415 (late: slow to import, and copters do not need it)

    if whose is Autopilot.PX4:
        return str(mavutil.interpret_px4_mode(base_mode, custom_mode))
    if whose is Autopilot.ARDUPILOT and base_mode & mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED:
        names = mavutil.mode_mapping_bynumber(kind) or {}
        return str(names.get(custom_mode, f"mode {custom_mode}"))
    return f"mode {custom_mode}"


def copter_mode(name: str) -> int | None:
    """The number of a copter's mode; None where there is none of that name."""
    return next((number for number, one in COPTER_MODES.items() if one == name.upper()), None)
