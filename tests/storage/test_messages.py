"""Inbox and outbox: stored once, in order, none lost and none twice."""

from datetime import timedelta

from sqlalchemy import select
from tests.storage.rows import DAY, MINUTE, NOW, TODAY, add_person, letter, ready, send

from wangge.storage import inbox, outbox, people, slots
from wangge.storage.database import Database, Transaction
from wangge.storage.tables import inbox as inbox_table
from wangge.storage.tables import outbox as outbox_table


def add(tx: Transaction, *keys: str, chat: str = "7", channel: str = "telegram") -> int:
    return inbox.add(tx, [(channel, key, chat, {"text": key}) for key in keys], NOW)


def heads(tx: Transaction, limit: int = 10, resting: tuple[int, ...] = ()) -> list[str]:
    return [head.body["text"] for head in inbox.claim_heads(tx, limit, resting)]


def texts(
    tx: Transaction, *, ms: int = 0, at: timedelta = timedelta(0), busy: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    return [each.body["text"] for each in ready(tx, NOW + at, ms, busy=busy)]


def states(tx: Transaction) -> list[str]:
    return list(tx.execute(select(outbox_table.c.state).order_by(outbox_table.c.id)).scalars())


async def test_an_update_is_stored_once_per_channel(database: Database) -> None:
    def work(tx: Transaction) -> None:
        assert add(tx, "1", "2", "2") == 2
        assert add(tx, "2", "3") == 1
        assert add(tx, "2", channel="wecom") == 1
        assert inbox.count_open(tx) == 4

    await database.transaction(work)


async def test_each_chat_is_answered_in_its_own_order(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "a1", "a2")
        add(tx, "b1", "b2", chat="8")
        assert heads(tx) == ["a1", "b1"]
        assert heads(tx, limit=1) == ["a1"]
        first = inbox.claim_heads(tx, 1)[0]
        assert heads(tx, resting=(first.id,)) == ["b1"], "a chat waits for its failing message"
        inbox.mark_done(tx, [first.id], NOW)
        assert heads(tx) == ["a2", "b1"]

    await database.transaction(work)


async def test_a_message_is_set_aside_after_three_attempts_and_its_chat_goes_on(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "bad", "good")
        bad = inbox.claim_heads(tx, 1)[0]
        assert [inbox.count_attempt(tx, bad.id, NOW) for _ in range(3)] == [False, False, True]
        assert heads(tx) == ["good"]
        assert inbox.count_open(tx) == 1

    await database.transaction(work)


async def test_after_a_start_every_open_message_is_under_suspicion(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "1")
        assert not inbox.claim_heads(tx, 1)[0].is_suspect
        inbox.suspect_all_open(tx)
        assert inbox.claim_heads(tx, 1)[0].is_suspect

    await database.transaction(work)


async def test_words_are_forgotten_and_keys_kept(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add(tx, "1", "2")
        inbox.mark_done(tx, [inbox.claim_heads(tx, 1)[0].id], NOW)
        inbox.purge_bodies(tx, NOW + DAY)
        assert [
            body is None
            for body in tx.execute(select(inbox_table.c.body).order_by(inbox_table.c.id)).scalars()
        ] == [True, False]
        assert add(tx, "1") == 0

    await database.transaction(work)


async def test_one_message_a_chat_is_sent_at_a_time_oldest_first(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("1"), letter("2"), letter("other", chat="8")], NOW)
        assert texts(tx) == ["1", "other"]
        assert texts(tx, busy=(("telegram", "7"),)) == ["other"]
        send(tx)
        assert texts(tx) == ["2", "other"]
        outbox.put(tx, [letter(str(number)) for number in range(3, 4 + outbox.AT_ONCE)], NOW)
        assert texts(tx) == ["2", "other"], "however many wait behind it"

    await database.transaction(work)


async def test_of_unsent_messages_with_one_slot_only_the_newest_goes(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("old", slot="board"), letter("elsewhere", chat="8", slot="board")], NOW)
        outbox.put(tx, [letter("new", slot="board"), letter("free"), letter("free too")], NOW)
        assert states(tx) == ["superseded", "waiting", "waiting", "waiting", "waiting"]
        assert texts(tx) == ["elsewhere", "new"]

    await database.transaction(work)


async def test_a_tap_is_answered_though_its_message_is_superseded(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("old", slot="draft:1", body={"text": "old", "tap": "a"})], NOW)
        outbox.put(tx, [letter("new", slot="draft:1", body={"text": "new", "tap": "b"})], NOW)
        assert [each.body.get("tap") for each in ready(tx)] == ["b", "a"]

    await database.transaction(work)


