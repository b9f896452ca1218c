"""Do what a button says; its payload may be old, or forged."""

from wangge.handlers import acts, commands, drafting, event_cards, events, filing, offshoots, practice
from wangge.handlers.context import Context
from wangge.handlers.message import number_in
from wangge.rules.errors import PersonError
from wangge.storage import conversations, records

DRAFT_VERBS = frozenset(
    {
        "file",
        "store",
        "edit",
        "drop",
        "leave",
        "cancel",
        "card",
        "field",
        "pick",
        "picked",
        "back",
        "skip",
        "draft",
        "real",
        "same",
        "anyway",
        "as_event",
    }
)

WITH_WORDS = frozenset({"finish", "supplement", "new_event"})
"""Acts that may take the words already given."""


def choose(ctx: Context, payload: str) -> None:
    """Do what a button says; its payload may be old, or forged."""
    verb, target, version = (*payload.split(":"), "", "")[:3]
    target, _, argument = target.partition(".")
    is_next_step = ctx.conversation.about.startswith(f"{verb}:{target}.")
    if verb not in WITH_WORDS and not is_next_step:  # no act waits for words any more
        ctx.open(about="", words="")
    if verb in DRAFT_VERBS:
        draft = conversations.draft(ctx.tx, number_in(target))
        if draft is None or draft.person != ctx.person.id:
            raise PersonError("error.no_right")
        practice.check(ctx, draft)
        if verb == "draft" and draft.state == "open":
            drafting.show(ctx, draft)
        elif verb == "draft":
            raise PersonError("form.stale")
        elif verb == "as_event":
            offshoots.as_event(ctx, draft)
        else:
            drafting.on_choice(ctx, verb, draft, argument, number_in(version))
        return
    if verb != "practice":
        practice.leave(ctx)
    if verb in commands.PLACES:
        if not ctx.may(commands.PLACES[verb][0]):
            raise PersonError("error.no_right")
        commands.PLACES[verb][1](ctx, target, argument)
    else:
        _choose_record(ctx, verb, number_in(target), argument, number_in(version))


def _choose_record(ctx: Context, verb: str, target: int, argument: str, version: int) -> None:
    record = records.find(ctx.tx, target)
    if record is None:
        raise PersonError("form.stale")
    try:
        if verb == "amend":
            _begin_amending(ctx, record, version)
        elif verb == "to_event" and record.author == ctx.person.id and record.values.get("request"):
            offshoots.to_event(ctx, record)
        elif record.kind != "event":
            _choose_other(ctx, verb, record, version)
        else:
            acts.on_choice(ctx, verb, record, argument, version)
    except records.Outdated:
        events.stale(ctx, records.get(ctx.tx, target))


def _choose_other(ctx: Context, verb: str, record: records.Stored, version: int) -> None:
    if verb == "withdraw":
        events.withdraw(ctx, record, version)
    elif verb == "open" and event_cards.may_open(ctx.person, record):
        filing.show_record(ctx, record, anew=True)
    else:
        raise PersonError("error.no_right")


def _begin_amending(ctx: Context, record: records.Stored, version: int) -> None:
    if not ctx.may("amend", event_cards.subject(record)):
        raise PersonError("error.no_right")
    if version != record.version or record.state not in {"reported", "returned", "self_handled", "filed"}:
        raise records.Outdated
    drafting.begin_changing(ctx, record)
