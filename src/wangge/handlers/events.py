"""Events on their way through the loop: each act checked, stored, and told to whom it concerns.

Every act is the same five steps: who may (rules.rights), is it on (rules.loop), change
with compare-and-set, edit everybody's card, tell those whom the loop names.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from wangge.handlers import board, cards, event_cards, limits
from wangge.handlers.attachments import attached_text
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.event_cards import Audience
from wangge.handlers.message import Choice, Outbound
from wangge.records.record import Column
from wangge.rules.errors import PersonError
from wangge.rules.loop import HELD, LOOP, OPEN, UNACCEPTED, Act, allowed
from wangge.rules.rights import LEADERS, Person, Subject, may
from wangge.storage import jobs, people, records
from wangge.storage.database import Transaction
from wangge.storage.records import Stored
from wangge.texts import has, say

ANSWER_TIMER = "answer"


def takes_more(record: Stored) -> bool:
    """Tell whether photos, words and positions may still be added."""
    return record.state in OPEN


def announce(ctx: Context, record: Stored) -> None:
    """Show a new event to its reporter and the desk; danger also to the leader in charge."""
    show(ctx, record)
    if record.state == "self_handled":
        return
    is_danger = record.urgency == "critical"
    officers = ctx.on_duty[:1]
    _show_to(ctx, record, officers, "desk", asked=True, urgent=is_danger)
    board.refresh(ctx)
    if not officers:
        text = say("alarm.nobody_on_duty", number=record.number)
        ctx.tell_administrators(Outbound(text=text, urgent=is_danger))
    if is_danger or not officers:
        leaders = [leader for leader in _leaders(ctx, record) if leader.id not in {o.id for o in officers}]
        _show_to(ctx, record, leaders, "leader", urgent=is_danger)
    if is_danger:
        jobs.set_timer(ctx.tx, record.id, ANSWER_TIMER, ctx.now + ctx.world.policy.desk.answer_within)


def announce_change(ctx: Context, before: Stored, record: Stored) -> None:
    """Show an amended event again; what only now concerns the desk is announced like a new one."""
    became_critical = record.urgency == "critical" != before.urgency
    if became_critical or (before.state == "self_handled" and record.state == "reported"):
        announce(ctx, record)
        return
    show(ctx, record)
    _refresh(ctx, record, {ctx.person.id})


def move(ctx: Context, record: Stored, village: str) -> None:
    """Put an open event into the village where it really is; whoever has its card sees it."""
    is_open = record.urgency == "critical" and record.state in OPEN
    if village not in ctx.world.villages or not is_open:
        raise PersonError("form.stale")
    values = {**record.values, "village": village, "place": ""}
    moved = records.change(ctx.tx, record, "amend", ctx.person.id, ctx.now, values=values, area=village)
    text = say("danger.village_known", village=ctx.world.villages[village])
    ctx.reply(Outbound(text=text, slot=f"village:{record.id}"))
    _refresh(ctx, moved, set())


def nobody_answers(outgoing: Outgoing, record: Stored, round_: int) -> None:
    """Nobody on duty has taken a 特急 event in time: tell the next one, and the reporter."""
    jobs.stop_timer(outgoing.tx, record.id, ANSWER_TIMER)
    if record.state not in UNACCEPTED:
        return
    desk = outgoing.world.policy.desk
    text = say("danger.nobody", number=record.number, phone=desk.phone)
    outgoing.tell([record.author], Outbound(text=text, urgent=True))
    following = outgoing.on_duty[round_ + 1 : round_ + 2]
    _show_to(outgoing, record, following, "desk", asked=True, urgent=True)
    if following:
        due = outgoing.now + desk.answer_within
        jobs.set_timer(outgoing.tx, record.id, ANSWER_TIMER, due, round_ + 1)


def stale(ctx: Context, record: Stored) -> None:
    """An old button: say who was quicker, and show the event as it is now."""
    last = records.timeline(ctx.tx, record.id)[-1]
    actor = people.by_id(ctx.tx, last.actor, ctx.today) if last.actor else None
    if actor and actor.id != ctx.person.id and has(f"toast.done.{last.act}"):
        ctx.toast(f"toast.done.{last.act}", name=actor.name)
    else:
        ctx.toast("toast.done")
    if record.kind == "event":
        show(ctx, record)


def perform(
    ctx: Context,
    verb: str,
    record: Stored,
    *,
    reason: str = "",
    values: Mapping[str, Any] | None = None,
    **columns: Any,  # noqa: ANN401 - the columns of the table
) -> Stored:
    """Do one act of the loop that is complete, store it, and tell those it concerns."""
    act = LOOP[verb]
    if not ctx.may(verb, event_cards.subject(record)):
        raise PersonError("error.no_right")
    if not allowed(verb, record.state):
        raise records.Outdated
    state = act.to or record.state
    if verb in {"accept", "assign"} and record.accepted_at is None:
        columns |= {"accepted_at": ctx.now, "due_at": limits.finish_limit(ctx, record)}
    if verb == "deny":
        limit = limits.accept_limit(ctx, record.klass, record.urgency)
        columns |= {
            "closed_at": None,
            "outcome": None,
            "accepted_at": None,
            "due_at": None,
            "accept_by": limit,
        }
    before = record
    record = records.change(
        ctx.tx, record, verb, ctx.person.id, ctx.now, reason=reason, values=values, state=state, **columns
    )
    if state not in UNACCEPTED:
        jobs.stop_timer(ctx.tx, record.id, ANSWER_TIMER)
    if verb == "begin":
        ctx.open(working_on=record.id)
    elif ctx.conversation.working_on == record.id and verb != "supplement":
        ctx.open(working_on=None)
    if verb in {"confirm", "deny"}:
        text = say(f"reporter.{verb}", number=record.number)
        ctx.reply(Outbound(text=text, slot=f"asked:{record.id}"))
    if audience(ctx, record):
        show(ctx, record, in_place=verb == "supplement")
    else:
        text = say("holder.handed_back", number=record.number)
        ctx.reply(Outbound(text=text, slot=event_cards.slot(record, ctx.person.id)))
    told = _told(ctx, act, record)
    _refresh(ctx, record, {ctx.person.id, *told}, before.holder)
    board.refresh(ctx)
    return record


def awaiting_verdict(tx: Transaction, author: int) -> Stored | None:
    """Return the person's event that was closed last, if he has not said yet whether it is solved."""
    closed = records.closed_last(tx, author)
    last = records.timeline(tx, closed.id)[-1].act if closed else ""
    return closed if last == "close" else None


