"""A bad day at the desk: much at once, other answers than the ones asked for, and people in several parts."""

from tests.office import Office
from tests.stories.test_desk import filed


async def test_what_nobody_has_seen_is_not_accepted_with_the_page(here: Office) -> None:
    """全部受理 takes the events of the page that was shown; a 特急 that came since goes on ringing."""
    reporter, other, officer = await here.person(1), await here.person(2), await here.person(45)
    await filed(reporter, "村口的井盖丢了")
    await filed(other, "路灯坏了")
    await officer.says("值班台")
    await officer.taps("待受理 2")
    page = await officer.last()
    await other.says("着火了，快来人")
    await officer.taps("全部受理 2件", on=page)
    assert (await officer.toasts())[-1].text == "清单刚有变化，请再看一眼"
    shown = {message.message_id: message for message in await officer.screen()}[page.message_id]
    assert "1123-103" in shown.labels[0][0]
    await officer.says("1123-103")
    assert "特急 1123-103" in (await officer.last()).words
    await officer.taps("全部受理 3件", on=page)
    assert (await officer.toasts())[-1].text == "已受理3件"


async def test_what_others_have_reported_too_is_not_withdrawn(here: Office) -> None:
    """Whoever joined an event relies on it: its author cannot take it from them, nor do they see his buttons."""
    author, joined, officer = await here.person(1), await here.person(17), await here.person(45)
    await filed(author)
    await filed(joined)
    await joined.taps("1123-101 是同一件")
    assert "撤回" not in str([(await author.last()).labels, (await joined.last()).labels])
    await author.forges("withdraw:1.r1:2")
    assert "别人也报了，不能撤回" in (await author.toasts())[-1].text
    await officer.says("1123-101")
    assert "新事项 1123-101" in (await officer.last()).words


async def test_whoever_reported_it_answers_a_return(here: Office) -> None:
    """退回补充 asks everybody who reported it: the first answer brings it back to the desk."""
    author, joined, officer = await here.person(1), await here.person(17), await here.person(45)
    await filed(author)
    await filed(joined)
    await joined.taps("1123-101 是同一件")
    await officer.taps("退回补充")
    await officer.taps("地点说清楚些")
    await joined.taps("补充说明")
    await joined.says("老槐树往北二十步")
    assert "新事项 1123-101" in (await officer.last()).words
    assert "老槐树往北二十步" in (await officer.last()).words


async def test_what_the_county_has_is_not_closed_as_solved(here: Office) -> None:
    """按此结案 of an event that went to the county says 转出; another outcome is two taps."""
    reporter, officer = await here.person(1), await here.person(45)
    await filed(reporter)
    await officer.taps("更多")
    await officer.taps("上报县级")
    await officer.taps("镇里没有权限")
    await officer.taps("按此结案")
    assert "已结案（转出）" in (await reporter.last()).words
    await officer.taps("撤销")
    await officer.taps("换个结果")
    await officer.taps("已解决")
    assert "已结案（已解决）" in (await reporter.last()).words


async def test_a_visit_opens_no_event_of_another_village(here: Office) -> None:
    """Naming a household is no way to read what was reported about it, nor is a 核查 one to read notes."""
    reporter, officer = await here.person(1), await here.person(45)
    stranger, checker = await here.person(16), await here.person(33)
    await filed(reporter, "老刘家的自来水管冻裂了")
    await officer.taps("更多")
    await officer.taps("内部备注")
    await officer.says("这户不好说话")
    await officer.taps("受理并指派 何二牛")
    for visitor in (stranger, checker):
        await visitor.says("今天去了东桥村老刘家，都好")
        await visitor.taps("保存")
        await visitor.says("1123-101")
    assert "没有找到 1123-101" in (await stranger.last()).words
    assert "老刘家的自来水管冻裂了" in (await checker.last()).words
    assert "不好说话" not in "\n".join(message.words for message in await checker.screen())


async def test_a_number_typed_in_the_middle_of_a_question_opens_its_event(here: Office) -> None:
    """It is nobody's reason: nothing is returned, and the words after it are no reason either."""
    officer, other = await here.person(45), await here.person(2)
    await filed(await here.person(1))
    await filed(other, "路灯坏了")
    await officer.taps("退回补充")
    await officer.says("1123-101")
    assert "新事项 1123-101" in (await officer.last()).words
    await officer.says("到底在哪")
    await officer.says("取消")
    assert "已上报 1123-102" in (await other.last()).words


async def test_whose_work_is_over_reads_no_leaders_card(here: Office) -> None:
    """A reopened event is the desk's again: who had it reads it, without 督办 and with its names."""
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    await filed(reporter)
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.says("换了井盖")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("还没有")
    await cadre.says("1123-101")
    shown = await cadre.last()
    assert "李二牛 上报" in shown.words
    assert not {"督办", "批示", "看全部"} & {label for row in shown.labels for label in row}


async def test_who_looks_on_a_visit_is_not_asked_for_a_residents_grade(here: Office) -> None:
    """Only who filed it for somebody may give that person's grade."""
    reporter, officer = await here.person(1), await here.person(45)
    cadre, visitor = await here.person(17), await here.person(33)
    await reporter.says("老刘家门口的路灯坏了")
    await reporter.taps("改一改")
    await reporter.taps("替群众报")
    await reporter.says("张大爷")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.says("换了灯泡")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await visitor.says("今天去了东桥村老刘家，都好")
    await visitor.taps("保存")
    await visitor.taps("好了")
    assert (await visitor.last()).words == "1123-101 记下了：好了。"


async def test_a_leader_who_handles_asks_another_for_consent(here: Office) -> None:
    """包片领导 with an event in hand cannot grant his own 延期: the town's leader reads the request."""
    officer, leader, town_leader = await here.person(45), await here.person(41), await here.person(47)
    await filed(await here.person(1))
    await officer.taps("派给别人")
    await officer.taps("苏满仓 · 包片领导")
    await leader.taps("接了")
    await leader.taps("更多")
    await leader.taps("申请延期")
    await leader.taps("人手不够")
    await leader.says("12月7日")
    await leader.forges("extend:1:4")
    assert "要请另一位领导同意" in (await leader.toasts())[-1].text
    await town_leader.taps("同意延期")
    assert "12-07 18:00前办结" in (await leader.last()).words


async def test_danger_is_not_merged_into_what_may_wait(here: Office) -> None:
    """A 特急 in like words is no part of a group, and its number of an ordinary event is refused."""
    officer, other = await here.person(45), await here.person(17)
    await filed(await here.person(1), "三组巷子积水了，过不去")
    await other.says("三组巷子积水了，过不去，有人被困")
    await officer.says("值班台")
    await officer.taps("待受理 2")
    assert not [row for row in (await officer.last()).labels if "件都是" in row[0]]
    await officer.says("1123-102")
    await officer.taps("并案")
    await officer.says("1123-101")
    assert "特急只能并到特急" in (await officer.last()).words
