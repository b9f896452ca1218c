"""Which conversation a message belongs to.

In this order: a tap; the open question's answer typed by its label or ordinal; a
command word; the open question; words an act waits for; an event's number; a reply
to a card; what joins the draft before; and at last free talk.
"""

import re
import unicodedata
from collections.abc import Callable

from wangge.handlers import (
    acts,
    additions,
    choosing,
    commands,
    danger,
    drafting,
    event_cards,
    events,
    exporting,
    feedback,
    filing,
    joining,
    menu,
    practice,
    progress,
    referring,
    upper,
)
from wangge.handlers.attachments import attach
from wangge.handlers.context import Context, Outgoing
from wangge.handlers.message import Inbound, number_in
from wangge.handlers.referring import NUMBER
from wangge.records.draft import Draft
from wangge.rules.errors import PersonError
from wangge.rules.loop import VERBS
from wangge.storage import conversations, outbox, people, records
from wangge.storage.database import savepoint
from wangge.texts import say

YES = frozenset({"好", "好的", "是", "是的", "对", "行", "可以", "嗯", "中", "成"})
ORDINAL = re.compile(r"选?\s*(\d{1,2})")


def handle(outgoing: Outgoing, message: Inbound, *, draw: Callable[[], int], album_wait: float) -> None:
    """Handle one message inside the open transaction: everything it changes, and every answer."""
    if message.is_group or not message.chat or message.sort == "unreadable":
        return
    if message.sort == "membership":
        _membership(outgoing, message)
        return
    person = people.by_account(outgoing.tx, message.channel, message.account, outgoing.today)
    if person is None:
        joining.answer(outgoing, message)
        outgoing.post()
        return
    before = conversations.load(outgoing.tx, message.channel, message.chat)
    ctx = Context(
        outgoing.tx,
        outgoing.world,
        outgoing.now,
        outgoing.elapsed_ms,
        cause=outgoing.cause,
        inbound=message,
        person=person,
        conversation=before,
        draw=draw,
        album_wait=album_wait,
    )
    practice.lapse(ctx)
    _route(ctx)
    if ctx.conversation != before:
        conversations.save(ctx.tx, message.channel, message.chat, person.id, ctx.conversation)
    ctx.post()


def _route(ctx: Context) -> None:
    before = ctx.conversation
    try:
        with savepoint(ctx.tx):  # a refusal half way leaves nothing behind
            if ctx.inbound.sort == "choice":
                choosing.choose(ctx, ctx.inbound.text)
            else:
                _hear(ctx)
    except PersonError as error:
        ctx.letters.clear()
        ctx.conversation = before
        ctx.toast(error.text_id, alert=True, **error.values)
    if ctx.inbound.tap and not any("tap" in letter.body for letter in ctx.letters):
        ctx.answer_tap()


def _hear(ctx: Context) -> None:
    """Find out what a message that is no tap is about."""
    text = _plain(ctx.inbound.text) if ctx.inbound.sort == "text" else ""
    command = commands.named(text, ctx.inbound.text) if text else None
    is_search = command is not None and command[0] == "search"
    if not is_search and danger.heard(ctx) and danger.call(ctx, commands.open_draft(ctx)):
        return
    if ctx.practising and not _is_practice(ctx, text):
        practice.leave(ctx)
    draft = commands.open_draft(ctx)
    if ctx.inbound.edited:
        _edited(ctx)
    elif text and (payload := _typed_choice(ctx, draft, text)):
        choosing.choose(ctx, payload)
    elif command:
        commands.do(ctx, *command)
    elif draft and draft.asked:
        _answer_question(ctx, draft, text)
    elif ctx.inbound.reply_to and (about := referring.replied(ctx)):
        _reply_to_card(ctx, about)
    elif named := referring.named(ctx, text):
        _reply_to_card(ctx, named)
    elif NUMBER.fullmatch(text) and _asks_for_no_number(ctx):
        ctx.open(about="", words="")
        _open_number(ctx, text)
    elif ctx.conversation.about and ctx.is_fresh:
        _give_words(ctx)
    elif about := referring.replied(ctx):
        _reply_to_card(ctx, about)
    else:
        _take_up(ctx)


