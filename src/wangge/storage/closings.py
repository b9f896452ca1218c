"""Closed months (封账): the figures as they were frozen, with the records behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from wangge.storage.ledger import closed_figures, closings


@dataclass(frozen=True)
class Value:
    """One figure of one area when its month was closed."""

    area: str
    figure: str
    value: int
    base: int | None


@dataclass(frozen=True)
class Frozen(Value):
    """The same with all that it can be checked by."""

    definition: int
    """Version of its definition."""
    records: Mapping[int, int]
    """The records behind it, each with the version since which it counted so."""


@dataclass(frozen=True)
class Closing:
    """One closed month. `hash` is over its figures and `previous`, the hash of the month before."""

    id: int
    month: date
    cutoff: datetime
    closed_at: datetime
    policy: int
    previous: str
    hash: str


def every(tx: Connection) -> list[Closing]:
    """Return all closed months, the oldest first."""
    return [Closing(**row._mapping) for row in tx.execute(select(closings).order_by(closings.c.month))]


def last(tx: Connection) -> Closing | None:
    """Return the month that was closed last, None if none is."""
    row = tx.execute(select(closings).order_by(closings.c.month.desc()).limit(1)).one_or_none()
    return Closing(**row._mapping) if row else None


def of_month(tx: Connection, month: date) -> Closing | None:
    """Return the closing of the month that begins on that day, None while it is open."""
    row = tx.execute(select(closings).where(closings.c.month == month)).one_or_none()
    return Closing(**row._mapping) if row else None


def cutoff_of(tx: Connection, month: date) -> datetime | None:
    """Return the moment at which a month was closed, None while it is open."""
    found = of_month(tx, month)
    return found.cutoff if found else None


def values(tx: Connection, closing: int) -> list[Value]:
    """Return the figures of a closed month without the records behind them, which take long to read."""
    columns = (closed_figures.c[name] for name in Value.__dataclass_fields__)
    query = select(*columns).where(closed_figures.c.closing == closing)
    return [Value(**row._mapping) for row in tx.execute(query)]


def figures(tx: Connection, closing: int) -> list[Frozen]:
    """Return the figures of a closed month, by area and name."""
    query = select(closed_figures).where(closed_figures.c.closing == closing)
    return [
        _frozen(row) for row in tx.execute(query.order_by(closed_figures.c.area, closed_figures.c.figure))
    ]


def put(tx: Connection, closing: Mapping[str, Any], rows: Sequence[Frozen]) -> None:
    """Store a closed month; a second closing of the same month violates its uniqueness."""
    made: int = tx.execute(insert(closings).values(closing).returning(closings.c.id)).scalar_one()
    written = [
        {
            "closing": made,
            "area": row.area,
            "figure": row.figure,
            "value": row.value,
            "base": row.base,
            "definition": row.definition,
            "records": " ".join(f"{record}:{version}" for record, version in sorted(row.records.items())),
        }
        for row in rows
    ]
    tx.execute(insert(closed_figures), written)


def _frozen(row: Any) -> Frozen:  # noqa: ANN401 - a row
    pairs = (each.split(":") for each in row.records.split())
    kept = {int(record): int(version) for record, version in pairs}
    return Frozen(row.area, row.figure, row.value, row.base, row.definition, kept)
