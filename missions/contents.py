"""What any file of missions or places holds; its format is known by what is in it, not by what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from shapely import LineString, Point, Polygon

from missions.drawings import Drawing
from missions.gpx_file import gpx_from
from missions.items import Command, Fence, Mission, MissionItem, RallyPoint
from missions.kml_file import kml_from
from missions.plan_file import parse_plan
from missions.plan_items import UNKNOWN_HOME
from missions.reading import LARGEST_FILE_BYTES, decoded, read_bytes, read_head
from missions.text_lists import (
    looks_like_places,
    looks_like_rally,
    parse_fen,
    parse_places,
    parse_poly,
    parse_ral,
)
from missions.waypoints_file import HEADER, parse_waypoints
from missions.wire import fence_from_items, rally_from_items
from planner.errors import FileFormatError
from planner.xml_text import parse_xml, tag_of
from planner.zones.archives import content, names_with, opened

FENCE_SUFFIX, RALLY_SUFFIX = ".fence", ".rally"
READ = (
    ".waypoints and .txt (QGC WPL 110), .plan and .mission (QGroundControl), .fence, .rally, .fen, .ral, .poly, KML, "
    "KMZ, GPX, GeoJSON, GeoPackage, shapefile"
)
_ZIP, _SQLITE, _SHAPEFILE = b"PK\x03\x04", b"SQLite format 3\x00", b"\x00\x00\x27\x0a"
_SHAPEFILE_PARTS = (".shx", ".dbf", ".prj", ".cpg")
_FENCE_COMMANDS = range(5000, 5005)

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: a mission where it is one, what is only drawn, and sentences on what was left out.

    ``mission`` has no items where the file is only a fence or rally points.
    """

    mission: Mission | None = None
    drawings: tuple[Drawing, ...] = ()
    notes: tuple[str, ...] = ()


def read_contents(path: Path | str) -> Contents:
    """What a file of any known format holds.

    Beside a QGC WPL 110 list, ``<stem>.fence`` and ``<stem>.rally`` are taken in where they exist. Raises
    ``FileFormatError`` or ``GeometryError`` with file and line, item, placemark or feature.
    """
    place = Path(path)
    source = str(path)
    if place.suffix.lower() in _SHAPEFILE_PARTS:
        raise FileFormatError("This is one part of a shapefile.", about=source, mend="Give its .shp.")
    head = read_head(place)
    if head.startswith((_SQLITE, _SHAPEFILE)):
        return _table(place)
    if head.startswith(_ZIP):
        return _archived(place, source)
    data = read_bytes(place)
    if _is_xml(data):
        return _xml(data, source)
    return _text(decoded(data, source), place, source)


def _is_xml(data: bytes) -> bool:
    start = data[:64].replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")
    return start.startswith(b"<")


def _xml(data: bytes, source: str) -> Contents:
    root = parse_xml(data.lstrip() if data[:1].isspace() else data, source)
    tag = tag_of(root)
    if tag not in ("kml", "gpx"):
        raise FileFormatError(f"This XML is neither KML nor GPX: its root is <{tag[:40]}>.", about=source)
    return Contents(*(kml_from if tag == "kml" else gpx_from)(root, source))


def _text(text: str, path: Path, source: str) -> Contents:
    suffix = path.suffix.lower()
    start = text.lstrip()[:80]
    if start.startswith(("{", "[")):
        return _json(text, path, source)
    if start.startswith(HEADER.split()[0]):
        return _list(text, path, source)
    if looks_like_rally(text):
        rally, notes = parse_ral(text, source)
        return Contents(Mission((), rally=rally), notes=notes)
    if suffix == ".fen":
        return Contents(Mission((), parse_fen(text, source)))
    if suffix == ".poly":
        return Contents(drawings=(_outline(parse_poly(text, source), source),))
    if looks_like_places(text):
        return _places(text, source)
    if suffix in (".kml", ".gpx"):
        parse_xml(text.encode(), source)
    raise FileFormatError(
        "This is neither a QGC WPL 110 list nor a plan file of QGroundControl, nor any other format that is known.",
        about=source,
        mend=f"Known: {READ}.",
    )


def _json(text: str, path: Path, source: str) -> Contents:
    if '"FeatureCollection"' in text[:4096] or path.suffix.lower() in (".geojson", ".json"):
        return _geojson(path)
    return Contents(parse_plan(text, source))


def _places(text: str, source: str) -> Contents:
    """A list of places without a word on what they are.

    One that goes round from its second place is an old fence with its return point, as ``.fen`` is; one that goes round
    from its first is an outline.
    """
    places = parse_places(text, source)
    if len(places) >= 5 and places[1] == places[-1]:
        return Contents(Mission((), parse_fen(text.replace(",", " "), source)))
    if len(places) >= 4 and places[0] == places[-1] and len(set(places)) > 2:
        return Contents(drawings=(_outline(places[:-1], source),))
    note = f"{source}: Heights and other numbers behind the places are left out: nothing says what they are."
    notes = (note,) if any(len(line.replace(",", " ").split()) > 2 for line in text.splitlines()) else ()
    shape = LineString(places) if len(places) > 1 else Point(places[0])
    return Contents(drawings=(Drawing(shape),), notes=notes)


def _outline(corners: Sequence[tuple[float, float]], source: str) -> Drawing:
    shape = Polygon(corners)
    if not shape.is_valid or shape.area == 0:
        raise FileFormatError("The outline crosses itself or has no area.", about=source, mend="Draw it again.")
    return Drawing(shape)


