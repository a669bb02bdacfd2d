"""One flight: prepared, started, watched to the ground, recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from missions.items import Mission
from planner.errors import CommandRefusedError, InputError
from telemetry.confirmation import Confirmation
from telemetry.events import FlightEvent
from telemetry.flight_start import get_ready, take_off
from telemetry.flight_state import Asked, Flight, NotReadyError, OnStop, StoppedOnGroundError
from telemetry.flight_watch import flies_on, note_log, watch
from telemetry.measures import distance_flown_m, from_place_m, max_outside_m
from telemetry.preflight_lines import Check, Needs, Override, Weather
from telemetry.progress import Stop, as_stop
from telemetry.record import FlightRecord, Outcome
from telemetry.spare import SpareRoom
from telemetry.state import Severity, VehicleState
from telemetry.tlog import TlogWriter
from telemetry.vehicle import Vehicle

__all__ = ["OnStop", "fly"]

LOST_WAIT_S = 180.0
"""How long a flight is watched for after the vehicle fell silent, in our seconds."""
SPARE_BYTES = 4_000_000
SPARE_BYTES_A_S = 2_500.0
"""Kept free for the record of a flight, so that a disk that fills up does not cost it."""
NO_NEEDS = Needs()


def fly(
    vehicle: Vehicle,
    mission: Mission,
    *,
    confirmation: Confirmation,
    predicted_s: float | None,
    folder: Path,
    on_state: Callable[[VehicleState], None] | None = None,
    on_event: Callable[[FlightEvent], None] | None = None,
    should_stop: Stop | Callable[[], bool] | None = None,
    on_stop: OnStop = OnStop.LEAVE,
    lost_wait_s: float = LOST_WAIT_S,
    needs: Needs = NO_NEEDS,
    by_hand: tuple[Check, ...] = (),
    overrides: Mapping[str, Override] | None = None,
    weather: Weather | None = None,
    resumes: str | None = None,
) -> FlightRecord:
    """Fly a mission from arming to disarmed, watch it, and write the record into ``folder``.

    A mission that was not read back equal on this link is loaded first. Its fence is switched on; on a simulator also
    the ground station's failsafe and what else ``prepare`` sets (each change is an event). A real vehicle whose
    preflight lines fail is not armed, unless ``overrides`` (by the line's name) let them pass; ``needs``, ``weather``
    are as in ``preflight_checks``, ``by_hand`` are lines that people tick, ``resumes`` names the flight that this one
    goes on with. Where the person stops, the vehicle flies on under its own failsafes, and the record says so. A disk
    that fills up ends neither the flight nor its record: the person is told, and the record says what is missing.
    Raises ``NotConfirmedError`` and, before anything was armed, ``LinkError`` and ``InputError`` (the record cannot be
    written); a refusal of the vehicle is an outcome.
    """
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("fly")
    vehicle.require_live()
    if vehicle.link.tlog is None:
        vehicle.link.tlog = TlogWriter(folder / "flight.tlog")
    asked = Asked(mission, confirmation, predicted_s, folder, needs, by_hand, dict(overrides or {}), weather, resumes)
    flight = Flight(
        vehicle, asked, vehicle.link.tlog.path, as_stop(should_stop), on_stop, on_state, on_event, lost_wait_s
    )
    vehicle.link.listen(flight.take)
    spare = SpareRoom(folder, int(max(SPARE_BYTES, SPARE_BYTES_A_S * (predicted_s or 0.0))))
    try:
        return _recorded(flight, spare)
    finally:
        spare.give_back()
        vehicle.link.unlisten(flight.take)


def _recorded(flight: Flight, spare: SpareRoom) -> FlightRecord:
    try:
        outcome, reason = _from_ground_to_ground(flight)
    except KeyboardInterrupt:
        outcome, reason = Outcome.INTERRUPTED, flies_on(flight)
    note_log(flight)
    flight.tell()
    return _kept(flight, outcome, reason, spare)


def _from_ground_to_ground(flight: Flight) -> tuple[Outcome, str]:
    try:
        get_ready(flight)
        _record(flight, Outcome.FLYING, "The flight has begun.").write(flight.asked.folder)
        take_off(flight)
    except (CommandRefusedError, NotReadyError) as error:
        return Outcome.REFUSED, error.sentence
    except StoppedOnGroundError as error:
        return Outcome.INTERRUPTED, error.sentence
    return watch(flight)


def _kept(flight: Flight, outcome: Outcome, reason: str, spare: SpareRoom) -> FlightRecord:
    """The record, written; on a full disk into the room that was kept for it, and if need be without its track."""
    record = _record(flight, outcome, reason)
    folder = flight.asked.folder
    try:
        record.write(folder)
    except InputError as error:
        spare.give_back()
        flight.log_trouble = flight.log_trouble or f"The record could not be written at once: {error.sentence}"
        record = _record(flight, outcome, reason)
        try:
            record.write(folder)
        except InputError as again:
            flight.note(f"The record cannot be written: {again}", severity=Severity.CRITICAL)
            flight.tell()
            record = _record(flight, outcome, reason)
    return record


def _record(flight: Flight, outcome: Outcome, reason: str) -> FlightRecord:
    vehicle, state = flight.vehicle, flight.vehicle.state
    history = flight.history
    track = history.track(flight.first_row if flight.took_off else len(history))
    duration_s = None
    if flight.stands and history.armed_s is not None and history.disarmed_s is not None:
        duration_s = history.disarmed_s - history.armed_s
    return FlightRecord(
        outcome=outcome,
        reason=reason,
        vehicle=vehicle.system_id,
        firmware=str(vehicle.firmware) if vehicle.firmware is not None else None,
        is_simulator=vehicle.is_simulator,
        started_at=flight.started_at,
        duration_s=duration_s,
        predicted_s=flight.asked.predicted_s,
        distance_m=distance_flown_m(track) if len(track) else None,
        battery_used=_battery_used(flight, state),
        max_outside_m=max_outside_m(track, flight.mission.fence),
        landed_from_home_m=from_place_m(track, *state.home) if flight.stands and state.home is not None else None,
        mission_items=len(flight.mission.items),
        tlog=flight.tlog,
        track=track,
        events=flight.history.events,
        pictures=flight.history.pictures,
        confirmation=flight.asked.confirmation,
        link_gaps=tuple(flight.gaps),
        preflight=flight.checks,
        log_trouble=flight.log_trouble,
        resumes=flight.asked.resumes,
    )


def _battery_used(flight: Flight, after: VehicleState) -> float | None:
    """By what the battery monitor counted where the capacity is known, else by its percentage (whole ones)."""
    before = flight.battery_before
    if before is None or before.battery is None or after.battery is None:
        return None
    if before.battery.used_mah is not None and after.battery.used_mah is not None and flight.capacity_mah:
        return (after.battery.used_mah - before.battery.used_mah) / flight.capacity_mah
    if before.battery.share is None or after.battery.share is None:
        return None
    return before.battery.share - after.battery.share
