"""What the way of a message leaves behind, and how long."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, exists, func, or_, select

from wangge.storage.queues import LOST
from wangge.storage.tables import inbox, jobs, outbox, replaced, wrong_tries

KEYS_KEPT = timedelta(hours=72)
"""At least: Telegram repeats for a day what was not acknowledged. After a quiet week it numbers its updates
anew, from anywhere: a key that is kept for ever would one day swallow a new message."""


ANSWERED_WITHIN = timedelta(days=60)
"""How long a reply to a card that a newer one has replaced is known to be about its event."""


def forget(tx: Connection, before: datetime, most: int) -> bool:
    """Delete up to `most` rows of each queue that were done with before that moment; tell whether any were.

    What still waits, or should have arrived and did not, stays with the message it came of. The newest row
    of each stays too: SQLite would give its id a second time.
    """
    deleted = 0
    for key, is_old in _old(before):
        newest = select(func.max(key)).scalar_subquery()
        old = select(key).where(is_old, key < newest).limit(most)
        deleted += tx.execute(delete(key.table).where(key.in_(old))).rowcount
    tx.execute(delete(replaced).where(replaced.c.at < before - ANSWERED_WITHIN))
    return deleted > 0


def _old(before: datetime) -> Iterator[tuple[Column[int], ColumnElement[bool]]]:
    """Letters go before the messages that caused them."""
    is_gone = outbox.c.state.in_(("sent", "superseded"))
    is_vain = and_(outbox.c.state == "given_up", outbox.c.reason.not_in(LOST))
    yield outbox.c.id, and_(or_(is_gone, is_vain), outbox.c.created_at < before)
    has_letter = exists().where(outbox.c.cause == inbox.c.id)
    yield inbox.c.id, and_(inbox.c.state == "done", inbox.c.handled_at < before, ~has_letter)
    yield jobs.c.id, and_(jobs.c.state == "done", jobs.c.created_at < before)
    yield wrong_tries.c.id, wrong_tries.c.at < before
