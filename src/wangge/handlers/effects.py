"""What an act changes beside the state: columns, words, who has a part in it, what waits for an answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangge.handlers import limits, upper
from wangge.handlers.context import Context
from wangge.handlers.notices import ANSWER_TIMER, in_charge
from wangge.rules.calendar import moment_of
from wangge.rules.errors import PersonError
from wangge.rules.loop import GRADES, UNACCEPTED, Act
from wangge.rules.rights import Person
from wangge.storage import jobs, parties, records, requests
from wangge.storage.records import Stored
from wangge.texts import say

REVIEW_TIMER = "review"
"""Rings on the day on which a suspended event (挂账) is to be looked at again."""
MERGED = "duplicate"
"""Why a merged event is linked to the one that leads."""


@dataclass(frozen=True)
class Given:
    """What an act requires, gathered; see rules.loop.Required."""

    holder: Person | None = None
    words: str = ""
    until: date | None = None
    outcome: str = ""
    lead: Stored | None = None


NOTHING = Given()


def before(ctx: Context, act: Act, record: Stored, given: Given) -> None:
    """Store who has a part in it from now on, and what has been asked for or answered."""
    tx, me = ctx.tx, ctx.person.id
    match act.verb:
        case "add_helper" | "ask_check" if given.holder:
            part = "helper" if act.verb == "add_helper" else "checker"
            parties.add(tx, record.id, given.holder.id, part)
        case "join":
            parties.add(tx, record.id, me, "reporter")
        case "merge" if given.lead:
            parties.link(tx, record.id, given.lead.id, MERGED)
            for reporter in (record.author, *record.whose("reporter")):
                parties.add(tx, given.lead.id, reporter, "reporter")
        case "ask_suspend" | "ask_extend":
            _ask(ctx, act.verb.removeprefix("ask_"), record, given)
        case "supervise" | "instruct":
            requests.ask(tx, act.verb, record.id, me, given.words, ctx.now, given.until)
        case "acknowledge":
            _answer(ctx, record, requests.ORDERS, "confirmed")
        case "finish" | "redo" | "reopen" | "deny" if act.to:  # what was asked before is answered by that
            for each in _open(ctx, record, requests.CONSENTS):
                requests.answer(tx, each.id, "ended", None, ctx.now)
        case "suspend" | "extend":
            _answer(ctx, record, (act.verb,), "ended")
        case "refuse":
            _answer(ctx, record, requests.CONSENTS, "ended")


def columns(ctx: Context, act: Act, record: Stored, given: Given) -> dict[str, Any]:
    """Return the columns that an act changes, but state and limits."""
    match act.verb:
        case "assign" | "hand_on" if given.holder:
            return {"holder": given.holder.id}
        case "hand_back":
            return {"holder": None}
        case "finish" if given.outcome:
            return {"outcome": given.outcome}
        case "close" | "not_grid" | "petition" | "merge":
            return {**_outcome(act, record, given), "closed_at": ctx.now}
        case "redo":
            return {"outcome": None}
        case "deny" | "reopen" if act.to:
            return {"outcome": None, "closed_at": None}
        case "rate":
            said = {say(f"reason.rate.{number}"): grade for number, grade in enumerate(GRADES, start=1)}
            return {"grade": said[given.words]}
        case "enter":
            return upper.columns(ctx, record, given.words)
        case "extend" if given.until:
            return {"due_at": moment_of(given.until, ctx.world.policy.hours.afternoon[1])}
    return {}


def _outcome(act: Act, record: Stored, given: Given) -> dict[str, str]:
    usual = "passed_on" if record.state == "escalated" else "solved"
    found = {
        "close": given.outcome or record.outcome or usual,
        "petition": "passed_on",
        "merge": "duplicate",
    }
    return {"outcome": found[act.verb]} if act.verb in found else {}


def values(
    act: Act, record: Stored, given: Given, changed: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return the record's words after an act, None if they stay."""
    if act.verb == "suspend" and given.until:
        return {**record.values, "review": given.until.isoformat()}
    if act.verb == "petition":
        return {**record.values, "petition": given.words}
    return changed


def reason(given: Given) -> str:
    """Return what history keeps as the reason: the words, or which event leads."""
    return say("merge.words", number=given.lead.number) if given.lead else given.words


def settle(ctx: Context, was: Stored, record: Stored, given: Given) -> None:
    """Let timers and requests follow the event's new state."""
    if record.state not in UNACCEPTED:
        jobs.stop_timer(ctx.tx, record.id, ANSWER_TIMER)
    if limits.of(was) != limits.of(record):
        limits.arm(ctx, record)
    if was.state != "suspended" == record.state and given.until:
        review = moment_of(given.until, ctx.world.policy.hours.morning[0])
        jobs.set_timer(ctx.tx, record.id, REVIEW_TIMER, review)
    elif was.state == "suspended" != record.state:
        jobs.stop_timer(ctx.tx, record.id, REVIEW_TIMER)


def granted(ctx: Context, kind: str, record: Stored) -> Given:
    """Return what was asked for and is granted now.

    Raises:
        Outdated: nobody asks for it any more.
    """
    asked = _open(ctx, record, (kind,))
    if not asked:
        raise records.Outdated
    if asked[0].asked_by == ctx.person.id:
        raise PersonError("error.own_request", number=record.number)
    return Given(words=asked[0].words, until=asked[0].until)


def draw_sample(ctx: Context, record: Stored) -> None:
    """Draw by lot which self-handled events the desk checks: its number was drawn, and decides."""
    if int(record.number[-3:]) % 100 < ctx.world.policy.desk.sample * 100:
        requests.ask(ctx.tx, requests.SAMPLE, record.id, record.author, "", ctx.now)


def _ask(ctx: Context, kind: str, record: Stored, given: Given) -> None:
    if _open(ctx, record, (kind,)):
        raise PersonError("error.asked_already", number=record.number)
    if not in_charge(ctx, record):
        raise PersonError("error.no_leader", number=record.number)
    requests.ask(ctx.tx, kind, record.id, ctx.person.id, given.words, ctx.now, given.until)


def _answer(ctx: Context, record: Stored, kinds: Collection[str], state: str) -> None:
    found = _open(ctx, record, kinds)
    if not found:
        raise records.Outdated
    for each in found:
        requests.answer(ctx.tx, each.id, state, ctx.person.id, ctx.now)


def _open(ctx: Context, record: Stored, kinds: Collection[str]) -> list[requests.Request]:
    found = requests.open_of(ctx.tx, record.id)
    return [each for each in found if each.kind in kinds and each.state == "open"]
