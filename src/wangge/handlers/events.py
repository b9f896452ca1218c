"""Events on their way through the loop: each act checked, stored, and told to whom it concerns.

Every act is the same five steps: who may (rules.rights), is it on (rules.loop), change
with compare-and-set, edit everybody's card, tell those whom the loop names.
"""

from collections.abc import Mapping
from typing import Any

from wangge.handlers import board, buttons, cards, effects, event_cards, limits, notices
from wangge.handlers.attachments import attached_text
from wangge.handlers.context import Context, choice
from wangge.handlers.effects import NOTHING, Given
from wangge.handlers.message import Choice, Outbound
from wangge.records.record import Column
from wangge.rules.errors import PersonError
from wangge.rules.loop import OPEN, Act, act_in, allowed, next_state
from wangge.storage import people, records, timeline
from wangge.storage.database import Transaction, savepoint
from wangge.storage.records import Stored
from wangge.texts import has, say


def takes_more(record: Stored) -> bool:
    """Tell whether photos, words and positions may still be added."""
    return record.state in OPEN


def announce(ctx: Context, record: Stored) -> None:
    """A new event: its clocks begin, its reporter sees it, and whoever it concerns hears of it."""
    show(ctx, record)
    if record.state == "self_handled":
        effects.draw_sample(ctx, record)
        board.refresh(ctx)
        return
    limits.arm(ctx, record)
    notices.announce(ctx, record)


def announce_change(ctx: Context, before: Stored, record: Stored) -> None:
    """Show an amended event again; what only now concerns the desk is announced like a new one."""
    became_critical = record.urgency == "critical" != before.urgency
    if became_critical or (before.state == "self_handled" and record.state == "reported"):
        announce(ctx, record)
        return
    limits.arm(ctx, record)
    show(ctx, record)
    notices.refresh(ctx, record, {ctx.person.id})


def move(ctx: Context, record: Stored, village: str) -> None:
    """Put an open event into the village where it really is; whoever has its card sees it."""
    is_open = record.urgency == "critical" and record.state in OPEN
    if village not in ctx.world.villages or not is_open:
        raise PersonError("form.stale")
    values = {**record.values, "village": village, "place": ""}
    moved = records.change(ctx.tx, record, "amend", ctx.person.id, ctx.now, values=values, area=village)
    text = say("danger.village_known", village=ctx.world.villages[village])
    ctx.reply(Outbound(text=text, slot=f"village:{record.id}"))
    notices.refresh(ctx, moved, set())


def stale(ctx: Context, record: Stored) -> None:
    """An old button: say who was quicker, and show the event as it is now."""
    last = timeline.of(ctx.tx, record.id)[-1]
    actor = people.by_id(ctx.tx, last.actor, ctx.today) if last.actor else None
    seen_as = event_cards.audience(ctx.person, record)
    is_secret = seen_as in event_cards.OUTSIDE and last.act in event_cards.INTERNAL
    if actor is None or actor.id == ctx.person.id or is_secret:
        ctx.toast("toast.done")
    elif has(f"toast.done.{last.act}"):
        ctx.toast(f"toast.done.{last.act}", name=actor.name)
    else:
        ctx.toast("toast.done.by", name=actor.name, act=say(f"act.{last.act}"))
    if record.kind == "event" and seen_as:
        show(ctx, record)


def perform(
    ctx: Context, verb: str, record: Stored, given: Given = NOTHING, values: Mapping[str, Any] | None = None
) -> Stored:
    """Do one act of the loop that is complete, store it, and tell those it concerns."""
    act = act_in(verb, record.state)
    if not ctx.may(verb, event_cards.subject(record)):
        raise PersonError("error.no_right")
    if act is None:
        raise records.Outdated
    before = record
    record = change(ctx, act, record, given, values)
    _remember_work(ctx, verb, record)
    _answer(ctx, act, before, record)
    told = notices.tell(ctx, act, record, given.holder)
    notices.refresh(ctx, record, told, before.holder)
    board.refresh(ctx)
    return record


def _answer(ctx: Context, act: Act, before: Stored, record: Stored) -> None:
    """Show who has acted how the event is now; who no longer sees it reads one line."""
    if act.verb in {"confirm", "deny"}:
        _thank_for_check(ctx, act.verb, before, record)
    elif event_cards.audience(ctx.person, record):
        show(ctx, record, in_place=act.verb == "supplement", undo=act.is_undoable)
    else:
        text = say(f"holder.{act.verb}", number=record.number)
        ctx.reply(Outbound(text=text, slot=event_cards.slot(record, ctx.person.id)))


def _thank_for_check(ctx: Context, verb: str, before: Stored, record: Stored) -> None:
    """The answer takes the place of the question; the reporter's own card follows it."""
    is_reporter = ctx.person.id in {record.author, *record.whose("reporter")}
    is_last_word = is_reporter and before.state == "closed"
    text = say(f"reporter.{verb}" if is_last_word else f"checked.{verb}", number=record.number)
    slot = f"asked:{record.id}" if is_reporter else event_cards.slot(record, ctx.person.id)
    ctx.reply(Outbound(text=text, slot=slot))
    if event_cards.audience(ctx.person, record) in {"reporter", "holder", "desk"}:
        show(ctx, record)


