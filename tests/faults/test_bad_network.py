"""I6, I7: whatever the platform does, everything arrives, in order in each chat, once it is back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.faults.lives import select
from tests.office import MONDAY_10, Office, open_office
from tests.storage.rows import letter

from wangge.bot import delivery
from wangge.channels.telegram import request
from wangge.handlers.message import Outbound
from wangge.sandbox.files import sample_photo
from wangge.storage import outbox, people
from wangge.storage.database import Transaction
from wangge.storage.files import FileStore
from wangge.storage.seal import read_key
from wangge.storage.tables import posts

TROUBLES: Mapping[str, Mapping[str, Any]] = {
    "429": {"kind": "too_many_requests", "times": 2, "retry_after": 1},
    "502": {"kind": "server_error", "code": 502, "times": 3},
    "time-out": {"kind": "hang", "times": 3},
    "reset": {"kind": "reset", "times": 3},
    "no JSON": {"kind": "invalid_json", "times": 1},
    "accepted, then dropped": {"kind": "accepted_then_dropped", "times": 1},
}


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(
        request, "TIMEOUT", -4.0
    )  # five seconds are added for the network; on a busy machine a call takes half a second


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_everything_arrives_in_order_in_each_chat(here: Office, trouble: str) -> None:
    people = [await here.person(staff_no) for staff_no in (1, 2, 45)]
    await here.town.fault(**TROUBLES[trouble])
    for person in people:
        for words in ("帮助", "我的", "取消"):
            await person.says(words, wait=False)
    await here.town.settled()
    for person in people:
        texts = [message.text or "" for message in await person.screen() if message.from_bot]
        once = [words for number, words in enumerate(texts) if words not in texts[:number]]
        assert len(once) == 3
        assert "值班电话" in once[0] and "没有" in once[2]
        assert len(texts) - len(once) <= (trouble in {"accepted, then dropped", "no JSON"})


async def test_a_message_the_platform_refuses_holds_up_nobody(here: Office) -> None:
    worker, officer = await here.person(1), await here.person(45)
    await here.town.fault(
        "bad_request", method="sendMessage", chat_id=worker.id, description="Bad Request: no"
    )
    await worker.says("帮助", wait=False)
    await worker.says("我的", wait=False)
    await officer.says("帮助")
    assert "值班电话" in (await officer.last()).text  # type: ignore[operator]  # has a text
    assert len([message for message in await worker.screen() if message.from_bot]) == 1


async def test_who_has_blocked_the_bot_is_told_of_to_the_administrator_once(here: Office) -> None:
    worker, clerk = await here.person(1), await here.person(49)
    await worker.says("帮助")
    await worker.blocks()
    await here.town.fault("blocked", method="sendMessage", chat_id=worker.id, times=3)
    await worker.unblocks(wait=False)
    await worker.says("帮助", wait=False)
    await worker.says("我的")
    told = [message for message in await clerk.screen() if message.from_bot]
    assert len(told) == 1


async def test_an_outage_of_a_day_delays_everything_and_loses_and_doubles_nothing(here: Office) -> None:
    """Nothing can be sent, later nothing fetched either, and meanwhile it gets Tuesday."""
    people = [await here.person(staff_no) for staff_no in (1, 33, 45)]
    await (await here.person(49)).says("早")  # the bot is listening
    await here.town.fault("reset", times=100_000)
    for person in people:
        for words in ("帮助", "我的"):
            await person.says(words, wait=False)
    assert (await here.town.get("/acknowledged"))["acknowledged"]
    await here.town.down()
    for person in people:
        await person.says("取消", wait=False)
    await here.town.forward(days=1, wait=False)
    here.sandbox.world.faults.clear()
    await here.town.down(False)
    await here.town.settled()
    for person in people:
        texts = [message.text or "" for message in await person.screen() if message.from_bot]
        answers = [words for words in texts if "值班电话" in words or "没有" in words]
        assert len(texts) == len(set(texts))
        assert len(answers) == 3 and "值班电话" in answers[0]
    decided = select(here.folder, "SELECT count(*) FROM due GROUP BY kind, subject, period")
    assert decided and set(decided) == {(1,)}


STORM: Mapping[str, Any] = {"kind": "too_many_requests", "method": "sendMessage", "retry_after": 1}


def refused_at(calls: list[dict[str, Any]]) -> list[float]:
    return [call["elapsed"] for call in calls if call["fault"] == "too_many_requests"]


async def test_a_storm_of_429_silences_the_bot_for_as_long_as_it_is_told(here: Office) -> None:
    """I7: a chat whose call was refused makes no other one within the announced pause, nor does any other chat."""
    people = [await here.person(staff_no) for staff_no in range(1, 21)]
    await here.town.settled()
    await here.town.fault(**STORM, times=30)
    for person in people:
        await person.says("帮助", wait=False)
    await here.town.settled()
    calls = await here.town.calls("sendMessage")
    for refused in refused_at(calls):
        within = Counter(
            call["params"]["chat_id"] for call in calls if refused <= call["elapsed"] < refused + 1
        )
        assert max(within.values()) == 1
    for person in people:
        texts = [message.text or "" for message in await person.screen() if message.from_bot]
        assert len(texts) == 1 and "值班电话" in texts[0]


async def test_what_waits_for_its_turn_at_the_usual_pace_heeds_a_429_too(
    template: Path, tmp_path: Path
) -> None:
    """Eight calls stand in line an eighth of a second apart; the first refusal stops those behind it."""
    async with open_office(template, tmp_path / "data", telegram_pace=8) as here:
        people = [await here.person(staff_no) for staff_no in range(1, 9)]
        await here.town.settled()
        await here.town.fault(**STORM)
        letters = [letter("早", str(person.id)) for person in people]
        await here.database.transaction(lambda tx: outbox.put(tx, letters, MONDAY_10))
        await here.town.settled()
        calls = await here.town.calls("sendMessage")
        (refused,) = refused_at(calls)
        assert sum(refused < call["elapsed"] < refused + 1 for call in calls) <= 3
        for person in people:
            assert len([message for message in await person.screen() if message.from_bot]) == 1


async def test_what_is_useless_by_now_or_for_somebody_who_has_left_is_not_said(here: Office) -> None:
    """It may have waited through an outage."""
    worker, gone = await here.person(1), await here.person(2)

    def put(tx: Transaction) -> None:
        leaver = people.by_staff_no(tx, "002", MONDAY_10.date())
        assert leaver
        tx.execute(update(posts).where(posts.c.person == leaver.id).values(end_day=date(2026, 11, 22)))
        late, in_time = (
            letter(words, str(worker.id), useless_after=MONDAY_10 + timedelta(hours=hours))
            for words, hours in (("late", -1), ("in time", 1))
        )
        outbox.put(tx, [late, in_time, letter("gone", str(gone.id), person=leaver.id)], MONDAY_10)

    await here.database.transaction(put)
    await here.town.settled()
    assert [message.text for message in await worker.screen() if message.from_bot] == ["in time"]
    assert [message for message in await gone.screen() if message.from_bot] == []
    assert select(here.folder, "SELECT reason FROM outbox WHERE state = 'given_up' ORDER BY id") == [
        ("useless",),
        ("ended",),
    ]


async def test_a_refused_picture_leaves_its_words(here: Office) -> None:
    """The platform takes no picture this once: what it should have gone with is said all the same, once."""
    worker = await here.person(1)
    name = FileStore(here.settings.files_dir, read_key(here.settings.key_file)).write(sample_photo(1))
    body = Outbound(text="平安周报", file=name, file_name="a.png", is_picture=True, anew=True, asked=True)
    one = replace(letter("", str(worker.id)), body=body.model_dump(mode="json", exclude_defaults=True))
    await here.town.fault("bad_request", method="sendPhoto", times=1)
    await here.database.transaction(
        lambda tx: outbox.put(tx, [one, letter("后面的", str(worker.id))], MONDAY_10)
    )
    await here.town.settled()
    shown = [message for message in await worker.screen() if message.from_bot]
    assert [message.words for message in shown] == ["平安周报", "后面的"] and not shown[0].attachments
