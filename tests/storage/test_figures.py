"""Figures equal what plain SQL and a plain retelling of each event say, whatever happened in between.

The events are random: late entries, withdrawals, reopened ones, work records, moves to
another village, moments at the very edge of a week, cut-offs in the past.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import wangge.rules
from wangge.reports import digest, figures, periods
from wangge.reports.figures import Slice
from wangge.reports.periods import Period
from wangge.reports.visits import progress_in, progress_of
from wangge.rules.calendar import local_day, start_of_day
from wangge.rules.loop import GRADES, LOOP, OUTCOMES
from wangge.rules.policy import Policy
from wangge.storage import counts, people, records
from wangge.storage.database import Database, Transaction, seal_of
from wangge.storage.tables import people as people_table
from wangge.storage.tables import posts as posts_table

POLICY = Policy.model_validate(
    tomllib.loads((Path(wangge.rules.__file__).parent / "town.toml").read_text(encoding="utf-8"))
)
TOWN = POLICY.town.code
VILLAGES = {f"{TOWN}{number:03d}": f"{name}村" for number, name in enumerate("甲乙丙丁", 201)}
OTHER_TOWN = "990101999201"
FIRST_MONDAY = date(2026, 10, 26)
WEEKS = 5
END = start_of_day(FIRST_MONDAY + timedelta(weeks=WEEKS))
FIRST_MONDAY_NOON = start_of_day(FIRST_MONDAY) + timedelta(hours=12)
CLASSES = ("D", "R", "E", "P", "O", "W", "U")
PLACES = ("", "", "村口", "三组渠边")


@dataclass(frozen=True)
class Step:
    """All that counts about an event from a moment on."""

    at: datetime
    state: str
    area: str
    klass: str
    is_critical: bool
    happened_on: date
    accept_by: datetime
    due_at: datetime | None = None
    outcome: str | None = None
    grade: str | None = None

    @property
    def is_valid(self) -> bool:
        return self.state not in {"withdrawn", "duplicate"} and self.klass != "W"


@dataclass
class Told:
    """What happened to one event, as a plain list."""

    id: int
    reported_at: datetime
    steps: list[Step] = field(default_factory=list)

    def at(self, moment: datetime, *, including: bool = False) -> Step | None:
        """Return what held just before a moment (or at it), the last of several steps of one moment."""
        seen = [step for step in self.steps if step.at < moment or (including and step.at == moment)]
        return seen[-1] if seen else None


class Town:
    """A small town that writes records at given moments."""

    def __init__(self, tx: Transaction, seed: int) -> None:
        self.tx = tx
        self.dice = random.Random(seed)
        self.numbers = count()
        self.persons = [self.person(f"W{number}") for number in range(4)]
        self.events: list[Told] = []

    def person(self, staff_no: str, *held: tuple[str, str, date | None, date | None]) -> int:
        seal = seal_of(self.tx)
        row = {
            "staff_no": staff_no,
            "name": seal.close("张三"),
            "phone": seal.close("1"),
            "phone_mark": staff_no,
        }
        found = self.tx.execute(people_table.insert().values(row).returning(people_table.c.id))
        person: int = found.scalar_one()
        for role, area, start, end in held:
            post = {"person": person, "role": role, "area": area, "start_day": start, "end_day": end}
            self.tx.execute(posts_table.insert().values(post))
        return person

    def save(self, kind: str, at: datetime, **changes: Any) -> records.Stored:
        number = next(self.numbers)
        values = {
            "kind": kind,
            "origin": f"test:{number}",
            "author": self.persons[0],
            "area": next(iter(VILLAGES)),
            "klass": "R",
            "happened_on": local_day(at),
            "reported_at": at,
            "recorded_at": at,
            "state": "reported" if kind == "event" else "filed",
            "urgency": "usual",
            "quantity": 1,
            "accept_by": at + timedelta(hours=7),
            "policy": 1,
            "values": {"what": "路坏了", "place": "", "households": ["甲家"]},
        }
        drawn: Callable[[], int] = lambda: self.dice.randrange(10**6)  # noqa: E731 - a die
        return records.save(self.tx, records.New(**{**values, **changes}), drawn, local_day(at))[0]

    def moment(self) -> datetime:
        """Return a moment of the weeks; often exactly at, or a hair beside, the edge of one."""
        if self.dice.random() < 0.3:
            edge = start_of_day(FIRST_MONDAY + timedelta(weeks=self.dice.randrange(WEEKS)))
            return edge + self.dice.choice((0, -1, 1)) * timedelta(microseconds=1)
        whole = int((END - start_of_day(FIRST_MONDAY)).total_seconds())
        return start_of_day(FIRST_MONDAY) + timedelta(seconds=self.dice.randrange(whole))

    def happen(self) -> None:
        """Let one event be reported and go some way through the loop."""
        at, dice = self.moment(), self.dice
        area = dice.choice([*VILLAGES, OTHER_TOWN])
        happened_on = local_day(at) - timedelta(days=dice.choice((0, 0, 1, 9)))
        state = dice.choice(("reported", "reported", "reported", "self_handled"))
        stored = self.save(
            "event",
            at,
            area=area,
            klass=dice.choice(CLASSES),
            happened_on=happened_on,
            state=state,
            author=dice.choice(self.persons),
            urgency=dice.choice(("usual", "usual", "critical")),
            outcome="solved" if state == "self_handled" else None,
            source=dice.choice(("own", "resident")),
            values={"what": "路坏了", "place": dice.choice(PLACES)},
        )
        told = Told(stored.id, at)
        told.steps.append(step_of(stored, at))
        self.events.append(told)
        for _ in range(dice.randrange(7)):
            at = dice.choice((self.later, self.later, self.at_an_edge))(at, told)
            stored = self.act(stored, told, at)

    def later(self, at: datetime, _told: Told) -> datetime:
        return at + self.dice.choice((timedelta(0), timedelta(hours=5), timedelta(days=3), timedelta(days=9)))

    def at_an_edge(self, at: datetime, told: Told) -> datetime:
        """Return the very moment of the finish limit, or of the end of the week."""
        due_at = told.steps[-1].due_at
        return due_at if due_at is not None and due_at >= at else periods.week(local_day(at)).end

    def act(self, stored: records.Stored, told: Told, at: datetime) -> records.Stored:
        possible = [act for act in LOOP if stored.state in act.states]
        if not possible:
            return stored
        act, dice = self.dice.choice(possible), self.dice
        changes: dict[str, Any] = {"state": act.to or stored.state}
        is_accepting = act.verb in {"accept", "assign"} and stored.accepted_at is None
        if is_accepting or act.verb == "extend":
            changes |= {"due_at": at + timedelta(days=dice.choice((1, 5, 7)))}
            changes |= {"accepted_at": at} if is_accepting else {}
        if act.verb == "close":
            changes |= {"closed_at": at, "outcome": dice.choice(OUTCOMES)}
        if act.verb == "rate":
            changes["grade"] = dice.choice(GRADES)
        if act.verb in {"deny", "reopen"} and act.to:
            changes |= {"accept_by": at + timedelta(days=1), "accepted_at": None, "due_at": None}
        if act.verb == "amend":
            changes |= {"area": dice.choice(list(VILLAGES)), "class": dice.choice(CLASSES)}
            changes |= {"urgency": "usual", "happened_on": stored.happened_on - timedelta(days=8)}
        changed = records.change(self.tx, stored, act.verb, self.persons[0], at, **changes)
        told.steps.append(step_of(changed, at))
        return changed


def step_of(stored: records.Stored, at: datetime) -> Step:
    assert stored.accept_by is not None
    return Step(
        at=at,
        state=stored.state,
        area=stored.area,
        klass=stored.klass,
        is_critical=stored.urgency == "critical",
        happened_on=stored.happened_on,
        accept_by=stored.accept_by,
        due_at=stored.due_at,
        outcome=stored.outcome,
        grade=stored.grade,
    )


NUMBERS = [name for name, each in figures.CATALOGUE.items() if not each.share_of]
AT_WORK = {"accepted", "assigned", "handling"}
ENDED = {"closed", "self_handled", "not_grid", "petition"}


def retold(town: Town, scope: str, period: Period) -> dict[str, set[int]]:
    """Choose the events of each figure by retelling, step by step, what happened to them."""
    found: dict[str, set[int]] = {name: set() for name in NUMBERS}
    for event in town.events:
        now = event.at(period.cutoff)
        if now is not None and now.area.startswith(scope):
            for name in [
                *_of_submitted(event, now, period),
                *_of_now(now, period),
                *_of_limits(event, now, period),
            ]:
                found[name].add(event.id)
    return found


def _of_submitted(event: Told, now: Step, period: Period) -> Iterator[str]:
    if not period.start <= event.reported_at < period.end:
        return
    yield "reported"
    if not now.is_valid:
        return
    yield "valid"
    if now.is_critical:
        yield "critical"
    if now.happened_on < period.first_day:
        yield "late_entry"
    if now.grade:
        yield "rated"
    if now.grade in {"satisfied", "mostly"}:
        yield "satisfied"
    if now.state in ENDED:
        yield "closed"
        if now.outcome:
            yield now.outcome


def _of_now(now: Step, period: Period) -> Iterator[str]:
    if not now.is_valid or now.state in ENDED:
        return
    yield "open"
    limit = now.due_at or now.accept_by
    if now.state in AT_WORK | {"reported", "reopened"} and limit < period.cutoff:
        yield "overdue"


def _of_limits(event: Told, now: Step, period: Period) -> Iterator[str]:
    """A limit is one that holds when it falls; the last step of a moment tells what held at it."""
    last = {step.at: step for step in event.steps}.values()
    for due_at in {step.due_at for step in last if step.due_at}:
        then = event.at(due_at, including=True)
        is_in = period.start <= due_at < min(period.end, period.cutoff)
        if not (is_in and then and then.due_at == due_at and now.is_valid):
            continue
        if then.state in AT_WORK | ENDED | {"done"}:
            yield "limits"
        if then.state in ENDED | {"done"}:
            yield "met"
        if then.state in AT_WORK and now.state in ENDED | {"done"}:
            yield "late_closed"


def some_periods(dice: random.Random) -> Iterator[Period]:
    for number in range(WEEKS):
        monday = FIRST_MONDAY + timedelta(weeks=number)
        yield periods.week(monday)
        now = start_of_day(monday) + timedelta(minutes=dice.randrange(7 * 24 * 60))
        yield periods.week(monday, now)
        yield Period(start_of_day(monday), start_of_day(monday + timedelta(days=7)), END)


@pytest.mark.parametrize("seed", range(3))
async def test_every_figure_is_what_its_events_tell(database: Database, seed: int) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, seed)
        for _ in range(90):
            town.happen()
        for period in some_periods(town.dice):
            for scope in (TOWN, town.dice.choice([*VILLAGES])):
                expected = retold(town, scope, period)
                found = figures.totals(tx, (scope,), period)
                for name in expected:
                    listed = [fact.id for fact in figures.behind(tx, Slice(name), (scope,), period)]
                    assert (listed, found[name].value) == (sorted(expected[name]), len(listed)), (
                        name,
                        period,
                    )

    await database.transaction(compare)


PLAIN = """
    select count(*), sum(case when s.state in ('closed', 'self_handled', 'not_grid', 'petition') then 1 else 0 end)
    from records r join stays s on s.record = r.id
    where r.kind = 'event' and s."class" <> 'W' and s.state not in ('withdrawn', 'duplicate') and s.area like :scope
      and r.reported_at >= :start and r.reported_at < :end
      and s.from_at < :cutoff and (s.to_at is null or s.to_at >= :cutoff)
