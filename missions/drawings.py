"""What is drawn in a file without being told to an autopilot: places, ways and outlines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Point, Polygon

from missions.items import Command, Frame, Mission, MissionItem
from missions.plan_items import UNKNOWN_HOME
from missions.storage import HIGHEST_M, storable_altitude
from missions.wire import to_e7
from planner.errors import SettingError
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.site import Zone

Shape = Point | LineString | Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Drawing:
    """A shape in WGS 84 degrees (longitude first), without heights.

    ``altitudes`` are those of a way's points where its file says them and what they are measured from; else None.
    ``zone`` is the zone that an outline is, where its file says so.
    """

    shape: Shape
    name: str = ""
    altitudes: tuple[Altitude, ...] | None = None
    zone: Zone | None = None

    @property
    def places(self) -> tuple[LonLat, ...]:
        """The points of a place or way; the corners of an outline with its holes."""
        return tuple(LonLat(*pair) for pair in shapely.get_coordinates(self.shape).tolist())


_FRAMES = {
    AltitudeReference.AGL: Frame.GLOBAL_TERRAIN_ALT,
    AltitudeReference.AMSL: Frame.GLOBAL,
    AltitudeReference.HOME: Frame.GLOBAL_RELATIVE_ALT,
}


def counted(count: int, one: str, several: str = "") -> str:
    """A number of things in words."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def ways(drawings: Sequence[Drawing]) -> tuple[Drawing, ...]:
    """Those of the drawings that are ways."""
    return tuple(drawing for drawing in drawings if isinstance(drawing.shape, LineString))


def mission_along(drawings: Sequence[Drawing], altitude: Altitude | None, about: str) -> Mission:
    """The one drawn way as waypoints, without take-off and return, home unknown.

    ``altitude`` is that of every waypoint; None takes what the file says, and refuses where it says none. Raises
    ``SettingError``.
    """
    found = ways(drawings)
    if len(found) != 1:
        names = ", ".join(f"“{way.name}”" for way in found[:5] if way.name)
        raise SettingError(
            f"There are {len(found)} ways in it{f' ({names})' if names else ''}; a mission is one.",
            about=about,
            mend="Keep one way, or write it as .geojson and plan it with qyran plan.",
        )
    way = found[0]
    altitudes = (altitude,) * len(way.places) if altitude is not None else way.altitudes
    if altitudes is None:
        raise SettingError(
            "The way does not say how high to fly.", about=about, mend='Give it with --altitude "60 m HOME".'
        )
    items = (_waypoint(place, height, about) for place, height in zip(way.places, altitudes, strict=True))
    return Mission((UNKNOWN_HOME, *items))


def _waypoint(place: LonLat, altitude: Altitude, about: str) -> MissionItem:
    z = storable_altitude(altitude.metres)
    if z == 0 or not math.isfinite(z) or abs(z) >= HIGHEST_M:
        raise SettingError(f"An autopilot cannot be told an altitude of {altitude}.", about=about)
    return MissionItem(Command.NAV_WAYPOINT, _FRAMES[altitude.reference], x=to_e7(place.lat), y=to_e7(place.lon), z=z)
