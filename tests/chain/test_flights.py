"""The chain as its user runs it: the command in a process of its own, real sockets, real files, ArduPilot as judge."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import shapely
from real_areas import RealArea, polygon_files
from shapely import LineString, Point
from shapely.geometry import shape

from planner.geodesy import LocalFrame
from planner.geojson import read_site
from qyran.cli.exits import Exit

EXAMPLE = Path(__file__).parents[2] / "examples" / "almaty"
FLOWN = {"r_bubenec_5blocks": 80, "m_mcpp_sample_obst": 80, "f_2cell_1": 80}


def qyran(*words: object, timeout_s: float = 280) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qyran", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@contextmanager
def serving(*words: object) -> Iterator[str]:
    """A simulator started by its own command; hands out the address of its first vehicle."""
    with subprocess.Popen(
        [sys.executable, "-m", "qyran", "sim", *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["address"]
        finally:
            server.terminate()


def needs_sitl() -> None:
    if not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")):
        pytest.skip("no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH")


def track_of(folder: Path) -> np.ndarray:
    """Longitudes, latitudes and heights above home of a flown track, (n, 3)."""
    with (folder / "track.csv").open() as table:
        rows = [(float(r["lon"]), float(r["lat"]), float(r["alt_home_m"])) for r in csv.DictReader(table)]
    return np.array(rows)


def test_the_demo_does_the_main_job(tmp_path: Path) -> None:
    """A newcomer's first command would end without a flown patrol."""
    done = qyran("demo", "--out", tmp_path / "out", "--speedup", 30, "--json")
    assert done.returncode == Exit.DONE, done.stderr
    answer = json.loads(done.stdout)
    assert answer["good"]
    assert answer["covered"] >= 0.99
    assert answer["seen"] >= 0.99
    assert answer["outside_m"] == 0
    site = read_site(EXAMPLE / "areas.geojson")
    keep_in, school = (next(zone.shape for zone in site.zones if zone.id == name) for name in ("fence", "school"))
    for sortie in answer["sorties"]:
        assert sortie["outcome"] == "landed"
        assert sortie["duration_s"] == pytest.approx(sortie["predicted_s"], rel=0.10)
        folder = Path(sortie["tlog"]).parent
        flown = LineString(track_of(folder)[:, :2])
        assert keep_in.contains(flown)
        assert not school.intersects(flown)
        assert shape(json.loads((folder / "track.geojson").read_text())["features"][0]["geometry"]).length > 0
    page = Path(answer["map"]).read_text()
    assert "<html" in page
    for name in ("sortie-1.waypoints", "sortie-1.plan", "plan.json"):
        assert (tmp_path / "out" / "missions" / name).stat().st_size > 100


def test_a_mission_is_flown_by_single_commands(tmp_path: Path) -> None:
    """The words that scripts rely on would not fit together."""
    assert qyran("plan", EXAMPLE, "--out", tmp_path / "m", "--json").returncode == Exit.DONE
    planned = json.loads((tmp_path / "m" / "plan.json").read_text())
    shortest = min(planned["sorties"], key=lambda sortie: sortie["duration_s"])
    launch = read_site(EXAMPLE / "areas.geojson").launches[0].position
    home = f"{launch.lat},{launch.lon}"
    with serving("serve", "--port", 0, "--speedup", 30, "--home", home, "--seed", 3) as address:
        flown = qyran("fly", shortest["file"], "--on", address, "--yes", "--out", tmp_path / "f", "--json")
        unconfirmed = qyran("fly", shortest["file"], "--on", address, "--out", tmp_path / "g", "--json")
    record = json.loads(flown.stdout)
    assert flown.returncode == Exit.DONE, flown.stderr
    kept = (tmp_path / "f" / "flight.json").read_bytes()
    again = qyran("fly", shortest["file"], "--on", address, "--yes", "--out", tmp_path / "f", "--json")
    assert again.returncode == Exit.WRONG_INPUT
    assert "recorded there already" in again.stderr
    assert (tmp_path / "f" / "flight.json").read_bytes() == kept
    assert record["outcome"] == "landed"
    assert record["max_outside_m"] == 0
    assert Path(record["tlog"]).stat().st_size > 1000
    assert unconfirmed.returncode == Exit.REFUSED
    assert json.loads(unconfirmed.stdout)["outcome"] == "refused"
    drawn = qyran("map", tmp_path / "f", "--json")
    assert Path(json.loads(drawn.stdout)["map"]).stat().st_size > 10_000


