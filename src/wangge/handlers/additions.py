"""What comes after a first message: photos, positions, corrections, edits join what was said before."""

from dataclasses import replace

from wangge.handlers import cards, drafting, events, ledger_words, sentence
from wangge.handlers.attachments import attach, position_of
from wangge.handlers.context import Context
from wangge.records.catalogue import CATALOGUE, LEDGERS
from wangge.records.draft import Draft
from wangge.rules.policy import UNSORTED
from wangge.storage import records
from wangge.texts import say


def join(ctx: Context) -> bool:
    """Let a photo, voice note or position join what was said before; False if there is nothing."""
    before = drafting.joined(ctx)
    if before is None or (before.kind != "event" and ctx.inbound.sort == "location"):
        return False
    if before.state == "filed":
        return not _tells_something_new(ctx, before) and _join_record(ctx, before)
    if ctx.inbound.file:
        attach(ctx, draft=before.id)
        before = _with_caption(before, ctx.words)
    else:
        before = replace(before, values={**before.values, "position": position_of(ctx)})
    drafting.take(ctx, before, anew=True)
    return True


def _tells_something_new(ctx: Context, before: Draft) -> bool:
    """Words under a photo that name a matter are an event of their own, but in the minutes of a danger."""
    reading = ctx.read(ctx.words)
    if reading.sort != "event" or reading.values.get("category", UNSORTED) == UNSORTED:
        return False
    return records.get(ctx.tx, before.record or 0).urgency != "critical"


def _with_caption(draft: Draft, caption: str) -> Draft:
    """Words under a photo that joins a draft are added to its words."""
    field = CATALOGUE[draft.kind].main
    if not caption:
        return draft
    said = draft.values.get(field, "")
    words = caption if not said or cards.is_unsaid(said) else f"{said}\n{caption}"
    return replace(draft, values={**draft.values, field: words}, guessed=draft.guessed - {field})


def join_danger(ctx: Context) -> bool:
    """Let words join the danger filed a moment ago: whoever calls for help writes in pieces."""
    before = drafting.joined(ctx)
    if before is None or before.state != "filed" or before.kind != "event":
        return False
    record = records.get(ctx.tx, before.record or 0)
    return record.urgency == "critical" and _join_record(ctx, before)


def correct(ctx: Context, reading: sentence.Reading) -> bool:
    """Let a correction in words change the draft before it; False if there is none."""
    before = drafting.joined(ctx)
    if before is None:
        return False
    kind = CATALOGUE[before.kind]
    if before.state == "filed":
        return _join_record(ctx, before)
    told = reading.values
    if before.kind in LEDGERS:
        told = ledger_words.values(before.kind, before.values.get(kind.main, ""), ctx.words, told)
    stated = {name: value for name, value in told.items() if name in kind.asks()}
    if before.kind != "visit":
        said, words = before.values.get(kind.main, ""), reading.values.get("what", "")
        stated[kind.main] = say("draft.corrected", before=said, words=words) if words else said
    changed = replace(before, values={**before.values, **stated}, guessed=before.guessed - set(stated))
    drafting.take(ctx, changed, anew=True)
    return True


def reword(ctx: Context, draft: Draft) -> None:
    """The person has edited the message that a draft began with."""
    kind = CATALOGUE[draft.kind]
    if draft.state == "filed" and draft.record is not None:
        events.supplement(ctx, records.get(ctx.tx, draft.record), ctx.words)
        return
    reading = ctx.read(ctx.words)
    values = {name: value for name, value in reading.values.items() if name in kind.asks()}
    drafting.take(ctx, replace(draft, values={**draft.values, **values}, guessed=reading.guessed))


def _join_record(ctx: Context, draft: Draft) -> bool:
    """Add to the event that a draft has become; only while it is open."""
    record = records.get(ctx.tx, draft.record or 0)
    if record.kind != "event" or not events.takes_more(record):
        return False
    if ctx.inbound.file:
        attach(ctx, draft=draft.id, record=record.id)
    events.supplement(ctx, record, ctx.words, position_of(ctx), is_asked=False)
    return True
