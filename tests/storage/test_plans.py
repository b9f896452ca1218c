"""What digest, desk and search ask is found by an index that narrows it down, however many years there are."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from benchmarks.digest import FULL, PLAIN, count_plainly, fill_sqlite, plans, works
from benchmarks.years import END, County
from tests.storage.rows import VILLAGE

from wangge.handlers import board
from wangge.storage import lists, records, search
from wangge.storage.database import Transaction, open_database
from wangge.storage.lists import Wanted
from wangge.storage.migrate import migrate
from wangge.storage.seal import Seal

COUNTY = VILLAGE[:6]
SEAL = Seal(bytes(32))


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database with a year of one village in it."""
    file = tmp_path_factory.mktemp("year") / "town.db"

    async def fill() -> None:
        async with open_database(f"sqlite:///{file}", SEAL) as database:
            await migrate(database)
            fill_sqlite(file, County(1, 1, [VILLAGE], [1], SEAL))

    asyncio.run(fill())
    return f"sqlite:///{file}"


async def test_a_week_is_found_without_reading_all_years(year: str) -> None:
    """On SQLite, which plans without counting; and it is as much as plain SQL finds in the same year."""
    async with open_database(year, SEAL) as database:
        for name in PLAIN:
            work = works((COUNTY,))[name]
            found = await database.snapshot(work)
            assert len(found) == await database.snapshot(partial(count_plainly, name, COUNTY)) > 0
            looks = await database.snapshot(partial(plans, work))
            assert looks
            assert [line for is_full, line in looks if is_full] == [], name


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
