"""What is known of a year, read once at its cut-off: figures, months, visits, anonymised cases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from wangge.reports import figures
from wangge.reports.digest import hidden_classes
from wangge.reports.figures import LEAST_BASE, Figure, Period, Scope
from wangge.reports.visits import progress_in
from wangge.rules.calendar import local_day, month_of, start_of_day
from wangge.rules.policy import UNSORTED, Policy
from wangge.storage.database import Transaction

MOST_CASES = 3
LOOKED_AT = 50
"""Events of one 大类 that are looked at for a case, from the middle of the year on."""


@dataclass(frozen=True)
class Visits:
    """The year's visits, and what was owed."""

    done: int
    owed: int
    missing: int
    households: int
    villages: int
    records: int


@dataclass(frozen=True)
class Case:
    """A closed event without its people, place and words."""

    category: str
    month: int
    days: int
    """The day of the report is the first."""


@dataclass(frozen=True)
class Year:
    """What is known of a year at its cut-off."""

    period: Period
    figures: Mapping[str, Figure]
    villages: int
    reporting: int
    """Villages with a valid event."""
    months: Sequence[tuple[int, int, int]] = ()
    """(month, valid, closed) of the months that have begun."""
    classes: Sequence[tuple[str, str, int]] = ()
    """(key, name, valid events) of the 大类 that are named, most first."""
    disputes: int = 0
    visits: Visits | None = None
    cases: Sequence[Case] = ()
    before: Mapping[str, Figure] = field(default_factory=dict)
    """The year before; empty if there is no whole year to compare with."""
    frozen: Mapping[str, int] = field(default_factory=dict)
    """Figures as the months were closed with, by name; empty if no month was."""

    @property
    def number(self) -> int:
        """The year."""
        return self.period.first_day.year

    @property
    def is_running(self) -> bool:
        """Whether the year was not over at the cut-off."""
        return self.period.cutoff < self.period.end

    @property
    def has_records(self) -> bool:
        """Whether anything of the year is recorded at all."""
        return bool(self.figures["reported"].value or (self.visits and self.visits.done))

    @property
    def others(self) -> int:
        """Valid events of the 大类 that are not named."""
        return self.figures["valid"].value - sum(count for _, _, count in self.classes)


def share(figure: Figure) -> str | None:
    """Return a share with one decimal, rounded down, 100% only of all; None on a base under ten."""
    if figure.base is None or figure.base < LEAST_BASE:
        return None
    if figure.value >= figure.base:
        return "100%"
    return "{}.{}%".format(*divmod(1000 * figure.value // figure.base, 10))


def year_period(year: int, now: datetime) -> Period:
    """Return a year, judged at its end or, while it runs, at `now`."""
    start, end = start_of_day(date(year, 1, 1)), start_of_day(date(year + 1, 1, 1))
    return Period(start, end, min(end, now + timedelta(microseconds=1)))


def read(
    tx: Transaction,
    policy: Policy,
    villages: Mapping[str, str],
    period: Period,
    frozen: Mapping[str, int] | None = None,
) -> Year:
    """Read a year of the whole town.

    Args:
        villages: codes and names of the town's villages.
        period: of the year, see `year_period`.
        frozen: figures as the months were closed with, added up, by name.
    """
    scope = (policy.town.code,)
    facts = figures.read(tx, scope, period)
    by_category = facts.by_category()
    categories = {category.key: category for category in policy.categories}
    unnamed = hidden_classes(policy) | {UNSORTED}
    classes = [
        (key, categories[key].name, count)
        for key, count in by_category.items()
        if key in categories and key not in unnamed
    ]
    is_whole = period.cutoff == period.end
    return Year(
        period=period,
        figures=facts.figures,
        villages=len(villages),
        reporting=sum(valid > 0 for valid, _, _ in facts.by_village(villages).values()),
        months=_months(tx, scope, period),
        classes=classes,
        disputes=sum(
            count for key, count in by_category.items() if key in categories and categories[key].dispute
        ),
        visits=_visits(tx, scope, period, policy, villages),
        cases=_cases(tx, scope, period, classes),
        before=_before(tx, scope, period) if is_whole else {},
        frozen=frozen or {},
    )


def _months(tx: Transaction, scope: Scope, period: Period) -> list[tuple[int, int, int]]:
    """Return what became of each month's events by the year's cut-off, so that the months add up."""
    found = []
    for first, after in _months_of(period):
        month = Period(start_of_day(first), start_of_day(after), period.cutoff)
        values = figures.read(tx, scope, month).figures
        found.append((first.month, values["valid"].value, values["closed"].value))
    return found


def _months_of(period: Period) -> Iterator[tuple[date, date]]:
    """Yield the months that have begun by the cut-off."""
    first, after = month_of(period.first_day)
    while start_of_day(first) < period.cutoff:
        yield first, after
        first, after = month_of(after)


def _before(tx: Transaction, scope: Scope, period: Period) -> Mapping[str, Figure]:
    """Return the figures of the year before at its own end; none unless each of its months has events."""
    first = date(period.first_day.year - 1, 1, 1)
    before = Period(start_of_day(first), period.start, period.start)
    is_whole = all(valid for _, valid, _ in _months(tx, scope, before))
    return figures.read(tx, scope, before).figures if is_whole else {}


def _visits(
    tx: Transaction, scope: Scope, period: Period, policy: Policy, villages: Mapping[str, str]
) -> Visits:
    rows = [
        row
        for first, _ in _months_of(period)
        for person in progress_in(tx, scope, first, period.cutoff, policy.visits, villages).values()
        for row in person
    ]
    return Visits(
        done=sum(row.done for row in rows),
        owed=sum(row.owed for row in rows),
        missing=sum(row.missing for row in rows),
        households=sum(row.households for row in rows),
        villages=len({row.village for row in rows if row.done}),
        records=sum(visit.counts for row in rows for visit in row.visits),
    )


def _cases(
    tx: Transaction, scope: Scope, period: Period, classes: Sequence[tuple[str, str, int]]
) -> list[Case]:
    """Return one solved event of each of the largest 大类, as far as nobody can tell which it was.

    Of its words nothing is taken, and a 大类 of few events gives no case.
    """
    found: list[Case] = []
    for key, name, count in classes:
        if count < LEAST_BASE or len(found) == MOST_CASES:
            break
        some = figures.records_behind(tx, f"class-{key}", scope, period, LOOKED_AT, count // 2)
        solved = [
            Case(name, local_day(each.reported_at).month, _days(each.reported_at, each.closed_at))
            for each in some
            if each.state == "closed"
            and each.outcome == "solved"
            and each.closed_at is not None
            and each.closed_at < period.cutoff
        ]
        found += solved[:1]
    return found


def _days(reported_at: datetime, closed_at: datetime) -> int:
    """Return on which day it was closed, the day of the report being the first."""
    return (local_day(closed_at) - local_day(reported_at)).days + 1
