"""Reference numbers: drawn, not counted."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count

from sqlalchemy import Connection

from wangge.storage import restored

CLASHES = 3
"""So many drawn numbers running were given already: the day is crowded."""


def drawn_numbers(tx: Connection, draw: Callable[[], int], local: date) -> Iterator[str]:
    """Yield reference numbers of a day until one is free; that it is, the table of records says.

    Month, day and three drawn digits: easy over the phone. On a crowded day a fourth digit
    helps. For the rest of the day on which a backup was restored the hour and minute of that
    stand between: `1122-1405-473`. Numbers that were given after the backup was taken are of
    that day or older, so none is given a second time.
    """
    stem = f"{local:%m%d}-"
    at = restored.restored_at(tx)
    if at and local <= at.date():
        stem += f"{at:%H%M}-"
    for clashes in count():
        width = 3 if clashes < CLASHES else 4
        yield f"{stem}{draw() % 10**width:0{width}d}"
