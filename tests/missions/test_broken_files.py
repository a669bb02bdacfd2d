"""Files that are wrong: each gets a sentence with the place in it, never a traceback."""
# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from missions.files import read_fence, read_mission, read_rally
from missions.reading import LARGEST_FILE_BYTES
from planner.errors import FileFormatError

HOME = "0\t1\t0\t16\t0\t0\t0\t0\t43.2\t76.9\t700\t1"
GOOD = "1\t0\t3\t16\t0\t0\t0\t0\t43.21\t76.91\t60\t1"


def rows(*lines: str) -> bytes:
    return "\n".join(["QGC WPL 110", HOME, *lines, ""]).encode()


def column(index: int, value: str) -> bytes:
    """A good item with one column changed."""
    columns = GOOD.split("\t")
    columns[index] = value
    return rows("\t".join(columns))


LISTS: list[tuple[str, bytes, str, str]] = [
    ("empty", b"", "The file is empty", "bad"),
    ("only a header", b"QGC WPL 110\n", "There are no items", "bad"),
    ("old version", b"QGC WPL 100\n" + HOME.encode(), "does not begin with QGC WPL 110", "line 1"),
    ("another text", b"hello", "neither a QGC WPL 110 list nor a plan", "bad"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8", "line 1"),
    ("Latin-1 on line 3", rows("# Park").replace(b"Park", b"Stra\xdfe"), "not UTF-8", "line 3"),
    ("UTF-16 cut in a letter", "QGC WPL 110\n".encode("utf-16")[:-1], "not UTF-16", "line 1"),
    ("NUL bytes", b"\x00" * 100, "neither a QGC WPL 110 list nor a plan", "bad"),
    ("eleven columns", rows(GOOD[:-2]), "12 columns, and this line 11", "line 3"),
    ("thirteen columns", rows(GOOD + "\t1"), "12 columns, and this line 13", "line 3"),
    ("cut in the middle", rows(GOOD)[:-30], "12 columns", "line 3"),
    ("item 2 after item 0", rows(GOOD.replace("1", "2", 1)), "Item 2 stands where item 1 should", "line 3"),
    ("item 1 twice", rows(GOOD, GOOD), "Item 1 stands where item 2 should", "line 4"),
    ("number of a word", column(0, "one"), "item number must be a whole number", "line 3"),
    ("number below zero", column(0, "-1"), "item number must be a whole number", "line 3"),
    ("current 2", column(1, "2"), "current flag must be a whole number from 0 to 1", "line 3"),
    ("frame 256", column(2, "256"), "frame must be a whole number from 0 to 255", "line 3"),
    ("frame of a local system", column(2, "1"), "Frame 1 of a waypoint is no frame of the globe", "line 3"),
    ("frame unknown", column(2, "99"), "Frame 99 of a waypoint", "line 3"),
    ("command 65536", column(3, "65536"), "command must be a whole number from 0 to 65535", "line 3"),
    ("command by name", column(3, "WAYPOINT"), "command must be a whole number", "line 3"),
    ("command 16.5", column(3, "16.5"), "command must be a whole number", "line 3"),
    ("parameter of a word", column(4, "long"), "“long” is no number", "line 3"),
    ("decimal comma", column(8, "43,21"), "a decimal point, not a comma", "line 3"),
    ("underscore", column(8, "4_3"), "“4_3” is no number", "line 3"),
    ("Arabic digits", column(8, "٤٣"), "is no number", "line 3"),
    ("hexadecimal", column(8, "0x10"), "“0x10” is no number", "line 3"),
    ("endless digits", column(8, "1" * 500), "is no number", "line 3"),
    ("NaN delay", column(4, "nan"), "Parameter 1 of a waypoint is not a number (NaN)", "line 3"),
    ("NaN latitude", column(8, "NaN"), "Parameter 5 of a waypoint is not a number", "line 3"),
    ("NaN altitude", column(10, "nan"), "Parameter 7 of a waypoint is not a number", "line 3"),
    ("infinite altitude", column(10, "inf"), "“inf” is no number", "line 3"),
    ("1e400", column(10, "1e400"), "Parameter 7 is infinite or too large", "line 3"),
    ("1e39, beyond single precision", column(5, "1e39"), "Parameter 2 is infinite or too large", "line 3"),
    ("latitude 91", column(8, "91"), "Latitude 91 is not between -90 and 90 degrees.", "line 3"),
    ("swapped", column(8, "143"), "Are latitude and longitude swapped?", "line 3"),
    ("longitude 181", column(9, "181"), "Longitude 181 is not between -180 and 180", "line 3"),
    ("autocontinue 7", column(11, "7"), "autocontinue flag must be", "line 3"),
    ("half a raw parameter", rows("1 0 2 203 0 0 0 0 0.5 0 0 1"), "Parameter 5 of a command without a place", "line 3"),
    ("a huge raw parameter", rows("1 0 2 203 0 0 0 0 0 3e9 0 1"), "Parameter 6 of a command without a place", "line 3"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "sentence", "place"), [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_a_broken_list_says_where(tmp_path: Path, data: bytes, sentence: str, place: str) -> None:
    """A person finds the line to mend."""
    (tmp_path / "bad.waypoints").write_bytes(data)
    with pytest.raises(FileFormatError, match=re.escape(sentence)) as caught:
        read_mission(tmp_path / "bad.waypoints")
    assert "bad.waypoints" in str(caught.value.about) and place in str(caught.value.about)
    assert str(caught.value).endswith((".", "?"))


ITEM: dict[str, Any] = {
    "type": "SimpleItem",
    "command": 16,
    "frame": 3,
    "autoContinue": True,
    "doJumpId": 1,
    "params": [0, 0, 0, None, 43.2, 76.9, 60],
}
PLAN: dict[str, Any] = {
    "fileType": "Plan",
    "version": 1,
    "mission": {"plannedHomePosition": [43.2, 76.9, 700], "items": [ITEM]},
    "geoFence": {
        "version": 2,
        "polygons": [{"inclusion": True, "polygon": [[43, 76], [43, 77], [44, 77]], "version": 1}],
        "circles": [{"inclusion": False, "circle": {"center": [43, 76], "radius": 10}, "version": 1}],
    },
    "rallyPoints": {"version": 2, "points": [[43.2, 76.9, 30]]},
}
SURVEY = {
    "type": "ComplexItem",
    "complexItemType": "survey",
    "TransectStyleComplexItem": {
        "CameraTriggerInTurnAround": True,
        "CameraCalc": {"DistanceToSurfaceRelative": True, "DistanceToSurface": 50, "AdjustedFootprintFrontal": 25},
        "VisualTransectPoints": [[43.2, 76.9], [43.3, 76.9]],
    },
}
SCAN = {
    "type": "ComplexItem",
    "complexItemType": "StructureScan",
    "version": 3,
    "CameraCalc": {"AdjustedFootprintFrontal": 25, "AdjustedFootprintSide": 25, "DistanceToSurface": 50},
    "EntranceAltitude": 50,
    "GimbalPitch": 0,
    "Layers": 2,
    "ScanBottomAlt": 0,
    "StartFromTop": True,
    "StructureHeight": 100,
    "polygon": [[43.2, 76.9], [43.2, 76.91], [43.21, 76.91]],
}


def changed(way: str, value: object, base: object = PLAN) -> bytes:
    """The good plan with one value changed (``...`` takes it away); ``way`` is like ``mission.items.0.frame``."""
    made = copy.deepcopy(base)
    *before, last = way.split(".")
    target: Any = made
    for key in before:
        target = target[int(key)] if key.isdigit() else target[key]
    key = int(last) if last.isdigit() else last
    if value is ...:
        del target[key]
    else:
        target[key] = value
    return json.dumps(made).encode()


def with_item(item: dict[str, Any], way: str, value: object) -> bytes:
    """The good plan with another first item, one value of it changed."""
    return changed(f"mission.items.0.{way}", value, json.loads(changed("mission.items.0", item)))


PLANS: list[tuple[str, bytes, str, str]] = [
    ("not JSON", b"{", "Not JSON at line 1", "bad.plan"),
    ("cut in the middle", json.dumps(PLAN).encode()[:200], "Not JSON at line 1", "bad.plan"),
    ("a key twice", b'{"fileType": "Plan", "fileType": "Plan"}', "stands twice", "bad.plan"),
    ("NaN", json.dumps(PLAN).replace("700", "NaN").encode(), "NaN is no number in JSON", "bad.plan"),
    ("1e400", json.dumps(PLAN).replace("700", "1e400").encode(), "out of range", "bad.plan"),
    ("nested too deeply", b'{"a":' * 200_000, "nested too deeply", "bad.plan"),
    ("lists nested too deeply", b'{"a":' + b"[" * 200_000, "nested too deeply", "bad.plan"),
    ("old .mission with a survey", b'{"MAV_AUTOPILOT": 3, "items": [], "complexItems": [{}]}', "Surveys of such old files", "complexItems[0]"),
    ("no file type", changed("fileType", ...), "“fileType” is missing", "bad.plan"),
    ("another file type", changed("fileType", "GeoFence"), "no plan file of QGroundControl", "fileType"),
    ("version of a word", changed("version", "one"), "must be a number, not a text", "version"),
    ("version 0", changed("version", 0), "whole number from 1", "version"),
    ("no mission", changed("mission", ...), "“mission” is missing", "bad.plan"),
    ("mission null", changed("mission", None), "must be an object, not null", "mission"),
    ("mission a list", changed("mission", []), "must be an object, not a list", "mission"),
    ("no items", changed("mission.items", ...), "“items” is missing", "mission"),
    ("items an object", changed("mission.items", {}), "must be a list, not an object", "mission.items"),
    ("home of two words", changed("mission.plannedHomePosition", ["a", "b"]), "must be a number", "plannedHomePosition[0]"),
    ("home of one number", changed("mission.plannedHomePosition", [1]), "must be 2 to 3 numbers, not 1", "plannedHome"),
    ("home off the globe", changed("mission.plannedHomePosition", [91, 0, 0]), "no place on the globe", "plannedHome"),
    ("home null", changed("mission.plannedHomePosition", [None, None, 0]), "no place on the globe", "plannedHome"),
    ("item a number", changed("mission.items.0", 5), "must be an object, not a number", "items[0]"),
    ("item without type", changed("mission.items.0.type", ...), "“type” is missing", "items[0]"),
    ("item of another type", changed("mission.items.0.type", "Fancy"), "“Fancy” is no kind of item", "items[0].type"),
    ("no command", changed("mission.items.0.command", ...), "“command” is missing", "items[0]"),
    ("command true", changed("mission.items.0.command", True), "a number, not true or false", "items[0].command"),
    ("command 70000", changed("mission.items.0.command", 70_000), "whole number from 1 to 65535", "items[0].command"),
    ("no frame", changed("mission.items.0.frame", ...), "“frame” is missing", "items[0]"),
    ("frame 1", changed("mission.items.0.frame", 1), "Frame 1 of a waypoint", "items[0]"),
    ("no parameters", changed("mission.items.0.params", ...), "“params” is missing", "items[0]"),
    ("six parameters", changed("mission.items.0.params", [0] * 6), "7 parameters, and this one 6", "params"),
    ("eight parameters", changed("mission.items.0.params", [0] * 8), "4 to 7 numbers, not 8", "params"),
    ("parameter a text", changed("mission.items.0.params.0", "0"), "a number, not a text", "params[0]"),
    ("parameter too large", changed("mission.items.0.params.0", 1e39), "too large for MAVLink", "params[0]"),
    ("latitude 91", changed("mission.items.0.params.4", 91), "Latitude 91 is not between", "items[0]"),
    ("longitude -181", changed("mission.items.0.params.5", -181), "Longitude -181 is not", "items[0]"),
    ("old parameters, no place", changed("mission.items.0.params", [0] * 4), "“coordinate” is missing", "items[0]"),
    ("autoContinue 1", changed("mission.items.0.autoContinue", 1), "must be true or false", "autoContinue"),
    ("a jump nowhere", changed("mission.items.0", {**ITEM, "command": 177, "params": [9, 1, 0, 0, 0, 0, 0]}), "id 9, and there is none", "items[0]"),
    ("fence of two vertices", changed("geoFence.polygons.0.polygon", [[1, 1], [2, 2]]), "three vertices or more, not 2", "polygons[0]"),
    ("fence off the globe", changed("geoFence.polygons.0.polygon.1", [95, 0]), "no place on the globe", "polygon[1]"),
    ("fence inclusion unknown", changed("geoFence.polygons.0.inclusion", ...), "“inclusion” is missing", "polygons[0]"),
    ("fence circle of no size", changed("geoFence.circles.0.circle.radius", 0), "radius above zero, not 0 m", "radius"),
    ("rally without altitude", changed("rallyPoints.points.0", [43, 76]), "must be 3 numbers, not 2", "points[0]"),
    ("rally altitude null", changed("rallyPoints.points.0", [43, 76, None]), "needs an altitude", "points[0]"),
    ("an unknown pattern", changed("mission.items.0", {"type": "ComplexItem", "complexItemType": "Dance"}), "“Dance” cannot be read", "complexItemType"),
    ("landing without a place", changed("mission.items.0", {"type": "ComplexItem", "complexItemType": "fwLandingPattern", "altitudesAreRelative": True}), "“loiterCoordinate” is missing", "items[0]"),
    ("survey of old", changed("mission.items.0", {"type": "ComplexItem", "complexItemType": "survey", "grid": {}}), "of an old version", "items[0]"),
    ("survey over terrain without items", with_item(SURVEY, "TransectStyleComplexItem.FollowTerrain", True), "cannot be made again with this", "FollowTerrain"),
    ("survey with nothing", with_item(SURVEY, "TransectStyleComplexItem.VisualTransectPoints", []), "nothing to fly through", "VisualTransectPoints"),
    ("scan of two corners", with_item(SCAN, "polygon", [[1, 1], [2, 2]]), "three corners or more, not 2", "polygon"),
    ("scan that crosses itself", with_item(SCAN, "polygon", [[0, 0], [1, 1], [1, 0], [0, 1]]), "crosses itself", "polygon"),
    ("scan of a country", with_item(SCAN, "polygon", [[40, 50], [40, 80], [50, 80]]), "one frame is true within", "polygon"),
    ("scan of a million layers", with_item(SCAN, "Layers", 1_000_000), "whole number from 1 to 1000", "Layers"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "sentence", "place"), [row[1:] for row in PLANS], ids=[row[0] for row in PLANS])
def test_a_broken_plan_says_where(tmp_path: Path, data: bytes, sentence: str, place: str) -> None:
    """A person finds the key to mend."""
    (tmp_path / "bad.plan").write_bytes(data)
    with pytest.raises(FileFormatError, match=re.escape(sentence)) as caught:
        read_mission(tmp_path / "bad.plan")
    assert "bad.plan" in str(caught.value.about) and place in str(caught.value.about)


def test_the_good_ones_of_these_tables_open(tmp_path: Path) -> None:
    """The tables above change one thing each in files that are good."""
    (tmp_path / "good.waypoints").write_bytes(rows(GOOD))
    (tmp_path / "good.plan").write_text(json.dumps(PLAN))
    (tmp_path / "survey.plan").write_bytes(changed("mission.items.0", SURVEY))
    (tmp_path / "scan.plan").write_bytes(changed("mission.items.0", SCAN))
    counts = [
        len(read_mission(tmp_path / f).items) for f in ("good.waypoints", "good.plan", "survey.plan", "scan.plan")
    ]
    assert counts == [2, 2, 5, 17]


@pytest.mark.parametrize(
    ("read", "row", "sentence"),
    [
        (read_fence, "0 0 3 5001 4 0 0 0 43 76 0 1", "of 4 vertices ends after 1"),
        (read_fence, "0 0 3 5100 0 0 0 0 43 76 0 1", "no part of a fence"),
        (read_rally, "0 0 0 5100 0 0 0 0 43 76 700 1", "must be above home"),
        (read_rally, "0 0 3 5001 3 0 0 0 43 76 0 1", "no rally point"),
    ],
)
def test_a_broken_list_beside_a_mission_says_so(
    tmp_path: Path, read: Callable[[Path], object], row: str, sentence: str
) -> None:
    """A mission is not opened without the fence that lies beside it."""
    suffix = "fence" if read is read_fence else "rally"
    (tmp_path / "m.waypoints").write_bytes(rows(GOOD))
    (tmp_path / f"m.{suffix}").write_text(f"QGC WPL 110\n{row}\n")
    for attempt in (lambda: read(tmp_path / f"m.{suffix}"), lambda: read_mission(tmp_path / "m.waypoints")):
        with pytest.raises(FileFormatError, match=sentence) as caught:
            attempt()
        assert f"m.{suffix}, {suffix} item 0" in str(caught.value.about)


def test_too_many_items_are_refused(tmp_path: Path) -> None:
    """MAVLink counts items in 16 bits."""
    lines = (f"{i} 0 3 16 0 0 0 0 43 76 9 1" for i in range(65_536))
    (tmp_path / "m.waypoints").write_text("QGC WPL 110\n" + "\n".join(lines))
    with pytest.raises(FileFormatError, match="more than 65535 items"):
        read_mission(tmp_path / "m.waypoints")


@pytest.mark.parametrize("kind", ["missing", "folder", "too large", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    """A wrong path, a 2 GB file or a pipe is a sentence at once, not a full memory or a wait without end."""
    path = tmp_path / "m.waypoints"
    if kind == "folder":
        path.mkdir()
    elif kind == "too large":
        with path.open("wb") as file:
            file.truncate(LARGEST_FILE_BYTES + 1)
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes here")
        os.mkfifo(path)
    sentence = {"missing": "No such file", "too large": "larger than 32 MB"}.get(kind, "no plain file")
    with pytest.raises(FileFormatError, match=sentence):
        read_mission(path)


SAFE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAFE
@given(st.binary(max_size=300), st.integers(0, 600), st.booleans())
def test_any_damage_is_read_or_refused(tmp_path: Path, junk: bytes, place: int, is_plan: bool) -> None:
    """Whatever happened to a file, the answer is a mission or one sentence."""
    good = json.dumps(PLAN).encode() if is_plan else rows(GOOD)
    (tmp_path / "m.txt").write_bytes(good[:place] + junk + good[place:])
    try:
        mission = read_mission(tmp_path / "m.txt")
    except FileFormatError as error:
        assert "m.txt" in str(error) and len(str(error)) < 600
    else:
        assert mission.items


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
WAYS = [
    *("version", "fileType", "mission", "mission.items", "mission.items.0", "mission.plannedHomePosition"),
    *("mission.items.0.params", "mission.items.0.params.3", "mission.items.0.frame", "mission.items.0.doJumpId"),
    *("geoFence", "geoFence.polygons", "geoFence.polygons.0", "geoFence.polygons.0.polygon.0", "geoFence.circles.0"),
    *("rallyPoints", "rallyPoints.points", "rallyPoints.points.0"),
]


@SAFE
@given(st.sampled_from(WAYS), JSON, st.sampled_from([PLAN, json.loads(changed("mission.items.0", SCAN))]))
def test_any_value_in_a_plan_is_read_or_refused(tmp_path: Path, way: str, value: object, base: object) -> None:
    """A value of the wrong kind anywhere is a sentence, not a traceback."""
    if base is not PLAN and way.startswith("mission.items.0."):
        way = "mission.items.0.CameraCalc"
    (tmp_path / "m.plan").write_bytes(changed(way, value, base))
    try:
        read_mission(tmp_path / "m.plan")
    except FileFormatError as error:
        assert "m.plan" in str(error)
