"""查数: any figure of any period, place and 大类, what it means (口径), and the records behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.reports import digest, figures, periods
from wangge.reports.figures import Figure, Scope, Slice
from wangge.reports.periods import Period
from wangge.rules.calendar import local
from wangge.rules.errors import PersonError
from wangge.rules.masking import mask_name
from wangge.rules.rights import DESK, Person, Subject, lies_in, reach
from wangge.storage import closings, people, records
from wangge.storage.counts import Fact
from wangge.storage.records import Stored
from wangge.texts import say

PAGE = 8
VILLAGES_PAGE = 20
EARLIEST = timedelta(days=3660)
PERIODS = ("this_week", "last_week", "this_month", "last_month", "this_year")
SHOWN = (
    "reported",
    "valid",
    "closed",
    "open",
    "overdue",
    "limits",
    "met",
    "late_closed",
    "solved",
    "passed_on",
    "unsolvable",
    "untrue",
    "critical",
    "late_entry",
    "satisfied",
)
"""Figures that have a button of their own; a rate stands beside what it is a share of."""
SLOT = "figures"


@dataclass(frozen=True)
class View:
    """What the panel shows: a period, of one place (none: all that is one's own), of one 大类 or of all."""

    period: Period
    area: str = ""
    klass: str = ""

    def payload(self, *, asks: str = "") -> str:
        """Return what a button says: show this, as a new message (+), or ask for place (?) or 大类 (!)."""
        return f"figures:{self.period.key}.{self.area or '-'}.{self.klass or '-'}{asks}:0"


def payload(part: str, period: Period, page: int | None = None) -> str:
    """Return what a button says that opens a slice, villages or visits; a page of it in place."""
    return f"figure:{part}.{period.key}{'' if page is None else f'.{page}'}:0"


def picture_payload(period: Period) -> str:
    """Return what a button says that sends the picture of a period."""
    return f"digest:picture.{period.key}:0"


def table_payload(period: Period) -> str:
    """Return what a button says that sends the table of villages of a period."""
    return f"digest:table.{period.key}:0"


def show(ctx: Context) -> None:
    """查数: this month so far, for whoever may read figures."""
    _panel(ctx, View(periods.at(periods.month(ctx.today), ctx.now)), anew=True)


def on_panel(ctx: Context, target: str, argument: str) -> None:
    """Show the panel, or ask which place or 大类: `figures:<period>.<area>.<class><mark>:0`."""
    area, _, klass = argument.partition(".")
    view = View(period_of(ctx, target), area.strip("-"), klass.rstrip("?!+").strip("-"))
    checked_scope(ctx, view.area, view.klass)
    match klass[-1:]:
        case "?":
            _ask_area(ctx, view)
        case "!":
            _ask_class(ctx, view)
        case mark:
            _panel(ctx, view, anew=mark == "+")


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


def scope_of(outgoing: Outgoing, person: Person) -> Scope:
    """Return what a person's figures cover: the whole town, or his areas in it, each once."""
    town, areas = outgoing.world.policy.town.code, reach(person, "figure")
    if any(lies_in(town, area) for area in areas):
        return (town,)
    return tuple(area for area in areas if lies_in(area, town))


def period_of(ctx: Context, key: str) -> Period:
    """Return the period that a button names.

    Raises:
        PersonError: it names none, or one of too long ago.
    """
    found = periods.of_key(key, ctx.now, partial(closings.cutoff_of, ctx.tx))
    if found is None or found.first_day < ctx.today - EARLIEST:
        raise PersonError("form.stale")
    return found


def title_of(outgoing: Outgoing, scope: Scope) -> str:
    """Return what places are called together."""
    names = [outgoing.world.names.get(area, area) for area in scope]
    return names[0] if len(names) == 1 else say("digest.several", first=names[0], count=len(names))


def dates_of(period: Period) -> str:
    """Return the days of a period as far as it is counted: 11-16至11-22."""
    return say("figures.dates", first=f"{period.first_day:%m-%d}", last=f"{period.last_counted_day:%m-%d}")


def checked_scope(ctx: Context, area: str = "", klass: str = "") -> Scope:
    """Return the scope of who asks, narrowed; whatever a button says, the rights are asked now."""
    scope = scope_of(ctx, ctx.person)
    if not scope:
        raise PersonError("error.no_right")
    is_hidden = klass in digest.hidden_classes(ctx.world.policy)
    if is_hidden and not all(ctx.may("accept", Subject(each)) for each in scope):
        raise PersonError("error.no_right")
    if area and not any(area.startswith(each) for each in scope):
        raise PersonError("error.no_right")
    return (area,) if area else scope


def _panel(ctx: Context, view: View, *, anew: bool) -> None:
    """Show every figure of a view beside the period before, with a way to each."""
    scope = checked_scope(ctx, view.area, view.klass)
    found = figures.totals(ctx.tx, scope, view.period, view.klass)
    before = figures.totals(ctx.tx, scope, view.period.before, view.klass)
    lines = [
        say(
            "figures.head",
            place=title_of(ctx, scope),
            dates=dates_of(view.period),
            category=ctx.setting.category(view.klass) if view.klass else say("figures.all_classes"),
            cutoff=cutoff_text(view.period),
        ),
        *(_line(number, found, before) for number in range(1, 5)),
    ]
    if not view.klass:
        visits = digest.visits_figure(ctx.tx, scope, view.period, ctx.world.policy, ctx.world.villages)
        lines.append(say("figures.visits", done=visits.value, owed=visits.base))
    shown = [name for name in SHOWN if found[name].value]
    buttons = [
        Choice(
            label=say("figures.button", name=say(f"figure.{name}"), count=found[name].value),
            payload=payload(Slice(name, view.area, view.klass).text, view.period, 0),
        )
        for name in shown
    ]
    steps = [
        *(
            choice(f"figures.period.{name}", replace(view, period=each).payload())
            for name, each in _periods(ctx)
            if each.key != view.period.key
        ),
        choice("figures.button.area", view.payload(asks="?")),
        choice("figures.button.class", view.payload(asks="!")),
    ]
    if not view.area and not view.klass:
        steps += [
            choice("digest.button.picture", picture_payload(view.period)),
            choice("digest.button.table", table_payload(view.period)),
        ]
    message = Outbound(text="\n".join(lines), choices=(*steps, *buttons), slot=SLOT, anew=anew)
    ctx.reply(message, is_question=False)


def _line(number: int, found: Mapping[str, Figure], before: Mapping[str, Figure]) -> str:
    texts = {name: each.text for name, each in found.items()}
    return say(
        f"figures.line.{number}", **texts, **{f"{name}_before": each.text for name, each in before.items()}
    )


def _periods(ctx: Context) -> list[tuple[str, Period]]:
    today, now = ctx.today, ctx.now
    week, month, year = periods.week(today), periods.month(today), periods.year(today)
    found = (week, week.before, month, month.before, year)
    return [(name, periods.at(each, now)) for name, each in zip(PERIODS, found, strict=True)]


def cutoff_text(period: Period) -> str:
    """Return until when is counted; midnight is said as the end of the day before."""
    if period.judged == "end" and not period.is_running:
        return f"{period.last_day:%m-%d}"
    return f"{local(period.cutoff):%m-%d %H:%M}"


def _ask_area(ctx: Context, view: View) -> None:
    scope = checked_scope(ctx)
    inside = [code for code in ctx.world.villages if any(code.startswith(area) for area in scope)]
    areas = [("", title_of(ctx, scope)), *((code, ctx.world.villages[code]) for code in inside)]
    choices = [Choice(label=name, payload=replace(view, area=code).payload()) for code, name in areas]
    ctx.reply(Outbound(text=say("figures.ask.area"), choices=tuple(choices), slot=SLOT))


def _ask_class(ctx: Context, view: View) -> None:
    hidden = digest.hidden_classes(ctx.world.policy)
    named = [each for each in ctx.world.policy.categories if each.offered and each.key not in hidden]
    classes = [("", say("figures.all_classes")), *((each.key, each.name) for each in named)]
    choices = [Choice(label=name, payload=replace(view, klass=key).payload()) for key, name in classes]
    ctx.reply(Outbound(text=say("figures.ask.class"), choices=tuple(choices), slot=SLOT))


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
