"""Which events a figure counts, as data, and how that is asked of the stays.

A statement is worded once for each choice and kept; spans only give it other values.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from wangge.rules.loop import AT_WORK, ENDED, OPEN
from wangge.storage.ledger import records, stays
from wangge.storage.prepared import Prepared

WORK_RECORD = "W"
"""工作当事项: not a valid event, a real platform's rule."""
INVALID: frozenset[str] = frozenset({"withdrawn", "duplicate"})
FINISHED: frozenset[str] = ENDED | {"done"}
"""At its limit an event whose handler has finished is in time, whoever has yet to check it."""
RUNNING: frozenset[str] = AT_WORK | FINISHED
"""States in which a finish limit falls: while the clock stands still, none does."""
LONG = timedelta(days=400)
AFTER_DIGITS = "a"
SHAPES = 256
"""Statements that are kept worded: wording one costs more than counting a week."""
Parameter = BindParameter[Any]
Source = Literal["submitted", "standing", "limits"]
By = Literal["village", "class", "source"]


class Shape(NamedTuple):
    """What of a span words a statement; all else are values."""

    areas: int
    has_class: bool
    is_long: bool


@dataclass(frozen=True)
class Span:
    """[start, end) of some areas, judged as it stood at the cut-off; of one 大类 if it is named."""

    areas: tuple[str, ...]
    start: datetime
    end: datetime
    cutoff: datetime
    first_day: date
    klass: str = ""

    @property
    def shape(self) -> Shape:
        """What its statements are worded by."""
        return Shape(len(self.areas), bool(self.klass), self.end - self.start > LONG)

    @property
    def values(self) -> dict[str, object]:
        """The parameters of its statements."""
        return {
            **{f"area_{place}": area for place, area in enumerate(self.areas)},
            **{f"after_{place}": area + AFTER_DIGITS for place, area in enumerate(self.areas)},
            "start": self.start,
            "until": min(self.end, self.cutoff),
            "cutoff": self.cutoff,
            "first_day": self.first_day,
            "klass": self.klass,
        }


@dataclass(frozen=True)
class Choice:
    """Which events a figure counts, as data: number and list are made of the same choice."""

    source: Source = "submitted"
    """submitted: in the span; standing: open at the cut-off; limits: a finish limit fell in the span."""
    is_valid: bool = True
    """Without what was withdrawn or merged and without work records."""
    states: frozenset[str] = frozenset()
    """At the cut-off; none: any."""
    at_limit: frozenset[str] = frozenset()
    """Of limits: states at that very moment; none: any."""
    outcomes: frozenset[str] = frozenset()
    grades: frozenset[str] = frozenset()
    urgency: str = ""
    is_late: bool = False
    """Only what happened before the span."""
    is_overdue: bool = False
    """Only what has passed the limit that it had to meet next."""


@lru_cache(maxsize=SHAPES)
def counting(source: Source, named: tuple[tuple[str, Choice], ...], by: By | None, shape: Shape) -> Prepared:
    """Return the statement that counts choices: like events are put together first, then chosen from."""
    asked = {"state", "class"}.union(*(_conditions(choice) for _, choice in named))
    base = _base(source, shape, sorted(asked | ({"area"} if by == "village" else {by or "state"})))
    key = func.substr(base.c.area, 1, 12) if by == "village" else base.c[by] if by else literal("")
    alike = [key.label("key"), *(base.c[name] for name in sorted(asked))]
    groups = select(*alike, func.count().label("times")).group_by(*alike).subquery()
    numbers = [
        func.sum(groups.c.times).filter(_is_chosen(groups, choice)).label(name) for name, choice in named
    ]
    return Prepared(select(groups.c.key, *numbers).group_by(groups.c.key))


@lru_cache(maxsize=SHAPES)
def listing(choice: Choice, shape: Shape) -> Prepared:
    """Return the statement that lists the events of a choice."""
    base = _base(choice.source, shape, sorted({*_READ, "state", "class", *_conditions(choice)}))
    return Prepared(
        select(
            base.c.record.label("id"),
            records.c.number,
            base.c["class"].label("klass"),
            func.coalesce(base.c.urgency, "").label("urgency"),
            *(base.c[name] for name in ("area", "reported_at", "state", "holder", "limit", "version")),
        )
        .join(records, records.c.id == base.c.record)
        .where(_is_chosen(base, choice))
        .order_by(base.c.record)
        .limit(bindparam("most"))
        .offset(bindparam("passed"))
    )


