"""What happened in a flight, as it is told and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from planner.quantities import Altitude, LonLat
from telemetry.state import Severity


class EventKind(Enum):
    """What an event is about."""

    MODE = "mode"
    ARMED = "armed"
    DISARMED = "disarmed"
    TEXT = "text"
    """The autopilot said something."""
    REACHED = "reached"
    """A mission item was reached."""
    FENCE = "fence"
    """The fence was breached, or is kept again."""
    LINK = "link"
    """The link grew stale, was lost, or came back."""
    NOTE = "note"
    """Something Qyran did or saw."""


@dataclass(frozen=True, slots=True)
class FlightEvent:
    """One thing that happened; ``at`` is UTC by the vehicle's clock where it told one, else by ours."""

    at: datetime
    kind: EventKind
    text: str
    severity: Severity = Severity.INFO
    position: LonLat | None = None
    item: int | None = None
    """The number of the mission item it is about."""

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.text}"


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the camera was triggered (CAMERA_FEEDBACK); angles of the body in degrees where they were told."""

    at: datetime
    position: LonLat
    altitude_home: Altitude | None
    altitude_amsl: Altitude | None
    roll_deg: float | None
    pitch_deg: float | None
    heading_deg: float | None
    number: int
