"""In which state an event begins, and until when it has to be accepted and finished."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wangge.handlers.context import Context, Outgoing
from wangge.records.record import Column
from wangge.rules.calendar import accept_by, finish_by
from wangge.storage.records import Stored


def first_state(values: Mapping[str, Any]) -> str:
    """Return the state an event begins in: a reporter who dealt with it himself needs no desk."""
    is_danger = values.get("urgency") == "critical"
    return "self_handled" if values.get("handling") == "self" and not is_danger else "reported"


def accept_limit(outgoing: Outgoing, klass: str, urgency: Any) -> datetime:  # noqa: ANN401 - a stored word
    """Return until when somebody has to accept an event reported now."""
    world = outgoing.world
    category = world.policy.category(klass)
    is_dispute = category is not None and category.dispute
    return accept_by(outgoing.now, urgency, is_dispute, world.policy, world.calendar)


def finish_limit(outgoing: Outgoing, record: Stored) -> datetime:
    """Return until when an event accepted now has to be finished."""
    world = outgoing.world
    category = world.policy.category(record.klass)
    is_dispute = category is not None and category.dispute
    urgency: Any = record.urgency
    return finish_by(outgoing.now, urgency, is_dispute, world.policy, world.calendar)


def amended(
    ctx: Context, record: Stored, values: Mapping[str, Any], columns: Mapping[Column, Any]
) -> dict[str, Any]:
    """Return what follows from an amendment: another limit, or that the desk is needed after all."""
    changed: dict[str, Any] = {}
    if (columns["class"], columns["urgency"]) != (record.klass, record.urgency):
        changed["accept_by"] = accept_limit(ctx, columns["class"], columns["urgency"])
    state = first_state(values) if record.state in {"reported", "self_handled"} else record.state
    if state != record.state:
        is_done = state == "self_handled"
        changed |= {"state": state, "closed_at": ctx.now if is_done else None}
        changed |= {"outcome": "solved" if is_done else None}
    return changed
