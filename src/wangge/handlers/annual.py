"""年度报告 by chat: the year is asked for, and two Word files come."""

import re

from wangge.handlers import roster
from wangge.handlers.context import Context
from wangge.rules.errors import PersonError
from wangge.storage import audit

YEAR = re.compile(r"\d{4}")


def take(ctx: Context, rest: str) -> None:
    """Ask for the report of the year that is named, else of the last one that is over."""
    last = ctx.today.year - 1
    named = YEAR.search(rest)
    if rest and not named:
        raise PersonError("annual.no_year", other=last)
    year = int(named[0]) if named else last
    audit.note(ctx.tx, ctx.person.id, "export", f"annual:{year}", "", ctx.now)
    roster.ask_for(ctx, "annual", {"year": year})
