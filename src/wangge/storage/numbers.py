"""Reference numbers: drawn, not counted."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection, bindparam, func, select

from wangge.storage import restored
from wangge.storage.prepared import Prepared
from wangge.storage.tables import records

_TAKEN = Prepared(
    select(records.c.id).where(
        records.c.year == bindparam("in_year"), records.c.number == bindparam("number")
    )
)
_COUNT = Prepared(
    select(func.count().label("given")).where(
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
    given = _COUNT.first(tx, in_year=local.year, first=stem, after=f"{stem}a").given
    width = 3 if given < 900 else 4
    while True:
        number = f"{stem}{draw() % 10**width:0{width}d}"
        if _TAKEN.first(tx, in_year=local.year, number=number) is None:
            return number
