"""What is looked at before a flight, asked of the vehicle itself, and what can be mended by a parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from missions.items import Frame, Mission, MissionItem
from missions.wire import HOME_FRAMES, place_of
from planner.geodesy import distance_m
from planner.quantities import LonLat
from telemetry.confirmation import Confirmation
from telemetry.state import VehicleState
from telemetry.vehicle import Vehicle

PREARM_AGE_S = 40.0
"""ArduPilot repeats each pre-arm text every 30 s; what is older no longer holds."""
HOME_MOVED_M = 50.0
FENCE_CIRCLE_BIT, FENCE_POLYGON_BIT, FENCE_ALTITUDE_BIT = 2, 4, 1
FENCE_UNION_OPTION = 2
ROOM_M = 10.0
GCS_TIMEOUT_S, GCS_TIMEOUT_MOST_S = 5.0, 120.0
"""``FS_GCS_TIMEOUT``: ArduPilot's default, and its highest."""


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter that would mend something: its value now and the one it should have."""

    parameter: str
    old: float
    new: float

    def __str__(self) -> str:
        return f"{self.parameter} {self.old:g} → {self.new:g}"


@dataclass(frozen=True, slots=True)
class Check:
    """One line before a flight. ``ok`` None is unknown; ``age_s`` how old the answer is (0: just asked)."""

    name: str
    ok: bool | None
    sentence: str
    mend: str = ""
    age_s: float | None = 0.0
    change: Change | None = None
    only_warns: bool = False

    @property
    def blocks(self) -> bool:
        """Whether a real vehicle may not fly with it."""
        return self.ok is not True and not self.only_warns


def preflight_checks(
    vehicle: Vehicle, mission: Mission, *, battery_needed: float | None = None, energy_needed_wh: float | None = None
) -> tuple[Check, ...]:
    """Every line, each asked now. ``battery_needed`` is the share of the planned battery that the sortie takes.

    ``energy_needed_wh`` is what it takes in watt-hours: held against the pack that the vehicle says it has
    (``BATT_CAPACITY`` at its voltage), so that a smaller one than was planned with is found.
    Raises ``LinkLostError`` where the vehicle does not answer for its parameters.
    """
    state = vehicle.state
    return (
        *_state_checks(vehicle, state, _share_of_pack(vehicle, state, energy_needed_wh, battery_needed)),
        _loaded(vehicle, mission),
        *_home(state, mission),
        *_fence_checks(vehicle, state, mission),
        *_failsafes(vehicle),
        *_return_altitude(vehicle),
    )


def prepare(vehicle: Vehicle, mission: Mission, confirmation: Confirmation) -> tuple[Change, ...]:
    """Set what makes the vehicle keep this mission's fence and come home when it loses us; says old → new.

    That is ``FENCE_ENABLE`` with the type, options, radius and height that this fence needs, and ``FS_GCS_ENABLE``.
    A sped-up simulator is also given ``FS_GCS_TIMEOUT`` for as long in our seconds as it has in its own.
    Each is confirmed by the vehicle. Raises ``NotConfirmedError``, ``CommandRefusedError``.
    """
    confirmation.check(vehicle.system_id)
    checks = [*_fence_checks(vehicle, vehicle.state, mission), *_patience(vehicle), _ground_station(vehicle)]
    changes = sorted(
        (check.change for check in checks if check.change is not None and check.ok is not True),
        key=lambda change: change.parameter == "FENCE_ENABLE",
    )
    for change in changes:
        vehicle.set_parameter(change.parameter, change.new)
    return tuple(changes)


def enable_fence(vehicle: Vehicle, mission: Mission, confirmation: Confirmation) -> tuple[Change, ...]:
    """Switch the fence on where the mission has one: the one thing that is set on a real vehicle without being asked.

    Its ceiling, radius and kind are a person's to change. Raises ``NotConfirmedError``, ``CommandRefusedError``.
    """
    confirmation.check(vehicle.system_id)
    check = next(_fence_checks(vehicle, vehicle.state, mission), None)
    if check is None or check.change is None:
        return ()
    vehicle.set_parameter(check.change.parameter, check.change.new)
    return (check.change,)


def _state_checks(vehicle: Vehicle, state: VehicleState, needed: float | None) -> Iterator[Check]:
    age = state.age_s()
    yield Check(
        "link",
        state.freshness().is_live,
        f"{state.messages} messages, {_percent_missed(state)} missed.",
        "Check antennas and the ground station's place.",
        age,
    )
    fix = state.gps is not None and state.gps.fix.is_good and state.position is not None
    satellites = "unknown" if state.gps is None or state.gps.satellites is None else str(state.gps.satellites)
    yield Check("position", fix, f"Satellites: {satellites}.", "Wait for a fix under open sky.", age)
    yield Check("estimator", state.estimator_ok, "The estimator's position and speed.", "Wait; do not move it.", age)
    yield _prearm(state)
    share = state.battery_share
    if share is None:
        yield Check(
            "battery", None, "The vehicle does not say how full its battery is.", "Set its battery monitor.", age
        )
    else:
        wanted = "" if needed is None else f"; the sortie takes {needed:.0%}"
        enough = needed is None or share >= needed
        yield Check("battery", enough, f"{share:.0%} full{wanted}.", "Put in a full battery.", age)


def _share_of_pack(
    vehicle: Vehicle, state: VehicleState, energy_wh: float | None, planned: float | None
) -> float | None:
    """The share of this vehicle's own pack that an energy is; the planned share where its pack is not known."""
    capacity = vehicle.parameter("BATT_CAPACITY")
    volts = state.battery.volts if state.battery else None
    if energy_wh is None or not capacity or not volts:
        return planned
    return energy_wh / (capacity / 1000.0 * volts)


