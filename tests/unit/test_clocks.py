"""The three clocks: their limits and steps, and what a pause does to them, as properties of working time."""

from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_calendar import CALENDAR, HOURS, MOMENTS, POLICY, at

from wangge.rules import clocks
from wangge.rules.clocks import KINDS, STEPS, Clock, Step, after_pause, first_step, following, running, until
from wangge.rules.loop import AT_WORK, PAUSED, STATES, UNACCEPTED
from wangge.rules.policy import Limit

CLOCKS = st.sampled_from(get_args(Clock))
LIMITS = st.sampled_from(
    [POLICY.limits.critical, POLICY.limits.urgent, POLICY.limits.usual, POLICY.limits.dispute]
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=60))


def is_by_days(clock: Clock, limit: Limit) -> bool:
    return limit.by_clock or (clock == "finish" and limit.finish_by_clock)


@given(MOMENTS, LIMITS, CLOCKS)
def test_amber_comes_before_red_and_red_before_the_leader(
    since: datetime, limit: Limit, clock: Clock
) -> None:
    """And none of them before the clock has begun."""
    due = until(clock, since, limit, CALENDAR)
    moments = [clocks.at(clock, step, due, limit, CALENDAR) for step in STEPS[clock]]
    assert moments == sorted(set(moments))
    assert moments[0] > since
    assert moments[1] == due


@given(MOMENTS, LIMITS, CLOCKS)
def test_at_amber_seven_tenths_of_the_limit_are_used_up(since: datetime, limit: Limit, clock: Clock) -> None:
    """In the measure of the limit: working time, or time by the clock."""
    due = until(clock, since, limit, CALENDAR)
    amber = clocks.at(clock, "amber", due, limit, CALENDAR)
    allowed = {"accept": limit.accept, "start": limit.start, "finish": limit.finish}[clock]
    used = amber - since if is_by_days(clock, limit) else CALENDAR.working_between(since, amber)
    assert abs(used - allowed * 0.7) < timedelta(milliseconds=1)


@given(MOMENTS, LIMITS, CLOCKS, SPANS, SPANS)
def test_a_pause_moves_a_limit_by_what_stood_still(
    since: datetime, limit: Limit, clock: Clock, ran: timedelta, stood: timedelta
) -> None:
    """What is worked, or passes, between pause and limit is the same as between resumption and limit."""
    due, paused = until(clock, since, limit, CALENDAR), since + ran
    now = paused + stood
    moved = after_pause(clock, due, paused, now, limit, CALENDAR)
    if due <= paused:
        assert moved == due, "what was over before the pause is over"
    elif is_by_days(clock, limit):
        assert moved - due == stood
    else:
        assert CALENDAR.working_between(now, moved) == CALENDAR.working_between(paused, due)
        assert CALENDAR.working_between(due, moved) == CALENDAR.working_between(paused, now)


@given(MOMENTS, LIMITS, CLOCKS, SPANS, SPANS, SPANS)
def test_two_pauses_are_one(
    since: datetime, limit: Limit, clock: Clock, ran: timedelta, one: timedelta, two: timedelta
) -> None:
    """Who goes on and pauses again at once has not gained or lost anything."""
    due, paused = until(clock, since, limit, CALENDAR), since + ran
    between, now = paused + one, paused + one + two
    in_two = after_pause(
        clock, after_pause(clock, due, paused, between, limit, CALENDAR), between, now, limit, CALENDAR
    )
    assert in_two == after_pause(clock, due, paused, now, limit, CALENDAR)


