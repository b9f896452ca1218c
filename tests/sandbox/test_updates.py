"""How updates are handed out, acknowledged, repeated and pushed."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.sandbox.hand import BotHand

from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Refused, Town


async def test_unacknowledged_updates_are_handed_out_again(bot: BotHand, li: Person) -> None:
    await li.says("一", wait=False)
    await li.says("二", wait=False)
    first = await bot.does("getUpdates")
    assert [u["message"]["text"] for u in first] == ["一", "二"]
    assert await bot.does("getUpdates") == first
    rest = await bot.does("getUpdates", offset=first[1]["update_id"])
    assert [u["message"]["text"] for u in rest] == ["二"]
    assert await bot.does("getUpdates", offset=first[1]["update_id"] + 1) == []
    assert await bot.does("getUpdates", offset=0) == []


async def test_limit_and_negative_offset(bot: BotHand, li: Person) -> None:
    for text in "一二三":
        await li.says(text, wait=False)
    assert len(await bot.does("getUpdates", limit=2)) == 2
    assert [u["message"]["text"] for u in await bot.does("getUpdates", offset=-1)] == ["三"]
    assert len(await bot.does("getUpdates")) == 1


async def test_a_long_poll_answers_as_soon_as_something_happens(bot: BotHand, li: Person) -> None:
    poll = asyncio.create_task(bot.does("getUpdates", timeout=30))
    await li.says("在吗", wait=False)
    assert (await poll)[0]["message"]["text"] == "在吗"


async def test_a_newer_poll_displaces_the_older(bot: BotHand, li: Person, sandbox: Sandbox) -> None:
    older = asyncio.create_task(bot.call("getUpdates", timeout=30))
    await sandbox.world.updates.bell.wait_until(lambda: sandbox.world.updates._turn == 1, 5)
    newer = asyncio.create_task(bot.does("getUpdates", timeout=30))
    assert await older == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    }
    await li.says("在吗", wait=False)
    assert len(await newer) == 1


async def test_kinds_nobody_asked_for_are_not_made(bot: BotHand, li: Person) -> None:
    await bot.does("getUpdates", allowed_updates=["callback_query"])
    await li.says("没人听", wait=False)
    assert await bot.does("getUpdates") == []
    await bot.does("getUpdates", allowed_updates=[])
    await li.says("有人听", wait=False)
    assert len(await bot.does("getUpdates")) == 1


async def test_an_update_can_come_twice_under_one_identifier(bot: BotHand, li: Person, town: Town) -> None:
    await li.says("两遍", wait=False)
    await li.says("一遍", wait=False)
    updates = await bot.takes()
    await town.deliver_again(updates[0]["update_id"])
    assert await bot.does("getUpdates", offset=updates[1]["update_id"] + 1) == updates[:1]
    assert await bot.does("getUpdates", offset=updates[1]["update_id"] + 1) == []
    records = await town.updates()
    assert [r["handed_out"] for r in records] == [2, 1]
    assert all(r["acknowledged_elapsed"] is not None for r in records)
    with pytest.raises(Refused, match="never was"):
        await town.deliver_again(1)


async def test_any_json_can_be_injected(bot: BotHand, town: Town) -> None:
    update_id = await town.inject({"message": {"odd": [None]}})
    assert await bot.does("getUpdates") == [{"message": {"odd": [None]}, "update_id": update_id}]


async def test_the_seed_gives_the_first_update_id(bot: BotHand, li: Person) -> None:
    sent = await li.says("一", wait=False)
    assert sent[0].message_id == 1
    assert (await bot.does("getUpdates"))[0]["update_id"] > 10**8


async def test_waiting_for_acknowledgement(bot: BotHand, li: Person, town: Town) -> None:
    await li.says("一", wait=False)
    assert await town.get("/acknowledged", timeout=0) == {"acknowledged": False, "clock": 1}
    waiting = asyncio.create_task(town.settled())
    await bot.takes()
    await waiting


class Hook:
    """The bot's end of a webhook, which answers with the codes it is given."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.pushed: asyncio.Queue[tuple[str | None, dict[str, Any]]] = asyncio.Queue()

    async def take(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.pushed.put_nowait((secret, await request.json()))
        return web.Response(status=self.codes.pop(0) if self.codes else 200)


async def test_webhook_pushes_in_order_until_accepted(bot: BotHand, li: Person, town: Town) -> None:
    hook, app = Hook(), web.Application()
    app.router.add_post("/hook", hook.take)
    async with TestServer(app) as server:
        hook.codes = [500, 500]
        await bot.does("setWebhook", url=str(server.make_url("/hook")), secret_token="made-up")
        await li.says("一", wait=False)
        await li.says("二", wait=False)
        await town.settled()
        pushed = [hook.pushed.get_nowait() for _ in range(hook.pushed.qsize())]
        assert [update["message"]["text"] for _, update in pushed] == ["一", "一", "一", "二"]
        assert {secret for secret, _ in pushed} == {"made-up"}
        information = await bot.does("getWebhookInfo")
        assert information["last_error_message"].startswith("Wrong response from the webhook: 500")
        assert "can't use getUpdates method while webhook is active" in await bot.refused("getUpdates")
        await bot.does("deleteWebhook")
    await li.says("三", wait=False)
    assert len(await bot.does("getUpdates")) == 1
    await bot.does("deleteWebhook", drop_pending_updates=True)
    assert await bot.does("getUpdates") == []


async def test_setting_a_webhook_ends_the_poll(bot: BotHand, sandbox: Sandbox) -> None:
    poll = asyncio.create_task(bot.refused("getUpdates", timeout=30))
    await sandbox.world.updates.bell.wait_until(lambda: sandbox.world.updates._turn == 1, 5)
    await bot.does("setWebhook", url="http://127.0.0.1:9/hook")
    assert await poll == "Conflict: terminated by setWebhook request"


@pytest.mark.parametrize(
    ("url", "secret"),
    [("http://example.org/hook", "x"), ("ftp://127.0.0.1/", "x"), ("http://127.0.0.1:9/", "white space")],
)
async def test_a_wrong_webhook_is_refused(bot: BotHand, url: str, secret: str) -> None:
    assert (await bot.refused("setWebhook", url=url, secret_token=secret)).startswith("Bad Request: ")
