"""Waiting until all is settled: the sandbox's side, the bot's side, and both again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.sandbox.hand import BotHand

from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import NotSettled, Town


class EchoBot:
    """A bot that answers every message, with a health page that says when it has."""

    def __init__(self, bot: BotHand) -> None:
        self.bot = bot
        self.asked: list[str] = []
        self.statuses: list[int] = []

    async def run(self) -> None:
        offset = 0
        while True:
            for update in await self.bot.does("getUpdates", offset=offset, timeout=30):
                offset = update["update_id"] + 1
                message = update["message"]
                await self.bot.does(
                    "sendMessage", chat_id=message["chat"]["id"], text=f"收到：{message['text']}"
                )

    async def settled(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["version"])
        return web.json_response({"settled_to": "x"}, status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def echo(bot: BotHand) -> AsyncIterator[EchoBot]:
    made = EchoBot(bot)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def health(echo: EchoBot) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/settled", echo.settled)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_an_act_returns_when_the_answer_is_there(sandbox: Sandbox, health: str, echo: EchoBot) -> None:
    async with Town(sandbox.url, health_url=health, within=5) as town:
        li = await town.person("李二牛")
        await li.says("在吗")
        assert [message.text for message in await li.sees()] == ["收到：在吗"]
        assert (await li.last()).text == "收到：在吗"
        await town.forward(days=1)
        assert echo.asked == ["1", "2"]


async def test_a_bot_that_is_not_ready_is_asked_again(sandbox: Sandbox, health: str, echo: EchoBot) -> None:
    echo.statuses = [503, 503]
    async with Town(sandbox.url, health_url=health, within=5) as town:
        await town.settled()
        assert len(echo.asked) == 3


async def test_nobody_there_to_take_the_update(sandbox: Sandbox) -> None:
    async with Town(sandbox.url, within=0.05) as town:
        li = await town.person("李二牛")
        with pytest.raises(NotSettled, match="'pending': 1"):
            await li.says("在吗")
        assert await li.buttons() == []
        with pytest.raises(LookupError):
            await li.last()
        assert await town.person("李二牛") is li
