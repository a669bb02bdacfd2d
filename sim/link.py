"""One ground station's connection to one vehicle: what it is sent, how often, and in which frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import telemetry_messages as messages
from sim.texts import Severity
from sim.vectors import Vector
from sim.wire import Format, Parser, Value, format_of, frame

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

COMPONENT = 1
HEARTBEAT_S = 1.0
TEXT_LENGTH = 50
PARAMETERS_A_STEP = 20
FULL_BYTES = 262_144
"""With so much unsent, what is sent regularly is left out until the ground station has read on."""
NEVER = float("inf")


class Link:
    """Bytes out are collected in ``outbox``; whoever owns the socket takes them from there."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.vehicle = vehicle
        self.parser = Parser()
        self.outbox = bytearray()
        self.closed = False
        self.dropped = 0
        """Regular messages left out because the ground station did not read."""
        self._sequence = 0
        self._intervals: dict[str, float] = {"HEARTBEAT": HEARTBEAT_S}
        self._due: dict[str, float] = {"HEARTBEAT": vehicle.now}
        self._next_due = vehicle.now
        self._parameters_left: list[str] = []
        self._text_id = 0
        self._reached: int | None = None
        for stream, name in messages.STREAM_PARAMETERS.items():
            rate = vehicle.parameters[f"SR0_{name}"]
            if rate > 0:
                self.set_stream(stream, rate)

    def send(self, form: Format, payload: bytes) -> None:
        """Frame a payload with this link's own sequence number."""
        vehicle = self.vehicle
        self.outbox += frame(form, payload, self._sequence, vehicle.system_id, COMPONENT, sign=vehicle.signing.sign)
        self._sequence = (self._sequence + 1) & 0xFF

    def say(self, name: str, *values: Value) -> None:
        """Send a message by name, its values in the order of its definition."""
        form = format_of(name)
        self.send(form, form.pack(*values))

    def send_built(self, name: str) -> bool:
        """Send a message about the vehicle now; False where there is none of that name or nothing to say."""
        builder = messages.BUILDERS.get(name)
        payload = None if builder is None else builder(self.vehicle)
        if payload is None:
            return False
        self.send(format_of(name), payload)
        return True

    def set_interval(self, name: str, seconds: float) -> bool:
        """Send a message regularly (0 or less: no longer); False where it is not one of the vehicle's."""
        if name not in messages.BUILDERS:
            return False
        if seconds <= 0:
            self._intervals.pop(name, None)
            self._due.pop(name, None)
        else:
            self._intervals[name] = seconds
            self._due[name] = self.vehicle.now
        self._next_due = min(self._due.values(), default=NEVER)
        return True

    def interval(self, name: str) -> float | None:
        """Seconds between two messages, or None where it is not sent."""
        return self._intervals.get(name)

    def set_stream(self, stream: int, rate_hz: float) -> None:
        """Set all messages of a MAV_DATA_STREAM (0: of all); rate 0 ends them."""
        for number, names in messages.STREAMS.items():
            if stream in (0, number):
                for name in names:
                    self.set_interval(name, 1.0 / rate_hz if rate_hz > 0 else 0.0)

    def step(self) -> None:
        """Send what is due."""
        self._send_reached()
        if self._parameters_left:
            self._send_parameters()
        now = self.vehicle.now
        if now < self._next_due:
            return
        full = len(self.outbox) > FULL_BYTES
        for name, due in self._due.items():
            if now < due:
                continue
            interval = self._intervals[name]
            self._due[name] = due + interval if now - due < interval else now + interval
            if full and name != "HEARTBEAT":
                self.dropped += 1
            else:
                self.send_built(name)
        self._next_due = min(self._due.values(), default=NEVER)

    def restart(self) -> None:
        """The vehicle's clock began again."""
        self._due = dict.fromkeys(self._due, self.vehicle.now)
        self._next_due = self.vehicle.now

    def list_parameters(self) -> None:
        """Begin to send all parameters, some with each step."""
        self._parameters_left = list(reversed(self.vehicle.parameters.names()))

    def _send_parameters(self) -> None:
        for _ in range(min(PARAMETERS_A_STEP, len(self._parameters_left))):
            if len(self.outbox) > FULL_BYTES:
                return
            self.send_parameter(self._parameters_left.pop())

    def send_parameter(self, name: str, index: int | None = None) -> None:
        """Send one parameter."""
        kind, position, count = self.vehicle.parameters.describe(name)
        self.say(
            "PARAM_VALUE", name.encode(), self.vehicle.parameters[name], kind, count,
            position if index is None else index,
        )  # fmt: skip

    def _send_reached(self) -> None:
        if self._reached is not None:
            self.say("MISSION_ITEM_REACHED", self._reached)
            self._reached = None

    def send_heartbeat(self) -> None:
        """A heartbeat out of turn, so that a change of mode or arming is seen at once."""
        self._send_reached()
        self.send_built("HEARTBEAT")

    def send_home(self) -> None:
        """Tell where home is."""
        self.send_built("HOME_POSITION")
        self.send_built("GPS_GLOBAL_ORIGIN")

    def send_text(self, severity: Severity, text: str) -> None:
        """A status text; a long one in pieces with one number, as MAVLink 2 asks for."""
        data = text.encode("ascii", "replace")
        if len(data) <= TEXT_LENGTH:
            self.say("STATUSTEXT", int(severity), data, 0, 0)
            return
        self._text_id = self._text_id % 65_535 + 1
        for piece, start in enumerate(range(0, len(data) + 1, TEXT_LENGTH)):
            self.say("STATUSTEXT", int(severity), data[start : start + TEXT_LENGTH], self._text_id, piece)

    def send_item_reached(self, index: int) -> None:
        """A mission command is done; like ArduPilot's, a later one in the same moment takes an earlier one's place."""
        self._reached = index

    def send_camera_feedback(self, image: int, place: Vector) -> None:
        """A picture was taken."""
        vehicle, body = self.vehicle, self.vehicle.body
        lat, lon = vehicle.frame.to_e7(place[0], place[1])
        degrees = 57.29577951308232
        self.say(
            "CAMERA_FEEDBACK", int((vehicle.utc_at_boot + vehicle.now) * 1e6), 0, 0, image, lat, lon,
            vehicle.origin_amsl_m + place[2], place[2] - vehicle.home_height,
            body.roll * degrees, body.pitch * degrees, body.yaw * degrees, 0.0, 0, image,
        )  # fmt: skip
