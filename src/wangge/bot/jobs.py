"""Run what `jobs` holds: photos, workbooks, documents, scheduled messages, purges.

A job reads a snapshot, computes off the loop, writes its file before the short commit
that names it. A job killed half way is done again; its key keeps it from being asked
for twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from wangge.bot import fetching, figuring, reporting
from wangge.bot.alarms import raise_alarm
from wangge.bot.clock import Clock, elapsed_ms
from wangge.bot.exporting import Exports
from wangge.channels.channel import Channel, ChannelError
from wangge.handlers import reminders, roster, upper, upper_file
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.message import Outbound
from wangge.rules.areas import Row
from wangge.rules.errors import PersonError
from wangge.rules.rights import may
from wangge.rules.roster import rows_of
from wangge.storage import ageing, conversations, files, inbox, jobs, people, records
from wangge.storage.database import Database, Transaction
from wangge.storage.jobs import Job
from wangge.texts import say

log = structlog.get_logger()
FETCHING = ("fetch", "roster_read", "upper_read")
"""What asks a channel for a file."""
LONG = "export"
"""Takes a minute at worst: one at a time, beside the others, which wait for nothing."""
PURGED_AT_ONCE = 2000
"""Rows of a queue; more would keep people waiting for an answer."""
ASKED = {
    "roster_file": "roster",
    "roster_apply": "roster",
    "invitations": "invite",
    "upper_file": "upper",
    "upper_apply": "upper",
    "annual": "annual",
    "figure_table": "figures",
    "figure_picture": "figures",
}
"""What somebody asks for in chat needs this right, also at the moment when it is done."""
COMPOSED = ("weekly_todo", "month_end_todo", "evening_brief", "handover")


@dataclass
class Jobs:
    """Runs open jobs one after the other, a long one beside them."""

    database: Database
    worlds: Worlds
    channels: Mapping[str, Channel]
    files: files.FileStore
    clock: Clock
    draw: Callable[[], int]
    """Yields the random digits of reference numbers."""
    is_owner: Callable[[], bool] = lambda: True
    """Whether this process may speak to the channels."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    long: asyncio.Task[None] | None = None
    """The long job that runs beside the others."""

    def wake_up(self) -> None:
        """Look for jobs now."""
        self.wake.set()

    async def run_forever(self) -> None:
        """Run jobs until cancelled."""
        if self.database.is_sqlite:
            await self.database.transaction(jobs.free_all)
        async with asyncio.TaskGroup() as beside:
            while True:
                self.wake.clear()
                job = await self.database.transaction(self._take)
                if job is None:
                    await self._wait()
                elif job.kind == LONG:
                    self.long = beside.create_task(self._run(job))
                    self.long.add_done_callback(lambda _: self.wake_up())
                else:
                    await self._run(job)

    def _take(self, tx: Transaction) -> Job | None:
        busy = () if self.long is None or self.long.done() else (LONG,)
        return jobs.take(tx, elapsed_ms(), but=(*(() if self.is_owner() else FETCHING), *busy))

    async def _run(self, job: Job) -> None:
        try:
            await self._work(job)
        except PersonError as error:
            await self.database.transaction(partial(self._tell_mistake, job, error))
        except jobs.DoneAlready:
            log.warning("job_done_already", job=job.kind)
        except ChannelError as error:
            log.warning("job_interrupted", job=job.kind, error=type(error).__name__)
            await self._retry(job, counts=False)
        except Exception as error:
            log.exception("job_failed", job=job.kind, error=type(error).__name__)
            await self._retry(job, counts=True)

    async def _work(self, job: Job) -> None:
        await self.database.snapshot(partial(self._check_right, job))
        if job.kind in COMPOSED:
            await self.database.transaction(partial(self._compose, job, ""))
            return
        works: dict[str, Callable[[Job], Awaitable[None]]] = {
            "fetch": partial(fetching.fetch, self),
            "roster_file": self._roster_file,
            "roster_read": self._read_table,
            "roster_apply": self._roster_apply,
            "upper_file": self._upper_file,
            "upper_read": self._read_table,
            "upper_apply": self._upper_apply,
            "invitations": self._invitations,
            "purge": self._purge,
            "digest": self._digest,
            "month_close": partial(figuring.close_month, self),
            "annual": partial(reporting.send_annual, self),
            "figure_table": partial(figuring.send_table, self),
            "figure_picture": partial(figuring.send_picture, self),
            "export": Exports(self.database, self.worlds, self.files, self.clock).run,
        }
        await works[job.kind](job)

    def _check_right(self, job: Job, tx: Transaction) -> None:
        """Who has asked may have lost the post since."""
        verb = ASKED.get(job.kind)
        person = people.by_id(tx, job.arguments["person"], self.outgoing(tx).today) if verb else None
        if verb and not (person and may(person, verb)):
            raise PersonError("error.no_right")

    def _compose(self, job: Job, picture: str, tx: Transaction) -> None:
        outgoing = self.outgoing(tx)
        reminders.compose(outgoing, job.kind, job.arguments["subject"], job.arguments["period"], picture)
        self._finish(tx, job, outgoing)

    async def _digest(self, job: Job) -> None:
        """The digest goes with its picture, drawn before the transaction that says it; or without."""
        try:
            picture = await figuring.digest_picture(self, job)
        except Exception as error:
            picture = ""
            log.exception("picture_failed", job=job.kind, error=type(error).__name__)
        await self.database.transaction(partial(self._compose, job, picture))

    async def _roster_file(self, job: Job) -> None:
        def read(tx: Transaction) -> tuple[Any, str]:
            world = self.worlds.current(tx)
            return rows_of(roster.present(tx, self.clock.now()), world.names), world.policy.town.name

        (headings, rows), town = await self.database.snapshot(read)
        from wangge.reports.workbook import write_table

        title = say("roster.title", town=town)
        content = await asyncio.to_thread(write_table, title, headings, rows)
        await self.send_file(job, content, say("roster.file_name"), say("roster.sent"))

    async def _read_table(self, job: Job) -> None:
        """Show what a table that somebody sent would change: the roster, or numbers of the upper platform."""
        from wangge.reports.sheets import read_table, safe_name

        content = await fetching.download(self, job.arguments)
        rows = await asyncio.to_thread(read_table, content, safe_name(job.arguments["name"]))
        name = await asyncio.to_thread(self.files.write, content)

        def show(tx: Transaction) -> None:
            outgoing = self.outgoing(tx)
            is_upper = upper_file.is_meant(outgoing, job.arguments, rows)
            if is_upper:
                message = upper_file.preview(outgoing, job.arguments["person"], name[:32], rows)
            else:
                changes = roster.read(tx, rows, outgoing.world, outgoing.now)
                message = roster.preview(name[:32], changes)
            self._answer(outgoing, job, message)
            self._finish(tx, job, outgoing)
            sort = "upper" if is_upper else "roster"
            jobs.set_mark(tx, f"{sort}:{name[:32]}", f"{name} {suffix_of(job.arguments['name'])}")

        await self.database.transaction(show)

    async def _roster_apply(self, job: Job) -> None:
        """Read the file again against the roster of this moment, and apply it."""
        rows = await self._table_again(f"roster:{job.arguments['file']}")

        def apply(tx: Transaction) -> None:
            outgoing = self.outgoing(tx)
            changes = roster.read(tx, rows, outgoing.world, outgoing.now)
            text = roster.apply(tx, changes, outgoing.now, end_missing=job.arguments["end_missing"])
            self._answer(outgoing, job, Outbound(text=text, asked=True))
            self._finish(tx, job, outgoing)

        await self.database.transaction(apply)

    async def _upper_file(self, job: Job) -> None:
        found = await self.database.snapshot(lambda tx: upper.workbook(self.outgoing(tx)))
        from wangge.reports.workbook import write_table

        write = partial(write_table, subtitle=found.subtitle, text_columns=found.as_text)
        content = await asyncio.to_thread(write, found.title, found.headings, found.rows)
        text = say("upper.sent", count=len(found.rows), heading=found.as_text[-1])
        await self.send_file(job, content, say("upper.file_name"), text)

    async def _upper_apply(self, job: Job) -> None:
        """Apply a table a few rows at a time; each time it is read against what is stored by then."""
        rows = await self._table_again(f"upper:{job.arguments['file']}")
        done = upper_file.Done()

        def apply(tx: Transaction) -> upper_file.Done:
            outgoing = self.outgoing(tx)
            now = upper_file.apply(outgoing, job.arguments["person"], rows, self.draw, done)
            if now.is_all:
                self._answer(outgoing, job, upper_file.answer(now))
                jobs.mark_done(tx, job)
            outgoing.post()
            return now

        while not done.is_all:
            try:
                done = await self.database.transaction(apply)
            except records.Outdated:
                log.info("upper_read_again", job=job.kind)

    async def _table_again(self, mark: str) -> list[Row]:
        """Return the rows of a table that was shown before, by the mark of its file."""
        found = await self.database.snapshot(lambda tx: jobs.mark(tx, mark))
        name, _, file_name = (found or "").partition(" ")
        if not name:
            raise PersonError("form.stale")
        from wangge.reports.sheets import read_table

        content = await asyncio.to_thread(self.files.read, name)
        return await asyncio.to_thread(read_table, content, file_name)

    async def _invitations(self, job: Job) -> None:
        link = await self.database.snapshot(lambda tx: jobs.mark(tx, "invitation_link"))

        def make(tx: Transaction) -> tuple[list[Any], str, bool]:
            outgoing = self.outgoing(tx)
            persons = people.not_joined(tx, outgoing.today)
            town = outgoing.world.policy.town
            return (
                roster.make_invitations(outgoing, persons, link or "{code}"),
                town.name,
                town.mode == "演练",
            )

        from wangge.reports.invitations import invitation_sheet

        made, town, is_demo = await self.database.transaction(make)
        content = await asyncio.to_thread(invitation_sheet, made, town, is_demo)
        text = say("invite.sent", count=len(made))
        await self.send_file(job, content, say("invite.file_name"), text)

    async def _purge(self, job: Job) -> None:
        def purge(tx: Transaction) -> bool:
            now = self.clock.now()
            retention = self.worlds.current(tx).policy.retention
            inbox.purge_bodies(tx, now - retention.raw_messages)
            conversations.drop_old(tx, now - retention.drafts)
            if ageing.forget(tx, now - max(retention.raw_messages, ageing.KEYS_KEPT), PURGED_AT_ONCE):
                return True
            jobs.mark_done(tx, job)
            return False

        while await self.database.transaction(purge):
            pass  # messages that have come meanwhile are handled in between

    async def send_file(
        self, job: Job, content: bytes, file_name: str, text: str, *, is_picture: bool = False
    ) -> None:
        """Keep a file and send it to who asked for it."""
        message = Outbound(text=text, file_name=file_name, asked=True, is_picture=is_picture)
        await self.send_files(job, [(content, message)])

    async def send_files(self, job: Job, made: Sequence[tuple[bytes, Outbound]]) -> None:
        """Keep files and send each with its message to who asked for them."""
        names = [await asyncio.to_thread(self.files.write, content) for content, _ in made]

        def send(tx: Transaction) -> None:
            outgoing = self.outgoing(tx)
            for name, (_, message) in zip(names, made, strict=True):
                self._answer(outgoing, job, message.model_copy(update={"file": name}))
            self._finish(tx, job, outgoing)

        await self.database.transaction(send)

    def _answer(self, outgoing: Outgoing, job: Job, message: Outbound) -> None:
        channel, chat = job.arguments["answer_to"]
        outgoing.to_chat(channel, chat, job.arguments["person"], message)

    def _tell_mistake(self, job: Job, error: PersonError, tx: Transaction) -> None:
        outgoing = self.outgoing(tx)
        message = Outbound(text=say(error.text_id, **error.values), asked=True)
        if "answer_to" in job.arguments:
            self._answer(outgoing, job, message)
        elif "person" in job.arguments:
            outgoing.tell([job.arguments["person"]], message)
        self._finish(tx, job, outgoing)

    def outgoing(self, tx: Transaction) -> Outgoing:
        """Return what a job says things with."""
        return Outgoing(tx, self.worlds.current(tx), self.clock.now())

    def _finish(self, tx: Transaction, job: Job, outgoing: Outgoing) -> None:
        outgoing.post()
        jobs.mark_done(tx, job)

    async def _retry(self, job: Job, *, counts: bool) -> None:
        pause_ms = min(1000 * 2 ** (job.attempts + 1), 60_000)

        def set_back(tx: Transaction) -> None:
            if jobs.retry_later(tx, job, elapsed_ms() + pause_ms, counts=counts):
                outgoing = self.outgoing(tx)
                raise_alarm(outgoing, "job", kind_of_job=job.kind)
                outgoing.post()

        await self.database.transaction(set_back)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(1.0):  # wait_for may swallow being stopped
                await self.wake.wait()
        except TimeoutError:
            return


def suffix_of(name: str) -> str:
    """Return a neutral name with the file's ending; what people call their files may name people."""
    from wangge.reports.sheets import safe_name

    ending = safe_name(name).rpartition(".")[2]
    return f"file.{ending}" if ending.isascii() and ending.isalnum() else "file"
