"""The year that `make replay` plays has the shape of the real town's, and its sentences say what they should."""

import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files

from tests.faults import town_year
from tests.faults.town_year import INVALID, VALID, is_workday, village_name

from wangge.handlers.sentence import read
from wangge.rules.policy import Policy

POLICY = Policy.model_validate(tomllib.loads(files("wangge.rules").joinpath("town.toml").read_text("utf-8")))
VILLAGES = {f"9901011032{number:02d}": village_name(number) for number in range(1, 17)}
YEAR = town_year.year()
FEBRUARY = town_year.draw(date(2025, 2, 1), 28, 80, (3, 4))


def test_it_has_the_events_of_the_real_town_and_what_is_no_event_on_top() -> None:
    fates = Counter(matter.fate for matter in YEAR.matters)
    assert YEAR.valid == VALID
    assert {fate: fates[fate] for fate in INVALID} == {fate: round(VALID * INVALID[fate]) for fate in INVALID}
    assert min(fates.values()) > 50
    assert {matter.at.date().year for matter in YEAR.matters if matter.is_valid} == {town_year.YEAR}


def test_every_village_and_every_day_has_its_share() -> None:
    villages = Counter(matter.village for matter in YEAR.matters)
    days = Counter(matter.at.date() for matter in YEAR.matters)
    assert set(villages) == set(range(1, 17))
    assert min(villages.values()) > 600
    assert len(days) >= 365
    at_work = [count for day, count in days.items() if is_workday(day)]
    off = [count for day, count in days.items() if not is_workday(day)]
    assert sum(at_work) / len(at_work) > 1.5 * sum(off) / len(off)


def test_water_comes_in_summer_straw_burns_after_harvest_and_people_quarrel_before_the_new_year() -> None:
    by_month = Counter((matter.klass, matter.at.month) for matter in YEAR.matters)
    assert by_month["F", 7] > 3 * by_month["F", 1]
    assert by_month["A", 10] > 1.3 * by_month["A", 8]
    assert by_month["D", 1] > 1.2 * by_month["D", 6]


def test_who_owes_visits_makes_them() -> None:
    calls = Counter(call.by for call in YEAR.calls)
    assert [calls[cadre] for cadre in range(33, 41)] == [2 * 2 * 12] * 8
    assert [calls[leader] for leader in range(41, 45)] == [4 * 2 * 12] * 4
    assert sum(calls.values()) > 16 * 2 * 12


def test_the_same_seed_draws_the_same() -> None:
    again = town_year.draw(date(2025, 2, 1), 28, 80, (3, 4))
    assert again == FEBRUARY != town_year.draw(date(2025, 2, 1), 28, 80, (3, 4), seed=2)
    assert {matter.village for matter in FEBRUARY.matters} == {3, 4}


def test_a_repetition_comes_from_somebody_else_and_soon_enough_to_be_one() -> None:
    for matter in YEAR.matters:
        if lead := matter.lead:
            assert lead.by != matter.by
            assert lead.at < matter.at < town_year.after(lead.at, 3)
            assert (lead.fate, lead.village, lead.klass) == ("usual", matter.village, matter.klass)


def test_nobody_calls_for_help_twice_at_once() -> None:
    calls = [(matter.at, matter.by) for matter in YEAR.matters if matter.fate == "danger"]
    assert len(calls) == len(set(calls)) > 90


def test_every_sentence_is_read_as_what_it_was_drawn_for() -> None:
    categories = tuple(
        each.model_copy(update={"words": town_year.WORK_WORDS}) if each.key == "W" else each
        for each in POLICY.categories
    )
    policy = POLICY.model_copy(update={"categories": categories})
    for matter in YEAR.matters:
        found = read(matter.words, today=matter.at.date(), policy=policy, villages=VILLAGES)
        expected = "danger" if matter.fate == "danger" else "event"
        is_settled = matter.fate in {"self", "work"}
        klass = found.values.get("category", "U")
        assert (found.sort, klass, found.values.get("handling") == "self", matter.words) == (
            expected,
            matter.klass,
            is_settled,
            matter.words,
        )
    for call in YEAR.calls:
        assert read(call.words, today=call.at.date(), policy=policy, villages=VILLAGES).sort == "visit"
