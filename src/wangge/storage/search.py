"""What a person may search: ids, newest first; bodies are sealed, so elsewhere some of them are compared.

SQLite plans without counting. So each way in which a record may be found is a query of its own, worded
for the one index that narrows it down; a whole town's newest are found from the end of the table.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, union

from wangge.records.catalogue import CATALOGUE
from wangge.storage.database import seal_of
from wangge.storage.ledger import parties, records
from wangge.storage.prepared import Prepared, among
from wangge.storage.records import RECORDS, Stored, stored
from wangge.storage.tables import people

KINDS = tuple(CATALOGUE)
TOWN_DIGITS = 9
"""Codes of towns and counties are no longer than this."""


@dataclass(frozen=True)
class Scope:
    """Whose search it is: what he wrote, holds or has a part in, and what lies in his areas."""

    person: int
    events_in: Collection[str] = ()
    others_in: Collection[str] = ()
    """Where he may read records of every other kind."""


_BY_IDS = Prepared(RECORDS.where(among(records.c.id, "ids")).order_by(records.c.id.desc()))


def newest(tx: Connection, scope: Scope, limit: int) -> list[int]:
    """Return the ids of the newest records in a scope, at most so many."""
    own = select(parties.c.record).where(parties.c.person == scope.person)
    places = [(area, "event") for area in scope.events_in]
    places += [(area, kind) for area in scope.others_in for kind in KINDS if kind != "event"]
    return _united(
        tx,
        limit,
        and_(records.c.kind.in_(KINDS), records.c.author == scope.person),
        records.c.holder == scope.person,
        records.c.id.in_(own),
        *(_lies_in(area, kind) for area, kind in places),
    )


def of(tx: Connection, villages: Collection[str], persons: Collection[int], limit: int) -> list[int]:
    """Return the ids of the newest records of those villages or people, whoever may see them."""
    return _united(
        tx,
        limit,
        and_(records.c.kind.in_(KINDS), records.c.author.in_(persons)),
        records.c.holder.in_(persons),
        *(_lies_in(village, kind) for village in villages for kind in KINDS),
    )


def by_ids(tx: Connection, ids: Sequence[int]) -> list[Stored]:
    """Return records, newest first."""
    return [stored(tx, row) for row in _BY_IDS.all(tx, ids=ids)]


def people_called(tx: Connection, names: Collection[str]) -> frozenset[int]:
    """Return everybody, present or former, whose whole name is one of these."""
    seal = seal_of(tx)
    rows = tx.execute(select(people.c.id, people.c.name))
    return frozenset(row.id for row in rows if seal.open(row.name) in names)


def _united(tx: Connection, limit: int, *ways: ColumnElement[bool]) -> list[int]:
    ids = union(*(select(_newest(limit, way).subquery().c.id) for way in ways)).subquery()
    return list(tx.execute(select(ids.c.id).order_by(ids.c.id.desc()).limit(limit)).scalars())


def _newest(limit: int, way: ColumnElement[bool]) -> Select[Any]:
    return select(records.c.id).where(way).order_by(records.c.id.desc()).limit(limit)


def _lies_in(area: str, kind: str) -> ColumnElement[bool]:
    if len(area) > TOWN_DIGITS:
        return and_(records.c.kind == kind, records.c.area.between(area, area + "~"))
    return and_(records.c.kind.concat("") == kind, func.substr(records.c.area, 1, len(area)) == area)
