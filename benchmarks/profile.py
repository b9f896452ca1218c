"""Print where a step's time goes, statement by statement and room by room: python -m benchmarks.profile.

The profiler makes everything slower, Python more than SQL: the shares are a guide to levers, no more.
"""

import asyncio
import json
import os
import pstats
import re
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.__main__ import Course, make_template, measure
from benchmarks.contenders import OTHER_CORE, ours, running
from benchmarks.people import INTERVIEW, People

ROOMS = ("bot", "channels", "scheduler", "handlers", "reports", "storage", "rules", "records", "texts")


async def profile(source: Path | None, count: int, reports: int) -> None:
    """Run one course under the profiler and print."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "seen.json"
        template = make_template(source, Path(name) / "template")
        command = [sys.executable, "-m", "benchmarks.profiled", str(out)]
        contender = replace(ours(source=source), command=lambda _folder, _url: command)
        people = People()
        async with people.stand_in, running(contender, people, template, Path(name) / "data") as bot:
            calls = people.stand_in.calls
            measured = await measure(bot, people, Course("", count, reports, INTERVIEW))
            calls = people.stand_in.calls - calls
        steps = measured.replies
        print(
            f"{count} people, {steps} steps; {calls / steps:.2f} API calls a step; with the profiler "
            f"{measured.rate:.0f} steps/s, {measured.cpu:.2f} ms CPU a step"
        )
        found = json.loads(out.read_text())
        print_statements(found, steps)
        print_python(out.with_suffix(".prof"), steps)


def print_statements(found: dict[str, Any], steps: int) -> None:
    """Print each statement's count and time per step."""
    total = sum(found["seen"].values())
    print(f"\nSQL: {total / steps:.1f} statements a step; {found['cpu']}")
    print(f"{'a step':>8}{'ms a step':>11}{'us each':>9}  statement")
    found = {"seen": _merged(found["seen"]), "took": _merged(found["took"])}
    order = sorted(found["seen"], key=lambda one: -found["took"].get(one, 0))
    for statement in order[:45]:
        count, seconds = found["seen"][statement], found["took"].get(statement, 0.0)
        text = re.sub(r"\s+", " ", statement)
        text = re.sub(r"SELECT .*? FROM", "SELECT … FROM", text)[:150]
        print(f"{count / steps:8.2f}{seconds / steps * 1000:11.3f}{seconds / count * 1e6:9.0f}  {text}")


def _merged(counts: dict[str, float]) -> Counter[str]:
    """Savepoints are numbered, and lists differ in their length."""
    merged: Any = Counter()
    for statement, count in counts.items():
        merged[re.sub(r"sa_savepoint_\d+", "…", re.sub(r"\(\?(, \?)*\)", "(…)", statement))] += count
    return Counter(merged)


def print_python(path: Path, steps: int) -> None:
    """Print own time by room or library, and the costliest functions."""
    stats = pstats.Stats(str(path))
    by_room: Any = Counter()
    for (file, _line, function), (_cc, _calls, own, _cumulative, _callers) in stats.stats.items():  # type: ignore[attr-defined]  # not in the stubs
        by_room[_room(file, function)] += own
    print("\nPython: own time by room or library, ms a step")
    for room, seconds in by_room.most_common(28):
        print(f"{seconds / steps * 1000:9.3f}  {room}")
    for order in ("cumulative", "tottime"):
        stats.sort_stats(order).print_stats(70)


def _room(file: str, function: str) -> str:
    if found := re.search(r"/wangge/(\w+)", file):
        return found[1] if found[1] in ROOMS else "wangge"
    if found := re.search(r"site-packages/(\w+)", file):
        return found[1]
    if file == "~":
        return "C: " + function[:60]
    return "std: " + Path(file).parent.name + "/" + Path(file).stem


def main() -> None:
    """Read the command line and profile."""
    parser = ArgumentParser(prog="python -m benchmarks.profile")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--reports", type=int, default=4)
    parser.add_argument("--source", type=Path)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    asyncio.run(profile(asked.source, asked.people, asked.reports))


if __name__ == "__main__":
    main()
