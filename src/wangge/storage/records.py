"""The one table of records, with its history and its stays: written together, always."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, func, insert, select, update

from wangge.storage.database import seal_of
from wangge.storage.ledger import history, parties, records, stays
from wangge.storage.numbers import drawn_numbers
from wangge.storage.prepared import Prepared, all_but, among, listed


class Outdated(Exception):
    """Somebody else has changed the record since it was read."""


@dataclass(frozen=True)
class New:
    """A record about to be stored."""

    kind: str
    origin: str
    author: int
    area: str
    klass: str
    happened_on: date
    reported_at: datetime
    recorded_at: datetime
    state: str
    urgency: str | None
    quantity: int
    accept_by: datetime | None
    policy: int
    values: Mapping[str, Any]
    outcome: str | None = None
    closed_at: datetime | None = None
    upper: str | None = None
    upper_number: str | None = None
    source: str = "own"
    """Whose the matter was: own (seen oneself), resident (filed for somebody), upper (from the platform)."""


@dataclass(frozen=True)
class Stored:
    """A record as it is now."""

    id: int
    kind: str
    number: str
    origin: str
    author: int
    area: str
    klass: str
    happened_on: date
    reported_at: datetime
    state: str
    outcome: str | None
    urgency: str | None
    holder: int | None
    quantity: int
    accept_by: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    start_by: datetime | None
    upper: str | None
    upper_number: str | None
    source: str
    grade: str | None
    """How content the resident is for whom it was filed; None: nobody has said."""
    version: int
    values: Mapping[str, Any]
    parties: frozenset[tuple[str, int]] = frozenset()
    """(part, person) of everybody beside author and holder."""

    def whose(self, *parts: str) -> set[int]:
        """Return who has one of these parts in it."""
        return {person for part, person in self.parties if part in parts}


_COLUMNS = [column.label("klass") if column.name == "class" else column for column in records.c]
_PARTIES = (
    select(listed(parties.c.part.concat(":").concat(cast(parties.c.person, String))))
    .where(parties.c.record == records.c.id)
    .scalar_subquery()
    .label("parties")
)
RECORDS = select(*_COLUMNS, _PARTIES)
_BY_ID = Prepared(RECORDS.where(records.c.id == bindparam("record")))
_BY_ORIGIN = Prepared(RECORDS.where(records.c.origin == bindparam("from_origin")))
_WRITTEN = [name for name in New.__dataclass_fields__ if name not in {"values", "klass"}]
_SAVE = Prepared(
    lambda insert_: (
        insert_(records)
        .values({name: bindparam(f"new_{name}") for name in (*_WRITTEN, "class", "year", "number", "body")})
        .on_conflict_do_nothing(index_elements=["year", "number"])
        .returning(records.c.id)
    )
)
_HISTORY = Prepared(insert(history).values(all_but(history, "id")))
_STAY = Prepared(
    insert(stays).values(
        {
            column.name: bindparam(f"new_{column.name}")
            for column in stays.c
            if column.name not in {"id", "to_at"}
        }
    )
)
_COUNTED = tuple(
    column.name for column in stays.c if column.name not in {"id", "record", "version", "from_at", "to_at"}
)
"""The columns of which a change begins a new stay."""
LATELY = 100
"""Events of a place in which its usual holder is looked for: two months of a village."""
_LATELY = (
    select(records.c.id, records.c.holder, records.c["class"])
    .where(records.c.kind == "event", records.c.area == bindparam("in_area"))
    .order_by(records.c.happened_on.desc())
    .limit(LATELY)
    .subquery()
)
_SAME_CLASS = func.coalesce(func.max(_LATELY.c.id).filter(_LATELY.c["class"] == bindparam("klass")), 0)
_USUAL = Prepared(
    select(_LATELY.c.holder)
    .where(among(_LATELY.c.holder, "people"))
    .group_by(_LATELY.c.holder)
    .order_by(_SAME_CLASS.desc(), func.max(_LATELY.c.id).desc())
    .limit(1)
)


def save(tx: Connection, new: New, draw: Callable[[], int], local: date) -> tuple[Stored, bool]:
    """Store a record once; return it, and whether it is new."""
    if known := by_origin(tx, new.origin):
        return known, False
    row = {
        **{f"new_{name}": getattr(new, name) for name in _WRITTEN},
        "new_class": new.klass,
        "new_year": local.year,
        "new_body": seal_of(tx).close_json(dict(new.values)),
    }
    # A number that is given already, perhaps a moment ago by another process, saves nothing.
    saved = (_SAVE.first(tx, **row, new_number=number) for number in drawn_numbers(tx, draw, local))
    record = get(tx, next(filter(None, saved)).id)
    _write_history(tx, record, "report", new.author, new.recorded_at, "", {}, dict(new.values))
    _begin_stay(tx, record, new.recorded_at)
    return record, True


def change(
    tx: Connection,
    stored: Stored,
    act: str,
    actor: int | None,
    now: datetime,
    *,
    reason: str = "",
    values: Mapping[str, Any] | None = None,
    **columns: Any,  # noqa: ANN401 - the columns of the table
) -> Stored:
    """Change a record by one act: compare-and-set on its version, one history row, its stays.

    Raises:
        Outdated: the record is not in the version that was read.
    """
    before = {name: _plain(getattr(stored, name)) for name in columns if name != "class"}
    written = {**columns, "version": stored.version + 1}
    if values is not None:
        before |= {"values": dict(stored.values)}
        written["body"] = seal_of(tx).close_json(dict(values))
    done = tx.execute(
        update(records)
        .where(records.c.id == stored.id, records.c.version == stored.version)
        .values(written)
        .returning(records.c.id)
    )
    if done.first() is None:
        raise Outdated
    changed = get(tx, stored.id)
    after = {name: _plain(value) for name, value in columns.items()}
    _write_history(tx, changed, act, actor, now, reason, before, after)
    if _counted(changed) != _counted(stored):
        tx.execute(
            update(stays).where(stays.c.record == stored.id, stays.c.to_at.is_(None)).values(to_at=now)
        )
        _begin_stay(tx, changed, now)
    return changed


def get(tx: Connection, record_id: int) -> Stored:
    """Return a record by its id."""
    found = find(tx, record_id)
    if found is None:
        raise LookupError(record_id)
    return found


def find(tx: Connection, record_id: int) -> Stored | None:
    """Return a record by an id that may be made up."""
    row = _BY_ID.first(tx, record=record_id)
    return stored(tx, row) if row else None


def by_origin(tx: Connection, origin: str) -> Stored | None:
    """Return what an origin has become."""
    row = _BY_ORIGIN.first(tx, from_origin=origin)
    return stored(tx, row) if row else None


def by_number(tx: Connection, number: str) -> Stored | None:
    """Return the youngest record of that number: the index has the year before it, so every year is named."""
    first, last = (select(edge(records.c.year)).scalar_subquery() for edge in (func.min, func.max))
    years = tx.execute(select(first, last)).one()
    if years[0] is None:
        return None
    query = RECORDS.where(records.c.year.in_(range(years[0], years[1] + 1)), records.c.number == number)
    row = tx.execute(query.order_by(records.c.year.desc()).limit(1)).one_or_none()
    return stored(tx, row) if row else None


def of_author(tx: Connection, author: int, kind: str | None, limit: int, offset: int = 0) -> list[Stored]:
    """Return a person's own records of a kind, or of all kinds, newest first."""
    query = RECORDS.where(records.c.author == author)
    if kind is not None:
        query = query.where(records.c.kind == kind)
    return read(tx, query.order_by(records.c.id.desc()).limit(limit).offset(offset))


