"""The digest's picture and the annual report's charts: what they say, where it stands, and how it looks."""

import dataclasses
import io
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, cycle, pairwise
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from wangge.reports import charts
from wangge.reports.digest import Digest
from wangge.reports.drawing import ALARM, FONTS, Bar, Edges, Words, face, fit, width
from wangge.reports.figures import OF_VILLAGES, Figure, Numbers
from wangge.reports.periods import Period, month, week, year
from wangge.reports.picture import MAIN, REST, Main, Page, Village, digest_picture, layout, page_of
from wangge.rules.calendar import start_of_day

GOLDEN = Path(__file__).parent / "golden"
TOWN = "990101103"
MONDAY = date(2026, 11, 16)
WEEK = week(MONDAY)
NAMES = (
    "东桥村", "西桥村", "柳树沟村", "南河湾村", "石碾村", "枣林坡村", "上泉村", "下泉村",
    "槐树坪村", "羊角岭村", "杏花沟村", "老爷庙村", "白杨渡村", "双井村", "红土崖村", "铁匠铺村",
)  # fmt: skip
LONG_NAMES = tuple(f"{one}{two}河东岸村" for one in "老新上下" for two in "庙桥井泉")
DAYS = tuple(
    zip(
        ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        (6, 4, 7, 5, 3, 1, 2),
        (4, 5, 5, 4, 3, 0, 1),
        strict=True,
    )
)
NOTHING = tuple((day, 0, 0) for day, _, _ in DAYS)


NEW = (3, 1, 2, 0, 4, 2, 1, 0, 3, 2, 1, 2, 0, 4, 1, 2)
CLOSED = (2, 1, 2, 0, 3, 1, 1, 0, 2, 2, 1, 2, 0, 3, 1, 1)
OPEN = (1, 0, 2, 0, 1, 2, 0, 0, 1, 1, 0, 1, 0, 2, 1, 2)
OVERDUE = (0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0)


def rows(names: Sequence[str], times: int = 1) -> tuple[Village, ...]:
    counts = cycle(zip(NEW, CLOSED, OPEN, OVERDUE, strict=True))
    return tuple(Village(name, *(each * times for each in next(counts))) for name in names)


USUAL = Page(
    title="清河镇平安周报",
    week="2026年11月16日至11月22日",
    cutoff="截至11月22日24时",
    is_demo=True,
    main=(
        Main("新增", "28", "down", "上周 31"),
        Main("办结", "22", "up", "上周 19"),
        Main("超期", "2", "same", "上周 2", is_overdue=True),
    ),
    rest=(("在办", "14"), ("办结率", "78%"), ("按期办结", "91%")),
    days=DAYS,
    villages=rows(NAMES),
)
ZERO = dataclasses.replace(
    USUAL,
    main=(
        Main("新增", "0", "down", "上周 31"),
        Main("办结", "0", "down", "上周 19"),
        Main("超期", "0", "same", "上周 0"),
    ),
    rest=(("在办", "0"),),
    days=NOTHING,
    villages=tuple(Village(name, 0, 0, 0, 0) for name in NAMES),
)
BAD_DAY = dataclasses.replace(
    USUAL,
    main=(
        Main("新增", "101", "up", "上周 31"),
        Main("办结", "58", "up", "上周 19"),
        Main("超期", "14", "up", "上周 2", is_overdue=True),
    ),
    rest=(("在办", "51"), ("办结率", "57%"), ("按期办结", "63%")),
    days=(*DAYS[:2], ("周三", 80, 41), *DAYS[3:]),
    villages=(*USUAL.villages[:11], Village("老爷庙村", 75, 38, 38, 12), *USUAL.villages[12:]),
)
FIRST_WEEK = dataclasses.replace(
    USUAL,
    is_demo=False,
    main=tuple(dataclasses.replace(main, trend="", last="上周无数据") for main in USUAL.main),
)
PAGES = {
    "usual": USUAL,
    "zero": ZERO,
    "bad_day": BAD_DAY,
    "first_week": FIRST_WEEK,
    "long_names": dataclasses.replace(USUAL, villages=rows(LONG_NAMES)),
}
MONTHS = [(f"{month}月", 700 + 97 * month % 400, 690 + 97 * month % 380) for month in range(1, 13)]
CATEGORIES = [("矛盾纠纷", 2811), ("安全生产与消防", 1503), ("道路交通与护路护线", 932), ("舆情与不稳定因素", 31), ("水利与自然灾害", 0)]  # fmt: skip
TOLERANCE = 48
"""Measured: 0 between Pillow 11.0 and 13.0 (FreeType 2.13 and 2.14), 28 for words moved by one pixel, 89 by
four, 72 for the least of the changes below, a village's 0 that becomes 1."""


