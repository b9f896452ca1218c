"""The catalogue of figures (指标): each is one named choice among events at a cut-off.

The number and the list of records behind it are made of the same choice, so they cannot
differ, whichever surface asks; what a figure means (口径) stands in texts.figures.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from wangge.reports.periods import Period
from wangge.rules.loop import AT_WORK, ENDED, OPEN, UNACCEPTED
from wangge.storage import counts
from wangge.storage.choices import FINISHED, Choice, Span
from wangge.storage.counts import Fact
from wangge.storage.database import Transaction

Scope = tuple[str, ...]
"""Codes of the areas that are counted; whatever lies inside them is."""

STILL_DUE: frozenset[str] = UNACCEPTED | AT_WORK
LEAST_BASE = 10
"""Under this base a percentage says nothing: counts are printed."""
SPOT_DAYS = timedelta(days=30)
SPOT_TIMES = 2


@dataclass(frozen=True)
class Definition:
    """How a figure is counted. A changed definition gets a new version: closed months keep theirs."""

    choice: Choice
    share_of: str = ""
    """The figure of which it is a share; none: it is a number."""
    version: int = 1


def _ended(**chosen: object) -> Choice:
    return Choice(states=ENDED, **chosen)  # type: ignore[arg-type]  # fields of Choice


_RATED = frozenset({"satisfied", "mostly", "unsatisfied"})
CATALOGUE: Mapping[str, Definition] = {
    "reported": Definition(Choice(is_valid=False)),
    "valid": Definition(Choice()),
    "valid_rate": Definition(Choice(), share_of="reported"),
    "closed": Definition(_ended()),
    "closed_rate": Definition(_ended(), share_of="valid"),
    "solved": Definition(_ended(outcomes=frozenset({"solved"}))),
    "passed_on": Definition(_ended(outcomes=frozenset({"passed_on"}))),
    "unsolvable": Definition(_ended(outcomes=frozenset({"unsolvable"}))),
    "untrue": Definition(_ended(outcomes=frozenset({"untrue"}))),
    "open": Definition(Choice("standing", states=OPEN)),
    "overdue": Definition(Choice("standing", states=STILL_DUE, is_overdue=True)),
    "limits": Definition(Choice("limits")),
    "met": Definition(Choice("limits", at_limit=FINISHED)),
    "met_rate": Definition(Choice("limits", at_limit=FINISHED), share_of="limits"),
    "late_closed": Definition(Choice("limits", at_limit=AT_WORK, states=FINISHED)),
    "critical": Definition(Choice(urgency="critical")),
    "late_entry": Definition(Choice(is_late=True)),
    "rated": Definition(Choice(grades=_RATED)),
    "satisfied": Definition(Choice(grades=_RATED - {"unsatisfied"})),
    "satisfied_rate": Definition(Choice(grades=_RATED - {"unsatisfied"}), share_of="rated"),
}
OF_VILLAGES = ("valid", "closed", "open", "overdue")
"""What the table of villages tells of each."""


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
        """The figure as it is printed: 12, 9/12 on a small base, — on none, 91% else."""
        if self.base is None:
            return str(self.value)
        if self.base == 0:
            return "—"
        return f"{self.value}/{self.base}" if self.percent is None else f"{self.percent}%"


@dataclass(frozen=True)
class Slice:
    """A figure of one place or one 大类 only, as buttons name it: valid@990101999201#D."""

    name: str
    area: str = ""
    klass: str = ""

    @classmethod
    def read(cls, text: str) -> "Slice | None":
        """Return the slice of that text, None for a figure that nobody knows."""
        text, _, klass = text.partition("#")
        name, _, area = text.partition("@")
        return cls(name, area, klass) if name in CATALOGUE else None

    @property
    def text(self) -> str:
        """The slice as buttons name it."""
        return self.name + (f"@{self.area}" if self.area else "") + (f"#{self.klass}" if self.klass else "")


@dataclass(frozen=True)
class Spot:
    """One place from which events come again and again."""

    area: str
    place: str
    records: tuple[int, ...]


@dataclass(frozen=True)
class Numbers:
    """Every figure of a scope and period, with those that tables of 大类 and of villages show."""

    period: Period
    figures: Mapping[str, Figure]
    classes: Mapping[str, int]
    villages: Mapping[str, Mapping[str, int]]

    def by_category(self) -> dict[str, int]:
        """Return the valid events by 大类, most first, then by key."""
        return dict(sorted(self.classes.items(), key=lambda item: (-item[1], item[0])))

    def by_village(self, villages: Collection[str]) -> dict[str, Mapping[str, int]]:
        """Return the figures of OF_VILLAGES of each village, in the order of the codes."""
        nothing = dict.fromkeys(OF_VILLAGES, 0)
        return {code: self.villages.get(code, nothing) for code in sorted(villages)}


