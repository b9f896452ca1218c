"""From a finished draft to the stored record, or to a changed one."""

from dataclasses import replace
from typing import Any

from wangge.handlers import cards, events, form
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.offers import own_villages
from wangge.records.draft import Draft
from wangge.records.record import Record
from wangge.storage import conversations, files, records
from wangge.texts import say


def save(ctx: Context, draft: Draft) -> Draft:
    """Store a draft that has changed."""
    return conversations.save_draft(ctx.tx, draft, ctx.now)


def slot(draft: Draft) -> str:
    """Return what the draft's card is called."""
    return f"draft:{draft.id}"


def file_event(ctx: Context, kind: type[Record], draft: Draft) -> None:
    """Store a draft as an event and tell those it concerns."""
    record = _store(ctx, kind, draft, events.first_state(draft.values))
    ctx.open(draft=None, choices=())
    events.announce(ctx, record)


def file_record(ctx: Context, kind: type[Record], draft: Draft) -> None:
    """Store a draft as a record of another kind."""
    record = _store(ctx, kind, draft, "filed")
    ctx.open(draft=None)
    text = say(f"{kind.kind}.filed", number=record.number, **_texts(ctx, kind, draft))
    ctx.reply(Outbound(text=text, choices=_afterwards(draft, record), slot=slot(draft)))


def _afterwards(draft: Draft, record: records.Stored) -> tuple[Choice, ...]:
    request = draft.values.get("request")
    offered = [choice("visit.button.to_event", f"to_event:{record.id}:0", wide=True)] if request else []
    return (
        *offered,
        choice("button.amend", f"amend:{record.id}:{record.version}"),
        choice("button.withdraw", f"withdraw:{record.id}:{record.version}"),
    )


def _texts(ctx: Context, kind: type[Record], draft: Draft) -> dict[str, str]:
    return {
        field: cards.value_text(kind, field, draft.values.get(field), ctx.setting) for field in kind.asks()
    }


def _store(ctx: Context, kind: type[Record], draft: Draft, state: str) -> records.Stored:
    record = form.to_record(kind, draft.values)
    columns = record.columns()
    stored, _ = records.save(
        ctx.tx,
        records.New(
            kind=kind.kind,
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
            accept_by=events.accept_limit(ctx, columns) if kind.kind == "event" else None,
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
        records.link(ctx.tx, draft.from_record, stored.id, "request")
    save(ctx, replace(draft, state="filed", asked=None, record=stored.id))
    return stored


def store_change(ctx: Context, kind: type[Record], draft: Draft) -> None:
    """Store what a draft changes of a record that is there already."""
    record = form.to_record(kind, draft.values)
    stored = records.get(ctx.tx, draft.record or 0)
    columns = record.columns()
    amended = events.amend(ctx, stored, record.model_dump(mode="json"), columns)
    save(ctx, replace(draft, state="filed", asked=None))
    ctx.open(draft=None, choices=())
    if stored.kind == "event":
        events.announce_change(ctx, amended)
    else:
        text = say(f"{kind.kind}.filed", number=amended.number, **_texts(ctx, kind, draft))
        ctx.reply(Outbound(text=text, choices=_afterwards(draft, amended), slot=slot(draft)))


def with_some_village(ctx: Context, values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Danger is filed before any question: the first own village stands until somebody corrects it."""
    own = own_villages(ctx)
    first = own[0].value if own else next(iter(ctx.world.villages))
    return {"village": first, **values}
