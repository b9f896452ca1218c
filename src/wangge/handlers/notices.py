"""Who hears of an event: its card for those it concerns, edits for whoever has one, news for the reporter.

The loop's table names who is told of an act; the way of each message, its hour and its silence are here.
"""

from collections.abc import Iterable

from wangge.handlers import board, buttons, cards, event_cards
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.event_cards import Audience
from wangge.handlers.message import Choice, Outbound
from wangge.rules import duty
from wangge.rules.loop import HELD, UNACCEPTED, Act
from wangge.rules.rights import LEADERS, Person, Subject, may
from wangge.storage import jobs, people
from wangge.storage.records import Stored
from wangge.texts import say

ANSWER_TIMER = "answer"


def announce(outgoing: Outgoing, record: Stored) -> None:
    """Show a new event to the desk, to the leader in charge if nobody is on duty, danger to all leaders."""
    is_danger = record.urgency == "critical"
    told = outgoing.on_duty[:1]
    show_to(outgoing, record, told, "desk", asked=True, urgent=is_danger)
    board.refresh(outgoing)
    if not told:
        told = _nobody_on_duty(outgoing, record, urgent=is_danger)
    if is_danger:
        others = [leader for leader in leaders(outgoing, record) if leader not in told]
        show_to(outgoing, record, others, "leader", urgent=True)
        wait_for_answer(outgoing, record)


def wait_for_answer(outgoing: Outgoing, record: Stored, round_: int = 0) -> None:
    """Give whoever is on duty some minutes for a 特急 event; then nobody has answered."""
    due = outgoing.now + outgoing.world.policy.desk.answer_within
    jobs.set_timer(outgoing.tx, record.id, ANSWER_TIMER, due, round_)


def _nobody_on_duty(outgoing: Outgoing, record: Stored, *, urgent: bool) -> list[Person]:
    """Tell the leader in charge, or else an officer on leave: somebody is better than nobody."""
    alarm = say("alarm.nobody_on_duty", number=record.number)
    outgoing.tell_administrators(Outbound(text=alarm, urgent=urgent))
    told = in_charge(outgoing, record)
    show_to(outgoing, record, told, "leader", head=say("duty.nobody", number=record.number), urgent=urgent)
    if not told:
        told = outgoing.officers[:1]
        show_to(outgoing, record, told, "desk", urgent=urgent)
    return told


def nobody_answers(outgoing: Outgoing, record: Stored, round_: int) -> None:
    """Nobody on duty has taken a 特急 event in time: tell the next one, and the reporter."""
    if record.state not in UNACCEPTED:
        return
    text = say("danger.nobody", number=record.number, phone=outgoing.world.policy.desk.phone)
    outgoing.tell([record.author], Outbound(text=text, urgent=True))
    following = outgoing.on_duty[round_ + 1 : round_ + 2]
    show_to(outgoing, record, following, "desk", asked=True, urgent=True)
    if following:
        wait_for_answer(outgoing, record, round_ + 1)


def tell(ctx: Context, act: Act, record: Stored, named: Person | None = None) -> set[int]:
    """Send the news of an act to those whom the loop names, and return who got it."""
    urgent = record.urgency == "critical"
    audiences: dict[Audience, list[Person]] = {}
    if "holder" in act.told and record.holder:
        audiences["holder"] = list(people.by_ids(ctx.tx, [record.holder], ctx.today).values())
    if "leader" in act.told:
        audiences["leader"] = in_charge(ctx, record)
    if "named" in act.told and named:
        audiences["helper" if act.verb == "add_helper" else "checker"] = [named]
    if "desk" in act.told:
        audiences["desk"] = ctx.on_duty[:1]
        if not ctx.on_duty:
            audiences["leader"] = in_charge(ctx, record)
    told: set[int] = {ctx.person.id}
    for audience, persons in audiences.items():
        new = [person for person in persons if person.id not in told]
        show_to(ctx, record, new, audience, asked=audience == "desk", urgent=urgent)
        told |= {person.id for person in new}
    if "reporter" in act.told:
        _tell_reporters(ctx, act, record, urgent=urgent)
    return told


