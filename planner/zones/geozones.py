"""What ED-269 and ED-318 have in common: words of restriction, floors and ceilings, hours, places."""

from __future__ import annotations

from datetime import datetime

from planner.errors import FileFormatError, SettingError
from planner.hours import ALWAYS, WEEKDAYS, DayTimes, Hours, Period, moment_from, time_from
from planner.quantities import FEET_PER_METRE, Altitude, LonLat
from planner.zones.heights import Datum, Height, Side
from planner.zones.json_path import Node

RESTRICTIONS = ("PROHIBITED", "REQ_AUTHORISATION", "REQ_AUTHORIZATION", "CONDITIONAL", "NO_RESTRICTION", "USPACE")

FREE = "NO_RESTRICTION"
"""A zone that says so bars nobody; it is told and left out."""

DATUMS = {"AGL": Datum.GROUND, "AMSL": Datum.SEA, "WGS84": Datum.ELLIPSOID}
EVENTS = ("BMCT", "SR", "SS", "EMCT", "EECT")
"""Begin of morning twilight, sunrise, sunset, end of evening twilight: taken as the whole day."""


def restriction(node: Node) -> str:
    """The word of a restriction. Raises ``FileFormatError``."""
    word = node.word()
    if word not in RESTRICTIONS:
        raise node.wrong(f"{word[:40]!r} is no restriction.", f"Known: {', '.join(RESTRICTIONS)}.")
    return word


def metres_in(unit: Node) -> float:
    """Metres in the unit of a node: M, or FT. Raises ``FileFormatError``."""
    word = unit.word()
    if word not in ("M", "FT"):
        raise unit.wrong(f"The unit {word[:20]!r} is not known.", "Known: M, FT.")
    return 1.0 if word == "M" else 1 / FEET_PER_METRE


def bounds(
    lower: Node, lower_datum: Node, upper: Node, upper_datum: Node, unit: float
) -> tuple[Altitude | None, Altitude | None]:
    """Floor and ceiling, each on the safe side; a limit that is null is the ground, or no top.

    Raises ``FileFormatError``, also where the floor lies above the ceiling.
    """
    low, high = _height(lower, lower_datum, unit), _height(upper, upper_datum, unit)
    if low is not None and high is not None and low.is_above(high):
        raise upper.wrong(f"The ceiling ({high.metres:g} m) lies below the floor ({low.metres:g} m).")
    return (
        None if low is None else low.bound(Side.FLOOR),
        None if high is None else high.bound(Side.CEILING),
    )


def hours(periods: Node, schedule: tuple[str, ...]) -> Hours:
    """The hours in ``applicability`` or ``limitedApplicability``; ``schedule`` names the lists of daily times.

    Raises ``FileFormatError``.
    """
    if periods.missing:
        return ALWAYS
    found = [_period(node, schedule) for node in periods]
    return ALWAYS if Period() in found else Hours(tuple(found))


def place(node: Node) -> LonLat:
    """A position of GeoJSON, longitude first. Raises ``FileFormatError``."""
    lon, lat = _pair(node)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise node.wrong(f"[{lon:g}, {lat:g}] is no longitude and latitude.", "GeoJSON has longitude first.")
    return LonLat(lon, lat)


def _pair(node: Node) -> tuple[float, float]:
    numbers = list(node)
    if len(numbers) not in (2, 3):
        raise node.wrong("A pair of longitude and latitude is expected here.")
    return numbers[0].number(), numbers[1].number()


def _height(limit: Node, datum: Node, unit: float) -> Height | None:
    if limit.missing:
        return None
    metres = limit.number() * unit
    word = datum.word()
    if word not in DATUMS:
        raise datum.wrong(f"The reference {word[:20]!r} is not known.", f"Known: {', '.join(DATUMS)}.")
    return Height(metres, DATUMS[word])


def _period(node: Node, schedule: tuple[str, ...]) -> Period:
    if not node["permanent"].missing and node["permanent"].value in ("YES", True):
        return Period()
    start, end = (_moment(node[key]) for key in ("startDateTime", "endDateTime"))
    daily = node.first(*schedule)
    times = [] if daily.missing else [_times(one) for one in daily]
    if DayTimes() in times:
        times = []
    try:
        return Period(start, end, tuple(times))
    except SettingError as error:
        raise node.wrong(error.sentence, error.mend) from None


def _moment(node: Node) -> datetime | None:
    if node.missing:
        return None
    try:
        return moment_from(node.text())
    except SettingError as error:
        raise node.wrong(error.sentence, error.mend) from None


def _times(node: Node) -> DayTimes:
    days = frozenset[int]()
    if not node["day"].missing:
        words = [day.word() for day in node["day"]]
        for day, word in zip(node["day"], words, strict=True):
            if word not in (*WEEKDAYS, "ANY"):
                raise day.wrong(f"{word[:20]!r} is no day.", f"Known: {', '.join(WEEKDAYS)}, ANY.")
        if "ANY" not in words:
            days = frozenset(WEEKDAYS.index(word) for word in words)
    event = next((node[key] for key in ("startEvent", "endEvent") if not node[key].missing), None)
    if event is not None:
        if event.word() not in EVENTS:
            raise event.wrong(f"{event.word()[:20]!r} is no event.", f"Known: {', '.join(EVENTS)}.")
        # Neither side of a sunrise is known here, and it may lie on the neighbouring day in UTC.
        return DayTimes()
    moments = [node[key] for key in ("startTime", "endTime")]
    try:
        start, end = (None if moment.missing else time_from(moment.text()) for moment in moments)
        return DayTimes(days, start, end)
    except SettingError as error:
        raise FileFormatError(error.sentence, about=node.about, mend=error.mend) from None