async def test_a_message_half_sent_is_not_superseded(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("long", slot="board")], NOW)
        outbox.mark_call(tx, ready(tx)[0].id, 1)
        outbox.put(tx, [letter("new", slot="board")], NOW)
        assert states(tx) == ["waiting", "waiting"]
        assert ready(tx)[0].calls_done == 1

    await database.transaction(work)


async def test_what_is_brought_up_to_date_on_its_way_is_edited_after(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("as it was", slot="event:1")], NOW)
        [on_its_way] = ready(tx)
        outbox.put(tx, [letter("as it is", slot="event:1", is_refresh=True)], NOW)
        outbox.mark_sent(tx, [outbox.Sent(on_its_way, "100", NOW)])
        [rest] = ready(tx)
        assert (rest.body["text"], rest.body["edit_only"], rest.message) == ("as it is", True, "100")
        outbox.mark_sent(tx, [outbox.Sent(rest, "100", NOW)])
        assert ready(tx) == []

    await database.transaction(work)


async def test_a_message_leaves_with_the_notices_around_it_and_never_with_a_second_message(
    database: Database,
) -> None:
    def work(tx: Transaction) -> None:
        rows = [letter("1"), letter("", body={"tap": "a"}), letter("2"), letter("", body={"tap": "b"})]
        outbox.put(tx, rows, NOW)
        assert [each.body for each in ready(tx)] == [{"text": "1"}, {"tap": "a"}]
        assert outbox.ready(tx, NOW, 0, 50, ())[1] == {("telegram", "7")}, "more is waiting there"
        outbox.mark_sent(tx, [outbox.Sent(one, "100", NOW) for one in ready(tx)])
        rest = outbox.next_of(tx, "telegram", "7", NOW, 0)
        assert [each.body for each in rest] == [{"text": "2"}, {"tap": "b"}] and rest == ready(tx)

    await database.transaction(work)


async def test_a_slot_remembers_the_message_that_shows_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        for message in ("100", "", "101"):
            outbox.put(tx, [letter("x", slot="event:1")], NOW)
            send(tx, message)
        outbox.put(tx, [letter("x", slot="event:1")], NOW)
        assert ready(tx)[0].message == "101"
        assert slots.slot_of(tx, "telegram", "7", "101") == "event:1"
        assert slots.slot_of(tx, "telegram", "7", "100") == "event:1", (
            "a reply to an older card is about it too"
        )
        assert slots.slot_of(tx, "telegram", "7", "99") == ""

    await database.transaction(work)


async def test_a_message_waits_for_its_hour_its_album_and_postponement(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("later", ready_at=NOW + DAY), letter("album", chat="8", hold_until=500)], NOW)
        assert texts(tx, ms=499) == []
        assert texts(tx, ms=500) == ["album"]
        assert texts(tx, at=DAY) == ["later"]
        outbox.postpone(tx, ready(tx, NOW + DAY)[0].id, NOW + 2 * DAY)
        assert texts(tx, at=DAY) == []

    await database.transaction(work)


async def test_what_is_given_up_is_out_of_the_way(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("bad"), letter("good")], NOW)
        bad = ready(tx)[0].id
        assert [outbox.count_attempt(tx, bad) for _ in range(2)] == [1, 2]
        outbox.give_up(tx, bad, "refused", NOW)
        assert texts(tx) == ["good"]
        assert not inbox.is_work_left(tx, NOW - MINUTE)
        assert inbox.is_work_left(tx, NOW)

    await database.transaction(work)


async def test_who_blocks_the_bot_is_unreachable_until_he_writes_again(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        people.link_account(tx, "telegram", "7", "7", person, NOW)
        outbox.put(tx, [letter("1", person=person), letter("2", person=person)], NOW)
        assert outbox.drop_unreachable(tx, "telegram", "7", NOW) == [person]
        assert outbox.drop_unreachable(tx, "telegram", "7", NOW) == []
        assert states(tx) == ["given_up", "given_up"] and people.accounts_of(tx, [person], TODAY) == []
        people.mark_reachable(tx, "telegram", "7")
        assert people.accounts_of(tx, [person], TODAY) == [people.Account("telegram", "7", person)]

    await database.transaction(work)


async def test_what_is_not_sent_is_forgotten(database: Database) -> None:
    def work(tx: Transaction) -> None:
        outbox.put(tx, [letter("1"), letter("2")], NOW)
        outbox.give_up(tx, ready(tx)[0].id, "refused", NOW)
        outbox.drop_unreachable(tx, "telegram", "7", NOW)
        assert list(tx.execute(select(outbox_table.c.body)).scalars()) == [None, None]

    await database.transaction(work)


async def test_nothing_waits_for_people_whose_posts_have_ended(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        outbox.put(tx, [letter("1", person=person), letter("2", chat="8")], NOW)
        outbox.forget_people(tx, [person])
        assert states(tx) == ["given_up", "waiting"]

    await database.transaction(work)
