"""What figures are counted from: stays, which keep what counted about a record from when to when.

Nothing is read from a record's present state but its number, so a figure at a cut-off stays what
it was whatever happens later. A moment is half-open like a period: what happened at the cut-off
itself is not in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from wangge.records.values import Role
from wangge.rules.loop import AT_WORK, ENDED, OPEN
from wangge.rules.quota import LeaveDays, PostDays, Visit
from wangge.rules.rights import Post
from wangge.storage.database import seal_of
from wangge.storage.ledger import history, records, stays
from wangge.storage.tables import leaves, people, posts

CHUNK = 500
"""Ids a statement: SQLite takes a limited number of parameters."""
WORK_RECORD = "W"
"""工作当事项: not a valid event, a real platform's rule."""
INVALID: frozenset[str] = frozenset({"withdrawn", "duplicate"})
FINISHED: frozenset[str] = ENDED | {"done"}
"""At its limit an event whose handler has finished is in time, whoever has yet to check it."""
RUNNING: frozenset[str] = AT_WORK | FINISHED
"""States in which a finish limit falls: while the clock stands still, none does."""
LONG = timedelta(days=400)
Source = Literal["submitted", "standing", "limits"]
By = Literal["village", "class", "source"]


@dataclass(frozen=True)
class Span:
    """[start, end) of some areas, judged as it stood at the cut-off; of one 大类 if it is named."""

    areas: tuple[str, ...]
    start: datetime
    end: datetime
    cutoff: datetime
    first_day: date
    klass: str = ""


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


@dataclass(frozen=True, slots=True)
class Fact:
    """One event at a cut-off."""

    id: int
    number: str
    area: str
    klass: str
    urgency: str
    reported_at: datetime
    state: str
    holder: int | None
    limit: datetime | None
    """What it has to meet next: acceptance, or its finish once it is accepted."""
    version: int = 1
    """The record's version since which all that is so."""


@dataclass(frozen=True)
class Officer:
    """Somebody who owes visits, with posts and leaves past and present."""

    person: int
    staff_no: str
    posts: tuple[PostDays, ...]
    leaves: tuple[LeaveDays, ...]


Counts = Mapping[str, int]


def tally(
    tx: Connection, span: Span, choices: Mapping[str, Choice], by: By | None = None
) -> dict[str, Counts]:
    """Return how many events each choice has, by village, 大类 or source; under "" if by nothing."""
    found: dict[str, dict[str, int]] = {} if by else {"": dict.fromkeys(choices, 0)}
    for source in dict.fromkeys(choice.source for choice in choices.values()):
        chosen = {name: choice for name, choice in choices.items() if choice.source == source}
        base = _base(source, span, _narrow(source))
        numbers = [
            func.count().filter(_is_chosen(base, choice, span)).label(name) for name, choice in chosen.items()
        ]
        key = _key(base, by).label("key") if by else literal("").label("key")
        query = select(key, *numbers).group_by(*([key] if by else []))
        for row in tx.execute(query).mappings():
            counted = found.setdefault(row["key"], dict.fromkeys(choices, 0))
            counted |= {name: row[name] for name in chosen}
    return dict(sorted(found.items()))


def is_first(tx: Connection, span: Span) -> bool:
    """Tell whether nothing was submitted in these areas before the span: there is nothing to compare with."""
    query = select(stays.c.id).where(stays.c.kind == "event", stays.c.reported_at < span.start)
    return tx.execute(query.where(*_inside(stays, span)).limit(1)).first() is None


def chosen(
    tx: Connection, span: Span, choice: Choice, limit: int | None = None, offset: int = 0
) -> list[Fact]:
    """Return the events of a choice, oldest first; some of them if `limit` is given."""
    base = _base(choice.source, span, _WIDE)
    query = (
        select(
            base.c.record.label("id"),
            records.c.number,
            base.c.area,
            base.c["class"].label("klass"),
            func.coalesce(base.c.urgency, "").label("urgency"),
            base.c.reported_at,
            base.c.state,
            base.c.holder,
            _limit(base).label("limit"),
            base.c.version,
        )
        .join(records, records.c.id == base.c.record)
        .where(_is_chosen(base, choice, span))
        .order_by(base.c.record)
        .limit(limit)
        .offset(offset if limit is not None else None)
    )
    return [Fact(**row._mapping) for row in tx.execute(query)]


