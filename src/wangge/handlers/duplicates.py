"""Perhaps the same matter: asked once between card and filing; 是同一件 joins, 不是 goes on."""

from dataclasses import replace

from wangge.handlers import events, filing, near
from wangge.handlers.attachments import attached_text
from wangge.handlers.context import Context
from wangge.handlers.effects import Given
from wangge.handlers.message import Outbound
from wangge.records.draft import Draft
from wangge.rules.errors import PersonError
from wangge.storage import files
from wangge.texts import say


def ask(ctx: Context, draft: Draft) -> bool:
    """Ask whether it is one of the near events; False if there is none. 特急 never waits for this."""
    is_settled = draft.values.get("handling") == "self"
    if is_settled or draft.values.get("urgency") == "critical" or not ctx.world.policy.desk.ask_near:
        return False
    found = near.offered(ctx, draft.values)
    if not found:
        return False
    lines = "\n".join(near.line(ctx, record) for record in found)
    text = say("near.ask", lines=lines)
    ctx.reply(Outbound(text=text, choices=near.choices(draft.id, found), slot=filing.slot(ctx, draft)))
    return True


def join(ctx: Context, draft: Draft, target: int) -> None:
    """The reporter joins the event; his words and photos are added to it, and he is told how it ends."""
    record = next((one for one in near.offered(ctx, draft.values) if one.id == target), None)
    if record is None:
        raise PersonError("form.stale")
    words = str(draft.values["what"]) + _with_files(ctx, draft)
    files.hand_over(ctx.tx, draft.id, record.id)
    filing.save(ctx, replace(draft, state="filed", asked=None, record=record.id))
    ctx.open(draft=None, choices=())
    text = say("near.joined", number=record.number)
    ctx.reply(Outbound(text=text, slot=f"draft:{draft.id}"))
    if ctx.person.id in {record.author, record.holder}:
        events.supplement(ctx, record, words)
    else:
        events.perform(ctx, "join", record, Given(words=words))


def _with_files(ctx: Context, draft: Draft) -> str:
    attached = attached_text(ctx, draft=draft.id)
    return f"（{attached}）" if attached else ""
