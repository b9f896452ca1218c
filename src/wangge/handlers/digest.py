"""The weekly digest (平安周报) in words: ten lines, and the list behind each figure."""

from collections.abc import Sequence
from datetime import date, timedelta

from wangge.handlers import drilldown
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.drilldown import payload, slot
from wangge.handlers.message import Outbound
from wangge.reports import digest, figures
from wangge.reports.digest import Digest, Overdue
from wangge.reports.figures import Period, Scope, Spot
from wangge.rules.calendar import week_of
from wangge.rules.errors import PersonError
from wangge.rules.loop import AT_WORK
from wangge.rules.rights import DESK, Person, Subject, may
from wangge.storage import records, requests
from wangge.storage.records import Stored
from wangge.texts import say

Asked = tuple[Stored, str]
"""An event, and what somebody asks a leader to grant for it: suspend or extend."""
MOST_LINES = 10
MOST_CHARACTERS = 280
TOP_CATEGORIES = 3
LOOK_BACK = timedelta(days=3660)
SHOWN_SPOTS = 2
LONGEST_PLACE = 8
MOST_ASKED = 3
BUTTONS = ("valid", "closed", "open", "overdue", "visits", "late_entry")


def show(ctx: Context) -> None:
    """周报: this week so far, for whoever may read it."""
    period = figures.week(ctx.today, ctx.now)
    ctx.reply(_message(ctx, ctx.person, _scope(ctx, ctx.person), period).model_copy(update={"anew": True}))


def weekly(outgoing: Outgoing, person: Person, week_start: date) -> Outbound | None:
    """Return the digest of a past week; a quiet week has one too. None for who reads none."""
    scope = _scope(outgoing, person) if person.has("town_leader", "area_leader") else ()
    if not scope:
        return None
    return _message(outgoing, person, scope, figures.week(week_start)).model_copy(update={"anew": True})


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
            ctx.reply(_message(ctx, ctx.person, scope, period))
        case "villages":
            drilldown.show_villages(ctx, scope, period, number)
        case "visits":
            drilldown.show_visits(ctx, scope, period, number)
        case _:
            drilldown.show_list(ctx, target, scope, period, number)


def text_of(outgoing: Outgoing, found: Digest, asked: Sequence[Asked] = ()) -> str:
    """Return the digest's words: the verdict always, the rest by weight as far as it has room."""
    lines = _lines(outgoing, found, asked)
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
    if day < ctx.today - LOOK_BACK or week_of(day)[0] != day or day > ctx.today:
        raise PersonError("form.stale")
    return figures.week(day, ctx.now)


def _asked_of(outgoing: Outgoing, person: Person) -> list[Asked]:
    """Return what waits for the person's consent, the oldest first: 挂账 and 延期."""
    waiting = requests.all_open(outgoing.tx, requests.CONSENTS, AT_WORK)
    found = [(records.get(outgoing.tx, each.record), each.kind) for each in waiting if each.record]
    return [(record, kind) for record, kind in found if may(person, kind, Subject(record.area))]


def _message(outgoing: Outgoing, person: Person, scope: Scope, period: Period) -> Outbound:
    world = outgoing.world
    asked = _asked_of(outgoing, person)
    to_decide = [
        choice("digest.button.decide", f"open:{record.id}:0", wide=True, number=record.number)
        for record, _ in asked[:MOST_ASKED]
    ]
    found = digest.build(outgoing.tx, scope, period, outgoing.now, world.policy, world.villages)
    buttons = [
        choice(f"digest.button.{name}", payload(name, period), count=found.figures[name].value)
        for name in BUTTONS
        if found.figures[name].value
    ]
    classes = [
        choice(
            "digest.button.class",
            payload(f"class-{key}", period),
            primary=False,
            name=_class_name(outgoing, key),
            count=count,
        )
        for key, count in list(found.facts.by_category().items())[:TOP_CATEGORIES]
        if key not in digest.hidden_classes(world.policy)
    ]
    villages = choice("digest.button.villages", payload("villages", period))
    return Outbound(
        text=text_of(outgoing, found, asked),
        choices=(*to_decide, *buttons, villages, *classes),
        slot=slot(period),
    )


def _lines(outgoing: Outgoing, found: Digest, asked: Sequence[Asked]) -> list[str]:
    """Return the lines in the order of their weight; the last ones go first when there is no room."""
    values = {name: figure.value for name, figure in found.figures.items()}
    before = {f"{name}_before": figure.value for name, figure in found.before.items()}
    lines = [
        _head(outgoing, found, asked),
        say("digest.events", **values, **before),
        _to_decide(asked),
        _rates(found),
        _overdue(found.overdue),
        _categories(outgoing, found),
        _spots(outgoing, found),
        _visits(found),
        _late(found),
        _days(found),
    ]
    return [line for line in lines if line]


def _to_decide(asked: Sequence[Asked]) -> str:
    named = [
        say("digest.decide.event", number=record.number, what=say(f"act.{kind}"))
        for record, kind in asked[:MOST_ASKED]
    ]
    return say("digest.decide", count=len(asked), events="、".join(named)) if named else ""


def _head(outgoing: Outgoing, found: Digest, asked: Sequence[Asked]) -> str:
    values = {name: figure.value for name, figure in found.figures.items()}
    spot = found.spots[0] if found.spots else None
    place = _place(outgoing, spot) if spot else ""
    reasons = [
        say(f"digest.reason.{reason}", **values, spot=place, count=len(spot.records) if spot else 0)
        for reason in found.reasons
    ]
    reasons += [say("digest.reason.decide", count=len(asked))] if asked else []
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
            days=event.days,
            office=say(f"role.{event.office}" if event.office else "digest.office.none"),
        )
        for event in events
    ]
    return say("digest.overdue", events="、".join(named)) if named else ""


def _categories(outgoing: Outgoing, found: Digest) -> str:
    named = [
        say("digest.category", name=_class_name(outgoing, key), count=count)
        for key, count in list(found.facts.by_category().items())[:TOP_CATEGORIES]
    ]
    return say("digest.categories", categories="、".join(named)) if named else ""


def _class_name(outgoing: Outgoing, key: str) -> str:
    """The name of a class; of a hidden one leaders read only that it is something special."""
    is_hidden = outgoing.world.policy.hides(key)
    return say("category.hidden") if is_hidden else outgoing.setting.category(key)


def _spots(outgoing: Outgoing, found: Digest) -> str:
    named = [
        say(
            "digest.spot",
            place=_place(outgoing, spot),
            count=len(spot.records),
        )
        for spot in found.spots[:SHOWN_SPOTS]
    ]
    return say("digest.spots", spots="、".join(named)) if named else ""


def _place(outgoing: Outgoing, spot: Spot) -> str:
    return outgoing.world.villages.get(spot.area, "") + spot.place[:LONGEST_PLACE]


def _visits(found: Digest) -> str:
    month = digest.month_of_visits(found.period).month
    visits = found.visits
    return say("digest.visits", month=month, done=visits.value, owed=visits.base) if visits.base else ""


def _late(found: Digest) -> str:
    count = found.figures["late_entry"].value
    text_id = "digest.late.running" if found.is_running else "digest.late"
    return say(text_id, count=count) if count else ""


def _days(found: Digest) -> str:
    named = [say("digest.day", month=day.month, day=day.day, name=name) for day, name in found.days]
    return say("digest.days", days="、".join(named)) if named else ""
