"""What the Monday digest asks is found by an index that narrows it down, however many years there are."""

from functools import partial
from pathlib import Path

from benchmarks.digest import PLAIN, count_plainly, fill_sqlite, plans, works
from benchmarks.years import County
from tests.storage.rows import VILLAGE

from wangge.storage.database import open_database
from wangge.storage.migrate import migrate
from wangge.storage.seal import Seal

COUNTY = VILLAGE[:6]


async def test_a_week_is_found_without_reading_all_years(tmp_path: Path) -> None:
    """On SQLite, which plans without counting; and it is as much as plain SQL finds in the same year."""
    file, seal = tmp_path / "town.db", Seal(bytes(32))
    async with open_database(f"sqlite:///{file}", seal) as database:
        await migrate(database)
        fill_sqlite(file, County(1, 1, [VILLAGE], [1], seal))
        for name in PLAIN:
            work = works((COUNTY,))[name]
            found = await database.snapshot(work)
            assert len(found) == await database.snapshot(partial(count_plainly, name, COUNTY)) > 0
            looks = await database.snapshot(partial(plans, work))
            assert looks
            assert [line for is_full, line in looks if is_full] == [], name
