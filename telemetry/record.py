"""What is kept of a flight: one value, and the files it is written to."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from missions.atomic import write_atomically
from planner.errors import CommandRefusedError, LinkLostError, QyranError
from planner.track import Track
from telemetry.confirmation import Confirmation
from telemetry.events import FlightEvent, Picture
from telemetry.preflight_lines import Check, check_report

RECORD_FILE = "flight.json"
TRACK_FILE = "track.geojson"
TABLE_FILE = "track.csv"


class Outcome(Enum):
    """How a flight ended."""

    FLYING = "flying"
    """It has not ended: found in a record, Qyran was ended before the flight was."""
    LANDED = "landed"
    """The whole mission was flown; the vehicle landed and disarmed."""
    BROKEN_OFF = "broken_off"
    """The vehicle landed and disarmed before the mission's end."""
    REFUSED = "refused"
    """It did not take off."""
    LOST = "lost"
    """The vehicle fell silent in flight and did not come back in time."""
    INTERRUPTED = "interrupted"
    """A person stopped watching; the vehicle flies on by itself."""

    @property
    def is_landed(self) -> bool:
        """Whether the whole mission was flown and the vehicle stands disarmed on the ground."""
        return self is Outcome.LANDED

    @property
    def is_on_ground(self) -> bool:
        """Whether the vehicle was seen disarmed."""
        return self in (Outcome.LANDED, Outcome.BROKEN_OFF, Outcome.REFUSED)

    @property
    def is_interrupted(self) -> bool:
        """Whether a person stopped it."""
        return self is Outcome.INTERRUPTED

    @property
    def may_be_resumed(self) -> bool:
        """Whether something of the mission may be left to be flown."""
        return self in (Outcome.BROKEN_OFF, Outcome.INTERRUPTED, Outcome.LOST, Outcome.FLYING)

    @property
    def error(self) -> type[QyranError] | None:
        """The kind of error that a command line ends with; None where it is none, or an answer of “no”."""
        return {Outcome.REFUSED: CommandRefusedError, Outcome.LOST: LinkLostError}.get(self)


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """One flight. Durations are the vehicle's own seconds, from armed to disarmed; every unknown is None."""

    outcome: Outcome
    reason: str
    vehicle: int
    firmware: str | None
    is_simulator: bool
    started_at: datetime
    duration_s: float | None
    predicted_s: float | None
    distance_m: float | None
    """Flown over ground."""
    battery_used: float | None
    """Share of a full battery."""
    max_outside_m: float | None
    """Farthest outside the mission's inclusions or inside its exclusions; None without a fence or a track."""
    landed_from_home_m: float | None
    mission_items: int
    tlog: Path
    track: Track
    events: tuple[FlightEvent, ...]
    pictures: tuple[Picture, ...]
    confirmation: Confirmation
    link_gaps: tuple[float, ...] = ()
    """How long each silence of more than 3 s lasted, seconds of ours."""
    preflight: tuple[Check, ...] = ()
    """What was looked at before it, with who let what pass."""
    log_trouble: str | None = None
    """Why log or record have gaps, in words; None where they have none."""
    resumes: str | None = None
    """The name of the flight that this one went on with."""

    def to_json(self) -> dict[str, object]:
        """Plain values for a JSON document: SI units, shares from 0 to 1, times in ISO 8601, null is unknown."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "vehicle": self.vehicle,
            "firmware": self.firmware,
            "is_simulator": self.is_simulator,
            "started_at": self.started_at.isoformat(),
            "duration_s": _rounded(self.duration_s, 2),
            "predicted_s": _rounded(self.predicted_s, 2),
            "distance_m": _rounded(self.distance_m, 1),
            "battery_used": _rounded(self.battery_used, 4),
            "max_outside_m": _rounded(self.max_outside_m, 2),
            "landed_from_home_m": _rounded(self.landed_from_home_m, 2),
            "mission_items": self.mission_items,
            "tlog": str(self.tlog),
            "track_points": len(self.track),
            "confirmation": {
                "person": self.confirmation.person,
                "vehicle": self.confirmation.vehicle,
                "action": self.confirmation.action,
                "at": self.confirmation.at.isoformat(),
                "is_simulator": self.confirmation.is_simulator,
                "override": self.confirmation.override,
            },
            "link_gaps_s": [round(gap, 1) for gap in self.link_gaps],
            "log_trouble": self.log_trouble,
            "resumes": self.resumes,
            "preflight": [check_report(one) for one in self.preflight],
            "events": [_event(one) for one in self.events],
            "pictures": [_picture(one) for one in self.pictures],
        }

    def write(self, folder: Path) -> None:
        """Write ``flight.json``, ``track.geojson`` and ``track.csv``, each whole or not at all."""
        write_atomically(folder / RECORD_FILE, json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n")
        if len(self.track):
            write_atomically(folder / TRACK_FILE, json.dumps(track_geojson(self.track), ensure_ascii=False) + "\n")
            write_atomically(folder / TABLE_FILE, track_csv(self.track))


def track_geojson(track: Track) -> dict[str, object]:
    """A track as one RFC 7946 LineString with metres above sea level; ``coordTimes`` has a time for each point."""
    places = [
        [round(lon, 7), round(lat, 7), *([] if math.isnan(alt) else [round(alt, 2)])]
        for lon, lat, alt in zip(track.lon.tolist(), track.lat.tolist(), track.alt_amsl_m.tolist(), strict=True)
    ]
    times = [datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") for at in track.time_s.tolist()]
    geometry = {"type": "LineString", "coordinates": places if len(places) > 1 else places * 2}
    feature = {"type": "Feature", "properties": {"kind": "track", "coordTimes": times}, "geometry": geometry}
    return {"type": "FeatureCollection", "features": [feature]}


def track_csv(track: Track) -> str:
    """A track as a table with the names of ``Track``'s columns; an unknown is an empty cell."""
    names = [column.name for column in fields(Track)]
    digits = {"time_s": 3, "lon": 7, "lat": 7}
    columns = [
        ["" if math.isnan(value) else f"{value:.{digits.get(name, 2)}f}" for value in getattr(track, name).tolist()]
        for name in names
    ]
    return "\n".join([",".join(names), *(",".join(row) for row in zip(*columns, strict=True))]) + "\n"


def _event(one: FlightEvent) -> dict[str, object]:
    return {
        "at": one.at.isoformat(timespec="milliseconds"),
        "kind": one.kind.value,
        "text": one.text,
        "severity": one.severity.name.lower(),
        "position": None if one.position is None else [round(one.position.lon, 7), round(one.position.lat, 7)],
        "item": one.item,
    }


def _picture(one: Picture) -> dict[str, object]:
    return {
        "at": one.at.isoformat(timespec="milliseconds"),
        "number": one.number,
        "position": [round(one.position.lon, 7), round(one.position.lat, 7)],
        "altitude_home_m": None if one.altitude_home is None else round(one.altitude_home.metres, 2),
        "altitude_amsl_m": None if one.altitude_amsl is None else round(one.altitude_amsl.metres, 2),
        "roll_deg": _rounded(one.roll_deg, 2),
        "pitch_deg": _rounded(one.pitch_deg, 2),
        "heading_deg": _rounded(one.heading_deg, 2),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
