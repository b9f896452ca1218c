"""上级平台: what is 待录, the text and the workbook for it, its numbers back in, and events that came from it."""

import asyncio
import io
from datetime import datetime
from typing import Any

import openpyxl
from tests.office import Office
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.person import Person
from wangge.sandbox.views import MessageView
from wangge.storage import audit, records, timeline
from wangge.storage.records import Stored

NUMBERS = ("1123-101", "1123-102")
HEADINGS = ("上级编号", "所属村", "事件类别", "紧急程度", "事件描述", "发生地点", "上报时间")


def workbook(*rows: tuple[Any, ...], headings: tuple[str, ...] = HEADINGS) -> bytes:
    """Return a table as the platform hands it out."""
    book = openpyxl.Workbook()
    for row in (headings, *rows):
        book.worksheets[0].append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


async def accepted(here: Office, officer: Person, *words: str) -> None:
    """File events, one person each, and accept them; nobody has them in hand."""
    for number, each in enumerate(words, start=1):
        await filed(await here.person(number), each)
    await officer.says("值班台")
    await officer.taps(f"待受理 {len(words)}")
    if len(words) > 1:
        await officer.taps(f"全部受理 {len(words)}件")


async def event(here: Office, number: str) -> Stored:
    found = await here.database.snapshot(lambda tx: records.by_number(tx, number))
    assert found is not None
    return found


async def acts_on(here: Office, number: str) -> list[tuple[str, str]]:
    """Return (act, words) of the history of an event."""
    found = await event(here, number)
    entries = await here.database.snapshot(lambda tx: timeline.of(tx, found.id))
    return [(entry.act, entry.reason) for entry in entries]


def labels(message: MessageView) -> list[str]:
    return [label for row in message.labels for label in row]


def to_enter(board: MessageView) -> str:
    """Return the button 待录 of a board, "" if it has none."""
    return next((label for label in labels(board) if label.startswith("待录")), "")


async def board_of(officer: Person) -> MessageView:
    """Return the officer's board as it stands now."""
    return next(message for message in await officer.screen() if "待受理" in message.words.split("\n")[-1])


async def exported(officer: Person) -> bytes:
    """Ask for the workbook and return it."""
    await officer.says("值班台")
    await officer.taps(to_enter(await officer.last()))
    await officer.taps("导出待录表")
    return await officer.downloads(await officer.last())


def with_numbers(content: bytes, numbers: dict[str, str]) -> bytes:
    """Return the workbook with the platform's numbers filled in beside ours."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=4):
        if row[0].value in numbers:
            row[-1].value = numbers[str(row[0].value)]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


async def test_one_is_copied_and_its_number_noted(here: Office) -> None:
    """待录 counts it from 受理 on; 复制一份 is the platform's form; the number stands on the card."""
    reporter, officer = await here.person(1), await here.person(45)
    await officer.says("值班台")
    await filed(reporter, "村口的井盖丢了，找老张，13812345678")
    assert not to_enter(await board_of(officer))
    await officer.taps("受理并指派 何二牛")
    await officer.taps("待录 1")
    listed = next(message for message in await officer.screen() if message.words.startswith("待录上级平台"))
    await officer.taps(labels(listed)[0], on=listed)
    await officer.taps("复制一份")
    await officer.taps("已录")
    await officer.says("没有")
    await officer.says("1123-101")
    await officer.says("pa-20261123－7")
    assert (await event(here, "1123-101")).upper_number == "PA-20261123-7"
    await officer.taps("‹ 值班台")
    assert not to_enter(await board_of(officer))
    await officer.says("1123-101")
    await officer.taps("改上级编号")
    await officer.says("PA-20261123-8")
    await matches_golden(here, "upper_copied")
    assert [act for act, _ in await acts_on(here, "1123-101")] == ["report", "assign", "enter", "enter"]


async def test_not_needed_and_a_number_given_twice(here: Office) -> None:
    """不需录 takes it off the list; a number belongs to one event, and the other is named."""
    officer = await here.person(45)
    await accepted(here, officer, "路塌了一截", "桥栏断了", "井盖丢了")
    await officer.says("1123-101")
    await officer.taps("不需录")
    assert (await event(here, "1123-101")).upper == "not_needed"
    for number, upper in (("1123-102", "A-1"), ("1123-103", "a-1")):
        await officer.says(number)
        await officer.taps("已录")
        await officer.says(upper)
    assert (await officer.last()).words == "上级编号A-1已经是 1123-102 的，请核对。"
    assert (await event(here, "1123-103")).upper is None
    await officer.says("A-2")
    assert (await event(here, "1123-103")).upper_number == "A-2"


