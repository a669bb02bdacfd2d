"""One flight: prepared, started, watched to the ground, recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from missions.items import Command, Mission
from planner.errors import CommandRefusedError, LinkLostError, QyranError, VehicleError
from telemetry import commands
from telemetry.clock import utc_now, utc_s
from telemetry.confirmation import Confirmation
from telemetry.dialect import Message, mavlink
from telemetry.events import EventKind, FlightEvent
from telemetry.history import History
from telemetry.measures import distance_flown_m, from_place_m, max_outside_m
from telemetry.preflight import Check, enable_fence, preflight_checks, prepare
from telemetry.progress import Stop, as_stop
from telemetry.record import FlightRecord, Outcome
from telemetry.state import Freshness, Severity, VehicleState
from telemetry.tlog import TlogWriter
from telemetry.transfer import load
from telemetry.vehicle import Vehicle

LOOK_EVERY_S = 0.1
READY_WITHIN_S = 120.0
"""How long a vehicle may take until it can arm, in its own seconds."""
START_TRIES = 3
LOST_WAIT_S = 180.0
"""How long a flight is watched for after the vehicle fell silent, in our seconds."""
HOLD_MODE = "GUIDED"
"""Arming is allowed in it without sticks, and needs a position as the mission does."""
MODE_AUTO = "AUTO"
_LAST_ITEMS = (Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND)


class OnStop(Enum):
    """What happens when the person stops watching."""

    LEAVE = "leave"
    """The vehicle flies on by itself."""
    RETURN = "return"
    """It is told to come home, and watched until it stands."""


@dataclass(slots=True)
class _Flight:
    """One flight as it unfolds."""

    vehicle: Vehicle
    mission: Mission
    confirmation: Confirmation
    predicted_s: float | None
    folder: Path
    tlog: Path
    stop: Stop
    on_stop: OnStop
    on_state: Callable[[VehicleState], None] | None
    on_event: Callable[[FlightEvent], None] | None
    lost_wait_s: float
    battery_needed: float | None
    energy_needed_wh: float | None
    started_at: datetime = field(default_factory=utc_now)
    history: History = field(default_factory=History)
    gaps: list[float] = field(default_factory=list)
    told: int = 0
    first_row: int = 0
    took_off: bool = False
    stands: bool = False
    battery_before: VehicleState | None = None
    capacity_mah: float | None = None
    farthest_item: int = 0
    freshness: Freshness = Freshness.LIVE
    silent_since: float | None = None
    returning: bool = False

    def take(self, message: Message) -> None:
        """In the reader's thread."""
        if message.get_srcComponent() == self.vehicle.link.component_id:
            self.history.take(message, utc_s())

    def note(self, text: str, kind: EventKind = EventKind.NOTE, severity: Severity = Severity.NOTICE) -> None:
        """Something of our own happened: at the vehicle's last word, and as much later as it has been silent."""
        state = self.vehicle.state
        silent = timedelta(seconds=(state.age_s() or 0.0) * self.vehicle.speedup)
        self.history.note(FlightEvent(self.history.moment(utc_s()) + silent, kind, text, severity, state.position))

    def tell(self) -> VehicleState:
        """Hand on what is new."""
        state = self.vehicle.state
        events = self.history.events
        for event in events[self.told :]:
            if self.on_event is not None:
                self.on_event(event)
        self.told = len(events)
        if self.on_state is not None:
            self.on_state(state)
        return state


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
    battery_needed: float | None = None,
    energy_needed_wh: float | None = None,
) -> FlightRecord:
    """Fly a mission from arming to disarmed, watch it, and write the record into ``folder``.

    A mission that was not read back equal on this link is loaded first. Its fence is switched on; on a simulator also
    the ground station's failsafe and what else ``prepare`` sets (each change is an event). A real vehicle whose
    preflight lines fail is not armed; ``battery_needed`` and ``energy_needed_wh`` are as in
    ``preflight_checks``. Where the person stops, the vehicle flies on under its own failsafes, and the record says so.
    Raises ``NotConfirmedError`` and, before anything was armed, ``LinkError``; a refusal of the vehicle is an outcome.
    """
    confirmation.check(vehicle.system_id)
    vehicle.require_supported("fly")
    vehicle.require_live()
    if vehicle.link.tlog is None:
        vehicle.link.tlog = TlogWriter(folder / "flight.tlog")
    flight = _Flight(
        vehicle,
        mission,
        confirmation,
        predicted_s,
        folder,
        vehicle.link.tlog.path,
        as_stop(should_stop),
        on_stop,
        on_state,
        on_event,
        lost_wait_s,
        battery_needed,
        energy_needed_wh,
    )
    vehicle.link.listen(flight.take)
    try:
        return _recorded(flight)
    finally:
        vehicle.link.unlisten(flight.take)


