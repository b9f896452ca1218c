"""The roster (花名册): who holds which post (任职) where, read from a table and compared.

A file is judged as a whole: every mistake is named with its row, and a person with
a mistake in any row stays as he is, so that half a person is never applied.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from wangge.records.values import ROLES
from wangge.rules.areas import AreaNames, Row
from wangge.rules.errors import PersonError
from wangge.rules.roster_rows import IN_VILLAGES, WHOLE_TOWN, Line, Post, plain, read_line
from wangge.texts import say

__all__ = [
    "COLUMNS",
    "IN_VILLAGES",
    "WHOLE_TOWN",
    "Changes",
    "Entry",
    "Post",
    "RosterMistake",
    "compare",
    "read_roster",
    "rows_of",
    "summary",
]

COLUMNS = ("staff_no", "name", "phone", "role", "area", "start", "end")
NEEDED = ("name", "phone", "role", "area")
HEADING_WITHIN = 5
MISTAKES_SHOWN = 5

# What offices write above these columns; compared without spaces, marks and brackets.
_HEADINGS: dict[str, tuple[str, ...]] = {
    "staff_no": ("工号", "编号", "人员编号", "员工号", "职工号"),
    "name": ("姓名", "名字", "人员姓名"),
    "phone": ("电话", "手机号", "手机", "手机号码", "电话号码", "联系电话", "联系方式"),
    "role": ("职务", "岗位", "职位", "角色", "任职"),
    "area": ("区域", "所辖区域", "负责区域", "辖区", "村", "所在村", "村庄", "网格", "所属网格", "包联村"),
    "start": ("开始", "开始日期", "任职开始", "任职时间", "开始时间", "起始日期"),
    "end": ("结束", "结束日期", "任职结束", "结束时间", "截止日期", "离任时间"),
}


@dataclass(frozen=True)
class Invitation:
    """What one card says: for whom, for which post and area, and the link that is used once."""

    name: str
    post: str
    link: str


@dataclass(frozen=True)
class Entry:
    """One person of the roster with all posts; staff_no "" is assigned later by the importer."""

    staff_no: str
    name: str
    phone: str
    posts: tuple[Post, ...]
    row: int = field(default=0, compare=False)
    """Where the person first stands in the file, 0 for a person of the present roster."""


@dataclass(frozen=True)
class RosterMistake:
    """A sentence that says what to put right in which row, and whose row it is."""

    row: int
    sentence: str
    staff_no: str = ""
    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Changes:
    """What a file would change; `missing` people end only when somebody confirms it."""

    added: tuple[Entry, ...]
    changed: tuple[tuple[Entry, Entry], ...]
    missing: tuple[Entry, ...]
    unchanged: int
    mistakes: tuple[RosterMistake, ...]


def read_roster(
    rows: Sequence[Row], areas: Mapping[str, str], today: date
) -> tuple[list[Entry], list[RosterMistake]]:
    """Return the people of a roster file, and everything that is wrong with it.

    Args:
        areas: code -> short name of every area that may be named.
        today: dates more than sixty years away from it are taken for slips.

    Raises:
        PersonError: the table has no usable headings, or nobody stands under them.
    """
    heading, columns = _find_heading(rows)
    names = AreaNames(areas)
    lines = []
    for row in rows[heading + 1 :]:
        cells = {column: _cell(row, place) for column, place in columns.items()}
        if any(cells.values()):
            lines.append(read_line(row.number, cells, names, today))
    if not lines:
        raise PersonError("roster.no_rows")
    people = _by_person(lines)
    _refuse_conflicts(people, lines)
    mistakes = [
        RosterMistake(line.row, sentence, line.staff_no, line.name, line.phone)
        for line in lines
        for sentence in line.wrong
    ]
    return [_entry(own) for own in people if not any(line.wrong for line in own)], mistakes


def compare(
    present: Sequence[Entry], entries: Sequence[Entry], mistakes: Sequence[RosterMistake] = ()
) -> Changes:
    """Return what the file's entries change in the present roster.

    People are matched by 工号, else by phone; a 工号 with another name and phone is a mistake.
    Nobody is missing whose row merely has a mistake.
    """
    pairs = _matched(present, entries)
    matched = {id(before) for _, before in pairs if before is not None}
    absent = [entry for entry in present if id(entry) not in matched]
    reused = {id(before): before for entry, before in pairs if before and _is_another(entry, before)}
    # Whoever stays as he is keeps his phone.
    taken = {entry.phone: entry for entry in [*absent, *reused.values()]}
    found = list(mistakes)
    added, changed, unchanged = [], [], 0
    for entry, before in pairs:
        owner = taken.get(entry.phone)
        if id(before) in reused:
            found.append(_mistake(entry, "roster.staff_no_reused", staff_no=entry.staff_no))
        elif owner is not None:
            found.append(_mistake(entry, "roster.phone_taken", owner=owner.name))
        elif before is None:
            added.append(_in_order(entry))
        elif _in_order(entry) == _in_order(before):
            unchanged += 1
        else:
            changed.append((before, _in_order(entry)))
    missing = tuple(entry for entry in absent if not _is_mentioned(entry, found))
    found.sort(key=lambda mistake: mistake.row)
    return Changes(tuple(added), tuple(changed), missing, unchanged, tuple(found))


def rows_of(entries: Iterable[Entry], areas: Mapping[str, str]) -> tuple[list[str], list[list[object]]]:
    """Return headings and rows of the roster as a workbook; sent back unchanged it changes nothing."""
    names = AreaNames(areas)
    rows: list[list[object]] = [
        [
            entry.staff_no,
            entry.name,
            entry.phone,
            say(f"role.{post.role}"),
            names.label(post.area),
            post.start,
            post.end,
        ]
        for entry in entries
        for post in entry.posts
    ]
    return [say(f"roster.heading.{column}") for column in COLUMNS], rows


def summary(changes: Changes) -> str:
    """Return the changes in one line, with the first few mistakes."""
    counts = say(
        "roster.summary",
        added=len(changes.added),
        changed=len(changes.changed),
        missing=len(changes.missing),
        mistakes=len(changes.mistakes),
    )
    if not changes.mistakes:
        return counts
    sentences = say("roster.between").join(mistake.sentence for mistake in changes.mistakes[:MISTAKES_SHOWN])
    left_out = len(changes.mistakes) - MISTAKES_SHOWN
    if left_out > 0:
        sentences += say("roster.more_mistakes", count=left_out)
    return say("roster.summary_mistakes", counts=counts, sentences=sentences)


# Reading


def _find_heading(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    """Return the place of the heading row and of each column in it."""
    found = [(place, _headings_in(row)) for place, row in enumerate(rows[:HEADING_WITHIN])]
    place, columns = max(found, key=lambda candidate: len(candidate[1]), default=(0, {}))
    if len(columns) < 2:
        raise PersonError("roster.no_headings")
    missing = [say(f"roster.heading.{column}") for column in NEEDED if column not in columns]
    if missing:
        raise PersonError("roster.headings_missing", missing="、".join(missing))
    return place, columns


def _headings_in(row: Row) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(row.cells):
        heading = re.sub(r"[\s*:]|\(.*?\)", "", plain(cell))
        for column, accepted in _HEADINGS.items():
            if heading in accepted:
                columns.setdefault(column, place)
    return columns


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


# Putting rows of one person together


def _by_person(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the rows of each person: one 工号, or one phone where no 工号 is written."""
    staff_of = {line.phone: line.staff_no for line in reversed(lines) if line.phone and line.staff_no}
    people: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        staff_no = line.staff_no or staff_of.get(line.phone, "")
        key = ("staff_no", staff_no) if staff_no else ("phone", line.phone or f"row {line.row}")
        people[key].append(line)
    return list(people.values())


