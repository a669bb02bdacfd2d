"""What a pilot asks of a vehicle: each acknowledged by it and then seen in its state, or refused in words."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from planner.errors import CommandRefusedError, NotConfirmedError, SettingError
from planner.geodesy import distance_m
from planner.quantities import Altitude, AltitudeReference, LonLat
from telemetry import firmware
from telemetry.confirmation import Confirmation
from telemetry.dialect import mavlink
from telemetry.state import VehicleState
from telemetry.vehicle import Vehicle

SEEN_WITHIN_S = 8.0
"""Of the vehicle's own seconds."""
TAKEOFF_WITHIN_S = 20.0
"""Until it has left the ground, of the vehicle's own seconds; then a climb may take twice as long as it should."""
SPEED_WITHIN_S = 15.0
SPEED_SEEN_SHARE = 0.15
SPEED_SEEN_MPS = 0.3
STANDING_MPS = 0.5
HEIGHT_REACHED_M = 1.0
TARGET_NEAR_M = 2.0
LOWEST_M, HIGHEST_M = 1.0, 1000.0
"""Above home; what lies outside is a slip of the finger."""
FASTEST_MPS = 50.0
HOLD_MODE = "GUIDED"
MISSION_MODE = "AUTO"
AIRBORNE_BY_ITSELF = frozenset({MISSION_MODE, "AUTO_RTL", "SMART_RTL", "THROW"})
"""Modes in which an armed vehicle may leave the ground with nobody touching a stick."""

