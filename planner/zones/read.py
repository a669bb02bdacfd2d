"""Files of zones, whatever their format: told by what is in them, not by what they are called."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from planner.errors import FileFormatError
from planner.geojson.text import LARGEST_FILE_BYTES, parse_json
from planner.site import Zone
from planner.zones.aerodromes import is_rules, rule_zones
from planner.zones.archives import content, names_with, opened, unpack_shapefile
from planner.zones.ed269 import ed269_zones, is_ed269
from planner.zones.ed318 import ed318_zones, is_ed318
from planner.zones.file import Found, ZoneFile, with_own_ids, zone_file
from planner.zones.foreign_geojson import geojson_zones
from planner.zones.kml import kml_zones
from planner.zones.openair import openair_zones
from planner.zones.tables import table_zones

FORMATS = "ED-269, ED-318, OpenAir, KML, KMZ, GeoJSON, GeoPackage, shapefile, aerodrome rules (TOML)"
_SHAPEFILE, _SQLITE, _ZIP = b"\x00\x00\x27\x0a", b"SQLite format 3\x00", b"PK\x03\x04"
_OPENAIR = re.compile(r"^\s*(AC|AN|AY|AH|AL)\b", re.MULTILINE)


def read_zones(path: Path | str) -> tuple[Zone, ...]:
    """The zones in a file of any known format; raises as ``read_zone_file``."""
    return read_zone_file(path).zones


def read_zone_file(path: Path | str) -> ZoneFile:
    """The zones in a file of any known format, and notes on what was left out or taken as worse.

    Raises ``FileFormatError`` or ``GeometryError`` with the place: the line for OpenAir and XML, the path for JSON,
    the feature elsewhere.
    """
    path = Path(path)
    return zone_file(_zones(path, str(path)))


def read_zone_files(paths: Iterable[Path]) -> ZoneFile:
    """The zones and notes of several files as of one; raises as ``read_zone_file``."""
    files = [read_zone_file(path) for path in paths]
    zones = with_own_ids(zone for file in files for zone in file.zones)
    return ZoneFile(zones, tuple(note for file in files for note in file.notes))


def _zones(path: Path, source: str) -> Iterator[Found]:
    head = _start(path, 16)
    if head.startswith(_SQLITE) or head.startswith(_SHAPEFILE):
        yield from table_zones(path, source)
    elif head.startswith(_ZIP):
        yield from _archived(path, source)
    else:
        data = _start(path, LARGEST_FILE_BYTES + 1)
        if len(data) > LARGEST_FILE_BYTES:
            raise FileFormatError(f"The file is larger than {LARGEST_FILE_BYTES // 2**20} MB.", about=source)
        yield from _written(data, path, source)


def _written(data: bytes, path: Path, source: str) -> Iterator[Found]:
    """Zones in a file of text."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        raise FileFormatError("The file is empty.", about=source)
    if start == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from kml_zones(data, source)
        return
    text, is_utf8 = _decoded(data)
    if start in (b"{", b"["):
        if not is_utf8:
            raise FileFormatError("The file is not UTF-8.", about=source, mend="Save it as UTF-8.")
        value = parse_json(text, source)
        if is_ed269(value):
            yield from ed269_zones(value, source)
        elif is_ed318(value):
            yield from ed318_zones(value, source)
        else:
            yield from geojson_zones(value, source)
    elif is_rules(text):
        yield from rule_zones(text, path)
    elif b"\x00" not in data and (start == b"*" or _OPENAIR.search(text)):
        if not is_utf8:
            yield Found(None, (f"{source}: It is not UTF-8; names with other letters than English may read wrong.",))
        yield from openair_zones(text, source)
    else:
        raise FileFormatError("This is no file of zones.", about=source, mend=f"Known: {FORMATS}.")


def _archived(path: Path, source: str) -> Iterator[Found]:
    with opened(path) as archive:
        if names := names_with(archive, ".kml"):
            yield from kml_zones(content(archive, names[0], source), f"{source}, {names[0]}")
            if len(names) > 1:
                yield Found(None, (f"{source}: Only {names[0]} was read, of {len(names)} KML files in it.",))
        elif names := names_with(archive, ".shp"):
            with tempfile.TemporaryDirectory() as folder:
                for name in names:
                    part = Path(folder) / str(names.index(name))
                    part.mkdir()
                    yield from table_zones(unpack_shapefile(archive, name, part, source), f"{source}, {name}")
        else:
            raise FileFormatError("There is neither KML nor a shapefile in the archive.", about=source)


def _start(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileFormatError(f"The file cannot be read: {reason}.", about=str(path), mend="Check the path.") from None


def _decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether it is UTF-8; older OpenAir files are Windows-1252."""
    try:
        return data.decode("utf-8-sig"), True
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), False
