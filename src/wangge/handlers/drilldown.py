"""What stands behind a figure: why it is what it is (口径), and its records; villages and visits."""

from wangge.handlers.context import Context, choice
from wangge.handlers.figures import (
    SLOT,
    View,
    checked_scope,
    cutoff_text,
    dates_of,
    payload,
    period_of,
    title_of,
)
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.reports import digest, figures
from wangge.reports.figures import Scope, Slice
from wangge.reports.periods import Period
from wangge.rules.errors import PersonError
from wangge.rules.masking import mask_name
from wangge.rules.rights import DESK, Person, Subject
from wangge.storage import people, records
from wangge.storage.counts import Fact
from wangge.storage.records import Stored
from wangge.texts import say

PAGE = 8
VILLAGES_PAGE = 20


def on_figure(ctx: Context, target: str, argument: str) -> None:
    """Open what stands behind a figure: `figure:<slice>.<period>.<page>:0`."""
    key, _, page = argument.partition(".")
    period, number = period_of(ctx, key), number_in(page) if len(page) < 5 else 0
    if target in {"villages", "visits"}:
        scope = checked_scope(ctx)
        opened = _villages if target == "villages" else _visits
        opened(ctx, scope, period, number, anew=not page)
        return
    part = Slice.read(target)
    if part is None:
        raise PersonError("form.stale")
    _list(ctx, part, checked_scope(ctx, part.area, part.klass), period, number, anew=not page)


def _list(ctx: Context, part: Slice, scope: Scope, period: Period, page: int, *, anew: bool) -> None:
    """Say why a figure is what it is, and list its events; those told as counts only are not listed."""
    everything = figures.behind(ctx.tx, part, scope, period)
    hidden = digest.hidden_classes(ctx.world.policy)
    listed = [fact for fact in everything if fact.klass not in hidden or _knows(ctx, fact)]
    shown = [records.get(ctx.tx, fact.id) for fact in listed[page * PAGE : (page + 1) * PAGE]]
    place = title_of(ctx, scope) + (f" {ctx.setting.category(part.klass)}" if part.klass else "")
    lines = [
        say(
            "figures.list" if everything else "figures.list.empty",
            name=say(f"figure.{part.name}"),
            count=len(everything),
            place=place,
            dates=dates_of(period),
            cutoff=cutoff_text(period),
            how=say(f"figure.{part.name}.how"),
        )
    ]
    if len(listed) < len(everything):
        lines.append(say("digest.list.hidden", count=len(everything) - len(listed)))
    rows = [_row(ctx, record, period) for record in shown if ctx.may("open", _subject(record))]
    to_panel = View(period, part.area, part.klass)
    steps = _steps(part.text, period, page, to_panel, more=len(listed) > (page + 1) * PAGE)
    _show(ctx, lines, [*rows, *steps], anew=anew)


def _villages(ctx: Context, scope: Scope, period: Period, page: int, *, anew: bool) -> None:
    """Show the villages in the order of their codes: a table, never a ranking."""
    inside = [code for code in ctx.world.villages if any(code.startswith(area) for area in scope)]
    table = figures.read(ctx.tx, scope, period).by_village(inside)
    rows = [
        say("digest.villages.row", village=ctx.world.villages[code], **numbers)
        for code, numbers in table.items()
    ]
    title = say("digest.villages.title", dates=dates_of(period))
    shown = rows[page * VILLAGES_PAGE : (page + 1) * VILLAGES_PAGE]
    more = len(rows) > (page + 1) * VILLAGES_PAGE
    _show(ctx, [title, *shown], _steps("villages", period, page, View(period), more=more), anew=anew)


def _visits(ctx: Context, scope: Scope, period: Period, page: int, *, anew: bool) -> None:
    """Show the visits that count; whose they are by surname only."""
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
    title = say(
        "digest.visits.title",
        month=digest.month_of_visits(period).month,
        done=sum(each.adds for each in counted),
        owed=owed,
        how=say("figure.visits.how"),
    )
    more = len(counted) > (page + 1) * PAGE
    _show(ctx, [title, *rows], _steps("visits", period, page, View(period), more=more), anew=anew)


def _knows(ctx: Context, fact: Fact | Stored) -> bool:
    """The desk sees all, and who has reported or handles an event knows it anyway."""
    if ctx.may("accept", Subject(fact.area)):
        return True
    stored = records.get(ctx.tx, fact.id)
    return ctx.person.id in {stored.author, stored.holder}


def _subject(record: Stored) -> Subject:
    return Subject(record.area, record.author, record.holder)


def _row(ctx: Context, record: Stored, period: Period) -> Choice:
    """Return a row without the event's words, which may name people; what happened before is marked."""
    is_late = record.happened_on < period.first_day
    is_hidden = record.klass in digest.hidden_classes(ctx.world.policy) and not _knows(ctx, record)
    label = say(
        "digest.list.row.late" if is_late else "digest.list.row",
        number=record.number,
        village=ctx.world.villages.get(record.area[:12], ""),
        category=say("category.hidden") if is_hidden else ctx.setting.category(record.klass),
        state=say(f"state.{record.state}"),
    )
    return Choice(label=label[:40], payload=f"open:{record.id}:0", wide=True)


def _name(ctx: Context, person: Person | None) -> str:
    if person is None:
        return ""
    return person.name if ctx.person.has(*DESK) else mask_name(person.name)


def _steps(part: str, period: Period, page: int, back: View, *, more: bool) -> list[Choice]:
    return [
        *([choice("button.previous", payload(part, period, page - 1))] if page else []),
        *([choice("button.next", payload(part, period, page + 1))] if more else []),
        choice("figures.button.back", back.payload()),
    ]


def _show(ctx: Context, lines: list[str], choices: list[Choice], *, anew: bool) -> None:
    ctx.reply(Outbound(text="\n".join(lines), choices=tuple(choices), slot=SLOT, anew=anew))
