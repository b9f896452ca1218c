"""What a person may search: ids within his scope, newest first; bodies are sealed and compared elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select, true, union

from wangge.storage.database import seal_of
from wangge.storage.ledger import parties, records
from wangge.storage.records import RECORDS, Stored, read
from wangge.storage.tables import people

KINDS = ("event", "visit")


@dataclass(frozen=True)
class Scope:
    """Whose search it is: what he wrote, holds or has a part in, and what lies in his areas."""

    person: int
    events_in: Collection[str] = ()
    visits_in: Collection[str] = ()


@dataclass(frozen=True)
class Named:
    """What words name that stands in columns; a record that has one of these is found however old it is."""

    numbers: Collection[str]
    villages: Collection[str]
    people: Collection[int]


def newest(tx: Connection, scope: Scope, limit: int, named: Named | None = None) -> list[int]:
    """Return the ids of the newest records in a scope, at most so many."""
    if named is None:
        narrowed: ColumnElement[bool] = true()
    else:
        narrowed = or_(
            records.c.number.in_(named.numbers),
            records.c.area.in_(named.villages),
            records.c.author.in_(named.people),
            records.c.holder.in_(named.people),
        )
    branches = [_newest(limit, narrowed, *where) for where in _branches(scope)]
    ids = union(*(select(branch.subquery().c.id) for branch in branches)).subquery()
    return list(tx.execute(select(ids.c.id).order_by(ids.c.id.desc()).limit(limit)).scalars())


def by_ids(tx: Connection, ids: Sequence[int]) -> list[Stored]:
    """Return records, newest first."""
    return read(tx, RECORDS.where(records.c.id.in_(ids)).order_by(records.c.id.desc()))


def people_called(tx: Connection, names: Collection[str]) -> frozenset[int]:
    """Return everybody, present or former, whose whole name is one of these."""
    seal = seal_of(tx)
    rows = tx.execute(select(people.c.id, people.c.name))
    return frozenset(row.id for row in rows if seal.open(row.name) in names)


def _branches(scope: Scope) -> list[tuple[ColumnElement[bool], ...]]:
    """Return in which ways a record may be in a scope, each with an index of its own."""
    own = select(parties.c.record).where(parties.c.person == scope.person)
    return [
        (records.c.kind.in_(KINDS), records.c.author == scope.person),
        (records.c.kind == "event", records.c.holder == scope.person),
        (records.c.kind == "event", records.c.id.in_(own)),
        *((records.c.kind == "event", _lies_in(area)) for area in scope.events_in),
        *((records.c.kind == "visit", _lies_in(area)) for area in scope.visits_in),
    ]


def _newest(limit: int, *where: ColumnElement[bool]) -> Select[Any]:
    return select(records.c.id).where(*where).order_by(records.c.id.desc()).limit(limit)


def _lies_in(area: str) -> ColumnElement[bool]:
    return records.c.area.between(area, area + "~")
