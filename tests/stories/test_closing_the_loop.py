"""After the work: 核查 by a third person or on a visit, satisfaction, reopening late, feedback answered."""

from tests.office import Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed


async def test_a_visit_asks_whether_it_is_fixed(here: Office) -> None:
    """Logging a visit at a household with a matter in hand asks once; the answer is a 核查 on the event."""
    reporter, officer = await here.person(1), await here.person(45)
    cadre, visitor = await here.person(17), await here.person(33)
    await filed(reporter, "老刘家的自来水管冻裂了")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await visitor.says("今天去了东桥村老刘家、老张家，都好")
    await visitor.taps("保存")
    await visitor.taps("还没有")
    await cadre.says("换了新管", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("好了")
    await here.town.clock_to(moment("2026-11-24 10:00"))
    await visitor.says("今天去了东桥村刘家、老刘家，都好")
    await visitor.taps("保存")
    await visitor.taps("好了")
    await officer.says("1123-101")
    await matches_golden(here, "visit_asks")


async def test_somebody_else_checks(here: Office) -> None:
    """The desk asks a third person to look; 还没有 opens the event again, before it is closed."""
    reporter, officer = await here.person(2), await here.person(45)
    cadre, checker = await here.person(18), await here.person(33)
    await filed(reporter, "桥头护栏松了")
    await officer.taps("受理并指派 郭春花")
    await cadre.taps("接了")
    await cadre.says("焊好了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("更多")
    await officer.taps("请人核查")
    await officer.taps("袁二牛 · 包村干部")
    await checker.taps("还没有")
    await officer.taps("受理并指派 郭春花")
    await matches_golden(here, "somebody_checks")


async def test_satisfaction_of_a_resident(here: Office) -> None:
    """Only on whose behalf somebody reported is asked about, in three grades and once."""
    reporter, officer, cadre = await here.person(3), await here.person(45), await here.person(19)
    await reporter.says("门口的路灯坏了")
    await reporter.taps("改一改")
    await reporter.taps("替群众报")
    await reporter.says("张大爷")
    await reporter.taps("上报")
    await officer.taps("受理并指派 马建军")
    await cadre.taps("接了")
    await cadre.says("换了灯泡", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("好了")
    await reporter.taps("基本满意")
    assert not any("张大爷" in message.words for message in await cadre.screen())
    await officer.says("1123-101")
    assert "替群众报：张大爷" in (await officer.last()).words
    await matches_golden(here, "satisfaction")


async def test_wrong_again_after_long(here: Office) -> None:
    """Within the days of the policy 还没有 opens the event again with one line; later it makes a new one."""
    reporter, officer, cadre = await here.person(4), await here.person(45), await here.person(20)
    await filed(reporter, "排水渠堵了")
    await officer.taps("受理并指派 罗秀兰")
    await cadre.taps("接了")
    await cadre.says("清完了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await here.town.clock_to(moment("2026-12-07 10:00"))
    await reporter.taps("还没有")
    await reporter.says("又堵在桥底下了")
    await officer.taps("受理并指派 罗秀兰")
    await cadre.taps("接了")
    await cadre.says("桥底下也清了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await here.town.clock_to(moment("2026-12-23 10:00"))
    await reporter.taps("还没有")
    assert "1223-102 那件事" not in (await reporter.last()).words
    assert "1123-101 那件事又出现了" in (await reporter.last()).words
    await matches_golden(here, "wrong_again")


async def test_feedback_is_answered(here: Office) -> None:
    """意见反馈 reaches the administrator with a button; the answer reaches whoever asked, once."""
    worker, clerk = await here.person(5), await here.person(49)
    await worker.says("意见反馈 字太小了，晚上看不清")
    await clerk.taps("回复")
    await clerk.says("聊天页右上角有“大字”，手机在设置里调")
    await clerk.says("意见反馈")
    await matches_golden(here, "feedback_answered")