_FRAMES = {
    AltitudeReference.HOME: mavlink.MAV_FRAME_GLOBAL_RELATIVE_ALT_INT,
    AltitudeReference.AMSL: mavlink.MAV_FRAME_GLOBAL_INT,
    AltitudeReference.AGL: mavlink.MAV_FRAME_GLOBAL_TERRAIN_ALT_INT,
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a vehicle did: what was seen of it in words, and after how many of our seconds.

    ``is_seen`` is false only where its state has no way to show it yet, which the sentence then says.
    """

    action: str
    sentence: str
    took_s: float
    is_seen: bool = True


def arm(vehicle: Vehicle, confirmation: Confirmation) -> Done:
    """Arm the motors. Raises ``NotConfirmedError``, ``CommandRefusedError`` with the autopilot's reason."""
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("arm")
    began = time.monotonic()
    if vehicle.require_live().armed:
        return _done("arm", "It is armed already.", began)
    number = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
    vehicle.acknowledged(vehicle.dronekit.send_arm, number, "arm", lambda state: state.armed is True)
    if not vehicle.seen(lambda state: state.armed is True, SEEN_WITHIN_S):
        raise _unseen(vehicle, "arm", "it is still disarmed")
    return _done("arm", f"It is armed, in {vehicle.state.mode}.", began)


def disarm(vehicle: Vehicle) -> Done:
    """Disarm the motors; the autopilot refuses in the air."""
    vehicle.require_supported("disarm")
    began = time.monotonic()
    if vehicle.require_live().armed is False:
        return _done("disarm", "It is disarmed already.", began)
    number = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
    vehicle.acknowledged(vehicle.dronekit.send_disarm, number, "disarm", lambda state: state.armed is False)
    if not vehicle.seen(lambda state: state.armed is False, SEEN_WITHIN_S):
        raise _unseen(vehicle, "disarm", "it is still armed")
    return _done("disarm", "It is disarmed.", began)


def set_mode(vehicle: Vehicle, mode: str, confirmation: Confirmation | None = None) -> Done:
    """Enter a flight mode by its name, such as LOITER.

    An armed vehicle on the ground would take off in some of them: those need a person's confirmation then.
    """
    vehicle.require_supported("command")
    state = vehicle.require_live()
    began = time.monotonic()
    name = mode.upper()
    if not vehicle.dronekit.knows_mode(name):
        raise SettingError(f"This vehicle has no mode “{mode}”.", about=f"vehicle {vehicle.system_id}")
    if state.armed and state.landed is not False and name in AIRBORNE_BY_ITSELF:
        _confirmed(vehicle, confirmation, f"It stands armed, and in {name} it takes off")
    vehicle.acknowledged(
        lambda: vehicle.dronekit.send_mode(name),
        mavlink.MAV_CMD_DO_SET_MODE,
        f"enter {name}",
        lambda one: one.mode == name,
    )
    _see_mode(vehicle, name)
    return _done(f"enter {name}", f"It is in {name}.", began)


def take_off(vehicle: Vehicle, height: Altitude, confirmation: Confirmation) -> Done:
    """Climb straight up to a height above home and stay there, in GUIDED; arms it where it is disarmed.

    Returns when it is there. Raises ``NotConfirmedError``, ``CommandRefusedError``, ``SettingError``.
    """
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("fly")
    _check_height(height, "A take-off")
    if height.reference is not AltitudeReference.HOME:
        raise SettingError("A take-off's height is above home.", about=str(height), mend="Say metres above home.")
    state = vehicle.require_live()
    if state.armed and state.landed is False:
        raise _refused(vehicle, "It is in the air already.", "Change its height instead.")
    began = time.monotonic()
    if state.mode != HOLD_MODE:
        set_mode(vehicle, HOLD_MODE)
    arm(vehicle, confirmation)
    action = f"take off to {height}"

    def is_up(one: VehicleState) -> bool:
        return one.landed is False or _height(one) > HEIGHT_REACHED_M

    vehicle.command(mavlink.MAV_CMD_NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, height.metres, action=action, until=is_up)
    if not vehicle.seen(is_up, TAKEOFF_WITHIN_S):
        raise _unseen(vehicle, action, "it does not leave the ground")
    climb = vehicle.setting(firmware.CLIMB_SPEED)
    climbing_s = height.metres / max(climb.value if climb is not None else 1.0, 0.2)
    if not vehicle.seen(
        lambda one: _height(one) >= height.metres - HEIGHT_REACHED_M or one.armed is False or one.mode != HOLD_MODE,
        TAKEOFF_WITHIN_S + 2 * climbing_s,
    ):
        raise _unseen(vehicle, action, f"it is at {vehicle.state.altitude_home}")
    now = vehicle.state
    if now.armed is False or now.mode != HOLD_MODE or _height(now) < height.metres - HEIGHT_REACHED_M:
        raise _unseen(vehicle, action, f"it is {'disarmed' if now.armed is False else f'in {now.mode}'}")
    return _done(action, f"It stays at {now.altitude_home}.", began)


def start_mission(vehicle: Vehicle, confirmation: Confirmation) -> Done:
    """Fly the loaded mission from its first item (MAV_CMD_MISSION_START, which needs no throttle stick)."""
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("start a mission on")
    if vehicle.require_live().armed is False:
        raise _refused(vehicle, "It is disarmed.", "Arm it first.")
    began = time.monotonic()
    vehicle.command(mavlink.MAV_CMD_MISSION_START, action="start the mission")
    _see_mode(vehicle, MISSION_MODE)
    return _done("start the mission", f"It flies its mission, item {vehicle.state.mission_current}.", began)


def pause(vehicle: Vehicle) -> Done:
    """Stop where it is: BRAKE, which holds without a pilot's sticks; LOITER where the firmware has no BRAKE."""
    _armed(vehicle, "pause")
    try:
        return set_mode(vehicle, "BRAKE")
    except CommandRefusedError:
        return set_mode(vehicle, "LOITER")


def resume(vehicle: Vehicle, confirmation: Confirmation | None = None) -> Done:
    """Go on with the mission where it was left (ArduPilot's ``MIS_RESTART`` 0)."""
    vehicle.require_supported("resume")
    if vehicle.require_live().armed is False:
        raise _refused(vehicle, "It is not flying: it stands disarmed.", "Fly the rest as a new sortie: qyran resume.")
    return set_mode(vehicle, MISSION_MODE, confirmation)


def return_home(vehicle: Vehicle) -> Done:
    """Come back and land: RTL."""
    _armed(vehicle, "call back")
    return set_mode(vehicle, "RTL")


def land(vehicle: Vehicle) -> Done:
    """Land here."""
    _armed(vehicle, "land")
    return set_mode(vehicle, "LAND")


def goto(vehicle: Vehicle, place: LonLat, altitude: Altitude) -> Done:
    """Fly there and stay, in GUIDED (MAV_CMD_DO_REPOSITION, degrees as integers)."""
    _check_height(altitude, "A place to go to")
    action = f"go to {place} at {altitude}"
    _flying(vehicle, "send")
    began = time.monotonic()
    _reposition(vehicle, place, altitude, action)
    away = vehicle.state.position
    far = f", {distance_m(away, place):.0f} m away" if away is not None else ""
    return _done(action, f"It flies to {place} at {altitude}{far}, and stays there.", began)


def change_height(vehicle: Vehicle, altitude: Altitude) -> Done:
    """Climb or sink to another height over the same place, in GUIDED; a mission that it flew is left for that.

    Over where it flies to, where that is known, else over where it is.
    """
    _check_height(altitude, "A height")
    state = _flying(vehicle, "change the height of")
    action = f"go to {altitude}"
    if state.position is None:
        raise _refused(vehicle, "It does not say where it is.", "Wait for a position.")
    began = time.monotonic()
    place = state.position
    if state.mode == HOLD_MODE and _ask_target(vehicle) and vehicle.state.target is not None:
        place = vehicle.state.target
    _reposition(vehicle, place, altitude, action)
    left = " Its mission waits: resume goes on with it, at the mission's own heights." if state.mode == "AUTO" else ""
    return _done(action, f"It goes to {altitude} and stays there.{left}", began)


def change_speed(vehicle: Vehicle, speed_mps: float) -> Done:
    """Fly at another speed over ground (MAV_CMD_DO_CHANGE_SPEED), until the mission's next speed or mode.

    No message tells the speed that is wanted, so it is seen only in flight: a vehicle that stays where it is, or whose
    ways are too short, shows it later, and the answer says so.
    """
    if not 0 < speed_mps <= FASTEST_MPS:
        raise SettingError(f"A speed is above 0 and at most {FASTEST_MPS:g} m/s, not {speed_mps:g}.")
    state = _flying(vehicle, "change the speed of")
    action = f"fly at {speed_mps:g} m/s"
    began = time.monotonic()
    try:
        vehicle.command(mavlink.MAV_CMD_DO_CHANGE_SPEED, 1, speed_mps, -1, action=action)
    except CommandRefusedError as error:
        raise _with_hint(error, f"In {state.mode} it may take no speed; AUTO, GUIDED and RTL do.") from None
    near = max(SPEED_SEEN_MPS, SPEED_SEEN_SHARE * speed_mps)
    if (state.speed_mps or 0.0) < STANDING_MPS:
        return _done(action, "Taken; it stands still, so it shows when it moves.", began, is_seen=False)
    if vehicle.seen(lambda one: one.speed_mps is not None and abs(one.speed_mps - speed_mps) <= near, SPEED_WITHIN_S):
        return _done(action, f"It flies at {vehicle.state.speed_mps or 0.0:.1f} m/s over ground.", began)
    flies = vehicle.state.speed_mps
    told = "at an unknown speed" if flies is None else f"at {flies:.1f} m/s"
    return _done(
        action, f"Taken, but it flies {told}: short ways, wind or its lean limit hold it back.", began, is_seen=False
    )


def skip_to(vehicle: Vehicle, item: int) -> Done:
    """Go on with another item of the mission (MAV_CMD_DO_SET_MISSION_CURRENT)."""
    vehicle.require_supported("command")
    state = vehicle.require_live()
    total, before = state.mission_total, state.mission_current
    if item < 0 or (total is not None and item > total):
        raise SettingError(f"The vehicle's mission has no item {item}; its last is {total}.")
    action, began = f"skip to item {item}", time.monotonic()
    with vehicle.link.inbox("MISSION_CURRENT") as inbox:
        vehicle.command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, float(item), action=action)
        end = time.monotonic() + vehicle.wall_s(SEEN_WITHIN_S)
        while (message := inbox.take(end - time.monotonic())) is not None:
            # Going back, an item between there and where it was; a do-command is passed at once.
            seq = int(message.seq)
            if seq >= item and (before is None or item >= before or seq < before):
                where = "its mission" if state.mode == MISSION_MODE else f"{state.mode}; its mission goes on there"
                return _done(action, f"It is at item {seq}, in {where}.", began)
    raise _unseen(vehicle, action, f"it is at item {vehicle.state.mission_current}")


