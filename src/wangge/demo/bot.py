"""The bot in a process of its own, exactly as `wangge run` starts it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from wangge.sandbox.server import TOKEN

STARTS_WITHIN = 60.0
STOPS_WITHIN = 15.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class NotStarted(Exception):
    """The bot ended, or said nothing, before it was ready."""


@asynccontextmanager
async def running_bot(folder: Path, sandbox: str, log: Path) -> AsyncIterator[str]:
    """Start `wangge run` on a data folder and yield the address of its health page; stop it after.

    Raises:
        NotStarted: with its log.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "wangge.bot", "run"),
            env=_environment(folder, sandbox),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        try:
            address = await _address(process)
            if address is None:
                raise NotStarted(await asyncio.to_thread(log.read_text, encoding="utf-8"))
            yield address
        finally:
            await _stop(process)


def _environment(folder: Path, sandbox: str) -> Mapping[str, str]:
    """Return the environment without this machine's own settings of the bot."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
    return kept | {
        "WANGGE_DATA_DIR": str(folder),
        "WANGGE_TELEGRAM_TOKEN": TOKEN,
        "WANGGE_TELEGRAM_API": sandbox,
        "WANGGE_TELEGRAM_PACE": "0",
        "WANGGE_CLOCK": sandbox,
        "WANGGE_HEALTH_PORT": "0",
        "WANGGE_ALBUM_WAIT": "0.7",
        "WANGGE_LOG_LEVEL": "warning",
        "PYTHONUTF8": "1",
    }


async def _address(process: asyncio.subprocess.Process) -> str | None:
    """Return the address that the bot names once it is ready; None if it ended before."""
    if process.stdout is None:
        return None
    async with asyncio.timeout(STARTS_WITHIN):
        async for line in process.stdout:
            if found := ADDRESS.search(line.decode()):
                return found[0]
    return None


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.communicate(), STOPS_WITHIN)
    except TimeoutError:
        process.kill()
        await process.communicate()
