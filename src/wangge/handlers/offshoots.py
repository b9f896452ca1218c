"""Events that grow out of other records: a request heard on a visit, what is wrong again after long."""

from dataclasses import replace

from wangge.handlers import drafting, filing, form
from wangge.handlers.context import Context
from wangge.records.catalogue import CATALOGUE, LEDGERS
from wangge.records.draft import Draft
from wangge.rules.errors import PersonError
from wangge.storage import parties, records
from wangge.texts import say


def to_event(ctx: Context, visit: records.Stored) -> None:
    """Make an event of the request heard on a visit, with one tap; a second tap shows it."""
    if made := parties.linked(ctx.tx, visit.id, "request"):
        ctx.toast("toast.done")
        filing.show_record(ctx, records.get(ctx.tx, made))
        return
    drafting.refuse_unless_may(ctx, "event")
    values = {
        "village": visit.values["village"],
        "what": visit.values["request"],
        "happened_on": visit.values["seen_on"],
    }
    reading = ctx.read(values["what"])
    guess = {"category": reading.values["category"]} if "category" in reading.values else {}
    draft = drafting.open_draft(ctx, "event", values | guess, frozenset(guess))
    filing.file_event(ctx, replace(draft, from_record=visit.id))


def as_event(ctx: Context, draft: Draft) -> None:
    """Make an event's draft of one that was taken for a ledger's; its photos stay."""
    kind = CATALOGUE[draft.kind]
    if draft.state != "open" or draft.kind not in LEDGERS or kind.main not in draft.values:
        raise PersonError("form.stale")
    drafting.refuse_unless_may(ctx, "event")
    words = draft.values[kind.main]
    reading = ctx.read(words, as_event=True)
    known = {"what": words, "happened_on": draft.values[kind.filling("happened_on")]}
    if village := draft.values.get("village"):
        known["village"] = village
    values = reading.values | known
    changed = replace(
        draft,
        kind="event",
        values=values,
        guessed=reading.guessed,
        asked=form.missing(CATALOGUE["event"], values),
        offered=(),
        trail=(),
    )
    ctx.open(draft=draft.id)
    drafting.take(ctx, changed)


def report_again(ctx: Context, record: records.Stored) -> None:
    """Make a new event of one that was closed long ago and is wrong again; it is linked to the old one."""
    drafting.refuse_unless_may(ctx, "event")
    words = say("event.again", number=record.number, what=record.values["what"])
    kept = {name: record.values[name] for name in ("village", "category", "place") if name in record.values}
    values = {**kept, "what": words, "happened_on": ctx.today.isoformat()}
    filing.file_event(ctx, replace(drafting.open_draft(ctx, "event", values), from_record=record.id))
