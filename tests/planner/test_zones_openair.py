"""OpenAir: every shared fixture opens, or is refused with the line; shapes and heights are what the text says."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import FileFormatError, InputError
from planner.geodesy import WGS84, LocalFrame
from planner.hours import moment_from
from planner.quantities import Altitude, LonLat
from planner.site import ZoneKind
from planner.zones import read_zone_file, read_zones
from planner.zones.heights import level_range_m, pressure_height_m

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "data" / "airspace" / "openair"
shared = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared OpenAir fixtures are not here")

OPENS = {
    "activation-times-none": 1,
    "activation-times": 1,
    "airway": 1,
    "arc-angle-ccw": 1,
    "arc-angle-cw": 1,
    "arc-angle-single-vx": 1,
    "arc-ccw": 1,
    "arc-cw-ccw": 1,
    "arc-cw": 1,
    "arc-first": 1,
    "check-limits-unit-conversion": 1,
    "circular": 1,
    "do-not-split-into-multipolygon": 1,
    "empty-name": 1,
    "expected-output-openair": 1,
    "in-output-openair": 1,
    "inline-comments": 1,
    "laser-beam": 1,
    "meter-altitude-unit": 1,
    "missing-AY": 1,
    "missing-ah-al": 1,
    "polygon": 1,
    "round-altitude-values": 1,
    "single-airspace-ag-but-missing-af": 1,
    "skipped-tokens": 1,
    "start-end-coordinates-not-equal": 1,
    "transponder-code-invalid": 1,
    "version-2-commands": 8,
    "version-2-warn-if-expired": 1,
}
BROKEN = {
    "activation-times-invalid-with-none-none": ("line 8", "activation time"),
    "activation-times-invalid-with-none": ("line 9", "NONE"),
    "activation-times-invalid": ("line 9", "before it begins"),
    "ceiling-definitions-al-greater-ah": ("line 10", "floor (FL999) lies above"),
    "ceiling-definitions-duplicate": ("line 4", "AL stands twice"),
    "circular-invalid": ("line 1", "crosses or touches itself"),
    "coordinate-minutes-60": ("line 6", "60 minutes"),
    "coordinate-seconds-60": ("line 6", "60 seconds"),
    "flight-level-missing-number": ("line 6", '"FL" is not a height'),
    "ignored-only": ("ignored-only", "no airspace"),
    "insufficient-coordinates": ("line 1", "2 different points"),
    "invalid-coordinates": ("line 14", "no place"),
    "self-intersecting": ("line 1", "crosses or touches itself"),
    "without-ac": ("line 3", "before the first AC"),
}

HEAD = "AC R\nAN x\nAL GND\nAH FL100\n"
SQUARE = "DP 43:00:00 N 077:00:00 E\nDP 43:00:00 N 077:10:00 E\nDP 43:10:00 N 077:10:00 E\nDP 43:10:00 N 077:00:00 E\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "zones.txt"
    file.write_text(text, encoding="utf-8")
    return file


def metres(shape: shapely.Polygon) -> float:
    """Area by the geodesic."""
    return abs(WGS84.geometry_area_perimeter(shape)[0])


@shared
def test_every_fixture_is_accounted_for():
    """A fixture that nobody looks at proves nothing."""
    assert {file.stem for file in FOLDER.iterdir()} == set(OPENS) | set(BROKEN)


@shared
@pytest.mark.parametrize("name", sorted(OPENS))
def test_it_opens(name):
    """A user's airspace file that others read would be refused."""
    zones = read_zones(FOLDER / f"{name}.txt")
    assert len(zones) == OPENS[name]
    assert len({zone.id for zone in zones}) == len(zones)
    for zone in zones:
        assert zone.kind is ZoneKind.AIRSPACE
        assert zone.shape.is_valid
        assert zone.shape.area > 0
        assert zone.category.split()[0] in {"A", "C", "D", "G", "P", "Q", "R", "W", "RMZ", "UNC"}


@shared
@pytest.mark.parametrize("name", sorted(BROKEN))
def test_it_is_refused_with_its_line(name):
    """A user would search a country's file for one wrong line, or fly with a zone that is not where it should be."""
    where, what = BROKEN[name]
    with pytest.raises(InputError) as caught:
        read_zones(FOLDER / f"{name}.txt")
    assert where in caught.value.about
    assert what in caught.value.sentence


