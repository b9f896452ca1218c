"""The pure parts of the digest: percentages, weeks, the verdict, and words that always fit."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wangge.rules
from wangge.handlers import digest as words
from wangge.handlers.context import Outgoing, World
from wangge.handlers.figures import payload
from wangge.reports import digest, figures, periods
from wangge.reports.digest import Digest, Overdue
from wangge.reports.figures import Figure, Numbers, Slice, Spot
from wangge.reports.periods import Period
from wangge.rules.calendar import WorkCalendar, local_day, start_of_day
from wangge.rules.policy import Policy

POLICY = Policy.model_validate(
    tomllib.loads((Path(wangge.rules.__file__).parent / "town.toml").read_text(encoding="utf-8"))
)
TOWN = POLICY.town.code
VILLAGES = {f"{TOWN}{number}": name for number, name in enumerate(("东桥村", "西桥村", "柳树沟村"), 200)}
WORLD = World((1, ""), POLICY, WorkCalendar.of(POLICY), VILLAGES, {**VILLAGES, TOWN: POLICY.town.name})
MONDAY = date(2026, 11, 16)
PERIOD = periods.week(MONDAY)
NOW = start_of_day(MONDAY + timedelta(days=7)) + timedelta(hours=8, minutes=30)
ANYBODY: Any = None
"""A transaction that nothing asks for anything."""


def numbers(counts: Mapping[str, int], classes: Mapping[str, int], period: Period = PERIOD) -> Numbers:
    """Build the figures of a week of which only some are more than nothing."""
    found = {
        name: Figure(
            name,
            counts.get(name.removesuffix("_rate"), 0),
            counts.get(each.share_of, 0) if each.share_of else None,
        )
        for name, each in figures.CATALOGUE.items()
    }
    return Numbers(period, found, classes, {})


def found(
    counts: Mapping[str, int] = MappingProxyType({}),
    classes: Mapping[str, int] = MappingProxyType({}),
    before: Mapping[str, int] | None = MappingProxyType({}),
    *,
    period: Period = PERIOD,
    **changes: Any,
) -> Digest:
    counted, last = (
        numbers(counts, classes, period),
        numbers(before, {}).figures if before is not None else {},
    )
    values: dict[str, Any] = {
        "spots": (),
        "signs": (),
        "overdue": (),
        "visits": Figure("visits", 0, 0),
        "days": (),
        **changes,
    }
    reasons = digest.verdict(counted.figures, last, values["spots"])
    return Digest(scope=(TOWN,), period=period, numbers=counted, before=last, reasons=reasons, **values)


def text(of: Digest) -> list[str]:
    return words.text_of(Outgoing(ANYBODY, WORLD, NOW), of).split("\n")


@pytest.mark.parametrize(
    ("value", "base", "percent", "shown"),
    [
        (12, None, None, "12"),
        (0, 0, None, "—"),
        (9, 9, None, "9/9"),
        (10, 10, 100, "100%"),
        (9, 10, 90, "90%"),
        (999, 1000, 99, "99%"),
        (11571, 11572, 99, "99%"),
        (0, 10, 0, "0%"),
    ],
)
def test_a_percentage_is_rounded_down_and_said_only_of_ten_or_more(
    value: int, base: int | None, percent: int | None, shown: str
) -> None:
    figure = Figure("closed_rate", value, base)
    assert (figure.percent, figure.text) == (percent, shown)


@given(st.integers(0, 10**6), st.integers(10, 10**6))
def test_100_percent_is_said_only_of_equal_counts(value: int, base: int) -> None:
    value = min(value, base)
    assert (Figure("x", value, base).percent == 100) == (value == base)


def test_a_week_is_monday_to_monday_in_shanghai() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for day in range(16, 23):
        period = periods.week(date(2026, 11, day))
        assert period.start == datetime(2026, 11, 16, tzinfo=zone) and period.end == datetime(
            2026, 11, 23, tzinfo=zone
        )
        assert (period.first_day, period.last_day) == (MONDAY, date(2026, 11, 22))
        assert period.cutoff == period.end
    running = periods.week(MONDAY, datetime(2026, 11, 18, 9, tzinfo=zone))
    assert running.cutoff == datetime(2026, 11, 18, 9, 0, 0, 1, tzinfo=zone)
    assert periods.week(MONDAY, NOW) == PERIOD
    assert PERIOD.before == periods.week(date(2026, 11, 9))


def test_periods_of_a_sort_follow_each_other_without_a_gap() -> None:
    """Every day of eight years, leap days and weeks over new year too, is in one week, month, quarter, year."""
    firsts = {"w": "20221226", "m": "202301", "q": "202301", "y": "2023"}
    lengths = {"w": {7}, "m": {28, 29, 30, 31}, "q": {90, 91, 92}, "y": {365, 366}}
    now = start_of_day(date(2031, 1, 6))
    for letter, first in firsts.items():
        period = periods.of_key(letter + first, now, lambda _: None)
        while period is not None and period.end <= now:
            assert (period.end - period.start).days in lengths[letter]
            following = periods.of_key(_key(letter, local_day(period.end)), now, lambda _: None)
            if following is not None:
                assert following.before == period and following.start == period.end
                assert following.year_before.last_day.year in {period.last_day.year, period.last_day.year - 1}
            assert sum((part.end - part.start for part in period.parts()), timedelta()) == (
                period.end - period.start
            )
            period = following


def _key(letter: str, day: date) -> str:
    return letter + {"w": f"{day:%Y%m%d}", "m": f"{day:%Y%m}", "q": f"{day:%Y%m}", "y": f"{day:%Y}"}[letter]


def test_a_place_on_several_lines_takes_one() -> None:
    """People type places as they like; the digest keeps its ten lines."""
    lines = text(found({"valid": 3}, spots=(Spot(f"{TOWN}200", "三组\n\n渠边\n东头", (1, 2, 3)),)))
    assert len(lines) == 3 and all("东桥村三组 渠边 东头" in line for line in (lines[0], lines[2]))


def test_a_quiet_week_has_a_digest_too() -> None:
    lines = text(found())
    assert lines == [
        "**平稳** · 清河镇平安周报 11-16至11-22",
        "新增0（上周0）、办结0（0）、在办0（0）、超期0（0）",
    ]


def test_the_verdict_stands_first_and_names_its_reasons() -> None:
    spot = Spot(f"{TOWN}200", "村口", (1, 2, 3))
    (head, *_) = text(found({"overdue": 1, "critical": 1}, spots=(spot,)))
    assert head == "**需关注：特急1件、超期1件、东桥村村口反复3件** · 清河镇平安周报 11-16至11-22"


@pytest.mark.parametrize(
    ("now", "before", "is_more"),
    [(15, 10, True), (14, 10, False), (9, 1, False), (10, 6, True), (30, 0, False)],
)
def test_many_more_than_last_week_is_a_reason(now: int, before: int, is_more: bool) -> None:
    assert ("more" in found({"valid": now}, before={"valid": before}).reasons) is is_more


def test_p_and_o_are_told_as_counts_only() -> None:
    assert digest.hidden_classes(POLICY) == {"P", "O"}


def test_overdue_names_number_days_and_office_and_no_person() -> None:
    lines = text(found(overdue=(Overdue(1, "1117-001", 3, "village_cadre"), Overdue(2, "1117-002", 0, None))))
    assert "超期：1117-001超3天（村干部）、1117-002刚超（待指派）" in lines


def test_overdue_says_how_many_when_it_names_only_some() -> None:
    lines = text(found({"overdue": 5}, overdue=(Overdue(1, "1117-001", 3, "village_cadre"),)))
    assert "超期：1117-001超3天（村干部）等5件" in lines


def test_late_entries_and_next_dates() -> None:
    lines = text(
        found(
            {"late_entry": 1},
            days=digest.next_days(POLICY, date(2026, 11, 30)),
            visits=Figure("visits", 18, 32),
        )
    )
    assert lines[-3:] == [
        "走访：11月已走18次，应走32次",
        "补报：1件是上周以前的事",
        "接下来：12-2交通安全日、12-4国家宪法日",
    ]
    running = periods.week(MONDAY, NOW - timedelta(days=4))
    assert "补报：1件是本周以前的事" in text(found({"late_entry": 1}, period=running))


CLASSES = [category.key for category in POLICY.categories]


@given(
    st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 99999)),
    st.dictionaries(
        st.sampled_from(("valid", "closed", "open", "limits", "met", "late_entry")), st.integers(0, 99999)
    ),
    st.integers(0, 3),
    st.integers(0, 5),
    st.text(alphabet="村口渠边大队部三组", min_size=1, max_size=60),
)
def test_at_most_ten_lines_and_280_characters_with_the_verdict(
    classes: dict[str, int], counts: dict[str, int], overdue: int, spots: int, place: str
) -> None:
    lines = text(
        found(
            {**counts, "overdue": overdue},
            classes,
            overdue=tuple(
                Overdue(number, f"1117-{number:04d}", 999, "judicial_officer") for number in range(overdue)
            ),
            spots=tuple(Spot(f"{TOWN}202", place, tuple(range(99))) for _ in range(spots)),
            visits=Figure("visits", 9999, 9999),
            days=tuple((date(2026, 12, day), "民法典宣传月开始") for day in range(1, 8)),
        )
    )
    assert len(lines) <= 10 and len("\n".join(lines)) <= 280
    assert "平安周报" in lines[0]


def test_a_button_fits_whatever_it_opens() -> None:
    names = [Slice(name, f"{TOWN}200001", "D").text for name in figures.CATALOGUE]
    closed = replace(periods.month(MONDAY), judged="close")
    assert max(len(payload(name, closed, 9999).encode()) for name in [*names, "villages", "visits"]) <= 64


USUAL = {"valid": 28, "closed": 22, "open": 14, "overdue": 2, "limits": 23, "met": 21, "late_entry": 1}
LAST = {"valid": 31, "closed": 19, "open": 12, "overdue": 2}
LONG_NAMES = {**VILLAGES, f"{TOWN}210": "老爷庙河东岸村"}
GOLDEN_DIGESTS: dict[str, Digest] = {
    "usual": found(
        USUAL,
        {"R": 11, "E": 8, "D": 5, "M": 4},
        LAST,
        overdue=(Overdue(1, "1109-214", 6, "village_cadre"), Overdue(2, "1112-077", 2, "unit")),
        signs=(digest.Sign("E", 3, 8),),
        visits=Figure("visits", 41, 64),
    ),
    "zero": found({}, {}, LAST, visits=Figure("visits", 12, 64)),
    "bad_day": found(
        {"valid": 101, "closed": 58, "open": 51, "overdue": 14, "critical": 3, "limits": 70, "met": 44},
        {"F": 80, "R": 9, "M": 5},
        LAST,
        overdue=tuple(Overdue(number, f"1118-{number:03d}", 1, None) for number in (101, 102, 103)),
        signs=(digest.Sign("F", 1, 80),),
        spots=(Spot(f"{TOWN}200", "三组", tuple(range(38))),),
        visits=Figure("visits", 30, 64),
        days=digest.next_days(POLICY, date(2026, 11, 30)),
    ),
    "first": found({"valid": 9, "closed": 4, "open": 5}, {"R": 9}, None, visits=Figure("visits", 3, 64)),
    "long_names": found(
        USUAL,
        {"R": 28},
        LAST,
        spots=(Spot(f"{TOWN}210", "老槐树下三组巷口", (1, 2, 3)),),
        overdue=(Overdue(1, "1109-214", 6, "stationed_cadre"),),
        visits=Figure("visits", 41, 64),
    ),
}


@pytest.mark.parametrize("name", GOLDEN_DIGESTS)
def test_the_golden_digests(name: str) -> None:
    world = replace(WORLD, villages=LONG_NAMES)
    said = words.text_of(Outgoing(ANYBODY, world, NOW), GOLDEN_DIGESTS[name])
    file = Path(__file__).parent / "golden" / f"digest_{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(said + "\n", encoding="utf-8")
    assert said + "\n" == file.read_text(encoding="utf-8")
    assert len(said.split("\n")) <= 10 and len(said) <= 280


def test_a_sign_is_a_class_with_three_events_and_twice_as_many() -> None:
    now, before = {"R": 6, "E": 5, "D": 2, "P": 9, "M": 3}, {"R": 3, "E": 3, "P": 1}
    assert digest.signs(now, before, {"P"}) == (digest.Sign("R", 3, 6), digest.Sign("M", 0, 3))


@pytest.mark.parametrize(
    ("place", "shown"), [("老李家门口", "某户门口"), ("三组欧阳家后墙", "三组某户后墙"), ("村口", "村口")]
)
def test_a_spot_names_no_house(place: str, shown: str) -> None:
    lines = text(found(spots=(Spot(f"{TOWN}200", place, (1, 2)),)))
    assert f"反复：东桥村{shown}2件" in lines
