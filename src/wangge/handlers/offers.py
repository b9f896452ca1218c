"""Map each choice list named in a form to one question of storage."""

from collections.abc import Callable, Mapping

from wangge.handlers.context import Context
from wangge.handlers.form import Offer, own_offers
from wangge.records.draft import Draft
from wangge.records.record import Record
from wangge.rules.policy import UNSORTED
from wangge.rules.rights import FIELD, lies_in
from wangge.storage import records
from wangge.texts import say

RECENT = 60
MOST = 12


def offers(ctx: Context, kind: type[Record], draft: Draft, field: str) -> tuple[Offer, ...]:
    """Return what can be tapped as an answer to a field's question."""
    name = kind.asks()[field].offers
    return QUESTIONS[name](ctx, draft) if name else own_offers(kind, field)


def own_villages(ctx: Context, _draft: Draft | None = None) -> tuple[Offer, ...]:
    """The villages of the person's posts, by code; of a post for the whole town all; in practice 练习村."""
    held = ctx.person.areas(*FIELD) or ctx.person.areas()
    return tuple(
        Offer(name, code)
        for code, name in ctx.villages.items()
        if ctx.practising or any(lies_in(code, area) or lies_in(area, code) for area in held)
    )


def recent_households(ctx: Context, draft: Draft) -> tuple[Offer, ...]:
    """The households that the person visited last in the draft's village."""
    seen = [
        household
        for visit in records.of_author(ctx.tx, ctx.person.id, "visit", RECENT)
        if visit.area == draft.values.get("village")
        for household in visit.values["households"]
    ]
    chosen = draft.values.get("households", ())
    return tuple(Offer(name, name) for name in list(dict.fromkeys([*chosen, *seen]))[:MOST])


def named_households(_ctx: Context, draft: Draft) -> tuple[Offer, ...]:
    """The households that this visit names."""
    return tuple(Offer(name, name) for name in draft.values.get("households", ()))


def categories(ctx: Context, _draft: Draft) -> tuple[Offer, ...]:
    """The 大类 that are offered, and 待定."""
    named = [
        Offer(category.name, category.key) for category in ctx.world.policy.categories if category.offered
    ]
    return (*named, Offer(say("category.unsorted"), UNSORTED))


QUESTIONS: Mapping[str, Callable[[Context, Draft], tuple[Offer, ...]]] = {
    "own_villages": own_villages,
    "recent_households": recent_households,
    "named_households": named_households,
    "categories": categories,
}
