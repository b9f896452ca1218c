"""Tables that people send: xlsx or CSV.

What comes in is untrusted: nothing is opened before its size, unpacked size and
kind are known, and whatever is wrong ends in a sentence that says what to do.
"""

import csv
import gzip
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from wangge.rules.areas import Row
from wangge.rules.errors import PersonError
from wangge.texts import say

LARGEST = 10 * 1024 * 1024
LARGEST_UNPACKED = 64 * 1024 * 1024
"""Bytes of all parts of a workbook together; 50,000 rows of seven columns need about 20 MB."""
MOST_PARTS = 500
MOST_SHEETS = 20
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_NAME = 60

_XML_REFUSES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_INVISIBLE = "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"


def read_table(content: bytes, name: str) -> list[Row]:
    """Return the rows of a workbook's first sheet with contents, or of a CSV file.

    Empty rows are left out; the others keep the number they have in the sheet.

    Raises:
        PersonError: it is no table that can be read, or it is too big.
    """
    name = safe_name(name)
    if len(content) > LARGEST:
        raise PersonError("sheet.too_big", name=name, megabytes=LARGEST // 1024 // 1024)
    if content.startswith(b"\x1f\x8b"):
        content = _gunzip(content, name)
    foreign = _foreign_kind(content)
    if foreign:
        raise PersonError(foreign, name=name)
    numbered = _workbook_rows(content, name) if content.startswith(_ZIP) else _csv_rows(content, name)
    rows = list(_with_contents(numbered, name))
    if not rows:
        raise PersonError("sheet.empty", name=name)
    return rows


def safe_name(name: str) -> str:
    """Return a file name without folders, control and direction characters, of bearable length."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem, dot, ending = kept.strip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return (stem[:LONGEST_NAME].strip() + dot + ending[:10]).strip(" .") or say("sheet.unnamed")


def printable(text: str) -> str:
    """Return the text without characters that no office file may contain."""
    return _XML_REFUSES.sub("", text)


def _foreign_kind(content: bytes) -> str:
    """Return the text id for a file that is certainly no table, "" for one worth reading."""
    if not content.strip():
        return "sheet.empty"
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        # Excel wraps an encrypted xlsx in the container of the old format.
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        return "sheet.encrypted" if encrypted else "sheet.old_excel"
    if content.startswith(b"%PDF"):
        return "sheet.pdf"
    pictures = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*")
    if content.startswith(pictures) or content[4:8] == b"ftyp" or content[8:12] == b"WEBP":
        return "sheet.picture"
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "sheet.not_table"
    return ""


def _gunzip(content: bytes, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PersonError("sheet.damaged", name=name) from error
    if len(unpacked) > LARGEST_UNPACKED:
        raise PersonError("sheet.expands", name=name)
    return unpacked


def _with_contents(numbered: Iterable[tuple[int, list[str]]], name: str) -> Iterator[Row]:
    """Yield rows that are not empty, without the empty cells at their ends, within the limits."""
    count = 0
    for number, cells in numbered:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MOST_ROWS:
            raise PersonError("sheet.too_many_rows", name=name, limit=MOST_ROWS)
        if len(cells) > MOST_COLUMNS:
            raise PersonError("sheet.too_many_columns", name=name, row=number, limit=MOST_COLUMNS)
        yield Row(number, tuple(cells))


# CSV


def _csv_rows(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content, name)
    # A quote left open would swallow the rest of the file into one cell; strict says where.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_cleaned(cell) for cell in cells]
    except csv.Error as error:
        raise PersonError("sheet.quotes", name=name, row=number + 1) from error


def _decoded(content: bytes, name: str) -> str:
    """Return the text, by the encodings in which office programs save CSV."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # GB18030 decodes much that is no text; control characters tell.
        if not _XML_REFUSES.search(text):
            return text
    raise PersonError("sheet.encoding", name=name)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


# xlsx


def _workbook_rows(content: bytes, name: str) -> list[tuple[int, list[str]]]:
    """Return all rows of the first visible sheet that has contents."""
    _check_parts(content, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that we do not use
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            # Not all: a forged list of sheets can name one huge part a thousand times.
            for sheet in book.worksheets[:MOST_SHEETS]:
                rows = _sheet_rows(sheet, name) if sheet.sheet_state == "visible" else []
                if rows:
                    return rows
    except PersonError:
        raise
    except Exception as error:
        # A forged workbook makes openpyxl raise nearly anything; all of it means: cannot be read.
        raise PersonError("sheet.damaged", name=name) from error
    return []


def _check_parts(content: bytes, name: str) -> None:
    """Refuse what is no workbook, and zip bombs, before anything is unpacked.

    zipfile reads no more of a part than the listing states, so the sum can be trusted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise PersonError("sheet.damaged", name=name) from error
    if any(part.flag_bits & 0x1 for part in parts):
        raise PersonError("sheet.encrypted", name=name)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise PersonError("sheet.expands", name=name)
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise PersonError("sheet.not_table", name=name)


def _sheet_rows(sheet: ReadOnlyWorksheet, name: str) -> list[tuple[int, list[str]]]:
    # A forged dimension would pad every row to 16,384 cells.
    sheet.reset_dimensions()
    rows = []
    for number, values in enumerate(sheet.values, start=1):
        cells = [_as_text(value) for value in values]
        if any(cells):
            rows.append((number, cells))
        if len(rows) > MOST_ROWS:
            raise PersonError("sheet.too_many_rows", name=name, limit=MOST_ROWS)
    return rows


def _as_text(value: object) -> str:
    """Return a cell as the person sees it, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _cleaned(str(value))


def _cleaned(text: str) -> str:
    return text.strip().strip(_INVISIBLE).strip()
