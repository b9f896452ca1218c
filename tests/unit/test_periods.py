"""Which days a period's words mean."""

from datetime import date

import pytest

from wangge.handlers.exporting import PERIODS
from wangge.handlers.periods import find_period, named

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("本周", "2026-11-23", "2026-11-23"),
        ("上周 事件", "2026-11-16", "2026-11-22"),
        ("上个星期的走访", "2026-11-16", "2026-11-22"),
        ("本月", "2026-11-01", "2026-11-23"),
        ("这个月", "2026-11-01", "2026-11-23"),
        ("上月 事件", "2026-10-01", "2026-10-31"),
        ("上个月事件", "2026-10-01", "2026-10-31"),
        ("今年", "2026-01-01", "2026-11-23"),
        ("去年", "2025-01-01", "2025-12-31"),
        ("2022年", "2022-01-01", "2022-12-31"),
        ("２０２２年 事件", "2022-01-01", "2022-12-31"),
        ("3月 走访 东桥村", "2026-03-01", "2026-03-31"),
        ("三月份走访", "2026-03-01", "2026-03-31"),
        ("十一月", "2026-11-01", "2026-11-23"),
        ("12月", "2025-12-01", "2025-12-31"),
        ("去年12月", "2025-12-01", "2025-12-31"),
        ("今年2月", "2026-02-01", "2026-02-28"),
        ("2024年2月", "2024-02-01", "2024-02-29"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("1月到3月", "2026-01-01", "2026-03-31"),
        ("2025年12月到2026年1月", "2025-12-01", "2026-01-31"),
        ("11月1日到11月15日", "2026-11-01", "2026-11-15"),
        ("2026-10-08至2026-10-12", "2026-10-08", "2026-10-12"),
        ("昨天", "2026-11-22", "2026-11-22"),
    ],
)
def test_a_period_is_found(text: str, first: str, last: str) -> None:
    assert find_period(text, MONDAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text", ["", "事件", "走访 东桥村", "13月", "0月", "2031年", "明天", "个把月", "几个星期"]
)
def test_words_that_name_no_period_that_has_begun(text: str) -> None:
    assert find_period(text, MONDAY) is None


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 3, 1), date(2026, 12, 31)])
def test_the_periods_of_the_buttons_end_today_and_follow_each_other(today: date) -> None:
    days = {name: named(name, today) for name in PERIODS}
    for part in ("week", "month", "year"):
        (begin, end), (first, last) = days[f"last_{part}"], days[f"this_{part}"]
        assert begin <= end < first <= last == today
        assert (first - end).days == 1
