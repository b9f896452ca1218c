"""Who has seen or done what outside the usual way; kept apart from the records."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from wangge.storage.database import seal_of
from wangge.storage.ledger import audit


def note(tx: Connection, actor: int | None, act: str, target: str, reason: str, now: datetime) -> None:
    """Remember who did what to what, and why; the operator, at the machine itself, is nobody."""
    row = {"actor": actor, "act": act, "target": target, "at": now, "body": seal_of(tx).close(reason)}
    tx.execute(insert(audit).values(row))


def notes_on(tx: Connection, target: str) -> list[tuple[int, str, str]]:
    """Return (actor, act, reason) of everything noted on a target, oldest first."""
    rows = tx.execute(select(audit).where(audit.c.target == target).order_by(audit.c.id))
    return [(row.actor, row.act, seal_of(tx).open(row.body)) for row in rows]
