"""House rules that no linter knows. Printing and clocks are held by ruff (T201, TID251)."""

import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SOURCE = TOP / "src" / "wangge"
MAX_LINES = 350
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "manager", "core", "services", "misc"}

MARK = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b")
MARK_WITH_CODE = re.compile(r"#\s*(?:noqa:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*|type:\s*ignore\[[\w\-, ]+\])")
TASK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
ISSUE = re.compile(r"#\d+")
# Written with a class of one so that this file does not find itself.
ELSEWHERE = re.compile(r"(?<!\w)/wor[k]/|(?<!\w)share[d]/|pypi[.]org|pythonhoste[d]")


def ours() -> list[Path]:
    """Return every file that is or would be committed."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )
    return [TOP / name for name in listing.stdout.split("\0") if name and (TOP / name).is_file()]


def comments(file: Path) -> Iterator[tuple[int, str]]:
    with file.open("rb") as text:
        for token in tokenize.tokenize(text.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


FILES = ours()
PYTHON = [file for file in FILES if file.suffix == ".py"]


def test_a_file_answers_one_question() -> None:
    long = {
        str(file.relative_to(TOP)): lines
        for file in PYTHON
        if file.is_relative_to(SOURCE)
        and not file.is_relative_to(SOURCE / "texts")
        and not file.is_relative_to(SOURCE / "storage" / "migrations")
        and (lines := len(file.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long, f"over {MAX_LINES} lines; which second thing does it do?"


def test_a_module_is_named_by_what_it_is_for() -> None:
    vague = [file for file in PYTHON if SAYS_NOTHING & {file.stem, *file.relative_to(TOP).parent.parts}]
    assert not vague


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# noqa", True),
        ("# noqa: S311", True),
        ("# noqa: S311 - dice of a game", False),
        ("# noqa: S311, T201  # dice of a game", False),
        ("# type: ignore", True),
        ("# type: ignore[arg-type]", True),
        ("# type: ignore[arg-type]  # noqa: S311", True),
        ("# type: ignore[arg-type]  # the stub is wrong", False),
        ("# TODO: later", True),
        ("# TODO(#41): later", False),
        ("# nothing to do", False),
    ],
)
def test_the_rules_for_comments_find_what_they_should(comment: str, fault: bool) -> None:
    assert bool(faults_of(comment)) is fault


def faults_of(comment: str) -> str:
    """Say what is wrong with a comment; empty if nothing is."""
    if TASK.search(comment) and not ISSUE.search(comment):
        return "a task without an issue number"
    if MARK.search(comment):
        rest, coded = MARK_WITH_CODE.subn("", comment)
        if MARK.search(rest) or not coded:
            return "an exemption without a code"
        if not re.search(r"\w{3,}|[\u4e00-\u9fff]{2,}", rest):
            return "an exemption without a reason"
    return ""


def test_every_exemption_has_a_code_and_a_reason_and_every_task_an_issue() -> None:
    found = [
        f"{file.relative_to(TOP)}:{line}: {fault}"
        for file in PYTHON
        for line, comment in comments(file)
        if (fault := faults_of(comment))
    ]
    assert not found


def test_nothing_points_outside_the_checkout() -> None:
    found = []
    for file in FILES:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a font
        found += [f"{file.relative_to(TOP)}: {match[0]}" for match in ELSEWHERE.finditer(text)]
    assert not found