def change(
    ctx: Context,
    act: Act,
    record: Stored,
    given: Given = NOTHING,
    values: Mapping[str, Any] | None = None,
) -> Stored:
    """Store an act with all that follows from it but messages: limits, timers, parts, requests."""
    state = next_state(act, record.state, is_held=record.holder is not None)
    columns = effects.columns(ctx, act, record, given)
    if act.to:  # words, parts and requests move no limit
        columns |= limits.after(ctx, record, state) | {"state": state}
    values = effects.values(act, record, given, values)
    with savepoint(ctx.tx):  # who is too late leaves nothing behind
        effects.before(ctx, act, record, given)
        changed = records.change(
            ctx.tx,
            record,
            act.verb,
            ctx.person.id,
            ctx.now,
            reason=effects.reason(given),
            values=values,
            **columns,
        )
    effects.settle(ctx, record, changed, given)
    return changed


def _remember_work(ctx: Context, verb: str, record: Stored) -> None:
    """Who has just said 接了 may go on talking about it."""
    if verb == "begin":
        ctx.open(working_on=record.id)
    elif ctx.conversation.working_on == record.id and verb != "supplement":
        ctx.open(working_on=None)


def awaiting_verdict(tx: Transaction, author: int) -> Stored | None:
    """Return the person's event that was closed last, if he has not said yet whether it is solved."""
    closed = records.closed_last(tx, author)
    last = timeline.of(tx, closed.id)[-1].act if closed else ""
    return closed if last == "close" else None


def perform_quietly(ctx: Context, verb: str, record: Stored, given: Given = NOTHING) -> Stored | None:
    """Do an act on one of many at once; who did it sees no card of each.

    None if it may not be done, or somebody was quicker.
    """
    act = act_in(verb, record.state)
    if act is None or not ctx.may(verb, event_cards.subject(record)):
        return None
    try:
        changed = change(ctx, act, record, given)
    except records.Outdated:
        return None
    notices.tell(ctx, act, changed)
    notices.refresh(ctx, changed, set())
    return changed


def show(ctx: Context, record: Stored, *, in_place: bool = False, undo: bool = False) -> None:
    """Show an event to who speaks, as what he is to it; under his words unless `in_place`."""
    seen_as = event_cards.audience(ctx.person, record)
    if seen_as is None:
        raise PersonError("error.no_right")
    choices = buttons.choices(ctx, record, seen_as, ctx.person.id)
    if undo:
        choices = (*choices, choice("button.undo", f"undo:{record.id}:{record.version}"))
    ctx.reply(
        Outbound(
            text=event_cards.text(ctx, record, seen_as),
            choices=choices,
            slot=event_cards.slot(record, ctx.person.id),
            anew=ctx.inbound.sort != "choice" and not in_place,
            hold=ctx.album_wait if ctx.inbound.album else 0.0,
        ),
        is_question=False,
    )


def amend(ctx: Context, record: Stored, values: Mapping[str, Any], columns: Mapping[Column, Any]) -> Stored:
    """Store what the reporter has changed; only until somebody has accepted the event."""
    if not ctx.may("amend", event_cards.subject(record)):
        raise PersonError("error.no_right")
    if record.kind == "event" and not allowed("amend", record.state):
        raise PersonError("error.accepted_already")
    changed: dict[str, Any] = {str(name): columns[name] for name in columns}
    if record.kind == "event":
        changed |= limits.amended(ctx, record, values, columns)
    values = {**record.values, **values}  # what other acts have added stays
    return records.change(ctx.tx, record, "amend", ctx.person.id, ctx.now, values=values, **changed)


def withdraw(ctx: Context, record: Stored, version: int) -> None:
    """Take back one's own record of another kind than events."""
    if not ctx.may("withdraw", event_cards.subject(record)):
        raise PersonError("error.no_right")
    if version != record.version or record.state != "filed":
        raise records.Outdated
    changed = records.change(ctx.tx, record, "withdraw", ctx.person.id, ctx.now, state="withdrawn")
    text = say("record.withdrawn", number=changed.number)
    ctx.reply(Outbound(text=text, slot=event_cards.slot(record, ctx.person.id)))


def supplement(
    ctx: Context,
    record: Stored,
    words: str,
    position: Mapping[str, float] | None = None,
    *,
    is_asked: bool = True,
) -> None:
    """Add words, a file or a position to an open event; the answer to a return counts as one."""
    if not takes_more(record):
        raise PersonError("error.closed_already", number=record.number)
    is_asked_for = record.state == "returned" and ctx.may("answer", event_cards.subject(record))
    verb = "answer" if is_asked_for else "supplement"
    words = words or say(f"event.what.{ctx.inbound.sort}")
    values: dict[str, Any] = {**record.values}
    if position:
        values["position"] = dict(position)
    if verb == "answer" and ctx.inbound.text:
        values["what"] = say("event.answered", before=values["what"], words=words)
    changed = perform(ctx, verb, record, Given(words=words), values)
    if record.urgency == "critical" and ctx.inbound.sort == "text":
        notices.show_to(ctx, changed, ctx.on_duty[:1], "desk", asked=True, urgent=True)
    is_new = ctx.inbound.sort == "text" and not is_asked
    words = say("card.position") if position and not ctx.inbound.text else words
    _thank_for(ctx, record, words, (choice("button.new_event", "new_event:0:0"),) if is_new else ())


def _thank_for(ctx: Context, record: Stored, words: str, choices: tuple[Choice, ...]) -> None:
    """Say what was added; an album is one answer. Words that joined by themselves may be something new."""
    text = say(
        "event.supplemented",
        number=record.number,
        words=attached_text(ctx, record=record.id) if ctx.inbound.file else cards.shorten(words),
    )
    hold = ctx.album_wait if ctx.inbound.album else 0.0
    message = Outbound(text=text, choices=choices, slot=f"added:{record.id}", anew=True, hold=hold)
    ctx.reply(message, is_question=False)
    ctx.open(words=words if choices else "")
