"""How the screens look, at the design size and at the smallest; plan, vehicle and clock are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from planner.forecast import forecast
from planner.plan import Finding, Leg, Plan, Route, Severity, Sortie, Waypoint
from planner.quantities import Altitude, LonLat
from qyran.project import Project
from qyran.tui.app import QyranApp
from qyran.tui.canvas.map_canvas import MapCanvas
from qyran.tui.desk import PlanState
from qyran.tui.flight import Flight, Said, Stage
from qyran.work import compile_plan
from telemetry.state import Battery, Fix, Gps, VehicleState

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SIZES = [pytest.param((120, 40), id="120x40"), pytest.param((80, 24), id="80x24")]
WAY = [
    ((76.9395, 43.2378), Leg.TRANSIT),
    ((76.9402, 43.2382), Leg.TRANSIT),
    ((76.9438, 43.2382), Leg.LANE),
    ((76.9438, 43.2398), Leg.TRANSIT),
    ((76.9402, 43.2398), Leg.LANE),
    ((76.9395, 43.2378), Leg.TRANSIT),
]


def plan_of(project: Path) -> Plan:
    """A plan drawn by hand, so that a better planner does not change how the screen looks."""
    opened = Project.open(project)
    patrol, launch = opened.patrol, opened.launch
    assert launch is not None
    route = Route(tuple(Waypoint(LonLat(*place), Altitude.agl(60), 10.0, leg) for place, leg in WAY))
    ahead = replace(forecast(route, launch, patrol.vehicle), duration_s=272.0, distance_m=1034.0, battery_used=0.21)
    shape = opened.site.areas[0].shape.buffer(0.001, join_style="mitre")
    findings = (
        Finding(
            "return",
            Severity.WARNING,
            "The way home crosses the yard.",
            "Move the launch.",
            place=LonLat(76.942, 43.239),
        ),
        Finding("speed", Severity.INFO, "The route asks for 10 m/s at most.", ""),
    )
    return Plan(patrol, (Sortie(1, launch, route, ahead, 25.0),), shape, shape, True, 0.9957, 0.0, findings)


def app_with_plan(project: Path) -> QyranApp:
    app = QyranApp(project, "tcp:127.0.0.1:5760", clock=lambda: NOW)
    app.desk.plan = plan_of(project)
    app.desk.plan_state = PlanState.FRESH
    return app


def vehicle(age_s: float) -> VehicleState:
    """What a vehicle said so long ago."""
    return VehicleState(
        3,
        received_at=NOW - timedelta(seconds=age_s),
        boot_s=300.0,
        mode="AUTO",
        armed=True,
        landed=False,
        position=LonLat(76.9420, 43.2382),
        altitude_home=Altitude.home(60.2),
        altitude_amsl=Altitude.amsl(880.2),
        speed_mps=8.1,
        heading_deg=92.0,
        battery=Battery(share=0.84, volts=23.9),
        gps=Gps(Fix.FIX_3D, 14),
        mission_current=5,
        mission_total=12,
        messages=1000,
        messages_missed=3,
    )


def flying(project: Path, age_s: float) -> QyranApp:
    """An app with a vehicle in the air that was last heard so long ago."""
    app = app_with_plan(project)
    plan = app.desk.plan
    assert plan is not None
    said = SimpleNamespace(state=vehicle(age_s), is_simulator=False, firmware="ArduCopter 4.6.3", system_id=3)
    app.flight = Flight(
        plan,
        compile_plan(plan)[0],
        project / "flights",
        Stage.FLYING,
        said,
        confirmation=SimpleNamespace(person="Aigul S.", at=NOW),
        events=[Said(NOW, "Item 4 reached."), Said(NOW, "Wind 7.8 m/s", is_bad=True)],
    )
    return app


async def in_front(pilot) -> None:
    await pilot.press("4")
    await pilot.pause(0.3)


@pytest.mark.parametrize("size", SIZES)
def test_design(snap_compare, project: Path, size: tuple[int, int]):
    """The Design screen would lose a line, a number or a key without anybody seeing it."""
    assert snap_compare(app_with_plan(project), terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
def test_fly(snap_compare, project: Path, size: tuple[int, int]):
    """The Fly screen would lose what the pilot lives by."""
    assert snap_compare(flying(project, 0.4), terminal_size=size, run_before=in_front)


def test_fly_lost(snap_compare, project: Path):
    """Old data would look like new."""
    assert snap_compare(flying(project, 14.0), terminal_size=(120, 40), run_before=in_front)


async def test_design_says_all_without_colour(project: Path, monkeypatch: pytest.MonkeyPatch):
    """With NO_COLOR an area, a zone, a launch and a finding could not be told apart."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_with_plan(project)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.2)
        assert app.no_color
        shown = "\n".join(strip.text for strip in app.screen.query_one(MapCanvas)._strips)
        for sign in ("✗ Yard", "⌂ Post", "▲", "•", "┼"):
            assert sign in shown
