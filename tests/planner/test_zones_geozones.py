"""ED-269 and ED-318: what the shared samples say, what is added to them, and what leaves as it came."""

import copy
import json
import os
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import FileFormatError, InputError, SettingError
from planner.hours import DayTimes, Hours, Period, moment_from, time_from
from planner.quantities import Altitude
from planner.site import Zone, ZoneKind
from planner.zones import read_ed318, read_zone_file, read_zones, write_ed318

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "data" / "airspace" / "ed269_318"
shared = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared ED-269 and ED-318 samples are not here")

RING = [[77.0, 43.0], [77.1, 43.0], [77.1, 43.1], [77.0, 43.1], [77.0, 43.0]]


def ed269(**changes):
    """One zone, as small as ED-269 allows; keys with __ go into its geometry."""
    volume = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Polygon", "coordinates": [RING]},
    }
    zone = {
        "identifier": "KZ1",
        "country": "KAZ",
        "name": "Town",
        "type": "COMMON",
        "restriction": "PROHIBITED",
        "applicability": [{"permanent": "YES"}],
        "geometry": [volume],
    }
    for key, value in changes.items():
        (volume if key in volume else zone)[key] = value
    return {"title": "t", "UASZoneList": [zone]}


def ed318(**changes):
    """One zone, as small as ED-318 allows."""
    layer = {"upper": 120, "upperReference": "AGL", "lower": 30, "lowerReference": "AGL", "uom": "m"}
    geometry = {"type": "Polygon", "coordinates": [RING], "layer": layer}
    properties = {
        "identifier": "KZ1",
        "country": "KAZ",
        "name": [{"text": "Қала", "lang": "kk-KZ"}, {"text": "Town", "lang": "en-GB"}],
        "type": "PROHIBITED",
        "variant": "COMMON",
    }
    for key, value in changes.items():
        (layer if key in layer else geometry if key in ("geometry", "extent") else properties)[key] = value
    feature = {"type": "Feature", "geometry": changes.get("geometry", geometry), "properties": properties}
    return {"type": "FeatureCollection", "features": [feature]}


def written(folder: Path, value: object) -> Path:
    file = folder / "zones.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


@shared
def test_the_swiss_sample_of_ed269():
    """A public geo-awareness file would not open, or with wrong heights and hours."""
    found = read_zone_file(FOLDER / "geo-awareness-che-1_ed269.json")
    zones = {zone.id: zone for zone in found.zones}
    assert len(zones) == 9
    concert = zones["Montreux Concert Area"]
    assert concert.ceiling == Altitude.amsl(6259)
    assert concert.hours.applies_at(moment_from("2022-07-02T18:00Z"))  # a Saturday
    assert not concert.hours.applies_at(moment_from("2022-07-04T18:00Z"))
    assert not concert.hours.applies_at(moment_from("2026-07-04T18:00Z"))
    rings = [zones[f"Flugplatz Reichenbach/{number}"] for number in (1, 2, 3)]
    assert [ring.floor for ring in rings] == [None, Altitude.agl(50), Altitude.agl(100)]
    assert rings[0].shape.area < rings[1].shape.area < rings[2].shape.area
    assert any("restricts nothing" in note for note in found.notes)
    (city,) = read_zones(FOLDER / "cis_source_sample_ed269.json")
    assert (city.floor, city.ceiling, city.category) == (None, None, "REQ_AUTHORISATION")


@shared
def test_the_swiss_sample_of_ed318_goes_out_as_it_came_in(tmp_path):
    """Another program would get a file that lost what Qyran does not know."""
    source = FOLDER / "cis_source_sample_ed318.json"
    document = read_ed318(source)
    assert document.zones[0].name == "LSZB Bern-Belp 2"
    assert document.zones[0].floor == Altitude.agl(60)
    assert document.zones[0].ceiling is None
    write_ed318(document, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == json.loads(
        source.read_text(encoding="utf-8")
    )
    assert list(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))) == list(document.value)
    assert read_ed318(tmp_path / "out.json").zones == document.zones


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(json_values, json_values, json_values)
def test_members_that_nobody_knows_are_kept(tmp_path_factory, top, inner, deep):
    """What an authority adds to its files would be lost."""
    folder = tmp_path_factory.getbasetemp()
    value = ed318(extendedProperties={"x": inner})
    value["x-top"] = top
    value["features"][0]["geometry"]["x-deep"] = deep
    write_ed318(read_ed318(written(folder, value)), folder / "out.json")
    assert json.loads((folder / "out.json").read_text(encoding="utf-8")) == value


def test_names_layers_and_circles_of_ed318(tmp_path):
    """A zone of several layers would be one, a round one none."""
    layer = {"upper": 400, "upperReference": "AMSL", "lower": 0, "lowerReference": "AGL", "uom": "ft"}
    geometry = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Polygon", "coordinates": [RING], "layer": layer},
            {
                "type": "Point",
                "coordinates": [77.05, 43.05],
                "extent": {"subType": "Circle", "radius": 2000},
                "layer": {**layer, "uom": "m"},
            },
        ],
    }
    first, second = read_zones(written(tmp_path, ed318(geometry=geometry)))
    assert (first.id, second.id, first.name) == ("KZ1/1", "KZ1/2", "Town")
    assert first.ceiling.metres == pytest.approx(400 * 0.3048)
    assert second.ceiling == Altitude.amsl(400)
    assert second.shape.centroid.coords[0] == pytest.approx((77.05, 43.05), abs=1e-6)


