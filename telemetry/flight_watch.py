"""Watching a vehicle in flight: until it stands disarmed, is lost for good, or the person has had enough."""

from __future__ import annotations

import time

from missions.items import Command, Mission
from planner.errors import CommandRefusedError, LinkLostError
from telemetry import commands
from telemetry.events import EventKind
from telemetry.flight_state import LOOK_EVERY_S, Flight, OnStop
from telemetry.record import Outcome
from telemetry.state import Freshness, Severity, VehicleState

_LAST_ITEMS = (Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND)


def watch(flight: Flight) -> tuple[Outcome, str]:
    """How the flight ended, and in words."""
    while True:
        state = flight.tell()
        if state.mission_current is not None:
            flight.farthest_item = max(flight.farthest_item, state.mission_current)
        _note_link(flight, state)
        note_log(flight)
        if state.armed is False and not flight.freshness.is_lost:
            flight.stands = True
            return _landed(flight)
        if flight.silent_since is not None and time.monotonic() - flight.silent_since > flight.lost_wait_s:
            return Outcome.LOST, f"The vehicle fell silent and did not come back in {flight.lost_wait_s:.0f} s."
        if flight.stop.is_set() and not flight.returning:
            if flight.on_stop is OnStop.LEAVE:
                return Outcome.INTERRUPTED, flies_on(flight)
            _bring_home(flight)
        time.sleep(LOOK_EVERY_S if flight.vehicle.speedup <= 2 else LOOK_EVERY_S / 5)


def flies_on(flight: Flight) -> str:
    """What becomes of a vehicle that nobody watches any more."""
    state = flight.vehicle.state
    if state.armed is False:
        return "Stopped; the vehicle stands disarmed."
    doing = f"in {state.mode}" if state.mode else "in an unknown mode"
    return f"Stopped watching; the vehicle flies on {doing} by itself. {flight.without_us}".strip()


def note_log(flight: Flight) -> None:
    """Say when the log can no longer be written, and when it can again."""
    tlog = flight.vehicle.link.tlog
    if tlog is None:
        return
    if tlog.trouble is not None and not flight.log_broken:
        flight.log_broken = True
        flight.log_trouble = f"The log could not be written ({tlog.trouble})"
        flight.note(
            f"The log cannot be written: {tlog.trouble}. The flight goes on without it; make room on the disk.",
            severity=Severity.CRITICAL,
        )
        flight.tell()
    elif tlog.trouble is None and flight.log_broken:
        flight.log_broken = False
        flight.note(f"The log goes on; {tlog.missed} packets are missing in it.", severity=Severity.WARNING)
    if flight.log_trouble is not None:
        flight.log_trouble = f"{flight.log_trouble.split(';')[0]}; {tlog.missed} packets are missing."


def _bring_home(flight: Flight) -> None:
    flight.returning = True
    try:
        commands.return_home(flight.vehicle)
        flight.note("Told to return.")
    except (CommandRefusedError, LinkLostError) as error:
        flight.note(f"It could not be told to return: {error.sentence}", severity=Severity.CRITICAL)


def _note_link(flight: Flight, state: VehicleState) -> None:
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


def _landed(flight: Flight) -> tuple[Outcome, str]:
    last = last_flown_item(flight.mission)
    bad = [one.text for one in flight.history.events if one.kind is EventKind.TEXT and one.severity <= Severity.ERROR]
    words = f" It said: {'; '.join(dict.fromkeys(bad[-3:]))}." if bad else ""
    if flight.farthest_item >= last:
        return Outcome.LANDED, "The mission was flown to its end; the vehicle stands disarmed."
    return (
        Outcome.BROKEN_OFF,
        f"The vehicle stands disarmed, after item {flight.farthest_item} of {last}; the mission was not flown to its "
        f"end.{words}",
    )


def last_flown_item(mission: Mission) -> int:
    """The item that ends a mission: its return or landing, else its last waypoint."""
    for index in range(len(mission.items) - 1, 0, -1):
        if mission.items[index].command in _LAST_ITEMS or mission.items[index].command < 95:
            return index
    return 0
