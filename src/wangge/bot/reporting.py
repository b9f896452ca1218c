"""Reports that are files: read in a snapshot, written off the loop; for the command line and for chat."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from wangge.handlers.context import Worlds
from wangge.handlers.message import Outbound
from wangge.reports import year
from wangge.reports.annual import compose
from wangge.reports.prose import Report
from wangge.rules.calendar import local_day
from wangge.rules.errors import PersonError
from wangge.storage.database import Database, Transaction
from wangge.storage.jobs import Job
from wangge.texts import say

if TYPE_CHECKING:
    from wangge.bot.jobs import Jobs

EARLIEST = 2000
"""No year before it is looked at."""


class Made(NamedTuple):
    """A file, what it is called, and what is said with it."""

    content: bytes
    name: str
    text: str


async def annual(database: Database, worlds: Worlds, number: int, now: datetime) -> list[Made]:
    """Return the annual report of a year: the document to send, and the one to check it with.

    Raises:
        PersonError: the year has not begun, or nothing is recorded of it.
    """
    this = local_day(now).year
    other = this if number == this - 1 else this - 1
    if number > this:
        raise PersonError("annual.future", year=number)
    if number < EARLIEST:
        raise PersonError("annual.no_records", year=number, other=other)

    def read(tx: Transaction) -> tuple[Report, str]:
        world = worlds.current(tx)
        town = world.policy.town
        found = year.read(tx, world.policy, world.villages, year.period_of(number, now))
        if not found.has_records:
            raise PersonError("annual.no_records", year=number, other=other)
        return compose(found, town.name, local_day(now), is_demo=town.mode == "演练"), town.name

    report, town = await database.snapshot(read)
    clean, working = await asyncio.to_thread(_written, report)
    return [
        Made(clean, say("annual.file.clean", town=town, year=number), say("annual.sent", year=number)),
        Made(working, say("annual.file.working", town=town, year=number), say("annual.sent.check")),
    ]


def _written(report: Report) -> tuple[bytes, bytes]:
    """Return the document to send, and the one to check it with."""
    from wangge.reports.charts import category_bars, month_bars
    from wangge.reports.document import write

    charts = [
        month_bars(say("annual.chart.months"), report.months),
        category_bars(say("annual.chart.classes"), report.classes),
    ]
    return write(report), write(report, is_working=True, charts=charts)


async def send_annual(self: "Jobs", job: Job) -> None:
    """Send both files of an annual report to who asked for it."""
    made = await annual(self.database, self.worlds, job.arguments["year"], self.clock.now())
    letters = [(each.content, Outbound(text=each.text, file_name=each.name, asked=True)) for each in made]
    await self.send_files(job, letters)
