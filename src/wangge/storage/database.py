"""The engine, and the only two ways to the database: `transaction` and `snapshot`.

What touches the database is an ordinary function that takes the open transaction
first and never commits; it runs in a thread of ours from BEGIN to COMMIT (ADR 0002,
0004). So nothing that waits for a network can stand inside a transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import SingletonThreadPool

from wangge.storage.seal import Seal

Result = TypeVar("Result")
Transaction = Connection
"""An open transaction, as other rooms call it."""
DatabaseError = DBAPIError
"""Anything the database refused; after all but a DuplicateError the transaction is lost."""
DuplicateError = IntegrityError
"""A constraint was violated: the savepoint can be rolled back and the rest go on."""
BUSY_TIMEOUT_MS = 10_000
THREADS = 8
"""Transactions at the same time, of which on SQLite one writes."""


class TransactionLost(RuntimeError):
    """The driver's transaction ended under us (full disk): nothing of it may count."""


NotStored = (SQLAlchemyError, TransactionLost)
"""Whatever keeps a transaction from being stored, for `except`: a later one may succeed."""


class Database:
    """One database and the seal of its personal text."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        """Take an engine made by `open_database`."""
        self.engine = engine.execution_options(seal=seal)
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite lets one writer in at a time anyway; queueing here, fairly, keeps
        # p99 waiting at a tenth of what competing for the file lock costs.
        self._writer = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
        self._running: set[asyncio.Task[Any]] = set()
        self._sharing: list[tuple[Callable[[Connection], Any], asyncio.Future[Any]]] = []

    async def transaction(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction and commit it, all or nothing.

        Raises:
            TransactionLost: the database gave the transaction up by itself.
        """
        async with self._writer:
            return await self._to_its_end(partial(self._transact, work))

    async def share(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction with all that asks for this meanwhile: one commit for many.

        The work is done even if who asked is cancelled.

        Raises:
            TransactionLost: the database gave the transaction up by itself.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._sharing.append((work, future))
        if len(self._sharing) == 1:
            running = asyncio.create_task(self._commit_shared())
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        return await future

    async def _commit_shared(self) -> None:
        async with self._writer:  # whoever asks while we wait here comes along
            shared, self._sharing = self._sharing, []
            try:
                outcomes = await self._in_thread(partial(self._transact, partial(_each, shared)))
            except BaseException as error:  # noqa: BLE001 - it is theirs who asked
                outcomes = [error] * len(shared)
        for (_, future), outcome in zip(shared, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    async def snapshot(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one unchanging view of the database; it must not write."""
        return await self._to_its_end(partial(self._look, work))

    async def close(self) -> None:
        """Wait for the work that outlives whoever was cancelled while it ran, and close."""
        while self._running:
            await asyncio.wait(self._running)
        self._threads.shutdown()
        self.engine.dispose()

    async def _to_its_end(self, work: Callable[[], Result]) -> Result:
        """Wait for the work; who is cancelled meanwhile is cancelled after its end.

        Else a transaction would go on while its locks are free already, and nobody would hear how it ended.
        """
        running = asyncio.create_task(self._in_thread(work))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled() and (error := running.exception()):
                raise asyncio.CancelledError from error
            raise

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Run the work in one hop: statement by statement, the hops would cost more than the statements."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        with self.engine.connect() as connection:
            try:
                with connection.begin():
                    result = work(connection)
                    check_still_open(connection)
                    return result
            except DuplicateError:
                raise
            except (DatabaseError, TransactionLost):
                # On a full disk SQLite has rolled back already and SQLAlchemy does not
                # notice; a reused connection would commit later statements one by one.
                connection.invalidate()
                raise

    def _look(self, work: Callable[[Connection], Result]) -> Result:
        options: dict[str, Any] = {"read_only": True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            return work(connection)


def _each(shared: Sequence[tuple[Callable[[Connection], Any], Any]], tx: Connection) -> list[Any]:
    """Do each piece of work; one that fails by itself leaves the others alone."""
    outcomes: list[Any] = []
    for work, _ in shared:
        try:
            with tx.begin_nested():
                outcomes.append(work(tx))
        except Exception as error:
            if isinstance(error, DatabaseError) and not isinstance(error, DuplicateError):
                raise
            check_still_open(tx)
            outcomes.append(error)
    return outcomes


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
    """Open the database and close it again."""
    engine = _sqlite(make_url(url)) if url.startswith("sqlite") else create_engine(url, pool_size=THREADS)
    database = Database(engine, seal)
    try:
        yield database
    finally:
        await database.close()


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=SingletonThreadPool,
        pool_size=THREADS + 1,  # it closes connections beyond that, whether or not they are in use
        connect_args={"check_same_thread": False},  # whoever disposes of the engine closes them
    )

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

    return engine