def read(tx: Transaction, scope: Scope, period: Period) -> Numbers:
    """Read the figures of a scope and period and its tables, in few statements."""
    span = _span(scope, period)
    by_village = {name: CATALOGUE[name].choice for name in OF_VILLAGES}
    return Numbers(
        period=period,
        figures=totals(tx, scope, period),
        classes=by_class(tx, scope, period),
        villages=counts.tally(tx, span, by_village, "village"),
    )


def totals(tx: Transaction, scope: Scope, period: Period, klass: str = "") -> dict[str, Figure]:
    """Return every figure of a scope and period by its name; of one 大类 if it is named."""
    choices = {name: each.choice for name, each in CATALOGUE.items() if not each.share_of}
    shares = {name: each.choice for name, each in CATALOGUE.items() if each.share_of}
    found = counts.tally(tx, _span(scope, period, klass), choices)[""]
    same = {choice: name for name, choice in choices.items()}
    return {
        name: Figure(
            name,
            found[same[shares[name]] if name in shares else name],
            found[each.share_of] if each.share_of else None,
        )
        for name, each in CATALOGUE.items()
    }


def before(tx: Transaction, scope: Scope, earlier: Period) -> dict[str, Figure]:
    """Return the figures of an earlier period to compare with; none where there are no data so old."""
    after = Period(earlier.end, earlier.end, earlier.cutoff)
    return {} if counts.is_first(tx, _span(scope, after)) else totals(tx, scope, earlier)


def by_class(tx: Transaction, scope: Scope, period: Period) -> dict[str, int]:
    """Return the valid events of each 大类 that has any."""
    found = counts.tally(tx, _span(scope, period), {"valid": Choice()}, "class")
    return {klass: each["valid"] for klass, each in found.items() if each["valid"]}


def by_source(tx: Transaction, scope: Scope, period: Period) -> dict[str, int]:
    """Return the valid events by where they came from (渠道)."""
    found = counts.tally(tx, _span(scope, period), {"valid": Choice()}, "source")
    return {source: each["valid"] for source, each in found.items() if each["valid"]}


def by_part(
    tx: Transaction, scope: Scope, period: Period, *names: str
) -> list[tuple[Period, dict[str, int]]]:
    """Return those figures of each day of a week (or part of a longer period), judged at its cut-off."""
    choices = {name: CATALOGUE[name].choice for name in names}
    return [(part, dict(counts.tally(tx, _span(scope, part), choices)[""])) for part in period.parts()]


def behind(
    tx: Transaction, part: Slice, scope: Scope, period: Period, limit: int | None = None, offset: int = 0
) -> list[Fact]:
    """Return the events behind a figure, oldest first; a page of them if `limit` is given."""
    span = _span((part.area,) if part.area else scope, period, part.klass)
    return counts.chosen(tx, span, CATALOGUE[part.name].choice, limit, offset)


def repeat_spots(tx: Transaction, scope: Scope, period: Period, hidden: Collection[str]) -> list[Spot]:
    """Return the places with several valid events in 30 days and one of them in the period, most first.

    Classes that are shown as counts only (`hidden`) say nothing about a place.
    """
    begin = period.cutoff - SPOT_DAYS
    span = replace(_span(scope, period), start=begin, end=period.cutoff)
    valid = {fact.id: fact for fact in counts.chosen(tx, span, Choice()) if fact.klass not in hidden}
    found: dict[tuple[str, str], list[int]] = {}
    for record, place in counts.values_at(tx, valid, "place", period.cutoff).items():
        if place:
            found.setdefault((valid[record].area[:12], place), []).append(record)
    spots = [
        Spot(area, place, tuple(ids))
        for (area, place), ids in found.items()
        if len(ids) >= SPOT_TIMES and any(valid[each].reported_at >= period.start for each in ids)
    ]
    return sorted(spots, key=lambda spot: (-len(spot.records), spot.area, spot.place))


def _span(scope: Scope, period: Period, klass: str = "") -> Span:
    return Span(scope, period.start, period.end, period.cutoff, period.first_day, klass)
