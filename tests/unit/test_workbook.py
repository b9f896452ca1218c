"""Tables that we send: read back with another library than the one that has written them."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from wangge.reports.sheets import read_table
from wangge.reports.workbook import MOMENT_OF_THE_YEAR, Csv, Workbook, write_table
from wangge.texts import say

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "\t=1",
    "\n=1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
]
HARMLESS = ["#N/A", "00123", "TRUE", "3-1", "http://x", "mailto:x", "internal:x"]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def widths(sheet: Any) -> list[int]:
    """Return the widths of the columns; the file counts what stands around the letters too."""
    return [
        round(sheet.column_dimensions[letter].width - 0.71) for letter in "ABCDEFGHIJ"[: sheet.max_column]
    ]


def test_a_table_we_write_can_be_read_back() -> None:
    rows: list[list[object]] = [
        ["G001", "张三", date(2026, 3, 1), 3, 0.5, None],
        ["0002", "李四", None, 0, 1.0, "好"],
    ]
    content = write_table(
        "清河镇花名册", ["工号", "姓名", "开始", "次数", "比例", "备注"], rows, subtitle="演示数据"
    )
    assert [tuple(row) for row in read_table(content, "a.xlsx")] == [
        (1, ("清河镇花名册",)),
        (2, ("演示数据",)),
        (3, ("工号", "姓名", "开始", "次数", "比例", "备注")),
        (4, ("G001", "张三", "2026-03-01", "3", "0.5")),
        (5, ("0002", "李四", "", "0", "1", "好")),
    ]


@pytest.mark.parametrize("text", HOSTILE + HARMLESS)
@pytest.mark.parametrize("text_columns", [(), ("内容",)])
def test_text_never_becomes_a_formula_a_number_a_link_or_an_error(
    text: str, text_columns: tuple[str, ...]
) -> None:
    content = write_table("表", ["内容"], [[text]], text_columns=text_columns)
    cell = opened(content)["A3"]
    assert (cell.data_type, cell.value) == ("s", text)
    assert cell.quotePrefix is (text in HOSTILE), "else a program makes a formula of it when it is edited"
    assert cell.number_format == ("@" if text_columns else "General")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet and b"<hyperlink" not in sheet


@pytest.mark.parametrize("place", ["title", "subtitle", "heading"])
@pytest.mark.parametrize("text", HOSTILE)
def test_nor_does_what_stands_above_the_rows(place: str, text: str) -> None:
    given = {"title": "表", "subtitle": "", "heading": "内容", place: text}
    content = write_table(given["title"], [given["heading"]], [["好"]], subtitle=given["subtitle"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", HOSTILE)
def test_nor_in_csv(text: str, tmp_path: Path) -> None:
    table = Csv(tmp_path / "t.csv", [text])
    table.add([[text, -1, "负1"]])
    table.close()
    content = (tmp_path / "t.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "by this old Excel knows the encoding"
    headings, row = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert headings == [f"'{text}"]
    assert row == [f"'{text}", "-1", "负1"]


def test_csv_has_days_and_moments_of_the_town(tmp_path: Path) -> None:
    table = Csv(tmp_path / "t.csv", ["日期", "时间", "空"])
    table.add([[date(2026, 3, 1), datetime(2026, 3, 1, 17, 30, tzinfo=UTC), None]])
    table.close()
    assert (tmp_path / "t.csv").read_text("utf-8-sig").splitlines()[1] == "2026-03-01,2026-03-02 01:30,"


def test_dates_and_numbers_stay_what_they_are_and_moments_are_the_towns() -> None:
    at = datetime(2026, 2, 28, 16, 30, tzinfo=UTC)
    sheet = opened(write_table("表", ["日期", "时间", "次数"], [[date(2026, 3, 1), at, 3]]))
    assert sheet["A3"].is_date and f"{sheet['A3'].value}" == "2026-03-01 00:00:00"
    assert sheet["B3"].is_date and f"{sheet['B3'].value}" == "2026-03-01 00:30:00"
    assert (sheet["C3"].data_type, sheet["C3"].value) == ("n", 3)
    assert (sheet["A3"].number_format, sheet["B3"].number_format) == ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")


def test_staff_numbers_and_phones_stay_text_when_edited() -> None:
    sheet = opened(
        write_table("表", ["工号", "姓名"], [["001", "张三"], ["", "李四"]], text_columns=("工号",))
    )
    assert (sheet["A3"].number_format, sheet["B3"].number_format) == ("@", "General")
    assert sheet["A4"].number_format == "@"


def test_the_sheet_is_ready_to_print() -> None:
    rows = [["张三", "很长的内容" * 20]] * 3
    target = io.BytesIO()
    lines = ("统计时间：3月", "制表单位：清河镇")
    table = Workbook(target, "走访：3月/4月", ["姓名", "内容"], lines=lines, made_by="制表人：甲&乙")
    table.add(rows[:2])
    table.add(rows[2:])
    table.close()
    sheet = opened(target.getvalue())
    assert sheet.title == "走访：3月 4月"
    assert [sheet[f"A{row}"].value for row in (1, 2, 3)] == ["走访：3月/4月", *lines]
    assert {str(each) for each in sheet.merged_cells.ranges} == {"A1:B1", "A2:B2", "A3:B3"}
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:B7"
    assert sheet.print_title_rows == "$4:$4"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
    assert sheet.oddFooter.center.text == "第&P页 共&N页"
    assert sheet.oddFooter.left.text == "制表人：甲&&乙"
    assert sheet["A4"].fill.fgColor.rgb.endswith("E2EFDA")
    assert sheet["B5"].alignment.wrap_text


@pytest.mark.parametrize(
    ("heading", "values", "width"),
    [
        ("姓名", ["欧阳建国"], 8),
        ("内容", ["很长的内容" * 20], 40),
        ("内容", ["abc", "一行\n两行字"], 6),
        ("上级平台编号", ["A1"], 6),
        ("上级平台的编号", ["A1"], 8),
        ("紧急程度", ["A1"], 8),
        ("村", [""], 6),
        ("时间", [datetime(2026, 3, 1, tzinfo=UTC)], 16),
        ("日期", [date(2026, 3, 1)], 10),
        ("次数", [1234567890123], 13),
    ],
)
def test_a_column_is_as_wide_as_its_longest_line_and_no_wider_than_forty(
    heading: str, values: list[object], width: int
) -> None:
    """Chinese counts two; a long heading stands on two lines."""
    sheet = opened(write_table("表", [heading, "二"], [[value, ""] for value in values]))
    assert widths(sheet)[0] == width + 1


def test_a_row_is_as_high_as_its_longest_cell() -> None:
    """Nothing is cut where a program makes no room by itself; a row of one line is left to it."""
    rows = [
        ["短", "短"],
        ["短", "长" * 4000],
        ["短", "很长的内容" * 20],
        ["一\n二\n三", ""],
        ["短", "长" * 20],
    ]
    sheet = opened(write_table("表", ["甲", "乙"], rows))
    heights = [sheet.row_dimensions[number].height for number in range(3, 8)]
    assert heights == [None, 408.75, 84.75, 44.25, None]


def test_moments_of_one_year_need_no_year() -> None:
    target = io.BytesIO()
    table = Workbook(target, "表", ["时间", "二"], moments=MOMENT_OF_THE_YEAR)
    table.add([[datetime(2026, 2, 28, 16, 30, tzinfo=UTC), ""]])
    table.close()
    sheet = opened(target.getvalue())
    assert (sheet["A3"].number_format, f"{sheet['A3'].value}") == ("mm-dd hh:mm", "2026-03-01 00:30:00")
    assert widths(sheet)[0] == 12


def test_characters_no_workbook_may_hold_are_left_out() -> None:
    content = write_table("表\x01", ["姓名"], [["张\x00三\ud800😀\uffff\x1b"]])
    assert opened(content)["A3"].value == "张三😀"


def test_a_table_without_rows_is_still_a_table() -> None:
    content = write_table("空表", ["姓名", "电话"], [])
    assert len(read_table(content, "a.xlsx")) == 2
    assert opened(content).auto_filter.ref == "A2:B2"


def test_a_text_too_long_for_a_cell_is_cut_and_the_file_still_opens() -> None:
    assert len(opened(write_table("表", ["内容"], [["长" * 40_000]]))["A3"].value) == 32_767
    assert say("sheet.footer").count("&") == 2
