"""The Design screen, driven as a pilot drives it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from shapely import Polygon
from textual import events
from textual.widgets import Input

from missions import read_mission
from planner.quantities import LonLat
from planner.site import Site
from qyran.project import Project
from qyran.tui.app import QyranApp
from qyran.tui.canvas.map_canvas import MapCanvas
from qyran.tui.desk import Desk, PlanState
from qyran.tui.screens.design import DesignScreen
from qyran.tui.screens.dialogs import Ask, AskPlace

WIDE = (120, 40)


async def opened(app: QyranApp, hands) -> None:
    """Wait for the first screen."""
    await hands.until(lambda: app.screen_stack and isinstance(app.screen, DesignScreen) and canvas_of(app).view.columns)
    await hands.settle(app)


async def planned(app: QyranApp, hands) -> None:
    """Wait for the plan of what is drawn now."""
    await hands.until(lambda: app.desk.plan_state is PlanState.FRESH)


def canvas_of(app: QyranApp) -> MapCanvas:
    return app.screen.query_one(MapCanvas)


def cursor_to(app: QyranApp, lon: float, lat: float) -> None:
    """Put the cursor there as a click does."""
    screen = app.screen
    assert isinstance(screen, DesignScreen)
    assert app.desk.frame is not None
    east, north = app.desk.frame.point_to_local(LonLat(lon, lat))
    screen.on_map_canvas_pressed(MapCanvas.Pressed(east, north))


async def drag(app: QyranApp, hands, start: LonLat, end: LonLat) -> None:
    """Press the mouse at a place, move it, let go; pixels as a terminal with SGR-Pixels tells them."""
    canvas = canvas_of(app)
    for kind, place in (
        (events.MouseDown, start),
        (events.MouseMove, LonLat((start.lon + end.lon) / 2, (start.lat + end.lat) / 2)),
        (events.MouseMove, end),
        (events.MouseUp, end),
    ):
        x, y = pointer(app, place)
        canvas.post_message(kind(canvas, x, y, 0, 0, 1, False, False, False))
        await hands.settle(app)


def pointer(app: QyranApp, place: LonLat) -> tuple[float, float]:
    """Where a place is for the mouse, in cells of the widget with its border."""
    frame, view = app.desk.frame, canvas_of(app).view
    assert frame is not None
    east, north = frame.point_to_local(place)
    dot_x = (east - view.east_m) / view.metres_per_dot + view.width / 2
    dot_y = (view.north_m - north) / view.metres_per_dot + view.height / 2
    return dot_x / 2 + 1 + 1e-6, dot_y / 4 + 1 + 1e-6


def outline(app: QyranApp, number: int = 0) -> list[tuple[float, float]]:
    return list(app.desk.draft.site.areas[number].shape.exterior.coords)[:-1]


async def test_a_polygon_drawn_with_keys_is_planned_exported_and_saved(project: Path, hands):
    """The main job of the screen would not work: nothing drawn could be flown."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await planned(app, hands)
        before = app.desk.plan
        await hands.press(app, "n")
        for place in ((76.9450, 43.2380), (76.9465, 43.2380), (76.9465, 43.2390)):
            cursor_to(app, *place)
        await hands.press(app, "L", "K", "a", "enter")
        assert [area.id for area in app.desk.draft.site.areas] == ["field", "area-1"]
        assert len(outline(app, 1)) == 4
        assert app.desk.plan_state is not PlanState.FRESH
        await planned(app, hands)
        assert app.desk.plan is not before
        assert app.desk.is_unsaved
        await hands.press(app, "e", "ctrl+s")
        await hands.until(lambda: list((project / "missions").glob("*.waypoints")) and not app.desk.is_unsaved)
        await hands.until((project / "missions" / "plan.json").exists)
    mission = read_mission(project / "missions" / "sortie-1.waypoints")
    assert len(mission.items) > 10
    kept = Project.open(project).site
    assert [area.id for area in kept.areas] == ["field", "area-1"]


