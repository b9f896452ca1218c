"""People, posts by day, accounts and invitations; a roster file applied as a whole."""

from dataclasses import replace

from sqlalchemy import select
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
    letter,
    new_draft,
    new_event,
    post,
    ready,
)

from wangge.rules.roster import Changes
from wangge.storage import conversations, outbox, people, records, roster, timeline
from wangge.storage.database import Database, Transaction
from wangge.storage.ledger import stays
from wangge.storage.tables import people as people_table
from wangge.storage.tables import posts

TOWN = VILLAGE[:9]


async def test_posts_count_on_their_days_only(database: Database) -> None:
    def work(tx: Transaction) -> None:
        held = (post("grid_worker", end=TODAY), post("area_leader", start=TODAY + DAY))
        person = add_people(tx, entry("1", "李二牛", *held))[0]
        people.link_account(tx, "telegram", "7", "7", person, NOW)

        def roles(day: object) -> list[str]:
            found = people.by_account(tx, "telegram", "7", day)  # type: ignore[arg-type]  # a date
            return [each.role for each in found.posts] if found else []

        assert [roles(TODAY), roles(TODAY + DAY)] == [["grid_worker"], ["area_leader"]]
        assert [each.id for each in people.holding(tx, ["grid_worker"], TODAY)] == [person]
        assert people.holding(tx, ["grid_worker"], TODAY + DAY) == []

    await database.transaction(work)


