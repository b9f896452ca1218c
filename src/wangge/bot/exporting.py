"""Write a table of any length: pages are read one after the other and written as they come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wangge.bot.clock import Clock, elapsed_ms
from wangge.handlers import exporting
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.message import Outbound
from wangge.reports.export import AS_TEXT, Export, Paper
from wangge.rules.errors import PersonError
from wangge.storage import jobs
from wangge.storage.database import Database, Transaction
from wangge.storage.files import FileStore
from wangge.storage.jobs import Job
from wangge.texts import say

MEGABYTE = 1_000_000
LARGEST_SENT = 50
"""Megabytes; what the Bot API takes from a bot."""
MOST_ROWS = 1_000_000
"""Excel's sheets end a little later."""
TOLD_EVERY = 10_000
"""Rows after which whoever waits reads how far it is: some seconds."""
Tell = Callable[[int, int], Awaitable[None]]
"""Is told how many rows of how many are written, after each page."""


@dataclass(frozen=True)
class Exports:
    """Makes the tables that are asked for in chat."""

    database: Database
    worlds: Worlds
    files: FileStore
    clock: Clock

    async def run(self, job: Job) -> None:
        """Make a table and send it; what takes long says how far it is, in place.

        Raises:
            PersonError: it may not be had, or it is too big to be sent.
        """
        is_csv = exporting.unpacked(job.arguments["wish"]).is_csv

        def begin(tx: Transaction) -> tuple[Export, Paper]:
            return exporting.begin(self._outgoing(tx), job.arguments)

        async def tell(done: int, total: int) -> None:
            if done % TOLD_EVERY == 0 and done < total:
                text = say("export.progress", done=rounded(done), total=rounded(total))
                await self.database.transaction(lambda tx: self._say(tx, job, text, is_new=True))

        with self.files.scratch() as folder:
            target = folder / "table"
            export, paper = await write(self.database, begin, target, tell, is_csv=is_csv)
            if target.stat().st_size > LARGEST_SENT * MEGABYTE:
                size = -(-target.stat().st_size // MEGABYTE)
                raise PersonError("export.too_big", size=size, limit=LARGEST_SENT)
            name = await asyncio.to_thread(self.files.write, target.read_bytes())

        def send(tx: Transaction) -> None:
            self._say(tx, job, say("export.progress.done", done=export.done), is_new=False)
            self._send(tx, job, name, export, paper, "csv" if is_csv else "xlsx")
            jobs.mark_done(tx, job)

        await self.database.transaction(send)

    def _say(self, tx: Transaction, job: Job, text: str, *, is_new: bool) -> None:
        """Show how far it is, and keep the job for as long again."""
        jobs.keep(tx, job, elapsed_ms())
        message = Outbound(text=text, slot=f"export:{job.id}", asked=True, edit_only=not is_new)
        self._answer(tx, job, message)

    def _send(self, tx: Transaction, job: Job, name: str, export: Export, paper: Paper, ending: str) -> None:
        order = export.order
        lines = [
            say("export.sent", title=paper.title, count=export.done),
            *([say("export.sent.hidden", count=export.hidden)] if export.hidden else []),
            say("export.sent.keep"),
        ]
        file_name = say(
            "export.file_name", title=paper.title, first=order.first, last=order.last, ending=ending
        )
        self._answer(tx, job, Outbound(text="\n".join(lines), file=name, file_name=file_name, asked=True))

    def _answer(self, tx: Transaction, job: Job, message: Outbound) -> None:
        outgoing = self._outgoing(tx)
        channel, chat = job.arguments["answer_to"]
        outgoing.to_chat(channel, chat, job.arguments["person"], message)
        outgoing.post()

    def _outgoing(self, tx: Transaction) -> Outgoing:
        return Outgoing(tx, self.worlds.current(tx), self.clock.now())


async def write(
    database: Database,
    begin: Callable[[Transaction], tuple[Export, Paper]],
    target: Path,
    tell: Tell,
    *,
    is_csv: bool,
) -> tuple[Export, Paper]:
    """Write the table that `begin` has chosen into a file, and return what it was.

    Raises:
        PersonError: it has more rows than a sheet takes.
    """
    from wangge.reports.workbook import MOMENT, MOMENT_OF_THE_YEAR, Csv, Table, Workbook

    export, paper = await database.snapshot(begin)
    if export.total > MOST_ROWS:
        raise PersonError("export.too_many", count=export.total, limit=MOST_ROWS)
    columns = export.order.columns
    headings = list(columns.values())
    is_one_year = export.order.first.year == export.order.last.year
    table: Table = (
        Csv(target, headings)
        if is_csv
        else Workbook(
            target,
            paper.title,
            headings,
            lines=paper.lines,
            made_by=paper.made_by,
            text_columns=[columns[key] for key in AS_TEXT & columns.keys()],
            moments=MOMENT_OF_THE_YEAR if is_one_year else MOMENT,
            folder=target.parent,
        )
    )
    try:
        while rows := await database.snapshot(export.page):
            await asyncio.to_thread(table.add, rows)
            await tell(export.done, export.total)
    except BaseException:
        with suppress(Exception):  # the cause is what matters
            table.close()
        raise
    await asyncio.to_thread(table.close)
    return export, paper


def rounded(count: int) -> str:
    """Return a number as people say it: 500, 3万."""
    return say("export.count.wan", count=count // 10_000) if count >= 10_000 else str(count)
