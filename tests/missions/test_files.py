"""Missions in files: what is written reads back equal, and others read it too."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from mission_plans import plan, square
from mission_strategies import missions, plain

from missions.compile import compile_sortie
from missions.files import read_fence, read_mission, read_rally, write_mission
from missions.items import Fence, FencePolygon, Mission, MissionItem, RallyPoint
from missions.plan_file import UNKNOWN_HOME
from missions.waypoints_file import read_waypoints
from planner.errors import FileFormatError, SettingError
from planner.quantities import Altitude, LonLat
from planner.site import SafePoint, Zone, ZoneKind

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
MISSIONS = SHARED / "data" / "missions"
ANY_FOLDER = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ANY_FOLDER
@given(missions())
def test_a_list_reads_back_equal(tmp_path: Path, mission: Mission) -> None:
    """Nothing changes on the way through .waypoints, .fence and .rally."""
    write_mission(mission, tmp_path / "m.waypoints")
    assert plain(read_mission(tmp_path / "m.waypoints")) == plain(mission)


@ANY_FOLDER
@given(missions())
def test_a_plan_reads_back_equal(tmp_path: Path, mission: Mission) -> None:
    """Nothing changes on the way through .plan."""
    write_mission(mission, tmp_path / "m.plan")
    assert plain(read_mission(tmp_path / "m.plan")) == plain(mission)


def compiled() -> Mission:
    """A mission with everything: lanes, a zone, a safe point."""
    zone = Zone("school", ZoneKind.KEEP_OUT, square(200, 200, 50))
    safe = SafePoint("field", LonLat(76.9, 43.2003), Altitude.home(30))
    made = plan(zones=(zone,), safe_points=(safe,))
    return compile_sortie(made, made.sorties[0])


LOADER = """
import json, sys
from pymavlink import mavwp
loaders = (mavwp.MAVWPLoader, mavwp.MissionItemProtocol_Fence, mavwp.MissionItemProtocol_Rally)
out = []
for loader, path in zip(loaders, sys.argv[1:]):
    made = loader(target_system=1, target_component=1)
    assert made.load(path) == made.count()
    out.append([[w.seq, w.command, w.frame, w.param1, w.param2, w.param3, w.x, w.y, w.z] for w in made.wpoints])
print(json.dumps(out))
"""


def test_mavproxy_loads_what_we_write(tmp_path: Path) -> None:
    """wp load, fence load and rally load take the files as they are: pymavlink's own loaders, item by item."""
    mission = compiled()
    write_mission(mission, tmp_path / "m.waypoints")
    files = [str(tmp_path / f"m.{suffix}") for suffix in ("waypoints", "fence", "rally")]
    environment = {**os.environ, "MAVLINK20": "1"}
    done = subprocess.run([sys.executable, "-c", LOADER, *files], env=environment, capture_output=True, check=True)
    items, fence, rally = json.loads(done.stdout)
    assert len(items) == len(mission.items)
    for row, item in zip(items, mission.items, strict=True):
        assert row[1:6] == [item.command, item.frame, *item.params[:3]]
        assert [round(row[6] * 1e7), round(row[7] * 1e7), row[8]] == [item.x, item.y, item.z]
    assert [(row[1], row[3]) for row in fence] == [(5001, 4.0)] * 4 + [(5002, 4.0)] * 4
    assert [(row[1], row[2], row[8]) for row in rally] == [(5100, 3, 30.0)]


def test_a_plan_has_what_qgroundcontrol_asks_for(tmp_path: Path) -> None:
    """QGroundControl refuses a file without these keys and versions."""
    write_mission(compiled(), tmp_path / "m.plan")
    made = json.loads((tmp_path / "m.plan").read_text())
    assert (made["fileType"], made["version"], made["geoFence"]["version"], made["rallyPoints"]["version"]) == (
        *("Plan", 1),
        *(2, 2),
    )
    mission = made["mission"]
    assert {"firmwareType", "vehicleType", "cruiseSpeed", "hoverSpeed", "plannedHomePosition", "items"} <= set(mission)
    assert (mission["version"], mission["firmwareType"], mission["vehicleType"]) == (2, 3, 2)
    takeoff = mission["items"][0]
    assert (takeoff["type"], takeoff["doJumpId"], takeoff["AltitudeMode"], takeoff["Altitude"]) == (
        "SimpleItem",
        1,
        1,
        60,
    )
    assert len(takeoff["params"]) == 7


def test_lists_are_written_as_mission_planner_does(tmp_path: Path) -> None:
    """Tabs, eight decimals, home current; a ninth where a reader that cuts would be a centimetre off."""
    item = MissionItem(16, 3, (2.0, 0.0, 0.0, 0.0), 432000001, 769000007, 60.0)
    write_mission(Mission((UNKNOWN_HOME, item)), tmp_path / "m.waypoints")
    assert (tmp_path / "m.waypoints").read_text().splitlines() == [
        "QGC WPL 110",
        "0\t1\t0\t16" + "\t0.00000000" * 7 + "\t1",
        "1\t0\t3\t16\t2.00000000" + "\t0.00000000" * 3 + "\t43.200000101\t76.90000070\t60.00000000\t1",
    ]


