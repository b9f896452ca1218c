"""The same storage tests on SQLite and on PostgreSQL: a fresh database each, one server a session."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.postgres import fresh_database

from wangge.storage.database import Database, open_database
from wangge.storage.ledger import metadata
from wangge.storage.seal import Seal


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'town.db'}"
    return fresh_database(request.getfixturevalue("postgres"), tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a database with every table in it."""
    async with open_database(database_url, Seal(bytes(32))) as found:
        await found.transaction(metadata.create_all)
        yield found
