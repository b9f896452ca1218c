"""A closed month: nothing of it changes, and whatever is entered or changed later stands apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from tests.storage.test_figures import POLICY, TOWN, VILLAGES, Town

from wangge.reports import closing, digest, figures, periods
from wangge.reports.figures import Slice
from wangge.rules.calendar import local_day, start_of_day
from wangge.storage import closings, records
from wangge.storage.database import Database, Transaction
from wangge.storage.ledger import closed_figures
from wangge.storage.ledger import closings as closings_table

OCTOBER, NOVEMBER, DECEMBER = (date(2026, number, 1) for number in (10, 11, 12))


def close(tx: Transaction, month: date, now: datetime | None = None) -> None:
    at = now or closing.cutoff_of(month, POLICY)
    for values, rows in closing.due(tx, month, at, POLICY, 1, VILLAGES):
        closings.put(tx, values, rows)


def amendments(tx: Transaction, now: datetime, scope: tuple[str, ...] = (TOWN,)) -> dict[str, dict[str, int]]:
    closed = closings.of_month(tx, NOVEMBER)
    assert closed is not None
    found = closing.amendments(tx, closed, now, scope, POLICY, VILLAGES)
    assert all(each.why for each in found)
    return {each.record.number: dict(each.effects) for each in found}


def a_town(tx: Transaction, seed: int) -> Town:
    town = Town(tx, seed)
    for _ in range(60):
        town.happen()
    officer = town.person("B1", ("stationed_cadre", TOWN, None, None))
    for day in (3, 3, 12, 20):
        at = start_of_day(date(2026, 11, day)) + timedelta(hours=10)
        town.save("visit", at, author=officer, area=next(iter(VILLAGES)), happened_on=local_day(at))
    return town


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_frozen_is_what_was_counted_and_stays(database: Database, seed: int) -> None:
    def story(tx: Transaction) -> None:
        town = a_town(tx, seed)
        close(tx, NOVEMBER)
        closed = closings.of_month(tx, NOVEMBER)
        assert closed is not None
        period = replace(periods.month(NOVEMBER), cutoff=closed.cutoff)
        kept = closings.figures(tx, closed.id)
        for area in (TOWN, *VILLAGES):
            counted = figures.totals(tx, (area,), period)
            frozen = closing.frozen(tx, closed, (area,))
            assert {name: frozen[name].value for name in closing.NUMBERS} == {
                name: counted[name].value for name in closing.NUMBERS
            }
            visits = digest.visits_figure(tx, (area,), period, POLICY, VILLAGES)
            assert (frozen["visits"].value, frozen["visits"].base) == (visits.value, visits.base)
        assert any(row.value for row in kept if row.figure == "closed")
        whole = closing.frozen(tx, closed, tuple(VILLAGES))
        assert whole["valid"].value == closing.frozen(tx, closed, (TOWN,))["valid"].value
        later = closed.cutoff + timedelta(days=1)
        for event in town.events:
            stored = records.get(tx, event.id)
            records.change(
                tx, stored, "close", None, later, state="closed", outcome="solved", closed_at=later
            )
        close(tx, NOVEMBER, later)
        assert closings.figures(tx, closed.id) == kept
        # The first closing took in every month since the first record; the second nothing.
        assert [each.month for each in closings.every(tx)] == [OCTOBER, NOVEMBER]

    await database.transaction(story)


async def test_each_later_change_is_a_line_with_what_it_adds(database: Database) -> None:
    def story(tx: Transaction) -> None:
        town = Town(tx, 1)
        at = start_of_day(date(2026, 11, 20))
        codes = list(VILLAGES)
        officer = town.person("B1", ("stationed_cadre", TOWN, None, None))
        kept, closed, merged, moved, withdrawn = (
            town.save("event", at + timedelta(minutes=number), outcome=None) for number in range(5)
        )
        wrong = town.save("visit", at, author=officer, area=codes[0], happened_on=local_day(at))
        close(tx, NOVEMBER)
        now = closing.cutoff_of(NOVEMBER, POLICY)
        assert amendments(tx, now) == {}
        records.change(tx, closed, "close", None, now, state="closed", outcome="solved", closed_at=now)
        records.change(tx, merged, "merge", None, now, reason="同一件", state="duplicate")
        records.change(tx, moved, "amend", None, now, area=codes[1])
        records.change(tx, kept, "note", None, now, reason="看过")
        records.change(tx, wrong, "withdraw", officer, now, state="withdrawn")
        late = town.save("visit", now, author=officer, area=codes[2], happened_on=local_day(at))
        other = town.save("visit", now, author=officer, area=codes[2], happened_on=date(2026, 12, 2))
        found = amendments(tx, now + timedelta(hours=1))
        assert found == {
            closed.number: {"closed": 1, "solved": 1},
            merged.number: {"valid": -1},
            moved.number: {},
            wrong.number: {"visits": -1},
            late.number: {"visits": 1},
        }
        assert other.number not in found and withdrawn.number not in found
        gone, come = (amendments(tx, now + timedelta(hours=1), (code,)) for code in codes[:2])
        assert gone[moved.number] == {"reported": -1, "valid": -1}
        assert come == {moved.number: {"reported": 1, "valid": 1}}
        assert amendments(tx, now - timedelta(microseconds=2)) == {}

    await database.transaction(story)


async def test_months_make_a_chain_and_any_edit_breaks_it(database: Database) -> None:
    def story(tx: Transaction) -> None:
        a_town(tx, 3)
        close(tx, OCTOBER)
        close(tx, DECEMBER, closing.cutoff_of(DECEMBER, POLICY))  # November was slept through
        months = closings.every(tx)
        assert [each.month for each in months] == [OCTOBER, NOVEMBER, DECEMBER]
        assert [each.previous for each in months] == [closing.FIRST_OF_ALL, months[0].hash, months[1].hash]
        assert months[1].cutoff == closing.cutoff_of(NOVEMBER, POLICY)
        assert closing.broken(tx) == []
        count, total = closing.year(tx, (TOWN,), 2026)
        each_month = [closing.frozen(tx, each, (TOWN,))["valid"].value for each in months]
        assert (count, total["valid"]) == (3, sum(each_month)) and sum(each_month) > 0

    await database.transaction(story)

    edits: list[tuple[Callable[[], Any], date]] = [
        (lambda: update(closed_figures).where(closed_figures.c.closing == 2, closed_figures.c.figure == "closed").values(value=99), NOVEMBER),
        (lambda: update(closed_figures).where(closed_figures.c.closing == 1, closed_figures.c.figure == "met").values(records="1:1"), OCTOBER),
        (lambda: update(closings_table).where(closings_table.c.month == DECEMBER).values(previous="0" * 64), DECEMBER),
    ]  # fmt: skip
    for edit, month in edits:

        class Undo(Exception):
            pass

        def tamper(tx: Transaction, edit: Callable[[], Any] = edit, month: date = month) -> None:
            tx.execute(edit())
            assert closing.broken(tx) == [month]
            raise Undo

        with pytest.raises(Undo):
            await database.transaction(tamper)


async def test_a_month_cannot_be_closed_twice(database: Database) -> None:
    def twice(tx: Transaction) -> None:
        town = Town(tx, 2)
        town.save("event", start_of_day(NOVEMBER))
        for values, rows in [
            *closing.due(tx, NOVEMBER, closing.cutoff_of(NOVEMBER, POLICY), POLICY, 1, VILLAGES)
        ] * 2:
            closings.put(tx, values, rows)

    with pytest.raises(Exception, match=r"(?i)unique"):
        await database.transaction(twice)
    period = periods.month(NOVEMBER)
    assert await database.snapshot(lambda tx: figures.behind(tx, Slice("valid"), (TOWN,), period)) == []


async def test_a_month_is_never_closed_beyond_this_moment(database: Database) -> None:
    """The closing day was moved to a later one after the closing was due: what comes later is 补录."""

    def story(tx: Transaction) -> None:
        town = Town(tx, 2)
        town.save("event", start_of_day(NOVEMBER))
        now = closing.cutoff_of(NOVEMBER, POLICY)
        reports = POLICY.reports.model_copy(update={"close_day": 20})
        moved = POLICY.model_copy(update={"reports": reports})
        ((values, _),) = closing.due(tx, NOVEMBER, now, moved, 1, VILLAGES)
        assert values["cutoff"] == now

    await database.transaction(story)


def test_only_a_month_is_judged_as_it_was_closed() -> None:
    """A year begins on the day of its January; no button shows it as that month was closed."""
    now = closing.cutoff_of(NOVEMBER, POLICY)
    month, year, week = (
        periods.of_key(key, now, lambda _: now) for key in ("m202611c", "y2026c", "w20260601c")
    )
    assert month is not None and month.cutoff == now and year is None and week is None


async def test_the_reason_of_a_later_change_is_that_of_the_act_that_changed_it(database: Database) -> None:
    def story(tx: Transaction) -> None:
        merged = Town(tx, 1).save("event", start_of_day(date(2026, 11, 20)))
        close(tx, NOVEMBER)
        now = closing.cutoff_of(NOVEMBER, POLICY)
        merged = records.change(tx, merged, "merge", None, now, reason="同一件", state="duplicate")
        records.change(tx, merged, "note", None, now + timedelta(hours=1), reason="老张来过")
        closed = closings.of_month(tx, NOVEMBER)
        assert closed is not None
        later = now + timedelta(hours=2)
        (found,) = closing.amendments(tx, closed, later, (TOWN,), POLICY, VILLAGES)
        assert found.why is not None and (found.why.act, found.why.reason) == ("merge", "同一件")

    await database.transaction(story)
