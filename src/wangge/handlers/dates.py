"""Find the day that words name: 今天, 夜儿, 上周五, 3-12, 12号, 三天前.

Pure: today is handed in. A wrong day is worse than none, so figures that may be a house number,
a price or an event's number name no day.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from wangge.handlers.numbers import NUMBER, number, plain
from wangge.rules.errors import InvalidAnswer

DAYS_BACK = 31
"""How late a record may be entered."""
DAYS_AHEAD = 366
"""How far ahead a leave may end."""
YEAR_EDGE = 300
"""A month and day further off than this belong to the year next door."""

# What may not stand around a number that is to be a day: it would be a house, a thing or a measure.
_NOT_AFTER_HOUSE = "(?<![街路巷组院楼栋幢村道牌第室电话])"
_NOT_OF_A_THING = (
    "(?![楼井院桥渠线杆门车地棚坑机泵路巷房屋家户池窑闸变箱商摊店厂厕点村组文公码前之以内后台沟坝坟泉站库床])"
)
_NOT_OF_A_MEASURE = (
    "(?![吨米公里斤亩元块万千百亿升度毫厘%户人倍个分秒小时点折平寸尺级岁天周"
    "号楼栋单室次间头只名组排巷两角毛的袋棵株根件桌口年])"
)
_MONTH = "(?P<month>1[0-2]|0?[1-9])"
_DAY = "(?P<day>3[01]|[12][0-9]|0?[1-9])"
_YEAR = "(?:(?P<year>[今去明])年)?"

_RELATIVE = {
    -3: "大前[天儿日]",
    -2: "(?<![目以之眼提当天午晌饭年月日])前(?:天|日|个(?![月星礼小阶人])|儿个?(?![媳子女]))",
    -1: "昨(?:[天日晚夜]|儿个?|个)|夜儿个?|夜里?个|夜黑(?=[了来里间])",
    0: "今(?:天|个(?![月星礼])|儿个?|日(?!头条)|早|晚|晌)|刚才|刚刚|方才",
    1: "(?<!光)明(?:天|儿个?|日(?!之)|早|晚)",
    2: "(?<![今以之大雨雪])后(?:天(?![性气])|儿个|日)",
    3: "大后天",
}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class FoundDay:
    """A day that a text names, and where: `text[start:end] == words`. It may lie in the future."""

    day: date
    start: int
    end: int
    words: str


Placing = Callable[[int, int], date | None]
"""Puts a month and day without a year into a year."""
Way = Callable[[re.Match[str], date, Placing], date | None]
"""Reads one way of naming a day; None if there is no such day."""


def find_day(text: str, today: date) -> FoundDay | None:
    """Return the first day the text names, None if it names none."""
    return next(find_days(text, today), None)


def find_days(text: str, today: date) -> Iterator[FoundDay]:
    """Yield the days a text names, in their order; a month and day without a year is the latest one."""
    return _find(text, today, lambda month, day: _lately(month, day, today))


def read_day(text: str, today: date) -> date:
    """Return the day of a record, given as a whole answer.

    Raises:
        InvalidAnswer: no day is named, or it has not come yet, or it is more than DAYS_BACK ago.
    """
    found = find_day(text, today)
    if found is None:
        raise InvalidAnswer("day.not_understood")
    if found.day > today:
        raise InvalidAnswer("day.future", day=_named(found.day, today))
    if found.day < today - timedelta(days=DAYS_BACK):
        raise InvalidAnswer("day.too_old", day=_named(found.day, today), limit=DAYS_BACK)
    return found.day


def read_range(text: str, today: date) -> tuple[date, date]:
    """Return first and last day of a leave (请假), given as a whole answer; a single day is both.

    Raises:
        InvalidAnswer: no days are named, they run backwards, or they are too far off.
    """
    first, last = _ends(text, today)
    if last < first:
        raise InvalidAnswer("range.backwards", first=_named(first, today), last=_named(last, today))
    for day in (first, last):
        if not -DAYS_BACK <= (day - today).days <= DAYS_AHEAD:
            raise InvalidAnswer("range.too_far", day=_named(day, today), back=DAYS_BACK, ahead=DAYS_AHEAD)
    return first, last


def _named(day: date, today: date) -> str:
    """Return a day as people write it; another year is named."""
    return ("" if day.year == today.year else f"{day.year}年") + f"{day.month}月{day.day}日"


def _ends(text: str, today: date) -> tuple[date, date]:
    """Return the two days of a range, without judging them."""
    for left, right in _halves(plain(text)):
        first = _one(left, today, today)
        last = first and _one(right, today, first, in_month=True)
        if first and last:
            return first, last
    only = _one(text, today, today)
    if only is None:
        raise InvalidAnswer("range.not_understood")
    count = re.search(rf"({NUMBER})天(?!以?前)", plain(text))
    return only, only + timedelta(days=max((number(count[1]) or 1) - 1, 0) if count else 0)


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to cut a range in two: at a word first, then at each dash."""
    for joint in re.finditer(r"到|至|~+|—+|–|-{2,}|\s-\s|-", text[:200]):
        yield text[: joint.start()], text[joint.end() : 200]


def _one(text: str, today: date, around: date, *, in_month: bool = False) -> date | None:
    """Return the first day that half a range names; a month and day is the one nearest to `around`.

    With `in_month` a bare number is a day of that month, as the end in 12月1日-5日.
    """
    bare = re.fullmatch(rf"\s*{_DAY}[号日]?\s*", text)
    if bare and in_month:
        return _date(around.year, around.month, int(bare["day"]))
    found = next(_find(text, today, lambda month, day: _nearest(month, day, around)), None)
    return found.day if found else None


