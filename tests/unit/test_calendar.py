"""Working time follows the published calendar, the policy's corrections, and half-open hours."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.records.values import Urgency
from wangge.rules.calendar import (
    TOWN_ZONE,
    WorkCalendar,
    local,
    local_day,
    month_of,
    start_of_day,
    week_of,
)
from wangge.rules.clocks import until
from wangge.rules.policy import Calendar, Policy

POLICY = Policy.model_validate(tomllib.loads(files("wangge.rules").joinpath("town.toml").read_text("utf-8")))
CALENDAR = WorkCalendar.of(POLICY)
HOURS = timedelta(hours=1)
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
MOMENTS = st.integers(0, 9 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=TOWN_ZONE) + timedelta(minutes=minutes, seconds=minutes % 61)
)
DURATIONS = st.timedeltas(timedelta(0), timedelta(hours=200))


def at(words: str) -> datetime:
    """Return the town's moment written as 2026-11-23 08:30."""
    return datetime.fromisoformat(words).replace(tzinfo=TOWN_ZONE)


def with_days(days_off: tuple[date, ...] = (), workdays: tuple[date, ...] = ()) -> WorkCalendar:
    calendar = Calendar(days_off=days_off, workdays=workdays)
    return WorkCalendar.of(POLICY.model_copy(update={"calendar": calendar}))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-23", True),
        ("2026-11-22", False),
        ("2026-02-16", False),  # 春节
        ("2026-02-14", True),  # a Saturday made up for it
        ("2026-10-10", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-09-25", False),
    ],
)
def test_published_days(day: str, works: bool) -> None:
    """Holidays and make-up days are the State Council's."""
    assert CALENDAR.is_workday(date.fromisoformat(day)) is works


def test_policy_corrects_the_published_calendar() -> None:
    """The town's own days go before the published ones; a workday before a day off."""
    monday, sunday = date(2026, 11, 23), date(2026, 11, 22)
    calendar = with_days((monday,), (sunday,))
    assert (calendar.is_workday(monday), calendar.is_workday(sunday)) == (False, True)
    assert with_days((monday,), (monday,)).is_workday(monday)


def test_unknown_year_falls_back_to_weekdays_and_can_be_asked_about() -> None:
    """A year without a published calendar works on weekdays until the policy names its days off."""
    assert not CALENDAR.unknown_year(2026)
    assert CALENDAR.unknown_year(2050)
    assert [CALENDAR.is_workday(date(2050, 10, day)) for day in (1, 2, 3)] == [False, False, True]
    assert not with_days((date(2050, 10, 3),)).unknown_year(2050)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23 08:29", "2026-11-23 08:30"),
        ("2026-11-23 08:30", "2026-11-23 08:30"),
        ("2026-11-23 11:59", "2026-11-23 11:59"),
        ("2026-11-23 12:00", "2026-11-23 14:30"),
        ("2026-11-23 18:00", "2026-11-24 08:30"),
        ("2026-11-20 18:00", "2026-11-23 08:30"),
        ("2026-02-14 18:00", "2026-02-24 08:30"),
    ],
)
def test_hours_are_half_open(moment: str, opens: str) -> None:
    """The office is open from the first minute of its hours and closed at the last."""
    found = CALENDAR.next_open(at(moment))
    assert (found, found.tzinfo) == (at(opens), UTC)
    assert CALENDAR.is_open(at(moment)) is (moment == opens)


@pytest.mark.parametrize(
    ("begin", "hours", "end"),
    [
        ("2026-11-20 16:00", 7, "2026-11-23 16:00"),
        ("2026-11-23 08:30", 7, "2026-11-23 18:00"),
        ("2026-11-23 08:30", 3.5, "2026-11-23 12:00"),
        ("2026-11-23 12:30", 1, "2026-11-23 15:30"),
        ("2026-11-23 20:00", 7, "2026-11-24 18:00"),
        ("2026-11-23 03:00", 0, "2026-11-23 03:00"),
        ("2026-02-13 17:00", 8, "2026-02-14 18:00"),
        ("2026-02-13 17:00", 9, "2026-02-24 09:30"),
    ],
)
def test_working_time_ends_at_the_earlier_moment(begin: str, hours: float, end: str) -> None:
    """A limit that is used up at closing time ends there, not at the next opening."""
    assert CALENDAR.add_working(at(begin), hours * HOURS) == at(end)


@given(MOMENTS, DURATIONS)
def test_adding_and_measuring_agree(begin: datetime, duration: timedelta) -> None:
    """What is added is what is measured, and no earlier moment would do."""
    end = CALENDAR.add_working(begin, duration)
    assert CALENDAR.working_between(begin, end) == duration
    if duration:
        assert CALENDAR.working_between(begin, end - timedelta(microseconds=1)) < duration


@given(MOMENTS, DURATIONS, DURATIONS)
def test_adding_in_two_steps_is_adding_at_once(begin: datetime, one: timedelta, two: timedelta) -> None:
    """Working time may be used up in pieces."""
    assert CALENDAR.add_working(CALENDAR.add_working(begin, one), two) == CALENDAR.add_working(
        begin, one + two
    )


