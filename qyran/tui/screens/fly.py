"""The Fly screen: one sortie on one vehicle, step by step, and a map of where it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Footer, Static
from textual.worker import Worker, WorkerState

from planner.errors import QyranError
from planner.quantities import AltitudeReference
from qyran.tui.canvas.map_canvas import WHEEL_STEP, MapCanvas
from qyran.tui.desk import Desk, PlanState
from qyran.tui.flight import Flight, Stage
from qyran.tui.screens.desk_screen import DeskScreen
from qyran.tui.screens.dialogs import Ask, AskConfirmation, AskLink, Choice
from qyran.tui.screens.fly_map import FlyMap
from qyran.tui.twice import WITHIN_S, Twice
from qyran.tui.widgets.flight_panel import log_lines, next_step, state_lines, state_strip, steps
from qyran.tui.widgets.top_line import NARROW, TopLine
from qyran.work import Compiled, compile_plan

if TYPE_CHECKING:
    from telemetry import Vehicle

PAN_DOTS = 16
KEEP_INSIDE_DOTS = 6.0
"""A followed vehicle is brought back to the middle when it comes this near to the edge."""

HELP = """\
# Fly

One sortie, one vehicle. `enter` does the next step: connect, load and read back, confirm.

- **`[` `]`** choose the sortie before connecting
- **`S S`** start, **`R R`** return and land, **`L L`** land here: pressed twice within 1.5 s
- **`space`** pause where it is, and go on again
- **look** wheel or `+` `-` zoom, drag or arrows pan, `0` all, `f` follow
- **`d`** let go of the link
- A value with `~` is old; its age stands beside it. Closing leaves the vehicle to its own failsafes, and says so.
"""


class FlyScreen(DeskScreen):
    """Looks at the vehicle ten times a second; every call to it runs on a thread of its own."""

    HELP = HELP
    DEFAULT_CSS = """
    FlyScreen #side { width: 44; }
    FlyScreen .box { border: round $primary; background: $surface; padding: 0 1; height: auto; }
    FlyScreen #state { height: 1fr; }
    FlyScreen #strip { height: 3; background: $surface; display: none; }
    FlyScreen #log { height: 8; }
    FlyScreen.-narrow #side { display: none; }
    FlyScreen.-narrow #strip { display: block; }
    FlyScreen.-narrow #log { height: 2; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next", id="fly.next"),
        Binding("S", "start", "S start", key_display="S", id="fly.start"),
        Binding("space", "pause", "Pause", id="fly.pause"),
        Binding("R", "return_home", "R return", key_display="R", id="fly.return"),
        Binding("L", "land", "L land", key_display="L", id="fly.land"),
        Binding("f", "follow", "Follow", id="fly.follow"),
        Binding("d", "drop", "Drop", id="fly.drop"),
        Binding("question_mark,f1", "app.help", "Help", key_display="?", id="fly.help"),
        Binding("left_square_bracket", "sortie(-1)", "Sortie before", show=False, key_display="["),
        Binding("right_square_bracket", "sortie(1)", "Next sortie", show=False, key_display="]"),
        Binding("plus,equals_sign", f"zoom({WHEEL_STEP})", "Zoom in", show=False, key_display="+"),
        Binding("minus", f"zoom({1 / WHEEL_STEP})", "Zoom out", show=False, key_display="-"),
        Binding("0", "fit", "All", show=False),
        Binding("left,h", "pan(-1, 0)", "Left", show=False),
        Binding("right,l", "pan(1, 0)", "Right", show=False),
        Binding("up,k", "pan(0, -1)", "Up", show=False),
        Binding("down,j", "pan(0, 1)", "Down", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._map: FlyMap | None = None
        self._sortie = 0
        self._compiled: tuple[Compiled, ...] = ()
        self._compiled_of: object = None
        self._base_of: tuple[object, object] = (None, None)
        self._twice = Twice()
        self._follow = True
        self._armed_since: float | None = None
        self._flown_s: float | None = None
        self._was: tuple[Stage, bool] | None = None
        self._said: dict[str, list[Content]] = {}

    def compose(self) -> ComposeResult:
        """Map; steps and state beside it, or below it on a small screen; the log at the foot."""
        yield TopLine("Fly")
        with Horizontal():
            yield MapCanvas(id="map")
            with Vertical(id="side"):
                yield Static(id="steps", classes="box")
                yield Static(id="state", classes="box")
        yield Static(id="strip")
        yield Static(id="log", classes="box")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Name the boxes."""
        self.query_one("#steps").border_title = "Sortie"
        self.query_one("#state").border_title = "Vehicle"
        self.query_one("#log").border_title = "Events (UTC)"
        self.canvas.focus()

    def on_screen_resume(self) -> None:
        """Take over what was planned meanwhile."""
        self._take_plan()
        self.tick(self.qyran.clock())

    def on_resize(self) -> None:
        """A small screen has another layout."""
        self.set_class(self.app.size.width < NARROW, "-narrow")

    @property
    def canvas(self) -> MapCanvas:
        """The map."""
        return self.query_one(MapCanvas)

    @property
    def flight(self) -> Flight | None:
        """The flight that the app holds."""
        return self.qyran.flight

    @property
    def reference(self) -> AltitudeReference:
        """Altitudes here are those that the vehicle tells of itself."""
        return AltitudeReference.HOME

    @property
    def chosen(self) -> Compiled | None:
        """The sortie that is flown, or would be."""
        if self.flight is not None:
            return self.flight.compiled
        return self._compiled[self._sortie] if self._sortie < len(self._compiled) else None

    def _take_plan(self) -> None:
        """Compile the desk's plan where it changed; a plan that is out of date is none."""
        plan = self.desk.plan if self.desk.plan_state is PlanState.FRESH else None
        if plan is self._compiled_of:
            return
        self._compiled_of = plan
        try:
            self._compiled = compile_plan(plan) if plan else ()
        except QyranError as error:
            self._compiled = ()
            self.refuse(error)
        self._sortie = min(self._sortie, max(len(self._compiled) - 1, 0))

    # looking

    def tick(self, now: datetime) -> None:
        """Show what is known now."""
        if self.desk.frame is None:
            return
        flight = self.flight
        if flight is None:
            self._take_plan()
        else:
            flight.hear()
            flight.expire(now)
        if self._map is None:
            self._map = FlyMap(self.desk.frame)
            self.action_fit()
        state = flight.state if flight else None
        if state is not None:
            self._count(state.armed, state.boot_s)
            self._keep_in_sight(self._map.take(state))
        self._draw(now)
        self._write(now)
        self.show_status()
        if self._was != (was := (flight.stage if flight else Stage.NO_LINK, state is not None)):
            self._was = was
            self.refresh_bindings()

    def _draw(self, now: datetime) -> None:
        if self._map is None:
            return
        site = self.flight.plan.patrol.site if self.flight else self.desk.draft.site
        wanted = (site, self.chosen)
        base = None if wanted[0] is self._base_of[0] and wanted[1] is self._base_of[1] else self._map.base(*wanted)
        self._base_of = wanted
        canvas = self.canvas
        state = self.flight.state if self.flight else None
        canvas.show(base=base, overlay=self._map.overlay(state, canvas.view, now))
        follows = "follow" if self._follow else "free"
        canvas.border_title = f"cell = {canvas.view.cell_m:.2g} m · {follows}"

    def _write(self, now: datetime) -> None:
        flight = self.flight
        state = flight.state if flight else None
        predicted = self.chosen.sortie.forecast.duration_s if self.chosen else 0.0
        events = flight.events if flight else []
        if self.has_class("-narrow"):
            lines = [next_step(flight, now), *state_strip(state, self._flown_s, predicted, now)]
            self._put("strip", lines)
            self._put("log", log_lines(events, 2))
            return
        self._put("steps", steps(self.chosen, flight, self.desk.address, now))
        self._put("state", state_lines(state, self._flown_s, predicted, now))
        self._put("log", log_lines(events, 6))

    def _put(self, where: str, lines: list[Content]) -> None:
        """Show lines where they changed; only another number of lines makes the screen be laid out anew."""
        before = self._said.get(where, [])
        if lines != before:
            self._said[where] = lines
            self.query_one(f"#{where}", Static).update(Content("\n").join(lines), layout=len(lines) != len(before))

    def _count(self, armed: bool | None, boot_s: float | None) -> None:
        """Seconds since it was armed, by its own clock."""
        if not armed:
            self._armed_since = None
        elif self._armed_since is None:
            self._armed_since = boot_s
        if self._armed_since is not None and boot_s is not None:
            self._flown_s = boot_s - self._armed_since

    def _keep_in_sight(self, place: tuple[float, float] | None) -> None:
        view = self.canvas.view
        if self._follow and place and view.columns and not view.shows(*place, margin_dots=KEEP_INSIDE_DOTS):
            self.canvas.view = view.centred(*place)

    def on_map_canvas_view_changed(self) -> None:
        """Draw the vehicle at its place on the new view."""
        self._draw(self.qyran.clock())

    def action_follow(self) -> None:
        """Follow the vehicle, or leave the map where it is."""
        self._follow = not self._follow

    def action_fit(self) -> None:
        """Show all of the patrol."""
        if self.desk.frame is None:
            return
        bounds = self.desk.frame.to_local(self.desk.draft.site.extent).bounds
        self.canvas.fit(bounds)

    def action_zoom(self, factor: float) -> None:
        """Closer or farther around the middle."""
        self.canvas.zoom(factor)

    def action_pan(self, right: int, down: int) -> None:
        """Move the map; it stops following."""
        self._follow = False
        self.canvas.view = self.canvas.view.panned(right * PAN_DOTS, down * PAN_DOTS)

    def action_sortie(self, step: int) -> None:
        """Choose another sortie, before a vehicle is called."""
        if self.flight is not None:
            self.refuse("The sortie is chosen before connecting; d drops the link.")
        elif self._compiled:
            self._sortie = (self._sortie + step) % len(self._compiled)

    # the steps

    def action_next(self) -> None:
        """Do the next step."""
        flight = self.flight
        if flight is None or flight.stage is Stage.NO_LINK:
            self._connect()
        elif flight.stage is Stage.CONNECTED:
            self._load()
        elif flight.stage is Stage.LOADED:
            self._confirm()
        elif flight.stage is Stage.CONFIRMED:
            self.tell("Confirmed. S S starts.")
        elif flight.stage is Stage.ENDED:
            self._drop()

    @work(exclusive=True, group="ask")
    async def _connect(self) -> None:
        chosen, plan = self.chosen, self.desk.plan
        if chosen is None or plan is None:
            self.refuse("There is no plan of this drawing yet. 1 Design, p plans.")
            return
        answer = await self.app.push_screen_wait(AskLink(self.desk.address or ""))
        if answer is None:
            return
        self.desk.address = answer["address"]
        folder = self.desk.project.flights / f"{self.qyran.clock():%Y%m%dT%H%M%SZ}-{chosen.name}"
        flight = Flight(plan, chosen, folder)
        self.qyran.flight = flight
        number = int(answer["vehicle"]) if answer["vehicle"] else None
        if self._map is not None:
            self._map.forget()
        self._flown_s = None
        self._call(lambda: flight.connect(answer["address"], number))

    @work(exclusive=True, group="ask")
    async def _load(self) -> None:
        flight = self.flight
        if flight is not None:
            await self._with_word(flight, "load", flight.load)

    @work(exclusive=True, group="ask")
    async def _confirm(self) -> None:
        flight = self.flight
        if flight is not None:
            await self._with_word(flight, "fly", flight.confirm)

    async def _with_word(self, flight: Flight, action: str, do: Callable[[str | None], None]) -> None:
        """Do it with a named person's word, or at once on a vehicle that announces itself as a simulator."""
        vehicle = flight.vehicle
        if vehicle is None:
            return
        if vehicle.is_simulator:
            self._call(lambda: do(None))
            return
        answer = await self.app.push_screen_wait(AskConfirmation(vehicle, flight.compiled, action))
        if answer is not None:
            self._call(lambda: do(answer["person"]))

    def action_start(self) -> None:
        """Arm and start, pressed twice."""
        flight = self.flight
        if flight is None or flight.stage is not Stage.CONFIRMED:
            self.refuse("Starting needs a connected vehicle, a loaded mission and a confirmation.")
        elif self._again("S", f"arm vehicle {flight.vehicle.system_id if flight.vehicle else '?'} and start"):
            self._call(flight.fly)

    def action_pause(self) -> None:
        """Stop where it is; in BRAKE or LOITER, go on with the mission."""
        state = self.flight.state if self.flight else None
        if state is not None and state.mode in ("BRAKE", "LOITER"):
            self._order("RESUME", "resume")
        else:
            self._order("PAUSE", "pause")

    def action_return_home(self) -> None:
        """Return and land, pressed twice."""
        if self._again("R", "return home, or to a nearer safe point, and land"):
            self._order("RETURN", "return_home")

    def action_land(self) -> None:
        """Land here, pressed twice."""
        if self._again("L", "land here"):
            self._order("LAND", "land")

    def _again(self, key: str, words: str) -> bool:
        if self._twice.press(key):
            return True
        self.app.notify(f"{key} again within {WITHIN_S} s: {words}", timeout=WITHIN_S, severity="warning", markup=False)
        return False

    def _order(self, words: str, name: str) -> None:
        flight = self.flight
        if flight is None or flight.vehicle is None:
            self.refuse("No vehicle is connected.")
            return
        from telemetry import commands  # noqa: PLC0415

        give: Callable[[Vehicle], None] = getattr(commands, name)
        self._call(lambda: flight.order(words, give))

    @work(exclusive=True, group="ask")
    async def action_drop(self) -> None:
        """Let go of the link; with the vehicle in the air only after a question."""
        if self.flight is not None and self.flight.is_in_the_air:
            await self.qyran.ask_failsafe(self.flight)
            choices = [Choice("s", "Stay", "stay"), Choice("d", "Drop the link", "drop")]
            body = self.qyran.what_leaving_means(self.flight)
            if await self.app.push_screen_wait(Ask("Drop the link?", body, choices)) != "drop":
                return
        self._drop()

    def _drop(self) -> None:
        flight = self.flight
        if flight is None:
            return
        self.qyran.flight = None
        self._armed_since = None
        self._call(flight.close)

    @work(thread=True, exit_on_error=False, group="vehicle")
    def _call(self, step: Callable[[], None]) -> None:
        step()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A step that failed says why; what is no error of ours is shown as it is, and the flight goes on."""
        if event.state is not WorkerState.ERROR or event.worker.group != "vehicle":
            return
        error = event.worker.error
        self.refuse(error if isinstance(error, QyranError) else f"Something broke: {error!r}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what needs a vehicle, or another step first."""
        flight = self.flight
        if action in ("pause", "return_home", "land", "drop"):
            return (flight is not None and flight.vehicle is not None) or None
        if action == "start":
            return (flight is not None and flight.stage is Stage.CONFIRMED) or None
        if action == "next":
            return (flight is None or not flight.stage.is_busy) or None
        return True
