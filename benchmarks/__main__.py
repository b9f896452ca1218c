"""Measure our bot against what others would have written: python -m benchmarks [--quick].

The bots take turns within each round, on one core; the stand-in and the people have the other. Machines
differ and are noisy: only the ratios within a run count, and of them the median over its rounds.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.contenders import AIOGRAM, OTHER_CORE, STOCK, Contender, Running, ours, running
from benchmarks.people import INTERVIEW, SENTENCE, People, Step


@dataclass(frozen=True)
class Course:
    """So many people at once, so many reports each."""

    name: str
    people: int
    reports: int
    script: Sequence[Step]


@dataclass(frozen=True)
class Measured:
    """What one bot did in one course. Times in milliseconds."""

    rate: float
    p50: float
    p99: float
    cpu: float
    others: float
    """Share of its core that the stand-in and the people used: well below 1, or they are the bottleneck."""
    replies: int
    asked: int
    stuck: int
    mistakes: int


FULL = (
    Course("1 person", 1, 12, INTERVIEW),
    Course("50 people", 50, 8, INTERVIEW),
    Course("500 people", 500, 1, INTERVIEW),
    Course("50, sentence", 50, 12, SENTENCE),
)
QUICK = (Course("1 person", 1, 3, INTERVIEW), Course("50 people", 50, 2, INTERVIEW))
WARM_UP = Course("warm-up", 2, 2, INTERVIEW)


async def measure(bot: Running, people: People, course: Course) -> Measured:
    """Play one course against a running bot."""
    asked = course.people * course.reports * len(course.script)
    cpu, own = bot.cpu(), time.process_time()
    seconds, stuck = await people.run(course.people, course.reports, course.script)
    own = time.process_time() - own
    is_calm = await people.calm(within=60.0)
    cpu = bot.cpu() - cpu
    waits = [wait * 1000 for wait in people.waits] or [0.0, 0.0]
    is_unique = len(set(people.numbers)) == len(people.numbers)
    return Measured(
        rate=len(people.waits) / seconds,
        p50=median(waits),
        p99=quantiles(waits, n=100)[98],
        cpu=cpu / max(len(people.waits), 1) * 1000,
        others=own / seconds,
        replies=len(people.waits),
        asked=asked,
        stuck=stuck,
        mistakes=people.wrong + (not is_unique) + (not is_calm),
    )


async def take_turn(
    contender: Contender, template: Path, folder: Path, courses: Sequence[Course]
) -> tuple[dict[str, Measured], float, float]:
    """Return what a bot did in each course, its start-up in seconds and its memory in MB."""
    people = People()
    async with people.stand_in, running(contender, people, template, folder) as bot:
        await measure(bot, people, WARM_UP)
        reports = WARM_UP.people * WARM_UP.reports
        done = {}
        for course in courses:
            done[course.name] = await measure(bot, people, course)
            reports += len(people.numbers)
        stored = contender.stored(folder)
        if stored != reports:
            print(f"!! {contender.name}: {reports} reports were confirmed and {stored} are stored")
        return done, bot.started_in, bot.peak_mb()


async def compare(
    contenders: Sequence[Contender], templates: dict[str, Path], rounds: int, courses: Sequence[Course]
) -> None:
    """Let all take turns and print the medians, and the ratios to the first."""
    found: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    starts: dict[str, list[float]] = defaultdict(list)
    memory: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for place in range(len(contenders)):
                contender = contenders[(place + number) % len(contenders)]
                turn = await take_turn(contender, templates[contender.name], Path(folder) / "data", courses)
                done, started_in, peak = turn
                starts[contender.name].append(started_in)
                memory[contender.name].append(peak)
                for course, measured in done.items():
                    found[course, contender.name].append(measured)
                    line = (
                        f"{measured.rate:7.0f} steps/s  p50 {measured.p50:6.1f}  p99 {measured.p99:7.1f} ms"
                    )
                    print(f"  round {number + 1}  {course:12}  {contender.name:10} {line}", flush=True)
    names = [contender.name for contender in contenders]
    print_table(names, [course.name for course in courses], found)
    print(f"\n{'':14}{'start-up s':>12}{'ratio':>8}{'memory MB':>12}")
    for name in names:
        ratio = median(a / b for a, b in zip(starts[name], starts[names[0]], strict=True))
        print(f"{name:14}{median(starts[name]):12.2f}{ratio:8.2f}{median(memory[name]):12.0f}")


def print_table(names: list[str], courses: list[str], found: dict[tuple[str, str], list[Measured]]) -> None:
    """Print medians over the rounds; the ratio is the median of the rounds' own ratios of steps/s."""
    head = f"{'':14}{'steps/s':>9}{'ratio':>7}{'min':>7}{'max':>7}{'p50 ms':>9}{'p99 ms':>9}"
    head += f"{'CPU ms':>9}{'others':>8}{'replies':>15}{'stuck':>7}{'wrong':>7}"
    for course in courses:
        print(f"\n{course}\n{head}")
        first = found[course, names[0]]
        for name in names:
            rows = found[course, name]
            ratios = [a.rate / b.rate for a, b in zip(rows, first, strict=True)]
            total = f"{sum(row.replies for row in rows)}/{sum(row.asked for row in rows)}"
            print(
                f"{name:14}{median(row.rate for row in rows):9.0f}{median(ratios):7.2f}{min(ratios):7.2f}"
                f"{max(ratios):7.2f}{median(row.p50 for row in rows):9.1f}{median(row.p99 for row in rows):9.1f}"
                f"{median(row.cpu for row in rows):9.2f}{median(row.others for row in rows):8.2f}"
                f"{total:>15}{sum(row.stuck for row in rows):7}{sum(row.mistakes for row in rows):7}"
            )


def make_template(source: Path | None, folder: Path) -> Path:
    """Make the town's data folder with the code that will run on it."""
    environment = {**os.environ, "PYTHONPATH": f"{source}:." if source else "."}
    subprocess.run([sys.executable, "-m", "benchmarks.town", str(folder)], env=environment, check=True)
    return folder


def main() -> None:
    """Read the command line and compare."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, less than a minute")
    parser.add_argument("--rounds", type=int, default=0, help="5 if nothing is said")
    parser.add_argument("--people", help="only the course of that name: '50 people'")
    parser.add_argument("--only", help="only these bots, by name: 'stock PTB,wangge'")
    parser.add_argument(
        "--against", action="append", default=[], metavar="NAME=SRC", help="another state of our own code"
    )
    asked = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    contenders = [STOCK, AIOGRAM, ours()]
    for pair in asked.against:
        name, _, source = pair.partition("=")
        contenders.append(ours(name, Path(source).resolve()))
    if asked.only:
        contenders = [one for one in contenders if one.name in asked.only.split(",")]
    courses = [one for one in (QUICK if asked.quick else FULL) if asked.people in {None, one.name}]
    with tempfile.TemporaryDirectory() as folder:
        templates = {}
        for place, contender in enumerate(contenders):
            template = Path(folder) / str(place)
            template.mkdir()
            is_other = contender in {STOCK, AIOGRAM}
            templates[contender.name] = template if is_other else make_template(contender.source, template)
        asyncio.run(compare(contenders, templates, asked.rounds or (1 if asked.quick else 5), courses))


if __name__ == "__main__":
    main()
