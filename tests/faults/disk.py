"""A disk that is full when told so, and tells how often it has refused to grow."""

import asyncio
import sqlite3
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import OperationalError

from wangge.storage.prepared import Prepared

UNLIMITED = 1_073_741_823


DISKS: WeakKeyDictionary[Engine, "Disk"] = WeakKeyDictionary()
send = Prepared.send


def counted(tx: Connection, *arguments: Any, **named: Any) -> Any:
    """Send a prepared statement, and let the disk know if it was refused."""
    try:
        return send(tx, *arguments, **named)
    except OperationalError as error:
        if tx.engine in DISKS and "full" in str(error):
            DISKS[tx.engine]._count()
        raise


Prepared.send = staticmethod(counted)  # type: ignore[method-assign]  # once, for every disk


class Disk:
    """Limits the pages of a SQLite database: `full` from now on, or from the so-manieth commit on."""

    def __init__(self, engine: Engine) -> None:
        self.refusals = 0
        self.commits = 0
        self._full_at: int | None = None
        self._refuses_commits = False
        self._lifted_after: int | None = None
        self._changed = asyncio.Event()
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "handle_error", self._refused)
        DISKS[engine] = self

    @property
    def is_full(self) -> bool:
        return self._full_at is not None and self.commits >= self._full_at

    def fill(
        self, *, at_commit: int = 0, lifted_after: int | None = None, refuses_commits: bool = False
    ) -> None:
        """No new page from that commit on, until so much was refused or `make_room` is called.

        A change that needs no page still succeeds, unless the commits themselves are refused.
        """
        self._full_at, self._lifted_after = at_commit, lifted_after
        self._refuses_commits = refuses_commits

    def make_room(self) -> None:
        self._full_at = None

    async def has_refused(self, times: int = 1) -> None:
        async with asyncio.timeout(30):  # who gives up trying must not keep a test waiting for ever
            while self.refusals < times:
                self._changed.clear()
                await self._changed.wait()

    def _begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql(f"PRAGMA max_page_count={1 if self.is_full else UNLIMITED}")

    def _commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("read_only"):
            return
        if self.is_full and self._refuses_commits:
            self._count()
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
        self.commits += 1

    def _refused(self, context: ExceptionContext) -> None:
        error: Any = context.original_exception
        if "full" in str(error):
            self._count()

    def _count(self) -> None:
        self.refusals += 1
        self._changed.set()
        if self._lifted_after is not None and self.refusals >= self._lifted_after:
            self.make_room()
