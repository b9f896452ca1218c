"""The clocks of an event: the card's arithmetic, amber and red once each, the leader in charge at last."""

from tests.office import MONDAY_10, Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.handlers.context import Worlds, policy_json
from wangge.storage import areas
from wangge.storage.database import Transaction


async def test_nobody_accepts(here: Office) -> None:
    """Friday 16:00 plus one working day is Monday 16:00; the desk is told before and then, the leader after."""
    await here.town.clock_to(moment("2026-11-27 16:00"))
    reporter, officer, _leader = await here.person(1), await here.person(45), await here.person(41)
    await filed(reporter, "三组的井盖丢了")
    card = (await officer.last()).words
    assert "周五 11-27 16:00报，周一 11-30 16:00前受理" in card
    for at in ("11-30 10:24", "11-30 15:59", "11-30 16:00", "12-01 08:31", "12-01 16:00", "12-02 09:00"):
        await here.town.clock_to(moment(f"2026-{at}"))
    await officer.says("1127-101")
    await matches_golden(here, "nobody_accepts", with_times=True)


async def test_nobody_begins_nor_finishes(here: Office) -> None:
    """The holder is told first, then the desk, and of the finish at last the leader; never at night."""
    reporter, officer = await here.person(2), await here.person(45)
    _holder, _leader = await here.person(18), await here.person(41)
    await filed(reporter, "桥头护栏松了")
    await officer.taps("受理并指派 郭春花")
    for day in range(24, 31):
        for at in ("08:31", "10:01", "14:31", "17:59"):
            await here.town.clock_to(moment(f"2026-11-{day} {at}"))
    await here.town.clock_to(moment("2026-12-01 10:01"))
    await here.town.clock_to(moment("2026-12-02 10:01"))
    await matches_golden(here, "nobody_begins", with_times=True)


async def test_a_reply_to_an_older_card_is_about_its_event(here: Office) -> None:
    """A notice shows the card anew; whoever answers the one before means the same event."""
    reporter, officer, holder = await here.person(2), await here.person(45), await here.person(18)
    await filed(reporter, "桥头护栏松了")
    await officer.taps("受理并指派 郭春花")
    await holder.taps("接了")
    card = await holder.last()
    await here.town.clock_to(moment("2026-11-26 17:40"))
    assert "办结时间快到了" in (await holder.last()).words
    await holder.says("焊好了", reply_to=card)
    assert "1123-101 算办结吗" in (await holder.last()).words


async def test_a_returned_event_waits_without_a_clock(here: Office) -> None:
    """What was left when it was returned is left when it comes back."""
    reporter, officer = await here.person(3), await here.person(45)
    await filed(reporter, "路上有个坑")
    await here.town.clock_to(moment("2026-11-23 16:30"))
    await officer.taps("退回补充")
    await officer.taps("地点说清楚些")
    await here.town.clock_to(moment("2026-11-26 09:00"))
    await reporter.taps("补充说明")
    await reporter.says("后沟岔口往南")
    assert "周四 11-26 12:00前受理" in (await officer.last()).words, "three hours were left"


async def test_what_belongs_to_the_petition_system_leaves_our_clocks(here: Office) -> None:
    """A petition (信访) is marked with that system's number, and nobody is told of a limit again."""
    reporter, officer, leader = await here.person(4), await here.person(45), await here.person(41)
    await filed(reporter, "征地的补偿款没给够，老戴家要说法")
    await officer.taps("更多")
    await officer.taps("转信访")
    await officer.says("XF20261123008")
    before = len(await officer.screen()) + len(await leader.screen())
    await here.town.clock_to(moment("2026-11-27 10:00"))
    news = [one.words for one in [*await officer.screen(), *await leader.screen()][before:]]
    assert not any("时限" in words for words in news)
    await reporter.says("1123-101")
    await matches_golden(here, "petition")


async def test_of_two_near_reports_one_is_filed(here: Office) -> None:
    """A near event is shown by category, place, age and state; joining brings the news of its end to both."""
    first, second = await here.person(5), await here.person(21)
    officer, unit = await here.person(45), await here.person(51)
    await filed(first, "大队部门口的井盖没了，先拿树枝挡着")
    await second.says("大队部门口井盖不见了")
    await second.sends_photo()
    await second.taps("上报")
    assert "树枝" not in (await second.last()).words, "another's words are not his to read"
    await second.taps("1123-101 是同一件")
    await officer.taps("派给别人")
    await officer.taps("余建军 · 站所")
    await unit.taps("接了")
    await unit.says("新井盖装好了", reply_to=await unit.last())
    await unit.taps("办结")
    await officer.taps("按此结案")
    await second.taps("好了")
    await matches_golden(here, "joined")


async def test_what_is_private_is_never_offered_as_near(here: Office) -> None:
    """P and O are never shown to another reporter; danger never waits for the question."""
    first, second = await here.person(6), await here.person(22)
    await filed(first, "老孟家小子又犯病了，在村口转悠")
    await second.says("老孟家小子犯病了，在村口")
    await second.taps("上报")
    assert (await second.last()).words.startswith("已上报 ")
    await first.says("老孟家灶房着火了")
    await second.says("老孟家灶房着火了")
    assert "已报特急" in (await second.last()).words


async def test_public_mood_is_never_near_whatever_the_policy_hides(here: Office) -> None:
    """P and O are counts only even where a town's policy forgets to hide them."""

    def unhide(tx: Transaction) -> None:
        policy = Worlds().current(tx).policy
        shown = tuple(each.model_copy(update={"hidden": False}) for each in policy.categories)
        areas.add_policy(tx, policy_json(policy.model_copy(update={"categories": shown})), MONDAY_10)

    await here.database.transaction(unhide)
    first, second = await here.person(6), await here.person(22)
    await filed(first, "有人要联名上访，在村口商量")
    await second.says("有人联名上访，在村口商量")
    await second.taps("上报")
    assert (await second.last()).words.startswith("已上报 ")
