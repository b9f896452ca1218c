"""Jobs about figures: close a month, draw the digest's picture, write the table of villages."""

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from wangge.handlers import digest as words
from wangge.handlers.context import Outgoing
from wangge.handlers.figures import cutoff_text, dates_of, scope_of, title_of
from wangge.reports import closing, digest, figures, periods
from wangge.reports.figures import Scope
from wangge.reports.periods import Period
from wangge.rules.errors import PersonError
from wangge.storage import closings, jobs, people
from wangge.storage.database import Transaction
from wangge.storage.jobs import Job
from wangge.texts import say

if TYPE_CHECKING:
    from wangge.bot.jobs import Jobs

Result = TypeVar("Result")


async def close_month(self: "Jobs", job: Job) -> None:
    """Freeze the figures of a month, and of every one before it that is open: read in a snapshot."""
    month = date.fromisoformat(f"{job.arguments['period']}01")

    def read(tx: Transaction) -> list[closing.Closed]:
        world = self.worlds.current(tx)
        return list(closing.due(tx, month, self.clock.now(), world.policy, world.versions[0], world.villages))

    closed = await self.database.snapshot(read)

    def store(tx: Transaction) -> None:
        for values, rows in closed:
            if closings.of_month(tx, values["month"]) is None:
                closings.put(tx, values, rows)
        jobs.mark_done(tx, job)

    await self.database.transaction(store)


async def digest_picture(self: "Jobs", job: Job) -> str:
    """Return the hash of the digest's picture for its recipient, "" if it goes without one."""

    def read(tx: Transaction) -> Any:  # noqa: ANN401 - a page or nothing
        outgoing = self.outgoing(tx)
        person = people.by_id(tx, int(job.arguments["subject"]), outgoing.today)
        scope = words.recipient_scope(outgoing, person) if person else ()
        if not person or not scope or not words.wants_picture(outgoing, person):
            return None
        return _page(outgoing, scope, periods.week(date.fromisoformat(job.arguments["period"])))

    page = await self.database.snapshot(read)
    return await asyncio.to_thread(self.files.write, await _drawn(page)) if page else ""


async def send_picture(self: "Jobs", job: Job) -> None:
    """Draw the figures of a period and send the picture to who asks."""
    page = await self.database.snapshot(partial(_asked, self, job, _page))
    content = await _drawn(page)
    await self.send_file(job, content, say("digest.picture_name"), "", is_picture=True)


async def send_table(self: "Jobs", job: Job) -> None:
    """Write every figure of every village, in the order of the codes, and send the workbook."""
    from wangge.reports.workbook import write_table

    title, subtitle, headings, rows, name, caption = await self.database.snapshot(
        partial(_asked, self, job, _table)
    )
    content = await asyncio.to_thread(write_table, title, headings, rows, subtitle=subtitle)
    await self.send_file(job, content, name, caption)


def _asked(
    self: "Jobs", job: Job, make: Callable[[Outgoing, Scope, Period], Result], tx: Transaction
) -> Result:
    outgoing = self.outgoing(tx)
    period = periods.of_key(job.arguments["period"], outgoing.now, partial(closings.cutoff_of, tx))
    person = people.by_id(tx, job.arguments["person"], outgoing.today)
    if period is None or person is None:
        raise PersonError("form.stale")
    return make(outgoing, scope_of(outgoing, person), period)


def _page(outgoing: Outgoing, scope: Scope, period: Period) -> Any:  # noqa: ANN401 - a page
    from wangge.reports.picture import page_of

    world = outgoing.world
    found = digest.build(outgoing.tx, scope, period, outgoing.now, world.policy, world.villages)
    parts = figures.by_part(outgoing.tx, scope, period, "valid", "closed")
    inside = {code: name for code, name in world.villages.items() if code.startswith(scope)}
    return page_of(
        found,
        inside,
        title_of(outgoing, scope),
        is_demo=world.policy.town.mode == "演练",
        parts=[(part, numbers["valid"], numbers["closed"]) for part, numbers in parts],
    )


def _table(outgoing: Outgoing, scope: Scope, period: Period) -> tuple[Any, ...]:
    names = [name for name, each in figures.CATALOGUE.items() if not each.share_of]
    villages = {code: name for code, name in outgoing.world.villages.items() if code.startswith(scope)}
    headings = [say("figures.table.village"), *(say(f"figure.{name}") for name in figures.CATALOGUE)]
    table = [(name, figures.totals(outgoing.tx, (code,), period)) for code, name in villages.items()]
    table.append((say("figures.table.sum"), figures.totals(outgoing.tx, scope, period)))
    rows = [
        [village, *(each.value if each.name in names else each.text for each in found.values())]
        for village, found in table
    ]
    days = {"first": period.first_day, "last": period.last_counted_day}
    title = say("figures.table.title", town=title_of(outgoing, scope))
    subtitle = say(
        "figures.table.period", **days, cutoff=cutoff_text(period), town=outgoing.world.policy.town.name
    )
    if outgoing.world.policy.town.mode == "演练":
        subtitle += f"　{say('export.demo')}"
    name = say("figures.table.name", title=title, **days)
    return title, subtitle, headings, rows, name, say("figures.table.sent", dates=dates_of(period))


async def _drawn(page: Any) -> bytes:  # noqa: ANN401 - a page
    from wangge.reports.picture import digest_picture as draw

    return await asyncio.to_thread(draw, page)
