"""What the autopilot is told: the mission's items, its fence and rally points, exactly as they go to the vehicle."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from missions.items import Command, FenceCircle, Mission, MissionItem
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from qyran.maps import words
from qyran.maps.features import Feature, Layer, Style, dot, shape

INSIDE_STYLE: Style = {"color": "#111111", "weight": 1.5, "fill": False, "dashArray": "1 4"}
OUTSIDE_STYLE: Style = {
    "color": "#111111",
    "weight": 1.5,
    "dashArray": "1 4",
    "fillColor": "#111111",
    "fillOpacity": 0.08,
}
ITEM_COLOUR = "#111111"
RALLY_COLOUR = "#2f7d4f"


def mission_layer(mission: Mission, *, show: bool) -> Layer:
    """Items that are a place, fence polygons and circles, rally points."""
    features: list[Feature] = []
    for polygon in mission.fence.polygons:
        features.append(_fence(shapely.Polygon(polygon.vertices), inclusion=polygon.inclusion))
    for circle in mission.fence.circles:
        features.append(_fence(_disc(circle), inclusion=circle.inclusion))
    places = [(number, item, _place_of(item)) for number, item in enumerate(mission.items)]
    features += [
        dot(place, ITEM_COLOUR, _item_words(number, item), radius=3.0) for number, item, place in places if place
    ]
    for rally in mission.rally:
        features.append(dot(rally.position, RALLY_COLOUR, [words.RALLY.format(altitude=rally.altitude_home_m)]))
    return Layer("mission", words.MISSION, features, show)


def _place_of(item: MissionItem) -> LonLat | None:
    """Where an item is; None where its frame is no place or it stays where the vehicle is (0, 0)."""
    if item.frame not in words.ITEM_ALTITUDES or (item.x == 0 and item.y == 0):
        return None
    return LonLat(item.y / 1e7, item.x / 1e7)


def _item_words(number: int, item: MissionItem) -> list[str]:
    known = item.command in Command.__members__.values()
    command = Command(item.command).name if known else f"MAV_CMD {item.command}"
    altitude = words.ITEM_ALTITUDES[item.frame].format(z=item.z)
    return [words.ITEM.format(number=number, command=command), altitude]


def _fence(geometry: BaseGeometry, *, inclusion: bool) -> Feature:
    if inclusion:
        return shape(geometry, INSIDE_STYLE, [words.FENCE_IN])
    return shape(geometry, OUTSIDE_STYLE, [words.FENCE_OUT])


def _disc(circle: FenceCircle) -> BaseGeometry:
    frame = LocalFrame(circle.centre)
    return frame.to_lonlat(shapely.Point(0, 0).buffer(circle.radius_m, quad_segs=16))
