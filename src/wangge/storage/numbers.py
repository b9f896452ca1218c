"""Reference numbers: drawn, not counted."""

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import Connection, select

from wangge.storage.tables import records


def free_number(tx: Connection, draw: Callable[[], int], local: date) -> str:
    """Return a reference number that is free in its year.

    Month, day and three drawn digits: easy over the phone, and a restored backup cannot
    issue it again by counting. On a day with more than 900 records a fourth digit helps.
    """
    taken = set(
        tx.execute(
            select(records.c.number).where(
                records.c.year == local.year, records.c.number.startswith(f"{local:%m%d}-")
            )
        ).scalars()
    )
    width = 3 if len(taken) < 900 else 4
    return next(number for number in _numbers(draw, local, width) if number not in taken)


def _numbers(draw: Callable[[], int], local: date, width: int) -> Iterable[str]:
    while True:
        yield f"{local:%m%d}-{draw() % 10**width:0{width}d}"
