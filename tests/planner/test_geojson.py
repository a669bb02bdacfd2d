"""Areas, zones, launch and safe points from GeoJSON, and back."""

import itertools
import json
import os
import struct
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import FileFormatError, GeometryError, QyranError
from planner.geojson import read_site, site_from_geojson, site_to_geojson
from planner.quantities import Altitude, LonLat
from planner.site import Site, ZoneKind

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
SQUARE = [[76.9, 43.2], [76.91, 43.2], [76.91, 43.21], [76.9, 43.21], [76.9, 43.2]]
HOLE = [[76.904, 43.204], [76.904, 43.206], [76.906, 43.206], [76.906, 43.204], [76.904, 43.204]]


def moved(ring, east=0.0, north=0.0, scale=1.0):
    lon, lat = ring[0]
    return [[lon + (x - lon) * scale + east, lat + (y - lat) * scale + north] for x, y in ring]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings) or [SQUARE]}


def feature(geometry=None, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry or polygon()}


def collection(*features, **members):
    return {"type": "FeatureCollection", **members, "features": list(features)}


def point(lon=76.905, lat=43.205):
    return {"type": "Point", "coordinates": [lon, lat]}


def ring(*positions):
    return collection(feature(polygon(list(positions)), id="field"))


def crs(name):
    return collection(feature(), crs={"type": "name", "properties": {"name": name}})