def difference(drawn: bytes, kept: bytes) -> int:
    """Return by how much two pictures differ at the worst place, 0 to 255.

    Both are made eight times smaller first. Edges of letters that another version of the
    renderer shades otherwise disappear in it; a moved or missing figure does not.
    """
    one, other = (Image.open(io.BytesIO(each)).convert("RGB") for each in (drawn, kept))
    if one.size != other.size:
        return 255
    return max(ImageChops.difference(one.reduce(8), other.reduce(8)).tobytes())


def assert_looks_as_kept(name: str, drawn: bytes) -> None:
    file = GOLDEN / f"{name}.png"
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(drawn)
    assert difference(drawn, file.read_bytes()) <= TOLERANCE


def words(of: Page) -> list[Words]:
    return [item for item in layout(of)[0] if isinstance(item, Words)]


def texts(of: Page) -> list[str]:
    return [item.text for item in words(of)]


def overlap(one: Edges, other: Edges) -> bool:
    return max(one[0], other[0]) < min(one[2], other[2]) and max(one[1], other[1]) < min(one[3], other[3])


def assert_well_laid_out(of: Page) -> None:
    items, height = layout(of)
    assert height <= 1600
    written = [(item.text, item.edges) for item in items if isinstance(item, Words)]
    for left, top, right, bottom in [item.edges for item in items]:
        assert left >= 0 and top >= 0 and right <= 1080 and bottom <= height
    assert min(item.size for item in items if isinstance(item, Words)) >= 30
    assert not [(one, other) for one, other in combinations(written, 2) if overlap(one[1], other[1])]


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_looks_as_it_was_approved(name: str) -> None:
    assert_looks_as_kept(f"picture_{name}", digest_picture(PAGES[name]))


def test_a_chart_looks_as_it_was_approved() -> None:
    assert_looks_as_kept("chart_months", charts.month_bars("各月网格事件（件）", MONTHS))
    assert_looks_as_kept("chart_categories", charts.category_bars("各类网格事件（件）", CATEGORIES))


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(USUAL, main=(dataclasses.replace(USUAL.main[0], value="23"), *USUAL.main[1:])),
        dataclasses.replace(USUAL, main=(dataclasses.replace(USUAL.main[0], trend="up"), *USUAL.main[1:])),
        dataclasses.replace(USUAL, rest=USUAL.rest[:2]),
        dataclasses.replace(USUAL, is_demo=False),
        dataclasses.replace(USUAL, days=(("周一", 6, 3), *DAYS[1:])),
        dataclasses.replace(USUAL, villages=(Village("东桥村", 1, 0, 0, 0), *USUAL.villages[1:])),
    ],
    ids=["figure", "arrow", "rate", "demo", "day", "village"],
)
def test_the_comparison_sees_one_changed_figure(changed: Page) -> None:
    kept = (GOLDEN / "picture_usual.png").read_bytes()
    assert difference(digest_picture(changed), kept) > TOLERANCE


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_small_outside_or_on_top_of_another(name: str) -> None:
    assert_well_laid_out(PAGES[name])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.builds(
            Village,
            st.text("东西南北河沟坡村一", min_size=1, max_size=21),
            *[st.integers(0, 999)] * 3,
            st.integers(0, 999),
        ),
        max_size=40,
    ),
    st.tuples(*[st.sampled_from([0, 7, 80, 999, 99999])] * 3),
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=7, max_size=7),
    st.sampled_from(["清河镇平安周报", "清河镇白杨渡片区东岸等12处平安周报"]),
)
def test_any_week_of_any_number_of_villages_fits(
    villages: list[Village], main: tuple[int, ...], days: list[tuple[int, int]], title: str
) -> None:
    of = dataclasses.replace(
        USUAL,
        title=title,
        main=tuple(Main("新增", str(value), "up", f"上周 {value}") for value in main),
        days=tuple((day, *values) for (day, _, _), values in zip(DAYS, days, strict=True)),
        villages=tuple(villages),
    )
    assert_well_laid_out(of)
    shown = texts(of)
    rest = [text for text in shown if text.startswith("其余")]
    assert bool(rest) is (len(villages) > 30)


