"""KML and KMZ: ways, places and outlines as anybody draws them; missions so that they read back equal.

Qyran writes each item as a placemark with its whole row in ExtendedData (``qyran:item``), and at its place where it has
one; a fence's parts and rally points likewise (``qyran:fence``, ``qyran:rally``). On reading, the place on the map
counts, the rest comes from the row. The line between the items is for the eye (``qyran:way``).
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import numpy as np
from shapely import LineString, Point, Polygon

from missions.commands import name_of
from missions.drawings import Drawing, counted
from missions.items import Frame, Mission, MissionItem
from missions.reading import parse_number
from missions.tagged import FENCE, ITEM, RALLY, WAY, Collected, fence_words, is_on_map, rows_of
from missions.wire import HOME_FRAMES, place_of
from planner.errors import FileFormatError, GeometryError
from planner.quantities import Altitude, LonLat
from planner.site import ZoneKind
from planner.xml_text import parse_xml, tag_of, text_in
from planner.zones.attributes import zone_of
from planner.zones.file import tidy
from planner.zones.kml import attributes_of, shape_of

_GAPS = re.compile(r"\s+")
_COMMA = re.compile(r"\s*,\s*")
_OWN_KINDS = frozenset(kind.value for kind in ZoneKind)

MOST_PLACEMARKS = 100_000
MOST_POINTS = 200_000
"""In one shape: two days of a point a second."""

Read = tuple[Mission | None, tuple[Drawing, ...], tuple[str, ...]]


def parse_kml(data: bytes, source: str) -> Read:
    """What a KML document holds: Qyran's mission if it is one, drawings, notes on what was left out.

    Raises ``FileFormatError`` or ``GeometryError`` with line or placemark.
    """
    return kml_from(parse_xml(data, source), source)


def kml_from(root: Element, source: str) -> Read:
    """The same of a document that is parsed."""
    collected = Collected()
    drawings: list[Drawing] = []
    notes: list[str] = []
    empty = 0
    placemarks = (element for element in root.iter() if tag_of(element) == "Placemark")
    for number, placemark in enumerate(placemarks, 1):
        if number > MOST_PLACEMARKS:
            raise FileFormatError(f"There are more than {MOST_PLACEMARKS:,} placemarks in it.", about=source)
        name = tidy(text_in(placemark, "name"))
        about = f"{source}, placemark {number}" + (f" ({name})" if name else "")
        attributes = attributes_of(placemark)
        if _collect(collected, placemark, attributes, about) or WAY in attributes:
            continue
        found = list(_drawings(placemark, attributes, notes, number=number, name=name, about=about))
        empty += not found
        drawings += found
    if empty:
        notes.append(f"{source}: {counted(empty, 'placemark')} without a shape left out.")
    left = {"NetworkLink": "links to files on a network", "GroundOverlay": "pictures on the ground"}
    for tag, words in left.items():
        if any(tag_of(element) == tag for element in root.iter()):
            notes.append(f"{source}: It has {words}, which are left out.")
    return collected.mission(), tuple(drawings), tuple(notes)


def _collect(collected: Collected, placemark: Element, attributes: dict[str, object], about: str) -> bool:
    """Take in a placemark that Qyran wrote."""
    if ITEM in attributes:
        points = _points(placemark, "Point", about)
        place, z = (LonLat(*points[0][:2]), points[0][2]) if points else (None, None)
        collected.add_item(str(attributes[ITEM]), place, None if z is None or math.isnan(z) else z, about)
    elif FENCE in attributes:
        corners = _points(placemark, "Polygon", about) or _points(placemark, "Point", about)
        places = [LonLat(*corner[:2]) for corner in corners]
        closed = len(places) > 1 and places[0] == places[-1]
        collected.add_fence(str(attributes[FENCE]), places[:-1] if closed else places, about)
    elif RALLY in attributes:
        points = _points(placemark, "Point", about)
        collected.add_rally(str(attributes[RALLY]), LonLat(*points[0][:2]) if points else None, about)
    else:
        return False
    return True


def _drawings(
    placemark: Element, attributes: dict[str, object], notes: list[str], *, number: int, name: str, about: str
) -> Iterator[Drawing]:
    """Every shape of a placemark that anybody drew."""
    polygon = shape_of(placemark, about, notes) if _has_coordinates(placemark, "Polygon") else None
    if polygon is not None:
        is_zone = str(attributes.get("kind", "")).strip().lower() in _OWN_KINDS
        zone = zone_of(polygon, attributes, number=number, about=about, name=name).zone if is_zone else None
        yield Drawing(polygon, name, zone=zone)
    for element in _outside_polygons(placemark):
        tag = tag_of(element)
        if tag == "Point":
            for lon, lat, _ in _coordinates(element, about)[:1]:
                yield Drawing(Point(lon, lat), name)
        elif tag in ("LineString", "LinearRing", "Track"):
            points = _coordinates(element, about)
            if len(points) > 1:
                yield Drawing(LineString([point[:2] for point in points]), name, _altitudes(element, points))
            elif points:
                yield Drawing(Point(points[0][:2]), name)


def _outside_polygons(element: Element) -> Iterator[Element]:
    """All elements within one, but none of a polygon's own rings."""
    stack = list(element)[::-1]
    while stack:
        child = stack.pop()
        if tag_of(child) != "Polygon":
            yield child
            stack.extend(list(child)[::-1])


