"""A visit in one sentence, and what grows out of it."""

from sqlalchemy import select
from tests.office import Office
from tests.stories.telling import matches_golden

from wangge.storage import ledger


async def test_visit_by_sentence(here: Office) -> None:
    """Four households in one sentence are one record, one card, one tap."""
    cadre = await here.person(33)
    await cadre.says("昨天下午去了西桥村老张、老刘、老赵、老孙家，都好")
    await cadre.taps("保存")
    await cadre.says("今儿上东桥村张家、刘家转了转，刘家锁着门，张家说低保停了想问问")
    await cadre.says("1")
    await cadre.says("进度")
    await matches_golden(here, "visit_by_sentence")


async def test_a_request_becomes_a_linked_event(here: Office) -> None:
    """有诉求 makes an event with one tap, linked to the visit, and only one."""
    reporter, officer = await here.person(2), await here.person(45)
    await reporter.says("昨天去了张家、李家，都好")
    await reporter.taps("有诉求")
    await reporter.says("李家门口的路灯不亮，老人晚上不敢出门")
    await reporter.taps("保存")
    filed = await reporter.last()
    await reporter.taps("把诉求报成事件")
    await reporter.taps_again("把诉求报成事件", filed)
    await matches_golden(here, "request_becomes_event")
    links = await here.database.snapshot(lambda tx: tx.execute(select(ledger.links)).all())
    assert [(link.from_record, link.to_record, link.why) for link in links] == [(1, 2, "request")]
    assert any("1123-102" in message.words for message in await officer.screen())


async def test_change_and_withdraw_a_visit(here: Office) -> None:
    """A filed visit is opened under 我的, changed and taken back."""
    reporter = await here.person(3)
    await reporter.says("前天去了赵家，都好")
    await reporter.taps("保存")
    await reporter.says("我的")
    await reporter.taps("1123-101 走访 赵家")
    await reporter.taps("改一改")
    await reporter.taps("户")
    await reporter.says("赵家、钱家")
    await reporter.taps("存下改动")
    await reporter.taps("撤回")
    await matches_golden(here, "change_a_visit")


async def test_late_and_wrong_days(here: Office) -> None:
    """Late entries are welcome up to 31 days back; other days are explained, and the draft stays."""
    reporter = await here.person(4)
    await reporter.says("10月28日去了孙家，都好")
    await reporter.taps("保存")
    await reporter.says("昨天去了孙家，都好")
    await reporter.taps("改一改")
    await reporter.taps("日期")
    for words in ("9月1日", "明天", "大年初一", "13-45", "夜儿"):
        await reporter.says(words)
    await reporter.says("好")
    await matches_golden(here, "days")
