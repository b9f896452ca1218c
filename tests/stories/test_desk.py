"""The duty desk, and what it asks of reporters and handlers."""

import asyncio

from tests.office import Office
from tests.stories.telling import matches_golden

from wangge.sandbox.person import Person
from wangge.sandbox.views import MessageView


async def filed(reporter: Person, words: str = "村口的井盖丢了") -> None:
    """File one event by sentence and tap."""
    await reporter.says(words)
    await reporter.taps("上报")


async def test_return_for_information_and_answer(here: Office) -> None:
    """The reporter is asked in the desk's words; his answer brings the card back to the desk."""
    reporter, officer = await here.person(1), await here.person(45)
    await filed(reporter)
    await officer.taps("退回补充")
    await officer.taps("地点说清楚些")
    await reporter.taps("补充说明")
    await reporter.says("老槐树往南二十步")
    await officer.taps("退回补充")
    await officer.says("井盖多大？")
    await reporter.taps("补充说明")
    await reporter.sends_photo()
    await officer.taps("受理并指派 何二牛")
    await matches_golden(here, "return_and_answer")


async def test_not_a_grid_matter(here: Office) -> None:
    """The reporter reads where to go instead."""
    reporter, officer = await here.person(2), await here.person(45)
    await filed(reporter, "跟人合伙做生意，想打官司要账")
    await officer.taps("不属网格事项")
    await officer.taps("请找法院或司法所")
    await matches_golden(here, "not_a_grid_matter")


async def test_hand_back_and_assign_to_another(here: Office) -> None:
    """退回 gives the event back to the desk with the reason; 派给别人 offers who covers the place."""
    reporter, officer = await here.person(3), await here.person(45)
    cadre, unit = await here.person(19), await here.person(51)
    await filed(reporter, "变压器嗡嗡响，怕出事")
    await officer.taps("受理并指派 马建军")
    await cadre.taps("退回")
    await cadre.taps("不归我管")
    await officer.taps("派给别人")
    await officer.taps("余建军 · 站所")
    await unit.taps("接了")
    await unit.says("螺丝松了，紧上了")
    await unit.says("又测了一遍，正常")
    await unit.says("是的")
    await officer.taps("换个结果")
    await officer.taps("转出")
    await reporter.says("好了")
    await matches_golden(here, "hand_back_and_assign_other")


async def test_redo(here: Office) -> None:
    """退回重办 sends a finished event back to its handler with the reason."""
    reporter, officer, cadre = await here.person(4), await here.person(45), await here.person(20)
    await filed(reporter, "排水渠堵了")
    await officer.taps("受理并指派 罗秀兰")
    await cadre.taps("接了")
    await cadre.sends_photo(caption="清了一半")
    await cadre.taps("办结")
    await officer.taps("退回重办")
    await officer.says("另一半也要清")
    await cadre.says("是渠的南头，今天下午清完了", reply_to=await cadre.last())
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await matches_golden(here, "redo")


async def test_a_handler_who_reported_it_himself(here: Office) -> None:
    """Whoever reported an event may be given it, and sees it as the one who handles it."""
    cadre, officer = await here.person(21), await here.person(45)
    await filed(cadre, "村委会门口的路灯坏了")
    await officer.taps("派给别人")
    await officer.taps("梁志强 · 村干部")
    await cadre.taps("接了")
    await cadre.says("灯泡换了")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await matches_golden(here, "own_handler")


async def test_the_board_is_one_message(here: Office) -> None:
    """值班台 stands once, is edited in place as things move, and opens a list a figure."""
    officer = await here.person(45)
    reporters = [await here.person(number) for number in (1, 2, 3)]
    await officer.says("值班台")
    board = await officer.last()
    for reporter, words in zip(reporters, ("路塌了一截", "井盖丢了", "桥栏断了"), strict=True):
        await filed(reporter, words)
    shown = {message.message_id: message for message in await officer.screen()}
    assert "待受理 3" in shown[board.message_id].words
    await officer.taps("待受理 3", on=board)
    await officer.taps("全部受理 3件", on=board)
    await officer.taps("在办 3", on=board)
    await officer.taps("1123-102 西桥村 井盖丢了", on=board)
    await officer.taps("指派 郭春花")
    assert "在办（第1页" in await shown_in(officer, board), "what is being read stays"
    await officer.taps("‹ 值班台", on=board)
    await here.town.forward(days=6, hours=1)
    await officer.taps("在办 3", on=board)
    await officer.taps("‹ 值班台", on=board)
    await officer.taps("将到期 3", on=board)
    await matches_golden(here, "board")
    boards = [message for message in await officer.screen() if message.words.startswith("值班台")]
    assert len(boards) == 1


async def shown_in(person: Person, message: MessageView) -> str:
    """Return what a message says now."""
    return next(one.words for one in await person.screen() if one.message_id == message.message_id)


async def test_two_officers_tap_the_same_event(here: Office) -> None:
    """One of them is first; the other reads who was, and sees the event as it is."""
    reporter, first, second = await here.person(5), await here.person(45), await here.person(46)
    await filed(reporter)
    await second.says("1123-101")
    one, other = await first.last(), await second.last()
    await asyncio.gather(first.taps("受理并指派 梁志强", on=one), second.taps("受理并指派 梁志强", on=other))
    toasts = [toast.text for person in (first, second) for toast in await person.toasts()]
    assert [toast for toast in toasts if toast] in (["已由贾铁柱指派"], ["已由丁月娥指派"])
    cadre = await here.person(21)
    cards = [message for message in await cadre.screen() if message.from_bot]
    assert len(cards) <= 1


async def test_a_board_list_has_pages(here: Office) -> None:
    """More than a page is leafed through; pages beyond the end say so."""
    officer = await here.person(45)
    for number in range(1, 12):
        await filed(await here.person(number), "垃圾没人拉")
    await officer.says("值班台")
    await officer.taps("待受理 11")
    await officer.taps("下一页 ›")
    assert [len(row) for row in (await officer.last()).labels] == [1, 1, 1, 2, 2, 1]
    await officer.forges("list:new.999999999999999999:0")
    assert "没有事项" in (await officer.last()).words