async def test_what_does_not_count_is_not_to_be_entered(here: Office) -> None:
    """Neither what nobody has accepted, nor what was withdrawn, is no grid matter or is returned."""
    officer = await here.person(45)
    for number, words in enumerate(("路塌了一截", "桥栏断了", "井盖丢了", "墙歪了"), start=1):
        await filed(await here.person(number), words)
    await (await here.person(1)).taps("撤回")
    await (await here.person(1)).taps("误报")
    await officer.says("1123-102")
    await officer.taps("不属网格事项")
    await officer.taps("请找村委会")
    await officer.says("1123-103")
    await officer.taps("退回补充")
    await officer.taps("是哪一户的事")
    await officer.says("值班台")
    assert not to_enter(await officer.last())
    await officer.forges("upper:list.0:0")
    assert labels(await officer.last()) == ["‹ 值班台"]
    await officer.forges("upper:export:0")
    assert (await officer.last()).words == "没有待录的事项。"
    worker = await here.person(2)
    all_forged = ("upper:list.0:0", "upper:export:0", "upper:apply.x:0", "copy:2:0", "enter:2.r1:2")
    for forged in all_forged:
        await worker.forges(forged)
    refused = [toast for toast in await worker.toasts() if "您的岗位不能做这个" in toast.text]
    assert len(refused) == len(all_forged)


async def test_a_workbook_goes_out_and_its_numbers_come_back(here: Office) -> None:
    """What is 待录 by due time, our number first; the table sent back is shown, then applied, once."""
    officer = await here.person(45)
    await accepted(here, officer, "=1+1是公式吗，路塌了", "桥栏断了，打13812345678", "井盖丢了")
    await officer.says("1123-103")
    await officer.taps("已录")
    await officer.says("OLD-3")
    content = await exported(officer)
    sheet = opened(content)
    table = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert sheet["A1"].value == "清河镇待录上级平台" and "演示数据" in sheet["A2"].value
    assert table[0][0] == "编号" and table[0][-1] == "上级编号" and len(table[0]) == 16
    assert [row[0] for row in table[1:]] == ["1123-101", "1123-102"]
    first = dict(zip(table[0], table[1], strict=True))
    assert first["所属村"] == "东桥村" and first["事件类别"] == "道路交通" and first["上报人"] == "李二牛"
    assert first["事件描述"] == "=1+1是公式吗，路塌了" and sheet.cell(4, 6).data_type == "s"
    assert table[2][5] == "桥栏断了，打138****5678"
    assert sheet.freeze_panes == "A4" and sheet.page_setup.orientation == "landscape"
    assert f"{sheet.page_setup.paperSize}" == sheet.PAPERSIZE_A4 and sheet.cell(4, 16).number_format == "@"
    assert all(4 <= column.width <= 42 for column in sheet.column_dimensions.values())

    noted = await here.database.snapshot(lambda tx: audit.notes_on(tx, "upper"))
    assert [act for _, act, _ in noted] == ["export"]
    before = (await here.town.events())[-1].seq
    returned = with_numbers(content, {"1123-101": "U-1", "1123-102": "OLD-3"})
    await officer.sends_document("待录表.xlsx", returned)
    preview = await officer.last()
    await officer.taps("生效")
    await officer.taps_again("生效", preview)
    await officer.sends_document("待录表.xlsx", with_numbers(content, {"1123-101": "U-1"}))
    await officer.sends_document("待录表.xlsx", with_numbers(content, {"1123-101": "U-9", "1123-102": "U-2"}))
    await officer.taps("不要了")
    await matches_golden(here, "upper_returned", since=before)
    assert (await event(here, "1123-101")).upper_number == "U-1"
    assert (await event(here, "1123-102")).upper is None
    assert await acts_on(here, "1123-101") == [("report", ""), ("accept", ""), ("enter", "U-1")]


