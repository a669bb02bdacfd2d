"""The way that a mission would fly, ours or anybody's: for its duration before it is flown, and for a map."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from missions.commands import is_navigation, name_of
from missions.items import Command, Frame, Mission, MissionItem
from missions.wire import from_e7
from planner.errors import PlanError
from planner.geodesy import WGS84
from planner.plan import Leg, Route, Waypoint
from planner.quantities import Altitude, AltitudeReference, LonLat

MOST_STEPS = 20_000
"""A mission whose jumps make more steps than this is taken for endless."""

CIRCLE_RADIUS_M = 10.0
CIRCLE_RATE_DEG_S = 20.0
"""ArduCopter's ``CIRCLE_RADIUS`` (where an item gives none) and ``CIRCLE_RATE``."""

_CORNERS_A_TURN = 12

_JUMP_TAG, _DO_JUMP_TAG = 600, 601
_IMAGE_START, _IMAGE_STOP, _TRIGGER_INTERVAL = 2000, 2001, 214


def home_of(mission: Mission) -> LonLat | None:
    """Where a mission's home is; None where it says none (0, 0)."""
    home = mission.items[0] if mission.items else None
    if home is None or (home.x, home.y) == (0, 0):
        return None
    return LonLat(from_e7(home.y), from_e7(home.x))


def route_of(mission: Mission, default_speed_mps: float, *, endless: bool = False) -> Route:
    """What ArduCopter makes of a mission, as waypoints with the speed, hold and camera of the way to each.

    It begins over home with the take-off (which ArduCopter flies straight up, wherever its item lies) and ends at the
    last waypoint before the return, landing or end of the mission. Jumps are taken as often as they say. A place of
    (0, 0) or an altitude of 0 means "as it is". Altitudes above sea level become above home where home's is known
    (not 0). Turns are twelve corners each; a spline is flown straight. Legs flown while the camera triggers are lanes.
    Not known here, and left out: delays until a time of day, conditions, and what scripts and guided commands do.

    Raises ``PlanError`` where a jump goes nowhere, where there is nothing to fly, and where the mission never ends
    (endless jump or loiter), unless ``endless`` asks for it once through.
    """
    walker = _Walker(mission, default_speed_mps)
    for index in _steps(mission.items, endless=endless):
        item = mission.items[index]
        if item.command == Command.NAV_LOITER_UNLIM and not endless:
            raise PlanError(
                "The mission stays there without end.", about=_about(index, item), mend="Use a loiter with a time."
            )
        walker.take(item)
        if item.command in _ENDS:
            break
    if not walker.waypoints:
        raise PlanError("The mission flies nowhere: it has no take-off and no waypoint.", mend="Is it a fence?")
    return Route(tuple(walker.waypoints))


def _steps(items: tuple[MissionItem, ...], *, endless: bool) -> Iterator[int]:
    """The items in the order they run, jumps taken (``AP_Mission::get_next_cmd``)."""
    tags = {item.params[0]: index for index, item in enumerate(items) if item.command == _JUMP_TAG}
    taken: dict[int, int] = {}
    index = 1
    for _ in range(MOST_STEPS):
        if index >= len(items):
            return
        item = items[index]
        if item.command not in (Command.DO_JUMP, _DO_JUMP_TAG):
            yield index
            index += 1
            continue
        target = item.params[0] if item.command == Command.DO_JUMP else tags.get(item.params[0], 0)
        if not (math.isfinite(target) and target == int(target) and 1 <= target < len(items)):
            raise PlanError(
                f"The jump goes to item {target:g}, and there is none.",
                about=_about(index, item),
                mend="Jump to an item after home.",
            )
        times = item.params[1]
        if times < 0 and not endless:
            raise PlanError("The mission jumps without end.", about=_about(index, item), mend="Say how often it jumps.")
        if taken.get(index, 0) < times:
            taken[index] = taken.get(index, 0) + 1
            index = int(target)
        else:
            index += 1
    raise PlanError(f"The mission makes more than {MOST_STEPS} steps.", mend="Jump less often.")


def _about(index: int, item: MissionItem) -> str:
    return f"item {index} ({name_of(item)})"


