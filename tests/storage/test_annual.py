"""What the annual report says equals plain SQL, over random years with late closings and work records."""

import random
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.storage.rows import add_people, digits, entry, new_event, post

import wangge.rules
from wangge.reports import closing, figures, year
from wangge.reports.annual import compose
from wangge.reports.prose import Report
from wangge.rules.calendar import local_day, start_of_day
from wangge.rules.policy import Policy
from wangge.storage import closings, records
from wangge.storage.database import Database, Transaction

POLICY = Policy.model_validate(
    tomllib.loads((Path(wangge.rules.__file__).parent / "town.toml").read_text(encoding="utf-8"))
)
TOWN = POLICY.town.code
VILLAGES = {f"{TOWN}{number:03d}": f"{name}村" for number, name in enumerate("甲乙丙丁", 201)}
OTHER_TOWN = "990101999201"
LATER = start_of_day(date(2027, 2, 1))
ENDS = {"closed": "solved", "not_grid": None, "withdrawn": None, "duplicate": "duplicate", "reported": None}


def write_years(tx: Transaction, seed: int, events: int) -> None:
    """Write two years of events and one of visits."""
    dice = random.Random(seed)
    author, cadre = add_people(
        tx,
        entry("1", "李二牛", post("grid_worker")),
        entry("2", "王三", post("stationed_cadre", next(iter(VILLAGES)), start=date(2026, 1, 1))),
    )
    draw = digits(*(dice.randrange(1000) for _ in range(20 * events)))
    start = start_of_day(date(2025, 1, 1))
    for number in range(events):
        at = start + timedelta(minutes=dice.randrange(2 * 365 * 24 * 60))
        stored, _ = records.save(
            tx,
            new_event(
                author,
                f"draft:{number}:0",
                area=dice.choice([*VILLAGES, *VILLAGES, OTHER_TOWN]),
                klass=dice.choice("DREEEPOWU"),
                happened_on=local_day(at),
                reported_at=at,
                recorded_at=at,
            ),
            draw,
            local_day(at),
        )
        state = dice.choice(["closed", "closed", "closed", *ENDS])
        if state != "reported":
            ends = at + timedelta(days=dice.choice((0, 1, 4, 40)))
            closed: dict[str, Any] = {"closed_at": ends, "outcome": ENDS[state]} if state == "closed" else {}
            records.change(tx, stored, state, author, ends, state=state, **closed)
    for number in range(30):
        day = date(2026, 1, 1) + timedelta(days=dice.randrange(300))
        at = start_of_day(day) + timedelta(days=dice.choice((0, 3)))
        visit = new_event(
            cadre,
            f"visit:{number}",
            kind="visit",
            area=next(iter(VILLAGES)),
            klass="",
            happened_on=day,
            reported_at=at,
            recorded_at=at,
            state="filed",
            values={"households": ["甲家", f"{number}家"], "content": "都好"},
        )
        records.save(tx, visit, draw, local_day(at))


EVENTS = """
    from records r join stays s on s.record = r.id
    where r.kind = 'event' and s.area like :town and r.reported_at >= :start and r.reported_at < :end
      and s.from_at < :cutoff and (s.to_at is null or s.to_at >= :cutoff)
"""
VALID = EVENTS + " and r.class <> 'W' and s.state not in ('withdrawn', 'duplicate')"
ENDED = " and s.state in ('closed', 'self_handled', 'not_grid', 'petition')"
PLAIN = {
    "reported": f"select count(*) {EVENTS}",
    "valid": f"select count(*) {VALID}",
    "closed": f"select count(*) {VALID} {ENDED}",
    "class_E": f"select count(*) {VALID} and r.class = 'E'",
    "others": f"select count(*) {VALID} and r.class in ('P', 'O', 'U')",
    "disputes": f"select count(*) {VALID} and r.class = 'D'",
    "villages_reporting": f"select count(distinct s.area) {VALID}",
}


def asked(tx: Transaction, database: Database, query: str, start: date, end: date, cutoff: datetime) -> int:
    values = {"start": start_of_day(start), "end": start_of_day(end), "cutoff": cutoff}
    bare = {name: moment.astimezone(UTC).replace(tzinfo=None) for name, moment in values.items()}
    if database.is_sqlite:
        bare = {name: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for name, moment in bare.items()}  # type: ignore[misc]  # as SQLite keeps it
    return int(tx.execute(text(query), {**bare, "town": f"{TOWN}%"}).scalar_one())


def said(report: Report) -> dict[str, str]:
    return {number.figure: number.text for number in report.numbers}


