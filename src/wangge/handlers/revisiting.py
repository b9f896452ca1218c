"""A visit closes the loop: at a household with a matter the visitor is asked whether it is fixed (核查)."""

from collections.abc import Mapping
from datetime import timedelta

from wangge.handlers import event_cards
from wangge.handlers.context import Context, choice
from wangge.handlers.message import Outbound
from wangge.handlers.offers import own_villages
from wangge.reports.digest import hidden_classes
from wangge.rules.loop import AT_WORK
from wangge.storage import lists, parties, records
from wangge.storage.records import Stored
from wangge.texts import say

LOOKED_BACK = timedelta(days=60)
"""How old an event may be that is asked about."""
JUST_FINISHED = timedelta(days=14)
MOST_COMPARED = 300
MOST_ASKED = 2
"""More than two questions after a visit are a form again."""


def ask_if_fixed(ctx: Context, visit: Stored) -> None:
    """Ask about the open or just finished events of the households that were visited."""
    first = ctx.today - LOOKED_BACK
    around = lists.happened_between(ctx.tx, visit.area[:12], first, ctx.today, MOST_COMPARED)
    told_of = _told_of(ctx, around)
    asked = 0
    for record in around:
        household = _household(visit, record, told_of.get(record.id))
        if household and _is_asked_about(ctx, record) and asked < MOST_ASKED:
            _ask(ctx, record, household)
            asked += 1


def _ask(ctx: Context, record: Stored, household: str) -> None:
    parties.add(ctx.tx, record.id, ctx.person.id, "checker")
    at = f"{record.id}:{record.version}"
    category = ctx.setting.category(record.klass)
    text = say("visit.fixed", number=record.number, household=household, category=category)
    choices = (choice("button.fixed", f"confirm:{at}"), choice("button.not_fixed", f"deny:{at}"))
    ctx.reply(Outbound(text=text, choices=choices, slot=event_cards.slot(record, ctx.person.id), anew=True))


def _is_asked_about(ctx: Context, record: Stored) -> bool:
    """What he handles himself he finishes; of a hidden class nobody is asked who may not open it.

    Whoever is asked may open it from then on: so only who has a post in the place, not whoever names a
    household of another village.
    """
    villages = {offer.value for offer in own_villages(ctx)}
    is_hidden = record.klass in hidden_classes(ctx.world.policy)
    if (
        record.holder == ctx.person.id
        or record.area[:12] not in villages
        or (is_hidden and not ctx.may("open", event_cards.subject(record)))
    ):
        return False
    is_fresh = record.closed_at is not None and ctx.now - record.closed_at <= JUST_FINISHED
    return record.state in AT_WORK | {"done"} or (record.state == "closed" and is_fresh)


def _household(visit: Stored, record: Stored, told_of: Stored | None) -> str:
    """Return the visited household that the event is about, "" if none: named in it, or its own request."""
    visited = sorted(visit.values["households"], key=len, reverse=True)  # 老刘家 before 刘家
    if told_of is not None:
        return next((one for one in visited if one in told_of.values["households"]), "")
    words = f"{record.values['what']}{record.values.get('place', '')}"
    return next((one for one in visited if any(name in words for name in _names(one))), "")


def _names(household: str) -> list[str]:
    """Return how a household may be called: 老刘家 is 老刘 too; 刘家 alone stays 刘家."""
    core = household.rstrip("家户")
    return [household, core] if len(core) > 1 else [household]


def _told_of(ctx: Context, found: list[Stored]) -> Mapping[int, Stored]:
    """Return the visits on which those events were asked for, by event."""
    origins = parties.origins(ctx.tx, [record.id for record in found], "request")
    return {event: records.get(ctx.tx, visit) for event, visit in origins.items()}
