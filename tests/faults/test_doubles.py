"""I3: one submission makes one record, however often the platform, the phone or a thumb repeats it."""

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.lives import NUMBER, select
from tests.office import Office

PEOPLE = range(1, 9)


async def redeliver(here: Office, dice: random.Random) -> None:
    """Hand out every update so far up to four times more, in any order."""
    known = [update["update_id"] for update in await here.town.updates()]
    again = [update_id for update_id in known for _ in range(dice.randrange(5))]
    dice.shuffle(again)
    await asyncio.gather(*(here.town.deliver_again(update_id) for update_id in again))


async def test_updates_repeated_and_shuffled_and_double_taps_make_one_record_each(here: Office) -> None:
    dice = random.Random(3)
    workers = [await here.person(staff_no) for staff_no in PEOPLE]
    await asyncio.gather(*(worker.says(f"村口第{worker.id}盏灯不亮了", wait=False) for worker in workers))
    await redeliver(here, dice)
    await here.town.settled()

    cards = [await worker.last() for worker in workers]
    taps = [
        worker.taps_again("上报", card, wait=False)
        for worker, card in zip(workers, cards, strict=True)
        for _ in range(3)
    ]
    dice.shuffle(taps)
    await asyncio.gather(*taps)
    await redeliver(here, dice)
    await here.town.settled()
    await redeliver(here, dice)
    await here.town.settled()

    assert select(
        here.folder, "SELECT count(*), count(DISTINCT origin), count(DISTINCT author) FROM records"
    ) == [(8, 8, 8)]
    assert select(here.folder, "SELECT count(*) FROM history") == [(8,)]
    assert select(here.folder, "SELECT count(*) FROM stays") == [(8,)]
    for worker in workers:
        own = [NUMBER.findall(message.text or "") for message in await worker.screen() if message.from_bot]
        assert len({number for numbers in own for number in numbers}) == 1


@settings(max_examples=15)
@given(repeats=st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_the_same_update_in_one_batch_or_many_is_stored_once(repeats: list[int]) -> None:
    from sqlalchemy import create_engine
    from tests.office import MONDAY_10

    from wangge.storage import inbox
    from wangge.storage.ledger import metadata
    from wangge.storage.seal import Seal

    engine = create_engine("sqlite://").execution_options(seal=Seal(bytes(32)))
    with engine.begin() as tx:
        metadata.create_all(tx)
        rows: list[tuple[str, str, str, dict[str, str]]] = [
            ("telegram", str(key), "1", {}) for key in repeats
        ]
        added = inbox.add(tx, rows, MONDAY_10) + sum(inbox.add(tx, [row], MONDAY_10) for row in rows)
        assert added == len(set(repeats)) == inbox.count_open(tx)
    engine.dispose()
