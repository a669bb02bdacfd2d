"""``qyran convert`` and ``qyran diff`` as a person runs them, on files and on a vehicle."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from missions import identity, read_mission, write_mission
from missions.items import Fence, FencePolygon, Mission, MissionItem, RallyPoint
from planner.errors import InputError
from planner.quantities import LonLat
from qyran.cli import app
from qyran.cli.exits import Exit, exit_for

HOME = MissionItem(16, 0, x=432380000, y=769450000, z=820.0)
CORNERS = tuple(LonLat(76.945 + east, 43.238 + north) for north, east in ((-0.01, -0.01), (-0.01, 0.01), (0.01, 0.01)))
MISSION = Mission(
    (
        HOME,
        MissionItem(22, 3, z=40.0),
        MissionItem(16, 3, (0.0, 0.0, 0.0, math.nan), 432390000, 769450000, 40.007),
        MissionItem(206, 2, (12.5, 0.0, 1.0, 0.0)),
        MissionItem(16, 3, (5.0, 0.0, 0.0, 0.0), 432390000, 769460000, 40.0),
        MissionItem(20, 2),
    ),
    Fence((FencePolygon(CORNERS, inclusion=True),)),
    (RallyPoint(LonLat(76.945, 43.2385), 35.0),),
)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def code(result: Result) -> int:
    """The exit code that ``qyran`` would leave with."""
    error = result.exception
    return exit_for(error) if isinstance(error, InputError) else result.exit_code


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    write_mission(MISSION, tmp_path / "a.plan")
    return tmp_path / "a.plan"


def answer(result: Result) -> dict[str, object]:
    made = json.loads(result.stdout)
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("suffix", ["waypoints", "txt", "plan", "kml", "kmz"])
def test_a_converted_mission_is_the_same(plan: Path, suffix: str) -> None:
    """The mission that another program opens would be another one, or its identity change."""
    target = plan.with_name(f"b.{suffix}")
    done = run("convert", plan, target, "--json")
    assert code(done) == 0 and answer(done)["lost"] == []
    assert answer(done)["identities"] == [identity(MISSION)]
    compared = run("diff", plan, target, "--json")
    assert code(compared) == Exit.DONE
    made = answer(compared)
    assert made["equal"] is True and made["differences"] == []
    assert made["a"]["identity"] == made["b"]["identity"] == identity(MISSION)  # type: ignore[index]


def test_differences_are_told_item_by_item(plan: Path) -> None:
    """A pilot would not learn what was changed, or be told of the autopilot's own rounding."""
    items = list(MISSION.items)
    items[2] = replace(items[2], z=40.001)
    items[4] = replace(items[4], y=items[4].y + 1000, z=45.0, params=(9.0, 0.0, 0.0, 0.0))
    changed = Mission((replace(HOME, x=HOME.x + 10_000), *items[1:5]), MISSION.fence)
    write_mission(changed, plan.with_name("b.plan"))
    done = run("diff", plan, plan.with_name("b.plan"))
    assert code(done) == Exit.NO
    assert done.stdout.splitlines() == [
        "There are 4 items after home; A has 5.",
        "Item 4 (waypoint) lies 8.12 m away from its place.",
        "Item 4 (waypoint) is at 45.00 m, in A 40.00 m.",
        "Item 4 (waypoint) holds for 9 s, in A 5 s.",
        "Item 5 (return to launch) is only in A.",
        "There are 0 rally points; A has 1.",
    ]
    assert "Home lies 111 m away" in done.stderr and "✗ 6 differences" in done.stderr
    told = answer(run("diff", plan, plan.with_name("b.plan"), "--json"))["differences"]
    assert told[1] == {"part": "mission", "index": 4, "sentence": "Item 4 (waypoint) lies 8.12 m away from its place."}  # type: ignore[index]


@pytest.mark.parametrize("bad", ["missing.plan", "words.txt", ".", "udp:nowhere"])
def test_what_cannot_be_read_is_neither_equal_nor_different(plan: Path, bad: str) -> None:
    """A script would take a broken file for a different mission."""
    plan.with_name("words.txt").write_text("hello")
    word = bad if ":" in bad else plan.with_name(bad) if bad != "." else plan.parent
    for words in ((plan, word), (word, plan)):
        done = run("diff", *words)
        assert code(done) == Exit.WRONG_INPUT
        assert str(word) in str(done.exception)


def test_nothing_is_written_where_something_is_wrong(plan: Path) -> None:
    """Half a conversion would be flown."""
    before = sorted(path.name for path in plan.parent.iterdir())
    for words in (
        (plan, plan.with_name("b.doc")),
        (plan, plan),
        (plan, plan.with_name("nowhere") / "b.plan"),
        (plan, plan.with_name("b.plan"), "--altitude", "60 m HOME"),
        (plan, plan.with_name("b.plan"), "--altitude", "60"),
        (plan, plan.with_name("b.plan"), "--for", "rover"),
        (plan, plan.with_name("b.fen")),
        (plan, plan.with_name("b.plan"), "--most", "5"),
    ):
        done = run("convert", *words)
        assert code(done) == Exit.WRONG_INPUT, words
    assert run("convert", plan, plan.with_name("b.plan"), "--dry-run").exit_code == 0
    assert sorted(path.name for path in plan.parent.iterdir()) == before


