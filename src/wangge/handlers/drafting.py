"""From words, photos or a command to a draft, its card, and the stored record."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from wangge.handlers import cards, duplicates, filing, form, practice, sentence
from wangge.handlers.attachments import attach, attached_text, position_of
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.handlers.offers import offers, own_villages
from wangge.records.catalogue import CATALOGUE, LEDGERS
from wangge.records.draft import Draft
from wangge.records.record import Record
from wangge.rules.errors import PersonError
from wangge.storage import conversations, records
from wangge.texts import say

JOINS_WITHIN = timedelta(minutes=10)
"""How long photos, voice and positions join what was said before."""


def from_words(ctx: Context, reading: sentence.Reading) -> None:
    """Make a draft of a free sentence and show its card, or its first question."""
    refuse_unless_may(ctx, reading.kind)
    if before := _without_words(ctx, reading):
        values = {**before.values, **reading.values}
        take(ctx, replace(before, values=values, guessed=reading.guessed), anew=True)
        return
    show_step(ctx, open_draft(ctx, reading.kind, reading.values, reading.guessed))


def begin(ctx: Context, kind_name: str) -> None:
    """Begin an interview, step by step."""
    refuse_unless_may(ctx, kind_name)
    show_step(ctx, open_draft(ctx, kind_name, {}))


def begin_changing(ctx: Context, record: records.Stored) -> None:
    """Open a draft that changes a record which nobody has accepted yet."""
    draft = open_draft(ctx, record.kind, record.values)
    asks = CATALOGUE[record.kind].asks()
    values = {name: value for name, value in record.values.items() if name in asks}
    draft = filing.save(ctx, replace(draft, record=record.id, values=values))
    _ask_what_to_change(ctx, draft)


def file_danger(ctx: Context, reading: sentence.Reading) -> records.Stored:
    """File an event of danger at once, before any question, and return it."""
    draft = open_draft(ctx, "event", reading.values, reading.guessed)
    is_named = "village" in draft.values
    attach(ctx, draft=draft.id)
    draft = replace(draft, values=filing.with_some_village(ctx, draft.values))
    record = filing.file_event(ctx, draft)
    if not is_named:
        filing.ask_which_village(ctx, record)
    return record


def answer(ctx: Context, draft: Draft) -> None:
    """Take a message as the answer to the draft's open question."""
    kind = CATALOGUE[draft.kind]
    field = draft.asked or ""
    message = ctx.inbound
    if message.file:
        attach(ctx, draft=draft.id)
        if field != "what":
            ctx.say("draft.file_added")
            _ask(ctx, draft)
            return
        words = message.text.strip() or say(f"event.what.{message.sort}")
    else:
        words = message.text
    given = form.Given(words, position_of(ctx))
    try:
        answered = form.answer(kind, draft, given, offers(ctx, kind, draft, field), ctx.today)
    except PersonError as error:
        _miss(ctx, error)
        _ask(ctx, draft)
        return
    ctx.open(misses=0)
    take(ctx, answered)


def fill(ctx: Context, draft: Draft, values: Mapping[str, Any], guessed: frozenset[str]) -> None:
    """Take a sentence that answers the open question and says more than was asked."""
    kind = CATALOGUE[draft.kind]
    known = {name: value for name, value in values.items() if name in kind.asks()}
    answered = form.answer(kind, draft, form.Given(str(known["what"])), (), ctx.today)
    merged = {**answered.values, **known}
    take(
        ctx, replace(answered, values=merged, guessed=guessed & set(merged), asked=form.missing(kind, merged))
    )


def from_kept_words(ctx: Context) -> None:
    """The words meant something new, not the event they seemed to answer."""
    words = ctx.conversation.words
    ctx.open(about="", words="", choices=(), working_on=None)
    if not words:
        begin(ctx, "event")
        return
    reading = ctx.read(words)
    if reading.sort == "danger":
        file_danger(ctx, reading)
    else:
        from_words(ctx, reading)


def from_file(ctx: Context) -> None:
    """Make an event draft of a photo, a voice note or a position that stands alone."""
    refuse_unless_may(ctx, "event")
    caption, reading = ctx.words, ctx.read(ctx.words)
    values: dict[str, Any] = dict(reading.values) if caption and reading.sort == "event" else {}
    values.setdefault("what", caption or say(f"event.what.{ctx.inbound.sort}"))
    if ctx.inbound.latitude is not None:
        values["position"] = position_of(ctx)
    guessed = reading.guessed if caption else frozenset({"what"})
    draft = open_draft(ctx, "event", values, guessed)
    if ctx.inbound.file:
        attach(ctx, draft=draft.id)
    show_step(ctx, draft)