def refresh(outgoing: Outgoing, record: Stored, shown: set[int], former_holder: int | None = None) -> None:
    """Edit the card of everybody else who has one; nobody's phone rings."""
    others: dict[int, Audience] = dict.fromkeys(record.whose("reporter"), "reporter")
    others |= dict.fromkeys(record.whose("helper"), "helper")
    others |= {officer.id: "desk" for officer in outgoing.officers}
    if record.holder:
        others[record.holder] = "holder"
    if former_holder and former_holder != record.holder:
        others.setdefault(former_holder, "former")
    if record.urgency == "critical":
        for leader in leaders(outgoing, record):
            others.setdefault(leader.id, "leader")
    if record.author != record.holder or record.state not in HELD:
        others[record.author] = "reporter"
    if record.state == "done":
        others |= dict.fromkeys((officer.id for officer in outgoing.officers), "desk")
    found = people.by_ids(outgoing.tx, others.keys() - shown, outgoing.today)
    for person in found.values():
        show_to(outgoing, record, [person], others[person.id], edit_only=True)


def show_to(
    outgoing: Outgoing,
    record: Stored,
    persons: Iterable[Person],
    audience: Audience,
    *,
    head: str = "",
    **how: bool,
) -> None:
    """Show an event's card to people who may see it, under a line that says why."""
    for person in persons:
        about = event_cards.subject(record)
        holder = person.id if audience == "former" else record.holder
        if not may(person, "open", Subject(about.area, about.author, holder, about.parties)):
            continue  # his post has changed since
        text = event_cards.text(outgoing, record, audience)
        message = Outbound(
            text=f"{head}\n{text}" if head else text,
            choices=buttons.choices(outgoing, record, audience, person.id),
            slot=event_cards.slot(record, person.id),
            anew=not how.get("edit_only", False),
            **how,
        )
        outgoing.tell([person.id], message)


def leaders(outgoing: Outgoing, record: Stored) -> list[Person]:
    """Return every leader of the place: danger is for all of them."""
    return people.covering(outgoing.tx, record.area, LEADERS, outgoing.today)


def in_charge(outgoing: Outgoing, record: Stored) -> list[Person]:
    """Return the reachable leader in charge: the area's (包片领导) or who stands in, else the town's.

    Never who has the event in hand himself: nobody consents to his own request, or is told of his own delay.
    """
    away = people.on_leave(outgoing.tx, outgoing.today)
    others = [leader for leader in leaders(outgoing, record) if leader.id != record.holder]
    found = outgoing.reachable(others)
    of_area = [leader for leader in found if leader.has("area_leader")]
    return duty.present(of_area, away, found) or duty.present(found, away)


def _tell_reporters(ctx: Context, act: Act, record: Stored, *, urgent: bool) -> None:
    """Tell whoever reported it, alone or with others; who has done the act himself knows."""
    reporters = {record.author, *record.whose("reporter")} - {ctx.person.id}
    found = event_cards.view(ctx, record)
    is_solved = act.verb == "close" and record.outcome == "solved"
    text_id = "told.close.otherwise" if act.verb == "close" and not is_solved else f"told.{act.verb}"
    text = say(
        text_id,
        number=record.number,
        words=found.words,
        outcome=found.outcome,
        what=cards.shorten(found.what),
    )
    message = Outbound(
        text=text,
        choices=_answers(act, record),
        slot=f"asked:{record.id}",
        anew=True,
        urgent=urgent,
    )
    ctx.tell(reporters, message)


def _answers(act: Act, record: Stored) -> tuple[Choice, ...]:
    at = f"{record.id}:{record.version}"
    if act.verb == "return":
        return (choice("button.answer", f"answer:{at}"),)
    if act.verb != "close":
        return ()
    if record.outcome != "solved":
        return (choice("button.not_settled", f"deny:{at}"),)
    return (choice("button.fixed", f"confirm:{at}"), choice("button.not_fixed", f"deny:{at}"))
