"""Which event a message is about: by reply to its card, by its number, or because it is in hand."""

import re

from wangge.handlers import event_cards
from wangge.handlers.context import Context
from wangge.handlers.message import number_in
from wangge.storage import conversations, records, slots

NUMBER = re.compile(r"\d{4}(-\d{4})?-\d{3,4}")


def replied(ctx: Context) -> records.Stored | None:
    """The event whose card the message answers: by reply, or the one the person is working on."""
    message = ctx.inbound
    if message.reply_to and _is_small_talk(ctx):
        return None
    if message.reply_to:
        slot = slots.slot_of(ctx.tx, message.channel, message.chat, message.reply_to)
        sort, _, target = slot.partition(":")
        if sort == "draft":
            draft = conversations.draft(ctx.tx, number_in(target))
            target = str(draft.record or 0) if draft and draft.person == ctx.person.id else "0"
        record = records.find(ctx.tx, number_in(target)) if sort in {"event", "draft", "asked"} else None
        if record and record.kind == "event" and ctx.may("supplement", event_cards.subject(record)):
            return record
        return None
    return at_work(ctx)


def named(ctx: Context, text: str) -> records.Stored | None:
    """The event whose number the words begin with: they are about no other, whatever was open."""
    number = NUMBER.match(text)
    record = records.by_number(ctx.tx, number[0]) if number and number[0] != text else None
    if record and record.kind == "event" and ctx.may("supplement", event_cards.subject(record)):
        return record
    return None


def at_work(ctx: Context) -> records.Stored | None:
    """The only event in hand, if the handler said 接了 a moment ago and nothing else since."""
    if not ctx.conversation.working_on or not ctx.is_fresh:
        return None
    record = records.find(ctx.tx, ctx.conversation.working_on)
    is_his = record is not None and record.holder == ctx.person.id and record.state == "handling"
    is_news = ctx.inbound.sort in {"text", "photo", "voice", "video"} and not _is_small_talk(ctx)
    return record if is_his and is_news else None


def _is_small_talk(ctx: Context) -> bool:
    """收到 and 谢谢 under a card finish nothing."""
    return ctx.inbound.sort == "text" and ctx.read(ctx.words).sort == "small_talk"
