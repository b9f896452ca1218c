"""What figures are counted from: records as they stood at a cut-off, without their words.

The state at a moment is read from the stays, never from the record's present one. A
moment is half-open like a period: what happened at the cut-off itself is not in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    false,
    or_,
    select,
    union_all,
)

from wangge.records.values import Role
from wangge.rules.quota import LeaveDays, PostDays, Visit
from wangge.rules.rights import Post
from wangge.storage.database import seal_of
from wangge.storage.ledger import records, stays
from wangge.storage.tables import leaves, people, posts

CHUNK = 500
"""Ids a statement: SQLite takes a limited number of parameters."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One event at a cut-off."""

    id: int
    number: str
    area: str
    klass: str
    urgency: str
    happened_on: date
    reported_at: datetime
    state: str
    holder: int | None
    limit: datetime | None
    """What it has to meet next: acceptance, or its finish once it is accepted."""
    state_at_limit: str = ""
    """Only of finish limits that have passed: the state at that very moment."""


@dataclass(frozen=True)
class Officer:
    """Somebody who owes visits, with posts and leaves past and present."""

    person: int
    staff_no: str
    posts: tuple[PostDays, ...]
    leaves: tuple[LeaveDays, ...]


def submitted(
    tx: Connection, areas: Sequence[str], start: datetime, end: datetime, cutoff: datetime
) -> list[Fact]:
    """Return the events submitted in [start, end), as they stood at the cut-off, oldest first."""
    query = _events_at(cutoff).where(
        records.c.reported_at >= start, records.c.reported_at < min(end, cutoff), _inside(stays, areas)
    )
    return [_fact(row) for row in tx.execute(query)]


def in_states_at(
    tx: Connection, areas: Sequence[str], states: Collection[str], cutoff: datetime
) -> list[Fact]:
    """Return the events in those states at the cut-off, whenever they were submitted."""
    # Found by their ends, for of the stays that began before it nearly all have ended long ago; and read
    # first, so that no planner begins with all that there ever was of a kind or in a state: PostgreSQL takes
    # an open end for something usual, SQLite takes events for few (hence the sum, which no index serves).
    ends = (stays.c.to_at.is_(None), stays.c.to_at >= cutoff)
    held = union_all(*(select(stays.c.record).where(stays.c.state.in_(states), end) for end in ends))
    ids = sorted(set(tx.execute(held).scalars()))
    query = _facts_at(cutoff).where(records.c.kind + "" == "event", _inside(stays, areas))
    found = [
        _fact(row)
        for start in range(0, len(ids), CHUNK)
        for row in tx.execute(query.where(records.c.id.in_(ids[start : start + CHUNK])))
    ]
    return [fact for fact in found if fact.state in states]


def limits_between(
    tx: Connection, areas: Sequence[str], start: datetime, end: datetime, cutoff: datetime
) -> list[Fact]:
    """Return the events whose finish limit fell in [start, end), with their state at that limit.

    A limit that has passed by the cut-off was set before it, by the acceptance.
    """
    then = stays.alias("then")
    query = (
        _events_at(cutoff)
        .add_columns(then.c.state.label("state_at_limit"))
        .join(
            then,
            and_(
                then.c.record == records.c.id,
                then.c.from_at <= records.c.due_at,
                or_(then.c.to_at.is_(None), then.c.to_at > records.c.due_at),
            ),
        )
        .where(
            records.c.due_at >= start,
            records.c.due_at < min(end, cutoff),
            _inside(stays, areas),
        )
    )
    return [_fact(row) for row in tx.execute(query)]


def visits(
    tx: Connection,
    first: date,
    end: date,
    cutoff: datetime,
    areas: Sequence[str] = ("",),
    author: int | None = None,
) -> list[Visit]:
    """Return the visits of the days [first, end) that had been entered by the cut-off, oldest first."""
    query = (
        select(
            records.c.id,
            records.c.number,
            records.c.author,
            records.c.happened_on,
            records.c.body,
            stays.c.area,
            stays.c.state,
        )
        .join(stays, _at(stays, cutoff))
        .where(
            records.c.kind == "visit",
            records.c.happened_on >= first,
            records.c.happened_on < end,
            _inside(stays, areas),
        )
        .order_by(records.c.happened_on, records.c.id)
    )
    if author is not None:
        query = query.where(records.c.author == author)
    seal = seal_of(tx)
    return [
        Visit(
            record=row.id,
            number=row.number,
            author=row.author,
            village=row.area,
            day=row.happened_on,
            households=tuple(seal.open_json(row.body)["households"]),
            is_withdrawn=row.state == "withdrawn",
        )
        for row in tx.execute(query)
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


def values_of(tx: Connection, ids: Iterable[int], field: str) -> Mapping[int, Any]:
    """Return one field of the bodies of those records, by record."""
    wanted, seal = sorted(set(ids)), seal_of(tx)
    found: dict[int, Any] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(records.c.id, records.c.body).where(records.c.id.in_(wanted[start : start + CHUNK]))
        found |= {row.id: seal.open_json(row.body).get(field) for row in tx.execute(query)}
    return found


def _events_at(cutoff: datetime) -> Select[Any]:
    return _facts_at(cutoff).where(records.c.kind == "event")


def _facts_at(cutoff: datetime) -> Select[Any]:
    accepted = and_(records.c.accepted_at.is_not(None), records.c.accepted_at < cutoff)
    return (
        select(
            records.c.id,
            records.c.number,
            stays.c.area,
            records.c["class"].label("klass"),
            records.c.urgency,
            records.c.happened_on,
            records.c.reported_at,
            stays.c.state,
            stays.c.holder,
            case((accepted, records.c.due_at), else_=records.c.accept_by).label("limit"),
        )
        .join(stays, _at(stays, cutoff))
        .order_by(records.c.id)
    )


def _at(table: FromClause, cutoff: datetime) -> ColumnElement[bool]:
    """The one stay that a record was in just before the cut-off."""
    return and_(
        table.c.record == records.c.id,
        table.c.from_at < cutoff,
        or_(table.c.to_at.is_(None), table.c.to_at >= cutoff),
    )


def _inside(table: FromClause, areas: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(table.c.area.startswith(area, autoescape=True) for area in areas))


def _fact(row: Any) -> Fact:  # noqa: ANN401 - a row
    return Fact(**{**row._mapping, "urgency": row.urgency or ""})
