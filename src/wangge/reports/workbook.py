"""Tables we hand out: xlsx ready to read on a screen and to print on A4, and CSV for old Excel.

Rows are written as they come and are not kept, so a table of any length takes the same memory.
Text never becomes a formula, in whatever program it is opened or edited.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import xlsxwriter
from xlsxwriter.format import Format

from wangge.reports.sheets import printable
from wangge.rules.calendar import local
from wangge.texts import say

LONGEST_TEXT = 32_767
"""Characters a cell may hold."""
WIDEST = 40
"""Latin letters; Chinese counts two."""
NARROWEST = 6
LONGEST_HEADING = 8
"""What is longer stands on two lines."""
PADDING = 1
MARGIN = 0.3
"""Inches around what is printed."""
LONGEST_FOOTER = 255
MOMENT, MOMENT_OF_THE_YEAR = "yyyy-mm-dd hh:mm", "mm-dd hh:mm"
"""How moments look; in a table of one year the day of it will do."""

_FORMULA_BEGINS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_CELL = {**_FONT, "text_wrap": True, "border": 1, "border_color": "#8C8C8C"}
_CENTRED = {**_CELL, "align": "center"}
_HEADING = {**_CENTRED, "font_name": "黑体", "bg_color": "#E2EFDA"}
_TITLE = {**_FONT, "font_name": "黑体", "font_size": 18, "align": "center"}
_LINE = {**_FONT, "align": "left"}
_LINE_HEIGHT, _BETWEEN = 13.5, 4.0
"""Points, of letters of ten points, and of the air between two rows."""
_TITLE_HEIGHT = 32.0
_HIGHEST = 408.75
"""Points; Excel knows no higher row."""


class Table(Protocol):
    """A table being written; what is in it counts only after `close`."""

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Write more rows below the others."""

    def close(self) -> None:
        """Write what stands around the rows, and the file."""


