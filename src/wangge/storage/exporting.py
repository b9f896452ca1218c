"""The records of a table that is handed out: as of one moment, read page by page.

Between two pages others go on working: what is stored meanwhile is not in the table, and a
record that changes is in it once, as it is when its page is read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from wangge.rules.calendar import ONE_DAY, start_of_day
from wangge.storage.database import seal_of
from wangge.storage.ledger import history, records
from wangge.storage.records import RECORDS, Stored, read


@dataclass(frozen=True)
class Wanted:
    """Which records: of a kind, in some areas, of the days [first, last]."""

    kind: str
    areas: tuple[str, ...]
    first: date
    last: date
    by_submission: bool
    """Whether the day on which it was submitted decides, or the day on which it happened."""
    newest: int
    """Id of the youngest record there is; what comes later is not wanted."""
    hidden: frozenset[str] = frozenset()
    """Classes that are counted only."""
    reader: int | None = None
    """Who reads it: what he has reported or has in hand is not hidden from him."""


def newest(tx: Connection) -> int:
    """Return the id of the youngest record, 0 if there is none."""
    found: int = tx.execute(select(func.coalesce(func.max(records.c.id), 0))).scalar_one()
    return found


def count(tx: Connection, wanted: Wanted) -> tuple[int, int]:
    """Return how many records are wanted, and how many more are only counted."""
    shown = func.count().filter(_is_shown(wanted))
    found = tx.execute(select(func.count(), shown).where(*_where(wanted))).one()
    return found[1], found[0] - found[1]


def page(tx: Connection, wanted: Wanted, after: Stored | None, limit: int) -> list[Stored]:
    """Return the records that follow `after`, by the day or moment that decides; the first ones if None."""
    order = records.c.reported_at if wanted.by_submission else records.c.happened_on
    query = RECORDS.where(*_where(wanted), _is_shown(wanted)).order_by(order, records.c.id).limit(limit)
    if after:
        last = after.reported_at if wanted.by_submission else after.happened_on
        query = query.where(order >= last, or_(order > last, records.c.id > after.id))
    return read(tx, query)


def last_words(tx: Connection, ids: Collection[int], acts: Collection[str]) -> Mapping[int, str]:
    """Return what was said with the last of those acts on each record; nothing for one without."""
    query = select(history.c.record, history.c.body).where(history.c.record.in_(ids), history.c.act.in_(acts))
    seal = seal_of(tx)
    rows = tx.execute(query.order_by(history.c.record, history.c.version))
    said = ((row.record, str(seal.open_json(row.body)["reason"])) for row in rows)
    return {record: reason for record, reason in said if reason}


def _where(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    first, end = wanted.first, wanted.last + ONE_DAY
    if wanted.by_submission:
        days = _between(records.c.reported_at, start_of_day(first), start_of_day(end))
    else:
        days = _between(records.c.happened_on, first, end)
    areas = or_(false(), *(records.c.area.startswith(area, autoescape=True) for area in wanted.areas))
    return records.c.kind == wanted.kind, days, areas, records.c.id <= wanted.newest


def _between(column: ColumnElement[Any], first: Any, end: Any) -> ColumnElement[bool]:  # noqa: ANN401 - days or moments
    return and_(column >= first, column < end)


def _is_shown(wanted: Wanted) -> ColumnElement[bool]:
    """A class that is counted only is hidden, but not from whoever has reported or handles the matter."""
    own = or_(records.c.author == wanted.reader, records.c.holder == wanted.reader)
    return or_(records.c["class"].not_in(sorted(wanted.hidden)), *([own] if wanted.reader else []))
