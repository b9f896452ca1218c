"""I15: a backup taken under load restores to a whole state, and no number is given twice."""

import asyncio
import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.faults.lives import select, stored_words
from tests.office import MONDAY_10, Office, open_office, settings_for

from wangge.bot import keeping
from wangge.handlers import roster
from wangge.handlers.context import Outgoing, Worlds
from wangge.rules.errors import PersonError
from wangge.storage import people
from wangge.storage.database import Transaction

NUMBER = re.compile(r"\b\d{4}-(?:\d{4}-)?\d{3}\b")
REPORTERS = (2, 3)


async def command(here: Office, *line: str | Path) -> None:
    """Run a command as a program of its own, as the operator does beside the running bot."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wangge.bot", *map(str, line)),
        env={**os.environ, "WANGGE_DATA_DIR": str(here.folder), "WANGGE_CLOCK": here.sandbox.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


def given(here: Office) -> dict[str, str]:
    """Return the numbers that people were shown so far, and with which words."""
    return {
        number: str(call.params)
        for call in list(here.sandbox.calls)
        if call.method in {"sendMessage", "editMessageText"}
        for number in NUMBER.findall(str(call.params.get("text", "")))
    }


async def report(here: Office, staff_no: int, count: int) -> None:
    person = await here.person(staff_no)
    for n in range(count):
        await person.says(f"村口第{n + 1}盏路灯不亮了")
        await person.taps("上报")
        if n == 1:
            await person.sends_photo()


async def keep_reporting(here: Office, staff_no: int, done: asyncio.Event) -> None:
    """Report until the backup is taken, and once more."""
    while not done.is_set():
        await report(here, staff_no, 1)
    await report(here, staff_no, 1)


def whole(folder: Path) -> None:
    """I3 and I4: one record of one origin, each with its history and its stay."""
    records = {row[0] for row in select(folder, "SELECT id FROM records")}
    assert records == {row[0] for row in select(folder, "SELECT record FROM history WHERE version = 1")}
    assert records == {row[0] for row in select(folder, "SELECT record FROM stays")}
    filed = {row[0] for row in select(folder, "SELECT record FROM drafts WHERE state = 'filed'")}
    assert records == filed
    assert not select(folder, "SELECT origin FROM records GROUP BY origin HAVING count(*) > 1")


async def test_the_drill(template: Path, tmp_path: Path) -> None:
    """Backup beside a running bot under load, loss of the machine, restore into a new folder, work goes on."""
    backup, new = tmp_path / "backup", tmp_path / "new"
    async with open_office(template, tmp_path / "data") as here:
        officer = await here.person(45)
        await report(here, 1, 2)
        before = given(here)
        done = asyncio.Event()
        load = [asyncio.create_task(keep_reporting(here, number, done)) for number in REPORTERS]
        await command(here, "backup", backup)
        done.set()
        await asyncio.gather(*load)
        await here.stop()
        lost = given(here)

        await command(here, "restore", backup, "--into", new)
        whole(new)
        restored = stored_words(new)
        assert before.keys() <= restored.keys() < lost.keys()
        assert all("路灯不亮了" in words["what"] for words in restored.values())

        here.settings = settings_for(
            new, **here.settings.model_dump(include={"telegram_token", "telegram_api", "clock"})
        )
        here.folder = new
        await here.start()  # and draws the same digits from the beginning
        await here.town.settled()
        assert "数据是从备份恢复的" in str([message.words for message in await officer.screen()])
        sent = len(here.sandbox.calls)
        await report(here, 5, 3)
        after = {number for number in given_since(here, sent) if number not in restored}
        assert len(after) >= 3
        assert not after & lost.keys(), "a number that was lost is given a second time"
        assert all(re.fullmatch(r"1123-10\d\d-\d{3}", number) for number in after)

        person = await here.person(5)
        await person.says(min(after))
        assert min(after) in (await person.last()).words
        await here.town.forward(days=1)
        await report(here, 6, 1)
        assert any(re.fullmatch(r"1124-\d{3}", number) for number in given(here))
        whole(new)


def given_since(here: Office, count: int) -> set[str]:
    return {number for call in here.sandbox.calls[count:] for number in NUMBER.findall(str(call.params))}


async def test_nothing_old_is_said_and_nobody_old_let_in(template: Path, tmp_path: Path) -> None:
    """What waited in the backup has been sent since; an invitation in it may have been lost since."""
    async with open_office(template, tmp_path / "data") as here:
        await here.stop()

        def invite(tx: Transaction) -> str:
            person = people.by_staff_no(tx, "001", MONDAY_10.date())
            assert person
            return roster.make_invitations(Outgoing(tx, Worlds().current(tx), MONDAY_10), [person], "{code}")[
                0
            ].link

        await here.start()
        code = await here.database.transaction(invite)
        worker = await here.person(1)
        await worker.says("村口那盏路灯不亮了")
        await here.stop()
        put_waiting(here.folder, [MONDAY_10, MONDAY_10 + timedelta(hours=30)])
        settings = settings_for(here.folder, clock=here.sandbox.url)
        await keeping.back_up(settings, tmp_path / "backup")
        await here.town.forward(hours=25, wait=False)
        said = await keeping.restore(settings, tmp_path / "backup", tmp_path / "new")
        assert "当时没发的1条消息不再发，没用的1份邀请作废" in "\n".join(said)
        waiting = select(
            tmp_path / "new", "SELECT slot FROM outbox WHERE state = 'waiting' AND slot LIKE 'x%'"
        )
        assert waiting == [("x1",)], "its hour is still to come"

        here.settings = settings_for(
            tmp_path / "new", **here.settings.model_dump(include={"telegram_token", "telegram_api", "clock"})
        )
        await here.start()
        thief = await here.town.person("Somebody", user_id=5002)
        await thief.says(f"/start {code}")
        assert "过期" in (await thief.last()).words


def put_waiting(folder: Path, moments: list[Any]) -> None:
    """Let messages wait, as in a backup taken in the moment before they were sent."""
    with closing(sqlite3.connect(folder / "wangge.db")) as database, database:
        for n, at in enumerate(moments):
            day = at.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")
            database.execute(
                "INSERT INTO outbox (channel, chat, body, slot, created_at, ready_at) "
                "VALUES ('telegram', '1001', x'00', ?, ?, ?)",
                (f"x{n}", day, day),
            )


def lose_key(backup: Path) -> None:
    (backup / "key").unlink()


def other_key(backup: Path) -> None:
    (backup / "key").write_bytes(bytes(32))


def spoil_database(backup: Path) -> None:
    content = bytearray((backup / "wangge.db").read_bytes())
    content[4096 * 3 : 4096 * 20] = os.urandom(4096 * 17)
    (backup / "wangge.db").write_bytes(content)


def newer(backup: Path) -> None:
    with closing(sqlite3.connect(backup / "wangge.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def lose_file(backup: Path) -> None:
    name = "ab" + "0" * 62
    with closing(sqlite3.connect(backup / "wangge.db")) as database, database:
        database.execute(
            "INSERT INTO files VALUES (?, 'image/jpeg', 3, '2026-11-23 02:00:00.000000')", (name,)
        )
    (backup / "files" / "ab").mkdir()
    (backup / "files" / "ab" / name).write_bytes(b"not it")


@pytest.mark.parametrize(
    ("spoil", "text_id"),
    [
        (lose_key, "cli.restore.not_whole"),
        (other_key, "cli.key_wrong"),
        (spoil_database, "cli.restore.broken"),
        (newer, "cli.database.newer"),
        (lose_file, "cli.restore.files"),
    ],
)
async def test_a_spoilt_backup_is_refused_and_leaves_nothing(
    hamlet: Path, tmp_path: Path, spoil: Any, text_id: str
) -> None:
    settings, backup, new = settings_for(hamlet), tmp_path / "backup", tmp_path / "new"
    await keeping.back_up(settings, backup)
    spoil(backup)
    with pytest.raises(PersonError) as refused:
        await keeping.restore(settings, backup, new)
    assert refused.value.text_id == text_id
    assert not new.exists() or not list(new.iterdir())


async def test_nothing_is_ever_restored_over_something(hamlet: Path, tmp_path: Path) -> None:
    settings, backup = settings_for(hamlet), tmp_path / "backup"
    await keeping.back_up(settings, backup)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a note").write_text("")
    for target in (hamlet, tmp_path / "new"):
        with pytest.raises(PersonError) as refused:
            await keeping.restore(settings, backup, target)
        assert refused.value.text_id == "cli.restore.not_new"


async def test_a_copy_made_by_hand_with_its_log_restores_too(hamlet: Path, tmp_path: Path) -> None:
    """Whoever copied the folder of a running bot has the last pages in the write-ahead log only."""
    source, backup = tmp_path / "source", tmp_path / "backup"
    shutil.copytree(hamlet, source)
    with closing(sqlite3.connect(source / "wangge.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("INSERT INTO marks VALUES ('by hand', 'yes')")
        shutil.copytree(source, backup)
    assert (backup / "wangge.db-wal").exists()
    await keeping.restore(settings_for(source), backup, tmp_path / "new")
    assert select(tmp_path / "new", "SELECT value FROM marks WHERE name = 'by hand'") == [("yes",)]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "files",
        "key",
        "town.toml",
        "wangge.db",
    ]
