"""Days are found in words as villagers write them, and nowhere else."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.handlers.dates import find_day, read_day, read_range
from wangge.handlers.numbers import number
from wangge.rules.errors import InvalidAnswer
from wangge.texts.reading import READING

MONDAY = date(2026, 11, 23)
ANY_DAY = st.dates(date(2024, 1, 1), date(2032, 12, 31))

NAMED = {
    "2026-11-23": ["今天", "今儿", "今儿个", "今日", "刚才那会儿", "刚刚", "今早", "周一", "23号", "11-23"],
    "2026-11-22": ["昨天", "昨儿", "昨儿个", "夜儿", "夜里个", "昨日", "昨晚", "礼拜天", "星期日", "一天前"],
    "2026-11-21": ["前天", "前儿", "前日", "两天前", "上周末", "周六下午", "俩天前"],
    "2026-11-20": [
        "大前天",
        "三天前",
        "3天前",
        "3天以前",
        "上周五",
        "上星期五",
        "上礼拜五",
        "上个礼拜五",
        "周五",
    ],
    "2026-11-18": ["周三", "星期三", "上周三下午"],
    "2026-11-13": ["上上周五", "十天前", "10天前", "11/13", "１１月１３日"],
    "2026-11-12": [
        *("11-12", "11/12", "11.12", "11月12日", "11月12号", "十一月十二", "十一月十二号", "12号", "十二号"),
        *("１１－１２", "2026-11-12", "2026年11月12日", "今年11月12号", "2026.11.12", "本月12号", "12日下午"),
    ],
    "2026-10-25": ["25号", "二十五号", "上个月25号", "10-25", "廿五号"],
    "2026-03-12": ["3-12", "3/12", "3.12", "三月十二"],
    "2025-12-30": ["去年12月30日"],
    "2026-11-25": ["11-25", "这周三", "后天", "本月25号", "11月25号去的"],
    "2026-11-30": ["下周一"],
    "2026-12-30": ["12-30"],
}
NOT_NAMED = [
    *(
        "",
        "上礼拜",
        "上周",
        "几天前",
        "好几天前",
        "前几天",
        "腊月二十三",
        "正月十五",
        "农历三月十二",
        "去年",
        "13-45",
    ),
    *(
        "2-30",
        "2026-02-30",
        "1122-473",
        "1122-473号",
        "13812345678",
        "138-1234-5678",
        "5-6户",
        "3.5吨",
        "1.2米",
    ),
    *(
        "12号楼",
        "3号机井",
        "东街12号",
        "12号院",
        "三号井",
        "东街3-12号",
        "一周三次",
        "周三娃",
        "老周一家",
        "每周五",
    ),
    *(
        "目前天气冷",
        "以前天天来",
        "前儿媳妇",
        "今后天天",
        "以后天气好",
        "12:30",
        "3-12-5",
        "1/3的路",
        "三组",
        "都好",
    ),
    *("10-12岁", "2.5元", "今日头条", "12号前交", "三日内"),
]


@pytest.mark.parametrize(("words", "day"), [(words, day) for day, all_ in NAMED.items() for words in all_])
def test_a_day_is_found(words: str, day: str) -> None:
    """Each way to name a day is understood, in the middle of a sentence too."""
    assert find_day(words, MONDAY) is not None
    found = find_day(f"老张说，{words}，水停了", MONDAY)
    assert found is not None
    assert found.day.isoformat() == day


@pytest.mark.parametrize("text", NOT_NAMED)
def test_no_day_is_made_up(text: str) -> None:
    """Figures of houses, prices, numbers of events and vague words name no day."""
    assert find_day(text, MONDAY) is None


def test_the_words_are_given_back() -> None:
    """Where the day stands is told, in the text as it was typed; the first day counts."""
    found = find_day("老张１１－２０来过，昨天又来", MONDAY)
    assert found is not None
    assert (found.day, found.words, found.start, found.end) == (date(2026, 11, 20), "１１－２０", 2, 7)


@pytest.mark.parametrize(
    ("words", "today", "day"),
    [
        ("12-30", "2027-01-03", "2026-12-30"),
        ("31号", "2027-03-01", None),
        ("31号", "2026-11-02", "2026-10-31"),
        ("2-29", "2025-01-10", "2024-02-29"),
        ("1-2", "2026-12-30", "2027-01-02"),
        ("周日", "2026-11-22", "2026-11-22"),
    ],
)
def test_edges_of_year_and_month(words: str, today: str, day: str | None) -> None:
    """A day without its year or month is the nearest that makes sense."""
    found = find_day(words, date.fromisoformat(today))
    assert (found and found.day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "text_id"),
    [
        ("不知道", "day.not_understood"),
        ("", "day.not_understood"),
        ("明天", "day.future"),
        ("11-25", "day.future"),
        ("下周一", "day.future"),
        ("3-12", "day.too_old"),
        ("40天前", "day.too_old"),
    ],
)
def test_an_answer_that_is_no_day_of_a_record(text: str, text_id: str) -> None:
    """What cannot be the day of a record is refused with a sentence that says why."""
    with pytest.raises(InvalidAnswer) as refused:
        read_day(text, MONDAY)
    assert refused.value.text_id == text_id
    assert READING[text_id].format(**refused.value.values)


@given(ANY_DAY, st.integers(0, 31))
def test_every_day_that_may_be_entered_can_be_written(today: date, back: int) -> None:
    """However a day of the last month is written out, it is read back."""
    day = today - timedelta(days=back)
    for words in (day.isoformat(), f"{day.month}-{day.day}", f"{day.month}月{day.day}号", f"{back}天前"):
        assert read_day(words, today) == day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("12-1到12-5", "2026-12-01", "2026-12-05"),
        ("12-1至12-5", "2026-12-01", "2026-12-05"),
        ("12-1~12-5", "2026-12-01", "2026-12-05"),
        ("12.1-12.5", "2026-12-01", "2026-12-05"),
        ("12-1-12-5", "2026-12-01", "2026-12-05"),
        ("12-1 - 12-5", "2026-12-01", "2026-12-05"),
        ("从12月1号到5号", "2026-12-01", "2026-12-05"),
        ("12月1日-5日", "2026-12-01", "2026-12-05"),
        ("12月1日—12月5日", "2026-12-01", "2026-12-05"),
        ("今天到25号", "2026-11-23", "2026-11-25"),
        ("明天到后天", "2026-11-24", "2026-11-25"),
        ("今天", "2026-11-23", "2026-11-23"),
        ("明天请一天假", "2026-11-24", "2026-11-24"),
        ("明天起三天", "2026-11-24", "2026-11-26"),
        ("下周一到下周三", "2026-11-30", "2026-12-02"),
        ("12-30到1-3", "2026-12-30", "2027-01-03"),
        ("昨天到今天", "2026-11-22", "2026-11-23"),
        ("2026-12-01到2027-01-31", "2026-12-01", "2027-01-31"),
    ],
)
def test_a_leave_is_read(text: str, first: str, last: str) -> None:
    """From and to, in the ways people write them; a single day is both."""
    assert tuple(day.isoformat() for day in read_range(text, MONDAY)) == (first, last)


@pytest.mark.parametrize(
    ("text", "text_id"),
    [
        ("", "range.not_understood"),
        ("过几天", "range.not_understood"),
        ("12-5到12-1", "range.backwards"),
        ("后天到明天", "range.backwards"),
        ("2026-12-01到2028-12-01", "range.too_far"),
        ("2026-01-01到2026-12-01", "range.too_far"),
    ],
)
def test_a_leave_that_cannot_be(text: str, text_id: str) -> None:
    """A leave that is not understood, runs backwards or lies far off is refused."""
    with pytest.raises(InvalidAnswer) as refused:
        read_range(text, MONDAY)
    assert refused.value.text_id == text_id
    assert READING[text_id].format(**refused.value.values)


PIECES = st.sampled_from(
    [*"0123456789０９-/.年月日号天前上下周星期礼拜一二三十廿今昨到至~ 起", "老张", "13812345678"]
)


@given(st.text() | st.lists(PIECES).map("".join), ANY_DAY)
def test_any_text_is_a_day_or_a_refusal(text: str, today: date) -> None:
    """No text does anything but name days or be refused with a known sentence."""
    found = find_day(text, today)
    assert found is None or text[found.start : found.end] == found.words
    for read in (read_day, read_range):
        try:
            read(text, today)
        except InvalidAnswer as refused:
            READING[refused.text_id].format(**refused.values)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        *(
            ("12", 12),
            ("零", 0),
            ("俩", 2),
            ("仨", 3),
            ("十", 10),
            ("十二", 12),
            ("二十", 20),
            ("九十九", 99),
        ),
        *(("廿五", 25), ("卅", 30), ("", None), ("百", None), ("一二", None), ("²", None)),
    ],
)
def test_numbers_in_words(words: str, value: int | None) -> None:
    """Numbers up to ninety-nine are read in figures and in words."""
    assert number(words) == value
