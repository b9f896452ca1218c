"""A running sandbox, a town to act in, and a bot that is nothing but its calls."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from tests.sandbox.hand import BotHand

from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox, serve
from wangge.sandbox.town import Town


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with await serve() as running:
        yield running


@pytest.fixture
async def town(sandbox: Sandbox) -> AsyncIterator[Town]:
    async with Town(sandbox.url, within=5) as opened:
        yield opened


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[BotHand]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield BotHand(sandbox, session)


@pytest.fixture
async def li(town: Town) -> Person:
    return await town.person("李二牛", has_started=True)
