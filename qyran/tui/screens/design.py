"""The Design screen: draw where to patrol, see the plan follow, write the missions."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import click
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Footer
from textual.worker import Worker, WorkerState, get_current_worker

from planner.errors import PlanError, QyranError
from planner.geodesy import VALID_RADIUS_M
from planner.plan import Finding, Plan
from planner.site import ZoneKind
from qyran.tui.canvas.map_canvas import WHEEL_STEP, MapCanvas
from qyran.tui.desk import Desk, PlanState
from qyran.tui.editing import corners as edit
from qyran.tui.editing.corners import Corner, Draft
from qyran.tui.screens.design_map import NEAR_DOTS, DesignMap
from qyran.tui.screens.desk_screen import DeskScreen
from qyran.tui.screens.dialogs import AskPlace, place_of
from qyran.tui.widgets.inspector import Inspector, worst_first
from qyran.tui.widgets.top_line import NARROW, TopLine

if TYPE_CHECKING:
    from qyran.work import Work

REPLAN_AFTER_S = 0.3
PROGRESS_EVERY_S = 0.1
STEP_DOTS = 2
EDGE_DOTS = 4

HELP = """\
# Design

Draw where to patrol; the plan follows.

- **move** arrows or `h j k l`, ten times as far with shift; `tab` goes from corner to corner
- **draw** `n` new area or `z` keep-out zone, then `a` (or click) a corner each, `enter` closes, `escape` drops it
- **change** drag a corner or the middle of a side; or `space` takes hold of the corner at the cursor,
  move it, `space` lets go; `a` adds a corner to the nearest side, `x` removes one, `X` all of its outline
