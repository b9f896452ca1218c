"""意见反馈: anybody's complaint or suggestion reaches the administrator, and is answered."""

from wangge.handlers import cards
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Outbound, number_in
from wangge.rules.errors import PersonError
from wangge.rules.masking import redact
from wangge.storage import people, requests
from wangge.texts import say

MOST_SHOWN = 10


def take(ctx: Context, words: str) -> None:
    """Take a complaint or suggestion to the administrator, who may read and answer what waits."""
    if not words and ctx.may("reply") and _show_waiting(ctx):
        return
    if not words:
        ctx.open(about="feedback", draft=None)
        ctx.say("feedback.ask")
        return
    ctx.open(about="")
    kept = redact(words).text
    asked = requests.ask(ctx.tx, requests.FEEDBACK, None, ctx.person.id, kept, ctx.now)
    text = say("feedback.told", name=ctx.person.name, words=kept)
    found = ctx.tell_administrators(
        Outbound(text=text, choices=(choice("button.reply", f"reply:{asked}:0"),))
    )
    ctx.say("feedback.thanks" if found else "feedback.nobody", phone=ctx.world.policy.desk.phone)


def on_choice(ctx: Context, target: str, _argument: str) -> None:
    """The administrator wants to answer one: ask for the words."""
    asked = _waiting(ctx, target)
    ctx.open(about=f"reply:{asked.id}", draft=None)
    ctx.say("feedback.reply.ask", words=cards.shorten(asked.words))


def reply(ctx: Context, target: str, words: str) -> None:
    """Bring the administrator's answer to whoever asked."""
    asked = _waiting(ctx, target)
    if not ctx.may("reply"):
        raise PersonError("error.no_right")
    ctx.open(about="")
    kept = redact(words).text
    requests.answer(ctx.tx, asked.id, "ended", ctx.person.id, ctx.now)
    text = say("feedback.reply.told", words=cards.shorten(asked.words), answer=kept)
    ctx.tell([asked.asked_by], Outbound(text=text))
    ctx.say("feedback.reply.thanks")


def _waiting(ctx: Context, target: str) -> requests.Request:
    """Return the feedback that waits under that id; somebody may have answered it already."""
    asked = requests.get(ctx.tx, number_in(target))
    if asked is None or asked.kind != requests.FEEDBACK:
        raise PersonError("form.stale")
    if asked.state != "open":
        raise PersonError("feedback.answered")
    return asked


def _show_waiting(ctx: Context) -> bool:
    waiting = requests.all_open(ctx.tx, [requests.FEEDBACK])[:MOST_SHOWN]
    names = people.by_ids(ctx.tx, {each.asked_by for each in waiting}, ctx.today)
    lines = [
        say(
            "feedback.line",
            number=number,
            name=names[each.asked_by].name if each.asked_by in names else "",
            words=cards.shorten(each.words),
        )
        for number, each in enumerate(waiting, start=1)
    ]
    choices = [
        choice("feedback.button", f"reply:{each.id}:0", number=number)
        for number, each in enumerate(waiting, start=1)
    ]
    if waiting:
        ctx.reply(Outbound(text="\n".join([say("feedback.waiting"), *lines]), choices=tuple(choices)))
    return bool(waiting)
