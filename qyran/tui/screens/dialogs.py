"""Questions that stand before a screen until they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import click
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from planner.errors import QyranError
from planner.quantities import LonLat
from qyran.cli.talk import clock
from qyran.cli.words import PLACE

if TYPE_CHECKING:
    from qyran.work import Compiled
    from telemetry import Vehicle

_CSS = """
{name} {{ align: center middle; }}
{name} > Vertical {{
    width: 74; max-width: 96%; height: auto; max-height: 96%; border: round $accent; background: $surface;
    padding: 0 2; border-title-style: bold;
}}
{name} Horizontal {{ height: auto; margin-top: 1; }}
{name} Button {{ margin-right: 2; min-width: 12; }}
{name} Input {{ margin-top: 0; }}
{name} .error {{ color: $error; height: auto; }}
{name} .body {{ height: auto; }}
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer: the key that gives it, its words, what it means to the asker."""

    key: str
    label: str
    value: str
    look: str = "default"


class Ask(ModalScreen[str | None]):
    """A question with a few answers; escape answers nothing."""

    DEFAULT_CSS = _CSS.format(name="Ask")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "answer('')", "Back", show=False)]

    def __init__(self, title: str, body: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._body, self._choices = title, body, choices

    def compose(self) -> ComposeResult:
        """Title, words, a button an answer."""
        with Vertical() as box:
            box.border_title = self._title
            yield Static(Content(self._body), classes="body")
            with Horizontal():
                for choice in self._choices:
                    yield Button(f"{choice.key} {choice.label}", id=f"answer-{choice.value}", classes=choice.look)

    def on_mount(self) -> None:
        """Each answer has its key."""
        for choice in self._choices:
            self._bindings.bind(choice.key, f"answer('{choice.value}')", choice.label, show=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """An answer was clicked."""
        self.action_answer((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, value: str) -> None:
        """Give the answer and close."""
        self.dismiss(value or None)


@dataclass(frozen=True, slots=True)
class Field:
    """A line to type: its name, what it is about, what stands there already."""

    id: str
    label: str
    hint: str = ""
    value: str = ""


class Form(ModalScreen[dict[str, str] | None]):
    """Lines to type; enter goes to the next, and after the last one answers. Escape answers nothing."""

    DEFAULT_CSS = _CSS.format(name="Form")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Back", show=False)]

    def __init__(self, title: str, body: str, fields: Sequence[Field]) -> None:
        super().__init__()
        self._title, self._body, self._fields = title, body, fields

    def compose(self) -> ComposeResult:
        """Title, words, a line a field."""
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "enter goes on · escape goes back"
            if self._body:
                yield Static(Content(self._body), classes="body")
            for field in self._fields:
                yield Label(field.label)
                yield Input(value=field.value, placeholder=field.hint, id=field.id, compact=True)
            yield Static(classes="error")

    def fault(self, answers: dict[str, str]) -> str | None:
        """Why these answers cannot be taken; None where they can. Children say."""
        return None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next line, or answer."""
        inputs = list(self.query(Input))
        place = inputs.index(event.input)
        if place + 1 < len(inputs):
            inputs[place + 1].focus()
            return
        answers = {line.id or "": line.value.strip() for line in inputs}
        wrong = self.fault(answers)
        if wrong is None:
            self.dismiss(answers)
        else:
            self.query_one(".error", Static).update(Content(f"✗ {wrong}"))


class AskPlace(Form):
    """Coordinates, typed: the answer is under ``place``."""

    def __init__(self, title: str, body: str) -> None:
        super().__init__(title, body, [Field("place", "latitude, longitude in degrees", "43.2381, 76.9452")])

    def fault(self, answers: dict[str, str]) -> str | None:
        """Why it is no place."""
        try:
            place_of(answers["place"])
        except click.BadParameter as error:
            return error.message
        return None


class AskLink(Form):
    """Where the vehicle is: answers under ``address`` and, where several share it, ``vehicle``."""

    def __init__(self, address: str) -> None:
        body = "udpin:HOST:PORT listens, udpout:HOST:PORT calls, tcp:HOST:PORT, or a device as /dev/ttyUSB0,57600."
        fields = [
            Field("address", "address", "tcp:127.0.0.1:5760", address),
            Field("vehicle", "vehicle number, only where several answer there", "any"),
        ]
        super().__init__("Connect", body, fields)

    def fault(self, answers: dict[str, str]) -> str | None:
        """Why nobody can be called so."""
        from telemetry import Address  # noqa: PLC0415

        try:
            Address.parse(answers["address"])
        except QyranError as error:
            return str(error)
        number = answers["vehicle"]
        if number and not (number.isascii() and number.isdigit() and 1 <= int(number) <= 255):
            return "A vehicle's number is from 1 to 255."
        return None


class AskConfirmation(Form):
    """A person's name, and the number of the vehicle that is to fly, typed; the answer is under ``person``."""

    def __init__(self, vehicle: Vehicle, compiled: Compiled, action: str = "fly") -> None:
        self._number = vehicle.system_id
        kind = "a simulator" if vehicle.is_simulator else "A REAL VEHICLE"
        ahead = compiled.sortie.forecast
        will = "arm, take off and fly" if action == "fly" else "forget its mission, fence and rally points and hold"
        body = (
            f"Vehicle {vehicle.system_id} ({vehicle.firmware or 'version unknown'}, {kind}) will {will} "
            f"{compiled.name}: {len(compiled.mission.items)} items, {ahead.distance_m / 1000:.2f} km, "
            f"about {clock(ahead.duration_s)}. The confirmation holds for 60 s and is kept in the record."
        )
        fields = [Field("vehicle", f"type the vehicle's number ({vehicle.system_id})"), Field("person", "your name")]
        super().__init__(f"Confirm: {action}", body, fields)

    def fault(self, answers: dict[str, str]) -> str | None:
        """Why it is no confirmation."""
        if answers["vehicle"].lstrip("0") != str(self._number):
            return f"This flight is for vehicle {self._number}."
        return None if answers["person"] else "A confirmation needs a name."


def place_of(text: str) -> LonLat:
    """Typed coordinates, latitude first; raises ``click.BadParameter`` in words."""
    return PLACE.convert(text, None, None)
