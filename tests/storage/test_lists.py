"""The desk's lists and the scope of a search: the same on SQLite and PostgreSQL."""

from collections.abc import Iterable
from typing import Any

from tests.storage.rows import (
    DAY,
    MINUTE,
    NOW,
    TODAY,
    VILLAGE,
    add_people,
    add_person,
    digits,
    entry,
    new_event,
    post,
)

from wangge.rules.loop import AT_WORK, OPEN, UNACCEPTED
from wangge.storage import lists, parties, records, requests, search
from wangge.storage.database import Database, Transaction
from wangge.storage.lists import Part, Wanted
from wangge.storage.records import Stored
from wangge.storage.search import Scope

OTHER = "990101001202"
NEW, WORK = Wanted((Part(UNACCEPTED),)), Wanted((Part(AT_WORK),))
CHECK = Wanted((Part(frozenset({"done"})), Part(frozenset({"self_handled"}), "sampled")))
ORDERED = Wanted((Part(OPEN, "ordered"),))


def save(tx: Transaction, author: int, name: str, **rest: Any) -> Stored:
    stored: Stored = records.save(tx, new_event(author, name, **rest), digits(), TODAY)[0]
    return stored


def ids(found: Iterable[Stored]) -> list[int]:
    return [record.id for record in found]


