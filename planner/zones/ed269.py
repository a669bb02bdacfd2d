"""ED-269 geo-awareness JSON as airspace zones: ``UASZoneList``, or the same zones under ``features``."""

from __future__ import annotations

from collections.abc import Iterator

from shapely import MultiPolygon, Polygon

from planner.geojson.geometry import polygon
from planner.site import Zone, ZoneKind
from planner.zones.circles import circle
from planner.zones.file import Found, tidy
from planner.zones.geozones import FREE, bounds, hours, metres_in, place, restriction
from planner.zones.json_path import Node


def is_ed269(value: object) -> bool:
    """Whether a decoded JSON value is ED-269: zones whose geometry is a list of volumes."""
    if not isinstance(value, dict):
        return False
    if "UASZoneList" in value:
        return True
    features = value.get("features")
    if not isinstance(features, list) or not features:
        return False
    return any(isinstance(one, dict) and isinstance(one.get("geometry"), list) for one in features)


def ed269_zones(value: object, source: str) -> Iterator[Found]:
    """The zones, one for each volume; raises ``FileFormatError`` or ``GeometryError`` with the path."""
    root = Node(value, source)
    zones = root["UASZoneList"] if "UASZoneList" in root.mapping() else root["features"]
    for zone in zones:
        yield from _volumes(zone)


def _volumes(node: Node) -> Iterator[Found]:
    given = node
    if not node["properties"].missing:
        given = Node({**node["properties"].mapping(), **node.mapping()}, node.source, node.path)
    identity = tidy(given["identifier"].text())
    name = "" if given["name"].missing else tidy(given["name"].text())
    word = restriction(given["restriction"])
    if word == FREE:
        yield Found(None, (f"{given.about} ({identity}): It restricts nothing and is left out.",))
        return
    applies = hours(given["applicability"], ("dailyPeriod", "schedule"))
    volumes = list(given["geometry"])
    if not volumes:
        raise given["geometry"].wrong("The zone has no geometry.")
    for number, volume in enumerate(volumes, 1):
        unit = metres_in(volume["uomDimensions"])
        floor, ceiling = bounds(
            volume["lowerLimit"],
            volume["lowerVerticalReference"],
            volume["upperLimit"],
            volume["upperVerticalReference"],
            unit,
        )
        zone = Zone(
            id=identity if len(volumes) == 1 else f"{identity}/{number}",
            kind=ZoneKind.AIRSPACE,
            shape=_shape(volume["horizontalProjection"], unit),
            name=name,
            floor=floor,
            ceiling=ceiling,
            hours=applies,
            category=word,
        )
        yield Found(zone)


def _shape(node: Node, unit: float) -> Polygon | MultiPolygon:
    kind = node["type"].text()
    if kind == "Circle":
        return circle(place(node["center"]), node["radius"].number() * unit, node.about)
    if kind == "Polygon":
        return polygon(node.mapping(), node.about)
    raise node["type"].wrong(f"{kind[:40]!r} is no shape of a zone.", "Known: Circle, Polygon.")
