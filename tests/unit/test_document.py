"""The annual report as a Word file, read back: layout of GB/T 9704-2012, and where each number comes from."""

import io
import re
import zipfile
from typing import Any

import pytest
from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from PIL import Image
from tests.unit.test_annual import a_year, report_of

from wangge.reports.document import write

MARK = re.compile(r"\[(\d+)\]")


def paper_of(*, is_demo: bool = False, **options: Any) -> Paper:
    report = report_of(a_year())
    if is_demo:
        report = type(report)(**{**vars(report), "is_demo": True})
    return Document(io.BytesIO(write(report, **options)))


@pytest.fixture(scope="module")
def clean() -> Paper:
    return paper_of()


@pytest.fixture(scope="module")
def working() -> Paper:
    picture = io.BytesIO()
    Image.new("RGB", (1080, 600), "white").save(picture, "PNG")
    return paper_of(is_working=True, charts=[picture.getvalue()] * 2)


def font_of(paper: Paper, line: Paragraph) -> tuple[str | None, float]:
    """Return the Chinese font and size that a line is set in: its own, its style's, the body's."""
    styles = (line.style, paper.styles["Normal"])
    run = line.runs[0]
    sources = [run._r.rPr, *(style.element.rPr for style in styles if style is not None)]
    fonts = [
        found.rFonts.get(qn("w:eastAsia"))
        for found in sources
        if found is not None and found.rFonts is not None
    ]
    sizes = [run.font.size, *(style.font.size for style in styles if style is not None)]
    return fonts[0], next(size.pt for size in sizes if size)


def test_the_page_is_that_of_an_official_document(clean: Paper) -> None:
    (section,) = clean.sections
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    found = (section.page_width, section.page_height, *margins)
    for length, millimetres in zip(found, (210, 297, 37, 35, 28, 26), strict=True):
        assert length is not None and abs(length - Mm(millimetres)) < Mm(0.1)


def test_body_title_and_headings_have_their_fonts(clean: Paper) -> None:
    title = clean.paragraphs[0]
    assert title.text == "清河镇2022年法治政府建设情况报告"
    assert font_of(clean, title) == ("方正小标宋简体", 22) and title.alignment == WD_ALIGN_PARAGRAPH.CENTER
    expected = {
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "Heading 3": "仿宋_GB2312",
        "Normal": "仿宋_GB2312",
    }
    seen = set()
    for line in clean.paragraphs[1:]:
        if line.runs:
            assert line.style is not None and font_of(clean, line) == (expected[str(line.style.name)], 16)
            seen.add(line.style.name)
    assert seen == set(expected)
    assert not any(run.font.bold for line in clean.paragraphs for run in line.runs)


def test_lines_are_28_points_and_begin_two_characters_in(clean: Paper) -> None:
    normal = clean.styles["Normal"].paragraph_format
    assert (normal.line_spacing, normal.line_spacing_rule) == (Pt(28), WD_LINE_SPACING.EXACTLY)
    assert all(line.paragraph_format.line_spacing is None for line in clean.paragraphs[1:])
    lines = [line for line in clean.paragraphs[3:-3] if line.text]
    for line in lines:
        own = line._p.pPr.ind if line._p.pPr is not None else None
        indent = own if own is not None else line.style.element.pPr.ind  # type: ignore[union-attr]  # it has one
        assert (indent.get(qn("w:firstLineChars")), indent.get(qn("w:firstLine"))) == ("200", "640")
    addressee = clean.paragraphs[2]
    assert addressee.text.endswith("：") and addressee._p.pPr is None


def test_28_characters_fit_a_line(clean: Paper) -> None:
    closer = clean.styles["Normal"].element.rPr.find(qn("w:spacing")).get(qn("w:val"))
    section = clean.sections[0]
    wide = section.page_width - section.left_margin - section.right_margin  # type: ignore[operator]  # all are set
    assert 28 * (16 + int(closer) / 20) <= wide / Pt(1) < 29 * (16 + int(closer) / 20)


def test_pages_are_numbered_between_dashes_on_the_outer_side(clean: Paper) -> None:
    section = clean.sections[0]
    assert clean.settings.odd_and_even_pages_header_footer
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        (line,) = footer.paragraphs
        field = line._p.find(qn("w:fldSimple"))
        assert field is not None and field.get(qn("w:instr")) == "PAGE"
        assert "".join(text.text or "" for text in line._p.iter(qn("w:t"))) == "— 1 —"
        assert line.alignment == side
        assert line.paragraph_format.left_indent == line.paragraph_format.right_indent == Pt(14)
    footer_style = clean.styles["Footer"]
    assert footer_style.font.size == Pt(14)
    assert footer_style.element.rPr.rFonts.get(qn("w:eastAsia")) == "宋体"