def _has_coordinates(placemark: Element, tag: str) -> bool:
    shapes = (element for element in placemark.iter() if tag_of(element) == tag)
    return any(
        tag_of(inner) == "coordinates" and (inner.text or "").strip() for shape in shapes for inner in shape.iter()
    )


def _points(placemark: Element, tag: str, about: str) -> list[tuple[float, float, float]]:
    """The coordinates of the placemark's first shape of that name."""
    shape = next((element for element in placemark.iter() if tag_of(element) == tag), None)
    return [] if shape is None else _coordinates(shape, about)


def _coordinates(shape: Element, about: str) -> list[tuple[float, float, float]]:
    """Longitude, latitude and height (NaN where there is none) of each point of a shape.

    Raises ``GeometryError`` for what is no number and no place.
    """
    if tag_of(shape) == "Track":
        words = [_GAPS.sub(",", (coord.text or "").strip()) for coord in shape if tag_of(coord) == "coord"]
    else:
        text = next((inner.text or "" for inner in shape.iter() if tag_of(inner) == "coordinates"), "")
        words = _GAPS.split(_COMMA.sub(",", text.strip()))
    if len(words) > MOST_POINTS:
        raise FileFormatError(
            f"A shape has more than {MOST_POINTS:,} points.", about=about, mend="Keep what is needed."
        )
    return [_coordinate(word, about) for word in words if word]


def _coordinate(word: str, about: str) -> tuple[float, float, float]:
    numbers = [parse_number(number) for number in word.split(",")[:3]]
    if len(numbers) < 2 or any(number is None or not math.isfinite(number) for number in numbers):
        raise GeometryError(f"“{word[:40]}” is no place.", about=about, mend="KML has longitude,latitude,height.")
    lon, lat, height = (*(number or 0.0 for number in numbers), math.nan)[:3]
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        swapped = " Are longitude and latitude swapped?" if abs(lon) <= 90 and abs(lat) <= 180 else ""
        raise GeometryError(f"Longitude {lon:g}, latitude {lat:g} is no place.{swapped}", about=about)
    return lon, lat, height


def _altitudes(shape: Element, points: Sequence[tuple[float, float, float]]) -> tuple[Altitude, ...] | None:
    """The altitudes of a way that says what they are measured from; on the ground (KML's default) is none."""
    make = {"relativeToGround": Altitude.agl, "absolute": Altitude.amsl}.get(text_in(shape, "altitudeMode"))
    heights = [point[2] for point in points]
    if make is None or any(math.isnan(height) for height in heights):
        return None
    return tuple(make(height) for height in heights)