def _refuse_conflicts(people: Sequence[Sequence[Line]], lines: Sequence[Line]) -> None:
    for own in people:
        first = own[0]
        for line in own[1:]:
            if line.name and first.name and line.name != first.name:
                line.refuse("roster.names_differ", other=first.row)
            elif line.phone and first.phone and line.phone != first.phone:
                line.refuse("roster.phones_differ", other=first.row)
    owner = {id(line): own[0] for own in people for line in own}
    first_with: dict[str, Line] = {}
    for line in lines:
        other = first_with.setdefault(line.phone, line) if line.phone else line
        if owner[id(other)] is not owner[id(line)]:
            # Both: nobody knows whose number it is.
            line.refuse("roster.phone_twice", other=other.row)
            other.refuse("roster.phone_twice", other=line.row)


def _entry(own: Sequence[Line]) -> Entry:
    staff_no = next((line.staff_no for line in own if line.staff_no), "")
    posts = tuple(dict.fromkeys(post for line in own for post in line.posts))
    return Entry(staff_no, own[0].name, own[0].phone, posts, own[0].row)


# Comparing


def _matched(present: Sequence[Entry], entries: Sequence[Entry]) -> list[tuple[Entry, Entry | None]]:
    """Return each entry with the person it is at present, None for somebody new.

    An entry without 工号 takes the one the person has.
    """
    by_staff_no = {before.staff_no: before for before in present if before.staff_no}
    certain = {entry.staff_no for entry in entries if entry.staff_no in by_staff_no}
    by_phone = {before.phone: before for before in present if before.staff_no not in certain}
    pairs = []
    for entry in entries:
        before = by_staff_no.get(entry.staff_no) or by_phone.get(entry.phone)
        if before is not None and not entry.staff_no:
            entry = replace(entry, staff_no=before.staff_no)
        pairs.append((entry, before))
    return pairs


def _is_another(entry: Entry, before: Entry) -> bool:
    """Say whether a 工号 has been given to somebody else, who must not inherit its account and history."""
    return entry.name != before.name and entry.phone != before.phone


def _mistake(entry: Entry, text_id: str, **values: object) -> RosterMistake:
    sentence = say(text_id, row=entry.row, **values)
    return RosterMistake(entry.row, sentence, entry.staff_no, entry.name, entry.phone)


def _is_mentioned(entry: Entry, mistakes: Iterable[RosterMistake]) -> bool:
    """Say whether a row with a mistake may be this person's; then he is not missing."""
    return any(
        (mistake.staff_no and mistake.staff_no == entry.staff_no)
        or (mistake.phone and mistake.phone == entry.phone)
        or mistake.name == entry.name
        for mistake in mistakes
    )


def _in_order(entry: Entry) -> Entry:
    """Return the entry with its posts in one order, so that moved rows are no change."""

    def order(post: Post) -> tuple[int, str, date, date]:
        return ROLES.index(post.role), post.area, post.start or date.min, post.end or date.max

    return replace(entry, posts=tuple(sorted(set(entry.posts), key=order)))