async def test_a_corner_dragged_with_the_mouse_goes_where_the_pointer_is(project: Path, hands):
    """Corners could only be put on whole cells, 10 m apart, or not be moved at all."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        target = LonLat(76.9443, 43.23985)
        await drag(app, hands, LonLat(*hands.field[2]), target)
        await hands.until(lambda: outline(app)[2] != hands.field[2])
        dot_m = canvas_of(app).view.metres_per_dot
        assert outline(app)[2] == pytest.approx(target, abs=dot_m / 70_000)
        assert app.desk.plan_state is not PlanState.FRESH
        await hands.press(app, "u")
        assert outline(app) == hands.field
        assert not app.desk.is_unsaved
        await hands.press(app, "ctrl+r")
        assert outline(app)[2] != hands.field[2]


async def test_pulling_the_middle_of_a_side_bends_it(project: Path, hands):
    """A side could not be given another corner with the mouse."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        await drag(app, hands, LonLat(76.9420, 43.2380), LonLat(76.9420, 43.2376))
        await hands.until(lambda: len(outline(app)) == 5)
        assert outline(app)[1] == pytest.approx((76.9420, 43.2376), abs=3e-5)


async def test_dragging_the_background_pans_and_changes_nothing(project: Path, hands):
    """A slip of the mouse would change the patrol."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        before = canvas_of(app).view
        await drag(app, hands, LonLat(76.9430, 43.23955), LonLat(76.9433, 43.2395))
        await hands.until(lambda: canvas_of(app).view != before)
        assert canvas_of(app).view.metres_per_dot == before.metres_per_dot
        assert not app.desk.is_unsaved
        await hands.press(app, "0")
        await hands.until(lambda: canvas_of(app).view == before)


async def test_a_self_crossing_outline_is_shown_and_neither_planned_nor_saved(project: Path, hands):
    """A bow-tie would crash the screen, or be written to a file that cannot be opened again."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        await drag(app, hands, LonLat(*hands.field[1]), LonLat(76.9395, 43.2395))
        await hands.until(lambda: app.desk.plan_state is PlanState.FAILED)
        assert "crosses" in app.desk.plan_error
        shown = str(app.screen.query_one("#drawn").render())
        assert "✗ Field crosses itself at 43.23" in shown
        await hands.press(app, "ctrl+s")
        assert app.desk.is_unsaved
        await hands.press(app, "u")
        await planned(app, hands)
    assert list(Project.open(project).site.areas[0].shape.exterior.coords)[:-1] == hands.field


async def test_everything_can_be_done_without_a_mouse(project: Path, hands):
    """Over ssh without a mouse a corner could not be moved, added or removed."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        await hands.press(app, "tab")
        seen = set()
        for _ in range(12):
            seen.add(canvas_of(app).border_subtitle.partition(" · ")[0])
            await hands.press(app, "tab")
        assert {f"area field corner {number}" for number in (1, 2, 3, 4)} <= seen
        cursor_to(app, *hands.field[2])
        await hands.press(app, "space", "l", "l", "k", "space")
        assert outline(app)[2][0] > hands.field[2][0]
        assert outline(app)[2][1] > hands.field[2][1]
        moved = outline(app)
        await hands.press(app, "space", "h", "h", "escape")
        assert outline(app) == moved
        cursor_to(app, 76.9430, 43.2376)
        await hands.press(app, "a")
        assert len(outline(app)) == 5
        await hands.press(app, "x")
        assert outline(app) == moved
        await hands.press(app, "u", "u", "u")
        assert outline(app) == hands.field


async def test_the_launch_and_a_zone_can_be_drawn(project: Path, hands):
    """There would be no way to say where drones start, or where they must not go."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        cursor_to(app, 76.9390, 43.2390)
        await hands.press(app, "t")
        assert app.desk.draft.site.launches[0].position == pytest.approx((76.9390, 43.2390), abs=1e-7)
        await hands.press(app, "z")
        for place in ((76.9430, 43.2395), (76.9435, 43.2395), (76.9435, 43.2398)):
            cursor_to(app, *place)
        await hands.press(app, "enter")
        assert [zone.id for zone in app.desk.draft.site.zones] == ["yard", "keep_out-1"]
        await planned(app, hands)
        assert app.desk.plan is not None
        assert app.desk.plan.outside_m == pytest.approx(0, abs=0.05)


