"""What only one of several processes may do at a time: whoever holds the lease, as long as it lasts."""

from sqlalchemy import ColumnElement, Connection, Float, bindparam, cast, delete, func, or_, select

from wangge.storage.inbox import insert
from wangge.storage.tables import leases


def take(tx: Connection, name: str, holder: str, seconds: float) -> bool:
    """Take a lease, or keep it for longer; False while another holds it.

    The database's clock decides: those of several hosts may differ.
    """
    now = _now(tx)
    values = {"name": name, "holder": holder, "until": now + seconds}
    statement = insert(tx)(leases).values(values)
    is_free = or_(leases.c.holder == bindparam("me"), leases.c.until < now)
    taken = statement.on_conflict_do_update(
        index_elements=["name"], set_={"holder": holder, "until": now + seconds}, where=is_free
    ).returning(leases.c.holder)
    return tx.execute(taken, {"me": holder}).first() is not None


def give_back(tx: Connection, name: str, holder: str) -> None:
    """Let another have the lease at once."""
    tx.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def wait_for_turn(tx: Connection, name: str) -> None:
    """Let no two transactions be behind this line at a time; on SQLite no two write anyway."""
    if tx.dialect.name != "sqlite":
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _now(tx: Connection) -> ColumnElement[float]:
    """Return the database's clock in seconds, as an expression."""
    if tx.dialect.name == "sqlite":
        return cast((func.julianday("now") - 2440587.5) * 86400, Float)
    return cast(func.extract("epoch", func.clock_timestamp()), Float)