@pytest.mark.parametrize("seed", range(2))
async def test_the_report_says_what_plain_sql_says(database: Database, seed: int) -> None:
    first, after = date(2026, 1, 1), date(2027, 1, 1)
    cutoff = LATER + timedelta(microseconds=1)
    cutoff_before = start_of_day(first) + (cutoff - start_of_day(after))

    def compare(tx: Transaction) -> None:
        write_years(tx, seed, 500)
        found = year.read(tx, POLICY, VILLAGES, year.period_of(2026, LATER))
        numbers = said(compose(found, "清河镇", date(2027, 1, 31)))
        expected = {name: asked(tx, database, query, first, after, cutoff) for name, query in PLAIN.items()}
        for name, value in expected.items():
            if name != "villages_reporting" or name in numbers:
                assert numbers[name] == str(value), name
        assert 0 < expected["closed"] < expected["valid"] < expected["reported"]
        thousandths = 1000 * expected["closed"] // expected["valid"]
        assert numbers["closed_rate"] == f"{thousandths // 10}.{thousandths % 10}%"
        before = asked(tx, database, PLAIN["valid"], date(2025, 1, 1), first, cutoff_before)
        assert numbers["valid_before"] == str(before)
        change = numbers.get("valid_more") or f"-{numbers.get('valid_fewer', 0)}"
        assert int(change) == expected["valid"] - before
        assert sum(valid for _, valid, _ in found.months) == expected["valid"]
        assert sum(closed for _, _, closed in found.months) == expected["closed"]
        trips = text("select count(distinct happened_on) from records where kind = 'visit'")
        assert numbers["visits_done"] == str(tx.execute(trips).scalar_one())
        assert numbers["visits_owed"] == "24"
        for month, valid, _ in found.months:
            ends = date(2026, month + 1, 1) if month < 12 else after
            assert valid == asked(tx, database, PLAIN["valid"], date(2026, month, 1), ends, cutoff)

    await database.transaction(compare)


async def test_a_case_tells_nothing_but_category_month_and_days(database: Database) -> None:
    """Public mood, persons at risk and small classes give none; nor does what is open or closed after the cut-off."""

    def compare(tx: Transaction) -> None:
        write_years(tx, 3, 500)
        found = year.read(tx, POLICY, VILLAGES, year.period_of(2026, LATER))
        assert [case.category for case in found.cases] == [
            name for _, name, count in found.classes if count >= 10
        ][:3]
        assert {category for category, _, _ in found.classes} == {"D", "R", "E"}
        assert all(1 <= case.month <= 12 and case.days in {1, 2, 5, 41} for case in found.cases)
        few = year.read(tx, POLICY, dict(list(VILLAGES.items())[:1]), year.period_of(2024, LATER))
        assert not few.cases and not few.has_records

    await database.transaction(compare)


async def test_a_year_is_compared_with_a_whole_year_only(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        write_years(tx, 4, 300)
        assert not year.read(tx, POLICY, VILLAGES, year.period_of(2025, LATER)).before
        assert year.read(tx, POLICY, VILLAGES, year.period_of(2026, LATER)).before
        now = start_of_day(date(2026, 7, 1)) + timedelta(hours=10)
        running = year.read(tx, POLICY, VILLAGES, year.period_of(2026, now))
        assert running.period.is_running and not running.before and len(running.months) == 7

    await database.transaction(compare)


async def test_a_year_that_began_half_way_is_not_compared_with(database: Database) -> None:
    def compare(tx: Transaction) -> None:
        (author,) = add_people(tx, entry("1", "李二牛", post("grid_worker")))
        for number, day in enumerate((date(2025, 11, 3), date(2026, 3, 2))):
            at = start_of_day(day)
            fit = {"area": next(iter(VILLAGES)), "happened_on": day, "reported_at": at, "recorded_at": at}
            records.save(tx, new_event(author, f"draft:{number}:0", **fit), digits(), day)
        found = year.read(tx, POLICY, VILLAGES, year.period_of(2026, LATER))
        assert found.has_records and not found.before

    await database.transaction(compare)


async def test_both_values_are_stated_once_every_month_is_closed(database: Database) -> None:
    """As the months were closed with, and as the year is now, with what was withdrawn since."""

    def compare(tx: Transaction) -> None:
        write_years(tx, 5, 200)
        period = year.period_of(2026, LATER)
        for month in range(1, 13):
            assert not year.read(tx, POLICY, VILLAGES, period).frozen
            for values, rows in closing.due(tx, date(2026, month, 1), LATER, POLICY, 1, VILLAGES):
                closings.put(tx, values, rows)
        found = year.read(tx, POLICY, VILLAGES, period)
        assert set(found.frozen) == {"valid", "closed"}
        (first, *_) = figures.behind(tx, figures.Slice("closed"), (TOWN,), found.period)
        records.change(tx, records.get(tx, first.id), "withdraw", None, LATER, state="withdrawn")
        again = year.read(tx, POLICY, VILLAGES, period)
        assert again.frozen == found.frozen
        assert again.figures["valid"].value == found.figures["valid"].value - 1
        numbers = said(compose(again, "清河镇", date(2027, 1, 31)))
        assert numbers["valid_frozen"] == str(found.frozen["valid"])
        assert numbers["closed_frozen"] == str(found.frozen["closed"])

    await database.transaction(compare)
