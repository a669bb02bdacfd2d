"""The app: opens a project, holds the desk, goes from screen to screen, and lets nobody leave by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from planner.errors import InputError, QyranError
from qyran.project import Project
from qyran.tui.desk import Desk, PlanState
from qyran.tui.flight import Flight, Stage, failsafe_words
from qyran.tui.screens.design import DesignScreen
from qyran.tui.screens.desk_screen import DeskScreen
from qyran.tui.screens.dialogs import Ask, Choice
from qyran.tui.widgets.flight_panel import link_words

TICK_S = 0.1


def _fly(desk: Desk) -> DeskScreen:
    from qyran.tui.screens.fly import FlyScreen  # noqa: PLC0415 (late: the first screen is another)

    return FlyScreen(desk)


SCREENS: dict[str, Callable[[Desk], DeskScreen]] = {"Design": DesignScreen, "Fly": _fly}
"""How each screen is made, by the name on its tab."""


class QyranApp(App[None]):
    """All screens around one project.

    Raises ``InputError`` (or a child) where ``project`` is no patrol project.
    """

    TITLE = "Qyran"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Footer { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "screen_of('Design')", "Design", show=False),
        Binding("4", "screen_of('Fly')", "Fly", show=False),
        Binding("question_mark,f1", "help", "Help", key_display="?", id="app.help"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(
        self,
        project: Path | None,
        address: str | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if project is None:
            raise InputError("No project was given.", mend="Name a patrol's folder; make one with: qyran new FOLDER.")
        self.desk = Desk.of(Project.open(project), address)
        self.clock = clock
        self.flight: Flight | None = None
        super().__init__()

    def on_mount(self) -> None:
        """Show the first screen."""
        self.install_screen(SCREENS["Design"](self.desk), "Design")
        self.push_screen("Design")
        self.set_interval(TICK_S, self.tick)

    def action_screen_of(self, name: str) -> None:
        """Go to a screen by the name on its tab."""
        if name not in SCREENS or not isinstance(self.screen, DeskScreen):
            return
        if not self.is_screen_installed(name):
            self.install_screen(SCREENS[name](self.desk), name)
        if self.screen is not self.get_screen(name):
            self.switch_screen(name)

    def tick(self) -> None:
        """Ten times a second: the screen in front, or behind a question, looks at the vehicle."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, DeskScreen):
                if screen.is_whole:
                    screen.tick(self.clock())
                return

    def link_words(self, now: datetime) -> tuple[str, bool]:
        """The addressed vehicle and its link with age, and whether that is alarming."""
        flight = self.flight
        state = flight.state if flight else None
        if flight is None or state is None:
            return "NO LINK", False
        words, alarm = link_words(state, now)
        drawn = self.desk.plan if self.desk.plan_state is PlanState.FRESH else None
        if flight.stage.reached(Stage.LOADED) and not flight.is_of(drawn):
            return f"PLAN≠VEHICLE {words}", True
        return words, alarm

    async def ask_failsafe(self, flight: Flight) -> None:
        """Ask the vehicle what it will do without us; where it does not answer, what it said last counts."""
        with suppress(QyranError):
            await asyncio.to_thread(flight.ask_failsafe)

    def what_leaving_means(self, flight: Flight) -> str:
        """What a vehicle in the air will do without us."""
        state = flight.state
        if state is None:
            return "Nothing is known of the vehicle."
        altitude = (
            f", {state.altitude_home.metres:.0f} m {state.altitude_home.reference.value}" if state.altitude_home else ""
        )
        return (
            f"Vehicle {state.system_id} is in the air ({state.mode or 'mode unknown'}{altitude}). Qyran will stop "
            f"watching, recording and sending heartbeats. {failsafe_words(flight.failsafe)} Its battery and fence "
            "failsafes act as they are set in it."
        )

    def action_help(self) -> None:
        """Show or hide help for what has the focus."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    async def action_quit(self) -> None:
        """Leave; with unsaved changes only after a question."""
        self._leave()

    @work(exclusive=True, group="leave")
    async def _leave(self) -> None:
        if self.flight is not None and self.flight.is_in_the_air:
            choices = [Choice("s", "Stay", "stay"), Choice("c", "Close all the same", "close")]
            await self.ask_failsafe(self.flight)
            question = Ask("Close with a vehicle in the air?", self.what_leaving_means(self.flight), choices)
            if await self.push_screen_wait(question) != "close":
                return
        if not self.desk.is_unsaved or await self._saved_or_dropped():
            if self.flight is not None:
                await asyncio.to_thread(self.flight.close)
            self.exit()

    async def _saved_or_dropped(self) -> bool:
        """Whether the unsaved drawing was saved, or may be lost."""
        body = f"The drawing of {self.desk.project.name} is not saved."
        choices = [
            Choice("s", "Save and close", "save"),
            Choice("d", "Discard", "discard"),
            Choice("b", "Back", "back"),
        ]
        answer = await self.push_screen_wait(Ask("Close?", body, choices))
        if answer != "save":
            return answer == "discard"
        try:
            self.desk.save()
        except QyranError as error:
            self.notify(str(error), severity="error", title="not saved", markup=False)
        return not self.desk.is_unsaved

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything a key does here is in the palette as well."""
        yield from super().get_system_commands(screen)
        seen = set()
        for _, binding, enabled, _ in screen.active_bindings.values():
            if enabled and binding.description and binding.action not in seen:
                seen.add(binding.action)
                yield SystemCommand(
                    f"{self.screen.__class__.__name__.removesuffix('Screen')}: {binding.description}",
                    f"key {self.get_key_display(binding)}",
                    lambda action=binding.action: self.call_later(screen.run_action, action),
                )
