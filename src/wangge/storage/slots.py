"""What each chat shows: which message of the platform stands for which slot."""

from collections.abc import Collection

from sqlalchemy import Connection, Table, bindparam, delete, exists, or_, select, tuple_, update

from wangge.storage.prepared import Prepared, among
from wangge.storage.tables import accounts, outbox, replaced, shown

_OF_THEM = (accounts.c.channel, accounts.c.chat)
_SHOWS = Prepared(
    select(
        or_(
            *(
                exists()
                .where(table.c.slot == bindparam("slot"), *where)
                .where(
                    tuple_(table.c.channel, table.c.chat).in_(
                        select(*_OF_THEM).where(among(accounts.c.person, "people"))
                    )
                )
                for table, where in ((shown, ()), (outbox, (outbox.c.state == "waiting",)))
            )
        ).label("any")
    )
)


def shows(tx: Connection, people: Collection[int], slot: str) -> bool:
    """Tell whether a chat of these people shows that slot, or is about to."""
    return bool(_SHOWS.first(tx, people=list(people), slot=slot).any)


def slot_of(tx: Connection, channel: str, chat: str, message: str) -> str:
    """Return which slot a message of the chat shows, or has shown before a newer one; "" if none."""
    found = (_slot_in(tx, table, channel, chat, message) for table in (shown, replaced))
    return next(filter(None, found), "")


def _slot_in(tx: Connection, table: Table, channel: str, chat: str, message: str) -> str:
    where = (table.c.channel == channel, table.c.chat == chat, table.c.message == message)
    return tx.execute(select(table.c.slot).where(*where)).scalar() or ""


def show_as(tx: Connection, channel: str, chat: str, message: str, before: str, slot: str) -> None:
    """Let a message that stands for one slot stand for another from now on; that slot's old one for none."""
    if _slot_in(tx, shown, channel, chat, message) != before:
        return
    here = (shown.c.channel == channel, shown.c.chat == chat)
    tx.execute(delete(shown).where(*here, shown.c.slot == slot))
    tx.execute(update(shown).where(*here, shown.c.slot == before).values(slot=slot))
