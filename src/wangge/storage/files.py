"""The content-addressed file store, and what is attached to drafts and records."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, bindparam, insert, select, update

from wangge.storage import inbox
from wangge.storage.database import seal_of
from wangge.storage.ledger import attachments, files
from wangge.storage.prepared import Prepared
from wangge.storage.seal import Seal


class FileStore:
    """Files named by the hash of their content, sealed on disk; written whole or not at all."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        """Use a folder, made if missing."""
        self._folder = folder
        self._seal = seal
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, content: bytes) -> str:
        """Store content durably and return its hash (hex SHA-256)."""
        name = hashlib.sha256(content).hexdigest()
        target = self._folder / name[:2] / name
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            waiting = target.with_suffix(f".{os.getpid()}")
            with waiting.open("wb") as file:
                file.write(self._seal.close_bytes(content))
                file.flush()
                os.fsync(file.fileno())
            waiting.rename(target)
        return name

    def read(self, name: str) -> bytes:
        """Return what lies under a hash."""
        return self._seal.open_bytes((self._folder / name[:2] / name).read_bytes())

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Lend a folder for a file in the making, which nobody else may read; it goes with all that is in it.

        So does what a process left behind that was killed over it: nothing stays unsealed.
        """
        place = self._folder / "scratch"
        for left in place.glob("*"):
            if not _is_running(left.name):
                rmtree(left, ignore_errors=True)
        own = place / str(os.getpid())
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            yield own
        finally:
            rmtree(own, ignore_errors=True)

    def is_whole(self, name: str) -> bool:
        """Tell whether what lies under a hash is what the hash says."""
        try:
            return hashlib.sha256(self.read(name)).hexdigest() == name
        except (OSError, ValueError, InvalidTag):  # a file cut short has no whole nonce
            return False


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass  # somebody else's
    return True


@dataclass(frozen=True)
class Attachment:
    """A photo, voice note, video or document that belongs to a draft or record."""

    id: int
    draft: int | None
    record: int | None
    sort: str
    state: str
    """waiting (still at the platform), stored, refused."""
    source: Any
    file: str | None


_OF_DRAFT, _OF_RECORD = (
    Prepared(select(attachments).where(owner == bindparam("of")).order_by(attachments.c.id))
    for owner in (attachments.c.draft, attachments.c.record)
)
_HAND_OVER = Prepared(
    update(attachments).where(attachments.c.draft == bindparam("of")).values(record=bindparam("to"))
)


def attach(
    tx: Connection,
    sort: str,
    source: Mapping[str, Any],
    now: datetime,
    *,
    draft: int | None,
    record: int | None,
) -> int:
    """Attach a file that still lies at the platform; a job will fetch it."""
    row = {
        "draft": draft,
        "record": record,
        "sort": sort,
        "source": seal_of(tx).close_json(dict(source)),
        "added_at": now,
    }
    found: int = tx.execute(insert(attachments).values(row).returning(attachments.c.id)).scalar_one()
    return found


def attachment(tx: Connection, attachment_id: int) -> Attachment:
    """Return an attachment."""
    return _attachment(tx, tx.execute(select(attachments).where(attachments.c.id == attachment_id)).one())


def attached(tx: Connection, *, draft: int | None = None, record: int | None = None) -> Sequence[Attachment]:
    """Return what belongs to a draft, or to a record, in the order it came."""
    rows = _OF_DRAFT.all(tx, of=draft) if draft is not None else _OF_RECORD.all(tx, of=record)
    return [_attachment(tx, row) for row in rows]


def hand_over(tx: Connection, draft: int, record: int) -> None:
    """What was attached to a draft belongs to the record it has become."""
    _HAND_OVER.run(tx, of=draft, to=record)


def mark_stored(
    tx: Connection, attachment_id: int, name: str, media_type: str, size: int, now: datetime
) -> None:
    """The file has been fetched and lies in the store."""
    row = {"hash": name, "media_type": media_type, "size": size, "stored_at": now}
    tx.execute(inbox.insert(tx)(files).values(row).on_conflict_do_nothing())
    tx.execute(update(attachments).where(attachments.c.id == attachment_id).values(state="stored", file=name))


def mark_refused(tx: Connection, attachment_id: int) -> None:
    """The file is gone, too large, or not what it says it is."""
    tx.execute(update(attachments).where(attachments.c.id == attachment_id).values(state="refused"))


def _attachment(tx: Connection, row: Any) -> Attachment:  # noqa: ANN401 - a row
    return Attachment(
        row.id, row.draft, row.record, row.sort, row.state, seal_of(tx).open_json(row.source), row.file
    )
