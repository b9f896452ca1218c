"""I8: on a full disk nothing is confirmed that is not stored, the bot lives, and goes on by itself."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, text
from sqlalchemy.exc import OperationalError
from tests.faults.disk import Disk
from tests.faults.lives import NUMBER, select
from tests.office import Office, open_office

from wangge.bot import app, delivery, dispatch
from wangge.storage.database import NotStored, open_database, savepoint
from wangge.storage.prepared import Prepared, parameters
from wangge.storage.seal import Seal

# A connection that sqlite has given up is stopped by its own thread; the garbage
# collector may find it a moment before that, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*was deleted before being closed:ResourceWarning")

LONG = "三组的水渠塌了一段，水都漫到路上来了。" * 150
"""Long enough that storing it takes new pages."""


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (app, delivery, dispatch):
        monkeypatch.setattr(module, "REST_SECONDS", 0.02)


async def confirms_only_with_room(here: Office, disk: Disk, make_room: Callable[[], None]) -> None:
    """The disk is full: nothing is confirmed until there is room, then all of it."""
    worker = await here.person(1)
    await worker.says(LONG, wait=False)
    await disk.has_refused(3)
    assert [message for message in await worker.screen() if message.from_bot] == []
    make_room()
    await here.town.settled()
    await worker.taps("上报")
    assert NUMBER.search((await worker.last()).text or "")
    assert select(here.folder, "SELECT count(*) FROM records") == [(1,)]


async def test_nothing_is_confirmed_while_the_disk_is_full_and_all_of_it_afterwards(here: Office) -> None:
    await here.person(1)
    disk = Disk(here.database.engine)
    disk.fill()
    await confirms_only_with_room(here, disk, disk.make_room)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with sixteen megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def test_on_a_file_system_that_is_really_full_nothing_is_confirmed_until_there_is_room(
    hamlet: Path, small_disk: Path
) -> None:
    async with open_office(hamlet, small_disk / "data", disk_limit=0) as here:
        await here.person(1)
        await here.town.settled()
        disk = Disk(here.database.engine)  # only counts
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        await confirms_only_with_room(here, disk, ballast.unlink)
        assert select(here.folder, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    ("commit", "refuses_commits"), [(0, False), (5, False), *((number, True) for number in range(14))]
)
async def test_wherever_the_disk_fills_everything_is_said_once(
    hamlet: Path, tmp_path: Path, commit: int, refuses_commits: bool
) -> None:
    async with open_office(hamlet, tmp_path / "data") as here:
        worker, officer = await here.person(1), await here.person(45)
        await here.town.settled()
        disk = Disk(here.database.engine)
        disk.fill(at_commit=commit, lifted_after=3, refuses_commits=refuses_commits)
        await worker.says(LONG)
        await worker.taps("上报")
        await worker.says("帮助")
        texts = [message.text or "" for message in await worker.screen() if message.from_bot]
        assert [bool(NUMBER.search(words)) for words in texts] == [True, False]
        assert len([message for message in await officer.screen() if message.from_bot]) == 1
        assert select(here.folder, "SELECT count(*) FROM records") == [(1,)]
        assert select(here.folder, "SELECT state, attempts FROM inbox WHERE state <> 'done'") == []
        assert not disk.is_full or disk.refusals == 0


def write(tx: Connection, words: str) -> None:
    tx.execute(text("INSERT INTO page VALUES (:words)"), {"words": words})


PREPARED = Prepared(insert(Table("page", MetaData(), Column("words", Text))).values(parameters("words")))


def write_prepared(tx: Connection, words: str) -> None:
    PREPARED.run(tx, words=words)


@pytest.mark.parametrize("write", [write, write_prepared])
@pytest.mark.parametrize("in_savepoint", [False, True])
@pytest.mark.parametrize("goes_on", [False, True])
async def test_nothing_of_a_batch_is_found_when_the_disk_fills_in_the_middle(
    tmp_path: Path, write: Callable[[Connection, str], None], in_savepoint: bool, goes_on: bool
) -> None:
    """SQLite rolls back by itself and SQLAlchemy does not notice: later statements would commit one by one."""
    async with open_database(f"sqlite:///{tmp_path / 'wangge.db'}", Seal(bytes(32))) as database:
        await database.transaction(lambda tx: tx.execute(text("CREATE TABLE page (words TEXT)")))
        disk = Disk(database.engine)

        def batch(tx: Connection) -> None:
            write(tx, "before")
            # The error is passed over, as somebody might do who wants the rest to go on.
            with suppress(OperationalError), savepoint(tx) if in_savepoint else nullcontext():
                write(tx, "x" * 100_000)
            if goes_on:
                write(tx, "after")

        disk.fill()
        with pytest.raises(NotStored):
            await database.transaction(batch)
        disk.make_room()
        assert select(tmp_path, "SELECT words FROM page") == []
        await database.transaction(lambda tx: write(tx, "later"))
        assert select(tmp_path, "SELECT words FROM page") == [("later",)]
