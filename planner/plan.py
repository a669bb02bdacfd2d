"""The answer: sorties of routes of waypoints, what they will cost, what they will see, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from shapely import MultiPolygon, Polygon

from planner.patrol import Patrol
from planner.quantities import Altitude, LonLat
from planner.site import Launch


class Leg(Enum):
    """What the way to a waypoint is for."""

    TRANSIT = "transit"
    LANE = "lane"

    @property
    def looks(self) -> bool:
        """Whether the camera takes pictures on it."""
        return self is Leg.LANE


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place on a route; ``leg`` and ``speed_mps`` tell of the way that leads to it, ``hold_s`` the stay there.

    ``aim`` is the place on the ground that drone and camera point to on that way and during the stay; None: ahead, and
    straight down.
    """

    position: LonLat
    altitude: Altitude
    speed_mps: float
    leg: Leg = Leg.TRANSIT
    hold_s: float = 0.0
    aim: LonLat | None = None
    pitch_deg: float | None = None
    """The camera's pitch on the way to it, degrees: -90 straight down, 0 to the horizon; None: nothing is told."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way in the air, from over the launch to over the launch (both are waypoints of it)."""

    waypoints: tuple[Waypoint, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a sortie will take, from arming to disarming."""

    duration_s: float
    distance_m: float
    energy_wh: float
    battery_used: float
    """Share of a full battery, 1.0 is all of it."""
    leg_end_s: tuple[float, ...]
    """When each waypoint of the route is reached, seconds after arming."""
    return_wh: tuple[float, ...]
    """Energy to come home from each waypoint as the autopilot does, watt-hours, landing included."""
    used_wh: tuple[float, ...] = ()
    """Energy used when each waypoint of the route is reached, watt-hours."""


@dataclass(frozen=True, slots=True)
class Sortie:
    """One battery of one drone. ``number`` counts from 1."""

    number: int
    launch: Launch
    route: Route
    forecast: Forecast
    trigger_distance_m: float
    """Metres between two pictures in lanes."""


class Severity(Enum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"

    @property
    def blocks(self) -> bool:
        """Whether a plan with it may not be uploaded."""
        return self is Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    ``margin`` in ``unit`` is how much room is left (negative: how much is missing); None where there is no number.
    """

    rule: str
    severity: Severity
    sentence: str
    mend: str
    margin: float | None = None
    unit: str = ""
    place: LonLat | None = None
    sortie: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a patrol came to.

    ``space`` is where the drone may fly (WGS 84), ``keep_in`` the border the vehicle's fence is made of,
    ``derived_keep_in`` whether nobody drew that border. ``covered`` is the share of the areas (less what may not
    be entered or seen) within half a swath of a lane, None where the pattern covers nothing by its nature (an orbit, a
    watch, a way by hand). ``left_out_m`` is metres of wanted way that could not be flown; ``outside_m`` metres of route
    outside ``keep_in`` or inside a keep-out zone.
    """

    patrol: Patrol
    sorties: tuple[Sortie, ...]
    space: Polygon | MultiPolygon
    keep_in: Polygon | MultiPolygon
    derived_keep_in: bool
    covered: float | None
    outside_m: float
    findings: tuple[Finding, ...] = ()
    left_out_m: float = 0.0

    @property
    def is_blocked(self) -> bool:
        """Whether a finding forbids to upload it."""
        return any(finding.severity.blocks for finding in self.findings)

    @property
    def duration_s(self) -> float:
        """All sorties one after the other, seconds, without changes of battery."""
        return sum(sortie.forecast.duration_s for sortie in self.sorties)
