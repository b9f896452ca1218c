"""Make the data folder of a town with as many grid workers as report at once: python -m benchmarks.town FOLDER."""

import asyncio
import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from importlib import resources
from pathlib import Path

from benchmarks.people import DESK, FIRST_PERSON
from benchmarks.stand_in import TOWN_TIME

from wangge.bot import office
from wangge.bot.settings import Settings
from wangge.handlers.context import Worlds, policy_json
from wangge.storage import areas, people
from wangge.storage.database import Transaction

WORKERS = 500
NOW = datetime.fromisoformat(TOWN_TIME)
STAFF = {DESK: "值班员", DESK - 1: "管理员"}
"""Account → post of the two who are needed beside the grid workers."""
HEADINGS = "工号,姓名,电话,职务,区域,开始,结束"
SURNAMES = "李王张刘陈杨赵黄周吴"
GIVEN = "一二三四五六七八九十"


async def make(
    folder: Path, workers: int = WORKERS, others: Mapping[int, tuple[str, str]] | None = None
) -> None:
    """Make the folder as `wangge init` and `wangge roster import` do, with everybody joined.

    `others` are accounts of more people, with post and area.
    """
    settings = Settings.model_construct(data_dir=folder)
    await office.init(settings, None, "")
    places = grids()
    held = {account: (post, "清河镇") for account, post in STAFF.items()} | dict(others or {})
    held |= {FIRST_PERSON + place: ("网格员", places[place % len(places)]) for place in range(workers)}
    lines = [_line(number, *post) for number, post in enumerate(held.values(), start=1)]
    async with office.opened(settings) as database:
        file = "\n".join([HEADINGS, *lines]).encode()
        changes = await office.read_roster(database, file, "roster.csv", NOW)
        if changes.mistakes:
            raise SystemExit(f"the roster is not accepted: {changes.mistakes[:3]}")
        await office.apply_roster(database, changes, NOW, end_missing=False)
        await database.transaction(partial(_link, list(held)))
        await database.transaction(ask_nothing_near)


def ask_nothing_near(tx: Transaction) -> None:
    """Put the town's policy in force anew, without the question whether a near event is the same matter."""
    policy = Worlds().current(tx).policy
    desk = policy.desk.model_copy(update={"ask_near": False})
    areas.add_policy(tx, policy_json(policy.model_copy(update={"desk": desk})), NOW)


def grids() -> list[str]:
    """Return the grids that the made-up town's own grid workers have."""
    text = resources.files("wangge.demo").joinpath("roster.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return [row["区域"] for row in rows if row["职务"] == "网格员"]


def _line(number: int, post: str, area: str) -> str:
    name = SURNAMES[number % 10] + GIVEN[number // 10 % 10] + GIVEN[number // 100]
    return f"{number},{name},1380000{number:04d},{post},{area},,"


def _link(accounts: Sequence[int], tx: Transaction) -> None:
    for number, account in enumerate(accounts, start=1):
        person = people.by_staff_no(tx, str(number), NOW.date())
        if person is None:
            raise SystemExit(f"nobody has the staff number {number}")
        people.link_account(tx, "telegram", str(account), str(account), person.id, NOW)


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
