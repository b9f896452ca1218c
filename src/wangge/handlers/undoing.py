"""撤销: take back the last act of the desk within a few minutes; whoever was told reads a correction."""

from wangge.handlers import board, effects, event_cards, events, limits, notices
from wangge.handlers.context import Context
from wangge.handlers.message import Outbound
from wangge.rules.errors import PersonError
from wangge.rules.loop import UNACCEPTED, Act, act_in
from wangge.storage import parties, records, timeline
from wangge.storage.records import Stored
from wangge.storage.timeline import Entry
from wangge.texts import say


def undo(ctx: Context, record: Stored, version: int) -> None:
    """Take the last act back and show the event as it was."""
    if version != record.version:
        raise records.Outdated
    events.show(ctx, take_back(ctx, record, {ctx.person.id}))
    board.refresh(ctx)


def take_back(ctx: Context, record: Stored, shown: set[int]) -> Stored:
    """Restore what was before the last act, if it is the person's own, undoable and not too old.

    Everybody's card follows but of those to whom it is `shown` anyway.
    """
    last, before = timeline.before_last(ctx.tx, record)
    act = act_in(last.act, str(before.get("state", "")))
    if act is None or not act.is_undoable or last.actor != ctx.person.id:
        raise records.Outdated
    if ctx.now - last.at > ctx.world.policy.desk.undo_within:
        raise PersonError("error.too_late_to_undo", number=record.number)
    values = before.pop("values", None)
    lead = _split(ctx, record) if last.act == "merge" else None
    restored = records.change(
        ctx.tx, record, "undo", ctx.person.id, ctx.now, reason=say(f"act.{last.act}"), values=values, **before
    )
    limits.arm(ctx, restored)
    if restored.urgency == "critical" and restored.state in UNACCEPTED:
        notices.wait_for_answer(ctx, restored)
    corrected = _correct(ctx, act, last, record, restored)
    notices.refresh(ctx, restored, shown | corrected, record.holder)
    if lead:
        notices.refresh(ctx, lead, set())
    return restored


def _split(ctx: Context, record: Stored) -> Stored | None:
    """Take a merge back: who reports the leading event by no other way no longer does."""
    lead = parties.linked(ctx.tx, record.id, effects.MERGED)
    parties.unlink(ctx.tx, record.id, effects.MERGED)
    if lead is None:
        return None
    for reporter in {record.author, *record.whose("reporter")} - _others(ctx, lead):
        parties.drop(ctx.tx, lead, reporter, "reporter")
    return records.get(ctx.tx, lead)


def _others(ctx: Context, lead: int) -> set[int]:
    """Return who reported a leading event otherwise: by joining it, or by another event merged into it."""
    joined = {entry.actor for entry in timeline.of(ctx.tx, lead) if entry.act == "join" and entry.actor}
    merged = [records.get(ctx.tx, each) for each in parties.linking(ctx.tx, lead, effects.MERGED)]
    return joined.union(*({each.author, *each.whose("reporter")} for each in merged))


def _correct(ctx: Context, act: Act, last: Entry, undone: Stored, restored: Stored) -> set[int]:
    """Tell those who were told of the act that it does not hold; return whose card the correction is now."""
    told, card_of = set[int](), set[int]()
    if "holder" in act.told and undone.holder and undone.holder != restored.holder:
        card_of = {undone.holder}
    if "reporter" in act.told:
        told |= {restored.author, *restored.whose("reporter")}
    text = say(
        "told.undo", number=restored.number, act=say(f"act.{last.act}"), state=say(f"state.{restored.state}")
    )
    is_urgent = restored.urgency == "critical"
    for person in (told | card_of) - {ctx.person.id}:
        slot = event_cards.slot(undone, person) if person in card_of else f"asked:{restored.id}"
        ctx.tell([person], Outbound(text=text, slot=slot, anew=True, urgent=is_urgent))
    return card_of