def test_a_fence_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    """Yesterday's fence beside today's mission of the same name would be loaded with it."""
    full = compiled()
    write_mission(full, tmp_path / "m.waypoints")
    write_mission(Mission(full.items), tmp_path / "m.waypoints")
    assert read_mission(tmp_path / "m.waypoints") == Mission(full.items)


def test_a_list_without_home_gets_an_unknown_one(tmp_path: Path) -> None:
    """The first item of a PX4 list is not swallowed as home, and its jumps still go where they went."""
    rows = ["0 1 3 22 0 0 0 0 43.2 76.9 15 1", "1 0 3 16 0 0 0 0 43.3 76.9 15 1", "2 0 2 177 1 2 0 0 0 0 0 1"]
    (tmp_path / "m.txt").write_text("\n".join(["QGC WPL 110", *rows]))
    mission = read_mission(tmp_path / "m.txt")
    assert [item.command for item in mission.items] == [16, 22, 16, 177]
    assert mission.items[0] == UNKNOWN_HOME and mission.items[3].params[0] == 2.0


def test_a_fence_list_may_begin_with_a_home(tmp_path: Path) -> None:
    """Mission Planner writes a home before a fence and before rally points."""
    home = "0 1 0 16 0 0 0 0 43.2 76.9 700 1"
    fence = [f"{i} 0 3 5001 3 0 0 0 43.{i} 76.9 0 1" for i in (1, 2, 3)]
    (tmp_path / "m.fence").write_text("\n".join(["QGC WPL 110", home, *fence]))
    (tmp_path / "m.rally").write_text("\n".join(["QGC WPL 110", home, "1 0 3 5100 0 0 0 0 43.2 76.9 30 1"]))
    places = tuple(LonLat(76.9, lat) for lat in (43.1, 43.2, 43.3))
    assert read_fence(tmp_path / "m.fence") == Fence((FencePolygon(places, inclusion=True),))
    assert read_rally(tmp_path / "m.rally") == (RallyPoint(LonLat(76.9, 43.2), 30.0),)


def test_jumps_of_a_plan_go_to_the_item(tmp_path: Path) -> None:
    """QGroundControl jumps to an id, which is another number than the item's once a survey stands before it."""

    def simple(command: int, ident: int, params: tuple[float, ...] = (0, 0, 0, 0, 43.2, 76.9, 30)) -> dict[str, object]:
        return {"type": "SimpleItem", "command": command, "doJumpId": ident, "frame": 3, "params": params}

    survey = {
        "type": "ComplexItem",
        "complexItemType": "survey",
        "TransectStyleComplexItem": {"Items": [simple(16, 7), simple(16, 8)]},
    }
    items = [simple(22, 1), survey, simple(16, 20), simple(177, 21, (20, 5, 0, 0, 0, 0, 0))]
    whole = {"fileType": "Plan", "version": 1, "mission": {"items": items}}
    (tmp_path / "m.plan").write_text(json.dumps(whole))
    mission = read_mission(tmp_path / "m.plan")
    assert [item.command for item in mission.items] == [16, 22, 16, 16, 16, 177]
    assert mission.items[5].params[:2] == (4.0, 5.0)


@pytest.mark.parametrize("name", ["m.mission", "m", "m.kml"])
def test_another_suffix_is_refused(tmp_path: Path, name: str) -> None:
    """A mission is not written in a format that its name does not say."""
    with pytest.raises(SettingError, match="cannot be written as"):
        write_mission(compiled(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["waypoints", "plan"])
@pytest.mark.parametrize("bad", ["no home", "nothing", "infinite"])
def test_what_a_file_cannot_hold_is_refused(tmp_path: Path, suffix: str, bad: str) -> None:
    """A file that nobody could read back is not written, nor are the lists beside it."""
    full = compiled()
    broken = {
        "no home": replace(full, items=full.items[1:]),
        "nothing": replace(full, items=()),
        "infinite": replace(full, items=(*full.items, MissionItem(16, 3, (math.inf, 0, 0, 0)))),
    }[bad]
    with pytest.raises(FileFormatError):
        write_mission(broken, tmp_path / f"m.{suffix}")
    assert list(tmp_path.iterdir()) == []


def listed() -> list[tuple[str, str]]:
    """Files of the kinds read here, and what their index says of each."""
    if not (MISSIONS / "INDEX.csv").exists():
        return []
    with (MISSIONS / "INDEX.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["file"], row["status"]) for row in rows if row["kind"] in ("QGC WPL 110", "QGC Plan")]


@pytest.mark.skipif(not listed(), reason="the shared mission files are not here (QYRAN_SHARED)")
def test_known_files_say_what_is_in_them() -> None:
    """Counts and places come from the files' own text, not from our reader."""

    def path(part: str) -> Path:
        return next(MISSIONS / name for name, _ in listed() if part in name)

    survey = read_mission(path("sample_with_survey.plan"))
    assert [item.command for item in survey.items].count(206) == 4 and len(survey.items) == 14
    scan = read_mission(path("structured_scan.plan"))
    heights = sorted({item.z for item in scan.items if item.command == 16 and item.frame == 3})
    assert heights == [50.0, 62.5, 87.5]
    college = read_waypoints(path("college_field_auto"))
    assert (college[2].x, college[2].y, college[2].z) == (185324200, 738672692, 20.0)
    fence = read_mission(path("ce_geofence_rd_2")).fence
    assert [polygon.inclusion for polygon in fence.polygons] == [True, False]
