"""Buttons that are old, tapped twice, or never existed."""

import asyncio
import random

import pytest
from sqlalchemy import func, select
from tests.office import Office
from tests.stories.telling import all_words, matches_golden

from wangge.handlers.choosing import DRAFT_VERBS
from wangge.rules.loop import VERBS as LOOP_VERBS
from wangge.storage import tables

VERBS = [
    *sorted(DRAFT_VERBS),
    "open",
    "unmask",
    "accept",
    "assign",
    "return",
    "answer",
    "not_grid",
    "begin",
    "hand_back",
    "finish",
    "redo",
    "close",
    "confirm",
    "deny",
    "amend",
    "withdraw",
    "supplement",
    "to_event",
    "new_event",
    "as_event",
    "mine",
    "progress",
    "todo_visit",
    "mute",
    "board",
    "list",
    "accept_all",
    "group",
    "merge_group",
    "not_same",
    "unmerge",
    "search",
    "figure",
    "roster",
    "word",
    "practice",
    "files",
    "x",
]
TARGETS = (
    "",
    "0",
    "1",
    "1.1",
    "1.x",
    "2.what",
    "99999",
    "9" * 18,
    "9" * 30,
    "-1",
    "1.-1",
    "１",
    "new.0",
    "work.0-v99-cX-bv",
    "ordered.0-bx",
    "handled.0--v",
    "apply.a",
)
VERSIONS = ("0", "1", "2", "", "x")


async def count(here: Office, table: str = "records") -> int:
    """Return how many rows a table holds."""
    query = select(func.count()).select_from(tables.metadata.tables[table])
    found: int = await here.database.snapshot(lambda tx: tx.execute(query).scalar_one())
    return found


async def test_stale_buttons(here: Office) -> None:
    """A tap on an old card says 已处理 and shows how things are."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await reporter.says("路边的树要倒了")
    draft = await reporter.last()
    await reporter.taps("上报")
    card = await officer.last()
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await reporter.taps_again("上报", draft)
    await reporter.taps_again("不是上报", draft)
    for label in ("受理并指派 何二牛", "退回补充", "不属网格事项"):
        await officer.taps_again(label, card)
    await matches_golden(here, "stale_buttons")
    assert await count(here) == 1


async def test_a_button_of_an_earlier_question_answers_no_later_one(here: Office) -> None:
    """Its number would mean another choice there; the tap shows what is asked now."""
    cadre = await here.person(33)
    await cadre.says("记走访")
    villages = await cadre.last()
    for words in ("东桥村", "张家、老李家", "都好"):
        await cadre.says(words)
    await cadre.taps("有人不在")
    asked = await cadre.buttons()
    await cadre.taps_again("西桥村", villages)
    assert await cadre.buttons() == asked == [["张家", "老李家"], ["跳过", "取消"]]
    assert "已处理" in (await cadre.toasts())[-1].text


async def test_double_taps_make_one_record(here: Office) -> None:
    """However often a button is tapped at once, there is one record and one card."""
    reporter, visitor = await here.person(1), await here.person(2)
    await reporter.says("路边的树要倒了")
    await visitor.says("昨天去了张家，都好")
    draft, visit = await reporter.last(), await visitor.last()
    await asyncio.gather(
        *(reporter.taps_again("上报", draft, wait=False) for _ in range(5)),
        *(visitor.taps_again("保存", visit, wait=False) for _ in range(5)),
    )
    await here.town.settled()
    assert await count(here) == 2
    officer = await here.person(45)
    assert not [message for message in await officer.screen() if message.from_bot and not message.words]


async def test_the_same_update_twice(here: Office) -> None:
    """An update that the platform delivers again changes nothing."""
    reporter = await here.person(1)
    await reporter.says("路边的树要倒了")
    await reporter.taps("上报")
    before = len(await reporter.screen())
    for update in await here.town.updates():
        await here.town.deliver_again(update["update_id"])
    await here.town.settled()
    assert await count(here) == 1
    assert len(await reporter.screen()) == before


async def test_other_peoples_things(here: Office) -> None:
    """Ids of other people's drafts and events in a payload open nothing and change nothing."""
    reporter, officer = await here.person(1), await here.person(45)
    await reporter.says("老张家和隔壁为宅基地吵架")
    await reporter.taps("上报")
    await reporter.says("水泵丢了")
    for number in (18, 50):
        stranger = await here.person(number)
        await stranger.says("帮助")
        for verb in VERBS:
            target = "1" if verb in LOOP_VERBS or verb in {"open", "unmask", "to_event"} else "2"
            await stranger.forges(f"{verb}:{target}:1", wait=False)
        await here.town.settled()
        said = "\n".join(message.words for message in await stranger.screen())
        assert "老张" not in said
        assert "水泵" not in said
    assert await count(here) == 1
    await officer.taps("受理并指派 何二牛")
    assert "已派给何二牛" in (await officer.last()).words
    await reporter.taps("上报")
    assert "已上报" in (await reporter.last()).words, "the draft is as it was"


@pytest.mark.parametrize("staff_no", [1, 33, 45, 47, 49])
async def test_forged_payloads(here: Office, staff_no: int) -> None:
    """Garbage, 64 bytes and huge numbers end in a sentence, never in a message set aside."""
    person, reporter = await here.person(staff_no), await here.person(2)
    await reporter.says("路灯坏了")
    await reporter.taps("上报")
    await person.says("帮助")
    dice = random.Random(staff_no)
    payloads = [f"{verb}:{target}:{version}" for verb in VERBS for target in TARGETS for version in VERSIONS]
    garbage = [
        ":",
        "::::",
        "\x00",
        "a" * 64,
        "字" * 21,
        "open:1",
        "file",
        "%s%n",
        "';--",
        "{}",
        "close:1.x:1",
    ]
    for payload in [*garbage, *dice.sample(payloads, 40)]:
        await person.forges(payload, wait=False)
    await here.town.settled()
    assert await here.database.snapshot(dead_letters) == 0
    assert "没处理成功" not in await all_words(here)


def dead_letters(tx: object) -> int:
    """Return how many messages were set aside."""
    query = select(func.count()).select_from(tables.inbox).where(tables.inbox.c.attempts > 0)
    return int(tx.execute(query).scalar_one())  # type: ignore[attr-defined]  # an open transaction
