"""One vehicle's flight from a dataflash log: the same value that a ``.tlog`` is read as."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.quantities import Altitude, LonLat
from planner.track import Column, Electricity, Track
from telemetry.events import EventKind, FlightEvent, Picture
from telemetry.logs.columns import Columns, Table
from telemetry.logs.dataflash import read_dataflash_columns
from telemetry.modes import COPTER_MODES
from telemetry.state import Severity
from telemetry.tlog import Log

_KINDS = ("POS", "ATT", "GPS", "BAT", "MODE", "MSG", "ARM", "EV", "ERR", "CAM", "PARM")
_EV_ARMED, _EV_DISARMED = 10, 11
"""LogEvent of ArduPilot's AP_Logger.h."""
FARTHEST_DEG = 3.0
"""From the middle of a flight."""
_SYSTEM_NAMES = ("SYSID_THISMAV", "MAV_SYSID")


def read_dataflash(path: Path) -> Log:
    """Read a ``.bin`` as far as it goes: track, events, pictures, battery, parameters.

    ArduPilot begins a log when it arms: where it does not say so, the log's first moment counts as that. Its texts have
    no severity; failsafes and other faults (ERR) are warnings. Raises ``FileFormatError``.
    """
    # Damaged messages hold numbers that are none; they are unknown then, not an error.
    with np.errstate(all="ignore"):
        return _read(path)


def _read(path: Path) -> Log:
    opened = read_dataflash_columns(path, only=_KINDS)
    assert opened.index is not None, "a .bin has messages"
    parameters = _parameters(opened)
    own = [int(parameters[name]) for name in _SYSTEM_NAMES if 1 <= parameters.get(name, 0.0) <= 255]
    system = own[0] if own else None
    track = _track(opened)
    stamps = opened.index.stamp_us
    return Log(
        system_id=system,
        systems=() if system is None else (system,),
        track=track,
        events=tuple(sorted(_events(opened, track, _utc(int(stamps[0]))), key=lambda event: event.at)),
        pictures=tuple(_pictures(opened)),
        counts=opened.counts,
        damage=opened.damage,
        started=_utc(int(stamps[0])),
        ended=_utc(int(stamps.max())),
        electricity=_electricity(opened),
        parameters=parameters,
    )


def _utc(stamp_us: float) -> datetime:
    return datetime.fromtimestamp(stamp_us / 1e6, UTC)


def _table(opened: Columns, kind: str, *needed: str) -> Table | None:
    """Messages of a kind; None where the log has none, or an older or newer firmware describes it otherwise."""
    if kind not in opened or not set(needed) <= set(opened[kind].fields):
        return None
    return opened[kind]


def _parameters(opened: Columns) -> dict[str, float]:
    table = _table(opened, "PARM", "Name", "Value")
    if table is None:
        return {}
    return dict(zip(table.words("Name"), (float(value) for value in table["Value"].tolist()), strict=True))


def _track(opened: Columns) -> Track:
    told = _table(opened, "POS", "Lat", "Lng", "Alt") or _table(opened, "GPS", "Lat", "Lng", "Alt")
    if told is None:
        return Track(*(np.empty(0) for _ in range(9)))
    told = _first_of(told)
    places = told.where(_sound(told))
    at = places.time_s
    above_home = "RelHomeAlt" in places.fields
    return Track(
        time_s=at,
        lon=places.scaled("Lng"),
        lat=places.scaled("Lat"),
        alt_home_m=places.scaled("RelHomeAlt").astype(np.float64) if above_home else np.full(len(at), np.nan),
        alt_amsl_m=places.scaled("Alt").astype(np.float64),
        speed_mps=_between(opened, "GPS", "Spd", at),
        heading_deg=_turned(opened, "ATT", "Yaw", at),
        roll_deg=_between(opened, "ATT", "Roll", at),
        pitch_deg=_between(opened, "ATT", "Pitch", at),
    )


def _sound(table: Table) -> NDArray[np.bool_]:
    """Which places can be: nothing checks a dataflash message, so one far from all others is damage."""
    lon, lat = table.scaled("Lng"), table.scaled("Lat")
    given = (lat != 0) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    if not given.any():
        return np.asarray(given)
    far = np.maximum(np.abs(lat - np.median(lat[given])), np.abs(lon - np.median(lon[given])))
    return np.asarray(given & (far <= FARTHEST_DEG))


def _first_of(table: Table) -> Table:
    """The first of several like sensors."""
    return table.where(table["I"] == table["I"].min()) if "I" in table.fields and len(table) else table


