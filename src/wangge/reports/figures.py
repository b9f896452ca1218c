"""Figures of events: each is one named choice among facts at a cut-off.

The number and the list of records behind it are the same choice, so they cannot
differ, whichever surface asks.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from wangge.rules.calendar import local_day, start_of_day, week_of
from wangge.rules.loop import AT_WORK, ENDED, OPEN, UNACCEPTED
from wangge.storage import counts, records
from wangge.storage.counts import Fact
from wangge.storage.database import Transaction
from wangge.storage.records import Stored

Scope = tuple[str, ...]
"""Codes of the areas that are counted; whatever lies inside them is."""

WORK_RECORD = "W"
"""工作当事项: not a valid event, a real platform's rule."""
INVALID: frozenset[str] = frozenset({"withdrawn", "duplicate"})
FINISHED: frozenset[str] = ENDED | {"done"}
"""At its limit an event whose handler has finished is in time, whoever has yet to check it."""
STILL_DUE: frozenset[str] = UNACCEPTED | AT_WORK
LEAST_BASE = 10
"""Under this base a percentage says nothing: counts are printed."""
SPOT_DAYS = timedelta(days=30)
SPOT_TIMES = 2


@dataclass(frozen=True)
class Period:
    """[start, end), judged as it stood at the cut-off."""

    start: datetime
    end: datetime
    cutoff: datetime

    @property
    def first_day(self) -> date:
        """The town's first day of the period."""
        return local_day(self.start)

    @property
    def last_day(self) -> date:
        """The town's last day of the period."""
        return local_day(self.end - timedelta(microseconds=1))

    @property
    def before(self) -> "Period":
        """The week before, judged at its own end."""
        return week(self.first_day - timedelta(days=7))


def week(day: date, now: datetime | None = None) -> Period:
    """Return the week of a day, Monday to Monday, judged at its end or, while it runs, at `now`.

    What happens at the very moment `now` is in.
    """
    monday, following = week_of(day)
    start, end = start_of_day(monday), start_of_day(following)
    cutoff = end if now is None else min(end, now + timedelta(microseconds=1))
    return Period(start, end, cutoff)


@dataclass(frozen=True)
class Figure:
    """A number; `base` is what it is a share of. `percent` is rounded down and only 100 when equal."""

    name: str
    value: int
    base: int | None = None

    @property
    def percent(self) -> int | None:
        """The share in percent; None where there is no base or one too small to say anything."""
        if self.base is None or self.base < LEAST_BASE:
            return None
        return 100 * self.value // self.base

    @property
    def text(self) -> str:
        """The figure as it is printed: 12, 9/12 on a small base, 91% else."""
        if self.base is None:
            return str(self.value)
        return f"{self.value}/{self.base}" if self.percent is None else f"{self.percent}%"