def format_kml(mission: Mission, drawings: Sequence[Drawing], name: str, source: str) -> str:
    """The text of a document. Raises ``FileFormatError`` for a number that it cannot hold."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n',
        f"<name>{escape(name)}</name>\n",
        *_mission_parts(mission, source),
        *(_drawn(drawing) for drawing in drawings),
        "</Document></kml>\n",
    ]
    return "".join(parts)


def _mission_parts(mission: Mission, source: str) -> Iterator[str]:
    for index, (row, item) in enumerate(zip(rows_of(mission.items, source), mission.items, strict=True)):
        shape = _point(place_of(item), item.z, _mode(item)) if is_on_map(item) else ""
        yield _placemark(f"{index} {name_of(item) if index else 'home'}", {ITEM: row}, shape)
    shown = [item for item in mission.items[1:] if is_on_map(item)]
    if len(shown) > 1:
        line = " ".join(_triple(place_of(item), item.z) for item in shown)
        shape = (
            f"<LineString><altitudeMode>{_mode(shown[0])}</altitudeMode><coordinates>{line}</coordinates></LineString>"
        )
        yield _placemark("way, for the eye; the items count", {WAY: "1"}, shape)
    for name, words, places in fence_words(mission.fence):
        kind = {"kind": "keep_in" if words == "inside" else "keep_out"} if len(places) > 1 else {}
        yield _placemark(name, {FENCE: words, **kind}, _ring(places) if len(places) > 1 else _point(places[0], 0.0))
    for point in mission.rally:
        shape = _point(point.position, point.altitude_home_m, "relativeToGround")
        yield _placemark("rally point", {RALLY: repr(point.altitude_home_m)}, shape)


def _mode(item: MissionItem) -> str:
    """How a globe should show an altitude; above home it cannot, and shows it above ground."""
    in_air = (*HOME_FRAMES, Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT)
    return "relativeToGround" if item.frame in in_air else "absolute"


def _drawn(drawing: Drawing) -> str:
    kind = {} if drawing.zone is None else {"kind": drawing.zone.kind.value}
    match drawing.shape:
        case Point():
            shape = _point(drawing.places[0], 0.0)
        case LineString():
            heights = [0.0] * len(drawing.places)
            mode = "clampToGround"
            if drawing.altitudes is not None:
                heights = [altitude.metres for altitude in drawing.altitudes]
                mode = "absolute" if drawing.altitudes[0].reference.value == "AMSL" else "relativeToGround"
            line = " ".join(_triple(place, z) for place, z in zip(drawing.places, heights, strict=True))
            shape = f"<LineString><altitudeMode>{mode}</altitudeMode><coordinates>{line}</coordinates></LineString>"
        case _:
            parts = [drawing.shape] if isinstance(drawing.shape, Polygon) else list(drawing.shape.geoms)
            shape = "".join(map(_polygon, parts))
            if len(parts) > 1:
                shape = f"<MultiGeometry>{shape}</MultiGeometry>"
    return _placemark(drawing.name, kind, shape)


def _placemark(name: str, attributes: dict[str, str], shape: str) -> str:
    data = "".join(f'<Data name="{escape(k)}"><value>{escape(v)}</value></Data>' for k, v in attributes.items())
    told = f"<ExtendedData>{data}</ExtendedData>" if data else ""
    return f"<Placemark><name>{escape(name)}</name>{told}{shape}</Placemark>\n"


def _point(place: LonLat, z: float, mode: str = "clampToGround") -> str:
    return f"<Point><altitudeMode>{mode}</altitudeMode><coordinates>{_triple(place, z)}</coordinates></Point>"


def _ring(places: Sequence[LonLat]) -> str:
    line = " ".join(f"{place.lon:.7f},{place.lat:.7f}" for place in (*places, places[0]))
    ring = f"<LinearRing><coordinates>{line}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"


def _polygon(polygon: Polygon) -> str:
    def ring(points: Sequence[Sequence[float]], side: str) -> str:
        line = " ".join(f"{lon!r},{lat!r}" for lon, lat in points)
        return f"<{side}><LinearRing><coordinates>{line}</coordinates></LinearRing></{side}>"

    outer = ring(np.asarray(polygon.exterior.coords)[:, :2].tolist(), "outerBoundaryIs")
    inner = (ring(np.asarray(hole.coords)[:, :2].tolist(), "innerBoundaryIs") for hole in polygon.interiors)
    return f"<Polygon>{outer}{''.join(inner)}</Polygon>"


def _triple(place: LonLat, z: float) -> str:
    if not math.isfinite(z):
        raise FileFormatError("An altitude is not finite, which KML cannot hold.")
    return f"{place.lon:.7f},{place.lat:.7f},{z!r}"


def packed(text: str) -> bytes:
    """A KMZ: the document in an archive, with a fixed date so that the same mission is the same file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("doc.kml", (1980, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