async def test_who_covers_a_village_holds_it_a_grid_of_it_or_what_lies_around_it(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add_people(
            tx,
            entry("1", "甲", post("grid_worker", VILLAGE + "001")),
            entry("2", "乙", post("village_cadre", VILLAGE)),
            entry("3", "丙", post("unit", TOWN)),
            entry("4", "丁", post("village_cadre", TOWN + "202")),
            entry("5", "戊", post("desk_officer", TOWN)),
        )
        roles = ["grid_worker", "village_cadre", "unit"]
        assert [each.name for each in people.covering(tx, VILLAGE, roles, TODAY)] == ["甲", "乙", "丙"]  # type: ignore[arg-type]  # roles

    await database.transaction(work)


async def test_an_invitation_serves_once_while_it_lasts_and_the_newest_only(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        people.invite(tx, person, "old", NOW - MINUTE, NOW + DAY)
        people.invite(tx, person, "new", NOW, NOW + DAY)
        assert [people.invited(tx, code, NOW) for code in ("old", "new", "forged")] == [None, person, None]
        assert people.invited(tx, "new", NOW + DAY) is None
        assert [each.id for each in people.not_joined(tx, TODAY)] == [person]
        assert [people.use_invitation(tx, "new", NOW) for _ in range(2)] == [True, False]
        assert people.invited(tx, "new", NOW) is None
        people.link_account(tx, "telegram", "7", "7", person, NOW)
        assert people.not_joined(tx, TODAY) == []

    await database.transaction(work)


async def test_wrong_tries_leaves_and_mutes_are_remembered(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        for minutes in (1, 2, 70):
            people.add_wrong_try(tx, "telegram", "7", NOW - minutes * MINUTE)
        assert people.wrong_tries_since(tx, "telegram", "7", NOW - 60 * MINUTE) == 2
        people.take_leave(tx, person, TODAY, TODAY + DAY)
        assert [set(people.on_leave(tx, TODAY + n * DAY)) for n in (-1, 0, 1, 2)] == [
            set(),
            {person},
            {person},
            set(),
        ]
        for _ in range(2):
            people.mute(tx, person, "todo", "20261123")
        assert people.is_muted(tx, person, "todo", "20261123")
        assert not people.is_muted(tx, person, "todo", "20261130")

    await database.transaction(work)


async def test_a_file_adds_changes_and_ends_people(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add_people(tx, entry("1", "甲", post("grid_worker")), entry("2", "乙", post("unit", TOWN)))
        first, second = roster.entries(tx, TODAY)
        moved = replace(first, name="甲甲", posts=(post("village_cadre", start=TODAY),))
        changes = Changes((entry("3", "丙", post("unit")),), ((first, moved),), (second,), 0, ())
        roster.apply(tx, changes, TODAY, end_missing=False)
        assert [(each.staff_no, each.name) for each in roster.entries(tx, TODAY)] == [
            ("1", "甲甲"),
            ("2", "乙"),
            ("3", "丙"),
        ]
        assert roster.entries(tx, TODAY)[0].posts == moved.posts
        roster.apply(tx, Changes((), (), (second,), 0, ()), TODAY, now=NOW, end_missing=True)
        assert [each.staff_no for each in roster.entries(tx, TODAY)] == ["1", "3"]

    await database.transaction(work)


async def test_who_ends_loses_everything_at_once(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        people.link_account(tx, "telegram", "7", "7", person, NOW)
        people.invite(tx, person, "code", NOW, NOW + DAY)
        draft = conversations.open_draft(tx, new_draft(person))
        outbox.put(tx, [letter("secret", person=person)], NOW)
        roster.apply(
            tx, Changes((), (), tuple(roster.entries(tx, TODAY)), 0, ()), TODAY, now=NOW, end_missing=True
        )
        assert people.by_account(tx, "telegram", "7", TODAY) is None
        assert people.invited(tx, "code", NOW) is None
        assert ready(tx) == []
        assert conversations.open_drafts(tx, person) == []
        assert (found := conversations.draft(tx, draft.id)) and found.state == "dropped"

    await database.transaction(work)


async def test_staff_numbers_are_given_to_those_without_and_never_twice(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add_people(tx, entry("0002", "甲", post("unit")))
        new = (
            replace(entry("", "乙", post("unit")), phone="13800000777"),
            replace(entry("", "丙", post("unit")), phone="13800000778"),
        )
        roster.apply(tx, Changes(new, (), (), 0, ()), TODAY, end_missing=False)
        assert [each.staff_no for each in roster.entries(tx, TODAY)] == ["0002", "0003", "0004"]
        gone = roster.entries(tx, TODAY)[0]
        roster.apply(tx, Changes((), (), (gone,), 0, ()), TODAY, now=NOW, end_missing=True)
        roster.apply(tx, Changes((replace(gone, name="回来"),), (), (), 0, ()), TODAY, end_missing=False)
        assert roster.entries(tx, TODAY)[0].name == "回来"

    await database.transaction(work)


def end_everybody(tx: Transaction) -> None:
    roster.apply(
        tx, Changes((), (), tuple(roster.entries(tx, TODAY)), 0, ()), TODAY, now=NOW, end_missing=True
    )


async def test_a_number_of_somebody_ended_brings_no_history_to_another(database: Database) -> None:
    def work(tx: Transaction) -> None:
        former = add_person(tx, "2")
        end_everybody(tx)
        other = entry("2", "王五", post("unit"), phone="13800000555")
        second = add_people(tx, other)
        end_everybody(tx)
        assert add_people(tx, replace(other, phone="13800000556")) == second, "the same person is back"
        end_everybody(tx)
        third = add_people(tx, entry("2", "赵六", post("unit"), phone="13800000557"))
        rows = tx.execute(select(people_table.c.id, people_table.c.staff_no))
        numbers = {row.id: row.staff_no for row in rows}
        assert numbers == {former: "2-旧1", second[0]: "2-旧2", third[0]: "2"}

    await database.transaction(work)


async def test_a_number_of_somebody_ended_may_be_given_to_whoever_is_there(database: Database) -> None:
    def work(tx: Transaction) -> None:
        add_person(tx, "2")
        end_everybody(tx)
        person = add_person(tx, "3")
        (before,) = roster.entries(tx, TODAY)
        changes = Changes((), ((before, replace(before, staff_no="2")),), (), 0, ())
        roster.apply(tx, changes, TODAY, end_missing=False)
        assert (found := people.by_staff_no(tx, "2", TODAY)) and found.id == person

    await database.transaction(work)


async def test_corrected_dates_of_a_post_are_corrected_in_place(database: Database) -> None:
    def work(tx: Transaction) -> None:
        start = TODAY - 90 * DAY
        over = post("grid_worker", start=start, end=TODAY - 60 * DAY)
        add_people(tx, entry("1", "甲", over, post("grid_worker", start=start)))
        for new in (post("grid_worker", start=start + DAY, end=TODAY + DAY), post("unit", TOWN)):
            (before,) = roster.entries(tx, TODAY)
            changes = Changes((), ((before, replace(before, posts=(new,))),), (), 0, ())
            roster.apply(tx, changes, TODAY, end_missing=False)
        rows = tx.execute(select(posts.c.role, posts.c.start_day, posts.c.end_day).order_by(posts.c.id))
        assert [tuple(row) for row in rows] == [
            ("grid_worker", start, over.end),
            ("grid_worker", start + DAY, TODAY - DAY),
            ("unit", None, None),
        ]

    await database.transaction(work)


async def test_what_somebody_ended_had_in_hand_goes_back_to_the_desk(database: Database) -> None:
    def work(tx: Transaction) -> None:
        person = add_person(tx)
        made = [records.save(tx, new_event(person, f"draft:{n}:0"), digits(n), TODAY)[0] for n in (1, 2)]
        assigned = records.change(tx, made[0], "assign", person, NOW, state="assigned", holder=person)
        done = records.change(tx, made[1], "finish", person, NOW, state="done", holder=person)
        end_everybody(tx)
        back = records.get(tx, assigned.id)
        assert (back.state, back.holder, back.version) == ("accepted", None, assigned.version + 1)
        last = timeline.of(tx, back.id)[-1]
        assert (last.act, last.actor, last.at, last.reason) == ("hand_back", None, NOW, "经办人已离任")
        still = select(stays.c.state, stays.c.holder).where(
            stays.c.record == back.id, stays.c.to_at.is_(None)
        )
        assert [tuple(row) for row in tx.execute(still)] == [("accepted", None)]
        assert records.get(tx, done.id) == done

    await database.transaction(work)
