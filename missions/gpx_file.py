"""GPX 1.0 and 1.1: routes, tracks and places as anybody records them; missions so that their items read back equal.

Qyran writes a mission as one route. Each item that has a place is a point of it with its whole row as an extension;
items without a place follow as extensions of the point before them. On reading, the place on the map counts, the rest
comes from the row. Rally points are waypoints of the file. GPX has no outlines, so a fence does not fit.

The elevations of others are those of the ground or of a recorder, and are no heights to fly at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from shapely import LineString, Point

from missions.commands import name_of
from missions.drawings import Drawing, counted
from missions.items import Frame, Mission
from missions.reading import parse_number
from missions.tagged import Collected, is_on_map, rows_of
from missions.wire import place_of
from planner.errors import GeometryError
from planner.quantities import LonLat
from planner.xml_text import parse_xml, tag_of, text_in
from planner.zones.file import tidy

NAMESPACE = "https://qyran.invalid/gpx/1"
"""Names Qyran's extensions; it is no address."""

_ITEM, _RALLY = f"{{{NAMESPACE}}}item", f"{{{NAMESPACE}}}rally"
_SEA = (Frame.GLOBAL, Frame.GLOBAL_INT)

Read = tuple[Mission | None, tuple[Drawing, ...], tuple[str, ...]]


@dataclass
class _Found:
    """What is read so far."""

    source: str
    collected: Collected = field(default_factory=Collected)
    drawings: list[Drawing] = field(default_factory=list)
    empty: int = 0
    heights: int = 0


def parse_gpx(data: bytes, source: str) -> Read:
    """What a GPX document holds; raises ``FileFormatError`` or ``GeometryError`` with line, or track and point."""
    return gpx_from(parse_xml(data, source), source)


def gpx_from(root: Element, source: str) -> Read:
    """The same of a document that is parsed."""
    found = _Found(source)
    counts: dict[str, int] = {}
    for element in root:
        tag = tag_of(element)
        counts[tag] = counts.get(tag, 0) + 1
        about = f"{source}, {_WORDS.get(tag, tag)} {counts[tag]}"
        if tag == "wpt":
            _waypoint(found, element, about)
        elif tag == "rte":
            _route(found, element, about)
        elif tag == "trk":
            segments = [child for child in element if tag_of(child) == "trkseg"]
            for number, segment in enumerate(segments, 1):
                where = about if len(segments) == 1 else f"{about}, segment {number}"
                _line(found, segment, "trkpt", tidy(text_in(element, "name")), where)
    notes = []
    if found.empty:
        notes.append(f"{source}: {counted(found.empty, 'route or track', 'routes or tracks')} without points left out.")
    if found.heights:
        notes.append(f"{source}: Its elevations are not taken for heights to fly at.")
    return found.collected.mission(), tuple(found.drawings), tuple(notes)


_WORDS = {"wpt": "waypoint", "rte": "route", "trk": "track"}


def _waypoint(found: _Found, element: Element, about: str) -> None:
    place = _place(element, about)
    altitude = next((inner.text or "" for inner in element.iter(_RALLY)), None)
    if altitude is not None:
        found.collected.add_rally(altitude, place, about)
    else:
        found.drawings.append(Drawing(Point(place), tidy(text_in(element, "name"))))


def _route(found: _Found, element: Element, about: str) -> None:
    """A route of Qyran's own, item by item; any other as a drawing."""
    if not any(True for _ in element.iter(_ITEM)):
        _line(found, element, "rtept", tidy(text_in(element, "name")), about)
        return
    number = 0
    for child in element:
        if tag_of(child) == "extensions":
            for lone in child.iter(_ITEM):
                found.collected.add_item(lone.text or "", None, None, about)
        elif tag_of(child) == "rtept":
            number += 1
            where = f"{about}, point {number}"
            rows = [row.text or "" for row in child.iter(_ITEM)]
            if not rows:
                raise GeometryError(
                    "This point was put into a mission, and is no item of it.",
                    about=where,
                    mend="Take it out, or draw the way anew without Qyran's items.",
                )
            z = _height_above_sea(rows[0], child)
            found.collected.add_item(rows[0], _place(child, where), z, where)
            for row in rows[1:]:
                found.collected.add_item(row, None, None, where)


