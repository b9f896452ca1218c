"""The lists of the duty desk: events in some states, by what is due."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    true,
)

from wangge.storage.prepared import Prepared
from wangge.storage.records import RECORDS, Stored, read
from wangge.storage.tables import records


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


def count_lists(
    tx: Connection, lists: Mapping[str, tuple[Collection[str], datetime | None]]
) -> dict[str, int]:
    """Return how many events are in each list: in its states, and due before its moment if it has one."""
    shape = tuple((name, frozenset(states), before is None) for name, (states, before) in lists.items())
    moments = {f"before_{name}": before for name, (_, before) in lists.items() if before}
    found: dict[str, int] = _counting(shape).first(tx, **moments)._asdict()
    return found


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
