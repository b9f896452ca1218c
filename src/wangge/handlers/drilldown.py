"""What stands behind the figures of a digest: lists of events and visits, the table of villages."""

from collections.abc import Sequence

from wangge.handlers.context import Context, choice
from wangge.handlers.message import Choice, Outbound
from wangge.reports import digest, figures
from wangge.reports.figures import Period, Scope
from wangge.rules.errors import PersonError
from wangge.rules.masking import mask_name
from wangge.rules.rights import DESK, Person, Subject
from wangge.storage import people, records
from wangge.storage.records import Stored
from wangge.texts import say

PAGE = 8
VILLAGES_PAGE = 20


def payload(name: str, period: Period, page: int = 0) -> str:
    """Return what a button says that opens a figure."""
    return f"figure:{name}.{period.first_day:%Y%m%d}.{page}:0"


def slot(period: Period) -> str:
    """Return the slot of a period's digest, in which its lists take turns."""
    return f"digest:{period.first_day:%Y%m%d}"


def show_list(ctx: Context, name: str, scope: Scope, period: Period, page: int) -> None:
    """Show the events behind a figure; those told as counts only are counted and not listed."""
    title = _title(ctx, name)
    everything = figures.behind(ctx.tx, name, scope, period)
    hidden = digest.hidden_classes(ctx.world.policy)
    listed = [fact for fact in everything if fact.klass not in hidden or _knows(ctx, fact.id)]
    shown = [records.get(ctx.tx, fact.id) for fact in listed[page * PAGE : (page + 1) * PAGE]]
    lines = [say("digest.list" if everything else "digest.list.empty", title=title, count=len(everything))]
    if len(listed) < len(everything):
        lines.append(say("digest.list.hidden", count=len(everything) - len(listed)))
    rows = [_row(ctx, record) for record in shown if ctx.may("open", _subject(record))]
    steps = _steps(name, period, page, more=len(listed) > (page + 1) * PAGE)
    _show(ctx, lines, [*rows, *steps], period)


def show_villages(ctx: Context, scope: Scope, period: Period, page: int) -> None:
    """Show the villages in the order of their codes: a table, never a ranking."""
    inside = [code for code in ctx.world.villages if any(code.startswith(area) for area in scope)]
    table = figures.read(ctx.tx, scope, period).by_village(inside)
    rows = [
        say(
            "digest.villages.row",
            village=ctx.world.villages[code],
            valid=valid,
            closed=closed,
            open=still,
        )
        for code, (valid, closed, still) in table.items()
    ]
    title = say("digest.villages.title", first=f"{period.first_day:%m-%d}", last=f"{period.last_day:%m-%d}")
    shown = rows[page * VILLAGES_PAGE : (page + 1) * VILLAGES_PAGE]
    steps = _steps("villages", period, page, more=len(rows) > (page + 1) * VILLAGES_PAGE)
    _show(ctx, [title, *shown], steps, period)


def show_visits(ctx: Context, scope: Scope, period: Period, page: int) -> None:
    """Show the visits that count in the month; whose they are by surname only."""
    world = ctx.world
    counted, owed = digest.visits_behind(ctx.tx, scope, period, world.policy, world.villages)
    shown = counted[page * PAGE : (page + 1) * PAGE]
    names = people.by_ids(ctx.tx, {each.visit.author for each in shown}, ctx.today)
    rows = [
        say(
            "digest.visits.row",
            day=f"{each.visit.day:%m-%d}",
            village=world.villages.get(each.visit.village, ""),
            name=_name(ctx, names.get(each.visit.author)),
            households=len(each.visit.households),
        )
        for each in shown
    ]
    month = digest.month_of_visits(period).month
    done = sum(each.adds for each in counted)
    title = say("digest.visits.title", month=month, done=done, owed=owed)
    _show(ctx, [title, *rows], _steps("visits", period, page, more=len(counted) > (page + 1) * PAGE), period)


def _knows(ctx: Context, record: int) -> bool:
    """The desk sees all, and who has reported or handles an event knows it anyway."""
    if ctx.person.has(*DESK):
        return True
    stored = records.get(ctx.tx, record)
    return ctx.person.id in {stored.author, stored.holder}


def _subject(record: Stored) -> Subject:
    return Subject(record.area, record.author, record.holder)


def _title(ctx: Context, name: str) -> str:
    sort, _, key = name.partition("-")
    if sort == "class":
        return ctx.setting.category(key)
    if sort == "in":
        return ctx.world.names.get(key, key)
    if name not in figures.CHOICES:
        raise PersonError("form.stale")
    return say(f"digest.title.{name}")


def _row(ctx: Context, record: Stored) -> Choice:
    """Return a row without the event's words, which may name people."""
    label = say(
        "digest.list.row",
        number=record.number,
        village=ctx.world.villages.get(record.area[:12], ""),
        category=ctx.setting.category(record.klass),
        state=say(f"state.{record.state}"),
    )
    return Choice(label=label[:40], payload=f"open:{record.id}:0", wide=True)


def _name(ctx: Context, person: Person | None) -> str:
    if person is None:
        return ""
    return person.name if ctx.person.has(*DESK) else mask_name(person.name)


def _show(ctx: Context, lines: Sequence[str], choices: Sequence[Choice], period: Period) -> None:
    ctx.reply(Outbound(text="\n".join(lines), choices=tuple(choices), slot=slot(period)))


def _steps(name: str, period: Period, page: int, *, more: bool) -> list[Choice]:
    return [
        *([choice("button.previous", payload(name, period, page - 1))] if page else []),
        *([choice("button.next", payload(name, period, page + 1))] if more else []),
        choice("digest.button.back", payload("digest", period)),
    ]
