"""The tick: claim what is due and ask for the work, in one transaction. APScheduler only ticks."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from wangge.handlers import reminders, ringing
from wangge.handlers.context import Outgoing, World, Worlds
from wangge.handlers.message import Outbound
from wangge.rules.rights import CLERK, HANDLERS
from wangge.scheduler.due import Due, Subjects, due_at, window_start
from wangge.storage import conversations, jobs, leases, people, records
from wangge.storage.database import Database, Transaction, check_still_open, savepoint
from wangge.texts import say

log = structlog.get_logger()
FIRST_TICK = "first_tick"
LAST_TICK = "last_tick"
ASKED_ABOUT_WITHIN = timedelta(days=1)
"""A draft older than this is not asked about any more; it stays under 我的."""
LOOK_AHEAD = timedelta(days=31)
"""How long before a year begins its holidays should be known."""


Look = Callable[[Outgoing], None]
"""Looks how the bot itself is, in the transaction of the tick."""


async def tick(database: Database, worlds: Worlds, now: datetime, look: Look = lambda _outgoing: None) -> int:
    """Do what is due at `now`; return how many things were decided. A second tick finds nothing left."""
    return await database.transaction(lambda tx: tick_in(tx, worlds.current(tx), now, look))


async def tick_forever(once: Callable[[], Awaitable[None]]) -> None:
    """Tick now and once a minute until cancelled; a tick that fails is tried again at the next."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(once, "interval", minutes=1, misfire_grace_time=None, coalesce=True, max_instances=1)
    await once()
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)


def tick_in(tx: Transaction, world: World, now: datetime, look: Look = lambda _outgoing: None) -> int:
    """Do what is due inside an open transaction."""
    leases.wait_for_turn(tx, "tick")  # a timer that two ticks see would ring twice
    outgoing = Outgoing(tx, world, now)
    found = due_at(now, _since(tx, now), world.policy, world.calendar, _subjects(outgoing))
    decided = sum(_decide(tx, due, now) for due in found)
    decided += _ring(outgoing) + _ask_about_drafts(outgoing) + _warn_of_calendar(outgoing)
    jobs.set_mark(tx, LAST_TICK, now.isoformat())
    look(outgoing)
    outgoing.post()
    return decided


def _since(tx: Transaction, now: datetime) -> datetime:
    first, last = jobs.mark(tx, FIRST_TICK), jobs.mark(tx, LAST_TICK)
    if first is None or last is None:
        jobs.set_mark(tx, FIRST_TICK, now.isoformat())
        return now
    return window_start(datetime.fromisoformat(first), datetime.fromisoformat(last), now)


def _subjects(outgoing: Outgoing) -> Subjects:
    """Return whom the plans are for today: whoever is on leave is told nothing."""
    away = people.on_leave(outgoing.tx, outgoing.today)
    digest_to = outgoing.world.policy.reports.digest_to
    workers, leaders = (
        tuple(str(one.id) for one in people.holding(outgoing.tx, roles, outgoing.today) if one.id not in away)
        for roles in (HANDLERS, digest_to)
    )
    return Subjects(workers, leaders)


def _decide(tx: Transaction, due: Due, now: datetime) -> bool:
    """Claim one due thing and ask for the work.

    What is too late is claimed under a name of its own: should the clock have been
    wrong and turn back, the thing itself is still to be had.
    """
    if due.is_useless(now):
        is_done = jobs.is_decided(tx, due.kind, due.subject, due.period)
        skipped = f"{due.kind}_skipped"
        if is_done or not jobs.claim(tx, skipped, due.subject, due.period, "skipped", now):
            return False
        log.info("due_skipped", plan=due.kind, subject=due.subject, period=due.period)
        return True
    if not jobs.claim(tx, due.kind, due.subject, due.period, "asked", now):
        return False
    arguments = {"subject": due.subject, "period": due.period}
    return jobs.put(tx, due.kind, f"{due.kind}:{due.subject}:{due.period}", arguments, now)


def _ring(outgoing: Outgoing) -> int:
    """Ring the timers whose time has come; one that fails must not keep the others from ringing."""
    rung = 0
    for record_id, kind, _, round_ in jobs.ringing(outgoing.tx, outgoing.now):
        letters = list(outgoing.letters)
        try:
            with savepoint(outgoing.tx):
                ringing.ring(outgoing, records.get(outgoing.tx, record_id), kind, round_)
        except Exception as error:
            check_still_open(outgoing.tx)
            outgoing.letters[:] = letters
            log.exception("timer_failed", record=record_id, timer=kind, error=type(error).__name__)
        else:
            rung += 1
    return rung


def _ask_about_drafts(outgoing: Outgoing) -> int:
    """Ask once about each card that nobody has answered.

    Only in the open hours: composed at night it might lie there until the card has long been filed.
    """
    policy = outgoing.world.policy.reminders
    if not policy.unanswered_card or not outgoing.world.calendar.is_open(outgoing.now):
        return 0
    until = outgoing.now - policy.draft_after
    away = people.on_leave(outgoing.tx, outgoing.today)
    asked = 0
    for draft in conversations.unanswered(outgoing.tx, until, until - ASKED_ABOUT_WITHIN):
        is_card = draft.asked is None and draft.record is None and draft.person not in away
        if is_card and jobs.claim(outgoing.tx, "draft", str(draft.id), "once", "asked", outgoing.now):
            message = reminders.draft_reminder(outgoing, draft)
            outgoing.to_chat(draft.channel, draft.chat, draft.person, message)
            asked += 1
    return asked


def _warn_of_calendar(outgoing: Outgoing) -> int:
    """Warn loudly once a day while a year's holidays are unknown; tell the administrator once."""
    tx, now, today = outgoing.tx, outgoing.now, outgoing.today
    told = 0
    for year in sorted({today.year, (today + LOOK_AHEAD).year}):
        if not outgoing.world.calendar.unknown_year(year):
            continue
        if jobs.claim(tx, "calendar_warning", str(year), f"{today:%Y%m%d}", "logged", now):
            log.warning("calendar_unknown", year=year)
        if jobs.claim(tx, "calendar", "year", str(year), "told", now):
            administrators = people.holding(tx, CLERK, today)
            alarm = Outbound(text=say("alarm.calendar", year=year))
            outgoing.tell((person.id for person in administrators), alarm)
            told += 1
    return told
