"""The answer: sorties of routes of waypoints, what they will cost, what they will see, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from shapely import MultiPolygon, Polygon

from planner.patrol import Patrol
from planner.quantities import Altitude, LonLat
from planner.shifts import LapsReport, RelayReport, VisitReport
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
class Visit:
    """A drone comes to a place: ``at_s`` seconds after the patrol's start, in its round number ``lap`` (from 1)."""

    place: str
    at_s: float
    lap: int = 1


@dataclass(frozen=True, slots=True)
class Sortie:
    """One battery of one drone. ``number`` counts from 1 through all drones' sorties, drone by drone."""

    number: int
    launch: Launch
    route: Route
    forecast: Forecast
    trigger_distance_m: float
    """Metres between two pictures in lanes."""
    drone: int = 1
    """Which drone flies it, from 1."""
    starts_s: float = 0.0
    """When it is armed, seconds after the patrol's start."""
    raised_m: float = 0.0
    """How much higher than the pattern's altitude it flies, to be apart from other drones."""
    battery: int | None = None
    """Which of the launch's batteries it flies with, from 1, where their number is planned (relay)."""
    visits: tuple[Visit, ...] = ()
    """The places it comes to, where the patrol goes to places by turns (laps, relay, visit)."""

    @property
    def ends_s(self) -> float:
        """When it is disarmed, seconds after the patrol's start."""
        return self.starts_s + self.forecast.duration_s


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
    shift: LapsReport | RelayReport | VisitReport | None = None
    """What laps, a relay or visits come to."""

    @property
    def is_blocked(self) -> bool:
        """Whether a finding forbids to upload it."""
        return any(finding.severity.blocks for finding in self.findings)

    @property
    def duration_s(self) -> float:
        """All sorties one after the other, seconds, without changes of battery."""
        return sum(sortie.forecast.duration_s for sortie in self.sorties)

    @property
    def drones(self) -> tuple[int, ...]:
        """The numbers of the drones that fly."""
        return tuple(sorted({sortie.drone for sortie in self.sorties}))

    @property
    def ends_s(self) -> float:
        """When the last drone is back, seconds after the patrol's start."""
        return max((sortie.ends_s for sortie in self.sorties), default=0.0)

    @property
    def imbalance(self) -> float:
        """How much longer the drone that flies longest flies than they do in the mean, 0.05 is 5 %."""
        flown = [sum(one.forecast.duration_s for one in self.sorties if one.drone == drone) for drone in self.drones]
        return max(flown) / (sum(flown) / len(flown)) - 1.0 if flown else 0.0
