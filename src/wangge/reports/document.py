"""A report as a Word file, laid out as GB/T 9704-2012 asks of official documents (公文).

The same report gives the same bytes. Fonts are named as the standard names them; whoever has
them not reads the next best, which the font table of the file names.
"""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.text.font import CT_RPr
from docx.section import _BaseHeaderFooter
from docx.shared import Emu, Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table
from docx.text.run import Run as Piece

from wangge.reports.prose import Heading, Number, Paragraph, Place, Report, Source
from wangge.reports.sheets import printable
from wangge.texts import say

SONG_TITLE, SONG, HEI, KAI, FANG = "方正小标宋简体", "宋体", "黑体", "楷体_GB2312", "仿宋_GB2312"
ALIKE = {SONG_TITLE: "小标宋,SimSun", SONG: "SimSun", HEI: "SimHei", KAI: "楷体,KaiTi", FANG: "仿宋,FangSong"}
"""Other names of the same fonts: Windows has 仿宋 where older offices have 仿宋_GB2312."""
TITLE, BODY, PAGE_NUMBER, SMALL = Pt(22), Pt(16), Pt(14), Pt(10.5)
"""二号, 三号, 四号, 五号."""
PITCH, TITLE_PITCH, SMALL_PITCH = Pt(28), Pt(36), Pt(16)
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)
LETTERS = 28
"""Characters in a line. Of 16 pt they would be 2 mm too wide, so they stand a little closer."""
CLOSER = -(-20 * (LETTERS * BODY - (Mm(210) - LEFT - RIGHT)) // (LETTERS * Pt(1)))
"""By how many twentieths of a point; LibreOffice reads a grid of characters differently."""
FOOT = Mm(22.5)
"""From the paper's edge: so the page number's dashes stand 7 mm under the text."""
DATE_INDENT = 4
"""Characters right of the date of a document that is sealed; whose it is stands centred over it."""
RED = RGBColor(0xC0, 0x00, 0x00)
COLUMNS = (Mm(13), Mm(20), Mm(42), Mm(78), Mm(30), Mm(25), Mm(17))
CHART = Mm(156), Mm(135)
"""The most that a chart may be wide and high."""
STILL = datetime(2012, 7, 1, tzinfo=UTC)
"""The time that the file carries, whenever it was made."""
NEVER = (1980, 1, 1, 0, 0, 0)


def write(report: Report, *, is_working: bool = False, charts: Sequence[bytes] = ()) -> bytes:
    """Return a report as a Word file of A4 pages.

    Args:
        is_working: with a mark at each number and the table of sources at the end.
        charts: PNG pictures for the end of the working document.
    """
    paper = _empty_paper(report)
    marks = _marks(report) if is_working else {}
    _write_title(paper, report.title)
    for block in report.blocks:
        if isinstance(block, Heading):
            paper.add_paragraph(printable(block.text), f"Heading {block.level}")
        else:
            _write_paragraph(paper, block, marks)
    _sign(paper, report)
    if is_working:
        _open_landscape(paper)
        _write_sources(paper, [(mark, report.sources[name]) for name, mark in marks.items()])
        for chart in charts:
            _put_chart(paper, chart)
    return _as_bytes(paper)


def _marks(report: Report) -> dict[str, int]:
    """Return the number of each figure's source, in the order in which they are read."""
    names = dict.fromkeys(number.figure for number in report.numbers)
    return {name: mark for mark, name in enumerate(names, start=1)}


# The paper


def _empty_paper(report: Report) -> Paper:
    paper = Document()
    properties = paper.core_properties
    properties.title, properties.author, properties.comments = report.title, "", ""
    properties.created = properties.modified = STILL.replace(tzinfo=None)
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = TOP, BOTTOM
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.header_distance, section.footer_distance = Mm(22), FOOT
    _set_styles(paper)
    _name_fonts(paper)
    paper.settings.odd_and_even_pages_header_footer = True
    for language in paper.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")  # Japanese in the library's template
    _number_pages(section.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _number_pages(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)
    if report.is_demo:
        _mark_demo(section.header)
        _mark_demo(section.even_page_header)
    return paper


def _set_styles(paper: Paper) -> None:
    normal = _style(paper, "Normal")
    _set_font(normal, FANG, BODY)
    _set_closer(normal.element.get_or_add_rPr(), CLOSER)
    layout = normal.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, PITCH
    layout.space_before = layout.space_after = Pt(0)
    layout.alignment, layout.widow_control = WD_ALIGN_PARAGRAPH.JUSTIFY, False
    for switch in ("w:autoSpaceDE", "w:autoSpaceDN"):  # no gaps around digits
        off = parse_xml(f'<{switch} {nsdecls("w")} w:val="0"/>')
        normal.element.pPr.insert_element_before(off, "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
    for level, font in enumerate((HEI, KAI, FANG), start=1):
        heading = _style(paper, f"Heading {level}")
        _set_font(heading, font, BODY)
        heading.paragraph_format.space_before = heading.paragraph_format.space_after = Pt(0)
        heading.paragraph_format.keep_with_next = True
        _indent_first(heading.element.get_or_add_pPr())
    for name in ("Header", "Footer"):
        _set_font(_style(paper, name), SONG, PAGE_NUMBER)


def _style(paper: Paper, name: str) -> ParagraphStyle:
    found = paper.styles[name]
    assert isinstance(found, ParagraphStyle), name  # noqa: S101 - it is one in the library's own template
    return found


def _set_font(style: ParagraphStyle, name: str, size: Length) -> None:
    properties = style.element.get_or_add_rPr()
    for tag in ("w:rFonts", "w:lang"):  # the template names fonts of a theme
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    fonts = properties.get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)
    style.font.size, style.font.bold, style.font.italic = size, False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    # Digits are no Chinese: in a Chinese word they would be broken at any place of a line's end.
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>'))


def _set_closer(properties: CT_RPr, twentieths: int) -> None:
    """Set letters closer by twentieths of a point; it stands where the schema wants it."""
    closer = parse_xml(f'<w:spacing {nsdecls("w")} w:val="{-twentieths}"/>')
    properties.insert_element_before(
        closer, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:highlight", "w:lang"
    )


def _name_fonts(paper: Paper) -> None:
    """Write the font table: what each font is also called, and that it is Chinese."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"modern" if name == HEI else "roman"}"/><w:pitch w:val="auto"/></w:font>'
        for name, others in ALIKE.items()
    )
    for part in paper.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            table = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
            part._blob = table.encode()  # noqa: SLF001 - the library keeps this part as bytes


def _number_pages(footer: _BaseHeaderFooter, side: WD_ALIGN_PARAGRAPH) -> None:
    """Write — 1 — a character from the outer margin."""
    footer.is_linked_to_previous = False
    line = footer.paragraphs[0]
    layout = line.paragraph_format
    layout.alignment, layout.line_spacing = side, Pt(14)
    layout.left_indent = layout.right_indent = PAGE_NUMBER
    before, after = say("annual.page", page="#").split("#")
    line.add_run(before)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    field.append(Piece(OxmlElement("w:r"), line)._r)  # noqa: SLF001 - python-docx has no words for fields
    Piece(field[0], line).text = "1"
    line._p.append(field)  # noqa: SLF001 - the same
    line.add_run(after)


def _mark_demo(header: _BaseHeaderFooter) -> None:
    header.is_linked_to_previous = False
    line = header.paragraphs[0]
    line.alignment, line.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.RIGHT, Pt(14)
    line.add_run(say("annual.demo")).font.color.rgb = RED


# What stands on it


def _write_title(paper: Paper, title: str) -> None:
    line = paper.add_paragraph()
    line.alignment, line.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.CENTER, TITLE_PITCH
    _set_piece(line.add_run(printable(title)), SONG_TITLE, TITLE)
    paper.add_paragraph()


def _write_paragraph(paper: Paper, paragraph: Paragraph, marks: dict[str, int]) -> None:
    line = paper.add_paragraph()
    if not paragraph.is_addressee:
        _indent_first(line._p.get_or_add_pPr())  # noqa: SLF001 - no words for an indent in characters
    for run in paragraph.runs:
        if isinstance(run, Place):
            piece = line.add_run(say("annual.place", hint=printable(run.hint)))
            piece.font.highlight_color = WD_COLOR_INDEX.YELLOW
        else:
            line.add_run(printable(run.text))
        if isinstance(run, Number) and run.figure in marks:
            line.add_run(f"[{marks[run.figure]}]").font.superscript = True


def _indent_first(properties: object) -> None:
    """Indent the first line by two characters, whatever their size."""
    indent = properties.get_or_add_ind()  # type: ignore[attr-defined]  # an element of python-docx
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(round(2 * BODY.pt * 20)))


def _sign(paper: Paper, report: Report) -> None:
    """Write whose it is and when, right, the first centred over the second; not alone on a page."""
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    paper.add_paragraph().paragraph_format.keep_with_next = True
    date_width, name_width = _width(report.date), _width(report.signature)
    for text, indent in (
        (report.signature, max(0.0, DATE_INDENT - (name_width - date_width) / 2)),
        (report.date, DATE_INDENT),
    ):
        line = paper.add_paragraph(printable(text))
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = Emu(round(indent * BODY))
        line.paragraph_format.keep_with_next = text is report.signature


def _width(text: str) -> float:
    """Return how wide a line is in characters; digits are half as wide."""
    return sum(0.5 if letter.isascii() else 1.0 for letter in text)


# The working document's last part


def _open_landscape(paper: Paper) -> None:
    section = paper.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin, section.bottom_margin = LEFT, Mm(30)
    section.left_margin, section.right_margin = BOTTOM, TOP
    section.header_distance, section.footer_distance = Mm(15), Mm(18)


def _write_sources(paper: Paper, sources: Sequence[tuple[int, Source]]) -> None:
    paper.add_paragraph(say("annual.sources"), "Heading 1")
    lead = paper.add_paragraph(say("annual.sources.lead"))
    _indent_first(lead._p.get_or_add_pPr())  # noqa: SLF001 - no words for an indent in characters
    heads = say("annual.sources.heads").split()
    widths: list[int] = list(COLUMNS)
    if has_frozen := any(source.frozen is not None for _, source in sources):
        heads.append(say("annual.sources.frozen"))
        widths = [*widths[:3], widths[3] - widths[-1], *widths[4:], widths[-1]]
    table: Table = paper.add_table(rows=len(sources) + 1, cols=len(heads), style="Table Grid")
    table.autofit = False
    _fill(table, 0, heads, HEI)
    for number, (mark, source) in enumerate(sources, start=1):
        records = say("annual.sources.none") if source.records is None else str(source.records)
        cells = [
            str(mark),
            source.text,
            source.name,
            source.how,
            source.span,
            source.until,
            records,
        ]
        if has_frozen:
            cells.append(say("annual.sources.none") if source.frozen is None else str(source.frozen))
        _fill(table, number, cells, FANG)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Emu(width)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - no words for this
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Emu(width)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - no words for this


def _fill(table: Table, row: int, cells: Sequence[str], font: str) -> None:
    for cell, text in zip(table.rows[row].cells, cells, strict=True):
        line = cell.paragraphs[0]
        line.alignment, line.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.LEFT, SMALL_PITCH
        _set_piece(line.add_run(printable(text)), font, SMALL)


def _put_chart(paper: Paper, chart: bytes) -> None:
    line = paper.add_paragraph()
    # A line of a set height would show no more of a picture than that height.
    line.alignment, line.paragraph_format.line_spacing = WD_ALIGN_PARAGRAPH.CENTER, 1.0
    picture = line.add_run().add_picture(io.BytesIO(chart))
    wide, high = picture.width, picture.height
    scale = min(CHART[0] / wide, CHART[1] / high)
    picture.width, picture.height = Emu(round(wide * scale)), Emu(round(high * scale))


def _set_piece(piece: Piece, font: str, size: Length) -> None:
    piece.font.size = size
    fonts = piece._r.get_or_add_rPr().get_or_add_rFonts()  # noqa: SLF001 - python-docx names Latin fonts only
    for script in ("ascii", "hAnsi", "eastAsia"):
        fonts.set(qn(f"w:{script}"), font)


def _as_bytes(paper: Paper) -> bytes:
    """Return the file with one time in it whenever it is made."""
    made, still = io.BytesIO(), io.BytesIO()
    paper.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename, NEVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, parts.read(part))
    return still.getvalue()
