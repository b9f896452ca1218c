"""`wangge export`: any kind of record by period and area, written to a file of the operator's."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wangge.bot import office
from wangge.bot.exporting import Tell, write
from wangge.bot.settings import Settings
from wangge.handlers.context import Worlds
from wangge.records.catalogue import CATALOGUE
from wangge.reports import export as reports
from wangge.rules.errors import PersonError
from wangge.storage import audit
from wangge.storage.database import Transaction
from wangge.texts import say


@dataclass(frozen=True)
class Wish:
    """What the operator has written on the command line."""

    kind: str
    first: date
    last: date
    area: str
    columns: str
    """Keys between commas; all if empty."""
    is_csv: bool
    names: bool
    reason: str


async def export(settings: Settings, wish: Wish, file: Path, tell: Tell) -> list[str]:
    """Write the table and return what to say; who takes names out of the house is noted with the reason.

    Raises:
        PersonError: the wish makes no sense; the sentence says how to put it right.
        OSError: the file cannot be written.
    """
    _check(wish)
    async with office.opened(settings) as database:
        now = await office.town_time(settings)

        def begin(tx: Transaction) -> tuple[reports.Export, reports.Paper]:
            world = Worlds().current(tx)
            order = reports.Order(
                CATALOGUE[wish.kind],
                (wish.area or world.policy.town.code,),
                wish.first,
                wish.last,
                is_masked=not wish.names,
                only=_columns(wish),
            )
            found = reports.begin(tx, order, world.policy, world.names)
            return found, reports.paper(found, world.policy, "", now)

        def note(tx: Transaction) -> None:
            target = f"{wish.kind}:{wish.first:%Y%m%d}:{wish.last:%Y%m%d}:{wish.area}"
            audit.note(tx, None, "export_names" if wish.names else "export", target, wish.reason, now)

        if wish.area and wish.area not in (await database.snapshot(Worlds().current)).names:
            raise PersonError("cli.export.area", area=wish.area)
        await asyncio.to_thread(file.touch)  # one that cannot be written is known before a minute's work
        await database.transaction(note)
        found, _ = await write(database, begin, file, tell, is_csv=wish.is_csv)
    return [
        say("cli.export.done", count=found.done, file=file),
        *([say("cli.export.hidden", count=found.hidden)] if found.hidden else []),
    ]


@contextmanager
def progress() -> Iterator[Tell]:
    """Show on a terminal how far it is; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(say("cli.export.progress"), total=None)

        async def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell


def _check(wish: Wish) -> None:
    if wish.kind not in CATALOGUE:
        raise PersonError("cli.export.kind", kinds="、".join(CATALOGUE))
    if wish.last < wish.first:
        raise PersonError("cli.export.backwards")
    if wish.names and not wish.reason.strip():
        raise PersonError("cli.export.reason")
    known = reports.columns(CATALOGUE[wish.kind], reports.Sight.ALL)
    for column in _columns(wish):
        if column not in known:
            raise PersonError("cli.export.column", column=column, columns=",".join(known))


def _columns(wish: Wish) -> tuple[str, ...]:
    return tuple(each.strip() for each in wish.columns.split(",") if each.strip())