def test_a_refused_flight_says_so_and_exits_with_four(tmp_path: Path) -> None:
    """A script would go on as if the drone had flown."""
    assert qyran("plan", EXAMPLE, "--out", tmp_path / "m").returncode == Exit.DONE
    with serving("serve", "--port", 0, "--speedup", 30, "--home", "43.2300,76.9500") as address:
        flown = qyran(
            "fly", tmp_path / "m" / "sortie-1.plan", "--on", address, "--yes", "--out", tmp_path / "f", "--json"
        )
    record = json.loads(flown.stdout)
    assert flown.returncode == Exit.REFUSED
    assert record["outcome"] == "refused"
    assert record["reason"]


def test_killed_while_planning_leaves_no_half_file(tmp_path: Path) -> None:
    """After a power cut a half mission file would be loaded into a drone."""
    out = tmp_path / "m"
    words = [sys.executable, "-m", "qyran", "plan", str(EXAMPLE), "--out", str(out), "--json"]
    killed = 0
    for attempt in range(6):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as planning:
            wait_for = out / ["sortie-1.waypoints", "sortie-1.fence", "sortie-1.plan"][attempt % 3]
            wait_for.unlink(missing_ok=True)
            while planning.poll() is None and not wait_for.exists():
                pass
            killed += planning.poll() is None
            planning.kill()
        for file in out.iterdir() if out.is_dir() else ():
            if file.suffix in (".plan", ".json", ".geojson"):
                json.loads(file.read_text())
            elif file.suffix in (".waypoints", ".fence", ".rally"):
                text = file.read_text()
                assert text.startswith("QGC WPL 110")
                assert text.endswith("\n")
    assert killed


@pytest.mark.sitl
@pytest.mark.timeout(600)
def test_the_demo_flies_on_ardupilot(tmp_path: Path) -> None:
    """What flies on our own simulator would fail on the autopilot that people have."""
    needs_sitl()
    done = qyran("demo", "--on", "sitl", "--out", tmp_path / "out", "--json", timeout_s=580)
    assert done.returncode == Exit.DONE, done.stderr
    answer = json.loads(done.stdout)
    assert answer["seen"] >= 0.99
    for sortie in answer["sorties"]:
        assert sortie["outcome"] == "landed"
        assert sortie["max_outside_m"] == 0
        assert sortie["landed_from_home_m"] < 2
        assert sortie["duration_s"] == pytest.approx(sortie["predicted_s"], rel=0.10)
        assert not [event for event in sortie["events"] if "breach" in event["text"].lower()]


@pytest.mark.sitl
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FLOWN)
def test_a_real_area_is_planned_and_flown_on_ardupilot(name: str, tmp_path: Path) -> None:
    """Areas that nobody drew for us would be left, missed, or pictures taken outside the lanes."""
    needs_sitl()
    files = [file for file in polygon_files() if file.stem == name]
    if not files:
        pytest.skip("the shared folder with bench/coverage/polygons is not beside the project")
    area = RealArea(files[0])
    launch = f"{area.launch.lat:.7f},{area.launch.lon:.7f}"
    file, out = area.write(tmp_path / "area.geojson"), tmp_path / "m"
    planned = qyran(
        "plan",
        file,
        "--swath",
        FLOWN[name],
        "--altitude",
        60,
        "--speed",
        10,
        "--launch",
        launch,
        "--out",
        out,
        "--json",
    )
    assert planned.returncode == Exit.DONE, planned.stderr
    lanes = lanes_of(out / "plan.geojson", area.frame)
    for sortie in json.loads(planned.stdout)["sorties"]:
        folder = tmp_path / f"flight-{sortie['number']}"
        with serving(
            "sitl", "--home", launch, "--speedup", 20, "--instance", 40, "--folder", folder / "sitl"
        ) as address:
            flown = qyran("fly", sortie["file"], "--on", address, "--yes", "--out", folder, "--json", timeout_s=800)
        assert flown.returncode == Exit.DONE, flown.stderr
        record = json.loads(flown.stdout)
        assert record["outcome"] == "landed"
        assert record["max_outside_m"] == 0
        assert record["landed_from_home_m"] < 2
        assert record["duration_s"] == pytest.approx(sortie["duration_s"], rel=0.10)
        track = area.frame.points_to_local(track_of(folder)[:, :2])
        assert LineString(track).difference(area.local.buffer(5)).length == 0
        places = area.frame.points_to_local(np.array([picture["position"] for picture in record["pictures"]]))
        assert len(places)
        # A picture is due after a distance flown, so the first of a lane comes in it, the last at most one step later.
        assert max(lanes.distance(Point(place)) for place in places) < 5


def lanes_of(plan: Path, frame: LocalFrame) -> shapely.MultiLineString:
    """The planned lanes in local metres."""
    features = json.loads(plan.read_text())["features"]
    lanes = [shape(one["geometry"]) for one in features if one["properties"]["leg"] == "lane"]
    return frame.to_local(shapely.MultiLineString([line.coords for line in lanes]))