def _between(opened: Columns, kind: str, field: str, at: Column) -> Column:
    found = _table(opened, kind, field)
    if found is None or not len(found):
        return np.full(len(at), np.nan)
    table = _first_of(found)
    values = table.scaled(field).astype(np.float64)
    return np.interp(at, table.time_s, values, left=np.nan, right=np.nan)


def _turned(opened: Columns, kind: str, field: str, at: Column) -> Column:
    found = _table(opened, kind, field)
    if found is None or not len(found):
        return np.full(len(at), np.nan)
    table = _first_of(found)
    angle = np.radians(table.scaled(field).astype(np.float64))
    parts: list[NDArray[np.float64]] = [
        np.interp(at, table.time_s, part, left=np.nan, right=np.nan) for part in (np.sin(angle), np.cos(angle))
    ]
    return np.asarray(np.degrees(np.arctan2(*parts)) % 360.0)


def _electricity(opened: Columns) -> Electricity:
    found = _table(opened, "BAT", "Volt", "Curr")
    if found is None:
        return Electricity(*(np.empty(0) for _ in range(4)))
    table = found
    inst = "Inst" if "Inst" in table.fields else "Instance"
    table = table.where(table[inst] == 0) if inst in table.fields else table
    left = table["RemPct"] / 100.0 if "RemPct" in table.fields else np.full(len(table), np.nan)
    return Electricity(table.time_s, table.scaled("Volt").astype(float), table.scaled("Curr").astype(float), left)


def _events(opened: Columns, track: Track, began: datetime) -> Iterator[FlightEvent]:
    def event(at_s: float, kind: EventKind, text: str, severity: Severity = Severity.NOTICE) -> FlightEvent:
        return FlightEvent(datetime.fromtimestamp(at_s, UTC), kind, text, severity, _place(track, at_s))

    modes, texts = _table(opened, "MODE", "ModeNum"), _table(opened, "MSG", "Message")
    if modes is not None:
        before = None
        for at, number in zip(modes.time_s.tolist(), modes["ModeNum"].tolist(), strict=True):
            mode = COPTER_MODES.get(number, f"mode {number}")
            yield event(at, EventKind.MODE, f"Mode {mode}." if before is None else f"Mode {before} → {mode}.")
            before = mode
    if texts is not None:
        for at, text in zip(texts.time_s.tolist(), texts.words("Message"), strict=True):
            yield event(at, EventKind.TEXT, text, Severity.INFO)
    if (table := _table(opened, "ERR", "Subsys", "ECode")) is not None:
        for at, part, code in zip(
            table.time_s.tolist(), table["Subsys"].tolist(), table["ECode"].tolist(), strict=True
        ):
            yield event(at, EventKind.TEXT, f"Fault {code} of subsystem {part}.", Severity.WARNING)
    arms = list(_arms(opened))
    if arms and not arms[0][1]:
        arms.insert(0, (began.timestamp(), True))
    for at, armed in arms:
        kind = EventKind.ARMED if armed else EventKind.DISARMED
        yield event(at, kind, kind.value.capitalize() + ".")


def _arms(opened: Columns) -> Iterator[tuple[float, bool]]:
    """When it was armed or disarmed; each change once, by events, which every version writes."""
    table = _table(opened, "EV", "Id")
    if table is None:
        return
    last: bool | None = None
    for at, number in zip(table.time_s.tolist(), table["Id"].tolist(), strict=True):
        if number in (_EV_ARMED, _EV_DISARMED) and last is not (number == _EV_ARMED):
            last = number == _EV_ARMED
            yield at, last


def _place(track: Track, at_s: float) -> LonLat | None:
    if not len(track):
        return None
    near = min(int(np.searchsorted(track.time_s, at_s)), len(track) - 1)
    return LonLat(float(track.lon[near]), float(track.lat[near]))


def _pictures(opened: Columns) -> Iterator[Picture]:
    table = _table(opened, "CAM", "Lat", "Lng", "Alt", "RelAlt", "R", "P", "Y")
    if table is None:
        return
    table = table.where(_sound(table))
    for row, name in enumerate(zip(table.scaled("Lng").tolist(), table.scaled("Lat").tolist(), strict=True)):
        yield Picture(
            at=_utc(float(table.stamp_us[row])),
            position=LonLat(*name),
            altitude_home=Altitude.home(float(table.scaled("RelAlt")[row])),
            altitude_amsl=Altitude.amsl(float(table.scaled("Alt")[row])),
            roll_deg=float(table.scaled("R")[row]),
            pitch_deg=float(table.scaled("P")[row]),
            heading_deg=float(table.scaled("Y")[row]) % 360.0,
            number=int(table["Img"][row]) if "Img" in table.fields else row + 1,
        )
