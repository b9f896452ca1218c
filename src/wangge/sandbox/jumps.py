"""The moments the chat page moves the town's clock to."""

import calendar
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

TOWN_ZONE = ZoneInfo("Asia/Shanghai")
Jump = Literal["next_hour", "tomorrow", "monday", "month_end"]


def jump(now: datetime, name: Jump) -> datetime:
    """Return the next full hour, tomorrow 09:00, the next Monday 08:30, or the end of the month.

    The end of the month is its last weekday 09:00, after that its last day 09:00, after that the next
    month's; the sandbox knows no holidays.
    """
    here = now.astimezone(TOWN_ZONE)
    if name == "next_hour":
        return here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    nine = here.replace(hour=9, minute=0, second=0, microsecond=0)
    if name == "tomorrow":
        return nine + timedelta(days=1)
    if name == "monday":
        monday = nine.replace(hour=8, minute=30) - timedelta(days=nine.weekday())
        return monday if monday > here else monday + timedelta(days=7)
    next_month = (nine.replace(day=1) + timedelta(days=31)).replace(day=1)
    return next(end for end in (*_ends(nine), *_ends(next_month)) if end > here)


def _ends(day: datetime) -> tuple[datetime, datetime]:
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return last - timedelta(days=max(0, last.weekday() - 4)), last
