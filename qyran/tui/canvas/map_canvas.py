"""The widget: a scene on braille cells, panned, zoomed, picked; only rows that changed are drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from qyran.tui.canvas.ink import DARK, Ink
from qyran.tui.canvas.raster import Cells
from qyran.tui.canvas.scene import Scene
from qyran.tui.canvas.view import DOTS_ACROSS, DOTS_DOWN, View

WHEEL_STEP = 1.25
PICK_DOTS = 3.0
"""How near, in dots, the pointer has to be to what it takes hold of."""

Picker = Callable[[float, float, float], object | None]
"""(east_m, north_m, within_m) → what lies there and can be dragged, or None: the map is dragged then."""


class MapCanvas(Widget, can_focus=True):
    """A map in local metres with a base that is drawn once and an overlay that is drawn each frame.

    It knows nothing of areas or drones: it is given scenes, and tells of presses, drags and its view.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    MapCanvas { width: 1fr; height: 1fr; border: round $primary; background: $surface; }
    MapCanvas:focus { border: round $accent; }
    """

    @dataclass
    class Pressed(Message):
        """The map was clicked where nothing could be dragged, and not dragged; local metres."""

        east_m: float
        north_m: float

    @dataclass
    class Dragged(Message):
        """What the picker gave is being dragged; it is at this place now. ``done``: the button was let go."""

        handle: object
        east_m: float
        north_m: float
        done: bool

    @dataclass
    class ViewChanged(Message):
        """The map was panned, zoomed or resized."""

        view: View

    class Picked(Message):
        """A drag has begun on ``handle``."""

        def __init__(self, handle: object) -> None:
            self.handle = handle
            super().__init__()

    def __init__(self, *, picker: Picker | None = None, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._view = View()
        self._picker = picker
        self._fit: tuple[float, float, float, float] | None = None
        self._base_scene = Scene()
        self._overlay = Scene()
        self._base: Cells | None = None
        self._shown: Cells | None = None
        self._strips: list[Strip] = []
        self._ground = Style()
        self._looks = [DARK[ink] for ink in Ink]
        self._drag: _Drag | None = None

    @property
    def view(self) -> View:
        """What is on the canvas now."""
        return self._view

    @view.setter
    def view(self, view: View) -> None:
        self._fit = None
        self._look(view)

    def _look(self, view: View) -> None:
        if view == self._view:
            return
        self._view = view
        self._base = None
        self._compose_cells()
        self.post_message(self.ViewChanged(view))

    def fit(self, bounds: tuple[float, float, float, float]) -> None:
        """Show these bounds (west, south, east, north; local metres), also after a resize until the view is moved."""
        self._fit = bounds
        self._look(self._view.fitted(bounds))

    def show(self, *, base: Scene | None = None, overlay: Scene | None = None) -> None:
        """Draw another base, another overlay, or both. What is not given stays."""
        if base is not None:
            self._base_scene = base
            self._base = None
        if overlay is not None:
            self._overlay = overlay
        self._compose_cells()

    def zoom(self, factor: float, place: tuple[float, float] | None = None) -> None:
        """Closer (above 1) or farther around a place in local metres, else around the middle."""
        east, north = place or (self._view.east_m, self._view.north_m)
        self.view = self._view.zoomed(factor, east, north)

    def _compose_cells(self) -> None:
        """Draw what changed; mark only rows that look different for Textual."""
        columns, rows = self._view.columns, self._view.rows
        if not (columns and rows):
            return
        if self._base is None:
            self._base = Cells.blank(columns, rows)
            self._base.draw(self._base_scene, self._view)
        cells = self._base.copy()
        cells.draw(self._overlay, self._view)
        before, self._shown = self._shown, cells
        if before is None or before.bits.shape != cells.bits.shape:
            self._strips = [self._strip(cells, row) for row in range(rows)]
            self.refresh()
            return
        regions = []
        for row in cells.changed_rows(before).nonzero()[0].tolist():
            self._strips[row] = self._strip(cells, row)
            regions.append(Region(0, row, columns, 1))
        if regions:
            self.refresh(*regions)

    def _strip(self, cells: Cells, row: int) -> Strip:
        looks = self._looks
        return Strip([Segment(text, looks[ink]) for text, ink in cells.runs(row)], self._view.columns)

    def render_line(self, y: int) -> Strip:
        """One row of cells, on the widget's own background."""
        ground = self.rich_style
        if ground != self._ground and self._shown is not None:
            self._ground = ground
            self._looks = [ground + DARK[ink] for ink in Ink]
            self._strips = [self._strip(self._shown, row) for row in range(self._view.rows)]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, ground)

    def on_resize(self) -> None:
        """Keep the middle and the scale, or the fit, on the new size (that inside the border)."""
        view = self._view.sized(self.size.width, self.size.height)
        self._look(view.fitted(self._fit) if self._fit else view)

    def _dot(self, event: events.MouseEvent) -> tuple[float, float]:
        left, top = self.gutter.left, self.gutter.top
        x, y = event.pointer_x - left, event.pointer_y - top
        if float(event.pointer_x).is_integer() and float(event.pointer_y).is_integer():
            x, y = x + 0.5, y + 0.5  # a terminal that tells cells only means the cell's middle
        return x * DOTS_ACROSS, y * DOTS_DOWN

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of what lies there, or of the map."""
        if event.button != 1:
            return
        dot = self._dot(event)
        place = self._view.to_metres(*dot)
        handle = self._picker(*place, PICK_DOTS * self._view.metres_per_dot) if self._picker else None
        self._drag = _Drag(handle, dot, self._view)
        self.capture_mouse()
        if handle is not None:
            self.post_message(self.Picked(handle))
        event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag what was taken hold of, or the map."""
        if self._drag is None:
            return
        dot = self._dot(event)
        self._drag.moved |= abs(dot[0] - self._drag.dot[0]) + abs(dot[1] - self._drag.dot[1]) >= 1
        if not self._drag.moved:
            return
        if self._drag.handle is None:
            view = self._drag.view.sized(self._view.columns, self._view.rows)
            self.view = view.panned(self._drag.dot[0] - dot[0], self._drag.dot[1] - dot[1])
        else:
            self.post_message(self.Dragged(self._drag.handle, *self._view.to_metres(*dot), done=False))
        event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go; a press without a drag is a press."""
        if self._drag is None:
            return
        drag, self._drag = self._drag, None
        self.release_mouse()
        place = self._view.to_metres(*self._dot(event))
        if drag.moved and drag.handle is not None:
            self.post_message(self.Dragged(drag.handle, *place, done=True))
        elif not drag.moved:
            self.post_message(self.Pressed(*place))
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer, around the pointer."""
        self.zoom(WHEEL_STEP, self._view.to_metres(*self._dot(event)))
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther, around the pointer."""
        self.zoom(1 / WHEEL_STEP, self._view.to_metres(*self._dot(event)))
        event.stop()


@dataclass(slots=True)
class _Drag:
    """A button held down: on what, since which dot, over which view."""

    handle: object | None
    dot: tuple[float, float]
    view: View
    moved: bool = False
