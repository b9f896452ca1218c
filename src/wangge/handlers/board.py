"""The duty desk's board (值班台): one message edited in place, and the lists behind its figures."""

from datetime import timedelta

from wangge.handlers import cards
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.rules.calendar import local
from wangge.rules.errors import PersonError
from wangge.rules.loop import AT_WORK, UNACCEPTED
from wangge.storage import leases, lists, records, slots, upper
from wangge.texts import say

SOON = timedelta(hours=24)
"""将到期: due within a day by the clock."""
PAGE = 8
SLOT = "board"
LISTS: dict[str, frozenset[str]] = {
    "new": UNACCEPTED,
    "work": AT_WORK,
    "soon": UNACCEPTED | AT_WORK,
    "late": UNACCEPTED | AT_WORK,
    "check": frozenset({"done"}),
}
ORDER = ("new", "work", "soon", "late", "check")


def counts(outgoing: Outgoing) -> dict[str, int]:
    """Return the board's five figures; 将到期 does not count what is late already."""
    limits = {"soon": outgoing.now + SOON, "late": outgoing.now}
    found = lists.count_lists(outgoing.tx, {name: (LISTS[name], limits.get(name)) for name in ORDER})
    return {**found, "soon": found["soon"] - found["late"]}


def message(outgoing: Outgoing) -> Outbound:
    """Return the board as it is now."""
    found = counts(outgoing)
    there = local(outgoing.now)
    buttons = tuple(
        choice(f"board.button.{name}", f"list:{name}.0:0", count=found[name]) for name in ORDER if found[name]
    )
    if waiting := upper.count_to_enter(outgoing.tx):
        buttons = (*buttons, choice("board.button.upper", "upper:list.0:0", count=waiting))
    return Outbound(text=say("board", at=f"{there:%m-%d %H:%M}", **found), choices=buttons, slot=SLOT)


def show(ctx: Context) -> None:
    """Show the board at the end of the chat."""
    ctx.reply(message(ctx).model_copy(update={"anew": ctx.inbound.sort != "choice"}))


def refresh(outgoing: Outgoing) -> None:
    """Edit the board of whoever is on duty and has one; nobody's phone rings."""
    officers = [officer.id for officer in outgoing.on_duty[:1]]
    if slots.shows(outgoing.tx, officers, SLOT):
        leases.wait_for_turn(outgoing.tx, SLOT)  # or of two that count at once neither counts the other's
        outgoing.tell(officers, message(outgoing).model_copy(update={"edit_only": True}))


def show_list(ctx: Context, name: str, page: int) -> None:
    """Show one of the board's lists in the board's place."""
    if name not in LISTS:
        raise PersonError("form.stale")
    found = page_of(ctx, name, page)
    rows = [
        Choice(label=label(ctx, record), payload=f"open:{record.id}:0", wide=True) for record in found[:PAGE]
    ]
    all_at_once = name == "new" and len(found) > 1
    steps = [
        *(
            [choice("board.button.accept_all", f"accept_all:{page}:0", count=len(found[:PAGE]))]
            if all_at_once
            else []
        ),
        *([choice("button.previous", f"list:{name}.{page - 1}:0")] if page else []),
        *([choice("button.next", f"list:{name}.{page + 1}:0")] if len(found) > PAGE else []),
        choice("button.to_board", "board:0:0"),
    ]
    text = say(f"board.list.{name}" if found else "board.list.empty", page=page + 1)
    ctx.reply(Outbound(text=text, choices=(*rows, *steps), slot=SLOT))


def page_of(ctx: Context, name: str, page: int) -> list[records.Stored]:
    """Return a page of a list by due time, and one more if there is a next page."""
    due_before = {"soon": ctx.now + SOON, "late": ctx.now}.get(name)
    due_from = ctx.now if name == "soon" else None
    return lists.in_states(ctx.tx, LISTS[name], PAGE + 1, page * PAGE, due_before, due_from=due_from)


def label(ctx: Context, record: records.Stored) -> str:
    """Return an event as a list's button names it."""
    village = ctx.world.names.get(record.area, "")
    what = cards.shorten(record.values["what"])[:12]
    return f"{record.number} {village} {what}"[:40]
