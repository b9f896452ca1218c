"""找: within what a person may see, by words, household, village, person or number; nothing internal."""

from functools import partial

from tests.office import Office
from tests.stories.telling import matches_golden, messages
from tests.stories.test_desk import filed
from tests.stories.test_lists import states

from wangge.handlers import searching
from wangge.handlers.message import number_in
from wangge.sandbox.person import Person
from wangge.sandbox.views import MessageView
from wangge.storage import records
from wangge.storage.database import Transaction


async def hits(person: Person, words: str) -> list[str]:
    """Search for words and return the numbers found, newest first."""
    await person.says(f"找 {words}")
    return numbers(await person.last())


def numbers(shown: MessageView) -> list[str]:
    """Return the numbers on a message's buttons."""
    return [row[0].partition(" ")[0] for row in shown.labels if row[0][:4].isdigit()]


async def some_work(here: Office) -> None:
    """Let three villages report, one cadre handle and one visit."""
    officer, cadre = await here.person(45), await here.person(17)
    await filed(await here.person(1), "三组老刘家门口积水了")
    await officer.taps("受理并指派 何二牛")
    await filed(await here.person(2), "渠边的树倒了")
    await filed(await here.person(3), "老刘家的院墙裂了，怕塌")
    await cadre.says("今天去了老刘家，都好")
    await cadre.taps("保存")


async def test_search(here: Office) -> None:
    """Words, household, village, person and number; a hit opens with one tap; a number opens at once."""
    officer = await here.person(45)
    await some_work(here)
    await officer.says("找")
    await officer.says("积水")
    await officer.taps((await officer.last()).labels[0][0])
    await officer.says("找 老刘家")
    await officer.says("找 东桥村")
    await officer.says("找 何二牛")
    await officer.says("/find 王春花")
    await officer.says("找 老刘家 东桥")
    await officer.says("找 1123-102")
    await officer.says("找 没有这回事")
    await matches_golden(here, "search")


async def test_everybody_finds_in_what_he_may_see(here: Office) -> None:
    """A reporter his own, a handler what he holds, a leader his area; a visit its author and the desk."""
    await some_work(here)
    officer, leader, elsewhere = await here.person(45), await here.person(41), await here.person(42)
    assert await hits(officer, "老刘家") == ["1123-104", "1123-103", "1123-101"]
    assert await hits(leader, "老刘家") == ["1123-103", "1123-101"]
    assert await hits(elsewhere, "老刘家") == []
    assert await hits(await here.person(1), "老刘家") == ["1123-101"]
    assert await hits(await here.person(2), "老刘家") == []
    assert await hits(await here.person(17), "老刘家") == ["1123-104", "1123-101"]
    assert await hits(await here.person(18), "村") == []
    assert await hits(await here.person(1), "何二牛") == ["1123-101"], "his card names who handles it"
    assert await hits(leader, "何二牛") == await hits(leader, "李二牛") == [], "leaders read names masked"
    assert await hits(await here.person(17), "李二牛") == ["1123-101"]


async def test_what_is_told_as_counts_only_is_not_found_by_leaders(here: Office) -> None:
    """Neither by its words nor by its village; the desk finds it, and so does who reported it."""
    reporter, leader = await here.person(1), await here.person(41)
    await filed(reporter, "老李家小子又犯病了，整天乱跑")
    await reporter.taps("改一改")
    await reporter.taps("类别")
    await reporter.taps("特殊人群异动")
    await reporter.taps("存下改动")
    await filed(reporter, "老李家门口的井盖丢了")
    assert await hits(leader, "老李家") == await hits(leader, "东桥村") == ["1123-102"]
    assert await hits(reporter, "犯病") == await hits(await here.person(45), "犯病") == ["1123-101"]


async def test_words_to_search_for_are_never_an_event(here: Office) -> None:
    """Not even words of danger after 找; how to report one is said beside."""
    reporter = await here.person(1)
    await reporter.says("找 着火")
    assert "去掉“找”字" in (await reporter.last()).words
    await reporter.says("找 村口垃圾好几天没拉")
    assert "没有找到" in (await reporter.last()).words
    await reporter.says("/search")
    await reporter.says("村口垃圾好几天没拉")
    assert "没有找到" in (await reporter.last()).words
    assert await states(here) == []


async def test_telephone_numbers_are_neither_found_nor_shown(here: Office) -> None:
    """What is masked on every card stays so."""
    officer = await here.person(45)
    await filed(await here.person(1), "树倒了，电话13812345678找老刘")
    assert await hits(officer, "13812345678") == []
    assert await hits(officer, "老刘") == ["1123-101"]
    assert "13812345678" not in str((await officer.last()).labels)


async def test_on_whose_behalf_is_found_by_the_desk_only(here: Office) -> None:
    """The card shows the name to nobody else."""
    reporter, officer = await here.person(1), await here.person(45)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("改一改")
    await reporter.taps("替群众报")
    await reporter.says("钱大娘")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    assert await hits(officer, "钱大娘") == ["1123-101"]
    assert await hits(await here.person(17), "钱大娘") == await hits(await here.person(41), "钱大娘") == []


