"""The weekly digest (平安周报) in words: ten lines, and the list behind each figure."""

from collections.abc import Sequence
from datetime import date, timedelta

from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.reports import digest, figures
from wangge.reports.digest import Digest, Overdue
from wangge.reports.figures import Period, Scope
from wangge.rules.calendar import week_of
from wangge.rules.errors import PersonError
from wangge.rules.masking import mask_name
from wangge.rules.rights import DESK, Person, Subject
from wangge.storage import people, records
from wangge.storage.records import Stored
from wangge.texts import say

MOST_LINES = 10
MOST_CHARACTERS = 280
PAGE = 8
VILLAGES_PAGE = 20
TOP_CATEGORIES = 3
SHOWN_SPOTS = 2
LABEL_NAME = 5
"""Characters of a 大类 on a button, which holds eight."""
BUTTONS = ("valid", "closed", "open", "overdue", "visits", "late_entry")


def show(ctx: Context) -> None:
    """周报: this week so far, for whoever may read it."""
    period = figures.week(ctx.today, ctx.now)
    ctx.reply(_message(ctx, _scope(ctx, ctx.person), period).model_copy(update={"anew": True}))


def weekly(outgoing: Outgoing, person: Person, week_start: date) -> Outbound | None:
    """Return the digest of a past week; a quiet week has one too. None for who reads none."""
    scope = _scope(outgoing, person) if person.has("town_leader", "area_leader") else ()
    if not scope:
        return None
    return _message(outgoing, scope, figures.week(week_start)).model_copy(update={"anew": True})


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """Open what stands behind a figure: `figure:<name>.<Monday>.<page>:0`."""
    monday, _, page = argument.partition(".")
    period = _period(ctx, monday)
    scope = _scope(ctx, ctx.person)
    if not scope or not all(ctx.may("figure", Subject(area)) for area in scope):
        raise PersonError("error.no_right")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 0
    match target:
        case "digest":
            ctx.reply(_message(ctx, scope, period))
        case "villages":
            _show_villages(ctx, scope, period, number)
        case "visits":
            _show_visits(ctx, scope, period, number)
        case _:
            _show_list(ctx, target, scope, period, number)


def text_of(outgoing: Outgoing, found: Digest) -> str:
    """Return the digest's words: the verdict always, the rest by weight as far as it has room."""
    lines = _lines(outgoing, found)
    kept = lines[:MOST_LINES]
    while len("\n".join(kept)) > MOST_CHARACTERS and len(kept) > 1:
        kept.pop()
    return "\n".join(kept)


def _scope(outgoing: Outgoing, person: Person) -> Scope:
    """Return what a person's digest covers: the whole town, or the areas he leads, each once."""
    if person.has("town_leader", *DESK):
        return (outgoing.world.policy.town.code,)
    areas = sorted(person.areas("area_leader"))
    return tuple(
        area for area in areas if not any(area != other and area.startswith(other) for other in areas)
    )


def _period(ctx: Context, monday: str) -> Period:
    try:
        day = date.fromisoformat(monday)
    except ValueError:
        raise PersonError("form.stale") from None
    if week_of(day)[0] != day or day > ctx.today:
        raise PersonError("form.stale")
    return figures.week(day, ctx.now)


def _message(outgoing: Outgoing, scope: Scope, period: Period) -> Outbound:
    world = outgoing.world
    found = digest.build(outgoing.tx, scope, period, outgoing.now, world.policy, world.villages)
    buttons = [
        choice(f"digest.button.{name}", _payload(name, period), count=found.figures[name].value)
        for name in BUTTONS
        if found.figures[name].value
    ]
    classes = [
        choice(
            "digest.button.class",
            _payload(f"class-{key}", period),
            primary=False,
            name=outgoing.setting.category(key)[:LABEL_NAME],
            count=count,
        )
        for key, count in list(found.facts.by_category().items())[:TOP_CATEGORIES]
        if key not in digest.hidden_classes(world.policy)
    ]
    villages = choice("digest.button.villages", _payload("villages", period))
    return Outbound(
        text=text_of(outgoing, found),
        choices=(*buttons, villages, *classes),
        slot=_slot(period),
        sensitive=True,
    )


