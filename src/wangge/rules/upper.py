"""The upper platform (上级平台): what its columns are called, and what a table says that came back from it.

The platform is the system of record. An event is 待录 while nobody has said that it is in there
(已录, with the platform's number) or need not be (不需录).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from wangge.rules.areas import Row
from wangge.rules.errors import PersonError
from wangge.rules.part import Part
from wangge.rules.roster_rows import plain

UpperField = Literal[
    "number",
    "village",
    "category",
    "kind",
    "urgency",
    "what",
    "place",
    "position",
    "happened_on",
    "reported_at",
    "reporter",
    "holder",
    "outcome",
    "closed_at",
    "words",
    "upper_number",
]
"""What a column may hold; kind (小类) stays empty for the officer to fill in."""
Heading = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
HEADING_WITHIN = 5
MOST_LINES = 2000
_NUMBER = re.compile(r"[0-9A-Z-]{2,40}")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")


class Upper(Part):
    """The upper platform (上级平台) in which the desk enters the events, and its columns in its order."""

    name: Annotated[str, Field(min_length=2, max_length=20)] = "上级平台"
    """Name of the platform as people read it."""
    columns: dict[Heading, UpperField] = {  # noqa: RUF012 - the model is frozen
        "编号": "number",
        "所属村": "village",
        "事件类别": "category",
        "事件小类": "kind",
        "紧急程度": "urgency",
        "事件描述": "what",
        "发生地点": "place",
        "坐标": "position",
        "发生日期": "happened_on",
        "上报时间": "reported_at",
        "上报人": "reporter",
        "办理人": "holder",
        "办理结果": "outcome",
        "办理情况": "words",
        "结案时间": "closed_at",
        "上级编号": "upper_number",
    }
    """Heading = what stands under it, in the platform's order: for 复制一份 and for tables out and in."""

    @field_validator("columns")
    @classmethod
    def can_be_matched(cls, columns: dict[str, UpperField]) -> dict[str, UpperField]:
        """Refuse two columns for one thing, and a table by which no number could come back."""
        held = list(columns.values())
        if len(set(held)) != len(held):
            raise ValueError("policy.upper_twice")
        if not {"number", "upper_number"} <= set(held):
            raise ValueError("policy.upper_needed")
        return columns

    def heading(self, field: UpperField) -> str:
        """Return what the column of a field is called, "" if the platform has none."""
        return next((heading for heading, held in self.columns.items() if held == field), "")


@dataclass(frozen=True)
class Line:
    """One row of a table from the platform: where the officer sees it, and its cells by what they hold."""

    row: int
    cells: Mapping[UpperField, str]

    def cell(self, field: UpperField) -> str:
        """Return a cell, "" if the table has no such column."""
        return self.cells.get(field, "")


def read_number(written: str) -> str:
    """Return a number of the platform as it is kept.

    Raises:
        PersonError: it is no such number.
    """
    number = plain(written).upper()
    if not _NUMBER.fullmatch(number):
        raise PersonError("error.upper_number")
    return number


def is_table(rows: Sequence[Row], upper: Upper) -> bool:
    """Tell whether a table has the headings of the platform, among its first rows."""
    return _headings(rows, upper)[1] != {}


def read_lines(rows: Sequence[Row], upper: Upper) -> list[Line]:
    """Return the rows under the headings.

    Raises:
        PersonError: there is no column of the platform's numbers, nothing under it, or too much.
    """
    place, columns = _headings(rows, upper)
    if not columns:
        raise PersonError(
            "upper.no_headings", upper=upper.heading("upper_number"), wanted="、".join(upper.columns)
        )
    below = rows[place + 1 :]
    if not below:
        raise PersonError("upper.no_rows")
    if len(below) > MOST_LINES:
        raise PersonError("upper.too_many_rows", limit=MOST_LINES)
    return [
        Line(row.number, {field: row.cells[at] for field, at in columns.items() if at < len(row.cells)})
        for row in below
    ]


def read_day(written: str, today: date) -> date:
    """Return the day a cell begins with, today if it is none or still to come."""
    found = _DAY.match(plain(written))
    try:
        return min(date(*map(int, found.groups())), today) if found else today
    except ValueError:  # 2月30日
        return today


def _headings(rows: Sequence[Row], upper: Upper) -> tuple[int, dict[UpperField, int]]:
    """Return where the headings stand and which column holds what; nothing without the platform's numbers."""
    wanted = {_bare(heading): field for heading, field in upper.columns.items()}
    for place, row in enumerate(rows[:HEADING_WITHIN]):
        columns: dict[UpperField, int] = {}
        for at, cell in enumerate(row.cells):
            if field := wanted.get(_bare(cell)):
                columns.setdefault(field, at)
        if "upper_number" in columns:
            return place, columns
    return 0, {}


def _bare(heading: str) -> str:
    """Return a heading without blanks, stars and what stands in brackets."""
    return re.sub(r"[\s*:]|\(.*?\)", "", plain(heading))
