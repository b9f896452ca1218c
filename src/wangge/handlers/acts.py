"""What a button of an event asks for: the act itself, or first what the act still requires."""

from collections.abc import Iterable
from typing import Any

from wangge.handlers import cards, event_cards, events
from wangge.handlers.context import Context, choice
from wangge.handlers.event_cards import Audience
from wangge.handlers.message import Choice, Outbound
from wangge.rules.errors import PersonError
from wangge.rules.loop import LOOP, OUTCOMES, Act, allowed
from wangge.rules.masking import mask_phones
from wangge.storage import audit, files
from wangge.storage.records import Stored
from wangge.texts import has, say

REASONS = {"return": 3, "not_grid": 4, "hand_back": 3, "redo": 2}
"""How many ready reasons the texts hold for each act that needs one."""


def on_choice(ctx: Context, verb: str, record: Stored, argument: str, version: int) -> None:
    """Do what a button of an event says, or ask for what the act still requires."""
    if not ctx.may(verb, event_cards.subject(record)):
        raise PersonError("error.no_right")
    if verb == "open":
        _look(ctx, record)
        return
    if verb == "files":
        _send_files(ctx, record)
        return
    if verb == "village":
        events.move(ctx, record, argument)
        return
    if verb == "unmask":
        _unmask(ctx, record, say(f"reason.unmask.{argument}") if argument in {"1", "2", "3"} else "")
        return
    if version != record.version or not allowed(verb, record.state):
        events.stale(ctx, record)
        return
    act = LOOP[verb]
    if "holder" in act.requires:
        _assign(ctx, record, argument)
    elif "reason" in act.requires:
        _with_reason(ctx, act, record, argument)
    elif "outcome" in act.requires:
        _close(ctx, record, argument)
    elif "words" in act.requires:
        _finish(ctx, act, record)
    else:
        events.perform(ctx, verb, record)


def ask_if_finished(ctx: Context, record: Stored, words: str) -> None:
    """A handler has answered his card with words or a picture: is that the end of it?"""
    ctx.open(about=f"finish:{record.id}:{record.version}", words=words, draft=None)
    choices = (
        choice("button.finish", f"finish:{record.id}:{record.version}"),
        choice("button.only_supplement", f"supplement:{record.id}:{record.version}"),
        choice("button.new_event", "new_event:0:0"),
    )
    text = say("holder.is_that_all", number=record.number)
    ctx.reply(Outbound(text=text, choices=choices, slot=_question(record), anew=True))


def _question(record: Stored) -> str:
    """Return the slot of the question whether an event is finished."""
    return f"asked:{record.id}"


def give_words(ctx: Context, verb: str, record: Stored, words: str) -> None:
    """Words that an act was waiting for."""
    before = ctx.conversation.words
    ctx.open(about="", words="", choices=())
    if verb == "finish":
        ask_if_finished(ctx, record, "\n".join(filter(None, (before, words))))
    elif verb == "unmask":
        _unmask(ctx, record, words)
    elif verb in {"answer", "supplement"}:
        events.supplement(ctx, record, words)
    else:
        events.perform(ctx, verb, record, reason=words, **_cleared(verb))


def _look(ctx: Context, record: Stored) -> None:
    """Open an event with its whole timeline."""
    audience = events.audience(ctx, record) or "leader"
    ctx.reply(
        Outbound(
            text=event_cards.text(ctx, record, audience)
            + event_cards.timeline(ctx, record, audience)
            + _in_full(record, audience),
            choices=(*event_cards.choices(ctx, record, audience), *_to_unmask(ctx, record, audience)),
            slot=event_cards.slot(record, ctx.person.id),
            anew=True,
        ),
        is_question=False,
    )


def _in_full(record: Stored, audience: Audience) -> str:
    """Return words too long for a card, for whoever works with them."""
    what = str(record.values["what"])
    is_long = audience != "leader" and len(what) > cards.EXCERPT
    return "\n" + say("event.in_full", what=what) if is_long else ""


def _to_unmask(ctx: Context, record: Stored, audience: Audience) -> tuple[Choice, ...]:
    """Whoever works on an event may need the phone number in it."""
    what = str(record.values["what"])
    is_needed = audience in {"desk", "holder"} and mask_phones(what) != what
    may = is_needed and ctx.may("unmask", event_cards.subject(record))
    return (choice("button.unmask", f"unmask:{record.id}:0"),) if may else ()


