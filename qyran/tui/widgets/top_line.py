"""The first line of every screen: which screen this is, and what must never be out of sight."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

NARROW = 100
"""Below this many columns only the current screen's name is shown."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A screen's key and name."""

    key: str
    name: str


TABS = (Tab("1", "Design"), Tab("4", "Fly"))


@dataclass(frozen=True, slots=True)
class Status:
    """What the right end says: project, vehicle and link, altitude reference; ``alarm`` draws the link in red."""

    project: str
    link: str
    reference: str
    alarm: bool = False

    @property
    def content(self) -> Content:
        """The words with bars between them."""
        return Content.assemble(
            (self.project, "bold"), " │ ", (self.link, "bold $error" if self.alarm else ""), " │ ", self.reference, " "
        )


class TopLine(Horizontal):
    """Tabs on the left (they can be clicked), status on the right."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; }
    TopLine .tabs { width: 1fr; height: 1; }
    TopLine .status { width: auto; height: 1; }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._said: Status | None = None

    def compose(self) -> ComposeResult:
        """Two lines of text side by side."""
        yield Static(classes="tabs")
        yield Static(classes="status")

    def on_mount(self) -> None:
        """Fill the tabs."""
        self._tabs()

    def on_resize(self) -> None:
        """Show as many tabs as there is room for."""
        self._tabs()

    def say(self, status: Status) -> None:
        """Show another status; the same again costs nothing."""
        if status == self._said or not self.is_mounted:
            return
        before, self._said = self._said, status
        wider = before is None or before.content.cell_length != status.content.cell_length
        self.query_one(".status", Static).update(status.content, layout=wider)

    def _tabs(self) -> None:
        narrow = self.app.size.width < NARROW
        words = [
            f"[bold reverse] {tab.key} {tab.name} [/]"
            if tab.name == self._current
            else f"[@click=app.screen_of('{tab.name}')] {tab.key} {'' if narrow else tab.name + ' '}[/]"
            for tab in TABS
        ]
        self.query_one(".tabs", Static).update(Content.from_markup("".join(words)))