def _recorded(flight: _Flight) -> FlightRecord:
    try:
        outcome, reason = _from_ground_to_ground(flight)
    except KeyboardInterrupt:
        outcome, reason = Outcome.INTERRUPTED, _flies_on(flight)
    flight.tell()
    record = _record(flight, outcome, reason)
    record.write(flight.folder)
    return record


def _from_ground_to_ground(flight: _Flight) -> tuple[Outcome, str]:
    try:
        _get_ready(flight)
        _record(flight, Outcome.FLYING, "The flight has begun.").write(flight.folder)
        _take_off(flight)
    except (CommandRefusedError, _NotReadyError) as error:
        return Outcome.REFUSED, error.sentence
    except _StoppedError:
        return Outcome.INTERRUPTED, "It was stopped before it was armed; the vehicle stands where it was."
    return _watch(flight)


class _NotReadyError(VehicleError):
    """It cannot fly, and why."""


class _StoppedError(QyranError):
    """The person stopped it on the ground."""


def _get_ready(flight: _Flight) -> None:
    """Load, prepare, check, and wait until the vehicle can arm."""
    vehicle = flight.vehicle
    state = vehicle.require_live()
    if state.armed:
        raise _NotReadyError(f"The vehicle is armed already, in {state.mode}: it is not for this flight to start.")
    if vehicle.loaded != flight.mission:
        load(vehicle, flight.mission, should_stop=flight.stop, confirmation=flight.confirmation)
        flight.note(f"The mission of {len(flight.mission.items)} items was loaded and read back equal.")
    setting = prepare if vehicle.is_simulator else enable_fence
    for change in setting(vehicle, flight.mission, flight.confirmation):
        flight.note(f"Set on the {'simulator' if vehicle.is_simulator else 'vehicle'}: {change}.")
    flight.capacity_mah = vehicle.parameter("BATT_CAPACITY")
    _await_armable(flight)
    checks = preflight_checks(
        vehicle, flight.mission, battery_needed=flight.battery_needed, energy_needed_wh=flight.energy_needed_wh
    )
    for check in checks:
        if check.ok is not True:
            flight.note(f"Preflight, {check.name}: {check.sentence}", severity=Severity.WARNING)
    blocking = [check for check in checks if check.blocks]
    if blocking and not vehicle.is_simulator:
        raise _NotReadyError("Preflight: " + " ".join(f"{check.name}: {_mending(check)}" for check in blocking))


def _mending(check: Check) -> str:
    return f"{check.sentence} {check.mend}".strip()


def _await_armable(flight: _Flight) -> None:
    vehicle = flight.vehicle
    end = time.monotonic() + vehicle.wall_s(READY_WITHIN_S)
    while not _can_arm(vehicle.state):
        if flight.stop.is_set():
            raise _StoppedError("Stopped on the ground.")
        if time.monotonic() >= end:
            raise _NotReadyError(f"The vehicle cannot arm: {_why_not(vehicle.state)}.")
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


def _take_off(flight: _Flight) -> None:
    """Arm in GUIDED and start the mission; again where the autopilot disarmed in between or refused for now."""
    vehicle = flight.vehicle
    vehicle.command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, 0.0, action="begin the mission at its first item")
    commands.set_mode(vehicle, HOLD_MODE)
    for attempt in range(1, START_TRIES + 1):
        if flight.stop.is_set():
            raise _StoppedError("Stopped on the ground.")
        if not vehicle.is_simulator:
            flight.confirmation.check(vehicle.system_id)
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


def _start(flight: _Flight) -> None:
    vehicle = flight.vehicle
    vehicle.acknowledged(vehicle.dronekit.send_arm, mavlink.MAV_CMD_COMPONENT_ARM_DISARM, "arm")
    flight.took_off = True
    vehicle.command(mavlink.MAV_CMD_MISSION_START, action="start the mission")
    if not vehicle.seen(lambda state: state.armed is True and state.mode == MODE_AUTO, commands.SEEN_WITHIN_S):
        state = vehicle.state
        raise CommandRefusedError(
            f"The vehicle agreed to start and did not: mode {state.mode}, {'armed' if state.armed else 'disarmed'}.",
            about=f"vehicle {vehicle.system_id}",
        )