async def test_an_event_that_changed_meanwhile_keeps_what_it_is(here: Office) -> None:
    """Between preview and 生效 one is entered by hand and one withdrawn from the desk: nothing is lost."""
    officer, other = await here.person(45), await here.person(46)
    await accepted(here, officer, "路塌了一截", "桥栏断了", "井盖丢了")
    content = await exported(officer)
    numbers = {"1123-101": "U-1", "1123-102": "U-2", "1123-103": "U-3"}
    await officer.sends_document("待录表.xlsx", with_numbers(content, numbers))
    await other.says("1123-101")
    await other.taps("已录")
    await other.says("BY-HAND")
    await other.says("1123-102")
    await other.taps("不属网格事项")
    await other.taps("请找村委会")
    await officer.taps("生效")
    assert (await officer.last()).words == "已生效：对上2件。"
    assert (await event(here, "1123-101")).upper_number == "BY-HAND"
    second = await event(here, "1123-102")
    assert (second.state, second.upper_number) == ("not_grid", "U-2")


async def test_events_from_the_platform_are_imported_once(here: Office) -> None:
    """They wait for the desk like any, by one line, and are never asked for again."""
    officer, other = await here.person(46), await here.person(45)
    await other.says("值班台")
    before = (await here.town.events())[-1].seq
    table = workbook(
        (
            "PA-1",
            "东桥村",
            "人居环境",
            "紧急",
            "群众反映垃圾没人拉，电话13812345678",
            "村口",
            "2026-11-20 09:05",
        ),
        ("PA-2", "清河镇西桥村委会", "没听说过", "", "网上说桥上有坑 11010519491231002X", "", ""),
        ("PA-3", "火星村", "", "", "不知道哪个村", "", ""),
        ("PA-4", "", "", "", "没写村", "", ""),
        ("PA-5", "上泉村", "", "", "", "", ""),
        ("PA-1", "东桥村", "", "", "又是一件", "", ""),
        ("编号？", "东桥村", "", "", "编号不对", "", ""),
        ("", "东桥村", "", "", "没有编号", "", ""),
    )
    await officer.sends_document("下发事项.xlsx", table)
    preview = await officer.last()
    await officer.taps("生效")
    await officer.taps_again("生效", preview)
    await officer.sends_document("再来一次.xlsx", table)
    first, second = await event(here, "1123-101"), await event(here, "1123-102")
    await officer.says("1123-101")
    await officer.says("1123-102")
    await other.taps("待受理 2")
    await other.says("1123-101")
    await matches_golden(here, "upper_imported", since=before)
    assert (first.origin, first.state, first.upper, first.upper_number) == (
        "upper:PA-1",
        "reported",
        "entered",
        "PA-1",
    )
    assert (first.klass, first.urgency, f"{first.happened_on}") == ("E", "urgent", "2026-11-20")
    assert (second.klass, second.area) == ("U", "990101103201")
    assert "11010519491231002X" not in second.values["what"]
    await other.taps("受理并指派 何二牛")
    assert not to_enter(await board_of(other))
    shown = {number: [one for one in await officer.screen() if number in one.words] for number in NUMBERS}
    assert "已派给何二牛" in shown["1123-101"][-1].words
    assert "新事项" in shown["1123-102"][-1].words


async def test_danger_from_the_platform_rings_like_any(here: Office) -> None:
    """特急 goes to the desk and the leaders at once, however it came in."""
    officer, leader = await here.person(45), await here.person(47)
    await here.town.clock_to(datetime(2026, 11, 23, 19, 0, tzinfo=TOWN_ZONE))
    await officer.sends_document(
        "下发.csv", "上级编号,所属村,紧急程度,事件描述\nPA-9,东桥村,特急,河堤要垮\n".encode("gb18030")
    )
    await officer.taps("生效")
    assert "特急 1123-101" in (await leader.last()).words
    assert "特急 1123-101" in "\n".join(message.words for message in await officer.screen())


