"""The place a patrol is about: what to watch, where rules hold, where drones start and may land."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import shapely
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from planner.hours import ALWAYS, Hours
from planner.quantities import Altitude, LonLat


class ZoneKind(Enum):
    """What rule a zone holds."""

    KEEP_IN = "keep_in"
    KEEP_OUT = "keep_out"
    NO_LOOK = "no_look"
    AIRSPACE = "airspace"

    @property
    def forbids_entry(self) -> bool:
        """Whether a drone may not fly inside."""
        return self in (ZoneKind.KEEP_OUT, ZoneKind.AIRSPACE)


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon to be watched, in WGS 84 degrees; concave, with holes, in one or several parts."""

    id: str
    shape: Polygon | MultiPolygon
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Corridor:
    """A line to be watched with what lies beside it: a road, a river, a border; WGS 84 degrees.

    ``width_m`` is the whole width, metres; None: the pattern's own.
    """

    id: str
    line: LineString | MultiLineString
    width_m: float | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Perimeter:
    """An outline to be flown along, as the polygon inside it, in WGS 84 degrees."""

    id: str
    shape: Polygon | MultiPolygon
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Point:
    """A place to be watched, visited, or to search around.

    Of a visit: what it is worth (``prize``), how long it takes (``stay_s``; None: as the pattern says), and between
    which times it may begin (``window_s``, seconds after the patrol's start; None: at any).
    """

    id: str
    position: LonLat
    name: str = ""
    prize: float = 1.0
    stay_s: float | None = None
    window_s: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class DrawnRoute:
    """A way drawn by hand, to be flown as it is, in WGS 84 degrees."""

    id: str
    line: LineString
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a rule holds, in WGS 84 degrees, between ``floor`` and ``ceiling`` (None: from the ground, without top).

    ``hours``: when it holds. ``category``: its class or type in the words of the file it came from ("D TMA").
    """

    id: str
    kind: ZoneKind
    shape: Polygon | MultiPolygon
    name: str = ""
    floor: Altitude | None = None
    ceiling: Altitude | None = None
    hours: Hours = ALWAYS
    category: str = ""

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Launch:
    """Where drones start and come home."""

    id: str
    position: LonLat
    name: str = ""


@dataclass(frozen=True, slots=True)
class SafePoint:
    """Where a drone may land instead (a MAVLink rally point), at this altitude above home when it returns there."""

    id: str
    position: LonLat
    altitude: Altitude | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that one ``areas.geojson`` holds."""

    areas: tuple[Area, ...]
    zones: tuple[Zone, ...] = ()
    launches: tuple[Launch, ...] = ()
    safe_points: tuple[SafePoint, ...] = ()
    source: str = field(default="", compare=False)
    corridors: tuple[Corridor, ...] = ()
    perimeters: tuple[Perimeter, ...] = ()
    points: tuple[Point, ...] = ()
    routes: tuple[DrawnRoute, ...] = ()
    resting: tuple[Zone, ...] = ()
    """Zones that do not hold at the hours of the patrol that the site is planned for."""

    @property
    def watched(self) -> tuple[Area | Corridor | Perimeter | Point | DrawnRoute, ...]:
        """All that is drawn to be watched."""
        return (*self.areas, *self.corridors, *self.perimeters, *self.points, *self.routes)

    def of_kind(self, kind: ZoneKind) -> tuple[Zone, ...]:
        """The zones of one kind, in their order."""
        return tuple(zone for zone in self.zones if zone.kind is kind)

    @property
    def extent(self) -> BaseGeometry:
        """What the work reaches: all to be watched, launches, safe points, keep-in zones (no airspace)."""
        places = [launch.position for launch in self.launches] + [safe.position for safe in self.safe_points]
        points = [shapely.Point(place) for place in places]
        inside = [zone.shape for zone in self.of_kind(ZoneKind.KEEP_IN)]
        points += [shapely.Point(point.position) for point in self.points]
        shapes = [*(area.shape for area in self.areas), *(perimeter.shape for perimeter in self.perimeters)]
        lines = [*(corridor.line for corridor in self.corridors), *(route.line for route in self.routes)]
        return shapely.GeometryCollection([*shapes, *lines, *inside, *points])
