"""KML, KMZ, GeoJSON, GeoPackage and shapefile as zones; bombs, unknown reference systems and nonsense are refused."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from pyproj import Transformer

from planner.errors import FileFormatError, InputError
from planner.geojson import site_from_geojson, site_to_geojson
from planner.hours import hours_from_json, moment_from
from planner.quantities import Altitude
from planner.site import Site, Zone, ZoneKind
from planner.zones import archives, read_zone_file, read_zones

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
FENCE = SHARED / "data" / "airspace" / "ed269_318" / "openutm_bern_geo_fence.geojson"

SQUARE = shapely.box(76.9, 43.2, 77.0, 43.3)
CORNERS = " ".join(f"{lon},{lat},0" for lon, lat in SQUARE.exterior.coords)
HOLE = " ".join(f"{lon},{lat}" for lon, lat in shapely.box(76.94, 43.24, 76.96, 43.26).exterior.coords)
KML = f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
 <Placemark id="p1"><name>Әуежай</name>
  <ExtendedData><Data name="floor"><value>GND</value></Data><Data name="Ceiling"><value>1500 ft AMSL</value></Data>
   <SchemaData><SimpleData name="class">R</SimpleData></SchemaData></ExtendedData>
  <MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>
   {CORNERS}
  </coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>{HOLE}</coordinates>
  </LinearRing></innerBoundaryIs></Polygon></MultiGeometry></Placemark>
 <Placemark><name>a point</name><Point><coordinates>76.9,43.2</coordinates></Point></Placemark>
</Document></kml>"""


def zipped(folder: Path, files: dict[str, bytes], name: str = "zones.bin") -> Path:
    file = folder / name
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, data in files.items():
            archive.writestr(inner, data)
    return file


def table(path: Path, shape: shapely.Geometry, crs: str | None, layer: str | None = None, **columns: str) -> Path:
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shape)], dtype=object),
        [np.array([value], dtype=object) for value in columns.values()],
        list(columns),
        geometry_type=shape.geom_type,
        crs=crs,
        layer=layer,
    )
    return path


def is_the_square(zone) -> bool:
    return bool(shapely.hausdorff_distance(zone.shape, SQUARE) < 1e-8)


def test_kml_with_names_holes_and_heights(tmp_path):
    """What was drawn in Google Earth would have to be drawn again."""
    file = tmp_path / "whatever.txt"
    file.write_text(KML, encoding="utf-8")
    found = read_zone_file(file)
    (zone,) = found.zones
    assert (zone.id, zone.name, zone.category, zone.kind) == ("p1", "Әуежай", "R", ZoneKind.AIRSPACE)
    assert zone.floor is None
    assert zone.ceiling.metres == pytest.approx(1500 * 0.3048)
    assert not zone.shape.covers(shapely.Point(76.95, 43.25))
    assert any("1 placemarks without a polygon" in note for note in found.notes)
    kmz = zipped(tmp_path, {"files/other.kml": b"<kml/>", "doc.kml": KML.encode()})
    assert read_zones(kmz) == found.zones