BROKEN = {
    # what is not JSON at all
    "nothing": ("", FileFormatError, "empty"),
    "blank": ("  \n ", FileFormatError, "empty"),
    "words": ("hello", FileFormatError, "line 1, column 1"),
    "cut off": ('{"type":\n "Featu', FileFormatError, "line 2"),
    "trailing comma": ('{"type": "Feature",}', FileFormatError, "column 20"),
    "two documents": (json.dumps(feature()) + "\n" + json.dumps(feature()), FileFormatError, "second JSON text"),
    "json sequence": ("\x1e" + json.dumps(feature()), FileFormatError, "line-delimited"),
    "kml": ("<?xml version='1.0'?><kml/>", FileFormatError, "KML"),
    "a zip": (b"PK\x03\x04rest", FileFormatError, "ZIP"),
    "gzip": (b"\x1f\x8b\x08rest", FileFormatError, "gzip"),
    "a shapefile": (b"\x00\x00\x27\x0a" + bytes(96), FileFormatError, "shapefile"),
    "a geopackage": (b"SQLite format 3\x00", FileFormatError, "GeoPackage"),
    "a mission": ("QGC WPL 110\n0\t1\t0", FileFormatError, "mission"),
    "latin-1": ('{"type": "Feature",\n "name": "caf\xe9"}'.encode("latin-1"), FileFormatError, "Line 2 is not UTF-8"),
    "utf-16": (json.dumps(feature()).encode("utf-16"), FileFormatError, "not UTF-8"),
    "deep nesting": ("[" * 200_000, FileFormatError, "deeply"),
    "duplicate key": ('{"type": "Feature", "type": "Feature"}', FileFormatError, "'type' stands twice"),
    "NaN": ('{"type": "Point",\n"coordinates": [NaN, 43]}', FileFormatError, "NaN is no number in JSON (line 2)"),
    "Infinity": ('{"type": "Point", "coordinates": [-Infinity, 43]}', FileFormatError, "-Infinity"),
    "1e400": ('{"type": "Point", "coordinates": [1e400, 43]}', FileFormatError, "1e400 is out of range"),
    "a number of 10,000 digits": (
        f'{{"type": "Point", "coordinates": [{"9" * 10_000}, 43]}}',
        FileFormatError,
        "range",
    ),
    # JSON of another kind
    "a number": (7, FileFormatError, "must be an object"),
    "a list": ([feature()], FileFormatError, "must be an object"),
    "null": (None, FileFormatError, "must be an object"),
    "no type": ({"features": []}, FileFormatError, "its type is missing"),
    "type of a number": ({"type": 7}, FileFormatError, "its type is 7"),
    "a made-up type": ({"type": "Polygons"}, FileFormatError, "'Polygons'"),
    "topojson": ({"type": "Topology", "arcs": []}, FileFormatError, "TopoJSON"),
    "esri json": ({"rings": [SQUARE], "spatialReference": {"wkid": 4326}}, FileFormatError, "Esri"),
    "a qgc plan": ({"fileType": "Plan", "mission": {}}, FileFormatError, "QGroundControl"),
    # collections and features
    "no features": ({"type": "FeatureCollection"}, FileFormatError, "no list of features"),
    "features an object": ({"type": "FeatureCollection", "features": {}}, FileFormatError, "no list of features"),
    "an empty collection": (collection(), FileFormatError, "no area"),
    "a feature that is text": (collection("a"), FileFormatError, "feature 1"),
    "a geometry as feature": (collection(polygon()), FileFormatError, "'Polygon', not Feature"),
    "properties a list": (
        collection({"type": "Feature", "properties": [], "geometry": polygon()}),
        FileFormatError,
        "properties",
    ),
    "no geometry": (collection({"type": "Feature", "properties": {"id": "x"}}), GeometryError, "(id 'x')"),
    "geometry null": (
        collection({"type": "Feature", "properties": {}, "geometry": None}),
        GeometryError,
        "no geometry",
    ),
    "geometry a text": (
        collection({"type": "Feature", "properties": {}, "geometry": "POLYGON"}),
        FileFormatError,
        "object",
    ),
    "geometry of a made-up type": (collection(feature({"type": "Circle"})), GeometryError, "'Circle' is no geometry"),
    "no area": (collection(feature(kind="keep_out"), feature(kind="keep_in")), FileFormatError, "no area"),
    "only a launch": (collection(feature(point(), kind="launch")), FileFormatError, "no area"),
    "a line as area": (
        feature({"type": "LineString", "coordinates": SQUARE}),
        GeometryError,
        "cannot be a LineString",
    ),
    "a point as area": (collection(feature(point(), kind="area")), GeometryError, "cannot be a Point"),
    "a point without kind": (collection(feature(), feature(point())), FileFormatError, "does not say what it is"),
    "a collection of geometries": (
        feature({"type": "GeometryCollection", "geometries": []}),
        GeometryError,
        "cannot be a GeometryCollection",
    ),
    "a launch polygon": (collection(feature(), feature(kind="launch")), GeometryError, "must be a Point"),
    "a keep-out line": (
        collection(feature(), feature({"type": "LineString", "coordinates": SQUARE}, kind="keep_out")),
        GeometryError,
        "feature 2: A feature of kind keep_out cannot be a LineString",
    ),
    "an unknown kind": (
        collection(feature(kind="park"), feature()),
        FileFormatError,
        "Known: area, corridor, perimeter, point, route, keep_in",
    ),
    "a misspelt kind": (collection(feature(), feature(kind="keep-out")), FileFormatError, "Did you mean keep_out?"),
    "a misspelt zone alone": (feature(kind="keepout"), FileFormatError, "Did you mean keep_out?"),
    "a kind of a number": (collection(feature(kind=3)), FileFormatError, "kind 3"),
    "duplicate ids": (
        collection(feature(id="a"), feature(id="a")),
        FileFormatError,
        "Features 1 and 2 have the same id",
    ),
    "ids of two kinds": (
        collection(feature(id="a"), feature(point(), id="a", kind="launch")),
        FileFormatError,
        "the same id 'a'",
    ),
    "an id that is a list": (collection(feature(id=[1])), FileFormatError, "The id is a list"),
    "an id that is true": (collection(feature(id=True)), FileFormatError, "The id is True"),
    "an id with an escape": (collection(feature(id="\x1b[31m")), FileFormatError, "cannot be shown"),
    "half a character": ('{"type": "Feature", "properties": {"name": "\\ud800"}}', GeometryError, "no geometry"),
    "a name with half a character": (
        json.dumps(feature(name="\ud800")),
        FileFormatError,
        "name holds characters that cannot be shown",
    ),
    "an endless name": (collection(feature(name="x" * 300)), FileFormatError, "longer than 200"),
    "a name of a number": (collection(feature(name=5)), FileFormatError, "The name is 5"),
    # altitudes
    "a bare number as ceiling": (
        collection(feature(), feature(kind="airspace", ceiling=120)),
        FileFormatError,
        "does not say what it is measured from",
    ),
    "a ceiling in words": (collection(feature(), feature(kind="airspace", ceiling="high")), FileFormatError, "'high'"),
    "a ceiling without reference": (
        collection(feature(), feature(kind="airspace", ceiling={"metres": 3})),
        FileFormatError,
        "not understood",
    ),
    "an unknown reference": (
        collection(feature(), feature(kind="airspace", floor={"metres": 3, "reference": "QNE"})),
        FileFormatError,
        "The floor an object is not understood",
    ),
    "a floor above its ceiling": (
        collection(feature(), feature(kind="airspace", floor="90 m AGL", ceiling="60 m AGL")),
        FileFormatError,
        "not below the ceiling",
    ),
    # reference systems
    "pulkovo 1942": (crs("EPSG:4284"), FileFormatError, "55 to 96 m off"),
    "pulkovo 1942 zone": (crs("urn:ogc:def:crs:EPSG::28413"), FileFormatError, "Pulkovo 1942"),
    "web mercator": (crs("urn:ogc:def:crs:EPSG::3857"), FileFormatError, "not in WGS 84"),
    "utm": (crs("EPSG:32643"), FileFormatError, "EPSG:32643"),
    "crs null": (collection(feature(), crs=None), FileFormatError, "does not name"),
    "crs link": (collection(feature(), crs={"type": "link", "properties": {}}), FileFormatError, "does not name"),
    "crs at a feature": (
        collection({**feature(), "crs": {"type": "EPSG", "properties": {"code": 4284}}}),
        FileFormatError,
        "Pulkovo",
    ),
    "crs at a geometry": (feature({**polygon(), "crs": 7}), FileFormatError, "does not name"),
    # coordinates
    "no coordinates": (feature({"type": "Polygon"}), GeometryError, "must be a list"),
    "an empty polygon": (feature({"type": "Polygon", "coordinates": []}), GeometryError, "empty"),
    "an empty ring": (ring(), GeometryError, "empty"),
    "an empty multipolygon": (feature({"type": "MultiPolygon", "coordinates": []}), GeometryError, "empty"),
    "an empty point": (
        collection(feature(), feature({"type": "Point", "coordinates": []}, kind="launch")),
        GeometryError,
        "The Point is empty",
    ),
    "a ring of numbers": (feature({"type": "Polygon", "coordinates": SQUARE}), GeometryError, "pair of numbers"),
    "text in a position": (ring([76.9, "43"], *SQUARE), GeometryError, "Position 1 holds something"),
    "true in a position": (ring([76.9, True], *SQUARE), GeometryError, "Position 1 holds something"),
    "one number in a position": (ring(*SQUARE[:2], [76.9], *SQUARE[2:]), GeometryError, "Position 3 is not a pair"),
    "a text as altitude": (ring([76.9, 43.2, "60"], *SQUARE), GeometryError, "Position 1 holds something"),
    "an unclosed ring": (ring(*SQUARE[:-1]), GeometryError, "not closed: it starts at [76.9, 43.2]"),
    "two points": (ring(SQUARE[0], SQUARE[1], SQUARE[0]), GeometryError, "too few points"),
    "one point four times": (ring(*[SQUARE[0]] * 4), GeometryError, "too few points: 1"),
    "a flat ring": (ring([76.9, 43.2], [76.91, 43.2], [76.92, 43.2], [76.9, 43.2]), GeometryError, "no area"),
    "a speck": (ring(*moved(SQUARE, scale=1e-4)), GeometryError, "no area at [76.9, 43.2]"),
    "a bow tie": (
        ring(SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]),
        GeometryError,
        "longitude 76.9050000, latitude 43.2050000",
    ),
    "a ring that touches itself": (
        ring(
            [76.9, 43.2], [76.91, 43.2], [76.905, 43.205], [76.91, 43.21], [76.9, 43.21], [76.905, 43.205], [76.9, 43.2]
        ),
        GeometryError,
        "touches itself at longitude 76.9050000",
    ),
    "a hole outside": (feature(polygon(SQUARE, moved(HOLE, east=0.05))), GeometryError, "lies outside the outline"),
    "a hole across the outline": (
        feature(polygon(SQUARE, moved(HOLE, east=0.005))),
        GeometryError,
        "overlap at longitude",
    ),
    "a hole in a hole": (
        feature(polygon(SQUARE, HOLE, moved(HOLE, 0.0005, 0.0005, 0.2))),
        GeometryError,
        "inside another hole",
    ),
    "crossing holes": (feature(polygon(SQUARE, HOLE, moved(HOLE, 0.001, 0.001))), GeometryError, "two holes, overlap"),
    "a hole twice": (feature(polygon(SQUARE, HOLE, HOLE)), GeometryError, "overlap"),
    "a hole as large as the area": (feature(polygon(SQUARE, SQUARE)), GeometryError, "overlap"),
    "overlapping parts": (
        feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [moved(SQUARE, 0.005, 0.005)]]}),
        GeometryError,
        "Parts of the MultiPolygon overlap",
    ),
    "a broken part": (
        feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE[:3]]]}),
        GeometryError,
        "part 2, the outline",
    ),
    "metres": (ring([0, 0], [400, 0], [400, 300], [0, 300], [0, 0]), GeometryError, "globe"),
    "web mercator metres": (ring(*moved(SQUARE, 8.5e6, 5.3e6, 1e5)), GeometryError, "look like metres"),
    "swapped in general": (
        ring(*[[lat, lon + 60] for lon, lat in SQUARE]),
        GeometryError,
        "latitude seems to stand first",
    ),
    "swapped in Kazakhstan": (ring(*[[lat, lon] for lon, lat in SQUARE]), GeometryError, "longitude first"),
    "beyond the pole": (ring([0, 89], [1, 89], [1, 91], [0, 89]), GeometryError, "latitude"),
    "a launch off the globe": (
        collection(feature(), feature(point(200, 95), kind="launch")),
        GeometryError,
        "feature 2",
    ),
    "across the antimeridian": (
        ring([179.9, 60], [-179.9, 60], [-179.9, 60.1], [179.9, 60.1], [179.9, 60]),
        GeometryError,
        "antimeridian between [179.9, 60] and [-179.9, 60]",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_the_place(name, tmp_path):
    """Without this a pilot would get a traceback, or a patrol of the wrong place."""
    content, error, words = BROKEN[name]
    data = content if isinstance(content, bytes) else content if isinstance(content, str) else json.dumps(content)
    file = tmp_path / "areas.geojson"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(error) as caught:
        read_site(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    """Without this a mistyped path would end in a traceback."""
    for path in (tmp_path / "none.geojson", tmp_path, tmp_path / "nul\0.geojson"):
        with pytest.raises(FileFormatError, match="cannot be read"):
            read_site(path)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    """Without this a mistaken file would fill the memory of a field laptop."""
    file = tmp_path / "huge.geojson"
    with file.open("wb") as sparse:
        sparse.truncate(65 * 1024 * 1024)
    with pytest.raises(FileFormatError, match="larger than 64 MB"):
        read_site(file)


def test_a_whole_site_is_read_with_all_its_kinds():
    """Without this a keep-out zone or its height could be dropped in silence."""
    site = site_from_geojson(
        collection(
            feature(id="park", kind="area", name="Park", colour="green"),
            {"type": "Feature", "id": 7, "properties": None, "geometry": polygon(SQUARE, HOLE)},
            feature(id="fence", kind="keep_in"),
            feature(polygon(HOLE), id="school", kind="keep_out", floor=None, ceiling="60 m AGL"),
            feature(polygon(HOLE), id="yard", kind="no_look"),
            feature(id="ctr", kind="airspace", floor={"metres": 700, "reference": "AMSL"}, ceiling="3000 ft AMSL"),
            feature({"type": "Point", "coordinates": [76.905, 43.205, 830.5]}, id="post", kind="launch"),
            feature(point(76.906), id="meadow", kind="safe_point", altitude="30 m HOME"),
        ),
        "areas.geojson",
    )
    assert [area.id for area in site.areas] == ["park", "7"]
    assert len(site.areas[1].shape.interiors) == 1
    assert [zone.kind for zone in site.zones] == [
        ZoneKind.KEEP_IN,
        ZoneKind.KEEP_OUT,
        ZoneKind.NO_LOOK,
        ZoneKind.AIRSPACE,
    ]
    assert site.zones[1].ceiling == Altitude.agl(60)
    assert site.zones[3].floor == Altitude.amsl(700)
    assert site.zones[3].ceiling.metres == pytest.approx(914.4)
    assert site.launches[0].position == LonLat(76.905, 43.205)
    assert site.safe_points[0].altitude == Altitude.home(30)


@pytest.mark.parametrize(
    "value",
    [
        polygon(),
        feature(),
        feature(kind="real field", units="m"),
        {"type": "Feature", "properties": None, "geometry": polygon(SQUARE[::-1], HOLE[::-1])},
        collection(feature(kind="concave")),
        polygon([[*position, 812.0] for position in SQUARE]),
        {"type": "MultiPolygon", "coordinates": [[SQUARE], [moved(SQUARE, 0.02)]]},
        collection(feature(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}),
        collection(feature(), crs={"type": "name", "properties": {"name": "EPSG:4326"}}),
        collection(feature(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}),
    ],
)
def test_a_bare_polygon_is_an_area(value):
    """Without this a polygon drawn elsewhere could not be planned without a project."""
    site = site_from_geojson(value, "bare")
    assert len(site.areas) == 1
    assert not site.areas[0].shape.has_z
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_geometry(site.areas[0].shape, 0)))


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Without this files saved by Windows editors would be refused."""
    file = tmp_path / "areas.geojson"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(feature(name="Көк төбе")).encode())
    assert read_site(file).areas[0].name == "Көк төбе"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "id", "kind", "crs", "name"])
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
TYPES = st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString", "GeometryCollection"])
NUMBERS = st.floats(-200, 200) | st.floats() | st.sampled_from([76.9, 76.91, 43.2, 43.21])
RINGS = st.lists(st.lists(NUMBERS, min_size=1, max_size=3), max_size=7).map(lambda ring: ring + ring[:1])
GEOMETRIES = st.fixed_dictionaries(
    {
        "type": TYPES,
        "coordinates": st.lists(RINGS, max_size=3) | st.lists(st.lists(RINGS, max_size=2), max_size=2) | JSON,
    }
)
PROPERTIES = st.dictionaries(
    st.sampled_from(["id", "kind", "name", "floor", "ceiling", "altitude"]),
    st.sampled_from(["area", "keep_out", "launch", "safe_point", "60 m AGL", "60"]) | JSON,
)
FEATURES = st.fixed_dictionaries({"type": st.just("Feature"), "properties": PROPERTIES, "geometry": GEOMETRIES})
COLLECTIONS = st.fixed_dictionaries(
    {"type": st.just("FeatureCollection"), "features": st.lists(FEATURES | JSON, max_size=4)}
)


@settings(max_examples=150, deadline=None)
@given(JSON | GEOMETRIES | FEATURES | COLLECTIONS)
def test_any_json_is_a_site_or_an_error_in_words(value):
    """Without this some odd file would end in a traceback."""
    try:
        site = site_from_geojson(value, "odd.geojson")
    except QyranError as error:
        assert "odd.geojson" in str(error)
        str(error).encode()
    else:
        assert isinstance(site, Site)
        assert all(area.shape.is_valid and area.shape.area > 0 for area in site.areas)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_error_in_words(tmp_path_factory, data):
    """Without this a damaged file would end in a traceback."""
    file = tmp_path_factory.getbasetemp() / "bytes.geojson"
    file.write_bytes(data)
    with pytest.raises(QyranError):
        read_site(file)


def squares():
    corner = st.tuples(st.floats(-170, 170), st.floats(-60, 60))
    return st.builds(
        lambda at, size: polygon(
            [[at[0], at[1]], [at[0] + size, at[1]], [at[0] + size, at[1] + size], [at[0], at[1] + size], [at[0], at[1]]]
        ),
        corner,
        st.floats(0.001, 0.5),
    )


@settings(max_examples=60, deadline=None)
@given(
    areas=st.lists(squares(), min_size=1, max_size=3),
    zones=st.lists(st.tuples(squares(), st.sampled_from([kind.value for kind in ZoneKind])), max_size=3),
    names=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20), min_size=8, max_size=8),
    floor=st.none() | st.floats(-100, 9000),
)
def test_a_site_written_is_the_site_read(areas, zones, names, floor):
    """Without this saving a project would change what it says."""
    heights = None if floor is None else {"metres": floor, "reference": "AMSL"}
    features = [feature(shape, id=f"a{n}", name=names[n]) for n, shape in enumerate(areas)]
    features += [feature(z, id=f"z{n}", kind=k, floor=heights, name=names[n]) for n, (z, k) in enumerate(zones)]
    features.append(feature(point(), id="post", kind="launch", name=names[-1]))
    features.append(feature(point(), id="safe", kind="safe_point", altitude="20 m HOME"))
    site = site_from_geojson(collection(*features), "first")
    again = site_from_geojson(json.loads(json.dumps(site_to_geojson(site))), "second")
    assert again == site


def shapefile_polygons(path):
    """The polygons of an ESRI shapefile (ESRI white paper, July 1998), as lists of rings."""
    data = path.read_bytes()
    at = 100
    while at < len(data):
        _, words = struct.unpack_from(">2i", data, at)
        kind, *_box, parts, points = struct.unpack_from("<i4d2i", data, at + 8)
        assert kind == 5
        starts = [*struct.unpack_from(f"<{parts}i", data, at + 52), points]
        xy = struct.unpack_from(f"<{2 * points}d", data, at + 52 + 4 * parts)
        places = list(zip(xy[::2], xy[1::2], strict=True))
        yield [places[a:b] for a, b in itertools.pairwise(starts)]
        at += 8 + 2 * words


def test_every_district_of_kazakhstan_is_read():
    """Without this real borders, with thousands of vertices, islands and lakes, could be refused or lose land."""
    file = SHARED / "data" / "borders" / "geokz" / "kaz_admbnda_adm2_2024.shp"
    if not file.exists():
        pytest.skip("the shared borders of Kazakhstan are not here (set QYRAN_SHARED)")
    read, refused = 0, []
    for number, rings in enumerate(shapefile_polygons(file)):
        shape = shapely.polygons(rings[0])
        for part in rings[1:]:
            shape = shapely.symmetric_difference(shapely.make_valid(shape), shapely.make_valid(shapely.polygons(part)))
        value = json.loads(json.dumps(shapely.geometry.mapping(shape)))
        try:
            site = site_from_geojson(value, f"district {number}")
        except GeometryError as error:
            refused.append(str(error))
            continue
        assert site.areas[0].shape.area == pytest.approx(shape.area)
        read += 1
    assert read >= 220
    assert not [words for words in refused if " at longitude " not in words and " at [" not in words]
