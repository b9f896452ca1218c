"""Any acts in any order are as the model of the office says, on SQLite and on PostgreSQL."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis.stateful import run_state_machine_as_test
from tests.faults.desk_days import DeskDays, furnish
from tests.faults.townsfolk import LOOP
from tests.postgres import fresh_database
from tests.storage.test_scheduled import EAST

from wangge.storage.database import open_database
from wangge.storage.seal import Seal

MOST_ACTS = 30
"""Of 35; what is seen changes with every line of the code. One tap of each is in test_act_rights."""
STEPS = {f"{clock}.{step}" for clock in ("accept", "finish") for step in ("amber", "red", "leader")}
STEPS |= {"start.amber", "start.red"}


async def play(url: str, examples: int, steps: int, seed: int | None = None) -> Counter[str]:
    """Play examples, always the same ones without a seed; return how often each act and notice was seen."""
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=seed is None,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, *([Phase.shrink] if os.environ.get("SHRINK") else [])),
        suppress_health_check=list(HealthCheck),
    )
    played: Counter[str] = Counter()
    async with open_database(url, Seal(bytes(32))) as database:
        await database.transaction(furnish)
        inside = {"engine": database.engine, "played": played}
        machine = type("DeskDays", (DeskDays,), inside)
        run_state_machine_as_test(machine if seed is None else with_seed(seed)(machine), settings=how)
    return played


def test_any_acts_on_sqlite(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    played = asyncio.run(play(f"sqlite:///{tmp_path / 'town.db'}", examples=24, steps=15))
    record_property("printed", f"acts: {dict(played.most_common())}")
    assert len(played.keys() & set(LOOP)) >= MOST_ACTS, f"never seen: {set(LOOP) - played.keys()}"


def scripted(tmp_path: Path, *steps: Callable[[DeskDays], object]) -> None:
    """Do these steps one after another; each is compared with the model."""

    async def work() -> None:
        async with open_database(f"sqlite:///{tmp_path / 'town.db'}", Seal(bytes(32))) as database:
            await database.transaction(furnish)
            DeskDays.engine, DeskDays.played = database.engine, Counter()
            days = DeskDays()
            for step in steps:
                step(days)
            days.teardown()

    asyncio.run(work())


def files(no: int, urgency: str = "usual", handling: str = "report") -> Callable[[DeskDays], object]:
    return lambda days: days.report(no, EAST, "R", urgency, handling)


def does(no: int, verb: str, case: int = 0, pick: int = 15) -> Callable[[DeskDays], object]:
    """Somebody does an act on one of the events, which must be on."""

    def step(days: DeskDays) -> None:
        done, paper = days.played[verb], list(days.papers.values())[case]
        days.act(verb, paper, days.people[no], pick)
        assert days.played[verb] == done + 1, f"{verb} is not on: {paper}"

    return step


def waits(**time: int) -> Callable[[DeskDays], object]:
    return lambda days: days.pass_time(timedelta(**time))


FOUND: dict[str, tuple[Callable[[DeskDays], object], ...]] = {
    "who takes 特急 back is waited for again": (
        files(1, "critical"),
        does(6, "assign"),
        does(6, "undo"),
        waits(minutes=6),
    ),
    "words move no limit": (files(1), does(6, "assign"), waits(hours=5), does(6, "note"), waits(hours=5)),
    "what was undone has not ended a pause": (
        *(files(1), does(6, "accept"), does(6, "escalate"), waits(days=10), does(6, "assign")),
        *(does(6, "undo"), waits(hours=20), does(6, "assign"), waits(days=3)),
    ),
    "who has joined reports it after a merge is undone too": (
        *(files(1), files(3), lambda days: days.join(3, 0)),
        *(does(6, "merge", 1, 0), does(6, "undo", 1)),
    ),
    "another urgency begins where the clock stands": (
        *(files(1), does(6, "return"), waits(days=1), lambda days: days.amend(1, 0, "urgent", "report")),
        *(waits(days=1), does(1, "answer"), waits(hours=3)),
    ),
    "what was handled and is not begins to wait now": (
        *(
            files(1, handling="self"),
            waits(days=3),
            lambda days: days.amend(1, 0, "usual", "report"),
            waits(hours=1),
        ),
    ),
    "a day for an order is no day of review": (
        *(files(1), does(6, "accept"), does(6, "ask_suspend", pick=2), does(4, "suspend")),
        *(does(5, "supervise", pick=10), waits(days=5), waits(days=10)),
    ),
    "the desk may add to what waits for its reporter": (files(1), does(6, "return"), does(6, "supplement")),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_the_model_has_found(tmp_path: Path, what: str) -> None:
    scripted(tmp_path, *FOUND[what])


def test_each_step_of_each_clock_is_said_once(tmp_path: Path) -> None:
    def are_seen(days: DeskDays) -> None:
        assert {each: days.played[each] for each in STEPS} == dict.fromkeys(STEPS, 1)

    scripted(
        tmp_path,
        *(files(1), waits(hours=7, minutes=30), waits(hours=17), waits(days=1), does(6, "assign")),
        *(waits(hours=7, minutes=29), waits(hours=17), waits(days=4, hours=6)),
        *(waits(days=1, hours=18), waits(days=1), waits(days=1), are_seen),
    )


def test_nothing_is_granted_refused_or_confirmed_that_nobody_has_asked_for(tmp_path: Path) -> None:
    def tries(days: DeskDays) -> None:
        (paper,) = days.papers.values()
        for no, verb in (
            (4, "suspend"),
            (4, "extend"),
            (5, "refuse"),
            (6, "acknowledge"),
            (3, "join"),
        ):
            days.act(verb, paper, days.people[no], 0)
        assert paper.version == 2

    scripted(tmp_path, files(1), does(6, "accept"), tries)


def test_any_acts_on_postgresql(tmp_path: Path, postgres: str) -> None:
    asyncio.run(play(fresh_database(postgres, tmp_path), examples=4, steps=10))
