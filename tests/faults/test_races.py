"""Two processes on one PostgreSQL act on the same events at once: one of them is first, and the other reads who was."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.faults.desk_days import BEGIN, furnish
from tests.postgres import fresh_database
from tests.storage.rows import TODAY, digits, new_event
from tests.storage.test_scheduled import EAST
from tests.storage.test_several import process, waits_for_lock

from wangge.handlers import router
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.groups import key_of
from wangge.handlers.message import Inbound
from wangge.storage import ledger, records, tables
from wangge.storage.database import Database, Transaction, open_database, seal_of
from wangge.storage.seal import Seal

KEYS = count(1)
REPORTER, HOLDER, AREA_LEADER, LEADER, OFFICER, SECOND, UNIT = 1, 3, 4, 5, 6, 7, 8


@pytest.fixture
async def two(tmp_path: Path, postgres: str) -> AsyncIterator[tuple[Database, Database]]:
    """The town of the model, opened by two processes."""
    url = fresh_database(postgres, tmp_path)
    async with open_database(url, Seal(bytes(32))) as one, open_database(url, Seal(bytes(32))) as other:
        await one.transaction(furnish)
        yield one, other


def people(tx: Transaction) -> dict[int, int]:
    return {int(row.staff_no): row.id for row in tx.execute(select(tables.people))}


def event(tx: Transaction, state: str, **columns: Any) -> records.Stored:
    """Put an event into a state, with its holder if it has one."""
    ids = people(tx)
    values = {"what": "灯不亮了", "village": EAST, "happened_on": "2026-11-23"}
    new = new_event(ids[REPORTER], f"made:{next(KEYS)}", area=EAST, values=values)
    record, _ = records.save(tx, new, digits(*range(100 + next(KEYS), 999)), TODAY)
    if state == "reported":
        return record
    moved = {"state": state, "holder": ids[HOLDER], "accepted_at": BEGIN, "due_at": BEGIN, **columns}
    return records.change(tx, record, "amend", ids[REPORTER], BEGIN, **moved)


def tap(tx: Connection, no: int, payload: str) -> None:
    """Let the bot handle a tap of somebody's, as any process does."""
    key = str(next(KEYS))
    message = Inbound(
        channel="telegram", key=key, account=str(1000 + no), chat=str(1000 + no), sort="choice",
        text=payload, tap=key, sent_at=BEGIN,
    )  # fmt: skip
    outgoing = Outgoing(tx, Worlds().current(tx), BEGIN)
    router.handle(outgoing, message, draw=lambda: next(KEYS), album_wait=0.0)


def read_by(tx: Transaction, no: int) -> list[str]:
    """Return what was said in somebody's chat: texts and toasts, edits left out."""
    query = select(tables.outbox).where(tables.outbox.c.chat == str(1000 + no)).order_by(tables.outbox.c.id)
    bodies = [seal_of(tx).open_json(row.body) for row in tx.execute(query) if row.body]
    return [body.get("toast", "") or body.get("text", "") for body in bodies if not body.get("edit_only")]


def acts_of(tx: Transaction, record: int) -> list[tuple[int, str]]:
    by_id = {key: no for no, key in people(tx).items()}
    query = select(ledger.history).where(ledger.history.c.record == record).order_by(ledger.history.c.version)
    return [(by_id[row.actor], row.act) for row in tx.execute(query) if row.act not in {"report", "amend"}]


def leftovers(tx: Transaction) -> tuple[list[Any], list[Any], list[Any]]:
    """Return what an act stores beside its event."""
    return tuple(  # type: ignore[return-value]  # of three
        [tuple(row) for row in tx.execute(select(table))]
        for table in (ledger.parties, ledger.links, ledger.requests)
    )


RACES: dict[str, tuple[str, tuple[int, str], tuple[int, str], str]] = {
    # state, who is first with what, who is second with what, and what he reads
    "two dispatch": ("reported", (OFFICER, "assign:{e}.p{unit}:{v}"), (SECOND, "assign:{e}.p{holder}:{v}"), "已由人6指派"),
    "accepted or taken back": ("reported", (OFFICER, "accept:{e}:{v}"), (REPORTER, "withdraw:{e}.r1:{v}"), "已由人6受理"),
    "taken back or accepted": ("reported", (REPORTER, "withdraw:{e}.r1:{v}"), (OFFICER, "accept:{e}:{v}"), "已由人1处理：撤回"),
    "closed twice": ("done", (SECOND, "close:{e}.osolved:{v}"), (OFFICER, "close:{e}.ountrue:{v}"), "已由人7结案"),
    "begun or given to another": ("assigned", (OFFICER, "assign:{e}.p{unit}:{v}"), (HOLDER, "begin:{e}:{v}"), "已由人6指派"),
    "two orders": ("handling", (LEADER, "supervise:{e}.r1-d20261201:{v}"), (AREA_LEADER, "supervise:{e}.r2-d20261202:{v}"), "已由人5处理：督办"),
    "merged or dispatched": ("reported", (OFFICER, "assign:{e}.p{unit}:{v}"), (SECOND, "merge:{e}.l{lead}:{v}"), "已由人6指派"),
    "done or helped": ("handling", (HOLDER, "hand_back:{e}.r1:{v}"), (OFFICER, "add_helper:{e}.p{unit}:{v}"), "已由人3处理：退回"),
}  # fmt: skip


