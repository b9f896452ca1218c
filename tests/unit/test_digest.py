"""The pure parts of the digest: percentages, weeks, the verdict, and words that always fit."""

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wangge.rules
from wangge.handlers import digest as words
from wangge.handlers.context import Outgoing, World
from wangge.handlers.drilldown import payload
from wangge.reports import digest, figures
from wangge.reports.digest import Digest, Overdue
from wangge.reports.figures import Facts, Figure, Spot
from wangge.rules.calendar import WorkCalendar, local_day, start_of_day
from wangge.rules.policy import Policy
from wangge.storage.counts import Fact

POLICY = Policy.model_validate(
    tomllib.loads((Path(wangge.rules.__file__).parent / "town.toml").read_text(encoding="utf-8"))
)
TOWN = POLICY.town.code
VILLAGES = {f"{TOWN}{number}": name for number, name in enumerate(("东桥村", "西桥村", "柳树沟村"), 200)}
WORLD = World((1, ""), POLICY, WorkCalendar.of(POLICY), VILLAGES, {**VILLAGES, TOWN: POLICY.town.name})
MONDAY = date(2026, 11, 16)
PERIOD = figures.week(MONDAY)
NOW = start_of_day(MONDAY + timedelta(days=7)) + timedelta(hours=8, minutes=30)
ANYBODY: Any = None
"""A transaction that nothing asks for anything."""


def fact(number: int, klass: str = "R", state: str = "reported", days: int = 1, **changes: Any) -> Fact:
    at = PERIOD.start + timedelta(days=days, minutes=number)
    values: dict[str, Any] = {
        "id": number, "number": f"11{MONDAY.day + days:02d}-{number:03d}", "area": f"{TOWN}200", "klass": klass, "urgency": "usual",
        "happened_on": local_day(at), "reported_at": at, "state": state, "holder": None, "limit": at + timedelta(days=30),
    }  # fmt: skip
    return Fact(**{**values, **changes})


def found(*submitted: Fact, is_running: bool = False, **changes: Any) -> Digest:
    still = [each for each in submitted if each.state not in {"closed", "withdrawn"}]
    facts = Facts(PERIOD, submitted, still, changes.pop("limits", ()))
    before = changes.pop("before", Facts(PERIOD.before)).figures
    values: dict[str, Any] = {
        "spots": (),
        "overdue": (),
        "visits": Figure("visits", 0, 0),
        "days": (),
        **changes,
    }
    reasons = digest.verdict(facts.figures, before, values["spots"])
    return Digest(
        scope=(TOWN,),
        period=PERIOD,
        is_running=is_running,
        facts=facts,
        before=before,
        reasons=reasons,
        **values,
    )


def text(of: Digest) -> list[str]:
    return words.text_of(Outgoing(ANYBODY, WORLD, NOW), of).split("\n")


@pytest.mark.parametrize(
    ("value", "base", "percent", "shown"),
    [
        (12, None, None, "12"),
        (0, 0, None, "0/0"),
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
        period = figures.week(date(2026, 11, day))
        assert period.start == datetime(2026, 11, 16, tzinfo=zone) and period.end == datetime(
            2026, 11, 23, tzinfo=zone
        )
        assert (period.first_day, period.last_day) == (MONDAY, date(2026, 11, 22))
        assert period.cutoff == period.end
    running = figures.week(MONDAY, datetime(2026, 11, 18, 9, tzinfo=zone))
    assert running.cutoff == datetime(2026, 11, 18, 9, 0, 0, 1, tzinfo=zone)
    assert figures.week(MONDAY, NOW) == PERIOD
    assert PERIOD.before == figures.week(date(2026, 11, 9))


def test_a_quiet_week_has_a_digest_too() -> None:
    lines = text(found())
    assert lines == [
        "**平稳** · 清河镇平安周报 11-16至11-22",
        "新增0（上周0）、办结0（0）、在办0（0）、超期0（0）",
    ]


def test_the_verdict_stands_first_and_names_its_reasons() -> None:
    late = fact(1, limit=PERIOD.cutoff - timedelta(days=2))
    spot = Spot(f"{TOWN}200", "村口", (1, 2, 3))
    (head, *_) = text(found(late, fact(2, urgency="critical"), spots=(spot,)))
    assert head == "**需关注：特急1件、超期1件、东桥村村口3次** · 清河镇平安周报 11-16至11-22"


@pytest.mark.parametrize(
    ("now", "before", "is_more"),
    [(15, 10, True), (14, 10, False), (9, 1, False), (10, 6, True), (30, 0, False)],
)
def test_many_more_than_last_week_is_a_reason(now: int, before: int, is_more: bool) -> None:
    last = Facts(PERIOD.before, [fact(number) for number in range(before)])
    assert ("more" in found(*(fact(number) for number in range(now)), before=last).reasons) is is_more


def test_work_records_and_withdrawn_ones_are_not_valid_and_p_and_o_are_counted() -> None:
    submitted = (
        fact(1, "W"),
        fact(2, state="withdrawn"),
        fact(3, "P"),
        fact(4, "O"),
        fact(5, state="closed"),
    )
    facts = found(*submitted).facts
    assert {name: facts.figures[name].value for name in ("reported", "valid", "closed", "open")} == {
        "reported": 5,
        "valid": 3,
        "closed": 1,
        "open": 2,
    }
    assert facts.by_category() == {"O": 1, "P": 1, "R": 1}
    assert digest.hidden_classes(POLICY) == {"P", "O"}


def test_overdue_names_number_days_and_office_and_no_person() -> None:
    lines = text(found(overdue=(Overdue(1, "1117-001", 3, "village_cadre"), Overdue(2, "1117-002", 0, None))))
    assert "超期：1117-001超3天（村干部）、1117-002刚超（待指派）" in lines


def test_late_entries_and_next_dates() -> None:
    late = fact(1, happened_on=MONDAY - timedelta(days=1))
    lines = text(
        found(late, days=digest.next_days(POLICY, date(2026, 11, 30)), visits=Figure("visits", 18, 32))
    )
    assert lines[-3:] == [
        "走访：11月已走18次，应走32次",
        "补报：1件是上周以前的事",
        "接下来：12-2交通安全日、12-4国家宪法日",
    ]
    assert "补报：1件是本周以前的事" in text(found(late, is_running=True))


CLASSES = [category.key for category in POLICY.categories]


@given(
    st.lists(
        st.tuples(st.sampled_from(CLASSES), st.sampled_from(("reported", "closed", "withdrawn"))), max_size=60
    ),
    st.integers(0, 3),
    st.integers(0, 5),
    st.text(alphabet="村口渠边大队部三组", min_size=1, max_size=60),
)
def test_at_most_ten_lines_and_280_characters_with_the_verdict(
    events: list[tuple[str, str]], overdue: int, spots: int, place: str
) -> None:
    submitted = [
        fact(number, klass, state, happened_on=MONDAY - timedelta(days=9))
        for number, (klass, state) in enumerate(events)
    ]
    lines = text(
        found(
            *submitted,
            limits=submitted,
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
    names = [*figures.CHOICES, "class-D", f"in-{TOWN}200", "villages", "visits", "digest"]
    assert max(len(payload(name, PERIOD, 9999).encode()) for name in names) <= 64
