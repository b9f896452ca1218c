"""The duty desk's board (值班台): one message edited in place, and which lists stand behind its figures."""

from collections.abc import Sequence
from datetime import timedelta

from wangge.handlers import cards
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.rules.calendar import local
from wangge.rules.loop import AT_WORK, OPEN, UNACCEPTED
from wangge.storage import leases, lists, slots, upper
from wangge.storage.lists import Part, Wanted
from wangge.storage.records import Stored
from wangge.texts import say

SOON = timedelta(hours=24)
"""将到期: due within a day by the clock."""
LATELY = timedelta(days=14)
"""我经手的: how long ago somebody's last act on an event may be."""
PAGE = 8
SLOT = "board"
LIST_SLOT = "list"
"""A list takes the board's message: nothing brings the board up to date over what is being read."""
LISTS: dict[str, tuple[Part, ...]] = {
    "new": (Part(UNACCEPTED),),
    "work": (Part(AT_WORK),),
    "soon": (Part(UNACCEPTED | AT_WORK),),
    "late": (Part(UNACCEPTED | AT_WORK),),
    "check": (Part(frozenset({"done"})), Part(frozenset({"self_handled"}), "sampled")),
    "held": (Part(frozenset({"suspended", "escalated"})),),
    "ordered": (Part(OPEN, "ordered"),),
    "handled": (),
}
"""handled: whatever the reader has done an act on; each officer has his own, so the board counts none."""
ALWAYS = ("new", "work", "soon", "late", "check")
"""The board's five figures; others stand there only when they are not zero."""
COUNTED = (*ALWAYS, "held", "ordered")


def counts(outgoing: Outgoing) -> dict[str, int]:
    """Return the board's figures; 将到期 does not count what is late already."""
    limits = {"soon": outgoing.now + SOON, "late": outgoing.now}
    wanted = {name: Wanted(LISTS[name], due_before=limits.get(name)) for name in COUNTED}
    found = lists.count_lists(outgoing.tx, wanted)
    return {**found, "soon": found["soon"] - found["late"]}


def message(outgoing: Outgoing) -> Outbound:
    """Return the board as it is now."""
    found = counts(outgoing)
    there = local(outgoing.now)
    more = [say(f"board.button.{name}", count=found[name]) for name in COUNTED[len(ALWAYS) :] if found[name]]
    text = "\n".join(
        [say("board", at=f"{there:%m-%d %H:%M}", **found), *([" · ".join(more)] if more else [])]
    )
    buttons = [
        choice(f"board.button.{name}", f"list:{name}.0:0", count=found[name])
        for name in COUNTED
        if found[name]
    ]
    if waiting := upper.count_to_enter(outgoing.tx):
        buttons.append(choice("board.button.upper", "upper:list.0:0", count=waiting))
    handled = choice("board.button.handled", "list:handled.0:0")
    return Outbound(text=text, choices=(*buttons, handled), slot=SLOT)


def show(ctx: Context) -> None:
    """Show the board at the end of the chat."""
    _take_place(ctx, LIST_SLOT, SLOT)
    ctx.reply(message(ctx).model_copy(update={"anew": ctx.inbound.sort != "choice"}))


def show_list(ctx: Context, text: str, choices: Sequence[Choice]) -> None:
    """Show a list in the place of the board that was tapped."""
    _take_place(ctx, SLOT, LIST_SLOT)
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot=LIST_SLOT))


def _take_place(ctx: Context, before: str, slot: str) -> None:
    """Let the tapped message stand for the list and no longer for the board, or the other way round."""
    if ctx.inbound.sort == "choice":
        slots.show_as(ctx.tx, ctx.inbound.channel, ctx.inbound.chat, ctx.inbound.message, before, slot)


def refresh(outgoing: Outgoing) -> None:
    """Edit the board of whoever is on duty and has one; nobody's phone rings."""
    officers = [officer.id for officer in outgoing.on_duty[:1]]
    if slots.shows(outgoing.tx, officers, SLOT):
        leases.wait_for_turn(outgoing.tx, SLOT)  # or of two that count at once neither counts the other's
        outgoing.tell(officers, message(outgoing).model_copy(update={"edit_only": True}))


def label(ctx: Context, record: Stored) -> str:
    """Return an event as a list's button names it."""
    village = ctx.world.names.get(record.area, "")
    what = cards.shorten(record.values["what"])[:12]
    return f"{record.number} {village} {what}"[:40]
