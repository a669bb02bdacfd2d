"""When a zone holds: dates, and hours of the day that come again every day or on some days of the week.

What is not known counts as always: a zone that holds too long costs a detour, one that holds too short costs more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from planner.errors import SettingError

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""As ED-269 and ED-318 name them, in the order of ``datetime.date.weekday``."""

_MIDNIGHT = re.compile(r"24:00(:00(\.0+)?)?(Z|[+-]00:?00)", re.IGNORECASE)
_DAY = timedelta(days=1)
_WEEK_AND_A_DAY = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class DayTimes:
    """Hours that come again: on ``days`` (0 Monday … 6 Sunday; empty: every day) from ``start`` to ``end``.

    Times carry their offset from UTC; days are days at that offset. None: from, or to, the day's midnight. An end at or
    before the start lies on the next day.
    """

    days: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None

    def __post_init__(self) -> None:
        if not self.days <= set(range(7)):
            raise SettingError(f"Days of the week are 0 to 6, not {sorted(self.days)}.")
        for moment in (self.start, self.end):
            if moment is not None and moment.utcoffset() is None:
                raise SettingError(f"The time {moment} does not say its time zone.", mend="End it with Z for UTC.")

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """From when to when it holds by this day; None where it does not begin on it."""
        if self.days and day.weekday() not in self.days:
            return None
        zone = next((moment.tzinfo for moment in (self.start, self.end) if moment is not None), UTC)
        begins = datetime.combine(day, self.start or time(tzinfo=zone))
        if self.end is None:
            return begins, datetime.combine(day + _DAY, time(tzinfo=zone))
        ends = datetime.combine(day, self.end)
        return begins, ends if ends > begins else ends + _DAY


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment to another (None: without end), all day or at some times of the day."""

    start: datetime | None = None
    end: datetime | None = None
    times: tuple[DayTimes, ...] = ()

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None:
                _refuse_naive(moment)
        if self.start is not None and self.end is not None and self.end < self.start:
            raise SettingError(f"It ends ({self.end.isoformat()}) before it begins ({self.start.isoformat()}).")

    def applies_during(self, start: datetime, end: datetime) -> bool:
        """Whether any moment from ``start`` to ``end``, both included, lies in it."""
        start = start if self.start is None else max(start, self.start)
        end = end if self.end is None else min(end, self.end)
        if start > end:
            return False
        if not self.times or end - start >= _WEEK_AND_A_DAY:
            return True
        first = start.astimezone(UTC).date() - 2 * _DAY
        days = [first + number * _DAY for number in range((end - start).days + 6)]
        windows = (times.on(day) for times in self.times for day in days)
        return any(window is not None and window[0] <= end and start <= window[1] for window in windows)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a zone holds: in any of its periods; always where there are none."""

    periods: tuple[Period, ...] = ()

    @property
    def always(self) -> bool:
        """Whether it holds at every moment, as far as is known."""
        return not self.periods or Period() in self.periods

    def applies_at(self, when: datetime) -> bool:
        """Whether it holds at a moment. Raises ``SettingError`` for one without a time zone."""
        return self.applies_during(when, when)

    def applies_during(self, start: datetime, end: datetime | None) -> bool:
        """Whether it holds at any moment from ``start`` to ``end``, both included (None: ever after).

        Raises ``SettingError`` for moments without a time zone, and where the end lies before the start.
        """
        _refuse_naive(start)
        if end is None:
            end = datetime.max.replace(tzinfo=UTC)
        _refuse_naive(end)
        if end < start:
            raise SettingError(f"It ends ({end.isoformat()}) before it begins ({start.isoformat()}).")
        return not self.periods or any(period.applies_during(start, end) for period in self.periods)


ALWAYS = Hours()


def moment_from(text: str) -> datetime:
    """A moment in UTC from ISO 8601 with a time zone. Raises ``SettingError`` in words."""
    try:
        moment = datetime.fromisoformat(text.strip())
        _refuse_naive(moment)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingError(
            f"{text[:60]!r} is not a date with a time.", mend='Write for example "2026-05-01T06:00:00Z".'
        ) from None


def time_from(text: str) -> time | None:
    """A time of day with its offset from ISO 8601; None for 24:00, the midnight that ends a UTC day.

    Raises ``SettingError`` in words.
    """
    word = text.strip()
    is_end = _MIDNIGHT.fullmatch(word) is not None
    try:
        moment = time.fromisoformat("00:00Z" if is_end else word)
    except ValueError:
        raise SettingError(f"{text[:60]!r} is not a time of day.", mend='Write for example "17:30Z".') from None
    if moment.utcoffset() is None:
        raise SettingError(f"The time {text[:60]!r} does not say its time zone.", mend="End it with Z for UTC.")
    return None if is_end else moment


def hours_to_json(hours: Hours) -> list[dict[str, object]]:
    """Hours as JSON values that ``hours_from_json`` reads as equal hours."""
    return [_period_to_json(period) for period in hours.periods]


def hours_from_json(value: object) -> Hours:
    """Hours from ``[{"start": …, "end": …, "times": [{"days": ["SAT"], "start": "17:00Z", "end": "20:00Z"}]}]``.

    Every key may be left out. Raises ``SettingError`` in words.
    """
    if not isinstance(value, list | tuple) or not value:
        raise SettingError("Hours are a list of periods.", mend='Write for example [{"times": [{"days": ["SAT"]}]}].')
    return Hours(tuple(_period_from_json(one) for one in value))


def _period_to_json(period: Period) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, moment in (("start", period.start), ("end", period.end)):
        if moment is not None:
            found[key] = moment.isoformat()
    if period.times:
        found["times"] = [_times_to_json(times) for times in period.times]
    return found


def _times_to_json(times: DayTimes) -> dict[str, object]:
    found: dict[str, object] = {}
    if times.days:
        found["days"] = [WEEKDAYS[day] for day in sorted(times.days)]
    for key, moment in (("start", times.start), ("end", times.end)):
        if moment is not None:
            found[key] = moment.isoformat()
    return found


def _period_from_json(value: object) -> Period:
    given = _keys(value, {"start", "end", "times"})
    times = given.get("times", [])
    if not isinstance(times, list | tuple):
        raise SettingError("The times of a period are a list.")
    start, end = (_text(given.get(key), key) for key in ("start", "end"))
    return Period(
        None if start is None else moment_from(start),
        None if end is None else moment_from(end),
        tuple(_times_from_json(one) for one in times),
    )


def _times_from_json(value: object) -> DayTimes:
    given = _keys(value, {"days", "start", "end"})
    days = given.get("days", [])
    if not isinstance(days, list | tuple) or not all(isinstance(day, str) and day in WEEKDAYS for day in days):
        raise SettingError(f"Days are a list of {', '.join(WEEKDAYS)}.")
    start, end = (_text(given.get(key), key) for key in ("start", "end"))
    return DayTimes(
        frozenset(WEEKDAYS.index(day) for day in days),
        None if start is None else time_from(start),
        None if end is None else time_from(end),
    )


def _keys(value: object, known: set[str]) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not set(value) <= known:
        raise SettingError(f"Hours know the keys {', '.join(sorted(known))} here.")
    return value


def _text(value: object, key: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise SettingError(f"The {key} of hours must be a text.")
    return value


def _refuse_naive(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise SettingError(f"{moment.isoformat()} does not say its time zone.", mend="End it with Z for UTC.")
