"""The weekly digest (平安周报): what a leader has to know about a week, as data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wangge.records.values import Role
from wangge.reports import figures
from wangge.reports.figures import Figure, Numbers, Scope, Slice, Spot
from wangge.reports.periods import Period
from wangge.reports.visits import progress_in
from wangge.rules.calendar import local_day
from wangge.rules.policy import Policy
from wangge.rules.quota import Counted
from wangge.rules.rights import Person, lies_in
from wangge.storage import people
from wangge.storage.counts import Fact
from wangge.storage.database import Transaction

COUNTS_ONLY = frozenset({"P", "O"})
"""大类 of which leaders get numbers and no more, beside those the policy hides."""
MOST_OVERDUE = 3
MANY_TIMES = 3
LEAST_SIGN = 3
MANY_MORE = 10
"""A week with fewer valid events than this is never called unusual."""


@dataclass(frozen=True)
class Overdue:
    """An event past its limit: by number, days and office. Whose it is stands behind a tap."""

    record: int
    number: str
    days: int
    office: Role | None


@dataclass(frozen=True)
class Sign:
    """A 大类 of which there was much more than in the period before (苗头)."""

    klass: str
    before: int
    now: int


@dataclass(frozen=True)
class Digest:
    """One week of some areas at its cut-off, and the same of the week before."""

    scope: Scope
    period: Period
    numbers: Numbers
    before: Mapping[str, Figure]
    """Nothing if it is the first period of which there are data."""
    reasons: tuple[str, ...]
    """Why it is not 平稳: overdue, critical, more, spots; by the rule in `verdict`."""
    spots: tuple[Spot, ...]
    signs: tuple[Sign, ...]
    overdue: tuple[Overdue, ...]
    visits: Figure
    days: tuple[tuple[date, str], ...]
    """Publicity dates of the seven days that follow."""

    @property
    def figures(self) -> Mapping[str, Figure]:
        """The week's figures by name, the visits of its month among them."""
        return {**self.numbers.figures, "visits": self.visits}


def build(
    tx: Transaction,
    scope: Scope,
    period: Period,
    now: datetime,
    policy: Policy,
    villages: Mapping[str, str],
) -> Digest:
    """Build the digest of a period; a week without events has one too, with zeros."""
    numbers = figures.read(tx, scope, period)
    before = figures.before(tx, scope, period.before)
    hidden = hidden_classes(policy)
    spots = tuple(figures.repeat_spots(tx, scope, period, hidden))
    classes = figures.by_class(tx, scope, period.before) if before else {}
    return Digest(
        scope=scope,
        period=period,
        numbers=numbers,
        before=before,
        reasons=verdict(numbers.figures, before, spots),
        spots=spots,
        signs=signs(numbers.classes, classes, hidden) if before else (),
        overdue=_overdue(tx, scope, period, now, hidden),
        visits=visits_figure(tx, scope, period, policy, villages),
        days=next_days(policy, local_day(period.cutoff)),
    )


def verdict(
    found: Mapping[str, Figure], before: Mapping[str, Figure], spots: tuple[Spot, ...]
) -> tuple[str, ...]:
    """Return why a week needs attention, nothing if it is 平稳.

    The rule: something is overdue; a 特急 event was reported; at least ten valid
    events and half as many again as the week before; one place three times in 30 days.
    """
    valid, last = found["valid"].value, before["valid"].value if before else 0
    holds = {
        "critical": found["critical"].value > 0,
        "overdue": found["overdue"].value > 0,
        "more": valid >= MANY_MORE and 0 < 3 * last <= 2 * valid,
        "spots": any(len(spot.records) >= MANY_TIMES for spot in spots),
    }
    return tuple(name for name, is_so in holds.items() if is_so)


def signs(now: Mapping[str, int], before: Mapping[str, int], hidden: Collection[str]) -> tuple[Sign, ...]:
    """Return the 大类 with at least three events and twice as many as before, most first."""
    found = (Sign(klass, before.get(klass, 0), count) for klass, count in now.items() if klass not in hidden)
    grown = [sign for sign in found if sign.now >= LEAST_SIGN and sign.now >= 2 * sign.before]
    return tuple(sorted(grown, key=lambda sign: (-sign.now, sign.klass)))


def hidden_classes(policy: Policy) -> frozenset[str]:
    """Return the 大类 that are told as counts only."""
    return COUNTS_ONLY | {category.key for category in policy.categories if category.hidden}


def month_of_visits(period: Period) -> date:
    """Return a day of the month whose visits a week tells: the one it ends in."""
    return period.last_counted_day


def visits_behind(
    tx: Transaction, scope: Scope, period: Period, policy: Policy, villages: Mapping[str, str]
) -> tuple[list[Counted], int]:
    """Return the visits that count, as of the cut-off, by day; and how many are owed.

    Visits are owed by the month: a week tells those of the month it ends in, a longer
    period those of its months so far.
    """
    months = [each.first_day for each in period.months() if each.start < period.cutoff]
    if period.sort in {"week", "days"}:
        months = [month_of_visits(period)]
    found = [progress_in(tx, scope, month, period.cutoff, policy.visits, villages) for month in months]
    rows = [row for persons in found for person in persons.values() for row in person]
    counted = [each for row in rows for each in row.visits if each.counts]
    counted.sort(key=lambda each: (each.visit.day, each.visit.record))
    return counted, sum(row.owed for row in rows)


def visits_figure(
    tx: Transaction, scope: Scope, period: Period, policy: Policy, villages: Mapping[str, str]
) -> Figure:
    """Return the visits that count, and how many are owed; who goes more often is counted in full."""
    counted, owed = visits_behind(tx, scope, period, policy, villages)
    return Figure("visits", sum(each.adds for each in counted), owed)


def next_days(policy: Policy, first: date) -> tuple[tuple[date, str], ...]:
    """Return the publicity dates (宣传节点) of seven days."""
    week = [first + timedelta(days=n) for n in range(7)]
    return tuple(
        (day, entry.name)
        for day in week
        for entry in policy.days
        if (entry.month, entry.day) == (day.month, day.day)
    )


def _overdue(
    tx: Transaction, scope: Scope, period: Period, now: datetime, hidden: Collection[str]
) -> tuple[Overdue, ...]:
    """Return the three that wait longest; those that are told as counts only are in the count."""
    late = [fact for fact in figures.behind(tx, Slice("overdue"), scope, period) if fact.klass not in hidden]
    shown = sorted(late, key=lambda fact: (fact.limit or period.cutoff, fact.id))[:MOST_OVERDUE]
    holders = people.by_ids(tx, {fact.holder for fact in shown if fact.holder}, local_day(now))
    return tuple(
        Overdue(
            record=fact.id,
            number=fact.number,
            days=(period.cutoff - (fact.limit or period.cutoff)).days,
            office=_office(holders.get(fact.holder or 0), fact),
        )
        for fact in shown
    )


def _office(holder: Person | None, fact: Fact) -> Role | None:
    """Return as what the holder has the event: by the post that covers its place, else any."""
    posts = holder.posts if holder else ()
    covering = [post.role for post in posts if lies_in(fact.area, post.area) or lies_in(post.area, fact.area)]
    return next(iter([*covering, *(post.role for post in posts)]), None)
