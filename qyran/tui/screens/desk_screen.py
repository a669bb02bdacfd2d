"""What every screen on the desk has: the top line, the footer, and the same words for the same things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from planner.errors import QyranError
from qyran.tui.desk import Desk
from qyran.tui.widgets.top_line import Status, TopLine

if TYPE_CHECKING:
    from qyran.tui.app import QyranApp


class DeskScreen(Screen[None]):
    """A screen that looks at the desk; children compose a ``TopLine`` and call ``show_status`` when things change."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    @property
    def qyran(self) -> QyranApp:
        """The app, with what it shares between screens."""
        return cast("QyranApp", self.app)

    def show_status(self) -> None:
        """Bring the top line up to date."""
        link, alarm = self.qyran.link_words(datetime.now(UTC))
        star = "*" if self.desk.is_unsaved else ""
        reference = self.desk.project.settings.sweep.altitude.reference.value
        self.query_one(TopLine).say(Status(f"{self.desk.project.name}{star}", link, f"m {reference}", alarm))

    def tick(self, now: datetime) -> None:
        """Ten times a second while this screen is in front; children show more."""
        self.show_status()

    def refuse(self, error: QyranError | str) -> None:
        """Say why something was not done."""
        self.app.notify(str(error), severity="error", title="not done", timeout=8, markup=False)

    def tell(self, sentence: str) -> None:
        """Say that something was done."""
        self.app.notify(sentence, timeout=4, markup=False)
