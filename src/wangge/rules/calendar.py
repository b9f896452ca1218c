"""Working days and working time of the township.

Moments are aware and come back in UTC; days, weeks and months are the town's.
No clock is read here: whoever asks hands in the moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

import chinese_calendar

from wangge.rules.policy import Policy

TOWN_ZONE = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)


def local(moment: datetime) -> datetime:
    """Return the same moment as a clock on the town hall's wall shows it."""
    return moment.astimezone(TOWN_ZONE)


def local_day(moment: datetime) -> date:
    """Return the town's day on which the moment falls."""
    return local(moment).date()


def start_of_day(day: date) -> datetime:
    """Return the town's midnight at which the day begins, in UTC."""
    return moment_of(day, time(0))


def week_of(day: date) -> tuple[date, date]:
    """Return the Monday of the day's week and the Monday after it (half-open)."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def month_of(day: date) -> tuple[date, date]:
    """Return the first day of the day's month and of the month after it (half-open)."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True)
class WorkCalendar:
    """When the office is open: the published calendar, corrected by the town's policy."""

    days_off: frozenset[date]
    workdays: frozenset[date]
    windows: tuple[tuple[time, time], ...]
    """Opening hours of a working day, half-open, in order."""

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Return the calendar that follows this policy."""
        return cls(
            days_off=frozenset(policy.calendar.days_off),
            workdays=frozenset(policy.calendar.workdays),
            windows=(policy.hours.morning, policy.hours.afternoon),
        )

    def is_workday(self, day: date) -> bool:
        """Say whether the office works that day; the policy's workdays go before its days off."""
        if day in self.workdays:
            return True
        return day not in self.days_off and _published_workday(day)

    def unknown_year(self, year: int) -> bool:
        """Say whether nobody has named that year's holidays, so that weekdays are only a guess.

        One day off in the policy makes the year known: somebody has looked at it.
        """
        return not _is_published(year) and all(day.year != year for day in self.days_off)

    def first_workday(self, day: date) -> date:
        """Return the first working day on or after the day; in a long holiday it lies in a later week."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def workdays_left(self, day: date, last: date) -> int:
        """Count the working days from `day` to `last`, both included."""
        return sum(self.is_workday(each) for each in _days(day, last))

    def last_workdays(self, year: int, month: int, n: int) -> list[date]:
        """Return the last `n` working days of a month, in order."""
        first, after = month_of(date(year, month, 1))
        found = [day for day in _days(first, after - ONE_DAY) if self.is_workday(day)]
        return found[max(0, len(found) - n) :]

    def is_open(self, moment: datetime) -> bool:
        """Say whether the office is open; at 12:00 sharp it is closed."""
        return self.next_open(moment) == moment

    def next_open(self, moment: datetime) -> datetime:
        """Return the first open moment not before `moment`."""
        start, _ = next(self._open_from(moment))
        return start

    def add_working(self, moment: datetime, duration: timedelta) -> datetime:
        """Return the earliest moment by which `duration` of working time has passed.

        Seven hours from 08:30 end at 18:00 of the same day, not at 08:30 of the next.
        """
        if duration <= NO_TIME:
            return moment.astimezone(UTC)
        left = duration
        windows = self._open_from(moment)
        start, end = next(windows)
        while left > end - start:
            left -= end - start
            start, end = next(windows)
        return start + left

    def subtract_working(self, moment: datetime, duration: timedelta) -> datetime:
        """Return the latest moment from which `duration` of working time passes until `moment`.

        Seven hours before 18:00 are 08:30 of the same day, not 18:00 of the day before.
        """
        if duration <= NO_TIME:
            return moment.astimezone(UTC)
        left = duration
        windows = self._open_until(moment)
        start, end = next(windows)
        while left > end - start:
            left -= end - start
            start, end = next(windows)
        return end - left

    def working_between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the working time from `begin` to `end`; nothing if `end` is not later."""
        total = NO_TIME
        for opens, closes in self._open_from(begin):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _open_from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left of the opening hours from `moment` on, without end.

        It always comes to the next one, since the policy names finitely many days off.
        """
        day = local_day(moment)
        while True:
            day = self.first_workday(day)
            for opens, closes in self.windows:
                start = max(moment_of(day, opens), moment.astimezone(UTC))
                end = moment_of(day, closes)
                if start < end:
                    yield start, end
            day += ONE_DAY

    def _open_until(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what was open before `moment`, backwards without end."""
        day = local_day(moment)
        while True:
            if self.is_workday(day):
                for opens, closes in reversed(self.windows):
                    start, end = moment_of(day, opens), min(moment_of(day, closes), moment.astimezone(UTC))
                    if start < end:
                        yield start, end
            day -= ONE_DAY


def moment_of(day: date, at: time) -> datetime:
    """Return a time of a town's day, in UTC."""
    return datetime.combine(day, at, TOWN_ZONE).astimezone(UTC)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


@lru_cache(maxsize=8192)
def _published_workday(day: date) -> bool:
    """Say what the published calendar says, or the weekday where none is published."""
    if _is_published(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


@lru_cache(maxsize=256)
def _is_published(year: int) -> bool:
    """Say whether the State Council's calendar of that year is in the package, which raises if not."""
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True
