"""The engine, and the only two ways to the database: `transaction` and `snapshot`.

What touches the database is an ordinary function that takes the open transaction
first and never commits; it runs in a thread of ours from BEGIN to COMMIT (ADR 0002,
0004). So nothing that waits for a network can stand inside a transaction.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar, get_args

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from wangge.storage.seal import Seal

Result = TypeVar("Result")
Item = TypeVar("Item")
Queue = Literal["inbox", "outbox", "jobs"]
"""Where something to do may have been put."""
Transaction = Connection
"""An open transaction, as other rooms call it."""
DatabaseError = DBAPIError
"""Anything the database refused; after all but a DuplicateError the transaction is lost."""
DuplicateError = IntegrityError
"""A constraint was violated: the savepoint can be rolled back and the rest go on."""
BUSY_TIMEOUT_MS = 10_000
_QUEUES = "queues"
_NOTICES = "wangge"
"""The channel of PostgreSQL's LISTEN and NOTIFY."""
IDLE_SECONDS = 30
"""So long PostgreSQL waits for a process in an open transaction: one that is frozen, or whose host is
gone, would keep its locks for hours, the lease's among them."""
THREADS = 8
"""Transactions at the same time, of which on SQLite one writes."""


class TransactionLost(RuntimeError):
    """The driver's transaction ended under us (full disk): nothing of it may count."""


NotStored = (SQLAlchemyError, TransactionLost)
"""Whatever keeps a transaction from being stored, for `except`: a later one may succeed."""


@dataclass(frozen=True)
class _Shared:
    """What is to be done on all these items in the next shared transaction."""

    items: list[Any]
    done: asyncio.Future[Sequence[Any]]


