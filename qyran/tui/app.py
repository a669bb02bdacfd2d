"""The app: opens a project, holds the desk, goes from screen to screen, and lets nobody leave by accident."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from planner.errors import InputError
from qyran.project import Project
from qyran.tui.desk import Desk
from qyran.tui.screens.design import DesignScreen
from qyran.tui.screens.desk_screen import DeskScreen
from qyran.tui.screens.dialogs import Ask, Choice

SCREENS: dict[str, type[DeskScreen]] = {"Design": DesignScreen}
"""The screens by the name on their tab."""


class QyranApp(App[None]):
    """All screens around one project.

    Raises ``InputError`` (or a child) where ``project`` is no patrol project.
    """

    TITLE = "Qyran"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Screen { background: $background; }
    Footer { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "screen_of('Design')", "Design", show=False),
        Binding("4", "screen_of('Fly')", "Fly", show=False),
        Binding("question_mark,f1", "help", "Help", key_display="?", id="app.help"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, project: Path | None, address: str | None = None) -> None:
        if project is None:
            raise InputError("No project was given.", mend="Name a patrol's folder; make one with: qyran new FOLDER.")
        self.desk = Desk.of(Project.open(project), address)
        super().__init__()

    def on_mount(self) -> None:
        """Show the first screen."""
        for name, kind in SCREENS.items():
            self.install_screen(kind(self.desk), name)
        self.push_screen("Design")

    def action_screen_of(self, name: str) -> None:
        """Go to a screen by the name on its tab."""
        if name in SCREENS and isinstance(self.screen, DeskScreen) and self.screen is not self.get_screen(name):
            self.switch_screen(name)

    def link_words(self) -> tuple[str, bool]:
        """The addressed vehicle and its link with age, and whether that is alarming."""
        return "NO LINK", False

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
        if not self.desk.is_unsaved:
            self.exit()
            return
        body = f"The drawing of {self.desk.project.name} is not saved."
        choices = [
            Choice("s", "Save and close", "save"),
            Choice("d", "Discard", "discard"),
            Choice("b", "Back", "back"),
        ]
        answer = await self.push_screen_wait(Ask("Close?", body, choices))
        if answer == "discard":
            self.exit()
        elif answer == "save":
            screen = self.screen
            if isinstance(screen, DesignScreen):
                screen.action_save()
            if not self.desk.is_unsaved:
                self.exit()

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
