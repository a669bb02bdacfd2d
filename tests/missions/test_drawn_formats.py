"""KML, KMZ, GPX and Mission Planner's lists: missions that read back equal, and what others drew."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mission_strategies import E7_PLACES, FENCES, RALLIES, missions, plain

from missions.contents import Contents, read_contents
from missions.convert import converted
from missions.doubts import doubts
from missions.drawings import mission_along
from missions.files import read_mission, write_mission
from missions.items import Command, Fence, FencePolygon, Frame, Mission, MissionItem, RallyPoint
from missions.plan_items import UNKNOWN_HOME
from planner.errors import FileFormatError, InputError, SettingError
from planner.quantities import Altitude, LonLat

ANY_FOLDER = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
HOME = MissionItem(16, 0, x=432000000, y=769000000, z=700.0)


def written(contents: Contents, target: Path) -> tuple[str, ...]:
    """Write it; what does not fit."""
    made = converted(contents, target, "test")
    for place, text in made.files:
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return made.lost


@ANY_FOLDER
@given(missions(), st.sampled_from([".kml", ".kmz"]))
def test_a_mission_reads_back_equal_from_kml(tmp_path: Path, mission: Mission, suffix: str) -> None:
    """A mission shown in Google Earth and saved there would come back another one."""
    assert written(Contents(mission), tmp_path / f"m{suffix}") == ()
    assert plain(read_mission(tmp_path / f"m{suffix}")) == plain(mission)


@ANY_FOLDER
@given(missions())
def test_a_mission_reads_back_equal_from_gpx_without_its_fence(tmp_path: Path, mission: Mission) -> None:
    """A mission on a hand-held receiver would come back another one, or its fence go without a word."""
    lost = written(Contents(mission), tmp_path / "m.gpx")
    assert bool(lost) == (mission.fence != Fence())
    assert plain(read_mission(tmp_path / "m.gpx")) == plain(replace(mission, fence=Fence()))


@ANY_FOLDER
@given(FENCES, RALLIES)
def test_fence_and_rally_lists_read_back_equal(tmp_path: Path, fence: Fence, rally: tuple[RallyPoint, ...]) -> None:
    """A fence or a safe place would move between two ground stations."""
    mission = Mission((), fence, rally)
    if fence != Fence():
        written(Contents(mission), tmp_path / "m.fence")
        assert read_contents(tmp_path / "m.fence").mission == Mission((), fence)
    if rally:
        for suffix in (".rally", ".ral"):
            written(Contents(mission), tmp_path / f"m{suffix}")
            assert read_contents(tmp_path / f"m{suffix}").mission == Mission((), rally=rally)


@ANY_FOLDER
@given(st.lists(E7_PLACES, min_size=3, max_size=9, unique=True).map(tuple), E7_PLACES)
def test_an_old_fence_reads_back_equal(tmp_path: Path, corners: tuple[LonLat, ...], back: LonLat) -> None:
    """A .fen for an older autopilot would have another outline."""
    fence = Fence((FencePolygon(corners, inclusion=True),), return_point=back)
    assert written(Contents(Mission((), fence)), tmp_path / "m.fen") == ()
    assert read_contents(tmp_path / "m.fen").mission == Mission((), fence)


def test_an_outline_reads_back_equal(tmp_path: Path) -> None:
    """An area drawn in Mission Planner would get other corners."""
    (tmp_path / "a.poly").write_text(
        "#saved by Mission Planner 1.3\r\n43.2 76.9\r\n43.2\t76.91\r\n43.21 76.91\r\n43.2 76.9\r\n"
    )
    first = read_contents(tmp_path / "a.poly")
    assert first.drawings[0].places[:-1] == (LonLat(76.9, 43.2), LonLat(76.91, 43.2), LonLat(76.91, 43.21))
    for suffix in (".poly", ".kml", ".geojson"):
        assert written(first, tmp_path / f"b{suffix}") == ()
        assert read_contents(tmp_path / f"b{suffix}").drawings[0].shape.equals(first.drawings[0].shape)


def test_a_list_that_goes_round_is_a_fence_or_an_outline(tmp_path: Path) -> None:
    """ArduPilot's own fence lists are called .txt; one would be taken for a way to fly."""
    corners = ["43.2 76.9", "43.2 76.91", "43.21 76.91", "43.2 76.9"]
    (tmp_path / "fence.txt").write_text("\n".join(["43.205 76.905", *corners]))
    fence = read_contents(tmp_path / "fence.txt").mission
    assert fence is not None and fence.fence.return_point == LonLat(76.905, 43.205)
    assert [len(polygon.vertices) for polygon in fence.fence.polygons] == [3]
    (tmp_path / "area.txt").write_text("\n".join(corners))
    assert [each.shape.geom_type for each in read_contents(tmp_path / "area.txt").drawings] == ["Polygon"]
    (tmp_path / "way.txt").write_text("\n".join(corners[:3]))
    assert [each.shape.geom_type for each in read_contents(tmp_path / "way.txt").drawings] == ["LineString"]


