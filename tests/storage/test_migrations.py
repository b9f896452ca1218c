"""A migrated database is the one the code describes; a migration is all there or not at all."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect

from wangge.storage.database import Database, Transaction, open_database
from wangge.storage.ledger import metadata
from wangge.storage.migrate import is_current, migrate
from wangge.storage.seal import Seal


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, Seal(bytes(32))) as opened:
        yield opened


def tables(tx: Transaction) -> set[str]:
    return set(inspect(tx).get_table_names())


def differences(tx: Transaction) -> list[Any]:
    is_told = tx.dialect.name != "sqlite"  # which returns an empty default as another text
    options = {"compare_type": True, "compare_server_default": is_told}
    return list(compare_metadata(MigrationContext.configure(tx, opts=options), metadata))


async def test_migrated_is_what_the_tables_say(empty: Database) -> None:
    await migrate(empty)
    assert await empty.snapshot(differences) == []
    assert await empty.snapshot(is_current)


async def test_a_second_migration_changes_nothing(empty: Database) -> None:
    def schema(tx: Transaction) -> str:
        inspector = inspect(tx)
        return repr(
            [
                (name, [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)])
                for name in sorted(tables(tx))
            ]
        )

    await migrate(empty)
    before = await empty.snapshot(schema)
    await migrate(empty)
    assert await empty.snapshot(schema) == before


class Killed(Exception):
    """Stands for kill -9."""


@pytest.mark.parametrize("statement", [1, 12, 40])
async def test_a_migration_that_dies_in_the_middle_leaves_nothing_and_can_be_repeated(
    empty: Database, statement: int
) -> None:
    engine, seen = empty.engine, count(1)

    def die(*_arguments: Any) -> None:
        if "CREATE" in _arguments[2] and next(seen) == statement:
            raise Killed

    event.listen(engine, "after_cursor_execute", die)
    with pytest.raises(Killed):
        await migrate(empty)
    event.remove(engine, "after_cursor_execute", die)
    assert await empty.snapshot(tables) == set()
    assert not await empty.snapshot(is_current)
    await migrate(empty)
    assert await empty.snapshot(differences) == []
