"""Who is on duty on a day, who is on leave and who stands in; what the next officer has to know."""

from tests.storage.rows import DAY, MINUTE, NOW, TODAY, add_people, digits, entry, new_event, post

from wangge.rules.duty import Leave
from wangge.storage import duties, jobs, lists, people, records
from wangge.storage.database import Database, Transaction
from wangge.storage.duties import Duty


async def test_a_day_has_one_officer_the_last_who_was_put_on_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        first, second = add_people(
            tx, entry("1", "甲", post("desk_officer")), entry("2", "乙", post("desk_officer"))
        )
        assert duties.of(tx, TODAY) is None
        duties.put(tx, TODAY, first, NOW)
        assert duties.of(tx, TODAY) == Duty(first, NOW)
        duties.put(tx, TODAY, second)
        assert duties.of(tx, TODAY) == Duty(second, None), "who comes later has not taken over yet"
        assert duties.of(tx, TODAY + DAY) is None

    await database.transaction(work)


async def test_days_are_cut_out_of_a_leave_and_the_rest_keeps_its_substitute(database: Database) -> None:
    def work(tx: Transaction) -> None:
        me, other = add_people(tx, entry("1", "甲", post("unit")), entry("2", "乙", post("unit")))
        taken = people.take_leave(tx, me, TODAY, TODAY + 4 * DAY, other)
        people.take_leave(tx, other, TODAY + 9 * DAY, TODAY + 9 * DAY)
        whole = [Leave(taken, me, TODAY, TODAY + 4 * DAY, other)]
        assert people.cut_leaves(tx, me, TODAY + 2 * DAY, TODAY + 2 * DAY) == whole
        assert people.cut_leaves(tx, me, TODAY + 5 * DAY, TODAY + 20 * DAY) == []
        away = [people.on_leave(tx, TODAY + n * DAY) for n in range(6)]
        assert away == [{me: other}, {me: other}, {}, {me: other}, {me: other}, {}]
        assert people.on_leave(tx, TODAY + 9 * DAY) == {other: None}, "another's leave is left alone"

    await database.transaction(work)


async def test_leaves_are_found_by_a_day_they_share(database: Database) -> None:
    def work(tx: Transaction) -> None:
        me, other = add_people(tx, entry("1", "甲", post("unit")), entry("2", "乙", post("unit")))
        later = people.take_leave(tx, me, TODAY + 3 * DAY, TODAY + 4 * DAY, other)
        sooner = people.take_leave(tx, me, TODAY, TODAY)

        def found(first: int, last: int, **whose: int) -> list[int]:
            touched = people.leaves_touching(tx, TODAY + first * DAY, TODAY + last * DAY, **whose)
            return [leave.id for leave in touched]

        assert found(0, 3, person=me) == [sooner, later]
        assert found(1, 2, person=me) == [] == found(5, 9, person=me) == found(0, 9, person=other)
        assert found(4, 9, substitute=other) == [later]

    await database.transaction(work)


async def test_what_the_next_officer_has_to_know_is_found(database: Database) -> None:
    def work(tx: Transaction) -> None:
        me = add_people(tx, entry("1", "甲", post("desk_officer")))[0]
        usual, critical, done, extended = (
            records.save(tx, new_event(me, f"draft:{n}:0", urgency=urgency, state=state), digits(n), TODAY)[0]
            for n, urgency, state in (
                (1, "usual", "reported"),
                (2, "critical", "handling"),
                (3, "critical", "closed"),
                (4, "usual", "handling"),
            )
        )
        assert lists.of_urgency(tx, "critical", {"reported", "handling"}) == [critical]
        for record in (extended, done):
            records.change(tx, record, "extend", me, NOW, due_at=NOW + 9 * DAY)
        assert [each.id for each in lists.extended(tx, {"reported", "handling"})] == [extended.id]
        jobs.set_timer(tx, usual.id, "review", NOW + MINUTE)
        jobs.set_timer(tx, done.id, "review", NOW)
        jobs.set_timer(tx, done.id, "answer", NOW)
        assert jobs.timers_of(tx, "review") == [(done.id, NOW), (usual.id, NOW + MINUTE)]

    await database.transaction(work)
