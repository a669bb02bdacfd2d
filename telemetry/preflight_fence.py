"""Lines before a flight about the fence: switched on, of the right kind, wide and high enough for this mission."""

from __future__ import annotations

import math
from collections.abc import Iterator

from missions.items import Frame, Mission, MissionItem
from missions.wire import HOME_FRAMES, place_of
from planner.geodesy import distance_m
from planner.quantities import LonLat
from telemetry.preflight_lines import Change, Check, flag
from telemetry.state import VehicleState
from telemetry.vehicle import Vehicle

FENCE_CIRCLE_BIT, FENCE_POLYGON_BIT, FENCE_ALTITUDE_BIT = 2, 4, 1
FENCE_UNION_OPTION = 2
ROOM_M = 10.0


def fence_checks(vehicle: Vehicle, state: VehicleState, mission: Mission) -> Iterator[Check]:
    """Nothing where the mission has no fence; the first line is whether it is switched on."""
    fence = mission.fence
    if not (fence.polygons or fence.circles):
        return
    reach_m, height_m = extent(state, mission)
    yield flag(
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
        good = int(kind) == wanted
        yield Check("fence type", good, told, f"Set {change}.", change=None if good else change)
    ceiling = vehicle.parameter("FENCE_ALT_MAX")
    if ceiling is not None and kind is not None and int(kind) & FENCE_ALTITUDE_BIT:
        change = Change("FENCE_ALT_MAX", ceiling, float(math.ceil(height_m + 2 * ROOM_M)))
        told = f"The mission climbs to {height_m:.0f} m HOME, FENCE_ALT_MAX is {ceiling:g} m HOME."
        good = height_m + ROOM_M <= ceiling
        yield Check("fence height", good, told, f"Set {change}.", change=None if good else change)
    if sum(one.inclusion for one in fence.polygons) + sum(one.inclusion for one in fence.circles) > 1:
        options = vehicle.parameter("FENCE_OPTIONS")
        if options is not None:
            change = Change("FENCE_OPTIONS", options, float(int(options) | FENCE_UNION_OPTION))
            told = "Several inclusion areas; the vehicle must take them together, not one within the other."
            good = change.old == change.new
            yield Check("fence union", good, told, f"Set {change}.", change=None if good else change)
    yield flag(
        vehicle,
        "FENCE_ACTION",
        1.0,
        name="fence action",
        off="A breach is only reported.",
        on="A breach brings the vehicle home.",
    )


def extent(state: VehicleState, mission: Mission) -> tuple[float, float]:
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
