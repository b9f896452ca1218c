"""What is due by the clock: pure, asked anew at each tick.

A due thing is (kind, subject, period). Its moment and the moment after which it is
useless follow from the period and the calendar alone, so restarts, jumps of the
clock and a second process come to the same answer, and the claim does the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from wangge.rules.calendar import WorkCalendar, local_day, moment_of, month_of, start_of_day, week_of
from wangge.rules.policy import Policy

Kind = Literal["weekly_todo", "month_end_todo", "digest", "evening_brief", "handover", "purge", "month_close"]

ONE_DAY = timedelta(days=1)
LOOK_BACK = timedelta(days=62)
"""Whoever was away longer is told nothing of before."""
LONGEST_HOLIDAY = timedelta(days=31)
"""A digest may wait this long for the first working day."""
MONTH_END_DAYS = 3
DIGEST_LIFE = timedelta(days=7)
PURGE_AT = time(3)
DESK = "desk"
TOWN = "town"


@dataclass(frozen=True)
class Subjects:
    """Whom the personal plans are for, each by its id as text."""

    workers: Sequence[str] = ()
    """Who may owe visits or have events in hand."""
    leaders: Sequence[str] = ()
    """Who reads the digest."""


@dataclass(frozen=True)
class Due:
    """One thing to be done once for one subject and period."""

    kind: Kind
    subject: str
    period: str
    """Monday or day as 20261123, month as 202611."""
    not_before: datetime
    useless_after: datetime

    def is_useless(self, now: datetime) -> bool:
        """Tell whether it is too late: it is decided as skipped and logged."""
        return now > self.useless_after


@dataclass(frozen=True)
class Plan:
    """When one kind is due in one period, whomever it is for."""

    kind: Kind
    period: str
    not_before: datetime
    useless_after: datetime


def due_at(
    now: datetime, since: datetime, policy: Policy, calendar: WorkCalendar, subjects: Subjects
) -> list[Due]:
    """Return what became due after `since` and until `now`, what is useless by now included, in order."""
    since = max(since, now - LOOK_BACK)
    persons: dict[Kind, Sequence[str]] = {
        "weekly_todo": subjects.workers,
        "month_end_todo": subjects.workers,
        "digest": subjects.leaders,
        "evening_brief": (DESK,),
        "handover": (DESK,),
        "purge": (TOWN,),
        "month_close": (TOWN,),
    }
    plans = [plan for plan in plans_between(since, now, policy, calendar) if since < plan.not_before <= now]
    return [
        Due(plan.kind, subject, plan.period, plan.not_before, plan.useless_after)
        for plan in sorted(plans, key=lambda plan: (plan.not_before, plan.kind))
        for subject in persons[plan.kind]
    ]


def window_start(first_tick: datetime, last_tick: datetime, now: datetime) -> datetime:
    """Return since when to ask at `now`: the beginning of the last tick's day, for `due_at`.

    What became due earlier that day is asked about again, since a changed policy or
    roster may have added to it. When the clock has turned back, what looked too late
    may be in time after all. What was due before the very first tick is nobody's.
    """
    begin = now - LOOK_BACK if last_tick > now else start_of_day(local_day(last_tick))
    return max(begin, first_tick)


def plans_between(since: datetime, now: datetime, policy: Policy, calendar: WorkCalendar) -> Iterator[Plan]:
    """Yield the plans of every period that may become due between two moments, and some around."""
    first, last = local_day(since), local_day(now)
    monday = week_of(first - LONGEST_HOLIDAY)[0]
    while monday <= last:
        yield from _of_week(monday, policy, calendar)
        monday += timedelta(days=7)
    month = month_of(first)[0]
    while month <= last:
        yield from _of_month(month, policy, calendar)
        month = month_of(month)[1]
    day = first
    while day <= last:
        yield from _of_day(day, policy)
        day += ONE_DAY


def _of_week(monday: date, policy: Policy, calendar: WorkCalendar) -> Iterator[Plan]:
    """本周待办 on the week's first working day; the digest of the week before on its Monday or after it."""
    reminders = policy.reminders
    first, last = _workdays_of_week(monday, calendar)
    if reminders.weekly_todo and first and last and not _is_month_end(first, policy, calendar):
        at = moment_of(first, reminders.weekly_todo_at)
        yield Plan("weekly_todo", f"{monday:%Y%m%d}", at, _end_of(last, policy))
    if reminders.digest:
        at = moment_of(calendar.first_workday(monday), reminders.digest_at)
        yield Plan("digest", f"{monday - timedelta(days=7):%Y%m%d}", at, at + DIGEST_LIFE)


def _of_month(month: date, policy: Policy, calendar: WorkCalendar) -> Iterator[Plan]:
    """One message in the last three working days.

    A person gets at most one message on a day and as few as can be in a week: if one of
    the three is the first working day of its week, the month's message takes the place
    of that week's; else it comes on the first of the three.
    """
    days = calendar.last_workdays(month.year, month.month, MONTH_END_DAYS)
    at = moment_of(month.replace(day=policy.reports.close_day), policy.reports.close_at)
    yield Plan("month_close", f"{month - ONE_DAY:%Y%m}", at, at + LOOK_BACK)
    if policy.reminders.month_end_todo and days:
        at = moment_of(_month_end_day(days, calendar), policy.reminders.weekly_todo_at)
        yield Plan("month_end_todo", f"{month:%Y%m}", at, _end_of(days[-1], policy))


def _of_day(day: date, policy: Policy) -> Iterator[Plan]:
    """Handover and evening brief, for somebody is on duty every day, and the night's purge."""
    if policy.reminders.handover:
        at = moment_of(day, policy.desk.shift_at)
        yield Plan("handover", f"{day:%Y%m%d}", at, start_of_day(day + ONE_DAY))
    if policy.reminders.evening_brief:
        at = moment_of(day, policy.desk.brief_at)
        yield Plan("evening_brief", f"{day:%Y%m%d}", at, start_of_day(day + ONE_DAY))
    at = moment_of(day, PURGE_AT)
    yield Plan("purge", f"{day:%Y%m%d}", at, at + ONE_DAY)


def _month_end_day(days: Sequence[date], calendar: WorkCalendar) -> date:
    openers = [day for day in days if _workdays_of_week(week_of(day)[0], calendar)[0] == day]
    return openers[0] if openers else days[0]


def _is_month_end(day: date, policy: Policy, calendar: WorkCalendar) -> bool:
    """Tell whether the month's message stands for the weekly one on this first working day."""
    days = calendar.last_workdays(day.year, day.month, MONTH_END_DAYS)
    return policy.reminders.month_end_todo and day in days and _month_end_day(days, calendar) == day


def _workdays_of_week(monday: date, calendar: WorkCalendar) -> tuple[date | None, date | None]:
    """Return the first and last working day of a week; a week of holidays has none."""
    days = [day for n in range(7) if calendar.is_workday(day := monday + timedelta(days=n))]
    return (days[0], days[-1]) if days else (None, None)


def _end_of(day: date, policy: Policy) -> datetime:
    return moment_of(day, policy.hours.afternoon[1])
