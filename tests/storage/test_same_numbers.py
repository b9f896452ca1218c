"""Whatever surface shows a figure shows the same number: digest, picture, 查数, lists, table, month, year, export."""

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from tests.exports import table_of
from tests.storage.test_scheduled import POLICY, TOWN, Town, at

from wangge.bot.figuring import _page, _table
from wangge.handlers import digest as digest_words
from wangge.handlers import figures as panel
from wangge.handlers import monthly
from wangge.handlers.figures import View
from wangge.records.event import Event
from wangge.reports import closing, digest, figures, periods, year
from wangge.reports.figures import Slice
from wangge.reports.periods import Period
from wangge.rules.calendar import local
from wangge.storage import closings, records
from wangge.storage.database import Database, Transaction
from wangge.texts import say

NOW = "2026-11-29 20:00"
AREA = (TOWN,)


def a_month_of_events(town: Town, seed: int) -> None:
    """Let events be reported over five weeks, and most of them go some way."""
    dice = random.Random(seed)
    for number in range(90):
        begun = at("2026-10-26 08:00") + timedelta(minutes=dice.randrange(34 * 24 * 60))
        stored = town.save(
            "event",
            f"{local(begun):%Y-%m-%d %H:%M}",
            klass=dice.choice("RDEPOW"),
            area=dice.choice([f"{TOWN}200", f"{TOWN}201"]),
            urgency=dice.choice(("usual", "critical")),
            happened_on=(begun - timedelta(days=dice.choice((0, 0, 9)))).date(),
        )
        for verb, state, hours in (("assign", "assigned", 3), ("finish", "done", 30), ("close", "closed", 9)):
            if dice.random() < 0.2:
                break
            begun += timedelta(hours=hours)
            more: dict[str, Any] = (
                {"accepted_at": begun, "due_at": begun + timedelta(hours=24)} if verb == "assign" else {}
            )
            more |= (
                {"outcome": dice.choice(("solved", "untrue")), "closed_at": begun} if verb == "close" else {}
            )
            stored = records.change(town.tx, stored, verb, None, begun, state=state, **more)
        if number % 11 == 0:
            records.change(town.tx, stored, "withdraw", None, begun, state="withdrawn")


def shown_by(text: str) -> dict[str, str]:
    """Return what a message says of each figure that has a word of its own in it."""
    words = {
        "reported": "上报",
        "valid": "(?:有效|新增)",
        "closed": "办结",
        "open": "在办",
        "overdue": "超期",
    }
    found = {name: re.search(rf"(?<![按期超]){word}(\d+)", text) for name, word in words.items()}
    rates = {"closed_rate": r"(?<!期)办结率(\d+%|\d+/\d+)", "met_rate": r"按期办结率?(\d+%|\d+/\d+)"}
    found |= {name: re.search(pattern, text) for name, pattern in rates.items()}
    return {name: match[1] for name, match in found.items() if match}


@pytest.mark.parametrize("seed", range(2))
async def test_every_surface_shows_the_same_number(database: Database, seed: int) -> None:
    def story(tx: Transaction) -> None:
        town = Town(tx)
        a_month_of_events(town, seed)
        now = at(NOW)
        ctx = town.context(town.leader, NOW)

        def agrees(period: Period, said: str, least: int) -> None:
            totals = figures.totals(tx, AREA, period)
            shown = shown_by(said)
            assert len(shown) >= least, said
            assert shown == {name: totals[name].text for name in shown}, said

        week = periods.week(now.date() - timedelta(days=7))
        found = digest.build(tx, AREA, week, now, POLICY, ctx.world.villages)
        agrees(week, digest_words.text_of(ctx, found), 6)
        for period in (
            week,
            replace(periods.month(date(2026, 11, 1), now)),
            periods.at(periods.year(now.date()), now),
        ):
            totals = figures.totals(tx, AREA, period)
            if period.judged == "now":
                agrees(
                    period,
                    town.asked(
                        partial(panel._panel, view=View(period), anew=True),
                        town.leader,
                        NOW,
                    )["text"],
                    7,
                )
            page = _page(ctx, AREA, period)
            assert {main.label: main.value for main in page.main} == {
                "新增": totals["valid"].text, "办结": totals["closed"].text, "超期": totals["overdue"].text,
            }  # fmt: skip
            assert sum(new for _, new, _ in page.days) == totals["valid"].value
            assert sum(closed for _, _, closed in page.days) == totals["closed"].value
            _, _, headings, rows, *_ = _table(ctx, AREA, period)
            assert dict(zip(headings[1:], rows[-1][1:], strict=True)) == {
                say(f"figure.{name}"): each.text if each.base is not None else each.value for name, each in totals.items()
            }  # fmt: skip
            for place, name in enumerate(("new", "closed", "open", "overdue")):
                in_villages = sum(getattr(village, name) for village in page.villages)
                assert in_villages == totals[figures.OF_VILLAGES[place]].value
            for name, each in totals.items():
                assert len(figures.behind(tx, Slice(name), AREA, period)) == each.value
            days = (period.first_day, min(period.last_day, now.date()))
            _, exported = table_of(tx, Event, POLICY, {}, areas=AREA, days=days, is_masked=False)
            if period.cutoff >= now or period.is_running:
                assert len(exported) == totals["reported"].value

    await database.transaction(story)


async def test_month_report_close_and_annual_report_agree(database: Database) -> None:
    """Judged at one moment, the closed month, 月报, 查数 of the month and the annual report's month are one."""

    def story(tx: Transaction) -> None:
        town = Town(tx)
        a_month_of_events(town, 7)
        months = [date(2026, number, 1) for number in (10, 11)]
        for month in months:
            for values, rows in closing.due(tx, month, closing.cutoff_of(month, POLICY), POLICY, 1, VILLAGES):
                closings.put(tx, values, rows)
        said = town.asked(monthly.show_last, town.leader, "2026-12-07 09:00")["text"]
        closed = replace(
            periods.month(months[1]), cutoff=closing.cutoff_of(months[1], POLICY), judged="close"
        )
        totals = figures.totals(tx, AREA, closed)
        shown = shown_by(said)
        assert len(shown) == 7 and shown == {name: totals[name].text for name in shown}
        frozen = closing.frozen(tx, closings.every(tx)[1], AREA)
        assert {name: frozen[name].value for name in closing.NUMBERS} == {
            name: totals[name].value for name in closing.NUMBERS
        }
        now = at("2026-12-07 09:00")
        annual = year.read(tx, POLICY, VILLAGES, year.period_of(2026, now))
        assert annual.figures == figures.totals(tx, AREA, periods.at(periods.year(now.date()), now))
        assert sum(valid for _, valid, _ in annual.months) == annual.figures["valid"].value

    await database.transaction(story)


VILLAGES = {f"{TOWN}200": "东桥村", f"{TOWN}201": "西桥村"}
