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
from wangge.reports import digest, figures
from wangge.reports.visits import progress_in, progress_of
from wangge.rules.calendar import local_day, start_of_day
from wangge.rules.loop import ENDED, LOOP, OPEN, PAUSED
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
CLASSES = ("D", "R", "E", "P", "O", "W", "U")
PLACES = ("", "", "村口", "三组渠边")


@dataclass
class Told:
    """What happened to one event, as a plain list."""

    id: int
    klass: str
    happened_on: date
    reported_at: datetime
    accept_by: datetime
    is_critical: bool
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    steps: list[tuple[datetime, str, str]] = field(default_factory=list)

    def at(self, moment: datetime, *, including: bool = False) -> tuple[str, str] | None:
        """Return state and area just before a moment (or at it), the last of several steps of one moment."""
        seen = [step for step in self.steps if step[0] < moment or (including and step[0] == moment)]
        return seen[-1][1:] if seen else None


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
            values={"what": "路坏了", "place": dice.choice(PLACES)},
        )
        told = Told(
            stored.id, stored.klass, happened_on, at, at + timedelta(hours=7), stored.urgency == "critical"
        )
        told.steps.append((at, stored.state, area))
        self.events.append(told)
        for _ in range(dice.randrange(7)):
            at = dice.choice((self.later, self.later, self.at_an_edge))(at, told)
            stored = self.act(stored, told, at)

    def later(self, at: datetime, _told: Told) -> datetime:
        return at + self.dice.choice((timedelta(0), timedelta(hours=5), timedelta(days=3), timedelta(days=9)))

    def at_an_edge(self, at: datetime, told: Told) -> datetime:
        """Return the very moment of the finish limit, or of the end of the week."""
        if told.due_at is not None and told.due_at >= at:
            return told.due_at
        return figures.week(local_day(at)).end

    def act(self, stored: records.Stored, told: Told, at: datetime) -> records.Stored:
        possible = [act for act in LOOP if stored.state in act.states]
        if not possible:
            return stored
        act = self.dice.choice(possible)
        changes: dict[str, Any] = {"state": act.to or stored.state}
        if act.verb in {"accept", "assign"} and stored.accepted_at is None:
            told.accepted_at, told.due_at = at, at + timedelta(days=self.dice.choice((1, 5, 7)))
            changes |= {"accepted_at": at, "due_at": told.due_at}
        if act.verb == "close":
            changes["closed_at"] = at
        if act.verb == "amend":
            changes["area"] = self.dice.choice(list(VILLAGES))
        changed = records.change(self.tx, stored, act.verb, self.persons[0], at, **changes)
        told.steps.append((at, changed.state, changed.area))
        return changed


def retold(town: Town, scope: str, period: figures.Period) -> dict[str, set[int]]:
    """Choose the events of each figure by retelling, step by step, what happened to them."""
    found: dict[str, set[int]] = {name: set() for name in figures.CHOICES}
    for event in town.events:
        now = event.at(period.cutoff)
        if now is None or not now[1].startswith(scope):
            continue
        state, _ = now
        is_valid = state not in {"withdrawn", "duplicate"} and event.klass != "W"
        is_new = period.start <= event.reported_at < period.end
        found["reported"] |= {event.id} if is_new else set()
        if not is_valid:
            continue
        if is_new:
            found["valid"].add(event.id)
            found["critical"] |= {event.id} if event.is_critical else set()
            found["closed"] |= {event.id} if state in ENDED else set()
            found["late_entry"] |= {event.id} if event.happened_on < period.first_day else set()
        found["open"] |= {event.id} if state in OPEN else set()
        is_accepted = event.accepted_at is not None and event.accepted_at < period.cutoff
        limit = event.due_at if is_accepted else event.accept_by
        if state in OPEN - PAUSED - {"done"} and limit is not None and limit < period.cutoff:
            found["overdue"].add(event.id)
        if is_accepted and event.due_at and period.start <= event.due_at < min(period.end, period.cutoff):
            found["limits"].add(event.id)
            then = event.at(event.due_at, including=True)
            found["met"] |= {event.id} if then and then[0] in ENDED | {"done"} else set()
    return found


