"""Who is on duty on a day, and who stands in for whoever is on leave."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.records.values import Role
from wangge.rules.calendar import TOWN_ZONE
from wangge.rules.duty import (
    Leave,
    acting,
    day_of_duty,
    in_turn,
    may_stand_in,
    present,
    whose_turn,
)
from wangge.rules.policy import Desk
from wangge.rules.rights import Person, Post

DAY = timedelta(days=1)
TOWN, VILLAGE, OTHER = "990101001", "990101001201", "990101001202"
OFFICERS = [
    Person(number, f"04{number}", f"某{number}", (Post("desk_officer", TOWN),)) for number in (5, 6, 7)
]
days = st.dates(date(2025, 12, 1), date(2029, 3, 1))
people = st.integers(1, 5)


def desk(*rota: str, since: date = date(2026, 1, 1)) -> Desk:
    return Desk(phone="110", rota=rota, rota_from=since)


def on_duty(
    day: date, policy: Desk, chosen: int | None = None, away: dict[int, int | None] | None = None
) -> list[int]:
    return [officer.id for officer in in_turn(day, OFFICERS, policy, chosen, away or {})]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-23 08:29:59", "2026-11-22"),
        ("2026-11-23 08:30:00", "2026-11-23"),
        ("2026-11-23 23:59:59", "2026-11-23"),
        ("2027-01-01 03:00:00", "2026-12-31"),
        ("2028-03-01 08:00:00", "2028-02-29"),
    ],
)
def test_a_day_of_duty_begins_at_the_shift(moment: str, day: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=TOWN_ZONE).astimezone(UTC)
    assert day_of_duty(at, time(8, 30)) == date.fromisoformat(day)


def test_turns_go_on_over_the_end_of_a_year() -> None:
    policy = desk("045", "046", "047")
    turns = [whose_turn(date(2026, 12, 30) + n * DAY, policy) for n in range(4)]
    assert turns == ["045", "046", "047", "045"]
    assert whose_turn(date(2026, 1, 1), policy) == "045"
    assert whose_turn(date(2025, 12, 31), policy) is None
    assert whose_turn(date(2026, 1, 1), desk()) is None


@given(days, st.integers(1, 7))
def test_each_has_one_day_of_every_round(day: date, length: int) -> None:
    policy = desk(*(str(number) for number in range(length)), since=date(2025, 12, 1))
    turns = [whose_turn(day + n * DAY, policy) or "" for n in range(length)]
    assert sorted(turns) == sorted(policy.rota)
    assert whose_turn(day + length * DAY, policy) == turns[0]


def test_who_was_chosen_goes_before_whose_turn_it_is_and_the_roster() -> None:
    day, policy = date(2026, 1, 2), desk("045", "046")
    assert on_duty(day, desk()) == [5, 6, 7]
    assert on_duty(day, policy) == [6, 5, 7]
    assert on_duty(day, policy, chosen=7) == [7, 5, 6]
    assert on_duty(day, policy, chosen=99) == [6, 5, 7], "he is no officer any more"
    assert on_duty(day, desk("999")) == [5, 6, 7], "nobody has this number"


def test_the_substitute_is_on_duty_instead_and_nobody_on_leave() -> None:
    day, policy = date(2026, 1, 2), desk("045", "046")
    assert on_duty(day, policy, away={6: 7}) == [7, 5]
    assert on_duty(day, policy, away={6: None}) == [5, 7]
    assert on_duty(day, policy, chosen=7, away={7: 6}) == [6, 5]
    assert on_duty(day, desk(), away={5: 7}) == [7, 6], "also where no rota is kept"
    assert on_duty(day, policy, away={5: None, 6: None, 7: None}) == []


@given(st.dictionaries(people, st.none() | people))
def test_whoever_acts_is_at_work_whatever_the_substitutes(away: dict[int, int | None]) -> None:
    for person in range(1, 6):
        found = acting(person, away)
        assert found is None or found not in away
        assert person in away or found == person
    assert acting(1, {1: 2, 2: 3}) == 3
    assert acting(1, {1: 2, 2: 1}) is None


@given(st.lists(st.tuples(people, days, st.integers(0, 400), st.none() | people), max_size=12))
def test_whoever_is_on_leave_cannot_stand_in_so_no_substitute_leads_back(
    asked: list[tuple[int, date, int, int | None]],
) -> None:
    """Leaves are taken as `handlers.leave` does; on no day do substitutes go in a circle."""
    leaves: list[Leave] = []
    for person, first, length, substitute in asked:
        last = first + length * DAY
        is_away = any(
            each.person == substitute and each.within(first, last)[0] <= each.within(first, last)[1]
            for each in leaves
        )
        if substitute == person or is_away:
            continue
        mine = [each for each in leaves if each.person == person]
        leaves = [each for each in leaves if each.person != person]
        leaves += [
            Leave(0, person, *part, each.substitute) for each in mine for part in each.without(first, last)
        ]
        leaves.append(Leave(0, person, first, last, substitute))
    for day in {day for each in leaves for day in (each.first, each.last)}:
        away = [(each.person, each.substitute) for each in leaves if each.first <= day <= each.last]
        assert len(dict(away)) == len(away), "nobody is on leave twice"
        for person, _ in away:
            chain = [person]
            while (following := dict(away).get(chain[-1])) is not None:
                assert following not in chain
                chain.append(following)


@given(days, st.integers(0, 40), days, st.integers(0, 40))
def test_days_taken_out_of_a_leave_are_out_and_all_others_stay(
    first: date, length: int, begin: date, width: int
) -> None:
    leave, end = Leave(1, 1, first, first + length * DAY), begin + width * DAY
    left = [
        start + n * DAY for start, stop in leave.without(begin, end) for n in range((stop - start).days + 1)
    ]
    every = [first + n * DAY for n in range(length + 1)]
    assert left == [day for day in every if not begin <= day <= end]


def test_of_people_on_leave_the_substitutes_are_present_in_their_places_and_once() -> None:
    assert [one.id for one in present(OFFICERS, {5: 7})] == [7, 6]
    assert [one.id for one in present(OFFICERS[:1], {5: 7}, OFFICERS)] == [7]
    assert present(OFFICERS[:1], {5: 7}) == []
    assert [one.id for one in present(OFFICERS, {6: None})] == [5, 7]


@pytest.mark.parametrize(
    ("own", "his", "may"),
    [
        (("village_cadre", VILLAGE), ("stationed_cadre", VILLAGE), True),
        (("grid_worker", VILLAGE + "001"), ("grid_worker", VILLAGE + "002"), True),
        (("village_cadre", VILLAGE), ("village_cadre", OTHER), False),
        (("area_leader", VILLAGE), ("town_leader", TOWN), True),
        (("town_leader", TOWN), ("area_leader", VILLAGE), False),
        (("area_leader", VILLAGE), ("grid_worker", VILLAGE + "001"), False),
        (("desk_officer", TOWN), ("desk_officer", TOWN), True),
        (("desk_officer", TOWN), ("town_leader", TOWN), False),
        (("unit", TOWN), ("unit", TOWN), True),
        (("unit", TOWN), ("village_cadre", VILLAGE), False),
    ],
)
def test_who_can_stand_in_has_a_post_of_the_same_kind_in_the_same_place(
    own: tuple[Role, str], his: tuple[Role, str], *, may: bool
) -> None:
    me, other = (Person(number, "", "某", (Post(*post),)) for number, post in ((1, own), (2, his)))
    assert may_stand_in(me, other) is may
    assert not may_stand_in(me, me)
