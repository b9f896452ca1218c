"""Commands and the words that mean the same; places in menus and lists. Tables."""

import re
from collections.abc import Callable

from wangge.handlers import (
    annual,
    board,
    desk_lists,
    digest,
    drafting,
    drilldown,
    duty,
    exporting,
    feedback,
    figures,
    groups,
    leave,
    menu,
    monthly,
    practice,
    progress,
    reporting,
    roster,
    searching,
    upper,
)
from wangge.handlers.context import Context
from wangge.handlers.message import number_in
from wangge.records.catalogue import LEDGERS
from wangge.records.draft import Draft
from wangge.rules.errors import PersonError
from wangge.storage import conversations
from wangge.texts import say

Handler = Callable[[Context, str], None]


def do(ctx: Context, command: str, rest: str) -> None:
    """Do what a command says, if the person may."""
    if not ctx.may(command) and command not in {"cancel", "back"}:
        raise PersonError("error.no_right")
    ctx.open(misses=0, about="", words="")
    DOES[command](ctx, rest)


def _back(ctx: Context, _rest: str) -> None:
    draft = open_draft(ctx)
    if draft:
        drafting.back(ctx, draft)
    else:
        menu.help_(ctx)


def _interview(kind: str) -> Handler:
    return lambda ctx, _rest: drafting.begin(ctx, kind)


def open_draft(ctx: Context) -> Draft | None:
    """Return the draft the chat is about, if it is open still."""
    if ctx.conversation.draft is None:
        return None
    draft = conversations.draft(ctx.tx, ctx.conversation.draft)
    return draft if draft and draft.state == "open" and draft.person == ctx.person.id else None


def named(text: str, raw: str) -> tuple[str, str] | None:
    """Return the command that a text begins with, and the rest as it was written; None if it is none."""
    word = JOINED.sub(r"\1 ", text).partition(" ")[0]
    rest = (*JOINED.sub(r"\1 ", raw.strip()).split(maxsplit=1), "")[1].strip()
    if text.startswith("/"):
        name = word.removeprefix("/").partition("@")[0].lower()
        return COMMANDS.get(name) or WORDS.get(name, "help"), rest
    if found := WORDS.get(text):
        return found, ""
    found = WORDS.get(word)
    return (found, rest) if found in TAKE_WORDS and rest else None


JOINED = re.compile(r"^((?:请假|值班|年度报告)(?=[\d今明后大下])|导出(?=\S))")
"""Words that are written without a blank before what follows: 请假12-1到12-5, 导出上月事件."""
TAKE_WORDS = frozenset({"leave", "feedback", "duty", "search", "annual", "export", "figures"})
COMMANDS = {
    name: name
    for name in (
        "start",
        "help",
        "report",
        "visit",
        "mine",
        "progress",
        "practice",
        "leave",
        "end_leave",
        "feedback",
        "search",
        "board",
        "duty",
        "take_over",
        "digest",
        "monthly",
        "figures",
        "annual",
        "export",
        "roster",
        "invite",
        "cancel",
        "back",
        *LEDGERS,
    )
}
WORDS: dict[str, str] = {word: command for command in COMMANDS for word in say(f"words.{command}").split()}
DOES: dict[str, Handler] = {
    "start": lambda ctx, _rest: ctx.reply(menu.greeting(ctx, ctx.person)),
    "help": lambda ctx, _rest: menu.help_(ctx),
    "report": lambda ctx, _rest: drafting.begin(ctx, "event"),
    "visit": lambda ctx, _rest: drafting.begin(ctx, "visit"),
    "mine": lambda ctx, _rest: menu.mine(ctx),
    "progress": lambda ctx, _rest: progress.show(ctx),
    "practice": lambda ctx, _rest: practice.begin(ctx),
    "leave": leave.take,
    "end_leave": lambda ctx, _rest: leave.end(ctx),
    "feedback": feedback.take,
    "search": searching.find,
    "board": lambda ctx, _rest: board.show(ctx),
    "duty": duty.show,
    "take_over": lambda ctx, _rest: duty.take_over(ctx),
    "digest": lambda ctx, _rest: digest.show(ctx),
    "monthly": lambda ctx, _rest: monthly.show_last(ctx),
    "figures": figures.show,
    "annual": annual.take,
    "export": exporting.take,
    "roster": lambda ctx, _rest: roster.send(ctx),
    "invite": lambda ctx, _rest: roster.invite(ctx),
    "cancel": lambda ctx, _rest: menu.cancel(ctx),
    "back": _back,
    **{kind: _interview(kind) for kind in LEDGERS},
}
PLACES: dict[str, tuple[str, Callable[[Context, str, str], None]]] = {
    "new_event": ("report", lambda ctx, _target, _argument: drafting.from_kept_words(ctx)),
    "mine": ("mine", lambda ctx, target, _argument: menu.mine(ctx, number_in(target))),
    "progress": ("progress", progress.on_choice),
    "practice": ("practice", practice.on_choice),
    "todo_visit": ("visit", lambda ctx, _target, _argument: drafting.begin(ctx, "visit")),
    "mute": ("mute", progress.mute),
    "end_leave": ("end_leave", lambda ctx, target, _argument: leave.end(ctx, target)),
    "take_over": ("take_over", lambda ctx, target, _argument: duty.take_over(ctx, target)),
    "reply": ("reply", feedback.on_choice),
    "board": ("board", lambda ctx, _target, _argument: board.show(ctx)),
    "list": ("list", desk_lists.show),
    "accept_all": ("list", lambda ctx, target, _argument: desk_lists.accept_all(ctx, target)),
    "group": ("list", lambda ctx, target, _argument: groups.show(ctx, number_in(target))),
    "merge_group": ("list", lambda ctx, target, argument: groups.merge(ctx, number_in(target), argument)),
    "not_same": ("list", lambda ctx, target, argument: groups.not_same(ctx, number_in(target), argument)),
    "unmerge": (
        "list",
        lambda ctx, target, argument: groups.undo(ctx, number_in(target), number_in(argument)),
    ),
    "search": ("search", lambda ctx, target, argument: searching.show(ctx, argument, number_in(target))),
    "figure": ("figures", drilldown.on_figure),
    "figures": ("figures", figures.on_panel),
    "digest": ("digest", reporting.on_choice),
    "export": ("export", exporting.on_choice),
    "roster": ("roster", roster.on_choice),
    "upper": ("upper", upper.on_choice),
    "word": ("help", lambda ctx, target, _argument: do(ctx, COMMANDS.get(target, "help"), "")),
}
