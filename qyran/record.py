"""What is left of flights, on a map: planned ways, flown tracks, pictures, events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from missions.items import Mission
from planner.plan import Plan
from planner.quantities import LonLat
from planner.seen import Pictures, Relief, seen, seen_share
from planner.space import frame_of, space_of
from planner.track import Track, joined
from qyran.maps import NO_BACKGROUND, Background, MapEvent, draw_map
from telemetry import EventKind, FlightEvent, Picture


class Recorded(Protocol):
    """What a flight's record and an opened log have in common."""

    @property
    def track(self) -> Track:
        """Where the vehicle was."""

    @property
    def duration_s(self) -> float | None:
        """From armed to disarmed by the vehicle's clock; None where that was not seen."""

    @property
    def events(self) -> tuple[FlightEvent, ...]:
        """What happened."""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Where pictures were taken."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What pictures show: the ground in WGS 84, and the share of what the plan was to watch."""

    ground: Polygon | MultiPolygon
    share: float


def seen_by(made: Plan, flights: Sequence[Recorded]) -> Witnessed | None:
    """What the pictures of these flights show of a plan's areas; None where none was taken.

    On the patrol's terrain where it has one, else on flat ground at the launch's height.
    """
    pictures = [picture for flight in flights for picture in flight.pictures]
    if not pictures:
        return None
    patrol, launch = made.patrol, made.sorties[0].launch
    frame = frame_of(patrol, launch)
    camera = patrol.camera
    terrain = patrol.ground.terrain if patrol.ground is not None else None
    relief = None if terrain is None else Relief(terrain, launch.position)
    track, taken = joined([flight.track for flight in flights]), _columns(pictures)
    if relief is not None:
        taken = replace(taken, height_m=taken.height_m - relief.under_m(taken.lon, taken.lat))
    looked = seen(track, camera, frame, taken, stabilised=camera.stabilised, relief=relief)
    share = seen_share(space_of(patrol, frame, launch).watched, looked.shape)
    return Witnessed(frame.to_lonlat(looked.shape), share)


def _columns(pictures: Sequence[Picture]) -> Pictures:
    def column(values: Iterable[float | None]) -> NDArray[np.float64]:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    return Pictures(
        lon=column(one.position.lon for one in pictures),
        lat=column(one.position.lat for one in pictures),
        height_m=column(one.altitude_home.metres if one.altitude_home else None for one in pictures),
        heading_deg=column(one.heading_deg for one in pictures),
        roll_deg=column(one.roll_deg for one in pictures),
        pitch_deg=column(one.pitch_deg for one in pictures),
    )


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
