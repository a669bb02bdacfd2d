"""QGroundControl's landing patterns of planes and quadplanes as the items that it makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from missions.fields import Field
from missions.items import Command, Frame, MissionItem
from missions.wire import to_e7
from planner.quantities import LonLat

LANDINGS = {"fwLandingPattern": Command.NAV_LAND, "vtolLandingPattern": Command.NAV_VTOL_LAND}
"""The kinds of pattern, and the command that each ends with."""

_LAND_START, _STOP_PICTURES, _STOP_VIDEO = 189, 2001, 2501


def landing_items(field: Field, kind: str) -> Iterator[MissionItem]:
    """The start of the landing, the camera's end, the way down (a circle or a waypoint), the landing.

    Raises ``FileFormatError`` for what is missing, and where the two heights have different references.
    """
    frame = Frame.GLOBAL_RELATIVE_ALT if _is_relative(field) else Frame.GLOBAL
    key = "landingApproachCoordinate" if field.has("landingApproachCoordinate") else "loiterCoordinate"
    yield MissionItem(_LAND_START)
    if field.has("stopTakingPhotos") and field["stopTakingPhotos"].flag():
        yield MissionItem(Command.DO_SET_CAM_TRIGG_DIST)
        yield MissionItem(_STOP_PICTURES)
    if field.has("stopVideoPhotos") and field["stopVideoPhotos"].flag():
        yield MissionItem(_STOP_VIDEO)
    approach, land = _place(field[key]), _place(field["landCoordinate"])
    if field["useLoiterToAlt"].flag() if field.has("useLoiterToAlt") else True:
        radius = field["loiterRadius"].number() * (1 if field["loiterClockwise"].flag() else -1)
        yield _at(Command.NAV_LOITER_TO_ALT, frame, (1.0, radius, 0.0, 1.0), approach)
    else:
        yield _at(Command.NAV_WAYPOINT, frame, (0.0, 0.0, 0.0, math.nan), approach)
    yaw = math.nan if LANDINGS[kind] is Command.NAV_VTOL_LAND else 0.0
    yield _at(LANDINGS[kind], frame, (0.0, 0.0, 0.0, yaw), land)


def _is_relative(field: Field) -> bool:
    """Whether heights are above home; the first version said it of each of the two."""
    if field.has("altitudesAreRelative"):
        return field["altitudesAreRelative"].flag()
    loiter, land = field["loiterAltitudeRelative"], field["landAltitudeRelative"]
    if loiter.flag() != land.flag():
        raise land.error("The circle and the landing have heights from different references.")
    return land.flag()


def _place(field: Field) -> tuple[LonLat, float]:
    altitude = field.numbers(3, 3)[2]
    if not abs(altitude) < 1e6:
        raise field.error("This place needs an altitude.")
    return field.place(), altitude


def _at(
    command: int, frame: Frame, params: tuple[float, float, float, float], where: tuple[LonLat, float]
) -> MissionItem:
    place, z = where
    return MissionItem(command, frame, params, to_e7(place.lat), to_e7(place.lon), z)