def _height_above_sea(row: str, point: Element) -> float | None:
    """The elevation of a point whose item is above sea level, which a person may have changed; else None."""
    columns = row.split()
    frame = parse_number(columns[2]) if len(columns) > 2 else None
    value = parse_number(text_in(point, "ele")) if frame in _SEA else None
    return value if value is not None and math.isfinite(value) else None


def _line(found: _Found, element: Element, tag: str, name: str, about: str) -> None:
    points = [child for child in element if tag_of(child) == tag]
    places = [_place(point, f"{about}, point {number}") for number, point in enumerate(points, 1)]
    found.heights += any(text_in(point, "ele") for point in points)
    if len(places) > 1:
        found.drawings.append(Drawing(LineString(places), name))
    elif places:
        found.drawings.append(Drawing(Point(places[0]), name))
    else:
        found.empty += 1


def _place(element: Element, about: str) -> LonLat:
    numbers = [parse_number((element.get(key) or "").strip()) for key in ("lat", "lon")]
    lat, lon = (math.inf if number is None else number for number in numbers)
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        words = f"latitude “{(element.get('lat') or '')[:20]}”, longitude “{(element.get('lon') or '')[:20]}”"
        swapped = " Are they swapped?" if abs(lon) <= 90 and abs(lat) <= 180 else ""
        raise GeometryError(f"There is no place at {words}.{swapped}", about=about)
    return LonLat(lon, lat)


def format_gpx(mission: Mission, drawings: Sequence[Drawing], name: str, source: str) -> str:
    """The text of a document: the mission without its fence, and ways and places of the drawings.

    Raises ``FileFormatError`` for a number that it cannot hold.
    """
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Qyran" '
        f'xmlns="http://www.topografix.com/GPX/1/1" xmlns:q="{NAMESPACE}">\n',
        *(_rally(place, altitude) for place, altitude in ((p.position, p.altitude_home_m) for p in mission.rally)),
        *(_point("wpt", drawing.places[0], drawing.name) for drawing in drawings if isinstance(drawing.shape, Point)),
        *(["<rte>\n", f"<name>{escape(name)}</name>\n", *_items(mission, source), "</rte>\n"] if mission.items else ()),
        *(_drawn(drawing) for drawing in drawings if isinstance(drawing.shape, LineString)),
        "</gpx>\n",
    ]
    return "".join(parts)


def _items(mission: Mission, source: str) -> Iterator[str]:
    """Points, each with its own row and those of the items without a place after it."""
    rows = rows_of(mission.items, source)
    starts = [index for index, item in enumerate(mission.items) if is_on_map(item)]
    ends = [*starts[1:], len(rows)][: len(starts)]
    if lone := rows[: starts[0] if starts else len(rows)]:
        yield f"<extensions>{_rows(lone)}</extensions>\n"
    for start, end in zip(starts, ends, strict=True):
        item = mission.items[start]
        name = f"{start} {name_of(item) if start else 'home'}"
        height = f"<ele>{item.z!r}</ele>" if item.frame in _SEA else ""
        yield _point("rtept", place_of(item), name, _rows(rows[start:end]), height)


def _rows(rows: Sequence[str]) -> str:
    return "".join(f"<q:item>{escape(row)}</q:item>" for row in rows)


def _rally(place: LonLat, altitude_m: float) -> str:
    return _point("wpt", place, "rally point", f"<q:rally>{altitude_m!r}</q:rally>")


def _point(tag: str, place: LonLat, name: str, extensions: str = "", height: str = "") -> str:
    told = f"<extensions>{extensions}</extensions>" if extensions else ""
    lat, lon = quoteattr(f"{place.lat:.7f}"), quoteattr(f"{place.lon:.7f}")
    named = f"<name>{escape(name)}</name>" if name else ""
    return f"<{tag} lat={lat} lon={lon}>{height}{named}{told}</{tag}>\n"


def _drawn(drawing: Drawing) -> str:
    points = "".join(_point("rtept", place, "") for place in drawing.places)
    return f"<rte><name>{escape(drawing.name)}</name>\n{points}</rte>\n"
