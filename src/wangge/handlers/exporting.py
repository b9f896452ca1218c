"""导出: one sentence, or at most two questions, then the columns, and a table comes.

The wish travels in the buttons. It carries no right: what somebody may have is asked when he taps,
and again by the job that makes the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date
from typing import Any

from wangge.handlers import roster
from wangge.handlers.context import Context, Outgoing, choice
from wangge.handlers.figures import village_in
from wangge.handlers.message import Choice, Outbound
from wangge.handlers.periods import find_period, named
from wangge.records.catalogue import CATALOGUE
from wangge.reports import export
from wangge.reports.export import Export, Order, Paper, Sight
from wangge.rules.errors import PersonError
from wangge.rules.rights import Person, Subject, may, reach
from wangge.storage import audit, people
from wangge.texts import has, say

SLOT = "export"
PERIODS = ("this_week", "last_week", "this_month", "last_month", "this_year", "last_year")
SHORTEST_REASON = 2
ALWAYS = "number"
"""The column that stays."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants so far."""

    kind: str = ""
    first: date | None = None
    last: date | None = None
    area: str = ""
    """"": all that he may have."""
    off: int = 0
    """One bit for each column that is switched off, by its place among all columns of the kind."""
    is_csv: bool = False

    def packed(self) -> str:
        """Return it as it stands in a button."""
        days = [f"{day:%Y%m%d}" if day else "" for day in (self.first, self.last)]
        return ".".join([self.kind, *days, self.area, f"{self.off:x}", "c" if self.is_csv else ""])

    @property
    def places(self) -> list[str]:
        """The keys of all columns of the kind, in the order of the bits of `off`."""
        return list(export.columns(CATALOGUE[self.kind], Sight.ALL))


def unpacked(text: str) -> Wish:
    """Return the wish of a button.

    Raises:
        PersonError: it has been made up.
    """
    try:
        kind, first, last, area, off, form = text.split(".")
        wish = Wish(kind, _day(first), _day(last), area, int(off, 16), form == "c")
    except ValueError:
        raise PersonError("form.stale") from None
    if kind and kind not in CATALOGUE:
        raise PersonError("form.stale")
    return wish


def _day(text: str) -> date | None:
    day = date.fromisoformat(text) if text else None
    if day and not MINYEAR < day.year < MAXYEAR:
        raise ValueError(text)  # the town's days at the ends of time cannot be told in UTC
    return day


def take(ctx: Context, words: str) -> None:
    """导出, with or without what and when: “上月 事件”, “3月 走访 东桥村”."""
    kind = next((kind for kind in CATALOGUE if _word(kind) in words or say(f"{kind}.label") in words), "")
    first, last = find_period(words, ctx.today) or (None, None)
    ctx.open(draft=None)
    _ask(ctx, Wish(kind, first, last, village_in(ctx, words)))


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """Go on: the next question, the columns, the reason for names, or the table itself."""
    wish = unpacked(argument)
    if target == "ask" or not wish.kind or not wish.first:
        _ask(ctx, wish)
    elif target == "columns":
        _show_columns(ctx, wish)
    elif target == "names":
        _ask_reason(ctx, wish)
    elif target == "go":
        _begin(ctx, wish, "")
    else:
        raise PersonError("form.stale")


def give_reason(ctx: Context, packed: str, words: str) -> None:
    """The reason for which somebody wants names: it is kept, and the table made."""
    wish = unpacked(packed)
    if len(words) < SHORTEST_REASON:
        raise PersonError("export.names.too_short")
    _may_have_names(ctx.person, areas_of(ctx.person, wish.area))
    ctx.open(about="", choices=())
    _begin(ctx, wish, words)


def areas_of(person: Person, area: str) -> tuple[str, ...]:
    """Return the areas of a person's table: the one he wants, else all that he may read, else may have.

    Raises:
        PersonError: he may have none of it.
    """
    if not area:
        found = reach(person, "open") or reach(person, "export_area")
    else:
        found = (area,) if may(person, "export_area", Subject(area)) else ()
    if not found:
        raise PersonError("error.no_right")
    return found


def begin(outgoing: Outgoing, arguments: Mapping[str, Any]) -> tuple[Export, Paper]:
    """Choose the records of a table that has been asked for, by the rights of this moment.

    Raises:
        PersonError: whoever asked may not have it any more.
    """
    person = people.by_id(outgoing.tx, arguments["person"], outgoing.today)
    if person is None:
        raise PersonError("error.no_right")
    wish = unpacked(arguments["wish"])
    order = _order(person, wish, is_masked=not arguments["in_full"])
    if not order.is_masked:
        _may_have_names(person, order.areas)
    policy = outgoing.world.policy
    found = export.begin(outgoing.tx, order, policy, outgoing.world.names)
    return found, export.paper(found, policy, person.name, outgoing.now)


def _may_have_names(person: Person, areas: tuple[str, ...]) -> None:
    if not all(may(person, "export_names", Subject(area)) for area in areas):
        raise PersonError("error.no_right")


def _word(kind: str) -> str:
    return say(f"export.word.{kind}") if has(f"export.word.{kind}") else say(f"{kind}.label")