def visits(
    tx: Connection,
    first: date,
    end: date,
    cutoff: datetime,
    areas: Sequence[str] = ("",),
    author: int | None = None,
) -> list[Visit]:
    """Return the visits of the days [first, end) that had been entered by the cut-off, oldest first."""
    inside = or_(false(), *(stays.c.area.startswith(area, autoescape=True) for area in areas))
    query = (
        select(
            records.c.id,
            records.c.number,
            records.c.author,
            stays.c.happened_on,
            stays.c.area,
            stays.c.state,
        )
        .join(stays, stays.c.record == records.c.id)
        .where(stays.c.kind == "visit", _at(stays, cutoff), inside)
        .where(stays.c.happened_on >= first, stays.c.happened_on < end)
        .order_by(stays.c.happened_on, records.c.id)
    )
    if author is not None:
        query = query.where(records.c.kind == "visit", records.c.author == author)
    rows = tx.execute(query).all()
    households = values_at(tx, (row.id for row in rows), "households", cutoff)
    return [
        Visit(
            record=row.id,
            number=row.number,
            author=row.author,
            village=row.area,
            day=row.happened_on,
            households=tuple(households[row.id]),
            is_withdrawn=row.state == "withdrawn",
        )
        for row in rows
    ]


def officers(tx: Connection, roles: Collection[Role], person: int | None = None) -> list[Officer]:
    """Return whoever holds or has held one of the roles, by staff number."""
    query = (
        select(posts, people.c.staff_no)
        .join(people, people.c.id == posts.c.person)
        .where(posts.c.role.in_(roles))
        .order_by(people.c.staff_no, posts.c.id)
    )
    away = select(leaves)
    if person is not None:
        query, away = query.where(posts.c.person == person), away.where(leaves.c.person == person)
    held: dict[int, list[PostDays]] = {}
    names: dict[int, str] = {}
    for row in tx.execute(query):
        held.setdefault(row.person, []).append((Post(row.role, row.area), row.start_day, row.end_day))
        names[row.person] = row.staff_no
    absences: dict[int, list[LeaveDays]] = {}
    for row in tx.execute(away):
        absences.setdefault(row.person, []).append((row.first_day, row.last_day))
    return [
        Officer(each, names[each], tuple(days), tuple(absences.get(each, ()))) for each, days in held.items()
    ]


def versions_at(tx: Connection, ids: Iterable[int], cutoff: datetime) -> dict[int, int]:
    """Return since which version of each record all that counts about it was as it was at the cut-off."""
    wanted = sorted(set(ids))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), CHUNK):
        some = stays.c.record.in_(wanted[start : start + CHUNK])
        query = select(stays.c.record, stays.c.version).where(some, _at(stays, cutoff))
        found |= {row.record: row.version for row in tx.execute(query)}
    return found


def values_at(tx: Connection, ids: Iterable[int], field: str, cutoff: datetime) -> Mapping[int, Any]:
    """Return one field of the bodies of those records as they were at a cut-off, by record.

    A body that was changed since is found as the first change after the cut-off has kept it.
    """
    wanted, seal = sorted(set(ids)), seal_of(tx)
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        bodies = select(records.c.id, records.c.body).where(records.c.id.in_(some))
        found |= {row.id: seal.open_json(row.body).get(field) for row in tx.execute(bodies)}
        later = select(history.c.record, history.c.body).where(
            history.c.record.in_(some), history.c.at >= cutoff, history.c.version > 1
        )
        for row in tx.execute(later.order_by(history.c.record, history.c.version.desc())):
            before = seal.open_json(row.body)["before"].get("values")
            found |= {row.record: before.get(field)} if before else {}
    return found


