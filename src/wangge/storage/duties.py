"""Who is on duty where chat has changed it for a day, and when he has taken over."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Date, bindparam, select

from wangge.storage import inbox
from wangge.storage.prepared import Prepared
from wangge.storage.tables import duties


@dataclass(frozen=True)
class Duty:
    """What is said of one day of duty."""

    person: int
    handed_over_at: datetime | None


_OF = Prepared(
    select(duties.c.person, duties.c.handed_over_at).where(duties.c.day == bindparam("of", type_=Date))
)


def of(tx: Connection, day: date) -> Duty | None:
    """Return what is said of a day; None if it goes by the rota."""
    row = _OF.first(tx, of=day)
    return Duty(*row) if row else None


def put(tx: Connection, day: date, person: int, handed_over_at: datetime | None = None) -> None:
    """Let a person be on duty on a day, whoever was."""
    values = {"person": person, "handed_over_at": handed_over_at}
    tx.execute(
        inbox.insert(tx)(duties)
        .values(day=day, **values)
        .on_conflict_do_update(index_elements=["day"], set_=values)
    )
