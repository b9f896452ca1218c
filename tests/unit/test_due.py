"""What is due by the clock: each thing once, none lost, whatever the clock does."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wangge.rules
from wangge.rules.calendar import TOWN_ZONE, WorkCalendar, local, local_day, start_of_day, week_of
from wangge.rules.policy import Policy
from wangge.scheduler.due import Due, Plan, Subjects, due_at, plans_between, window_start

POLICY = Policy.model_validate(
    tomllib.loads((Path(wangge.rules.__file__).parent / "town.toml").read_text(encoding="utf-8"))
)
CALENDAR = WorkCalendar.of(POLICY)
ONE = Subjects(workers=("7",), leaders=("9",))
PERSONAL = {"weekly_todo", "month_end_todo"}


def at(text: str) -> datetime:
    """Return a moment of the town's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=TOWN_ZONE).astimezone(UTC)


def due(
    since: str, now: str, subjects: Subjects = ONE, policy: Policy = POLICY
) -> list[tuple[str, str, str]]:
    found = due_at(at(now), at(since), policy, WorkCalendar.of(policy), subjects)
    return [
        (each.kind, each.period, f"{local(each.not_before):%m-%d %H:%M}")
        for each in found
        if each.kind not in {"purge", "evening_brief", "handover", "month_close"}
    ]


def without(**reminders: object) -> Policy:
    return POLICY.model_copy(update={"reminders": POLICY.reminders.model_copy(update=reminders)})


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        # A usual Monday: the digest of the week before at 08:30, 本周待办 at 09:00.
        ("2026-11-16 08:29", "2026-11-16 08:30", [("digest", "20261109", "11-16 08:30")]),
        ("2026-11-16 08:30", "2026-11-16 08:31", []),
        ("2026-11-16 08:59", "2026-11-16 09:00", [("weekly_todo", "20261116", "11-16 09:00")]),
        ("2026-11-16 09:00", "2026-11-22 23:59", []),
        # National Day: Monday 10-05 is a holiday, the office opens on Thursday.
        ("2026-10-05 00:00", "2026-10-07 23:59", []),
        (
            "2026-10-08 00:00",
            "2026-10-08 23:59",
            [("digest", "20260928", "10-08 08:30"), ("weekly_todo", "20261005", "10-08 09:00")],
        ),
        # Spring Festival: a whole week of holidays has no 本周待办; both digests come after it.
        ("2026-02-16 00:00", "2026-02-23 23:59", []),
        (
            "2026-02-24 00:00",
            "2026-02-24 23:59",
            [
                ("digest", "20260209", "02-24 08:30"),
                ("digest", "20260216", "02-24 08:30"),
                ("weekly_todo", "20260223", "02-24 09:00"),
            ],
        ),
        # A make-up Saturday is a working day, and not the first of its week.
        ("2026-10-10 00:00", "2026-10-10 23:59", []),
        # The month's end: November 2026 has 26, 27, 30; Monday 30 is the opener and carries both.
        ("2026-11-26 00:00", "2026-11-29 23:59", []),
        (
            "2026-11-30 00:00",
            "2026-11-30 23:59",
            [("digest", "20261123", "11-30 08:30"), ("month_end_todo", "202611", "11-30 09:00")],
        ),
        # December 2026 ends with 29, 30, 31 inside one week: one more, on the first of them.
        (
            "2026-12-28 00:00",
            "2026-12-31 23:59",
            [
                ("digest", "20261221", "12-28 08:30"),
                ("weekly_todo", "20261228", "12-28 09:00"),
                ("month_end_todo", "202612", "12-29 09:00"),
            ],
        ),
        # 29 February 2028 is a Tuesday; 25, 28, 29: Monday 28 carries both.
        (
            "2028-02-25 00:00",
            "2028-02-29 23:59",
            [("digest", "20280221", "02-28 08:30"), ("month_end_todo", "202802", "02-28 09:00")],
        ),
    ],
)
def test_the_table(since: str, now: str, expected: list[tuple[str, str, str]]) -> None:
    assert due(since, now) == expected


def test_briefs_and_the_purge_are_daily_holidays_too() -> None:
    found = due_at(at("2026-10-03 00:00"), at("2026-10-01 00:00"), POLICY, CALENDAR, ONE)
    daily = [(each.kind, each.subject, f"{local(each.not_before):%m-%d %H:%M}") for each in found]
    assert daily == [
        ("purge", "town", "10-01 03:00"),
        ("handover", "desk", "10-01 08:30"),
        ("evening_brief", "desk", "10-01 17:40"),
        ("purge", "town", "10-02 03:00"),
        ("handover", "desk", "10-02 08:30"),
        ("evening_brief", "desk", "10-02 17:40"),
    ]


