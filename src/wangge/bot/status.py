"""`wangge status`: how the bot is, read from the database, beside a running bot or without one."""

from datetime import datetime, timedelta

from wangge.bot.clock import elapsed_ms
from wangge.bot.health import INBOX_STANDS, OUTBOX_STANDS, SILENT, Beat, Contact
from wangge.bot.office import opened, town_time
from wangge.bot.settings import Settings
from wangge.bot.watch import MEGABYTE, free_bytes, last_beat
from wangge.handlers.context import World, Worlds
from wangge.rules.calendar import local
from wangge.scheduler.due import plans_between
from wangge.storage import areas
from wangge.storage.database import Transaction
from wangge.storage.migrate import is_current, revision
from wangge.storage.queues import Queue, Queues, queues
from wangge.texts import say

Line = tuple[bool, str]
"""Whether that is well, and the sentence."""
DEAD_WITHIN = timedelta(days=7)
LOOK_AHEAD = timedelta(days=31)


async def status(settings: Settings) -> list[Line]:
    """Return how the bot is, a line for each thing.

    Raises:
        PersonError: `wangge init` has not been run.
    """
    async with opened(settings) as database:
        if not await database.snapshot(is_current):
            return [(False, say("cli.doctor.schema_old"))]
        now = await town_time(settings)
        lines = await database.snapshot(lambda tx: _read(tx, now))
    free = free_bytes(settings.data_dir) // MEGABYTE
    is_short = free < settings.disk_limit
    return [
        *lines,
        (not is_short, say("cli.status.disk_short" if is_short else "cli.status.disk", free=free)),
    ]


def _read(tx: Transaction, now: datetime) -> list[Line]:
    beat, found = last_beat(tx), queues(tx, now, now - DEAD_WITHIN)
    database = say("cli.status.database", revision=revision(tx), policy=areas.versions(tx)[0])
    return [
        _running(beat),
        *_channels(beat),
        *_waiting(found, now),
        _dead(found),
        *_next(Worlds().current(tx), now),
        (True, database),
    ]


def _running(beat: Beat | None) -> Line:
    if beat is None:
        return False, say("cli.status.never")
    age, at = timedelta(milliseconds=elapsed_ms() - beat.at_ms), _clock(beat.ticked_at)
    if age > SILENT:
        return False, say("cli.status.stopped", at=at)
    return True, say("cli.status.running", seconds=int(age.total_seconds()), at=at)


def _channels(beat: Beat | None) -> list[Line]:
    if beat is None:
        return []
    found = [_channel(name, contact) for name, contact in beat.contacts.items()]
    return found or [(False, say("cli.status.no_channel"))]


def _channel(name: str, contact: Contact) -> Line:
    mode = say(f"cli.status.mode.{contact.mode}")
    if contact.reached_at:
        text = say("cli.status.reached", channel=name, mode=mode, at=_clock(contact.reached_at))
    else:
        text = say("cli.status.not_reached", channel=name, mode=mode)
    if contact.error and contact.error_at:
        error = say(f"health.error.{contact.error}")
        text = say("cli.status.error", reached=text, at=_clock(contact.error_at), error=error)
    return bool(contact.reached_at) and not contact.error, text


def _waiting(found: Queues, now: datetime) -> list[Line]:
    texts = {
        "inbox": say("cli.status.queue.inbox", count=found.inbox.waiting),
        "outbox": say("cli.status.queue.outbox", count=found.outbox.waiting, for_hours=found.for_hours),
        "jobs": say("cli.status.queue.jobs", count=found.jobs.waiting),
    }
    return [
        _queue(texts["inbox"], found.inbox, now, INBOX_STANDS),
        _queue(texts["outbox"], found.outbox, now, OUTBOX_STANDS),
        _queue(texts["jobs"], found.jobs, now, OUTBOX_STANDS),
    ]


def _queue(text: str, queue: Queue, now: datetime, limit: timedelta) -> Line:
    if queue.since is None:
        return True, text
    age = max(now - queue.since, timedelta(0))
    minutes = int(age.total_seconds() // 60)
    return age <= limit, say("cli.status.oldest", queue=text, minutes=minutes)


def _dead(found: Queues) -> Line:
    is_well = not any(found.dead.values())
    return is_well, say("cli.status.no_dead") if is_well else say("cli.status.dead", **found.dead)


def _next(world: World, now: datetime) -> list[Line]:
    plans = plans_between(now, now + LOOK_AHEAD, world.policy, world.calendar)
    coming = [plan for plan in plans if plan.not_before > now]
    first = min(coming, key=lambda plan: plan.not_before, default=None)
    if first is None:
        return []
    return [
        (True, say("cli.status.next", plan=say(f"cli.status.plan.{first.kind}"), at=_clock(first.not_before)))
    ]


def _clock(at: datetime) -> str:
    return f"{local(at):%m-%d %H:%M}"
