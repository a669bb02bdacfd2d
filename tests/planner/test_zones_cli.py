"""Zones from files on the command line and in a project."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import shapely

from planner.errors import InputError, SettingError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.site import Area, Launch, Site
from qyran.project import Project
from qyran.work import open_work, plan_work

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
SITE = Site(
    areas=(Area("a", FRAME.to_lonlat(shapely.box(0, 0, 400, 300))),),
    launches=(Launch("home", FRAME.point_to_lonlat((10, 10))),),
)
EAST = FRAME.point_to_lonlat((400.0, 150.0))
ZONE = f"""AC D
AY CTR
AN Hospital
AL GND
AH 1000 ft AGL
V X={EAST.lat:.7f} N {EAST.lon:.7f} E
DC 0.05
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "patrol"
    Project.create(folder, name="p", site=SITE)
    (folder / "airspace.txt").write_text(ZONE, encoding="utf-8")
    return folder


def say(project: Path, text: str) -> None:
    """Add lines to the project's settings."""
    file = project / "patrol.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def qyran(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qyran", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )


def test_a_zone_file_on_the_command_line_bars(project):
    """The airspace that was given would be flown into."""
    done = qyran("plan", project, "--json", "--dry-run", "--zones", project / "airspace.txt")
    assert done.returncode in (0, 1), done.stderr
    zones = [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] == "area"]
    assert any("may not be entered" in finding["sentence"] for finding in zones)
    broken = project / "broken.txt"
    broken.write_text(ZONE.replace("AL GND", "AL below"), encoding="utf-8")
    refused = qyran("check", project, "--zones", project / "airspace.txt", "--zones", broken)
    assert refused.returncode == 2
    assert "broken.txt, line 4" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_zone_files_of_a_project(project):
    """A project's airspace would have to be given again each time, or be written into its areas."""
    say(project, '\n[zones]\nfiles = ["airspace.txt"]\n')
    opened = Project.open(project)
    assert [zone.name for zone in opened.patrol.site.zones] == ["Hospital"]
    assert opened.site.zones == ()
    made = plan_work(open_work(project))
    (zone,) = made.patrol.site.zones
    assert all(
        FRAME.to_local(zone.shape).distance(shapely.Point(FRAME.point_to_local(waypoint.position))) > 4.9
        for sortie in made.sorties
        for waypoint in sortie.route.waypoints
    )
    saved = opened.save_site(SITE)
    assert saved.patrol.site.zones == opened.patrol.site.zones
    assert "Hospital" not in (project / "areas.geojson").read_text(encoding="utf-8")


def test_a_cleared_class_is_left_out_and_said(project):
    """A patrol with a clearance could not fly where it may."""
    say(project, '\n[zones]\nfiles = ["airspace.txt"]\ncleared = ["CTR"]\n')
    opened = Project.open(project)
    assert opened.patrol.site.zones == ()
    assert any("'Hospital'" in note for note in opened.notes)
    done = qyran("check", project)
    assert "Cleared by 'CTR': 'Hospital'" in done.stderr


def test_faults_of_a_project_s_zones_are_named(project):
    """A misspelt file would be no zones at all."""
    say(project, '\n[zones]\nfiles = ["nowhere.txt"]\n')
    with pytest.raises(InputError, match="cannot be read") as caught:
        Project.open(project)
    assert "nowhere.txt" in caught.value.about


def test_wrong_settings_are_named(project):
    """A zone's file given as a word would be read letter by letter."""
    say(project, '\n[zones]\nfiles = "airspace.txt"\n')
    with pytest.raises(SettingError) as caught:
        Project.open(project)
    assert "zones.files" in caught.value.about


def test_the_hours_of_a_patrol_are_settings(project):
    """A zone that rests while the patrol flies would bar it all the same."""
    resting = ZONE.replace("AL GND", "AA 2026-05-01T00:00Z/2026-05-02T00:00Z\nAL GND")
    (project / "airspace.txt").write_text(resting, encoding="utf-8")
    file = project / "patrol.toml"
    text = file.read_text(encoding="utf-8")
    hours = "starts = 2026-05-03T06:00:00Z\nends = 2026-05-03T08:00:00Z\n"
    file.write_text(text.replace("[patrol]\n", "[patrol]\n" + hours) + '\n[zones]\nfiles = ["airspace.txt"]\n')
    made = plan_work(open_work(project))
    assert made.patrol.site.zones == ()
    assert [zone.name for zone in made.patrol.site.resting] == ["Hospital"]
    file.write_text(text.replace("[patrol]\n", "[patrol]\n" + hours.replace("Z", "")))
    with pytest.raises(SettingError, match="time zone"):
        assert Project.open(project).patrol
