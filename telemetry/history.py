"""Track, events and pictures of a flight, gathered from its messages: live or from a log, by the same rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from planner.quantities import Altitude, LonLat
from planner.track import Electricity, Track
from telemetry.dialect import Message, is_vehicle_heartbeat, mavlink
from telemetry.events import EventKind, FlightEvent, Picture
from telemetry.modes import mode_name
from telemetry.state import Severity
from telemetry.texts import TextAssembler

ATTITUDE_VALID_S = 1.0
"""An attitude older than this, by the vehicle's clock, is not the attitude at a position."""
BACKWARD_S = 5.0
"""A vehicle's clock that steps back by more than this was switched off and on."""
_COLUMNS = 9


class VehicleClock:
    """Turns a vehicle's seconds since boot into UTC: the first pair is the anchor, so that intervals are the vehicle's.

    A sped-up simulator's minute is then a minute; the anchor is taken anew when the vehicle was switched off and on.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._boot_s = 0.0

    @property
    def boot_s(self) -> float | None:
        """The vehicle's last own time; None before it told one."""
        return None if self._offset_s is None else self._boot_s

    def note(self, boot_s: float, received_s: float) -> None:
        """A message with the vehicle's time came at ``received_s`` (UTC)."""
        if self._offset_s is None or boot_s < self._boot_s - BACKWARD_S:
            self._offset_s = received_s - boot_s
            self._boot_s = boot_s
        self._boot_s = max(self._boot_s, boot_s)

    def utc_s(self, received_s: float, boot_s: float | None = None) -> float:
        """UTC of a moment of the vehicle's; without its own time, of the last moment that it told."""
        if self._offset_s is None:
            return received_s
        return self._offset_s + (self._boot_s if boot_s is None else boot_s)


