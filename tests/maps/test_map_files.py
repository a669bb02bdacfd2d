"""What a map's file holds: its size, its numbers, and what it does with bad or missing input."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from planner.errors import InputError, SettingError
from planner.plan import Plan
from planner.quantities import LonLat
from planner.track import Track
from qyran.maps import Background, draw_map
from qyran.maps.background import find_tiles
from qyran.maps.flight_layers import MOST_POINTS, draw_track, place_at, thinned
from qyran.maps.panel import flight_facts
from qyran.maps.scale import VIRIDIS, scale_for


def with_columns(track: Track, **columns: np.ndarray) -> Track:
    """A track with some columns replaced."""
    return replace(track, **columns)


def test_an_hour_at_ten_hertz_stays_light(tmp_path: Path, plan: Plan, fly: Callable[..., Track]) -> None:
    """A flight of an hour would make a page that a browser on an old laptop cannot open."""
    track = fly(plan, seconds=3600)
    assert len(track) == 36_000
    out = draw_map(
        tmp_path / "hour.html", title="Hour", plan=plan, track=track, pictures=[LonLat(76.86, 43.237)] * 5000
    )
    assert out.stat().st_size < 5_000_000
    assert len(thinned(track)) == MOST_POINTS


def test_the_same_flight_makes_the_same_file(tmp_path: Path, plan: Plan, track: Track) -> None:
    """Two maps of one flight could not be compared, and a signed one would not verify."""
    first = draw_map(tmp_path / "a.html", title="Same", plan=plan, track=track).read_bytes()
    assert draw_map(tmp_path / "b.html", title="Same", plan=plan, track=track).read_bytes() == first


def test_leaflet_in_the_page_is_leaflet_as_published() -> None:
    """A package that carries Leaflet for others could carry something else.

    The sums are those that leafletjs.com gives for version 1.9.4 (integrity, SHA-256, base64).
    """
    folder = files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    published = {
        "leaflet.js": "20nQCchB9co0qIjJZRGuk2/Z9VM+kNiyxNV1lvTlZBo=",
        "leaflet.css": "p4NxAoJBhIIN+hmNHrzRCf9tD/miZyoHS5obTRR9BMY=",
    }
    for name, integrity in published.items():
        assert base64.b64encode(hashlib.sha256((folder / name).read_bytes()).digest()).decode() == integrity


def test_a_page_names_no_foreign_script_or_style(tmp_path: Path, plan: Plan) -> None:
    """The page would need the internet for something, found only on the day there is none."""
    text = draw_map(tmp_path / "plan.html", title="Plan", plan=plan).read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|img|iframe)[^>]*\ssrc=", text) == []
    assert re.findall(r"<link\b", text) == []
    assert set(re.findall(r"url\((?!#|data:)[^)]*\)", text.split("<script>", 1)[0])) == set()


def test_numbers_in_the_panel_come_from_the_track(plan: Plan) -> None:
    """The figures beside the map would not be those of the flight.

    60 s due east at the equator's 111.3195 m per 0.001° (WGS 84: a · π / 180 · 0.001): ten steps are 1.11 km.
    """
    count = 11
    column = np.linspace(0, 0.01, count)
    nothing = np.full(count, np.nan)
    heights = np.array([nothing[0], *np.linspace(1, 42.5, count - 1)])
    track = Track(np.linspace(0, 60, count), column, column * 0, heights, nothing, nothing, nothing, nothing, nothing)
    assert dict(flight_facts(track)) == {
        "From": "1970-01-01 00:00:00 UTC",
        "Until": "1970-01-01 00:01:00 UTC",
        "Recorded for": "1:00 min",
        "Distance": "1.11 km",
        "Highest": "42.5 m HOME",
        "Fastest": "unknown",
    }


def test_heights_without_home_are_called_amsl(track: Track) -> None:
    """A height above the sea would be read as a height above the launch."""
    drawn = draw_track(with_columns(track, alt_home_m=np.full(len(track), np.nan)))
    assert "AMSL" in drawn.height.title
    assert drawn.samples["heightUnit"] == "m above mean sea level"


def test_unknown_heights_are_grey_not_zero(track: Track) -> None:
    """A vehicle that said no height would seem to fly on the ground."""
    nothing = np.full(len(track), np.nan)
    drawn = draw_track(with_columns(track, alt_home_m=nothing, alt_amsl_m=nothing))
    colours = {str(feature["properties"]["style"]["color"]) for feature in drawn.layers[0].features}
    assert colours == {"#111111", "#9a9a9a"}
    assert set(drawn.samples["height"]) == {None}


def test_a_gap_is_shown_as_a_gap(track: Track) -> None:
    """The line would run on where nobody knows where the drone was."""
    kept = np.r_[0:500, 900 : len(track)]
    names = ("time_s", "lon", "lat", "alt_home_m", "alt_amsl_m", "speed_mps", "heading_deg", "roll_deg", "pitch_deg")
    broken = Track(*(getattr(track, name)[kept] for name in names))
    drawn = draw_track(broken)
    said = [feature["properties"].get("words") for feature in drawn.layers[0].features]
    assert ["no position for 40 s"] in said
    before, after = ((round(float(track.lon[n]), 7), round(float(track.lat[n]), 7)) for n in (499, 900))
    for drawn_line in drawn.layers[0].features[:-1]:
        for run in drawn_line["geometry"]["coordinates"]:
            assert (before, after) not in list(pairwise(map(tuple, run)))
    assert place_at(broken, float(track.time_s[700])) is None


def test_an_event_without_a_place_stands_where_the_drone_was(track: Track) -> None:
    """A change of mode would be shown somewhere else, or not at all."""
    time_s = float(track.time_s[1000]) + 0.05
    place = place_at(track, time_s)
    assert place is not None
    assert place.lon == pytest.approx((track.lon[1000] + track.lon[1001]) / 2, abs=1e-9)
    assert place_at(track, float(track.time_s[-1]) + 100) is None


def test_a_scale_has_round_edges_and_holds_every_value() -> None:
    """A legend of 7.1428-metre steps would be of no use, one too short would be wrong."""
    scale = scale_for("Height, m", np.array([0.3, 58.0, np.nan]), VIRIDIS)
    assert scale.edges == (0, 10, 20, 30, 40, 50, 60)
    assert list(scale.step_of(np.array([0.3, 10.0, 58.0, 60.0, np.nan]))) == [0, 1, 5, 5, -1]


def test_a_trembling_value_keeps_its_colour() -> None:
    """A hover at 50 m ± 20 cm would flicker between two colours and swell the file."""
    scale = scale_for("Height, m", np.array([0.0, 60.0]), VIRIDIS)
    values = np.array([49.0, 50.2, 49.8, 51.5, 52.5, 50.0, 48.5, 47.9])
    assert list(scale.steps_along(values)) == [4, 4, 4, 4, 5, 5, 5, 4]


def test_nothing_to_draw_is_said(tmp_path: Path, track: Track) -> None:
    """An empty page would look like a patrol without a flight."""
    empty = with_columns(track, lon=np.full(len(track), np.nan))
    with pytest.raises(InputError, match="nothing to draw"):
        draw_map(tmp_path / "none.html", title="None", track=empty)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://tiles.example.org/{z}/{x}.png",
        "ftp://tiles.example.org/{z}/{x}/{y}.png",
        "javascript:{z}{x}{y}",
        "https://t.example/{z}/{x}/{y}{{7*7}}",
    ],
)
def test_a_tile_address_that_cannot_work_is_refused(url: str) -> None:
    """The map would open grey, and nobody would know why."""
    with pytest.raises(SettingError, match="tile address"):
        Background(url=url)


def test_a_folder_without_tiles_is_refused(tmp_path: Path) -> None:
    """A mistyped folder would give a map without its background, silently."""
    with pytest.raises(SettingError, match="no such tile folder"):
        find_tiles(Background(folder=tmp_path / "none"), tmp_path / "map.html")
    (tmp_path / "12" / "7").mkdir(parents=True)
    with pytest.raises(SettingError, match="no tiles"):
        find_tiles(Background(folder=tmp_path), tmp_path / "map.html")


def test_tiles_of_a_server_are_the_only_load_allowed(tmp_path: Path, plan: Plan) -> None:
    """The page could load pictures from hosts that nobody chose."""
    background = Background(url="https://{s}.tiles.example.org/{z}/{x}/{y}.png", credit="Example")
    text = draw_map(tmp_path / "a.html", title="Tiles", plan=plan, background=background).read_text(encoding="utf-8")
    assert "img-src data: https://*.tiles.example.org;" in text
    assert "https://{s}.tiles.example.org/{z}/{x}/{y}.png" in text