def _find(text: str, today: date, place: Placing) -> Iterator[FoundDay]:
    """Yield the days found by any row of `_WAYS`; where rows overlap, the earlier and longer wins."""
    flat = plain(text)
    matches = [(match, way) for pattern, way in _WAYS for match in pattern.finditer(flat)]
    done = 0
    for match, way in sorted(matches, key=lambda found: (found[0].start(), -found[0].end())):
        day = way(match, today, place) if match.start() >= done else None
        if day is not None:
            done = match.end()
            yield FoundDay(day, match.start(), match.end(), text[match.start() : match.end()])


def _relative(shift: int) -> Way:
    return lambda match, today, place: today + timedelta(days=shift)


def _full_date(match: re.Match[str], today: date, place: Placing) -> date | None:
    return _date(int(match["year"]), int(match["month"]), int(match["day"]))


def _month_day(match: re.Match[str], today: date, place: Placing) -> date | None:
    month, day = number(match["month"]) or 0, number(match["day"]) or 0
    if match["year"]:
        return _date(today.year + {"去": -1, "今": 0, "明": 1}[match["year"]], month, day)
    return place(month, day)


def _days_ago(match: re.Match[str], today: date, place: Placing) -> date | None:
    return today - timedelta(days=number(match["count"]) or 0)


def _weekday_of_week(match: re.Match[str], today: date, place: Placing) -> date | None:
    weeks = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}[match["week"]]
    monday = today - timedelta(days=today.weekday())
    return monday + timedelta(weeks=weeks, days=_weekday(match["weekday"]))


def _latest_weekday(match: re.Match[str], today: date, place: Placing) -> date | None:
    return today - timedelta(days=(today.weekday() - _weekday(match["weekday"])) % 7)


def _weekday(word: str) -> int:
    """Return 0 for Monday; a weekend (周末) begins on Saturday."""
    word = {"天": "日", "末": "六"}.get(word, word)
    return int(word) - 1 if word in "123456" else _WEEKDAYS.index(word)


def _day_of_month(match: re.Match[str], today: date, place: Placing) -> date | None:
    """Return that day of the month named, or of the latest month in which it is past."""
    day, month = number(match["day"]) or 0, match["month"]
    last_month = today.replace(day=1) - timedelta(days=1)
    this, last = _date(today.year, today.month, day), _date(last_month.year, last_month.month, day)
    if month:
        return last if month.startswith("上") else this
    return this if this and this <= today else last


_WAYS: list[tuple[re.Pattern[str], Way]] = [
    *((re.compile(pattern), _relative(shift)) for shift, pattern in _RELATIVE.items()),
    (
        re.compile(
            r"(?<![0-9])(?P<year>20[0-9]{2})\s?[-/.年]\s?(?P<month>[0-9]{1,2})"
            r"\s?[-/.月]\s?(?P<day>[0-9]{1,2})[日号]?(?![0-9])"
        ),
        _full_date,
    ),
    (
        re.compile(
            rf"(?<![农阴古]历)(?<![腊正]){_YEAR}(?P<month>{NUMBER})月份?(?P<day>{NUMBER})"
            rf"(?:[号日]{_NOT_OF_A_THING}|(?![0-9个多来号日]))"
        ),
        _month_day,
    ),
    (
        re.compile(
            rf"(?<![0-9.\-/]){_NOT_AFTER_HOUSE}{_YEAR}{_MONTH}[-/.]{_DAY}(?![0-9.\-/:]){_NOT_OF_A_MEASURE}"
        ),
        _month_day,
    ),
    (re.compile(rf"(?P<count>{NUMBER})天[以之]?前"), _days_ago),
    (
        re.compile(
            r"(?P<week>上上|上|这|本|下)个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末1-6])(?!次)"
        ),
        _weekday_of_week,
    ),
    (
        # 周三 is also a man's name, and 一周三次 is no Wednesday.
        re.compile(
            r"(?:(?<![0-9一二两三四五六七八九十每几个老小姓])周|(?<![0-9一二两三四五六七八九十每几个])(?:星期|礼拜))"
            r"(?P<weekday>[一二三四五六日天])(?![次家娃叔婶嫂爷伯哥姐仓明])"
        ),
        _latest_weekday,
    ),
    (
        re.compile(
            rf"(?<![0-9\-/.:月])(?:(?P<month>上个?月|这个?月|本月)的?)?{_NOT_AFTER_HOUSE}"
            rf"(?P<day>{NUMBER})(?:号|(?<=[0-9])日){_NOT_OF_A_THING}"
        ),
        _day_of_month,
    ),
]
"""How a day may be named, and how each way is read."""


def _lately(month: int, day: int, today: date) -> date | None:
    """Return the latest such day; it is the coming one only if that is not nearly a year away."""
    this = _date(today.year, month, day)
    if this is None or this > today + timedelta(days=YEAR_EDGE):
        return _date(today.year - 1, month, day)
    if this < today - timedelta(days=YEAR_EDGE):
        return _date(today.year + 1, month, day)
    return this


def _nearest(month: int, day: int, around: date) -> date | None:
    """Return the such day nearest to `around`, among those that a leave may touch."""
    years = (_date(around.year + shift, month, day) for shift in (-1, 0, 1))
    near = [found for found in years if found and (found - around).days >= -DAYS_BACK]
    return min(near, key=lambda found: abs(found - around), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    """Return that date, None if the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
