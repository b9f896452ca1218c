"""The monthly report (平安月报) in words, and what was entered after a month was closed (补录)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from wangge.handlers import cards
from wangge.handlers import digest as words
from wangge.handlers.context import Context, choice
from wangge.handlers.figures import checked_scope, cutoff_text, dates_of, period_of, title_of
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.reports import closing, digest, figures
from wangge.reports.closing import Amendment
from wangge.reports.digest import Digest
from wangge.reports.figures import Figure, Scope
from wangge.reports.periods import Period
from wangge.rules.calendar import local, month_of
from wangge.storage import closings
from wangge.texts import say

TOP_CATEGORIES = 10
PAGE = 8
REASON = 20
"""Characters of a reason that a line shows."""


def show_last(ctx: Context) -> None:
    """月报: the month that was closed last; while none is, the month before this one as it stands."""
    closed = closings.last(ctx.tx)
    key = f"m{closed.month:%Y%m}c" if closed else f"m{month_of(ctx.today)[0] - timedelta(days=1):%Y%m}n"
    show(ctx, period_of(ctx, key), anew=True)


def show(ctx: Context, period: Period, *, anew: bool = True) -> None:
    """Show one month: 总体, 类型, 渠道, 走访, 逾期; villages stand in table and picture."""
    scope, world = checked_scope(ctx), ctx.world
    found = digest.build(ctx.tx, scope, period, ctx.now, world.policy, world.villages)
    closed = closings.of_month(ctx.tx, period.first_day) if period.judged == "close" else None
    frozen = closing.frozen(ctx.tx, closed, scope) if closed else {}
    found = replace(found, visits=frozen.get("visits", found.visits))
    changed = _amendments(ctx, period.first_day, scope) if closed else []
    lines = [
        _head(ctx, found, is_closed=closed is not None),
        _overall(found, frozen),
        _year_before(ctx, scope, period),
        words.overdue_line(found),
        words.categories_line(ctx, found, TOP_CATEGORIES),
        _sources(ctx, scope, period),
        _outcomes(found),
        words.visits_line(found),
        say("monthly.amended", count=len(changed)) if changed else "",
    ]
    buttons = words.buttons_of(ctx, found, valid="monthly.button.valid")
    if changed:
        buttons.append(_amended_button(period.first_day, 0, len(changed)))
    text = "\n".join(line for line in lines if line)
    ctx.reply(Outbound(text=text, choices=tuple(buttons), slot=f"digest:{period.key}", anew=anew))


def show_amendments(ctx: Context, argument: str) -> None:
    """Show what was entered or changed after a month was closed: `<month>.<page>`."""
    key, _, page = argument.partition(".")
    period, number = period_of(ctx, key), number_in(page) if len(page) < 5 else 0
    scope = checked_scope(ctx)
    found = _amendments(ctx, period.first_day, scope)
    shown = found[number * PAGE : (number + 1) * PAGE]
    title = say("monthly.amendments", month=period.first_day.month, count=len(found))
    rows = [_amendment(ctx, each) for each in shown]
    steps: list[Choice] = []
    if number:
        steps.append(choice("button.previous", _amended_payload(period.first_day, number - 1)))
    if len(found) > (number + 1) * PAGE:
        steps.append(choice("button.next", _amended_payload(period.first_day, number + 1)))
    steps.append(
        choice("monthly.button.back", f"digest:month.{period.key}.0:0", month=period.first_day.month)
    )
    ctx.reply(Outbound(text="\n".join([title, *rows]), choices=tuple(steps), slot=f"digest:{period.key}"))


def _amendments(ctx: Context, month: date, scope: Scope) -> Sequence[Amendment]:
    closed = closings.of_month(ctx.tx, month)
    if closed is None:
        return []
    hidden = digest.hidden_classes(ctx.world.policy)
    found = closing.amendments(ctx.tx, closed, ctx.now, scope, ctx.world.policy, ctx.world.villages)
    return [each for each in found if each.record.klass not in hidden]


def _amendment(ctx: Context, each: Amendment) -> str:
    effects = [
        say("monthly.effect", name=say(f"figure.{name}"), sign="+" if by > 0 else "−")
        for name, by in each.effects.items()
    ]
    told = {"number": each.record.number, "effects": "、".join(effects) or say("monthly.effect.none")}
    if each.why is None:
        return say("monthly.amendment.rules", **told)
    is_late = each.why.act == "report"
    act = say("monthly.late" if is_late else f"act.{each.why.act}")
    reason = cards.brief(each.why.reason, REASON)
    return say(
        "monthly.amendment", **told, at=f"{local(each.why.at):%m-%d %H:%M}", act=act, reason=reason
    ).rstrip()


def _amended_button(month: date, page: int, count: int) -> Choice:
    return choice("monthly.button.amended", _amended_payload(month, page), count=count)


def _amended_payload(month: date, page: int) -> str:
    return f"digest:amended.m{month:%Y%m}c.{page}:0"


def _head(ctx: Context, found: Digest, *, is_closed: bool) -> str:
    return say(
        "monthly.head.closed" if is_closed else "monthly.head",
        town=title_of(ctx, found.scope),
        month=found.period.first_day.month,
        dates=dates_of(found.period),
        cutoff=cutoff_text(found.period),
    )


def _overall(found: Digest, frozen: dict[str, Figure]) -> str:
    """Return the month's figures beside the month before; of a closed month those that were frozen."""
    now = {**found.figures, **frozen}
    texts = {name: each.text for name, each in now.items()}
    before = {f"{name}_before": each.text for name, each in found.before.items()}
    rates = {
        "closed_rate": Figure("closed_rate", now["closed"].value, now["valid"].value).text,
        "met_rate": Figure("met_rate", now["met"].value, now["limits"].value).text,
    }
    text_id = "monthly.overall" if found.before else "monthly.overall.first"
    return say(text_id, **{**texts, **rates, **before})


def _year_before(ctx: Context, scope: Scope, period: Period) -> str:
    """Return the same month a year ago, where there are data."""
    found = figures.before(ctx.tx, scope, period.year_before)
    return say("monthly.year", **{name: each.text for name, each in found.items()}) if found else ""


def _sources(ctx: Context, scope: Scope, period: Period) -> str:
    found = figures.by_source(ctx.tx, scope, period)
    named = [say(f"source.{source}", count=count) for source, count in found.items()]
    return say("monthly.sources", sources="、".join(named)) if named else ""


def _outcomes(found: Digest) -> str:
    names = ("solved", "passed_on", "unsolvable", "untrue", "late_closed")
    named = [
        say("digest.category", name=say(f"figure.{name}"), count=found.figures[name].value)
        for name in names
        if found.figures[name].value
    ]
    return say("monthly.outcomes", outcomes="、".join(named)) if named else ""