def _is_practice(ctx: Context, text: str) -> bool:
    """Words and files belong to practice while it is on, and the commands of the form; all else is real."""
    if ctx.inbound.edited:
        edited = danger.edited_draft(ctx)
        return edited is None or edited.is_practice
    if ctx.inbound.reply_to and referring.replied(ctx):
        return False
    if NUMBER.match(text) or upper.is_for_table(ctx):
        return False
    command = commands.named(text, ctx.inbound.text) if text else None
    return command is None or command[0] in {"practice", "report", "visit", "cancel", "back"}


def _take_up(ctx: Context) -> None:
    """Nothing is open: the message begins something, or joins what was begun a moment ago."""
    if upper.is_for_table(ctx):
        upper.take_file(ctx)
    elif ctx.inbound.sort == "text":
        _free_talk(ctx)
    elif ctx.inbound.sort in {"photo", "voice", "video", "location", "document"}:
        if not additions.join(ctx):
            drafting.from_file(ctx)
    else:
        _senseless(ctx)


def _free_talk(ctx: Context) -> None:
    reading = ctx.read(ctx.words)
    if ctx.redacted.found:
        ctx.say("redacted.warning")
    match reading.sort:
        case "small_talk":
            ctx.say("small_talk")
        case "nothing":
            ctx.say("nothing")
        case "event" if additions.join_danger(ctx):
            pass
        case "ledger":
            drafting.from_words(ctx, reading)
        case "correction" if additions.correct(ctx, reading):
            pass
        case _ if len(ctx.words) < 2:
            _senseless(ctx)
        case _ if ctx.may("report"):
            drafting.from_words(ctx, reading)
        case _:
            menu.help_(ctx)


def _answer_question(ctx: Context, draft: Draft, text: str) -> None:
    """An answer to the open question."""
    reading = ctx.read(ctx.words)
    is_what = draft.asked == "what" and bool(text)
    if is_what and reading.sort in {"small_talk", "nothing"}:
        ctx.say(reading.sort)
        drafting.show(ctx, draft)
    elif is_what and reading.sort in {"event", "correction"}:
        # 「什么事」 answered in a sentence fills whatever else the sentence says.
        drafting.fill(ctx, draft, {**reading.values, "what": ctx.words}, reading.guessed)
    else:
        drafting.answer(ctx, draft)


def _edited(ctx: Context) -> None:
    draft = danger.edited_draft(ctx)
    if draft and draft.state != "dropped":
        practice.check(ctx, draft)
        additions.reword(ctx, draft)
    else:
        ctx.say("edited.nothing")


def _typed_choice(ctx: Context, draft: Draft | None, text: str) -> str:
    """Return the payload of the open question's choice that was typed; "" if none was."""
    choices = ctx.conversation.choices
    for label, payload in choices:
        if text == label:
            return payload
    if (match := ORDINAL.fullmatch(text)) and ctx.conversation.takes_ordinals:
        is_plain_number = text.isdigit() and draft is not None and draft.asked is not None
        number = int(match[1])
        if 1 <= number <= len(choices) and (not is_plain_number or _asks_for_choice(draft)):
            return choices[number - 1][1]
    if text in YES and choices and ctx.is_fresh and _may_be_said_yes(ctx, draft, choices[0][1]):
        return choices[0][1]
    return _typed_verdict(ctx, text)


def _may_be_said_yes(ctx: Context, draft: Draft | None, payload: str) -> bool:
    """A bare 好 files one's own open card or finishes what one was asked about, and nothing else."""
    if draft is not None and draft.asked is None and payload in {f"file:{draft.id}:0", f"store:{draft.id}:0"}:
        return True
    return bool(ctx.conversation.words) and payload == ctx.conversation.about