def test_a_drawn_way_becomes_a_mission_with_a_height(tmp_path: Path) -> None:
    """A way from Google Earth could not be flown, or be flown at a height that nobody gave."""
    line = "<LineString><coordinates>76.945,43.238 76.946,43.239</coordinates></LineString>"
    (tmp_path / "w.kml").write_text(f"<kml><Placemark><name>river</name>{line}</Placemark></kml>")
    refused = run("convert", tmp_path / "w.kml", tmp_path / "w.plan")
    assert code(refused) == 2 and "--altitude" in str(refused.exception)
    done = run("convert", tmp_path / "w.kml", tmp_path / "w.plan", "--altitude", "60 m AGL")
    assert done.exit_code == 0 and "no take-off and no return" in done.stderr
    assert [(item.frame, item.z) for item in read_mission(tmp_path / "w.plan").items[1:]] == [(10, 60.0)] * 2
    site = run("convert", tmp_path / "w.kml", tmp_path / "w.geojson")
    assert site.exit_code == 0
    planned = run("plan", tmp_path / "w.geojson", "--pattern", "waypoints", "--json")
    assert planned.exit_code == 0 and answer(planned)["sorties"]


def test_an_area_of_others_is_planned_as_it_is(tmp_path: Path) -> None:
    """An area drawn in Google Earth or Mission Planner had to be drawn again."""
    (tmp_path / "f.poly").write_text("#saved by Mission Planner\n43.238 76.945\n43.238 76.948\n43.24 76.948\n")
    run("convert", tmp_path / "f.poly", tmp_path / "f.kml")
    planned = run("plan", tmp_path / "f.kml", "--json")
    assert planned.exit_code == 0, planned.stderr
    assert len(answer(planned)["sorties"]) == 1  # type: ignore[arg-type]


def test_a_long_mission_is_written_in_parts(tmp_path: Path) -> None:
    """Only the beginning of it would be loaded."""
    ways = tuple(MissionItem(16, 3, x=432380000 + k, y=769450000, z=40.0) for k in range(1, 1498))
    write_mission(Mission((HOME, MISSION.items[1], *ways, MISSION.items[-1])), tmp_path / "long.plan")
    whole = run("convert", tmp_path / "long.plan", tmp_path / "long.waypoints")
    assert "1500 items" in whole.stderr and "--most 650" in whole.stderr
    done = run("convert", tmp_path / "long.plan", tmp_path / "part.plan", "--most", 650, "--json")
    files = [Path(name) for name in answer(done)["files"]]  # type: ignore[attr-defined]
    assert [file.name for file in files] == [f"part-{n}of3.plan" for n in (1, 2, 3)]
    assert all(len(read_mission(file).items) <= 650 for file in files)


def test_fly_tells_what_is_strange_about_a_mission_first(tmp_path: Path) -> None:
    """A mission with latitude and longitude swapped, or one that does not fit, would be loaded without a word."""
    swapped = replace(MISSION.items[2], x=MISSION.items[2].y, y=MISSION.items[2].x)
    write_mission(replace(MISSION, items=(*MISSION.items[:2], swapped, *[MISSION.items[2]] * 650)), tmp_path / "m.plan")
    done = run("fly", tmp_path / "m.plan", "--on", "tcp:127.0.0.1:5760", "--dry-run")
    assert done.exit_code == 0
    assert "Item 2 (waypoint) lies" in done.stderr and "latitude and longitude swapped?" in done.stderr
    assert "653 items" in done.stderr and "qyran convert --most 650" in done.stderr


@pytest.fixture
def vehicle() -> Iterator[str]:
    from sim import Simulator, SimulatorSettings
    from telemetry import Vehicle, load

    with Simulator(SimulatorSettings(port=0, speedup=5.0)) as simulator:
        address = str(simulator.addresses[0].address)
        level = replace(MISSION.items[2], params=(0.0, 0.0, 0.0, 0.0))
        with Vehicle.connect(address) as connected:
            load(connected, replace(MISSION, items=(*MISSION.items[:2], level, *MISSION.items[3:])))
        yield address


def test_a_vehicle_is_compared_with_a_file_and_saved(plan: Path, vehicle: str) -> None:
    """Nobody could say whether the mission in the vehicle is the one in the file."""
    done = run("diff", plan, vehicle, "--json")
    made = answer(done)
    assert code(done) == 0 and made["equal"] is True
    assert made["b"]["vehicle"] is True and made["b"]["identity"] == identity(MISSION)  # type: ignore[index]
    saved = run("convert", vehicle, plan.with_name("saved.waypoints"))
    assert saved.exit_code == 0
    assert run("diff", plan, plan.with_name("saved.waypoints")).exit_code == 0
    write_mission(replace(MISSION, rally=()), plan)
    other = run("diff", plan, vehicle)
    assert code(other) == Exit.NO and other.stdout == "There are 1 rally points; A has 0.\n"
