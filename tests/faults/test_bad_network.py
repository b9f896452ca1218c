"""I6: whatever the platform does, everything arrives, in order in each chat, once it is back."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.office import Office

from wangge.bot import delivery

TROUBLES: Mapping[str, Mapping[str, Any]] = {
    "429": {"kind": "too_many_requests", "times": 2, "retry_after": 1},
    "502": {"kind": "server_error", "code": 502, "times": 3},
    "reset": {"kind": "reset", "times": 3},
    "no JSON": {"kind": "invalid_json", "times": 1},
    "accepted, then dropped": {"kind": "accepted_then_dropped", "times": 1},
}


@pytest.fixture(autouse=True)
def _short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE", 0.02)


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
