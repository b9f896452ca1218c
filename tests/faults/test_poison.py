"""I12: no message of any shape stops the rest; what fails three times is set aside, with an alarm."""

import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.lives import Parent, open_life, select
from tests.faults.mortal import POISON
from tests.office import MONDAY_10, Office, settings_for

from wangge.bot import dispatch, office
from wangge.bot.clock import Clock
from wangge.channels.telegram.inbound import to_inbound
from wangge.handlers import router
from wangge.handlers.context import Worlds
from wangge.handlers.message import Inbound
from wangge.storage.seal import Seal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    (
        *(
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "chat",
            "from",
            "text",
            "photo",
            "date",
        ),
        *(
            "id",
            "type",
            "data",
            "message_id",
            "document",
            "location",
            "contact",
            "new_chat_member",
            "entities",
        ),
    )
)
UPDATES = st.dictionaries(
    KEYS,
    st.recursive(JSON, lambda inner: st.dictionaries(KEYS, inner, max_size=5), max_leaves=12),
    max_size=5,
)
CHAT = {"id": 1001, "type": "private"}
USER = {"id": 1001, "is_bot": False, "first_name": "李"}


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


HAND_MADE: tuple[dict[str, Any], ...] = (
    {},
    {"message": None},
    {"message": []},
    {"message": {"message_id": 1, "date": -1, "chat": CHAT, "from": USER, "text": "早"}},
    {"message": {"message_id": 1, "date": 10**30, "chat": CHAT, "from": USER, "text": "早"}},
    {"message": {"message_id": "x", "date": 0, "chat": CHAT, "from": USER, "text": ["早"]}},
    {"message": {"message_id": 1, "date": 0, "chat": {"id": "x"}, "from": USER, "text": "早"}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "text": "\ud800"}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "text": "早\x00安"}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "photo": []}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "photo": [{"file_id": 1}]}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "location": {"latitude": "x"}}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "document": {"file_id": None}}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "reply_to_message": {"text": 1}}},
    {"callback_query": {"id": 1, "from": USER, "data": None, "chat_instance": "1"}},
    {
        "callback_query": {
            "id": "1",
            "from": USER,
            "data": "file:99999999999999999999:-1",
            "chat_instance": "1",
        }
    },
    {"callback_query": {"id": "1", "from": USER, "data": ":::::", "chat_instance": "1"}},
    {"callback_query": {"id": "1", "from": USER, "data": "pick:1.²:²", "chat_instance": "1"}},
    {"callback_query": {"id": "1", "from": USER, "data": "assign:1.x:1", "chat_instance": "1"}},
    {"my_chat_member": {"chat": CHAT, "from": USER, "date": 0}},
    {"poll": {"id": "1"}},
    {"message": {"message_id": 1, "date": 0, "chat": CHAT, "from": USER, "text": "早", "entities": 1}},
    {"nested": nested(400)},
)


@settings(max_examples=300)
@given(raw=JSON | UPDATES)
def test_any_json_becomes_a_message_that_can_be_stored(raw: Any) -> None:
    Seal(bytes(32)).close_json(to_inbound(raw).model_dump(mode="json"))


async def test_updates_of_any_shape_are_taken_up_and_the_next_one_is_answered(here: Office) -> None:
    for raw in HAND_MADE:
        await here.town.inject(raw)
    worker = await here.person(1)
    await worker.says("帮助")
    assert "值班电话" in ((await worker.last()).text or "")
    assert select(here.folder, "SELECT state, count(*) FROM inbox GROUP BY state") == [
        ("done", len(HAND_MADE) + 1)
    ]


async def test_one_poison_among_a_thousand_leaves_999_done(
    hamlet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chat of the poison goes on after it; its sender and the administrator are told once."""
    handle = router.handle

    def poisoned(outgoing: Any, message: Any, **named: Any) -> None:
        handle(outgoing, message, **named)
        if message.text == "毒":
            raise ZeroDivisionError("after everything was done, so that all of it has to be undone")

    monkeypatch.setattr(router, "handle", poisoned)
    monkeypatch.setattr(dispatch, "REST_SECONDS", 0.0)
    shutil.copytree(hamlet, tmp_path / "data")
    async with office.opened(settings_for(tmp_path / "data")) as database:
        desk = dispatch.Dispatch(database, Worlds(), Clock(), lambda: 1, 0.0)
        words = ["谢谢"] * 1000
        words[random.Random(1).randrange(1000)] = "毒"
        await desk.accept([spoken(number, each) for number, each in enumerate(words)])
        while await desk.handle_some():
            pass
    folder = tmp_path / "data"
    assert select(folder, "SELECT state, count(*) FROM inbox GROUP BY state") == [("dead", 1), ("done", 999)]
    assert select(folder, "SELECT attempts FROM inbox WHERE state = 'dead'") == [(3,)]
    assert select(folder, "SELECT count(*) FROM outbox WHERE chat = '1049'") == [(1,)]  # the administrator
    assert select(folder, "SELECT count(*) FROM outbox") == [(1 + 1000,)]  # and a word to each


def spoken(number: int, text: str) -> Inbound:
    account = str(1001 + number % 40)
    return Inbound(
        channel="telegram",
        key=str(number),
        account=account,
        chat=account,
        sort="text",
        text=text,
        sent_at=MONDAY_10,
    )


async def test_a_message_that_kills_the_process_is_set_aside_after_three_deaths(
    parent: Parent, hamlet: Path, tmp_path: Path
) -> None:
    async with open_life(parent, hamlet, tmp_path / "data", is_poisonable=True) as life:
        worker = await life.town.person("李二牛", user_id=1001, has_started=True)
        clerk = await life.town.person("叶二牛", user_id=1049, has_started=True)
        await life.settled()
        await worker.says("村口的灯不亮了" + POISON, wait=False)
        await worker.says("帮助", wait=False)
        await clerk.says("帮助", wait=False)
        await life.settled()
        assert life.deaths == 3
        heard = [message.text or "" for message in await worker.screen() if message.from_bot]
        assert len(heard) == 2 and "值班电话" in heard[1]
        told = Counter(message.text or "" for message in await clerk.screen() if message.from_bot)
        helped = [words for words in told if "值班电话" in words]
        assert len(told) == 2 and len(helped) == 1  # the alarm, and his own help
        assert told.total() - told[helped[0]] == 1  # what left as the bot died may be said again
        folder = life.order.folder
        assert select(folder, "SELECT state, count(*) FROM inbox GROUP BY state") == [
            ("dead", 1),
            ("done", 2),
        ]
        assert select(folder, "SELECT count(*) FROM records") == [(0,)]
