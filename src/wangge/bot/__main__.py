"""The command line: parse, call one function, exit 0 done, 1 refused, 2 misuse."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wangge.bot.terminal import (
    agrees,
    content_of,
    done,
    read_settings,
    refuse,
    show,
    stop_signal,
    try_file,
    until_told,
    write_file,
)
from wangge.bot.usage import Cli, wording
from wangge.rules.errors import PersonError
from wangge.texts import say

if TYPE_CHECKING:  # a command imports what it needs: help and mistakes come at once
    from wangge.bot.settings import Settings
    from wangge.rules.roster import Changes

DAY = ["%Y-%m-%d"]
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

    for line in done(office.init(read_settings(), villages, town)):
        typer.echo(line)


@cli.command(help=say("cli.run.help"))
def run(
    worker: Annotated[bool, typer.Option("--worker", help=say("cli.run.worker.help"))] = False,
) -> None:
    """Run the bot until it is told to stop."""
    import uvloop  # a few per cent less for each step (docs/performance.md)

    done(_run(read_settings(), is_worker=worker), uvloop.run)


@cli.command(help=say("cli.doctor.help"))
def doctor() -> None:
    """Say what is missing before the bot can run."""
    from wangge.bot import office

    show(done(office.examine(read_settings())))


@cli.command("status", help=say("cli.status.help"))
def show_status() -> None:
    """Say how the bot is: queues, channel, what comes next."""
    from wangge.bot.status import status

    show(done(status(read_settings())))


@roster_cli.command("import", help=say("cli.roster.import.help"))
def roster_import(
    file: Annotated[Path, typer.Argument(help=say("cli.roster.file.help"))],
    yes: Yes = False,
    end_missing: Annotated[bool, typer.Option("--end-missing", help=say("cli.roster.end.help"))] = False,
) -> None:
    """Show what a roster file changes, and apply it once confirmed."""
    from wangge.bot import office

    async def read() -> "Changes":
        async with office.opened(read_settings()) as database:
            return await office.read_roster(
                database, content_of(file), file.name, await office.town_time(read_settings())
            )

    async def apply(changes: "Changes") -> str:
        async with office.opened(read_settings()) as database:
            return await office.apply_roster(
                database, changes, await office.town_time(read_settings()), end_missing=end_missing
            )

    changes = done(read())
    typer.echo(office.roster_summary(changes))
    if not yes and not agrees(say("cli.confirm")):
        refuse(say("cli.not_done"))
    typer.echo(done(apply(changes)))


@cli.command(help=say("cli.invite.help"))
def invite(out: Annotated[Path, typer.Option(help=say("cli.invite.out.help"))] = Path("邀请.docx")) -> None:
    """Write the sheet of invitations for everybody who has not joined."""
    from wangge.bot import office

    async def make() -> tuple[int, bytes]:
        async with office.opened(read_settings()) as database:
            return await office.invite(database, await office.town_time(read_settings()))

    try_file(out)  # before the old invitations end: a sheet that cannot be written ends none
    count, content = done(make())
    write_file(out, content)
    typer.echo(say("cli.invite.done", count=count, file=out))


@cli.command(help=say("cli.export.help"))
def export(
    file: Annotated[Path, typer.Argument(help=say("cli.export.file.help"))],
    kind: Annotated[str, typer.Option(help=say("cli.export.kind.help"))],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help=say("cli.export.from.help"))],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help=say("cli.export.to.help"))],
    area: Annotated[str, typer.Option(help=say("cli.export.area.help"))] = "",
    columns: Annotated[str, typer.Option(help=say("cli.export.columns.help"))] = "",
    csv: Annotated[bool, typer.Option("--csv", help=say("cli.export.csv.help"))] = False,
    names: Annotated[bool, typer.Option("--names", help=say("cli.export.names.help"))] = False,
    reason: Annotated[str, typer.Option(help=say("cli.export.reason.help"))] = "",
) -> None:
    """Write a table of one kind of record."""
    from wangge.bot import office_export as work

    wish = work.Wish(kind, first.date(), last.date(), area, columns, is_csv=csv, names=names, reason=reason)
    with work.progress() as tell:
        lines = done(work.export(read_settings(), wish, file, tell))
    for line in lines:
        typer.echo(line)


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
        async with office.opened(read_settings()) as database:
            return await reporting.annual(database, Worlds(), year, await office.town_time(read_settings()))

    for made in done(make()):
        write_file(out / made.name, made.content)
        typer.echo(say("cli.report.done", file=out / made.name))


@policy_cli.command("apply", help=say("cli.policy.apply.help"))
def policy_apply(file: Annotated[Path, typer.Argument(help=say("cli.policy.file.help"))]) -> None:
    """Put a policy file in force."""
    from wangge.bot import office

    async def apply() -> str:
        if not file.is_file():
            raise PersonError("cli.no_file", file=file)
        settings = read_settings()
        async with office.opened(settings) as database:
            return await office.apply_policy(settings, database, file)

    typer.echo(done(apply()))


@cli.command(help=say("cli.backup.help"))
def backup(folder: Annotated[Path, typer.Argument(help=say("cli.backup.folder.help"))]) -> None:
    """Copy everything consistently while the bot runs."""
    from wangge.bot import keeping

    for line in done(keeping.back_up(read_settings(), folder)):
        typer.echo(line)


@cli.command(help=say("cli.restore.help"))
def restore(
    backup_folder: Annotated[Path, typer.Argument(help=say("cli.restore.backup.help"))],
    into: Annotated[Path | None, typer.Option(help=say("cli.restore.into.help"))] = None,
) -> None:
    """Make a new data folder out of a backup."""
    from wangge.bot import keeping

    settings = read_settings()
    for line in done(keeping.restore(settings, backup_folder, into or settings.data_dir)):
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

    done(until_told(stand_in() if bare else town()))


@cli.command(help=say("cli.demo.help"))
def demo() -> None:
    """Play a week of the made-up town."""
    from wangge.demo.play import play
    from wangge.demo.playground import offer_page

    is_talked_to = sys.stdin.isatty() and sys.stdout.isatty()
    if done(until_told(play(afterwards=offer_page if is_talked_to else None))) is False:
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
