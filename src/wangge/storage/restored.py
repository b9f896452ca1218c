"""What a restored backup must not do a second time: say, invite, or give a number.

Between the backup and its restoring a bot went on that nobody remembers: what it sent,
whom it let in, which numbers it gave. What can be doubled by that is ended here.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from wangge.rules.calendar import TOWN_ZONE
from wangge.storage import jobs
from wangge.storage.database import seal_of
from wangge.storage.ledger import files, records
from wangge.storage.tables import invitations, outbox, people

RESTORED_AT = "restored_at"


@dataclass(frozen=True)
class Ended:
    """What was set aside."""

    letters: int
    """Messages that were waiting and have most likely been sent."""
    invitations: int
    """Invitations that may have been used, or replaced because they were lost."""


def begin_again(tx: Connection, now: datetime) -> Ended:
    """End what may have happened already, and remember when the database was restored.

    A message whose hour is still to come stays. Whatever is due by the clock and not
    decided in the backup is due again, once: rather a digest twice than none.
    """
    sent = (
        update(outbox)
        .where(outbox.c.state == "waiting", outbox.c.ready_at <= now)
        .values(state="given_up", reason="restored", sent_at=now, body=None)
    )
    used = (
        update(invitations)
        .where(invitations.c.used_at.is_(None), invitations.c.expires_at > now)
        .values(expires_at=now)
    )
    jobs.set_mark(tx, RESTORED_AT, now.isoformat())
    return Ended(tx.execute(sent).rowcount, tx.execute(used).rowcount)


def restored_at(tx: Connection) -> datetime | None:
    """Return when this database was restored from a backup, in the town's time."""
    found = jobs.mark(tx, RESTORED_AT)
    return datetime.fromisoformat(found).astimezone(TOWN_ZONE) if found else None


def newest(tx: Connection, last_tick: str) -> datetime | None:
    """Return up to when the database reaches: its newest record, or the tick under that mark."""
    moments = [tx.execute(select(func.max(records.c.recorded_at))).scalar()]
    ticked = jobs.mark(tx, last_tick)
    moments.append(datetime.fromisoformat(ticked) if ticked else None)
    return max((moment for moment in moments if moment), default=None)


def is_key_right(tx: Connection) -> bool:
    """Tell whether the key at hand closed what is stored; nothing stored speaks against none."""
    name = tx.execute(select(people.c.name).limit(1)).scalar()
    return name is None or seal_of(tx).has_closed(name)


def file_names(tx: Connection) -> list[str]:
    """Return the names of the files that must lie in the store."""
    return list(tx.execute(select(files.c.hash)).scalars())


def count_records(tx: Connection) -> int:
    """Return how many records there are."""
    return tx.execute(select(func.count()).select_from(records)).scalar_one()