def _order(person: Person, wish: Wish, *, is_masked: bool = True) -> Order:
    if not (wish.kind and wish.first and wish.last):
        raise PersonError("form.stale")
    on = tuple(key for place, key in enumerate(wish.places) if not wish.off >> place & 1)
    areas = areas_of(person, wish.area)
    return Order(CATALOGUE[wish.kind], areas, wish.first, wish.last, person, is_masked=is_masked, only=on)


def _ask(ctx: Context, wish: Wish) -> None:
    """Ask for what is not known yet; when all is, show what the table will be."""
    areas_of(ctx.person, wish.area)
    if not wish.kind:
        kinds = [_button(f"export.word.{kind}", kind, replace(wish, kind=kind)) for kind in CATALOGUE]
        _show(ctx, say("export.ask.kind"), kinds)
    elif not wish.first:
        text = say("export.ask.period", kind=say(f"{wish.kind}.label"), word=_word(wish.kind))
        _show(ctx, text, _periods(ctx, wish))
    else:
        _show_card(ctx, wish)


def _button(text_id: str, kind: str, wish: Wish) -> Choice:
    label = say(text_id) if has(text_id) else say(f"{kind}.label")
    return Choice(label=label, payload=f"export:ask.{wish.packed()}:0")


def _periods(ctx: Context, wish: Wish) -> list[Choice]:
    found = []
    for name in PERIODS:
        first, last = named(name, ctx.today)
        found.append(_button(f"export.{name}", wish.kind, replace(wish, first=first, last=last)))
    return found


def _show_card(ctx: Context, wish: Wish) -> None:
    order = _order(ctx.person, wish)
    found = export.begin(ctx.tx, order, ctx.world.policy, ctx.world.names)
    names = [ctx.world.names.get(area, area) for area in order.areas]
    place = names[0] if len(names) == 1 else say("export.place.several", first=names[0], count=len(names))
    about = {"kind": say(f"{wish.kind}.label"), "first": wish.first, "last": wish.last, "place": place}
    if not found.total:
        only_counted = [say("export.sent.hidden", count=found.hidden)] if found.hidden else []
        _show(ctx, "\n".join([say("export.empty", **about), *only_counted]), _periods(ctx, wish))
        return
    form = "csv" if wish.is_csv else "xlsx"
    text = say(
        "export.card",
        **about,
        count=found.total,
        columns=_columns_text(ctx, wish),
        format=say(f"export.format.{form}"),
    )
    at = wish.packed()
    other = replace(wish, is_csv=not wish.is_csv).packed()
    is_shown = all(ctx.may("export_names", Subject(area)) for area in order.areas)
    choices = [
        choice("export.button.go", f"export:go.{at}:0", wide=True),
        choice("export.button.columns", f"export:columns.{at}:0"),
        *([choice("export.button.names", f"export:names.{at}:0")] if is_shown else []),
        choice("export.button.xlsx" if wish.is_csv else "export.button.csv", f"export:ask.{other}:0"),
    ]
    _show(ctx, text, choices)


def _allowed(ctx: Context, wish: Wish) -> dict[int, str]:
    """Return place → heading of the columns that this reader may have."""
    seen = export.sight(ctx.person, areas_of(ctx.person, wish.area), is_masked=True)
    allowed = export.columns(CATALOGUE[wish.kind], seen)
    return {place: allowed[key] for place, key in enumerate(wish.places) if key in allowed}


def _columns_text(ctx: Context, wish: Wish) -> str:
    allowed = _allowed(ctx, wish)
    off = [heading for place, heading in allowed.items() if wish.off >> place & 1]
    if not off:
        return say("export.card.all", count=len(allowed))
    return say("export.card.some", count=len(allowed) - len(off), off="、".join(off))


def _show_columns(ctx: Context, wish: Wish) -> None:
    choices = []
    for place, heading in _allowed(ctx, wish).items():
        if wish.places[place] == ALWAYS:
            continue
        label = "export.column.off" if wish.off >> place & 1 else "export.column.on"
        turned = replace(wish, off=wish.off ^ (1 << place)).packed()
        choices.append(choice(label, f"export:columns.{turned}:0", heading=heading))
    done = choice("export.button.done", f"export:ask.{wish.packed()}:0", wide=True)
    _show(ctx, say("export.columns"), [*choices, done])


def _ask_reason(ctx: Context, wish: Wish) -> None:
    _may_have_names(ctx.person, areas_of(ctx.person, wish.area))
    ctx.open(about=f"export:{wish.packed()}", draft=None)
    back = choice("export.button.no_names", f"export:ask.{wish.packed()}:0", wide=True)
    _show(ctx, say("export.names.why"), [back])


def _begin(ctx: Context, wish: Wish, reason: str) -> None:
    """Note who takes what out of the house, and why if it is with names; and have it made."""
    _order(ctx.person, wish)
    target = f"{wish.kind}:{wish.first:%Y%m%d}:{wish.last:%Y%m%d}:{wish.area}"
    audit.note(ctx.tx, ctx.person.id, "export_names" if reason else "export", target, reason, ctx.now)
    roster.ask_for(ctx, "export", {"wish": wish.packed(), "in_full": bool(reason)})
    _show(ctx, say("export.begun"), [])


def _show(ctx: Context, text: str, choices: list[Choice]) -> None:
    is_typed = ctx.inbound.sort != "choice"
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot=SLOT, anew=is_typed))
