"""What every screen on the desk has: the top line, the footer, and the same words for the same things."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from planner.errors import QyranError
from planner.quantities import AltitudeReference
from qyran.tui.canvas.map_canvas import MapCanvas
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

    @property
    def is_whole(self) -> bool:
        """Whether its widgets are there: not before it is composed, nor while it is taken down."""
        return self.is_mounted and bool(self.query(TopLine)) and bool(self.query(MapCanvas))

    @property
    def reference(self) -> AltitudeReference:
        """What altitudes on this screen are measured from, unless they say so themselves."""
        return self.desk.project.settings.sweep.altitude.reference

    def show_status(self) -> None:
        """Bring the top line up to date."""
        link, alarm = self.qyran.link_words(self.qyran.clock())
        star = "*" if self.desk.is_unsaved else ""
        project = f"{self.desk.project.name}{star}"
        self.query_one(TopLine).say(Status(project, link, f"m {self.reference.value}", alarm))

    def tick(self, now: datetime) -> None:
        """Ten times a second while this screen is in front; children show more."""
        self.show_status()

    def refuse(self, error: QyranError | str) -> None:
        """Say why something was not done."""
        self.app.notify(str(error), severity="error", title="not done", timeout=8, markup=False)

    def tell(self, sentence: str) -> None:
        """Say that something was done."""
        self.app.notify(sentence, timeout=4, markup=False)
