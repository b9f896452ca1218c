"""The lists of the duty desk: events in some states, by what is due."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Integer,
    String,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from wangge.storage.ledger import history, records
from wangge.storage.prepared import Prepared
from wangge.storage.records import RECORDS, Stored, read, stored


def in_states(
    tx: Connection,
    states: Collection[str],
    limit: int,
    offset: int = 0,
    due_before: datetime | None = None,
    area: str = "",
    due_from: datetime | None = None,
) -> list[Stored]:
    """Return events in those states, by the moment at which something is due; due in [from, before)."""
    query = RECORDS.where(
        records.c.kind == "event", records.c.state.in_(states), records.c.area.startswith(area)
    )
    if due_before:
        query = query.where(_due_before(due_before))
    if due_from:
        query = query.where(not_(_due_before(due_from)))
    order = func.coalesce(records.c.due_at, records.c.accept_by)
    return read(tx, query.order_by(order, records.c.id).limit(limit).offset(offset))


def happened_between(tx: Connection, area: str, first: date, last: date, limit: int) -> list[Stored]:
    """Return the events of a place that happened on the days [first, last], the newest first."""
    return [stored(tx, row) for row in _HAPPENED.all(tx, area=area, first=first, last=last, limit=limit)]


def of_urgency(tx: Connection, urgency: str, states: Collection[str]) -> list[Stored]:
    """Return the events of one urgency in those states, the oldest first."""
    where = (records.c.kind == "event", records.c.urgency == urgency, records.c.state.in_(states))
    return read(tx, RECORDS.where(*where).order_by(records.c.id))


def extended(tx: Connection, states: Collection[str]) -> list[Stored]:
    """Return the events in those states whose limit has been extended (延期), by what is due."""
    is_extended = exists().where(history.c.record == records.c.id, history.c.act == "extend")
    where = (records.c.kind == "event", records.c.state.in_(states), is_extended)
    return read(tx, RECORDS.where(*where).order_by(records.c.due_at, records.c.id))


def count_lists(
    tx: Connection, lists: Mapping[str, tuple[Collection[str], datetime | None]]
) -> dict[str, int]:
    """Return how many events are in each list: in its states, and due before its moment if it has one."""
    shape = tuple((name, frozenset(states), before is None) for name, (states, before) in lists.items())
    moments = {f"before_{name}": before for name, (_, before) in lists.items() if before}
    found: dict[str, int] = _counting(shape).first(tx, **moments)._asdict()
    return found


_HAPPENED = Prepared(
    RECORDS.where(
        records.c.kind == "event",
        records.c.area.between(bindparam("area", type_=String), bindparam("area", type_=String) + "~"),
        records.c.happened_on.between(bindparam("first", type_=Date), bindparam("last", type_=Date)),
    )
    .order_by(records.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


@cache
def _counting(lists: tuple[tuple[str, frozenset[str], bool], ...]) -> Prepared:
    """Return what counts lists of that name, of those states, due before a moment or whenever."""
    counts = [
        func.count()
        .filter(_any_of(states), true() if is_whenever else _due_before(bindparam(f"before_{name}")))
        .label(name)
        for name, states, is_whenever in lists
    ]
    anywhere = frozenset[str]().union(*(states for _, states, _ in lists))
    return Prepared(select(*counts).where(records.c.kind == "event", _any_of(anywhere)))


def _any_of(states: Collection[str]) -> ColumnElement[bool]:
    return or_(*(records.c.state == state for state in sorted(states)))


def _due_before(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(
        and_(records.c.due_at.is_not(None), records.c.due_at < moment),
        and_(records.c.due_at.is_(None), records.c.accept_by < moment),
    )
