"""The time everybody in the made-up town sees.

It stands still until somebody moves it, so that a story reads the same on every run; set running, it
goes with the real clock from wherever it stood.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from wangge.sandbox.bell import Bell


class TownClock:
    """Town time and its version; each move makes a new version that followers wait for."""

    def __init__(
        self, now: datetime, elapsed: Callable[[], float] = time.monotonic, bell: Bell | None = None
    ) -> None:
        if now.tzinfo is None:
            raise ValueError("town time needs a time zone")
        self.version = 1
        self.running = False
        self._elapsed = elapsed
        self._base = now.astimezone(UTC)
        self._based_at = elapsed()
        self._bell = bell or Bell()

    def now(self) -> datetime:
        """Return town time, in UTC."""
        if not self.running:
            return self._base
        return self._base + timedelta(seconds=self._elapsed() - self._based_at)

    def move_to(self, now: datetime) -> None:
        """Set town time, forwards or backwards."""
        if now.tzinfo is None:
            raise ValueError("town time needs a time zone")
        self._base = now.astimezone(UTC)
        self._based_at = self._elapsed()
        self._changed()

    def forward(self, by: timedelta) -> None:
        """Move town time by a span."""
        self.move_to(self.now() + by)

    def run(self, running: bool) -> None:
        """Let the clock go on by itself, or stop it where it is."""
        self._base = self.now()
        self._based_at = self._elapsed()
        self.running = running
        self._changed()

    async def changed(self, after: int, timeout: float) -> bool:
        """Wait until the version is above `after`; false when `timeout` seconds passed instead."""
        return await self._bell.wait_until(lambda: self.version > after, timeout)

    def _changed(self) -> None:
        self.version += 1
        self._bell.ring()
