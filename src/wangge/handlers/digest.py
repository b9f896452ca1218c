"""The weekly digest (平安周报) in words: ten lines, and the list behind each figure."""

import re
from collections.abc import Sequence
from datetime import date

from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.figures import (
    View,
    checked_scope,
    dates_of,
    payload,
    picture_payload,
    scope_of,
    table_payload,
    title_of,
)
from wangge.handlers.grammar import SURNAME
from wangge.handlers.message import Choice, Outbound
from wangge.reports import digest, periods
from wangge.reports.digest import Digest
from wangge.reports.figures import Scope, Slice, Spot
from wangge.reports.periods import Period
from wangge.rules.loop import AT_WORK
from wangge.rules.rights import Person, Subject, may
from wangge.storage import closings, people, records, requests
from wangge.storage.records import Stored
from wangge.texts import say

Asked = tuple[Stored, str]
"""An event, and what somebody asks a leader to grant for it: suspend or extend."""
HOUSE = re.compile(f"[老小]?{SURNAME}家")
MOST_LINES = 10
MOST_CHARACTERS = 280
TOP_CATEGORIES = 3
SHOWN_SPOTS = 2
SHOWN_SIGNS = 2
LONGEST_PLACE = 8
MOST_ASKED = 3
PLAN, PICTURE_PLAN, ALWAYS = "digest", "digest_picture", "always"
"""Under these names it is kept that somebody wants fewer messages."""
BUTTONS = ("overdue", "valid", "closed", "open", "visits", "late_entry")


def show(ctx: Context) -> None:
    """周报: this week so far, for whoever may read it."""
    period = periods.week(ctx.today, ctx.now)
    ctx.reply(_message(ctx, ctx.person, checked_scope(ctx), period))


def weekly(outgoing: Outgoing, person: Person, week_start: date, picture: str = "") -> Outbound | None:
    """Return the digest of a past week; a quiet week has one too. None for who gets none.

    `picture` is the hash of its drawing, "" if it goes without one.
    """
    scope = recipient_scope(outgoing, person)
    if not scope:
        return None
    period = periods.week(week_start)
    message = _message(outgoing, person, scope, period)
    fewer = choice("digest.button.fewer", "digest:fewer:0", primary=False)
    choices = (*message.choices, fewer)
    if not picture:
        return message.model_copy(update={"choices": choices})
    others = tuple(each for each in choices if each.payload != picture_payload(period))
    drawn = {"file": picture, "file_name": say("digest.picture_name"), "is_picture": True}
    return message.model_copy(update={"choices": others, **drawn})


def recipient_scope(outgoing: Outgoing, person: Person) -> Scope:
    """Return what the weekly digest of a person covers; nothing if no post gets it, or he wants none."""
    roles = outgoing.world.policy.reports.digest_to
    is_muted = people.is_muted(outgoing.tx, person.id, PLAN, ALWAYS)
    return scope_of(outgoing, person) if person.has(*roles) and not is_muted else ()


def wants_picture(outgoing: Outgoing, person: Person) -> bool:
    """Tell whether the digest goes with its picture to that person."""
    return not people.is_muted(outgoing.tx, person.id, PICTURE_PLAN, ALWAYS)


def text_of(outgoing: Outgoing, found: Digest, asked: Sequence[Asked] = ()) -> str:
    """Return the digest's words: the verdict always, the rest by weight as far as it has room."""
    lines = _lines(outgoing, found, asked)
    kept = lines[:MOST_LINES]
    while len("\n".join(kept)) > MOST_CHARACTERS and len(kept) > 1:
        kept.pop()
    return "\n".join(kept)


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
    return Outbound(
        text=text_of(outgoing, found, asked),
        choices=(*to_decide, *buttons_of(outgoing, found), *_month_button(outgoing, period)),
        slot=f"digest:{period.key}",
        anew=True,
    )


