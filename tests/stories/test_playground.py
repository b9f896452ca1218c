"""`wangge sandbox`: a living town behind the chat page, and what happened inside for each message."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from io import StringIO

import pytest
import pytest_asyncio
from rich.console import Console

from wangge.demo import people
from wangge.demo.opening import CADRE, FEATURED, WORKER
from wangge.demo.picture import washed_out_road
from wangge.demo.playground import offer_page, open_playground
from wangge.demo.stage import Stage
from wangge.demo.telling import Teller
from wangge.rules.errors import PersonError
from wangge.sandbox.files import image_size
from wangge.sandbox.person import Person
from wangge.sandbox.views import Section


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A playground as the command opens it; its shell has settings of a real town, which it must not see."""
    with pytest.MonkeyPatch.context() as shell:
        shell.setenv("WANGGE_DATABASE_URL", "sqlite:////nowhere/real.db")
        shell.setenv("WANGGE_TELEGRAM_PACE", "-1")
        folder = tmp_path_factory.mktemp("shell")
        shell.setattr(tempfile, "tempdir", str(folder))
        async with open_playground() as opened:
            yield opened
    assert not list(folder.iterdir())
    for address in (opened.sandbox.url, opened.town.health_url):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(str(address).rpartition(":")[2])))


async def updates_of(stage: Stage, person: Person) -> list[int]:
    """Return the identifiers of what the bot got from a person, oldest first."""
    found = []
    for update in await stage.town.updates():
        part = update["payload"].get("message") or update["payload"].get("callback_query") or {}
        if part.get("from", {}).get("id") == person.id:
            found.append(update["update_id"])
    return found


async def inside(stage: Stage, update_id: int) -> Mapping[str, Section]:
    """Return the tables of an update by their title."""
    assert stage.sandbox.inside
    return {section.title: section for section in await stage.sandbox.inside(update_id)}


@pytest.mark.asyncio(loop_scope="module")
class TestAnOpenTown:
    """One town for all of these, each with people of its own."""

    async def test_the_featured_chats_hold_a_living_conversation(self, stage: Stage) -> None:
        assert stage.sandbox.featured == [stage.members[number].account for number in FEATURED]
        texts = {
            number: [message.words for message in await (await stage.person(number)).screen()]
            for number in FEATURED
        }
        assert any("已结案" in text for text in texts[WORKER])
        assert any("新事项" in text for text in texts[people.DESK])
        assert any("已记走访" in text for text in texts[CADRE])
        assert any("上报" in text for text in texts[people.MAYOR])
        assert "受理并指派 何二牛" in (await (await stage.person(people.DESK)).buttons())[0]

    async def test_everybody_has_a_post_beside_the_name(self, stage: Stage) -> None:
        worker = await stage.person(WORKER)
        assert (await stage.town.get(f"/chats/{worker.id}"))["subtitle"] == "网格员 · 东桥村"
        assert len(await stage.town.get("/persons")) == len(stage.members)

    async def test_a_sentence_becomes_a_card_and_its_inside_is_told(self, stage: Stage) -> None:
        worker = await stage.person(WORKER)
        await worker.says("村口垃圾好几天没拉")
        assert "要上报吗" in (await worker.last()).words
        await worker.taps("上报")
        said, tapped = (await updates_of(stage, worker))[-2:]
        first, second = await inside(stage, said), await inside(stage, tapped)
        assert first["收件"].rows[0][1:4] == [str(said), "办完", "0"]
        (draft,) = {row[2] for row in first["发件"].rows if row[2]}
        assert draft.startswith("draft:")
        ((number, kind, state, village, _, origin),) = (
            row for row in second["记录"].rows if not row[0].startswith("草稿")
        )
        assert (kind, state, village, origin) == ("事件", "已上报", "东桥村", f"{draft}:0")
        assert number in [row[0] for row in first["记录"].rows]  # what the sentence has become
        assert [row[:4] for row in second["历史"].rows] == [[number, "1", "上报", "李二牛"]]
        assert {"李二牛", "贾铁柱"} <= {row[1] for row in second["发件"].rows}
        assert not {row[0] for row in first["发件"].rows} & {row[0] for row in second["发件"].rows}
        assert all(len(row) == len(section.heads) for section in second.values() for row in section.rows)

    async def test_the_desk_s_tap_tells_what_it_changed(self, stage: Stage) -> None:
        desk = await stage.person(people.DESK)
        await desk.taps("受理并指派 何二牛")
        changed = await inside(stage, (await updates_of(stage, desk))[-1])
        assert changed["历史"].rows[-1][-1] == "状态 已上报 → 已指派；承办 无 → 何二牛"

    async def test_what_was_never_sent_has_no_inside(self, stage: Stage) -> None:
        assert await inside(stage, 1) == {}

    async def test_the_page_learns_when_the_bot_is_done(self, stage: Stage) -> None:
        assert stage.sandbox.settled
        clock = await stage.town.get("/clock")
        assert clock["running"]
        assert await stage.sandbox.settled(clock["version"])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("typed", "goes_on"), [(b"\n", True), ("好\n".encode(), True), (b"n\n", False)])
async def test_the_demo_asks_whether_to_go_on_in_the_browser(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, typed: bytes, goes_on: bool
) -> None:
    hand, terminal = os.openpty()
    paper = StringIO()
    monkeypatch.setattr(stage, "teller", Teller(Console(file=paper, width=80), {}))
    with os.fdopen(hand, "wb", buffering=0) as keys, os.fdopen(terminal, encoding="utf-8") as line:
        monkeypatch.setattr(sys, "stdin", line)
        keys.write(typed)
        asking = asyncio.create_task(offer_page(stage))
        async with asyncio.timeout(10):
            while not asking.done() and stage.sandbox.url not in paper.getvalue():  # noqa: ASYNC110 - paper rings no bell
                await asyncio.sleep(0)
        assert asking.done() is not goes_on
        asking.cancel()
        await asyncio.wait([asking])
    assert "在浏览器里接着聊？" in paper.getvalue()


def test_the_photo_is_a_picture() -> None:
    assert image_size(washed_out_road()) == (960, 720)


async def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PersonError) as refused:
        async with open_playground(taken.getsockname()[1]):
            pass
    assert refused.value.text_id == "cli.sandbox.port_taken"


async def test_the_stand_in_alone_ends_without_a_word_when_it_is_told_to() -> None:
    command = (sys.executable, "-m", "wangge.bot", "sandbox", "--bare", "--port", "0")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert process.stdout
    assert "http://127.0.0.1:" in (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGINT)
    assert await process.communicate() == (b"", b"")
    assert process.returncode == 0
