"""进度: what one owes and has done, and for each visit why it counts or not."""

from datetime import date, timedelta

from wangge.handlers import cards
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.records.catalogue import CATALOGUE
from wangge.reports.visits import progress_of
from wangge.rules.calendar import month_of
from wangge.rules.errors import PersonError
from wangge.rules.quota import Counted, VillageProgress
from wangge.storage import people, records
from wangge.storage.records import Stored
from wangge.texts import say

SLOT = "progress"
PAGE = 8
MUTABLE = frozenset({"todo"})
"""Plans whose message a person may stop for one period."""


def show(ctx: Context) -> None:
    """Show this month and the last, village by village."""
    months = (ctx.today, month_of(ctx.today)[0] - timedelta(days=1))
    rows = {month: progress(ctx, ctx.person.id, month) for month in months}
    lines = [say("progress.title")]
    for month, found in rows.items():
        lines += [_line(ctx, row, month) for row in found] or [say("progress.empty", month=month.month)]
    buttons = [
        choice("progress.button.list", list_payload(month), month=month.month)
        for month, found in rows.items()
        if any(row.visits for row in found)
    ]
    visit = choice("todo.button.visit", "todo_visit:0:0")
    ctx.reply(Outbound(text="\n".join(lines), choices=(*buttons, visit), slot=SLOT, anew=_is_anew(ctx)))


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """Show a month's visits one by one, or one of them."""
    match target:
        case "list":
            month, _, page = argument.partition(".")
            _show_visits(ctx, _month(month), number_in(page))
        case "visit":
            record = records.find(ctx.tx, number_in(argument))
            if record is None or record.kind != "visit" or record.author != ctx.person.id:
                raise PersonError("error.no_right")
            show_visit(ctx, record)
        case _:
            show(ctx)


def show_visit(ctx: Context, record: Stored) -> None:
    """Show one visit; its author may change it or take it back."""
    kind = CATALOGUE[record.kind]
    shown = {
        field: cards.value_text(kind, field, record.values.get(field), ctx.setting) for field in kind.asks()
    }
    text = say("progress.visit", number=record.number, **shown)
    choices: tuple[Choice, ...] = ()
    if record.state == "withdrawn":
        text += say("progress.visit.withdrawn")
    elif record.author == ctx.person.id:
        choices = (
            choice("button.amend", f"amend:{record.id}:{record.version}"),
            choice("button.withdraw", f"withdraw:{record.id}:{record.version}"),
        )
    ctx.reply(Outbound(text=text, choices=choices, slot=f"{record.kind}:{record.id}", anew=True))


def mute(ctx: Context, target: str, argument: str) -> None:
    """这周不再提醒: the person does not want this plan's message again in this period."""
    if target not in MUTABLE or not (argument.isascii() and argument.isdigit() and len(argument) <= 8):
        raise PersonError("form.stale")
    people.mute(ctx.tx, ctx.person.id, target, argument)
    ctx.toast("progress.muted")


def progress(outgoing: Outgoing, person: int, month: date) -> list[VillageProgress]:
    """Return a person's progress in a month as of now; what happens at this very moment is in."""
    world = outgoing.world
    cutoff = outgoing.now + timedelta(microseconds=1)
    return progress_of(outgoing.tx, person, month, cutoff, world.policy.visits, world.villages)


def list_payload(month: date, page: int = 0) -> str:
    """Return what a button says that opens the visits of a month."""
    return f"progress:list.{month:%Y%m}.{page}:0"


def _line(ctx: Context, row: VillageProgress, month: date) -> str:
    unit = ctx.world.policy.visits.unit
    text_id = "progress.row" if unit == "trip" else "progress.row.unit"
    return say(
        text_id if row.owed else "progress.row.free",
        village=ctx.world.villages.get(row.village, row.village),
        month=month.month,
        done=row.done if row.owed or unit == "trip" else sum(each.counts for each in row.visits),
        owed=row.owed,
        households=row.households,
    )


def _show_visits(ctx: Context, month: date, page: int) -> None:
    """Show the visits of a month by day, each with the reason why it counts or not."""
    found = [each for row in progress(ctx, ctx.person.id, month) for each in row.visits]
    found.sort(key=lambda each: (each.visit.day, each.visit.record))
    rows = [_row(ctx, each) for each in found[page * PAGE : (page + 1) * PAGE]]
    steps = [
        *([choice("button.previous", list_payload(month, page - 1))] if page else []),
        *([choice("button.next", list_payload(month, page + 1))] if len(found) > (page + 1) * PAGE else []),
        choice("progress.button.back", "progress:0:0"),
    ]
    text = say("progress.list" if rows else "progress.empty", month=month.month)
    ctx.reply(Outbound(text=text, choices=(*rows, *steps), slot=SLOT, anew=_is_anew(ctx)))


def _row(ctx: Context, counted: Counted) -> Choice:
    visit = counted.visit
    label = say(
        "progress.list.row",
        day=f"{visit.day:%m-%d}",
        village=ctx.world.villages.get(visit.village, ""),
        households=len(visit.households),
        why=say(counted.why),
    )
    return Choice(label=label[:40], payload=f"progress:visit.{visit.record}:0", wide=True)


def _is_anew(ctx: Context) -> bool:
    return ctx.inbound.sort != "choice"


def _month(text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}01")
    except ValueError:
        raise PersonError("form.stale") from None
    if not 2000 <= month.year <= 2200:
        raise PersonError("form.stale")
    return month