def _lines(outgoing: Outgoing, found: Digest) -> list[str]:
    """Return the lines in the order of their weight; the last ones go first when there is no room."""
    values = {name: figure.value for name, figure in found.figures.items()}
    before = {f"{name}_before": figure.value for name, figure in found.before.items()}
    lines = [
        _head(outgoing, found),
        say("digest.events", **values, **before),
        _rates(found),
        _overdue(found.overdue),
        _categories(outgoing, found),
        _spots(outgoing, found),
        _visits(found),
        _late(found),
        _days(found),
    ]
    return [line for line in lines if line]


def _head(outgoing: Outgoing, found: Digest) -> str:
    values = {name: figure.value for name, figure in found.figures.items()}
    spot = found.spots[0] if found.spots else None
    place = outgoing.world.villages.get(spot.area, "") + spot.place if spot else ""
    reasons = [
        say(f"digest.reason.{reason}", **values, spot=place, count=len(spot.records) if spot else 0)
        for reason in found.reasons
    ]
    return say(
        "digest.attention" if reasons else "digest.calm",
        town=_title(outgoing, found.scope),
        first=f"{found.period.first_day:%m-%d}",
        last=f"{outgoing.today if found.is_running else found.period.last_day:%m-%d}",
        reasons="、".join(reasons),
    )


def _title(outgoing: Outgoing, scope: Scope) -> str:
    names = [outgoing.world.names.get(area, area) for area in scope]
    return names[0] if len(names) == 1 else say("digest.several", first=names[0], count=len(names))


def _rates(found: Digest) -> str:
    """A share of fewer than ten says nothing, and the counts stand in the line above."""
    closed, met = found.figures["closed_rate"], found.figures["met_rate"]
    if closed.percent is not None and met.base:
        return say("digest.rates", closed_rate=closed.text, met_rate=met.text)
    if closed.percent is not None:
        return say("digest.rate_closed", closed_rate=closed.text)
    return say("digest.rate_met", met_rate=met.text) if met.base else ""


def _overdue(events: Sequence[Overdue]) -> str:
    named = [
        say(
            "digest.overdue.event" if event.days else "digest.overdue.today",
            number=event.number,
            days=f"{event.days}天",
            office=say(f"role.{event.office}" if event.office else "digest.office.none"),
        )
        for event in events
    ]
    return say("digest.overdue", events="、".join(named)) if named else ""


def _categories(outgoing: Outgoing, found: Digest) -> str:
    named = [
        say("digest.category", name=outgoing.setting.category(key), count=count)
        for key, count in list(found.facts.by_category().items())[:TOP_CATEGORIES]
    ]
    return say("digest.categories", categories="、".join(named)) if named else ""


def _spots(outgoing: Outgoing, found: Digest) -> str:
    villages = outgoing.world.villages
    named = [
        say(
            "digest.spot",
            village=villages.get(spot.area, spot.area),
            place=spot.place[:8],
            count=len(spot.records),
        )
        for spot in found.spots[:SHOWN_SPOTS]
    ]
    return say("digest.spots", spots="、".join(named)) if named else ""


def _visits(found: Digest) -> str:
    month = (found.period.cutoff - timedelta(microseconds=1)).astimezone().month
    visits = found.visits
    return say("digest.visits", month=month, done=visits.value, owed=visits.base) if visits.base else ""


def _late(found: Digest) -> str:
    count = found.figures["late_entry"].value
    text_id = "digest.late.running" if found.is_running else "digest.late"
    return say(text_id, count=count) if count else ""


