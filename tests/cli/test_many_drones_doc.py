"""The commands in docs/many-drones.md, and what a crew reads of their answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.errors import QyranError
from qyran.cli import app

ROOT = Path(__file__).parents[2]
AREAS = "examples/team/areas.geojson"
COMMANDS = re.findall(
    r"^    qyran (plan .*)$", (ROOT / "docs" / "many-drones.md").read_text(encoding="utf-8"), re.MULTILINE
)


def answer_of(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_plans_as_the_docs_say(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's first plan for a team would fail, be blocked, or be shared unevenly."""
    monkeypatch.chdir(ROOT)
    answer = answer_of(*command.split())
    assert not answer["blocked"]
    assert answer["outside_m"] == 0
    if answer["shift"] is None:
        assert answer["imbalance"] <= 0.05
        assert answer["covered"] >= 0.99
    elif answer["shift"]["kind"] == "relay":
        assert answer["shift"]["worst_gap_s"] <= 8
    starts = [(sortie["drone"], sortie["starts_s"]) for sortie in answer["sorties"]]
    assert starts == sorted(starts)
    assert min(start for _, start in starts) >= 0


def test_files_say_which_drone_they_are_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot would load another drone's mission; and a plan for one drone would leave those of two behind."""
    monkeypatch.chdir(ROOT)
    answer = answer_of("plan", AREAS, "--drones", "2", "--launch", "west", "--out", str(tmp_path))
    names = {Path(sortie["file"]).name for sortie in answer["sorties"]}
    assert names == {"drone-1-sortie-1.waypoints", "drone-2-sortie-2.waypoints"}
    assert all((tmp_path / name).exists() for name in names)
    told = json.loads((tmp_path / "plan.geojson").read_text())
    assert {feature["properties"]["drone"] for feature in told["features"]} == {1, 2}
    (tmp_path / "drone-notes.plan").write_text("mine")
    answer_of("plan", AREAS, "--launch", "west", "--out", str(tmp_path))
    assert sorted(file.name for file in tmp_path.glob("*.waypoints")) == ["sortie-1.waypoints"]
    assert (tmp_path / "drone-notes.plan").read_text() == "mine"


def test_a_project_says_its_team_in_its_settings(tmp_path: Path) -> None:
    """What patrol.toml says of drones and launches would be silently passed over."""
    (tmp_path / "areas.geojson").write_bytes((ROOT / AREAS).read_bytes())
    (tmp_path / "patrol.toml").write_text(
        '[patrol]\nname = "d"\npattern = "laps"\n[team]\nlaunches = { west = 1, east = 1 }\n'
        '[laps]\nshift_s = 1500.0\nrhythm = "unpredictable"\n'
    )
    answer = answer_of("plan", str(tmp_path), "--dry-run")
    assert answer["drones"] == 2
    assert {sortie["launch"] for sortie in answer["sorties"]} == {"west", "east"}
    assert answer["shift"]["rhythm"] == "unpredictable"
    assert answer["shift"]["until_s"] == 1500
    places = {one["place"]: one["visits"] for one in answer["shift"]["places"]}
    seen = [visit["place"] for sortie in answer["sorties"] for visit in sortie["visits"]]
    assert set(places) == set(seen)
    drawn = CliRunner().invoke(app, ["map", str(tmp_path), "--json"])
    assert drawn.exit_code == 0, drawn.output
    page = (tmp_path / "map.html").read_text()
    for text in ("Drone 1", "Drone 2", "Places and their gaps", "laps 1 to"):
        assert text in page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--launch", "nowhere"], "Drawn: west, east"),
        (["--launch", "west", "--launch", "west"], "given twice"),
        (["--drones", "2", "--launch", "west=3"], "Leave out one of the two"),
        (["--shift", "1h"], "has no shift_s"),
        (["--pattern", "laps", "--shift", "soon"], "is not a duration"),
        (["--pattern", "laps", "--longest-gap", "10s"], "a round takes"),
        (["--pattern", "relay", "--drones", "1"], "posts need at least as many drones"),
        (["--set", "relay.batteries"], "is not a setting"),
        (["--set", "relay.watts=4"], "There is no such setting"),
        (["--set", "moon.cheese=4"], "There is no table"),
        (["--pattern", "visit", "--set", "vehicle.battery_wh=9"], "None of the places can be visited"),
    ],
)
def test_what_cannot_be_is_refused_in_words(words: list[str], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped option would be planned as something else, or end in a traceback."""
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["plan", AREAS, "--json", *words])
    assert done.exit_code
    assert told in f"{done.stderr} {done.exception}"
    assert isinstance(done.exception, QyranError | SystemExit)
    assert not done.stdout


SAME = """
import sys
from click.testing import CliRunner
from qyran.cli import app
for words in (
    ["--launch", "west=2", "--launch", "east=1"],
    ["--pattern", "laps", "--drones", "2", "--shift", "25min", "--rhythm", "unpredictable", "--seed", "5"],
    ["--pattern", "visit", "--drones", "2"],
):
    done = CliRunner().invoke(app, ["plan", sys.argv[1], "--json", *words])
    assert done.exit_code == 0, done.output
    print(done.stdout)
"""


def test_the_same_order_gives_the_same_bytes() -> None:
    """A plan that was approved could not be made again from what its record says."""
    answers = [
        subprocess.run(
            [sys.executable, "-c", SAME, AREAS],
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        ).stdout
        for seed in ("0", "424242")
    ]
    assert len(answers[0]) > 1000
    assert answers[0] == answers[1]
