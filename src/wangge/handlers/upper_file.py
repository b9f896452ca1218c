"""A table that came back from the upper platform: numbers for our events, and events that came from there.

It is read anew at the moment it is applied, against the events as they are then; what is in the table
already stands, so applying it again changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wangge.handlers import board, event_cards, limits, notices, upper
from wangge.handlers.context import Outgoing, choice
from wangge.handlers.message import Outbound
from wangge.records.event import Event
from wangge.records.values import AreaCode, Urgency
from wangge.rules.areas import AreaNames, Row
from wangge.rules.errors import PersonError
from wangge.rules.masking import redact
from wangge.rules.policy import UNSORTED
from wangge.rules.rights import Person, may
from wangge.rules.roster_rows import plain
from wangge.rules.upper import Line, UpperField, is_table, read_day, read_lines, read_number
from wangge.storage import leases, people, records
from wangge.storage import upper as stored
from wangge.storage.records import Stored
from wangge.texts import say

AT_ONCE = 20
"""Rows applied in one transaction; more would keep people waiting for an answer."""
MISTAKES_SHOWN = 5
URGENCIES: tuple[Urgency, ...] = ("critical", "urgent", "usual")
_NUMBERS: tuple[UpperField, ...] = ("number", "upper_number")


@dataclass
class Reading:
    """What a table says, row by row, beside what is stored."""

    matched: list[tuple[Stored, str]] = field(default_factory=list)
    """Our event, and its number in the platform."""
    new: list[tuple[str, Event]] = field(default_factory=list)
    """The platform's number, and what came from there under it."""
    known: int = 0
    blank: int = 0
    """Ours without a number of the platform yet."""
    mistakes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """What the rows are held against, read once for all of them."""

    officer: Person
    ours: Mapping[str, Stored]
    given: Mapping[str, Stored]
    """By the platform's numbers."""
    villages: AreaNames
    rows: dict[str, int] = field(default_factory=dict)
    """The platform's number → the row that has it."""


@dataclass(frozen=True)
class Done:
    """How much of a table has been applied so far."""

    matched: int = 0
    new: int = 0
    is_all: bool = False


def is_meant(outgoing: Outgoing, asked: Mapping[str, Any], rows: Sequence[Row]) -> bool:
    """Tell whether a table is for the upper platform: of one who keeps the roster too, by its headings."""
    return "or_roster" in asked and (not asked["or_roster"] or is_table(rows, outgoing.world.policy.upper))


def preview(outgoing: Outgoing, person: int, file: str, rows: Sequence[Row]) -> Outbound:
    """Return what a table would change, to be confirmed."""
    found = _read(outgoing, _officer(outgoing, person), rows)
    lines = [
        say("upper.preview", matched=len(found.matched), known=found.known, new=len(found.new)),
        *([say("upper.blank", count=found.blank)] if found.blank else []),
        *([say("upper.wrong", count=len(found.mistakes))] if found.mistakes else []),
        *found.mistakes[:MISTAKES_SHOWN],
    ]
    choices = (
        (choice("roster.button.apply", f"upper:apply.{file}:0"), choice("button.drop", "upper:leave:0"))
        if found.matched or found.new
        else ()
    )
    return Outbound(text="\n".join(lines), choices=choices, asked=True)


def apply(outgoing: Outgoing, person: int, rows: Sequence[Row], draw: Callable[[], int], done: Done) -> Done:
    """Apply the next rows of a table; at its end the board and whoever is on duty know.

    Raises:
        Outdated: somebody has acted on one of the events at this moment; read them again.
    """
    leases.wait_for_turn(outgoing.tx, upper.TURN)
    officer = _officer(outgoing, person)
    found = _read(outgoing, officer, rows)
    matched = found.matched[:AT_ONCE]
    new = found.new[: AT_ONCE - len(matched)]
    for record, number in matched:
        _enter(outgoing, officer, record, number)
    for number, event in new:
        _import(outgoing, officer, number, event, draw)
    is_all = len(matched) == len(found.matched) and len(new) == len(found.new)
    done = Done(done.matched + len(matched), done.new + len(new), is_all)
    if is_all:
        _tell_desk(outgoing, officer, done.new)
    return done


def answer(done: Done) -> Outbound:
    """Return what the officer reads at the end."""
    if done.new:
        text = say("upper.applied.new", matched=done.matched, new=done.new)
    else:
        text = say("upper.applied", matched=done.matched) if done.matched else say("upper.applied.none")
    return Outbound(text=text, asked=True)


def _officer(outgoing: Outgoing, person: int) -> Person:
    """Return who has sent the table, with the posts of this day."""
    officer = people.by_id(outgoing.tx, person, outgoing.today)
    if officer is None or not may(officer, "upper"):
        raise PersonError("error.no_right")
    return officer


def _read(outgoing: Outgoing, officer: Person, rows: Sequence[Row]) -> Reading:
    lines = read_lines(rows, outgoing.world.policy.upper)
    reading = Reading()
    known = _known(outgoing, officer, lines)
    for line in lines:
        try:
            _sort(outgoing, line, known, reading)
        except PersonError as error:
            reason = say(error.text_id, **error.values)
            reading.mistakes.append(say("upper.mistake", row=line.row, reason=reason))
    return reading


