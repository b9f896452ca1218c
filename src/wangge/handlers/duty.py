"""Who is on duty (值班): the coming days, taking over, and who is put on duty on which day."""

from datetime import date, timedelta

from wangge.handlers import cards, handover
from wangge.handlers.context import OFFICERS, Context, choice
from wangge.handlers.dates import read_range
from wangge.handlers.handover import ONE_DAY, SLOT
from wangge.handlers.leave import span
from wangge.handlers.message import Outbound
from wangge.rules.errors import PersonError
from wangge.rules.rights import Person
from wangge.storage import duties, people
from wangge.texts import say

DAYS_SHOWN = 7


def show(ctx: Context, words: str) -> None:
    """Show who is on duty in the coming days; with words, put somebody on duty."""
    if words:
        _put(ctx, words)
        return
    today = ctx.day_of_duty
    lines = [
        say("duty.head", shift=_shift(ctx)),
        *(_row(ctx, today + timedelta(days=number)) for number in range(DAYS_SHOWN)),
    ]
    if ctx.officers:
        tomorrow = today + ONE_DAY
        example = ctx.officers[-1].name
        lines.append(say("duty.how", month=tomorrow.month, day=tomorrow.day, name=example))
    may_take = ctx.may("take_over") and ctx.on_duty[:1] != [ctx.person]
    choices = (choice("button.take_over", handover.take_over_payload(today)),) if may_take else ()
    ctx.reply(Outbound(text="\n".join(lines), choices=choices, slot=SLOT, anew=True))


def take_over(ctx: Context, target: str = "") -> None:
    """Take the present day of duty, at the change of shift or in the middle of it."""
    day, me = ctx.day_of_duty, ctx.person
    if target not in {"", f"{day:%Y%m%d}"}:
        raise PersonError("form.stale")
    if me.id in people.on_leave(ctx.tx, day):
        raise PersonError("duty.you_are_on_leave")
    known = duties.of(ctx.tx, day)
    if known and known.person == me.id and known.handed_over_at:
        raise PersonError("duty.taken_already")
    before = _others(ctx, ctx.on_duty) or _others(ctx, ctx.on_duty_of(day - ONE_DAY))
    duties.put(ctx.tx, day, me.id, ctx.now)
    told = say("handover.told", name=me.name)
    # Who was on duty until now has to know that he is not any more.
    ctx.tell([officer.id for officer in before], Outbound(text=told, asked=True))
    head = say("duty.taken", day=cards.day_text(day + ONE_DAY, ctx.today), shift=_shift(ctx))
    to_board = choice("brief.button.board", "board:0:0")
    is_typed = ctx.inbound.sort != "choice"
    ctx.reply(
        Outbound(
            text="\n".join([head, *handover.open_lines(ctx)]), choices=(to_board,), slot=SLOT, anew=is_typed
        )
    )


def _others(ctx: Context, on_duty: list[Person]) -> list[Person]:
    """Return who is on duty unless it is who speaks."""
    return [officer for officer in on_duty[:1] if officer.id != ctx.person.id]


def _put(ctx: Context, words: str) -> None:
    """Put an officer on duty: 12-3 丁月娥; without a day, today."""
    officer, rest = _officer(ctx, words)
    today = ctx.day_of_duty
    first, last = read_range(rest, today) if rest else (today, today)
    if first < today:
        raise PersonError("duty.past")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for day in days:
        if officer.id in people.on_leave(ctx.tx, day):
            raise PersonError("duty.on_leave", name=officer.name, day=cards.day_text(day, today))
    before = {one.id for day in days for one in ctx.on_duty_of(day)[:1]}
    for day in days:
        duties.put(ctx.tx, day, officer.id)
    _tell(ctx, officer, before, span(first, last, today), is_now=first == today)


def _tell(ctx: Context, officer: Person, before: set[int], days: str, *, is_now: bool) -> None:
    """Tell whoever is on duty, whoever was to be, and who has decided it. Now is at any hour."""
    me, shift = ctx.person, _shift(ctx)
    told = say("duty.told", days=days, by=me.name, shift=shift)
    if officer.id != me.id and is_now:
        handover.call(ctx, officer.id, told)
    elif officer.id != me.id:
        ctx.tell([officer.id], Outbound(text=told))
    freed = say("duty.told.free", days=days, name=officer.name)
    ctx.tell(before - {officer.id, me.id}, Outbound(text=freed, asked=is_now))
    ctx.say("duty.put", days=days, name=officer.name, shift=shift)


def _officer(ctx: Context, words: str) -> tuple[Person, str]:
    """Return the officer whom words name, by name or staff number (工号), and the words without it."""
    officers = people.holding(ctx.tx, OFFICERS, ctx.today)
    tokens = words.split()
    by_number = [one for one in officers if one.staff_no in tokens]
    named = by_number or [one for one in officers if one.name in words]
    if not officers:
        raise PersonError("duty.no_officer")
    if len(named) != 1:
        listed = "、".join(say("duty.officer", name=one.name, staff_no=one.staff_no) for one in officers)
        raise PersonError("duty.which_officer", officers=listed, example=officers[-1].name)
    if named[0] not in ctx.officers:
        raise PersonError("duty.unreachable", name=named[0].name)
    word = named[0].staff_no if by_number else named[0].name
    return named[0], words.replace(word, " ").strip()


def _row(ctx: Context, day: date) -> str:
    on_duty = ctx.on_duty_of(day)[:1]
    known = duties.of(ctx.tx, day)
    name = on_duty[0].name if on_duty else say("duty.row.nobody")
    is_taken = on_duty and known and known.person == on_duty[0].id and known.handed_over_at
    note = say("duty.row.taken") if is_taken else ""
    return say("duty.row", day=cards.day_text(day, ctx.day_of_duty), name=name, note=note)


def _shift(ctx: Context) -> str:
    return f"{ctx.world.policy.desk.shift_at:%H:%M}"