def on_choice(ctx: Context, verb: str, draft: Draft, argument: str, version: int) -> None:
    """Do what a button of a draft says."""
    kind = CATALOGUE[draft.kind]
    if draft.state != "open":
        ctx.toast("toast.done")
        if draft.record is not None:
            filing.show_record(ctx, records.get(ctx.tx, draft.record))
        return
    ctx.open(draft=draft.id)
    match verb:
        case "file" | "store" | "anyway":
            file(ctx, draft, is_new=verb == "anyway")
        case "same":
            duplicates.join(ctx, draft, number_in(argument))
        case "edit":
            _ask_what_to_change(ctx, draft)
        case "card":
            take(ctx, replace(draft, asked=form.missing(kind, draft.values)))
        case "cancel":
            cancel(ctx, draft)
        case "drop" | "leave":
            drop(ctx, draft)
        case "real":
            show_step(ctx, practice.made_real(ctx, draft))
        case "field":
            take(ctx, form.ask_for(kind, draft, argument))
        case _:
            _step(ctx, kind, draft, verb, argument, version)


def file(ctx: Context, draft: Draft, *, is_new: bool = False) -> None:
    """Store what the draft says, or ask for what it still lacks; perhaps it is known already."""
    lacking = form.missing(CATALOGUE[draft.kind], draft.values)
    if lacking:
        take(ctx, replace(draft, asked=lacking))
    elif draft.is_practice:
        practice.filed(ctx, draft)
    elif draft.record is not None:
        filing.store_change(ctx, draft)
    else:
        refuse_unless_may(ctx, draft.kind)  # his post may have changed since it was begun
        if draft.kind != "event":
            filing.file_record(ctx, draft)
        elif is_new or not duplicates.ask(ctx, draft):
            filing.file_event(ctx, draft)


def cancel(ctx: Context, draft: Draft) -> None:
    """Leave the open question: back to the card if it was asked from there, else the draft is dropped."""
    if draft.asked and cards.has_all(CATALOGUE[draft.kind], draft):
        take(ctx, replace(draft, asked=None))
    else:
        drop(ctx, draft)


def drop(ctx: Context, draft: Draft) -> None:
    """Drop the draft; the record it would have changed stays as it is, and is shown again."""
    filing.save(ctx, replace(draft, state="dropped", asked=None))
    ctx.open(draft=None, choices=())
    if draft.record is None:
        text, slot = say("draft.dropped"), filing.slot(ctx, draft)
        ctx.reply(Outbound(text=text, slot=slot, anew=ctx.inbound.sort != "choice"))
        if draft.is_practice:
            practice.ask(ctx, anew=True)
    else:
        ctx.toast("draft.left")
        filing.show_record(ctx, records.get(ctx.tx, draft.record))


def back(ctx: Context, draft: Draft) -> None:
    """Go one question back."""
    kind = CATALOGUE[draft.kind]
    if draft.asked is None and not draft.trail:
        _ask_what_to_change(ctx, draft)
    elif not draft.trail and cards.has_all(kind, draft):
        take(ctx, replace(draft, asked=None))
    else:
        take(ctx, form.back(kind, draft))


def show(ctx: Context, draft: Draft) -> None:
    """Show the draft anew: its card or its open question."""
    ctx.open(draft=draft.id)
    show_step(ctx, draft, anew=True)


def _step(ctx: Context, kind: type[Record], draft: Draft, verb: str, argument: str, version: int) -> None:
    if version != draft.version:
        ctx.toast("toast.done")
        show_step(ctx, draft)
        return
    steps = {
        "pick": lambda: form.pick(
            kind, draft, int(argument) if argument.isascii() and argument.isdigit() else -1, ctx.today
        ),
        "picked": lambda: form.finish_picking(kind, draft),
        "back": lambda: form.back(kind, draft),
        "skip": lambda: form.skip(kind, draft),
    }
    take(ctx, steps[verb]())


def refuse_unless_may(ctx: Context, kind_name: str) -> None:
    """Refuse who may not keep such records with today's posts."""
    if not ctx.may(CATALOGUE[kind_name].right):
        raise PersonError("error.no_right")


