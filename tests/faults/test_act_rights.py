"""Every act of the loop, forged by everybody in every state: nothing changes but by who may, where the loop allows it."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.faults.desk_days import BEGIN, POSTS, DeskDays, furnish
from tests.faults.townsfolk import LOOP, STATES, Case, Someone
from tests.storage.rows import TODAY, add_people, digits, entry, new_event, post
from tests.storage.test_scheduled import EAST, WEST

from wangge.storage import ledger, parties, people, records, requests
from wangge.storage.database import Transaction, open_database
from wangge.storage.seal import Seal

AUTHOR, PARTY, HOLDER, UNIT = 1, 2, 3, 8
OTHERS = {
    11: ("grid_worker", "网格员", EAST),
    12: ("area_leader", "包片领导", WEST),
    13: ("village_cadre", "村干部", WEST),
    14: ("desk_officer", "值班员", WEST),
}
"""Of the place or the post, and of no right: no part in it, or the post elsewhere."""
UNHELD = {"reported", "reopened", "accepted", "returned", "self_handled", "not_grid", "withdrawn"}
WITH_REASON = (
    "return",
    "not_grid",
    "hand_back",
    "redo",
    "escalate",
    "reopen",
    "refuse",
    "withdraw",
    "rate",
    "close",
)
WITH_DAY = ("ask_suspend", "ask_extend", "supervise")
NAMED = ("assign", "hand_on", "add_helper", "ask_check")
NOT_BY_ONE_TAP = {"join", "amend", "undo", "merge"} | {
    *("petition", "answer", "finish", "supplement", "note", "instruct", "enter")
}
"""Some have ways of their own or begin an interview, some ask for words; nothing is near or has been done."""


@pytest.fixture
async def days(tmp_path: Path) -> AsyncIterator[DeskDays]:
    """The town of the model, with four people more."""
    async with open_database(f"sqlite:///{tmp_path / 'town.db'}", Seal(bytes(32))) as database:
        await database.transaction(furnish)
        DeskDays.engine, DeskDays.played = database.engine, Counter()
        found = DeskDays()
        added = add_people(
            found.tx, *(entry(str(no), f"人{no}", post(role, area)) for no, (role, _, area) in OTHERS.items())
        )
        for key, (no, (_, title, area)) in zip(added, OTHERS.items(), strict=True):
            people.link_account(found.tx, "telegram", str(1000 + no), str(1000 + no), key, BEGIN)
            found.people[no] = Someone(no, f"人{no}", key, [(title, area)])
        yield found
        found.teardown()


def event_in(days: DeskDays, state: str) -> Case:
    """Put an event into a state, held or not, with a helper, and with requests that wait."""
    ids = {no: who.id for no, who in days.people.items()}
    values = {"what": "灯不亮了", "village": EAST, "happened_on": "2026-11-23", "review": "2026-12-01"}
    new = new_event(ids[AUTHOR], f"made:{state}", area=EAST, values=values)
    record, _ = records.save(days.tx, new, digits(), TODAY)
    holder = None if state in UNHELD else ids[HOLDER]
    moved: dict[str, Any] = {"state": state, "holder": holder, "accepted_at": BEGIN, "due_at": BEGIN}
    record = records.change(days.tx, record, "amend", ids[AUTHOR], BEGIN, **moved)
    parties.add(days.tx, record.id, ids[PARTY], "helper")
    for kind in ("suspend", "extend", "instruct"):
        requests.ask(days.tx, kind, record.id, ids[6], "等材料", BEGIN, TODAY)
    return Case(
        record.id, record.number, "event", ids[AUTHOR], EAST, "R", "usual", state, holder,
        record.version, parties={("helper", ids[PARTY])},
    )  # fmt: skip


def payload(days: DeskDays, case: Case, verb: str) -> str:
    tokens = [f"p{days.people[UNIT].id}"] if verb in NAMED else []
    tokens += ["r1"] if verb in {*WITH_REASON, *WITH_DAY, "hand_on"} else []
    tokens += ["d20261201"] if verb in WITH_DAY else []
    return f"{verb}:{case.id}.{'-'.join(tokens)}:{case.version}"


def books(tx: Transaction) -> dict[str, list[Any]]:
    """Return every row about events."""
    tables = (
        ledger.records,
        ledger.history,
        ledger.stays,
        ledger.timers,
        ledger.requests,
        ledger.parties,
        ledger.links,
    )
    return {table.name: list(tx.execute(select(table).order_by(*table.primary_key))) for table in tables}


@pytest.mark.parametrize("no", [*POSTS, *OTHERS])
def test_every_act_in_every_state(days: DeskDays, no: int) -> None:
    """What is not his changes nothing, however often; what is his is done once, and with the old version not again."""
    who = days.people[no]
    cases = [event_in(days, state) for state in sorted(STATES)]
    before = books(days.tx)
    may = []
    for case, verb in itertools.product(cases, LOOP):
        if verb not in NOT_BY_ONE_TAP and case.allows(verb, who):
            may.append((case, verb))
        else:
            days.hears(who, "choice", payload(days, case, verb))
    assert books(days.tx) == before, (
        f"{who} did {[row.act for row in books(days.tx)['history'][len(before['history']) :]]}"
    )
    for case, verb in may:
        part = days.tx.begin_nested()
        if verb.startswith("ask_"):
            days.tx.execute(update(ledger.requests).values(state="ended"))
        for _ in "12":
            days.hears(who, "choice", payload(days, case, verb))
        after = [
            (row.record, row.act, row.actor) for row in books(days.tx)["history"][len(before["history"]) :]
        ]
        assert after == [(case.id, verb, who.id)], f"{who}, {verb} of {case}: {after}"
        part.rollback()


async def test_the_people_of_the_matrix_may_something_together(days: DeskDays) -> None:
    """Every act that is done by one tap is somebody's in some state; else the test above would prove nothing."""
    cases = [event_in(days, state) for state in sorted(STATES)]
    found = {
        verb for verb in LOOP for case in cases for who in days.people.values() if case.allows(verb, who)
    }
    assert found | {"undo"} == set(LOOP)