def _known(outgoing: Outgoing, officer: Person, lines: Sequence[Line]) -> _Known:
    ours, theirs = ({_number(line, field) for line in lines} for field in _NUMBERS)
    return _Known(
        officer,
        stored.by_numbers(outgoing.tx, ours | theirs),
        stored.by_upper_numbers(outgoing.tx, theirs),
        AreaNames(outgoing.world.names),
    )


def _sort(outgoing: Outgoing, line: Line, known: _Known, reading: Reading) -> None:
    """Find out what a row is: one of ours, known already, or new.

    Raises:
        PersonError: it is none of these; the sentence says why.
    """
    number, upper_number = (_number(line, field) for field in _NUMBERS)
    if number and not upper_number:
        reading.blank += 1
        return
    if not upper_number:
        raise PersonError("upper.missing")
    read_number(upper_number)
    if known.rows.setdefault(upper_number, line.row) != line.row:
        raise PersonError("upper.twice", upper=upper_number, other=known.rows[upper_number])
    if number:
        record = _ours(known, number, upper_number)
        if record.upper_number == upper_number:
            reading.known += 1
        else:
            reading.matched.append((record, upper_number))
    elif upper_number in known.given or records.by_origin(outgoing.tx, _origin(upper_number)):
        reading.known += 1
    else:
        reading.new.append((upper_number, _event(outgoing, line, known.villages)))


def _ours(known: _Known, number: str, upper_number: str) -> Stored:
    """Return our event of a row, which may get this number of the platform."""
    record, other = known.ours.get(number), known.given.get(upper_number)
    if record is None or not may(known.officer, "enter", event_cards.subject(record)):
        raise PersonError("upper.unknown", number=number[:20])
    if other and other.id != record.id:
        raise PersonError("error.upper_taken", upper=upper_number, number=other.number)
    if upper_number in known.ours:
        raise PersonError("error.upper_ours", number=upper_number)
    if record.upper_number not in (None, upper_number):
        raise PersonError("upper.other", number=number, before=record.upper_number, upper=upper_number)
    return record


def _event(outgoing: Outgoing, line: Line, villages: AreaNames) -> Event:
    """Return the event that a row of the platform tells of."""
    what = redact(line.cell("what")).text[:4096]
    if not what:
        raise PersonError("upper.no_what")
    named = plain(line.cell("village"))
    found = {code[:12] for code in villages.find(named)} & outgoing.world.villages.keys()
    if len(found) != 1:
        raise PersonError("upper.no_village" if named else "upper.village_missing", village=named[:20])
    return Event(
        what=what,
        village=AreaCode(found.pop()),
        happened_on=_day(line, outgoing.today),
        category=_category(outgoing, plain(line.cell("category"))),
        urgency=_urgency(plain(line.cell("urgency"))),
        place=redact(line.cell("place")).text[:60],
    )


def _day(line: Line, today: date) -> date:
    return read_day(line.cell("happened_on") or line.cell("reported_at"), today)


def _category(outgoing: Outgoing, named: str) -> str:
    offered = (category for category in outgoing.world.policy.categories if category.offered)
    return next((category.key for category in offered if category.name == named), UNSORTED)


def _urgency(named: str) -> Urgency:
    return next((each for each in URGENCIES if say(f"event.urgency.{each}") == named), "usual")


def _enter(outgoing: Outgoing, officer: Person, record: Stored, number: str) -> None:
    written: dict[str, Any] = upper.columns(outgoing, record, number)
    changed = records.change(outgoing.tx, record, "enter", officer.id, outgoing.now, reason=number, **written)
    notices.refresh(outgoing, changed, set())


def _import(outgoing: Outgoing, officer: Person, number: str, event: Event, draw: Callable[[], int]) -> None:
    """Store an event that came from the platform: it waits for the desk like any, but is not 待录."""
    record, _ = records.save(
        outgoing.tx,
        records.New(
            kind="event",
            origin=_origin(number),
            author=officer.id,
            area=event.village,
            klass=event.category,
            happened_on=event.happened_on,
            reported_at=outgoing.now,
            recorded_at=outgoing.now,
            state="reported",
            urgency=event.urgency,
            quantity=1,
            accept_by=limits.accept_limit(outgoing, event.category, event.urgency),
            policy=outgoing.world.versions[0],
            values=event.model_dump(mode="json"),
            upper="entered",
            source="upper",
            upper_number=number,
        ),
        draw,
        outgoing.today,
    )
    limits.arm(outgoing, record)
    if record.urgency == "critical":
        notices.announce(outgoing, record)


def _tell_desk(outgoing: Outgoing, officer: Person, new: int) -> None:
    """One line for whoever is on duty, if another has done it; the board shows each event."""
    board.refresh(outgoing)
    others = [one.id for one in outgoing.on_duty[:1] if one.id != officer.id]
    if new:
        outgoing.tell(others, Outbound(text=say("upper.told", count=new, name=officer.name), asked=True))


def _number(line: Line, field: UpperField) -> str:
    return plain(line.cell(field)).upper()


def _origin(number: str) -> str:
    return f"upper:{number}"