def buttons_of(outgoing: Outgoing, found: Digest, **labels: str) -> list[Choice]:
    """Return the buttons that open the figures of a digest, its table and its picture.

    `labels` are text ids of figures that are called otherwise than in the weekly digest.
    """
    period = found.period
    buttons = [
        choice(
            labels.get(name, f"digest.button.{name}"), payload(name, period), count=found.figures[name].value
        )
        for name in BUTTONS
        if found.figures[name].value
    ]
    classes = [
        choice(
            "digest.button.class",
            payload(Slice("valid", klass=key).text, period),
            primary=False,
            name=_class_name(outgoing, key),
            count=count,
        )
        for key, count in list(found.numbers.by_category().items())[:TOP_CATEGORIES]
        if key not in digest.hidden_classes(outgoing.world.policy)
    ]
    return [
        *buttons,
        choice("digest.button.villages", payload("villages", period)),
        choice("digest.button.table", table_payload(period)),
        choice("digest.button.figures", View(period).payload(asks="+")),
        choice("digest.button.picture", picture_payload(period)),
        *classes,
    ]


def _month_button(outgoing: Outgoing, period: Period) -> list[Choice]:
    """The digest of the week in which a month was closed leads to its report: no message of its own."""
    closing = closings.last(outgoing.tx)
    if closing is None or not period.start <= closing.cutoff < period.end:
        return []
    return [
        choice("digest.button.month", f"digest:month.m{closing.month:%Y%m}c:0", month=closing.month.month)
    ]


def _lines(outgoing: Outgoing, found: Digest, asked: Sequence[Asked]) -> list[str]:
    """Return the lines in the order of their weight; the last ones go first when there is no room."""
    values = {name: figure.value for name, figure in found.figures.items()}
    before = {f"{name}_before": figure.value for name, figure in found.before.items()}
    lines = [
        _head(outgoing, found, asked),
        say("digest.events" if found.before else "digest.events.first", **values, **before),
        _to_decide(asked),
        _rates(found),
        overdue_line(found),
        categories_line(outgoing, found),
        _spots(outgoing, found),
        _signs(outgoing, found),
        visits_line(found),
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
        town=title_of(outgoing, found.scope),
        dates=dates_of(found.period),
        reasons="、".join(reasons),
    )


def _rates(found: Digest) -> str:
    """A share of fewer than ten says nothing, and the counts stand in the line above."""
    closed, met = found.figures["closed_rate"], found.figures["met_rate"]
    if closed.percent is not None and met.base:
        return say("digest.rates", closed_rate=closed.text, met_rate=met.text)
    if closed.percent is not None:
        return say("digest.rate_closed", closed_rate=closed.text)
    return say("digest.rate_met", met_rate=met.text) if met.base else ""


def overdue_line(found: Digest) -> str:
    """Return what is overdue longest, by number, days and office, and how many there are if it is not all."""
    named = [
        say(
            "digest.overdue.event" if event.days else "digest.overdue.today",
            number=event.number,
            days=event.days,
            office=say(f"role.{event.office}" if event.office else "digest.office.none"),
        )
        for event in found.overdue
    ]
    count = found.figures["overdue"].value
    text_id = "digest.overdue.more" if count > len(named) else "digest.overdue"
    return say(text_id, events="、".join(named), count=count) if named else ""


def categories_line(outgoing: Outgoing, found: Digest, most: int = TOP_CATEGORIES) -> str:
    """Return the 大类 with most valid events."""
    named = [
        say("digest.category", name=_class_name(outgoing, key), count=count)
        for key, count in list(found.numbers.by_category().items())[:most]
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


def _signs(outgoing: Outgoing, found: Digest) -> str:
    named = [
        say("digest.sign", name=_class_name(outgoing, sign.klass), before=sign.before, now=sign.now)
        for sign in found.signs[:SHOWN_SIGNS]
    ]
    return say("digest.signs", signs="、".join(named)) if named else ""


def _place(outgoing: Outgoing, spot: Spot) -> str:
    """Return a place as it may be pushed to leaders: whose house it is stays out."""
    place = HOUSE.sub(say("digest.house"), " ".join(spot.place.split()))
    return outgoing.world.villages.get(spot.area, "") + place[:LONGEST_PLACE]


def visits_line(found: Digest) -> str:
    """Return the visits counted and owed in the month."""
    month = digest.month_of_visits(found.period).month
    visits = found.visits
    return say("digest.visits", month=month, done=visits.value, owed=visits.base) if visits.base else ""


def _late(found: Digest) -> str:
    count = found.figures["late_entry"].value
    text_id = "digest.late.running" if found.period.is_running else "digest.late"
    return say(text_id, count=count) if count else ""


def _days(found: Digest) -> str:
    named = [say("digest.day", month=day.month, day=day.day, name=name) for day, name in found.days]
    return say("digest.days", days="、".join(named)) if named else ""
