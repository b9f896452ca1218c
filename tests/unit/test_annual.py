"""The annual report in words: each number has its figure, each law is in force, what is unknown is a place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from wangge.reports.annual import OUTLINE, compose
from wangge.reports.figures import Figure
from wangge.reports.prose import Heading, Number, Paragraph, Place, Report, Text
from wangge.reports.year import Case, Visits, Year, period_of, share
from wangge.rules.laws import LAWS, SUPERSEDED
from wangge.texts import TEXTS
from wangge.texts.annual import ANNUAL

DATES = re.compile(r"\d{4}年(\d{1,2}月(\d{1,2}日)?)?|\d{1,2}月(\d{1,2}日)?")


def figures(**values: int | tuple[int, int]) -> dict[str, Figure]:
    """Return figures by name; a share is (value, base)."""
    return {
        name: Figure(name, *value) if isinstance(value, tuple) else Figure(name, value)
        for name, value in values.items()
    }


THIS = figures(
    reported=11890,
    valid=11572,
    closed=11571,
    closed_rate=(11571, 11572),
    limits=11490,
    met=11302,
    met_rate=(11302, 11490),
    late_entry=211,
    critical=37,
    solved=10890,
    passed_on=402,
    unsolvable=61,
    untrue=0,
    rated=845,
    satisfied=812,
    satisfied_rate=(812, 845),
)
LAST = figures(
    valid=10021, closed=9980, closed_rate=(9980, 10021), limits=9900, met=9500, met_rate=(9500, 9900)
)
NOTHING = {name: Figure(name, 0, None if figure.base is None else 0) for name, figure in THIS.items()}
MONTHS = tuple((month, 900 + month * 7, 900) for month in range(1, 13))


def a_year(number: int = 2022, now: datetime | None = None, **changes: Any) -> Year:
    """Return a year of which everything is known."""
    known = Year(
        period=period_of(number, now or datetime(number + 1, 1, 31, 2, 0, tzinfo=UTC)),
        figures=THIS,
        villages=16,
        reporting=15,
        months=MONTHS,
        classes=(("E", "人居环境", 3200), ("D", "矛盾纠纷", 2210)),
        disputes=2210,
        visits=Visits(done=742, owed=768, missing=30, households=3120, villages=16, records=750),
        cases=(Case("人居环境", 6, 3), Case("矛盾纠纷", 7, 1)),
        before=LAST,
        frozen={"valid": 11560, "closed": 11541},
    )
    return replace(known, **changes)


def an_empty_year(number: int = 2022) -> Year:
    return a_year(
        number,
        figures=NOTHING,
        reporting=0,
        months=(),
        classes=(),
        disputes=0,
        cases=(),
        before={},
        frozen={},
    )


def report_of(year: Year) -> Report:
    return compose(year, "清河镇", date(year.number + 1, 1, 31))


def words_of(report: Report) -> str:
    return "\n".join(
        block.text
        if isinstance(block, Heading)
        else "".join(f"〔{run.hint}〕" if isinstance(run, Place) else run.text for run in block.runs)
        for block in report.blocks
    )


def runs_of(report: Report) -> Iterator[Text | Number | Place]:
    return (run for block in report.blocks if isinstance(block, Paragraph) for run in block.runs)


RUNNING = a_year(2022, datetime(2022, 11, 25, 2, 0, tzinfo=UTC), before={}, months=MONTHS[:11])
FEW = figures(**{name: (3, 9) if figure.base else 3 for name, figure in THIS.items()})
YEARS: Mapping[str, Year] = {
    "full": a_year(),
    "alone": a_year(before={}, frozen={}),
    "empty": an_empty_year(),
    "running": RUNNING,
    "few": a_year(figures=FEW, before={}, classes=(), visits=None),
    "before the laws": a_year(2012),
    "fewer": a_year(2025, before={**LAST, "valid": Figure("valid", 12000)}, reporting=16),
    "equal": a_year(2026, before={**LAST, "valid": THIS["valid"]}),
}


@pytest.mark.parametrize("year", YEARS.values(), ids=YEARS)
def test_no_digit_stands_outside_a_figure(year: Year) -> None:
    """Dates and years aside; so the working document's table of sources misses nothing."""
    report = report_of(year)
    outside = [DATES.sub("", run.text) for run in runs_of(report) if isinstance(run, Text)]
    assert not [text for text in outside if re.search(r"\d", text)]
    for number in report.numbers:
        source = report.sources[number.figure]
        assert source.text == number.text and source.name and source.how and source.span and source.until


@pytest.mark.parametrize("number", range(2005, 2028))
@pytest.mark.parametrize("make", [a_year, an_empty_year])
def test_every_law_is_in_the_table_and_in_force(number: int, make: Any) -> None:
    laws = {law.name: law for law in LAWS.values()}
    report = report_of(make(number))
    cited = re.findall(r"《([^》]+)》", words_of(report))
    assert all(laws[name].since <= date(number, 12, 31) for name in cited)
    assert number < 2023 or "信访工作条例" in cited
    assert not SUPERSEDED & set(cited)


def test_texts_cite_laws_through_the_table_only() -> None:
    assert not [name for name, text in ANNUAL.items() if re.search("《[^{]", text)]
    assert not SUPERSEDED & {law.name for law in LAWS.values()}
    assert all(law.since <= law.version for law in LAWS.values())


