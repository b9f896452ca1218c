"""Compare the figures of the digest, as the leader reads them, with plain SQL on the database's file.

Nothing of the programme is used here but the messages it sent: the statements are written anew, and the
state at the cut-off is looked up in the stays as well as in the records.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

WEEK = ("2026-11-15 16:00:00", "2026-11-22 16:00:00")
"""Monday to Monday 00:00 in Asia/Shanghai, as the file holds it: in UTC."""
MONTH = ("2026-11-01", "2026-12-01")
FIRST_DAY = "2026-11-16"
ENDED = "('closed', 'self_handled', 'not_grid', 'petition')"
OPEN = "('reported', 'accepted', 'assigned', 'handling', 'done', 'returned', 'reopened')"
STILL_DUE = "('reported', 'reopened', 'accepted', 'assigned', 'handling')"

AT_CUTOFF = """
    SELECT r.id, r.class, r.urgency, r.happened_on, r.reported_at, r.accepted_at, r.accept_by, r.due_at,
           r.closed_at, r.state AS state_now, s.state, s.area
    FROM records r JOIN stays s ON s.record = r.id
    WHERE r.kind = 'event' AND s.from_at < :end AND (s.to_at IS NULL OR s.to_at >= :end)
      AND s.state NOT IN ('withdrawn', 'duplicate') AND r.class <> 'W'
"""
IN_WEEK = "reported_at >= :start AND reported_at < :end"
COUNTS = {
    "新增": f"SELECT count(*) FROM at_cutoff WHERE {IN_WEEK}",
    "办结": f"SELECT count(*) FROM at_cutoff WHERE {IN_WEEK} AND state IN {ENDED}",
    "在办": f"SELECT count(*) FROM at_cutoff WHERE state IN {OPEN}",
    "超期": f"""SELECT count(*) FROM at_cutoff WHERE state IN {STILL_DUE}
        AND CASE WHEN accepted_at < :end THEN due_at ELSE accept_by END < :end""",
    "特急": f"SELECT count(*) FROM at_cutoff WHERE {IN_WEEK} AND urgency = 'critical'",
    "补报": f"SELECT count(*) FROM at_cutoff WHERE {IN_WEEK} AND happened_on < '{FIRST_DAY}'",
}
CLOSED_IN_RECORDS = f"""
    SELECT count(*) FROM records WHERE kind = 'event' AND {IN_WEEK} AND state IN {ENDED}
      AND (closed_at < :end OR state = 'not_grid') AND class <> 'W'
"""
MOVED_ON = (
    "SELECT count(*) FROM at_cutoff WHERE state <> state_now AND state_now NOT IN ('assigned', 'handling')"
)
VISITS = """
    SELECT count(*) FROM (SELECT DISTINCT r.author, substr(r.area, 1, 12), r.happened_on
    FROM records r JOIN posts p ON p.person = r.author AND substr(r.area, 1, 12) = p.area
    WHERE r.kind = 'visit' AND r.state <> 'withdrawn' AND r.happened_on >= :first AND r.happened_on < :after
      AND r.recorded_at < :end AND p.role IN ('area_leader', 'stationed_cadre'))
"""
OWED = "SELECT 2 * count(*) FROM posts WHERE role IN ('area_leader', 'stationed_cadre')"
BY_VILLAGE = f"""
    SELECT substr(area, 1, 12), sum({IN_WEEK}), sum({IN_WEEK} AND state IN {ENDED}), sum(state IN {OPEN}),
           sum(state IN {STILL_DUE} AND CASE WHEN accepted_at < :end THEN due_at ELSE accept_by END < :end)
    FROM at_cutoff GROUP BY 1
"""
AREA = f"""
    SELECT count(*) FROM at_cutoff WHERE {IN_WEEK} AND substr(area, 1, 12) IN
      (SELECT p.area FROM posts p JOIN people q ON q.id = p.person WHERE q.staff_no = :staff_no)
"""


@dataclass(frozen=True)
class Compared:
    """One figure as it was sent and as SQL counts it."""

    name: str
    sent: str
    counted: str

    @property
    def is_equal(self) -> bool:
        """Tell whether both are the same."""
        return self.sent == self.counted

    @property
    def text(self) -> str:
        """Say so in one line."""
        return f"{self.name}　周报 {self.sent} {'=' if self.is_equal else '≠'} SQL {self.counted}"


def compare(
    file: Path, digest: str, villages: str, leaders: dict[str, tuple[str, str]]
) -> Iterator[Compared]:
    """Yield every figure that was sent beside its own count.

    Args:
        digest: the town leader's message.
        villages: the message with the table of villages.
        leaders: staff number of each area leader → name, message.
    """
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        yield from _counts(database, digest)
        yield from _rate(database, digest)
        yield from _visits(database, digest)
        yield _villages(database, villages)
        for staff_no, (name, message) in leaders.items():
            counted = _count(database, AREA, staff_no=staff_no)
            yield Compared(f"{name}的片 新增", _figure(message, "新增"), str(counted))


def _counts(database: sqlite3.Connection, digest: str) -> Iterator[Compared]:
    for name, statement in COUNTS.items():
        counted = _count(database, statement)
        if counted or name in {"新增", "办结", "在办", "超期"}:
            yield Compared(name, _figure(digest, name), str(counted))
    yield Compared("办结（另按记录数）", _figure(digest, "办结"), str(_count(database, CLOSED_IN_RECORDS)))
    yield Compared("记录与停留不一致", "0", str(_count(database, MOVED_ON)))


def _rate(database: sqlite3.Connection, digest: str) -> Iterator[Compared]:
    valid, closed = (_count(database, COUNTS[name]) for name in ("新增", "办结"))
    if valid >= 10:
        yield Compared("办结率", _found(digest, r"办结率(\d+%)"), f"{100 * closed // valid}%")


def _visits(database: sqlite3.Connection, digest: str) -> Iterator[Compared]:
    counted = f"{_count(database, VISITS)}/{_count(database, OWED)}"
    sent = re.search(r"走访：11月已走(\d+)次，应走(\d+)次", digest)
    yield Compared("走访（已走/应走）", f"{sent[1]}/{sent[2]}" if sent else "没有写", counted)


def _villages(database: sqlite3.Connection, villages: str) -> Compared:
    """Compare the table village by village; told as how many lines agree."""
    names = dict(database.execute("SELECT code, name FROM areas WHERE level = 'village'").fetchall())
    counted = {names[code]: "/".join(map(str, row)) for code, *row in _rows(database, BY_VILLAGE)}
    sent = dict(line.rsplit(" ", 1) for line in villages.splitlines()[1:] if " " in line)
    agree = sum(counted.get(name, "0/0/0/0") == sent.get(name) for name in names.values())
    return Compared("各村的行", f"{len(names)}行", f"{agree}行")


def _count(database: sqlite3.Connection, statement: str, **values: str) -> int:
    return int(_rows(database, statement, **values)[0][0] or 0)


def _rows(database: sqlite3.Connection, statement: str, **values: str) -> list[tuple[str, ...]]:
    given = {"start": WEEK[0], "end": WEEK[1], "first": MONTH[0], "after": MONTH[1], **values}
    return database.execute(f"WITH at_cutoff AS ({AT_CUTOFF}) {statement}", given).fetchall()


def _figure(digest: str, name: str) -> str:
    return _found(digest, rf"{name}[：]?(\d+)")


def _found(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "没有写"
