"""Hours of zones against a brute-force reading, minute by minute."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import SettingError
from planner.hours import ALWAYS, DayTimes, Hours, Period, hours_from_json, hours_to_json, moment_from, time_from

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
ZONES = (UTC, timezone(timedelta(hours=5)), timezone(timedelta(hours=-9, minutes=-30)))

moments = st.integers(-3 * 1440, 10 * 1440).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
clocks = st.tuples(st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES))


@st.composite
def day_times(draw):
    zone = draw(st.sampled_from(ZONES))
    clock = st.builds(lambda hour, minute: time(hour, minute, tzinfo=zone), st.integers(0, 23), st.integers(0, 59))
    days = draw(st.frozensets(st.integers(0, 6), max_size=3))
    return DayTimes(days, draw(st.none() | clock), draw(st.none() | clock))


@st.composite
def periods(draw):
    start, end = draw(st.none() | moments), draw(st.none() | moments)
    if start is not None and end is not None and end < start:
        start, end = end, start
    return Period(start, end, tuple(draw(st.lists(day_times(), max_size=2))))


def holds_at(hours: Hours, when: datetime) -> bool:
    """By looking at each day's window that could reach the moment."""
    if not hours.periods:
        return True
    for period in hours.periods:
        if (period.start and when < period.start) or (period.end and when > period.end):
            continue
        if not period.times:
            return True
        for times in period.times:
            for back in range(-2, 3):
                zone = (times.start or times.end or time(tzinfo=UTC)).tzinfo
                day = (when.astimezone(zone) + timedelta(days=back)).date()
                if times.days and day.weekday() not in times.days:
                    continue
                begin = datetime.combine(day, times.start or time(tzinfo=zone))
                end = datetime.combine(day, times.end) if times.end else begin.replace(hour=0, minute=0) + timedelta(1)
                end = end if end > begin else end + timedelta(1)
                if begin <= when <= end:
                    return True
    return False


@settings(max_examples=300, deadline=None)
@given(st.lists(periods(), max_size=2).map(lambda found: Hours(tuple(found))), moments)
def test_a_moment(hours, when):
    """A zone would be flown into while it holds."""
    assert hours.applies_at(when) == holds_at(hours, when)


@settings(max_examples=100, deadline=None)
@given(st.lists(periods(), max_size=2).map(lambda found: Hours(tuple(found))), moments, st.integers(0, 12 * 60))
def test_a_flight_meets_every_moment_of_it(hours, start, minutes):
    """A zone that begins to hold in the middle of a flight would be missed."""
    end = start + timedelta(minutes=minutes)
    if any(holds_at(hours, start + timedelta(minutes=step)) for step in range(0, minutes + 1, 5)):
        assert hours.applies_during(start, end)
    if not hours.applies_during(start, end):
        assert not holds_at(hours, start)
        assert not holds_at(hours, end)


@given(st.lists(periods(), min_size=1, max_size=3).map(lambda found: Hours(tuple(found))))
def test_hours_go_through_json(hours):
    """Hours would change when a site is saved."""
    assert hours_from_json(hours_to_json(hours)) == hours


def test_weekend_evenings():
    """Known answer: Saturday 17:00 to 02:00 holds on Sunday at 01:00, not on Monday at 01:00."""
    hours = Hours((Period(times=(DayTimes(frozenset({5}), time(17, tzinfo=UTC), time(2, tzinfo=UTC)),)),))
    saturday = MONDAY + timedelta(days=5)
    assert hours.applies_at(saturday + timedelta(hours=17))
    assert hours.applies_at(saturday + timedelta(hours=25))
    assert not hours.applies_at(saturday + timedelta(hours=49))
    assert hours.applies_during(MONDAY, MONDAY + timedelta(days=30))
    assert hours.applies_during(MONDAY, None)


def test_unknown_is_always():
    """A zone without hours would rest."""
    assert ALWAYS.always
    assert ALWAYS.applies_at(MONDAY)


@pytest.mark.parametrize("text", ["2026-05-01", "2026-05-01T06:00", "tomorrow", "", "2026-13-01T00:00Z"])
def test_a_moment_that_says_too_little_is_refused(text):
    """A local time read as UTC is five hours wrong in Kazakhstan."""
    with pytest.raises(SettingError):
        moment_from(text)


def test_midnight_at_the_end_of_a_day():
    """24:00 is how files end a day."""
    assert time_from("24:00Z") is None
    assert time_from("23:59:59.00Z") == time(23, 59, 59, tzinfo=UTC)
    with pytest.raises(SettingError, match="time zone"):
        time_from("17:00")
    with pytest.raises(SettingError, match="time zone"):
        Hours().applies_at(datetime(2026, 5, 1))
