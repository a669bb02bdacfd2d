"""What the autopilot is told: mission items, fence, rally points, as MAVLink numbers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from planner.quantities import LonLat


class Command(IntEnum):
    """The MAV_CMD values Qyran compiles; any other number may stand in a mission that was read."""

    NAV_WAYPOINT = 16
    NAV_LOITER_UNLIM = 17
    NAV_LOITER_TURNS = 18
    NAV_LOITER_TIME = 19
    NAV_RETURN_TO_LAUNCH = 20
    NAV_LAND = 21
    NAV_TAKEOFF = 22
    NAV_LOITER_TO_ALT = 31
    NAV_SPLINE_WAYPOINT = 82
    NAV_VTOL_TAKEOFF = 84
    NAV_VTOL_LAND = 85
    NAV_DELAY = 93
    CONDITION_DELAY = 112
    CONDITION_YAW = 115
    DO_JUMP = 177
    DO_CHANGE_SPEED = 178
    DO_SET_ROI_LOCATION = 195
    DO_SET_ROI_NONE = 197
    DO_SET_ROI = 201
    DO_SET_CAM_TRIGG_DIST = 206
    JUMP_TAG = 600
    DO_JUMP_TAG = 601
    DO_GIMBAL_MANAGER_PITCHYAW = 1000
    NAV_FENCE_RETURN_POINT = 5000
    NAV_FENCE_POLYGON_VERTEX_INCLUSION = 5001
    NAV_FENCE_POLYGON_VERTEX_EXCLUSION = 5002
    NAV_FENCE_CIRCLE_INCLUSION = 5003
    NAV_FENCE_CIRCLE_EXCLUSION = 5004
    NAV_RALLY_POINT = 5100


class Frame(IntEnum):
    """The MAV_FRAME values whose x and y are 1e-7 degrees in the INT messages, and MISSION."""

    GLOBAL = 0
    """z is metres above mean sea level."""
    MISSION = 2
    """Not a place."""
    GLOBAL_RELATIVE_ALT = 3
    """z is metres above home."""
    GLOBAL_INT = 5
    """As GLOBAL."""
    GLOBAL_RELATIVE_ALT_INT = 6
    """As GLOBAL_RELATIVE_ALT."""
    GLOBAL_TERRAIN_ALT = 10
    """z is metres above ground."""
    GLOBAL_TERRAIN_ALT_INT = 11
    """As GLOBAL_TERRAIN_ALT."""


@dataclass(frozen=True, slots=True)
class MissionItem:
    """One MISSION_ITEM_INT without its number and addressee.

    ``x`` is latitude and ``y`` longitude in 1e-7 degrees where the frame is a place, else the raw parameters 5 and 6;
    ``z`` metres in the frame's reference (float32 on the wire). ``params`` are parameters 1 to 4 (float32 on the wire;
    NaN means "leave as it is").
    """

    command: int
    frame: int = Frame.MISSION
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: bool = True


@dataclass(frozen=True, slots=True)
class FencePolygon:
    """A fence polygon, its vertices in order, not closed; the drone stays inside (``inclusion``) or outside."""

    vertices: tuple[LonLat, ...]
    inclusion: bool


@dataclass(frozen=True, slots=True)
class FenceCircle:
    """A fence circle, radius in metres."""

    centre: LonLat
    radius_m: float
    inclusion: bool


@dataclass(frozen=True, slots=True)
class Fence:
    """All polygons and circles of a vehicle's fence; ``return_point`` is only for planes."""

    polygons: tuple[FencePolygon, ...] = ()
    circles: tuple[FenceCircle, ...] = ()
    return_point: LonLat | None = None


@dataclass(frozen=True, slots=True)
class RallyPoint:
    """A place to return to; altitude in metres above home."""

    position: LonLat
    altitude_home_m: float


@dataclass(frozen=True, slots=True)
class KeptItem:
    """A complex item of a plan file as its JSON, and the items that it stands for, from number ``first`` on."""

    first: int
    items: tuple[MissionItem, ...]
    json: str


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """What a plan file says beside what an autopilot is told; it stands in that file again when it is written back.

    ``settings`` is the JSON of its own keys of the mission, such as the kind of vehicle and its speeds.
    """

    complex: tuple[KeptItem, ...] = ()
    settings: str = "{}"


@dataclass(frozen=True, slots=True)
class Mission:
    """A sortie as the autopilot takes it. ``items[0]`` is home, as ArduPilot counts.

    ``kept`` is what the plan file it came from says besides; it makes no difference between two missions.
    """

    items: tuple[MissionItem, ...]
    fence: Fence = field(default_factory=Fence)
    rally: tuple[RallyPoint, ...] = ()
    kept: KeptPlan | None = field(default=None, compare=False, repr=False)