@given(MOMENTS, DURATIONS)
def test_subtracting_takes_back_what_was_added(end: datetime, duration: timedelta) -> None:
    """There and back is the same work; no later moment would do, and an open moment comes back itself."""
    begin = CALENDAR.subtract_working(end, duration)
    assert CALENDAR.working_between(begin, end) == duration
    if duration:
        assert CALENDAR.working_between(begin + timedelta(microseconds=1), end) < duration
    there = CALENDAR.next_open(end)
    assert CALENDAR.subtract_working(CALENDAR.add_working(there, duration), duration) == there


@given(MOMENTS, MOMENTS, MOMENTS)
def test_spans_are_half_open_and_add_up(one: datetime, two: datetime, three: datetime) -> None:
    """Nothing is counted twice at a border, and nothing is lost there."""
    first, middle, last = sorted((one, two, three))
    parts = CALENDAR.working_between(first, middle) + CALENDAR.working_between(middle, last)
    assert parts == CALENDAR.working_between(first, last)


@given(DAYS)
def test_a_day_is_seven_hours_or_none(day: date) -> None:
    """Make-up days and year ends too; where no calendar is published, weekdays are worked."""
    begin, end = start_of_day(day), start_of_day(day + timedelta(days=1))
    assert CALENDAR.working_between(begin, end) == (7 * HOURS if CALENDAR.is_workday(day) else timedelta(0))
    if CALENDAR.unknown_year(day.year):
        assert CALENDAR.is_workday(day) is (day.weekday() < 5)


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-02-13 18:00", "2026-02-24 09:30", 8),  # the Saturday before 春节
        ("2026-12-31 16:00", "2027-01-04 09:30", 10),  # 2027 is not published: its first day is a Friday
        ("2025-12-31 16:00", "2026-01-05 09:30", 10),  # three days off, then a Sunday made up for
        ("2026-11-23 12:00", "2026-11-23 14:30", 0),
        ("2026-11-23 11:59", "2026-11-23 14:31", 2 / 60),
    ],
)
def test_working_time_over_holidays_and_year_ends(begin: str, end: str, hours: float) -> None:
    """Counted forwards and backwards alike."""
    assert CALENDAR.working_between(at(begin), at(end)) == hours * HOURS
    if hours:
        assert CALENDAR.add_working(at(begin), hours * HOURS) == at(end)
        assert (
            CALENDAR.working_between(CALENDAR.subtract_working(at(end), hours * HOURS), at(end))
            == hours * HOURS
        )


@given(MOMENTS)
def test_next_open_is_open(moment: datetime) -> None:
    """The next open moment is open, not earlier, and nothing is worked before it."""
    opens = CALENDAR.next_open(moment)
    assert opens >= moment
    assert CALENDAR.is_open(opens)
    assert not CALENDAR.working_between(moment, opens)
    assert CALENDAR.is_open(moment) is (opens == moment)


def test_nothing_is_worked_backwards() -> None:
    """A span that ends before it begins holds no working time."""
    assert CALENDAR.working_between(at("2026-11-24 10:00"), at("2026-11-23 10:00")) == timedelta(0)


def test_workdays_are_counted() -> None:
    """First, last and left are counted on the same calendar."""
    assert CALENDAR.workdays_left(date(2026, 11, 23), date(2026, 11, 30)) == 6
    assert CALENDAR.workdays_left(date(2026, 11, 30), date(2026, 11, 23)) == 0
    assert CALENDAR.first_workday(date(2026, 2, 16)) == date(2026, 2, 24)
    last = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]
    assert CALENDAR.last_workdays(2026, 11, 3) == last
    assert CALENDAR.last_workdays(2026, 11, 0) == []


@given(DAYS)
def test_weeks_and_months_hold_their_day(day: date) -> None:
    """A day lies in its week and month; both begin and end where the next begins."""
    monday, next_monday = week_of(day)
    first, next_first = month_of(day)
    assert monday <= day < next_monday
    assert (monday.weekday(), next_monday - monday) == (0, timedelta(days=7))
    assert first <= day < next_first
    assert (first.day, next_first.day, month_of(next_first)[0]) == (1, 1, next_first)


def test_days_are_the_towns() -> None:
    """Midnight is that of Asia/Shanghai, sixteen hundred hours of the day before in UTC."""
    assert start_of_day(date(2026, 11, 23)) == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert local_day(datetime(2026, 11, 22, 16, tzinfo=UTC)) == date(2026, 11, 23)
    assert local(datetime(2026, 11, 22, 16, tzinfo=UTC)).hour == 0


@pytest.mark.parametrize(
    ("urgency", "is_dispute", "accept", "finish"),
    [
        ("critical", False, "2026-11-20 17:45", "2026-11-21 17:30"),
        ("critical", True, "2026-11-20 17:45", "2026-11-21 17:30"),
        ("urgent", True, "2026-11-20 19:30", "2026-11-21 17:30"),
        ("usual", False, "2026-11-23 17:30", "2026-11-27 17:30"),
        ("usual", True, "2026-11-23 17:30", "2026-12-20 17:30"),
    ],
)
def test_limits(urgency: Urgency, is_dispute: bool, accept: str, finish: str) -> None:
    """Urgent matters run by the clock whatever they are; disputes have thirty days, others five."""
    friday = at("2026-11-20 17:30")
    limit = POLICY.limit("D" if is_dispute else "E", urgency)
    assert until("accept", friday, limit, CALENDAR) == at(accept)
    assert until("finish", friday, limit, CALENDAR) == at(finish)
