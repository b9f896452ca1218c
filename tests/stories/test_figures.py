"""查数, the digest's picture and table, fewer messages, and a month that is closed."""

from io import BytesIO

import openpyxl
from PIL import Image
from tests.office import Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.storage import closings

LEADER, AREA_LEADER, OFFICER, CADRE = 47, 41, 45, 17


async def test_any_figure_opens_its_meaning_and_its_records(here: Office) -> None:
    """Four taps: the panel, another period, one village, one figure with 口径 and records; and back."""
    await filed(await here.person(1), "三组的井盖丢了")
    await filed(await here.person(2), "村口垃圾堆了好几天")
    leader = await here.person(LEADER)
    await leader.says("查数")
    await leader.taps("有效上报 2")
    await leader.taps("‹ 查数")
    await leader.taps("换个村")
    await leader.taps("东桥村")
    await leader.taps("换个类型")
    await leader.taps("道路交通")
    await leader.taps("上周")
    await matches_golden(here, "figures")
    shown = (await leader.last()).words
    assert "东桥村 11-16至11-22" in shown and "上报0" in shown


async def test_the_panel_opened_from_a_digest_is_a_new_message(here: Office) -> None:
    """What a leader asks for stands at the end of the chat, whatever he has opened above."""
    await filed(await here.person(1), "三组的井盖丢了")
    leader = await here.person(LEADER)
    await leader.says("周报")
    digest = await leader.last()
    await leader.taps("新增 1")
    await leader.taps("全表", on=digest)
    await leader.taps("查数", on=digest)
    assert "全部类型" in (await leader.last()).words
    await leader.taps("今年")
    await leader.taps("看图")
    assert (await leader.last()).attachments


async def test_an_area_leader_sees_his_own_area_only(here: Office) -> None:
    """Neither panel nor list of an area leader goes beyond his villages, whatever a button says."""
    await filed(await here.person(1), "三组的井盖丢了")
    await filed(await here.person(9), "渠边的堤塌了一段")
    leader, worker = await here.person(AREA_LEADER), await here.person(3)
    await leader.says("查数")
    assert any("有效上报 1" in row for row in await leader.buttons())
    await leader.forges("figure:valid@990101103215.m202611n.0:0", on=await leader.last())
    await leader.forges("figures:m202611n.990101103215.-:0", on=await leader.last())
    refused = [toast.text for toast in await leader.toasts()]
    assert len(refused) == 2 and all("不能" in each for each in refused)
    await worker.says("查数")
    assert "不" in (await worker.last()).words and "有效" not in (await worker.last()).words


async def test_picture_and_table_come_when_asked_for(here: Office) -> None:
    """看图 sends the picture of the week so far, 全表 every figure of every village as a workbook."""
    await filed(await here.person(1), "三组的井盖丢了")
    leader = await here.person(LEADER)
    await leader.says("周报")
    await leader.taps("看图")
    picture = Image.open(BytesIO(await leader.downloads(await leader.last())))
    assert picture.width == 1080 and picture.height <= 1600
    await leader.taps("全表")
    sheet = openpyxl.load_workbook(BytesIO(await leader.downloads(await leader.last()))).active
    assert sheet is not None
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    table = {str(row[0]): row[1:] for row in rows if row}
    assert table["村"][:3] == ["上报", "有效上报", "有效率"]
    assert table["东桥村"][:3] == [1, 1, "1/1"] and table["合计"][:3] == [1, 1, "1/1"]


async def test_the_sent_digest_stays_and_fewer_messages_are_one_tap(here: Office) -> None:
    """What was sent is never edited; picture or digest can be switched off, and on again."""
    leader = await here.person(LEADER)
    await filed(await here.person(1), "三组的井盖丢了")
    await here.town.clock_to(moment("2026-11-30 09:01"))
    sent = await leader.last()
    assert "新增1" in sent.words
    await leader.taps("新增 1")
    await leader.taps("少发消息", on=sent)
    await leader.taps("周报不要图，只要文字")
    await here.town.clock_to(moment("2026-12-07 09:01"))
    plain = await leader.last()
    assert "新增0（上周1）" in plain.words and not plain.attachments
    await leader.taps("少发消息")
    await leader.taps("周报不用发，我自己看")
    await here.town.clock_to(moment("2026-12-14 09:01"))
    assert (await leader.last()).words.startswith("好，以后不再发周报")
    await leader.taps("照常发，带图")
    await here.town.clock_to(moment("2026-12-21 09:01"))
    again = await leader.last()
    assert "平安周报" in again.words and again.attachments
    assert "新增1、" in next(
        each.words for each in await leader.screen() if each.message_id == sent.message_id
    )
    await matches_golden(here, "fewer_messages")


async def test_a_month_is_closed_and_later_changes_stand_apart(here: Office) -> None:
    """On the 5th at 18:00 November freezes; a late visit and a late closing are lines of 补录."""
    reporter, officer, handler = await here.person(1), await here.person(OFFICER), await here.person(CADRE)
    leader, visitor = await here.person(LEADER), await here.person(33)
    await filed(reporter, "三组的井盖丢了")
    await officer.taps("受理并指派 何二牛")
    await handler.taps("接了")
    await here.town.clock_to(moment("2026-12-05 17:59"))
    assert await here.database.snapshot(closings.last) is None
    await here.town.clock_to(moment("2026-12-05 18:01"))
    closed = await here.database.snapshot(closings.last)
    assert closed is not None and f"{closed.month:%Y-%m}" == "2026-11"
    since = (await here.town.events())[-1].seq
    await here.town.clock_to(moment("2026-12-07 09:01"))
    await leader.taps("11月月报")
    before = await leader.last()
    assert "办结0，" in before.words and "补录" not in before.words
    await visitor.says("11月28日去了西桥村张家，都好")
    await visitor.taps("保存")
    await handler.says("1123-101")
    await handler.says("找回来盖上了", reply_to=await handler.last())
    await handler.taps("办结")
    await officer.taps("按此结案")
    await leader.says("月报")
    after = await leader.last()
    assert "办结0，" in after.words and "补录、更正2件" in after.words
    await leader.taps("补录 2")
    await leader.taps("‹ 11月月报")
    await matches_golden(here, "month_close", since=since)
