"""A site as one GeoJSON FeatureCollection (RFC 7946)."""

from __future__ import annotations

from collections.abc import Mapping

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from planner.geojson.points import visit_properties
from planner.hours import hours_to_json
from planner.quantities import Altitude, LonLat
from planner.site import Site


def site_to_geojson(site: Site) -> dict[str, object]:
    """A FeatureCollection that ``site_from_geojson`` reads as an equal site; ready for ``json.dumps``."""
    features: list[dict[str, object]] = []
    for area in site.areas:
        features.append(_feature(area.id, "area", area.name, _shape(area.shape)))
    for corridor in site.corridors:
        width = {} if corridor.width_m is None else {"width_m": corridor.width_m}
        features.append(_feature(corridor.id, "corridor", corridor.name, _shape(corridor.line), extra=width))
    for perimeter in site.perimeters:
        features.append(_feature(perimeter.id, "perimeter", perimeter.name, _shape(perimeter.shape)))
    for point in site.points:
        told = visit_properties(point)
        features.append(_feature(point.id, "point", point.name, _point(point.position), extra=told))
    for route in site.routes:
        features.append(_feature(route.id, "route", route.name, _shape(route.line)))
    for zone in site.zones:
        heights = {"floor": zone.floor, "ceiling": zone.ceiling}
        extra: dict[str, object] = {"category": zone.category} if zone.category else {}
        if zone.hours.periods:
            extra["hours"] = hours_to_json(zone.hours)
        features.append(_feature(zone.id, zone.kind.value, zone.name, _shape(zone.shape), heights, extra=extra))
    for launch in site.launches:
        features.append(_feature(launch.id, "launch", launch.name, _point(launch.position)))
    for safe in site.safe_points:
        heights = {"altitude": safe.altitude}
        features.append(_feature(safe.id, "safe_point", safe.name, _point(safe.position), heights))
    return {"type": "FeatureCollection", "features": features}


def _feature(
    identity: str,
    kind: str,
    name: str,
    geometry: dict[str, object],
    heights: Mapping[str, Altitude | None] | None = None,
    *,
    extra: Mapping[str, object] | None = None,
) -> dict[str, object]:
    properties: dict[str, object] = {"id": identity, "kind": kind}
    if name:
        properties["name"] = name
    for key, height in (heights or {}).items():
        if height is not None:
            properties[key] = {"metres": height.metres, "reference": height.reference.value}
    properties.update(extra or {})
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _shape(shape: BaseGeometry) -> dict[str, object]:
    found = mapping(shape)
    return {"type": found["type"], "coordinates": _lists(found["coordinates"])}


def _point(place: LonLat) -> dict[str, object]:
    return {"type": "Point", "coordinates": [place.lon, place.lat]}


def _lists(value: object) -> object:
    """Tuples as lists, so that the result equals what JSON gives back."""
    return [_lists(item) for item in value] if isinstance(value, tuple | list) else value