def test_places_are_yellow_and_nothing_else_is(clean: Paper) -> None:
    yellow = [
        run.text
        for line in clean.paragraphs
        for run in line.runs
        if run.font.highlight_color == WD_COLOR_INDEX.YELLOW
    ]
    assert len(yellow) > 25
    assert all(re.fullmatch("〔此处由撰稿人填写：[^〔〕]+〕", text) for text in yellow)
    assert "".join(line.text for line in clean.paragraphs).count("〔") == len(yellow)


def test_signature_and_date_stand_right_and_not_alone_on_a_page(clean: Paper) -> None:
    *_, last, empty, signature, day = clean.paragraphs
    assert (signature.text, day.text) == ("清河镇人民政府", "2023年1月31日")
    assert signature.alignment == day.alignment == WD_ALIGN_PARAGRAPH.RIGHT
    # 仿宋 digits are half a character wide: the date takes 6.5 characters, four from the margin; 7 stand over it.
    assert day.paragraph_format.right_indent == Pt(4 * 16)
    assert signature.paragraph_format.right_indent == Pt(3.75 * 16)
    assert all(line.paragraph_format.keep_with_next for line in (last, empty, signature))


def test_what_is_sent_has_no_marks_and_no_sources(clean: Paper) -> None:
    assert not any(run.font.superscript for line in clean.paragraphs for run in line.runs)
    assert not clean.tables and "数据来源和口径" not in "".join(line.text for line in clean.paragraphs)


def test_each_number_of_the_working_document_has_a_line_in_its_table(working: Paper) -> None:
    (table,) = working.tables
    heads = [cell.text for cell in table.rows[0].cells]
    assert heads == ["编号", "数值", "名称", "口径", "统计时间", "截止", "记录数", "封账数"]
    rows = {cells[0]: cells for cells in ([cell.text for cell in row.cells] for row in table.rows[1:])}
    used: set[str] = set()
    for line in working.paragraphs:
        for number, mark in zip(line.runs, line.runs[1:], strict=False):
            if mark.font.superscript:
                (key,) = MARK.findall(mark.text)
                assert rows[key][1] == number.text
                used.add(key)
    assert used == set(rows) == {str(number) for number in range(1, len(rows) + 1)}
    valid = next(cells for cells in rows.values() if cells[2] == "有效上报")
    assert valid[1:] == [
        "11572",
        "有效上报",
        valid[3],
        "2022-01-01至2022-12-31",
        "2023-01-31",
        "11572",
        "11560",
    ]
    assert all(cells[2] and len(cells[3]) > 6 for cells in rows.values())
    assert rows[next(key for key, cells in rows.items() if cells[2] == "应走访次数")][6] == "—"


def test_the_sources_lie_on_their_side_and_the_charts_fit(working: Paper) -> None:
    upright, lying = working.sections
    assert upright.orientation == WD_ORIENT.PORTRAIT and lying.orientation == WD_ORIENT.LANDSCAPE
    assert len(working.inline_shapes) == 2
    height = lying.page_height - lying.top_margin - lying.bottom_margin  # type: ignore[operator]  # all are set
    for shape in working.inline_shapes:
        assert shape.height < height and abs(shape.width / shape.height - 1080 / 600) < 0.01


def test_both_say_the_same(clean: Paper, working: Paper) -> None:
    text = [line.text for line in clean.paragraphs]
    marked = [
        "".join(run.text for run in line.runs if not run.font.superscript) for line in working.paragraphs
    ]
    assert marked[: len(text)] == text


def test_made_up_data_is_marked_on_every_page(clean: Paper) -> None:
    for paper, text in ((clean, ""), (paper_of(is_demo=True, is_working=True), "演示数据")):
        for section in paper.sections:
            assert "".join(line.text for line in section.header.paragraphs) == text
            assert "".join(line.text for line in section.even_page_header.paragraphs) == text


def test_the_same_report_gives_the_same_bytes_and_names_its_fonts() -> None:
    report = report_of(a_year())
    content = write(report, is_working=True)
    assert content == write(report, is_working=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        fonts = archive.read("word/fontTable.xml").decode()
        assert not any(b"ja-JP" in archive.read(part) for part in ("word/settings.xml", "word/document.xml"))
    assert re.findall('w:altName w:val="([^"]+)"', fonts)[-1] == "仿宋,FangSong"
