"""Several pieces of work in one transaction: one commit for all, and each fails for itself."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event

from wangge.storage import jobs
from wangge.storage.database import Database

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def put(tx: Connection, keys: Sequence[str]) -> list[str]:
    for key in keys:
        jobs.put(tx, "purge", key, {}, NOW)
    return [f"{key} is done" for key in keys]


def put_and_fail(tx: Connection, keys: Sequence[str]) -> list[str]:
    put(tx, keys)
    raise ValueError(keys)


async def test_what_comes_at_the_same_time_is_committed_at_once_and_what_fails_fails_alone(
    database: Database,
) -> None:
    commits: list[Any] = []
    event.listen(database.engine, "commit", commits.append)
    asked = [(put, "one"), (put_and_fail, "bad"), (put, "two"), (put_and_fail, "worse")]
    outcomes = await asyncio.gather(*(database.share(*each) for each in asked), return_exceptions=True)
    assert len(commits) == 1
    assert [str(outcome) for outcome in outcomes] == [
        "one is done",
        "['bad', 'worse']",
        "two is done",
        "['bad', 'worse']",
    ]
    assert await database.snapshot(jobs.count_open) == 2


async def test_who_stops_waiting_takes_nothing_from_the_others(database: Database) -> None:
    first = asyncio.create_task(database.share(put, "one"))
    second = asyncio.create_task(database.share(put, "two"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "two is done"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await database.snapshot(jobs.count_open) == 2