def test_a_law_is_cited_from_the_year_in_which_it_came_into_force() -> None:
    assert "《信访工作条例》" not in words_of(report_of(a_year(2021)))
    assert "《信访工作条例》" in words_of(report_of(a_year(2022)))
    assert "《法治宣传教育法》" not in words_of(report_of(a_year(2024)))
    assert "《法治宣传教育法》" in words_of(report_of(a_year(2025)))


def test_the_headings_are_the_five_contents_and_the_towns_seven_sections() -> None:
    headings = [block for block in report_of(a_year()).blocks if isinstance(block, Heading)]
    assert [heading.text.partition("、")[0] for heading in headings if heading.level == 1] == list(
        "一二三四五"
    )
    assert [heading.text[:3] for heading in headings if heading.level == 2] == [
        f"（{digit}）" for digit in "一二三四五六七"
    ]
    assert [heading.text[:2] for heading in headings if heading.level == 3] == ["1.", "2.", "3."]


@pytest.mark.parametrize("year", YEARS.values(), ids=YEARS)
def test_no_section_is_empty_and_every_paragraph_ends_as_a_sentence(year: Year) -> None:
    blocks = report_of(year).blocks
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if isinstance(block, Heading):
            assert isinstance(following, Paragraph) or (
                isinstance(following, Heading) and following.level > block.level
            )
        else:
            last = block.runs[-1]
            assert isinstance(last, Place) or last.text[-1] in "。："
    assert not re.search(r"[{}]|,|;|：：|。。|，。|、。", words_of(report_of(year)))


def test_the_year_is_told_with_its_figures() -> None:
    words = words_of(report_of(a_year()))
    assert "上报事项11890件" in words and "有效上报11572件，上年为10021件，比上年增加1551件。" in words
    assert "已办结11571件，办结率99.9%；上年同一口径的办结率为99.5%。" in words
    assert "尚未办结的1件正在办理" in words and "截至2023年1月31日已办结" in words
    assert "办结时限在本年内的事项11490件，按期办结11302件，按期办结率98.3%；" in words
    assert "人居环境3200件、矛盾纠纷2210件、其他类别6162件。" in words
    assert "12月上报最多，为984件；1月最少，为907件。" in words
    assert "已解决10890件、转有关部门办理402件、一时无法解决61件。" in words and "不属实" not in words
    assert "满意率96.0%" in words and "有15个村上报了事项" in words and "走遍全镇16个村" in words
    assert "有188件没有按期办结" in words and "应走访768次，少走30次" in words
    assert "按月封账时，有效上报为11560件、办结11541件；" in words
    assert "6月，某村上报一起人居环境事项，经受理、办理和核查，于第3天结案" in words and "当天结案" in words


def test_what_is_not_known_is_not_said() -> None:
    alone, empty, few = (words_of(report_of(YEARS[name])) for name in ("alone", "empty", "few"))
    assert "上年" not in alone and "封账" not in alone
    assert "〔全年网格事项的上报件数、办结件数和办结率〕" in empty and "办结率为" not in empty
    done = report_of(
        a_year(figures={**THIS, "closed": THIS["valid"], "closed_rate": Figure("closed_rate", 11572, 11572)})
    )
    assert "办结率100%" in words_of(done) and "已全部办结" in words_of(done)
    assert "%" not in few and "已办结3件。" in few
    assert "比上年减少428件" in words_of(report_of(YEARS["fewer"]))
    assert "与上年的11572件持平" in words_of(report_of(YEARS["equal"]))
    assert "2022年1月1日至2022年11月25日" in words_of(report_of(RUNNING)) and "最多" not in words_of(
        report_of(RUNNING)
    )


def test_places_say_what_to_write() -> None:
    hints = [run.hint for run in runs_of(report_of(a_year())) if isinstance(run, Place)]
    assert len(hints) > 25 and all(len(hint) >= 2 for hint in hints)


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (11572, 11572, "100%"),
        (11571, 11572, "99.9%"),
        (9999, 10000, "99.9%"),
        (12, 10, "100%"),
        (0, 10, "0.0%"),
        (1, 3000, "0.0%"),
        (9, 9, None),
        (2, 3, None),
        (96, 1000, "9.6%"),
    ],
)
def test_a_share_is_rounded_down_and_whole_only_if_all(value: int, base: int, text: str | None) -> None:
    assert share(Figure("closed_rate", value, base)) == text


def test_every_sentence_has_its_place_in_the_outline() -> None:
    """No sentence of the report is left over."""
    placed = {
        each
        for _, paragraphs in OUTLINE
        for text in paragraphs
        for word in text.split()
        for each in word.split("|")
    }
    frame = ("title", "addressee", "place", "signature", "date", "month", "page", "demo", "law", "opening")
    others = re.compile(
        r"figure\.|sources|chart\.|file\.|sent|no_|future|outcome\.|class$|classes\.|case($|\.)|span(\.until)?$|[\d.]+$"
    )
    left = [
        name
        for text_id in TEXTS
        if text_id.startswith("annual.")
        and (name := text_id.removeprefix("annual.")) not in placed
        and name not in frame
        and not others.match(name)
    ]
    assert not left
