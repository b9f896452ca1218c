"""What a restored database begins with: on both databases, and without saying or giving anything twice."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from tests.storage.rows import DAY, MINUTE, NOW, TODAY, add_person, digits, letter, new_event

from wangge.storage import jobs, outbox, people, records, restored
from wangge.storage.database import Database, Transaction, open_database
from wangge.storage.seal import Seal
from wangge.storage.tables import invitations
from wangge.storage.tables import outbox as outbox_table

AT_14_05 = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)


async def test_what_may_have_been_sent_is_not_sent_again(database: Database) -> None:
    def work(tx: Transaction) -> tuple[restored.Ended, list[str]]:
        person = add_person(tx)
        outbox.put(tx, [letter("早就发了"), letter("明早才发", slot="x", ready_at=AT_14_05 + DAY)], NOW)
        people.invite(tx, person, "code", NOW, NOW + 3 * DAY)
        ended = restored.begin_again(tx, AT_14_05)
        query = select(outbox_table.c.slot).where(outbox_table.c.state == "waiting")
        return ended, list(tx.execute(query).scalars())

    assert await database.transaction(work) == (restored.Ended(letters=1, invitations=1), ["x"])
    moments = await database.snapshot(lambda tx: list(tx.execute(select(invitations.c.expires_at)).scalars()))
    assert moments == [AT_14_05]


async def test_no_number_is_given_twice(database: Database) -> None:
    """After the backup 1123-007 was given by a bot that nobody remembers; the same digits come again."""

    def work(tx: Transaction) -> list[str]:
        author = add_person(tx)
        before, _ = records.save(tx, new_event(author), digits(1), TODAY)
        restored.begin_again(tx, AT_14_05)
        days = [TODAY, TODAY, TODAY - DAY, TODAY + DAY]
        later = [
            records.save(tx, new_event(author, f"draft:{n}:0"), digits(7), day)[0].number
            for n, day in enumerate(days, start=2)
        ]
        found = records.by_number(tx, later[0])
        assert found and found.number == later[0]
        return [before.number, *later]

    numbers = await database.transaction(work)
    assert numbers == ["1123-001", "1123-1405-007", "1123-1405-500", "1122-1405-007", "1124-007"]


async def test_up_to_when_a_database_reaches(database: Database) -> None:
    def work(tx: Transaction) -> list[datetime | None]:
        nothing = restored.newest(tx, "last_tick")
        records.save(tx, new_event(add_person(tx)), digits(), TODAY)
        record = restored.newest(tx, "last_tick")
        jobs.set_mark(tx, "last_tick", (NOW + MINUTE).isoformat())
        return [nothing, record, restored.newest(tx, "last_tick")]

    assert await database.transaction(work) == [None, NOW, NOW + timedelta(minutes=1)]


async def test_the_key_of_another_folder_is_told(database: Database, database_url: str) -> None:
    assert await database.snapshot(restored.is_key_right), "nothing is sealed yet"
    await database.transaction(add_person)
    assert await database.snapshot(restored.is_key_right)
    async with open_database(database_url, Seal(bytes([1] * 32))) as foreign:
        assert not await foreign.snapshot(restored.is_key_right)
