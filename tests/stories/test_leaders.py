"""Leaders: 督办, 批示, and their consent to 挂账 and 延期."""

from tests.office import Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.sandbox.person import Person


async def in_hand(here: Office) -> tuple[Person, Person, Person, Person]:
    """Let an event be in hand; return reporter, officer, handler and the leader in charge."""
    reporter, officer = await here.person(1), await here.person(45)
    cadre, leader = await here.person(17), await here.person(41)
    await filed(reporter, "三组的井盖丢了")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    return reporter, officer, cadre, leader


async def test_supervision(here: Office) -> None:
    """督办 is one sentence with a day in it; the handler confirms, desk and timeline know."""
    reporter, officer, cadre, leader = await in_hand(here)
    await leader.says("1123-101")
    await leader.taps("督办")
    await leader.says("查清是谁拉走的，周五前回复")
    await cadre.taps("收到")
    await officer.says("1123-101")
    await cadre.says("找回来盖上了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.says("1123-101")
    assert "督办" not in (await reporter.last()).words
    await matches_golden(here, "supervision")


async def test_supervision_step_by_step(here: Office) -> None:
    """What is no day in words is asked for; 批示 needs none."""
    _, _, cadre, leader = await in_hand(here)
    await leader.says("1123-101")
    await leader.taps("督办")
    await leader.taps("说明办到哪一步了")
    await leader.taps("明天")
    await leader.says("1123-101")
    await leader.taps("批示")
    await leader.says("举一反三，把全村的井盖都看一遍")
    await cadre.taps("收到")
    assert "督办（已收到）" in (await cadre.last()).words
    await matches_golden(here, "supervision_step_by_step")


async def test_suspension(here: Office) -> None:
    """挂账 needs a reason, a day and a leader's consent; on that day the event goes on by itself."""
    _, officer, cadre, leader = await in_hand(here)
    await officer.says("1123-101")
    await officer.taps("申请挂账")
    await officer.taps("要等天气")
    await officer.says("12月1日")
    await leader.taps("同意挂账")
    await here.town.clock_to(moment("2026-12-01 08:31"))
    await cadre.says("盖上了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await matches_golden(here, "suspension")


async def test_an_extension_is_refused_and_granted(here: Office) -> None:
    """延期 is asked for by the handler; whoever asked reads the answer, and the clock follows it."""
    _, _, cadre, leader = await in_hand(here)
    await cadre.taps("更多")
    await cadre.taps("申请延期")
    await cadre.says("铸铁盖要订做，到12月4日")
    await leader.taps("不同意")
    await leader.taps("说具体些再报")
    await cadre.taps("更多")
    await cadre.taps("申请延期")
    await cadre.taps("材料没到")
    await cadre.taps("12月7日（周一）")
    await leader.taps("同意延期")
    await cadre.says("1123-101")
    assert "周一 12-07 18:00前办结" in (await cadre.last()).words
    await matches_golden(here, "extension")


async def test_what_waits_for_a_leader_stands_in_the_digest(here: Office) -> None:
    """请您定: whoever may consent reads it in 周报 and opens it with a tap; the desk and others do not."""
    _, officer, cadre, leader = await in_hand(here)
    await cadre.taps("更多")
    await cadre.taps("申请延期")
    await cadre.says("铸铁盖要订做，到12月4日")
    await leader.says("周报")
    assert "有1件需您定" in (await leader.last()).words
    await leader.taps("请您定 1123-101")
    await leader.taps("同意延期")
    await leader.says("周报")
    assert "您定" not in (await leader.last()).words
    await officer.says("周报")
    await matches_golden(here, "to_decide")


async def test_an_extension_ends_after_the_limit(here: Office) -> None:
    """No day before the present limit is offered or taken; and what was asked for ends with the work."""
    _, _, cadre, leader = await in_hand(here)
    await cadre.taps("更多")
    await cadre.taps("申请延期")
    await cadre.taps("材料没到")
    assert (await cadre.last()).labels[0][0] == "12月1日（周二）"
    await cadre.says("11月27日")
    assert "请选12月1日（周二）到" in (await cadre.last()).words
    await cadre.says("12月4日")
    await cadre.says("找回来盖上了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await leader.says("周报")
    assert "您定" not in (await leader.last()).words
    await leader.taps("同意延期")
    assert (await leader.toasts())[-1].text == "已由何二牛处理：报办结"


async def test_a_request_that_nobody_could_grant_is_refused(here: Office) -> None:
    """With no leader at work the asker is told so at once."""
    _, _, cadre, leader = await in_hand(here)
    for number in (41, 47, 48):
        await (await here.person(number)).says("请假 11-23到11-25")
    await cadre.taps("更多")
    await cadre.taps("申请延期")
    await cadre.says("材料没到，12月4日")
    assert "没有能同意的领导" in (await cadre.last()).words
    assert "申请延期" not in (await leader.last()).words
