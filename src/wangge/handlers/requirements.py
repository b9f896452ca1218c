"""What an act still requires, asked one thing at a time: a person, a reason, a day, another event.

What was chosen travels in the button's argument (`p23-r2-d20261203`), what was written in the
conversation; so nothing is kept that a restart could lose, and an old button asks again.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from wangge.handlers import buttons, cards, event_cards, near
from wangge.handlers.context import Context, choice
from wangge.handlers.dates import find_days
from wangge.handlers.effects import Given
from wangge.handlers.message import Choice, Outbound, number_in
from wangge.rules.calendar import local_day
from wangge.rules.errors import PersonError
from wangge.rules.loop import OUTCOMES, Act, Required
from wangge.rules.rights import Person
from wangge.storage import records
from wangge.storage.records import Stored
from wangge.texts import has, say

MOST_READY = 9
"""No act has more ready reasons."""
PEOPLE_SHOWN = 12
DAYS_AHEAD = (1, 3, 7, 14, 30)


def gather(ctx: Context, act: Act, record: Stored, argument: str, words: str) -> Given:
    """Return what has been given for an act so far; what is forged or gone is not given."""
    tokens = {token[0]: token[1:] for token in argument.split("-") if token}
    reason = f"reason.{act.verb}.{tokens.get('r', '')}"
    return Given(
        holder=_person(ctx, act, record, tokens.get("p", "")),
        words=say(reason) if has(reason) else words,
        until=_day(ctx, act, record, tokens.get("d", ""), words),
        outcome=tokens["o"] if tokens.get("o") in OUTCOMES else "",
        lead=_lead(ctx, act, record, tokens.get("l", ""), words),
    )


def lacking(act: Act, given: Given) -> Required | None:
    """Return what is still to be asked for, None if the act is complete."""
    has_it: dict[Required, object] = {
        "holder": given.holder,
        "reason": given.words,
        "words": given.words,
        "until": given.until,
        "outcome": True,  # 按此结案 closes with what the handler said
        "lead": given.lead,
        "grade": given.words,
    }
    return next((each for each in act.requires if not has_it[each]), None)


def ask(ctx: Context, act: Act, record: Stored, argument: str, lacks: Required, words: str) -> None:
    """Ask for one thing on the event's card; it may be tapped or written."""
    choices = list(_offered(ctx, act, record, argument, lacks))
    if lacks == "holder" and not choices:
        raise PersonError("error.no_holder")
    is_written = lacks not in {"holder", "grade"}
    about = f"{act.verb}:{record.id}.{argument}:{record.version}" if is_written else ""
    ctx.open(about=about, words=words if about else "", draft=None)
    own = f"{act.verb}.{lacks}"
    text = say(own if has(own) else f"ask.{lacks}", number=record.number)
    if not choices:
        ctx.reply(Outbound(text=text))
        return
    choices.append(choice("button.to_card", f"open:{record.id}:0"))
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot=event_cards.slot(record, ctx.person.id)))


def ask_outcome(ctx: Context, verb: str, record: Stored) -> None:
    """Ask which outcome (办理结果) it is, other than solved."""
    choices = [
        choice(f"outcome.{outcome}", f"{verb}:{record.id}.o{outcome}:{record.version}")
        for outcome in OUTCOMES
    ]
    text = say("desk.which_outcome", number=record.number)
    back = choice("button.to_card", f"open:{record.id}:0")
    ctx.reply(Outbound(text=text, choices=(*choices, back), slot=event_cards.slot(record, ctx.person.id)))


def _offered(ctx: Context, act: Act, record: Stored, argument: str, lacks: Required) -> Iterable[Choice]:
    def payload(token: str) -> str:
        return f"{act.verb}:{record.id}.{'-'.join(filter(None, (argument, token)))}:{record.version}"

    match lacks:
        case "holder":
            for person in _people(ctx, act, record)[:PEOPLE_SHOWN]:
                label = event_cards.with_post(person)[:40]
                yield Choice(label=label, payload=payload(f"p{person.id}"), wide=True)
        case "reason" | "words" | "grade":
            for number in range(1, MOST_READY + 1):
                if has(f"reason.{act.verb}.{number}"):
                    yield choice(f"reason.{act.verb}.{number}", payload(f"r{number}"))
        case "until":
            begin = max(ctx.today, _earliest(ctx, act, record) - timedelta(days=1))
            for days in DAYS_AHEAD:
                day = ctx.world.calendar.first_workday(begin + timedelta(days=days))
                if day <= _latest(ctx, act):
                    yield Choice(label=cards.day_text(day, ctx.today), payload=payload(f"d{day:%Y%m%d}"))
        case "lead":
            for other in near.to_merge_into(ctx, record):
                label = near.label(ctx, other)
                yield Choice(label=label, payload=payload(f"l{other.id}"), wide=True)


def _people(ctx: Context, act: Act, record: Stored) -> list[Person]:
    """Return who may be named for an act: whoever may handle it, but not who has it already."""
    taken = {record.holder} if act.verb in {"hand_on", "add_helper"} else set()
    return [person for person in buttons.candidates(ctx, record) if person.id not in taken]


def _person(ctx: Context, act: Act, record: Stored, token: str) -> Person | None:
    if not token:
        return None
    found = next((one for one in _people(ctx, act, record) if str(one.id) == token), None)
    if found is None:
        raise PersonError("error.no_holder")
    return found


def _day(ctx: Context, act: Act, record: Stored, token: str, words: str) -> date | None:
    """Return the day that was tapped, or the first coming one that the words name."""
    if "until" not in act.requires:
        return None
    if token:
        try:
            day = date.fromisoformat(token)
        except ValueError:
            raise PersonError("form.stale") from None
    else:
        day = next((day for day in _coming(words, ctx.today) if day >= ctx.today), date.min)
    if day == date.min:
        return None
    first, last = _earliest(ctx, act, record), _latest(ctx, act)
    if not first <= day <= last:
        shown = {"first": cards.day_text(first, ctx.today), "last": cards.day_text(last, ctx.today)}
        raise PersonError("error.day_out_of_reach", **shown)
    return day


def _coming(words: str, today: date) -> Iterator[date]:
    """Yield the days that words name; of a bare weekday the coming one is meant."""
    for found in find_days(words, today):
        is_weekday = found.words[0] in "周星礼"
        yield found.day + timedelta(days=7) if is_weekday and found.day < today else found.day


def _earliest(ctx: Context, act: Act, record: Stored) -> date:
    """Return the first day that may be named: an extension ends after the limit that it extends."""
    if act.verb == "ask_extend" and record.due_at:
        return max(ctx.today, local_day(record.due_at) + timedelta(days=1))
    return ctx.today


def _latest(ctx: Context, act: Act) -> date:
    """Return the last day that may be named: a suspension is looked at again soon enough."""
    most = ctx.world.policy.desk.suspend_at_most if act.verb == "ask_suspend" else timedelta(days=366)
    return ctx.today + most


def _lead(ctx: Context, act: Act, record: Stored, token: str, words: str) -> Stored | None:
    """Return the event that was tapped, or whose number was written."""
    if "lead" not in act.requires or not (token or words):
        return None
    lead = records.find(ctx.tx, number_in(token)) if token else records.by_number(ctx.tx, words.strip())
    is_fit = lead is not None and lead.kind == "event" and near.may_lead(lead, record)
    if lead is None or not is_fit or not ctx.may("merge", event_cards.subject(lead)):
        raise PersonError("error.no_lead", number=record.number)
    return lead
