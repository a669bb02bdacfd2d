"""Flights' logs as the commands take and tell them: where they are, what is in them as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from qyran.report import place_report

if TYPE_CHECKING:
    from planner.quantities import Altitude
    from telemetry import FlightEvent
    from telemetry.logs import Damage
    from telemetry.replay import Moment
    from telemetry.tlog import Log

LOG_ENDINGS = (".tlog", ".bin")


def find_log(path: Path) -> Path:
    """A log, or that in a flight's folder: its .tlog before a .bin. Raises ``InputError``."""
    if not path.exists():
        raise InputError("There is no such file or folder.", about=str(path))
    if not path.is_dir():
        return path
    for ending in LOG_ENDINGS:
        found = [one for one in sorted(path.iterdir()) if one.suffix.lower() == ending and one.is_file()]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.name for one in found[:5])
            raise InputError(f"There are several logs in it: {names}.", about=str(path), mend="Name one of them.")
    raise InputError("There is no .tlog and no .bin in it.", about=str(path))


def find_logs(path: Path) -> list[Path]:
    """Every log in a folder and in those below it, or the one that is named. Raises ``InputError`` for none."""
    if not path.is_dir():
        return [find_log(path)]
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in LOG_ENDINGS and _is_log(one))
    if not found:
        raise InputError("There is no .tlog and no .bin in it or below it.", about=str(path))
    return found


def _is_log(path: Path) -> bool:
    """Whether it may be one: many things end in .bin, and an empty one says nothing."""
    from telemetry.logs.dataflash import is_dataflash  # noqa: PLC0415

    if not path.is_file() or not path.stat().st_size:
        return False
    return path.suffix.lower() == ".tlog" or is_dataflash(path)


def show_report(path: Path, opened: Log) -> dict[str, object]:
    """What a log holds; times in ISO 8601, durations in s, null is unknown."""
    return {
        "log": str(path),
        "vehicle": opened.system_id,
        "vehicles": list(opened.systems),
        "started": None if opened.started is None else opened.started.isoformat(),
        "ended": None if opened.ended is None else opened.ended.isoformat(),
        "duration_s": None if opened.duration_s is None else round(opened.duration_s, 2),
        "positions": len(opened.track),
        "pictures": len(opened.pictures),
        "events": len(opened.events),
        "messages": dict(sorted(opened.counts.items())),
        "damage": damage_report(opened.damage),
    }


def damage_report(damage: Damage) -> dict[str, object]:
    """What could not be read, how much and where (bytes from the file's beginning; the first thousand places)."""
    return {
        "bytes_skipped": damage.bytes_skipped,
        "packets_bad": damage.packets_bad,
        "packets_unknown": damage.packets_unknown,
        "unknown": {str(number): count for number, count in damage.unknown.items()},
        "truncated": damage.truncated,
        "stamps_bad": damage.stamps_bad,
        "steps_back": damage.steps_back,
        "places": [
            {"at": one.at, "length": one.length, "flaw": one.flaw.value, "message": one.number} for one in damage.spots
        ],
    }


def event_report(event: FlightEvent, number: int | None) -> dict[str, object]:
    """An event as plain values; ``number`` as it is counted in its log."""
    return {
        "event": number,
        "at": event.at.isoformat(timespec="milliseconds"),
        "kind": event.kind.value,
        "severity": event.severity.name.lower(),
        "text": event.text,
        "place": place_report(event.position),
        "item": event.item,
    }


def state_report(moment: Moment) -> dict[str, object]:
    """What was known at a moment; every unknown is null."""
    state = moment.state
    return {
        "at_s": round(moment.at_s, 3),
        "at": moment.at.isoformat(timespec="milliseconds"),
        "freshness": moment.freshness.value,
        "age_s": round(moment.age_s, 3),
        "vehicle": state.system_id,
        "mode": state.mode,
        "armed": state.armed,
        "landed": state.landed,
        "place": place_report(state.position),
        "altitude_home_m": _metres(state.altitude_home),
        "altitude_amsl_m": _metres(state.altitude_amsl),
        "speed_mps": _rounded(state.speed_mps),
        "climb_mps": _rounded(state.climb_mps),
        "heading_deg": _rounded(state.heading_deg),
        "battery": _rounded(state.battery_share),
        "mission_current": state.mission_current,
        "mission_reached": state.mission_reached,
    }


def _metres(altitude: Altitude | None) -> float | None:
    return None if altitude is None else round(altitude.metres, 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
