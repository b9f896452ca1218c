"""Words of danger: heard before anything that is open, and filed at once."""

from dataclasses import replace

from wangge.handlers import additions, drafting, filing, sentence
from wangge.handlers.context import Context
from wangge.records.draft import Draft
from wangge.rules.masking import redact
from wangge.storage import conversations


def heard(ctx: Context) -> sentence.Reading | None:
    """Words of danger go before anything that is open, also under a photo and in an edited message.

    Who answers an event in hand and says that it is dealt with calls for nobody.
    """
    words = redact(ctx.inbound.text.strip()).text
    if not words or not ctx.may("report"):
        return None
    reading = sentence.read(words, today=ctx.today, policy=ctx.world.policy, villages=ctx.world.villages)
    is_answer = ctx.inbound.reply_to or ctx.conversation.about or ctx.conversation.working_on
    is_solved = any(word in words for word in ctx.world.policy.words.solved)
    return None if reading.sort != "danger" or (is_answer and is_solved) else reading


def call(ctx: Context, draft: Draft | None, reading: sentence.Reading) -> bool:
    """File the danger, or let it join the one filed a moment ago; False if that is known already."""
    if ctx.inbound.edited:
        edited = edited_draft(ctx)
        if edited is None or edited.state != "open":
            return False
        draft = edited
    elif additions.join_danger(ctx):
        return True
    if draft and (draft.asked == "what" or ctx.inbound.edited):
        filing.save(ctx, replace(draft, state="dropped", asked=None))
    drafting.file_danger(ctx, reading)
    return True


def edited_draft(ctx: Context) -> Draft | None:
    """Return the draft that began with the message now edited, if it is the person's own."""
    draft = conversations.draft_of_message(ctx.tx, ctx.inbound.channel, ctx.inbound.chat, ctx.inbound.message)
    is_own = draft is not None and draft.person == ctx.person.id and draft.state != "dropped"
    return draft if is_own else None
