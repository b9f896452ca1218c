"""The lists behind the board's figures: by due time, page by page, narrowed to a village or a category."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from wangge.handlers import board, events, groups
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, number_in
from wangge.rules.errors import PersonError
from wangge.rules.policy import UNSORTED
from wangge.storage import lists
from wangge.storage.lists import Wanted
from wangge.storage.records import Stored
from wangge.texts import say

CHOICES_PAGE = 24
"""Villages or categories offered at once."""
GROUPED = frozenset({"new", "work"})
"""Lists in which the desk is asked whether several events are one matter."""


@dataclass(frozen=True)
class View:
    """One look at a list, as the argument of a button says it: `0-v990101001201-cR`."""

    name: str
    page: int = 0
    village: str = ""
    klass: str = ""
    by: str = ""
    """v or c: the villages or categories to narrow it to, instead of the events."""

    @property
    def argument(self) -> str:
        """Return the look in a button's words."""
        named = (("v", self.village), ("c", self.klass), ("b", self.by))
        return "-".join([str(self.page), *(f"{key}{value}" for key, value in named if value)])

    @property
    def payload(self) -> str:
        """Return what the button says that opens it."""
        return f"list:{self.name}.{self.argument}:0"


def view_of(ctx: Context, name: str, argument: str) -> View:
    """Return the look that a button asks for; what is forged narrows nothing."""
    if name not in board.LISTS:
        raise PersonError("form.stale")
    page, *rest = argument.split("-")
    named = {token[0]: token[1:] for token in rest if token}
    village, klass = named.get("v", ""), named.get("c", "")
    return View(
        name,
        number_in(page),
        village if village in ctx.world.villages else "",
        klass if klass == UNSORTED or ctx.world.policy.category(klass) else "",
        named.get("b", ""),
    )


def show(ctx: Context, name: str, argument: str) -> None:
    """Show one of the board's lists in the board's place."""
    view = view_of(ctx, name, argument)
    if view.by:
        _show_choice(ctx, view)
        return
    found = page_of(ctx, view)
    is_first = view.name in GROUPED and view.page == 0
    rows = [*(groups.buttons(ctx, _is_in(view)) if is_first else []), *_rows(ctx, found[: board.PAGE])]
    steps = [
        *(_accept_all(view, found[: board.PAGE]) if view.name == "new" and len(found) > 1 else []),
        *_pages(view, is_more=len(found) > board.PAGE),
        *_narrowing(view, is_long=len(found) > board.PAGE),
        choice("button.to_board", "board:0:0"),
    ]
    names = "、".join(_names(ctx, view))
    narrowed = f"（{names}）" if names else ""
    text_id = f"board.list.{view.name}" if found else "board.list.empty"
    text = say(text_id, page=view.page + 1, narrowed=narrowed)
    board.show_list(ctx, text, (*rows, *steps))


def accept_all(ctx: Context, argument: str) -> None:
    """全部受理: accept the events on the page as it was shown; what nobody has seen is not accepted."""
    shown, _, key = argument.rpartition("-k")
    found = page_of(ctx, view_of(ctx, "new", shown))[: board.PAGE]
    if key != groups.key_of(found):
        ctx.toast("toast.list_changed")
        show(ctx, "new", shown)
        return
    accepted = [record for record in found if events.perform_quietly(ctx, "accept", record)]
    ctx.toast("toast.accepted_all", count=len(accepted))
    board.show(ctx)


def page_of(ctx: Context, view: View) -> list[Stored]:
    """Return a page of a list by due time, and one more if there is a next page."""
    return lists.events(ctx.tx, _wanted(ctx, view), board.PAGE + 1, view.page * board.PAGE)


def _wanted(ctx: Context, view: View) -> Wanted:
    is_own = view.name == "handled"
    return Wanted(
        board.LISTS[view.name],
        due_from=ctx.now if view.name == "soon" else None,
        due_before={"soon": ctx.now + board.SOON, "late": ctx.now}.get(view.name),
        done_by=ctx.person.id if is_own else None,
        done_since=ctx.now - board.LATELY if is_own else None,
        area=view.village,
        klass=view.klass,
    )


def _show_choice(ctx: Context, view: View) -> None:
    """Show to which villages or categories a list may be narrowed, with how many events of each."""
    is_village = view.by == "v"
    whole = replace(view, page=0, by="", **{"village" if is_village else "klass": ""})
    found = lists.count_by(ctx.tx, _wanted(ctx, whole), "village" if is_village else "class")
    order = [*ctx.world.villages] if is_village else [*(each.key for each in ctx.world.policy.categories)]
    keys = sorted(found, key=lambda key: (order.index(key) if key in order else len(order), key))
    shown = keys[view.page * CHOICES_PAGE :][:CHOICES_PAGE]
    narrowed = {
        key: replace(whole, village=key) if is_village else replace(whole, klass=key) for key in shown
    }
    rows = [
        Choice(label=f"{_name(ctx, key, is_village=is_village)} {found[key]}", payload=each.payload)
        for key, each in narrowed.items()
    ]
    is_more = len(keys) > (view.page + 1) * CHOICES_PAGE
    back = choice("button.to_list", whole.payload)
    text = say("board.which_village" if is_village else "board.which_class")
    board.show_list(ctx, text, (*rows, *_pages(view, is_more=is_more), back))


def _rows(ctx: Context, found: Iterable[Stored]) -> list[Choice]:
    return [Choice(label=board.label(ctx, each), payload=f"open:{each.id}:0", wide=True) for each in found]


def _accept_all(view: View, found: Sequence[Stored]) -> list[Choice]:
    payload = f"accept_all:{view.argument}-k{groups.key_of(found)}:0"
    return [choice("board.button.accept_all", payload, count=len(found))]


def _pages(view: View, *, is_more: bool) -> list[Choice]:
    before, after = replace(view, page=view.page - 1), replace(view, page=view.page + 1)
    return [
        *([choice("button.previous", before.payload)] if view.page else []),
        *([choice("button.next", after.payload)] if is_more else []),
    ]


def _narrowing(view: View, *, is_long: bool) -> list[Choice]:
    """Return the ways to narrow a list that must be leafed through, and the way back to all of it."""
    is_narrowed = bool(view.village or view.klass)
    if not is_long and not view.page and not is_narrowed:
        return []
    return [
        choice("board.button.by_village", replace(view, page=0, by="v").payload),
        choice("board.button.by_class", replace(view, page=0, by="c").payload),
        *([choice("board.button.all", View(view.name).payload)] if is_narrowed else []),
    ]


def _is_in(view: View) -> Callable[[Stored], bool]:
    """Return what tells whether an event is one of those that a list shows."""
    states = frozenset[str]().union(*(part.states for part in board.LISTS[view.name]))
    return lambda record: (
        record.state in states and record.area.startswith(view.village) and view.klass in {"", record.klass}
    )


def _names(ctx: Context, view: View) -> list[str]:
    named = ((view.village, True), (view.klass, False))
    return [_name(ctx, key, is_village=is_village) for key, is_village in named if key]


def _name(ctx: Context, key: str, *, is_village: bool) -> str:
    return ctx.world.names.get(key, key) if is_village else ctx.setting.category(key)
