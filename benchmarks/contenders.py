"""The bots that are compared: how each is started on a core of its own, and what it has cost."""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.people import People
from benchmarks.stand_in import TOKEN

BOT_CORE, OTHER_CORE = 0, 1
STARTS_WITHIN = 60.0
STOPS_WITHIN = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Contender:
    """One bot: its name, its command line, its environment, and how many events it has stored."""

    name: str
    command: Callable[[Path, str], list[str]]
    environment: Callable[[Path, str], Mapping[str, str]]
    stored: Callable[[Path], int]
    source: Path | None = None
    """Of ours: the folder of the package, if it is not the installed one."""


@dataclass
class Running:
    """A bot at work."""

    pid: int
    folder: Path
    started_in: float
    """Seconds from the start of the process to its first poll."""

    def cpu(self) -> float:
        """Return the seconds of CPU that the process and its threads have used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_mb(self) -> float:
        """Return the most memory that it has held, in MB."""
        return _status(self.pid, "VmHWM") / 1024

    def memory_mb(self) -> float:
        """Return the memory that it holds now, in MB."""
        return _status(self.pid, "VmRSS") / 1024

    def handles(self) -> int:
        """Return how many files and connections it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def threads(self) -> int:
        """Return how many threads it has."""
        return _status(self.pid, "Threads")

    def writes(self) -> int:
        """Return how many bytes it has had written to the disk."""
        lines = Path(f"/proc/{self.pid}/io").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])


@asynccontextmanager
async def running(
    contender: Contender, people: People, template: Path, folder: Path, core: int | None = BOT_CORE
) -> AsyncIterator[Running]:
    """Start a bot on a fresh copy of the data, wait for its first poll, and stop it after; on any core if None."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANGGE_")}
    source = {"PYTHONPATH": str(contender.source)} if contender.source else {}
    people.stand_in.polled.clear()
    with (folder / "bot.log").open("wb") as log:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *contender.command(folder, people.stand_in.url),
            env={**kept, **contender.environment(folder, people.stand_in.url), **source},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            await asyncio.wait_for(people.stand_in.polled.wait(), STARTS_WITHIN)
            yield Running(process.pid, folder, time.perf_counter() - began)
        except TimeoutError:
            raise SystemExit(f"{contender.name}: {(folder / 'bot.log').read_text()[-3000:]}") from None
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOPS_WITHIN)
            except TimeoutError:
                process.kill()
                await process.wait()


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def _ours_environment(folder: Path, url: str) -> dict[str, str]:
    return {
        "WANGGE_DATA_DIR": str(folder),
        "WANGGE_TELEGRAM_TOKEN": TOKEN,
        "WANGGE_TELEGRAM_API": url,
        "WANGGE_TELEGRAM_PACE": "0",
        "WANGGE_CLOCK": url,
        "WANGGE_HEALTH_PORT": "0",
        "WANGGE_LOG_LEVEL": "warning",
        "WANGGE_DISK_LIMIT": "0",
        "PYTHONUTF8": "1",
    }


def _count(file: str, query: str) -> Callable[[Path], int]:
    def count(folder: Path) -> int:
        with closing(sqlite3.connect(folder / file)) as database:
            return int(database.execute(query).fetchone()[0])

    return count


def ours(name: str = "wangge", source: Path | None = None) -> Contender:
    """Return our bot: `wangge run`, exactly as the demo starts it."""
    return Contender(
        name,
        lambda _folder, _url: [sys.executable, "-m", "wangge.bot", "run"],
        _ours_environment,
        _count("wangge.db", "SELECT count(*) FROM records WHERE kind = 'event'"),
        source,
    )


def _other(name: str, module: str) -> Contender:
    return Contender(
        name,
        lambda folder, url: [sys.executable, "-m", f"benchmarks.bots.{module}", str(folder), url, TOKEN],
        lambda _folder, _url: {"PYTHONUTF8": "1"},
        _count("events.db", "SELECT count(*) FROM events"),
    )


STOCK = _other("stock PTB", "stock_ptb")
AIOGRAM = _other("aiogram", "fsm_aiogram")
