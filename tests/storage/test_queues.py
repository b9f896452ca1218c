"""Queues and alarms: what waits, since when, and one message a day and kind."""

import tomllib
from datetime import timedelta
from importlib.resources import files

import pytest
from sqlalchemy import select
from tests.storage.rows import DAY, MINUTE, NOW, add_people, entry, letter, post

from wangge.bot.alarms import raise_alarm
from wangge.handlers.context import Outgoing, World
from wangge.rules.calendar import WorkCalendar
from wangge.rules.policy import Policy
from wangge.storage import inbox, jobs, outbox, people
from wangge.storage.database import Database, Transaction
from wangge.storage.queues import Queue, queues
from wangge.storage.tables import outbox as outbox_table

POLICY = Policy.model_validate(tomllib.loads(files("wangge.rules").joinpath("town.toml").read_text("utf-8")))
WORLD = World((1, ""), POLICY, WorkCalendar.of(POLICY), {}, {})


async def test_rows_that_wait_for_their_hour_are_not_late(database: Database) -> None:
    def work(tx: Transaction) -> None:
        inbox.add(tx, [("telegram", "1", "7", {})], NOW - 3 * MINUTE)
        inbox.add(tx, [("telegram", "2", "7", {})], NOW)
        outbox.put(tx, [letter("now", ready_at=NOW - MINUTE), letter("later", ready_at=NOW + DAY)], NOW - DAY)
        jobs.put(tx, "fetch", "fetch:1", {}, NOW)
        found = queues(tx, NOW)
        assert found.inbox == Queue(2, 1, NOW - 3 * MINUTE)
        assert (found.outbox.waiting, found.outbox.since, found.for_hours) == (1, NOW - MINUTE, 1)
        assert found.jobs.waiting == 1
        assert found.dead == {"inbox": 0, "outbox": 0, "jobs": 0}

    await database.transaction(work)


async def test_what_was_given_up_on_purpose_is_no_dead_letter(database: Database) -> None:
    def work(tx: Transaction) -> None:
        inbox.add(tx, [("telegram", "1", "7", {})], NOW)
        for _ in range(inbox.ATTEMPTS):
            inbox.count_attempt(tx, 1, NOW)
        reasons = ("refused", "failed", "blocked", "useless")
        outbox.put(tx, [letter(reason) for reason in reasons], NOW)
        for number, reason in enumerate(reasons, start=1):
            outbox.give_up(tx, number, reason, NOW)
        assert queues(tx, NOW).dead == {"inbox": 1, "outbox": 2, "jobs": 0}
        assert queues(tx, NOW, NOW + MINUTE).dead == {"inbox": 0, "outbox": 0, "jobs": 0}
        assert queues(tx, NOW).outbox == Queue(0, None, None)

    await database.transaction(work)


@pytest.mark.parametrize(("kind", "at_night"), [("displaced", True), ("dead_letter", False)])
async def test_an_alarm_is_told_once_a_day(database: Database, kind: str, at_night: bool) -> None:
    """At 23:00 only what keeps danger from being heard leaves at once."""

    def work(tx: Transaction) -> None:
        clerk = add_people(tx, entry("49", "叶二牛", post("administrator")))[0]
        people.link_account(tx, "telegram", "1049", "1049", clerk, NOW)
        night = NOW + timedelta(hours=13)
        told = []
        for at in (night, night + MINUTE, night + DAY):
            outgoing = Outgoing(tx, WORLD, at)
            told.append(raise_alarm(outgoing, kind, inbox=1))
            outgoing.post()
        assert told == [True, False, True]
        ready = tx.execute(select(outbox_table.c.ready_at).order_by(outbox_table.c.id)).scalars().all()
        assert [(at == night + n * DAY) for n, at in enumerate(ready)] == [at_night, at_night]

    await database.transaction(work)