def test_a_month_is_closed_on_the_fifth_of_the_next_at_six() -> None:
    def closed(since: str, now: str, policy: Policy = POLICY) -> list[tuple[str, str]]:
        found = due_at(at(now), at(since), policy, CALENDAR, ONE)
        return [
            (each.period, f"{local(each.not_before):%m-%d %H:%M}")
            for each in found
            if each.kind == "month_close"
        ]

    assert closed("2026-11-05 17:59", "2026-11-05 18:00") == [("202610", "11-05 18:00")]
    assert closed("2026-11-05 18:00", "2026-12-05 17:59") == []
    assert closed("2026-12-20 00:00", "2027-01-31 00:00") == [("202612", "01-05 18:00")]
    earlier = POLICY.model_copy(
        update={"reports": POLICY.reports.model_copy(update={"close_day": 1, "close_at": time(9)})}
    )
    assert closed("2026-11-01 08:00", "2026-11-01 09:00", earlier) == [("202610", "11-01 09:00")]


@pytest.mark.parametrize(
    ("switch", "gone"),
    [("weekly_todo", "weekly_todo"), ("month_end_todo", "month_end_todo"), ("digest", "digest")],
)
def test_each_message_can_be_switched_off(switch: str, gone: str) -> None:
    kinds = {
        kind for kind, _, _ in due("2026-11-01 00:00", "2026-12-31 23:59", policy=without(**{switch: False}))
    }
    assert kinds == {"weekly_todo", "month_end_todo", "digest"} - {gone}


def test_without_the_message_of_the_month_the_weekly_one_comes_as_usual() -> None:
    policy = without(month_end_todo=False)
    assert ("weekly_todo", "20261130", "11-30 09:00") in due(
        "2026-11-30 00:00", "2026-11-30 23:59", policy=policy
    )


def test_what_is_too_late_is_there_and_says_so() -> None:
    found = {
        (each.kind, each.period): each.is_useless(at("2026-11-21 12:00"))
        for each in due_at(at("2026-11-21 12:00"), at("2026-11-08 00:00"), POLICY, CALENDAR, ONE)
    }
    assert found["weekly_todo", "20261109"] and found["weekly_todo", "20261116"]  # Friday 18:00 is past
    assert found["digest", "20261102"] and not found["digest", "20261109"]
    assert found["evening_brief", "20261120"]
    assert found["purge", "20261120"] and not found["purge", "20261121"]


def test_one_for_each_subject_and_nobody_without_subjects() -> None:
    found = due_at(
        at("2026-11-16 09:00"), at("2026-11-16 08:00"), POLICY, CALENDAR, Subjects(("1", "2"), ("3",))
    )
    assert [(each.kind, each.subject) for each in found] == [
        ("digest", "3"),
        ("handover", "desk"),
        ("weekly_todo", "1"),
        ("weekly_todo", "2"),
    ]
    nobody = due_at(at("2026-11-16 09:00"), at("2026-11-16 08:00"), POLICY, CALENDAR, Subjects())
    assert [each.kind for each in nobody] == ["handover"]


def test_nothing_older_than_62_days_is_asked_about() -> None:
    found = due_at(at("2026-11-16 12:00"), at("2020-01-01 00:00"), POLICY, CALENDAR, ONE)
    assert min(each.not_before for each in found) > at("2026-11-16 12:00") - timedelta(days=62)
    assert Counter(each.kind for each in found)["weekly_todo"] >= 7


def nine_years() -> list[Plan]:
    every = plans_between(at("2024-01-01 00:00"), at("2032-12-31 23:59"), POLICY, CALENDAR)
    return [plan for plan in every if at("2024-01-01 00:00") <= plan.not_before <= at("2032-12-31 23:59")]


def test_nine_years_have_one_of_each_and_never_two_messages_on_a_day() -> None:
    plans = nine_years()
    names = Counter((plan.kind, plan.period) for plan in plans)
    assert max(names.values()) == 1
    days = Counter(local_day(plan.not_before) for plan in plans if plan.kind in PERSONAL)
    assert max(days.values()) == 1
    kinds = Counter(plan.kind for plan in plans)
    assert kinds["month_end_todo"] == 9 * 12
    assert kinds["evening_brief"] == kinds["handover"] == kinds["purge"] == 3288
    assert kinds["digest"] in {469, 470}


def test_two_in_a_week_only_at_a_months_end_that_falls_inside_the_week() -> None:
    weeks: dict[date, list[Plan]] = {}
    for plan in nine_years():
        if plan.kind in PERSONAL:
            weeks.setdefault(week_of(local_day(plan.not_before))[0], []).append(plan)
    doubles = [plans for plans in weeks.values() if len(plans) > 1]
    assert doubles
    for plans in doubles:
        weekly, monthly = sorted(plans, key=lambda plan: plan.not_before)
        day = local_day(monthly.not_before)
        assert (weekly.kind, monthly.kind) == ("weekly_todo", "month_end_todo")
        assert day == CALENDAR.last_workdays(day.year, day.month, 3)[0]


