"""The lists of the duty desk: which events are in one, by what is due, and how many there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

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

from wangge.rules.loop import OPEN, VERBS
from wangge.storage.ledger import history, records, requests
from wangge.storage.prepared import Prepared
from wangge.storage.records import RECORDS, Stored, read, stored
from wangge.storage.requests import ORDERS, SAMPLE

Only = Literal["", "ordered", "sampled"]
"""ordered: 督办 or 批示 has not ended on it; sampled: it was drawn by lot and nobody has checked it."""


@dataclass(frozen=True)
class Part:
    """Events in some states."""

    states: frozenset[str]
    only: Only = ""


@dataclass(frozen=True)
class Wanted:
    """Which events a list holds: those of its parts (none: all), due in [from, before), narrowed."""

    parts: tuple[Part, ...] = ()
    due_from: datetime | None = None
    due_before: datetime | None = None
    done_by: int | None = None
    """Only those on which this person has done an act since `done_since`."""
    done_since: datetime | None = None
    area: str = ""
    klass: str = ""

    @property
    def is_of_orders(self) -> bool:
        """Whether it holds what leaders have ordered."""
        return any(part.only == "ordered" for part in self.parts)


def events(tx: Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[Stored]:
    """Return a list's events by the moment at which something is due; of orders the unconfirmed first.

    What has ended comes last, the newest first.
    """
    order = [
        *([_ordered(requests.c.state == "open").desc()] if wanted.is_of_orders else []),
        records.c.state.in_(OPEN).desc(),
        records.c.closed_at.desc().nulls_last(),
        func.coalesce(records.c.due_at, records.c.accept_by),
        records.c.id,
    ]
    return read(tx, RECORDS.where(*_where(wanted)).order_by(*order).limit(limit).offset(offset))


def count_by(tx: Connection, wanted: Wanted, by: Literal["village", "class"]) -> dict[str, int]:
    """Return how many of a list's events are in each village, or of each class; only those that occur."""
    key = func.substr(records.c.area, 1, 12) if by == "village" else records.c["class"]
    query = select(key.label("key"), func.count().label("found")).where(*_where(wanted)).group_by("key")
    return {row.key: row.found for row in tx.execute(query)}


def newest(tx: Connection, states: Collection[str], limit: int) -> list[Stored]:
    """Return the events in those states that were stored last, the newest first."""
    query = RECORDS.where(records.c.kind == "event", _any_of(states))
    return read(tx, query.order_by(records.c.id.desc()).limit(limit))


def last_done(tx: Connection, act: str, actor: int, since: datetime) -> list[Stored]:
    """Return the records whose last act was this one, by this person and since then, oldest record first."""
    now = records.alias("now")
    is_last = and_(now.c.id == history.c.record, now.c.version == history.c.version)
    done = select(now.c.id).join(history, is_last)
    done = done.where(history.c.act == act, history.c.actor == actor, history.c.at >= since)
    return read(tx, RECORDS.where(records.c.id.in_(done)).order_by(records.c.id))


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


def count_lists(tx: Connection, lists: Mapping[str, Wanted]) -> dict[str, int]:
    """Return how many events are in each list, by its parts and what is due before its moment, if any."""
    shape = tuple((name, each.parts, each.due_before is None) for name, each in lists.items())
    moments = {f"before_{name}": each.due_before for name, each in lists.items() if each.due_before}
    found: dict[str, int] = _counting(shape).first(tx, **moments)._asdict()
    return found


_IS_EVENT = records.c.kind.concat("") == "event"
"""Worded so that SQLite, which plans without counting, does not look at all events there ever were."""
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
def _counting(lists: tuple[tuple[str, tuple[Part, ...], bool], ...]) -> Prepared:
    """Return what counts lists of that name, of those parts, due before a moment or whenever.

    The desk's act waits for it: it looks at the open events once, and at the few that were drawn by lot.
    """
    counts = []
    for name, parts, is_whenever in lists:
        plain = [_in(part) for part in parts if part.only != "sampled"]
        due = true() if is_whenever else _due_before(bindparam(f"before_{name}"))
        found: Any = func.count().filter(or_(*plain), due)
        for part in parts:
            found = found + _drawn(part.states) if part.only == "sampled" else found
        counts.append(found.label(name))
    anywhere = frozenset[str]().union(
        *(part.states for _, parts, _ in lists for part in parts if part.only != "sampled")
    )
    return Prepared(select(*counts).where(records.c.kind == "event", _any_of(anywhere)))


def _drawn(states: Collection[str]) -> Any:  # noqa: ANN401 - a scalar subquery
    """Return what counts the events drawn by lot that are in those states still."""
    drawn = records.alias("drawn")
    state = or_(*(drawn.c.state == each for each in sorted(states)))
    query = select(func.count()).select_from(requests.join(drawn, drawn.c.id == requests.c.record))
    return query.where(requests.c.kind == SAMPLE, requests.c.state == "open", state).scalar_subquery()


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [or_(*(_in(part) for part in wanted.parts))] if wanted.parts else [_IS_EVENT]
    if wanted.due_before:
        found.append(_due_before(wanted.due_before))
    if wanted.due_from:
        found.append(not_(_due_before(wanted.due_from)))
    if wanted.done_by is not None:
        lately = select(history.c.record).where(
            history.c.act.in_(VERBS | {"undo"}),
            history.c.at >= wanted.done_since,
            history.c.actor == wanted.done_by,
        )
        found.append(records.c.id.in_(lately))
    if wanted.area:
        found.append(records.c.area.startswith(wanted.area))
    if wanted.klass:
        found.append(records.c["class"] == wanted.klass)
    return found


def _in(part: Part) -> ColumnElement[bool]:
    match part.only:
        case "ordered":
            return and_(_in(Part(part.states)), _ordered(requests.c.state != "ended"))
        case "sampled":
            drawn = select(requests.c.record).where(requests.c.kind == SAMPLE, requests.c.state == "open")
            return and_(_any_of(part.states), records.c.id.in_(drawn))
        case _:
            return and_(records.c.kind == "event", _any_of(part.states))


def _ordered(state: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell whether an order is on an event; asked of each open event, for old orders never end."""
    kind = or_(*(requests.c.kind == each for each in ORDERS))
    return exists().where(requests.c.record == records.c.id, kind, state).correlate(records)


def _any_of(states: Collection[str]) -> ColumnElement[bool]:
    return or_(*(records.c.state == state for state in sorted(states)))


def _due_before(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(
        and_(records.c.due_at.is_not(None), records.c.due_at < moment),
        and_(records.c.due_at.is_(None), records.c.accept_by < moment),
    )