def flight() -> Mission:
    items = (
        HOME,
        MissionItem(22, 3, z=60.0),
        MissionItem(178, 2, (1.0, 8.0, -1.0, 0.0)),
        MissionItem(16, 3, x=432010000, y=769000000, z=60.0),
        MissionItem(16, 0, x=432010000, y=769010000, z=760.0),
        MissionItem(20, 2),
    )
    return Mission(items)


def test_a_point_that_is_moved_on_the_map_is_where_it_was_moved_to(tmp_path: Path) -> None:
    """A pilot's correction in Google Earth or on a receiver would be dropped without a word."""
    for suffix in (".kml", ".gpx"):
        written(Contents(flight()), tmp_path / f"m{suffix}")
        text = (tmp_path / f"m{suffix}").read_text()
        old, new = (
            ("76.9010000,43.2010000", "76.9020000,43.2010000")
            if suffix == ".kml"
            else ('lon="76.9010000"', 'lon="76.9020000"')
        )
        assert text.count(old) in (1, 2)
        (tmp_path / f"m{suffix}").write_text(text.replace(old, new, 2))
        moved = read_mission(tmp_path / f"m{suffix}").items
        assert (moved[4].x, moved[4].y) == (432010000, 769020000)
        assert moved[:4] == flight().items[:4]


def test_a_height_that_is_changed_in_gpx_counts_only_above_the_sea(tmp_path: Path) -> None:
    """An elevation means metres above the sea, and would be flown as metres above home."""
    written(Contents(flight()), tmp_path / "m.gpx")
    text = (tmp_path / "m.gpx").read_text()
    assert text.count("<ele>") == 2
    (tmp_path / "m.gpx").write_text(text.replace("<ele>760.0</ele>", "<ele>770.5</ele>"))
    assert [item.z for item in read_mission(tmp_path / "m.gpx").items] == [700.0, 60.0, 0.0, 60.0, 770.5, 0.0]


def test_a_point_put_between_items_in_gpx_is_refused(tmp_path: Path) -> None:
    """It would be flown at no height, or be dropped."""
    written(Contents(flight()), tmp_path / "m.gpx")
    text = (tmp_path / "m.gpx").read_text().replace("</rte>", '<rtept lat="43" lon="76"/></rte>')
    (tmp_path / "m.gpx").write_text(text)
    with pytest.raises(InputError, match="put into a mission") as caught:
        read_mission(tmp_path / "m.gpx")
    assert "point 4" in str(caught.value.about)


KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>way</name>
<LineString>{mode}<coordinates>76.9,43.2,60 76.91,43.2,70</coordinates></LineString></Placemark></Document></kml>"""
POINT_KML = "<kml><Placemark><Point><coordinates>{}</coordinates></Point></Placemark></kml>"
OLD = '{"items": [{"type": "missionItem", "command": 16, "frame": 3, "coordinate": [1, 2, 3], "id": 1, "param1": 0}]}'


def test_outlines_of_a_geopackage_become_areas(tmp_path: Path) -> None:
    """An area kept in QGIS, in metres of a national grid, would have to be drawn again."""
    import pyogrio.raw
    import shapely
    from pyproj import Transformer

    square = shapely.box(659_000, 4_788_000, 659_400, 4_788_300)
    pyogrio.raw.write(
        tmp_path / "a.gpkg",
        geometry=shapely.to_wkb([square]),
        field_data=[],
        fields=[],
        geometry_type="Polygon",
        crs="EPSG:32643",
        layer="areas",
        driver="GPKG",
    )
    contents = read_contents(tmp_path / "a.gpkg")
    to_lonlat = Transformer.from_crs("EPSG:32643", "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(659_000, 4_788_000)
    near = min(contents.drawings[0].places, key=lambda place: abs(place.lon - lon) + abs(place.lat - lat))
    assert (near.lon, near.lat) == (pytest.approx(lon, abs=1e-7), pytest.approx(lat, abs=1e-7))
    assert written(contents, tmp_path / "a.geojson") == ()
    kinds = [each["properties"]["kind"] for each in json.loads((tmp_path / "a.geojson").read_text())["features"]]
    assert kinds == ["area"]


@pytest.mark.parametrize(
    ("mode", "frame"),
    [("absolute", Frame.GLOBAL), ("relativeToGround", Frame.GLOBAL_TERRAIN_ALT), ("clampToGround", None), ("", None)],
)
def test_a_drawn_way_flies_at_the_heights_that_it_says(tmp_path: Path, mode: str, frame: Frame | None) -> None:
    """Heights above the sea would be flown above the ground, or a line on the ground at height 0."""
    (tmp_path / "w.kml").write_text(KML.format(mode=f"<altitudeMode>{mode}</altitudeMode>" if mode else ""))
    drawings = read_contents(tmp_path / "w.kml").drawings
    if frame is None:
        with pytest.raises(SettingError, match="does not say how high"):
            mission_along(drawings, None, "w.kml")
        frame, heights = Frame.GLOBAL_RELATIVE_ALT, [50.0, 50.0]
        mission = mission_along(drawings, Altitude.home(50), "w.kml")
    else:
        mission, heights = mission_along(drawings, None, "w.kml"), [60.0, 70.0]
    assert mission.items[0] == UNKNOWN_HOME
    assert [(item.command, item.frame, item.z) for item in mission.items[1:]] == [(16, frame, z) for z in heights]


def test_zones_and_outlines_of_others_keep_what_they_are(tmp_path: Path) -> None:
    """A keep-out zone would come back as an area to patrol."""
    mission = Mission((HOME,), Fence((FencePolygon((LonLat(1, 1), LonLat(2, 1), LonLat(2, 2)), inclusion=False),)))
    written(Contents(mission), tmp_path / "m.geojson")
    zone = json.loads((tmp_path / "m.geojson").read_text())["features"][0]
    assert zone["properties"]["kind"] == "keep_out"
    drawn = read_contents(tmp_path / "m.geojson")
    written(drawn, tmp_path / "n.kml")
    assert [d.zone.kind.value for d in read_contents(tmp_path / "n.kml").drawings if d.zone] == ["keep_out"]


SURVEYS = ("survey", "CorridorScan")


def complex_plan(kind: str) -> dict[str, object]:
    def simple(command: int, ident: int, *params: object) -> dict[str, object]:
        return {
            "type": "SimpleItem",
            "command": command,
            "doJumpId": ident,
            "frame": 3,
            "autoContinue": True,
            "params": list(params),
        }

    place = (0, 0, 0, None, 43.2, 76.9, 30)
    inner = [simple(16, 7, *place), simple(206, 8, 10, 0, 1, 0, 0, 0, 0), simple(16, 9, *place)]
    survey = {
        "type": "ComplexItem",
        "complexItemType": kind,
        "angle": 31,
        "polygon": [[43.2, 76.9], [43.3, 76.9], [43.3, 77]],
        "TransectStyleComplexItem": {"Items": inner, "CameraCalc": {"CameraName": "Qyran's own", "x": [1, None]}},
        "version": 5,
    }
    items = [simple(22, 1, *place), survey, simple(16, 20, *place), simple(177, 21, 20, 2, 0, 0, 0, 0, 0)]
    mission = {
        "items": items,
        "vehicleType": 1,
        "firmwareType": 12,
        "cruiseSpeed": 17.5,
        "plannedHomePosition": [43, 76, 700],
        "version": 2,
    }
    return {"fileType": "Plan", "version": 1, "mission": mission}


@pytest.mark.parametrize("kind", SURVEYS)
def test_a_survey_stays_a_survey_when_it_is_written_back(tmp_path: Path, kind: str) -> None:
    """Opened in Qyran and saved, a survey could no longer be changed as one in QGroundControl."""
    given = complex_plan(kind)
    (tmp_path / "a.plan").write_text(json.dumps(given))
    mission = read_mission(tmp_path / "a.plan")
    assert [item.command for item in mission.items] == [16, 22, 16, 206, 16, 16, 177]
    write_mission(mission, tmp_path / "b.plan")
    made = json.loads((tmp_path / "b.plan").read_text())["mission"]
    before = given["mission"]["items"][1]  # type: ignore[index]
    for number, item in enumerate(before["TransectStyleComplexItem"]["Items"], 2):
        item["doJumpId"] = number
    assert made["items"][1] == before
    assert [item.get("doJumpId") for item in made["items"]] == [1, None, 5, 6]
    assert (made["vehicleType"], made["firmwareType"], made["cruiseSpeed"]) == (1, 12, 17.5)
    assert plain(read_mission(tmp_path / "b.plan")) == plain(mission)


@pytest.mark.parametrize(("kind", "land"), [("fwLandingPattern", 21), ("vtolLandingPattern", 85)])
def test_a_landing_pattern_is_the_items_that_qgroundcontrol_flies(tmp_path: Path, kind: str, land: int) -> None:
    """A plane's plan would not open, or the plane come down another way."""
    pattern: dict[str, object] = {
        "type": "ComplexItem",
        "complexItemType": kind,
        "altitudesAreRelative": True,
        "landCoordinate": [43.2, 76.9, 0],
        "landingApproachCoordinate": [43.21, 76.9, 40],
        "loiterClockwise": False,
        "loiterRadius": 75,
        "stopTakingPhotos": True,
        "stopVideoPhotos": True,
        "useLoiterToAlt": True,
        "version": 2,
    }

    def put(item: dict[str, object]) -> None:
        whole = {"fileType": "Plan", "version": 1, "mission": {"items": [item]}}
        (tmp_path / "a.plan").write_text(json.dumps(whole))

    put(pattern)
    mission = read_mission(tmp_path / "a.plan")
    assert [item.command for item in mission.items] == [16, 189, 206, 2001, 2501, 31, land]
    assert mission.items[5].params == (1.0, -75.0, 0.0, 1.0)
    assert [(item.x, item.frame, item.z) for item in mission.items[5:]] == [(432100000, 3, 40.0), (432000000, 3, 0.0)]
    write_mission(mission, tmp_path / "b.plan")
    assert json.loads((tmp_path / "b.plan").read_text())["mission"]["items"] == [pattern]
    put({**pattern, "useLoiterToAlt": False, "stopTakingPhotos": False, "stopVideoPhotos": False})
    assert [item.command for item in read_mission(tmp_path / "a.plan").items] == [16, 189, 16, land]


