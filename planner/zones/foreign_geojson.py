"""GeoJSON as zones: ours (``kind``), or of any origin, where each polygon is taken as airspace."""

from __future__ import annotations

from collections.abc import Iterator

from planner.geojson import site_from_geojson
from planner.geojson.crs import refuse_other_crs
from planner.geojson.geometry import polygon
from planner.site import ZoneKind
from planner.zones.attributes import zone_of
from planner.zones.file import Found
from planner.zones.json_path import Node

POLYGONS = ("Polygon", "MultiPolygon")


def geojson_zones(value: object, source: str) -> Iterator[Found]:
    """The zones of a decoded GeoJSON value; what is drawn to be watched, and points and lines, are told and left out.

    Raises ``FileFormatError`` or ``GeometryError`` with the feature.
    """
    features = list(_features(Node(value, source)))
    if any(_kind(feature) in {kind.value for kind in ZoneKind} for feature in features):
        yield from _ours(value, source)
        return
    left = 0
    for number, feature in enumerate(features, 1):
        geometry, properties = feature["geometry"], feature["properties"]
        if geometry.missing or geometry["type"].value not in POLYGONS:
            left += 1
            continue
        refuse_other_crs(geometry.mapping(), geometry.about)
        attributes = {} if properties.missing else dict(properties.mapping())
        identity = feature["id"].value
        if isinstance(identity, str | int) and not isinstance(identity, bool):
            attributes.setdefault("id", identity)
        yield zone_of(polygon(geometry.mapping(), geometry.about), attributes, number=number, about=feature.about)
    if left:
        yield Found(None, (f"{source}: {left} features that are no polygons were left out.",))


def _ours(value: object, source: str) -> Iterator[Found]:
    site = site_from_geojson(value, source, needs_area=False)
    yield from (Found(zone) for zone in site.zones)
    others = len(site.watched) + len(site.launches) + len(site.safe_points)
    if others:
        yield Found(None, (f"{source}: {others} features that are no zones were left out.",))


def _features(root: Node) -> Iterator[Node]:
    refuse_other_crs(root.mapping(), root.about)
    kind = root["type"].value
    if kind == "FeatureCollection":
        yield from root["features"]
    elif kind == "Feature":
        yield root
    elif kind in POLYGONS:
        yield Node({"type": "Feature", "geometry": root.value, "properties": None}, root.source)
    else:
        raise root.wrong(
            "This JSON is neither ED-269, ED-318 nor GeoJSON with polygons.", "Export the zones as GeoJSON in WGS 84."
        )


def _kind(feature: Node) -> object:
    properties = feature["properties"]
    return None if properties.missing else properties["kind"].value