async def test_results_have_pages(here: Office) -> None:
    """Eight a page, newest first, with the words in the button; they survive what is opened meanwhile."""
    officer = await here.person(45)
    for number in range(1, 12):
        await filed(await here.person(number), "垃圾没人拉")
    assert (await hits(officer, "垃圾 ：没人拉"))[:2] == []
    assert (await hits(officer, "垃圾 没人拉"))[:2] == ["1123-111", "1123-110"]
    shown = await officer.last()
    await officer.taps(shown.labels[0][0], on=shown)
    await officer.taps("下一页 ›", on=shown)
    assert numbers(next(each for each in await officer.screen() if each.message_id == shown.message_id)) == [
        "1123-103",
        "1123-102",
        "1123-101",
    ]
    await officer.taps("‹ 上一页", on=shown)
    payloads = [button.data or "" for row in shown.buttons for button in row]
    assert max(len(payload.encode()) for payload in payloads) <= 64
    await officer.says("找 " + "长" * 60)
    assert ("长" * 16) in (await officer.last()).words
    await officer.forges("search:999999999999999999.垃圾:0", on=shown)
    await officer.forges("search:0.:0", on=shown)
    assert numbers(await officer.last()) == []


def add_old(tx: Transaction, *, count: int) -> None:
    """Copy the first event, with other words and in another village, so often."""
    first = records.get(tx, 1)
    area = f"{first.area[:11]}2"
    for number in range(count):
        new = records.New(
            kind="event",
            origin=f"copy:{number}",
            author=2,
            area=area,
            klass="E",
            happened_on=first.happened_on,
            reported_at=first.reported_at,
            recorded_at=first.reported_at,
            state="closed",
            urgency="usual",
            quantity=1,
            accept_by=None,
            policy=1,
            values={"what": "垃圾没人拉", "village": area},
        )
        records.save(tx, new, partial(number_in, str(1000 + number)), first.happened_on)


async def test_the_bound_is_said_and_columns_reach_beyond_it(here: Office) -> None:
    """Words are looked for in the newest records only; a village, a person or a number however old."""
    officer = await here.person(45)
    await filed(await here.person(1), "三组巷子积水了")
    await here.database.transaction(partial(add_old, count=searching.BOUND + 1))
    assert await hits(officer, "积水") == []
    assert f"只找了最近{searching.BOUND}条记录" in (await officer.last()).words
    for words in ("东桥村", "李二牛", "1123-101", "东桥村 积水"):
        assert await hits(officer, words) == ["1123-101"], words
    assert await hits(await here.person(2), "东桥村") == [], "what is named lies in another's scope"
    assert "只找了最近" in (await (await here.person(2)).last()).words
    await officer.says("找 垃圾")
    assert "只找了" not in (await officer.last()).words


async def test_what_is_internal_never_reaches_the_reporter(here: Office) -> None:
    """Notes and the leaders' words: on no card, in no message, timeline, list or search of the reporter."""
    reporter, officer = await here.person(1), await here.person(45)
    cadre, leader, joined = await here.person(17), await here.person(41), await here.person(2)
    await filed(reporter, "三组的井盖丢了")
    await filed(joined, "东桥村三组的井盖丢了")
    await joined.taps("1123-101 是同一件")
    await officer.taps("受理并指派 何二牛")
    secret = {officer: "密甲：他家去年也报过", cadre: "密乙：先别声张", leader: "密丙：盯紧这件"}
    for person, words in secret.items():
        await person.says("1123-101")
        await person.taps("内部备注" if person is not leader else "批示")
        await person.says(words)
    await cadre.taps("收到")
    await cadre.says("1123-101")
    await cadre.taps("申请延期")
    await cadre.says("密丁：等他家人回来")
    await cadre.says("12月15日")
    await leader.taps("同意延期")
    await officer.says("1123-101")
    await officer.taps("内部备注")
    await officer.sends_photo(caption="密戊")
    assert "只能写字" in (await officer.last()).words
    await officer.says("取消")
    for person in (officer, cadre, leader):
        await person.says("1123-101")
        shown = (await person.last()).words
        assert all(words in shown for words in secret.values()), person.name
        assert await hits(person, "密") == []
    for person in (reporter, joined):
        await person.says("1123-101")
        assert await hits(person, "密") == []
        await person.says("我的")
    await cadre.taps("接了")
    await cadre.says("盖上了")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("还没有")
    for person in (reporter, joined):
        await person.says("1123-101")
        seen = [event.message.words for event in await here.town.events(chat_id=person.id) if event.message]
        bots = [words for words in seen if "找 密" not in words and "“密”" not in words]
        assert bots and not any("密" in words for words in bots), person.name
        assert not any(act in "\n".join(bots) for act in ("内部备注", "批示", "申请延期", "看照片语音"))
    assert messages(await here.town.events(chat_id=reporter.id))