def _days(found: Digest) -> str:
    named = [say("digest.day", month=day.month, day=day.day, name=name) for day, name in found.days]
    return say("digest.days", days="、".join(named)) if named else ""


def _show_list(ctx: Context, name: str, scope: Scope, period: Period, page: int) -> None:
    """Show the events behind a figure; those told as counts only are counted and not listed."""
    everything = figures.read(ctx.tx, scope, period).choose(name)
    hidden = digest.hidden_classes(ctx.world.policy)
    open_to_all = [fact for fact in everything if fact.klass not in hidden or _is_own(ctx, fact.id)]
    shown = [records.get(ctx.tx, fact.id) for fact in open_to_all[page * PAGE : (page + 1) * PAGE]]
    title = _list_title(ctx, name)
    lines = [say("digest.list" if everything else "digest.list.empty", title=title, count=len(everything))]
    if len(open_to_all) < len(everything):
        lines.append(say("digest.list.hidden", count=len(everything) - len(open_to_all)))
    rows = [_row(ctx, record) for record in shown if ctx.may("open", _subject(record))]
    more = len(open_to_all) > (page + 1) * PAGE
    _show(ctx, "\n".join(lines), [*rows, *_steps(name, period, page, more=more)], period)


def _is_own(ctx: Context, record: int) -> bool:
    """The desk sees all, and who has reported or handles an event knows it anyway."""
    if ctx.person.has(*DESK):
        return True
    stored = records.get(ctx.tx, record)
    return ctx.person.id in {stored.author, stored.holder}


def _subject(record: Stored) -> Subject:
    return Subject(record.area, record.author, record.holder)


def _list_title(ctx: Context, name: str) -> str:
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


def _show_villages(ctx: Context, scope: Scope, period: Period, page: int) -> None:
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
    more = len(rows) > (page + 1) * VILLAGES_PAGE
    _show(ctx, "\n".join([title, *shown]), _steps("villages", period, page, more=more), period)


def _show_visits(ctx: Context, scope: Scope, period: Period, page: int) -> None:
    """Show the visits that count in the month; whose they are by surname only."""
    world = ctx.world
    behind = digest.visits_behind(ctx.tx, scope, period, world.policy, world.villages)
    found = digest.visits_figure(ctx.tx, scope, period, world.policy, world.villages)
    shown = behind[page * PAGE : (page + 1) * PAGE]
    names = people.by_ids(ctx.tx, {each.visit.author for each in shown}, ctx.today)
    rows = [
        say(
            "digest.visits.row",
            day=f"{each.visit.day:%m-%d}",
            village=world.villages.get(each.visit.village, ""),
            name=_name(ctx, names.get(each.visit.author)),
            households=len(each.visit.households),
        )
        for each in behind
        if each in shown
    ]
    month = digest.month_of_visits(period).month
    title = say("digest.visits.title", month=month, done=found.value, owed=found.base)
    more = len(behind) > (page + 1) * PAGE
    _show(ctx, "\n".join([title, *rows]), _steps("visits", period, page, more=more), period)


def _name(ctx: Context, person: Person | None) -> str:
    if person is None:
        return ""
    return person.name if ctx.person.has(*DESK) else mask_name(person.name)


def _show(ctx: Context, text: str, choices: Sequence[Choice], period: Period) -> None:
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot=_slot(period), sensitive=True))


def _steps(name: str, period: Period, page: int, *, more: bool) -> list[Choice]:
    return [
        *([choice("button.previous", _payload(name, period, page - 1))] if page else []),
        *([choice("button.next", _payload(name, period, page + 1))] if more else []),
        choice("digest.button.back", _payload("digest", period)),
    ]


def _payload(name: str, period: Period, page: int = 0) -> str:
    return f"figure:{name}.{period.first_day:%Y%m%d}.{page}:0"


def _slot(period: Period) -> str:
    return f"digest:{period.first_day:%Y%m%d}"
