"""From a planned sortie to what the autopilot is told."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from missions.fencing import fence_of, rally_of
from missions.items import Command, Frame, KeptPlan, Mission, MissionItem
from missions.jumps import with_jumps
from missions.storage import HIGHEST_M, storable_altitude
from missions.wire import from_e7, to_e7
from planner.errors import PlanError
from planner.geodesy import distance_m
from planner.plan import Plan, Sortie, Waypoint
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.space import frame_of
from planner.terrain.levels import Levels
from planner.vehicles import VehicleKind

OVER_LAUNCH_M = 0.5
"""A first waypoint this near to the launch is where the take-off ends, and needs no item of its own."""

LONGEST_HOLD_S = 65_535
"""A delay is stored in 16 bits."""


def compile_sortie(plan: Plan, sortie: Sortie, *, terrain: bool = False) -> Mission:
    """A sortie as its vehicle's autopilot takes it: items, fence and rally points.

    Item 0 is home: the launch, z 0 because its height above sea level is unknown (ArduPilot puts its own there). Then
    take-off to the first waypoint's altitude, the waypoints, return to launch. Speed (over ground), aim and camera
    change before the waypoint whose leg wants it: ArduPilot runs do-commands when the navigation command before them
    completes (``AP_Mission::advance_current_nav_cmd``; the first at once, the next ones in the following loops), which
    is where that leg begins. The camera comes first, and takes a picture as soon as it is switched on; then the place
    that drone and camera point to (``Waypoint.aim``); then the speed.

    Altitudes above ground become above home: without terrain data the patrol lies on flat ground. With ``terrain`` they
    become above terrain (frame 10; the vehicle then needs terrain data and ``TERRAIN_ENABLE``). Altitudes are rounded
    to the centimetre and holds up to the second, as they are stored.

    By ``patrol.vehicle.kind``: a plane takes off with 15° of pitch, a quadplane straight up (VTOL take-off) and lands
    so at the launch, a rover starts where it stands; planes stay by circling (loiter time) and take speeds as through
    the air. Where a vehicle does not hold enough items, laps become jumps.

    Raises ``PlanError`` where the route is empty, does not fit into the autopilot, or its fence cannot be made.
    """
    items = _aimed_at_ground(plan, sortie, tuple(_items(sortie, plan.patrol.vehicle.kind, terrain=terrain)))
    most = plan.patrol.vehicle.mission_items
    if len(items) > most:
        items = with_jumps(items, most)
    if len(items) > most:
        raise PlanError(
            f"The sortie needs {len(items)} mission items, and this vehicle holds {most}.",
            about=_about(sortie),
            mend="Use wider lanes, or split the area.",
        )
    fence = fence_of(plan, sortie)
    return Mission(items, fence, rally_of(plan, fence, sortie.launch), _KEPT.get(plan.patrol.vehicle.kind))


def _items(sortie: Sortie, kind: VehicleKind, *, terrain: bool) -> Iterator[MissionItem]:
    launch, waypoints = sortie.launch.position, sortie.route.waypoints
    if not waypoints:
        raise PlanError("The sortie has no waypoints.", about=_about(sortie), mend="Plan it again.")
    yield _at(Command.NAV_WAYPOINT, launch, Frame.GLOBAL, 0.0)
    frame, z = _height(waypoints[0].altitude, sortie, terrain=False)
    if kind.flies:
        yield replace(_at(_TAKEOFFS[kind], launch, frame, z), params=_TAKEOFF_PARAMS.get(kind, _NO_PARAMS))
    start = _at(Command.NAV_WAYPOINT, launch, *_height(waypoints[0].altitude, sortie, terrain=terrain))
    starts_over_launch = distance_m(launch, waypoints[0].position) <= OVER_LAUNCH_M and not waypoints[0].hold_s
    yield from _way(sortie, waypoints[1 if starts_over_launch else 0 :], start, kind, terrain=terrain)
    if kind is VehicleKind.QUADPLANE:
        yield _at(Command.NAV_VTOL_LAND, launch, Frame.GLOBAL_RELATIVE_ALT, 0.0)
    else:
        yield MissionItem(Command.NAV_RETURN_TO_LAUNCH)


_NO_PARAMS = (0.0, 0.0, 0.0, 0.0)
_TAKEOFFS = {
    VehicleKind.COPTER: Command.NAV_TAKEOFF,
    VehicleKind.PLANE: Command.NAV_TAKEOFF,
    VehicleKind.QUADPLANE: Command.NAV_VTOL_TAKEOFF,
}
_TAKEOFF_PARAMS = {VehicleKind.PLANE: (15.0, 0.0, 0.0, 0.0)}
_KEPT = {
    kind: KeptPlan(settings=f'{{"vehicleType": {number}}}')
    for kind, number in ((VehicleKind.PLANE, 1), (VehicleKind.QUADPLANE, 20), (VehicleKind.ROVER, 10))
}
"""What a plan file says of vehicles that are no copters (MAV_TYPE, as QGroundControl writes it)."""

_CIRCLING = (VehicleKind.PLANE, VehicleKind.QUADPLANE)


def _way(
    sortie: Sortie, waypoints: tuple[Waypoint, ...], start: MissionItem, kind: VehicleKind, *, terrain: bool
) -> Iterator[MissionItem]:
    """The waypoints with the do-commands before them; one that lies where the last one does, without a hold, is none.

    Such a waypoint would complete at once, and ArduPilot drops the do-commands that it has not come to by then.
    """
    previous, speed_mps, looks = start, math.nan, False
    aim: LonLat | None = None
    pitch_deg: float | None = None
    for number, waypoint in enumerate(waypoints):
        item = _waypoint(sortie, number, waypoint, terrain=terrain)
        if (item.x, item.y, item.z, item.params[0]) == (previous.x, previous.y, previous.z, 0.0):
            continue
        if waypoint.leg.looks != looks:
            looks = waypoint.leg.looks
            yield _trigger(sortie, on=looks)
        if waypoint.aim != aim:
            aim = waypoint.aim
            yield _aimed(aim)
            pitch_deg = None
        if waypoint.aim is None and waypoint.pitch_deg is not None and waypoint.pitch_deg != pitch_deg:
            pitch_deg = waypoint.pitch_deg
            yield _pitched(pitch_deg)
        if waypoint.speed_mps != speed_mps:
            speed_mps = waypoint.speed_mps
            yield _speed(sortie, number, speed_mps, through_air=kind in _CIRCLING)
        yield replace(item, command=Command.NAV_LOITER_TIME) if item.params[0] and kind in _CIRCLING else item
        previous = item
    if looks:
        yield _trigger(sortie, on=False)
    if aim is not None:
        yield _aimed(None)


def _waypoint(sortie: Sortie, number: int, waypoint: Waypoint, *, terrain: bool) -> MissionItem:
    if not 0 <= waypoint.hold_s <= LONGEST_HOLD_S:
        raise PlanError(
            f"An autopilot holds at a waypoint for 0 to {LONGEST_HOLD_S} s, not {waypoint.hold_s:g} s.",
            about=f"{_about(sortie)}, waypoint {number}",
            mend="Shorten the hold.",
        )
    frame, z = _height(waypoint.altitude, sortie, terrain=terrain)
    return _at(Command.NAV_WAYPOINT, waypoint.position, frame, z, hold_s=float(math.ceil(waypoint.hold_s)))


def _height(altitude: Altitude, sortie: Sortie, *, terrain: bool) -> tuple[Frame, float]:
    """Frame and z of an altitude; 0 is refused, which to ArduCopter means "as high as now"."""
    z = storable_altitude(altitude.metres)
    if z == 0 or abs(z) >= HIGHEST_M:
        raise PlanError(
            f"An autopilot cannot be told an altitude of {altitude}.",
            about=_about(sortie),
            mend="Fly higher." if z == 0 else "Fly lower.",
        )
    match altitude.reference:
        case AltitudeReference.AMSL:
            return Frame.GLOBAL, z
        case AltitudeReference.AGL if terrain:
            return Frame.GLOBAL_TERRAIN_ALT, z
        case _:
            return Frame.GLOBAL_RELATIVE_ALT, z


def _at(command: Command, place: LonLat, frame: Frame, z: float, *, hold_s: float = 0.0) -> MissionItem:
    return MissionItem(command, frame, (hold_s, 0.0, 0.0, 0.0), to_e7(place.lat), to_e7(place.lon), z)


def _speed(sortie: Sortie, number: int, speed_mps: float, *, through_air: bool) -> MissionItem:
    """DO_CHANGE_SPEED: type 0 is airspeed, 1 ground speed (to a plane the lowest one); throttle -1 means no change."""
    if not (math.isfinite(speed_mps) and speed_mps > 0):
        raise PlanError(
            f"A speed must be above zero, not {speed_mps:g} m/s.",
            about=f"{_about(sortie)}, waypoint {number}",
            mend="Plan it again with a speed above zero.",
        )
    return MissionItem(Command.DO_CHANGE_SPEED, params=(0.0 if through_air else 1.0, speed_mps, -1.0, 0.0))


def _aimed(place: LonLat | None) -> MissionItem:
    """DO_SET_ROI_LOCATION at the height of home (see :func:`_aimed_at_ground`), or DO_SET_ROI_NONE.

    ArduCopter turns its nose to the place where no gimbal can pan, and tells the gimbal, until it is told otherwise
    (``Mode::AutoYaw::set_roi``); the speed of the way is not changed by it.
    """
    if place is None:
        return MissionItem(Command.DO_SET_ROI_NONE)
    return _at(Command.DO_SET_ROI_LOCATION, place, Frame.GLOBAL_RELATIVE_ALT, 0.0)


def _aimed_at_ground(plan: Plan, sortie: Sortie, items: tuple[MissionItem, ...]) -> tuple[MissionItem, ...]:
    """The items with places that are pointed to at the height of the ground there, where terrain says it.

    At the height of home a camera would look into the hill before the place, or over it.
    """
    aims = [number for number, item in enumerate(items) if item.command == Command.DO_SET_ROI_LOCATION]
    levels = Levels.of(plan.patrol, sortie.launch, frame_of(plan.patrol, sortie.launch)) if aims else None
    if levels is None:
        return items
    told = list(items)
    for number in aims:
        item = items[number]
        metres = levels.above_home_m(Altitude.agl(0.0), LonLat(from_e7(item.y), from_e7(item.x)))
        if math.isfinite(metres):
            told[number] = replace(item, z=storable_altitude(metres))
    return tuple(told)


def _pitched(pitch_deg: float) -> MissionItem:
    """DO_GIMBAL_MANAGER_PITCHYAW: whole degrees, yaw with the body, the primary gimbal.

    DO_MOUNT_CONTROL would hold the nose where it is on a vehicle whose gimbal cannot pan: it sets the yaw by an offset
    (``ModeAuto::do_mount_control``), and lanes are flown nose ahead. ArduCopter 4.6 takes this one without that.
    """
    return MissionItem(Command.DO_GIMBAL_MANAGER_PITCHYAW, params=(float(round(pitch_deg)), 0.0, 0.0, 0.0))


def _trigger(sortie: Sortie, *, on: bool) -> MissionItem:
    """DO_SET_CAM_TRIGG_DIST: metres between pictures (0: off), and 1 for a picture at once."""
    metres = sortie.trigger_distance_m
    if not (math.isfinite(metres) and metres > 0):
        raise PlanError(
            f"The distance between pictures must be above zero, not {metres:g} m.",
            about=_about(sortie),
            mend="Check the camera and the front overlap.",
        )
    distance = max(round(metres, 2), 0.01) if on else 0.0
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, params=(distance, 0.0, 1.0 if on else 0.0, 0.0))


def _about(sortie: Sortie) -> str:
    return f"sortie {sortie.number}"