class Database:
    """One database and the seal of its personal text."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        """Take an engine made by `open_database`."""
        self.engine = engine.execution_options(seal=seal)
        self.is_sqlite = engine.dialect.name == "sqlite"
        self.changed: Callable[[Collection[str]], None] = lambda _queues: None
        """Is told after each commit into which queues something was put."""
        # SQLite lets one writer in at a time anyway; queueing here, fairly, keeps
        # p99 waiting at a tenth of what competing for the file lock costs.
        self._writer = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else THREADS, thread_name_prefix="writer")
        self._readers = ThreadPoolExecutor(THREADS, thread_name_prefix="reader")
        self._here = threading.local()
        self._kept: list[Connection] = []
        self._running: set[asyncio.Task[Any]] = set()
        self._sharing: dict[Callable[..., Any], _Shared] = {}

    async def transaction(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction and commit it, all or nothing.

        Raises:
            TransactionLost: the database gave the transaction up by itself.
        """
        async with self._writer:
            return await self._to_its_end(self._write(work))

    async def share(
        self, work: Callable[[Connection, Sequence[Item]], Sequence[Result]], item: Item
    ) -> Result:
        """Have `work` done on `item`, in one transaction with all that asks for this meanwhile.

        `work` is called once with the items of all who asked for it, returns something for each of
        them, and is done even if who asked is cancelled. If it fails, it has failed for all of them,
        and for nothing else.

        Raises:
            TransactionLost: the database gave the transaction up by itself.
        """
        if not self._sharing:
            self._start(self._commit_shared())
        if work not in self._sharing:
            self._sharing[work] = _Shared([], asyncio.get_running_loop().create_future())
        shared = self._sharing[work]
        shared.items.append(item)
        place = len(shared.items) - 1
        found: Sequence[Result] = await asyncio.shield(shared.done)
        return found[place]

    async def _commit_shared(self) -> None:
        async with self._writer:  # whoever asks while we wait here comes along
            shared, self._sharing = self._sharing, {}
            outcomes: Sequence[Any]
            try:
                outcomes = await self._write(partial(_each, shared))
            except BaseException as error:  # noqa: BLE001 - it is theirs who asked
                outcomes = [error] * len(shared)
        for one, outcome in zip(shared.values(), outcomes, strict=True):
            if isinstance(outcome, BaseException):
                one.done.set_exception(outcome)
                one.done.exception()  # all who asked may be gone
            else:
                one.done.set_result(outcome)

    async def snapshot(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one unchanging view of the database; it must not write."""
        return await self._to_its_end(_in_thread(self._readers, partial(self._look, work)))

    async def hear(self) -> None:
        """Hear what other processes commit, until cancelled; on SQLite there are none."""
        if self.is_sqlite:
            await asyncio.Event().wait()
        from psycopg import AsyncConnection

        address = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        async with await AsyncConnection.connect(address, autocommit=True) as connection:
            await connection.execute(f"LISTEN {_NOTICES}")
            self.changed(get_args(Queue))  # of what came before nobody tells
            async for notice in connection.notifies():
                self.changed(notice.payload.split())

    async def close(self) -> None:
        """Wait for the work that outlives whoever was cancelled while it ran, and close."""
        while self._running:
            await asyncio.wait(self._running)
        for threads in (self._writers, self._readers):
            threads.shutdown()
        for connection in self._kept:
            connection.close()

    async def _to_its_end(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for the work; who is cancelled meanwhile is cancelled after its end.

        Else a transaction would go on while its locks are free already, and nobody would hear how it ended.
        """
        running = self._start(work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if not running.cancelled() and (error := running.exception()):
                raise asyncio.CancelledError from error
            raise

    def _start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Begin work that `close` waits for."""
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        result, queues = await _in_thread(self._writers, partial(self._transact, work))
        self.changed(queues)
        return result

    def _transact(self, work: Callable[[Connection], Result]) -> tuple[Result, Collection[str]]:
        """Return what the work returned, and the queues it has put something into."""
        connection = self._connection()
        try:
            with connection.begin():
                connection.info[_QUEUES] = queues = set[str]()
                result = work(connection)
                check_still_open(connection)
                self._notify(connection, queues)
            return result, queues
        except DuplicateError:
            raise
        except (DatabaseError, TransactionLost):
            # On a full disk SQLite has rolled back already and SQLAlchemy does not
            # notice; a reused connection would commit later statements one by one.
            connection.invalidate()
            raise

    def _connection(self, **options: Any) -> Connection:  # noqa: ANN401 - SQLAlchemy's options
        """Return this thread's connection: taking one from a pool costs as much as ten statements."""
        kept: Connection | None = getattr(self._here, "connection", None)
        if kept is None:
            kept = self._here.connection = self.engine.connect().execution_options(**options)
            self._kept.append(kept)
        return kept

    def _notify(self, connection: Connection, queues: Collection[str]) -> None:
        """Let other processes know with the commit, if there is anything to know."""
        if not self.is_sqlite:
            driver: Any = connection.connection.driver_connection
            notify = "SELECT pg_notify(%s, %s) WHERE pg_current_xact_id_if_assigned() IS NOT NULL"
            driver.execute(notify, (_NOTICES, " ".join(queues)))

    def _look(self, work: Callable[[Connection], Result]) -> Result:
        options: dict[str, Any] = {"read_only": True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        connection = self._connection(**options)
        with connection.begin():
            return work(connection)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    """Run the work in one hop: statement by statement, the hops would cost more than the statements."""
    return await asyncio.get_running_loop().run_in_executor(threads, work)


def _each(shared: Mapping[Callable[..., Any], _Shared], tx: Connection) -> list[Any]:
    """Return what each piece of work returned or raised; one that fails by itself leaves the others alone."""
    outcomes: list[Any] = []
    for work, one in shared.items():
        try:
            with savepoint(tx):
                outcomes.append(work(tx, one.items))
        except Exception as error:
            if isinstance(error, DatabaseError) and not isinstance(error, DuplicateError):
                raise
            check_still_open(tx)
            outcomes.append(error)
    return outcomes


@contextmanager
def savepoint(tx: Connection) -> Iterator[None]:
    """All of it or nothing, within a transaction; savepoints may stand in each other.

    In the driver's own words: through SQLAlchemy one costs as much as five statements.
    """
    driver: Any = tx.connection.driver_connection
    driver.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if is_open(tx, failed=True):
            driver.execute("ROLLBACK TO SAVEPOINT part")
            driver.execute("RELEASE SAVEPOINT part")
        raise
    driver.execute("RELEASE SAVEPOINT part")


def announce(tx: Connection, queue: Queue) -> None:
    """Something to do was put there: after the commit whoever does it looks."""
    tx.info.setdefault(_QUEUES, set()).add(queue)


def seal_of(tx: Connection) -> Seal:
    """Return the seal that belongs to the transaction's database."""
    seal: Seal = tx.get_execution_options()["seal"]
    return seal


def check_still_open(tx: Connection) -> None:
    """Make sure that the driver still is in the transaction that SQLAlchemy believes in.

    Raises:
        TransactionLost: it is not, or it can only be rolled back.
    """
    if not is_open(tx):
        raise TransactionLost


def is_open(tx: Connection, *, failed: bool = False) -> bool:
    """Tell whether the driver is in a transaction; `failed`: one that only a savepoint can save will do."""
    if tx.invalidated:
        return False
    driver: Any = tx.connection.driver_connection
    if tx.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    return driver.info.transaction_status.name in ({"INTRANS", "INERROR"} if failed else {"INTRANS"})


@asynccontextmanager
async def open_database(url: str, seal: Seal) -> AsyncIterator[Database]:
    """Open the database and close it again."""
    engine = _sqlite(make_url(url)) if url.startswith("sqlite") else _postgresql(url)
    database = Database(engine, seal)
    try:
        yield database
    finally:
        await database.close()


def _postgresql(url: str) -> Engine:
    options = f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
    return create_engine(url, poolclass=NullPool, connect_args={"options": options})


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=NullPool,
        # Whoever closes the database closes them; every prepared statement stays prepared.
        connect_args={"check_same_thread": False, "cached_statements": 512},
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
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")

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
