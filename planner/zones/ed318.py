"""ED-318 geo-zones (GeoJSON with layers) in, and out as they came in: members unknown here are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping

from planner.errors import InputError, SettingError
from planner.files import write_atomically
from planner.geojson.geometry import polygon
from planner.geojson.text import read_json
from planner.hours import WEEKDAYS, Period
from planner.quantities import Altitude, AltitudeReference
from planner.site import Zone, ZoneKind
from planner.zones.circles import circle
from planner.zones.file import Found, ZoneFile, tidy, zone_file
from planner.zones.geozones import FREE, bounds, hours, metres_in, place, restriction
from planner.zones.json_path import Node

LANGUAGES = ("en", "ru", "kk")
"""Which of a name's texts is taken first."""

TYPES = ("USPACE", "PROHIBITED", "REQ_AUTHORIZATION", "CONDITIONAL")

NO_TOP_M = 99999


@dataclass(frozen=True, slots=True)
class Ed318:
    """An ED-318 document: its JSON value as it came in, and its zones."""

    value: Mapping[str, object]
    file: ZoneFile

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones, one for each layer; those that restrict nothing are left out."""
        return self.file.zones


def is_ed318(value: object) -> bool:
    """Whether a decoded JSON value is ED-318: GeoJSON whose geometries have layers, or whose features are UAS zones."""
    if not isinstance(value, dict) or value.get("type") != "FeatureCollection":
        return False
    features = value.get("features")
    return isinstance(features, list) and any(isinstance(one, dict) and _is_geozone(one) for one in features)


def read_ed318(path: Path | str) -> Ed318:
    """The document in a file. Raises ``FileFormatError`` or ``GeometryError`` with file and path."""
    value = read_json(Path(path))
    if not is_ed318(value):
        raise Node(value, str(path)).wrong("This is not ED-318: no feature has a layer of heights.")
    return Ed318(Node(value, str(path)).mapping(), zone_file(ed318_zones(value, str(path))))


def ed318_zones(value: object, source: str) -> Iterator[Found]:
    """The zones, one for each layer; raises ``FileFormatError`` or ``GeometryError`` with the path."""
    for feature in Node(value, source)["features"]:
        given = feature["properties"]
        identity = tidy(given["identifier"].text())
        word = restriction(given["type"])
        if word == FREE:
            yield Found(None, (f"{feature.about} ({identity}): It restricts nothing and is left out.",))
            continue
        applies = hours(given["limitedApplicability"], ("schedule",))
        layers = _layers(feature["geometry"])
        for number, node in enumerate(layers, 1):
            layer = node["layer"]
            if layer.missing:
                raise node.wrong("The geometry has no layer.", "Give it lower, upper, their references and uom.")
            unit = metres_in(layer["uom"])
            floor, ceiling = bounds(
                layer["lower"], layer["lowerReference"], layer["upper"], layer["upperReference"], unit
            )
            zone = Zone(
                id=identity if len(layers) == 1 else f"{identity}/{number}",
                kind=ZoneKind.AIRSPACE,
                shape=_shape(node),
                name=_name(given["name"]),
                floor=floor,
                ceiling=ceiling,
                hours=applies,
                category=word,
            )
            yield Found(zone)


def write_ed318(what: Ed318 | Iterable[Zone], path: Path | str, *, country: str | None = None) -> None:
    """Write a document with all that it came with, or zones as a new one; whole, or not at all.

    ``country`` (three letters, ISO 3166) is needed for zones. Raises ``InputError`` where the file cannot be written,
    ``SettingError`` where a zone cannot be said in ED-318.
    """
    if isinstance(what, Ed318):
        value = what.value
    else:
        if country is None or not (len(country) == 3 and country.isascii() and country.isalpha()):
            raise SettingError("ED-318 asks for the country of each zone.", mend="Give three letters, such as KAZ.")
        features = [_feature(zone, country.upper()) for zone in what]
        value = {"type": "FeatureCollection", "features": features}
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
        if not _is_unicode(text):
            text = json.dumps(value, indent=1, allow_nan=False)
    except ValueError as error:
        raise InputError(f"The document cannot be written: {error}.", about=str(path)) from error
    write_atomically(path, text + "\n")


def _is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8; JSON may hold halves of characters, as escapes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_geozone(feature: Mapping[str, object]) -> bool:
    geometry, properties = feature.get("geometry"), feature.get("properties")
    if isinstance(geometry, dict):
        parts = geometry.get("geometries")
        inner = parts if isinstance(parts, list) else [geometry]
        if any(isinstance(part, dict) and "layer" in part for part in inner):
            return True
    return isinstance(properties, dict) and {"identifier", "country", "type", "variant"} <= set(properties)


def _layers(node: Node) -> list[Node]:
    """The geometries with a layer each: the members of a collection, or the geometry itself."""
    if node["type"].text() != "GeometryCollection":
        return [node]
    layers = list(node["geometries"])
    if not layers:
        raise node.wrong("The collection of geometries is empty.")
    return layers


def _shape(node: Node) -> Polygon | MultiPolygon:
    kind = node["type"].text()
    if kind in ("Polygon", "MultiPolygon"):
        return polygon(node.mapping(), node.about)
    extent = node["extent"]
    if kind == "Point" and not extent.missing and extent["subType"].word() == "CIRCLE":
        return circle(place(node["coordinates"]), extent["radius"].number(), node.about)
    raise node.wrong(f"A {kind[:40]} is no shape of a zone.", "Known: Polygon, and Point with an extent (Circle).")


def _name(node: Node) -> str:
    """The name in the first language that is there, or as it stands."""
    if node.missing:
        return ""
    if isinstance(node.value, str):
        return tidy(node.value)
    texts = [("" if one["lang"].missing else one["lang"].text()[:2].lower(), one["text"].text()) for one in node]
    texts.sort(key=lambda pair: LANGUAGES.index(pair[0]) if pair[0] in LANGUAGES else len(LANGUAGES))
    return tidy(texts[0][1])


def _feature(zone: Zone, country: str) -> dict[str, object]:
    lower, lower_reference = _limit(zone.floor, 0.0, zone)
    upper, upper_reference = _limit(zone.ceiling, NO_TOP_M, zone)
    layer = {
        "upper": upper,
        "upperReference": upper_reference,
        "lower": lower,
        "lowerReference": lower_reference,
        "uom": "m",
    }
    properties: dict[str, object] = {
        "identifier": zone.id,
        "country": country,
        "name": [{"text": zone.label, "lang": "en-GB"}],
        "type": zone.category if zone.category in TYPES else "PROHIBITED",
        "variant": "COMMON",
        "extendedProperties": {"category": zone.category} if zone.category else {},
    }
    if zone.hours.periods:
        properties["limitedApplicability"] = [_applicability(period) for period in zone.hours.periods]
    parts = zone.shape.geoms if isinstance(zone.shape, MultiPolygon) else [zone.shape]
    geometries: list[dict[str, object]] = [{**json.loads(json.dumps(mapping(part))), "layer": layer} for part in parts]
    geometry = geometries[0] if len(geometries) == 1 else {"type": "GeometryCollection", "geometries": geometries}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _limit(altitude: Altitude | None, otherwise: float, zone: Zone) -> tuple[float, str]:
    if altitude is None:
        return otherwise, AltitudeReference.AGL.value
    if altitude.reference is AltitudeReference.HOME:
        raise SettingError("ED-318 knows no heights above home.", about=f"zone {zone.id!r}", mend="Give it as AGL.")
    return altitude.metres, altitude.reference.value


def _applicability(period: Period) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, moment in (("startDateTime", period.start), ("endDateTime", period.end)):
        if moment is not None:
            found[key] = moment.isoformat()
    if period.times:
        found["schedule"] = [
            {
                "day": [WEEKDAYS[day] for day in sorted(times.days)] or ["ANY"],
                "startTime": times.start.isoformat() if times.start is not None else "00:00:00Z",
                "endTime": times.end.isoformat() if times.end is not None else "24:00:00Z",
            }
            for times in period.times
        ]
    return found
