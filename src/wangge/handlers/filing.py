"""From a finished draft to the stored record, or to a changed one."""

from dataclasses import replace
from typing import Any

from wangge.handlers import cards, event_cards, events, form, limits, revisiting
from wangge.handlers.attachments import attached_text
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.offers import own_villages
from wangge.records.catalogue import CATALOGUE
from wangge.records.draft import Draft
from wangge.records.record import Column, Record
from wangge.storage import conversations, files, parties, records
from wangge.texts import say


def save(ctx: Context, draft: Draft) -> Draft:
    """Store a draft that has changed."""
    return conversations.save_draft(ctx.tx, draft, ctx.now)


def slot(ctx: Context, draft: Draft) -> str:
    """Return what the draft's card is called; a change is made on the card of the record itself."""
    if draft.record is None:
        return f"draft:{draft.id}"
    return event_cards.slot(records.get(ctx.tx, draft.record), ctx.person.id)


def show_record(ctx: Context, record: records.Stored, *, anew: bool = False) -> None:
    """Show a record to its author as it is now."""
    if record.kind == "event":
        events.show(ctx, record)
    else:
        _show_filed(ctx, record, anew=anew)


def file_event(ctx: Context, draft: Draft) -> records.Stored:
    """Store a draft as an event and tell those it concerns."""
    record = _store(ctx, draft, limits.first_state(draft.values))
    ctx.open(draft=None, choices=())
    events.announce(ctx, record)
    return record


def file_record(ctx: Context, draft: Draft) -> None:
    """Store a draft as a record of another kind."""
    record = _store(ctx, draft, "filed")
    ctx.open(draft=None, choices=())
    _show_filed(ctx, record)
    if record.kind == "visit":
        revisiting.ask_if_fixed(ctx, record)


def _show_filed(ctx: Context, record: records.Stored, *, anew: bool = False) -> None:
    kind = CATALOGUE[record.kind]
    attached = attached_text(ctx, record=record.id)
    text = cards.filed_card(kind, record.number, record.values, ctx.setting, attached)
    if record.state == "withdrawn":
        text = say("record.withdrawn", number=record.number)
    ctx.reply(
        Outbound(
            text=text,
            choices=_afterwards(record) if record.author == ctx.person.id else (),
            slot=event_cards.slot(record, ctx.person.id),
            anew=anew or ctx.inbound.sort != "choice",
        ),
        is_question=False,
    )


def _afterwards(record: records.Stored) -> tuple[Choice, ...]:
    if record.state != "filed":
        return ()
    request = record.values.get("request")
    offered = [choice("visit.button.to_event", f"to_event:{record.id}:0", wide=True)] if request else []
    return (
        *offered,
        choice("button.amend", f"amend:{record.id}:{record.version}"),
        choice("button.withdraw", f"withdraw:{record.id}:{record.version}"),
    )


def _store(ctx: Context, draft: Draft, state: str) -> records.Stored:
    record = form.to_record(CATALOGUE[draft.kind], draft.values)
    columns = _columns(ctx, record)
    stored, _ = records.save(
        ctx.tx,
        records.New(
            kind=draft.kind,
            origin=f"draft:{draft.id}:0",
            author=ctx.person.id,
            area=columns["area"],
            klass=columns.get("class", ""),
            happened_on=columns["happened_on"],
            reported_at=ctx.now,
            recorded_at=ctx.now,
            state=state,
            urgency=columns.get("urgency"),
            quantity=columns.get("quantity", 1),
            source=columns.get("source", "own"),
            accept_by=limits.accept_limit(ctx, columns["class"], columns["urgency"])
            if draft.kind == "event"
            else None,
            closed_at=ctx.now if state == "self_handled" else None,
            outcome="solved" if state == "self_handled" else None,
            policy=ctx.world.versions[0],
            values=record.model_dump(mode="json"),
        ),
        ctx.draw,
        ctx.today,
    )
    files.hand_over(ctx.tx, draft.id, stored.id)
    if draft.from_record is not None:
        origin = records.get(ctx.tx, draft.from_record)
        parties.link(ctx.tx, origin.id, stored.id, "again" if origin.kind == "event" else "request")
    save(ctx, replace(draft, state="filed", asked=None, record=stored.id))
    return stored


def _columns(ctx: Context, record: Record) -> dict[Column, Any]:
    """Return what a record fills of its row; without a village it is the town's."""
    columns = record.columns()
    return {**columns, "area": columns.get("area") or ctx.world.policy.town.code}


def store_change(ctx: Context, draft: Draft) -> None:
    """Store what a draft changes of a record that is there already."""
    record = form.to_record(CATALOGUE[draft.kind], draft.values)
    stored = records.get(ctx.tx, draft.record or 0)
    columns = _columns(ctx, record)
    amended = events.amend(ctx, stored, record.model_dump(mode="json"), columns)
    save(ctx, replace(draft, state="filed", asked=None))
    ctx.open(draft=None, choices=())
    if stored.kind == "event":
        events.announce_change(ctx, stored, amended)
    else:
        _show_filed(ctx, amended)


def with_some_village(ctx: Context, values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Danger is filed before any question: the first own village stands until somebody corrects it."""
    if "village" in values:
        return dict(values)
    own = own_villages(ctx)
    first = own[0].value if own else next(iter(ctx.world.villages))
    return {"place": say("danger.village_guessed"), **values, "village": first}


def ask_which_village(ctx: Context, record: records.Stored) -> None:
    """After danger was filed for a guessed village: one tap puts it right."""
    choices = [
        choice("danger.village", f"village:{record.id}.{offer.value}:0", name=offer.label)
        for offer in own_villages(ctx)
    ]
    ctx.reply(Outbound(text=say("danger.which_village"), choices=tuple(choices), slot=f"village:{record.id}"))
