"""Words of danger: heard before anything that is open, and filed at once."""

from dataclasses import replace

from wangge.handlers import additions, drafting, filing, practice
from wangge.handlers.context import Context
from wangge.records.draft import Draft
from wangge.storage import conversations


def heard(ctx: Context) -> bool:
    """Tell whether the message calls for help.

    Words of danger go before anything that is open, also under a photo and in an edited message.

    Who answers an event in hand and says that it is dealt with calls for nobody.
    """
    if not ctx.words or not ctx.may("report"):
        return False
    is_answer = ctx.inbound.reply_to or ctx.conversation.about or ctx.conversation.working_on
    is_solved = any(word in ctx.words for word in ctx.world.policy.words.solved)
    return ctx.read(ctx.words).sort == "danger" and not (is_answer and is_solved)


def call(ctx: Context, draft: Draft | None) -> bool:
    """File the danger, or let it join the one filed a moment ago; False if that is known already.

    Also in practice it is filed for real, and taken back with one tap if it was not meant: nobody who
    calls for help reads a question first. A false alarm costs a telephone call, a fire that waits for
    an answer a life.
    """
    if ctx.inbound.edited:
        edited = edited_draft(ctx)
        if edited is None or edited.state == "filed":
            return False
        draft = edited
    was_practice = practice.end(ctx)
    if not ctx.inbound.edited and additions.join_danger(ctx):
        return True
    if draft and (draft.asked == "what" or ctx.inbound.edited):
        filing.save(ctx, replace(draft, state="dropped", asked=None))
    record = drafting.file_danger(ctx, ctx.read(ctx.words))
    if was_practice:
        practice.explain_danger(ctx, record)
    return True


def edited_draft(ctx: Context) -> Draft | None:
    """Return the draft that began with the message now edited, if it is the person's own."""
    draft = conversations.draft_of_message(ctx.tx, ctx.inbound.channel, ctx.inbound.chat, ctx.inbound.message)
    return draft if draft and draft.person == ctx.person.id else None
