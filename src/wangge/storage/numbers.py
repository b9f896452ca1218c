"""Reference numbers: drawn, not counted."""

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import Connection, bindparam, select

from wangge.storage import restored
from wangge.storage.prepared import Prepared
from wangge.storage.tables import records

_TAKEN = Prepared(
    select(records.c.number).where(
        records.c.year == bindparam("in_year"),
        records.c.number.startswith(bindparam("first")),
        # The same once more in words that an index can follow.
        records.c.number >= bindparam("first"),
        records.c.number < bindparam("after"),
    )
)


def free_number(tx: Connection, draw: Callable[[], int], local: date) -> str:
    """Return a reference number that is free in its year.

    Month, day and three drawn digits: easy over the phone. On a day with more than 900
    records a fourth digit helps. For the rest of the day on which a backup was restored
    the hour and minute of that stand between: `1122-1405-473`. Numbers that were given
    after the backup was taken are of that day or older, so none is given a second time.
    """
    stem = f"{local:%m%d}-"
    at = restored.restored_at(tx)
    if at and local <= at.date():
        stem += f"{at:%H%M}-"
    taken = {row.number for row in _TAKEN.all(tx, in_year=local.year, first=stem, after=f"{stem}a")}
    width = 3 if len(taken) < 900 else 4
    return next(number for number in _numbers(draw, stem, width) if number not in taken)


def _numbers(draw: Callable[[], int], stem: str, width: int) -> Iterable[str]:
    while True:
        yield f"{stem}{draw() % 10**width:0{width}d}"