def _typed_verdict(ctx: Context, text: str) -> str:
    """Return the payload of 好了 or 还没有 typed after one's event was closed; "" if it is neither."""
    verbs = {say("button.fixed"): "confirm", say("button.not_fixed"): "deny"}
    if text not in verbs or ctx.conversation.about or ctx.conversation.working_on:
        return ""
    asked = referring.replied(ctx) if ctx.inbound.reply_to else events.awaiting_verdict(ctx.tx, ctx.person.id)
    if asked and (asked.author != ctx.person.id or asked.state != "closed"):
        return ""
    return f"{verbs[text]}:{asked.id}:{asked.version}" if asked else ""


def _asks_for_choice(draft: Draft | None) -> bool:
    """On a field for free words only 选2 is an ordinal, 2 may be the answer itself."""
    return draft is not None and draft.asked in {"village", "category", "urgency", "handling"}


def _give_words(ctx: Context) -> None:
    """Words for an act that waits for them: leave, feedback, a reason, how it was finished."""
    about, words = ctx.conversation.about, ctx.words
    verb, _, rest = about.partition(":")
    if verb in {"leave", "feedback", "search", "enter", "export"} and ctx.inbound.file:
        _take_up(ctx)
        return
    if verb in {"leave", "feedback", "search"}:
        commands.DOES[verb](ctx, words)
        return
    if verb == "reply":
        feedback.reply(ctx, rest, words)
        return
    if verb == "export":
        exporting.give_reason(ctx, rest, words)
        return
    target, _, version = rest.partition(":")
    target, _, argument = target.partition(".")
    record = records.find(ctx.tx, number_in(target))
    if record is None:
        raise PersonError("form.stale")
    try:
        if (
            verb in VERBS
            and version != str(record.version)
            and verb not in {"supplement", "answer", "finish"}
        ):
            raise records.Outdated
        if ctx.inbound.file and verb in event_cards.INTERNAL:
            raise PersonError("error.words_only")  # the reporter sees the event's pictures
        attach(ctx, record=record.id)
        acts.give_words(ctx, verb, record, argument, words or say(f"event.what.{ctx.inbound.sort}"))
    except records.Outdated:
        ctx.open(about="", words="")
        events.stale(ctx, records.get(ctx.tx, record.id))


def _reply_to_card(ctx: Context, record: records.Stored) -> None:
    """Words, a voice note or a photo sent as the answer to an event's card."""
    words = ctx.words or say(f"event.what.{ctx.inbound.sort}")
    attach(ctx, record=record.id)
    if record.holder == ctx.person.id and record.state in {"assigned", "handling"}:
        acts.ask_if_finished(ctx, record, words)
    else:
        events.supplement(ctx, record, words, None)


def _asks_for_no_number(ctx: Context) -> bool:
    """Tell whether a bare number is no answer to what was asked: nobody gives one as a reason."""
    verb = ctx.conversation.about.partition(":")[0]
    return not ctx.is_fresh or verb not in {"merge", "petition", "enter", "search"}


def _open_number(ctx: Context, number: str) -> None:
    record = records.by_number(ctx.tx, number)
    if record is None or not event_cards.may_open(ctx.person, record):
        raise PersonError("error.no_number", number=number)
    if record.kind == "event":
        acts.on_choice(ctx, "open", record, "", 0)
    elif record.kind == "visit":
        progress.show_visit(ctx, record)
    else:
        filing.show_record(ctx, record, anew=True)


def _senseless(ctx: Context) -> None:
    """Nothing to make of it: say what can be said; the second time with the phone."""
    ctx.open(misses=ctx.conversation.misses + 1)
    if ctx.conversation.misses % 2 == 0:
        ctx.say("help.stuck", phone=ctx.world.policy.desk.phone)
    else:
        ctx.say("senseless")


def _membership(outgoing: Outgoing, message: Inbound) -> None:
    if message.left:
        outbox.drop_unreachable(outgoing.tx, message.channel, message.chat, outgoing.now)
    else:
        people.mark_reachable(outgoing.tx, message.channel, message.chat)


def _plain(text: str) -> str:
    """Full-width digits and signs become plain ones, blanks at the ends go."""
    return unicodedata.normalize("NFKC", text).strip()
