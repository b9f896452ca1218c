"""Who has a part in a record beside author and holder, and which records belong together."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select

from wangge.storage import inbox
from wangge.storage.ledger import links, parties


def link(tx: Connection, from_record: int, to_record: int, why: str) -> None:
    """Link two records."""
    tx.execute(insert(links).values(from_record=from_record, to_record=to_record, why=why))


def unlink(tx: Connection, from_record: int, why: str) -> None:
    """Take a record's links of that kind back."""
    tx.execute(delete(links).where(links.c.from_record == from_record, links.c.why == why))


def origins(tx: Connection, to_records: Collection[int], why: str) -> dict[int, int]:
    """Return from which record each of those came for that reason; what came from none is left out."""
    query = select(links.c.to_record, links.c.from_record)
    found = tx.execute(query.where(links.c.to_record.in_(to_records), links.c.why == why))
    return {row.to_record: row.from_record for row in found}


def linking(tx: Connection, to_record: int, why: str) -> list[int]:
    """Return the records that are linked to one for that reason."""
    query = select(links.c.from_record).where(links.c.to_record == to_record, links.c.why == why)
    return list(tx.execute(query.order_by(links.c.from_record)).scalars())


def add(tx: Connection, record: int, person: int, part: str) -> None:
    """Let somebody have a part in a record: as helper, as reporter too, as who checks it."""
    row = {"record": record, "person": person, "part": part}
    tx.execute(inbox.insert(tx)(parties).values(row).on_conflict_do_nothing())


def drop(tx: Connection, record: int, person: int, part: str) -> None:
    """Take somebody's part back."""
    row = (parties.c.record == record, parties.c.person == person, parties.c.part == part)
    tx.execute(delete(parties).where(*row))


def linked(tx: Connection, from_record: int, why: str) -> int | None:
    """Return the record to which another is linked for that reason."""
    query = select(links.c.to_record).where(links.c.from_record == from_record, links.c.why == why)
    return tx.execute(query.order_by(links.c.to_record).limit(1)).scalar()
