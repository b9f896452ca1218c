"""Several pieces of work in one transaction: one commit for all, and each fails for itself."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event

from wangge.storage import jobs
from wangge.storage.database import Database

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def put(tx: Connection, key: str) -> str:
    jobs.put(tx, "purge", key, {}, NOW)
    if key == "bad":
        raise ValueError(key)
    return key


async def test_what_comes_at_the_same_time_is_committed_at_once_and_what_fails_fails_alone(
    database: Database,
) -> None:
    commits: list[Any] = []
    event.listen(database.engine, "commit", commits.append)
    keys = ["one", "bad", "two"]
    outcomes = await asyncio.gather(
        *(database.share(partial(put, key=key)) for key in keys), return_exceptions=True
    )
    assert len(commits) == 1
    assert outcomes[0] == "one" and outcomes[2] == "two" and isinstance(outcomes[1], ValueError)
    assert await database.snapshot(jobs.count_open) == 2


async def test_who_stops_waiting_takes_nothing_from_the_others(database: Database) -> None:
    first = asyncio.create_task(database.share(lambda tx: put(tx, "one")))
    second = asyncio.create_task(database.share(lambda tx: put(tx, "two")))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "two"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await database.snapshot(jobs.count_open) == 2
