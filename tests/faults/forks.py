"""Processes that run a bot's own `main` and can be killed: forked by a warmed parent, or started afresh.

A bot takes a second to import; a fork of a process that has imported it takes none. What is forked
goes the whole way of its command line, and a share of all lives is started as a supervisor would.
"""

import asyncio
import gc
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NoReturn

from pydantic import BaseModel

TOP = Path(__file__).parents[2]


class Order(BaseModel):
    """One life: `python -m module words` in this environment."""

    module: str
    words: list[str] = []
    environment: dict[str, str]
    log: Path

    def fresh_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


class Bots:
    """Starts one bot at a time and tells how it ended."""

    def __init__(self, parent: Process) -> None:
        self._parent = parent
        self._fresh: Process | None = None
        self.pid = 0

    async def start(self, order: Order, *, afresh: bool = False) -> None:
        if afresh:
            with order.log.open("ab") as log:
                self._fresh = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", order.module, *order.words),
                    cwd=TOP,
                    env=order.fresh_environment(),
                    stdin=DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self.pid = self._fresh.pid
            return
        assert self._parent.stdin
        self._parent.stdin.write(order.model_dump_json().encode() + b"\n")
        self.pid = await self._hear()

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and return how the bot ended: the exit code, or minus the signal."""
        with suppress(ProcessLookupError):  # it has ended by itself, and the code will say so
            os.kill(self.pid, number)
        return await self.ended()

    async def ended(self) -> int:
        self.pid = 0
        if self._fresh is None:
            return await self._hear()
        fresh, self._fresh = self._fresh, None
        return await fresh.wait()

    async def end(self) -> None:
        """Kill whatever still lives, at whatever moment this is asked."""
        if self._fresh is not None and self._fresh.returncode is None:
            self._fresh.kill()
            await self._fresh.wait()
        os.killpg(self._parent.pid, signal.SIGKILL)
        await self._parent.wait()

    async def _hear(self) -> int:
        assert self._parent.stdout
        line = await self._parent.stdout.readline()
        assert line, "the parent of the bots is gone"
        return int(json.loads(line))


@asynccontextmanager
async def open_bots(*modules: str) -> AsyncIterator[Bots]:
    """Start a parent that has imported the modules; nothing that it forked outlives this."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.forks", *modules),
        cwd=TOP,
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    bots = Bots(parent)
    try:
        yield bots
    finally:
        await bots.end()


def become(order: Order) -> NoReturn:
    """Be the bot: its output goes to the log, and nothing of the parent runs after it."""
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(log, number)
    os.environ.update(order.environment)
    sys.argv = [order.module, *order.words]
    code = 1
    try:
        importlib.import_module(order.module).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - a child says why it ends and never returns
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.freeze()  # the children share the parent's pages
    for line in sys.stdin:
        order = Order.model_validate_json(line)
        assert threading.active_count() == 1, "a fork would copy a lock that nobody ever opens"
        child = os.fork()
        if child == 0:
            become(order)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