class History:
    """One vehicle's flight as it unfolds. ``take`` belongs to one thread; the rest may be read from any."""

    def __init__(self) -> None:
        self.events: tuple[FlightEvent, ...] = ()
        self.pictures: tuple[Picture, ...] = ()
        self.armed_s: float | None = None
        """The vehicle's own time when it was last armed."""
        self.disarmed_s: float | None = None
        """The vehicle's own time when it was last disarmed; None while it is armed."""
        self.parameters: dict[str, float] = {}
        """What was told of the vehicle's parameters, the last word of each."""
        self.modes: tuple[tuple[float, str], ...] = ()
        """When which mode was entered: UTC seconds by the vehicle's clock, and the mode's name."""
        self.currents: tuple[tuple[float, int], ...] = ()
        """When which mission item came to be flown: UTC seconds by the vehicle's clock, and the item's number."""
        self._rows: list[tuple[float, ...]] = []
        self._draws: list[tuple[float, float, float, float]] = []
        self._clock = VehicleClock()
        self._texts = TextAssembler()
        self._attitude: tuple[float, float, float] | None = None
        self._here: LonLat | None = None
        self._mode: str | None = None
        self._armed: bool | None = None
        self._breached = False

    def take(self, message: Message, received_s: float) -> None:
        """Add what a message of this vehicle says; ``received_s`` is UTC seconds since 1970."""
        handler = _HANDLERS.get(message.get_type())
        if handler is not None:
            handler(self, message, received_s)

    def note(self, event: FlightEvent) -> None:
        """Add an event of our own."""
        self.events = (*self.events, event)

    def track(self, since: int = 0) -> Track:
        """The way so far, from row ``since`` on."""
        rows = np.array(self._rows[since:], dtype=np.float64).reshape(-1, _COLUMNS)
        return Track(*(np.ascontiguousarray(rows[:, column]) for column in range(_COLUMNS)))

    def electricity(self) -> Electricity:
        """What its monitor told of the battery so far."""
        rows = np.array(self._draws, dtype=np.float64).reshape(-1, 4)
        return Electricity(*(np.ascontiguousarray(rows[:, column]) for column in range(4)))

    def __len__(self) -> int:
        return len(self._rows)

    def moment(self, received_s: float) -> datetime:
        """UTC by the vehicle's clock."""
        return datetime.fromtimestamp(self._clock.utc_s(received_s), UTC)

    def _say(
        self, received_s: float, kind: EventKind, text: str, severity: Severity = Severity.INFO, item: int | None = None
    ) -> None:
        self.note(FlightEvent(self.moment(received_s), kind, text, severity, self._here, item))

    def _position(self, message: Message, received_s: float) -> None:
        boot_s = message.time_boot_ms / 1000.0
        self._clock.note(boot_s, received_s)
        if message.lat == 0 and message.lon == 0:
            return
        roll = pitch = math.nan
        if self._attitude is not None and abs(boot_s - self._attitude[0]) <= ATTITUDE_VALID_S:
            _, roll, pitch = self._attitude
        self._here = LonLat(message.lon / 1e7, message.lat / 1e7)
        self._rows.append(
            (
                self._clock.utc_s(received_s, boot_s),
                *self._here,
                message.relative_alt / 1000.0,
                message.alt / 1000.0,
                math.hypot(message.vx, message.vy) / 100.0,
                math.nan if message.hdg == 65535 else message.hdg / 100.0,
                roll,
                pitch,
            )
        )

    def _battery(self, message: Message, received_s: float) -> None:
        """SYS_STATUS has no time of its own: it is of the vehicle's last moment. 65535 and -1 are unknown."""
        volts = math.nan if message.voltage_battery in (0, 65535) else message.voltage_battery / 1000.0
        amps = math.nan if message.current_battery < 0 else message.current_battery / 100.0
        left = math.nan if message.battery_remaining < 0 else message.battery_remaining / 100.0
        self._draws.append((self._clock.utc_s(received_s), volts, amps, left))

    def _parameter(self, message: Message, received_s: float) -> None:
        self.parameters[str(message.param_id)] = float(message.param_value)

    def _attitude_of(self, message: Message, received_s: float) -> None:
        boot_s = message.time_boot_ms / 1000.0
        self._clock.note(boot_s, received_s)
        self._attitude = (boot_s, math.degrees(message.roll), math.degrees(message.pitch))

    def _heartbeat(self, message: Message, received_s: float) -> None:
        if not is_vehicle_heartbeat(message):
            return
        armed = bool(message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)
        if self._armed is not None and armed != self._armed:
            kind = EventKind.ARMED if armed else EventKind.DISARMED
            self._say(received_s, kind, kind.value.capitalize() + ".", Severity.NOTICE)
            if armed:
                self.armed_s, self.disarmed_s = self._clock.boot_s, None
            else:
                self.disarmed_s = self._clock.boot_s
        self._armed = armed
        mode = mode_name(message.autopilot, message.type, message.base_mode, message.custom_mode)
        if mode != self._mode:
            text = f"Mode {mode}." if self._mode is None else f"Mode {self._mode} → {mode}."
            self._say(received_s, EventKind.MODE, text, Severity.NOTICE)
            self.modes = (*self.modes, (self._clock.utc_s(received_s), mode))
        self._mode = mode

    def _text(self, message: Message, received_s: float) -> None:
        for severity, text in self._texts.take(message):
            self._say(received_s, EventKind.TEXT, text, severity)

    def _reached(self, message: Message, received_s: float) -> None:
        self._say(received_s, EventKind.REACHED, f"Item {message.seq} reached.", item=int(message.seq))

    def _current(self, message: Message, received_s: float) -> None:
        number = int(message.seq)
        if not self.currents or self.currents[-1][1] != number:
            self.currents = (*self.currents, (self._clock.utc_s(received_s), number))

    def _fence(self, message: Message, received_s: float) -> None:
        breached = bool(message.breach_status)
        if breached != self._breached:
            text = "The fence is breached." if breached else "Within the fence again."
            self._say(received_s, EventKind.FENCE, text, Severity.CRITICAL if breached else Severity.NOTICE)
        self._breached = breached

    def _picture(self, message: Message, received_s: float) -> None:
        if message.lat == 0 and message.lng == 0:
            return
        picture = Picture(
            at=self.moment(received_s),
            position=LonLat(message.lng / 1e7, message.lat / 1e7),
            altitude_home=_altitude(message.alt_rel, Altitude.home),
            altitude_amsl=_altitude(message.alt_msl, Altitude.amsl),
            roll_deg=_finite(message.roll),
            pitch_deg=_finite(message.pitch),
            heading_deg=_finite(message.yaw % 360.0),
            number=int(message.img_idx),
        )
        self.pictures = (*self.pictures, picture)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _altitude(metres: float, make: Callable[[float], Altitude]) -> Altitude | None:
    return make(float(metres)) if math.isfinite(metres) else None


_HANDLERS = {
    "GLOBAL_POSITION_INT": History._position,
    "ATTITUDE": History._attitude_of,
    "SYS_STATUS": History._battery,
    "PARAM_VALUE": History._parameter,
    "HEARTBEAT": History._heartbeat,
    "STATUSTEXT": History._text,
    "MISSION_ITEM_REACHED": History._reached,
    "MISSION_CURRENT": History._current,
    "FENCE_STATUS": History._fence,
    "CAMERA_FEEDBACK": History._picture,
}
HEARD = frozenset(_HANDLERS)
"""The messages that say anything of a flight; ``take`` passes over all others."""