_READ = ("record", "area", "urgency", "reported_at", "holder", "limit", "version")
_START: Parameter = bindparam("start")
_UNTIL: Parameter = bindparam("until")
_CUTOFF: Parameter = bindparam("cutoff")


def _base(source: Source, shape: Shape, names: Iterable[str]) -> Subquery:
    """Return the stays that held at the cut-off, from which a choice of that source is made."""
    if source == "limits":
        return _limits(shape, names)
    holds = (stays.c.to_at.is_(None), stays.c.to_at >= _CUTOFF)
    where = [stays.c.from_at < _CUTOFF, *_inside(stays, shape)]
    by_kind, by_end = stays.c.kind == "event", stays.c.kind + "" == "event"
    if source == "standing":
        # Found by their ends, for of the stays that began before the cut-off nearly all have ended long ago.
        where.append(_among(stays.c.state, OPEN))
        kinds = (by_end, by_end)
    else:
        where += [stays.c.reported_at >= _START, stays.c.reported_at < _UNTIL]
        # Nearly all that ended in so long a time had ended before the cut-off: look by the ends.
        kinds = (by_kind, by_end if shape.is_long else by_kind)
    read = _read(stays, names)
    arms = [select(*read).where(kind, end, *where) for kind, end in zip(kinds, holds, strict=True)]
    return union_all(*arms).subquery()


def _limits(shape: Shape, names: Iterable[str]) -> Subquery:
    """Return the events of which a finish limit fell in the span, with their state at that moment."""
    then, at_cutoff = stays.alias("then"), stays.alias("at_cutoff")
    read = _read(at_cutoff, (name for name in names if name != "at_limit"))
    return (
        select(*read, then.c.state.label("at_limit"))
        .join(at_cutoff, and_(at_cutoff.c.record == then.c.record, held_at(at_cutoff, _CUTOFF)))
        .where(
            then.c.kind == "event",
            then.c.due_at >= _START,
            then.c.due_at < _UNTIL,
            then.c.from_at <= then.c.due_at,
            or_(then.c.to_at.is_(None), then.c.to_at > then.c.due_at),
            _among(then.c.state, RUNNING),
            *_inside(at_cutoff, shape),
        )
        .subquery()
    )


def _read(table: FromClause, names: Iterable[str]) -> list[ColumnElement[Any]]:
    limit = func.coalesce(table.c.due_at, table.c.accept_by)
    judged: dict[str, ColumnElement[Any]] = {
        "limit": limit,
        "is_late": table.c.happened_on < bindparam("first_day"),
        "is_overdue": limit < _CUTOFF,
    }
    return [judged[name].label(name) if name in judged else table.c[name] for name in names]


def _conditions(choice: Choice) -> dict[str, Any]:
    """Return what a choice asks of columns: to be one of some words, or to be true."""
    asked = {
        "state": choice.states,
        "at_limit": choice.at_limit,
        "outcome": choice.outcomes,
        "grade": choice.grades,
        "urgency": {choice.urgency} - {""},
        "is_late": choice.is_late,
        "is_overdue": choice.is_overdue,
    }
    return {name: wanted for name, wanted in asked.items() if wanted}


def _is_chosen(base: Subquery, choice: Choice) -> ColumnElement[bool]:
    conditions = [
        base.c[name] if wanted is True else _among(base.c[name], wanted)
        for name, wanted in _conditions(choice).items()
    ]
    if choice.is_valid:
        conditions += [~_among(base.c.state, INVALID), base.c["class"] != WORK_RECORD]
    return and_(true(), *conditions)


def _among(column: ColumnElement[str], words: Collection[str]) -> ColumnElement[bool]:
    """Whether it is one of our own words, which stand in the statement itself as they do in `Word`."""
    return column.in_([literal_column(f"'{word}'") for word in sorted(words)])


def held_at(table: FromClause, cutoff: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a moment or its parameter
    """The one stay that a record was in just before the cut-off."""
    return and_(table.c.from_at < cutoff, or_(table.c.to_at.is_(None), table.c.to_at >= cutoff))


def _inside(table: FromClause, shape: Shape) -> list[ColumnElement[bool]]:
    """Codes are digits: what lies inside an area is from its code on, and before the code and a letter."""
    inside = or_(
        false(),
        *(
            and_(table.c.area >= bindparam(f"area_{place}"), table.c.area < bindparam(f"after_{place}"))
            for place in range(shape.areas)
        ),
    )
    return [inside, table.c["class"] == bindparam("klass")] if shape.has_class else [inside]