def test_a_survey_whose_items_were_changed_is_written_as_items(tmp_path: Path) -> None:
    """QGroundControl would fly the old survey instead of what was changed."""
    (tmp_path / "a.plan").write_text(json.dumps(complex_plan("survey")))
    mission = read_mission(tmp_path / "a.plan")
    higher = replace(mission.items[2], z=45.0)
    changed = replace(mission, items=(*mission.items[:2], higher, *mission.items[3:]))
    write_mission(changed, tmp_path / "b.plan")
    kinds = [item["type"] for item in json.loads((tmp_path / "b.plan").read_text())["mission"]["items"]]
    assert kinds == ["SimpleItem"] * 6
    assert plain(read_mission(tmp_path / "b.plan")) == plain(changed)
    longer = replace(mission, items=(*mission.items[:2], MissionItem(16, 3, x=1, y=1, z=9.0), *mission.items[2:]))
    write_mission(longer, tmp_path / "c.plan")
    kinds = [item["type"] for item in json.loads((tmp_path / "c.plan").read_text())["mission"]["items"]]
    assert kinds == ["SimpleItem", "SimpleItem", "ComplexItem", "SimpleItem", "SimpleItem"]


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    """A fence, a camera or a survey's settings would be gone without a word."""
    (tmp_path / "a.plan").write_text(json.dumps(complex_plan("survey")))
    polygon = FencePolygon((LonLat(1, 1), LonLat(2, 1), LonLat(2, 2)), inclusion=True)
    fence = Fence((polygon,), return_point=LonLat(1.5, 1.2))
    full = replace(read_mission(tmp_path / "a.plan"), fence=fence, rally=(RallyPoint(LonLat(1, 1), 30.5),))
    said = {
        ".waypoints": "survey becomes the 3 items",
        ".gpx": "fence (2 parts)",
        ".fence": "6 items of the mission",
        ".fen": "1 rally point",
        ".ral": "whole metres",
        ".geojson": "Heights, speeds, stays and camera of the 6 items",
        ".kml": "settings of 1 complex item",
    }
    for suffix, words in said.items():
        lost = " ".join(written(Contents(full), tmp_path / f"m{suffix}"))
        assert words in lost, suffix
    assert written(Contents(full), tmp_path / "m.plan") == ()


