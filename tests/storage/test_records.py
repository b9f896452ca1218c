"""The one table of records: once per origin, each change one version, one history row and its stays."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.storage.rows import DAY, MINUTE, NOW, TODAY, VILLAGE, add_person, digits, new_event

from wangge.storage import parties, records, timeline
from wangge.storage.database import Database, Transaction
from wangge.storage.ledger import history, stays


def stays_of(tx: Transaction) -> list[tuple[Any, ...]]:
    rows = tx.execute(
        select(stays.c.state, stays.c.holder, stays.c.from_at, stays.c.to_at).order_by(stays.c.id)
    )
    return [tuple(row) for row in rows]


async def test_an_origin_makes_a_record_once(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        first, is_new = records.save(tx, new_event(author), digits(101), TODAY)
        assert is_new and (first.number, first.version, first.values["what"]) == ("1123-101", 1, "灯不亮了")
        again, is_new = records.save(tx, new_event(author, values={"what": "别的"}), digits(), TODAY)
        assert not is_new and again == first
        assert [(entry.version, entry.act) for entry in timeline.of(tx, first.id)] == [(1, "report")]
        assert stays_of(tx) == [("reported", None, NOW, None)]
        assert records.by_origin(tx, "draft:1:0") == records.find(tx, first.id) == first
        assert records.find(tx, 10**12) is None

    await database.transaction(work)


async def test_a_number_is_drawn_again_on_a_clash_and_widened_when_a_day_is_full(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        numbers = [
            records.save(tx, new_event(author, f"draft:{each}:0"), digits(101, 101, 102), TODAY)[0].number
            for each in range(3)
        ]
        assert numbers[:2] == ["1123-101", "1123-102"] and len(set(numbers)) == 3
        last_year = TODAY.replace(year=2025)
        assert records.save(tx, new_event(author, "old"), digits(101), last_year)[0].number == "1123-101"
        assert records.by_number(tx, "1123-101") == records.by_origin(tx, "draft:0:0")
        crowded, _ = records.save(tx, new_event(author, "new"), digits(101, 102, 101, 1101), TODAY)
        assert crowded.number == "1123-1101"

    await database.transaction(work)


async def test_a_change_is_refused_if_the_record_has_changed_since(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        read, _ = records.save(tx, new_event(author), digits(), TODAY)
        now = NOW + MINUTE
        accepted = records.change(
            tx, read, "accept", author, now, reason="好", state="accepted", due_at=NOW + DAY
        )
        assert (accepted.version, accepted.state, accepted.due_at) == (2, "accepted", NOW + DAY)
        with pytest.raises(records.Outdated):
            records.change(tx, read, "return", author, now, state="returned")
        assert stays_of(tx) == [("reported", None, NOW, now), ("accepted", None, now, None)]
        changed = records.change(tx, accepted, "supplement", author, now, values={"what": "灯还不亮"})
        assert changed.values == {"what": "灯还不亮"} and len(stays_of(tx)) == 2
        entries = timeline.of(tx, read.id)
        assert [(entry.version, entry.act, entry.reason) for entry in entries] == [
            (1, "report", ""),
            (2, "accept", "好"),
            (3, "supplement", ""),
        ]
        assert tx.execute(select(history.c.id)).all().__len__() == 3

    await database.transaction(work)


async def test_a_change_of_holder_or_area_is_a_stay_of_its_own(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author, holder = add_person(tx, "1"), add_person(tx, "2")
        record, _ = records.save(tx, new_event(author), digits(), TODAY)
        record = records.change(tx, record, "assign", author, NOW, state="assigned", holder=holder)
        record = records.change(tx, record, "assign", author, NOW, state="assigned", holder=author)
        records.change(tx, record, "amend", author, NOW, area="990101001202")
        assert [(state, who) for state, who, _, _ in stays_of(tx)] == [
            ("reported", None),
            ("assigned", holder),
            ("assigned", author),
            ("assigned", author),
        ]
        assert [record.id for record in records.held_by(tx, author, {"assigned"})] == [record.id]
        assert records.held_by(tx, holder, {"assigned"}) == []
        assert records.usual_holder(tx, "990101001202", "R", [author, holder]) == author

    await database.transaction(work)


async def test_records_are_found_by_author_day_state_and_area(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        found = [
            records.save(tx, new_event(author, f"draft:{n}:0", happened_on=TODAY - n * DAY), digits(), TODAY)[
                0
            ]
            for n in range(3)
        ]
        visit, _ = records.save(tx, new_event(author, "v", kind="visit", state="filed"), digits(), TODAY)
        ids = [record.id for record in found]
        assert [each.id for each in records.of_author(tx, author, "event", 2)] == [ids[2], ids[1]]
        assert [each.id for each in records.of_author(tx, author, "event", 2, 2)] == [ids[0]]
        assert [each.id for each in records.of_kind(tx, "visit", VILLAGE, NOW, NOW + MINUTE)] == [visit.id]
        assert records.of_kind(tx, "visit", VILLAGE, NOW - DAY, NOW) == []
        parties.link(tx, visit.id, ids[0], "request")
        assert parties.linked(tx, visit.id, "request") == ids[0]

    await database.transaction(work)