def _send_files(ctx: Context, record: Stored) -> None:
    """Send photos and voice notes; what is still on its way is said so."""
    found = files.attached(ctx.tx, record=record.id)
    for number, attachment in enumerate((one for one in found if one.file), start=1):
        name = say(f"file.{attachment.sort}", number=number)
        text = f"{record.number} {number}"
        ctx.reply(Outbound(text=text, file=attachment.file or "", file_name=name))
    if waiting := sum(1 for one in found if one.state == "waiting"):
        ctx.say("files.waiting", count=waiting)
    elif not any(one.file for one in found):
        ctx.say("files.none")


def _unmask(ctx: Context, record: Stored, reason: str) -> None:
    """Show names, hidden contents and phone numbers; who, when and why is logged."""
    if not ctx.may("unmask", event_cards.subject(record)):
        raise PersonError("error.no_right")
    if not reason:
        ctx.open(about=f"unmask:{record.id}:0", draft=None)
        reasons = [
            choice(f"reason.unmask.{number}", f"unmask:{record.id}.{number}:0") for number in (1, 2, 3)
        ]
        _ask_on_card(ctx, record, "unmask.why", reasons)
        return
    ctx.open(about="", choices=())
    audit.note(ctx.tx, ctx.person.id, "unmask", f"{record.kind}:{record.id}", reason, ctx.now)
    seen_as = events.audience(ctx, record) or "leader"
    shown = event_cards.text(ctx, record, seen_as, is_unmasked=True)
    shown += "\n" + say("event.in_full", what=record.values["what"])
    ctx.reply(Outbound(text=shown, slot=event_cards.slot(record, ctx.person.id), in_full=True))


def _assign(ctx: Context, record: Stored, argument: str) -> None:
    if argument:
        chosen = next(
            (person for person in event_cards.candidates(ctx, record) if str(person.id) == argument), None
        )
        if chosen is None:
            raise PersonError("error.no_holder")
        events.perform(ctx, "assign", record, holder=chosen.id)
        return
    choices = [
        Choice(
            label=event_cards.with_post(person)[:40],
            payload=f"assign:{record.id}.{person.id}:{record.version}",
            wide=True,
        )
        for person in event_cards.candidates(ctx, record)[:12]
    ]
    if not choices:
        raise PersonError("error.no_holder")
    _ask_on_card(ctx, record, "desk.assign_to_whom", choices)


def _with_reason(ctx: Context, act: Act, record: Stored, argument: str) -> None:
    if has(f"reason.{act.verb}.{argument}"):
        events.perform(
            ctx, act.verb, record, reason=say(f"reason.{act.verb}.{argument}"), **_cleared(act.verb)
        )
        return
    choices = [
        choice(f"reason.{act.verb}.{number}", f"{act.verb}:{record.id}.{number}:{record.version}")
        for number in range(1, REASONS[act.verb] + 1)
    ]
    ctx.open(about=f"{act.verb}:{record.id}:{record.version}", draft=None)
    _ask_on_card(ctx, record, f"{act.verb}.why", choices)


def _close(ctx: Context, record: Stored, argument: str) -> None:
    if argument == "other":
        choices = [
            choice(f"outcome.{outcome}", f"close:{record.id}.{outcome}:{record.version}")
            for outcome in OUTCOMES
        ]
        _ask_on_card(ctx, record, "desk.which_outcome", choices)
        return
    outcome = argument if argument in OUTCOMES else "solved"
    events.perform(
        ctx, "close", record, reason=event_cards.view(ctx, record).words, outcome=outcome, closed_at=ctx.now
    )


def _finish(ctx: Context, act: Act, record: Stored) -> None:
    about = ctx.conversation.about.split(":")
    words = ctx.conversation.words if about[:2] == ["finish", str(record.id)] else ""
    if not words:
        ctx.open(about=f"{act.verb}:{record.id}:{record.version}", draft=None)
        ctx.say(f"{act.verb}.words", number=record.number)
        return
    ctx.open(about="", words="", choices=())
    events.perform(ctx, act.verb, record, reason=words)
    answered = Outbound(
        text=say(f"holder.answered.{act.verb}", number=record.number), slot=_question(record), edit_only=True
    )
    ctx.reply(answered, is_question=False)  # the question's buttons go


def _ask_on_card(ctx: Context, record: Stored, text_id: str, choices: Iterable[Choice]) -> None:
    head = say(text_id, number=record.number)
    to_card = choice("button.to_card", f"open:{record.id}:0")
    ctx.reply(Outbound(text=head, choices=(*choices, to_card), slot=event_cards.slot(record, ctx.person.id)))


def _cleared(verb: str) -> dict[str, Any]:
    return {"holder": None} if verb == "hand_back" else {}
