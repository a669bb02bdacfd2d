"""Features of GeoJSON as areas, zones, launch and safe points.

A feature's properties that count: ``kind`` (see ``KINDS``), ``id`` (else the feature's own ``id``, else one is made of
kind and number), ``name``, ``floor`` and ``ceiling`` of a zone and ``altitude`` of a safe point as ``{"metres": 120,
"reference": "AGL"}`` or ``"120 m AGL"``, ``hours`` and ``category`` of a zone (see ``planner.hours``), ``width_m`` of a
corridor, and ``prize``, ``stay_s`` and ``window_s`` of a point. All other properties and foreign members are ignored:
they are not kept when a site is written again. A polygon without ``kind`` is an area. A file of one feature, or of a
bare geometry, is an area whatever word of its own it has for a kind, unless that word is, or nearly is, one of ours.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.errors import FileFormatError, GeometryError, SettingError
from planner.geojson.crs import refuse_other_crs
from planner.geojson.geometry import line, one_line, place, polygon, ring
from planner.geojson.points import visit_words
from planner.geojson.text import read_json
from planner.hours import ALWAYS, Hours, hours_from_json
from planner.quantities import Altitude, AltitudeReference
from planner.site import (
    Area,
    Corridor,
    DrawnRoute,
    Launch,
    Perimeter,
    Point,
    SafePoint,
    Site,
    Zone,
    ZoneKind,
)

Drawn = Area | Corridor | Perimeter | Point | DrawnRoute | Zone | Launch | SafePoint

ZONES = {kind.value: kind for kind in ZoneKind}
KINDS = ("area", "corridor", "perimeter", "point", "route", *ZONES, "launch", "safe_point")
SHAPES = {
    "launch": ("Point",),
    "safe_point": ("Point",),
    "point": ("Point",),
    "route": ("LineString",),
    "corridor": ("LineString", "MultiLineString"),
    "perimeter": ("Polygon", "MultiPolygon", "LineString"),
}
"""What each kind may be drawn as; all others are polygons."""
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
WIDEST_M = 50_000.0
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
LINE_MEND = 'Give a line "kind": "corridor", "perimeter" or "route", or draw a polygon around what is to be watched.'
ALTITUDE_MEND = 'Write for example "120 m AGL", or {"metres": 120, "reference": "AGL"}.'


def read_site(path: Path | str, *, needs_area: bool = True) -> Site:
    """The site in a GeoJSON file; ``needs_area`` False allows one on which nothing is drawn yet.

    Raises ``FileFormatError`` or ``GeometryError`` with file, feature and place.
    """
    return site_from_geojson(read_json(Path(path)), str(path), needs_area=needs_area)


def site_from_geojson(value: object, source: str, *, needs_area: bool = True) -> Site:
    """The site in a decoded GeoJSON value; ``source`` names it in errors. Raises as ``read_site``."""
    features = list(_features(value, source))
    sole = len(features) == 1
    things = [thing for number, feature in enumerate(features, 1) for thing in _things(feature, number, sole, source)]
    _refuse_duplicates(things, source)
    site = Site(
        areas=tuple(thing.value for thing in things if isinstance(thing.value, Area)),
        zones=tuple(thing.value for thing in things if isinstance(thing.value, Zone)),
        launches=tuple(thing.value for thing in things if isinstance(thing.value, Launch)),
        safe_points=tuple(thing.value for thing in things if isinstance(thing.value, SafePoint)),
        corridors=tuple(thing.value for thing in things if isinstance(thing.value, Corridor)),
        perimeters=tuple(thing.value for thing in things if isinstance(thing.value, Perimeter)),
        points=tuple(thing.value for thing in things if isinstance(thing.value, Point)),
        routes=tuple(thing.value for thing in things if isinstance(thing.value, DrawnRoute)),
        source=source,
    )
    if needs_area and not site.watched:
        raise FileFormatError(
            "There is no area in it, so there is nothing to watch.",
            about=source,
            mend='Draw a polygon, or give one the property "kind": "area".',
        )
    return site


@dataclass(frozen=True, slots=True)
class _Thing:
    number: int
    value: Drawn


def _features(value: object, source: str) -> Iterator[Mapping[str, object]]:
    """The features of a collection, of a bare feature, or around a bare geometry."""
    thing = _mapping(value, "GeoJSON", source)
    refuse_other_crs(thing, source)
    kind = thing.get("type")
    if kind == "FeatureCollection":
        features = thing.get("features")
        if not isinstance(features, list | tuple):
            raise FileFormatError("The FeatureCollection has no list of features.", about=source)
        for number, feature in enumerate(features, 1):
            yield _feature(feature, _about(source, number, None))
    elif kind == "Feature":
        yield thing
    elif isinstance(kind, str) and kind in GEOMETRIES:
        yield {"type": "Feature", "properties": None, "geometry": thing}
    else:
        raise _unknown_type(thing, source)


def _unknown_type(thing: Mapping[str, object], source: str) -> FileFormatError:
    mend = "Export it as GeoJSON in WGS 84, e.g. from QGIS."
    if thing.get("type") == "Topology":
        return FileFormatError("This is TopoJSON, not GeoJSON.", about=source, mend=mend)
    if "rings" in thing or "spatialReference" in thing:
        return FileFormatError("This is Esri JSON, not GeoJSON.", about=source, mend=mend)
    if "fileType" in thing:
        return FileFormatError("This is a QGroundControl plan, not GeoJSON.", about=source, mend=mend)
    return FileFormatError(
        f"This is not GeoJSON: its type is {_said(thing.get('type'))}, not FeatureCollection, Feature or a geometry.",
        about=source,
        mend=mend,
    )


def _feature(value: object, about: str) -> Mapping[str, object]:
    feature = _mapping(value, "A feature", about)
    if feature.get("type") != "Feature":
        raise FileFormatError(f"A feature's type is {_said(feature.get('type'))}, not Feature.", about=about)
    return feature


def _things(feature: Mapping[str, object], number: int, sole: bool, source: str) -> Iterator[_Thing]:
    """What a feature stands for: one area, zone, launch or safe point."""
    properties = feature.get("properties")
    if properties is None:
        properties = {}
    about = _about(source, number, None)
    properties = _mapping(properties, "The properties of a feature", about)
    given = _id(properties.get("id"), feature.get("id"), about)
    about = _about(source, number, given)
    refuse_other_crs(feature, about)
    geometry = feature.get("geometry")
    if geometry is None:
        raise GeometryError("The feature has no geometry.", about=about, mend="Draw it, or delete the feature.")
    geometry = _mapping(geometry, "The geometry of a feature", about)
    refuse_other_crs(geometry, about)
    shape = geometry.get("type")
    if not isinstance(shape, str) or shape not in GEOMETRIES:
        raise GeometryError(
            f"{_said(shape)} is no geometry of GeoJSON.", about=about, mend="Draw a Polygon or a Point."
        )
    kind = _kind(properties.get("kind"), shape, sole, about)
    name = _text(properties.get("name"), "name", about)
    identity = given if given is not None else f"{kind}-{number}"
    yield _Thing(number, _thing(kind, identity, name, geometry, properties=properties, about=about))


def _thing(
    kind: str,
    identity: str,
    name: str,
    geometry: Mapping[str, object],
    *,
    properties: Mapping[str, object],
    about: str,
) -> Drawn:
    wanted = SHAPES.get(kind, POLYGONS)
    if geometry["type"] not in wanted:
        raise GeometryError(
            f"A feature of kind {kind} cannot be a {geometry['type']}; it must be a {' or '.join(wanted)}.",
            about=about,
            mend=LINE_MEND if kind == "area" and geometry["type"] in LINES else "Draw it as one.",
        )
    if kind == "launch":
        return Launch(identity, place(geometry, about), name)
    if kind == "safe_point":
        return SafePoint(identity, place(geometry, about), _altitude(properties, "altitude", about), name)
    if kind == "point":
        words = visit_words(properties, about)
        return Point(identity, place(geometry, about), name, words.prize, words.stay_s, words.window_s)
    if kind not in ZONES:
        return _watched(kind, identity, name, geometry, width_m=_width(properties, about), about=about)
    floor, ceiling = (_altitude(properties, key, about) for key in ("floor", "ceiling"))
    if floor and ceiling and floor.reference is ceiling.reference and floor.metres >= ceiling.metres:
        raise FileFormatError(f"The floor ({floor}) is not below the ceiling ({ceiling}).", about=about)
    hours, category = _hours(properties, about), _text(properties.get("category"), "category", about)
    return Zone(identity, ZONES[kind], polygon(geometry, about), name, floor, ceiling, hours, category)


def _hours(properties: Mapping[str, object], about: str) -> Hours:
    try:
        return ALWAYS if properties.get("hours") is None else hours_from_json(properties["hours"])
    except SettingError as error:
        raise FileFormatError(error.sentence, about=f"{about}, hours", mend=error.mend) from None


def _watched(
    kind: str, identity: str, name: str, geometry: Mapping[str, object], *, width_m: float | None, about: str
) -> Area | Corridor | Perimeter | DrawnRoute:
    """What is to be watched or flown, by its kind; points are read where they stand."""
    match kind:
        case "corridor":
            return Corridor(identity, line(geometry, about), width_m, name)
        case "perimeter":
            shape = ring(geometry, about) if geometry["type"] == "LineString" else polygon(geometry, about)
            return Perimeter(identity, shape, name)
        case "route":
            return DrawnRoute(identity, one_line(geometry, about), name)
        case _:
            return Area(identity, polygon(geometry, about), name)


def _kind(value: object, shape: str, sole: bool, about: str) -> str:
    if value is None:
        if shape in POLYGONS:
            return "area"
        if shape == "Point":
            raise FileFormatError(
                "A Point does not say what it is.",
                about=about,
                mend='Give it "kind": "launch", "safe_point" or "point".',
            )
        return "area"
    if isinstance(value, str) and value in KINDS:
        return value
    near = difflib.get_close_matches(value.lower(), KINDS, n=1, cutoff=0.6) if isinstance(value, str) else []
    if sole and isinstance(value, str) and not near:
        return "area"
    meant = f"Did you mean {near[0]}? " if near else ""
    raise FileFormatError(
        f"The kind {_said(value)} is unknown.", about=about, mend=f"{meant}Known: {', '.join(KINDS)}."
    )


def _id(inner: object, outer: object, about: str) -> str | None:
    """The id in the properties, else the feature's own; None where there is none. Numbers are ids too."""
    for value in (inner, outer):
        if isinstance(value, bool):
            break
        if isinstance(value, int | float):
            return str(value)[:80]
        if isinstance(value, str):
            if not value.strip():
                continue
            return _text(value, "id", about)
        if value is not None:
            break
    else:
        return None
    raise FileFormatError(f"The id is {_said(value)}, not a text or a number.", about=about)


