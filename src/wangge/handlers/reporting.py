"""What stands under a digest: its picture and table, the month's report, fewer messages."""

from wangge.handlers import monthly, roster
from wangge.handlers.context import Context, choice
from wangge.handlers.digest import ALWAYS, PICTURE_PLAN, PLAN
from wangge.handlers.figures import checked_scope, period_of
from wangge.handlers.message import Outbound
from wangge.rules.errors import PersonError
from wangge.storage import people
from wangge.texts import say


def on_choice(ctx: Context, target: str, argument: str) -> None:
    """Picture, table and 月报 of a period, what was entered after a month was closed, fewer messages."""
    match target:
        case "picture" | "table":
            period = period_of(ctx, argument)
            checked_scope(ctx)
            roster.ask_for(ctx, f"figure_{target}", {"period": period.key})
            ctx.toast("figures.making")
        case "month":
            key, _, is_back = argument.partition(".")
            period = period_of(ctx, key)
            if period.sort != "month":
                raise PersonError("form.stale")
            monthly.show(ctx, period, anew=not is_back)
        case "amended":
            monthly.show_amendments(ctx, argument)
        case _:
            _fewer(ctx, target)


def _fewer(ctx: Context, target: str) -> None:
    """少发: one tap stops the weekly message or its picture, another lets it come again."""
    plans = {"no_picture": PICTURE_PLAN, "no_digest": PLAN}
    if target in plans:
        people.mute(ctx.tx, ctx.person.id, plans[target], ALWAYS)
    elif target == "all":
        for plan in plans.values():
            people.unmute(ctx.tx, ctx.person.id, plan, ALWAYS)
    choices = [
        choice(f"digest.fewer.{name}", f"digest:{name}:0", wide=True)
        for name in ("no_picture", "no_digest", "all")
        if name != target
    ]
    text = say(f"digest.fewer.done.{target}" if target in {*plans, "all"} else "digest.fewer")
    ctx.reply(Outbound(text=text, choices=tuple(choices), slot="digest_fewer", anew=target == "fewer"))
