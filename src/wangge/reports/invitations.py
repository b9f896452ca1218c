"""Invitations on paper: eight cards on an A4 page, to be cut apart and handed over.

A card is worth a post for 72 hours, so it says whose it is and how it is used.
"""

import io
from collections.abc import Sequence

import segno
from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_ALIGN_VERTICAL, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from wangge.reports.sheets import printable
from wangge.rules.roster import Invitation
from wangge.texts import say

COLUMNS = 2
CARD_WIDTH, CARD_HEIGHT = Mm(97), Mm(68)
"""Four rows are 272 mm of the 281 between the margins; a fifth goes to the next page."""
MARGIN_SIDES, MARGIN_ENDS = Mm(8), Mm(8)
CODE_SIDE, CODE_COLUMN, WORDS_COLUMN = Mm(38), Mm(41), Mm(51)
LONG_NAME, LONG_POST, LONGEST_POST = 9, 36, 60
"""Characters from which a name or post is set smaller; a longer post is cut."""

LINE_HEIGHT = 1.35

LATIN_FONT = "Arial"
CHINESE_FONT = "微软雅黑"
"""Comes with Word; where it is missing, LibreOffice and WPS take the Chinese font they have."""
GREY = RGBColor(0x59, 0x59, 0x59)


def invitation_sheet(invitations: Sequence[Invitation], town: str, demo: bool) -> bytes:
    """Return the cards as a Word document of A4 pages, eight to a page.

    Args:
        demo: print 演示数据 on every card.
    """
    paper = _empty_paper(say("invitation.title", town=town))
    table = _cut_table(paper, len(invitations))
    for place, invitation in enumerate(invitations):
        cell = table.cell(place // COLUMNS, place % COLUMNS)
        _fill_card(cell, invitation, town, demo)
    # Word wants a paragraph after a table; it must not open a page of its own.
    _tighten(paper.add_paragraph(), Pt(1))
    output = io.BytesIO()
    paper.save(output)
    return output.getvalue()


def _empty_paper(title: str) -> Paper:
    paper = Document()
    paper.core_properties.title = title
    paper.core_properties.author = ""
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = MARGIN_SIDES
    section.top_margin = section.bottom_margin = MARGIN_ENDS
    section.header_distance = section.footer_distance = Mm(4)
    _set_fonts(paper)
    return paper


def _set_fonts(paper: Paper) -> None:
    """Name a Chinese font and language; without them some programs draw Japanese shapes."""
    properties = paper.styles["Normal"].element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for script, font in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", CHINESE_FONT)):
        fonts.set(qn(f"w:{script}"), font)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "zh-CN")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)


def _cut_table(paper: Paper, cards: int) -> Table:
    """Return a table of cards with light lines to cut along."""
    table: Table = paper.add_table(rows=-(-cards // COLUMNS), cols=COLUMNS)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _draw_cut_lines(table)
    for row in table.rows:
        row.height, row.height_rule = CARD_HEIGHT, WD_ROW_HEIGHT_RULE.EXACTLY
        _keep_whole(row)
        for cell in row.cells:
            cell.width = CARD_WIDTH
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    return table


def _draw_cut_lines(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "dashed"), ("sz", "4"), ("space", "0"), ("color", "BFBFBF")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    # Word refuses a file whose elements stand in another order than its schema says.
    properties = table._tbl.tblPr  # noqa: SLF001 - python-docx has no words for borders
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _keep_whole(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - no words for this either


def _fill_card(cell: _Cell, invitation: Invitation, town: str, demo: bool) -> None:
    upper = cell.add_table(rows=1, cols=2)
    upper.autofit = False
    for column, width in zip(upper.columns, (CODE_COLUMN, WORDS_COLUMN), strict=True):
        column.width = column.cells[0].width = width
    code_cell, words_cell = upper.rows[0].cells
    words_cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
    _draw_code(code_cell.paragraphs[0], invitation.link)
    _say_who(words_cell, invitation, town, demo)
    # A cell begins with a paragraph, and gets another behind an inner table.
    for empty in cell.paragraphs:
        _tighten(empty, Pt(3))
    _line(cell, say("invitation.how"), Pt(9))
    _line(cell, say("invitation.term"), Pt(9))
    _line(cell, invitation.link, Pt(7), colour=GREY)


def _draw_code(paragraph: Paragraph, link: str) -> None:
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=8, border=3)
    paragraph.add_run().add_picture(picture, width=CODE_SIDE)
    _tighten(paragraph)


def _say_who(cell: _Cell, invitation: Invitation, town: str, demo: bool) -> None:
    title = cell.paragraphs[0]
    _write(title, say("invitation.title", town=town), Pt(9), colour=GREY)
    _line(cell, invitation.name, Pt(12 if len(invitation.name) > LONG_NAME else 16), bold=True)
    post = invitation.post if len(invitation.post) <= LONGEST_POST else invitation.post[:LONGEST_POST] + "…"
    _line(cell, post, Pt(9 if len(post) > LONG_POST else 11))
    if demo:
        _line(cell, say("invitation.demo"), Pt(9), colour=RGBColor(0xC0, 0x00, 0x00))


def _line(
    cell: _Cell, text: str, size: Length, *, bold: bool = False, colour: RGBColor | None = None
) -> None:
    _write(cell.add_paragraph(), text, size, bold=bold, colour=colour)


def _write(
    paragraph: Paragraph, text: str, size: Length, *, bold: bool = False, colour: RGBColor | None = None
) -> None:
    run = paragraph.add_run(printable(text))
    run.font.size, run.font.bold = size, bold
    if colour is not None:
        run.font.color.rgb = colour
    # In points, not in lines: the height of a line depends on the font that a machine has.
    _tighten(paragraph, Pt(size.pt * LINE_HEIGHT))


def _tighten(paragraph: Paragraph, height: Length | None = None) -> None:
    """Leave no room around a paragraph; `height` is that of its lines, None: what a picture needs."""
    layout = paragraph.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing = 1.0 if height is None else height