@shared
def test_names_classes_and_hours_are_kept():
    """A user would not know which zone it is, whom to ask, and when it holds."""
    (zone,) = read_zones(FOLDER / "activation-times.txt")
    assert (zone.name, zone.category) == ("TMA Todendorf-Putlos", "D TMA")
    assert zone.hours.applies_at(moment_from("2025-01-01T12:30Z"))
    assert not zone.hours.applies_at(moment_from("2025-02-15T12:30Z"))
    assert zone.hours.applies_at(moment_from("2020-01-01T00:00Z"))  # NONE/2025-02-02T12:00Z
    (unknown,) = read_zones(FOLDER / "activation-times-none.txt")
    assert unknown.hours.always


@shared
def test_what_is_missing_is_taken_as_worse_and_told():
    """A zone without heights would bar nothing, or bar all without a word."""
    found = read_zone_file(FOLDER / "missing-ah-al.txt")
    assert (found.zones[0].floor, found.zones[0].ceiling) == (None, None)
    assert any("without top" in note for note in found.notes)


@shared
def test_a_small_crossing_of_the_outline_is_held_whole():
    """A slip of the pencil at a border would cost the user the whole file."""
    found = read_zone_file(FOLDER / "do-not-split-into-multipolygon.txt")
    assert any("crosses itself" in note for note in found.notes)
    rounded = shapely.buffer(found.zones[0].shape, 1e-9)
    assert rounded.covers(shapely.Point(7 + 36 / 60, 47 + 40 / 60))


@shared
def test_a_circle_holds_all_of_itself_and_little_more():
    """The rim of a round zone would be flown into."""
    (zone,) = read_zones(FOLDER / "circular.txt")
    centre, radius = LonLat(10 + 25 / 60 + 10 / 3600, 53 + 24 / 60 + 25 / 3600), 1.10 * 1852
    bearings = np.linspace(0, 360, 721)
    lon, lat, _ = WGS84.fwd(np.full(721, centre.lon), np.full(721, centre.lat), bearings, np.full(721, radius))
    assert shapely.covers(shapely.buffer(zone.shape, 1e-10), shapely.points(lon, lat)).all()
    assert metres(zone.shape) < math.pi * (radius + 2) ** 2


@shared
def test_arcs_turn_the_way_they_say():
    """A zone would lie on the other side of its arc."""
    (cw,) = read_zones(FOLDER / "arc-cw.txt")
    # Two half circles of 1.9 km around either end make a stadium: larger than its two circles' one.
    centre = shapely.Point(13 + 25 / 60 + 14 / 3600, 52 + 6 / 60 + 22 / 3600)
    assert cw.shape.covers(centre)
    (left,) = read_zones(FOLDER / "arc-angle-ccw.txt")
    # From east (90°) counter-clockwise to west (270.5°) leads over north.
    x = LonLat(141 + 8 / 60 + 1 / 3600, 39 + 26 / 60)
    north, south = (WGS84.fwd(x.lon, x.lat, bearing, 10 * 1852)[:2] for bearing in (0, 180))
    assert left.shape.covers(shapely.Point(north))
    assert not left.shape.intersects(shapely.Point(south))
    assert metres(left.shape) == pytest.approx(math.pi * (15 * 1852) ** 2 / 2, rel=0.01)


@shared
def test_an_airway_is_as_wide_as_it_says():
    """The edges of an airway would be taken as free."""
    (zone,) = read_zones(FOLDER / "airway.txt")
    line = shapely.LineString([(4 + 59 / 60, 44 + 17 / 60), (5 + 5 / 60, 44 + 19.5 / 60)])
    frame = LocalFrame.around(line)
    wide = frame.to_local(line).buffer(2.5 * 1852 / 2 - 1)
    assert frame.to_local(zone.shape).covers(wide)
    assert frame.to_local(zone.shape).area < 1.01 * wide.area


@shared
def test_feet_metres_and_levels():
    """A ceiling in feet would be read as metres, three times too high."""
    (zone,) = read_zones(FOLDER / "meter-altitude-unit.txt")
    assert zone.floor == Altitude.amsl(3000.0)
    (zone,) = read_zones(FOLDER / "check-limits-unit-conversion.txt")
    assert zone.ceiling.metres == pytest.approx(35000 * 0.3048)
    assert zone.floor.metres < 18000 * 0.3048
    (zone,) = read_zones(FOLDER / "arc-angle-cw.txt")
    assert zone.floor is None
    assert str(zone.ceiling) == "152.4 m AGL"


