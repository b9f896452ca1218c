"""The sandbox as a server on loopback, for tests in the same process and for `wangge sandbox`."""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from aiohttp import web

from wangge.sandbox.api import BotApi
from wangge.sandbox.control import Control, explain
from wangge.sandbox.guard import keep_out, mark
from wangge.sandbox.journal import Call
from wangge.sandbox.page.host import Inside, Settled
from wangge.sandbox.page.routes import ChatPage
from wangge.sandbox.webhook import push_forever
from wangge.sandbox.world import World

LOOPBACK = "127.0.0.1"
TOKEN = "7000000001:sandbox-token-of-no-value-anywhere-0"  # opens nothing but a sandbox
TOWN_TIME = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
BODY_BYTES = 128 * 1024 * 1024


class Sandbox:
    """A stand-in for the Bot API with one bot and one town, on a port of this machine.

    At its root is the chat page. `featured` are the user ids shown there as the first columns, the first
    four people if it is empty; without `settled` the page does not say when the bot is done, without
    `inside` it shows nothing of the bot but its calls. The hand-ins may be set later by attribute.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        town_time: datetime = TOWN_TIME,
        bot_name: str = "网格助手",
        seed: int = 1,
        journal: Path | None = None,
        settled: Settled | None = None,
        inside: Inside | None = None,
    ) -> None:
        self.world = World(token=token, bot_name=bot_name, now=town_time, seed=seed, journal=journal)
        self.token = token
        self.port = port
        self.featured: list[int] = []
        self.settled = settled
        self.inside = inside
        self._runner: web.AppRunner | None = None
        self._pusher: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address: root of the Bot API, of the control paths and of the clock."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def calls(self) -> list[Call]:
        """Return every call the bot made, oldest first; polls that brought nothing are left out."""
        return self.world.journal.calls

    async def start(self) -> Self:
        """Open the port; port 0 takes any free one."""
        app = web.Application(middlewares=[keep_out, explain], client_max_size=BODY_BYTES)
        app.on_response_prepare.append(mark)
        app.add_routes(ChatPage(self).routes())
        app.add_routes(BotApi(self.world).routes())
        app.add_routes(Control(self.world).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._pusher = asyncio.create_task(push_forever(self.world))
        return self

    async def stop(self) -> None:
        """Break what still waits and close the port."""
        if self._pusher:
            self._pusher.cancel()
            with suppress(asyncio.CancelledError):
                await self._pusher
        if self._runner:
            self.world.is_down = True
            self.world.updates.displace()
            await self._runner.cleanup()
        self.world.journal.close()

    async def __aenter__(self) -> Self:
        return self if self._runner else await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


async def serve(
    port: int = 0,
    *,
    token: str = TOKEN,
    town_time: datetime = TOWN_TIME,
    bot_name: str = "网格助手",
    seed: int = 1,
    journal: Path | None = None,
) -> Sandbox:
    """Return a running sandbox; whoever asked for it stops it."""
    sandbox = Sandbox(
        port=port, token=token, town_time=town_time, bot_name=bot_name, seed=seed, journal=journal
    )
    return await sandbox.start()
