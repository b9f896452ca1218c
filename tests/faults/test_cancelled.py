"""I13: whatever is cancelled wherever it waits, no transaction stays open and nothing half is kept."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.faults.lives import select
from tests.office import MONDAY_10, settings_for

from wangge.bot import office
from wangge.bot.clock import Clock
from wangge.bot.dispatch import Dispatch
from wangge.handlers.context import Worlds
from wangge.handlers.message import Inbound
from wangge.storage.database import Database
from wangge.storage.migrate import migrate


def spoken(number: int) -> Inbound:
    return Inbound(
        channel="telegram",
        key=str(number),
        account="1001",
        chat="1001",
        sort="text",
        text=f"村口第{number}盏灯不亮了",
        message=str(number),
        sent_at=MONDAY_10,
    )


@pytest.fixture
async def database(hamlet: Path, tmp_path: Path) -> AsyncIterator[Database]:
    import shutil

    shutil.copytree(hamlet, tmp_path / "data")
    async with office.opened(settings_for(tmp_path / "data")) as opened:
        await migrate(opened)
        yield opened


async def cancelled_after(work: "asyncio.Task[int] | asyncio.Task[None]", turns: int) -> bool:
    """Let the loop turn so often, then cancel; tell whether the work was still going on."""
    for _ in range(turns):
        await asyncio.sleep(0)
    was_running = work.cancel()
    await asyncio.wait([work])
    return was_running


async def test_a_cancelled_handling_is_done_again_from_the_start(database: Database, tmp_path: Path) -> None:
    numbers = itertools.count(101)
    dispatch = Dispatch(database, Worlds(), Clock(), lambda: next(numbers), 0.0)
    for turns in itertools.count(1, 3):
        await dispatch.accept([spoken(turns)])
        cut = await cancelled_after(asyncio.create_task(dispatch.handle_some()), turns)
        async with asyncio.timeout(5):
            await database.transaction(lambda tx: tx.execute(text("SELECT 1")))
        states = select(tmp_path / "data", "SELECT state FROM inbox ORDER BY id DESC LIMIT 1")
        drafts = select(tmp_path / "data", "SELECT count(*) FROM drafts")
        letters = select(tmp_path / "data", "SELECT count(*) FROM outbox")
        done = select(tmp_path / "data", "SELECT count(*) FROM inbox WHERE state = 'done'")
        assert drafts == letters == done, f"half of it is there after {turns} turns: {states}"
        while await dispatch.handle_some():
            pass
        if not cut:
            break
    assert turns > 10
    assert select(tmp_path / "data", "SELECT DISTINCT state FROM inbox") == [("done",)]


async def test_a_cancelled_acceptance_keeps_all_of_a_batch_or_none(
    database: Database, tmp_path: Path
) -> None:
    dispatch = Dispatch(database, Worlds(), Clock(), lambda: 1, 0.0)
    for turns in itertools.count(1):
        batch = [spoken(10 * turns + number) for number in range(3)]
        cut = await cancelled_after(asyncio.create_task(dispatch.accept(batch)), turns)
        async with asyncio.timeout(5):
            await database.transaction(lambda tx: tx.execute(text("SELECT 1")))
        assert select(tmp_path / "data", "SELECT count(*) % 3 FROM inbox") == [(0,)]
        if not cut:
            break
    assert turns > 10
