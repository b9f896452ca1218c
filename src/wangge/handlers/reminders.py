"""The scheduled messages in words: 本周待办, the evening brief, a card nobody has answered."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from wangge.handlers import board, cards, digest, handover, progress
from wangge.handlers.attachments import attached_text
from wangge.handlers.context import Outgoing, choice
from wangge.handlers.message import Choice, Outbound
from wangge.records.catalogue import CATALOGUE
from wangge.records.draft import Draft
from wangge.rules.calendar import moment_of, month_of, start_of_day, week_of
from wangge.rules.quota import VillageProgress
from wangge.rules.rights import Person
from wangge.storage import people, records
from wangge.storage.records import Stored
from wangge.texts import has, say

MOST_VILLAGES = 4
"""Villages named in one message; the others stand behind 看明细."""
MOST_EVENTS = 3
MOST_SELF_HANDLED = 10
EXCERPT = 15
IN_HAND = ("assigned", "handling")
PLAN = "todo"
"""Under this name 这周不再提醒 is kept, for the weekly message and the one at the month's end."""


def compose(outgoing: Outgoing, kind: str, subject: str, period: str, picture: str = "") -> None:
    """Compose one scheduled message and say it to whom it is for; silence if there is nothing to say.

    `picture` is the hash of the digest's drawing.
    """
    if kind in {"evening_brief", "handover"}:
        message = evening_brief(outgoing) if kind == "evening_brief" else handover.brief(outgoing)
        recipients = [officer.id for officer in outgoing.on_duty[:1]]
    else:
        person = people.by_id(outgoing.tx, int(subject), outgoing.today)
        if person is None or not person.posts:
            return
        recipients = [person.id]
        match kind:
            case "weekly_todo":
                message = weekly_todo(outgoing, person, date.fromisoformat(period))
            case "month_end_todo":
                message = month_end_todo(outgoing, person, date.fromisoformat(f"{period}01"))
            case "digest":
                message = _digest_with_todo(outgoing, person, date.fromisoformat(period), picture)
            case _:
                raise ValueError(kind)
    if message:
        outgoing.tell(recipients, message)


def weekly_todo(outgoing: Outgoing, person: Person, week_start: date) -> Outbound | None:
    """Return 本周待办: what is still owed this month and what is due this week; None if nothing is.

    Who gets the digest reads these lines there: nobody gets two scheduled messages in a week.
    """
    if _reads_digest(outgoing, person):
        return None
    return _todo(outgoing, person, "todo.head", _end_of_week(outgoing, week_start))


def _reads_digest(outgoing: Outgoing, person: Person) -> bool:
    return outgoing.world.policy.reminders.digest and bool(digest.recipient_scope(outgoing, person))


def month_end_todo(outgoing: Outgoing, person: Person, month: date) -> Outbound | None:
    """Return the same in the last working days of a month, only if visits are still owed."""
    if _reads_digest(outgoing, person) or month_of(outgoing.today)[0] != month or not _owed(outgoing, person):
        return None
    end = _closing(outgoing, month_of(month)[1] - timedelta(days=1))
    return _todo(outgoing, person, "todo.head.month_end", end)


def _digest_with_todo(outgoing: Outgoing, person: Person, week_start: date, picture: str) -> Outbound | None:
    """Return the digest, with what the person himself still owes at its end."""
    message = digest.weekly(outgoing, person, week_start, picture)
    todo = _todo(outgoing, person, "todo.head.digest", _end_of_week(outgoing, week_of(outgoing.today)[0]))
    if message is None or todo is None:
        return message
    text = f"{message.text}\n\n{todo.text}"
    return message.model_copy(update={"text": text, "choices": (*message.choices, *todo.choices)})


def evening_brief(outgoing: Outgoing) -> Outbound | None:
    """Return the day for the officer on duty; None if nothing happened and nothing is open."""
    start = start_of_day(outgoing.today)
    end = outgoing.now + timedelta(microseconds=1)
    town = outgoing.world.policy.town.code
    found = records.of_kind(outgoing.tx, "event", town, start, end)
    settled = [record for record in found if record.state == "self_handled"]
    counts = board.counts(outgoing)
    if not settled and not any(counts.values()):
        return None
    lines = [say("brief", day=f"{outgoing.today:%m-%d}", **counts)]
    if settled:
        lines.append(say("brief.self_handled", count=len(settled)))
        lines += [_settled(outgoing, record) for record in settled[:MOST_SELF_HANDLED]]
    if len(settled) > MOST_SELF_HANDLED:
        lines.append(say("brief.self_handled.more", count=len(settled) - MOST_SELF_HANDLED))
    to_board = choice("brief.button.board", "board:0:0")
    return Outbound(
        text="\n".join(lines),
        choices=(to_board,),
        asked=True,  # reaches the officer on duty
        useless_after=start_of_day(outgoing.today + timedelta(days=1)),
    )


