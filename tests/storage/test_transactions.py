"""What every transaction stands on: the disk, the references, and an end that is told."""

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from tests.storage.rows import NOW

from wangge.storage import inbox
from wangge.storage.database import (
    Database,
    DatabaseError,
    DuplicateError,
    Transaction,
    TransactionLost,
    open_database,
)
from wangge.storage.seal import Seal
from wangge.storage.tables import posts


async def test_sqlite_has_it_on_the_disk_before_a_commit_counts(tmp_path: Path) -> None:
    """No test can cut the power; 2 is FULL."""
    async with open_database(f"sqlite:///{tmp_path / 'wangge.db'}", Seal(bytes(32))) as database:
        assert await database.transaction(lambda tx: pragma(tx, "journal_mode")) == "wal"
        assert await database.transaction(lambda tx: pragma(tx, "synchronous")) == 2


def pragma(tx: Transaction, name: str) -> object:
    return tx.execute(text(f"PRAGMA {name}")).scalar()


async def test_what_refers_to_nothing_is_refused(database: Database) -> None:
    row = {"person": 10**6, "role": "grid_worker", "area": "990101001201"}
    with pytest.raises(DuplicateError):
        await database.transaction(lambda tx: tx.execute(insert(posts).values(row)))


async def test_an_error_passed_over_is_never_taken_for_a_commit(database: Database) -> None:
    """PostgreSQL answers COMMIT with a rollback then, and says nothing."""

    def work(tx: Transaction) -> None:
        inbox.add(tx, [("telegram", "1", "7", {})], NOW)
        with suppress(DatabaseError):
            tx.execute(text("SELECT nothing FROM nowhere"))

    was_lost = False
    try:
        await database.transaction(work)
    except TransactionLost:
        was_lost = True
    assert was_lost != database.is_sqlite
    assert await database.snapshot(inbox.count_open) == (0 if was_lost else 1)