def test_the_three_main_figures_are_large_and_say_last_week_and_which_way() -> None:
    for of in PAGES.values():
        large = [item for item in words(of) if item.size >= 96]
        assert [item.text for item in large] == [main.value for main in of.main]
    assert [text for text in texts(USUAL) if text in {"↑", "↓", "＝"}] == ["↓", "↑", "＝"]
    assert [text for text in texts(USUAL) if text.startswith("上周")] == ["上周 31", "上周 19", "上周 2"]


def test_a_first_week_has_no_arrows_and_says_why() -> None:
    assert not {"↑", "↓", "＝"} & set(texts(FIRST_WEEK))
    assert texts(FIRST_WEEK).count("上周无数据") == 3


def test_made_up_figures_are_marked_and_real_ones_are_not() -> None:
    assert "演示数据" in texts(USUAL) and "演示数据" not in texts(FIRST_WEEK)


def test_red_is_for_overdue_only_and_never_without_the_word() -> None:
    for name, of in PAGES.items():
        items, _ = layout(of)
        assert not [item for item in items if isinstance(item, Bar) and item.colour == ALARM]
        red = [item.text for item in words(of) if item.colour == ALARM]
        main = ["超期", of.main[2].value] if of.main[2].is_overdue else []
        assert red == main + [f"超{village.overdue}" for village in of.villages if village.overdue], name
    assert not [item for item in words(ZERO) if item.colour == ALARM]


def test_villages_stand_in_the_order_of_their_codes_down_one_column_and_then_the_next() -> None:
    places = {item.text: (item.x, item.baseline) for item in words(USUAL)}
    assert all(places[one] < places[other] for one, other in pairwise(NAMES))
    few = dataclasses.replace(USUAL, villages=rows(NAMES[:5]))
    assert len({item.x for item in words(few) if item.text in NAMES}) == 1


def test_each_row_says_its_own_numbers() -> None:
    places = {item.text: item for item in words(USUAL)}
    for village in USUAL.villages:
        name = places[village.name]
        line = [item for item in words(USUAL) if item.baseline == name.baseline and item.x > name.x]
        shown = [item.text for item in sorted(line, key=lambda item: item.x)][:4]
        overdue = f"超{village.overdue}" if village.overdue else "0"
        assert shown == [str(village.new), str(village.closed), str(village.open), overdue]


def test_names_of_six_characters_are_not_cut_and_thirty_villages_have_room() -> None:
    names = [f"{name}{number}" for number, name in enumerate(LONG_NAMES, 10)]
    assert set(LONG_NAMES) <= set(texts(PAGES["long_names"]))
    thirty = dataclasses.replace(USUAL, villages=rows((LONG_NAMES * 2)[:30], times=99))
    assert sum(text in LONG_NAMES for text in texts(thirty)) == 30
    more = dataclasses.replace(USUAL, villages=rows(names * 3))
    assert "其余20个村见表" in texts(more)


Counts = Mapping[str, int]
BASES = {"closed_rate": "valid", "met_rate": "limits"}


def figures_of(counts: Counts) -> dict[str, Figure]:
    names = (*MAIN, *REST)
    return {
        name: Figure(
            name,
            counts.get(name.removesuffix("_rate"), 0),
            counts.get(BASES[name], 0) if name in BASES else None,
        )
        for name in names
    }


def digest_of(
    counts: Counts,
    before: Counts | None,
    villages: Mapping[str, Counts] = MappingProxyType({}),
    period: Period = WEEK,
) -> Digest:
    return Digest(
        scope=(TOWN,), period=period, numbers=Numbers(period, figures_of(counts), {}, villages),
        before={} if before is None else figures_of(before), reasons=(), spots=(), signs=(), overdue=(), visits=Figure("visits", 0, 0), days=(),
    )  # fmt: skip


