"""What is known of a year, read once at its cut-off: figures, months, visits, anonymised cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from wangge.reports import closing, figures, periods
from wangge.reports.digest import hidden_classes
from wangge.reports.figures import LEAST_BASE, Figure, Scope, Slice
from wangge.reports.periods import Period
from wangge.reports.visits import progress_in
from wangge.rules.calendar import local_day
from wangge.rules.policy import UNSORTED, Policy
from wangge.storage import records
from wangge.storage.counts import Fact
from wangge.storage.database import Transaction

MOST_CASES = 3
MONTHS = 12
FROZEN = ("valid", "closed")
"""Figures of which the report states both: as the months were closed with, and as they are now."""


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


def period_of(number: int, now: datetime) -> Period:
    """Return a year, judged now: so closings and late entries of the weeks after it are in, as in 查数."""
    return periods.at(periods.year(date(number, 1, 1)), now)


def read(tx: Transaction, policy: Policy, villages: Mapping[str, str], period: Period) -> Year:
    """Read a year of the whole town.

    Args:
        villages: codes and names of the town's villages.
        period: of the year, see `period_of`.
    """
    scope = (policy.town.code,)
    found = figures.read(tx, scope, period)
    by_category = found.by_category()
    categories = {category.key: category for category in policy.categories}
    unnamed = hidden_classes(policy) | {UNSORTED}
    classes = [
        (key, categories[key].name, count)
        for key, count in by_category.items()
        if key in categories and key not in unnamed
    ]
    return Year(
        period=period,
        figures=found.figures,
        villages=len(villages),
        reporting=sum(values["valid"] > 0 for values in found.by_village(villages).values()),
        months=_months(tx, scope, period),
        classes=classes,
        disputes=sum(
            count for key, count in by_category.items() if key in categories and categories[key].dispute
        ),
        visits=_visits(tx, scope, period, policy, villages),
        cases=_cases(tx, scope, period, classes),
        before={} if period.is_running else _before(tx, scope, period.year_before),
        frozen=_frozen(tx, scope, period),
    )


def _months(tx: Transaction, scope: Scope, period: Period) -> list[tuple[int, int, int]]:
    """Return what became of each month's events by the year's cut-off, so that the months add up."""
    return [
        (month.first_day.month, values["valid"], values["closed"])
        for month, values in figures.by_part(tx, scope, period, "valid", "closed")
        if month.start < period.cutoff
    ]


def _before(tx: Transaction, scope: Scope, before: Period) -> Mapping[str, Figure]:
    """Return the figures of the year before, judged likewise; none unless each of its months has events."""
    is_whole = all(valid for _, valid, _ in _months(tx, scope, before))
    return figures.totals(tx, scope, before) if is_whole else {}


def _frozen(tx: Transaction, scope: Scope, period: Period) -> Mapping[str, int]:
    """Return what the months were closed with, added up, if all of them are closed."""
    months, total = closing.year(tx, scope, period.first_day.year)
    return {name: total[name] for name in FROZEN} if months == MONTHS else {}


def _visits(
    tx: Transaction, scope: Scope, period: Period, policy: Policy, villages: Mapping[str, str]
) -> Visits:
    rows = [
        row
        for month in period.months()
        if month.start < period.cutoff
        for person in progress_in(tx, scope, month.first_day, period.cutoff, policy.visits, villages).values()
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
    found = (
        _case(tx, name, figures.behind(tx, Slice("solved", klass=key), scope, period))
        for key, name, count in classes
        if count >= LEAST_BASE
    )
    return list(islice((case for case in found if case), MOST_CASES))


def _case(tx: Transaction, category: str, solved: Sequence[Fact]) -> Case | None:
    """Return the case of the middle of the year; one that has been opened again since is none."""
    for fact in solved[len(solved) // 2 :]:
        closed_at = records.get(tx, fact.id).closed_at
        if closed_at is not None:
            return Case(category, local_day(fact.reported_at).month, _days(fact.reported_at, closed_at))
    return None


def _days(reported_at: datetime, closed_at: datetime) -> int:
    """Return on which day it was closed, the day of the report being the first."""
    return (local_day(closed_at) - local_day(reported_at)).days + 1
