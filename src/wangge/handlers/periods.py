"""Find the period that words name: 上月, 本周, 3月, 去年, 2022年, 1月到3月, 3月1日到3月15日.

Pure: today is handed in. A period ends today at the latest: nothing has come in after that.
"""

import re
from collections.abc import Callable
from datetime import date

from wangge.handlers.dates import find_days
from wangge.handlers.numbers import NUMBER, number, plain
from wangge.rules.calendar import ONE_DAY, month_of, week_of

Days = tuple[date, date]
"""First and last day."""

_BEFORE = {"上": True, "本": False, "这": False}
_WEEK = re.compile(r"(?P<which>[上本这])个?(?:周|星期|礼拜)(?![一二三四五六日天末])")
_MONTH = re.compile(r"(?P<which>[上本这])个?月")
_NUMBERED = re.compile(
    rf"(?:(?P<year>20[0-9]{{2}}|今|去)[年-])?(?P<month>1[0-2]|0?[1-9]|{NUMBER})(?:月|(?<=-[01][0-9]))"
)
_YEAR = re.compile(r"(?P<year>20[0-9]{2}(?=年)|[今去](?=年))")


def named(name: str, today: date) -> Days:
    """Return the days of this_week, last_week, this_month, last_month, this_year or last_year so far."""
    which, _, part = name.partition("_")
    around: Callable[[date], Days] = {"week": week_of, "month": month_of, "year": _year_of}[part]
    first, end = around(today)
    if which == "last":
        first, end = around(first - ONE_DAY)
    return first, min(end - ONE_DAY, today)


def find_period(text: str, today: date) -> Days | None:
    """Return the period that a text names, None if it names none or one that has not begun."""
    flat = plain(text)
    days = sorted(found.day for found in find_days(flat, today))[:2]
    if not days:
        days = _months(flat, today) or _words(flat, today)
    if not days or days[0] > today:
        return None
    return days[0], min(days[-1], today)


def _months(text: str, today: date) -> list[date]:
    """Return first and last day of the months that are numbered; without a year the latest such month."""
    found: list[date] = []
    for match in _NUMBERED.finditer(text):
        month = number(match["month"]) or 0
        if not 1 <= month <= 12:
            continue
        year = _year(match["year"], today) or (today.year if month <= today.month else today.year - 1)
        first, end = month_of(date(year, month, 1))
        found += [first, end - ONE_DAY]
    return sorted(found)[:: max(len(found) - 1, 1)]


def _words(text: str, today: date) -> list[date]:
    for pattern, part in ((_WEEK, "week"), (_MONTH, "month")):
        if match := pattern.search(text):
            return list(named(f"{'last' if _BEFORE[match['which']] else 'this'}_{part}", today))
    if match := _YEAR.search(text):
        first, end = _year_of(date(_year(match["year"], today), 1, 1))
        return [first, end - ONE_DAY]
    return []


def _year(word: str | None, today: date) -> int:
    """Return the year of 2022, 今 or 去; 0 if none is named."""
    return {"今": today.year, "去": today.year - 1}.get(
        word or "", int(word) if word and word.isdigit() else 0
    )


def _year_of(day: date) -> Days:
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)