@dataclass(frozen=True)
class Spot:
    """One place from which events come again and again."""

    area: str
    place: str
    records: tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """All that the figures of one scope and period are chosen from, read in three statements."""

    period: Period
    submitted: Sequence[Fact] = ()
    open: Sequence[Fact] = ()
    limits: Sequence[Fact] = ()

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Every figure by its name."""
        found = {name: Figure(name, len(choose(self))) for name, choose in CHOICES.items()}
        found["closed_rate"] = Figure("closed_rate", found["closed"].value, found["valid"].value)
        found["met_rate"] = Figure("met_rate", found["met"].value, found["limits"].value)
        return found

    def choose(self, name: str) -> list[Fact]:
        """Return the facts behind a figure; none for a name that nobody knows.

        `in-<area>` and `class-<key>` are the valid events of one place or 大类.
        """
        if name in CHOICES:
            return CHOICES[name](self)
        sort, _, key = name.partition("-")
        if sort == "class":
            return [fact for fact in _valid(self.submitted) if fact.klass == key]
        if sort == "in":
            return [fact for fact in _valid(self.submitted) if fact.area.startswith(key)]
        rates = {"closed_rate": "closed", "met_rate": "met"}
        return CHOICES[rates[name]](self) if name in rates else []

    def by_category(self) -> dict[str, int]:
        """Return the valid events by 大类, most first, then by key."""
        found = Counter(fact.klass for fact in _valid(self.submitted))
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def by_village(self, villages: Collection[str]) -> dict[str, tuple[int, int, int]]:
        """Return (valid, closed, open) of each village, in the order of the codes."""
        valid = Counter(fact.area[:12] for fact in self.choose("valid"))
        closed = Counter(fact.area[:12] for fact in self.choose("closed"))
        still = Counter(fact.area[:12] for fact in self.choose("open"))
        return {code: (valid[code], closed[code], still[code]) for code in sorted(villages)}


def read(tx: Transaction, scope: Scope, period: Period) -> Facts:
    """Read what the figures of a scope and period are chosen from."""
    return Facts(period, *(_read_source(tx, source, scope, period) for source in SOURCES))


def behind(tx: Transaction, name: str, scope: Scope, period: Period) -> list[Fact]:
    """Return the facts behind one figure, reading no more than it is chosen from."""
    source = CHOSEN_FROM.get(name, "submitted")
    found = {source: _read_source(tx, source, scope, period)}
    return Facts(period, **found).choose(name)


def records_behind(
    tx: Transaction, name: str, scope: Scope, period: Period, limit: int | None = None, offset: int = 0
) -> list[Stored]:
    """Return the records behind a figure, oldest first; a page of them if `limit` is given."""
    chosen = behind(tx, name, scope, period)
    end = None if limit is None else offset + limit
    return [records.get(tx, fact.id) for fact in chosen[offset:end]]


def repeat_spots(tx: Transaction, scope: Scope, period: Period, hidden: Collection[str]) -> list[Spot]:
    """Return the places with several valid events in 30 days and one of them in the period, most first.

    Classes that are shown as counts only (`hidden`) say nothing about a place.
    """
    begin = period.cutoff - SPOT_DAYS
    facts = counts.submitted(tx, scope, begin, period.cutoff, period.cutoff)
    valid = {fact.id: fact for fact in _valid(facts) if fact.klass not in hidden}
    found: dict[tuple[str, str], list[int]] = {}
    for record, place in counts.values_of(tx, valid, "place").items():
        if place:
            found.setdefault((valid[record].area[:12], place), []).append(record)
    spots = [
        Spot(area, place, tuple(ids))
        for (area, place), ids in found.items()
        if len(ids) >= SPOT_TIMES and any(valid[each].reported_at >= period.start for each in ids)
    ]
    return sorted(spots, key=lambda spot: (-len(spot.records), spot.area, spot.place))


def _read_source(tx: Transaction, source: str, scope: Scope, period: Period) -> list[Fact]:
    start, end, cutoff = period.start, period.end, period.cutoff
    match source:
        case "open":
            return counts.in_states_at(tx, scope, OPEN, cutoff)
        case "limits":
            return counts.limits_between(tx, scope, start, end, cutoff)
        case _:
            return counts.submitted(tx, scope, start, end, cutoff)


def _valid(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if _is_valid(fact)]


def _is_valid(fact: Fact) -> bool:
    return fact.state not in INVALID and fact.klass != WORK_RECORD


SOURCES = ("submitted", "open", "limits")
CHOSEN_FROM = {"open": "open", "overdue": "open", "limits": "limits", "met": "limits", "met_rate": "limits"}
"""From what a figure is chosen, if not from the events submitted in the period."""
CHOICES: dict[str, Callable[[Facts], list[Fact]]] = {
    "reported": lambda facts: list(facts.submitted),
    "valid": lambda facts: _valid(facts.submitted),
    "closed": lambda facts: [fact for fact in _valid(facts.submitted) if fact.state in ENDED],
    "late_entry": lambda facts: [
        fact for fact in _valid(facts.submitted) if fact.happened_on < facts.period.first_day
    ],
    "critical": lambda facts: [fact for fact in _valid(facts.submitted) if fact.urgency == "critical"],
    "open": lambda facts: _valid(facts.open),
    "overdue": lambda facts: [
        fact
        for fact in _valid(facts.open)
        if fact.state in STILL_DUE and fact.limit is not None and fact.limit < facts.period.cutoff
    ],
    "limits": lambda facts: _valid(facts.limits),
    "met": lambda facts: [fact for fact in _valid(facts.limits) if fact.state_at_limit in FINISHED],
}
