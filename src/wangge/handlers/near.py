"""Near events: perhaps the same matter. Offered to the reporter before he files, to the desk for merging."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wangge.handlers import cards, event_cards
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice
from wangge.records.values import Position
from wangge.reports.digest import hidden_classes
from wangge.rules import nearness
from wangge.rules.calendar import local_day
from wangge.rules.loop import LOOP, OPEN
from wangge.rules.nearness import Matter
from wangge.rules.policy import UNSORTED
from wangge.storage import lists
from wangge.storage.records import Stored
from wangge.texts import say

MOST_OFFERED = 3
MOST_TO_MERGE = 10
MOST_COMPARED = 200
"""Newest events of a village that are compared; a bad day of the whole town has 80."""
MERGEABLE = frozenset(state for act in LOOP if act.verb == "merge" for state in act.states)
"""States in which an event may be merged into another."""
LED_FROM = OPEN - {"returned"}
"""States in which an event may take in others."""


def may_lead(lead: Stored, record: Stored) -> bool:
    """Tell whether an event may be merged into another: 特急 never goes into one that may wait for days."""
    is_quick_enough = lead.urgency == "critical" or record.urgency != "critical"
    return lead.id != record.id and lead.state in LED_FROM and is_quick_enough


def offered(ctx: Context, values: Mapping[str, Any]) -> list[Stored]:
    """Return the open events that a reporter is asked about: what he is about to file may be one of them.

    Never of a class that is shown as counts only.
    """
    mine, hidden = _matter_of(values), hidden_classes(ctx.world.policy)
    found = [
        record
        for record in _around(ctx, mine.village, mine.day)
        if record.klass not in hidden and nearness.are_near(mine, matter(record))
    ]
    return found[:MOST_OFFERED]


def to_merge_into(ctx: Context, record: Stored) -> list[Stored]:
    """Return the events that an event may be merged into, the likest first."""
    this = matter(record)
    around = _around(ctx, record.area[:12], record.happened_on)
    others = [other for other in around if may_lead(other, record)]
    near = [other for other in others if nearness.are_near(this, matter(other))]
    return sorted(near, key=lambda other: -nearness.likeness(this, matter(other)))[:MOST_TO_MERGE]


def grouped(outgoing: Outgoing, found: Sequence[Stored]) -> list[list[Stored]]:
    """Return which of these events may be the same matter, the oldest of each group first; 特急 apart."""
    groups: list[list[Stored]] = []
    for is_critical in (True, False):
        alike = [record for record in found if (record.urgency == "critical") is is_critical]
        ordered = sorted(alike, key=lambda record: record.id)
        places = nearness.groups([matter(record) for record in ordered])
        groups += [[ordered[place] for place in group] for group in places]
    return groups


def matter(record: Stored) -> Matter:
    """Return what an event's nearness is judged by."""
    return _matter_of({**record.values, "village": record.area[:12], "category": record.klass})


def label(ctx: Context, record: Stored) -> str:
    """Return a near event as a button names it for the desk."""
    return f"{record.number} {cards.shorten(record.values['what'])}"[:40]


def line(ctx: Context, record: Stored) -> str:
    """Return a near event as its reporter-to-be reads of it: its words only if he may open it."""
    known = ctx.may("open", event_cards.subject(record))
    return say(
        "near.line",
        number=record.number,
        category=ctx.setting.category(record.klass),
        place=record.values.get("place") or ctx.world.names.get(record.area, ""),
        age=cards.day_text(local_day(record.reported_at), ctx.today),
        state=say(f"state.{record.state}"),
        what=f"：{cards.brief(record.values['what'], 30)}" if known else "",
    )


def choices(draft: int, found: Sequence[Stored]) -> tuple[Choice, ...]:
    """Return the buttons of the question whether it is one of these."""
    same = [
        choice("near.button.same", f"same:{draft}.{record.id}:0", wide=True, number=record.number)
        for record in found
    ]
    return (*same, choice("near.button.other", f"anyway:{draft}:0"), choice("button.edit", f"edit:{draft}:0"))


def _around(outgoing: Outgoing, village: str, day: date) -> list[Stored]:
    """Return the open events of a village around a day, newest first."""
    window = (day - nearness.WITHIN, day + nearness.WITHIN)
    found = lists.happened_between(outgoing.tx, village, *window, MOST_COMPARED)
    return [record for record in found if record.state in LED_FROM]


def _matter_of(values: Mapping[str, Any]) -> Matter:
    day, position = values["happened_on"], values.get("position")
    return Matter(
        village=values["village"][:12],
        klass=values.get("category", UNSORTED),
        day=day if isinstance(day, date) else date.fromisoformat(day),
        words=values["what"],
        place=values.get("place", ""),
        position=Position.model_validate(position) if position else None,
    )
