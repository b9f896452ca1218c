"""Play what is told in one line: events on the straight way, self-handled ones, visits."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge.demo import course
from wangge.demo.stage import Stage
from wangge.demo.week import Call, Settled, Usual
from wangge.rules.calendar import TOWN_ZONE

Step = tuple[datetime, Callable[[Stage], Awaitable[None]]]
AT_LEAST = timedelta(minutes=10)
SHARED_MINUTES = 30
"""The desk looks at what has come every half hour, and does it at one go."""


def moment(text: str) -> datetime:
    """Return a day of the month and a time of day as a moment of the played week."""
    day, at = text.split()
    hour, minute = at.split(":")
    return datetime(2026, 11, int(day), int(hour), int(minute), tzinfo=TOWN_ZONE)


@dataclass
class Case:
    """One event on its way; its number is known once it is reported."""

    event: Usual
    number: str = ""

    def steps(self) -> Iterator[Step]:
        """Yield what is done when."""
        reported = moment(self.event.at)
        assigned = _shared(reported + AT_LEAST)
        yield reported, self.report
        yield assigned, self.assign
        if reported.weekday() < 5:  # at the weekend only the officer on duty is told at once
            yield _shared(assigned + AT_LEAST), self.begin
        if self.event.done_at:
            done = moment(self.event.done_at)
            yield done, self.finish
            yield _shared(done + AT_LEAST), self.close

    async def report(self, stage: Stage) -> None:
        """The reporter says it and taps once."""
        event = self.event
        self.number = await course.report(stage, event.by, event.says)
        stage.teller.brief(stage.now, stage.members[event.by], event.says, f"→ {self.number}")

    async def assign(self, stage: Stage) -> None:
        """The desk gives it to somebody: one tap if it is the usual one."""
        await course.give(stage, self.number, self.event.to)

    async def begin(self, stage: Stage) -> None:
        """The handler says that he has it."""
        await stage.taps(self.event.to, "接了", self.number)

    async def finish(self, stage: Stage) -> None:
        """The handler answers his card with what he did."""
        await course.finish(stage, self.number, self.event.to, self.event.done)

    async def close(self, stage: Stage) -> None:
        """The desk closes it, and the reporter may say that it is well."""
        reporter = self.event.by if self.event.is_confirmed else 0
        await course.close(stage, self.number, confirmed_by=reporter, outcome=self.event.outcome)


def settled_step(event: Settled) -> Step:
    """Return when somebody reports what he has dealt with, and how."""

    async def report(stage: Stage) -> None:
        await course.tell(stage, event.by, event.says)
        number = await course.file(stage, event.by, "您已处理好")
        stage.teller.brief(stage.now, stage.members[event.by], event.says, f"→ {number} 自办即结")

    return moment(event.at), report


def call_step(call: Call) -> Step:
    """Return when somebody tells of his visit, and how."""

    async def visit(stage: Stage) -> None:
        await course.tell(stage, call.by, call.says)
        await stage.taps(call.by, "保存")
        number = stage.number_in(call.by, "已记走访")
        stage.teller.brief(stage.now, stage.members[call.by], call.says, f"→ {number} 走访")

    return moment(call.at), visit


def _shared(at: datetime) -> datetime:
    """Return the next half hour."""
    return at + timedelta(minutes=-at.minute % SHARED_MINUTES)
