"""The upper platform (上级平台) at the desk: what is 待录, as text to paste or as a workbook, and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangge.handlers import board, event_cards, roster
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.rules.calendar import local
from wangge.rules.errors import PersonError
from wangge.rules.loop import ENDED
from wangge.rules.masking import mask_phones
from wangge.rules.upper import UpperField, read_number
from wangge.storage import audit, leases
from wangge.storage import upper as stored
from wangge.storage.records import Stored
from wangge.texts import say

TURN = "upper"
"""Behind this line no two give numbers of the platform at a time."""
MOST_IN_A_WORKBOOK = 1000
TABLES = (".xlsx", ".xls", ".csv")
NOT_NEEDED = "reason.enter.1"


@dataclass(frozen=True)
class Workbook:
    """What is 待录, as a table of the platform's columns."""

    title: str
    subtitle: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    as_text: Sequence[str]
    """Headings of the columns that stay text when somebody edits them."""


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """待录 with its pages, 导出待录表, and the buttons under the preview of a table that came back."""
    match target:
        case "list":
            _show_list(ctx, number_in(argument))
        case "export":
            audit.note(ctx.tx, ctx.person.id, "export", "upper", "", ctx.now)
            roster.ask_for(ctx, "upper_file", {})
        case "apply":
            roster.ask_for(ctx, "upper_apply", {"file": argument})
        case "leave":
            ctx.say("roster.left")
        case _:
            raise PersonError("form.stale")


def copy(ctx: Context, record: Stored) -> None:
    """复制一份: one plain message in the platform's order; what is empty has no line."""
    found = fields(ctx, record)
    lines = [
        say("card.line", label=heading, value=found[field])
        for heading, field in ctx.world.policy.upper.columns.items()
        if found[field]
    ]
    # Stars, a person's own or of a masked number, are no mark of ours; what is pasted hides nothing.
    text = mask_phones("\n".join(lines)).replace("**", "＊＊")
    ctx.reply(Outbound(text=text), is_question=False)


def fields(outgoing: Outgoing, record: Stored) -> dict[UpperField, str]:
    """Return what the platform is told of an event."""
    view = event_cards.view(outgoing, record)
    position = record.values.get("position")
    return {
        "number": record.number,
        "village": view.village,
        "category": view.category,
        "kind": "",
        "urgency": view.urgency,
        "what": view.what,
        "place": view.place,
        "position": f"{position['latitude']:.5f},{position['longitude']:.5f}" if position else "",
        "happened_on": record.happened_on.isoformat(),
        "reported_at": _moment(record.reported_at),
        "reporter": view.reporter,
        "holder": view.holder,
        "outcome": view.outcome,
        "closed_at": _moment(record.closed_at),
        "words": view.words if record.state in ENDED | {"done"} else "",
        "upper_number": record.upper_number or "",
    }


def workbook(outgoing: Outgoing) -> Workbook:
    """Return the table of what is 待录, our number first.

    Raises:
        PersonError: nothing is.
    """
    policy = outgoing.world.policy
    found = stored.to_enter(outgoing.tx, MOST_IN_A_WORKBOOK)
    if not found:
        raise PersonError("upper.none")
    columns = sorted(policy.upper.columns.items(), key=lambda column: column[1] != "number")
    number, theirs = policy.upper.heading("number"), policy.upper.heading("upper_number")
    how = say("upper.how", count=len(found), heading=theirs)
    return Workbook(
        title=say("upper.title", town=policy.town.name, platform=policy.upper.name),
        subtitle=how + (say("upper.demo") if policy.town.mode == "演练" else ""),
        headings=[heading for heading, _ in columns],
        rows=[_row(fields(outgoing, record), columns) for record in found],
        as_text=(number, theirs),
    )


def columns(outgoing: Outgoing, record: Stored, words: str) -> dict[str, Any]:
    """Return what the act 录入 stores: the platform's number, or that none is needed.

    Raises:
        PersonError: it is no number, our own, or that of another event.
    """
    if words == say(NOT_NEEDED):
        return {"upper": "not_needed", "upper_number": None}
    number = read_number(words)
    leases.wait_for_turn(outgoing.tx, TURN)
    other = stored.by_upper_numbers(outgoing.tx, [number]).get(number)
    if other and other.id != record.id:
        raise PersonError("error.upper_taken", upper=number, number=other.number)
    if stored.by_numbers(outgoing.tx, [number]):
        raise PersonError("error.upper_ours", number=number)
    return {"upper": "entered", "upper_number": number}


def is_for_table(ctx: Context) -> bool:
    """Tell whether a document is a table to be read: whatever a clerk sends, a workbook from an officer."""
    if ctx.inbound.sort != "document" or ctx.inbound.file is None:
        return False
    is_workbook = ctx.inbound.file.name.lower().endswith(TABLES)
    return ctx.may("roster") or (ctx.may("upper") and is_workbook)


def take_file(ctx: Context) -> None:
    """A table: read it and show what it would change; of who may send both kinds its headings tell."""
    if not ctx.may("upper"):
        roster.take_file(ctx)
    elif file := ctx.inbound.file:
        source = {"channel": ctx.inbound.channel, "key": file.key, "name": file.name}
        roster.ask_for(ctx, "upper_read", {**source, "or_roster": ctx.may("roster")})


def _show_list(ctx: Context, page: int) -> None:
    found = stored.to_enter(ctx.tx, board.PAGE + 1, page * board.PAGE)
    rows = [
        Choice(label=board.label(ctx, record), payload=f"open:{record.id}:0", wide=True)
        for record in found[: board.PAGE]
    ]
    steps = [
        *([choice("upper.button.export", "upper:export:0")] if found else []),
        *([choice("button.previous", f"upper:list.{page - 1}:0")] if page else []),
        *([choice("button.next", f"upper:list.{page + 1}:0")] if len(found) > board.PAGE else []),
        choice("button.to_board", "board:0:0"),
    ]
    text = (
        say("upper.list", platform=ctx.world.policy.upper.name, page=page + 1)
        if found
        else say("board.list.empty", narrowed="")
    )
    board.show_list(ctx, text, (*rows, *steps))


def _row(found: dict[UpperField, str], columns: Sequence[tuple[str, UpperField]]) -> list[str]:
    return [mask_phones(found[field]) for _, field in columns]


def _moment(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""
