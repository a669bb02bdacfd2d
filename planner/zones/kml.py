"""KML polygons as zones. XML that declares entities or a document type is refused before it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from shapely import MultiPolygon, Polygon

from planner.errors import FileFormatError, GeometryError
from planner.geojson.geometry import polygon
from planner.zones.attributes import zone_of
from planner.zones.file import Found, tidy

_BLANK = re.compile(r"\s+")
_COMMA = re.compile(r"\s*,\s*")


def kml_zones(data: bytes, source: str) -> Iterator[Found]:
    """The zones of a KML document, one for each placemark with polygons; other placemarks are told and left out.

    Raises ``FileFormatError`` or ``GeometryError`` with the line or the placemark.
    """
    root = _parsed(data, source)
    if _tag(root) != "kml":
        raise FileFormatError(
            f"This XML is not KML: its root is <{_tag(root)[:40]}>.", about=source, mend="Export the zones as KML."
        )
    others = 0
    placemarks = (element for element in root.iter() if _tag(element) == "Placemark")
    number = 0
    for number, placemark in enumerate(placemarks, 1):
        name = _child_text(placemark, "name")
        about = f"{source}, placemark {number}" + (f" ({tidy(name)})" if name else "")
        shape = _shape(placemark, about)
        if shape is None:
            others += 1
            continue
        attributes = _attributes(placemark)
        attributes.setdefault("id", placemark.get("id"))
        yield zone_of(shape, attributes, number=number, about=about, name=tidy(name))
    notes = []
    if others:
        notes.append(f"{source}: {others} placemarks without a polygon were left out.")
    if any(_tag(element) == "NetworkLink" for element in root.iter()):
        notes.append(f"{source}: It points to further files on a network, which are not fetched.")
    yield Found(None, tuple(notes))


def _parsed(data: bytes, source: str) -> Element:
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise FileFormatError(
            "The XML declares a document type or entities, which zones do not need and bombs are made of.",
            about=source,
            mend="Remove the <!DOCTYPE …> part.",
        ) from None
    except ParseError as error:
        line, column = error.position
        reason = str(error).split(": line")[0]
        raise FileFormatError(f"Not XML: {reason}.", about=f"{source}, line {line}, column {column + 1}") from None
    except (ValueError, LookupError) as error:
        raise FileFormatError(f"Not XML: {error}.", about=source) from None
    return root


def _shape(placemark: Element, about: str) -> Polygon | MultiPolygon | None:
    polygons = [element for element in placemark.iter() if _tag(element) == "Polygon"]
    if not polygons:
        return None
    parts = []
    for number, element in enumerate(polygons, 1):
        where = about if len(polygons) == 1 else f"{about}, polygon {number}"
        shells = _rings(element, "outerBoundaryIs", where)
        if len(shells) != 1:
            raise GeometryError(f"The polygon has {len(shells)} outlines; it must have one.", about=where)
        parts.append([shells[0], *_rings(element, "innerBoundaryIs", where)])
    if len(parts) == 1:
        return polygon({"type": "Polygon", "coordinates": parts[0]}, about)
    return polygon({"type": "MultiPolygon", "coordinates": parts}, about)


def _rings(element: Element, boundary: str, about: str) -> list[list[list[float]]]:
    found = []
    for child in element:
        if _tag(child) == boundary:
            found += [_ring(inner.text or "", about) for inner in child.iter() if _tag(inner) == "coordinates"]
    return found


def _ring(text: str, about: str) -> list[list[float]]:
    words = _BLANK.split(_COMMA.sub(",", text.strip()))
    try:
        return [[float(number) for number in word.split(",")[:2]] for word in words if word]
    except ValueError:
        raise GeometryError("The coordinates are not numbers.", about=about, mend="KML has lon,lat,height.") from None


def _attributes(placemark: Element) -> dict[str, object]:
    """ExtendedData: Data with a value, and SimpleData of a schema."""
    found: dict[str, object] = {}
    for element in placemark.iter():
        key = element.get("name", "")
        if _tag(element) == "Data" and key:
            found[key] = _child_text(element, "value")
        elif _tag(element) == "SimpleData" and key:
            found[key] = (element.text or "").strip()
    return found


def _child_text(element: Element, tag: str) -> str:
    return next(((child.text or "").strip() for child in element if _tag(child) == tag), "")


def _tag(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""
