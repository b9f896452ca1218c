"""Years of a made-up county, written as the product writes them: records with their history and their stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from wangge.rules.loop import GRADES, OUTCOMES
from wangge.storage.ledger import history, records, stays
from wangge.storage.seal import Seal

END = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday 09:00 in the town: nothing has happened after that."""
EVENTS_A_YEAR = 11_572
"""Of one town; it logs as many visits."""
CLASSES = ("D", "R", "E", "P", "O", "W", "U")
SOURCES = ("own", "own", "resident")
URGENCIES = ("usual", "critical")
CLOSED = frozenset({"closed", "self_handled"})
HELD = frozenset({"assigned", "handling", "done", "closed"})
PLACES = 400
COLUMNS = {
    table.name: [column.name for column in table.columns][begin:]
    for table, begin in ((records, 0), (history, 1), (stays, 1))
}
"""Only records bring their ids along."""
Rows = dict[str, list[tuple[object, ...]]]
Step = tuple[str, str, datetime]
"""Act, the state it leads to, and when."""


@dataclass(frozen=True)
class County:
    """Where it happens and who does it."""

    towns: int
    years: int
    villages: Sequence[str]
    """Of the first town; the others have as many."""
    persons: Sequence[int]
    seal: Seal

    def rows(self, at_once: int = 20_000) -> Iterator[Rows]:
        """Yield all rows in the order of time, so many records at once."""
        dice = Random(4)
        close = self.seal.close_json
        events = [close({"what": "路坏了", "place": f"{n}号杆" if n % 4 else ""}) for n in range(PLACES)]
        visits = [close({"households": [f"{n}家", "老李家"], "content": "都好"}) for n in range(50)]
        note = close({"reason": "", "before": {"state": "assigned"}, "after": {"state": "handling"}})
        total = 2 * EVENTS_A_YEAR * self.towns * self.years
        apart = timedelta(days=365 * self.years) / total
        found: Rows = {name: [] for name in COLUMNS}
        for number in range(1, total + 1):
            at = END - apart * (total - number + 1)
            is_event = number % 2
            body = dice.choice(events if is_event else visits)
            steps = _course(dice, at) if is_event else [("report", "filed", at)]
            self._add(found, number, steps, body, note, dice)
            if number % at_once == 0 or number == total:
                yield found
                found = {name: [] for name in COLUMNS}

    def _add(
        self, found: Rows, number: int, steps: Sequence[Step], body: bytes, note: bytes, dice: Random
    ) -> None:
        is_event, at, author = number % 2, steps[0][2], dice.choice(self.persons)
        village, town = dice.choice(self.villages), dice.randrange(self.towns)
        area = f"{int(village[:9]) + town}{village[9:]}"
        took = {act: moment for act, _, moment in steps}
        accepted, state = took.get("assign"), steps[-1][1]
        holder = author if accepted else None
        closed = steps[-1][2] if state in CLOSED else None
        outcome = dice.choices(OUTCOMES, (90, 6, 3, 1))[0] if closed else None
        source, klass, urgency = (
            dice.choice(SOURCES),
            dice.choice(CLASSES),
            dice.choices(URGENCIES, (97, 3))[0],
        )
        grade = dice.choice(GRADES) if closed and source == "resident" else None
        kind, klass, urgent, quantity = ("event", klass, urgency, 1) if is_event else ("visit", "", "", 2)
        day = str((at - timedelta(days=dice.choice((0, 0, 0, 1, 9)))).date())
        accept_by = stamp(at + timedelta(hours=7)) if is_event else None
        due_at = stamp(accepted + timedelta(days=7)) if accepted else None
        found["records"].append(
            (
                *(
                    number,
                    kind,
                    at.year,
                    f"{at:%m%d}-{number % 10**7}",
                    f"draft:{number}:0",
                    author,
                    area,
                    klass,
                ),
                *(day, stamp(at), stamp(at), state, outcome, urgent or None, holder, quantity, accept_by),
                *(
                    stamp(accepted),
                    due_at,
                    stamp(closed),
                    None,
                    None,
                    None,
                    source,
                    grade,
                    len(steps),
                    1,
                    1,
                    body,
                ),
            )
        )
        ends = [moment for _, _, moment in steps[1:]]
        for version, ((act, name, moment), end) in enumerate(zip(steps, [*ends, None], strict=True), start=1):
            found["history"].append((number, version, act, author, stamp(moment), note))
            holds, due = (holder, due_at) if name in HELD else (None, None)
            ended = (outcome, grade) if name in CLOSED else (None, None)
            found["stays"].append(
                (
                    *(
                        number,
                        version,
                        kind,
                        klass,
                        day,
                        stamp(at),
                        name,
                        ended[0],
                        urgent or None,
                        holds,
                        area,
                    ),
                    *(quantity, accept_by, due, source, ended[1], stamp(moment), stamp(end)),
                )
            )


def _course(dice: Random, at: datetime) -> list[Step]:
    """Return what became of one event until the end: half are dealt with on the spot, a few never end."""
    fate, steps = dice.random(), [("report", "reported", at)]
    if fate < 0.45:
        return [("report", "self_handled", at)]
    if fate < 0.52:
        act, state = ("withdraw", "withdrawn") if fate < 0.5 else ("not_grid", "not_grid")
        steps.append((act, state, at + timedelta(hours=1)))
    else:
        hours = (
            ("assign", "assigned", 20),
            ("begin", "handling", 8),
            ("finish", "done", 220),
            ("close", "closed", 24),
        )
        for act, state, most in hours if fate < 0.998 else hours[:1]:
            at += timedelta(hours=dice.uniform(0.1, most))
            steps.append((act, state, at))
    return [step for step in steps if step[2] < END]


def stamp(at: datetime | None) -> str | None:
    """Return a moment as SQLite stores it; PostgreSQL reads it too."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if at else None