def _reposition(vehicle: Vehicle, place: LonLat, altitude: Altitude, action: str) -> None:
    try:
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
            action=action,
        )
    except CommandRefusedError as error:
        hint = "It refuses so what lies outside its fence, or a height above terrain that it does not know."
        raise _with_hint(error, hint) from None
    _see_mode(vehicle, HOLD_MODE)
    _see_target(vehicle, place, altitude, action)


def _see_target(vehicle: Vehicle, place: LonLat, altitude: Altitude, action: str) -> None:
    """See it in the vehicle's own word of where it flies to."""
    end = time.monotonic() + vehicle.wall_s(SEEN_WITHIN_S)
    while True:
        told = _ask_target(vehicle)
        state = vehicle.state
        if told and state.target is not None and distance_m(state.target, place) <= TARGET_NEAR_M:
            off = _off_height(state, altitude)
            if off is None or off <= HEIGHT_REACHED_M:
                return
        if time.monotonic() >= end:
            where = "it does not say where it flies to" if not told else f"it flies to {state.target}"
            raise _unseen(vehicle, action, where)


def _off_height(state: VehicleState, altitude: Altitude) -> float | None:
    """How far its target lies from a height, metres; None where the two cannot be compared."""
    if state.target_amsl is None or altitude.reference is AltitudeReference.AGL:
        return None
    if altitude.reference is AltitudeReference.AMSL:
        return abs(state.target_amsl.metres - altitude.metres)
    if state.home_altitude is None:
        return None
    return abs(state.target_amsl.metres - state.home_altitude.metres - altitude.metres)


