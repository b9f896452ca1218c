"""Tables that people send, hostile ones among them."""

import gzip
import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from wangge.reports import sheets
from wangge.reports.sheets import read_table, safe_name
from wangge.rules.errors import PersonError
from wangge.texts import say

TABLE = "工号,姓名,电话\nG1,张三,13800000001\n"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(*rows: list[Any], extra_sheets: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[-1].append(row)
    for number in range(extra_sheets):
        book.create_sheet(f"空{number}", 0)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def forged(part: str, text: str) -> bytes:
    """A workbook in which one part has been replaced."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["x"]))) as good, zipfile.ZipFile(output, "w", 8) as bad:
        for name in good.namelist():
            bad.writestr(name, text if name == part else good.read(name))
    return output.getvalue()


def refusal(content: bytes, name: str = "名单.xlsx") -> str:
    """The id of the sentence with which a file is refused; the sentence itself can be said."""
    with pytest.raises(PersonError) as refused:
        read_table(content, name)
    sentence = say(refused.value.text_id, **refused.value.values)
    assert sentence.endswith("。") and safe_name(name) in sentence
    return refused.value.text_id


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_office_programs_write(encoding: str, delimiter: str) -> None:
    content = TABLE.replace(",", delimiter).encode(encoding)
    assert [row.cells for row in read_table(content, "名单.csv")] == [
        ("工号", "姓名", "电话"),
        ("G1", "张三", "13800000001"),
    ]


def test_rows_keep_the_numbers_the_person_sees() -> None:
    expected = [(1, ("姓名", "村")), (3, ("张三", "东桥村")), (6, ("李四",))]
    csv = '姓名,村\n\n"张三","东桥村"\n,,\n \u3000,\n李四,,\n'
    assert [tuple(row) for row in read_table(csv.encode(), "a.csv")] == expected
    book = workbook(["姓名", "村"], [], ["张三", "东桥村"], [None, ""], [" \u3000"], ["李四", None])
    assert [tuple(row) for row in read_table(book, "a.xlsx")] == expected


def test_a_line_break_inside_a_cell_does_not_shift_the_rows() -> None:
    rows = read_table('姓名,村\n张三,"东桥村\n西桥村"\n李四,东桥村\n'.encode(), "a.csv")
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[1].cells == ("张三", "东桥村\n西桥村")


def test_cells_become_text_as_the_person_sees_it() -> None:
    values = [
        13800000001.0,
        13800000002,
        1.5,
        date(2026, 3, 1),
        datetime(2026, 3, 1, 9, 30),  # noqa: DTZ001 - workbooks know no zones
        "　１２３\ufeff ",
        "老<b>&😀",
        "阿依古丽·买买提",
    ]
    (row,) = read_table(workbook(values), "a.xlsx")
    assert row.cells == (
        "13800000001",
        "13800000002",
        "1.5",
        "2026-03-01",
        "2026-03-01 09:30",
        "１２３",
        "老<b>&😀",
        "阿依古丽·买买提",
    )


def test_the_first_sheet_with_contents_is_read() -> None:
    (row,) = read_table(workbook(["张三"], extra_sheets=2), "a.xlsx")
    assert row.cells == ("张三",)


def test_hidden_sheets_are_not_read() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["内部"])
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("名单").append(["张三"])
    output = io.BytesIO()
    book.save(output)
    assert [row.cells for row in read_table(output.getvalue(), "a.xlsx")] == [("张三",)]


def test_a_gzipped_csv_is_read() -> None:
    assert len(read_table(gzip.compress(TABLE.encode()), "a.csv.gz")) == 2


@pytest.mark.parametrize(
    ("content", "text_id"),
    [
        (b"", "sheet.empty"),
        (b" \r\n\t", "sheet.empty"),
        (b",,\n,,\n", "sheet.empty"),
        ("\ufeff".encode(), "sheet.empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "sheet.old_excel"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "sheet.encrypted"),
        (b"%PDF-1.7\n%\xe2\xe3", "sheet.pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "sheet.picture"),
        (b"\x89PNG\r\n\x1a\n", "sheet.picture"),
        (b"\x00\x00\x00\x18ftypheic", "sheet.picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "sheet.picture"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "sheet.not_table"),
        (b"PK\x03\x04 broken", "sheet.damaged"),
        (b"\x1f\x8b broken", "sheet.damaged"),
        (b"\x00\x01\x02\x03\xfe", "sheet.encoding"),
        (b"\xff\xfea", "sheet.encoding"),
        ('姓名\n"张三\n李四\n'.encode(), "sheet.quotes"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes, text_id: str) -> None:
    assert refusal(content) == text_id


def test_other_zip_files_are_no_table() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(output.getvalue()) == "sheet.not_table"


def test_a_file_of_fifty_megabytes_is_refused_unread() -> None:
    assert refusal(b"PK\x03\x04" + bytes(50 * 1024 * 1024)) == "sheet.too_big"


def test_a_zip_bomb_is_refused_unopened() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(sheets.LARGEST_UNPACKED + 1))
    assert len(output.getvalue()) < 1_000_000
    assert refusal(output.getvalue()) == "sheet.expands"


def test_a_gzip_bomb_is_refused() -> None:
    assert refusal(gzip.compress(bytes(sheets.LARGEST_UNPACKED + 1), 1)) == "sheet.expands"


def test_entities_that_expand_are_refused() -> None:
    entities = '<!ENTITY e0 "0000000000">'
    for number in range(1, 9):
        entities += f'<!ENTITY e{number} "' + f"&e{number - 1};" * 10 + '">'
    sheet = f'<!DOCTYPE x [{entities}]><worksheet {MAIN}><sheetData><row r="1"><c r="A1" t="str"><v>&e8;</v></c></row></sheetData></worksheet>'
    assert refusal(forged("xl/worksheets/sheet1.xml", sheet)) == "sheet.damaged"


def test_a_forged_dimension_does_not_pad_the_rows() -> None:
    sheet = f'<worksheet {MAIN}><dimension ref="A1:XFD1048576"/><sheetData><row r="2"><c r="A2" t="str"><v>张三</v></c></row></sheetData></worksheet>'
    assert read_table(forged("xl/worksheets/sheet1.xml", sheet), "a.xlsx") == [(2, ("张三",))]


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_damaged_part_is_refused(part: str) -> None:
    assert refusal(forged(part, "<not xml")) == "sheet.damaged"


def test_a_cell_far_out_is_too_many_columns() -> None:
    assert refusal(b"a" + b"," * 100 + b"b") == "sheet.too_many_columns"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    assert len(read_table(b"1\n2\n3\n", "a.csv")) == 3
    assert refusal(b"1\n2\n3\n4\n") == "sheet.too_many_rows"
    assert refusal(workbook([1], [2], [3], [4])) == "sheet.too_many_rows"


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("花名册.xlsx", "花名册.xlsx"),
        ("../../x.xlsx", "x.xlsx"),
        ("C:\\temp\\x.xlsx", "x.xlsx"),
        ("a\x00b\n.xlsx", "ab.xlsx"),
        ("\u202excod.xlsx", "xcod.xlsx"),
        ("...", "文件"),
        ("", "文件"),
        ("../", "文件"),
        ("名单", "名单"),
        ("<b>{name}</b>.csv", "b.csv"),
        ("长" * 300 + ".xlsx", "长" * 60 + ".xlsx"),
    ],
)
def test_hostile_file_names_lose_their_sting(hostile: str, safe: str) -> None:
    assert safe_name(hostile) == safe


def test_a_refusal_names_the_file_without_its_folders() -> None:
    assert refusal(b"", "../../etc/名\x07单{0}.xlsx") == "sheet.empty"
