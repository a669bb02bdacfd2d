"""Every real area plans by the command that scripts rely on, and the files hold what the answer says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString

from qyran.cli import run
from qyran.cli.exits import Exit

WAYPOINT, TRIGGER = 16, 206


def items_of(file: Path) -> list[list[float]]:
    """A QGC WPL 110 file's rows, read without Qyran's own reader."""
    lines = file.read_text().splitlines()
    assert lines[0].split() == ["QGC", "WPL", "110"]
    return [[float(word) for word in line.split()] for line in lines[1:] if line.strip()]


def flown_legs(rows: list[list[float]]) -> list[tuple[tuple[float, float], tuple[float, float], bool]]:
    """Legs between waypoints as the autopilot flies them: ((lon, lat), (lon, lat), camera on)."""
    legs, before, looks = [], None, False
    for row in rows[1:]:
        command = int(row[3])
        if command == TRIGGER:
            looks = row[4] > 0
        if command == WAYPOINT:
            here = (row[9], row[8])
            if before is not None:
                legs.append((before, here, looks))
            before = here
    return legs


@pytest.mark.parametrize("swath", [30, pytest.param(80, marks=pytest.mark.long)])
def test_a_real_area_is_covered_and_never_left(
    real_area, swath: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The drone would fly over a neighbour's land, or part of the area would never be seen."""
    file = real_area.write(tmp_path / "area.geojson")
    launch = f"{real_area.launch.lat:.7f},{real_area.launch.lon:.7f}"
    words = ["plan", str(file), "--swath", str(swath), "--altitude", "60", "--speed", "10", "--launch", launch]
    code = run([*words, "--out", str(tmp_path / "out"), "--json"])
    out, err = capfd.readouterr()
    assert code == Exit.DONE, err
    answer = json.loads(out)
    assert answer["covered"] >= 0.99
    assert answer["outside_m"] == 0
    lanes, ways = [], []
    for sortie in answer["sorties"]:
        rows = items_of(Path(sortie["file"]))
        assert len(rows) == sortie["items"]
        for start, end, looks in flown_legs(rows):
            line = LineString(real_area.frame.points_to_local(np.array([start, end])))
            ways.append(line)
            if looks:
                lanes.append(line)
    seen = shapely.union_all([lane.buffer(swath / 2) for lane in lanes]).intersection(real_area.local)
    assert seen.area / real_area.local.area >= 0.99
    # 5 cm: latitudes and longitudes in a mission are whole numbers of 1e-7 degrees, about 1 cm.
    outside = sum(way.difference(real_area.local.buffer(0.05)).length for way in ways)
    assert outside == pytest.approx(0, abs=0.01)
    assert math.isclose(answer["covered"], seen.area / real_area.local.area, abs_tol=0.01)
