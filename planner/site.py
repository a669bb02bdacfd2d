"""The place a patrol is about: what to watch, where rules hold, where drones start and may land."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

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
class Zone:
    """Where a rule holds, in WGS 84 degrees, between ``floor`` and ``ceiling`` (None: from the ground, without top)."""

    id: str
    kind: ZoneKind
    shape: Polygon | MultiPolygon
    name: str = ""
    floor: Altitude | None = None
    ceiling: Altitude | None = None

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

    def of_kind(self, kind: ZoneKind) -> tuple[Zone, ...]:
        """The zones of one kind, in their order."""
        return tuple(zone for zone in self.zones if zone.kind is kind)

    @property
    def extent(self) -> BaseGeometry:
        """What the work reaches: areas, launches, safe points, keep-in zones (not airspace, which may be vast)."""
        places = [launch.position for launch in self.launches] + [safe.position for safe in self.safe_points]
        points = [shapely.Point(place) for place in places]
        inside = [zone.shape for zone in self.of_kind(ZoneKind.KEEP_IN)]
        return shapely.GeometryCollection([*(area.shape for area in self.areas), *inside, *points])
