"""The first minute: a report and a visit in 练习村, which nobody receives and nothing counts."""

from collections.abc import Mapping
from itertools import chain

from sqlalchemy import func, select
from tests.exports import table_of
from tests.office import Office
from tests.stories.telling import matches_golden, messages
from tests.stories.test_people import NEW, add, code_for

from wangge.records.catalogue import CATALOGUE
from wangge.storage import tables
from wangge.storage.database import Transaction
from wangge.texts import say

EVENT, VISIT = say("practice.sample.event"), say("practice.sample.visit")
MARK, OVER = "【练习】", say("practice.over")
BEGIN, SKIP, STOP = (say(f"practice.button.{name}") for name in ("begin", "skip", "stop"))
KEPT = ("records", "history", "stays", "timers", "due", "audit", "links")


async def rows(here: Office, *names: str) -> Mapping[str, int]:
    """Return how many rows each table holds."""

    def count(tx: Transaction) -> Mapping[str, int]:
        found = tables.metadata.tables
        return {
            name: tx.execute(select(func.count()).select_from(found[name])).scalar_one() for name in names
        }

    return await here.database.snapshot(count)


async def test_the_first_minute(here: Office) -> None:
    """Invited, joined, and through it with two messages and three taps; only the clerk is told of the joining."""
    await add(here, NEW)
    code = await code_for(here, "099")
    began = (await here.town.events())[-1].seq
    newcomer = await here.town.person("邓小禾", user_id=5001)
    await newcomer.says(f"/start {code}")
    await newcomer.says("0099")
    offered = await newcomer.last()
    await newcomer.taps(BEGIN)
    await newcomer.says(EVENT)
    await newcomer.taps("上报")
    await newcomer.says(VISIT)
    await newcomer.taps("保存")
    await newcomer.says("双井的水管漏了")
    await newcomer.taps_again(say("practice.button.not_now"), offered)
    await matches_golden(here, "practice", since=began, without={code: "邀请码"})
    since = next(event.seq for event in await here.town.events(since=began) if event.kind == "tap")
    said = [message.words for message in messages(await here.town.events(since=since, chat_id=5001))]
    assert all("练习" in words for words in said[:-1])
    assert "练习" not in said[-1]


async def test_declining_is_one_tap(here: Office) -> None:
    """Who wants no practice is at work at once and never asked again; who reports nothing is not offered it."""
    await add(here, NEW)
    code = await code_for(here, "099")
    newcomer, leader = await here.town.person("邓小禾", user_id=5001), await here.person(47)
    await newcomer.says(f"/start {code}")
    await newcomer.says("0099")
    await newcomer.taps(say("practice.button.not_now"))
    assert (await newcomer.last()).words == OVER
    for words in ("/start", "帮助", "路灯坏了"):
        await newcomer.says(words)
        assert BEGIN not in chain(*(await newcomer.last()).labels)
    assert not (await newcomer.last()).words.startswith(MARK)
    await leader.says("/practice")
    assert say("error.no_right") in (await leader.last()).words


async def test_steps_may_be_skipped_and_stopped(here: Office) -> None:
    """Skip by skip, a double tap skipping one; stopped, dropped or cancelled: the next words are real."""
    worker = await here.person(1)
    await worker.says("/practice")
    first = await worker.last()
    await worker.taps(SKIP)
    assert VISIT in (await worker.last()).words
    await worker.taps_again(SKIP, first)
    assert VISIT in (await worker.last()).words
    await worker.taps(SKIP)
    assert (await worker.last()).words == say("practice.done")
    await worker.taps_again(SKIP, first)
    assert (await worker.toasts())[-1].text == OVER
    for end in (lambda: worker.taps(STOP), lambda: worker.says("算了"), lambda: worker.says("我的")):
        await worker.says("练一练")
        await worker.says(EVENT)
        await worker.taps("不是上报")
        assert EVENT in (await worker.last()).words
        await end()
        assert OVER in "\n".join(message.words for message in await worker.sees())
        await worker.says("路灯坏了")
        assert not (await worker.last()).words.startswith(MARK)
    officer = await here.person(45)
    await officer.says("练一练")
    await officer.says(EVENT)
    await officer.says("好")
    assert (await officer.last()).words == say("practice.done"), "the desk owes no visits"


async def test_nothing_counts(here: Office) -> None:
    """What several people practise leaves every table, figure, list, export, reminder and other chat untouched."""
    worker, cadre, stationed = [await here.person(number) for number in (1, 17, 33)]
    officer, leader = await here.person(45), await here.person(47)
    for person, words, label in (
        (worker, "路灯坏了", "上报"),
        (stationed, "昨天去了东桥村张家，都好", "保存"),
    ):
        await person.says(words)
        await person.taps(label)

    async def surfaces() -> list[object]:
        """Return what people may read of the town, as they read it."""
        shown: list[object] = [await rows(here, *KEPT), await here.database.snapshot(exported)]
        for person, words in (
            (officer, "值班台"),
            (leader, "周报"),
            (stationed, "进度"),
            (stationed, "我的"),
            (worker, "我的"),
            (worker, "1123-102"),
        ):
            await person.says(words)
            last = await person.last()
            shown.append((last.words, last.labels))
        return shown

    before = await surfaces()
    began = (await here.town.events())[-1].seq
    for person in (worker, cadre, stationed):
        await person.says("/practice")
        await person.sends_photo(caption="桥栏杆断了")
        await person.taps("上报")
        await person.says("记走访")
        await person.says("张家、老李家")
        await person.taps("都好")
        await person.taps("保存")
        await person.says("/practice")
        await person.says(EVENT)
        await person.sends_location(35.5, 112.9)  # stays open: nobody is reminded of it
    practised = await here.town.events(since=began)
    assert {event.chat_id for event in practised} == {worker.id, cadre.id, stationed.id}
    assert [message.words for message in messages(practised) if "练习" not in message.words] == []
    assert await surfaces() == before
    quiet = (await here.town.events())[-1].seq
    await here.town.forward(minutes=45)
    assert messages(await here.town.events(since=quiet)) == []
    await worker.says("水泵丢了")
    await worker.taps("上报")
    assert "1123-103" in (await worker.last()).words, "practice has used up no number"


