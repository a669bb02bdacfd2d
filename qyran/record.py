"""What is left of flights, on a map: planned ways, flown tracks, pictures, events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from missions.items import Mission
from planner.plan import Plan
from planner.quantities import LonLat
from planner.seen import Seen, seen_of_plan
from planner.track import Track, joined
from qyran.maps import NO_BACKGROUND, Background, MapEvent, draw_map
from telemetry import FlightEvent, Picture


class Recorded(Protocol):
    """What a flight's record and an opened log have in common."""

    @property
    def track(self) -> Track:
        """Where the vehicle was."""

    @property
    def events(self) -> tuple[FlightEvent, ...]:
        """What happened."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Where pictures were taken."""


def seen_by(made: Plan, flights: Sequence[Recorded]) -> Seen | None:
    """What the pictures of these flights show of a plan's areas; None where no picture was taken."""
    places = [picture.position for flight in flights for picture in flight.pictures]
    if not places:
        return None
    return seen_of_plan(made, joined([flight.track for flight in flights]), places)


def draw_record(
    out: Path,
    *,
    title: str,
    made: Plan | None = None,
    mission: Mission | None = None,
    flights: Sequence[Recorded] = (),
    seen: Seen | None = None,
    background: Background = NO_BACKGROUND,
) -> Path:
    """Draw what is given on one map; raises ``InputError`` where there is nothing to draw."""
    track = joined([flight.track for flight in flights])
    pictures: list[LonLat] = [picture.position for flight in flights for picture in flight.pictures]
    events = [
        MapEvent(event.at.timestamp(), str(event.text), event.position) for flight in flights for event in flight.events
    ]
    return draw_map(
        out,
        title=title,
        plan=made,
        mission=mission,
        track=track if len(track) else None,
        pictures=pictures,
        events=events,
        seen=seen.ground if seen else None,
        background=background,
    )
