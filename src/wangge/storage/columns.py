"""The sorts of columns that tables are made of."""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import eq, ne
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    TypeDecorator,
    literal_column,
    text,
)
from sqlalchemy.sql.operators import OperatorType


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC without zone so that both databases compare it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's
        """Refuse a naive moment: it would be read as another zone's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """SQLite keeps text: written at once, past two steps that cost ten times as much."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def written(value: datetime | None) -> str | None:
            plain = self.process_bind_param(value, dialect)
            return plain.isoformat(" ", "microseconds") if plain else None

        return written

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's
        """Give the zone back."""
        return value and value.replace(tzinfo=UTC)


class Word(String):
    """One of our own words, such as a state.

    Compared with a word, the word stands in the statement itself: behind a parameter SQLite
    cannot see that an index of only those rows that are in one state (`while_in`) will do.
    """

    class Comparator(String.Comparator[str]):
        """Compares a column of such words."""

        def operate(self, op: OperatorType, *other: Any, **named: Any) -> ColumnElement[Any]:  # noqa: ANN401 - SQLAlchemy's
            """Write plain words out; anything else stays a parameter."""
            if (
                op in {eq, ne}
                and isinstance(other[0], str)
                and other[0].isascii()
                and other[0].isidentifier()
            ):
                other = (literal_column(f"'{other[0]}'", String()),)
            return super().operate(op, *other, **named)

    comparator_factory = Comparator


def key() -> Column[int]:
    """Return the table's own id."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def to(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """Return a reference to a row of another table."""
    return Column(name, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def word(name: str, *, nullable: bool = False, default: str | None = None) -> Column[str]:
    """Return a column for one of our own words."""
    return Column(name, Word(40), nullable=nullable, server_default=default)


def number(name: str, default: int = 0) -> Column[int]:
    """Return a whole number."""
    return Column(name, Integer, nullable=False, server_default=str(default))


def sealed(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Return a column of personal text."""
    return Column(name, LargeBinary, nullable=nullable)


def at(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return a moment."""
    return Column(name, Moment, nullable=nullable)


def ident(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """Return a column for an id of a platform."""
    return Column(name, String(120), primary_key=primary_key, nullable=nullable)


def while_in(state: str, name: str, *columns: str) -> Index:
    """Return an index of only those rows that are in one state."""
    where = text(f"state = '{state}'")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
