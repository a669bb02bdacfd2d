"""Maps opened in a real browser from a file, without network."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely import Polygon

from missions.items import (
    Command,
    Fence,
    FenceCircle,
    FencePolygon,
    Frame,
    Mission,
    MissionItem,
    RallyPoint,
)
from planner.plan import Plan
from planner.quantities import LonLat
from planner.site import Site
from planner.track import Track
from qyran.maps import Background, MapEvent, draw_map

Opener = Callable[[Path], Any]
GREEN_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>`${alert(2)}`{{ 7*7 }}{% raw %}{# gone #}"


@pytest.fixture
def whole(tmp_path: Path, plan: Plan, track: Track, seen: Polygon) -> Path:
    """A map with everything on it."""
    middle = float(track.time_s[len(track) // 2])
    events = (
        MapEvent(float(track.time_s[0]) + 1, "Mode AUTO"),
        MapEvent(middle, "Mode RTL"),
        MapEvent(middle, "Item 4", minor=True),
    )
    pictures = [waypoint.position for waypoint in plan.sorties[0].route.waypoints]
    out = tmp_path / "whole.html"
    return draw_map(out, title="Whole", plan=plan, track=track, events=events, pictures=pictures, seen=seen)


def test_a_map_opens_from_a_file_without_internet(open_map: Opener, whole: Path) -> None:
    """An officer on a station without internet would see an empty page."""
    opened = open_map(whole)
    assert opened.requests == [whole.as_uri()]
    assert opened.complaints == []
    assert opened.page.title() == "Whole"


def test_every_layer_is_in_the_control(open_map: Opener, whole: Path) -> None:
    """A supervisor could not switch off what hides what matters."""
    assert open_map(whole).boxes() == {
        "Grid of 50 m": True,
        "Seen by the camera": True,
        "Areas to watch": True,
        "Zones": True,
        "Launch and safe points": True,
        "Sortie 1": True,
        "Sortie 2": True,
        "Waypoint numbers": True,
        "Findings": True,
        "Flown, by height": True,
        "Flown, by speed": False,
        "Pictures taken (8)": False,
        "Minor events (1)": False,
        "Events (2)": True,
        "Start and end": True,
    }


def test_a_layer_can_be_switched(open_map: Opener, whole: Path) -> None:
    """A box that does nothing would leave a map nobody can read."""
    opened = open_map(whole)
    start = opened.boxes()
    for name in ("Areas to watch", "Zones", "Sortie 1", "Seen by the camera", "Pictures taken", "Minor events"):
        before = opened.look()
        opened.tick(name)
        switched = opened.look()
        assert switched != before, name
        opened.tick(name)
        assert opened.look() != switched, name
        assert opened.boxes() == start, name


def test_one_track_colour_at_a_time_with_its_own_legend(open_map: Opener, whole: Path) -> None:
    """Two colours over each other would be read as the wrong number."""
    opened = open_map(whole)
    assert "Height above home (HOME), m" in opened.page.inner_text("#legend")
    opened.tick("Flown, by speed")
    assert opened.boxes()["Flown, by height"] is False
    assert opened.boxes()["Flown, by speed"] is True
    assert "Speed over ground, m/s" in opened.page.inner_text("#legend")
    assert "Height" not in opened.page.inner_text("#legend")
    opened.tick("Flown, by speed")
    assert not opened.page.locator("#legend").is_visible()


def test_the_pointer_on_the_track_says_when_how_high_and_how_fast(open_map: Opener, whole: Path, track: Track) -> None:
    """ "When was the drone here?" would have no answer on the map."""
    opened = open_map(whole)
    opened.tick("Waypoint numbers")
    middle = len(track) // 4
    place = [float(track.lat[middle]), float(track.lon[middle])]
    x, y = opened.page.evaluate("(p) => { const q = qyran.map.latLngToContainerPoint(p); return [q.x, q.y]; }", place)
    opened.page.mouse.move(x, y)
    said = opened.page.inner_text("#sample").splitlines()
    assert said[0].startswith("05:2") and said[0].endswith(" UTC")
    assert said[1].endswith("m above home")
    assert abs(float(said[1].split()[0]) - 60) < 2
    assert said[2].endswith("m/s over ground")


def test_what_only_informs_is_folded(open_map: Opener, whole: Path) -> None:
    """Ten lines of what is well would push down the one that must be mended."""
    opened = open_map(whole)
    assert opened.page.locator("#panel li.blocking").is_visible()
    assert opened.page.locator("#panel li.warning").is_visible()
    assert not opened.page.locator("#panel li.info").is_visible()
    opened.page.get_by_text("1 for information").click()
    assert opened.page.locator("#panel li.info").is_visible()


def test_a_finding_leads_to_its_place(open_map: Opener, whole: Path, plan: Plan) -> None:
    """A blocking finding would be a sentence without a where."""
    opened = open_map(whole)
    first = opened.page.locator("#panel li.blocking")
    assert "The way enters School." in first.inner_text()
    first.click()
    centre = opened.page.evaluate("[qyran.map.getCenter().lng, qyran.map.getCenter().lat]")
    place = plan.findings[2].place
    assert place is not None
    assert centre == pytest.approx(list(place), abs=1e-5)


def test_words_from_files_are_words(
    open_map: Opener, tmp_path: Path, plan: Plan, track: Track, renamed_site: Site
) -> None:
    """A file from someone else could run its own script on the supervisor's screen."""
    evil = replace(
        plan,
        patrol=replace(plan.patrol, name=EVIL, purpose=EVIL, authority=EVIL, site=renamed_site),
        findings=tuple(replace(finding, sentence=EVIL, mend=EVIL, rule=EVIL) for finding in plan.findings),
    )
    events = (MapEvent(float(track.time_s[5]), EVIL),)
    out = draw_map(tmp_path / "evil.html", title=EVIL, plan=evil, track=track, events=events)
    opened = open_map(out)
    assert opened.complaints == []
    assert opened.requests == [out.as_uri()]
    assert opened.page.title() == EVIL
    assert EVIL in opened.page.inner_text("#panel li.blocking")
    assert EVIL in opened.page.inner_text(".q-area")
    opened.page.evaluate("Object.values(qyran.layers).forEach(g => g.eachLayer(l => l.getPopup() && l.openPopup()))")
    opened.page.evaluate(
        "Object.values(qyran.layers).forEach(g => g.eachLayer(l => l.getTooltip() && l.openTooltip()))"
    )
    assert opened.complaints == []
    assert opened.page.locator("img[src=x]").count() == 0


