"""What several processes on one database take from each other, and what they do not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from tests.storage.rows import NOW, TODAY, add_person, digits, new_event
from tests.storage.test_scheduled import Town, at

from wangge.handlers import board
from wangge.handlers.context import Worlds
from wangge.scheduler.tick import tick, tick_in
from wangge.storage import database as database_module
from wangge.storage import inbox, jobs, leases, records
from wangge.storage.database import Database, Transaction, open_database, seal_of
from wangge.storage.prepared import Prepared
from wangge.storage.seal import Seal
from wangge.storage.tables import outbox, shown

AMONG_OTHERS = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def take(holder: str, seconds: float = 60.0) -> Callable[[Transaction], bool]:
    return lambda tx: leases.take(tx, "channels", holder, seconds)


def give_back(holder: str) -> Callable[[Transaction], None]:
    return lambda tx: leases.give_back(tx, "channels", holder)


async def test_a_lease_is_kept_and_refused_to_others_until_its_time_is_over(database: Database) -> None:
    assert await database.transaction(take("one"))
    assert not await database.transaction(take("two"))
    assert await database.transaction(take("one", -1.0)), "kept, for a time that is over at once"
    assert await database.transaction(take("two"))
    assert not await database.transaction(take("one")), "who was late has lost it"


async def test_a_lease_is_free_at_once_when_its_holder_gives_it_back(database: Database) -> None:
    await database.transaction(take("one"))
    await database.transaction(give_back("two"))
    assert not await database.transaction(take("two"))
    await database.transaction(give_back("one"))
    assert await database.transaction(take("two"))


@AMONG_OTHERS
async def test_of_two_who_take_a_free_lease_at_once_one_gets_it(database: Database) -> None:
    with process(database) as one:
        assert take("one")(one)
        other = asyncio.create_task(database.transaction(take("two")))
        await waits_for_lock(database)
        one.commit()
        assert not await other


@AMONG_OTHERS
async def test_a_process_that_freezes_while_it_takes_the_lease_keeps_nobody_from_it(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "IDLE_SECONDS", 1)
    async with open_database(database_url, Seal(bytes(32))) as impatient:
        with process(impatient) as frozen:
            assert take("frozen")(frozen)
            other = asyncio.create_task(database.transaction(take("other")))
            done, _ = await asyncio.wait([other], timeout=20)
            frozen.invalidate()
            assert done and await other


@contextmanager
def process(database: Database) -> Iterator[Connection]:
    """An open transaction, as of another process; what it has not committed ends with it."""
    with database.engine.connect() as connection:
        connection.begin()
        yield connection


async def waits_for_lock(database: Database) -> None:
    """Return when somebody waits for what another transaction holds."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20):
        while not await database.snapshot(lambda tx: tx.execute(query).scalar_one()):
            pass


def add(database: Database, *messages: tuple[str, str]) -> Awaitable[int]:
    """Put (chat, words) into the inbox."""
    rows = [("telegram", words, chat, {"text": words}) for chat, words in messages]
    return database.transaction(lambda tx: inbox.add(tx, rows, NOW))


def claimed(tx: Connection, limit: int = 10, **named: Any) -> dict[str, inbox.Waiting]:
    return {head.body["text"]: head for head in inbox.claim_heads(tx, limit, **named)}


@AMONG_OTHERS
async def test_two_at_once_claim_different_chats_and_each_chat_in_its_order(database: Database) -> None:
    await add(database, ("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2"))
    with process(database) as one:
        (first,) = claimed(one, 1).values()
        assert first.body == {"text": "a1"}
        with process(database) as two:
            assert list(claimed(two)) == ["b1"]
            with process(database) as three:
                assert not claimed(three)
            inbox.mark_done(one, [first.id], NOW)
            one.commit()
            with process(database) as three:
                assert list(claimed(three)) == ["a2"]
    with process(database) as later:
        assert list(claimed(later)) == ["a2", "b1"], (
            "locks end with their transactions, whatever became of them"
        )


@AMONG_OTHERS
async def test_a_head_that_was_handled_since_it_was_seen_is_not_handled_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database, ("a", "a1"), ("a", "a2"))
    send = Prepared.send

    def handle_in_between(tx: Connection, words: str, *arguments: Any, **named: Any) -> Any:
        if "pg_try_advisory" in words:
            monkeypatch.setattr(Prepared, "send", staticmethod(send))
            with process(database) as quicker:
                inbox.mark_done(quicker, [claimed(quicker)["a1"].id], NOW)
                quicker.commit()
        return send(tx, words, *arguments, **named)

    monkeypatch.setattr(Prepared, "send", staticmethod(handle_in_between))
    with process(database) as slow:
        assert not claimed(slow)
        assert list(claimed(slow)) == ["a2"]