@pytest.mark.parametrize(
    ("begun", "clock", "klass", "urgency", "amber", "red", "leader"),
    [
        # one working day from Friday 16:00: 4.9 of 7 hours are used up on Monday 11:24
        ("2026-11-20 16:00", "accept", "E", "usual", "2026-11-23 11:24", "2026-11-23 16:00", "2026-11-24 16:00"),
        ("2026-11-20 16:00", "finish", "E", "usual", "2026-11-26 10:00", "2026-11-27 16:00", "2026-11-30 16:00"),
        ("2026-11-20 16:00", "accept", "D", "usual", "2026-11-23 11:24", "2026-11-23 16:00", "2026-11-24 16:00"),
        ("2026-11-20 16:00", "finish", "D", "usual", "2026-12-11 16:00", "2026-12-20 16:00", "2026-12-21 18:00"),
        ("2026-11-20 23:00", "accept", "E", "urgent", "2026-11-21 00:24", "2026-11-21 01:00", "2026-11-21 03:00"),
        ("2026-11-20 23:00", "finish", "D", "critical", "2026-11-21 15:48", "2026-11-21 23:00", "2026-11-21 23:15"),
        # before 春节 a Saturday is made up for: Friday 2026-02-13 16:00, Saturday, then Tuesday the 24th
        ("2026-02-13 16:00", "accept", "E", "usual", "2026-02-14 11:24", "2026-02-14 16:00", "2026-02-24 16:00"),
        ("2026-12-30 16:00", "accept", "E", "usual", "2026-12-31 11:24", "2026-12-31 16:00", "2027-01-01 16:00"),
    ],
)  # fmt: skip
def test_the_steps_of_a_clock(
    begun: str, clock: Clock, klass: str, urgency: str, amber: str, red: str, leader: str
) -> None:
    """The township's reference: Friday 16:00 plus one working day is Monday 16:00."""
    limit = POLICY.limit(klass, urgency)
    due = until(clock, at(begun), limit, CALENDAR)
    steps: tuple[Step, ...] = ("amber", "red", "leader")
    assert [clocks.at(clock, step, due, limit, CALENDAR) for step in steps] == [
        at(amber),
        at(red),
        at(leader),
    ]


def test_limits_go_by_urgency_then_by_category_then_by_dispute() -> None:
    """A category may have limits of its own, while it is 一般."""
    own = Limit(accept=HOURS, finish=14 * HOURS)
    changed = [
        each.model_copy(update={"limit": own}) if each.key in {"E", "D"} else each
        for each in POLICY.categories
    ]
    policy = POLICY.model_copy(update={"categories": tuple(changed)})
    assert policy.limit("E", "usual") == policy.limit("D", "usual") == own
    assert policy.limit("E", "urgent") == POLICY.limits.urgent
    assert policy.limit("E", "critical") == policy.limit("U", "critical") == POLICY.limits.critical
    assert policy.limit("U", "usual") == policy.limit("of an older policy", None) == POLICY.limits.usual
    assert POLICY.limit("D", "usual") == POLICY.limits.dispute
    assert until("finish", at("2026-11-20 16:00"), own, CALENDAR) == at("2026-11-24 16:00")


@pytest.mark.parametrize("state", sorted(STATES))
def test_clocks_run_only_while_somebody_is_to_do_something(state: str) -> None:
    """One accepts, begins, finishes; what waits for others, for a check or is over has no clock."""
    moments = (at("2026-11-23 10:00"), at("2026-11-24 10:00"), at("2026-11-25 10:00"))
    found = set(running(state, *moments))
    if state in UNACCEPTED:
        assert found == {"accept"}
    elif state in AT_WORK:
        assert found == {"finish"} | ({"start"} if state == "assigned" else set())
    else:
        assert not found
    assert not running(state, None, None, None)
    assert not found or state not in PAUSED


def test_each_step_is_followed_by_the_next_and_stored_by_its_name() -> None:
    assert [following("finish", step) for step in STEPS["finish"]] == ["red", "leader", None]
    assert [following("start", step) for step in STEPS["start"]] == ["red", None]
    assert len(set(KINDS)) == len(KINDS) == 8


@given(MOMENTS, LIMITS, CLOCKS, SPANS)
def test_what_is_over_is_not_announced(since: datetime, limit: Limit, clock: Clock, later: timedelta) -> None:
    due, now = until(clock, since, limit, CALENDAR), since + later
    assert first_step(clock, due, now, is_critical=False) == ("red" if now >= due else "amber")
    assert first_step("accept", due, now, is_critical=True) == "red", "the duty desk is rung anyway"