@pytest.mark.parametrize("race", RACES)
async def test_one_is_first_and_the_other_reads_who_was(two: tuple[Database, Database], race: str) -> None:
    """The second has read the event as it was, and waits until the first has stored his act."""
    one, other = two
    state, first, second, toast = RACES[race]

    def begin(tx: Transaction) -> tuple[records.Stored, dict[str, Any]]:
        record, lead, ids = event(tx, state), event(tx, "accepted"), people(tx)
        names = {
            "e": record.id,
            "v": record.version,
            "lead": lead.id,
            "unit": ids[UNIT],
            "holder": ids[HOLDER],
        }
        return record, names

    record, names = await one.transaction(begin)
    with process(one) as quick:
        tap(quick, first[0], first[1].format(**names))
        stored = leftovers(quick)
        slow = asyncio.create_task(
            other.transaction(lambda tx: tap(tx, second[0], second[1].format(**names)))
        )
        await waits_for_lock(one)
        quick.commit()
        await slow
    verb = first[1].partition(":")[0]
    assert await one.snapshot(lambda tx: acts_of(tx, record.id)) == [(first[0], verb)]
    assert await one.snapshot(leftovers) == stored, "who was too late has left something behind"
    said = await one.snapshot(lambda tx: read_by(tx, second[0]))
    assert toast in said, said
    has_lost_it = second[0] == HOLDER
    assert has_lost_it or any(record.number in text for text in said), "he sees the event as it is now"


async def test_any_number_of_races_lose_nothing(two: tuple[Database, Database]) -> None:
    """Two officers go through the same list at once; each event has one dispatch, and each tap one answer."""
    events, laps = 12, 3
    barrier = Barrier(2, timeout=20)

    def begin(tx: Transaction) -> list[int]:
        return [event(tx, "reported").id for _ in range(events)]

    ids = await two[0].transaction(begin)

    def one_tap(no: int, key: int, version: int) -> Callable[[Transaction], None]:
        return lambda tx: tap(
            tx, no, f"assign:{key}.p{people(tx)[UNIT if no == OFFICER else HOLDER]}:{version}"
        )

    async def work(database: Database, no: int) -> None:
        for version in range(1, laps + 1):
            for key in ids:
                await asyncio.to_thread(barrier.wait)
                await database.transaction(one_tap(no, key, version))

    await asyncio.gather(work(two[0], OFFICER), work(two[1], SECOND))
    for key in ids:
        found = await two[0].snapshot(lambda tx, key=key: acts_of(tx, key))  # type: ignore[misc]  # mypy on lambdas
        assert [act for _, act in found] == ["assign"] * laps
    winners = [no for key in ids for no, _ in await two[0].snapshot(lambda tx, key=key: acts_of(tx, key))]  # type: ignore[misc]  # mypy on lambdas
    for no, rival in ((OFFICER, SECOND), (SECOND, OFFICER)):
        said = await two[0].snapshot(lambda tx, no=no: read_by(tx, no))  # type: ignore[misc]  # mypy on lambdas
        assert said.count(f"已由人{rival}指派") == winners.count(rival)


async def test_two_who_accept_a_whole_list_accept_each_event_once(two: tuple[Database, Database]) -> None:
    """全部受理 at once by two officers: whatever the first has taken the second passes over."""
    page = await two[0].transaction(lambda tx: [event(tx, "reported") for _ in range(3)])
    ids = [each.id for each in page]
    with process(two[0]) as quick:
        tap(quick, OFFICER, f"accept:{ids[1]}:1")
        payload = f"accept_all:0-k{key_of(page)}:0"
        slow = asyncio.create_task(two[1].transaction(lambda tx: tap(tx, SECOND, payload)))
        await waits_for_lock(two[0])
        quick.commit()
        await slow
    found = [await two[0].snapshot(lambda tx, key=key: acts_of(tx, key)) for key in ids]  # type: ignore[misc]  # mypy on lambdas
    assert found == [[(SECOND, "accept")], [(OFFICER, "accept")], [(SECOND, "accept")]]