def test_a_level_lies_between_what_cold_and_warm_air_make_of_it():
    """On a cold day in low pressure FL100 lies 900 m lower than its number says, and the drone would be in it."""
    low, high = level_range_m(3048.0)
    # By hand: 960 hPa is 453.9 m, 1060 hPa -382.6 m in the standard atmosphere; the middle of the layer is 1,751 m
    # (276.8 K) and 1,333 m (279.5 K); (3048 - 453.9) * (1 - 45/276.8) and (3048 + 382.6) * (1 + 30/279.5).
    assert low == pytest.approx(2172.3, abs=2)
    assert high == pytest.approx(3798.8, abs=2)
    # Published: 500 hPa is 5,574 m in the ICAO standard atmosphere.
    assert pressure_height_m(500) == pytest.approx(5574, abs=2)


@given(st.floats(0, 15_000), st.floats(1, 3000))
def test_a_higher_level_never_lies_lower(metres_, more):
    """A zone's ceiling could come to lie below its floor."""
    (low, high), (low_more, high_more) = level_range_m(metres_), level_range_m(metres_ + more)
    assert low < high
    assert low <= low_more + 1e-6
    assert high <= high_more + 1e-6


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("AH 20000", None),
        ("AH UNLIM", None),
        ("AH BYNOTAM", None),
        ("AH 100 elephants", "not a height"),
        ("AH GND", "ceiling cannot be the ground"),
        ("AL UNL\nAH FL100", "floor cannot be unlimited"),
        ("XX y", "no command"),
        ("V Q=3", "variable"),
        ("DA 5,1", "radius, start and end"),
        ("DC 3", "no centre"),
        ("V X=43:00:00 N 077:00:00 E\nDC -3", "makes no zone"),
        ("V X=43:00:00 N 077:00:00 E\nDC 3", "mixes"),
        ("DP 43:00:00 N 277:00:00 E", "beyond 180"),
        ("V X=43:00:00 N 077:00:00 E\nDB 43:10:00 N 077:00:00 E, 43:01:00 N 077:00:00 E", "from its centre"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, what):
    """A wrong line would be passed over, and the zone with it."""
    head = "AC R\nAN x\n" + ("" if line.startswith("A") else "AL GND\nAH FL100\n")
    file = written(tmp_path, head + line + "\n" + SQUARE)
    if what is None:
        assert len(read_zones(file)) == 1
        return
    with pytest.raises(InputError, match=what) as caught:
        read_zones(file)
    assert "line" in caught.value.about


@pytest.mark.parametrize(
    "place",
    ["43:30:00 N 077:15:00 E", "43:30.000N 077:15.000E", "43.5 N 77.25 E", "433000N 0771500E", "43:30:00N,077:15:00E"],
)
def test_places_in_all_their_spellings(tmp_path, place):
    """Every country writes them in its own way."""
    (zone,) = read_zones(written(tmp_path, HEAD + f"V X={place}\nDC 1\n"))
    assert zone.shape.centroid.coords[0] == pytest.approx((77.25, 43.5), abs=1e-5)


def test_a_file_in_an_old_encoding_opens_and_says_so(tmp_path):
    """Most OpenAir files are older than UTF-8."""
    file = tmp_path / "old.txt"
    file.write_bytes((HEAD.replace("AN x", "AN Zürich") + SQUARE).encode("cp1252"))
    found = read_zone_file(file)
    assert found.zones[0].name == "Zürich"
    assert any("UTF-8" in note for note in found.notes)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_text_brings_it_down(tmp_path_factory, data):
    """A damaged file would end Qyran with a traceback instead of a line number."""
    text = HEAD + "V X=43:00:00 N 077:00:00 E\nDB 43:10:00 N 077:00:00 E, 43:00:00 N 077:13:43 E\n" + SQUARE
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, min(at + 8, len(text))))
    put = data.draw(st.one_of(st.text(max_size=6), st.sampled_from(["\n", "FL", "UNL", "V X=", "DP ", ",", "60"])))
    file = tmp_path_factory.getbasetemp() / "mutant.txt"
    file.write_text(text[:at] + put + text[upto:], encoding="utf-8", errors="replace")
    try:
        for zone in read_zones(file):
            assert zone.shape.is_valid
    except InputError as error:
        assert error.about


def test_no_file_and_no_zones(tmp_path):
    """A misspelt name would be an empty airspace."""
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_zones(tmp_path / "nowhere.txt")
    with pytest.raises(FileFormatError, match="empty"):
        read_zones(written(tmp_path, ""))
    with pytest.raises(FileFormatError, match="no file of zones"):
        read_zones(written(tmp_path, "Dear colleague, the zones are as last year."))
