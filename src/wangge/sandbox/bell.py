"""Wait for a change without polling."""

import asyncio
from collections.abc import Callable


class Bell:
    """Wakes everybody who waits; ordinary code may ring it, so a change and its ring are one step."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Let every waiter look again whether its condition holds."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_until(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Return whether `holds` came true within `timeout` seconds of elapsed time."""
        deadline = asyncio.get_running_loop().time() + timeout
        while not holds():
            try:
                async with asyncio.timeout_at(deadline):
                    await self._event.wait()
            except TimeoutError:
                return holds()
        return True
