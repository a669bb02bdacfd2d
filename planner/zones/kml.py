"""KML polygons as zones. XML that declares entities or a document type is refused before it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from shapely import MultiPolygon, Polygon

from planner.errors import FileFormatError, GeometryError
from planner.geojson.geometry import polygon
from planner.xml_text import parse_xml, tag_of, text_in
from planner.zones.attributes import zone_of
from planner.zones.file import Found, tidy

_BLANK = re.compile(r"\s+")
_COMMA = re.compile(r"\s*,\s*")


def kml_zones(data: bytes, source: str) -> Iterator[Found]:
    """The zones of a KML document, one for each placemark with polygons; other placemarks are told and left out.

    Raises ``FileFormatError`` or ``GeometryError`` with the line or the placemark.
    """
    root = parse_xml(data, source)
    if tag_of(root) != "kml":
        raise FileFormatError(
            f"This XML is not KML: its root is <{tag_of(root)[:40]}>.", about=source, mend="Export the zones as KML."
        )
    others = 0
    notes: list[str] = []
    placemarks = (element for element in root.iter() if tag_of(element) == "Placemark")
    number = 0
    for number, placemark in enumerate(placemarks, 1):
        name = text_in(placemark, "name")
        about = f"{source}, placemark {number}" + (f" ({tidy(name)})" if name else "")
        shape = shape_of(placemark, about, notes)
        if shape is None:
            others += 1
            continue
        attributes = attributes_of(placemark)
        attributes.setdefault("id", placemark.get("id"))
        yield zone_of(shape, attributes, number=number, about=about, name=tidy(name))
    if others:
        notes.append(f"{source}: {others} placemarks without a polygon were left out.")
    if any(tag_of(element) == "NetworkLink" for element in root.iter()):
        notes.append(f"{source}: It points to further files on a network, which are not fetched.")
    yield Found(None, tuple(notes))


def shape_of(placemark: Element, about: str, notes: list[str]) -> Polygon | MultiPolygon | None:
    """The polygons of a placemark as one; None where it has none. Raises ``GeometryError``.

    An outline that does not come back to where it began is closed by a straight line, and ``notes`` told.
    """
    polygons = [element for element in placemark.iter() if tag_of(element) == "Polygon"]
    if not polygons:
        return None
    parts = []
    for number, element in enumerate(polygons, 1):
        where = about if len(polygons) == 1 else f"{about}, polygon {number}"
        shells = rings_of(element, "outerBoundaryIs", where)
        if len(shells) != 1:
            raise GeometryError(f"The polygon has {len(shells)} outlines; it must have one.", about=where)
        rings = [shells[0], *rings_of(element, "innerBoundaryIs", where)]
        for ring in rings:
            if len(ring) > 2 and ring[0] != ring[-1]:
                ring.append(ring[0])
                notes.append(f"{where}: The outline is not closed; a straight line closes it.")
        parts.append(rings)
    if len(parts) == 1:
        return polygon({"type": "Polygon", "coordinates": parts[0]}, about)
    return polygon({"type": "MultiPolygon", "coordinates": parts}, about)


def rings_of(element: Element, boundary: str, about: str) -> list[list[list[float]]]:
    """The rings of a Polygon's boundaries of one name, as longitudes and latitudes."""
    found = []
    for child in element:
        if tag_of(child) == boundary:
            found += [_ring(inner.text or "", about) for inner in child.iter() if tag_of(inner) == "coordinates"]
    return found


def _ring(text: str, about: str) -> list[list[float]]:
    words = _BLANK.split(_COMMA.sub(",", text.strip()))
    try:
        return [[float(number) for number in word.split(",")[:2]] for word in words if word]
    except ValueError:
        raise GeometryError("The coordinates are not numbers.", about=about, mend="KML has lon,lat,height.") from None


def attributes_of(placemark: Element) -> dict[str, object]:
    """ExtendedData: Data with a value, and SimpleData of a schema."""
    found: dict[str, object] = {}
    for element in placemark.iter():
        key = element.get("name", "")
        if tag_of(element) == "Data" and key:
            found[key] = text_in(element, "value")
        elif tag_of(element) == "SimpleData" and key:
            found[key] = (element.text or "").strip()
    return found