async def test_every_bad_file_has_its_sentence(here: Office) -> None:
    """What is no table of the platform says what it should be; other files are evidence as before."""
    officer = await here.person(45)
    await officer.sends_document("名单.xlsx", workbook(("1", "张三"), headings=("序号", "姓名")))
    await officer.sends_document("空.xlsx", workbook(("A-1",), headings=("上级编号",)))
    await officer.sends_document("只有列名.xlsx", workbook())
    await officer.sends_document("旧.xls", b"\xd0\xcf\x11\xe0 old")
    await officer.sends_document("坏.xlsx", b"PK\x03\x04 broken")
    await officer.sends_document("太长.xlsx", workbook(*(("", "东桥村"),) * 2001))
    await officer.sends_document("现场.pdf", b"%PDF-1.4")
    await officer.forges("upper:apply.0123456789abcdef0123456789abcdef:0")
    await officer.forges("upper:nothing:0")
    await matches_golden(here, "upper_bad_files")


async def test_a_table_instead_of_the_number(here: Office) -> None:
    """Whoever is asked for one number may send the whole table."""
    officer = await here.person(45)
    await accepted(here, officer, "路塌了一截", "桥栏断了")
    content = await exported(officer)
    await officer.says("1123-101")
    await officer.taps("已录")
    await officer.sends_document("待录表.xlsx", with_numbers(content, {"1123-101": "U-1"}))
    await officer.taps("生效")
    assert (await event(here, "1123-101")).upper_number == "U-1"


async def test_who_keeps_the_roster_too_may_send_both(here: Office) -> None:
    """The headings tell the roster from a table of the platform; a clerk alone may not send the latter."""
    clerk, officer = await here.person(49), await here.person(45)
    await accepted(here, officer, "路塌了一截", "桥栏断了")
    table = with_numbers(await exported(officer), {"1123-101": "U-1"})
    await clerk.sends_document("待录表.xlsx", table)
    assert "没有找到列名" in (await clerk.last()).words
    await clerk.says("花名册")
    roster = await clerk.downloads(await clerk.last())
    book = openpyxl.load_workbook(io.BytesIO(roster))
    book.worksheets[0].append(["049", "叶二牛", "13800000049", "值班员", "清河镇", None, None])
    buffer = io.BytesIO()
    book.save(buffer)
    await clerk.sends_document("花名册.xlsx", buffer.getvalue())
    await clerk.taps("生效")
    await clerk.sends_document("待录表.xlsx", table)
    assert (await clerk.last()).words.startswith("能对上1")
    await clerk.sends_document("花名册.xlsx", roster)
    assert "变更1" in (await clerk.last()).words


async def test_many_pages_and_many_rows(here: Office) -> None:
    """More than a page is leafed through, more than a transaction's rows are all applied."""
    officer = await here.person(45)
    rows = [(f"PA-{number}", "东桥村", "", "", f"第{number}件", "", "") for number in range(1, 46)]
    await officer.sends_document("下发.xlsx", workbook(*rows))
    await officer.taps("生效")
    assert (await officer.last()).words == "已生效：对上0件，新来的45件在值班台“待受理”里。"
    for number in range(1, 12):
        await filed(await here.person(number), "垃圾没人拉，" + "东西南北中上下左右前后"[number - 1])
    await officer.says("值班台")
    assert "待受理 56" in labels(await officer.last())
    for number in range(146, 157):
        await officer.says(f"1123-{number}")
        await officer.taps(
            next(label for label in labels(await officer.last()) if label.startswith("受理并指派"))
        )
    await officer.says("值班台")
    await officer.taps("待录 11")
    await officer.taps("下一页 ›")
    assert labels(await officer.last())[-3:] == ["导出待录表", "‹ 上一页", "‹ 值班台"]
    await officer.taps("‹ 上一页")
    assert len(labels(await officer.last())) == 11


async def test_two_officers_give_one_number(here: Office) -> None:
    """One number, two events, at one moment: the second is refused."""
    officer, other = await here.person(45), await here.person(46)
    await accepted(here, officer, "路塌了一截", "桥栏断了")
    for person, number in ((officer, "1123-101"), (other, "1123-102")):
        await person.says(number)
        await person.taps("已录")
    await asyncio.gather(officer.says("SAME-1"), other.says("SAME-1"))
    found = {(await event(here, number)).upper_number for number in ("1123-101", "1123-102")}
    assert found == {"SAME-1", None}


async def test_it_is_read_once_that_nothing_is_reported_twice(here: Office) -> None:
    """On joining, and never again."""
    worker = await here.person(1)
    await worker.says("/start")
    assert "录平台由值班员做" not in (await worker.last()).words
