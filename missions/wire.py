"""Degrees as MAVLink counts them, and fence and rally points as mission items and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from missions.items import Command, Fence, FenceCircle, FencePolygon, Frame, MissionItem, RallyPoint
from planner.errors import FileFormatError
from planner.quantities import LonLat

E7 = 10_000_000
"""MAVLink counts degrees in units of 1e-7, about 1.1 cm of latitude."""

HOME_FRAMES = (Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_RELATIVE_ALT_INT)
_PLACES = (*HOME_FRAMES, Frame.GLOBAL, Frame.GLOBAL_INT, Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT)

_VERTICES = {
    int(Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION): True,
    int(Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION): False,
}
_CIRCLES = {int(Command.NAV_FENCE_CIRCLE_INCLUSION): True, int(Command.NAV_FENCE_CIRCLE_EXCLUSION): False}


def to_e7(degrees: float) -> int:
    """Degrees in units of 1e-7, rounded to the nearest."""
    return round(degrees * E7)


def from_e7(count: int) -> float:
    """Units of 1e-7 as degrees; ``to_e7`` brings the same count back."""
    return count / E7


def written_degrees(count: int) -> float:
    """Degrees for a file: ``to_e7`` brings the same count back, and so does cutting instead of rounding.

    MAVProxy, Mission Planner and QGroundControl cut, which would move 43.239 (times 1e7 a hair less than 432390000) by
    a centimetre; a hundredth of a unit more does not.
    """
    degrees = from_e7(count)
    return degrees if int(degrees * E7) == count else (count + math.copysign(0.01, count)) / E7


def place_of(item: MissionItem) -> LonLat:
    """Where an item is, for a command that has a place."""
    return LonLat(from_e7(item.y), from_e7(item.x))


def fence_items(fence: Fence) -> tuple[MissionItem, ...]:
    """A fence as MISSION_ITEM_INT of mission type FENCE: each polygon's vertices in order, then circles.

    Parameter 1 is the polygon's number of vertices, or the circle's radius in metres (MAV_CMD 5001 to 5004); a return
    point (5000) comes first.
    """
    return tuple(_fence_items(fence))


def _fence_items(fence: Fence) -> Iterator[MissionItem]:
    if fence.return_point is not None:
        yield _at(fence.return_point, Command.NAV_FENCE_RETURN_POINT, 0.0)
    for polygon in fence.polygons:
        inclusion, exclusion = _VERTICES
        for vertex in polygon.vertices:
            yield _at(vertex, inclusion if polygon.inclusion else exclusion, float(len(polygon.vertices)))
    for circle in fence.circles:
        inclusion, exclusion = _CIRCLES
        yield _at(circle.centre, inclusion if circle.inclusion else exclusion, circle.radius_m)


def _at(place: LonLat, command: int, param1: float) -> MissionItem:
    return MissionItem(command, Frame.GLOBAL, (param1, 0.0, 0.0, 0.0), to_e7(place.lat), to_e7(place.lon))


def fence_from_items(items: Sequence[MissionItem]) -> Fence:
    """The fence that such items say, counted from 0 in what an error is about.

    Raises ``FileFormatError`` for another command, a polygon with fewer than three vertices or not as many as it
    says, a radius that is not above zero, or a second return point.
    """
    polygons: list[FencePolygon] = []
    circles: list[FenceCircle] = []
    return_point: LonLat | None = None
    index = 0
    while index < len(items):
        item = items[index]
        _check_place(item, index, "fence")
        if item.command in _VERTICES:
            polygon = _polygon(items, index)
            polygons.append(polygon)
            index += len(polygon.vertices)
            continue
        if item.command in _CIRCLES:
            if not (math.isfinite(item.params[0]) and item.params[0] > 0):
                raise _wrong("fence", index, f"A fence circle needs a radius above zero, not {item.params[0]:g} m.")
            circles.append(FenceCircle(place_of(item), item.params[0], _CIRCLES[item.command]))
        elif item.command == Command.NAV_FENCE_RETURN_POINT:
            if return_point is not None:
                raise _wrong("fence", index, "A fence has one return point, and this is the second.")
            return_point = place_of(item)
        else:
            raise _wrong("fence", index, f"Command {item.command} is no part of a fence (5000 to 5004 are).")
        index += 1
    return Fence(tuple(polygons), tuple(circles), return_point)


def _polygon(items: Sequence[MissionItem], start: int) -> FencePolygon:
    first = items[start]
    count = first.params[0]
    if not (count >= 3 and count == int(count)):
        raise _wrong("fence", start, f"A fence polygon has three vertices or more, not {count:g}.")
    vertices = items[start : start + int(count)]
    for offset, vertex in enumerate(vertices):
        _check_place(vertex, start + offset, "fence")
        if vertex.command != first.command or vertex.params[0] != count:
            raise _wrong("fence", start + offset, f"The fence polygon of {count:g} vertices breaks off after {offset}.")
    if len(vertices) < count:
        end = start + len(vertices) - 1
        raise _wrong("fence", end, f"The fence polygon of {count:g} vertices ends after {len(vertices)}.")
    return FencePolygon(tuple(place_of(vertex) for vertex in vertices), _VERTICES[first.command])


def rally_items(points: Iterable[RallyPoint]) -> tuple[MissionItem, ...]:
    """Rally points as MISSION_ITEM_INT of mission type RALLY, metres above home."""
    return tuple(
        MissionItem(
            Command.NAV_RALLY_POINT,
            Frame.GLOBAL_RELATIVE_ALT,
            x=to_e7(point.position.lat),
            y=to_e7(point.position.lon),
            z=point.altitude_home_m,
        )
        for point in points
    )


def rally_from_items(items: Sequence[MissionItem]) -> tuple[RallyPoint, ...]:
    """The rally points that such items say, counted from 0 in what an error is about.

    Raises ``FileFormatError`` for another command, or an altitude that is not above home.
    """
    points = []
    for index, item in enumerate(items):
        _check_place(item, index, "rally")
        if item.command != Command.NAV_RALLY_POINT:
            raise _wrong("rally", index, f"Command {item.command} is no rally point (5100 is).")
        if item.frame not in HOME_FRAMES:
            raise _wrong(
                "rally", index, f"A rally point's altitude must be above home (frame 3), not in frame {item.frame}."
            )
        points.append(RallyPoint(place_of(item), item.z))
    return tuple(points)


def _check_place(item: MissionItem, index: int, what: str) -> None:
    if item.frame not in _PLACES:
        raise _wrong(what, index, f"Frame {item.frame} is no place on the globe.")
    if not (abs(item.x) <= 90 * E7 and abs(item.y) <= 180 * E7):
        raise _wrong(what, index, f"{place_of(item)} is no place on the globe.")


def _wrong(what: str, index: int, sentence: str) -> FileFormatError:
    return FileFormatError(sentence, about=f"{what} item {index}")