def _percent_missed(state: VehicleState) -> str:
    total = state.messages + state.messages_missed
    return f"{100 * state.messages_missed / total:.1f} %" if total else "unknown"


def _prearm(state: VehicleState) -> Check:
    newest = state.received_at
    said = [
        one
        for one in state.texts
        if "arm:" in one.text.lower() and newest is not None and (newest - one.at).total_seconds() <= PREARM_AGE_S
    ]
    if state.can_arm:
        return Check("own checks", True, "The autopilot says that it can arm.", age_s=state.age_s())
    words = "; ".join(dict.fromkeys(one.text for one in said)) or "The autopilot says that it cannot arm, and not why."
    return Check("own checks", state.can_arm, words, "Mend what the autopilot names.", state.age_s())


def _loaded(vehicle: Vehicle, mission: Mission) -> Check:
    return Check(
        "mission",
        vehicle.loaded == mission,
        f"{len(mission.items)} items, read back equal." if vehicle.loaded == mission else "It was not read back equal.",
        "Load it.",
    )


def _home(state: VehicleState, mission: Mission) -> Iterator[Check]:
    if not mission.items or (mission.items[0].x == 0 and mission.items[0].y == 0):
        return
    if state.home is None:
        yield Check("home", None, "The vehicle does not say where its home is.", "Wait for a position.", state.age_s())
        return
    off = distance_m(state.home, place_of(mission.items[0]))
    yield Check(
        "home",
        off <= HOME_MOVED_M,
        f"{off:.0f} m from the mission's home.",
        "Start where the plan's launch is, or plan from here.",
        state.age_s(),
        only_warns=True,
    )


def _fence_checks(vehicle: Vehicle, state: VehicleState, mission: Mission) -> Iterator[Check]:
    fence = mission.fence
    if not (fence.polygons or fence.circles):
        return
    reach_m, height_m = _extent(state, mission)
    yield _flag(
        vehicle, "FENCE_ENABLE", 1.0, name="fence", off="The fence is switched off.", on="The fence is switched on."
    )
    kind = vehicle.parameter("FENCE_TYPE")
    if kind is not None:
        wanted = int(kind) | FENCE_POLYGON_BIT
        radius = vehicle.parameter("FENCE_RADIUS")
        if wanted & FENCE_CIRCLE_BIT and (radius is None or reach_m > radius - ROOM_M):
            wanted &= ~FENCE_CIRCLE_BIT
        change = Change("FENCE_TYPE", kind, float(wanted))
        told = f"FENCE_TYPE {kind:g}; the mission reaches {reach_m:.0f} m from home, FENCE_RADIUS is {_metres(radius)}."
        yield Check("fence type", int(kind) == wanted, told, f"Set {change}.", change=change)
    ceiling = vehicle.parameter("FENCE_ALT_MAX")
    if ceiling is not None and kind is not None and int(kind) & FENCE_ALTITUDE_BIT:
        change = Change("FENCE_ALT_MAX", ceiling, float(math.ceil(height_m + 2 * ROOM_M)))
        told = f"The mission climbs to {height_m:.0f} m HOME, FENCE_ALT_MAX is {ceiling:g} m HOME."
        yield Check("fence height", height_m + ROOM_M <= ceiling, told, f"Set {change}.", change=change)
    if sum(one.inclusion for one in fence.polygons) + sum(one.inclusion for one in fence.circles) > 1:
        options = vehicle.parameter("FENCE_OPTIONS")
        if options is not None:
            change = Change("FENCE_OPTIONS", options, float(int(options) | FENCE_UNION_OPTION))
            told = "Several inclusion areas; the vehicle must take them together, not one within the other."
            yield Check("fence union", change.old == change.new, told, f"Set {change}.", change=change)
    yield _flag(
        vehicle,
        "FENCE_ACTION",
        1.0,
        name="fence action",
        off="A breach is only reported.",
        on="A breach brings the vehicle home.",
    )