@pytest.fixture
def renamed_site(site: Site) -> Site:
    """Everything on the site under a name that tries to break out."""
    return Site(
        tuple(replace(area, name=EVIL) for area in site.areas),
        tuple(replace(zone, name=EVIL) for zone in site.zones),
        tuple(replace(launch, name=EVIL) for launch in site.launches),
        tuple(replace(safe, name=EVIL) for safe in site.safe_points),
    )


def test_tiles_come_from_a_local_folder(open_map: Opener, tmp_path: Path, plan: Plan) -> None:
    """A station without internet would have no map behind its patrol."""
    folder = tmp_path / "tiles of Almaty"
    # The area lies in one tile of level 12: x = (76.86 + 180) / 360 · 2¹² = 2922, y = 1499 (OpenStreetMap's formula).
    for x in range(2920, 2926):
        for y in range(1494, 1504):
            tile = folder / "12" / str(x) / f"{y}.png"
            tile.parent.mkdir(parents=True, exist_ok=True)
            tile.write_bytes(GREEN_DOT)
    background = Background(folder=folder, credit="Made <b>here</b> {{ 7*7 }}")
    out = draw_map(tmp_path / "out.html", title="Tiles", plan=plan, background=background)
    opened = open_map(out)
    opened.page.wait_for_function("document.querySelectorAll('img.leaflet-tile-loaded').length > 0")
    tiles = opened.requests[1:]
    assert tiles
    assert all(url.startswith(folder.as_uri()) for url in tiles)
    assert opened.failed == []
    assert opened.complaints == []
    assert "Made <b>here</b> {{ 7*7 }}" in opened.page.inner_text(".leaflet-control-attribution")
    assert not any(name.startswith("Grid") for name in opened.boxes())
    loaded = opened.page.evaluate("[...document.querySelectorAll('img.leaflet-tile')].map(i => i.naturalWidth)")
    assert set(loaded) == {1}


def test_the_page_may_load_nothing_but_its_tiles(open_map: Opener, whole: Path) -> None:
    """Whatever got into a page could still send the patrol's place to someone."""
    opened = open_map(whole)
    asked = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    assert opened.page.evaluate(asked) == "refused"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_a_mission_shows_what_the_autopilot_was_told(open_map: Opener, tmp_path: Path) -> None:
    """What is in the vehicle could not be compared with what was planned."""
    square = (LonLat(76.86, 43.23), LonLat(76.87, 43.23), LonLat(76.87, 43.24), LonLat(76.86, 43.24))
    mission = Mission(
        items=(
            MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL, x=432350000, y=768650000, z=786.0),
            MissionItem(Command.NAV_TAKEOFF, Frame.GLOBAL_RELATIVE_ALT, z=60.0),
            MissionItem(Command.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, x=432360000, y=768660000, z=60.0),
            MissionItem(Command.DO_CHANGE_SPEED, Frame.MISSION),
            MissionItem(4711, Frame.GLOBAL_TERRAIN_ALT, x=432370000, y=768660000, z=55.0),
        ),
        fence=Fence(
            (FencePolygon(square, inclusion=True),), (FenceCircle(LonLat(76.862, 43.232), 50, inclusion=False),)
        ),
        rally=(RallyPoint(LonLat(76.866, 43.236), 40.0),),
    )
    opened = open_map(draw_map(tmp_path / "mission.html", title="Mission", mission=mission))
    script = "qyran.layers.mission.getLayers().map(l => l.feature.properties.words)"
    assert opened.page.evaluate(script) == [
        ["fence: stay inside"],
        ["fence: stay outside"],
        ["Item 0: NAV_WAYPOINT", "786.0 m AMSL"],
        ["Item 2: NAV_WAYPOINT", "60.0 m HOME"],
        ["Item 4: MAV_CMD 4711", "55.0 m AGL"],
        ["rally point, 40 m HOME"],
    ]
    assert opened.complaints == []
