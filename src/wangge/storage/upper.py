"""Which events the upper platform (上级平台) does not know yet, and which stand there under what number."""

from collections.abc import Collection

from sqlalchemy import Connection, func, or_, select

from wangge.rules.loop import FOR_UPPER
from wangge.storage.ledger import records
from wangge.storage.prepared import Prepared, among
from wangge.storage.records import RECORDS, Stored, read, stored

_TO_ENTER = (
    records.c.kind == "event",
    records.c.upper.is_(None),
    or_(*(records.c.state == state for state in sorted(FOR_UPPER))),
)
_COUNT = Prepared(select(func.count().label("waiting")).select_from(records).where(*_TO_ENTER))
_OURS = Prepared(RECORDS.where(records.c.kind == "event", among(records.c.number, "numbers")))
_THEIRS = Prepared(RECORDS.where(among(records.c.upper_number, "numbers")))


def count_to_enter(tx: Connection) -> int:
    """Return how many events are 待录."""
    waiting: int = _COUNT.first(tx).waiting
    return waiting


def to_enter(tx: Connection, limit: int, offset: int = 0) -> list[Stored]:
    """Return events that are 待录, by the moment at which something is due."""
    order = func.coalesce(records.c.due_at, records.c.accept_by)
    return read(tx, RECORDS.where(*_TO_ENTER).order_by(order, records.c.id).limit(limit).offset(offset))


def by_numbers(tx: Connection, numbers: Collection[str]) -> dict[str, Stored]:
    """Return events by our numbers; of a number that two years share the youngest."""
    found = [stored(tx, row) for row in _OURS.all(tx, numbers=list(numbers))]
    return {record.number: record for record in sorted(found, key=lambda record: record.id)}


def by_upper_numbers(tx: Connection, numbers: Collection[str]) -> dict[str, Stored]:
    """Return events by the platform's numbers."""
    found = [stored(tx, row) for row in _THEIRS.all(tx, numbers=list(numbers))]
    return {str(record.upper_number): record for record in found}
