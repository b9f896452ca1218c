"""Leave (请假): when, who stands in, and back again (销假)."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from wangge.handlers import cards, handover
from wangge.handlers.context import Context, choice
from wangge.handlers.dates import read_range
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.records.values import ROLES
from wangge.rules.duty import Leave, may_stand_in
from wangge.rules.errors import PersonError
from wangge.rules.rights import Person
from wangge.storage import leases, people
from wangge.texts import say

BY = re.compile(r"[由让请]\s*(?P<name>\S{1,20}?)\s*(?:代班?|代理|替班?|顶班?)[。.!！]?\s*$")
OTHERS_NAMED = 4


def take(ctx: Context, words: str) -> None:
    """Take leave: 请假 12-1到12-5 由郭春花代; nothing owed is reminded of in that time."""
    if not words:
        ctx.open(about="leave", draft=None)
        ctx.say("leave.ask")
        return
    by = BY.search(words)
    first, last = read_range(words[: by.start()] if by else words, ctx.today)
    # Of two who name each other at the same moment the second has to see the first.
    leases.wait_for_turn(ctx.tx, "leave")
    substitute = _substitute(ctx, by["name"], first, last) if by else None
    was_on_duty = ctx.on_duty[:1] == [ctx.person]
    before = people.cut_leaves(ctx.tx, ctx.person.id, first, last)
    taken = people.take_leave(ctx.tx, ctx.person.id, first, last, substitute.id if substitute else None)
    ctx.open(about="")
    _free(ctx, before, substitute, first, last)
    days = span(first, last, ctx.today)
    lines = [
        say("leave.taken", days=days),
        say("leave.by", name=substitute.name)
        if substitute
        else say("leave.how", written=_written(first, last)),
        *_stood_in_for(ctx, first, last),
    ]
    called = ctx.on_duty_of(ctx.day_of_duty)[:1] if was_on_duty else []
    if was_on_duty and not called:
        lines.append(say("leave.leaves_nobody"))
    _tell_who_does_it_now(ctx, days, substitute, next(iter(called), None))
    lines.append(say("leave.change"))
    ctx.reply(Outbound(text="\n".join(lines), choices=(_to_end(taken),)))


def end(ctx: Context, which: str = "") -> None:
    """Take a leave back, or what is left of it; of several one is chosen."""
    found = people.leaves_touching(ctx.tx, ctx.today, date.max, person=ctx.person.id)
    chosen = [leave for leave in found if leave.id == number_in(which)] if which else found
    if not chosen:
        raise PersonError("form.stale" if found else "leave.none")
    if len(chosen) > 1:
        choices = tuple(
            Choice(label=span(leave.first, leave.last, ctx.today), payload=f"end_leave:{leave.id}:0")
            for leave in chosen
        )
        ctx.say("leave.which", *choices)
        return
    first, last = max(chosen[0].first, ctx.today), chosen[0].last
    _free(ctx, people.cut_leaves(ctx.tx, ctx.person.id, first, last), None, first, last)
    ctx.open(choices=())
    ctx.say("leave.ended", days=span(first, last, ctx.today))


def span(first: date, last: date, today: date) -> str:
    """Return days as people say them."""
    begin = cards.day_text(first, today)
    return begin if first == last else say("days.span", first=begin, last=cards.day_text(last, today))


def _substitute(ctx: Context, name: str, first: date, last: date) -> Person:
    """Return who is named to stand in, if he can.

    Who is on leave himself cannot: so substitutes never lead back to whoever they stand in for.
    """
    everybody = people.holding(ctx.tx, ROLES, ctx.today)
    able = [one for one in everybody if may_stand_in(ctx.person, one)]
    others = _names(one for one in able if one.name != name)
    names = {name, name.removesuffix("来")}  # 由郭春花来代; but 魏福来 is a name
    if not (named := [one for one in everybody if names & {one.name, one.staff_no}]):
        raise PersonError("leave.unknown", name=name, others=others)
    fit = [one for one in named if one in able]
    if not fit:
        raise PersonError("leave.unfit", name=name, others=others)
    if len(fit) > 1:
        raise PersonError("leave.several", name=name, numbers="、".join(one.staff_no for one in fit))
    if away := people.leaves_touching(ctx.tx, first, last, person=fit[0].id):
        days = span(*away[0].within(first, last), ctx.today)
        raise PersonError("leave.away", name=fit[0].name, days=days, others=others)
    return fit[0]


def _names(persons: Iterable[Person]) -> str:
    found = list(dict.fromkeys(person.name for person in persons))
    return "、".join(found[:OTHERS_NAMED]) or say("leave.no_other")


def _free(ctx: Context, before: Sequence[Leave], now: Person | None, first: date, last: date) -> None:
    """Tell whoever stood in before and does no more."""
    for leave in before:
        if leave.substitute and (now is None or leave.substitute != now.id):
            days = span(*leave.within(first, last), ctx.today)
            text = say("leave.told.free", name=ctx.person.name, days=days)
            ctx.tell([leave.substitute], Outbound(text=text))


def _stood_in_for(ctx: Context, first: date, last: date) -> list[str]:
    """Whoever counted on the person in these days has to find somebody else."""
    left = people.leaves_touching(ctx.tx, first, last, substitute=ctx.person.id)
    for leave in left:
        begin, end_ = leave.within(first, last)
        days, written = span(begin, end_, ctx.today), _written(begin, end_)
        text = say("leave.told.away", name=ctx.person.name, days=days, written=written)
        ctx.tell([leave.person], Outbound(text=text))
    names = people.by_ids(ctx.tx, {leave.person for leave in left}, ctx.today).values() if left else ()
    return [say("leave.standing_in", names="、".join(one.name for one in names))] if left else []


def _tell_who_does_it_now(ctx: Context, days: str, substitute: Person | None, called: Person | None) -> None:
    """Tell who stands in, and at once who is on duty from this moment on; one message if it is one person."""
    me = ctx.person
    texts: dict[int, list[str]] = {}
    if substitute:
        texts[substitute.id] = [say("leave.told", name=me.name, days=days)]
    if called and called.id != me.id:
        texts.setdefault(called.id, []).append(say("leave.called", name=me.name))
    for person, lines in texts.items():
        if called and person == called.id:
            handover.call(ctx, person, "\n".join(lines))
        else:
            ctx.tell([person], Outbound(text="\n".join(lines)))


def _written(first: date, last: date) -> str:
    """Return days as they can be typed."""
    begin = f"{first.month}-{first.day}"
    return begin if first == last else say("days.span", first=begin, last=f"{last.month}-{last.day}")


def _to_end(leave: int) -> Choice:
    return choice("button.end_leave", f"end_leave:{leave}:0")