async def test_an_outline_can_be_dropped_and_a_corner_taken_back_while_drawing(project: Path, hands):
    """A slip while drawing would have to be lived with."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        await hands.press(app, "n", "a", "L", "a", "K", "a", "x")
        assert app.desk.draft.sketch is not None
        assert len(app.desk.draft.sketch.places) == 2
        await hands.press(app, "enter")
        assert app.desk.draft.sketch is not None, "two corners are no polygon"
        await hands.press(app, "escape")
        assert app.desk.draft.sketch is None
        assert not app.desk.is_unsaved


async def test_leaving_with_unsaved_changes_asks(project: Path, hands):
    """An hour of drawing would be lost by one key."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, hands)
        cursor_to(app, 76.9390, 43.2390)
        await hands.press(app, "t", "ctrl+q")
        await hands.until(lambda: isinstance(app.screen, Ask))
        await hands.press(app, "escape")
        await hands.until(lambda: isinstance(app.screen, DesignScreen))
        assert app.is_running
        await hands.press(app, "ctrl+q")
        await hands.until(lambda: isinstance(app.screen, Ask))
        await hands.press(app, "s")
        await pilot.pause()
    assert Project.open(project).site.launches[0].position == pytest.approx((76.9390, 43.2390), abs=1e-7)


async def test_leaving_without_saving_changes_nothing(project: Path, hands):
    """“Discard” would not discard."""
    before = (project / "areas.geojson").read_bytes()
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        await hands.press(app, "t", "ctrl+q")
        await hands.until(lambda: isinstance(app.screen, Ask))
        await hands.press(app, "d")
        await hands.until(lambda: not app.is_running)
    assert (project / "areas.geojson").read_bytes() == before
    assert app.desk.draft.site.launches[0].position != hands.launch


async def test_planning_can_be_stopped(project: Path, hands):
    """A plan of a large area would hold the pilot up."""
    site = Project.open(project).site
    big = replace(site.areas[0], shape=Polygon([(76.90, 43.20), (76.98, 43.20), (76.98, 43.26), (76.90, 43.26)]))
    Project.open(project).save_site(replace(site, areas=(big,)))
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await hands.until(lambda: app.desk.plan_state is PlanState.RUNNING)
        await hands.press(app, "escape")
        assert app.desk.plan_state is PlanState.NONE
        assert "stopped" in str(app.screen.query_one("#planned").render())
        await asyncio.sleep(0.5)
        assert app.desk.plan is None


async def test_an_empty_project_asks_where_to_draw(project: Path, hands):
    """A new project would open on an empty screen somewhere in the ocean."""
    app = QyranApp(project)
    app.desk = Desk.of(replace(Project.open(project), site=Site(areas=())), None)
    async with app.run_test(size=WIDE):
        await hands.until(lambda: isinstance(app.screen, AskPlace) and app.focused is not None)
        assert isinstance(app.focused, Input)
        app.focused.value = "43.2;76.9"
        await hands.press(app, "enter")
        assert isinstance(app.screen, AskPlace), "that is no place"
        app.focused.value = "43.2,76.9"
        await hands.press(app, "enter")
        await hands.until(lambda: isinstance(app.screen, DesignScreen) and app.desk.frame is not None)
        await hands.press(app, "n", "a", "L", "a", "K", "a", "enter")
        await hands.until(lambda: len(app.desk.draft.site.areas) == 1)
        assert outline(app)[0] == pytest.approx((76.9, 43.2), abs=1e-6)


async def test_every_key_does_something(project: Path, hands):
    """A key in the footer would do nothing."""
    app = QyranApp(project)
    async with app.run_test(size=WIDE):
        await opened(app, hands)
        for name in ("Design", "Fly"):
            app.action_screen_of(name)
            await asyncio.sleep(0.1)
            for _, binding, _, _ in app.screen.active_bindings.values():
                action = binding.action.partition("(")[0]
                owner = app if action.startswith("app.") else app.screen
                name_of = f"action_{action.removeprefix('app.').removeprefix('screen.')}"
                assert hasattr(owner, name_of) or hasattr(app, name_of), binding


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (20, 6), (200, 60)])
async def test_any_size_will_do(project: Path, hands, size: tuple[int, int]):
    """A small or resized terminal would end the program with unsaved work in it."""
    app = QyranApp(project)
    async with app.run_test(size=size) as pilot:
        await opened(app, hands)
        await pilot.resize_terminal(80, 24)
        await pilot.resize_terminal(10, 3)
        await hands.press(app, "4")
        await pilot.resize_terminal(120, 40)
        await hands.press(app, "1", "plus", "minus", "f", "i", "i")
        assert canvas_of(app).view.columns == canvas_of(app).size.width
