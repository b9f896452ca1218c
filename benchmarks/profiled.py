"""`wangge run` under a profiler; writes what it has seen when it ends: python -m benchmarks.profiled OUT."""

import asyncio
import cProfile
import json
import pstats
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from wangge.bot.__main__ import main
from wangge.bot.app import App
from wangge.storage.prepared import Prepared

seen: Counter[str] = Counter()
took: Any = Counter()
began: dict[int, float] = {}


@event.listens_for(Engine, "before_cursor_execute")
def _before(_connection: Any, cursor: Any, *_rest: Any) -> None:
    began[id(cursor)] = time.perf_counter()


@event.listens_for(Engine, "after_cursor_execute")
def _after(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
    seen[statement] += 1
    took[statement] += time.perf_counter() - began.pop(id(cursor))


send = Prepared.send


def _send(tx: Any, statement: str, arguments: Any, *, is_many: bool = False) -> Any:
    began = time.perf_counter()
    cursor = send(tx, statement, arguments, is_many=is_many)
    seen[statement] += 1
    took[statement] += time.perf_counter() - began
    return cursor


Prepared.send = staticmethod(_send)  # type: ignore[method-assign, assignment]  # only looks


@event.listens_for(Engine, "commit")
def _commit(_connection: Any) -> None:
    seen["COMMIT"] += 1


def run(out: Path) -> None:
    """Run the bot until it is stopped."""
    profiles = [cProfile.Profile(time.thread_time)]
    run_app = App.run

    async def run_profiled_app(app: App, stop: asyncio.Event) -> None:
        profiles[0].enable()  # what came before is the start
        await run_app(app, stop)

    App.run = run_profiled_app  # type: ignore[method-assign, assignment]  # only looks
    run_thread = threading.Thread.run

    def run_profiled(thread: threading.Thread) -> None:
        profiles.append(cProfile.Profile(time.thread_time))
        profiles[-1].runcall(run_thread, thread)

    threading.Thread.run = run_profiled  # type: ignore[method-assign, assignment]  # each thread has a profile of its own
    sys.argv[1:] = ["run"]
    try:
        main()
    except SystemExit:
        pass
    finally:
        profiles[0].disable()
        stats = pstats.Stats(profiles[0])
        for profile in profiles[1:]:
            stats.add(profile)
        stats.dump_stats(out.with_suffix(".prof"))
        cpu = {"all": time.process_time(), "main": time.thread_time(), "threads": threading.active_count()}
        out.write_text(json.dumps({"seen": seen, "took": took, "cpu": cpu}))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
