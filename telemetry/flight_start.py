"""From a confirmed mission to a vehicle that flies it: loaded, prepared, checked, armed, started."""

from __future__ import annotations

import shutil
import time

from planner.errors import CommandRefusedError, TransferError
from telemetry import commands
from telemetry.dialect import mavlink
from telemetry.firmware import without_us_words
from telemetry.flight_state import LOOK_EVERY_S, Flight, NotReadyError, StoppedOnGroundError
from telemetry.preflight import enable_fence, preflight_checks, prepare
from telemetry.preflight_lines import Check, overridden
from telemetry.state import Severity, VehicleState
from telemetry.transfer import load

READY_WITHIN_S = 120.0
"""How long a vehicle may take until it can arm, in its own seconds."""
START_TRIES = 3
HOLD_MODE = "GUIDED"
"""Arming is allowed in it without sticks, and needs a position as the mission does."""
MODE_AUTO = "AUTO"
LOG_BYTES_A_S = 4_000.0
"""What a log and the record take on our disk for each second of flight; measured at 2 to 3 kB."""


def get_ready(flight: Flight) -> None:
    """Load, prepare, check, and wait until the vehicle can arm."""
    vehicle = flight.vehicle
    state = vehicle.require_live()
    if state.armed:
        raise NotReadyError(f"The vehicle is armed already, in {state.mode}: it is not for this flight to start.")
    if vehicle.loaded != flight.mission:
        try:
            load(vehicle, flight.mission, should_stop=flight.stop, confirmation=flight.asked.confirmation)
        except TransferError as error:
            if flight.stop.is_set():
                raise StoppedOnGroundError(error.sentence) from error
            raise
        flight.note(f"The mission of {len(flight.mission.items)} items was loaded and read back equal.")
    setting = prepare if vehicle.is_simulator else enable_fence
    for change in setting(vehicle, flight.mission, flight.asked.confirmation):
        flight.note(f"Set on the {'simulator' if vehicle.is_simulator else 'vehicle'}: {change}.")
    flight.capacity_mah = vehicle.parameter("BATT_CAPACITY")
    flight.without_us = without_us_words(
        vehicle.parameter("FS_GCS_ENABLE"), vehicle.parameter("FS_GCS_TIMEOUT"), vehicle.parameter("FS_OPTIONS")
    )
    _await_armable(flight)
    _look_before(flight)


def _look_before(flight: Flight) -> None:
    """Ask every line, keep them for the record, and refuse a real vehicle for those that fail."""
    vehicle, asked = flight.vehicle, flight.asked
    checks = (
        *preflight_checks(vehicle, flight.mission, asked.needs, weather=asked.weather),
        recording_check(flight),
        *asked.by_hand,
    )
    flight.checks = overridden(checks, asked.overrides)
    for check in flight.checks:
        if check.override is not None:
            words = f"Preflight, {check.name}: {check.sentence} {check.override.person} lets it pass:"
            flight.note(f"{words} {check.override.reason}", severity=Severity.WARNING)
        elif check.ok is not True:
            flight.note(f"Preflight, {check.name}: {check.sentence}", severity=Severity.WARNING)
    blocking = [check for check in flight.checks if check.blocks]
    if blocking and not vehicle.is_simulator:
        raise NotReadyError("Preflight: " + " ".join(f"{check.name}: {_mending(check)}" for check in blocking))


def recording_check(flight: Flight) -> Check:
    """Whether our own disk has room for the log of this flight."""
    needed = LOG_BYTES_A_S * (flight.asked.predicted_s or 1800.0) * 2
    try:
        free = shutil.disk_usage(flight.asked.folder).free
    except OSError as error:
        return Check("recording", None, f"The room on our disk is not known: {error.strerror}.", only_warns=True)
    words = f"{free / 1e6:.0f} MB free on our disk; the log takes up to {needed / 1e6:.0f} MB."
    return Check("recording", free >= needed, words, "Make room on the disk.", only_warns=True)


def _mending(check: Check) -> str:
    return f"{check.sentence} {check.mend}".strip()


def _await_armable(flight: Flight) -> None:
    vehicle = flight.vehicle
    end = time.monotonic() + vehicle.wall_s(READY_WITHIN_S)
    while not _can_arm(vehicle.state):
        if flight.stop.is_set():
            raise StoppedOnGroundError("It was stopped before it was armed; the vehicle stands where it was.")
        if time.monotonic() >= end:
            raise NotReadyError(f"The vehicle cannot arm: {_why_not(vehicle.state)}.")
        flight.tell()
        time.sleep(LOOK_EVERY_S / 2)


def _can_arm(state: VehicleState) -> bool:
    fix = state.gps is not None and state.gps.fix.is_good
    placed = fix and state.position is not None and state.home is not None
    return placed and state.can_arm is not False and state.freshness().is_live


def _why_not(state: VehicleState) -> str:
    said = [one.text for one in state.texts if "arm:" in one.text.lower()]
    if said:
        return "; ".join(dict.fromkeys(said[-4:]))
    if state.gps is None or not state.gps.fix.is_good:
        return "it has no position fix"
    if state.home is None:
        return "it does not say where its home is"
    return (
        f"its last message is {state.age_s() or 0:.0f} s old"
        if not state.freshness().is_live
        else "it does not say why"
    )


def take_off(flight: Flight) -> None:
    """Arm in GUIDED and start the mission; again where the autopilot disarmed in between or refused for now."""
    vehicle = flight.vehicle
    vehicle.command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, 0.0, action="begin the mission at its first item")
    commands.set_mode(vehicle, HOLD_MODE)
    for attempt in range(1, START_TRIES + 1):
        if flight.stop.is_set():
            raise StoppedOnGroundError("It was stopped before it was armed; the vehicle stands where it was.")
        if not vehicle.is_simulator:
            flight.asked.confirmation.check(vehicle.system_id)
        try:
            flight.battery_before = vehicle.state
            flight.first_row = len(flight.history)
            _start(flight)
        except CommandRefusedError as error:
            flight.note(f"Attempt {attempt}: {error.sentence}", severity=Severity.WARNING)
            flight.tell()
            if attempt == START_TRIES:
                raise
            time.sleep(vehicle.wall_s(3.0, at_least_s=0.5))
            if vehicle.state.armed is False and vehicle.state.mode != HOLD_MODE:
                commands.set_mode(vehicle, HOLD_MODE)
        else:
            return


def _start(flight: Flight) -> None:
    vehicle = flight.vehicle
    number = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
    vehicle.acknowledged(vehicle.dronekit.send_arm, number, "arm", lambda state: state.armed is True)
    flight.took_off = True
    vehicle.command(
        mavlink.MAV_CMD_MISSION_START, action="start the mission", until=lambda state: state.mode == MODE_AUTO
    )
    if not vehicle.seen(lambda state: state.armed is True and state.mode == MODE_AUTO, commands.SEEN_WITHIN_S):
        state = vehicle.state
        raise CommandRefusedError(
            f"The vehicle agreed to start and did not: mode {state.mode}, {'armed' if state.armed else 'disarmed'}.",
            about=f"vehicle {vehicle.system_id}",
        )
