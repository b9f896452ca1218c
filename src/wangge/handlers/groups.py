"""Several events that may be one matter: the desk merges them with one tap, and takes that back with one.

A group is a message of its own, not in the board's place, where the next event would wipe it away.
"""

import zlib
from collections.abc import Callable, Sequence

from wangge.handlers import board, cards, events, near, undoing
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.effects import MERGED, Given
from wangge.handlers.event_cards import subject
from wangge.handlers.message import Choice, Outbound
from wangge.rules.errors import PersonError
from wangge.storage import jobs, lists, parties, people, records
from wangge.storage.records import Stored
from wangge.texts import say

Group = Sequence[Stored]
"""The oldest first: it is the one that leads."""
LINES = 40
"""Events of a group that are shown; all of them are merged."""
NOT_SAME = "not_same"


def buttons(ctx: Context, is_listed: Callable[[Stored], bool]) -> list[Choice]:
    """Return a button for each group that has something to do with a list."""
    return [
        choice(
            "group.button",
            f"group:{group[0].id}:0",
            wide=True,
            count=len(group),
            what=cards.brief(group[0].values["what"], 12),
        )
        for group in _all(ctx)
        if any(is_listed(record) for record in group)
    ]


def show(ctx: Context, lead: int) -> None:
    """Show the events of a group, and ask whether they are one matter."""
    group = next((each for each in _all(ctx) if each[0].id == lead), None)
    if group is None:
        raise PersonError("form.stale")
    authors = people.by_ids(ctx.tx, {record.author for record in group}, ctx.today)
    lines = [
        say(
            "group.line",
            number=record.number,
            place=record.values.get("place") or ctx.world.names.get(record.area, ""),
            what=cards.brief(record.values["what"], 20),
            reporter=authors[record.author].name if record.author in authors else "",
        )
        for record in group[:LINES]
    ]
    if len(group) > LINES:
        lines.append(say("group.more", count=len(group) - LINES))
    choices = (
        choice("group.button.merge", f"merge_group:{lead}.{key_of(group)}:0"),
        choice("group.button.not_same", f"not_same:{lead}.{key_of(group)}:0"),
    )
    text = say("group", count=len(group), number=group[0].number, lines="\n".join(lines))
    ctx.reply(Outbound(text=text, choices=choices, slot=_slot(lead), anew=True))


def merge(ctx: Context, target: int, key: str) -> None:
    """合并为一件: all of them go on in the oldest; each keeps its history, and its reporter is told."""
    lead, *others = _found(ctx, target, key)
    try:
        done = [events.perform_quietly(ctx, "merge", each, Given(lead=lead)) for each in others]
    except records.Outdated:
        raise PersonError("group.changed") from None
    merged = [each for each in done if each]
    if not merged:
        raise PersonError("error.no_right")
    board.refresh(ctx)
    choices = (
        choice("group.button.undo", f"unmerge:{lead.id}.{_moment(merged[0])}:0"),
        choice("group.button.lead", f"open:{lead.id}:0", number=lead.number),
    )
    text = say("group.merged", count=len(merged), number=lead.number)
    ctx.reply(Outbound(text=text, choices=choices, slot=_slot(lead.id)))


def not_same(ctx: Context, target: int, key: str) -> None:
    """不是一件: this group is offered no more; with one more event it is another question."""
    group = _found(ctx, target, key)
    jobs.claim(ctx.tx, NOT_SAME, str(group[0].id), key, "told", ctx.now)
    ctx.reply(Outbound(text=say("group.noted", number=group[0].number), slot=_slot(target)))


def undo(ctx: Context, lead: int, at: int) -> None:
    """撤销合并: take back what was merged into an event by one tap; what has moved on since stays."""
    since = ctx.now - ctx.world.policy.desk.undo_within
    merged = [
        each
        for each in lists.last_done(ctx.tx, "merge", ctx.person.id, since)
        if _moment(each) == at and parties.linked(ctx.tx, each.id, MERGED) == lead
    ]
    if not merged or not all(ctx.may("undo", subject(each)) for each in merged):
        raise PersonError("group.stale")
    for each in merged:
        undoing.take_back(ctx, each, set())
    board.refresh(ctx)
    text = say("group.undone", count=len(merged))
    ctx.reply(Outbound(text=text, slot=_slot(lead)))


def _slot(lead: int) -> str:
    return f"group:{lead}"


def _all(outgoing: Outgoing) -> list[Group]:
    """Return the groups among the newest events, but those that the desk has said are none."""
    found = near.grouped(outgoing, lists.newest(outgoing.tx, near.MERGEABLE, near.MOST_COMPARED))
    return [
        group
        for group in found
        if not jobs.is_decided(outgoing.tx, NOT_SAME, str(group[0].id), key_of(group))
    ]


def _found(ctx: Context, lead: int, key: str) -> Group:
    """Return the group that was shown.

    Raises:
        PersonError: it is another one by now.
    """
    group = next((each for each in _all(ctx) if each[0].id == lead), None)
    if group is None or key_of(group) != key:
        raise PersonError("group.changed")
    return group


def _moment(record: Stored) -> int:
    """Return the second in which an event ended: those merged by one tap share it."""
    return int(record.closed_at.timestamp()) if record.closed_at else 0


def key_of(group: Group) -> str:
    """Return a short mark of which events a group holds, or a page that was shown."""
    return f"{zlib.crc32(','.join(str(record.id) for record in group).encode()):08x}"