- **launch** `t` puts the place of take-off at the cursor
- **look** wheel or `+` `-` zoom, drag the map or walk over its edge to pan, `0` all, `c` centre, `/` go to coordinates
- **plan** follows each change; `p` at once, `escape` stops it; `f` goes from finding to finding
- **keep** `ctrl+s` saves areas.geojson, `e` writes the missions, `u` takes back, `ctrl+r` takes again
- `y` shows the command that does the same
"""


class DesignScreen(DeskScreen):
    """Draw and edit by mouse and keys; the plan is made off the screen's thread."""

    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="design.add"),
        Binding("x", "remove", "Del", id="design.remove"),
        Binding("enter", "close", "Close", id="design.close"),
        Binding("n", "begin('area')", "Area", id="design.area"),
        Binding("z", "begin('keep_out')", "Zone", id="design.zone"),
        Binding("t", "launch", "Launch", id="design.launch"),
        Binding("p", "plan", "Plan", id="design.plan"),
        Binding("e", "export", "Export", id="design.export"),
        Binding("u", "undo", "Undo", id="design.undo"),
        Binding("ctrl+r", "redo", "Redo", id="design.redo"),
        Binding("ctrl+s", "save", "Save", id="design.save"),
        Binding("question_mark,f1", "app.help", "Help", key_display="?", id="design.help"),
        Binding("f", "finding", "Finding", id="design.finding"),
        Binding("slash", "go_to", "Go to", id="design.go_to"),
        Binding("plus,equals_sign", f"zoom({WHEEL_STEP})", "Zoom in", show=False, key_display="+"),
        Binding("minus", f"zoom({1 / WHEEL_STEP})", "Zoom out", show=False, key_display="-"),
        Binding("0", "fit", "All", show=False),
        Binding("c", "centre", "Centre", show=False),
        Binding("i", "numbers", "Numbers", id="design.numbers"),
        Binding("y", "command", "As command", show=False),
        Binding("space", "hold", "Hold", show=False),
        Binding("X", "remove_thing", "Delete all of it", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("tab", "corner(1)", "Next corner", show=False),
        Binding("shift+tab", "corner(-1)", "Corner before", show=False),
        Binding("h,left", "move(-1, 0)", "Left", show=False),
        Binding("l,right", "move(1, 0)", "Right", show=False),
        Binding("k,up", "move(0, -1)", "Up", show=False),
        Binding("j,down", "move(0, 1)", "Down", show=False),
        Binding("H,shift+left", "move(-10, 0)", "Far left", show=False),
        Binding("L,shift+right", "move(10, 0)", "Far right", show=False),
        Binding("K,shift+up", "move(0, -10)", "Far up", show=False),
        Binding("J,shift+down", "move(0, 10)", "Far down", show=False),
    ]

    @dataclass
    class PlanProgress(Message):
        """How far a plan is."""

        done: int
        total: int

    @dataclass
    class PlanEnded(Message):
        """A plan of ``order`` is made, or why it is not."""

        order: Work
        made: Plan | None
        error: QyranError | None

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._map = DesignMap(desk)
        self._held: Corner | None = None
        self._drag_from: Draft | None = None
        self._finding: Finding | None = None
        self._draw_soon = False
        self._replan: Timer | None = None
        self._planner: Worker[None] | None = None
        self._order: Work | None = None
        self._numbers_shown: bool | None = None

    def compose(self) -> ComposeResult:
        """Map and numbers side by side."""
        yield TopLine("Design")
        with Horizontal():
            yield MapCanvas(picker=self._pick, id="map")
            yield Inspector()
        yield Footer(compact=True, show_command_palette=False)

    @property
    def canvas(self) -> MapCanvas:
        """The map."""
        return self.query_one(MapCanvas)

    def on_mount(self) -> None:
        """Show all that is drawn, or ask where to draw."""
        self.canvas.focus()
        if self.desk.frame is None:
            self.action_go_to()
        else:
            self._begin()

    def on_resize(self) -> None:
        """A small screen has the numbers on demand."""
        if self._numbers_shown is None:
            self.query_one(Inspector).display = self.app.size.width >= NARROW

    def _begin(self) -> None:
        self._map.cursor = self._middle()
        self.canvas.fit(self._map.bounds())
        if self.desk.plan is None:
            self._changed()
        else:
            self._redraw_now()

    def _middle(self) -> tuple[float, float]:
        west, south, east, north = self._map.bounds()
        return (west + east) / 2, (south + north) / 2

    # drawing the screen

    def _redraw(self, *, base: bool = True) -> None:
        if self.desk.frame is None:
            return
        canvas = self.canvas
        overlay = self._map.overlay(self._held, canvas.view)
        canvas.show(base=self._map.base() if base else None, overlay=overlay)
        canvas.border_title = f"cell = {canvas.view.cell_m:.2g} m · {self.desk.project.folder.name}"
        canvas.border_subtitle = f"{self._hint()} · {self._map.lonlat()}"

    def _redraw_soon(self) -> None:
        """Draw once after all events that are waiting, so that a fast drag is drawn where it is now."""
        if not self._draw_soon:
            self._draw_soon = True
            self.call_later(self._redraw_now)

    def _redraw_now(self) -> None:
        self._draw_soon = False
        self._redraw()
        self._numbers()

    def _numbers(self) -> None:
        self.query_one(Inspector).show(self.desk, self._map.faults, self._finding)
        self.show_status()

    def _hint(self) -> str:
        sketch = self._map.draft.sketch
        if sketch is not None:
            what = sketch.zone.value if sketch.zone else "area"
            return f"drawing {what}, {len(sketch.places)} corners: a adds, enter closes, escape drops"
        if self._held is not None:
            return "holding a corner: move it, space lets go, escape puts it back"
        near = self._near()
        return f"{near.of.value} {near.id} corner {near.index + 1}" if near and not near.of.is_point else "cursor"

    def on_map_canvas_view_changed(self) -> None:
        """The cursor is drawn in cells, so another view needs another overlay."""
        self._redraw(base=False)

    # changing the draft

    def _do(self, draft: Draft) -> None:
        """Take a step."""
        site = self.desk.draft.site
        self._map.live = None
        self.desk.history.do(draft)
        if draft.site is site:
            self._redraw_now()
        else:
            self._changed()
        self.refresh_bindings()

    def _changed(self) -> None:
        """The site is another: the plan is out of date, and another one follows."""
        if self.desk.plan_state is not PlanState.NONE:
            self.desk.plan_state = PlanState.STALE
        self._finding = None
        if self._replan is not None:
            self._replan.stop()
        if self._planner is not None:
            self._planner.cancel()
            self._order = None
        if self.desk.draft.site.areas:
            self._replan = self.set_timer(REPLAN_AFTER_S, self.action_plan)
        self._redraw_now()

    def _near(self) -> Corner | None:
        reach = NEAR_DOTS * self.canvas.view.metres_per_dot
        return self._map.nearest(*self._map.cursor, reach, middles=False)

    def action_add(self) -> None:
        """Add a corner at the cursor, to the outline being drawn or to the nearest side."""
        draft, place = self.desk.draft, self._map.lonlat()
        if draft.sketch is not None:
            self._do(edit.extend(draft, place))
            return
        side = self._map.nearest_side(*self._map.cursor)
        if side is None:
            self._do(edit.extend(edit.begin(draft, None), place))
            return
        self._do(edit.insert(draft, side, place)[0])

    def action_remove(self) -> None:
        """Remove the corner at the cursor; while drawing, the last one."""
        draft = self.desk.draft
        if draft.sketch is not None and draft.sketch.places:
            self._do(edit.remove(draft, Corner(edit.Of.SKETCH, "", index=len(draft.sketch.places) - 1)))
            return
        self._remove(edit.remove)

    def action_remove_thing(self) -> None:
        """Remove all of the outline, or the point, at the cursor."""
        self._remove(edit.remove_thing)

    def _remove(self, way: edit.Removal) -> None:
        near = self._near()
        if near is None:
            self.refuse("No corner is at the cursor. tab goes to the next one.")
            return
        try:
            self._do(way(self.desk.draft, near))
        except QyranError as error:
            self.refuse(error)

    def action_begin(self, what: str) -> None:
        """Begin to draw an area or a zone."""
        self._do(edit.begin(self.desk.draft, None if what == "area" else ZoneKind(what)))

    def action_close(self) -> None:
        """Close what is being drawn, or let go of the corner that is held."""
        if self._held is not None:
            self.action_hold()
            return
        try:
            draft, name = edit.close(self.desk.draft)
        except QyranError as error:
            self.refuse(error)
            return
        self._do(draft)
        self.tell(f"{name} drawn")

    def action_hold(self) -> None:
        """Take hold of the corner at the cursor, or let go of it."""
        if self._held is not None:
            self._held = None
            self._do(self._map.draft)
            return
        near = self._near()
        if near is None:
            self.refuse("No corner is at the cursor. tab goes to the next one.")
            return
        self._map.cursor = self._map.place_of(near)
        self._held, self._drag_from = near, self.desk.draft
        self._redraw()
        self.refresh_bindings()

    def action_launch(self) -> None:
        """Put the place of take-off at the cursor."""
        self._do(edit.place_launch(self.desk.draft, self._map.lonlat()))

    def action_undo(self) -> None:
        """Take the last step back."""
        self._step(self.desk.history.undo)

    def action_redo(self) -> None:
        """Take a step again."""
        self._step(self.desk.history.redo)

    def _step(self, way: edit.Step) -> None:
        self._let_go()
        site = self.desk.draft.site
        if way() and self.desk.draft.site is not site:
            self._changed()
        self._redraw_now()
        self.refresh_bindings()

    def _let_go(self) -> None:
        self._held = self._map.live = self._drag_from = None
        self.refresh_bindings()

    def action_back(self) -> None:
        """Put back what is held, drop what is being drawn, or stop planning: the first of these that there is."""
        if self._held is not None:
            self._let_go()
            self._redraw_now()
        elif self.desk.draft.sketch is not None:
            self._do(replace(self.desk.draft, sketch=None))
        elif self._planner is not None and self.desk.plan_state is PlanState.RUNNING:
            self._planner.cancel()
            self._order = None
            self.desk.plan_state = PlanState.NONE if self.desk.plan is None else PlanState.STALE
            self.desk.plan_error = "stopped; p plans again"
            self._redraw_now()

    # the mouse

    def _pick(self, east_m: float, north_m: float, within_m: float) -> Corner | None:
        if self.desk.frame is None:
            return None
        return self._map.nearest(east_m, north_m, within_m, middles=self.desk.draft.sketch is None)

    def on_map_canvas_picked(self, event: MapCanvas.Picked) -> None:
        """A drag may begin."""
        self._let_go()
        self._drag_from = self.desk.draft

    def on_map_canvas_dragged(self, event: MapCanvas.Dragged) -> None:
        """A corner follows the pointer; letting go makes it a step."""
        if not isinstance(event.handle, Corner) or self._drag_from is None:
            return
        self._map.cursor = (event.east_m, event.north_m)
        moved = edit.move(self._drag_from, event.handle, self._map.lonlat())
        if event.done:
            self._drag_from = None
            self._do(moved)
        else:
            self._map.live = moved
            self._redraw_soon()

    def on_map_canvas_pressed(self, event: MapCanvas.Pressed) -> None:
        """A click: a corner of what is being drawn (the first one again closes it), else the cursor goes there."""
        if self.desk.frame is None:
            return
        self._let_go()
        sketch = self.desk.draft.sketch
        self._map.cursor = (event.east_m, event.north_m)
        if sketch is None:
            self._redraw()
            return
        near = self._near()
        if near is not None and near.of is edit.Of.SKETCH and near.index == 0 and len(sketch.places) >= edit.FEWEST:
            self.action_close()
        else:
            self.action_add()

    # looking

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor, and with it what is held; the map follows where it would leave it."""
        if self.desk.frame is None:
            return
        canvas = self.canvas
        step = STEP_DOTS * canvas.view.metres_per_dot
        east, north = self._map.cursor
        self._go(east + right * step, north - down * step)

    def _go(self, east: float, north: float) -> None:
        canvas = self.canvas
        self._map.cursor = (east, north)
        if not canvas.view.shows(east, north, margin_dots=EDGE_DOTS):
            canvas.view = canvas.view.centred(east, north)
        if self._held is not None and self._drag_from is not None:
            self._map.live = edit.move(self._drag_from, self._held, self._map.lonlat())
            self._redraw_soon()
        else:
            self._redraw(base=False)

    def action_corner(self, step: int) -> None:
        """Send the cursor to the next corner."""
        if self.desk.frame is None or self._held is not None:
            return
        corner = self._map.next_corner(step)
        if corner is not None:
            self._go(*self._map.place_of(corner))

    def action_zoom(self, factor: float) -> None:
        """Closer or farther around the cursor."""
        self.canvas.zoom(factor, self._map.cursor)

    def action_fit(self) -> None:
        """Show everything."""
        if self.desk.frame is not None:
            self.canvas.fit(self._map.bounds())

    def action_centre(self) -> None:
        """Put the cursor into the middle."""
        self.canvas.view = self.canvas.view.centred(*self._map.cursor)

    def action_numbers(self) -> None:
        """Show or hide the numbers."""
        inspector = self.query_one(Inspector)
        self._numbers_shown = inspector.display = not inspector.display

    def action_finding(self) -> None:
        """Send the cursor to the next finding."""
        plan = self.desk.plan
        if plan is None or not plan.findings:
            self.tell("No findings." if plan else "No plan yet: p plans.")
            return
        order = worst_first(plan.findings)
        at = next((number for number, one in enumerate(order) if one is self._finding), -1)
        self._finding = order[(at + 1) % len(order)]
        if self._finding.place is not None:
            self._go(*self._map.frame.point_to_local(self._finding.place))
        if not self.query_one(Inspector).display:
            self.tell(f"{self._finding.sentence} {self._finding.mend}")
        self._numbers()

    @work
    async def action_go_to(self) -> None:
        """Ask for coordinates and go there; where nothing is drawn yet, the map is made around them."""
        first = self.desk.frame is None
        body = "Nothing is drawn yet. Where shall the map be?" if first else ""
        answer = await self.app.push_screen_wait(AskPlace("Go to coordinates", body))
        if answer is None:
            return
        try:
            place = place_of(answer["place"])
        except click.BadParameter as error:
            self.refuse(error.message)
            return
        self.desk.go_to(place)
        east, north = self._map.frame.point_to_local(place)
        if max(abs(east), abs(north)) > VALID_RADIUS_M:
            self.refuse(f"That is more than {VALID_RADIUS_M / 1000:.0f} km from this patrol.")
        elif first:
            self._begin()
        else:
            self._go(east, north)

    # planning, saving, exporting

    def action_plan(self) -> None:
        """Plan the drawing as it stands now."""
        if self._replan is not None:
            self._replan.stop()
            self._replan = None
        try:
            order = self.desk.work()
        except QyranError as error:
            self._failed(error)
            return
        self.desk.plan_state = PlanState.RUNNING
        self.desk.plan_error = ""
        self.query_one(Inspector).progress(0, 1)
        self._order = order
        self._planner = self._make_plan(order)
        self._redraw_now()

    def _failed(self, error: QyranError) -> None:
        self.desk.plan_state = PlanState.FAILED
        self.desk.plan_error = str(error)
        self._redraw_now()

    @work(thread=True, exclusive=True, group="plan", exit_on_error=False)
    def _make_plan(self, order: Work) -> None:
        from qyran.work import plan_work  # noqa: PLC0415

        worker = get_current_worker()
        told = 0.0

        def progress(done: int, total: int, message: str) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= PROGRESS_EVERY_S and not worker.is_cancelled:
                told = now
                self.post_message(self.PlanProgress(done, total))

        try:
            made = plan_work(order, progress, lambda: worker.is_cancelled)
        except QyranError as error:
            if not worker.is_cancelled:
                self.post_message(self.PlanEnded(order, None, error))
            return
        if not worker.is_cancelled:
            self.post_message(self.PlanEnded(order, made, None))

    def on_design_screen_plan_progress(self, event: PlanProgress) -> None:
        """Move the bar."""
        self.query_one(Inspector).progress(event.done, event.total)

    def on_design_screen_plan_ended(self, event: PlanEnded) -> None:
        """Show the plan, or why there is none. One that another order overtook is of no use."""
        if event.order is not self._order:
            return
        if event.error is not None:
            self._failed(event.error)
            return
        self.desk.plan = event.made
        self.desk.plan_state = PlanState.FRESH
        self._redraw_now()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the planner itself must not take the drawing along: say it, and go on."""
        if event.state is WorkerState.ERROR and event.worker.group == "plan":
            fault = f"The planner failed: {event.worker.error!r}."
            self._failed(PlanError(fault, mend="Save the drawing and report this."))

    def action_save(self) -> None:
        """Write the areas into the project's folder."""
        if self.desk.draft.sketch is not None:
            self.refuse("An outline is still being drawn. enter closes it, escape drops it.")
            return
        try:
            self.desk.save()
        except QyranError as error:
            self.refuse(error)
            return
        self.tell(f"saved {self.desk.project.folder.name}/areas.geojson")
        self._redraw_now()

    def action_export(self) -> None:
        """Write each sortie's mission files into the project's folder."""
        plan = self.desk.plan
        if plan is None or self.desk.plan_state is not PlanState.FRESH:
            self.refuse("There is no plan of this drawing yet. p plans.")
            return
        self._export(plan)

    @work(thread=True, exclusive=True, group="export", exit_on_error=False)
    def _export(self, plan: Plan) -> None:
        from qyran.work import compile_plan, export_plan  # noqa: PLC0415

        folder = self.desk.project.missions
        try:
            compiled = compile_plan(plan)
            export_plan(plan, compiled, folder)
        except QyranError as error:
            self.app.call_from_thread(self.refuse, error)
            return
        count = f"{len(compiled)} {'mission' if len(compiled) == 1 else 'missions'}"
        unsaved = "; the drawing itself is not saved yet" if self.desk.is_unsaved else ""
        self.app.call_from_thread(self.tell, f"{count} written to {folder.parent.name}/{folder.name}{unsaved}")

    def action_command(self) -> None:
        """Show the command that does the same, and put it on the clipboard."""
        project = self.desk.project
        command = shlex.join(["qyran", "export", str(project.folder), "--out", str(project.missions)])
        self.app.copy_to_clipboard(command)
        self.tell(command)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done now; hide closing where nothing is being drawn."""
        history, draft = self.desk.history, self.desk.draft
        if action == "undo":
            return history.can_undo or None
        if action == "redo":
            return history.can_redo
        if action == "close":
            return draft.sketch is not None or self._held is not None
        if self.desk.frame is None and action in ("add", "remove", "remove_thing", "begin", "launch", "hold", "plan"):
            return None
        return True
