"""What once was swallowed: danger said in odd places, news overtaken by edits, words that outlived their question."""

from datetime import datetime, timedelta

from tests.office import MONDAY_10, Office

from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.person import Person

FIRE = "老王家着火了，快来人"
EVENING = datetime(2026, 11, 23, 19, 0, tzinfo=TOWN_ZONE)


async def everybody(here: Office) -> tuple[Person, Person, Person]:
    """A reporter, the officer on duty and the village's usual handler."""
    return await here.person(1), await here.person(45), await here.person(17)


async def begun(here: Office) -> tuple[Person, Person, Person]:
    reporter, officer, handler = await everybody(here)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await handler.taps("接了")
    return reporter, officer, handler


async def test_danger_is_filed_whatever_is_open(here: Office) -> None:
    _, _, handler = await begun(here)
    for number, before in enumerate(("意见反馈", "请假", "记走访")):
        person = await here.person(2 + number)
        await person.says(before)
        await person.says(FIRE)
        assert "已报特急" in (await person.last()).words
    await handler.says(FIRE)
    assert any("已报特急" in each.words for each in await handler.screen())


async def test_danger_under_a_photo_and_in_an_edited_message(here: Office) -> None:
    under, editing = await here.person(2), await here.person(3)
    await here.person(45)
    await under.sends_photo(caption=FIRE)
    assert "已报特急" in (await under.last()).words and "照片1张" not in (await under.last()).words
    await editing.says("门口冒烟")
    mine = next(each for each in await editing.screen() if each.words == "门口冒烟")
    await editing.edits(mine, FIRE)
    assert any("已报特急" in each.words for each in await editing.screen())


async def test_a_refresh_never_overtakes_the_news(here: Office) -> None:
    """Assigned in the evening, the holder's card waits for the morning, whatever is added meanwhile."""
    reporter, officer, handler = await everybody(here)
    await here.town.clock_to(EVENING)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await reporter.taps("补充情况")
    await reporter.says("井盖在沟里")
    assert not any("派给您" in each.words for each in await handler.screen())
    await here.town.clock_to(MONDAY_10 + timedelta(days=1))
    card = (await handler.last()).words
    assert "派给您" in card and "井盖在沟里" in card


async def test_amended_to_critical_is_told_like_new(here: Office) -> None:
    reporter, officer, _ = await everybody(here)
    leader = await here.person(47)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("上报")
    for label in ("改一改", "紧急程度", "特急", "存下改动"):
        await reporter.taps(label)
    assert "特急" in (await officer.last()).words and "11-23 10:15前受理" in (await officer.last()).words
    assert "特急" in (await leader.last()).words


async def test_a_self_handled_event_may_still_need_the_town(here: Office) -> None:
    reporter, officer, _ = await everybody(here)
    await reporter.says("渠边的杂物已清理")
    await reporter.taps("上报")
    for label in ("改一改", "处理方式", "需要镇里处理", "存下改动"):
        await reporter.taps(label)
    assert "新事项" in (await officer.last()).words


async def test_a_caption_under_a_joining_photo_is_kept(here: Office) -> None:
    reporter, officer, _ = await everybody(here)
    await reporter.says("村口垃圾好几天没拉")
    await reporter.sends_photo(caption="东头的路灯也坏了")
    await reporter.taps("上报")
    assert "东头的路灯也坏了" in (await officer.last()).words


async def test_a_photo_with_words_of_its_own_is_an_event_of_its_own(here: Office) -> None:
    reporter, _, _ = await everybody(here)
    await reporter.says("二组自来水停了两天了")
    await reporter.taps("上报")
    await reporter.sends_photo()
    assert "已补充到" in (await reporter.last()).words
    await reporter.sends_album([None, None], caption="渠边的树倒了")
    card = (await reporter.last()).words
    assert "渠边的树倒了" in card and "照片2张" in card and "要上报吗" in card


async def test_a_number_in_front_says_which_event_is_meant(here: Office) -> None:
    reporter, officer, handler = await begun(here)
    await reporter.says("二组自来水停了两天了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await handler.taps("接了")
    await handler.says("1123-101 井盖装好了")
    assert "1123-101 算办结吗" in (await handler.last()).words
    await handler.taps("办结")
    closing = [each.words for each in await officer.screen() if "井盖装好了" in each.words]
    assert closing
    assert all("1123-101" in words.splitlines()[0] for words in closing)


async def test_words_do_not_outlive_their_question(here: Office) -> None:
    """退回, back to the card, 接了: the next sentence is a new report and hands nothing back."""
    reporter, officer, handler = await everybody(here)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await handler.taps("退回")
    await handler.taps("‹ 回到卡片")
    await handler.taps("接了")
    await here.town.forward(minutes=40)
    await handler.says("村西头路灯坏了")
    assert "要上报吗" in (await handler.last()).words


async def test_a_greeting_finishes_nothing(here: Office) -> None:
    _, officer, handler = await begun(here)
    await handler.says("收到")
    await handler.says("好的")
    assert "待核查" not in (await officer.last()).words


async def test_yes_answers_only_what_was_asked(here: Office) -> None:
    reporter, officer, handler = await everybody(here)
    await reporter.says("村口的井盖丢了")
    await reporter.taps("上报")
    await officer.says("镇政府门口的灯坏了")
    await officer.taps("更多")
    await officer.says("好")
    assert not any("派给您" in each.words for each in await handler.screen())


async def test_without_an_officer_nobody_is_told_that_one_knows(here: Office) -> None:
    reporter = await here.person(1)
    for number in (45, 46):
        await (await here.person(number)).blocks()
    await reporter.says(FIRE)
    words = (await reporter.last()).words
    assert "已报特急" in words and "已通知值班员" not in words


async def test_a_leader_reads_neither_visits_nor_hidden_words(here: Office) -> None:
    cadre, leader = await here.person(33), await here.person(47)
    await cadre.says("昨天去了东桥村张家、刘家，都好")
    await cadre.taps("保存")
    await leader.says("1123-101")
    assert "张家" not in (await leader.last()).words
    await cadre.says("东桥村有人串联说要去县里上访")
    await cadre.taps("上报")
    await leader.says("1123-102")
    assert "上访" not in (await leader.last()).words


async def test_an_edited_message_that_began_nothing_is_answered(here: Office) -> None:
    """Whoever mends an answer in an old message believes that the record has changed with it."""
    reporter = await here.person(1)
    await reporter.says("报事")
    answer = (await reporter.says("路灯坏了"))[0]
    await reporter.edits(answer, "路灯坏了两盏")
    assert "记录不会跟着变" in (await reporter.last()).words
