"""Plant bugs one at a time in a copy of the source, and see which test turns red: `make planted`.

What survives is a promise that no test holds.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.plants import PLANTS, Plant

TOP = Path(__file__).parents[2]
SOURCE = TOP / "src"
AT_ONCE = 2
LONGEST_SECONDS = 600
PASSED, FAILED = 0, 1
"""How pytest ends; anything else says that it could not run the tests."""
RED = re.compile(r"^FAILED \S*::(\w+)", re.MULTILINE)
"""A test that could not begin has seen nothing: only a failure counts."""


class Unfit(Exception):
    """The plant, or the place it is played in, says nothing about the tests."""


@dataclass(frozen=True)
class Outcome:
    """What became of one plant."""

    plant: Plant
    caught_by: str
    """The first test that failed, "" if none did."""
    seconds: float


def break_source(plant: Plant, text: str) -> str:
    """Return the file's text with the bug in it.

    Raises:
        Unfit: what is to be replaced is not there exactly once.
    """
    if (found := text.count(plant.before)) != 1:
        raise Unfit(f"{plant.name}: its text is found {found} times in {plant.file}")
    return text.replace(plant.before, plant.after)


@contextmanager
def copied_source(plant: Plant | None = None) -> Iterator[Path]:
    """Copy the source to a folder of its own, with the bug if there is one."""
    with TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder, "src").resolve()
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if plant:
            file = copy / "wangge" / plant.file
            file.write_text(break_source(plant, file.read_text("utf-8")), "utf-8")
        yield copy


def run_tests(copy: Path, tests: Iterable[str]) -> tuple[int, str]:
    """Run tests against the copy until one fails; return how pytest ended and what it printed.

    Raises:
        Unfit: another `wangge` than the copy would be imported, or the tests come to no end.
    """

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # Before the installed one on the path, for pytest and for every process that a test starts.
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        command = [sys.executable, *words]
        return subprocess.run(
            command,
            cwd=TOP,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    imported = run("-c", "import wangge; print(wangge.__file__)").stdout
    if not Path(imported).is_relative_to(copy):
        raise Unfit(f"not the copy is imported but {imported}")
    try:
        played = run(
            "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{test}" for test in tests)
        )
    except subprocess.TimeoutExpired as error:
        raise Unfit(f"{tests} have not ended after {LONGEST_SECONDS} s") from error
    return played.returncode, played.stdout + played.stderr


def play(plant: Plant) -> Outcome:
    """Plant one bug and run its tests."""
    began = time.monotonic()
    with copied_source(plant) as copy:
        code, printed = run_tests(copy, plant.tests)
    red = RED.search(printed)
    if code not in {PASSED, FAILED} or (code == FAILED and not red):
        raise Unfit(f"{plant.name}: pytest could not run its tests\n{printed}")
    print(f"{plant.name}: {red[1] if red else 'survives'}", file=sys.stderr, flush=True)
    return Outcome(plant, red[1] if red else "", time.monotonic() - began)


def table(outcomes: Sequence[Outcome]) -> str:
    rows = [("planted bug", "file", "caught by", "seconds")]
    rows += [
        (each.plant.name, each.plant.file, each.caught_by or "NOBODY", f"{each.seconds:.0f}")
        for each in outcomes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[3].rjust(7)]) for row in rows]
    caught = sum(bool(each.caught_by) for each in outcomes)
    return "\n".join([*lines, f"{caught} of {len(outcomes)} planted bugs caught"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.faults.planted")
    parser.add_argument("words", nargs="*", help="only plants with one of these words in their names")
    words = parser.parse_args().words
    plants = [plant for plant in PLANTS if not words or any(word in plant.name for word in words)]
    if not plants:
        parser.error("no plant has such a name")
    with copied_source() as copy:
        code, printed = run_tests(copy, dict.fromkeys(test for plant in plants for test in plant.tests))
    if code != PASSED:
        sys.exit(f"{printed}\nthe tests do not pass without any bug")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        outcomes = list(threads.map(play, plants))
    print(table(outcomes))
    sys.exit(not all(each.caught_by for each in outcomes))


if __name__ == "__main__":
    main()
