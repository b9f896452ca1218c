"""The change of shift (换班): what the next officer on duty has to know, in at most ten lines."""

from collections.abc import Iterable
from datetime import date, timedelta

from wangge.handlers import board
from wangge.handlers.context import Outgoing, choice
from wangge.handlers.effects import REVIEW_TIMER
from wangge.handlers.message import Outbound
from wangge.rules.calendar import local_day, start_of_day
from wangge.rules.loop import AT_WORK, OPEN, UNACCEPTED
from wangge.storage import duties, jobs, lists, records, requests
from wangge.storage.lists import Part, Wanted
from wangge.texts import say

SLOT = "duty"
ONE_DAY = timedelta(days=1)
MOST_NUMBERS = 3
"""Numbers named in a line; the others stand behind the board."""
MANY = 99


def brief(outgoing: Outgoing) -> Outbound | None:
    """Return the brief for whoever is on duty from now on.

    None if the officer stays and nothing waits and nothing was promised: the figures alone
    he has read in the evening.
    """
    day = outgoing.day_of_duty
    now, before = outgoing.on_duty[:1], outgoing.on_duty_of(day - ONE_DAY)[:1]
    if now == before and not _waiting(outgoing):
        return None
    known = duties.of(outgoing.tx, day)
    is_to_confirm = now != before and not (known and known.handed_over_at)
    head = "handover.head.same" if now == before else "handover.head" if before else "handover.head.first"
    name = before[0].name if before else ""
    first = say(head, before=name)
    return Outbound(
        text="\n".join([first, *open_lines(outgoing)]),
        choices=(
            *([choice("button.confirm_duty", take_over_payload(day), wide=True)] if is_to_confirm else []),
            choice("brief.button.board", "board:0:0"),
        ),
        slot=SLOT,
        anew=True,
        asked=True,  # reaches the officer on duty
        useless_after=start_of_day(outgoing.today + ONE_DAY),
    )


def take_over_payload(day: date) -> str:
    """Return what the button says with which somebody takes a day of duty."""
    return f"take_over:{day:%Y%m%d}:0"


def call(outgoing: Outgoing, officer: int, text: str) -> None:
    """Tell an officer, at any hour, that he is on duty now; one tap shows what is open."""
    confirm = choice("button.confirm_duty", take_over_payload(outgoing.day_of_duty), wide=True)
    outgoing.tell([officer], Outbound(text=text, choices=(confirm,), slot=SLOT, anew=True, asked=True))


def open_lines(outgoing: Outgoing) -> list[str]:
    """Return the board's figures, and what waits and was promised, a line each."""
    counts, waiting = board.counts(outgoing), _waiting(outgoing)
    if not any(counts.values()) and not waiting:
        return [say("handover.nothing")]
    return [say("handover.counts", **counts), *waiting]


def _waiting(outgoing: Outgoing) -> list[str]:
    waiting = {
        "critical": lists.of_urgency(outgoing.tx, "critical", OPEN),
        "new": lists.events(outgoing.tx, Wanted((Part(UNACCEPTED),)), MANY),
        "returned": lists.events(outgoing.tx, Wanted((Part(frozenset({"returned"})),)), MANY),
    }
    promised = {
        "supervise": _ordered(outgoing),
        "extend": [
            _dated("handover.until", record.number, local_day(record.due_at))
            for record in lists.extended(outgoing.tx, AT_WORK)
            if record.due_at
        ],
        "suspend": [
            _dated("handover.review", records.get(outgoing.tx, record).number, local_day(at))
            for record, at in jobs.timers_of(outgoing.tx, REVIEW_TIMER)
        ],
    }
    return [
        *(_line(kind, [record.number for record in found]) for kind, found in waiting.items() if found),
        *(_line(kind, numbers) for kind, numbers in promised.items() if numbers),
    ]


def _ordered(outgoing: Outgoing) -> list[str]:
    """Return the numbers of events under 督办 with their days, the first day first."""
    asked = requests.all_open(outgoing.tx, ("supervise",), OPEN)
    days: dict[int, date] = {}
    for each in sorted(asked, key=lambda each: each.until or date.max, reverse=True):
        if each.record and each.until:
            days[each.record] = each.until
    return [
        _dated("handover.until", records.get(outgoing.tx, record).number, day)
        for record, day in sorted(days.items(), key=lambda pair: pair[1])
    ]


def _dated(text_id: str, number: str, day: date) -> str:
    return say(text_id, number=number, month=day.month, day=day.day)


def _line(kind: str, numbers: Iterable[str]) -> str:
    found = list(numbers)
    named = "、".join(found[:MOST_NUMBERS])
    more = say("handover.more", numbers=named) if len(found) > MOST_NUMBERS else named
    return say(f"handover.{kind}", count=len(found), numbers=more)