def _extent(state: VehicleState, mission: Mission) -> tuple[float, float]:
    """Farthest distance from home and greatest height above home that the mission asks for, metres."""
    home = state.home or (place_of(mission.items[0]) if mission.items else None)
    base = state.home_altitude.metres if state.home_altitude is not None else 0.0
    reach = height = 0.0
    for item in mission.items[1:]:
        if item.frame in HOME_FRAMES:
            height = max(height, item.z)
        elif item.frame == Frame.GLOBAL:
            height = max(height, item.z - base)
        place = _place(item)
        if place is not None and home is not None:
            reach = max(reach, distance_m(home, place))
    return reach, height


def _metres(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g} m"


def _place(item: MissionItem) -> LonLat | None:
    return None if item.frame == Frame.MISSION or (item.x == 0 and item.y == 0) else place_of(item)


def _failsafes(vehicle: Vehicle) -> Iterator[Check]:
    yield _ground_station(vehicle)
    yield _flag(
        vehicle,
        "FS_THR_ENABLE",
        1.0,
        name="radio lost",
        off="Nothing happens when the pilot's radio is lost.",
        on="It acts when the pilot's radio is lost.",
    )
    yield _flag(
        vehicle,
        "BATT_FS_LOW_ACT",
        2.0,
        name="battery low",
        off="Nothing happens when the battery runs low.",
        on="It acts when the battery runs low.",
    )


def _ground_station(vehicle: Vehicle) -> Check:
    return _flag(
        vehicle,
        "FS_GCS_ENABLE",
        1.0,
        name="ground station lost",
        off="Nothing happens when the vehicle loses this ground station.",
        on="It acts when it loses this ground station.",
    )


def _patience(vehicle: Vehicle) -> Iterator[Check]:
    """A simulator at 20 × gives us up after 0.25 s of ours, less than a busy machine may keep us waiting."""
    timeout = vehicle.parameter("FS_GCS_TIMEOUT") if vehicle.speedup > 1 else None
    if timeout is None:
        return
    change = Change("FS_GCS_TIMEOUT", timeout, min(GCS_TIMEOUT_MOST_S, GCS_TIMEOUT_S * vehicle.speedup))
    yield Check(
        "patience", timeout >= change.new, f"It waits {timeout:g} s of its own.", f"Set {change}.", change=change
    )


def _return_altitude(vehicle: Vehicle) -> Iterator[Check]:
    metres = vehicle.parameter("RTL_ALT_M")
    if metres is None:
        centimetres = vehicle.parameter("RTL_ALT")
        metres = None if centimetres is None else centimetres / 100.0
    said = "The vehicle does not say." if metres is None else f"It returns at {metres:g} m HOME or higher."
    yield Check("return altitude", metres is not None, said, "Set RTL_ALT.", only_warns=True)


def _flag(vehicle: Vehicle, parameter: str, wanted: float, *, name: str, off: str, on: str) -> Check:
    """A line about a parameter that must not be 0."""
    value = vehicle.parameter(parameter)
    if value is None:
        return Check(name, None, f"The vehicle has no {parameter}.", "Check its firmware.")
    if value == 0:
        change = Change(parameter, value, wanted)
        return Check(name, False, f"{off} {parameter} is 0.", f"Set {change}.", change=change)
    return Check(name, True, f"{on} {parameter} is {value:g}.")
