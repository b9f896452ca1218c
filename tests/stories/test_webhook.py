"""Telegram pushes: the same stories, nothing taken from strangers, nothing acknowledged before it is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from tests.faults.disk import Disk
from tests.faults.lives import select
from tests.office import Office, free_port, open_office
from tests.sandbox.hand import BotHand
from tests.stories.telling import a_sentence_goes_to_the_end

from wangge.channels.telegram import channel

SECRET = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def here(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten, with its messages pushed."""
    async with open_pushed(template, tmp_path) as office:
        yield office


@asynccontextmanager
async def open_pushed(template: Path, folder: Path) -> AsyncIterator[Office]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/own-path"
    async with open_office(template, folder / "data", telegram_webhook=url, webhook_port=port) as office:
        async with asyncio.timeout(30):
            while not (await office.town.get("/state"))["webhook"]:
                pass
        yield office


@pytest.fixture
async def stranger() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def figures(here: Office, name: str) -> list[str]:
    assert here.app
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{here.app.port}/metrics") as page,
    ):
        return [line for line in (await page.text()).splitlines() if line.startswith(name)]


async def test_a_sentence_goes_to_the_end_over_a_webhook(here: Office) -> None:
    """Word for word what polling brings about, without a single poll."""
    await a_sentence_goes_to_the_end(here)
    assert await here.town.calls("getUpdates") == []
    told = (await here.town.calls("setWebhook"))[0]["params"]
    assert "drop_pending_updates" not in told and "callback_query" in str(told["allowed_updates"])


async def test_who_does_not_know_the_secret_or_the_path_gets_nothing_in(
    here: Office, stranger: aiohttp.ClientSession
) -> None:
    url = here.settings.telegram_webhook
    update = {"update_id": 1, "message": {"text": "早"}}
    for headers in ({}, {SECRET: ""}, {SECRET: "wrong"}):
        async with stranger.post(url, json=update, headers=headers) as answer:
            assert answer.status == 403
    for method, path, status in (
        ("POST", "/", 404),
        ("POST", "/own", 404),
        ("GET", "/own-path", 405),
        ("GET", "/metrics", 404),
        ("GET", "/health", 404),
        ("GET", "/settled", 404),
    ):
        async with stranger.request(method, url.replace("/own-path", path)) as answer:
            assert answer.status == status, path
    assert select(here.folder, "SELECT count(*) FROM inbox") == [(0,)]
    refused = 'wangge_pushes_refused_total{channel="telegram",reason="secret"}'
    assert await figures(here, refused) == [f"{refused} 3.0"]


async def test_too_much_and_no_json_are_refused_and_counted(
    here: Office, stranger: aiohttp.ClientSession
) -> None:
    url = here.settings.telegram_webhook
    assert here.sandbox.world.webhook
    known = {SECRET: here.sandbox.world.webhook.secret or ""}
    for body, status in ((b"[" * 1_000_001, 413), (b"[" * 100_000, 400), (b"\xff", 400), (b"", 400)):
        async with stranger.post(url, data=iter_once(body), headers=known) as answer:
            assert answer.status == status
    assert select(here.folder, "SELECT count(*) FROM inbox") == [(0,)]
    counted = [line.rpartition("reason=")[2] for line in await figures(here, "wangge_pushes_refused_total")]
    assert {'"size"} 1.0', '"json"} 3.0', '"secret"} 0.0'} <= set(counted)
    async with stranger.post(url, json=["no update at all"], headers=known) as answer:
        assert answer.status == 200, "what is JSON is stored, whatever it is, or it would come for ever"
    await here.town.settled()
    assert select(here.folder, "SELECT state FROM inbox") == [("done",)]


async def iter_once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def test_an_update_pushed_again_and_fetched_too_makes_one_record(here: Office) -> None:
    reporter = await here.person(1)
    await reporter.says("村口垃圾好几天没拉")
    await reporter.taps("上报")
    again = [update["update_id"] for update in await here.town.updates()]
    for update_id in [*again, *again]:
        await here.town.deliver_again(update_id)
    await here.town.settled()
    here.settings = here.settings.model_copy(update={"telegram_webhook": ""})
    await here.stop()
    await reporter.says("路灯坏了两天了", wait=False)  # while nobody runs: the platform keeps it
    await here.start()
    for update_id in again:
        await here.town.deliver_again(update_id)
    await here.town.settled()
    await reporter.taps("上报")
    assert select(here.folder, "SELECT count(*) FROM records") == [(2,)]
    assert (await here.town.calls("deleteWebhook"))[0]["params"] == {}, "pending updates are never dropped"


async def test_what_cannot_be_stored_is_not_acknowledged(here: Office) -> None:
    reporter, disk = await here.person(1), Disk(here.database.engine)
    disk.fill(refuses_commits=True)
    await reporter.says("村口垃圾好几天没拉", wait=False)
    async with asyncio.timeout(30):
        while not here.sandbox.world.push_failure:
            await disk.has_refused(disk.refusals + 1)
    assert here.sandbox.world.push_failure[1].endswith("503 Service Unavailable")
    assert select(here.folder, "SELECT count(*) FROM inbox") == [(0,)]
    disk.make_room()
    await here.town.settled()
    assert select(here.folder, "SELECT state FROM inbox") == [("done",)]
    assert "要上报吗" in ((await reporter.last()).text or "")


async def test_another_bot_that_takes_the_messages_away_is_told_of_and_loses_them_again(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: aiohttp.ClientSession
) -> None:
    monkeypatch.setattr(channel, "CHECK_SECONDS", 0.02)
    async with open_pushed(template, tmp_path) as here:
        clerk, reporter = await here.person(49), await here.person(1)
        await BotHand(here.sandbox, stranger).does("deleteWebhook")
        await reporter.says("村口垃圾好几天没拉")  # settles only after it was pushed
        await here.town.forward(minutes=1)
        assert "另有一个程序" in ((await clerk.last()).text or "")
