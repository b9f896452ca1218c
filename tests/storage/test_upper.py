"""What the upper platform does not know yet, and whose number is whose."""

import asyncio
from dataclasses import replace

import pytest
from tests.storage.rows import DAY, NOW, TODAY, add_person, digits, new_event
from tests.storage.test_scheduled import Town
from tests.storage.test_several import AMONG_OTHERS, process, waits_for_lock

from wangge.handlers import upper as at_the_desk
from wangge.rules.errors import PersonError
from wangge.rules.loop import FOR_UPPER, STATES
from wangge.rules.upper import Upper
from wangge.storage import records, upper
from wangge.storage.database import Database, Transaction


async def test_what_is_to_be_entered_by_due_time(database: Database) -> None:
    """Accepted and later states only, until a number or 不需录 is given; visits never."""

    def work(tx: Transaction) -> None:
        author = add_person(tx)
        for number, state in enumerate(sorted(STATES)):
            new = new_event(author, f"draft:{number}:0", state=state, accept_by=NOW + DAY * (20 - number))
            records.save(tx, new, digits(101 + number), TODAY)
        records.save(tx, new_event(author, "draft:90:0", kind="visit", state="closed"), digits(901), TODAY)
        for how in ("entered", "not_needed"):
            done = new_event(author, f"upper:{how}", state="accepted", upper=how, upper_number=how)
            records.save(tx, done, digits(902, 903), TODAY)
        found = upper.to_enter(tx, 50)
        assert {record.state for record in found} == FOR_UPPER
        assert [record.state for record in found] == sorted(FOR_UPPER, reverse=True), "by due time"
        assert upper.count_to_enter(tx) == len(found) == len(FOR_UPPER)
        assert [record.id for record in upper.to_enter(tx, 2, 3)] == [record.id for record in found[3:5]]
        entered = records.change(tx, found[0], "enter", author, NOW, upper="entered", upper_number="A-1")
        assert upper.count_to_enter(tx) == len(FOR_UPPER) - 1
        assert upper.by_upper_numbers(tx, ["A-1", "A-2", "entered"])["A-1"] == entered

    await database.transaction(work)


async def test_our_numbers_find_the_youngest_event(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        last_year = TODAY.replace(year=2025)
        records.save(tx, new_event(author, "draft:1:0"), digits(101), last_year)
        young, _ = records.save(tx, new_event(author, "draft:2:0"), digits(101), TODAY)
        records.save(tx, new_event(author, "draft:3:0", kind="visit"), digits(102), TODAY)
        assert upper.by_numbers(tx, ["1123-101", "1123-102", "无"]) == {"1123-101": young}
        assert upper.by_numbers(tx, []) == upper.by_upper_numbers(tx, []) == {}
        many = [f"{number}" for number in range(4000)]
        assert upper.by_numbers(tx, [*many, "1123-101"]) == {"1123-101": young}

    await database.transaction(work)


async def test_the_workbook_begins_with_our_number_wherever_the_platform_has_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        town = Town(tx)
        when = "2026-11-17 10:05"
        accepted = town.save("event", when, state="accepted")
        outgoing = town.outgoing(when)
        columns = {"平台号": "upper_number", "事由": "what", "我方号": "number"}
        policy = outgoing.world.policy.model_copy(
            update={"upper": Upper.model_validate({"columns": columns})}
        )
        outgoing.world = replace(outgoing.world, policy=policy)
        found = at_the_desk.workbook(outgoing)
        assert list(found.headings) == ["我方号", "平台号", "事由"]
        assert found.rows[0][0] == accepted.number and found.as_text == ("我方号", "平台号")

    await database.transaction(work)


@AMONG_OTHERS
async def test_of_two_who_give_one_number_at_once_one_is_refused(database: Database) -> None:
    when = "2026-11-17 10:05"

    def begin(tx: Transaction) -> tuple[Town, list[records.Stored]]:
        town = Town(tx)
        return town, [town.save("event", when), town.save("event", when)]

    town, found = await database.transaction(begin)

    def enter(tx: Transaction, record: records.Stored) -> None:
        town.tx = tx
        written = at_the_desk.columns(town.outgoing(when), record, "SAME-1")
        records.change(tx, record, "enter", None, NOW, **written)

    with process(database) as one:
        enter(one, found[0])
        other = asyncio.create_task(database.transaction(lambda tx: enter(tx, found[1])))
        await waits_for_lock(database)
        one.commit()
        with pytest.raises(PersonError):
            await other
