"""Areas: the county, its towns, villages and grids, and how a person names one.

The official list (统计用区划代码) names committees (东桥村委会); people name villages
(东桥村, 东桥). Both find the same area, and an area is always shown by its short name.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from rapidfuzz import fuzz, process

from wangge.rules.errors import PersonError
from wangge.texts import say

Level = Literal["county", "town", "village", "grid"]

DIGITS: dict[Level, int] = {"county": 6, "town": 9, "village": 12, "grid": 15}
LISTED: tuple[Level, ...] = ("county", "town", "village")
"""The levels in the official list, each inside the one before; grids are ours."""

FIRST_GRID = "001"
MISTAKES_SHOWN = 5
SUGGESTIONS = 3
NEAR_ENOUGH = 50.0
"""Of 100: one character of a name of two may be wrong."""

# The official list has slips too (村村委员会, 村民委会); they are read the same.
_VILLAGE_COMMITTEE = re.compile(r"村民?委员?会$")
_RESIDENTS_COMMITTEE = re.compile(r"(社区)?居民?委员?会$")
_ENDINGS = re.compile(r"(村民?委员?会|居民?委员?会|社区|村)+(?=第|$)")


class Row(NamedTuple):
    """A row of a table somebody sent: its number as he sees it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    """A place with a code; `parent` is the code of the area it lies in, "" for a county."""

    code: str
    name: str
    parent: str
    level: Level


def short_name(official: str) -> str:
    """Return the name people use: 东桥村 for 东桥村委会, 北关社区 for 北关社区居民委员会."""
    stem, committees = _VILLAGE_COMMITTEE.subn("", official)
    if committees and stem:
        return stem if stem.endswith("村") else stem + "村"
    stem, committees = _RESIDENTS_COMMITTEE.subn("", official)
    if committees and stem:
        return stem if stem.endswith(("村", "社区")) else stem + "社区"
    return official


def read_areas(rows: Iterable[Row]) -> list[Area]:
    """Return every area of the list once, parents first, and one grid for each village.

    A village whose code does not begin with its town's is taken as it is: the
    official lists contain such rows after a town was merged.

    Raises:
        PersonError: columns are missing, the list is empty, or rows are wrong; all
            wrong rows are counted and the first few are named.
    """
    table = iter(rows)
    columns = _columns(next(table, Row(1, ())))
    reading = _Reading()
    for row in table:
        _read_row(row, columns, reading)
    if reading.mistakes:
        raise PersonError(
            "areas.mistakes",
            count=len(reading.mistakes),
            sentences=say("roster.between").join(reading.mistakes[:MISTAKES_SHOWN]),
        )
    if not reading.areas:
        raise PersonError("areas.no_rows")
    # By length, then in the order of the file: a parent stands before what lies in it.
    return sorted(reading.areas.values(), key=lambda area: len(area.code))


@dataclass
class _Reading:
    """What has been read so far."""

    areas: dict[str, Area] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


def _columns(heading: Row) -> dict[str, int]:
    """Return the place of each column that is needed."""
    wanted = [column for level in LISTED for column in (f"{level}_code", level)]
    places = {cell.strip().lower(): place for place, cell in enumerate(heading.cells)}
    missing = [column for column in wanted if column not in places]
    if missing:
        raise PersonError("areas.headings", missing="、".join(missing), wanted=",".join(wanted))
    return {column: places[column] for column in wanted}


def _read_row(row: Row, columns: Mapping[str, int], reading: _Reading) -> None:
    parent = ""
    for level in LISTED:
        code = _cell(row, columns[f"{level}_code"])
        name = _cell(row, columns[level])
        mistake = _mistake(row.number, level, code, name)
        if mistake:
            reading.mistakes.append(mistake)
            return
        area = Area(code, short_name(name) if level == "village" else name, parent, level)
        before = reading.areas.setdefault(code, area)
        if before.name != area.name:
            reading.mistakes.append(
                say("areas.twice", row=row.number, code=code, before=before.name, name=area.name)
            )
            return
        parent = code
    village = reading.areas[parent]
    grid = village.code + FIRST_GRID
    reading.areas[grid] = Area(grid, say("areas.first_grid", village=village.name), parent, "grid")


def _mistake(row: int, level: Level, code: str, name: str) -> str:
    """Return what is wrong with a code and its name, "" if nothing is."""
    digits = DIGITS[level]
    if len(code) != digits or not (code.isascii() and code.isdigit()):
        return say("areas.code", row=row, column=f"{level}_code", digits=digits, code=code[:20])
    if not name:
        return say("areas.name", row=row, column=level)
    return ""


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


class AreaNames:
    """Finds areas by what a person writes: a code, a name, or a town's name before it."""

    def __init__(self, areas: Mapping[str, str]) -> None:
        """Take the areas as code -> short name."""
        self._areas = areas
        self._exact: defaultdict[str, set[str]] = defaultdict(set)
        self._plain: defaultdict[str, set[str]] = defaultdict(set)
        self._suggestible: dict[str, str] = {}
        for code, name in areas.items():
            town = areas.get(code[: DIGITS["town"]], "") if len(code) > DIGITS["town"] else ""
            for written in {name, town + name}:
                self._exact[written].add(code)
                self._plain[_plain(written)].add(code)
            self._suggestible.setdefault(name, _plain(name))

    @property
    def towns(self) -> list[str]:
        """Codes of the towns, in order."""
        return sorted(code for code in self._areas if len(code) == DIGITS["town"])

    def find(self, written: str) -> tuple[str, ...]:
        """Return the codes this can mean, in order: none, one, or several to choose from."""
        written = re.sub(r"\s", "", unicodedata.normalize("NFKC", written))
        if written in self._areas:
            return (written,)
        found = self._exact.get(written) or self._plain.get(_plain(written)) or set()
        return tuple(sorted(found))

    def near(self, written: str) -> list[str]:
        """Return at most three names that are nearest to one that nobody knows."""
        wanted = _plain(unicodedata.normalize("NFKC", written))
        grids_meant = "网格" in written
        names = {name: plain for name, plain in self._suggestible.items() if ("网格" in name) == grids_meant}
        found = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH, limit=SUGGESTIONS)
        return [name for _, score, name in found if score == found[0][1]]

    def label(self, code: str) -> str:
        """Return the shortest words by which `find` finds this area alone, at last the code."""
        name = self._areas.get(code, code)
        town = self._areas.get(code[: DIGITS["town"]], "")
        return next((words for words in (name, town + name) if self.find(words) == (code,)), code)

    def full_name(self, code: str) -> str:
        """Return the name with its town before it, to choose among areas of one name."""
        name = self._areas.get(code, code)
        return self._areas.get(code[: DIGITS["town"]], "") + name if len(code) > DIGITS["town"] else name


def split_areas(written: str) -> Sequence[str]:
    """Return the areas of a cell that names several: 东桥村、西桥村 or 东桥村/西桥村."""
    return [part.strip() for part in re.split(r"[、,，/;；\n]", written) if part.strip()]


def _plain(name: str) -> str:
    """Return a name without what people add or leave out: 东桥 for 东桥村委会 and 东桥村."""
    return _ENDINGS.sub("", name) or name
