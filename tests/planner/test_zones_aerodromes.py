"""Aerodromes and the rules around them as zones."""

import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from planner.errors import InputError
from planner.geodesy import WGS84, LocalFrame
from planner.quantities import Altitude, LonLat
from planner.zones import read_zone_file, read_zones
from planner.zones.aerodromes import read_aerodromes, read_runways

HOUSE = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("QYRAN_SHARED", HOUSE.parent / "shared"))
FOLDER = SHARED / "data" / "airspace" / "airports"
AIRPORTS, RUNWAYS = FOLDER / "kz_airports_airportsdata.csv", FOLDER / "kz_runways_ourairports.csv"
shared = pytest.mark.skipif(not AIRPORTS.exists(), reason="the shared lists of aerodromes are not here")

RULES = """
verified = true
{lists}
[[rule]]
within_km = 5
highest = "GND"
[[rule]]
within_km = 10
highest = "50 m AGL"
"""
ONE = '[[aerodrome]]\nident = "UAAA"\nname = "Almaty"\nlat = 43.3521\nlon = 77.0405\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return file


@shared
def test_elevations_are_in_feet():
    """Almaty's airport would lie at 2,238 m, in the mountains."""
    almaty = next(one for one in read_aerodromes(AIRPORTS) if one.ident == "UAAA")
    assert almaty.elevation_m == pytest.approx(682, abs=1)
    assert almaty.position == LonLat(77.0405, 43.3521)


@shared
def test_distances_count_from_runways_too(tmp_path):
    """A runway's end lies kilometres from the reference point; a drone would be on the approach."""
    lists = f"aerodromes = [{str(AIRPORTS)!r}]\nrunways = [{str(RUNWAYS)!r}]"
    found = read_zone_file(written(tmp_path, RULES.format(lists=lists)))
    zones = {zone.id: zone for zone in found.zones}
    ends = [end for pair in read_runways(RUNWAYS)["UAAA"] for end in pair]
    assert ends
    for lon, lat in [*ends, LonLat(77.0405, 43.3521)]:
        rim_lon, rim_lat, _ = WGS84.fwd(np.full(36, lon), np.full(36, lat), np.arange(36) * 10.0, np.full(36, 4999.0))
        assert shapely.covers(zones["UAAA-5km"].shape, shapely.points(rim_lon, rim_lat)).all()
    assert zones["UAAA-5km"].floor is None
    assert zones["UAAA-10km"].floor == Altitude.agl(50)
    assert "at most 50 m AGL within 10 km" in zones["UAAA-10km"].name
    assert len(zones) >= 2 * 34
    assert any("known by their runways only" in note for note in found.notes)


def test_the_example_of_kazakhstan_says_that_it_is_unverified():
    """Somebody would fly by numbers that nobody compared with the law."""
    found = read_zone_file(HOUSE / "examples" / "rules-kz-unverified.toml")
    assert len(found.zones) == 6
    assert any("unverified" in note for note in found.notes)


def test_a_circle_is_as_wide_as_the_rule(tmp_path):
    """The rule would be kept on the wrong side of its distance."""
    small, large = read_zones(written(tmp_path, RULES.format(lists="") + ONE))
    frame = LocalFrame(LonLat(77.0405, 43.3521))
    for zone, radius in ((small, 5000), (large, 10_000)):
        away = shapely.distance(
            shapely.Point(0, 0), shapely.points(shapely.get_coordinates(frame.to_local(zone.shape)))
        )
        assert away.min() >= radius
        assert away.max() <= radius + 3


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (RULES.format(lists=""), "name no aerodrome"),
        (RULES.format(lists="") + ONE.replace("lat", "latitude"), "no such setting"),
        (RULES.format(lists="").replace('"GND"', '"50 m AMSL"') + ONE, "above ground"),
        (RULES.format(lists="").replace('"GND"', '"50 AGL"') + ONE, "unit"),
        (RULES.format(lists="").replace("= 5", "= -5") + ONE, "within_km"),
        (RULES.format(lists="").replace("= 5", "= ") + ONE, "Not TOML"),
        (RULES.format(lists='aerodromes = ["nowhere.csv"]'), "cannot be read"),
        (RULES.format(lists='aerodromes = ["bad.csv"]'), "columns"),
        (RULES.format(lists='aerodromes = ["worse.csv"]'), "beyond 90"),
    ],
)
def test_wrong_rules_are_named(tmp_path, text, what):
    """A rule would be passed over."""
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "worse.csv").write_text("icao,name,lat,lon,elevation\nUAAA,A,143,77,0\n")
    with pytest.raises(InputError, match=what) as caught:
        read_zones(written(tmp_path, text))
    assert caught.value.about


def test_ourairports_list(tmp_path):
    """The other list that everybody has would not be read; closed aerodromes would bar."""
    (tmp_path / "airports.csv").write_text(
        "ident,type,name,latitude_deg,longitude_deg,elevation_ft\n"
        "UAAA,large_airport,Almaty,43.3521,77.0405,2234\nX,heliport,Roof,43.2,76.9,\nY,closed,Old,43,76,1\n"
    )
    found = read_aerodromes(tmp_path / "airports.csv")
    assert [one.ident for one in found] == ["UAAA", "X"]
    assert found[1].elevation_m is None
    rules = '[[rule]]\nwithin_km = 3\nhighest = "GND"\ntypes = ["large_airport"]\n'
    zones = read_zones(written(tmp_path, 'aerodromes = ["airports.csv"]\n' + rules))
    assert [zone.id for zone in zones] == ["UAAA-3km"]