def test_the_page_says_what_the_digest_says() -> None:
    names = {f"{TOWN}{200 + place}": name for place, name in enumerate(NAMES[:3])}
    one, three = (dict(zip(OF_VILLAGES, numbers, strict=True)) for numbers in ((1, 1, 0, 0), (3, 1, 2, 1)))
    found = digest_of(
        {"valid": 4, "closed": 2, "open": 2, "overdue": 1},
        {"valid": 1, "closed": 1},
        {f"{TOWN}202": three, f"{TOWN}200": one},
    )
    days = list(zip(WEEK.days(), (3, 1), (1, 1), strict=False))
    of = page_of(found, {**names, "990101104200": "邻镇村"}, "清河镇", True, days)
    assert (of.title, of.week, of.cutoff) == (
        "清河镇平安周报",
        "2026年11月16日至11月22日",
        "截至11月22日24时",
    )
    assert of.main == (
        Main("新增", "4", "up", "上周 1"),
        Main("办结", "2", "up", "上周 1"),
        Main("超期", "1", "up", "上周 0", is_overdue=True),
    )
    assert of.rest == (("在办", "2"), ("办结率", "2/4"))
    assert of.days == (("周一", 3, 1), ("周二", 1, 1))
    assert of.villages == (
        Village("东桥村", 1, 1, 0, 0),
        Village("西桥村", 0, 0, 0, 0),
        Village("柳树沟村", 3, 1, 2, 1),
    )


def test_the_first_week_is_compared_with_nothing_and_the_next_with_a_zero_week() -> None:
    of = page_of(digest_of({"valid": 1}, None), {}, "清河镇", False, ())
    assert {(main.trend, main.last, main.is_overdue) for main in of.main} == {("", "上周无数据", False)}
    later = page_of(digest_of({"valid": 1}, {}), {}, "清河镇", False, ())
    assert [(main.trend, main.last) for main in later.main] == [
        ("up", "上周 0"),
        ("same", "上周 0"),
        ("same", "上周 0"),
    ]


def test_a_running_week_says_up_to_when_it_is_counted() -> None:
    now = start_of_day(MONDAY + timedelta(days=2)) + timedelta(hours=9)
    running = digest_of({}, None, period=week(MONDAY, now))
    assert page_of(running, {}, "清河镇", False, ()).cutoff == "截至11月18日09:00"
    assert now == datetime(2026, 11, 18, 1, tzinfo=UTC)


def test_a_month_shows_its_sevens_and_a_year_its_months() -> None:
    pages = [
        page_of(
            digest_of({}, {"valid": 2}, period=each),
            {},
            "清河镇",
            True,
            [(part, 0, 0) for part in each.parts()],
        )
        for each in (month(MONDAY), year(MONDAY))
    ]
    assert [page.title for page in pages] == ["清河镇平安月报", "清河镇年度数据"]
    assert [page.main[0].last for page in pages] == ["上月 2", "上年 2"]
    assert [label for label, _, _ in pages[0].days] == ["1–7日", "8–14日", "15–21日", "22–28日", "29–30日"]
    assert [label for label, _, _ in pages[1].days] == [f"{number}月" for number in range(1, 13)]


def ink(text: str) -> bytes:
    return bytes(face(40, "Bold").getmask(text))


def test_both_weights_have_gb_2312_and_rare_characters_of_place_names() -> None:
    gb2312 = [
        bytes([row, cell]).decode("gb2312", "ignore")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
    ]
    geta = [bytes(face(12, weight).getmask("〓")) for weight in ("Regular", "Bold")]
    for weight, missing in zip(("Regular", "Bold"), geta, strict=True):
        drawn = {
            text: bytes(face(12, weight).getmask(text))
            for text in [*filter(None, gb2312), *"圐圙窊墕虒堎峧—–·"]
        }
        assert len(drawn) == 6763 + 10
        assert not [text for text, mask in drawn.items() if mask == missing]


def test_a_character_nobody_has_is_drawn_as_geta() -> None:
    assert ink("東") == ink("〓") != ink("东")
    assert width("東", 40) == 40


def test_words_without_room_end_in_dots() -> None:
    assert fit("清河镇", 120, 40) == "清河镇"
    assert fit("清河镇", 119, 40) == "清…"
    assert width(fit("老爷庙河东岸村", 200, 30), 30) <= 200


def test_the_fonts_come_with_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_charts_are_as_wide_as_a_page_and_empty_ones_are_drawn_too() -> None:
    for content in (
        charts.month_bars("各月", []),
        charts.category_bars("各类", []),
        charts.month_bars("各月", MONTHS),
    ):
        chart = Image.open(io.BytesIO(content))
        assert chart.width == 1228 and round(chart.info["dpi"][0]) == 200