def _list(text: str, path: Path, source: str) -> Contents:
    """A QGC WPL 110 list: of items, or of a fence or rally points alone, with or without a home before them."""
    items = parse_waypoints(text, source)
    after_home = items[1:] if items and items[0].command == Command.NAV_WAYPOINT else items
    suffix = path.suffix.lower()
    commands = {item.command for item in after_home}
    if suffix == FENCE_SUFFIX:
        return Contents(Mission((), fence=turned(items, fence_from_items, source)))
    if suffix == RALLY_SUFFIX:
        return Contents(Mission((), rally=turned(items, rally_from_items, source)))
    home = items[: len(items) - len(after_home)]
    notes: tuple[str, ...] = ()
    try:
        if commands and commands <= set(_FENCE_COMMANDS):
            return Contents(Mission(home, fence=turned(items, fence_from_items, source)))
        if commands == {Command.NAV_RALLY_POINT}:
            return Contents(Mission(home, rally=turned(items, rally_from_items, source)))
    except FileFormatError as error:
        notes = (f"{error.about}: {error.sentence} Its items are kept as they stand, and no vehicle will take them.",)
    mission = Mission(_with_home(items, source))
    fence, rally = _beside(path, FENCE_SUFFIX), _beside(path, RALLY_SUFFIX)
    if fence is not None:
        mission = replace(mission, fence=_list_of(fence, fence_from_items))
    if rally is not None:
        mission = replace(mission, rally=_list_of(rally, rally_from_items))
    return Contents(mission, notes=notes)


def _beside(path: Path, suffix: str) -> Path | None:
    """The list beside a mission, where there is one and it is not the file itself."""
    sibling = path.with_suffix(suffix)
    return sibling if sibling != path and sibling.exists() else None


def _with_home(items: tuple[MissionItem, ...], source: str) -> tuple[MissionItem, ...]:
    if not items:
        raise FileFormatError("There are no items.", about=source, mend="A mission has a home at least.")
    if items[0].command == Command.NAV_WAYPOINT:
        return items
    jump = int(Command.DO_JUMP)
    moved = (replace(i, params=(i.params[0] + 1, *i.params[1:])) if i.command == jump else i for i in items)
    return (UNKNOWN_HOME, *moved)


def read_fence(path: Path | str) -> Fence:
    """The fence in a QGC WPL 110 list. Raises ``FileFormatError`` with file and line or item."""
    return _list_of(path, fence_from_items)


def read_rally(path: Path | str) -> tuple[RallyPoint, ...]:
    """The rally points in a QGC WPL 110 list. Raises ``FileFormatError`` with file and line or item."""
    return _list_of(path, rally_from_items)


def _list_of(path: Path | str, turn: Callable[[Sequence[MissionItem]], Kind]) -> Kind:
    text = decoded(read_bytes(path), str(path))
    return turned(parse_waypoints(text, str(path)), turn, str(path))


def turned(items: Sequence[MissionItem], turn: Callable[[Sequence[MissionItem]], Kind], source: str) -> Kind:
    """A list's items turned into what they say; a home before them, as Mission Planner writes it, is left aside."""
    skipped = 1 if items and items[0].command == Command.NAV_WAYPOINT else 0
    try:
        return turn(items[skipped:])
    except FileFormatError as error:
        after = " after the home" if skipped else ""
        raise FileFormatError(
            error.sentence, about=f"{source}, {error.about}{after}", mend="Export it again."
        ) from None


def _table(path: Path) -> Contents:
    """Outlines of a GeoPackage or a shapefile, by the planner's own reader."""
    from planner.zones import read_zone_file  # noqa: PLC0415 - GDAL takes 0.1 s to load

    found = read_zone_file(path)
    drawn = (
        Drawing(zone.shape, zone.name, zone=zone if zone.kind.value != "airspace" else None) for zone in found.zones
    )
    return Contents(drawings=tuple(drawn), notes=found.notes)


def _archived(path: Path, source: str) -> Contents:
    with opened(path) as archive:
        names = names_with(archive, ".kml")
        if names:
            found = _xml(content(archive, names[0], source, LARGEST_FILE_BYTES), f"{source}, {names[0]}")
            more = f"{source}: Only {names[0]} was read, of {len(names)} KML files in it."
            return replace(found, notes=(*found.notes, *([more] if len(names) > 1 else ())))
    return _table(path)


def _geojson(path: Path) -> Contents:
    """Everything that a GeoJSON file draws."""
    from planner.geojson import read_site  # noqa: PLC0415 - brings pyproj, for one kind of file

    site = read_site(path, needs_area=False)
    shapes = [Drawing(area.shape, area.name) for area in site.areas]
    shapes += [Drawing(perimeter.shape, perimeter.name) for perimeter in site.perimeters]
    shapes += [Drawing(zone.shape, zone.name, zone=zone) for zone in site.zones]
    shapes += [Drawing(route.line, route.name) for route in site.routes]
    for corridor in site.corridors:
        lines = [corridor.line] if isinstance(corridor.line, LineString) else corridor.line.geoms
        shapes += [Drawing(line, corridor.name) for line in lines]
    shapes += [Drawing(Point(point.position), point.name) for point in site.points]
    shapes += [Drawing(Point(launch.position), launch.name) for launch in site.launches]
    shapes += [Drawing(Point(safe.position), safe.name) for safe in site.safe_points]
    return Contents(drawings=tuple(shapes))


__all__ = ["READ", "Contents", "read_contents", "read_fence", "read_rally"]
