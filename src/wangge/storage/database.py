"""The engine, and the only two ways to the database: `transaction` and `snapshot`.

What touches the database is an ordinary function that takes the open transaction
first and never commits; it runs inside SQLAlchemy's async engine (ADR 0002). So
nothing that waits for a network can stand inside a transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from wangge.storage.seal import Seal

Result = TypeVar("Result")
Transaction = Connection
"""An open transaction, as other rooms call it."""
DatabaseError = DBAPIError
"""Anything the database refused; after all but a DuplicateError the transaction is lost."""
DuplicateError = IntegrityError
"""A constraint was violated: the savepoint can be rolled back and the rest go on."""
BUSY_TIMEOUT_MS = 10_000


class TransactionLost(RuntimeError):
    """The driver's transaction ended under us (full disk): nothing of it may count."""


NotStored = (SQLAlchemyError, TransactionLost)
"""Whatever keeps a transaction from being stored, for `except`: a later one may succeed."""


class Database:
    """One database and the seal of its personal text."""

    def __init__(self, engine: AsyncEngine, seal: Seal) -> None:
        """Take an engine made by `open_database`."""
        self.engine = engine.execution_options(seal=seal)
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite lets one writer in at a time anyway; queueing here, fairly, keeps
        # p99 waiting at a tenth of what competing for the file lock costs.
        self._writer = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._running: set[asyncio.Task[Any]] = set()

    async def transaction(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction and commit it, all or nothing.

        Raises:
            TransactionLost: the database gave the transaction up by itself.
        """
        return await self._to_its_end(self._transact(work))

    async def snapshot(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one unchanging view of the database; it must not write."""
        return await self._to_its_end(self._look(work))

    async def finished(self) -> None:
        """Wait for the work that outlives whoever was cancelled while it ran."""
        while self._running:
            await asyncio.wait(self._running)

    async def _to_its_end(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for the work; who is cancelled meanwhile is cancelled after its end.

        sqlite3 cannot close a connection whose statement was left in the middle: its
        transaction stays open until the garbage collector finds it, and locks everybody out.
        """
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled() and (error := running.exception()):
                raise asyncio.CancelledError from error
            raise

    async def _transact(self, work: Callable[[Connection], Result]) -> Result:
        async with self._writer, self.engine.connect() as connection:
            try:
                async with connection.begin():
                    result = await connection.run_sync(work)
                    await connection.run_sync(check_still_open)
                    return result
            except DuplicateError:
                raise
            except (DatabaseError, TransactionLost):
                # On a full disk SQLite has rolled back already and SQLAlchemy does not
                # notice; a reused connection would commit later statements one by one.
                await connection.invalidate()
                raise

    async def _look(self, work: Callable[[Connection], Result]) -> Result:
        async with self.engine.connect() as connection:
            options: dict[str, Any] = {"read_only": True}
            if not self.is_sqlite:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            await connection.execution_options(**options)
            async with connection.begin():
                return await connection.run_sync(work)


def seal_of(tx: Connection) -> Seal:
    """Return the seal that belongs to the transaction's database."""
    seal: Seal = tx.get_execution_options()["seal"]
    return seal


def check_still_open(tx: Connection) -> None:
    """Make sure that the driver still is in the transaction that SQLAlchemy believes in.

    Raises:
        TransactionLost: it is not, or it can only be rolled back.
    """
    if tx.invalidated:
        raise TransactionLost
    driver: Any = tx.connection.driver_connection
    if tx.dialect.name == "sqlite":
        is_open = driver.in_transaction
    else:
        is_open = driver.info.transaction_status.name == "INTRANS"
    if not is_open:
        raise TransactionLost


@asynccontextmanager
async def open_database(url: str, seal: Seal) -> AsyncIterator[Database]:
    """Open the database and close it again; aiosqlite hangs at exit if one stays open."""
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine.sync_engine)
    database = Database(engine, seal)
    try:
        yield database
    finally:
        await database.finished()
        await engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        connection.isolation_level = None  # BEGIN is ours, below
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL may take back committed work after a power loss
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A read that turns into a write later fails at once whatever the busy timeout.
        read_only = connection.get_execution_options().get("read_only")
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "handle_error")
    def _refused(context: ExceptionContext) -> None:
        # A full disk makes SQLite roll everything back by itself. Whatever was executed
        # after that would commit statement by statement; a lost connection refuses it.
        connection = context.connection
        if connection is not None and connection.in_transaction():
            driver: Any = connection.connection.driver_connection
            if not driver.in_transaction:
                context.is_disconnect, context.invalidate_pool_on_disconnect = True, False