def test_every_message_is_due_on_a_working_day_within_its_own_period() -> None:
    for plan in nine_years():
        day = local_day(plan.not_before)
        assert plan.not_before < plan.useless_after
        if plan.kind in PERSONAL:
            assert CALENDAR.is_workday(day) and local(plan.not_before).time() == time(9)
        if plan.kind == "weekly_todo":
            assert plan.period == f"{week_of(day)[0]:%Y%m%d}"
            assert local_day(plan.useless_after) < week_of(day)[1]
        if plan.kind == "month_end_todo":
            assert day in CALENDAR.last_workdays(day.year, day.month, 3) and plan.period == f"{day:%Y%m}"
        if plan.kind == "digest":
            week_end = date.fromisoformat(plan.period) + timedelta(days=7)
            assert day == CALENDAR.first_workday(week_end)


class Ticker:
    """Ticks as the programme does: since the last tick, each thing claimed once."""

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.asked: dict[tuple[str, str, str], datetime] = {}
        self.twice: list[Due] = []

    def tick(self, now: datetime) -> None:
        if self.first is None or self.last is None:
            self.first = since = now
        else:
            since = window_start(self.first, self.last, now)
        for each in due_at(now, since, POLICY, CALENDAR, ONE):
            key = (each.kind, each.subject, each.period)
            if not each.is_useless(now) and key not in self.asked:
                assert each.not_before <= now <= each.useless_after
                self.asked[key] = now
        self.last = now


def lost(ticker: Ticker, ticks: Iterable[datetime]) -> list[Plan]:
    """Return what somebody was awake for and that was never asked for."""
    moments = list(ticks)
    first = ticker.first
    assert first is not None
    plans = plans_between(min(moments), max(moments), POLICY, CALENDAR)
    asked = {(kind, period) for kind, _, period in ticker.asked}
    return [
        plan
        for plan in plans
        if plan.not_before > first
        and any(plan.not_before <= moment <= plan.useless_after for moment in moments)
        and (plan.kind, plan.period) not in asked
    ]


BEGIN = at("2024-01-01 00:00")
JUMPS = st.sampled_from(
    [
        timedelta(minutes=1),
        timedelta(minutes=31),
        timedelta(hours=7),
        timedelta(hours=13),
        timedelta(days=1),
        timedelta(days=-1),
        timedelta(days=3),
        timedelta(days=40),
        timedelta(days=-40),
        timedelta(days=61),
        timedelta(minutes=-90),
    ]
)


def hours_to(moment: str) -> int:
    return (at(moment) - BEGIN) // timedelta(hours=1)


@settings(max_examples=300)
@given(st.integers(0, hours_to("2032-12-31 23:00")), st.lists(JUMPS, max_size=25))
@example(
    hours_to("2028-02-28 08:00"),
    [timedelta(hours=13), timedelta(days=1), timedelta(days=-1), timedelta(days=3)],
)
@example(
    hours_to("2026-12-27 08:00"),
    [timedelta(days=1), timedelta(days=3), timedelta(days=1), timedelta(days=40), timedelta(days=-40)],
)
def test_nothing_is_lost_and_nothing_comes_at_the_wrong_time(start: int, jumps: list[timedelta]) -> None:
    now = BEGIN + timedelta(hours=start)
    ticker, ticks = Ticker(), [now]
    ticker.tick(now)
    for jump in jumps:
        now += jump
        ticks.append(now)
        ticker.tick(now)
    assert lost(ticker, ticks) == []


def test_an_hour_at_a_time_over_the_turn_of_each_year() -> None:
    for year in range(2024, 2033):
        ticker = Ticker()
        moment, end = start_of_day(date(year, 12, 20)), start_of_day(date(year + 1, 1, 15))
        ticks = []
        while moment < end:
            ticks.append(moment)
            ticker.tick(moment)
            moment += timedelta(hours=1)
        assert lost(ticker, ticks) == []
        assert all(when - not_before(key) < timedelta(hours=1) for key, when in ticker.asked.items())


def not_before(key: tuple[str, str, str]) -> datetime:
    kind, _, period = key
    around = datetime.strptime(f"{period}01"[:8], "%Y%m%d").replace(tzinfo=UTC)
    plans = plans_between(around - timedelta(days=2), around + timedelta(days=40), POLICY, CALENDAR)
    return next(plan.not_before for plan in plans if (plan.kind, plan.period) == (kind, period))


def test_before_the_first_tick_nothing_is_owed() -> None:
    ticker = Ticker()
    for hours in range(6):
        ticker.tick(at("2026-11-16 10:00") + timedelta(hours=hours))
    assert ticker.asked == {}


def test_a_plan_added_during_the_day_is_still_made() -> None:
    since = window_start(at("2026-11-01 00:00"), at("2026-11-16 10:00"), at("2026-11-16 10:01"))
    found = due_at(at("2026-11-16 10:01"), since, POLICY, CALENDAR, ONE)
    assert ("weekly_todo", "7") in {(each.kind, each.subject) for each in found}
