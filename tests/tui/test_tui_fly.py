"""The Fly screen on the embedded simulator, over a real socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.widgets import Input, Static

from qyran.tui import flight as flight_module
from qyran.tui.app import QyranApp
from qyran.tui.desk import PlanState
from qyran.tui.flight import Stage
from qyran.tui.screens.dialogs import Ask, AskConfirmation, AskLink
from qyran.tui.screens.fly import FlyScreen
from qyran.tui.widgets.top_line import TopLine

WIDE = (120, 40)


def words(app: QyranApp, where: str) -> str:
    return str(app.screen.query_one(f"#{where}", Static).render())


def top_line(app: QyranApp) -> str:
    return str(app.screen.query_one(TopLine).query_one(".status", Static).render())


async def connected(app: QyranApp, hands) -> None:
    """Plan, go to the Fly screen, call the vehicle."""
    await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)
    await hands.press(app, "4", "enter")
    await hands.until(lambda: isinstance(app.screen, AskLink) and app.focused is not None)
    await hands.press(app, "enter", "enter")
    await hands.until(lambda: app.flight is not None and app.flight.stage is Stage.CONNECTED)


async def started(app: QyranApp, hands) -> None:
    """All steps up to a vehicle that flies its mission."""
    await connected(app, hands)
    for done in (Stage.LOADED, Stage.CONFIRMED):
        await hands.press(app, "enter")
        await hands.until(lambda done=done: app.flight.stage is done)
    await hands.press(app, "S", "S")
    await hands.until(lambda: app.flight.is_in_the_air and app.flight.state.mode == "AUTO")


@pytest.mark.slow
async def test_a_sortie_is_flown_step_by_step_and_recorded(project: Path, simulator, hands):
    """The main job of the screen would not work: no patrol could be flown from the terminal."""
    app = QyranApp(project, simulator.address)
    async with app.run_test(size=WIDE):
        await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)
        await hands.press(app, "4")
        assert "☐ load  not loaded" in words(app, "steps")
        await connected(app, hands)
        flight = app.flight
        items = len(flight.compiled.mission.items)
        await hands.press(app, "enter")
        await hands.until(lambda: flight.stage is Stage.LOADED)
        assert flight.vehicle.loaded == flight.compiled.mission
        await hands.until(lambda: f"✓ load  {items}/{items} items read back equal" in words(app, "steps"))
        await hands.press(app, "S", "S")
        assert flight.stage is Stage.LOADED, "not confirmed: nothing starts"
        await hands.press(app, "enter")
        await hands.until(lambda: flight.stage is Stage.CONFIRMED)
        await hands.press(app, "S")
        await asyncio.sleep(0.2)
        assert flight.stage is Stage.CONFIRMED, "once is not enough"
        await hands.press(app, "S", "S")
        await hands.until(lambda: "AUTO  ARMED" in words(app, "state"))
        await hands.until(lambda: "60.0 m HOME" in words(app, "state"))
        assert "01 LIVE" in top_line(app)
        await hands.until(lambda: flight.stage is Stage.ENDED, 60)
        screen = app.screen
        assert isinstance(screen, FlyScreen)
        assert screen._map is not None
        assert len(screen._map.track) > 30
        assert flight.record is not None
        assert flight.record.outcome.is_landed
        assert flight.record.max_outside_m == pytest.approx(0, abs=1.0)
        await hands.until(lambda: "✓ landed" in words(app, "steps"))
        folder = flight.folder
        await hands.press(app, "enter")
        await hands.until(lambda: app.flight is None)
    assert {"flight.tlog", "flight.json", "track.csv"} <= {file.name for file in folder.iterdir()}
    assert folder.parent == project / "flights"


async def test_pause_return_and_leaving_in_the_air(project: Path, simulator, hands):
    """A drone in the air could not be stopped or called back, or would be left without a word."""
    app = QyranApp(project, simulator.address)
    async with app.run_test(size=WIDE):
        await started(app, hands)
        await hands.press(app, "space")
        await hands.until(lambda: app.flight.state.mode == "BRAKE")
        await hands.press(app, "space")
        await hands.until(lambda: app.flight.state.mode == "AUTO")
        await hands.press(app, "ctrl+q")
        await hands.until(lambda: isinstance(app.screen, Ask))
        said = str(app.screen.query_one(".body", Static).render())
        assert "Vehicle 1 is in the air (AUTO" in said
        assert "FS_GCS_ENABLE 1" in said
        await hands.press(app, "s")
        await hands.until(lambda: isinstance(app.screen, FlyScreen))
        await hands.press(app, "R")
        await asyncio.sleep(0.3)
        assert app.flight.state.mode == "AUTO", "once is not enough"
        await hands.press(app, "R", "R")
        await hands.until(lambda: app.flight.state.mode == "RTL")
        await hands.until(lambda: "RETURN→1 accepted" in "".join(line.text for line in app.flight.events))
        await hands.until(lambda: app.flight.stage is Stage.ENDED, 60)
        assert app.flight.record.outcome.is_on_ground


@pytest.mark.slow
async def test_a_silent_vehicle_is_shown_as_old(project: Path, simulator, hands):
    """A lost link would go unnoticed: the last values would stand there as if they were now."""
    app = QyranApp(project, simulator.address)
    async with app.run_test(size=WIDE):
        await connected(app, hands)
        await hands.until(lambda: "alt  0.0 m HOME" in words(app, "state"))
        simulator.fall_silent()
        await hands.until(lambda: "~STALE" in top_line(app), 8)
        assert "~STABILIZE  ~disarmed" in words(app, "state")
        assert "alt  ~0.0 m HOME" in words(app, "state")
        await hands.until(lambda: "~LOST" in top_line(app), 12)
        await hands.press(app, "enter")
        await hands.until(lambda: app.flight.failure, 30)
        assert app.flight.stage is Stage.CONNECTED


async def test_an_edit_after_loading_is_told(project: Path, simulator, hands):
    """The map would show a plan that is not the one in the vehicle."""
    app = QyranApp(project, simulator.address)
    async with app.run_test(size=WIDE):
        await connected(app, hands)
        await hands.press(app, "enter")
        await hands.until(lambda: app.flight.stage is Stage.LOADED)
        assert "PLAN≠VEHICLE" not in top_line(app)
        await hands.press(app, "1", *"HHH", "t")
        await hands.until(lambda: "PLAN≠VEHICLE 01 LIVE" in top_line(app))
        await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)
        await asyncio.sleep(0.3)
        assert "PLAN≠VEHICLE 01 LIVE" in top_line(app), "the new plan is not the one in the vehicle either"
        await hands.press(app, "u")
        await hands.until(lambda: app.desk.plan_state is PlanState.FRESH and "PLAN≠VEHICLE" not in top_line(app))


async def test_a_blocked_plan_is_not_loaded(project: Path, simulator, hands):
    """A plan that breaks a rule would reach a vehicle."""
    settings = project / "patrol.toml"
    settings.write_text(settings.read_text().replace('highest = "120 m AGL"', 'highest = "50 m AGL"'))
    app = QyranApp(project, simulator.address)
    async with app.run_test(size=WIDE):
        await connected(app, hands)
        assert app.desk.plan.is_blocked
        await hands.press(app, "enter")
        await hands.until(lambda: "✗" in words(app, "steps"))
        assert "The plan is blocked" in app.flight.failure
        assert app.flight.stage is Stage.CONNECTED
        assert app.flight.vehicle.loaded is None


async def test_nobody_at_an_address_and_no_address(
    project: Path, hands, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
):
    """A wrong address would hang the screen or end the program."""
    monkeypatch.setattr(flight_module, "CALL_FOR_S", 0.5)
    app = QyranApp(project, "carrier pigeon")
    async with app.run_test(size=WIDE):
        await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)
        await hands.press(app, "4", "enter")
        await hands.until(lambda: isinstance(app.screen, AskLink) and app.focused is not None)
        await hands.press(app, "enter", "enter")
        assert isinstance(app.screen, AskLink)
        assert "no address of a vehicle" in str(app.screen.query_one(".error", Static).render())
        await hands.press(app, "shift+tab")
        assert isinstance(app.focused, Input)
        app.focused.value = f"tcp:127.0.0.1:{unused_tcp_port}"
        await hands.press(app, "enter", "enter")
        await hands.until(lambda: app.flight is not None and app.flight.failure)
        assert app.flight.stage is Stage.NO_LINK
        await hands.until(lambda: "No vehicle answered" in words(app, "steps"))


async def test_a_real_vehicle_needs_its_number_and_a_name(project: Path, hands):
    """A drone would take off on a key pressed by mistake, or on nobody's word."""
    app = QyranApp(project)
    answers: list[dict[str, str] | None] = []
    async with app.run_test(size=WIDE):
        await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)
        await hands.press(app, "4")
        vehicle = SimpleNamespace(system_id=7, is_simulator=False, firmware="ArduCopter 4.6.3")
        app.push_screen(AskConfirmation(vehicle, app.screen.chosen), answers.append)
        await hands.until(lambda: isinstance(app.screen, AskConfirmation) and app.focused is not None)
        assert "A REAL VEHICLE" in str(app.screen.query_one(".body", Static).render())
        await hands.press(app, "8", "enter", *"Aigul", "enter")
        assert "for vehicle 7" in str(app.screen.query_one(".error", Static).render())
        await hands.press(app, "shift+tab", "backspace", "7", "enter", "enter")
        await hands.until(lambda: answers)
    assert answers == [{"vehicle": "7", "person": "Aigul"}]