"""


async def test_the_digest_says_what_plain_sql_says(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, 11)
        for _ in range(150):
            town.happen()
        previous = 0
        for number in range(WEEKS):
            period = periods.week(FIRST_MONDAY + timedelta(weeks=number))
            found = digest.build(tx, (TOWN,), period, END, POLICY, VILLAGES)
            row = tx.execute(
                text(PLAIN),
                {
                    name: plain(database, value)
                    for name, value in (
                        ("start", period.start),
                        ("end", period.end),
                        ("cutoff", period.cutoff),
                    )
                }
                | {"scope": f"{TOWN}%"},
            ).one()
            assert (found.figures["valid"].value, found.figures["closed"].value) == tuple(row)
            assert row[0] > 0
            assert not number or found.before["valid"].value == previous
            previous = found.figures["valid"].value
            by_village = found.numbers.by_village(VILLAGES)
            assert list(by_village) == sorted(VILLAGES)
            for village, there in by_village.items():
                own = figures.totals(tx, (village,), period)
                assert there == {name: own[name].value for name in figures.OF_VILLAGES}
                listed = figures.behind(tx, Slice("valid", village), (TOWN,), period)
                assert len(listed) == there["valid"]
            assert sum(there["valid"] for there in by_village.values()) == row[0]
            classes = found.numbers.by_category()
            assert sum(classes.values()) == row[0]
            for klass, number in classes.items():
                assert figures.totals(tx, (TOWN,), period, klass)["valid"].value == number

    await database.transaction(compare)


def plain(database: Database, moment: datetime) -> Any:
    bare = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{bare:%Y-%m-%d %H:%M:%S.%f}" if database.is_sqlite else bare


async def test_a_past_week_reads_the_same_whatever_happens_later(database: Database) -> None:
    def look(tx: Transaction) -> dict[str, list[int]]:
        period = periods.week(FIRST_MONDAY)
        return {
            name: [fact.id for fact in figures.behind(tx, Slice(name), (TOWN,), period)] for name in NUMBERS
        }

    def write(tx: Transaction) -> None:
        town = Town(tx, 5)
        for _ in range(60):
            town.happen()
        before, later = look(tx), END + timedelta(days=1)
        for event in town.events:
            changes: dict[str, Any] = {
                "state": "closed",
                "closed_at": END,
                "class": "W",
                "urgency": "critical",
                "grade": "mostly",
            }
            changes |= {"area": OTHER_TOWN, "happened_on": date(2026, 1, 1), "due_at": FIRST_MONDAY_NOON}
            records.change(tx, records.get(tx, event.id), "close", None, later, outcome="untrue", **changes)
        assert look(tx) == before

    await database.transaction(write)


async def test_every_number_opens_the_records_behind_it(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, 7)
        for _ in range(80):
            town.happen()
        period = periods.week(FIRST_MONDAY + timedelta(weeks=2))
        for part in [
            *map(Slice, figures.CATALOGUE),
            Slice("valid", klass="R"),
            Slice("closed", f"{TOWN}201"),
        ]:
            whole = figures.behind(tx, part, (TOWN,), period)
            area = (part.area or TOWN,)
            assert figures.totals(tx, area, period, part.klass)[part.name].value == len(whole)
            assert figures.behind(tx, part, (TOWN,), period, 2, 1) == whole[1:3]

    await database.transaction(compare)


async def test_a_spot_is_one_place_several_times_and_names_no_hidden_class(database: Database) -> None:
    monday = FIRST_MONDAY + timedelta(weeks=2)
    period = periods.week(monday)

    def compare(tx: Transaction) -> None:
        town = Town(tx, 1)
        for days, klass, place in (
            (-20, "R", "村口"),
            (1, "E", "村口"),
            (1, "R", "渠边"),
            (1, "P", "渠边"),
            (-40, "R", "渠边"),
        ):
            at = start_of_day(monday) + timedelta(days=days)
            town.save("event", at, klass=klass, values={"what": "坏了", "place": place})
        (spot,) = figures.repeat_spots(tx, (TOWN,), period, {"P"})
        assert (spot.place, len(spot.records)) == ("村口", 2)
        assert figures.repeat_spots(tx, (OTHER_TOWN,), period, {"P"}) == []
        assert figures.repeat_spots(tx, (TOWN,), periods.week(monday - timedelta(weeks=1)), {"P"}) == []

    await database.transaction(compare)


async def test_visits_of_one_person_and_of_the_town_agree(database: Database) -> None:
    month, cutoff = date(2026, 11, 1), END

    def compare(tx: Transaction) -> None:
        town = Town(tx, 3)
        codes = list(VILLAGES)
        someone = town.person(
            "B1",
            ("stationed_cadre", codes[0], None, None),
            ("stationed_cadre", codes[1], date(2026, 11, 16), None),
        )
        leader = town.person("L1", ("area_leader", TOWN, None, None))
        for author, village, day in (
            (someone, codes[0], 3),
            (someone, codes[0], 3),
            (someone, codes[0], 9),
            (someone, codes[1], 20),
            (someone, codes[1], 5),
            (leader, codes[0], 3),
            (town.persons[0], codes[0], 3),
        ):
            happened_on = date(2026, 11, day)
            town.save(
                "visit",
                start_of_day(happened_on) + timedelta(days=2),
                author=author,
                area=village,
                happened_on=happened_on,
            )
        withdrawn = town.save("visit", cutoff - timedelta(days=3), author=someone, area=codes[0])
        records.change(tx, withdrawn, "withdraw", someone, cutoff - timedelta(days=1), state="withdrawn")
        town.save(
            "visit", cutoff + timedelta(days=1), author=someone, area=codes[0], happened_on=date(2026, 11, 28)
        )

        own = progress_of(tx, someone, month, cutoff, POLICY.visits, VILLAGES)
        assert [(row.village, row.owed, row.done) for row in own] == [(codes[0], 2, 2), (codes[1], 1, 1)]
        assert [each.why for each in own[1].visits] == ["visit.why.not_in_post", "visit.why.counts"]
        everybody = progress_in(tx, (TOWN,), month, cutoff, POLICY.visits, VILLAGES)
        assert everybody[someone] == own and set(everybody) == {someone, leader}
        assert [(row.owed, row.done) for row in everybody[leader]] == [(2, 1), (2, 0), (2, 0), (2, 0)]
        assert set(progress_in(tx, (codes[3],), month, cutoff, POLICY.visits, VILLAGES)) == {leader}

        earlier = start_of_day(date(2026, 11, 12))
        then = progress_of(tx, someone, month, earlier, POLICY.visits, VILLAGES)
        assert [(row.village, row.done) for row in then] == [(codes[0], 2), (codes[1], 0)]
        behind, owed = digest.visits_behind(tx, (TOWN,), periods.week(date(2026, 11, 23)), POLICY, VILLAGES)
        assert (len(behind), owed) == (4, 11)

    await database.transaction(compare)


async def test_leave_is_not_owed(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, 3)
        someone = town.person("B1", ("stationed_cadre", next(iter(VILLAGES)), None, None))
        people.take_leave(tx, someone, date(2026, 11, 1), date(2026, 11, 20))
        (officer,) = counts.officers(tx, POLICY.visits.owed_by, someone)
        assert officer.leaves == ((date(2026, 11, 1), date(2026, 11, 20)),)
        (row,) = progress_of(tx, someone, date(2026, 11, 1), END, POLICY.visits, VILLAGES)
        assert row.owed == 1

    await database.transaction(compare)