def _text(value: object, key: str, about: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FileFormatError(f"The {key} is {_said(value)}, not a text.", about=about)
    if len(value) > 200:
        raise FileFormatError(f"The {key} is longer than 200 characters.", about=about, mend="Shorten it.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise FileFormatError(f"The {key} holds characters that cannot be shown.", about=about, mend="Remove them.")
    return value


def _altitude(properties: Mapping[str, object], key: str, about: str) -> Altitude | None:
    value = properties.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return Altitude.parse(value[:80])
        if isinstance(value, Mapping) and set(value) == {"metres", "reference"}:
            metres, reference = value["metres"], value["reference"]
            if isinstance(metres, int | float) and not isinstance(metres, bool) and isinstance(reference, str):
                return Altitude(float(metres), AltitudeReference(reference.upper()))
    except (ValueError, OverflowError, SettingError):
        pass
    if isinstance(value, int | float) and not isinstance(value, bool):
        sentence = f"The {key} {_said(value)} does not say what it is measured from."
    else:
        sentence = f"The {key} {_said(value)} is not understood."
    raise FileFormatError(sentence, about=about, mend=ALTITUDE_MEND)


def _width(properties: Mapping[str, object], about: str) -> float | None:
    value = properties.get("width_m")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < WIDEST_M:
        raise FileFormatError(
            f"The width_m {_said(value)} is not a number of metres between 0 and {WIDEST_M:g}.", about=about
        )
    return float(value)


def _refuse_duplicates(things: list[_Thing], source: str) -> None:
    seen: dict[str, int] = {}
    for thing in things:
        if (first := seen.setdefault(thing.value.id, thing.number)) != thing.number:
            raise FileFormatError(
                f"Features {first} and {thing.number} have the same id {thing.value.id!r}.",
                about=source,
                mend="Give each its own.",
            )


def _mapping(value: object, what: str, about: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise FileFormatError(f"{what} must be an object, not {_said(value)}.", about=about)
    return value


def _about(source: str, number: int, identity: str | None) -> str:
    return f"{source}, feature {number}" + (f" (id {identity!r})" if identity is not None else "")


def _said(value: object) -> str:
    """A value as an error may quote it: short, and never its whole depth."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "missing"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
