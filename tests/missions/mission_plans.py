"""Plans built by hand, and a small reading of a mission, for the tests of this room."""

from __future__ import annotations

import numpy as np
from shapely import MultiPolygon, Polygon

from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.plan import Forecast, Leg, Plan, Route, Sortie, Waypoint
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone
from planner.vehicles import VehicleProfile

ALMATY = LonLat(76.9, 43.2)
FRAME = LocalFrame(ALMATY)
FORECAST = Forecast(0, 0, 0, 0, (), ())


def at(x: float, y: float) -> LonLat:
    """A place so many metres east and north of the launch."""
    return FRAME.point_to_lonlat((x, y))


def outline(*corners: tuple[float, float], holes: list[list[tuple[float, float]]] | None = None) -> Polygon:
    """A polygon of metres east and north of the launch, in degrees."""
    return FRAME.to_lonlat(Polygon(corners, holes))


def square(x: float, y: float, size: float) -> Polygon:
    """A square with its south-west corner there."""
    return outline((x, y), (x + size, y), (x + size, y + size), (x, y + size))


def circle(x: float, y: float, radius: float, vertices: int) -> Polygon:
    """A regular polygon."""
    angles = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    return FRAME.to_lonlat(Polygon(np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])))


def waypoint(x: float, y: float, leg: Leg = Leg.TRANSIT, **changes: object) -> Waypoint:
    """A waypoint at 60 m above ground and 10 m/s."""
    values: dict[str, object] = {"altitude": Altitude.agl(60.0), "speed_mps": 10.0, **changes}
    return Waypoint(at(x, y), leg=leg, **values)  # type: ignore[arg-type]


LANES = (
    waypoint(0, 0),
    waypoint(50, 0),
    waypoint(50, 300, Leg.LANE),
    waypoint(100, 300),
    waypoint(100, 0, Leg.LANE),
    waypoint(0, 0),
)


def plan(
    *waypoints: Waypoint,
    keep_in: Polygon | MultiPolygon | None = None,
    derived: bool = False,
    zones: tuple[Zone, ...] = (),
    safe_points: tuple[SafePoint, ...] = (),
    launch: LonLat = ALMATY,
    vehicle: VehicleProfile | None = None,
    trigger_m: float = 20.0,
) -> Plan:
    """A plan of one sortie; the keep-in border is a square of 500 m where none is given."""
    border = square(-100, -100, 500) if keep_in is None else keep_in
    start = Launch("launch", launch)
    site = Site((Area("area", square(0, 0, 300)),), zones, (start,), safe_points)
    patrol = Patrol("test", site, Sweep(), vehicle or VehicleProfile())
    sortie = Sortie(1, start, Route(tuple(waypoints or LANES)), FORECAST, trigger_m)
    return Plan(patrol, (sortie,), border, border, derived, 1.0, 0.0)
