"""The command line: parse, call one function, exit 0 done, 1 refused, 2 misuse."""

import asyncio
import errno
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from wangge.bot.stopping import stop_signal, until_told
from wangge.bot.usage import Cli, wording
from wangge.rules.errors import PersonError
from wangge.texts import say

if TYPE_CHECKING:  # a command imports what it needs: help and mistakes come at once
    from wangge.bot.settings import Settings
    from wangge.rules.roster import Changes

Result = TypeVar("Result")
cli = Cli(help=say("cli.help"))
roster_cli = Cli(help=say("cli.roster.help"))
policy_cli = Cli(help=say("cli.policy.help"))
cli.add_typer(roster_cli, name="roster")
cli.add_typer(policy_cli, name="policy")
report_cli = Cli(help=say("cli.report.help"))
cli.add_typer(report_cli, name="report")
Yes = Annotated[bool, typer.Option("--yes", help=say("cli.yes.help"))]
STOPPED = 130
"""What a program ends with that was stopped by Ctrl+C."""


@cli.callback(invoke_without_command=True)
def no_command(ctx: typer.Context) -> None:
    """Show the help to whoever types nothing."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@cli.command(help=say("cli.init.help"))
def init(
    villages: Annotated[Path | None, typer.Option(help=say("cli.init.villages.help"))] = None,
    town: Annotated[str, typer.Option(help=say("cli.init.town.help"))] = "",
) -> None:
    """Make data folder, key, policy and database."""
    from wangge.bot import office

    for line in _done(office.init(_settings(), villages, town)):
        typer.echo(line)


@cli.command(help=say("cli.run.help"))
def run(
    worker: Annotated[bool, typer.Option("--worker", help=say("cli.run.worker.help"))] = False,
) -> None:
    """Run the bot until it is told to stop."""
    import uvloop  # a few per cent less for each step (docs/performance.md)

    _done(_run(_settings(), is_worker=worker), uvloop.run)


@cli.command(help=say("cli.doctor.help"))
def doctor() -> None:
    """Say what is missing before the bot can run."""
    from wangge.bot import office

    _show(_done(office.examine(_settings())))


@cli.command("status", help=say("cli.status.help"))
def show_status() -> None:
    """Say how the bot is: queues, channel, what comes next."""
    from wangge.bot.status import status

    _show(_done(status(_settings())))


@roster_cli.command("import", help=say("cli.roster.import.help"))
def roster_import(
    file: Annotated[Path, typer.Argument(help=say("cli.roster.file.help"))],
    yes: Yes = False,
    end_missing: Annotated[bool, typer.Option("--end-missing", help=say("cli.roster.end.help"))] = False,
) -> None:
    """Show what a roster file changes, and apply it once confirmed."""
    from wangge.bot import office

    async def read() -> "Changes":
        async with office.opened(_settings()) as database:
            return await office.read_roster(
                database, _content(file), file.name, await office.town_time(_settings())
            )

    async def apply(changes: "Changes") -> str:
        async with office.opened(_settings()) as database:
            return await office.apply_roster(
                database, changes, await office.town_time(_settings()), end_missing=end_missing
            )

    changes = _done(read())
    typer.echo(office.roster_summary(changes))
    if not yes and not _agrees(say("cli.confirm")):
        _refuse(say("cli.not_done"))
    typer.echo(_done(apply(changes)))


@cli.command(help=say("cli.invite.help"))
def invite(out: Annotated[Path, typer.Option(help=say("cli.invite.out.help"))] = Path("邀请.docx")) -> None:
    """Write the sheet of invitations for everybody who has not joined."""
    from wangge.bot import office

    async def make() -> tuple[int, bytes]:
        async with office.opened(_settings()) as database:
            return await office.invite(database, await office.town_time(_settings()))

    _write(out, b"")  # before the old invitations end: a sheet that cannot be written ends none
    count, content = _done(make())
    _write(out, content)
    typer.echo(say("cli.invite.done", count=count, file=out))


@cli.command(help=say("cli.export.help"))
def export(
    kind: Annotated[str, typer.Argument(help=say("cli.export.kind.help"))],
    month: Annotated[datetime, typer.Argument(formats=["%Y-%m"], help=say("cli.export.month.help"))],
    out: Annotated[Path | None, typer.Option(help=say("cli.invite.out.help"))] = None,
) -> None:
    """Write a month of one kind of record as a workbook."""
    from wangge.bot import office

    async def make() -> tuple[int, bytes]:
        async with office.opened(_settings()) as database:
            return await office.export(database, kind, month.date())

    count, content = _done(make())
    file = out or Path(f"{kind}-{month:%Y-%m}.xlsx")
    _write(file, content)
    typer.echo(say("cli.export.done", count=count, file=file))


@report_cli.command("annual", help=say("cli.report.annual.help"))
def report_annual(
    year: Annotated[int, typer.Option(help=say("cli.report.annual.year.help"))],
    out: Annotated[Path, typer.Option(help=say("cli.report.annual.out.help"))] = Path(),
) -> None:
    """Write the annual report of a year: the document to send, and the one to check it with."""
    from wangge.bot import office, reporting
    from wangge.handlers.context import Worlds

    async def make() -> list[reporting.Made]:
        out.mkdir(parents=True, exist_ok=True)
        async with office.opened(_settings()) as database:
            return await reporting.annual(database, Worlds(), year, await office.town_time(_settings()))

    for made in _done(make()):
        _write(out / made.name, made.content)
        typer.echo(say("cli.report.done", file=out / made.name))


@policy_cli.command("apply", help=say("cli.policy.apply.help"))
def policy_apply(file: Annotated[Path, typer.Argument(help=say("cli.policy.file.help"))]) -> None:
    """Put a policy file in force."""
    from wangge.bot import office

    async def apply() -> str:
        if not file.is_file():
            raise PersonError("cli.no_file", file=file)
        settings = _settings()
        async with office.opened(settings) as database:
            return await office.apply_policy(settings, database, file)

    typer.echo(_done(apply()))


@cli.command(help=say("cli.backup.help"))
def backup(folder: Annotated[Path, typer.Argument(help=say("cli.backup.folder.help"))]) -> None:
    """Copy everything consistently while the bot runs."""
    from wangge.bot import keeping

    for line in _done(keeping.back_up(_settings(), folder)):
        typer.echo(line)


@cli.command(help=say("cli.restore.help"))
def restore(
    backup_folder: Annotated[Path, typer.Argument(help=say("cli.restore.backup.help"))],
    into: Annotated[Path | None, typer.Option(help=say("cli.restore.into.help"))] = None,
) -> None:
    """Make a new data folder out of a backup."""
    from wangge.bot import keeping

    settings = _settings()
    for line in _done(keeping.restore(settings, backup_folder, into or settings.data_dir)):
        typer.echo(line)


@cli.command(help=say("cli.sandbox.help"))
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("cli.sandbox.port.help"))] = 8081,
    bare: Annotated[bool, typer.Option("--bare", help=say("cli.sandbox.bare.help"))] = False,
) -> None:
    """Open the made-up town with its chat page; or only the stand-in for the Bot API."""
    from wangge.demo.playground import open_playground
    from wangge.demo.stage import sandbox_on

    async def stand_in() -> None:
        async with sandbox_on(port) as server:
            typer.echo(say("cli.sandbox.stand_in", url=server.url, token=server.token))
            await asyncio.Event().wait()

    async def town() -> None:
        typer.echo(say("cli.sandbox.opening"))
        async with open_playground(port) as stage:
            typer.echo(say("cli.sandbox.ready", url=stage.sandbox.url))
            await asyncio.Event().wait()

    _done(until_told(stand_in() if bare else town()))


@cli.command(help=say("cli.demo.help"))
def demo() -> None:
    """Play a week of the made-up town."""
    from wangge.demo.play import play
    from wangge.demo.playground import offer_page

    is_talked_to = sys.stdin.isatty() and sys.stdout.isatty()
    if _done(until_told(play(afterwards=offer_page if is_talked_to else None))) is False:
        raise typer.Exit(1)


async def _run(settings: "Settings", *, is_worker: bool) -> None:
    from wangge.bot import office
    from wangge.bot.app import AlreadyRunning, PortTaken, open_app
    from wangge.bot.log import configure_logging
    from wangge.channels.channel import WrongToken

    if is_worker and not settings.database_url:
        raise PersonError("cli.run.worker.sqlite")
    if warning := await office.refuse_unfit(settings):
        typer.echo(warning, err=True)
    configure_logging(settings.log_level)
    stop = stop_signal()
    try:
        async with open_app(settings, is_worker=is_worker) as app:
            app.notice = typer.echo
            channels = "、".join(app.channels) or say("cli.run.worker" if is_worker else "cli.run.none")
            typer.echo(say("cli.run.ready", port=app.port, channels=channels))
            await app.run(stop)
    except AlreadyRunning:
        raise PersonError("cli.run.already") from None
    except PortTaken as error:
        raise PersonError("health.port_taken", port=error.port, setting=error.setting) from None
    except WrongToken:
        raise PersonError("health.wrong_token") from None


def _settings() -> "Settings":
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


def _show(lines: list[tuple[bool, str]]) -> None:
    """Print what was found; exit code 1 if anything is not well."""
    for is_well, line in lines:
        typer.echo(("✓ " if is_well else "✗ ") + line)
    if not all(is_well for is_well, _ in lines):
        raise typer.Exit(1)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _refuse(_of_system(error))


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        _refuse(_of_system(error))


def _agrees(question: str) -> bool:
    """Ask; only a plain yes is one, and the end of the input is none."""
    typer.echo(question + say("cli.yes_or_no"), nl=False)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是", "好", "确定"}


def _done(work: Coroutine[Any, Any, Result], run_loop: Callable[..., Result] = asyncio.run) -> Result:
    """Run one function to its end; a mistake ends in one sentence and exit code 1."""
    try:
        return run_loop(work)
    except PersonError as error:
        _refuse(say(error.text_id, **error.values))
    except OSError as error:
        _refuse(_of_system(error))
    except Exception as error:
        from wangge.storage.database import NotStored

        if not isinstance(error, NotStored):
            raise
        _refuse(say("cli.database.failed"))


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


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the `wangge` command."""
    try:
        code = cli(standalone_mode=False)
    except typer.TyperException as error:
        typer.echo(wording(error), err=True)
        sys.exit(2)
    if code == STOPPED:
        typer.echo("\n" + say("cli.stopped"), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
