"""What is left of flights, on a map: planned ways, flown tracks, pictures, events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely import MultiPolygon, Polygon

from missions.items import Mission
from planner.plan import Plan
from planner.quantities import LonLat
from planner.track import joined
from qyran.maps import NO_BACKGROUND, Background, MapEvent, draw_map
from qyran.witness import Recorded, look
from telemetry import EventKind, FlightEvent


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What pictures show: the ground in WGS 84, and the share of what the plan was to watch."""

    ground: Polygon | MultiPolygon
    share: float


def seen_by(made: Plan, flights: Sequence[Recorded]) -> Witnessed | None:
    """What the pictures of these flights show of a plan's areas; None where none was taken.

    On the patrol's terrain where it has one, else on flat ground at the launch's height.
    """
    if not any(flight.pictures for flight in flights):
        return None
    looked = look(made.patrol, made.sorties[0].launch, flights)
    return Witnessed(looked.frame.to_lonlat(looked.seen.shape), looked.share)


def unfinished(log: Path) -> str | None:
    """Where the record beside a log says that the flight has not ended, what that means; None for all others."""
    from telemetry.record import RECORD_FILE, Outcome  # noqa: PLC0415

    try:
        record = json.loads((log.parent / RECORD_FILE).read_text(encoding="utf-8"))
        if record["outcome"] != Outcome.FLYING.value:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (
        "Qyran was ended before this flight was: what came after the log's last moment is not known. "
        f"What is left of the mission: qyran resume {log.parent}"
    )


def draw_record(
    out: Path,
    *,
    title: str,
    made: Plan | None = None,
    mission: Mission | None = None,
    flights: Sequence[Recorded] = (),
    witnessed: Witnessed | None = None,
    background: Background = NO_BACKGROUND,
) -> Path:
    """Draw what is given on one map; raises ``InputError`` where there is nothing to draw."""
    track = joined([flight.track for flight in flights])
    pictures: list[LonLat] = [picture.position for flight in flights for picture in flight.pictures]
    events = [_on_map(event) for flight in flights for event in flight.events]
    durations = [flight.duration_s for flight in flights]
    known = [duration for duration in durations if duration is not None]
    return draw_map(
        out,
        title=title,
        plan=made,
        mission=mission,
        track=track if len(track) else None,
        pictures=pictures,
        events=events,
        seen=witnessed.ground if witnessed else None,
        flown_s=sum(known) if known and len(known) == len(durations) else None,
        background=background,
    )


def _on_map(event: FlightEvent) -> MapEvent:
    minor = event.kind is EventKind.REACHED or (event.kind is EventKind.TEXT and not event.severity.is_bad)
    return MapEvent(event.at.timestamp(), event.text, event.position, minor=minor)
