"""One row of the roster: which person it names, for which posts, and what is wrong with it."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from wangge.records.values import ROLES, Role
from wangge.rules.areas import DIGITS, AreaNames, split_areas
from wangge.texts import say

WHOLE_TOWN: frozenset[Role] = frozenset({"desk_officer", "town_leader", "administrator", "unit"})
"""Roles whose area is the town when none is written."""
IN_VILLAGES: frozenset[Role] = frozenset({"grid_worker", "village_cadre", "stationed_cadre"})
"""Roles that must name a village or grid: a whole town would let them see too much."""
LONGEST_NAME = 30
LONGEST_STAFF_NO = 20
LONGEST_QUOTE = 20
CHOICES_SHOWN = 5

# Beside the names in texts.
_ROLE_WORDS: dict[str, Role] = {
    "专职网格员": "grid_worker",
    "村两委": "village_cadre",
    "村两委干部": "village_cadre",
    "包村": "stationed_cadre",
    "包片": "area_leader",
    "值班": "desk_officer",
    "司法所": "judicial_officer",
    "系统管理员": "administrator",
    "部门": "unit",
}
_OPEN_ENDED = frozenset({"", "-", "--", "—", "/", "无", "至今", "长期"})
_DAY_ZERO = date(1899, 12, 30)
"""Spreadsheets count days from here."""


@dataclass(frozen=True)
class Post:
    """A role in an area from one day to another, both inclusive; None: open."""

    role: Role
    area: str
    start: date | None = None
    end: date | None = None


@dataclass
class Line:
    """One row while it is read: a person, the posts it names, and what is wrong with it."""

    row: int
    staff_no: str
    name: str
    phone: str
    posts: list[Post] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def refuse(self, text_id: str, *, typed: str = "", **values: object) -> None:
        """Note what is wrong; `typed` is quoted on one line and not at length."""
        typed = re.sub(r"\s+", " ", typed)
        if len(typed) > LONGEST_QUOTE:
            typed = typed[:LONGEST_QUOTE] + "…"
        self.wrong.append(say(text_id, row=self.row, typed=typed, **values))


def read_line(row: int, cells: Mapping[str, str], names: AreaNames, today: date) -> Line:
    """Return what a row says, given its cells by column; mistakes are noted in the line."""
    line = Line(row, plain(cells.get("staff_no", "")), _clean_name(cells["name"]), "")
    if not line.name:
        line.refuse("roster.name_missing")
    elif len(line.name) > LONGEST_NAME:
        line.refuse("roster.name_long", limit=LONGEST_NAME)
    if len(line.staff_no) > LONGEST_STAFF_NO:
        line.refuse("roster.staff_no_long", limit=LONGEST_STAFF_NO)
    line.phone = _read_phone(cells["phone"], line)
    role = _read_role(cells["role"], line)
    start = _read_date(cells.get("start", ""), "start", today, line)
    end = _read_date(cells.get("end", ""), "end", today, line)
    if start and end and end < start:
        line.refuse("roster.dates_order")
    if role is not None:
        line.posts = [Post(role, area, start, end) for area in _read_areas(cells["area"], role, names, line)]
    return line


def plain(text: str) -> str:
    """Return text with full-width digits, letters and spaces made usual ones."""
    return unicodedata.normalize("NFKC", text).strip()


def _clean_name(text: str) -> str:
    """Return a name without the spaces that align it in a table (张　三); 买买提 keeps its dot."""
    text = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", " ", text)
    return re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", text).strip()


def _read_phone(typed: str, line: Line) -> str:
    """Return eleven digits, or "" with a refusal."""
    text = plain(typed)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?10", text):
        exact = f"{float(text):.0f}"
        if len(text.lower().split("e")[0]) < len(exact) + 1:
            line.refuse("roster.phone_rounded", typed=text)
            return ""
        text = exact
    digits = re.sub(r"^(\+86|0086|86(?=1\d{10}$))", "", re.sub(r"[\s\-‐-―.()]", "", text))
    if re.fullmatch(r"1[3-9][0-9]{9}", digits):
        return digits
    line.refuse("roster.phone_wrong" if digits else "roster.phone_missing")
    return ""


def _read_role(typed: str, line: Line) -> Role | None:
    wanted = re.sub(r"\s", "", plain(typed))
    known = {say(f"role.{role}"): role for role in ROLES} | _ROLE_WORDS
    if wanted in known:
        return known[wanted]
    roles = "、".join(say(f"role.{role}") for role in ROLES)
    line.refuse("roster.role_unknown" if wanted else "roster.role_missing", typed=typed, roles=roles)
    return None


def _read_areas(typed: str, role: Role, names: AreaNames, line: Line) -> list[str]:
    """Return the codes of the areas in a cell; each that cannot be found is refused."""
    parts = split_areas(typed)
    whole_town = parts == ["全镇"] or (not parts and role in WHOLE_TOWN)
    if whole_town and len(names.towns) == 1:
        parts = [names.label(names.towns[0])]
    elif whole_town or not parts:
        line.refuse("roster.town_missing" if whole_town else "roster.area_missing")
        return []
    return [code for part in parts if (code := _read_area(part, role, names, line))]


def _read_area(typed: str, role: Role, names: AreaNames, line: Line) -> str:
    codes = names.find(typed)
    if not codes:
        near = [say("roster.quoted", name=name) for name in names.near(typed)]
        text_ids = ("roster.area_unknown", "roster.area_near", "roster.area_near_several")
        line.refuse(text_ids[min(len(near), 2)], typed=typed, near=say("roster.or").join(near))
    elif len(codes) > 1:
        choices = "、".join(
            say("roster.choice", name=names.full_name(code), code=code) for code in codes[:CHOICES_SHOWN]
        )
        line.refuse("roster.area_ambiguous", typed=typed, choices=choices)
    elif role in IN_VILLAGES and len(codes[0]) < DIGITS["village"]:
        line.refuse("roster.area_wide", typed=typed, role=say(f"role.{role}"))
    else:
        return codes[0]
    return ""


def _read_date(typed: str, column: str, today: date, line: Line) -> date | None:
    """Return a day in any way people write it; a month alone begins on its first, ends on its last."""
    text = re.sub(r"\s+\d{1,2}:.*$|T\d{2}:.*$", "", plain(typed))
    if text in _OPEN_ENDED:
        return None
    try:
        found = _as_date(text, last=column == "end")
        if found is not None and abs(found.year - today.year) <= 60:
            return found
    except (ValueError, OverflowError):
        pass  # a day that does not exist, such as 2月30日: the same sentence
    line.refuse("roster.date_wrong", column=say(f"roster.heading.{column}"), typed=typed)
    return None


def _as_date(text: str, *, last: bool) -> date | None:
    serial = re.fullmatch(r"[2-7]\d{4}", text)
    if serial:
        return _DAY_ZERO + timedelta(days=int(text))
    written = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text) or re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})?\s*[日号]?)?", text
    )
    if written is None:
        return None
    year, month = int(written[1]), int(written[2])
    if written[3]:
        return date(year, month, int(written[3]))
    return date(year, month, monthrange(year, month)[1] if last else 1)
