"""查数: any figure of any period, place and 大类 beside the period before, each with a way to its records."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.periods import find_period
from wangge.reports import closing, digest, figures, periods
from wangge.reports.figures import Figure, Scope, Slice
from wangge.reports.periods import Period
from wangge.rules.calendar import local
from wangge.rules.errors import PersonError
from wangge.rules.policy import Category
from wangge.rules.rights import Person, Subject, lies_in, reach
from wangge.storage import closings
from wangge.texts import say

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


def show(ctx: Context, words: str) -> None:
    """查数: this month so far, or the period, village and 大类 that words name: “10月 东桥村 道路交通”."""
    klass = next((each.key for each in _classes(ctx) if each.name in words), "")
    period = periods.at(_period_in(words, ctx.today), ctx.now)
    _panel(ctx, View(period, village_in(ctx, words), klass), anew=True)


def _period_in(words: str, today: date) -> Period:
    """Return the week, month or year that words name, this month if they name none."""
    first, _ = find_period(words, today) or (today, today)
    sorts = {"week": periods.week, "month": periods.month, "year": periods.year}
    named = (sort for sort in sorts if any(word in words for word in say(f"figures.words.{sort}").split()))
    return sorts[next(named, "month")](first)


def village_in(ctx: Context, words: str) -> str:
    """Return the code of the village that words name, "" if they name none."""
    by_length = sorted(ctx.world.villages.items(), key=lambda village: -len(village[1]))
    return next((code for code, name in by_length if name in words), "")


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
    if view.period.sort == "year" and not view.klass:
        months, total = closing.year(ctx.tx, scope, view.period.first_day.year)
        lines += [say("figures.closed", months=months, **total)] if months else []
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
    classes = [("", say("figures.all_classes")), *((each.key, each.name) for each in _classes(ctx))]
    choices = [Choice(label=name, payload=replace(view, klass=key).payload()) for key, name in classes]
    ctx.reply(Outbound(text=say("figures.ask.class"), choices=tuple(choices), slot=SLOT))


def _classes(ctx: Context) -> list[Category]:
    """Return the 大类 that are told as more than counts."""
    hidden = digest.hidden_classes(ctx.world.policy)
    return [each for each in ctx.world.policy.categories if each.offered and each.key not in hidden]
