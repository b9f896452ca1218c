"""What digest, desk and search ask is found by an index that narrows it down, however many years there are."""

import asyncio
from collections.abc import Callable, Collection
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from benchmarks.figures import FULL, WEEK, Line, asked, fill_postgres, fill_sqlite, lines, plans
from benchmarks.years import END, County
from tests.postgres import fresh_database
from tests.storage.rows import VILLAGE

from wangge.handlers import board
from wangge.reports import figures
from wangge.storage import counts, lists, records, search
from wangge.storage.database import Transaction, open_database
from wangge.storage.lists import Wanted
from wangge.storage.migrate import migrate
from wangge.storage.seal import Seal
from wangge.storage.tables import people

COUNTY = VILLAGE[:6]
SEAL = Seal(bytes(32))


YEAR = County(1, 1, [VILLAGE], [1], SEAL)
VISITS = Line(
    lambda tx, area: counts.visits(tx, date(2026, 11, 1), date(2026, 12, 1), END, (area,)), lambda *_: None
)
BEFORE = Line(lambda tx, area: figures.before(tx, (area,), WEEK.before), lambda *_: None)
COUNTED = {name: line for name, line in lines(years=1).items() if name != "whole digest"} | {
    "visits": VISITS,
    "compared": BEFORE,
}
OF_A_WEEK = [name for name in COUNTED if name.startswith(("week", "seven"))]


async def make(url: str) -> None:
    """Make a database with one person in it."""
    async with open_database(url, SEAL) as database:
        await migrate(database)
        row = {"id": 1, "staff_no": "W1", "name": b"", "phone": b"", "phone_mark": ""}
        await database.transaction(lambda tx: tx.execute(people.insert().values(row)))


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database with a year of one village in it."""
    file = tmp_path_factory.mktemp("year") / "town.db"
    asyncio.run(make(f"sqlite:///{file}"))
    fill_sqlite(file, YEAR)
    return f"sqlite:///{file}"


@pytest.fixture
def year_on_postgres(postgres: str, tmp_path: Path) -> str:
    """Return the URL of the same on PostgreSQL."""
    url = fresh_database(postgres, tmp_path)
    asyncio.run(make(url))
    fill_postgres(url.replace("+psycopg", ""), YEAR)
    return url


async def look_at(url: str, names: Collection[str]) -> None:
    async with open_database(url, SEAL) as database:
        for name in names:
            work = partial(asked, COUNTED[name], COUNTY)
            assert await database.snapshot(work), name
            looks = await database.snapshot(partial(plans, work))
            assert looks, name
            assert [line for is_full, line in looks if is_full] == [], name


async def test_figures_are_found_without_reading_all_years(year: str) -> None:
    """On SQLite, which plans without counting: of a week, of a year, of a past one, with their lists."""
    await look_at(year, COUNTED)


async def test_what_holds_is_counted_from_an_index_alone(year: str) -> None:
    async with open_database(year, SEAL) as database:
        work = partial(asked, COUNTED["year, all figures"], COUNTY)
        looks = [line for _, line in await database.snapshot(partial(plans, work))]
    assert any("COVERING INDEX ix_stays_now" in line for line in looks)
    assert any("COVERING INDEX ix_stays_due" in line for line in looks)


async def test_a_week_is_found_so_on_postgresql_too(year_on_postgres: str) -> None:
    """Over a whole year its planner may rightly read the one year that there is."""
    await look_at(year_on_postgres, OF_A_WEEK)


Work = Callable[[Transaction], Any]
BOARD = {name: Wanted(parts, due_before=END) for name, parts in board.LISTS.items() if parts}
LATELY = Wanted(done_by=1, done_since=END - timedelta(days=14))
ASKED: dict[str, Work] = {
    "count": lambda tx: lists.count_lists(tx, BOARD),
    **{name: partial(lists.events, wanted=wanted, limit=9) for name, wanted in BOARD.items()},
    "handled": partial(lists.events, wanted=LATELY, limit=9),
    "narrowed": partial(lists.count_by, wanted=BOARD["check"], by="village"),
    "newest": partial(lists.newest, states={"reported", "accepted"}, limit=200),
    "merged": partial(lists.last_done, act="merge", actor=1, since=END - timedelta(minutes=10)),
    "number": partial(records.by_number, number="1123-101"),
    "search": partial(search.newest, scope=search.Scope(1, [VILLAGE]), limit=2000),
    "named": partial(search.of, villages=[VILLAGE], persons=[1], limit=2000),
}


def looked_up(work: Work, tx: Transaction) -> list[str]:
    """Return how SQLite looks up whatever a work asks of it."""
    driver: Any = tx.connection.driver_connection
    seen: list[str] = []
    driver.set_trace_callback(seen.append)
    work(tx)
    driver.set_trace_callback(None)
    return [row[-1] for asked in seen for row in driver.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()]


async def test_the_desk_and_a_search_do_not_read_all_years(year: str) -> None:
    """Each list, the board's count, and what a search looks at of a person and his village."""
    async with open_database(year, SEAL) as database:
        for name, work in ASKED.items():
            plan = await database.snapshot(partial(looked_up, work))
            assert any("SEARCH records" in line for line in plan), name
            large = [line for line in plan if "requests" not in line]  # of those only the open ones
            assert [line for line in large if FULL.search(line)] == [], name
