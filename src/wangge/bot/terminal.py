"""What every command does at the terminal: settings, questions, files, one sentence for what is wrong."""

import asyncio
import errno
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from wangge.rules.errors import PersonError
from wangge.texts import say

if TYPE_CHECKING:  # a command imports what it needs: help and mistakes come at once
    from wangge.bot.settings import Settings

Result = TypeVar("Result")


def read_settings() -> "Settings":
    """Return the settings of the environment; a wrong one ends in exit code 2."""
    from pydantic import ValidationError

    from wangge.bot.settings import Settings
    from wangge.rules.policy import reason

    try:
        return Settings()
    except ValidationError as error:
        for found in error.errors():
            name = "WANGGE_" + "_".join(str(step) for step in found["loc"]).upper()
            typer.echo(say("cli.settings.wrong", name=name, what=reason(found)), err=True)
        raise typer.Exit(2) from None


def done(work: Coroutine[Any, Any, Result], run_loop: Callable[..., Result] = asyncio.run) -> Result:
    """Run one function to its end; a mistake ends in one sentence and exit code 1."""
    try:
        return run_loop(work)
    except PersonError as error:
        refuse(say(error.text_id, **error.values))
    except OSError as error:
        refuse(_of_system(error))
    except Exception as error:
        from wangge.storage.database import NotStored

        if not isinstance(error, NotStored):
            raise
        refuse(say("cli.database.failed"))


async def until_told(work: Coroutine[Any, Any, Result]) -> Result | None:
    """Let work run to its end, or until a signal lets it clean up; then None."""
    task = asyncio.create_task(work)

    def end() -> None:
        if not task.cancelling():  # a second signal must not interrupt the cleaning up
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def stop_signal() -> asyncio.Event:
    """Return what is set once a signal tells the program to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def show(lines: list[tuple[bool, str]]) -> None:
    """Print what was found; exit code 1 if anything is not well."""
    for is_well, line in lines:
        typer.echo(("✓ " if is_well else "✗ ") + line)
    if not all(is_well for is_well, _ in lines):
        raise typer.Exit(1)


def content_of(file: Path) -> bytes:
    """Return what is in a file that a person has named."""
    try:
        return file.read_bytes()
    except OSError as error:
        refuse(_of_system(error))


def write_file(file: Path, content: bytes) -> None:
    """Write a file that a person has named."""
    try:
        file.write_bytes(content)
    except OSError as error:
        refuse(_of_system(error))


def try_file(file: Path) -> None:
    """Refuse a file that could not be written; the trial leaves nothing behind."""
    is_new = not file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        refuse(_of_system(error))
    if is_new:
        file.unlink()


def agrees(question: str) -> bool:
    """Ask; only a plain yes is one, and the end of the input is none."""
    typer.echo(question + say("cli.yes_or_no"), nl=False)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是", "好", "确定"}


def refuse(sentence: str) -> NoReturn:
    """Say why not, and end with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def _of_system(error: OSError) -> str:
    """Return what a person can do about what the system refused."""
    if error.errno == errno.ENOSPC:
        return say("cli.disk_full")
    if error.errno == errno.EADDRINUSE:
        return say("cli.port_taken")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return say("cli.no_permission", file=error.filename)
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return say("cli.not_a_folder", file=error.filename)
    return say("cli.no_file", file=error.filename)
