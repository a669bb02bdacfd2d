"""Obstacles from files: GeoJSON, KML and KMZ, GeoPackage and shapefile; what is in a file decides, not its name.

``height`` (of any capitals; in KML as ExtendedData) is metres above the ground as a number, as OpenStreetMap has it,
"30 m", "98 ft", or an altitude ("30 m AGL", "1250 m AMSL"); ``radius`` in metres widens a point or line (a mast's guy
ropes); ``name`` and ``id`` name it in findings. A KML placemark without a height may have its coordinates' own, where
its ``altitudeMode`` says what they are above.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from planner.errors import FileFormatError, GeometryError, InputError, SettingError
from planner.geojson.crs import refuse_other_crs
from planner.geojson.text import read_json
from planner.quantities import Altitude, AltitudeReference
from planner.terrain.obstacles import Obstacle, Shape
from planner.xml_text import parse_xml, tag_of, text_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

HEIGHT = re.compile(r"\s*(?P<number>\d+(\.\d*)?)\s*(?P<unit>m|ft)?\s*", re.IGNORECASE | re.ASCII)
MEND = 'Give it a height above the ground in metres, or for example "30 m AGL", "1250 m AMSL".'
HIGHEST_M = 10_000.0
LARGEST_BYTES = 64 * 1024 * 1024

_SQLITE, _SHAPEFILE, _ZIP = b"SQLite format 3", b"\x00\x00\x27\x0a", b"PK\x03\x04"
_KML_SHAPES = {"Point": 1, "LineString": 2, "Polygon": 4}
_KML_MODES = {"relativeToGround": AltitudeReference.AGL, "absolute": AltitudeReference.AMSL}


def read_obstacles(path: Path | str) -> tuple[Obstacle, ...]:
    """The obstacles in a file. Raises ``FileFormatError`` or ``GeometryError`` with file and feature."""
    path = Path(path)
    source = str(path)
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", about=source) from None
    if start.startswith((_SQLITE, _SHAPEFILE)):
        return tuple(_of_table(path, source))
    if start.startswith(_ZIP):
        return tuple(_of_archive(path, source))
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return tuple(_of_kml(_content(path, source), source))
    return tuple(_of_geojson(path, source))


def _content(path: Path, source: str) -> bytes:
    if path.stat().st_size > LARGEST_BYTES:
        raise FileFormatError(f"The file is larger than {LARGEST_BYTES // 2**20} MB.", about=source)
    return path.read_bytes()


def _of_geojson(path: Path, source: str) -> Iterator[Obstacle]:
    value = read_json(path)
    if not isinstance(value, Mapping) or value.get("type") != "FeatureCollection":
        raise FileFormatError("Obstacles are a GeoJSON FeatureCollection, and this is none.", about=source)
    refuse_other_crs(value, source)
    features = value.get("features")
    if not isinstance(features, list):
        raise FileFormatError("The FeatureCollection has no list of features.", about=source)
    for number, feature in enumerate(features, 1):
        about = f"{source}: feature {number}"
        if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
            raise FileFormatError("This is no GeoJSON feature.", about=about)
        refuse_other_crs(feature, about)
        properties = feature.get("properties") or {}
        if not isinstance(properties, Mapping):
            raise FileFormatError("The properties of a feature are not an object.", about=about)
        given = {str(key).lower(): value for key, value in properties.items()}
        given.setdefault("id", feature.get("id"))
        yield _obstacle(given, number, about, _geojson_shape(feature.get("geometry"), about))


def _of_table(path: Path, source: str) -> Iterator[Obstacle]:
    from planner.zones.tables import table_rows  # noqa: PLC0415 (zones know patrols, and these know terrain)

    for row in table_rows(path, source):
        given = {name.lower(): value for name, value in row.attributes.items()}
        yield _obstacle(given, row.number, row.about, _checked(row.shape, row.about))


def _of_archive(path: Path, source: str) -> Iterator[Obstacle]:
    from planner.zones.archives import content, names_with, opened, unpack_shapefile  # noqa: PLC0415 (as above)

    with opened(path) as archive:
        documents, shapes = names_with(archive, ".kml"), names_with(archive, ".shp")
        if not documents and not shapes:
            raise FileFormatError("There is neither KML nor a shapefile in it.", about=source)
        for name in documents[:1]:
            yield from _of_kml(content(archive, name, f"{source}: {name}"), f"{source}: {name}")
        for name in shapes if not documents else ():
            with tempfile.TemporaryDirectory() as folder:
                about = f"{source}: {name}"
                yield from _of_table(unpack_shapefile(archive, name, Path(folder), about), about)


def _of_kml(data: bytes, source: str) -> Iterator[Obstacle]:
    from planner.zones.kml import attributes_of  # noqa: PLC0415 (as above)

    root = parse_xml(data, source)
    if tag_of(root) != "kml":
        raise FileFormatError(f"This XML is not KML: its root is <{tag_of(root)[:40]}>.", about=source)
    placemarks = (element for element in root.iter() if tag_of(element) == "Placemark")
    for number, placemark in enumerate(placemarks, 1):
        name = text_in(placemark, "name")
        about = f"{source}: placemark {number}"
        given: dict[str, object] = {key.lower(): value for key, value in attributes_of(placemark).items()}
        given.setdefault("name", name)
        given.setdefault("id", placemark.get("id"))
        for element in placemark.iter():
            kind = tag_of(element)
            if kind in _KML_SHAPES:
                shape, top = _kml_shape(element, kind, about)
                yield _obstacle(given if top is None else {"height": top, **given}, number, about, shape)


def _kml_shape(element: Element, kind: str, about: str) -> tuple[Shape, str | None]:
    """A placemark's geometry, and the highest altitude that its coordinates tell, where it says above what."""
    from planner.zones.kml import rings_of  # noqa: PLC0415 (as above)

    texts = [part.text or "" for part in element.iter() if tag_of(part) == "coordinates"]
    try:
        places = [[float(number) for number in word.split(",")] for word in " ".join(texts).split()]
    except ValueError:
        raise GeometryError("The coordinates are not numbers.", about=about, mend="KML has lon,lat,height.") from None
    if any(len(place) < 2 for place in places) or len(places) < _KML_SHAPES[kind]:
        raise GeometryError(f"A {kind} has too few coordinates.", about=about)
    mode = next((part.text or "" for part in element.iter() if tag_of(part) == "altitudeMode"), "").strip()
    heights = [place[2] for place in places if len(place) > 2]
    told = _KML_MODES.get(mode)
    top = f"{max(heights)} m {told.value}" if told is not None and heights and max(heights) > 0 else None
    flat = [(place[0], place[1]) for place in places]
    try:
        match kind:
            case "Point":
                shape: BaseGeometry = Point(flat[0])
            case "LineString":
                shape = LineString(flat)
            case _:
                outer, inner = (rings_of(element, name, about) for name in ("outerBoundaryIs", "innerBoundaryIs"))
                shape = Polygon(outer[0] if outer else flat, inner)
    except (ShapelyError, ValueError):
        raise GeometryError("Its geometry cannot be read.", about=about) from None
    return _checked(shape, about), top


