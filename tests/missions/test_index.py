"""The shared mission files of many origins: every good one opens, every broken one says where and why."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest
import shapely
from mission_strategies import plain

from missions.commands import is_navigation
from missions.contents import Contents, read_contents
from missions.convert import converted
from missions.files import write_mission
from missions.items import Fence
from missions.wire import place_of
from planner.errors import InputError

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
MISSIONS = SHARED / "data" / "missions"

BROKEN = {
    "PolygonBadCoordinatesNode.kml": "line 1, column 1: Not XML",
    "PolygonBadXml.kml": "line 1, column 1: Not XML",
    "bad.gpx": "track 1, point 1: There is no place at latitude “undefined”",
    "sample_without_mission.plan": "“mission” is missing",
    # The index looked at these with readers that let everything through.
    "test__data__bad.kml": "placemark 1: “no,no” is no place",
    "MP_Bonus.shp": "does not say its reference system",
    "Sarah_s_Farm.shp": "does not say its reference system",
}
"""Files that must be refused, and with which words. Coordinates that are no numbers and shapefiles without a .prj are
refused too: a place is never guessed."""

Row = dict[str, str]


def rows() -> list[Row]:
    if not (MISSIONS / "INDEX.csv").exists():
        return []
    with (MISSIONS / "INDEX.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = rows()
needs_files = pytest.mark.skipif(not ROWS, reason="the shared mission files are not here (set QYRAN_SHARED)")


def expected(row: Row) -> str | None:
    """The words of the refusal; None for a file that must open."""
    if row["file"].endswith((".prj", ".shx")):
        return "one part of a shapefile"
    return next((words for name, words in BROKEN.items() if row["file"].endswith(name)), None)


def opened(row: Row) -> Contents | None:
    """What is in a file; None where it is refused as it must be."""
    words = expected(row)
    if words is None:
        return read_contents(MISSIONS / row["file"])
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_contents(MISSIONS / row["file"])
    assert Path(row["file"]).name in str(caught.value.about)
    return None


def box_of(contents: Contents) -> tuple[float, float, float, float]:
    assert contents.mission is not None
    places = [place_of(i) for i in contents.mission.items if is_navigation(i.command) and (i.x or i.y)]
    lats, lons = [place.lat for place in places], [place.lon for place in places]
    return min(lats), min(lons), max(lats), max(lons)


@needs_files
def test_every_file_of_the_index_opens_or_says_why_not() -> None:
    """A file that another program wrote would not open, or a broken one would open as something else."""
    assert len(ROWS) == 122
    assert {Path(row["file"]).name for row in ROWS if "broken" in row["status"]} <= {
        Path(row["file"]).name for row in ROWS if expected(row)
    }
    counts = dict.fromkeys(("opened", "refused"), 0)
    for row in ROWS:
        counts["refused" if opened(row) is None else "opened"] += 1
    assert counts == {"opened": 111, "refused": 11}


@needs_files
@pytest.mark.parametrize("kind", ["QGC WPL 110", "QGC old mission", "QGC Plan"])
def test_missions_hold_what_the_index_counted(kind: str) -> None:
    """An item would be lost or put elsewhere on the way in."""
    for row in ROWS:
        contents = opened(row) if row["kind"] == kind else None
        if contents is None:
            continue
        assert contents.mission is not None
        items, wanted = contents.mission.items, int(row["items"])
        has_complex = "complex=['" in row["info"]
        if kind == "QGC WPL 110":
            commands = {int(part.split(":")[0]): int(part.split(":")[1]) for part in row["info"].split()[1:]}
            given = commands.get(16, 0) + commands.get(0, 0)
            assert sum(item.command == 16 for item in items) in (given, given + 1), row["file"]
            assert len(items) in (wanted, wanted + 1), row["file"]
        else:
            assert len(items) - 1 == wanted or has_complex, row["file"]
        polygons = re.search(r"fencePolys=(\d+)", row["info"])
        assert polygons is None or len(contents.mission.fence.polygons) == int(polygons[1])
        rally = re.search(r"rally=(\d+)", row["info"])
        assert rally is None or len(contents.mission.rally) == int(rally[1])
        if row["bbox_lat_lon"] and not has_complex and kind != "QGC Plan" and commands_have_places(row):
            south, west, north, east = map(float, row["bbox_lat_lon"].split(","))
            found = box_of(contents)
            assert found[0] <= south + 1e-4 and found[2] >= north - 1e-4, row["file"]
            assert found[1] <= west + 1e-4 and found[3] >= east - 1e-4, row["file"]


def commands_have_places(row: Row) -> bool:
    """Whether the index's box is of navigation commands: one file is a fence in a list of items."""
    return "5001" not in row["info"]


@needs_files
def test_drawings_hold_what_the_index_counted() -> None:
    """A track point or an outline would be lost on the way in."""
    for row in ROWS:
        contents = opened(row) if row["kind"] in ("KML", "GPX") else None
        if contents is None:
            continue
        kinds = [drawing.shape.geom_type for drawing in contents.drawings]
        if row["kind"] == "KML":
            count = {k: int(v) for k, v in (part.split("=") for part in row["info"].split())}
            assert sum(kind.endswith("Polygon") for kind in kinds) == min(count["poly"], 1) or count["poly"] > 1
            assert kinds.count("LineString") >= count["line"] - ("selfclosing" in row["file"]), row["file"]
        else:
            tracks = [d for d in contents.drawings if d.shape.geom_type in ("LineString", "Point")]
            points = sum(len(shapely.get_coordinates(drawing.shape)) for drawing in tracks)
            waypoints = int(row["info"].split("wpt=")[1])
            assert points >= int(row["items"]) + waypoints, row["file"]
            if "rte=0" in row["info"]:
                assert points == int(row["items"]) + waypoints, row["file"]


@needs_files
def test_every_mission_of_the_index_is_written_and_reads_back_equal(tmp_path: Path) -> None:
    """A mission of another program would change when it is saved."""
    written = 0
    for row in ROWS:
        contents = None if expected(row) else read_contents(MISSIONS / row["file"])
        if contents is None or contents.mission is None:
            continue
        write_mission(contents.mission, tmp_path / "m.plan")
        assert plain(read_contents(tmp_path / "m.plan").mission or contents.mission) == plain(contents.mission)
        for suffix in (".waypoints", ".kml", ".gpx"):
            made = converted(contents, tmp_path / f"n{suffix}", row["file"])
            for place, text in made.files:
                place.write_text(str(text), encoding="utf-8")
            back = read_contents(tmp_path / f"n{suffix}").mission
            assert back is not None
            if not made.lost:
                assert plain(back) == plain(contents.mission), row["file"]
            assert len(back.items) == len(contents.mission.items)
            assert back.fence == (Fence() if suffix == ".gpx" else contents.mission.fence)
        written += 1
    assert written == 24