def test_heights_above_the_ellipsoid_are_taken_on_the_safe_side(tmp_path):
    """In Kazakhstan the ellipsoid lies tens of metres off the sea: a floor would come out too high."""
    value = ed269(lowerLimit=300, lowerVerticalReference="WGS84", upperLimit=500, upperVerticalReference="WGS84")
    (zone,) = read_zones(written(tmp_path, value))
    assert zone.floor == Altitude.amsl(300 - 86)
    assert zone.ceiling == Altitude.amsl(500 + 107)


def test_daylight_is_taken_as_the_whole_day(tmp_path):
    """Sunset is not known here; a zone that holds from sunset would be flown into."""
    night = [{"schedule": [{"day": ["MON"], "startEvent": "SS", "endEvent": "SR"}]}]
    (zone,) = read_zones(written(tmp_path, ed318(limitedApplicability=night)))
    assert zone.hours.applies_at(moment_from("2026-05-05T12:00Z"))


BROKEN = [
    (ed269(restriction="SOMETIMES"), "UASZoneList[0].restriction", "no restriction"),
    (ed269(identifier=None), "UASZoneList[0].identifier", "text is expected"),
    (ed269(geometry=[]), "UASZoneList[0].geometry", "no geometry"),
    (ed269(uomDimensions="KM"), "UASZoneList[0].geometry[0].uomDimensions", "unit"),
    (ed269(lowerLimit="low"), "UASZoneList[0].geometry[0].lowerLimit", "not a number"),
    (ed269(lowerLimit=200), "UASZoneList[0].geometry[0].upperLimit", "below the floor"),
    (ed269(upperVerticalReference="MOON"), "UASZoneList[0].geometry[0].upperVerticalReference", "not known"),
    (ed269(horizontalProjection={"type": "Circle", "center": [77, 43], "radius": -5}), "geometry[0]", "no zone"),
    (ed269(horizontalProjection={"type": "Circle", "center": [43, 177]}), "center", "no longitude and latitude"),
    (ed269(horizontalProjection={"type": "Polygon", "coordinates": [RING[:3]]}), "geometry[0]", "not closed"),
    (ed269(applicability=[{"startDateTime": "soon"}]), "applicability[0].startDateTime", "not a date"),
    (ed269(applicability=[{"dailyPeriod": [{"day": ["FUNDAY"]}]}]), "dailyPeriod[0].day[0]", "no day"),
    (ed269(applicability=[{"dailyPeriod": [{"startTime": "09:00"}]}]), "dailyPeriod[0]", "time zone"),
    (ed318(uom="furlong"), "features[0].geometry.layer.uom", "unit"),
    (ed318(type="PERHAPS"), "features[0].properties.type", "no restriction"),
    (ed318(geometry={"type": "LineString", "layer": {}, "coordinates": RING}), "features[0].geometry", "no layer"),
]


@pytest.mark.parametrize(("value", "where", "what"), BROKEN, ids=[f"{where} {what}" for _, where, what in BROKEN])
def test_a_broken_file_names_the_place(tmp_path, value, where, what):
    """A user would search a country's file for one wrong value."""
    with pytest.raises(InputError, match=what) as caught:
        read_zones(written(tmp_path, value))
    assert where in caught.value.about


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_no_value_brings_it_down(tmp_path_factory, data):
    """A damaged file would end Qyran with a traceback."""
    value = copy.deepcopy(data.draw(st.sampled_from([ed269(), ed318()])))
    at = value
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if data.draw(st.booleans()) or not isinstance(at[key], dict | list):
            at[key] = data.draw(json_values)
            break
        at = at[key]
    try:
        zones = read_zones(written(tmp_path_factory.getbasetemp(), value))
    except InputError as error:
        assert error.about
    else:
        assert all(zone.shape.is_valid for zone in zones)


def test_zones_of_ones_own_become_ed318(tmp_path):
    """A control centre could not hand its zones on."""
    hours = Hours((Period(moment_from("2026-05-01T00:00Z"), None, (DayTimes(frozenset({5}), time_from("17:00Z")),)),))
    square = shapely.Polygon(RING)
    zones = [
        Zone("a", ZoneKind.AIRSPACE, square, "A", Altitude.agl(50), Altitude.amsl(900), hours, "CONDITIONAL"),
        Zone("b", ZoneKind.AIRSPACE, shapely.MultiPolygon([square, shapely.box(78, 43, 78.1, 43.1)]), "B"),
    ]
    write_ed318(zones, tmp_path / "out.json", country="kaz")
    back = read_zones(tmp_path / "out.json")
    assert [zone.id for zone in back] == ["a", "b/1", "b/2"]
    assert back[0].hours.periods[0].start == hours.periods[0].start
    assert (back[0].floor, back[0].ceiling, back[0].category) == (zones[0].floor, zones[0].ceiling, "CONDITIONAL")
    assert (back[1].floor, back[1].ceiling) == (None, None)
    assert shapely.union_all([back[1].shape, back[2].shape]).equals(zones[1].shape)
    with pytest.raises(SettingError, match="country"):
        write_ed318(zones, tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()
    home = [Zone("h", ZoneKind.AIRSPACE, square, ceiling=Altitude.home(50))]
    with pytest.raises(SettingError, match="above home"):
        write_ed318(home, tmp_path / "none.json", country="KAZ")


def test_json_of_another_kind_is_refused(tmp_path):
    """A mission file taken for zones would be no zones at all."""
    with pytest.raises(FileFormatError, match="neither"):
        read_zones(written(tmp_path, {"fileType": "Plan", "mission": {}}))
    with pytest.raises(FileFormatError, match="not ED-318"):
        read_ed318(written(tmp_path, ed269()))
