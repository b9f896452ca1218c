"""When a message may leave: over a simulated month nothing unasked outside the open hours but 特急."""

import tomllib
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from wangge.rules.calendar import WorkCalendar, local
from wangge.rules.policy import Policy
from wangge.rules.window import leaves_at

POLICY = Policy.model_validate(tomllib.loads(files("wangge.rules").joinpath("town.toml").read_text("utf-8")))
CALENDAR = WorkCalendar.of(POLICY)
MONTHS = [
    datetime(2026, 2, 1, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2028, 2, 1, tzinfo=UTC),
]
MOMENTS = st.builds(
    lambda month, seconds: month + timedelta(seconds=seconds),
    st.sampled_from(MONTHS),
    st.integers(0, 31 * 86_400),
)


def is_open(moment: datetime) -> bool:
    """The office's hours once more, in plain words: 08:30–12:00 and 14:30–18:00 of a working day."""
    there = local(moment)
    hours = time(8, 30) <= there.time() < time(12) or time(14, 30) <= there.time() < time(18)
    return hours and CALENDAR.is_workday(there.date())


@given(now=MOMENTS, not_before=st.none() | MOMENTS)
def test_nothing_unasked_leaves_outside_the_open_hours(now: datetime, not_before: datetime | None) -> None:
    at = leaves_at(now, CALENDAR, asked=False, urgent=False, edit_only=False, not_before=not_before)
    assert is_open(at)
    assert at >= max(now, not_before or now)
    if is_open(now) and not_before is None:
        assert at == now, "nobody waits without need"


@given(now=MOMENTS, not_before=st.none() | MOMENTS, how=st.sampled_from(["asked", "urgent", "edit_only"]))
def test_an_answer_an_edit_and_danger_wait_for_no_hours(
    now: datetime, not_before: datetime | None, how: str
) -> None:
    kinds = {"asked": False, "urgent": False, "edit_only": False} | {how: True}
    assert leaves_at(now, CALENDAR, not_before=not_before, **kinds) == max(now, not_before or now)


@given(now=MOMENTS)
def test_it_leaves_at_the_first_open_moment(now: datetime) -> None:
    at = leaves_at(now, CALENDAR, asked=False, urgent=False, edit_only=False, not_before=None)
    step = now.replace(microsecond=0)
    if at - now < timedelta(days=3):
        while step < at - timedelta(minutes=10):
            assert not is_open(step)
            step += timedelta(minutes=10)
