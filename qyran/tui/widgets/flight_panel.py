"""A flight in words: which steps are done, what the vehicle says, what happened. Old data is never shown as now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from qyran.cli.talk import clock
from qyran.tui.flight import Flight, Said, Stage

if TYPE_CHECKING:
    from qyran.work import Compiled
    from telemetry import VehicleState

DONE, OPEN, BUSY, BAD = "✓", "☐", "●", "✗"
_NEXT = {
    Stage.NO_LINK: "enter connects",
    Stage.CONNECTED: "enter loads and reads back",
    Stage.LOADED: "enter confirms",
    Stage.CONFIRMED: "S S starts",
    Stage.ENDED: "enter begins anew",
}


def steps(chosen: Compiled | None, flight: Flight | None, address: str | None, now: datetime) -> list[Content]:
    """Connect, load, confirm, fly: each done, under way or open, and what the next key does."""
    stage = flight.stage if flight else Stage.NO_LINK
    compiled = flight.compiled if flight else chosen
    lines = [_sortie(compiled), _connected(flight, address), _loaded(flight, compiled), _confirmed(flight, now)]
    lines.append(_flown(flight))
    if flight and flight.failure:
        lines.append(Content.styled(f"{BAD} {flight.failure}", "bold $error"))
    if stage in _NEXT:
        lines.append(Content.styled(f"▸ {_NEXT[stage]}", "bold $accent"))
    return lines


def next_step(flight: Flight | None, now: datetime) -> Content:
    """The steps on one line, for a small screen."""
    stage = flight.stage if flight else Stage.NO_LINK
    if flight and flight.failure:
        return Content.styled(f"{BAD} {flight.failure}", "bold $error")
    if flight and stage in (Stage.CONNECTING, Stage.LOADING):
        return Content(f"{BUSY} {stage.value} {_progress(flight)}")
    left = f" ({flight.confirmed_for_s(now):.0f} s)" if flight and stage is Stage.CONFIRMED else ""
    hint = f" ▸ {_NEXT[stage]}" if stage in _NEXT else ""
    return Content.assemble((f"{stage.value}{left}", "bold"), (hint, "bold $accent"))


def link_words(state: VehicleState, now: datetime) -> tuple[str, bool]:
    """Number, freshness and age of a vehicle, and whether that is alarming."""
    age = state.age_s(now)
    freshness = state.freshness(now)
    old = "" if freshness.is_live else "~"
    said = "never heard" if age is None else f"{age:.1f} s"
    return f"{state.system_id:02d} {old}{freshness.name} {said}", not freshness.is_live


def state_lines(state: VehicleState | None, flown_s: float | None, predicted_s: float, now: datetime) -> list[Content]:
    """All that is known of a vehicle; each unknown says so, each old value has ``~`` before it."""
    if state is None:
        return [Content.styled("no vehicle", "dim")]
    live = state.freshness(now).is_live
    old = "" if live else "~"
    words, alarm = link_words(state, now)
    armed = {True: "ARMED", False: "disarmed", None: "arming unknown"}[state.armed]
    at = "?" if state.mission_current is None else state.mission_current
    total = "?" if state.mission_total is None else state.mission_total
    amsl = f"  {old}{state.altitude_amsl.metres:.0f} m AMSL" if state.altitude_amsl else ""
    lost = f"  loss {loss:.1f} %" if (loss := _loss(state)) is not None else ""
    lines = [
        Content.styled(f"{old}{state.mode or 'mode unknown'}  {old}{armed}", "bold" if live else "dim"),
        Content(f"time {clock(flown_s) if flown_s is not None else '–'} of {clock(predicted_s)}  wp {old}{at}/{total}"),
        Content(f"alt  {old}{_altitude(state)}{amsl}"),
        Content(
            f"spd  {old}{_number(state.speed_mps, '.1f', ' m/s')}  hdg {old}{_number(state.heading_deg, '03.0f', '°')}"
        ),
        Content(f"batt {old}{_battery(state)}"),
        Content(f"gps  {old}{_gps(state)}"),
        Content.styled(f"link {words}{lost}", "bold $error" if alarm else ""),
    ]
    if state.fence_breached:
        lines.append(Content.styled(f"{BAD} outside the fence", "bold $error"))
    if state.failsafe:
        lines.append(Content.styled(f"{BAD} failsafe", "bold $error"))
    return (
        lines
        if live
        else [line.stylize("dim") if number < len(lines) - 1 else line for number, line in enumerate(lines)]
    )


def state_strip(state: VehicleState | None, flown_s: float | None, predicted_s: float, now: datetime) -> list[Content]:
    """The same on two lines, for a small screen."""
    if state is None:
        return [Content.styled("no vehicle", "dim"), Content("")]
    mode, time, altitude, speed, battery, _, link, *alarms = state_lines(state, flown_s, predicted_s, now)
    return [Content("  ").join([mode, time, link]), Content("  ").join([altitude, speed, battery, *alarms])]


def log_lines(events: Sequence[Said], most: int) -> list[Content]:
    """The last events, newest first, times in UTC."""
    return [
        Content.styled(
            f"{line.at:%H:%M:%S} {'▲ ' if line.is_bad else ''}{line.text}", "$warning" if line.is_bad else ""
        )
        for line in list(events)[: -most - 1 : -1]
    ]


def _sortie(compiled: Compiled | None) -> Content:
    if compiled is None:
        return Content.styled(f"{OPEN} no plan: 1 Design, p plans", "$warning")
    ahead = compiled.sortie.forecast
    return Content.assemble(
        (f"{compiled.name} ", "bold"),
        f"{len(compiled.mission.items)} items  {clock(ahead.duration_s)}  {ahead.distance_m / 1000:.2f} km",
    )


def _connected(flight: Flight | None, address: str | None) -> Content:
    if flight is None or flight.stage is Stage.NO_LINK:
        return Content(f"{OPEN} link  {address or 'no address yet'}")
    if flight.stage is Stage.CONNECTING:
        return Content(f"{BUSY} link  {_progress(flight)}")
    vehicle = flight.vehicle
    if vehicle is None:
        return Content(f"{OPEN} link  {flight.address}")
    kind = "simulator" if vehicle.is_simulator else "REAL VEHICLE"
    return Content(f"{DONE} link  {vehicle.system_id:02d} {vehicle.firmware or 'version unknown'}, {kind}")


def _loaded(flight: Flight | None, compiled: Compiled | None) -> Content:
    if flight is not None and flight.stage is Stage.LOADING:
        return Content(f"{BUSY} load  {_progress(flight)}")
    if flight is not None and flight.stage.reached(Stage.LOADED) and compiled is not None:
        count = len(compiled.mission.items)
        return Content(f"{DONE} load  {count}/{count} items read back equal")
    return Content(f"{OPEN} load  not loaded")


def _confirmed(flight: Flight | None, now: datetime) -> Content:
    if flight is None or not flight.stage.reached(Stage.CONFIRMED) or flight.confirmation is None:
        done = flight is not None and flight.stage is Stage.ENDED
        return Content(f"{DONE if done else OPEN} confirmed")
    left = f", {flight.confirmed_for_s(now):.0f} s left" if flight.stage is Stage.CONFIRMED else ""
    return Content(f"{DONE} confirmed by {flight.confirmation.person}{left}")


def _flown(flight: Flight | None) -> Content:
    if flight is not None and flight.stage is Stage.FLYING:
        return Content(f"{BUSY} flying")
    if flight is not None and flight.stage is Stage.ENDED and flight.record is not None:
        good = flight.record.outcome.is_landed
        return Content.styled(f"{DONE if good else BAD} {flight.record.outcome.value}", "" if good else "bold $error")
    return Content(f"{OPEN} flown")


def _progress(flight: Flight) -> str:
    done, total, message = flight.progress
    return f"{done}/{total} {message}" if total else f"{message} …"


def _number(value: float | None, form: str, unit: str) -> str:
    return "unknown" if value is None else f"{value:{form}}{unit}"


def _altitude(state: VehicleState) -> str:
    if state.altitude_home is None:
        return "unknown"
    return f"{state.altitude_home.metres:.1f} m {state.altitude_home.reference.value}"


def _battery(state: VehicleState) -> str:
    share = "? %" if state.battery_share is None else f"{state.battery_share * 100:.0f} %"
    volts = state.battery.volts if state.battery else None
    return f"{share}  {_number(volts, '.1f', ' V')}"


def _gps(state: VehicleState) -> str:
    if state.gps is None:
        return "unknown"
    seen = "" if state.gps.satellites is None else f"  {state.gps.satellites} satellites"
    return f"{state.gps.fix.name.replace('_', ' ')}{seen}"


def _loss(state: VehicleState) -> float | None:
    whole = state.messages + state.messages_missed
    return state.messages_missed / whole * 100 if whole else None
