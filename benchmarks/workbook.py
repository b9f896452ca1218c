"""Time tables of 10,000 and 100,000 rows beside openpyxl's own streaming, and the whole `wangge export`.

Each runs in a process of its own, whose peak of memory the system tells when it has ended. openpyxl
writes the same values with no looks at all: no widths, no borders, no wrapped text.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import openpyxl
from benchmarks.figures import make_sqlite
from benchmarks.years import END, EVENTS_A_YEAR

from wangge.bot.exporting import LARGEST_SENT, MEGABYTE
from wangge.records.event import Event
from wangge.reports.export import PAGE, Sight, columns
from wangge.reports.workbook import MOMENT_OF_THE_YEAR, Workbook

ROWS = 100_000
HEADINGS = list(columns(Event, Sight.ALL).values())
WORDS = (
    "前天下大雨把三组那截路冲塌了，拖拉机过不去，请镇里派人看看能不能先垫上石子",
    "村口垃圾好几天没拉",
    "西头老王家和隔壁又为滴水檐嚷起来了，两家都不让步",
)


def rows(count: int) -> Iterator[list[object]]:
    """Yield rows of events as an office has them."""
    dice, at = Random(7), datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        at += timedelta(minutes=5)
        yield [
            *(f"0101-{number % 1000:03d}", at, at.date(), "老爷庙河东岸村", "道路交通", "一般"),
            *(dice.choice(WORDS), "三组渠边", "已结案", "已解决", "垫了两车石子，能过车了", "张*"),
            *(at, at + timedelta(days=5), at + timedelta(days=2), f"PA-2026-{number:06d}", "李*", ""),
        ]


def write_ours(target: Path, count: int) -> None:
    book = Workbook(target, "清河镇网格事件表", HEADINGS, lines=("统计时间",), moments=MOMENT_OF_THE_YEAR)
    page: list[Sequence[object]] = []
    for row in rows(count):
        page.append(row)
        if len(page) == PAGE:
            book.add(page)
            page = []
    book.add(page)
    book.close()


def write_theirs(target: Path, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADINGS)
    for row in rows(count):
        sheet.append([each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in row])
    book.save(target)


WRITERS = {"ours": write_ours, "openpyxl": write_theirs}


MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""Runs between us and what is measured: a process begins with the peak of the one that has started it."""


def measured(name: str, command: Sequence[str], target: Path, count: int, **environment: str) -> None:
    """Run a command to its end and print what it took."""
    begin = time.monotonic()
    line = [sys.executable, "-c", MEASURE, *command]
    done = subprocess.run(line, env={**os.environ, **environment}, check=True, capture_output=True, text=True)
    seconds, size = time.monotonic() - begin, target.stat().st_size / MEGABYTE
    processor, kilobytes = (float(each) for each in done.stdout.split())
    print(
        f"{name:<14} {count:>8,} rows  {seconds:6.1f} s, {processor:5.1f} s of them at work"
        f"  peak {kilobytes / 1024:4.0f} MB  file {size:5.1f} MB"
        + ("" if size <= LARGEST_SENT else f" (over {LARGEST_SENT}: not for the chat)")
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--one", choices=WRITERS, help="write one table, to be measured from outside")
    parser.add_argument("--target", type=Path)
    given = parser.parse_args()
    if given.one:
        WRITERS[given.one](given.target, given.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "table.xlsx"
        for count in (given.rows // 10, given.rows):
            for name in WRITERS:
                line = [
                    "-m",
                    "benchmarks.workbook",
                    "--one",
                    name,
                    "--rows",
                    str(count),
                    "--target",
                    str(target),
                ]
                measured(name, [sys.executable, *line], target, count)
        years = -(-given.rows // EVENTS_A_YEAR)
        town = Path(folder) / "town"
        asyncio.run(make_sqlite(town, 1, years))
        for back in (1, years):
            first = (END - timedelta(days=365 * back)).date()
            line = ["export", "--kind", "event", "--from", f"{first}", "--to", f"{END.date()}"]
            reason = ["--names", "--reason", "benchmark"]
            command = [sys.executable, "-m", "wangge.bot.__main__", *line, *reason, str(target)]
            measured("wangge export", command, target, EVENTS_A_YEAR * back, WANGGE_DATA_DIR=str(town))


if __name__ == "__main__":
    main()
