"""How a command that runs until it is told to stop learns that it is."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def until_told(work: Coroutine[Any, Any, Result]) -> Result | None:
    """Let work run to its end, or until a signal lets it clean up; then None."""
    task = asyncio.create_task(work)

    def end() -> None:
        if not task.cancelling():  # a second signal must not interrupt the cleaning up
            task.cancel()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def stop_signal() -> asyncio.Event:
    """Return an event that a signal sets."""
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
