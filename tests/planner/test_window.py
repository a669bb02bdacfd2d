"""When a plan is good, and what is said when it is flown at other hours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely

from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.hours import DayTimes, Hours, Period
from planner.patrol import Patrol, Sweep
from planner.planning import plan
from planner.quantities import LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind
from planner.window import Resting, Window, window_from_json, window_of, window_to_json
from qyran.cli import run
from qyran.project import Project

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
MORNING = datetime(2020, 1, 1, 6, tzinfo=UTC)
NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
LATER = Hours((Period(datetime(2020, 1, 2, tzinfo=UTC)),))


def zone(name: str, hours: Hours, at: float = 0.0) -> Zone:
    shape = shapely.box(at + 100, 50, at + 160, 110)
    return Zone(name, ZoneKind.KEEP_OUT, FRAME.to_lonlat(shape), name, hours=hours)


def site(*zones: Zone) -> Site:
    area = Area("a", FRAME.to_lonlat(shapely.box(0, 0, 300, 200)))
    return Site((area,), zones, (Launch("home", FRAME.point_to_lonlat((10, 10))),))


def test_only_zones_that_the_route_enters_are_kept_in_mind() -> None:
    """A flight would be stopped because of a zone that it never comes near."""
    order = Patrol("p", site(zone("school", LATER), zone("far", LATER, at=2000)), Sweep(), starts=MORNING, ends=NOON)
    window = window_of(plan(order, time_limit_s=0.1))
    assert window is not None
    assert [one.label for one in window.entered] == ["the keep_out zone 'school'"]
    assert window_from_json(json.loads(json.dumps(window_to_json(window)))) == window
    assert window_of(plan(replace(order, starts=None, ends=None), time_limit_s=0.1)) is None


def test_a_flight_within_its_hours_is_not_doubted_and_one_outside_is() -> None:
    """A plan of last night would be flown over a school at noon without a word."""
    lessons = Hours((Period(times=(DayTimes(frozenset(range(5)), NOON.timetz(), None),)),))
    window = Window(MORNING, NOON, (Resting("school", lessons),))
    inside, flight = MORNING + timedelta(hours=1), timedelta(minutes=20)
    assert window.doubts(inside, inside + flight) == window.barred(inside, inside + flight) == ()
    assert "made for 2020-01-01 06:00 UTC to 2020-01-01 12:00 UTC" in window.doubts(NOON, NOON + flight)[0]
    reaching_in = NOON - timedelta(minutes=10)
    assert "school" in window.barred(reaching_in, reaching_in + flight)[0]
    saturday = datetime(2020, 1, 4, 13, tzinfo=UTC)
    assert window.barred(saturday, saturday + flight) == ()
    assert window.doubts(saturday, saturday + flight)


@pytest.mark.parametrize(
    "broken", [[], {"starts": 5}, {"starts": "noon"}, {"starts": "2020-01-01T06:00Z", "entered": 3}]
)
def test_hours_that_cannot_be_read_are_refused(broken: object) -> None:
    """A plan file that someone edited would be flown as if it had no hours."""
    with pytest.raises(SettingError):
        window_from_json(broken)


def test_a_plan_is_not_flown_where_a_zone_holds_by_now(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A drone would take off into a zone that rested when the plan was made."""
    folder = tmp_path / "patrol"
    Project.create(folder, name="p", site=site(zone("school", LATER)))
    settings = folder / "patrol.toml"
    hours = "starts = 2020-01-01T06:00:00Z\nends = 2020-01-01T10:00:00Z\n"
    settings.write_text(settings.read_text().replace("# starts", hours + "# starts", 1))
    assert run(["plan", str(folder)]) == 0
    assert "'school'" in capfd.readouterr().err
    flight = ["fly", str(folder / "missions/sortie-1.plan"), "--on", "udp:127.0.0.1:1", "--yes"]
    for words, code in ((flight, 4), ([*flight, "--dry-run"], 0)):
        assert run(words) == code
        said = capfd.readouterr().err
        assert "The plan was made for 2020-01-01 06:00" in said
        assert "enters the keep_out zone 'school', which holds now" in said