def closed_last(tx: Connection, author: int) -> Stored | None:
    """Return the person's own event that was closed last, None if none is closed."""
    found = read(
        tx,
        RECORDS.where(records.c.kind == "event", records.c.author == author, records.c.state == "closed")
        .order_by(records.c.closed_at.desc(), records.c.id.desc())
        .limit(1),
    )
    return next(iter(found), None)


def held_by(tx: Connection, holder: int, states: Collection[str]) -> list[Stored]:
    """Return the events a person has in hand, by their due time."""
    return read(
        tx,
        RECORDS.where(records.c.holder == holder, records.c.state.in_(states)).order_by(
            records.c.due_at, records.c.id
        ),
    )


def usual_holder(tx: Connection, area: str, klass: str, people: Sequence[int]) -> int | None:
    """Return who of `people` was last given one of the place's newest events, of that class first."""
    row = _USUAL.first(tx, in_area=area, klass=klass, people=list(people))
    return row.holder if row else None


def of_kind(
    tx: Connection, kind: str, area: str, start: datetime, end: datetime, author: int | None = None
) -> list[Stored]:
    """Return the records of a kind submitted in [start, end) in an area, oldest first."""
    query = RECORDS.where(
        records.c.kind == kind,
        records.c.area.startswith(area),
        records.c.reported_at >= start,
        records.c.reported_at < end,
    )
    if author is not None:
        query = query.where(records.c.author == author)
    return read(tx, query.order_by(records.c.id))


def read(tx: Connection, query: Any) -> list[Stored]:  # noqa: ANN401 - a select
    """Return what a query of RECORDS finds."""
    return [stored(tx, row) for row in tx.execute(query)]


def _write_history(
    tx: Connection,
    stored: Stored,
    act: str,
    actor: int | None,
    now: datetime,
    reason: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    body = {"reason": reason, "before": before, "after": after}
    sealed = seal_of(tx).close_json(body)
    _HISTORY.run(tx, record=stored.id, version=stored.version, act=act, actor=actor, at=now, body=sealed)


def _begin_stay(tx: Connection, stored: Stored, now: datetime) -> None:
    _STAY.run(tx, new_record=stored.id, new_version=stored.version, new_from_at=now, **_counted(stored))


def _counted(stored: Stored) -> dict[str, Any]:
    return {f"new_{name}": getattr(stored, "klass" if name == "class" else name) for name in _COUNTED}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column
    return value.isoformat() if isinstance(value, date) else value


def stored(tx: Connection, row: Any) -> Stored:  # noqa: ANN401 - a row of RECORDS
    """Return a row of RECORDS as a record."""
    return Stored(
        **{name: getattr(row, name) for name in _PLAIN},
        values=seal_of(tx).open_json(row.body),
        parties=_read_parties(row.parties),
    )


def _read_parties(text: str | None) -> frozenset[tuple[str, int]]:
    pairs = (each.partition(":") for each in (text or "").split(",") if each)
    return frozenset((part, int(person)) for part, _, person in pairs)


_PLAIN = [name for name in Stored.__dataclass_fields__ if name not in {"values", "parties"}]
