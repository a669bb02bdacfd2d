"""One flight as it unfolds, and what its parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from missions.items import Mission
from planner.errors import QyranError, VehicleError
from telemetry.clock import utc_now, utc_s
from telemetry.confirmation import Confirmation
from telemetry.dialect import Message
from telemetry.events import EventKind, FlightEvent
from telemetry.history import History
from telemetry.preflight_lines import Check, Needs, Override, Weather
from telemetry.progress import Stop
from telemetry.state import Freshness, Severity, VehicleState
from telemetry.vehicle import Vehicle

LOOK_EVERY_S = 0.1


class OnStop(Enum):
    """What happens when the person stops watching."""

    LEAVE = "leave"
    """The vehicle flies on by itself."""
    RETURN = "return"
    """It is told to come home, and watched until it stands."""


class NotReadyError(VehicleError):
    """It cannot fly, and why."""


class StoppedOnGroundError(QyranError):
    """The person stopped it on the ground."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a flight is to be: the mission, on whose word, what it needs, what a person said of it before."""

    mission: Mission
    confirmation: Confirmation
    predicted_s: float | None
    folder: Path
    needs: Needs
    by_hand: tuple[Check, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    weather: Weather | None = None
    resumes: str | None = None


@dataclass(slots=True)
class Flight:
    """One flight as it unfolds."""

    vehicle: Vehicle
    asked: Asked
    tlog: Path
    stop: Stop
    on_stop: OnStop
    on_state: Callable[[VehicleState], None] | None
    on_event: Callable[[FlightEvent], None] | None
    lost_wait_s: float
    started_at: datetime = field(default_factory=utc_now)
    history: History = field(default_factory=History)
    gaps: list[float] = field(default_factory=list)
    checks: tuple[Check, ...] = ()
    without_us: str = ""
    """What the vehicle does when it no longer hears us, in words."""
    log_trouble: str | None = None
    """Why the log could not be written at some time; None while all of it was."""
    log_broken: bool = False
    """Whether it cannot be written just now."""
    told: int = 0
    first_row: int = 0
    took_off: bool = False
    stands: bool = False
    battery_before: VehicleState | None = None
    capacity_mah: float | None = None
    farthest_item: int = 0
    freshness: Freshness = Freshness.LIVE
    silent_since: float | None = None
    returning: bool = False

    @property
    def mission(self) -> Mission:
        """What is flown."""
        return self.asked.mission

    def take(self, message: Message) -> None:
        """In the reader's thread."""
        if message.get_srcComponent() == self.vehicle.link.component_id:
            self.history.take(message, utc_s())

    def note(self, text: str, kind: EventKind = EventKind.NOTE, severity: Severity = Severity.NOTICE) -> None:
        """Something of our own happened: at the vehicle's last word, and as much later as it has been silent."""
        state = self.vehicle.state
        silent = timedelta(seconds=(state.age_s() or 0.0) * self.vehicle.speedup)
        self.history.note(FlightEvent(self.history.moment(utc_s()) + silent, kind, text, severity, state.position))

    def tell(self) -> VehicleState:
        """Hand on what is new."""
        state = self.vehicle.state
        events = self.history.events
        for event in events[self.told :]:
            if self.on_event is not None:
                self.on_event(event)
        self.told = len(events)
        if self.on_state is not None:
            self.on_state(state)
        return state