@dataclass
class _Walker:
    """Where the drone is after each item, and how it flies on."""

    mission: Mission
    speed_mps: float
    looks: bool = False
    waypoints: list[Waypoint] = field(default_factory=list)

    def take(self, item: MissionItem) -> None:
        """Fly or do one item."""
        act = _ACTS.get(item.command)
        if act is not None:
            act(self, item)

    def fly_to(self, item: MissionItem, *, hold_s: float = 0.0) -> None:
        """To an item's place and altitude."""
        self.add(self._place(item), self._altitude(item), hold_s=hold_s)

    def take_off(self, item: MissionItem) -> None:
        """Straight up from where the drone stands."""
        self.add(self._here(item), self._altitude(item))

    def land(self, item: MissionItem) -> None:
        """To where it lands, at the height it has; without a place, here."""
        if self.waypoints and (item.x, item.y) != (0, 0):
            self.add(self._place(item), self.waypoints[-1].altitude)

    def climb(self, item: MissionItem) -> None:
        """To another altitude over the same place."""
        self.add(self._here(item), self._altitude(item))

    def stay(self, seconds: float) -> None:
        """Longer at the last waypoint."""
        if self.waypoints and math.isfinite(seconds) and seconds > 0:
            last = self.waypoints[-1]
            self.waypoints[-1] = replace(last, hold_s=last.hold_s + seconds)

    def circle(self, item: MissionItem) -> None:
        """Around an item's place: parameter 1 turns, parameter 3 radius (below zero: counter-clockwise)."""
        centre, altitude = self._place(item), self._altitude(item)
        radius = abs(item.params[2]) or CIRCLE_RADIUS_M
        before = self.waypoints[-1].position if self.waypoints else centre
        bearing = float(WGS84.inv(centre.lon, centre.lat, before.lon, before.lat)[0])
        step = math.copysign(360 / _CORNERS_A_TURN, item.params[2] or 1.0)
        speed = self.speed_mps
        count = min(math.ceil(max(item.params[0], 0.0) * _CORNERS_A_TURN), MOST_STEPS)
        for corner in range(count + 1):
            lon, lat, _ = WGS84.fwd(centre.lon, centre.lat, bearing + corner * step, radius)
            self.add(LonLat(float(lon), float(lat)), altitude)
            self.speed_mps = min(speed, radius * math.radians(CIRCLE_RATE_DEG_S))
        self.speed_mps = speed

    def add(self, position: LonLat, altitude: Altitude, *, hold_s: float = 0.0) -> None:
        """One waypoint, reached with the speed and camera of now."""
        leg = Leg.LANE if self.looks and self.waypoints else Leg.TRANSIT
        self.waypoints.append(Waypoint(position, altitude, self.speed_mps, leg, max(hold_s, 0.0)))

    def change_speed(self, item: MissionItem) -> None:
        """Types 0 and 1 are over the ground to a copter; a speed of zero or less changes nothing."""
        if item.params[0] in (0.0, 1.0) and item.params[1] > 0:
            self.speed_mps = item.params[1]

    def trigger(self, *, on: bool) -> None:
        """Camera on or off."""
        self.looks = on

    def _here(self, item: MissionItem) -> LonLat:
        if self.waypoints:
            return self.waypoints[-1].position
        return home_of(self.mission) or self._first_place(item)

    def _first_place(self, item: MissionItem) -> LonLat:
        """Without a home, the drone starts where its mission first goes."""
        for other in (item, *self.mission.items):
            if is_navigation(other.command) and (other.x, other.y) != (0, 0):
                return LonLat(from_e7(other.y), from_e7(other.x))
        raise PlanError("The mission says no place at all.", mend="Give it a home or a waypoint.")

    def _place(self, item: MissionItem) -> LonLat:
        return LonLat(from_e7(item.y), from_e7(item.x)) if (item.x, item.y) != (0, 0) else self._here(item)

    def _altitude(self, item: MissionItem) -> Altitude:
        if item.z == 0 and self.waypoints:
            return self.waypoints[-1].altitude
        if item.frame in (Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT):
            return Altitude.home(item.z)
        if item.frame in (Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT):
            return Altitude.agl(item.z)
        home_m = self.mission.items[0].z
        return Altitude(item.z - home_m, AltitudeReference.HOME) if home_m else Altitude.amsl(item.z)


_ENDS = frozenset({Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND, Command.NAV_LOITER_UNLIM, 85})

_ACTS: dict[int, Callable[[_Walker, MissionItem], None]] = {
    int(Command.NAV_TAKEOFF): _Walker.take_off,
    84: _Walker.take_off,
    int(Command.NAV_WAYPOINT): lambda walker, item: walker.fly_to(item, hold_s=item.params[0]),
    82: lambda walker, item: walker.fly_to(item, hold_s=item.params[0]),
    int(Command.NAV_LOITER_TIME): lambda walker, item: walker.fly_to(item, hold_s=item.params[0]),
    int(Command.NAV_LOITER_UNLIM): _Walker.fly_to,
    int(Command.NAV_LOITER_TURNS): _Walker.circle,
    31: _Walker.fly_to,
    94: _Walker.fly_to,
    30: _Walker.climb,
    int(Command.NAV_LAND): _Walker.land,
    85: _Walker.land,
    int(Command.NAV_DELAY): lambda walker, item: walker.stay(item.params[0]),
    int(Command.DO_CHANGE_SPEED): _Walker.change_speed,
    int(Command.DO_SET_CAM_TRIGG_DIST): lambda walker, item: walker.trigger(on=item.params[0] > 0),
    _TRIGGER_INTERVAL: lambda walker, item: walker.trigger(on=item.params[0] > 0),
    _IMAGE_START: lambda walker, item: walker.trigger(on=item.params[2] == 0 and item.params[1] > 0),
    _IMAGE_STOP: lambda walker, _item: walker.trigger(on=False),
}