def exported(tx: Transaction) -> object:
    """Return what a workbook of all times and places would hold of each kind."""
    return [table_of(tx, kind) for kind in CATALOGUE.values()]


async def test_danger_is_never_practice(here: Office) -> None:
    """Words of danger are filed for real though one practises, and taken back with one tap."""
    worker, officer = await here.person(1), await here.person(45)
    await worker.says("/practice")
    await worker.says(EVENT)
    edited = await worker.says("水沟堵了")
    await worker.says("老李家着火了快来人")
    assert (await rows(here, "records"))["records"] == 1
    assert "新事项" in (await officer.last()).words or "特急" in (await officer.last()).words
    card, explained = [message for message in await worker.screen() if message.from_bot][-2:]
    assert MARK not in card.words
    assert "110 / 119 / 120" in card.words.splitlines()[1]
    assert "不是练习" in explained.words
    await worker.taps(say("practice.button.withdraw"))
    assert "已撤回" in "\n".join(message.words for message in await worker.screen())
    assert "撤回" in (await officer.last()).words
    await worker.says("路灯坏了")
    assert MARK not in (await worker.last()).words
    await worker.says("/practice")
    await worker.edits(edited[0], "老王落水了")
    assert (await rows(here, "records"))["records"] == 2


async def test_real_things_in_the_middle_of_practice(here: Office) -> None:
    """Whatever is not practice ends it, says so and is not marked: old cards, replies, numbers, edits."""
    worker = await here.person(1)
    sent = await worker.says("路灯坏了")
    await worker.taps("上报")
    real = await worker.last()
    await worker.says("水泵丢了")
    draft = await worker.last()
    acts = (
        lambda: worker.taps_again("上报", draft),
        lambda: worker.says("第三组那盏", reply_to=real),
        lambda: worker.says("1123-101"),
        lambda: worker.edits(sent[0], "路灯坏了两盏"),
        lambda: worker.says("帮助"),
    )
    for act in acts:
        await worker.says("/practice")
        await worker.says("村里的桥栏杆断了")
        practised = await worker.last()
        await worker.sees()
        await act()
        said = [message.words for message in await worker.sees()]
        assert OVER in said
        assert not [words for words in said if words.startswith(MARK)]
        await worker.taps_again("上报", practised)
        assert (await worker.toasts())[-1].text == OVER
    assert (await rows(here, "records"))["records"] == 2


async def test_practice_that_was_meant(here: Office) -> None:
    """Own words in practice become a real card with one tap; then they need the ordinary one."""
    worker = await here.person(1)
    await worker.says("/practice")
    await worker.says(EVENT)
    assert say("practice.button.real") not in chain(*(await worker.last()).labels)
    await worker.says("村里的桥栏杆断了")
    await worker.taps(say("practice.button.real"))
    assert (await worker.toasts())[-1].text == OVER
    card = next(
        message
        for message in reversed(await worker.screen())
        if "桥栏杆" in message.words and message.from_bot
    )
    assert MARK not in card.words
    assert "练习村" not in card.words
    await worker.taps("上报", on=card)
    assert (await rows(here, "records"))["records"] == 1


async def test_it_survives_a_restart_and_lapses(here: Office) -> None:
    """Practice outlives the program, and half an hour of silence ends it, also in the middle of a question."""
    worker = await here.person(1)
    await worker.says("/practice")
    await here.restart()
    await worker.says("记走访")
    assert (await worker.last()).words.startswith(MARK)
    asked = await worker.last()
    await here.town.forward(minutes=31)
    await worker.says("路灯坏了")
    assert "要上报吗" in (await worker.last()).words
    assert MARK not in (await worker.last()).words
    await worker.taps_again("取消", asked)
    assert (await worker.toasts())[-1].text == OVER


async def test_forged_practice(here: Office) -> None:
    """Payloads of practice open nothing of others, and make nothing of what is not practice."""
    worker, stranger = await here.person(1), await here.person(18)
    await worker.says("路灯坏了")
    await worker.says("/practice")
    await worker.says("村里的桥栏杆断了")
    await stranger.says("帮助")
    for payload in ("real:1:0", "real:2:0", "file:2:0", "practice:skip.event:0", "practice:x:0", "real:99:0"):
        await stranger.forges(payload)
    await stranger.says("/practice")
    await stranger.forges("real:2:0")
    await stranger.forges("file:2:0")
    assert "桥栏杆" not in "\n".join(message.words for message in await stranger.screen())
    await worker.forges("real:1:0")
    assert (await rows(here, "records"))["records"] == 0
