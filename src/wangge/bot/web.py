"""The aiohttp application on loopback: health, and the moment up to which all is settled."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from wangge.bot.clock import Clock
from wangge.storage import inbox, jobs
from wangge.storage.database import Database, Transaction

LONGEST_WAIT = 60.0


@dataclass
class Settled:
    """Knows when nothing is left to do at the present town time."""

    database: Database
    clock: Clock
    ticked: int = 0
    """The clock's version for which the last tick is done."""
    _change: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self) -> None:
        """Something has happened: whoever waits looks again."""
        self._change.set()
        self._change = asyncio.Event()

    async def is_settled(self, version: int) -> bool:
        """Tell whether the tick of that clock version is done, and inbox, outbox and jobs are empty."""
        if self.clock.version < version or self.ticked < version:
            return False
        now = self.clock.now()

        return not await self.database.snapshot(lambda tx: inbox.is_work_left(tx, now))

    async def wait(self, version: int, seconds: float) -> bool:
        """Wait until all is settled; False if that took longer."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    change = self._change  # taken before looking, so that nothing slips in between
                    if await self.is_settled(version):
                        return True
                    await change.wait()
        except TimeoutError:
            return False


def make_app(settled: Settled) -> web.Application:
    """Return the application; it is bound to loopback only."""

    async def health(_request: web.Request) -> web.Response:
        def counts(tx: Transaction) -> dict[str, int]:
            return {"inbox": inbox.count_open(tx), "jobs": jobs.count_open(tx)}

        found = await settled.database.snapshot(counts)
        return web.json_response({"town_time": settled.clock.now().isoformat(), **found})

    async def wait(request: web.Request) -> web.Response:
        try:
            version = int(request.query.get("version", "0"))
            seconds = min(float(request.query.get("timeout", "10")), LONGEST_WAIT)
        except ValueError:
            raise web.HTTPBadRequest from None
        if await settled.wait(version, seconds):
            return web.json_response({"settled_to": settled.clock.now().isoformat()})
        return web.json_response({"settled_to": None}, status=503)

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/settled", wait)
    return app
