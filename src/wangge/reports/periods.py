"""Weeks, months, quarters and years of the town, each judged as it stood at a cut-off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from wangge.rules.calendar import local_day, month_of, start_of_day, week_of

Sort = Literal["week", "month", "quarter", "year", "days"]
Judged = Literal["end", "now", "close"]
"""At its own end or while it runs, at this moment however long ago it ended, or when its month was closed."""
MARKS: dict[Judged, str] = {"end": "", "now": "n", "close": "c"}
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """[start, end), judged as it stood at the cut-off."""

    start: datetime
    end: datetime
    cutoff: datetime
    sort: Sort = "days"
    judged: Judged = "end"

    @property
    def first_day(self) -> date:
        """The town's first day of the period."""
        return local_day(self.start)

    @property
    def last_day(self) -> date:
        """The town's last day of the period."""
        return local_day(self.end - A_MOMENT)

    @property
    def last_counted_day(self) -> date:
        """The town's last day that is in it so far."""
        return local_day(min(self.end, self.cutoff) - A_MOMENT)

    @property
    def is_running(self) -> bool:
        """Whether it had not ended at the cut-off."""
        return self.cutoff < self.end

    @property
    def key(self) -> str:
        """The period as buttons name it: w20261123, m202611, q202610 or y2026, and how it is judged."""
        form = {"week": "w%Y%m%d", "month": "m%Y%m", "quarter": "q%Y%m", "year": "y%Y"}
        return self.first_day.strftime(form.get(self.sort, "d%Y%m%d")) + MARKS[self.judged]

    @property
    def before(self) -> "Period":
        """The period of the same sort before (环比), judged as long after its end as this one."""
        return self._like(_around(self.sort, self.first_day - timedelta(days=1)))

    @property
    def year_before(self) -> "Period":
        """The same period a year earlier (同比), judged likewise."""
        if self.sort == "week":
            return self._like(week(self.first_day - timedelta(days=364)))
        return self._like(_around(self.sort, self.first_day.replace(year=self.first_day.year - 1)))

    def _like(self, other: "Period") -> "Period":
        return replace(other, cutoff=other.end + max(self.cutoff - self.end, timedelta(0)))

    def days(self) -> list["Period"]:
        """Return its days, each judged at the cut-off of the whole."""
        count = (self.last_day - self.first_day).days + 1
        edges = [start_of_day(self.first_day + timedelta(days=n)) for n in range(count + 1)]
        return [Period(*edge, self.cutoff) for edge in pairwise(edges)]

    def parts(self) -> list["Period"]:
        """Return what a picture shows side by side: days of a week, sevens of a month, months of more."""
        if self.sort in {"quarter", "year"}:
            return self.months()
        days, size = self.days(), 7 if self.sort == "month" else 1
        sevens = (days[start : start + size] for start in range(0, len(days), size))
        return [Period(some[0].start, some[-1].end, self.cutoff) for some in sevens]

    def months(self) -> list["Period"]:
        """Return the months that begin in it, each judged at the cut-off of the whole."""
        found, first = [], self.first_day
        while start_of_day(first) < self.end:
            after = month_of(first)[1]
            found.append(Period(start_of_day(first), start_of_day(after), self.cutoff, "month"))
            first = after
        return found


def week(day: date, now: datetime | None = None) -> Period:
    """Return the week of a day, Monday to Monday, judged at its end or, while it runs, at `now`.

    What happens at the very moment `now` is in.
    """
    return _around("week", day, now)


def month(day: date, now: datetime | None = None) -> Period:
    """Return the calendar month of a day, likewise."""
    return _around("month", day, now)


def year(day: date, now: datetime | None = None) -> Period:
    """Return the calendar year of a day, likewise."""
    return _around("year", day, now)


def of_key(key: str, now: datetime, closed_at: Callable[[date], datetime | None]) -> Period | None:
    """Return the period that a key names, judged as it says; None for what is none.

    A key may be forged: only the first day of a period that has begun is taken, and of
    those judged when they were closed only what `closed_at` knows the moment of.
    """
    sorts: dict[str, Sort] = {"w": "week", "m": "month", "q": "quarter", "y": "year"}
    marked = [each for each, mark in MARKS.items() if mark and key.endswith(mark)]
    judged: Judged = marked[0] if marked else "end"
    digits = key[1:].removesuffix(MARKS[judged])
    if key[:1] not in sorts or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        day = date.fromisoformat((digits + "0101")[:8] if len(digits) == 4 else (digits + "01")[:8])
        found = replace(_around(sorts[key[0]], day, now), judged=judged)
    except (ValueError, OverflowError):  # no day, or one at the ends of time
        return None
    if found.key != key or found.start > now or (judged == "close" and found.sort != "month"):
        return None
    if judged == "now":
        return at(found, now)
    closed = closed_at(found.first_day) if judged == "close" else None
    return replace(found, cutoff=closed) if closed else found if judged == "end" else None


def at(period: Period, now: datetime) -> Period:
    """Return the same period judged at `now`, however long ago it ended."""
    return replace(period, cutoff=now + A_MOMENT, judged="now")


def _around(sort: Sort, day: date, now: datetime | None = None) -> Period:
    first, after = _edges(sort, day)
    start, end = start_of_day(first), start_of_day(after)
    cutoff = end if now is None else min(end, now + A_MOMENT)
    return Period(start, end, cutoff, sort)


def _edges(sort: Sort, day: date) -> tuple[date, date]:
    match sort:
        case "week":
            return week_of(day)
        case "month":
            return month_of(day)
        case "quarter":
            first = date(day.year, day.month - (day.month - 1) % 3, 1)
            return first, month_of(first + timedelta(days=70))[1]
        case "year":
            return date(day.year, 1, 1), date(day.year + 1, 1, 1)
        case _:
            return day, day + timedelta(days=1)
