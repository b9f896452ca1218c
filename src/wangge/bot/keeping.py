"""Backup and restore: database, key and files as one folder, taken while the bot runs.

A backup is never written to: what is restored is copied first, checked and brought up to
date there, and becomes the data folder by its last step.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from wangge.bot import office
from wangge.bot.settings import Settings
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.message import Outbound
from wangge.rules.calendar import TOWN_ZONE
from wangge.rules.errors import PersonError
from wangge.scheduler.tick import LAST_TICK
from wangge.storage import restored
from wangge.storage.database import Database, Transaction
from wangge.storage.files import FileStore
from wangge.storage.migrate import migrate
from wangge.storage.seal import read_key
from wangge.texts import say

DATABASE = "wangge.db"
UNFINISHED = "restoring.db"
"""Becomes the database by the last step: until then the folder is none that a bot would run on."""
NEEDED = (DATABASE, "key", "files")


async def back_up(settings: Settings, target: Path) -> list[str]:
    """Copy database, key and files consistently into a new folder, while the bot runs.

    The database is copied first: files are only ever added, so the copy has every file
    that the copied database names.
    """
    if not settings.database.startswith("sqlite"):
        raise PersonError("cli.backup.postgresql")
    if target.exists():
        raise PersonError("cli.backup.exists", folder=target)
    office.refuse_uninitialised(settings)
    waiting = target.with_name(target.name + ".unfinished")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(parents=True, mode=0o700)
    with (
        closing(sqlite3.connect(settings.data_dir / DATABASE)) as source,
        closing(sqlite3.connect(waiting / DATABASE)) as copy,
    ):
        source.backup(copy)
    _copy_rest(settings.data_dir, waiting)
    waiting.rename(target)
    count = sum(1 for path in (target / "files").rglob("*") if path.is_file())
    return [say("cli.backup.done", folder=target, files=count), say("cli.backup.key")]


async def restore(settings: Settings, backup: Path, target: Path) -> list[str]:
    """Make a new data folder out of a backup; return what the operator should know.

    A PostgreSQL database has been restored by its own tools before: key and files are taken
    from the folder, and the database is checked and begins again like the other.

    Raises:
        PersonError: the backup is not whole, or the folder is not new. The folder is then as before.
    """
    is_sqlite = settings.database.startswith("sqlite")
    lacking = [name for name in NEEDED if not (backup / name).exists() and (is_sqlite or name != DATABASE)]
    if lacking:
        raise PersonError("cli.restore.not_whole", folder=backup, lacking="、".join(lacking))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise PersonError("cli.restore.not_new", folder=target)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    taking = settings.model_copy(update={"data_dir": target})
    try:
        _copy_rest(backup, target)
        if not is_sqlite:
            return await _begin_again(taking)
        place = target / UNFINISHED
        _copy_database(backup / DATABASE, place)
        url = f"sqlite:///{place}"
        said = await _begin_again(taking.model_copy(update={"database_url": url}))
        place.rename(target / DATABASE)
    except BaseException:
        _empty(target)
        raise
    return said


async def _begin_again(settings: Settings) -> list[str]:
    """Check the copy, bring it up to date, and end what it must not do a second time."""
    now = await office.town_time(settings)
    async with office.opened(settings, office.ANY) as database:
        await migrate(database)
        count = await _refuse_missing_files(settings, database)

        def begin(tx: Transaction) -> list[str]:
            until = restored.newest(tx, LAST_TICK)
            ended = restored.begin_again(tx, now)
            then = f"{(until or now).astimezone(TOWN_ZONE):%Y-%m-%d %H:%M}"
            outgoing = Outgoing(tx, Worlds().current(tx), now)
            message = Outbound(text=say("restored", then=then))
            outgoing.tell((person.id for person in outgoing.on_duty), message)
            outgoing.tell_administrators(message)
            outgoing.post()
            return [
                say(
                    "cli.restore.done",
                    folder=settings.data_dir,
                    records=restored.count_records(tx),
                    files=count,
                    then=then,
                ),
                say("cli.restore.lost", then=then),
                say("cli.restore.ended", letters=ended.letters, invitations=ended.invitations),
                say("cli.restore.numbers"),
            ]

        return await database.transaction(begin)


async def _refuse_missing_files(settings: Settings, database: Database) -> int:
    store = FileStore(settings.files_dir, read_key(settings.key_file))
    names = await database.snapshot(restored.file_names)
    lost = [name for name in names if not store.is_whole(name)]
    if lost:
        raise PersonError("cli.restore.files", count=len(lost), first=lost[0][:12])
    return len(names)


def _copy_database(source: Path, place: Path) -> None:
    """Copy a SQLite database and look through all of it."""
    for ending in ("", "-wal"):  # somebody may have copied the folder of a running bot by hand
        if (found := source.with_name(source.name + ending)).exists():
            shutil.copyfile(found, place.with_name(place.name + ending))
    try:
        with closing(sqlite3.connect(place)) as database:
            is_whole = database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        raise PersonError("cli.restore.broken") from error
    if not is_whole:
        raise PersonError("cli.restore.broken")


def _copy_rest(source: Path, target: Path) -> None:
    """Copy all but the database; a file that is being written has a dot in its name and is not yet named."""
    shutil.copytree(source / "files", target / "files", ignore=_unfinished)
    for name in ("key", office.POLICY_FILE):
        if (source / name).exists():
            shutil.copy2(source / name, target / name)
    os.sync()


def _unfinished(_folder: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if "." in name]


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