def open_draft(
    ctx: Context, kind_name: str, values: Mapping[str, Any], guessed: frozenset[str] = frozenset()
) -> Draft:
    """Open a draft with what is known of it, and with what goes without saying."""
    kind = CATALOGUE[kind_name]
    known = {name: value for name, value in values.items() if name in kind.asks()}
    for field, info in kind.asks().items():
        if info.suggest and "day.today" in info.suggest:
            known.setdefault(field, ctx.today.isoformat())
        if ctx.person.has(*info.author_if):
            known.setdefault(field, [ctx.person.name])
    own = own_villages(ctx)
    if "village" in kind.asks() and len(own) == 1:
        known.setdefault("village", own[0].value)
    draft = conversations.open_draft(
        ctx.tx,
        Draft(
            id=0,
            person=ctx.person.id,
            kind=kind_name,
            state="open",
            values=known,
            guessed=guessed & set(known),
            asked=form.missing(kind, known),
            opened_at=ctx.now,
            touched_at=ctx.now,
            channel=ctx.inbound.channel,
            chat=ctx.inbound.chat,
            message=ctx.inbound.message or None,
            is_practice=ctx.practising,
        ),
    )
    ctx.open(draft=draft.id, about="", words="", working_on=None, misses=0)
    return draft


def take(ctx: Context, draft: Draft, *, anew: bool = False) -> None:
    """Store a draft that has changed, and show what is open of it."""
    show_step(ctx, filing.save(ctx, draft), anew=anew)


def show_step(ctx: Context, draft: Draft, *, anew: bool = False) -> None:
    """Show what is open of a draft: its question or its card."""
    if draft.asked:
        _ask(ctx, draft)
        return
    kind = CATALOGUE[draft.kind]
    text = cards.draft_card(kind, draft, ctx.setting, attached_text(ctx, draft=draft.id))
    ctx.reply(
        Outbound(
            text=text,
            choices=(
                *cards.draft_choices(kind, draft),
                *practice.way_out(ctx, draft),
                *_way_to_event(ctx, draft),
            ),
            slot=filing.slot(ctx, draft),
            anew=anew or ctx.inbound.sort != "choice",
            hold=ctx.album_wait if ctx.inbound.album else 0.0,
        )
    )


def _way_to_event(ctx: Context, draft: Draft) -> tuple[Choice, ...]:
    """A sentence may have been taken for a ledger's: one tap makes an event of it."""
    is_new = draft.kind in LEDGERS and draft.record is None and not draft.trail
    return (
        (choice("ledger.button.as_event", f"as_event:{draft.id}:0"),) if is_new and ctx.may("report") else ()
    )


def _ask(ctx: Context, draft: Draft) -> None:
    """Show the open question; what its buttons stand for is kept with the draft."""
    kind = CATALOGUE[draft.kind]
    found = offers(ctx, kind, draft, draft.asked or "")
    values = tuple(offer.value for offer in found)
    if values != draft.offered:
        draft = filing.save(ctx, replace(draft, offered=values))
    text, choices = cards.question(kind, draft, found)
    ctx.open(draft=draft.id)
    ctx.reply(
        Outbound(text=text, choices=choices, slot=filing.slot(ctx, draft), anew=ctx.inbound.sort != "choice")
    )


def _ask_what_to_change(ctx: Context, draft: Draft) -> None:
    text = say("draft.what_to_change")
    choices, is_anew = cards.edit_choices(CATALOGUE[draft.kind], draft), ctx.inbound.sort != "choice"
    ctx.reply(Outbound(text=text, choices=choices, slot=filing.slot(ctx, draft), anew=is_anew))


def joined(ctx: Context) -> Draft | None:
    """Return the draft touched a moment ago, which what comes now may join; practice joins only practice."""
    since = ctx.now - JOINS_WITHIN
    return conversations.latest_draft(ctx.tx, ctx.person.id, since, is_practice=ctx.practising)


def _without_words(ctx: Context, reading: sentence.Reading) -> Draft | None:
    """The draft of a photo or position sent a moment ago, which waits for its words."""
    if reading.sort != "event":
        return None
    before = joined(ctx)
    is_waiting = before is not None and before.state == "open" and "what" in before.guessed
    return before if is_waiting else None


def _miss(ctx: Context, error: PersonError) -> None:
    """Say how to put it right; the second senseless input running gets the phone as well."""
    ctx.open(misses=ctx.conversation.misses + 1)
    ctx.say(error.text_id, **error.values)
    if ctx.conversation.misses % 2 == 0:
        ctx.say("help.stuck", phone=ctx.world.policy.desk.phone)
