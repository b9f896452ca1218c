"""The roster: read whole, compared, summed up in one line."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.records.values import ROLES
from wangge.reports.sheets import read_table
from wangge.reports.workbook import write_table
from wangge.rules.areas import AreaNames, Row
from wangge.rules.errors import PersonError
from wangge.rules.roster import (
    IN_VILLAGES,
    Changes,
    Entry,
    Post,
    RosterMistake,
    compare,
    read_roster,
    rows_of,
    summary,
)
from wangge.texts import say

TODAY = date(2026, 11, 23)
TOWN, EAST, WEST, WILLOW, NORTH = "990101103", "990101103200", "990101103201", "990101103202", "990101103203"
AREAS = {
    "990101": "安平县",
    TOWN: "清河镇",
    EAST: "东桥村",
    WEST: "西桥村",
    WILLOW: "柳树沟村",
    NORTH: "北关社区",
    EAST + "001": "东桥村第一网格",
    EAST + "002": "东桥村第二网格",
}
HEADINGS = ("工号", "姓名", "电话", "职务", "区域", "开始", "结束")
COUNTY = AREAS | {"990101104": "白河镇", "990101104200": "柳树沟村"}


def phone(number: int) -> str:
    return f"138{number:08}"


def sheet(*rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate((headings, *rows), start=1)]


def read(*rows: tuple[str, ...], areas: Mapping[str, str] = AREAS) -> tuple[list[Entry], list[str]]:
    entries, mistakes = read_roster(sheet(*rows), areas, TODAY)
    return entries, [mistake.sentence for mistake in mistakes]


def person(number: int, *posts: Post, name: str = "", staff_no: str | None = None) -> Entry:
    own = posts or (Post("grid_worker", EAST + "001"),)
    return Entry(f"G{number}" if staff_no is None else staff_no, name or f"张{number}", phone(number), own)


def row_of(number: int, role: str = "网格员", area: str = "东桥村第一网格", *dates: str) -> tuple[str, ...]:
    return (f"G{number}", f"张{number}", phone(number), role, area, *dates)


# Reading


def test_a_row_is_a_person_with_a_post() -> None:
    entries, mistakes = read(("G1", "张三", phone(1), "网格员", "东桥村第一网格", "2026-3-1", "2026-12-31"))
    post = Post("grid_worker", EAST + "001", date(2026, 3, 1), date(2026, 12, 31))
    assert (entries, mistakes) == ([Entry("G1", "张三", phone(1), (post,))], [])
    assert entries[0].row == 2


def test_headings_may_be_named_and_ordered_otherwise_and_stand_under_a_title() -> None:
    rows = [
        Row(1, ("清河镇人员名单",)),
        Row(3, ("任职开始", "所在村", "岗　位", "手机号（必填）", "姓 名 *", "备注")),
        Row(4, ("2026.3", "东桥", "包村干部", phone(1), "张　三", "党员")),
    ]
    entries, mistakes = read_roster(rows, AREAS, TODAY)
    assert not mistakes
    assert entries == [Entry("", "张三", phone(1), (Post("stationed_cadre", EAST, date(2026, 3, 1)),))]


@pytest.mark.parametrize(
    ("rows", "text_id"),
    [
        ([], "roster.no_headings"),
        ([Row(1, ("村", "户数"))], "roster.no_headings"),
        ([Row(1, ("姓名", "电话", "开始"))], "roster.headings_missing"),
        ([Row(number, ("说明",)) for number in range(1, 6)] + [Row(6, HEADINGS)], "roster.no_headings"),
        ([Row(1, HEADINGS)], "roster.no_rows"),
    ],
)
def test_a_table_that_is_no_roster_is_refused_with_what_to_do(rows: list[Row], text_id: str) -> None:
    with pytest.raises(PersonError) as refused:
        read_roster(rows, AREAS, TODAY)
    assert refused.value.text_id == text_id
    assert say(text_id, **refused.value.values).endswith("。")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_read_by_its_chinese_name(role: str) -> None:
    entries, mistakes = read(row_of(1, say(f"role.{role}"), "东桥村"))
    assert not mistakes
    assert entries[0].posts[0].role == role


def test_the_judicial_office_is_named_by_its_short_name_too() -> None:
    assert read(row_of(1, "司法所", "东桥村"))[0][0].posts[0].role == "judicial_officer"


def test_several_areas_of_a_cell_and_several_rows_are_several_posts() -> None:
    entries, mistakes = read(
        row_of(1, "包片领导", "东桥村、西桥村，北关 / 柳树沟"),
        ("", "张1", phone(1), "值班员", ""),
        ("G1", "张1", phone(1), "包片领导", "东桥村"),
    )
    assert not mistakes
    assert [(post.role, post.area) for post in entries[0].posts] == [
        *(("area_leader", area) for area in (EAST, WEST, NORTH, WILLOW)),
        ("desk_officer", TOWN),
    ]


@pytest.mark.parametrize("role", ["值班员", "镇领导", "管理员", "站所"])
@pytest.mark.parametrize("area", ["", "清河镇", TOWN, "全镇"])
def test_whole_town_roles_need_no_area(role: str, area: str) -> None:
    entries, mistakes = read(row_of(1, role, area))
    assert (entries[0].posts[0].area, mistakes) == (TOWN, [])


def test_a_town_must_be_named_where_there_are_several() -> None:
    assert read(row_of(1, "值班员", ""), areas=COUNTY)[1] == ["第2行：没有写区域，请写乡镇的名称"]
    assert read(row_of(1, "值班员", "白河镇"), areas=COUNTY)[0][0].posts[0].area == "990101104"


@pytest.mark.parametrize(
    ("area", "sentence"),
    [
        ("东乔村", "第2行：区域写的是“东乔村”，是不是“东桥村”？"),
        ("南桥村", "第2行：区域写的是“南桥村”，是“东桥村”还是“西桥村”？"),
        ("东乔村第一网格", "第2行：区域写的是“东乔村第一网格”，是不是“东桥村第一网格”？"),
        ("xyz", "第2行：没有叫“xyz”的区域，请核对名称或填编码"),
        ("", "第2行：没有写区域，请写村或网格的名称"),
        ("清河镇", "第2行：网格员的区域要写到村或网格，不能写“清河镇”"),
        ("全镇", "第2行：网格员的区域要写到村或网格，不能写“清河镇”"),
    ],
)
def test_an_area_that_cannot_be_taken_is_answered_with_a_suggestion(area: str, sentence: str) -> None:
    assert read(row_of(1, "网格员", area)) == ([], [sentence])


def test_of_two_villages_of_one_name_the_code_is_asked_for() -> None:
    assert read(row_of(1, "村干部", "柳树沟村"), areas=COUNTY)[1] == [
        "第2行：叫“柳树沟村”的区域不止一个，请填编码：清河镇柳树沟村 990101103202、白河镇柳树沟村 990101104200"
    ]
    assert read(row_of(1, "村干部", "990101104200"), areas=COUNTY)[0][0].posts[0].area == "990101104200"


@pytest.mark.parametrize(
    "typed",
    [
        "138 0000 0001",
        "138-0000-0001",
        "+86 13800000001",
        "8613800000001",
        "008613800000001",
        "１３８００００００01",
        "1.3800000001E+10",
        "138\u00a00000\u20110001",
    ],
)
def test_a_phone_is_cleaned(typed: str) -> None:
    assert read(("G1", "张三", typed, "网格员", "东桥村"))[0][0].phone == phone(1)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "第2行：没有写电话，请填11位手机号"),
        ("12800000001", "第2行：电话应是11位手机号，请核对"),
        ("1380000001", "第2行：电话应是11位手机号，请核对"),
        ("0350-1234567", "第2行：电话应是11位手机号，请核对"),
        ("见名片", "第2行：电话应是11位手机号，请核对"),
        ("٠١٣٨٠٠٠٠٠٠٠١", "第2行：电话应是11位手机号，请核对"),
        ("1.38E+10", "第2行：电话被表格改成了“1.38E+10”，后几位已丢失。请把这一列设为“文本”后重填"),
    ],
)
def test_a_wrong_phone_is_a_mistake(typed: str, sentence: str) -> None:
    assert read(("G1", "张三", typed, "网格员", "东桥村")) == ([], [sentence])


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("2026-3-1", date(2026, 3, 1)),
        ("2026/03/01", date(2026, 3, 1)),
        ("2026.3.1", date(2026, 3, 1)),
        ("2026年3月1日", date(2026, 3, 1)),
        ("２０２６年３月１日", date(2026, 3, 1)),
        ("2026-03-01 00:00:00", date(2026, 3, 1)),
        ("2026-03-01T08:00", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("2026.3", date(2026, 3, 1)),
        ("2026年3月", date(2026, 3, 1)),
        ("46082", date(2026, 3, 1)),
        ("", None),
        ("至今", None),
    ],
)
def test_dates_are_read_as_people_write_them(typed: str, start: date | None) -> None:
    assert read(row_of(1, "网格员", "东桥村", typed))[0][0].posts[0].start == start


def test_a_month_alone_ends_on_its_last_day() -> None:
    assert read(row_of(1, "网格员", "东桥村", "", "2026.2"))[0][0].posts[0].end == date(2026, 2, 28)


@pytest.mark.parametrize(
    "typed", ["2026-2-30", "3月1日", "1826-3-1", "去年", "2026-13", "0000-00-00", "99999"]
)
def test_a_wrong_date_is_a_mistake(typed: str) -> None:
    assert read(row_of(1, "网格员", "东桥村", typed)) == (
        [],
        [f"第2行：开始写的是“{typed}”，请写成 2026-3-1 这样"],
    )


def test_an_end_before_its_start_is_a_mistake() -> None:
    assert read(row_of(1, "网格员", "东桥村", "2026-3-2", "2026-3-1"))[1] == ["第2行：结束日期早于开始日期"]


@pytest.mark.parametrize(
    "name", ["阿依古丽·买买提", "欧阳<3", "A&B", "张三😀", "{name}", "O'Neil", "=1+1", "长" * 30]
)
def test_unusual_names_are_names(name: str) -> None:
    assert read(("G1", name, phone(1), "网格员", "东桥村"))[0][0].name == name


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "没有写姓名"), ("长" * 31, "姓名超过30个字，请写短一些")]
)
def test_a_missing_or_endless_name_is_a_mistake(name: str, sentence: str) -> None:
    assert read(("G1", name, phone(1), "网格员", "东桥村")) == ([], [f"第2行：{sentence}"])


def test_everything_wrong_is_named_at_once_and_the_rest_is_read() -> None:
    entries, mistakes = read(
        ("G1", "", "123", "村长", "东桥村", "明天"),
        row_of(2),
        row_of(3, "", "东桥村"),
    )
    assert [entry.staff_no for entry in entries] == ["G2"]
    assert [sentence.split("，")[0] for sentence in mistakes] == [
        "第2行：没有写姓名",
        "第2行：电话应是11位手机号",
        "第2行：没有“村长”这个职务",
        "第2行：开始写的是“明天”",
        "第4行：没有写职务",
    ]


def test_a_person_with_a_mistake_in_one_row_is_not_half_applied() -> None:
    entries, mistakes = read(row_of(1), row_of(1, "村干部", "东乔村"))
    assert entries == []
    assert len(mistakes) == 1


@pytest.mark.parametrize(
    ("second", "sentences"),
    [
        (("G1", "李四", phone(1)), ["第3行：和第2行工号或电话相同，姓名却不同，请核对"]),
        (("", "李四", phone(1)), ["第3行：和第2行工号或电话相同，姓名却不同，请核对"]),
        (("G1", "张1", phone(2)), ["第3行：和第2行工号相同，电话却不同，请核对"]),
        (
            ("G2", "李四", phone(1)),
            ["第2行：和第3行电话相同，工号却不同，请核对", "第3行：和第2行电话相同，工号却不同，请核对"],
        ),
    ],
)
def test_rows_that_contradict_each_other_are_mistakes(second: tuple[str, ...], sentences: list[str]) -> None:
    assert read(row_of(1), (*second, "网格员", "东桥村")) == ([], sentences)


def test_a_sentence_quotes_no_more_than_a_few_words() -> None:
    _, (sentence,) = read(row_of(1, "网格员", "很长\t的" * 1000))
    assert sentence == "第2行：没有叫“很长 的很长 的很长 的很长 的很长 的…”的区域，请核对名称或填编码"


# Comparing


def test_people_are_matched_by_staff_number_and_else_by_phone() -> None:
    present = [person(1), person(2), person(3)]
    moved = Entry("G1", "张1", phone(9), present[0].posts)
    without_number = person(2, name="张2", staff_no="")
    changes = compare(present, [moved, without_number, person(4)])
    assert changes == Changes((person(4),), ((present[0], moved),), (present[2],), 1, ())


def test_a_person_found_by_phone_keeps_the_staff_number() -> None:
    renamed = person(1, name="张一", staff_no="")
    assert compare([person(1)], [renamed]).changed == ((person(1), person(1, name="张一")),)


def test_the_order_of_posts_is_no_change() -> None:
    posts = (Post("grid_worker", EAST), Post("village_cadre", WEST, date(2026, 1, 1)))
    assert compare([person(1, *posts)], [person(1, *posts[::-1])]).unchanged == 1


def test_nobody_is_missing_whose_row_has_a_mistake() -> None:
    present = [person(1), person(2), person(3), person(4)]
    mistakes = [
        RosterMistake(2, "…", staff_no="G1"),
        RosterMistake(3, "…", phone=phone(2)),
        RosterMistake(4, "…", name="张3"),
    ]
    assert compare(present, [], mistakes).missing == (person(4),)


def test_two_people_may_exchange_their_phones() -> None:
    present = [person(1), person(2)]
    exchanged = [
        Entry("G1", "张1", phone(2), present[0].posts),
        Entry("G2", "张2", phone(1), present[1].posts),
    ]
    assert compare(present, exchanged).changed == tuple(zip(present, exchanged, strict=True))


def test_a_phone_of_somebody_not_in_the_file_is_a_mistake() -> None:
    taken = Entry("G1", "张1", phone(2), person(1).posts, row=5)
    changes = compare([person(1), person(2)], [taken])
    assert [mistake.sentence for mistake in changes.mistakes] == [
        "第5行：电话是花名册里张2的，请核对；如已换人，请先改张2的电话或停用"
    ]
    assert (changes.changed, changes.missing) == ((), ())


def test_a_staff_number_is_not_handed_over_to_somebody_else() -> None:
    other = Entry("G1", "李四", phone(9), person(1).posts, row=2)
    heir = Entry("G3", "王五", phone(1), person(1).posts, row=3)
    changes = compare([person(1)], [other, heir])
    assert [mistake.sentence for mistake in changes.mistakes] == [
        "第2行：工号G1现在是另一个人，换人请用新工号；如是同一人，姓名和电话请分两次改",
        "第3行：电话是花名册里张1的，请核对；如已换人，请先改张1的电话或停用",
    ]
    assert (changes.added, changes.changed, changes.missing) == ((), (), ())


def test_the_summary_is_one_line() -> None:
    entries, mistakes = read_roster(
        sheet(row_of(1, "村干部", "东桥村"), row_of(5), row_of(6), row_of(7, "网格员", "东乔村")),
        AREAS,
        TODAY,
    )
    changes = compare([person(1), person(2)], entries, mistakes)
    assert summary(changes) == "新增2 变更1 停用1 错误1（第5行：区域写的是“东乔村”，是不是“东桥村”？）"
    assert summary(compare([], [])) == "新增0 变更0 停用0 错误0"


def test_the_summary_names_five_mistakes_and_counts_the_rest() -> None:
    mistakes = [RosterMistake(number, f"第{number}行") for number in range(2, 10)]
    assert summary(compare([], [], mistakes)).endswith("错误8（第2行；第3行；第4行；第5行；第6行…还有3处）")


# There and back


@st.composite
def rosters(draw: st.DrawFn) -> list[Entry]:
    """People with different numbers and phones, as the importer stores them."""
    names = st.text("张李王阿依古丽·买买提<&>'\"{}😀=+-@A1", min_size=1, max_size=30)
    days = st.none() | st.dates(date(2000, 1, 1), date(2040, 1, 1))
    entries = []
    for number in range(draw(st.integers(1, 6))):
        posts = []
        for role in draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=4)):
            area = draw(
                st.sampled_from([code for code in COUNTY if len(code) >= 12 or role not in IN_VILLAGES])
            )
            start, end = draw(days), draw(days)
            if start and end and end < start:
                start, end = end, start
            posts.append(Post(role, area, start, end))
        entries.append(Entry(f"{number:03}", draw(names), phone(number), tuple(posts)))
    return entries


@settings(max_examples=60, deadline=None)
@given(rosters())
def test_a_roster_sent_back_unchanged_changes_nothing(present: list[Entry]) -> None:
    headings, rows = rows_of(present, COUNTY)
    content = write_table("清河镇花名册", headings, rows, subtitle="演示数据", text_columns=headings[:3])
    entries, mistakes = read_roster(read_table(content, "花名册.xlsx"), COUNTY, TODAY)
    assert compare(present, entries, mistakes) == Changes((), (), (), len(present), ())


cells = st.text(max_size=12) | st.sampled_from(
    [*HEADINGS, "网格员", "东桥村", "全镇", phone(1), "2026-3-1", "1E+10"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*[cells] * 7), max_size=6))
def test_whatever_stands_in_the_cells_ends_in_entries_or_sentences(rows: list[tuple[str, ...]]) -> None:
    try:
        entries, mistakes = read_roster(sheet(*rows), AREAS, TODAY)
    except PersonError as refused:
        entries, mistakes = [], [RosterMistake(0, "第0行：" + say(refused.text_id, **refused.values))]
    assert entries or mistakes
    assert all(mistake.sentence.startswith(f"第{mistake.row}行：") for mistake in mistakes)
    assert all(entry.posts and entry.name and entry.phone for entry in entries)


def test_the_label_of_every_area_is_read_as_that_area() -> None:
    names = AreaNames(COUNTY)
    assert all(names.find(names.label(code)) == (code,) for code in COUNTY)