@pytest.mark.parametrize(
    ("name", "text", "words", "place"),
    [
        ("a.fen", "43 76\n43 77\n44 77\n", "three corners or more, not 2", "a.fen"),
        ("a.fen", "43 76\n43 77\n44 x\n44 76\n", "“x” is no number", "line 3"),
        ("a.poly", "43 76\n43 77 5\n44 77\n", "has 3 columns", "line 2"),
        ("a.poly", "43 176\n143 77\n44 77\n", "Are latitude and longitude swapped?", "line 2"),
        ("a.poly", "0 0\n1 1\n1 0\n0 1\n", "crosses itself", "a.poly"),
        ("a.ral", "RALLY 43 76 30 0 0\n", "6 numbers", "line 1"),
        ("a.ral", "RALLY 43 76 nan 0 0 0\n", "“nan” is no number", "line 1"),
        ("a.kml", POINT_KML.format("1e400,2"), "is no place", "placemark 1"),
        ("a.kml", POINT_KML.format("43,176"), "swapped", "placemark 1"),
        ("a.gpx", '<gpx><wpt lat="1e400" lon="2"/></gpx>', "no place", "waypoint 1"),
        ("a.gpx", '<gpx><wpt lat="143" lon="43"/></gpx>', "Are they swapped?", "waypoint 1"),
        ("a.gpx", "<gpx><rte>", "Not XML", "line 1"),
        ("a.xml", "<osm/>", "neither KML nor GPX", "a.xml"),
        ("a.mission", OLD, "“param2” is missing", "items[0]"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where(tmp_path: Path, name: str, text: str, words: str, place: str) -> None:
    """A person finds the line to mend."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_contents(tmp_path / name)
    assert name in str(caught.value.about) and place in str(caught.value.about)


SAFE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAFE
@given(st.binary(max_size=60), st.integers(0, 3000), st.sampled_from([".kml", ".kmz", ".gpx", ".fen", ".ral", ".poly"]))
def test_any_damage_is_read_or_refused(tmp_path: Path, junk: bytes, place: int, suffix: str) -> None:
    """Whatever happened to a file, the answer is its contents or one sentence."""
    corners = (LonLat(1, 1), LonLat(2, 1), LonLat(2, 2))
    fence = Fence((FencePolygon(corners, inclusion=True),), return_point=LonLat(1.5, 1.2))
    written(
        Contents(replace(flight(), fence=fence, rally=(RallyPoint(LonLat(1, 1), 30.0),))), tmp_path / f"good{suffix}"
    )
    good = (tmp_path / f"good{suffix}").read_bytes()
    at = place % len(good)
    (tmp_path / f"bad{suffix}").write_bytes(good[:at] + junk + good[at + len(junk) // 2 :])
    try:
        read_contents(tmp_path / f"bad{suffix}")
    except InputError as error:
        assert f"bad{suffix}" in str(error) and len(str(error)) < 600


def test_a_mission_far_from_its_home_is_doubted() -> None:
    """A mission with latitude and longitude swapped would be uploaded without a word."""
    near = MissionItem(Command.NAV_WAYPOINT, 3, x=432010000, y=769010000, z=60.0)
    swapped = replace(near, x=near.y, y=near.x)
    assert doubts(Mission((HOME, near))) == ()
    (said,) = doubts(Mission((HOME, near, swapped, swapped)))
    assert (
        said.startswith("Item 2 (waypoint) lies ")
        and "1 more" in said
        and "Are its latitude and longitude swapped?" in said
    )
    (said,) = doubts(Mission((replace(HOME, x=HOME.y, y=HOME.x), near)))
    assert "swapped, there or of home?" in said
    (said,) = doubts(Mission((HOME, replace(near, x=0, y=10))))
    assert "km from home" in said and "swapped" not in said
    (said,) = doubts(Mission((HOME, near), Fence((FencePolygon((LonLat(0, 0),) * 3, inclusion=True),))))
    assert said.startswith("Fence polygon 0")
    (said,) = doubts(Mission((UNKNOWN_HOME, near, replace(near, y=0))))
    assert "where it begins" in said


def test_a_file_that_only_draws_is_no_mission(tmp_path: Path) -> None:
    """A pilot learns how to make one, instead of flying nothing."""
    (tmp_path / "w.kml").write_text(KML.format(mode=""))
    with pytest.raises(FileFormatError, match="only drawn") as caught:
        read_mission(tmp_path / "w.kml")
    assert "--altitude" in str(caught.value)