def periods(dice: random.Random) -> Iterator[figures.Period]:
    for number in range(WEEKS):
        monday = FIRST_MONDAY + timedelta(weeks=number)
        yield figures.week(monday)
        now = start_of_day(monday) + timedelta(minutes=dice.randrange(7 * 24 * 60))
        yield figures.week(monday, now)
        yield figures.Period(start_of_day(monday), start_of_day(monday + timedelta(days=7)), END)


@pytest.mark.parametrize("seed", range(3))
async def test_every_figure_is_what_its_events_tell(database: Database, seed: int) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, seed)
        for _ in range(90):
            town.happen()
        for period in periods(town.dice):
            for scope in (TOWN, town.dice.choice([*VILLAGES])):
                expected = retold(town, scope, period)
                facts = figures.read(tx, (scope,), period)
                for name in expected:
                    assert {fact.id for fact in facts.choose(name)} == expected[name], (name, period)
                    assert facts.figures[name].value == len(expected[name])

    await database.transaction(compare)


PLAIN = """
    select count(*), sum(case when s.state in ('closed', 'self_handled', 'not_grid', 'petition') then 1 else 0 end)
    from records r join stays s on s.record = r.id
    where r.kind = 'event' and r.class <> 'W' and s.state not in ('withdrawn', 'duplicate') and s.area like :scope
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
            period = figures.week(FIRST_MONDAY + timedelta(weeks=number))
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
            by_village = found.facts.by_village(VILLAGES)
            assert list(by_village) == sorted(VILLAGES)
            for village, (valid, closed, still) in by_village.items():
                there = figures.read(tx, (village,), period).figures
                assert (valid, closed, still) == tuple(
                    there[name].value for name in ("valid", "closed", "open")
                )
                assert len(found.facts.choose(f"in-{village}")) == valid
            assert sum(numbers[0] for numbers in by_village.values()) == row[0]
            assert sum(found.facts.by_category().values()) == row[0]

    await database.transaction(compare)


def plain(database: Database, moment: datetime) -> Any:
    bare = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{bare:%Y-%m-%d %H:%M:%S.%f}" if database.is_sqlite else bare


async def test_a_past_week_reads_the_same_whatever_happens_later(database: Database) -> None:
    def look(tx: Transaction) -> dict[str, list[int]]:
        facts = figures.read(tx, (TOWN,), figures.week(FIRST_MONDAY))
        return {name: [fact.id for fact in facts.choose(name)] for name in figures.CHOICES}

    def write(tx: Transaction) -> None:
        town = Town(tx, 5)
        for _ in range(60):
            town.happen()
        before = look(tx)
        for event in town.events:
            stored = records.get(tx, event.id)
            records.change(tx, stored, "close", None, END + timedelta(days=1), state="closed", closed_at=END)
        assert look(tx) == before

    await database.transaction(write)


async def test_every_number_opens_the_records_behind_it(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        town = Town(tx, 7)
        for _ in range(80):
            town.happen()
        period = figures.week(FIRST_MONDAY + timedelta(weeks=2))
        facts = figures.read(tx, (TOWN,), period)
        names = [*figures.CHOICES, *(f"class-{key}" for key in facts.by_category()), f"in-{TOWN}201"]
        for name in names:
            behind = figures.records_behind(tx, name, (TOWN,), period)
            assert [record.id for record in behind] == [fact.id for fact in facts.choose(name)]
            assert figures.records_behind(tx, name, (TOWN,), period, 2, 1) == behind[1:3]
        assert figures.records_behind(tx, "nonsense", (TOWN,), period) == []

    await database.transaction(compare)


async def test_a_spot_is_one_place_several_times_and_names_no_hidden_class(database: Database) -> None:
    monday = FIRST_MONDAY + timedelta(weeks=2)
    period = figures.week(monday)

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
        assert figures.repeat_spots(tx, (TOWN,), figures.week(monday - timedelta(weeks=1)), {"P"}) == []

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
        behind, owed = digest.visits_behind(tx, (TOWN,), figures.week(date(2026, 11, 23)), POLICY, VILLAGES)
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
