"""The table of one kind's records: which columns, for whom, and its rows page by page.

Whoever may not read something gets no column of it. Names are masked unless the caller, who asks
the rights and logs it, says otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter

from wangge.records.record import Fills, Record
from wangge.records.values import Position
from wangge.reports.digest import hidden_classes
from wangge.rules.calendar import local, local_day
from wangge.rules.masking import mask_name, mask_phones
from wangge.rules.policy import Policy
from wangge.rules.rights import Person, Subject, may
from wangge.storage import exporting, people
from wangge.storage.database import Transaction
from wangge.storage.exporting import Wanted
from wangge.storage.records import Stored
from wangge.texts import has, say

PAGE = 500
"""Records that are read at a time."""
HANDLED = frozenset({"finish", "close", "escalate", "petition", "not_grid"})
"""Acts whose words say what was done about an event."""
ORDER: Mapping[str, tuple[str, ...]] = {
    "event": (
        *("number", "reported_at", "happened_on", "village", "category", "urgency", "what", "place"),
        *("state", "outcome", "done", "holder", "accepted_at", "due_at", "closed_at", "upper_number"),
        *("author", "on_behalf"),
    ),
    "visit": (
        *("number", "seen_on", "village", "author", "quantity", "households", "content", "absent"),
        *("request", "reported_at", "state"),
    ),
}
"""Columns in the order in which an office reads them; of a kind that is not named here all its fields."""
AS_TEXT = frozenset({"number", "upper_number"})


class Sight(IntEnum):
    """How much of the records somebody reads; who reads more reads all that is below."""

    FIGURES = 0
    """What, when, where and how it stands, no words: an administrator."""
    EVENTS = 1
    """Also what events say: a leader."""
    RECORDS = 2
    """Also what all else says: the operator, at the machine itself."""
    ALL = 3
    """Also what is told as counts, and on whose behalf an event was reported: the desk."""


@dataclass(frozen=True)
class Order:
    """Which table is wanted, and for whom."""

    kind: type[Record]
    areas: tuple[str, ...]
    first: date
    last: date
    reader: Person | None = None
    """None: the operator."""
    is_masked: bool = True
    only: tuple[str, ...] = ()
    """The only columns, in this order; all if none is named. What the reader may not have is left out."""

    @property
    def columns(self) -> dict[str, str]:
        """Key → heading of the columns of this table."""
        found = columns(self.kind, sight(self.reader, self.areas, is_masked=self.is_masked))
        return {key: found[key] for key in self.only or found if key in found}


@dataclass
class Export:
    """A table being read: how many records it has, and its pages one after the other."""

    order: Order
    wanted: Wanted
    names: Mapping[str, str]
    """What codes stand for: areas, and the classes of the policy."""
    total: int
    hidden: int
    """Records of classes that are counted only."""
    done: int = 0
    _last: Stored | None = None
    _people: dict[int, str] = field(default_factory=dict)

    def page(self, tx: Transaction) -> list[list[object]]:
        """Return the next rows, oldest record first; none at the end."""
        found = exporting.page(tx, self.wanted, self._last, PAGE)
        self._learn(tx, found)
        keys = tuple(self.order.columns)
        ids = [record.id for record in found]
        words = exporting.last_words(tx, ids, HANDLED) if "done" in keys else {}
        rows = [_Row(self, record, words.get(record.id, "")).cells(keys) for record in found]
        self.done += len(found)
        self._last = found[-1] if found else self._last
        return rows

    def name(self, person: int | None) -> str:
        """Return somebody's name as this table shows it."""
        name = self._people.get(person or 0, "")
        return mask_name(name) if self.order.is_masked and name else name

    def text(self, text: str) -> str:
        """Return words as this table shows them."""
        return mask_phones(text) if self.order.is_masked else text

    def _learn(self, tx: Transaction, found: Sequence[Stored]) -> None:
        ids = {person for each in found for person in (each.author, each.holder) if person}
        known = (
            people.by_ids(tx, ids - self._people.keys(), local_day(found[-1].reported_at)) if found else {}
        )
        self._people |= {key: person.name for key, person in known.items()}


def begin(tx: Transaction, order: Order, policy: Policy, names: Mapping[str, str]) -> Export:
    """Choose the records of a table as of this moment.

    Args:
        tx: the open transaction.
        order: what is wanted.
        policy: names the classes, and those that are told as counts only.
        names: what codes of areas stand for.
    """
    seen = sight(order.reader, order.areas, is_masked=order.is_masked)
    wanted = Wanted(
        kind=order.kind.kind,
        areas=order.areas,
        first=order.first,
        last=order.last,
        by_submission=is_by_submission(order.kind),
        newest=exporting.newest(tx),
        hidden=frozenset() if seen == Sight.ALL else hidden_classes(policy),
        reader=order.reader.id if order.reader else None,
    )
    classes = {category.key: category.name for category in policy.categories}
    total, hidden = exporting.count(tx, wanted)
    return Export(order, wanted, {**names, **classes}, total, hidden)


@dataclass(frozen=True)
class Paper:
    """What stands above and below the rows."""

    title: str
    lines: tuple[str, ...]
    made_by: str


