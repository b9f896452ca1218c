"""Who owns the channels: of several processes on one PostgreSQL database one listens, sends and ticks.

On SQLite the lock of the data folder lets only one process run, which owns them at once and for good.
"""

import asyncio
import secrets
from dataclasses import dataclass, field

import structlog

from wangge.bot.clock import elapsed
from wangge.storage import leases
from wangge.storage.database import Database, NotStored, Transaction

log = structlog.get_logger()
CHANNELS = "channels"
LEASE_SECONDS = 60.0
"""So long after its owner has died another takes it."""
CALL_SECONDS = 30.0
"""Longer than any call to a platform: one that was begun in time ends before another may begin."""
RENEW_SECONDS = 10.0
LOOK_SECONDS = 2.0


@dataclass
class Lease:
    """This process's hold on the channels."""

    database: Database
    _holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _until: float = 0.0
    """Elapsed seconds up to which a call may be begun."""

    @property
    def is_held(self) -> bool:
        """Whether this process may begin a call to a platform now, however long it has slept."""
        return self.database.is_sqlite or elapsed() < self._until

    async def take(self) -> None:
        """Wait until the channels are ours."""
        while not (self.is_held or await self._renew()):  # noqa: ASYNC110 - another host's doing
            await asyncio.sleep(LOOK_SECONDS)

    async def keep(self) -> None:
        """Keep them; return when they are lost."""
        while self.database.is_sqlite:
            await asyncio.Event().wait()
        while self.is_held:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._renew()
            except NotStored as error:
                log.warning("lease_not_renewed", error=type(error).__name__)

    async def give_back(self) -> None:
        """Let another have them at once; if that fails it has to wait."""
        if not self._until:
            return
        self._until = 0.0
        try:
            await self.database.transaction(lambda tx: leases.give_back(tx, CHANNELS, self._holder))
        except NotStored as error:
            log.warning("lease_not_given_back", error=type(error).__name__)

    async def _renew(self) -> bool:
        began = elapsed()  # the database's count begins later, so that ours ends first

        def renew(tx: Transaction) -> bool:
            return leases.take(tx, CHANNELS, self._holder, LEASE_SECONDS)

        is_ours = await self.database.transaction(renew)
        self._until = began + LEASE_SECONDS - CALL_SECONDS if is_ours else 0.0
        return is_ours
