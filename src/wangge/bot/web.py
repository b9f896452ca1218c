"""The aiohttp applications: health and metrics on loopback only; webhooks behind the operator's proxy.

They have a port each, so that no proxy can pass on what is meant for this machine.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from wangge.bot.clock import Clock
from wangge.bot.metrics import Metrics
from wangge.bot.watch import Watch
from wangge.channels.channel import Accept, Channel, Webhook
from wangge.storage import inbox, jobs
from wangge.storage.database import Database, NotStored, Transaction

log = structlog.get_logger()
LONGEST_WAIT = 60.0
LARGEST_PUSH = 1_000_000
"""Bytes; an update holds text and names of files, never a file."""


@dataclass
class Settled:
    """Knows when nothing is left to do at the present town time."""

    database: Database
    clock: Clock
    owns: Callable[[], bool] = lambda: True
    """Whether this process ticks: another knows nothing of what is due."""
    ticked: int = 0
    """The clock's version for which the last tick is done."""
    _change: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self) -> None:
        """Something has happened: whoever waits looks again."""
        self._change.set()
        self._change = asyncio.Event()

    async def is_settled(self, version: int) -> bool:
        """Tell whether the tick of that clock version is done, and inbox, outbox and jobs are empty."""
        if not self.owns() or self.clock.version < version or self.ticked < version:
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


def make_app(settled: Settled, watch: Watch) -> web.Application:
    """Return the application of health and metrics; it is bound to loopback only."""

    async def health(_request: web.Request) -> web.Response:
        def counts(tx: Transaction) -> dict[str, int]:
            return {"inbox": inbox.count_open(tx), "jobs": jobs.count_open(tx)}

        found = await settled.database.snapshot(counts)
        town_time = settled.clock.now().isoformat()
        return web.json_response({"town_time": town_time, "owner": settled.owns(), **found})

    async def wait(request: web.Request) -> web.Response:
        try:
            version = int(request.query.get("version", "0"))
            seconds = min(float(request.query.get("timeout", "10")), LONGEST_WAIT)
        except ValueError:
            raise web.HTTPBadRequest from None
        if await settled.wait(version, seconds):
            return web.json_response({"settled_to": settled.clock.now().isoformat()})
        return web.json_response({"settled_to": None}, status=503)

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"live": True})  # whoever answers has a running loop

    async def ready(_request: web.Request) -> web.Response:
        checks = await watch.ready()
        is_ready = all(checks.values())
        return web.json_response({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=await watch.page(), headers=headers)

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/settled", wait)
    return app


def webhook_app(channels: Iterable[Channel], accept: Accept, metrics: Metrics) -> web.Application:
    """Return the application that platforms push to; it knows no path but the webhooks'."""
    app = web.Application(client_max_size=LARGEST_PUSH)
    for channel in channels:
        if channel.webhook:
            app.router.add_post(channel.webhook.path, _receiver(channel, channel.webhook, accept, metrics))
    return app


def _receiver(
    channel: Channel, webhook: Webhook, accept: Accept, metrics: Metrics
) -> Callable[[web.Request], Awaitable[web.Response]]:
    def refuse(status: int, reason: str) -> web.Response:
        log.warning("push_refused", channel=channel.name, reason=reason)
        metrics.refused(channel.name, reason)
        return web.Response(status=status)

    async def receive(request: web.Request) -> web.Response:
        """Answer 200 only after the message is stored: until then the platform repeats it."""
        if not webhook.is_platform(request.headers):
            return refuse(403, "secret")
        try:
            message = channel.read(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return refuse(413, "size")
        except (ValueError, RecursionError):
            return refuse(400, "json")
        try:
            await accept([message])
        except NotStored as error:
            log.exception("push_not_stored", error=type(error).__name__)
            metrics.refused(channel.name, "storage")
            return web.Response(status=503)
        return web.Response()

    return receive