def _ask_target(vehicle: Vehicle) -> bool:
    return vehicle.ask_for(mavlink.MAVLINK_MSG_ID_POSITION_TARGET_GLOBAL_INT, "POSITION_TARGET_GLOBAL_INT")


def _armed(vehicle: Vehicle, action: str) -> VehicleState:
    """For what brings it down: an autopilot that is wrong about the ground must not keep it up."""
    vehicle.require_supported(action)
    state = vehicle.require_live()
    if state.armed is False:
        raise _refused(vehicle, "It is not flying: it stands disarmed.", "Take off first.")
    return state


def _flying(vehicle: Vehicle, action: str) -> VehicleState:
    state = _armed(vehicle, action)
    if state.landed:
        raise _refused(vehicle, "It is not flying: it stands on the ground.", "Take off first.")
    return state


def _confirmed(vehicle: Vehicle, confirmation: Confirmation | None, why: str) -> None:
    if confirmation is None:
        raise NotConfirmedError(
            f"{why}: that needs a named person's confirmation.", about=f"vehicle {vehicle.system_id}"
        )
    confirmation.check(vehicle.system_id)


def _check_height(altitude: Altitude, what: str) -> None:
    least, most = LOWEST_M, HIGHEST_M if altitude.reference is not AltitudeReference.AMSL else 10_000.0
    if not (
        math.isfinite(altitude.metres) and (altitude.reference is AltitudeReference.AMSL or altitude.metres >= least)
    ):
        raise SettingError(f"{what} is at least {least:g} m up, not {altitude}.")
    if altitude.metres > most:
        raise SettingError(f"{what} of {altitude} is higher than Qyran sends a drone.", about=f"{most:g} m")


def _height(state: VehicleState) -> float:
    return state.altitude_home.metres if state.altitude_home is not None else 0.0


def _see_mode(vehicle: Vehicle, name: str) -> None:
    if not vehicle.seen(lambda state: state.mode == name, SEEN_WITHIN_S):
        raise _unseen(vehicle, f"enter {name}", f"its mode is {vehicle.state.mode}")


def _done(action: str, sentence: str, began: float, *, is_seen: bool = True) -> Done:
    return Done(action, sentence, time.monotonic() - began, is_seen)


def _refused(vehicle: Vehicle, sentence: str, mend: str) -> CommandRefusedError:
    return CommandRefusedError(sentence, about=f"vehicle {vehicle.system_id}", mend=mend)


def _with_hint(error: CommandRefusedError, hint: str) -> CommandRefusedError:
    """The autopilot gives no reason for some refusals; what it may be is then said as such."""
    return CommandRefusedError(error.sentence, about=error.about, mend=error.mend or hint)


def _unseen(vehicle: Vehicle, action: str, instead: str) -> CommandRefusedError:
    said = [one.text for one in vehicle.state.texts if one.severity.is_bad][-1:]
    last = f" It last said: {said[0]}" if said else ""
    return CommandRefusedError(
        f"The vehicle agreed to {action}, but {instead}.{last}", about=f"vehicle {vehicle.system_id}"
    )


Give = Callable[[Vehicle], Done]
"""A command with all that it needs but the vehicle."""