def _obstacle(given: Mapping[str, object], number: int, about: str, shape: Shape) -> Obstacle:
    """An obstacle of attributes with small names."""
    told = given.get("id")
    identity = str(told)[:80] if isinstance(told, str | int) and not isinstance(told, bool) else f"obstacle-{number}"
    name = given.get("name")
    about = f"{about} ({name[:80] if isinstance(name, str) and name and told is None else identity})"
    return Obstacle(
        id=identity,
        shape=shape,
        top=_top(given.get("height"), about),
        radius_m=_radius(given.get("radius"), about),
        name=name[:200] if isinstance(name, str) else "",
    )


def _geojson_shape(geometry: object, about: str) -> Shape:
    if not isinstance(geometry, Mapping):
        raise GeometryError("The feature has no geometry.", about=about)
    refuse_other_crs(geometry, about)
    try:
        shape = shape_of(dict(geometry))
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        raise GeometryError("Its geometry cannot be read.", about=about) from None
    return _checked(shape, about)


def _checked(shape: BaseGeometry | None, about: str) -> Shape:
    flat = None if shape is None else shapely.force_2d(shape)
    if not isinstance(flat, Shape) or flat.is_empty:
        raise GeometryError("An obstacle is a Point, a LineString or a Polygon (or several of one kind).", about=about)
    places = shapely.get_coordinates(flat)
    if not (np.isfinite(places).all() and (np.abs(places) <= (180, 90)).all()):
        raise GeometryError("It has a place that is not on the globe.", about=about, mend="Longitude first, degrees.")
    return flat


def _top(value: object, about: str) -> Altitude:
    sentence = "The height is missing." if value is None else f"{str(value)[:80]!r} is no height."
    if isinstance(value, bool) or value is None:
        raise FileFormatError(sentence, about=about, mend=MEND)
    if isinstance(value, int | float):
        top = value
    elif isinstance(value, str) and (match := HEIGHT.fullmatch(value[:80])):
        top = float(match["number"]) * (0.3048 if (match["unit"] or "m").lower() == "ft" else 1.0)
    else:
        try:
            altitude = Altitude.parse(value[:80]) if isinstance(value, str) else None
        except SettingError:
            altitude = None
        if altitude is None or altitude.reference is AltitudeReference.HOME or altitude.metres > HIGHEST_M:
            raise FileFormatError(sentence, about=about, mend=MEND)
        return altitude
    if not (math.isfinite(top) and 0 <= top <= HIGHEST_M):
        raise FileFormatError(sentence, about=about, mend=MEND)
    return Altitude.agl(float(top))


def _radius(value: object, about: str) -> float:
    if value is None or value == "":
        return 0.0
    try:
        metres = float(value) if isinstance(value, Real | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        metres = math.nan
    if not 0 <= metres <= HIGHEST_M:
        raise FileFormatError(f"{str(value)[:80]!r} is no radius in metres.", about=about)
    return metres