def _watch(flight: _Flight) -> tuple[Outcome, str]:
    """Until it stands disarmed, is lost for good, or the person has had enough."""
    while True:
        state = flight.tell()
        if state.mission_current is not None:
            flight.farthest_item = max(flight.farthest_item, state.mission_current)
        _note_link(flight, state)
        if state.armed is False and not flight.freshness.is_lost:
            flight.stands = True
            return _landed(flight, state)
        if flight.silent_since is not None and time.monotonic() - flight.silent_since > flight.lost_wait_s:
            return Outcome.LOST, f"The vehicle fell silent and did not come back in {flight.lost_wait_s:.0f} s."
        if flight.stop.is_set() and not flight.returning:
            if flight.on_stop is OnStop.LEAVE:
                return Outcome.INTERRUPTED, _flies_on(flight)
            _bring_home(flight)
        time.sleep(LOOK_EVERY_S if flight.vehicle.speedup <= 2 else LOOK_EVERY_S / 5)


def _bring_home(flight: _Flight) -> None:
    flight.returning = True
    try:
        commands.return_home(flight.vehicle)
        flight.note("Told to return.")
    except (CommandRefusedError, LinkLostError) as error:
        flight.note(f"It could not be told to return: {error.sentence}", severity=Severity.CRITICAL)


def _flies_on(flight: _Flight) -> str:
    state = flight.vehicle.state
    if state.armed is False:
        return "Stopped; the vehicle stands disarmed."
    doing = f"in {state.mode}" if state.mode else "in an unknown mode"
    return (
        f"Stopped watching; the vehicle flies on {doing} by itself. When it no longer hears this ground station, its "
        "own failsafe decides (FS_GCS_ENABLE; 1 returns to launch)."
    )


def _note_link(flight: _Flight, state: VehicleState) -> None:
    """Say when the link grows stale, is lost, comes back; with its age."""
    now = state.freshness()
    if now is flight.freshness:
        return
    age = state.age_s() or 0.0
    if now is Freshness.LIVE:
        gap = time.monotonic() - flight.silent_since if flight.silent_since is not None else 0.0
        flight.gaps.append(gap)
        flight.silent_since = None
        flight.note(f"The link is back after {gap:.0f} s.", EventKind.LINK)
    else:
        if flight.silent_since is None:
            flight.silent_since = time.monotonic() - age
        trouble = f" ({flight.vehicle.link.trouble})" if flight.vehicle.link.trouble else ""
        word = "lost" if now.is_lost else "stale"
        severity = Severity.CRITICAL if now.is_lost else Severity.WARNING
        flight.note(f"The link is {word}: nothing for {age:.0f} s{trouble}.", EventKind.LINK, severity)
    flight.freshness = now


def _landed(flight: _Flight, state: VehicleState) -> tuple[Outcome, str]:
    last = _last_flown_item(flight.mission)
    bad = [one.text for one in flight.history.events if one.kind is EventKind.TEXT and one.severity <= Severity.ERROR]
    words = f" It said: {'; '.join(dict.fromkeys(bad[-3:]))}." if bad else ""
    if flight.farthest_item >= last:
        return Outcome.LANDED, "The mission was flown to its end; the vehicle stands disarmed."
    return (
        Outcome.BROKEN_OFF,
        f"The vehicle stands disarmed, after item {flight.farthest_item} of {last}; the mission was not flown to its "
        f"end.{words}",
    )


def _last_flown_item(mission: Mission) -> int:
    """The item that ends a mission: its return or landing, else its last waypoint."""
    for index in range(len(mission.items) - 1, 0, -1):
        if mission.items[index].command in _LAST_ITEMS or mission.items[index].command < 95:
            return index
    return 0


def _record(flight: _Flight, outcome: Outcome, reason: str) -> FlightRecord:
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
        predicted_s=flight.predicted_s,
        distance_m=distance_flown_m(track) if len(track) else None,
        battery_used=_battery_used(flight, state),
        max_outside_m=max_outside_m(track, flight.mission.fence),
        landed_from_home_m=from_place_m(track, *state.home) if flight.stands and state.home is not None else None,
        mission_items=len(flight.mission.items),
        tlog=flight.tlog,
        track=track,
        events=flight.history.events,
        pictures=flight.history.pictures,
        confirmation=flight.confirmation,
        link_gaps=tuple(flight.gaps),
    )


def _battery_used(flight: _Flight, after: VehicleState) -> float | None:
    """By what the battery monitor counted where the capacity is known, else by its percentage (whole ones)."""
    before = flight.battery_before
    if before is None or before.battery is None or after.battery is None:
        return None
    if before.battery.used_mah is not None and after.battery.used_mah is not None and flight.capacity_mah:
        return (after.battery.used_mah - before.battery.used_mah) / flight.capacity_mah
    if before.battery.share is None or after.battery.share is None:
        return None
    return before.battery.share - after.battery.share
