"""练一练: a report and a visit in 练习村, the ordinary way up to the last tap.

What is practised is a draft marked so in its row, which never becomes a record: no count, list,
export, reminder or number can hold it, neither those of today nor one that is written later. Its
words are forgotten when it is filed. A chat is in 练习村 while its conversation says so, and no
longer than a question stays fresh; in that time its world has this one village, and each answer
is marked where it leaves (`Context.reply`). Whatever is not practice leaves 练习村 first, and says so.
"""

from dataclasses import replace

from wangge.handlers import filing, form
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.offers import own_villages
from wangge.records.catalogue import CATALOGUE
from wangge.records.draft import Draft
from wangge.rules.errors import PersonError
from wangge.rules.rights import Person, may
from wangge.storage.conversations import Conversation
from wangge.storage.records import Stored
from wangge.texts import say

SLOT = "practice"


def offer(person: Person) -> tuple[Outbound, ...]:
    """Return what offers the practice to somebody who has just joined; nothing to who reports nothing."""
    if not may(person, "practice"):
        return ()
    choices = (
        choice("practice.button.begin", "practice:begin:0", wide=True),
        choice("practice.button.not_now", "practice:stop:0", wide=True),
    )
    return (Outbound(text=say("practice.offer"), choices=choices, slot=SLOT),)


def begin(ctx: Context) -> None:
    """Enter 练习村; a draft that is open stays among one's own."""
    ctx.conversation = Conversation(practice="event")
    ask(ctx, anew=ctx.inbound.sort != "choice")


def ask(ctx: Context, *, anew: bool) -> None:
    """Ask for the sentence of the present step."""
    step = ctx.conversation.practice
    ctx.open(draft=None)
    choices = (
        choice("practice.button.skip", f"practice:skip.{step}:0"),
        choice("practice.button.stop", "practice:stop:0"),
    )
    text = say(f"practice.ask.{step}", sample=say(f"practice.sample.{step}"))
    ctx.reply(Outbound(text=text, choices=choices, slot=SLOT, anew=anew), is_question=False)


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """Begin, skip the step that is open, or stop."""
    if target == "begin":
        begin(ctx)
    elif target == "stop":
        end(ctx)
        ctx.reply(Outbound(text=say("practice.over"), slot=SLOT))
    elif target == "skip" and ctx.practising and argument == ctx.conversation.practice:
        _go_on(ctx, anew=False)
    else:
        raise PersonError("toast.done" if ctx.practising else "practice.over")


def filed(ctx: Context, draft: Draft) -> None:
    """Say what would happen now, forget what was said, and go on."""
    text = say(f"practice.filed.{draft.kind}")
    filing.save(ctx, replace(draft, state="dropped", values={}))
    ctx.reply(Outbound(text=text, slot=filing.slot(ctx, draft), anew=ctx.inbound.sort != "choice"))
    _go_on(ctx, anew=True)


def way_out(ctx: Context, draft: Draft) -> tuple[Choice, ...]:
    """Return the button that makes practice real, on the card of whatever is not the sentence given."""
    if not draft.is_practice:
        return ()
    sample = ctx.read(say(f"practice.sample.{draft.kind}")).values
    is_sample = all(draft.values.get(field) == value for field, value in sample.items())
    return () if is_sample else (choice("practice.button.real", f"real:{draft.id}:0", wide=True),)


def made_real(ctx: Context, draft: Draft) -> Draft:
    """What was said in practice was meant: return the same draft, outside 练习村."""
    if not draft.is_practice:
        return draft
    end(ctx)
    ctx.open(draft=draft.id)
    ctx.toast("practice.over")
    kind, own = CATALOGUE[draft.kind], own_villages(ctx)
    values = {field: value for field, value in draft.values.items() if field != "village"}
    if len(own) == 1:
        values["village"] = own[0].value
    return filing.save(
        ctx, replace(draft, is_practice=False, values=values, asked=form.missing(kind, values))
    )


def check(ctx: Context, draft: Draft) -> None:
    """See to it that practice is touched in 练习村 only, and real drafts outside.

    Raises:
        PersonError: practice is over.
    """
    if not draft.is_practice:
        leave(ctx)
    elif not ctx.practising:
        raise PersonError("practice.over")


def leave(ctx: Context) -> None:
    """End the practice, if it is on, because of something real, and say so."""
    if end(ctx):
        ctx.say("practice.over")


def end(ctx: Context) -> bool:
    """End the practice without a word; return whether it was on."""
    was_on = ctx.practising
    if was_on:
        ctx.conversation = Conversation(asked_at=ctx.now.isoformat())
    return was_on


def lapse(ctx: Context) -> None:
    """End a practice that was left alone: after a while nobody remembers that he is in it."""
    if not ctx.is_fresh:
        end(ctx)


def explain_danger(ctx: Context, record: Stored) -> None:
    """Tell who practises that his words of danger were filed for real; one tap takes them back.

    It asks nothing: the open question is in which village it is.
    """
    back = choice("practice.button.withdraw", f"withdraw:{record.id}.r1:{record.version}", wide=True)
    message = Outbound(text=say("practice.danger"), choices=(back,), asked=True)
    ctx.to_chat(ctx.inbound.channel, ctx.inbound.chat, ctx.person.id, message)


def _go_on(ctx: Context, *, anew: bool) -> None:
    if ctx.conversation.practice == "event" and ctx.may("visit"):
        ctx.open(practice="visit")
        ask(ctx, anew=anew)
    else:
        end(ctx)
        ctx.reply(Outbound(text=say("practice.done"), slot=SLOT, anew=anew))