async def test_a_list_holds_its_parts_by_what_is_due(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        late = save(tx, author, "1", accept_by=NOW - MINUTE)
        new = save(tx, author, "2", area=OTHER + "001", klass="E")
        taken = save(tx, author, "3", state="accepted")
        taken = records.change(tx, taken, "accept", author, NOW, due_at=NOW - DAY)
        save(tx, author, "4", kind="visit", state="reported")
        assert ids(lists.events(tx, NEW, 10)) == [late.id, new.id]
        assert ids(lists.events(tx, NEW, 1, 1)) == [new.id]
        overdue = Wanted((Part(UNACCEPTED | AT_WORK),), due_before=NOW)
        assert ids(lists.events(tx, overdue, 10)) == [taken.id, late.id]
        soon = Wanted(overdue.parts, due_from=NOW, due_before=NOW + 2 * DAY)
        assert ids(lists.events(tx, soon, 10)) == [new.id]
        assert lists.count_lists(tx, {"new": NEW, "late": overdue, "work": WORK, "check": CHECK}) == {
            "new": 2,
            "late": 2,
            "work": 1,
            "check": 0,
        }
        assert lists.count_by(tx, overdue, "village") == {VILLAGE: 2}
        assert lists.count_by(tx, NEW, "village") == {VILLAGE: 1, OTHER: 1}, "a grid counts as its village"
        assert lists.count_by(tx, NEW, "class") == {"R": 1, "E": 1}
        assert ids(lists.events(tx, Wanted(NEW.parts, area=OTHER), 10)) == [new.id]
        assert ids(lists.events(tx, Wanted(NEW.parts, klass="R"), 10)) == [late.id]
        assert ids(lists.newest(tx, UNACCEPTED | AT_WORK, 2)) == [taken.id, new.id]

    await database.transaction(work)


async def test_what_was_drawn_by_lot_is_checked_until_somebody_has(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        drawn, _, other = (save(tx, author, str(n), state="self_handled", closed_at=NOW) for n in range(3))
        done = save(tx, author, "done", state="done")
        requests.ask(tx, requests.SAMPLE, drawn.id, author, "", NOW)
        requests.ask(tx, "supervise", other.id, author, "快", NOW)
        assert ids(lists.events(tx, CHECK, 10)) == [done.id, drawn.id]
        assert lists.count_lists(tx, {"check": CHECK}) == {"check": 2}
        records.change(tx, drawn, "close", author, NOW, state="closed")
        assert ids(lists.events(tx, CHECK, 10)) == [done.id]
        assert lists.count_lists(tx, {"check": CHECK}) == {"check": 1}

    await database.transaction(work)


async def test_orders_end_with_the_event_and_the_unconfirmed_come_first(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author = add_person(tx)
        confirmed, waiting, ended, _ = (save(tx, author, str(n)) for n in range(4))
        for record, kind in ((confirmed, "instruct"), (waiting, "supervise"), (ended, "instruct")):
            requests.ask(tx, kind, record.id, author, "快", NOW)
        requests.ask(tx, "instruct", waiting.id, author, "再快", NOW)
        requests.answer(tx, requests.open_of(tx, confirmed.id)[0].id, "confirmed", author, NOW)
        records.change(tx, ended, "close", author, NOW, state="closed")
        assert ids(lists.events(tx, ORDERED, 10)) == [waiting.id, confirmed.id]
        assert lists.count_lists(tx, {"ordered": ORDERED, "new": NEW}) == {"ordered": 2, "new": 3}
        assert lists.count_by(tx, ORDERED, "village") == {VILLAGE: 2}

    await database.transaction(work)


async def test_what_somebody_has_had_in_hand_lately(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author, officer = add_person(tx, "1"), add_person(tx, "2")
        old, closed, first, second, _ = (save(tx, author, str(n)) for n in range(5))
        records.change(tx, old, "accept", officer, NOW - 15 * DAY, state="accepted")
        records.change(tx, closed, "not_grid", officer, NOW, state="not_grid", closed_at=NOW)
        records.change(tx, first, "accept", officer, NOW, state="accepted", due_at=NOW + 2 * DAY)
        records.change(tx, second, "accept", officer, NOW, state="accepted", due_at=NOW + DAY)
        mine = Wanted(done_by=officer, done_since=NOW - 14 * DAY)
        assert ids(lists.events(tx, mine, 10)) == [second.id, first.id, closed.id]
        assert lists.events(tx, Wanted(done_by=author, done_since=NOW - DAY), 10) == [], "to report is no act"

    await database.transaction(work)


async def test_last_done_leaves_out_what_has_moved_on(database: Database) -> None:
    def work(tx: Transaction) -> None:
        author, officer = add_person(tx, "1"), add_person(tx, "2")
        merged, moved, early, others = (save(tx, author, str(n)) for n in range(4))
        for record, actor, at in (
            (merged, officer, NOW),
            (moved, officer, NOW),
            (early, officer, NOW - DAY),
            (others, author, NOW),
        ):
            changed = records.change(tx, record, "merge", actor, at, state="duplicate")
            parties.link(tx, record.id, merged.id, "duplicate") if record is not merged else None
            if record is moved:
                records.change(tx, changed, "note", officer, NOW)
        assert ids(lists.last_done(tx, "merge", officer, NOW - MINUTE)) == [merged.id]
        assert parties.linking(tx, merged.id, "duplicate") == [moved.id, early.id, others.id]

    await database.transaction(work)


async def test_a_search_looks_at_ones_own_and_ones_area(database: Database) -> None:
    def work(tx: Transaction) -> None:
        me, other = add_people(
            tx, entry("1", "李二牛", post("grid_worker")), entry("2", "何二牛", post("grid_worker"))
        )
        mine = save(tx, me, "1", area=OTHER)
        held = save(tx, other, "2", area=OTHER)
        records.change(tx, held, "assign", other, NOW, holder=me)
        helped, unknown = save(tx, other, "3", area=OTHER), save(tx, other, "4", area=OTHER)
        parties.add(tx, helped.id, me, "helper")
        visit = save(tx, other, "5", kind="visit", state="filed", area=OTHER)
        here = save(tx, other, "6")
        own = Scope(me)
        assert search.newest(tx, own, 10) == [helped.id, held.id, mine.id]
        assert search.newest(tx, own, 2) == [helped.id, held.id]
        leader, desk = Scope(me, [VILLAGE]), Scope(me, [VILLAGE[:9]], [VILLAGE[:9]])
        assert search.newest(tx, leader, 10) == [here.id, helped.id, held.id, mine.id]
        assert search.newest(tx, desk, 10) == ids([here, visit, unknown, helped, held, mine])
        assert search.of(tx, [VILLAGE], [], 10) == [here.id]
        assert search.of(tx, [], [me], 10) == [held.id, mine.id]
        assert ids(search.by_ids(tx, [mine.id, visit.id])) == [visit.id, mine.id]
        assert search.people_called(tx, ["何二牛", "何"]) == {other}

    await database.transaction(work)
