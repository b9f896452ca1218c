"""What figures are counted from: stays, which keep what counted about a record from when to when.

Nothing is read from a record's present state but its number, so a figure at a cut-off stays what
it was whatever happens later. A moment is half-open like a period: what happened at the cut-off
itself is not in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, false, func, or_, select

from wangge.records.values import Role
from wangge.rules.calendar import local_day
from wangge.rules.quota import LeaveDays, PostDays, Visit
from wangge.rules.rights import Post
from wangge.storage.choices import By, Choice, Span, counting, earlier, held_at, listing
from wangge.storage.database import seal_of
from wangge.storage.ledger import history, records, stays
from wangge.storage.tables import leaves, people, posts

CHUNK = 500
"""Ids a statement: SQLite takes a limited number of parameters."""
ALL = 2**31 - 1


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
        named = tuple((name, choice) for name, choice in choices.items() if choice.source == source)
        for row in counting(source, named, by, span.shape).all(tx, **span.values):
            counted = found.setdefault(row.key, dict.fromkeys(choices, 0))
            counted |= {name: counted[name] + getattr(row, name) for name, _ in named}
    return dict(sorted(found.items()))


def is_first(tx: Connection, span: Span) -> bool:
    """Tell whether nothing was submitted in these areas before the span: there is nothing to compare with."""
    return earlier(span.shape).first(tx, **span.values) is None


def first_day(tx: Connection) -> date | None:
    """Return the town's day on which the first event was submitted, None if none ever was."""
    first: datetime | None = tx.execute(
        select(func.min(stays.c.reported_at)).where(stays.c.kind == "event")
    ).scalar()
    return local_day(first) if first else None


def chosen(
    tx: Connection, span: Span, choice: Choice, limit: int | None = None, offset: int = 0
) -> list[Fact]:
    """Return the events of a choice, oldest first; some of them if `limit` is given."""
    page = {"most": ALL, "passed": 0} if limit is None else {"most": limit, "passed": offset}
    return [Fact(**row._asdict()) for row in listing(choice, span.shape).all(tx, **span.values, **page)]


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
        .where(stays.c.kind == "visit", held_at(stays, cutoff), inside)
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
        query = select(stays.c.record, stays.c.version).where(some, held_at(stays, cutoff))
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
