"""What a timer of an event does when its time has come: amber, red, the leader, a review, nobody's answer."""

from wangge.handlers import board, event_cards, limits, notices
from wangge.handlers.context import Outgoing
from wangge.handlers.effects import REVIEW_TIMER
from wangge.handlers.event_cards import Audience
from wangge.rules import clocks
from wangge.rules.clocks import Clock, Step
from wangge.rules.loop import act_in, next_state
from wangge.rules.rights import Person
from wangge.storage import jobs, people, records
from wangge.storage.records import Stored
from wangge.texts import say


def ring(outgoing: Outgoing, record: Stored, kind: str, round_: int) -> None:
    """Do what one timer is for; a timer that no longer fits the event's state is only stopped."""
    jobs.stop_timer(outgoing.tx, record.id, kind)
    if kind == notices.ANSWER_TIMER:
        notices.nobody_answers(outgoing, record, round_)
    elif kind == REVIEW_TIMER:
        _resume(outgoing, record)
    else:
        _clock(outgoing, record, kind)


def _clock(outgoing: Outgoing, record: Stored, kind: str) -> None:
    """Tell whom a step of a clock is for, once for each limit, and wait for the next."""
    clock: Clock = next(each for each in clocks.STEPS if kind.startswith(each))
    step: Step = next(each for each in clocks.STEPS[clock] if kind.endswith(each))
    due = limits.of(record).get(clock)
    if due is None:
        return
    limit = outgoing.world.policy.limit(record.klass, record.urgency)
    following = clocks.following(clock, step)
    # After an outage only the last step counts.
    while following and clocks.at(clock, following, due, limit, outgoing.world.calendar) <= outgoing.now:
        step, following = following, clocks.following(clock, following)
    kind, period = f"{clock}.{step}", f"{due:%Y%m%dT%H%M%S}"
    if jobs.claim(outgoing.tx, kind, str(record.id), period, "told", outgoing.now):
        _tell(outgoing, record, clock, step)
    if following:
        at = clocks.at(clock, following, due, limit, outgoing.world.calendar)
        jobs.set_timer(outgoing.tx, record.id, f"{clock}.{following}", at)


def _tell(outgoing: Outgoing, record: Stored, clock: Clock, step: Step) -> None:
    persons, audience = _whom(outgoing, record, clock, step)
    found = event_cards.view(outgoing, record)
    head = say(f"clock.{clock}.{step}", number=record.number, holder=found.holder)
    is_critical = record.urgency == "critical"
    notices.show_to(
        outgoing, record, persons, audience, head=head, asked=audience == "desk", urgent=is_critical
    )


def _whom(outgoing: Outgoing, record: Stored, clock: Clock, step: Step) -> tuple[list[Person], Audience]:
    """Amber: who has it in hand, unless he is away; red: the desk; later the leader in charge."""
    is_here = record.holder not in people.on_leave(outgoing.tx, outgoing.today)
    if step == "amber" and clock != "accept" and record.holder and is_here:
        return list(people.by_ids(outgoing.tx, [record.holder], outgoing.today).values()), "holder"
    if step == "leader" or not outgoing.on_duty:
        return notices.in_charge(outgoing, record), "leader"
    return outgoing.on_duty[:1], "desk"


def _resume(outgoing: Outgoing, record: Stored) -> None:
    """The day of review has come: the event goes on by itself, so that none is forgotten."""
    act = act_in("resume", record.state)
    if act is None:
        return
    state = next_state(act, record.state, is_held=record.holder is not None)
    columns = limits.after(outgoing, record, state) | {"state": state}
    resumed = records.change(outgoing.tx, record, act.verb, None, outgoing.now, **columns)
    limits.arm(outgoing, resumed)
    head = say("resume.review", number=record.number)
    holder = list(people.by_ids(outgoing.tx, {record.holder or 0}, outgoing.today).values())
    notices.show_to(outgoing, resumed, holder, "holder", head=head)
    notices.show_to(outgoing, resumed, outgoing.on_duty[:1], "desk", head=head, asked=True)
    board.refresh(outgoing)
