"""Rows that storage tests begin with."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wangge.records.draft import Draft
from wangge.rules.roster import Changes, Entry, Post
from wangge.storage import outbox, people, records, roster
from wangge.storage.database import Transaction

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
VILLAGE = "990101001201"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def entry(staff_no: str, name: str, *posts: Post, phone: str = "") -> Entry:
    return Entry(staff_no, name, phone or f"138{int(staff_no or 0):08d}", posts)


def post(role: Any, area: str = VILLAGE, start: date | None = None, end: date | None = None) -> Post:
    return Post(role, area, start, end)


def add_people(tx: Transaction, *entries: Entry) -> list[int]:
    """Put people on the roster and return their ids."""
    roster.apply(tx, Changes(entries, (), (), 0, ()), TODAY, end_missing=False)
    found = [people.by_staff_no(tx, each.staff_no, TODAY) for each in entries]
    return [person.id for person in found if person]


def add_person(tx: Transaction, staff_no: str = "1") -> int:
    return add_people(tx, entry(staff_no, "李二牛", post("grid_worker")))[0]


def letter(words: str, chat: str = "7", slot: str = "", **rest: Any) -> outbox.Letter:
    fit: dict[str, Any] = {"channel": "telegram", "chat": chat, "person": None, "ready_at": NOW}
    return outbox.Letter(**{**fit, "body": {"text": words}, "slot": slot, **rest})


def ready(
    tx: Transaction, at: datetime = NOW, ms: int = 0, limit: int = 50, busy: tuple[tuple[str, str], ...] = ()
) -> list[outbox.Ready]:
    """Return what could be sent now, chat by chat."""
    return [letter for letters in outbox.ready(tx, at, ms, limit, busy)[0] for letter in letters]


def send(tx: Transaction, message: str = "100") -> None:
    """Remember the first of it as sent."""
    outbox.mark_sent(tx, [outbox.Sent(ready(tx)[0], message, NOW)])


def new_event(author: int, origin: str = "draft:1:0", **rest: Any) -> records.New:
    fit: dict[str, Any] = {
        "kind": "event",
        "area": VILLAGE,
        "klass": "R",
        "happened_on": TODAY,
        "reported_at": NOW,
        "recorded_at": NOW,
        "state": "reported",
        "urgency": "usual",
        "quantity": 1,
        "accept_by": NOW + DAY,
        "policy": 1,
        "values": {"what": "灯不亮了", "village": VILLAGE},
    }
    return records.New(origin=origin, author=author, **{**fit, **rest})


def digits(*first: int) -> Any:
    """Return a drawer of the random digits: these first, then 500, 501 and on."""
    drawn: Iterator[int] = iter((*first, *range(500, 999)))
    return lambda: next(drawn)


def new_draft(person: int, **rest: Any) -> Draft:
    fit: dict[str, Any] = {"id": 0, "kind": "event", "state": "open", "values": {"what": "灯不亮了"}}
    moments = {"opened_at": NOW, "touched_at": NOW, "channel": "telegram", "chat": "7", "message": "5"}
    return Draft(**{**fit, **moments, "person": person, **rest})
