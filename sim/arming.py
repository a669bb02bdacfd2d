"""May the motors start? ArduCopter's checks, with its words."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from sim.fence import names
from sim.modes.base import ModeNumber

if TYPE_CHECKING:
    from sim.vehicle import Vehicle


class Check(IntFlag):
    """Bits of ``ARMING_CHECK``."""

    ALL = 1
    COMPASS = 1 << 2
    GPS = 1 << 3
    PARAMETERS = 1 << 5
    RC = 1 << 6
    VOLTAGE = 1 << 7
    BATTERY = 1 << 8
    MISSION = 1 << 14


_RALLY, _TAKEOFF, _LAND, _RTL = 1 << 5, 1 << 3, 1 << 0, 1 << 4
_REQUIRED = ((_LAND, 21, "land"), (_TAKEOFF, 22, "takeoff"), (_RTL, 20, "RTL"))


def failures(vehicle: Vehicle) -> list[str]:
    """Why the vehicle may not be armed, in ArduPilot's words without the leading "PreArm:"."""
    found: list[str] = []
    for check in (_position, _compass, _battery, _radio, _parameters, _mission, _fence, _links):
        found += check(vehicle)
    return found


def mode_failures(vehicle: Vehicle) -> list[str]:
    """Why the present mode cannot be armed in, in ArduPilot's words without the leading "Arm:"."""
    if not vehicle.mode.armable:
        return [f"{vehicle.mode.name} mode not armable"]
    return []


def _on(vehicle: Vehicle, check: Check) -> bool:
    wanted = int(vehicle.parameters["ARMING_CHECK"])
    return bool(wanted & Check.ALL) or bool(wanted & check)


def _position(vehicle: Vehicle) -> list[str]:
    found = []
    if not vehicle.has_fix and _on(vehicle, Check.GPS):
        found.append("GPS 1: Bad fix")
    if vehicle.position_ok:
        return found
    if vehicle.mode.needs_position:
        found.append("Need Position Estimate")
    elif vehicle.fence.enabled:
        found.append("Fence enabled, need position estimate")
    return found


def _compass(vehicle: Vehicle) -> list[str]:
    if vehicle.compass_failed and _on(vehicle, Check.COMPASS):
        return ["Compass not healthy"]
    return []


def _battery(vehicle: Vehicle) -> list[str]:
    parameters, battery = vehicle.parameters, vehicle.battery
    found: list[str] = []
    if _on(vehicle, Check.BATTERY):
        if 0 < battery.voltage_v < parameters["BATT_ARM_VOLT"]:
            found.append("Battery 1 below minimum arming voltage")
        if battery.remaining_mah < parameters["BATT_ARM_MAH"]:
            found.append("Battery 1 below minimum arming capacity")
        if battery.voltage_v < parameters["BATT_CRT_VOLT"]:
            found.append("Battery 1 critical voltage failsafe")
        elif parameters["BATT_LOW_VOLT"] > battery.voltage_v:
            found.append("Battery 1 low voltage failsafe")
        if battery.remaining_mah < parameters["BATT_CRT_MAH"]:
            found.append("Battery 1 critical capacity failsafe")
        elif battery.remaining_mah < parameters["BATT_LOW_MAH"]:
            found.append("Battery 1 low capacity failsafe")
    if vehicle.failsafes.battery and _on(vehicle, Check.VOLTAGE):
        found.append("Battery failsafe")
    return found


def _radio(vehicle: Vehicle) -> list[str]:
    if vehicle.failsafes.radio and _on(vehicle, Check.RC):
        return ["Radio failsafe on"]
    return []


def _parameters(vehicle: Vehicle) -> list[str]:
    parameters = vehicle.parameters
    found: list[str] = []
    if not _on(vehicle, Check.PARAMETERS):
        return found
    if parameters["FS_GCS_ENABLE"] == 2:
        found.append("FS_GCS_ENABLE=2 removed, see FS_OPTIONS")
    if not 1000 <= parameters["ANGLE_MAX"] <= 8000:
        found.append("Check ANGLE_MAX")
    if parameters["PILOT_SPEED_UP"] <= 0:
        found.append("Check PILOT_SPEED_UP")
    return found


def _mission(vehicle: Vehicle) -> list[str]:
    if not _on(vehicle, Check.MISSION):
        return []
    items = vehicle.mission.items
    found: list[str] = []
    required = int(vehicle.parameters["ARMING_MIS_ITEMS"])
    if vehicle.mode.number is ModeNumber.AUTO and len(items) <= 1:
        found.append("Mode requires mission")
    commands = {item.command for item in items[1:]}
    found += [
        f"Missing mission item: {word}"
        for bit, command, word in _REQUIRED
        if required & bit and command not in commands
    ]
    if required & _RALLY and not vehicle.rally:
        found.append("No sufficiently close rally point located")
    return found


def _fence(vehicle: Vehicle) -> list[str]:
    parameters, fence = vehicle.parameters, vehicle.fence
    if not parameters["FENCE_ENABLE"]:
        return []
    if not int(parameters["FENCE_TYPE"]) & 15:
        return ["Fences enabled, but none selected"]
    found = []
    if parameters["FENCE_RADIUS"] < 0:
        found.append("Invalid Circle FENCE_RADIUS value")
    if parameters["FENCE_MARGIN"] < 0:
        found.append("Invalid FENCE_MARGIN value")
    if parameters["FENCE_ALT_MAX"] < parameters["FENCE_ALT_MIN"]:
        found.append("FENCE_ALT_MAX < FENCE_ALT_MIN")
    if vehicle.position_ok:
        broken = vehicle.fence_broken_now()
        if broken:
            found.append(f"Vehicle breaching {names(broken)}")
    elif fence.enabled:
        found.append("Fence requires position")
    return found


def _links(vehicle: Vehicle) -> list[str]:
    return ["GCS failsafe on"] if vehicle.failsafes.gcs else []
