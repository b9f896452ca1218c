"""Queues do not grow for ever: what is done with goes after some days, what still matters stays."""

import pytest
from sqlalchemy import ColumnElement, select
from tests.storage.rows import DAY, NOW, letter, ready

from wangge.storage import ageing, inbox, jobs, outbox, people, slots
from wangge.storage.database import Database, Transaction
from wangge.storage.tables import inbox as inbox_table
from wangge.storage.tables import jobs as jobs_table
from wangge.storage.tables import outbox as outbox_table
from wangge.storage.tables import wrong_tries

MUCH = 1000


def take_in(tx: Transaction, *keys: str) -> None:
    """Store messages, each in a chat of its own."""
    inbox.add(tx, [("telegram", key, key, {"text": key}) for key in keys], NOW)


def answer(tx: Transaction, key: str, *, sends: bool = True) -> int:
    """Handle a message with one letter that says the same; return the letter's id."""
    message = tx.execute(select(inbox_table.c.id).where(inbox_table.c.key == key)).scalar_one()
    outbox.put(tx, [letter(key, chat=key)], NOW, message)
    inbox.mark_done(tx, [message], NOW)
    found = next(one for one in ready(tx) if one.chat == key)
    if sends:
        outbox.mark_sent(tx, [outbox.Sent(found, "100", NOW)])
    return found.id


def kept(tx: Transaction, column: ColumnElement[str]) -> list[str]:
    return sorted(tx.execute(select(column)).scalars())


def forget_all(tx: Transaction, days: float = 1, most: int = MUCH) -> int:
    """Forget until nothing is left to; return how many rounds found something."""
    rounds = 0
    while ageing.forget(tx, NOW + days * DAY, most):
        rounds += 1
    return rounds


async def test_messages_and_letters_go_together_and_a_few_at_a_time(database: Database) -> None:
    def work(tx: Transaction) -> None:
        take_in(tx, *"12345")
        for key in "12345":
            answer(tx, key)
        assert forget_all(tx, days=0) == 0, "what is as old as the limit stays"
        assert kept(tx, inbox_table.c.key) == [*"12345"]
        assert forget_all(tx, most=2) >= 2
        assert kept(tx, inbox_table.c.key) == kept(tx, outbox_table.c.chat) == ["5"], (
            "the newest keeps its id"
        )

    await database.transaction(work)


async def test_a_key_that_is_forgotten_is_free_for_a_new_message(database: Database) -> None:
    """Telegram numbers from anywhere after a quiet week; an old number must not swallow a message."""

    def work(tx: Transaction) -> None:
        take_in(tx, "1", "2")
        assert inbox.add(tx, [("telegram", "1", "7", {})], NOW) == 0
        answer(tx, "1")
        answer(tx, "2")
        forget_all(tx)
        assert inbox.add(tx, [("telegram", "1", "7", {})], NOW) == 1

    await database.transaction(work)


@pytest.mark.parametrize("state", ["waiting", "refused", "open", "dead"])
async def test_what_waits_or_was_lost_stays_with_its_message(database: Database, state: str) -> None:
    def work(tx: Transaction) -> None:
        take_in(tx, "1", "2")
        if state == "waiting":
            answer(tx, "1", sends=False)
        elif state == "refused":
            outbox.give_up(tx, answer(tx, "1", sends=False), "refused", NOW)
        elif state == "dead":
            first = inbox.claim_heads(tx, 1)[0].id
            assert [inbox.count_attempt(tx, first, NOW) for _ in range(3)][-1]
        answer(tx, "2")
        outbox.put(tx, [letter("newest")], NOW)
        forget_all(tx)
        assert kept(tx, inbox_table.c.key) == ["1", "2"], "the second is the newest"
        assert kept(tx, outbox_table.c.chat) == (["1", "7"] if state in {"waiting", "refused"} else ["7"])

    await database.transaction(work)


async def test_what_was_given_up_on_purpose_goes(database: Database) -> None:
    def work(tx: Transaction) -> None:
        take_in(tx, "1", "2")
        outbox.give_up(tx, answer(tx, "1", sends=False), "useless", NOW)
        outbox.put(tx, [letter("old", slot="board"), letter("new", slot="board")], NOW)
        outbox.put(tx, [letter("newer", slot="board")], NOW)
        forget_all(tx)
        assert kept(tx, inbox_table.c.key) == ["2"]
        assert [one.body["text"] for one in ready(tx)] == ["newer"]
        assert kept(tx, outbox_table.c.state) == ["waiting"]

    await database.transaction(work)


async def test_done_jobs_and_wrong_tries_go(database: Database) -> None:
    def work(tx: Transaction) -> None:
        for key in ("done", "open", "newest"):
            jobs.put(tx, "fetch", key, {}, NOW)
        done = jobs.take(tx, 0)
        assert done
        jobs.mark_done(tx, done)
        for day in range(3):
            people.add_wrong_try(tx, "telegram", "7", NOW + day * DAY)
        forget_all(tx)
        assert kept(tx, jobs_table.c.key) == ["newest", "open"]
        assert tx.execute(select(wrong_tries.c.at).order_by(wrong_tries.c.at)).scalars().all() == [
            NOW + DAY,
            NOW + 2 * DAY,
        ]

    await database.transaction(work)


async def test_a_replaced_card_is_known_for_two_months(database: Database) -> None:
    """A reply to a card that a newer one has replaced is about its event; after long nobody replies."""

    def work(tx: Transaction) -> None:
        for message in ("100", "101"):
            outbox.put(tx, [letter(message, chat="1", slot="event:1")], NOW, None)
            outbox.mark_sent(tx, [outbox.Sent(next(iter(ready(tx))), message, NOW)])
        assert slots.slot_of(tx, "telegram", "1", "100") == "event:1"
        forget_all(tx, days=59)
        assert slots.slot_of(tx, "telegram", "1", "100") == "event:1"
        forget_all(tx, days=61)
        assert slots.slot_of(tx, "telegram", "1", "100") == ""
        assert slots.slot_of(tx, "telegram", "1", "101") == "event:1"

    await database.transaction(work)
