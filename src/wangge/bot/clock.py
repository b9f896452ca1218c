"""The only place that reads a clock. Two of them, and they are never mixed.

Town time decides everything a person sees and can be moved by the sandbox; elapsed
time decides leases, retries, pace and time-outs, and never moves.
"""

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import structlog

from wangge.rules.errors import PersonError

log = structlog.get_logger()
Changed = Callable[[], Awaitable[None]]


_GROWING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""On Linux also grows while the machine sleeps: a lease goes on meanwhile."""


def elapsed() -> float:
    """Return seconds that only ever grow; comparable within one process."""
    return time.clock_gettime(_GROWING)


def elapsed_ms() -> int:
    """Return milliseconds of the host's own clock, comparable between processes of one host."""
    return time.time_ns() // 1_000_000


class Clock:
    """Town time: the host's clock, or what a sandbox on this machine says it is."""

    def __init__(self, follows: str | None = None) -> None:
        """`follows` is the sandbox's address.

        Raises:
            PersonError: it is not on this machine; a town's time is never set from outside.
        """
        if follows and not is_loopback(follows):
            raise PersonError("cli.clock.not_here", address=follows)
        self.follows = follows
        self.version = 0
        self._now: datetime | None = None

    def now(self) -> datetime:
        """Return the town time, in UTC."""
        return self._now or datetime.now(UTC)

    async def follow(self, changed: Changed) -> None:
        """Follow the sandbox until cancelled; `changed` is awaited after each change."""
        address = f"{self.follows}/sandbox/clock"
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self._ask(session, address)
                except (aiohttp.ClientError, TimeoutError) as error:
                    log.warning("clock_lost", error=type(error).__name__)
                    await asyncio.sleep(1)
                    continue
                await changed()

    async def ask_once(self) -> None:
        """Take the sandbox's time before anything else happens.

        Raises:
            PersonError: no sandbox answers at that address.
        """
        try:
            async with aiohttp.ClientSession() as session:
                await self._ask(session, f"{self.follows}/sandbox/clock")
        except (aiohttp.ClientError, TimeoutError, ValueError, LookupError) as error:
            raise PersonError("cli.clock.silent", address=self.follows) from error

    async def _ask(self, session: aiohttp.ClientSession, address: str) -> None:
        query = {"after": str(self.version), "timeout": "20"} if self.version else {}
        async with session.get(address, params=query, timeout=aiohttp.ClientTimeout(total=30)) as answer:
            found = await answer.json()
        self._now = datetime.fromisoformat(found["now"]).astimezone(UTC)
        self.version = found["version"]


def is_loopback(address: str) -> bool:
    """Tell whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
