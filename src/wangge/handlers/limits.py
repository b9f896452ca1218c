"""In which state an event begins, until when what has to be done with it, and the timers of that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wangge.handlers.context import Context, Outgoing
from wangge.records.record import Column
from wangge.rules import clocks
from wangge.rules.clocks import Clock
from wangge.rules.loop import AT_WORK, PAUSED, UNACCEPTED
from wangge.storage import jobs, timeline
from wangge.storage.records import Stored


def first_state(values: Mapping[str, Any]) -> str:
    """Return the state an event begins in: a reporter who dealt with it himself needs no desk."""
    is_danger = values.get("urgency") == "critical"
    return "self_handled" if values.get("handling") == "self" and not is_danger else "reported"


def accept_limit(
    outgoing: Outgoing, klass: str, urgency: str | None, since: datetime | None = None
) -> datetime:
    """Return until when somebody has to accept an event reported now, or whose clock began to stand then."""
    limit = outgoing.world.policy.limit(klass, urgency)
    return clocks.until("accept", since or outgoing.now, limit, outgoing.world.calendar)


def after(outgoing: Outgoing, record: Stored, state: str) -> dict[str, Any]:
    """Return the limits that change when an event goes into a state now."""
    if state in UNACCEPTED and record.state not in UNACCEPTED | PAUSED:
        limit = accept_limit(outgoing, record.klass, record.urgency)
        return {"accept_by": limit, "accepted_at": None, "due_at": None, "start_by": None}
    changed: dict[str, Any] = {}
    if record.state in PAUSED and state not in PAUSED:
        changed |= _after_pause(outgoing, record)
    if state in AT_WORK and record.accepted_at is None:
        changed |= {"accepted_at": outgoing.now, "due_at": _until(outgoing, "finish", record)}
    if state == "assigned":
        changed |= {"start_by": _until(outgoing, "start", record)}
    elif record.start_by:
        changed |= {"start_by": None}
    return changed


def arm(outgoing: Outgoing, record: Stored) -> None:
    """Let the timers of the clocks that run on an event ring at their next steps."""
    limit = outgoing.world.policy.limit(record.klass, record.urgency)
    is_critical = record.urgency == "critical"
    wanted: dict[str, datetime] = {}
    for clock, due in of(record).items():
        step = clocks.first_step(clock, due, outgoing.now, is_critical=is_critical)
        wanted[f"{clock}.{step}"] = clocks.at(clock, step, due, limit, outgoing.world.calendar)
    jobs.replace_timers(outgoing.tx, record.id, clocks.KINDS, wanted)


def of(record: Stored) -> dict[Clock, datetime]:
    """Return the clocks that run on an event, each with the moment at which it runs out."""
    return clocks.running(record.state, record.accept_by, record.start_by, record.due_at)


def amended(
    ctx: Context, record: Stored, values: Mapping[str, Any], columns: Mapping[Column, Any]
) -> dict[str, Any]:
    """Return what follows from an amendment: another limit, or that the desk is needed after all."""
    changed: dict[str, Any] = {}
    state = first_state(values) if record.state in {"reported", "self_handled"} else record.state
    is_other = (columns["class"], columns["urgency"]) != (record.klass, record.urgency)
    if is_other or record.state == "self_handled" != state:
        since = timeline.since(ctx.tx, record.id) if record.state in PAUSED else ctx.now
        changed["accept_by"] = accept_limit(ctx, columns["class"], columns["urgency"], since)
    if state != record.state:
        is_done = state == "self_handled"
        changed |= {"state": state, "closed_at": ctx.now if is_done else None}
        changed |= {"outcome": "solved" if is_done else None}
    return changed


def _until(outgoing: Outgoing, clock: Clock, record: Stored) -> datetime:
    limit = outgoing.world.policy.limit(record.klass, record.urgency)
    return clocks.until(clock, outgoing.now, limit, outgoing.world.calendar)


def _after_pause(outgoing: Outgoing, record: Stored) -> dict[str, Any]:
    """What was left of the clock when the event was returned or suspended is left again."""
    paused_at = timeline.since(outgoing.tx, record.id)
    limit = outgoing.world.policy.limit(record.klass, record.urgency)
    clock: Clock = "finish" if record.accepted_at else "accept"
    column, due = ("due_at", record.due_at) if record.accepted_at else ("accept_by", record.accept_by)
    if due is None:
        return {}
    moved = clocks.after_pause(clock, due, paused_at, outgoing.now, limit, outgoing.world.calendar)
    return {column: moved}
