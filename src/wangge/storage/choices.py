"""Which events a figure counts, as data, and how that is asked of the stays.

A statement is worded once for each choice and kept; spans only give it other values.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
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
AFTER_DIGITS = "a"
SHAPES = 256
"""Statements that are kept worded: wording one costs more than counting a week."""
Parameter = BindParameter[Any]
Arm = tuple[Mapping[str, ColumnElement[Any]], list[ColumnElement[bool]]]
"""Columns and conditions of some rows: an index for each."""
Source = Literal["submitted", "standing", "limits"]
By = Literal["village", "class", "source"]
_START: Parameter = bindparam("start")
_UNTIL: Parameter = bindparam("until")
_CUTOFF: Parameter = bindparam("cutoff")


class Shape(NamedTuple):
    """What of a span words a statement; all else are values."""

    areas: int
    has_class: bool


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
        return Shape(len(self.areas), bool(self.klass))

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
    """Return the statement that counts choices by a key; a key comes once for each arm, to be added up.

    Counted in each arm for itself: SQLite would carry every row of a union over one by one.
    """
    arms = []
    for columns, where in _arms(source, shape):
        numbers = [func.count().filter(_is_chosen(columns, choice)).label(name) for name, choice in named]
        key = columns[by] if by else literal("")
        arms.append(select(key.label("key"), *numbers).where(*where).group_by(*([key] if by else [])))
    return Prepared(union_all(*arms))


@lru_cache(maxsize=SHAPES)
def listing(choice: Choice, shape: Shape) -> Prepared:
    """Return the statement that lists the events of a choice: a page is cut before any row is read.

    The order is of `id + 0`, else SQLite goes through all stays in the order of their records.
    """
    arms = [
        select(columns["stay"].label("stay"), (columns["id"] + 0).label("id")).where(
            *where, _is_chosen(columns, choice)
        )
        for columns, where in _arms(choice.source, shape)
    ]
    found = union_all(*arms).subquery()
    page = select(found).order_by(found.c.id).limit(bindparam("most")).offset(bindparam("passed")).subquery()
    columns = _columns(stays)
    return Prepared(
        select(*(columns[name].label(name) for name in _LISTED), records.c.number)
        .join(page, page.c.stay == stays.c.id)
        .join(records, records.c.id == page.c.id)
        .order_by(page.c.id)
    )


@lru_cache(maxsize=SHAPES)
def earlier(shape: Shape) -> Prepared:
    """Return the statement that finds one event from before the span."""
    was = (stays.c.kind == "event", stays.c.to_at.is_(None), stays.c.reported_at < _START)
    return Prepared(select(stays.c.record).where(*was, *_inside(stays, shape)).limit(1))


_LISTED = ("id", "area", "klass", "urgency", "reported_at", "state", "holder", "limit", "version")


def _arms(source: Source, shape: Shape) -> list[Arm]:
    """Return the stays that held at the cut-off, from which a choice of that source is made."""
    if source == "limits":
        return [_limits(shape)]
    columns = _columns(stays)
    holds = (stays.c.to_at.is_(None), and_(stays.c.to_at.is_not(None), stays.c.to_at >= _CUTOFF))
    where = [stays.c.from_at < _CUTOFF, *_inside(stays, shape)]
    kind = stays.c.kind == "event"
    if source == "standing":
        # Found by their ends, for of the stays that began before the cut-off nearly all have ended long ago.
        kind = stays.c.kind + "" == "event"
        where.append(_among(stays.c.state, OPEN))
    else:
        where += [stays.c.reported_at >= _START, stays.c.reported_at < _UNTIL]
    return [(columns, [kind, end, *where]) for end in holds]


def _limits(shape: Shape) -> Arm:
    """Return the events of which a finish limit fell in the span, with their state at that moment."""
    then, at_cutoff = stays.alias("then"), stays.alias("at_cutoff")
    return {**_columns(at_cutoff), "at_limit": then.c.state}, [
        then.c.kind == "event",
        then.c.due_at >= _START,
        then.c.due_at < _UNTIL,
        then.c.from_at <= then.c.due_at,
        or_(then.c.to_at.is_(None), then.c.to_at > then.c.due_at),
        _among(then.c.state, RUNNING),
        at_cutoff.c.record == then.c.record,
        held_at(at_cutoff, _CUTOFF),
        *_inside(at_cutoff, shape),
    ]


def _columns(table: FromClause) -> dict[str, ColumnElement[Any]]:
    """Return what choices, keys and lists are made of."""
    limit = func.coalesce(table.c.due_at, table.c.accept_by)
    return {
        **dict(table.c),
        "stay": table.c.id,
        "id": table.c.record,
        "klass": table.c["class"],
        "urgency": func.coalesce(table.c.urgency, ""),
        "village": func.substr(table.c.area, 1, 12),
        "limit": limit,
        "is_late": table.c.happened_on < bindparam("first_day"),
        "is_overdue": limit < _CUTOFF,
    }


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


def _is_chosen(columns: Mapping[str, ColumnElement[Any]], choice: Choice) -> ColumnElement[bool]:
    conditions = [
        columns[name] if wanted is True else _among(columns[name], wanted)
        for name, wanted in _conditions(choice).items()
    ]
    if choice.is_valid:
        conditions += [~_among(columns["state"], INVALID), columns["class"] != WORK_RECORD]
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
