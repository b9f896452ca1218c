"""The command line: parse, call one function, exit 0 done, 1 refused, 2 misuse."""

import asyncio
import signal
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from wangge.bot import office
from wangge.bot.app import AlreadyRunning, open_app
from wangge.bot.log import configure_logging
from wangge.bot.settings import Settings
from wangge.rules.errors import PersonError
from wangge.rules.roster import Changes
from wangge.storage.migrate import is_current
from wangge.texts import say

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, help=say("cli.help"), pretty_exceptions_enable=False
)
roster_cli = typer.Typer(no_args_is_help=True, help=say("cli.roster.help"))
policy_cli = typer.Typer(no_args_is_help=True, help=say("cli.policy.help"))
cli.add_typer(roster_cli, name="roster")
cli.add_typer(policy_cli, name="policy")
Yes = Annotated[bool, typer.Option("--yes", help=say("cli.yes.help"))]


@cli.command(help=say("cli.init.help"))
def init(
    villages: Annotated[Path | None, typer.Option(help=say("cli.init.villages.help"))] = None,
    town: Annotated[str, typer.Option(help=say("cli.init.town.help"))] = "",
) -> None:
    """Make data folder, key, policy and database."""
    for line in _done(office.init(_settings(), villages, town)):
        typer.echo(line)


@cli.command(help=say("cli.run.help"))
def run() -> None:
    """Run the bot until it is told to stop."""
    _done(_run(_settings()))


@cli.command(help=say("cli.doctor.help"))
def doctor() -> None:
    """Say what is missing before the bot can run."""
    found = _done(office.examine(_settings()))
    for is_well, line in found:
        typer.echo(("✓ " if is_well else "✗ ") + line)
    if not all(is_well for is_well, _ in found):
        raise typer.Exit(1)


@roster_cli.command("import", help=say("cli.roster.import.help"))
def roster_import(
    file: Path,
    yes: Yes = False,
    end_missing: Annotated[bool, typer.Option("--end-missing", help=say("cli.roster.end.help"))] = False,
) -> None:
    """Show what a roster file changes, and apply it once confirmed."""

    async def read() -> Changes:
        async with office.opened(_settings()) as database:
            return await office.read_roster(
                database, _content(file), file.name, await office.town_time(_settings())
            )

    async def apply(changes: Changes) -> str:
        async with office.opened(_settings()) as database:
            return await office.apply_roster(
                database, changes, await office.town_time(_settings()), end_missing=end_missing
            )

    changes = _done(read())
    typer.echo(office.roster_summary(changes))
    if not yes and not typer.confirm(say("cli.confirm")):
        raise typer.Exit(1)
    typer.echo(_done(apply(changes)))


@cli.command(help=say("cli.invite.help"))
def invite(out: Annotated[Path, typer.Option(help=say("cli.invite.out.help"))] = Path("邀请.docx")) -> None:
    """Write the sheet of invitations for everybody who has not joined."""

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

    async def make() -> tuple[int, bytes]:
        async with office.opened(_settings()) as database:
            return await office.export(database, kind, month.date())

    count, content = _done(make())
    file = out or Path(f"{kind}-{month:%Y-%m}.xlsx")
    _write(file, content)
    typer.echo(say("cli.export.done", count=count, file=file))


@policy_cli.command("apply", help=say("cli.policy.apply.help"))
def policy_apply(file: Path) -> None:
    """Put a policy file in force."""

    async def apply() -> str:
        if not file.is_file():
            raise PersonError("cli.no_file", file=file)
        settings = _settings()
        async with office.opened(settings) as database:
            return await office.apply_policy(settings, database, file)

    typer.echo(_done(apply()))


@cli.command(help=say("cli.backup.help"))
def backup(folder: Path) -> None:
    """Copy everything consistently while the bot runs."""
    for line in _done(office.back_up(_settings(), folder)):
        typer.echo(line)


@cli.command(help=say("cli.sandbox.help"))
def sandbox(port: Annotated[int, typer.Option(help=say("cli.sandbox.port.help"))] = 8081) -> None:
    """Run the stand-in for the Bot API on this machine."""
    from wangge.sandbox.server import TOKEN, serve

    async def stand_in() -> None:
        async with await serve(port) as server:
            typer.echo(say("cli.sandbox.ready", url=server.url, token=TOKEN))
            await _stop_signal().wait()

    _done(stand_in())


@cli.command(help=say("cli.demo.help"))
def demo() -> None:
    """Play a week of the made-up town."""
    from wangge.demo.play import play

    if not _done(play()):
        raise typer.Exit(1)


async def _run(settings: Settings) -> None:
    configure_logging(settings.log_level)
    async with office.opened(settings) as database:
        if not await database.snapshot(is_current):
            raise PersonError("cli.doctor.schema_old")
    stop = _stop_signal()
    async with open_app(settings) as app:
        typer.echo(
            say("cli.run.ready", port=app.port, channels="、".join(app.channels) or say("cli.run.none"))
        )
        await app.run(stop)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for found in error.errors():
            name = "WANGGE_" + str(found["loc"][0]).upper()
            typer.echo(say("cli.settings.wrong", name=name, what=found["msg"]), err=True)
        raise typer.Exit(2) from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        _refuse(say("cli.no_file", file=file))


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError:
        _refuse(say("cli.no_permission", file=file))


def _done(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the work returns
    """Run one function to its end; a mistake ends in one sentence and exit code 1."""
    try:
        return asyncio.run(work)
    except PersonError as error:
        _refuse(say(error.text_id, **error.values))
    except AlreadyRunning:
        _refuse(say("cli.run.already"))
    except PermissionError as error:
        _refuse(say("cli.no_permission", file=error.filename))


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def main() -> None:
    """Entry point of the `wangge` command."""
    cli()


if __name__ == "__main__":
    main()
