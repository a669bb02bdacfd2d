"""What a pilot asks of a vehicle: each acknowledged by it and then seen in its state, or refused in words."""

from __future__ import annotations

import math

from planner.errors import CommandRefusedError, SettingError
from planner.quantities import Altitude, AltitudeReference, LonLat
from telemetry.confirmation import Confirmation
from telemetry.dialect import mavlink
from telemetry.vehicle import Vehicle

SEEN_WITHIN_S = 8.0
"""Of the vehicle's own seconds."""

_FRAMES = {
    AltitudeReference.HOME: mavlink.MAV_FRAME_GLOBAL_RELATIVE_ALT_INT,
    AltitudeReference.AMSL: mavlink.MAV_FRAME_GLOBAL_INT,
    AltitudeReference.AGL: mavlink.MAV_FRAME_GLOBAL_TERRAIN_ALT_INT,
}


def arm(vehicle: Vehicle, confirmation: Confirmation) -> None:
    """Arm the motors. Raises ``NotConfirmedError``, ``CommandRefusedError`` with the autopilot's reason."""
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("arm")
    if vehicle.require_live().armed:
        return
    vehicle.acknowledged(vehicle.dronekit.send_arm, mavlink.MAV_CMD_COMPONENT_ARM_DISARM, "arm")
    if not vehicle.seen(lambda state: state.armed is True, SEEN_WITHIN_S):
        raise _unseen(vehicle, "arm", "it is still disarmed")


def disarm(vehicle: Vehicle) -> None:
    """Disarm the motors; the autopilot refuses in the air."""
    if vehicle.require_live().armed is False:
        return
    vehicle.acknowledged(vehicle.dronekit.send_disarm, mavlink.MAV_CMD_COMPONENT_ARM_DISARM, "disarm")
    if not vehicle.seen(lambda state: state.armed is False, SEEN_WITHIN_S):
        raise _unseen(vehicle, "disarm", "it is still armed")


def set_mode(vehicle: Vehicle, mode: str) -> None:
    """Enter a flight mode by its name, such as LOITER."""
    vehicle.require_supported("command")
    vehicle.require_live()
    name = mode.upper()
    if not vehicle.dronekit.knows_mode(name):
        raise SettingError(f"This vehicle has no mode “{mode}”.", about=f"vehicle {vehicle.system_id}")
    vehicle.acknowledged(lambda: vehicle.dronekit.send_mode(name), mavlink.MAV_CMD_DO_SET_MODE, f"enter {name}")
    _see_mode(vehicle, name)


def start_mission(vehicle: Vehicle, confirmation: Confirmation) -> None:
    """Fly the loaded mission from its first item (MAV_CMD_MISSION_START, which needs no throttle stick)."""
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("start a mission on")
    vehicle.require_live()
    vehicle.command(mavlink.MAV_CMD_MISSION_START, action="start the mission")
    _see_mode(vehicle, "AUTO")


def pause(vehicle: Vehicle) -> None:
    """Stop where it is: BRAKE, which holds without a pilot's sticks; LOITER where the firmware has no BRAKE."""
    try:
        set_mode(vehicle, "BRAKE")
    except CommandRefusedError:
        set_mode(vehicle, "LOITER")


def resume(vehicle: Vehicle) -> None:
    """Go on with the mission where it was left (ArduPilot's ``MIS_RESTART`` 0)."""
    set_mode(vehicle, "AUTO")


def return_home(vehicle: Vehicle) -> None:
    """Come back and land: RTL."""
    set_mode(vehicle, "RTL")


def land(vehicle: Vehicle) -> None:
    """Land here."""
    set_mode(vehicle, "LAND")


def goto(vehicle: Vehicle, place: LonLat, altitude: Altitude) -> None:
    """Fly there and stay, in GUIDED (MAV_CMD_DO_REPOSITION, degrees as integers)."""
    vehicle.require_supported("send")
    state = vehicle.require_live()
    if not state.armed or state.landed:
        raise CommandRefusedError("It is not flying.", about=f"vehicle {vehicle.system_id}", mend="Take off first.")
    vehicle.command_at(
        mavlink.MAV_CMD_DO_REPOSITION,
        _FRAMES[altitude.reference],
        round(place.lat * 1e7),
        round(place.lon * 1e7),
        altitude.metres,
        -1.0,
        float(mavlink.MAV_DO_REPOSITION_FLAGS_CHANGE_MODE),
        0.0,
        math.nan,
        action=f"go to {place}",
    )
    _see_mode(vehicle, "GUIDED")


def skip_to(vehicle: Vehicle, item: int) -> None:
    """Go on with another item of the mission (MAV_CMD_DO_SET_MISSION_CURRENT)."""
    vehicle.require_supported("command")
    total = vehicle.require_live().mission_total
    if item < 0 or (total is not None and item > total):
        raise SettingError(f"The vehicle's mission has no item {item}; its last is {total}.")
    vehicle.command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, float(item), action=f"skip to item {item}")
    if not vehicle.seen(
        lambda state: state.mission_current is not None and state.mission_current >= item, SEEN_WITHIN_S
    ):
        raise _unseen(vehicle, f"skip to item {item}", f"it is at item {vehicle.state.mission_current}")


def _see_mode(vehicle: Vehicle, name: str) -> None:
    if not vehicle.seen(lambda state: state.mode == name, SEEN_WITHIN_S):
        raise _unseen(vehicle, f"enter {name}", f"its mode is {vehicle.state.mode}")


def _unseen(vehicle: Vehicle, action: str, instead: str) -> CommandRefusedError:
    said = [one.text for one in vehicle.state.texts if one.severity.is_bad][-1:]
    last = f" It last said: {said[0]}" if said else ""
    return CommandRefusedError(
        f"The vehicle agreed to {action}, but {instead}.{last}", about=f"vehicle {vehicle.system_id}"
    )