_CHOSEN = ("record", "area", "class", "urgency", "outcome", "happened_on", "source", "grade", "state")
_WIDE = (*_CHOSEN, "reported_at", "due_at", "accept_by", "holder", "version")


def _narrow(source: Source) -> tuple[str, ...]:
    """What counting reads: of what was submitted an index holds it all."""
    return (*_CHOSEN, "due_at", "accept_by") if source == "standing" else _CHOSEN


def _base(source: Source, span: Span, columns: Sequence[str]) -> Subquery:
    """Return the stays that held at the cut-off, from which a choice of that source is made."""
    if source == "limits":
        return _limits(span, columns)
    read = [stays.c[name] for name in columns]
    holds = (stays.c.to_at.is_(None), stays.c.to_at >= span.cutoff)
    where = [stays.c.from_at < span.cutoff, *_inside(stays, span)]
    kinds = [stays.c.kind == "event"] * 2
    if source == "standing":
        # Found by their ends, for of the stays that began before the cut-off nearly all have ended long ago.
        where.append(stays.c.state.in_(OPEN))
        kinds = [stays.c.kind + "" == "event"] * 2
    else:
        where += [stays.c.reported_at >= span.start, stays.c.reported_at < min(span.end, span.cutoff)]
        if span.end - span.start > LONG:
            # Nearly all that ended in so long a time had ended before the cut-off: look by the ends.
            kinds[1] = stays.c.kind + "" == "event"
    arms = [select(*read).where(kind, end, *where) for kind, end in zip(kinds, holds, strict=True)]
    return union_all(*arms).subquery()


def _limits(span: Span, columns: Sequence[str]) -> Subquery:
    """Return the events of which a finish limit fell in the span, with their state at that moment."""
    then, at_cutoff = stays.alias("then"), stays.alias("at_cutoff")
    return (
        select(*(at_cutoff.c[name] for name in columns), then.c.state.label("at_limit"))
        .join(at_cutoff, and_(at_cutoff.c.record == then.c.record, _at(at_cutoff, span.cutoff)))
        .where(
            then.c.kind == "event",
            then.c.due_at >= span.start,
            then.c.due_at < min(span.end, span.cutoff),
            then.c.from_at <= then.c.due_at,
            or_(then.c.to_at.is_(None), then.c.to_at > then.c.due_at),
            then.c.state.in_(RUNNING),
            *_inside(at_cutoff, span),
        )
        .subquery()
    )


def _is_chosen(base: Subquery, choice: Choice, span: Span) -> ColumnElement[bool]:
    among = {
        "state": choice.states,
        "outcome": choice.outcomes,
        "grade": choice.grades,
        "urgency": {choice.urgency} - {""},
        "at_limit": choice.at_limit,
    }
    conditions: list[ColumnElement[bool]] = [
        base.c[name].in_(sorted(values)) for name, values in among.items() if values
    ]
    if choice.is_valid:
        conditions += [base.c.state.not_in(sorted(INVALID)), base.c["class"] != WORK_RECORD]
    if choice.is_late:
        conditions.append(base.c.happened_on < span.first_day)
    if choice.is_overdue:
        conditions.append(_limit(base) < span.cutoff)
    return and_(true(), *conditions)


def _limit(base: Subquery) -> ColumnElement[datetime]:
    return func.coalesce(base.c.due_at, base.c.accept_by)


def _key(base: Subquery, by: By) -> ColumnElement[str]:
    return func.substr(base.c.area, 1, 12) if by == "village" else base.c[by]


def _at(table: FromClause, cutoff: datetime) -> ColumnElement[bool]:
    """The one stay that a record was in just before the cut-off."""
    return and_(table.c.from_at < cutoff, or_(table.c.to_at.is_(None), table.c.to_at >= cutoff))


def _inside(table: FromClause, span: Span) -> list[ColumnElement[bool]]:
    inside = or_(false(), *(table.c.area.startswith(area, autoescape=True) for area in span.areas))
    return [inside, table.c["class"] == span.klass] if span.klass else [inside]