def draft_reminder(outgoing: Outgoing, draft: Draft) -> Outbound:
    """Return the card that nobody has answered, at the end of the chat, with its buttons."""
    kind = CATALOGUE[draft.kind]
    card = cards.draft_card(kind, draft, outgoing.setting, attached_text(outgoing, draft=draft.id))
    own = f"draft.unanswered.{draft.kind}"
    return Outbound(
        text=say(own if has(own) else "draft.unanswered", card=card),
        choices=cards.draft_choices(kind, draft),
        slot=f"draft:{draft.id}",
        anew=True,
        useless_after=start_of_day(outgoing.today + timedelta(days=1)),
    )


def _todo(outgoing: Outgoing, person: Person, head: str, useless_after: datetime) -> Outbound | None:
    monday = f"{week_of(outgoing.today)[0]:%Y%m%d}"
    is_away = person.id in people.on_leave(outgoing.tx, outgoing.today)
    if is_away or people.is_muted(outgoing.tx, person.id, PLAN, monday):
        return None
    owed, due = _owed(outgoing, person), _due_this_week(outgoing, person)
    lines = [*_visit_lines(outgoing, owed), *_event_lines(due)]
    if not lines:
        return None
    buttons: list[Choice] = []
    if owed:
        lines.append(say("todo.how"))
        buttons = [
            choice("todo.button.visit", "todo_visit:0:0"),
            choice("todo.button.list", progress.list_payload(outgoing.today)),
        ]
    buttons += [
        Choice(label=record.number, payload=f"open:{record.id}:0", primary=False)
        for record in due[:MOST_EVENTS]
    ]
    return Outbound(
        text="\n".join([say(head, name=person.name), *lines]),
        choices=(*buttons, choice("todo.button.mute", f"mute:{PLAN}.{monday}:0")),
        useless_after=useless_after,
    )


def _owed(outgoing: Outgoing, person: Person) -> list[VillageProgress]:
    return [row for row in progress.progress(outgoing, person.id, outgoing.today) if row.missing]


def _due_this_week(outgoing: Outgoing, person: Person) -> list[Stored]:
    """Return what a person has in hand and is due by the end of this week, the oldest limits too."""
    end = start_of_day(week_of(outgoing.today)[1])
    held = records.held_by(outgoing.tx, person.id, IN_HAND)
    return [record for record in held if record.due_at and record.due_at < end]


def _visit_lines(outgoing: Outgoing, owed: Sequence[VillageProgress]) -> list[str]:
    today = outgoing.today
    last = month_of(today)[1] - timedelta(days=1)
    workdays = outgoing.world.calendar.workdays_left(today, last)
    is_trip = outgoing.world.policy.visits.unit == "trip"
    lines = [
        say(
            "todo.visits" if is_trip else "todo.visits.household",
            village=outgoing.world.villages.get(row.village, row.village),
            month=today.month,
            missing=row.missing,
            done=row.done,
            workdays=workdays,
        )
        for row in owed[:MOST_VILLAGES]
    ]
    more = len(owed) - MOST_VILLAGES
    return [*lines, say("todo.visits.more", count=more)] if more > 0 else lines


def _event_lines(due: Sequence[Stored]) -> list[str]:
    named = [
        say("todo.event", number=record.number, due=cards.clock_text(record.due_at))
        for record in due[:MOST_EVENTS]
    ]
    return [say("todo.events", count=len(due), numbers="、".join(named))] if due else []


def _settled(outgoing: Outgoing, record: Stored) -> str:
    return say(
        "brief.self_handled.row",
        number=record.number,
        village=outgoing.world.villages.get(record.area[:12], ""),
        what=cards.brief(str(record.values["what"]), EXCERPT),
    )


def _end_of_week(outgoing: Outgoing, week_start: date) -> datetime:
    return _closing(outgoing, week_start + timedelta(days=6))


def _closing(outgoing: Outgoing, day: date) -> datetime:
    """Return when the office closes on the last working day on or before a day."""
    calendar = outgoing.world.calendar
    while not calendar.is_workday(day):
        day -= timedelta(days=1)
    return moment_of(day, calendar.windows[-1][1])
