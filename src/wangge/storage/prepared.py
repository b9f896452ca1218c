"""Statements that are made once and handed straight to the driver.

SQLAlchemy words a statement for either database and knows its types; carrying it out through
its own layers costs several times what the database needs for it (docs/performance.md, ADR 0005).
What runs for each message is prepared here; everything else is executed as usual.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Dialect, String, Table, Text, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The dialects' inserts, which know ON CONFLICT."""
Made = Callable[[Any], Any]
"""Makes a statement, given the dialect's insert."""
Sent = tuple[Any, ...] | dict[str, Any]
Argument = tuple[str, Any, Callable[[Any], Any] | None]
"""Name, fixed value or ASKED, how the driver wants it."""
ASKED = object()


def parameters(*names: str) -> dict[str, BindParameter[Any]]:
    """Return column → parameter of the same name, for `values()`."""
    return {name: bindparam(name) for name in names}


def all_but(table: Table, *names: str) -> dict[str, BindParameter[Any]]:
    """Return column → parameter of the same name, of all columns but these."""
    return parameters(*(column.name for column in table.c if column.name not in names))


class Prepared:
    """One statement with named parameters; rows come as named tuples."""

    def __init__(self, statement: Any) -> None:  # noqa: ANN401 - any statement, or a Made
        """`statement` is a statement, or makes one when it is given the dialect's insert."""
        self._statement = statement
        self._worded: dict[str, _Worded] = {}

    def all(self, tx: Connection, **values: object) -> list[Any]:
        """Return every row."""
        worded = self._for(tx)
        rows = self.send(tx, worded.text, worded.arguments(values)).fetchall()
        return [worded.row(row) for row in rows]

    def first(self, tx: Connection, **values: object) -> Any:  # noqa: ANN401 - a row
        """Return the first row, None if there is none."""
        worded = self._for(tx)
        row = self.send(tx, worded.text, worded.arguments(values)).fetchone()
        return None if row is None else worded.row(row)

    def run(self, tx: Connection, **values: object) -> int:
        """Carry it out and return how many rows it touched."""
        worded = self._for(tx)
        touched: int = self.send(tx, worded.text, worded.arguments(values)).rowcount
        return touched

    def run_each(self, tx: Connection, rows: Iterable[Mapping[str, object]]) -> int:
        """Carry it out once for each set of parameters and return how many rows it touched in all."""
        worded = self._for(tx)
        sent = [worded.arguments(row) for row in rows]
        touched: int = self.send(tx, worded.text, sent, is_many=True).rowcount if sent else 0
        return touched

    @staticmethod
    def send(tx: Connection, text: str, arguments: Any, *, is_many: bool = False) -> Any:  # noqa: ANN401 - a cursor
        """Hand it to the driver; its errors become those of SQLAlchemy, without what was sent.

        After any error but a violated constraint the connection is given up, as `open_database`
        does for what SQLAlchemy executes itself.
        """
        driver: Any = tx.connection.driver_connection
        try:
            cursor = driver.cursor()
            (cursor.executemany if is_many else cursor.execute)(text, arguments)
        except tx.dialect.loaded_dbapi.Error as error:
            if tx.dialect.name == "sqlite" and not driver.in_transaction:
                tx.invalidate()
            known = DBAPIError.instance(text, None, error, tx.dialect.loaded_dbapi.Error, dialect=tx.dialect)
            raise known from error
        return cursor

    def _for(self, tx: Connection) -> "_Worded":
        found = self._worded.get(tx.dialect.name)
        if found is None:
            made = self._statement
            statement = made(INSERTS[tx.dialect.name]) if callable(made) else made
            found = self._worded[tx.dialect.name] = _Worded(statement, tx.dialect)
        return found


class _Worded:
    """A statement in one database's words."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:  # noqa: ANN401 - any statement
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._is_positional = compiled.positional
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        self._asked = [_argument(name, compiled.binds[name], dialect) for name in names]
        columns = statement.exported_columns
        row: Any = namedtuple("Row", list(columns.keys()))  # type: ignore[misc]  # noqa: PYI024 - of these columns
        self._make = row._make
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._read = [(place, reader) for place, reader in enumerate(readers) if reader]

    def arguments(self, values: Mapping[str, Any]) -> Sent:
        """Return the parameters as the driver wants them."""
        sent = [
            fixed if fixed is not ASKED else ready(values[name]) if ready else values[name]
            for name, fixed, ready in self._asked
        ]
        if self._is_positional:
            return tuple(sent)
        return dict(zip((name for name, _, _ in self._asked), sent, strict=True))

    def row(self, row: Any) -> Any:  # noqa: ANN401 - a driver's row
        """Return a row with every value as Python's."""
        values = list(row)
        for place, reader in self._read:
            values[place] = reader(values[place])
        return self._make(values)


def _argument(name: str, bound: BindParameter[Any], dialect: Dialect) -> Argument:
    ready = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if bound.required:
        return name, ASKED, ready
    return name, ready(bound.value) if ready else bound.value, ready


class _List(TypeDecorator[Any]):
    """A list as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = False

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self._item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database calls it."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else postgresql.ARRAY(self._item))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return how the driver wants it."""
        return (lambda values: json.dumps(list(values))) if dialect.name == "sqlite" else list


class among(ColumnElement[bool]):  # noqa: N801 - reads as a function, as SQLAlchemy's own do
    """`column IN (the list in parameter `name`)`, the same words however long the list is."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        """`column` is compared; `name` is the parameter."""
        self.column, self.values = column, bindparam(name, type_=_List(column.type))


@compiles(among, "sqlite")
def _among_json(element: among, compiler: Any, **named: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, values = (compiler.process(part, **named) for part in (element.column, element.values))
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - two compiled parts


@compiles(among, "postgresql")
def _among_array(element: among, compiler: Any, **named: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, values = (compiler.process(part, **named) for part in (element.column, element.values))
    return f"{column} = ANY ({values})"


class listed(ColumnElement[str]):  # noqa: N801 - reads as a function, as SQLAlchemy's own do
    """The texts of all rows as one text, with commas between.

    SQLAlchemy's own aggregate puts the comma in only when a statement is executed, too late for Prepared.
    """

    inherit_cache = False
    type = String()

    def __init__(self, each: ColumnElement[str]) -> None:
        """`each` is a row's text."""
        self.each = each


@compiles(listed, "sqlite")
def _listed_sqlite(element: listed, compiler: Any, **named: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"group_concat({compiler.process(element.each, **named)})"


@compiles(listed, "postgresql")
def _listed_postgresql(element: listed, compiler: Any, **named: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"string_agg({compiler.process(element.each, **named)}, ',')"