BOMBS = {
    "entities": '<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "file": '<!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    "network": '<!DOCTYPE k SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("kind", BOMBS)
def test_xml_bombs_are_refused(tmp_path, kind):
    """A file from a stranger would fill the memory, or read another file."""
    file = tmp_path / "bomb.kml"
    file.write_text(KML.replace("<kml ", BOMBS[kind] + "<kml ", 1).replace("a point", "&a;"), encoding="utf-8")
    with pytest.raises(FileFormatError, match="document type or entities"):
        read_zones(file)


def test_zip_bombs_are_refused(tmp_path, monkeypatch):
    """A file of 100 kB would unpack to all the memory there is."""
    bomb = zipped(tmp_path, {"doc.kml": b" " * (65 * 2**20)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(FileFormatError, match="unpacks to more than 64 MB"):
        read_zones(bomb)
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(FileFormatError, match="more than 3 files"):
        read_zones(zipped(tmp_path, {f"{number}.kml": b"<kml/>" for number in range(4)}))


def test_broken_kml_names_the_place(tmp_path):
    """A user would not know where to look."""
    file = tmp_path / "zones.kml"
    file.write_text(KML.replace("</MultiGeometry>", "", 1), encoding="utf-8")
    with pytest.raises(FileFormatError, match="Not XML") as caught:
        read_zones(file)
    assert "line 9" in caught.value.about
    file.write_text(KML.replace(CORNERS, "76.9,43.2 76.9,43.3 x,y"), encoding="utf-8")
    with pytest.raises(InputError, match="not numbers") as caught:
        read_zones(file)
    assert "placemark 1 (Әуежай)" in caught.value.about
    file.write_text("<gpx/>", encoding="utf-8")
    with pytest.raises(FileFormatError, match="its root is <gpx>"):
        read_zones(file)
    with pytest.raises(FileFormatError, match="neither KML nor a shapefile"):
        read_zones(zipped(tmp_path, {"a.txt": b"x"}))
    file.write_bytes(zipped(tmp_path, {"doc.kml": KML.encode()}).read_bytes()[:-40])
    with pytest.raises(FileFormatError, match="archive cannot be read"):
        read_zones(file)


def test_geopackage_and_shapefile_in_any_reference_system(tmp_path):
    """What a GIS department has would have to be converted by hand."""
    gpkg = table(
        tmp_path / "z.gpkg", SQUARE, "EPSG:4326", layer="zones", name="Зона", floor="120 m AGL", kind="no_look"
    )
    (zone,) = read_zones(gpkg)
    assert is_the_square(zone)
    assert (zone.name, zone.floor, zone.kind) == ("Зона", Altitude.agl(120), ZoneKind.NO_LOOK)
    utm = Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True)
    projected = shapely.transform(SQUARE, lambda points: np.column_stack(utm.transform(points[:, 0], points[:, 1])))
    shp = table(tmp_path / "z.shp", projected, "EPSG:32643", name="A", starts="x")
    assert is_the_square(read_zones(shp)[0])
    parts = {f"data/z{end}": (tmp_path / f"z{end}").read_bytes() for end in (".shp", ".shx", ".dbf", ".prj")}
    assert is_the_square(read_zones(zipped(tmp_path, parts))[0])


def test_several_layers_are_all_read(tmp_path):
    """The second layer's zones would not be there."""
    file = table(tmp_path / "z.gpkg", SQUARE, "EPSG:4326", layer="one", name="A")
    pyogrio.raw.write(
        file,
        np.array([shapely.to_wkb(shapely.box(78, 43, 79, 44)), shapely.to_wkb(shapely.Point(1, 1))], dtype=object),
        [np.array(["B", "C"], dtype=object)],
        ["name"],
        geometry_type="Unknown",
        crs="EPSG:4326",
        layer="two",
        append=True,
    )
    found = read_zone_file(file)
    assert [zone.name for zone in found.zones] == ["A", "B"]
    assert len({zone.id for zone in found.zones}) == 2
    assert any("1 features that are no polygons" in note for note in found.notes)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_an_unknown_reference_system_is_refused(tmp_path):
    """Read as WGS 84, Pulkovo 1942 puts a zone 55 to 96 m off."""
    file = table(tmp_path / "p.gpkg", shapely.box(500000, 4800000, 501000, 4801000), "EPSG:2503", layer="z", name="A")
    with pytest.raises(FileFormatError, match="Pulkovo 1942"):
        read_zones(file)
    nothing = table(tmp_path / "n.shp", SQUARE, None, name="A")
    with pytest.raises(FileFormatError, match="does not say its reference system"):
        read_zones(nothing)


def test_a_damaged_table_is_an_error_in_words(tmp_path):
    """A truncated download would end in a traceback."""
    file = table(tmp_path / "z.gpkg", SQUARE, "EPSG:4326", layer="zones", name="A")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 3])
    with pytest.raises(FileFormatError):
        read_zones(file)
    file.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with pytest.raises(FileFormatError):
        read_zones(file)


def test_foreign_geojson_is_airspace_and_what_it_does_not_say_is_told():
    """A height without a unit would be guessed, and the zone be too low or too high."""
    if not FENCE.exists():
        pytest.skip("the shared GeoJSON sample is not here")
    found = read_zone_file(FENCE)
    (zone,) = found.zones
    assert (zone.name, zone.floor, zone.ceiling) == ("Geofence 1", None, None)
    assert zone.hours.always
    assert any("unit" in note for note in found.notes)
    assert any("time zone" in note for note in found.notes)


def test_geojson_of_ours_and_of_others(tmp_path):
    """A zones file made with Qyran would lose its kinds, one made elsewhere its hours."""

    def feature(**properties):
        return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(SQUARE)}

    file = tmp_path / "zones.geojson"
    ours = [feature(kind="keep_out", id="k", ceiling="80 m AGL"), feature(kind="area", id="a")]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": ours}))
    found = read_zone_file(file)
    assert [(zone.id, zone.kind, zone.ceiling) for zone in found.zones] == [("k", ZoneKind.KEEP_OUT, Altitude.agl(80))]
    assert any("1 features that are no zones" in note for note in found.notes)
    theirs = [feature(start_time="2026-05-01T00:00Z", end_time="2026-05-02T00:00Z", lower="FL50", upper="UNL")]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": theirs}))
    (zone,) = read_zones(file)
    assert zone.floor.metres < 1524
    assert zone.hours.applies_at(moment_from("2026-05-01T12:00Z"))
    assert not zone.hours.applies_at(moment_from("2026-05-03T12:00Z"))


def test_hours_and_class_of_a_drawn_zone_stay(tmp_path):
    """Saving a site would forget when its zones hold."""
    hours = hours_from_json([{"times": [{"days": ["SAT"], "start": "08:00Z", "end": "20:00Z"}]}])
    site = Site((), (Zone("z", ZoneKind.KEEP_OUT, SQUARE, hours=hours, category="market"),))
    value = json.loads(json.dumps(site_to_geojson(site)))
    assert site_from_geojson(value, "again", needs_area=False).zones == site.zones
    value["features"][0]["properties"]["hours"] = "weekends"
    with pytest.raises(FileFormatError, match="list of periods") as caught:
        site_from_geojson(value, "again", needs_area=False)
    assert "feature 1" in caught.value.about