def paper(export: Export, policy: Policy, maker: str, now: datetime) -> Paper:
    """Return the words around a table; without a maker (制表人) there is a line to sign on."""
    order, town = export.order, policy.town
    kind = order.kind.kind
    places = [export.names.get(area, area) for area in order.areas if area != town.code]
    made_by = say("export.made_by", town=town.name, maker=maker or "＿" * 6)
    period = say(
        "export.period",
        first=order.first.isoformat(),
        last=order.last.isoformat(),
        by=_heading(order.kind, _day_column(order.kind)),
        total=export.total,
    )
    notes = [
        made_by,
        say("export.made", now=f"{local(now):%Y-%m-%d %H:%M}"),
        *([] if order.is_masked else [say("export.in_full")]),
        *([say("export.demo")] if town.mode == "演练" else []),
    ]
    return Paper(
        title=say("export.title", town=town.name, places="、".join(places), kind=say(f"{kind}.label")),
        lines=(
            period + (say("export.hidden", count=export.hidden) if export.hidden else ""),
            "　".join(notes),
        ),
        made_by=made_by,
    )


def is_by_submission(kind: type[Record]) -> bool:
    """Tell whether the day of submission decides, as in all figures of events; else the record's own day."""
    return kind.kind == "event"


def _day_column(kind: type[Record]) -> str:
    """Return the column whose day decides whether a record is of the period."""
    own = (key for key in kind.asks() if _column(kind, key) == "happened_on")
    return "reported_at" if is_by_submission(kind) else next(own)


def sight(reader: Person | None, areas: Sequence[str], *, is_masked: bool) -> Sight:
    """Return how much somebody reads of the records of all these areas."""
    if reader is None:
        return Sight.RECORDS if is_masked else Sight.ALL
    for verb, seen in (("accept", Sight.ALL), ("open", Sight.EVENTS)):
        if all(may(reader, verb, Subject(area)) for area in areas):
            return seen
    return Sight.FIGURES


def columns(kind: type[Record], seen: Sight) -> dict[str, str]:
    """Return key → heading of all columns that somebody may have of a kind."""
    keys = ORDER.get(kind.kind, ("number", "reported_at", "author", "state", *kind.asks()))
    return {key: _heading(kind, key) for key in keys if _needs(kind, key) <= seen}


def _heading(kind: type[Record], key: str) -> str:
    own, usual = f"export.{kind.kind}.{key}", f"export.{key}"
    if has(own):
        return say(own)
    return say(usual) if key in HEAD else say(f"{kind.asks()[key].text}.label")


def _needs(kind: type[Record], key: str) -> Sight:
    if key == "on_behalf":
        return Sight.ALL
    if key == "done":
        return Sight.EVENTS
    if key in HEAD or _column(kind, key) in {"area", "class", "happened_on", "urgency"}:
        return Sight.FIGURES
    return Sight.EVENTS if kind.kind == "event" else Sight.RECORDS


@cache
def _column(kind: type[Record], key: str) -> str:
    """Return which column of the stored row a field fills, "" if none."""
    notes = kind.model_fields[key].metadata
    return next((note.column for note in notes if isinstance(note, Fills)), "")


@cache
def _reader(kind: type[Record], key: str) -> TypeAdapter[Any]:
    """Return what makes a field of its JSON, whatever was asked of it when it was written down."""
    return TypeAdapter(kind.model_fields[key].annotation)


@dataclass(frozen=True)
class _Row:
    export: Export
    record: Stored
    words: str

    def cells(self, keys: Sequence[str]) -> list[object]:
        return [HEAD[key](self) if key in HEAD else self._cell(key) for key in keys]

    def _cell(self, key: str) -> object:
        """Return a field; what the desk has changed since stands in the columns of the row."""
        kind, names = self.export.order.kind, self.export.names
        match _column(kind, key):
            case "area":
                return names.get(self.record.area) or names.get(self.record.area[:12], "")
            case "class":
                return names.get(self.record.klass) or say("category.unsorted")
            case "happened_on":
                return self.record.happened_on
            case "urgency":
                return self._value(key, self.record.urgency)
            case _:
                raw = self.record.values.get(key)
                return "" if raw is None else self._value(key, _reader(kind, key).validate_python(raw))

    def _value(self, key: str, value: Any) -> object:  # noqa: ANN401 - any field
        kind, is_masked = self.export.order.kind, self.export.order.is_masked
        annotation = kind.model_fields[key].annotation
        if value is None or value == "":
            return ""
        if isinstance(value, date | int | float):
            return value
        if isinstance(value, Position):
            return f"{value.latitude:.5f},{value.longitude:.5f}"
        if get_origin(annotation) is Literal or value in get_args(annotation):
            return say(f"{kind.asks()[key].text}.{value}")
        if isinstance(value, tuple):
            return "、".join(mask_name(each) if is_masked else each for each in value)
        if key == "on_behalf" and is_masked:
            return mask_name(value)
        return self.export.text(str(value))


def _moment(name: str) -> Callable[[_Row], datetime | None]:
    return lambda row: getattr(row.record, name)


HEAD: Mapping[str, Callable[[_Row], object]] = {
    "number": lambda row: row.record.number,
    "reported_at": _moment("reported_at"),
    "accepted_at": _moment("accepted_at"),
    "due_at": _moment("due_at"),
    "closed_at": _moment("closed_at"),
    "author": lambda row: row.export.name(row.record.author),
    "holder": lambda row: row.export.name(row.record.holder),
    "state": lambda row: say(f"state.{row.record.state}"),
    "outcome": lambda row: say(f"outcome.{row.record.outcome}") if row.record.outcome else "",
    "done": lambda row: row.export.text(row.words),
    "upper_number": lambda row: row.record.upper_number or "",
    "quantity": lambda row: row.record.quantity,
}
"""Columns that are no field of the kind."""
