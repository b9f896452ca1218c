"""The three clocks of an event: until when it is accepted, started and finished, and who is told when.

Each clock has a limit by category and urgency. Seventy per cent into it whoever has the event is
told (amber), at its end the desk (red), later the leader in charge. A clock stands still while
the town waits for somebody else; what was left of it runs on afterwards.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from wangge.rules.calendar import WorkCalendar
from wangge.rules.loop import AT_WORK, UNACCEPTED
from wangge.rules.policy import Limit

Clock = Literal["accept", "start", "finish"]
Step = Literal["amber", "red", "leader"]

AMBER_LEFT = 0.3
"""The share of a limit that is left at amber."""
STEPS: Mapping[Clock, tuple[Step, ...]] = {
    "accept": ("amber", "red", "leader"),
    "start": ("amber", "red"),
    "finish": ("amber", "red", "leader"),
}
"""Who has not begun is told so and the desk after him; the leader hears of it by the finish."""
KINDS = tuple(f"{clock}.{step}" for clock, steps in STEPS.items() for step in steps)
"""The names of the timers, as they are stored."""


def until(clock: Clock, since: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    """Return the moment at which a clock that starts now runs out."""
    return _add(since, _allowance(clock, limit), calendar, is_days=_is_days(clock, limit))


def after_pause(
    clock: Clock, due: datetime, paused_at: datetime, now: datetime, limit: Limit, calendar: WorkCalendar
) -> datetime:
    """Return when a clock runs out that stood still since `paused_at`: what was left then is left now."""
    if due <= paused_at:
        return due
    if _is_days(clock, limit):
        return now + (due - paused_at)
    return calendar.add_working(now, calendar.working_between(paused_at, due))


def running(
    state: str, accept_by: datetime | None, start_by: datetime | None, due_at: datetime | None
) -> dict[Clock, datetime]:
    """Return the clocks that run in a state, each with the moment at which it runs out."""
    found: dict[Clock, datetime | None] = {}
    if state in UNACCEPTED:
        found = {"accept": accept_by}
    elif state in AT_WORK:
        found = {"start": start_by if state == "assigned" else None, "finish": due_at}
    return {clock: moment for clock, moment in found.items() if moment}


def at(clock: Clock, step: Step, due: datetime, limit: Limit, calendar: WorkCalendar) -> datetime:
    """Return when a step of a clock is due that runs out at `due`."""
    if step == "red":
        return due
    if step == "leader":
        return _add(due, limit.leader_after, calendar, is_days=limit.by_clock)
    left = _allowance(clock, limit) * AMBER_LEFT
    return due - left if _is_days(clock, limit) else calendar.subtract_working(due, left)


def first_step(clock: Clock, due: datetime, now: datetime, *, is_critical: bool) -> Step:
    """Return the step to wait for first: what is over is not announced, nor is 特急 before its time."""
    is_answered_for = is_critical and clock == "accept"  # the duty desk is rung every few minutes anyway
    return "red" if now >= due or is_answered_for else "amber"


def following(clock: Clock, step: Step) -> Step | None:
    """Return the step after another."""
    steps = STEPS[clock]
    place = steps.index(step) + 1
    return steps[place] if place < len(steps) else None


def _allowance(clock: Clock, limit: Limit) -> timedelta:
    return {"accept": limit.accept, "start": limit.start, "finish": limit.finish}[clock]


def _is_days(clock: Clock, limit: Limit) -> bool:
    return limit.by_clock or (clock == "finish" and limit.finish_by_clock)


def _add(since: datetime, duration: timedelta, calendar: WorkCalendar, *, is_days: bool) -> datetime:
    return since + duration if is_days else calendar.add_working(since, duration)
