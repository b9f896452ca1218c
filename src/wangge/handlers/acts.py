"""What a button of an event asks for: the act itself, or first what the act still requires."""

from collections.abc import Iterable
from dataclasses import replace

from wangge.handlers import (
    buttons,
    cards,
    effects,
    event_cards,
    events,
    offshoots,
    requirements,
    undoing,
    upper,
)
from wangge.handlers.context import Context, choice
from wangge.handlers.effects import Given
from wangge.handlers.event_cards import Audience
from wangge.handlers.message import Choice, Outbound
from wangge.rules.errors import PersonError
from wangge.rules.loop import LOOP, Act, act_in
from wangge.rules.masking import mask_phones
from wangge.storage import audit, files, records, requests
from wangge.storage.records import Stored
from wangge.texts import say

RATE = next(act for act in LOOP if act.verb == "rate")
WITHOUT_BUTTON = frozenset({"join"})
"""Done only by the question about near events: who joins may read the event from then on."""


def on_choice(ctx: Context, verb: str, record: Stored, argument: str, version: int) -> None:
    """Do what a button of an event says, or ask for what the act still requires."""
    if verb in WITHOUT_BUTTON or not ctx.may(verb, event_cards.subject(record)):
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
    if verb == "copy":
        upper.copy(ctx, record)
        return
    if verb == "unmask":
        _unmask(ctx, record, say(f"reason.unmask.{argument}") if argument in {"1", "2", "3"} else "")
        return
    if verb == "undo":
        undoing.undo(ctx, record, version)
        return
    act = act_in(verb, record.state)
    if act is None or version != record.version:
        events.stale(ctx, record)
        return
    _go_on(ctx, act, record, argument)


def _go_on(ctx: Context, act: Act, record: Stored, argument: str) -> None:
    """Do an act for which all is given, or ask for the next thing it requires."""
    if act.verb == "withdraw" and not buttons.is_withdrawable(record):
        raise PersonError("error.others_reported", number=record.number)
    if act.verb in {"close", "finish"} and argument == "other":
        requirements.ask_outcome(ctx, act.verb, record)
        return
    words = _words_for(ctx, act, record)
    given = requirements.gather(ctx, act, record, argument, words)
    if act.verb in requests.CONSENTS:
        given = effects.granted(ctx, act.verb, record)
    if lacks := requirements.lacking(act, given):
        requirements.ask(ctx, act, record, argument, lacks, words)
        return
    ctx.open(about="", words="", choices=())
    _do(ctx, act, record, given)


def _words_for(ctx: Context, act: Act, record: Stored) -> str:
    """Return the words that were written for this act and wait for the rest of what it requires."""
    about = (*ctx.conversation.about.split(":"), "")
    is_for_it = about[0] in {act.verb, "finish"} and about[1].partition(".")[0] == str(record.id)
    return ctx.conversation.words if is_for_it else ""


def _do(ctx: Context, act: Act, record: Stored, given: Given) -> None:
    if act.verb in {"answer", "supplement"}:
        # After 还没有 a line is welcome, but may be about something new.
        is_asked = record.state != "reopened"
        events.supplement(ctx, record, given.words, is_asked=is_asked)
        return
    if act.verb == "close":
        given = replace(given, words=event_cards.view(ctx, record).words)
    if act.verb == "deny" and _is_long_closed(ctx, record):
        offshoots.report_again(ctx, record)
        return
    done = events.perform(ctx, act.verb, record, given)
    if act.verb == "deny" and act.to:
        ctx.open(about=f"supplement:{done.id}:{done.version}")
    if act.verb == "confirm" and _is_for_resident(done) and ctx.may("rate", event_cards.subject(done)):
        requirements.ask(ctx, RATE, done, "", "grade", "")
    if act.verb == "finish":
        answered = say("holder.answered.finish", number=record.number)
        ctx.reply(Outbound(text=answered, slot=_question(record), edit_only=True), is_question=False)


def _is_long_closed(ctx: Context, record: Stored) -> bool:
    """After so long what is wrong again is a new event, linked to the old one."""
    closed = record.closed_at
    return closed is not None and ctx.now - closed > ctx.world.policy.desk.reopen_within


def _is_for_resident(record: Stored) -> bool:
    """Only a resident on whose behalf it was filed is asked whether he is satisfied, and once."""
    return record.state == "closed" and record.source == "resident" and record.grade is None


def ask_if_finished(ctx: Context, record: Stored, words: str) -> None:
    """A handler has answered his card with words or a picture: is that the end of it?"""
    ctx.open(about=f"finish:{record.id}:{record.version}", words=words, draft=None)
    choices = (
        choice("button.finish", f"finish:{record.id}:{record.version}"),
        choice("button.finish_otherwise", f"finish:{record.id}.other:{record.version}"),
        choice("button.only_supplement", f"supplement:{record.id}:{record.version}"),
        choice("button.new_event", "new_event:0:0"),
    )
    text = say("holder.is_that_all", number=record.number)
    ctx.reply(Outbound(text=text, choices=choices, slot=_question(record), anew=True))


def _question(record: Stored) -> str:
    """Return the slot of the question whether an event is finished."""
    return f"asked:{record.id}"


def give_words(ctx: Context, verb: str, record: Stored, argument: str, words: str) -> None:
    """Words that an act was waiting for."""
    before = ctx.conversation.words
    if verb == "unmask":
        ctx.open(about="", words="", choices=())
        _unmask(ctx, record, words)
        return
    said = "\n".join(filter(None, (before, words)))
    if verb == "finish":
        ask_if_finished(ctx, record, said)
        return
    act = act_in(verb, record.state)
    if act is None:
        raise records.Outdated
    ctx.open(about=f"{verb}:{record.id}:{record.version}", words=said)
    _go_on(ctx, act, record, argument)


def _look(ctx: Context, record: Stored) -> None:
    """Open an event with its whole timeline."""
    audience = event_cards.audience(ctx.person, record) or "leader"
    ctx.reply(
        Outbound(
            text=event_cards.text(ctx, record, audience)
            + event_cards.history_text(ctx, record, audience)
            + _in_full(record, audience),
            choices=(
                *buttons.more(ctx, record, audience, ctx.person.id),
                *_to_unmask(ctx, record, audience),
            ),
            slot=event_cards.slot(record, ctx.person.id),
            anew=True,
        ),
        is_question=False,
    )


def _in_full(record: Stored, audience: Audience) -> str:
    """Return words too long for a card, for whoever works with them; for the desk, on whose behalf it is."""
    what = str(record.values["what"])
    is_long = audience != "leader" and len(what) > cards.EXCERPT
    lines = [say("event.in_full", what=what)] if is_long else []
    if audience == "desk" and (name := record.values.get("on_behalf")):
        lines.append(say("event.on_behalf.line", name=name))
    return "".join(f"\n{line}" for line in lines)


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
    seen_as = event_cards.audience(ctx.person, record) or "leader"
    shown = event_cards.text(ctx, record, seen_as, is_unmasked=True)
    shown += "\n" + say("event.in_full", what=record.values["what"])
    ctx.reply(Outbound(text=shown, slot=event_cards.slot(record, ctx.person.id), in_full=True))


def _ask_on_card(ctx: Context, record: Stored, text_id: str, choices: Iterable[Choice]) -> None:
    head = say(text_id, number=record.number)
    to_card = choice("button.to_card", f"open:{record.id}:0")
    ctx.reply(Outbound(text=head, choices=(*choices, to_card), slot=event_cards.slot(record, ctx.person.id)))