class Workbook:
    """One sheet: title, lines below it, headings that stay in sight and on every page, and rows."""

    def __init__(
        self,
        target: Path | IO[bytes],
        title: str,
        headings: Sequence[str],
        *,
        lines: Sequence[str] = (),
        made_by: str = "",
        text_columns: Collection[str] = (),
        moments: str = MOMENT,
        folder: Path | None = None,
    ) -> None:
        """Begin a workbook.

        Args:
            target: the file, or a buffer to write it into.
            title: stands above the table and names the sheet.
            headings: of the columns, at least one.
            lines: below the title, such as the period or 演示数据.
            made_by: who has made it, at the foot of each page.
            text_columns: headings of columns that stay text when somebody edits them (工号, 电话).
            moments: how moments look, MOMENT or MOMENT_OF_THE_YEAR.
            folder: where rows wait unsealed until the file is written; the system's if None.
        """
        options = {
            "constant_memory": True,
            "tmpdir": str(folder) if folder else None,
            # Columns are measured in digits of this font; two of them are one Chinese letter.
            "default_format_properties": {"font_name": _FONT["font_name"], "font_size": _FONT["font_size"]},
        }
        self._book = xlsxwriter.Workbook(target if isinstance(target, io.IOBase) else str(target), options)
        tab = re.sub(r"[\[\]:*?/\\']", " ", printable(title))[:31].strip()
        self._sheet = self._book.add_worksheet(tab or say("sheet.unnamed"))
        self._headings = headings
        self._made_by = made_by
        self._formats = _Formats(self._book, moments)
        self._moment_width = len(moments)
        self._is_text = [heading in text_columns for heading in headings]
        self._widths = [_heading_width(heading) for heading in headings]
        self._row = 0
        self._write_above(title, lines)

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Write more rows below the others."""
        for values in rows:
            lines = max((self._put(place, value) for place, value in enumerate(values)), default=1)
            if lines > 1:  # not every program makes room by itself
                self._sheet.set_row(self._row, min(lines * _LINE_HEIGHT + _BETWEEN, _HIGHEST))
            # The library remembers the height of every row that is written: 20 MB for 100,000.
            for kept in (self._sheet.row_info, self._sheet.row_sizes):
                kept.pop(self._row - 1, None)
            self._row += 1

    def close(self) -> None:
        """Write what stands around the rows, and the file."""
        sheet, last = self._sheet, len(self._headings) - 1
        for place, width in enumerate(self._widths):
            sheet.set_column(place, place, width + PADDING)
        sheet.autofilter(self._heading_row, 0, max(self._row - 1, self._heading_row), last)
        sheet.freeze_panes(self._heading_row + 1, 0)
        sheet.repeat_rows(self._heading_row)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=MARGIN, right=MARGIN, top=MARGIN, bottom=2.5 * MARGIN)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        made_by = self._made_by.replace("&", "&&")
        sheet.set_footer(f"&L{made_by}&C{say('sheet.footer')}"[:LONGEST_FOOTER], {"margin": MARGIN})
        self._book.close()

    def _write_above(self, title: str, lines: Sequence[str]) -> None:
        self._write_across(title, self._formats.made(_TITLE), _TITLE_HEIGHT)
        for line in lines:
            self._write_across(line, self._formats.made(_LINE), _LINE_HEIGHT + _BETWEEN)
        self._heading_row = self._row
        self._sheet.set_row(self._row, 2 * _LINE_HEIGHT + _BETWEEN)
        for place, heading in enumerate(self._headings):
            self._sheet.write_string(self._row, place, printable(heading), self._formats.made(_HEADING))
        self._row += 1

    def _write_across(self, text: str, style: Format, height: float) -> None:
        self._sheet.set_row(self._row, height)
        last = len(self._headings) - 1
        if last:
            self._sheet.merge_range(self._row, 0, self._row, last, "", style)
        self._sheet.write_string(self._row, 0, printable(text)[:LONGEST_TEXT], style)
        self._row += 1

    def _put(self, place: int, value: object) -> int:
        """Write a value and return how many lines it takes."""
        sheet, row, formats = self._sheet, self._row, self._formats
        if value is None or value == "":
            sheet.write_blank(row, place, None, formats.text_only if self._is_text[place] else formats.plain)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, place, local(value).replace(tzinfo=None), formats.moment)
            self._widen(place, self._moment_width)
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, formats.day)
            self._widen(place, 10)
        elif isinstance(value, int | float):
            sheet.write_number(row, place, value, formats.number)
            self._widen(place, len(str(value)))
        else:
            text = one_text(value)
            sheet.write_string(row, place, text, formats.of(text, only_text=self._is_text[place]))
            if 2 * len(text) > self._widths[place] or "\n" in text:
                self._widen(place, _width(text))
                return _lines(text)
        return 1

    def _widen(self, place: int, width: int) -> None:
        self._widths[place] = max(self._widths[place], min(width, WIDEST))


class _Formats:
    """How cells look: made once for a workbook."""

    def __init__(self, book: Any, moments: str) -> None:  # noqa: ANN401 - the library has no types
        self.made = book.add_format
        self.plain = self.made(_CELL)
        self.number = self.made(_CENTRED)
        self.day = self.made({**_CENTRED, "num_format": "yyyy-mm-dd"})
        self.moment = self.made({**_CENTRED, "num_format": moments})
        self.text_only = self.made({**_CELL, "num_format": "@"})
        self._quoted = self.made({**_CELL, "quote_prefix": True})
        self._quoted_text = self.made({**_CELL, "quote_prefix": True, "num_format": "@"})

    def of(self, text: str, *, only_text: bool) -> Format:
        # Without this mark a program makes a formula of it as soon as somebody edits the cell.
        if text.startswith(_FORMULA_BEGINS):
            return self._quoted_text if only_text else self._quoted
        return self.text_only if only_text else self.plain


class Csv:
    """The rows alone, as UTF-8 with the mark by which old Excel knows it."""

    def __init__(self, target: Path, headings: Sequence[str]) -> None:
        """Begin a CSV file."""
        self._file = target.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([_plain(heading) for heading in headings])

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Write more rows below the others."""
        self._writer.writerows([_plain(value) for value in values] for values in rows)

    def close(self) -> None:
        """Write the file."""
        self._file.close()


def write_table(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    subtitle: str = "",
    text_columns: Collection[str] = (),
) -> bytes:
    """Return a workbook of one sheet with all these rows.

    Args:
        title: stands above the table and names the sheet.
        headings: of the columns, at least one.
        rows: numbers and dates stay what they are, moments become the town's time, all else is text.
        subtitle: a second line above the table, such as the period or 演示数据.
        text_columns: headings of columns that stay text when somebody edits them (工号, 电话).
    """
    output = io.BytesIO()
    lines = [subtitle] if subtitle else []
    book = Workbook(output, title, headings, lines=lines, text_columns=text_columns)
    book.add(rows)
    book.close()
    return output.getvalue()


def one_text(value: object) -> str:
    """Return what a cell holds of a value that is no number and no date."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return printable(text)[:LONGEST_TEXT]


def _plain(value: object) -> object:
    """Return a value for CSV; what would be a formula has the mark in front by which programs know text."""
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    if value is None or isinstance(value, int | float | date):
        return value
    text = one_text(value)
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def _width(text: str) -> int:
    """Return how many Latin letters wide the longest line of a text is; Chinese counts two, as in GBK."""
    return max((len(line.encode("gbk", "replace")) for line in text.splitlines()), default=0)


def _lines(text: str) -> int:
    """Return how many lines a text takes in a column of its own width; none is filled to the last letter."""
    return sum(
        1 if (width := _width(line)) <= WIDEST else -(-width // (WIDEST - 2)) for line in text.split("\n")
    )


def _heading_width(heading: str) -> int:
    width = _width(heading)
    return max(NARROWEST, width if width <= LONGEST_HEADING else (width + 3) // 4 * 2)
