"""What is owed and what counts: pure."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.rules.policy import Override, Visits
from wangge.rules.quota import PostDays, Visit, count, owed, visit_progress
from wangge.rules.rights import Post

EAST, WEST, SOUTH = "990101103200", "990101103201", "990101103202"
VILLAGES = (EAST, WEST, SOUTH)
NOVEMBER = date(2026, 11, 1)
TODAY = date(2026, 11, 23)


def stationed(area: str = EAST, start: date | None = None, end: date | None = None) -> PostDays:
    return (Post("stationed_cadre", area), start, end)


def visit(
    record: int, day: int, village: str = EAST, *households: str, author: int = 1, withdrawn: bool = False
) -> Visit:
    return Visit(
        record,
        f"11{day:02d}-{record:03d}",
        author,
        village,
        date(2026, 11, day),
        households or ("甲家",),
        withdrawn,
    )


def owes(
    *posts: PostDays,
    policy: Visits | None = None,
    leaves: tuple[tuple[date, date], ...] = (),
    month: date = NOVEMBER,
) -> dict[str, int]:
    found = owed(posts, leaves, policy or Visits(), VILLAGES, month, staff_no="B1")
    return {duty.village: duty.owed for duty in found}


def test_a_stationed_cadre_owes_two_in_his_village_and_a_grid_worker_none() -> None:
    assert owes(stationed()) == {EAST: 2}
    assert owes((Post("grid_worker", EAST), None, None)) == {}


def test_an_area_leader_owes_in_each_village_of_his_areas_and_nobody_owes_twice() -> None:
    leader = (Post("area_leader", "990101103"), None, None)
    assert owes(leader, stationed()) == dict.fromkeys(VILLAGES, 2)
    assert owes((Post("area_leader", EAST), None, None), (Post("area_leader", SOUTH), None, None)) == {
        EAST: 2,
        SOUTH: 2,
    }


@pytest.mark.parametrize(
    ("start", "end", "number"),
    [
        (date(2026, 11, 1), None, 2),
        (date(2026, 11, 8), None, 2),  # 23 of 30 days: 1.53
        (date(2026, 11, 9), None, 1),  # 22 of 30 days: 1.47
        (date(2026, 11, 16), None, 1),
        (date(2026, 11, 23), None, 1),  # 8 of 30 days: 0.53
        (date(2026, 11, 24), None, 0),  # 7 of 30 days: 0.47
        (None, date(2026, 11, 8), 1),
        (None, date(2026, 11, 7), 0),
    ],
)
def test_it_is_prorated_by_days_in_post_and_half_is_rounded_up(
    start: date | None, end: date | None, number: int
) -> None:
    assert owes(stationed(start=start, end=end)) == {EAST: number}


def test_no_post_in_the_month_owes_nothing() -> None:
    assert owes(stationed(end=date(2026, 10, 31))) == {}
    assert owes(stationed(start=date(2026, 12, 1))) == {}


def test_exactly_half_a_visit_is_one() -> None:
    once = Visits(per_month=1)
    assert owes(stationed(start=date(2026, 11, 16)), policy=once) == {EAST: 1}
    assert owes(stationed(start=date(2026, 11, 17)), policy=once) == {EAST: 0}


def test_leave_is_not_owed_but_the_village_stays_in_view() -> None:
    assert owes(stationed(), leaves=((date(2026, 10, 20), date(2026, 11, 20)),)) == {EAST: 1}
    assert owes(stationed(), leaves=((date(2026, 11, 1), date(2026, 11, 30)),)) == {EAST: 0}


def test_overrides_by_village_person_and_dates_the_last_one_holds() -> None:
    overrides = (
        Override(per_month=4, village=EAST),
        Override(per_month=0, staff_no="B2"),
        Override(per_month=1, staff_no="B1", village=WEST),
        Override(per_month=6, village=EAST, start=date(2026, 11, 16), end=date(2026, 11, 30)),
    )
    policy = Visits(overrides=overrides)
    assert owes(stationed(), stationed(WEST), stationed(SOUTH), policy=policy) == {EAST: 5, WEST: 1, SOUTH: 2}
    assert owes(stationed(), policy=policy, month=date(2026, 12, 1)) == {EAST: 4}


def test_february_29_and_31_days() -> None:
    assert owes(stationed(start=date(2028, 2, 29)), month=date(2028, 2, 29), policy=Visits(per_month=31)) == {
        EAST: 1
    }
    assert owes(stationed(), month=date(2026, 12, 31)) == {EAST: 2}


def test_one_person_one_village_one_day_is_one_trip() -> None:
    found = count(
        [visit(2, 3), visit(1, 3, EAST, "乙家"), visit(3, 3, WEST), visit(4, 3, author=2), visit(5, 4)],
        "trip",
        today=TODAY,
    )
    assert [(each.visit.record, each.counts, each.why) for each in found] == [
        (1, True, "visit.why.counts"),
        (2, False, "visit.why.same_day"),
        (3, True, "visit.why.counts"),
        (4, True, "visit.why.counts"),
        (5, True, "visit.why.counts"),
    ]
    assert sum(each.new_households for each in found) == 5


def test_households_count_once_a_day_when_they_are_the_unit() -> None:
    found = count(
        [visit(1, 3, EAST, "甲家", "乙家"), visit(2, 3, EAST, "乙家"), visit(3, 3, EAST, "乙家", "丙家")],
        "household",
        today=TODAY,
    )
    assert [(each.adds, each.why) for each in found] == [
        (2, "visit.why.counts"),
        (0, "visit.why.same_households"),
        (1, "visit.why.counts"),
    ]


def test_a_withdrawn_one_takes_no_day_and_a_future_one_does_not_count() -> None:
    found = count([visit(1, 3, withdrawn=True), visit(2, 3), visit(3, 24)], "trip", today=TODAY)
    assert [each.why for each in found] == ["visit.why.withdrawn", "visit.why.counts", "visit.why.future"]


def test_a_person_is_measured_on_his_own_days_in_post() -> None:
    found = visit_progress(
        [stationed(start=date(2026, 11, 9))],
        (),
        [visit(1, 5), visit(2, 10, WEST), visit(3, 10)],
        Visits(),
        VILLAGES,
        NOVEMBER,
        today=TODAY,
    )
    assert [(row.village, row.owed, row.done, row.households) for row in found] == [
        (EAST, 1, 1, 1),
        (WEST, 0, 1, 1),
    ]
    assert [each.why for each in found[0].visits] == ["visit.why.not_in_post", "visit.why.counts"]


def test_more_than_owed_misses_nothing() -> None:
    (row,) = visit_progress(
        [stationed()], (), [visit(day, day) for day in (1, 2, 3)], Visits(), VILLAGES, NOVEMBER, today=TODAY
    )
    assert (row.done, row.owed, row.missing) == (3, 2, 0)


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.sampled_from(VILLAGES), st.sampled_from("甲乙丙"), st.booleans()),
        max_size=20,
    ),
    st.sampled_from(("trip", "household")),
)
def test_counting_never_exceeds_what_was_written_and_ignores_the_order(
    rows: list[tuple[int, str, str, bool]], unit: str
) -> None:
    visits = [
        visit(number, day, village, name, withdrawn=withdrawn)
        for number, (day, village, name, withdrawn) in enumerate(rows)
    ]
    found = count(visits, unit, today=TODAY)
    assert found == count(reversed(visits), unit, today=TODAY)
    assert len(found) == len(visits)
    valid = [each for each in visits if not each.is_withdrawn and each.day <= TODAY]
    if unit == "trip":
        assert sum(each.adds for each in found) == len({(each.village, each.day) for each in valid})
    assert sum(each.new_households for each in found) == len(
        {(each.village, each.day, name) for each in valid for name in each.households}
    )


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), st.integers(0, 40), st.integers(0, 31))
def test_owed_is_never_more_than_the_number_and_all_of_it_for_a_whole_month(
    start: date, length: int, number: int
) -> None:
    policy = Visits(per_month=number)
    partly = owes(stationed(start=start, end=start + timedelta(days=length)), month=start, policy=policy)
    assert 0 <= partly[EAST] <= number
    assert owes(stationed(), month=start, policy=policy) == {EAST: number}