def accept_quietly(ctx: Context, record: Stored) -> None:
    """Accept one of many at once: only the cards of others change."""
    if not ctx.may("accept", event_cards.subject(record)) or not allowed("accept", record.state):
        return
    limit = limits.finish_limit(ctx, record)
    changed = records.change(
        ctx.tx, record, "accept", ctx.person.id, ctx.now, state="accepted", accepted_at=ctx.now, due_at=limit
    )
    jobs.stop_timer(ctx.tx, record.id, ANSWER_TIMER)
    _refresh(ctx, changed, set())


def show(ctx: Context, record: Stored, *, in_place: bool = False) -> None:
    """Show an event to who speaks, as what he is to it; under his words unless `in_place`."""
    seen_as = audience(ctx, record)
    if seen_as is None:
        raise PersonError("error.no_right")
    ctx.reply(
        Outbound(
            text=event_cards.text(ctx, record, seen_as),
            choices=event_cards.choices(ctx, record, seen_as),
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
    verb = "answer" if record.state == "returned" else "supplement"
    words = words or say(f"event.what.{ctx.inbound.sort}")
    values: dict[str, Any] = {**record.values}
    if position:
        values["position"] = dict(position)
    if verb == "answer" and ctx.inbound.text:
        values["what"] = say("event.answered", before=values["what"], words=words)
    changed = perform(ctx, verb, record, reason=words, values=values)
    if record.urgency == "critical" and ctx.inbound.sort == "text":
        _show_to(ctx, changed, ctx.on_duty[:1], "desk", asked=True, urgent=True)
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


def _told(ctx: Context, act: Act, record: Stored) -> set[int]:
    """Send new messages to those whom the loop names for this act."""
    told: set[int] = set()
    urgent = record.urgency == "critical"
    if "holder" in act.told and record.holder and record.holder != ctx.person.id:
        holders = [person for person in [people.by_id(ctx.tx, record.holder, ctx.today)] if person]
        _show_to(ctx, record, holders, "holder", urgent=urgent)
        told |= {record.holder}
    if "desk" in act.told:
        _show_to(ctx, record, ctx.on_duty[:1], "desk", asked=True, urgent=urgent)
        told |= {officer.id for officer in ctx.on_duty[:1]}
    if "reporter" in act.told and record.author != ctx.person.id:
        _tell_reporter(ctx, act, record, urgent=urgent)
    return told


def _tell_reporter(ctx: Context, act: Act, record: Stored, *, urgent: bool) -> None:
    choices: tuple[Choice, ...] = ()
    text_id = f"told.{act.verb}"
    if act.verb == "close" and record.outcome != "solved":
        text_id = "told.close.otherwise"
        choices = (choice("button.not_settled", f"deny:{record.id}:{record.version}"),)
    elif act.verb == "close":
        choices = (
            choice("button.fixed", f"confirm:{record.id}:{record.version}"),
            choice("button.not_fixed", f"deny:{record.id}:{record.version}"),
        )
    elif act.verb == "return":
        choices = (choice("button.answer", f"answer:{record.id}:{record.version}"),)
    view = event_cards.view(ctx, record)
    text = say(
        text_id,
        number=record.number,
        words=view.words,
        outcome=view.outcome,
        what=cards.shorten(view.what),
    )
    message = Outbound(text=text, choices=choices, slot=f"asked:{record.id}", anew=True, urgent=urgent)
    ctx.tell([record.author], message)


def _refresh(ctx: Context, record: Stored, shown: set[int], former_holder: int | None = None) -> None:
    """Edit the card of everybody else who has one; nobody's phone rings."""
    others: dict[int, Audience] = {officer.id: "desk" for officer in ctx.on_duty}
    if record.holder:
        others[record.holder] = "holder"
    if former_holder and former_holder != record.holder:
        others.setdefault(former_holder, "former")
    if record.urgency == "critical":
        for leader in _leaders(ctx, record):
            others.setdefault(leader.id, "leader")
    if record.author != record.holder or record.state not in HELD:
        others[record.author] = "reporter"
    if record.state == "done":
        others |= dict.fromkeys((officer.id for officer in ctx.on_duty), "desk")
    found = people.by_ids(ctx.tx, others.keys() - shown, ctx.today)
    for person in found.values():
        _show_to(ctx, record, [person], others[person.id], edit_only=True)


def _show_to(
    outgoing: Outgoing, record: Stored, persons: Iterable[Person], audience: Audience, **how: bool
) -> None:
    for person in persons:
        holder = person.id if audience == "former" else record.holder
        if not may(person, "open", Subject(record.area, record.author, holder)):
            continue  # his post has changed since
        message = Outbound(
            text=event_cards.text(outgoing, record, audience),
            choices=event_cards.choices(outgoing, record, audience),
            slot=event_cards.slot(record, person.id),
            anew=not how.get("edit_only", False),
            **how,
        )
        outgoing.tell([person.id], message)


def audience(ctx: Context, record: Stored) -> Audience | None:
    """Return as what the person sees the event, None if not at all."""
    is_desk = ctx.may("accept", event_cards.subject(record))
    if record.holder == ctx.person.id and record.state in HELD and not (is_desk and record.state == "done"):
        return "holder" if ctx.may("begin", event_cards.subject(record)) or not is_desk else "desk"
    if is_desk:
        return "desk"
    if record.author == ctx.person.id:
        return "reporter"
    return "leader" if ctx.may("open", event_cards.subject(record)) else None


def _leaders(outgoing: Outgoing, record: Stored) -> list[Person]:
    return people.covering(outgoing.tx, record.area, LEADERS, outgoing.today)