@AMONG_OTHERS
async def test_a_suspect_is_tried_by_one_process_at_a_time_and_only_while_it_is_open(
    database: Database,
) -> None:
    await add(database, ("a", "a1"), ("b", "b1"))
    await database.transaction(inbox.suspect_all_open)
    await add(database, ("c", "c1"))
    with process(database) as worker:
        assert list(claimed(worker, may_suspect=False)) == ["c1"], "others' suspects stand in nobody's way"
    with process(database) as one, process(database) as two:
        (suspect,) = claimed(one, 1).values()
        assert not inbox.is_to_be_handled(two, suspect)
        assert inbox.is_to_be_handled(one, suspect)
        inbox.mark_done(one, [suspect.id], NOW)
        one.commit()
        assert not inbox.is_to_be_handled(two, suspect)


@AMONG_OTHERS
async def test_a_start_waits_for_nobody_and_suspects_nothing_that_is_done(database: Database) -> None:
    """It did once, for a row each, and both ended in a deadlock."""
    await add(database, ("a", "a1"), ("b", "b1"))
    with process(database) as one, process(database) as starting:
        inbox.mark_done(one, [claimed(one, 1)["a1"].id], NOW)
        starting.execute(text("SET LOCAL lock_timeout = '5s'"))
        inbox.suspect_all_open(starting)
        one.commit()
        starting.commit()
    with process(database) as later:
        assert [head.is_suspect for head in claimed(later).values()] == [True]


async def test_a_job_that_another_has_finished_stays_finished(database: Database) -> None:
    def work(tx: Transaction) -> None:
        jobs.put(tx, "purge", "purge:1", {}, NOW)
        silent, quick = jobs.take(tx, 0), jobs.take(tx, jobs.LEASE_MS)
        assert silent and quick
        jobs.mark_done(tx, quick)
        assert not jobs.retry_later(tx, silent, 0, counts=True)
        assert jobs.take(tx, 2 * jobs.LEASE_MS) is None

    await database.transaction(work)


@AMONG_OTHERS
async def test_of_two_who_draw_one_number_at_once_one_draws_again(database: Database) -> None:
    author = await database.transaction(add_person)

    def save(tx: Transaction, origin: str) -> str:
        return records.save(tx, new_event(author, origin), digits(473), TODAY)[0].number

    with process(database) as one:
        assert save(one, "draft:1:0") == "1123-473"
        other = asyncio.create_task(database.transaction(lambda tx: save(tx, "draft:2:0")))
        await waits_for_lock(database)
        one.commit()
        assert await other == "1123-500"


@AMONG_OTHERS
async def test_a_timer_that_two_ticks_see_rings_once(database: Database) -> None:
    """An owner that froze in its tick, and the one that has taken over."""
    moment = at("2026-11-17 10:05")

    def begin(tx: Transaction) -> None:
        town = Town(tx)
        tick_in(tx, Worlds().current(tx), moment)  # whatever else is due then
        jobs.set_timer(tx, town.save("event", "2026-11-17 10:00", urgency="critical").id, "answer", moment)

    await database.transaction(begin)
    with process(database) as one:
        tick_in(one, Worlds().current(one), moment)
        other = asyncio.create_task(tick(database, Worlds(), moment))
        await waits_for_lock(database)
        one.commit()
        await other
    rung = await database.snapshot(lambda tx: tx.execute(select(outbox.c.chat)).scalars().all())
    assert sorted(rung) == sorted(set(rung)), "somebody was told twice"
    assert rung


@AMONG_OTHERS
async def test_the_board_counts_what_two_file_at_once(database: Database) -> None:
    when = "2026-11-17 10:05"

    def begin(tx: Transaction) -> Town:
        tx.execute(shown.insert().values(channel="telegram", chat="D1", slot=board.SLOT, message="5"))
        return Town(tx)

    town = await database.transaction(begin)

    def file(tx: Transaction) -> None:
        here = copy(town)
        here.tx = tx
        here.save("event", when)
        outgoing = here.outgoing(when)
        board.refresh(outgoing)
        outgoing.post()

    def said_and_true(tx: Transaction) -> tuple[str, str]:
        here = copy(town)
        here.tx = tx
        sealed = tx.execute(select(outbox.c.body).where(outbox.c.state == "waiting")).scalar_one()
        return seal_of(tx).open_json(sealed)["text"], board.message(here.outgoing(when)).text

    with process(database) as one:
        file(one)
        other = asyncio.create_task(database.transaction(file))
        await waits_for_lock(database)
        one.commit()
        await other
    said, true = await database.snapshot(said_and_true)
    assert said == true
