"""Who joins, who leaves, who blocks; the roster by chat; leave, complaints, groups."""

import io
import re
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook, load_workbook
from tests.office import MONDAY_10, Office
from tests.stories.telling import all_words, matches_golden, messages

from wangge.handlers import roster
from wangge.handlers.context import Outgoing, Worlds
from wangge.rules.calendar import TOWN_ZONE
from wangge.storage import people
from wangge.storage.database import Transaction

HEADINGS = ("工号", "姓名", "电话", "职务", "区域", "开始", "结束")
Row = tuple[str, ...]


def workbook(*rows: Row, headings: Row = HEADINGS) -> bytes:
    """Return a workbook of rows under headings."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (headings, *rows):
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


async def add(here: Office, *rows: Row) -> None:
    """Put people on the roster, as the clerk does by chat."""
    clerk = await here.person(49)
    await clerk.sends_document("新人.xlsx", workbook(*rows))
    await clerk.taps("生效")


async def code_for(here: Office, staff_no: str) -> str:
    """Return the code of a new invitation for somebody, as it stands in the QR's link."""

    def make(tx: Transaction) -> str:
        person = people.by_staff_no(tx, staff_no, MONDAY_10.date())
        assert person is not None
        outgoing = Outgoing(tx, Worlds().current(tx), MONDAY_10)
        return roster.make_invitations(outgoing, [person], "{code}")[0].link

    return await here.database.transaction(make)


NEW: Row = ("099", "邓小禾", "13800000099", "网格员", "双井村第一网格", "", "")


async def test_joining_by_invitation(here: Office) -> None:
    """Code, last four digits, greeting; the clerk is told. A used code is worth nothing."""
    await add(here, NEW)
    code = await code_for(here, "099")
    before = (await here.town.events())[-1].seq
    newcomer, thief = (
        await here.town.person("邓小禾", user_id=5001),
        await here.town.person("Somebody", user_id=5002),
    )
    await newcomer.says("有人吗")
    await newcomer.says(f"/start {code}")
    await newcomer.says("1234")
    await newcomer.says("0099")
    await newcomer.says("双井的水管漏了")
    await thief.says(f"/start {code}")
    events = await here.town.events(since=before)
    assert code in "\n".join(event.message.words for event in events if event.message)
    await matches_golden(here, "joining", since=before, without={code: "邀请码"})


async def test_five_wrong_tries(here: Office) -> None:
    """After five wrong digits the right ones do not help either, for an hour."""
    await add(here, NEW)
    code = await code_for(here, "099")
    newcomer = await here.town.person("邓小禾", user_id=5001)
    await newcomer.says(f"/start {code}")
    for _ in range(5):
        await newcomer.says("0000")
    await newcomer.says("0099")
    assert "试错太多次" in (await newcomer.last()).words
    await here.town.forward(minutes=61)
    await newcomer.says("0099")
    assert "邓小禾好" in "\n".join(message.words for message in await newcomer.screen())


async def test_an_expired_or_guessed_code(here: Office) -> None:
    """A code lives 72 hours; guesses are refused and counted."""
    await add(here, NEW)
    code = await code_for(here, "099")
    await here.town.forward(hours=73)
    newcomer = await here.town.person("邓小禾", user_id=5001)
    await newcomer.says(f"/start {code}")
    assert "过期" in (await newcomer.last()).words
    for guess in ("AAAA", "x" * 64, "../", "%00"):
        await newcomer.says(f"/start {guess}")
    await newcomer.says("0099")
    assert "试错太多次" in (await newcomer.last()).words


async def test_ended_people_lose_everything_at_once(here: Office) -> None:
    """Also what waits for them, their drafts and their buttons."""
    worker, clerk, officer = await here.person(1), await here.person(49), await here.person(45)
    await worker.says("路灯坏了")
    card = await worker.last()
    await worker.taps("上报")
    mine = await worker.last()
    await here.town.clock_to(datetime(2026, 11, 23, 19, 0, tzinfo=TOWN_ZONE))
    await officer.taps("退回补充")
    await officer.taps("是哪一户的事")  # waits for the morning
    await clerk.says("花名册")
    rows = [row for row in rows_of(await clerk.downloads(await clerk.last())) if row[0] != "001"]
    await clerk.sends_document("花名册.xlsx", workbook(*rows))
    assert "停用1" in (await clerk.last()).words
    await clerk.taps("生效，并停用1人")
    seen = len(await worker.screen())
    await worker.taps_again("上报", card)
    await worker.taps_again("撤回", mine)
    await worker.says("我的")
    await worker.sends_photo()
    await here.town.clock_to(datetime(2026, 11, 24, 9, 0, tzinfo=TOWN_ZONE))
    said = [message.words for message in (await worker.screen())[seen:] if message.from_bot]
    assert set(said) == {"这里是清河镇网格助手。请用管理员给您的二维码进来。"}
    assert "1123-101" not in "\n".join(said)


async def make_clerk(here: Office, staff_no: str) -> None:
    """Let somebody be administrator from now on, and nothing else."""
    clerk = await here.person(49)
    await clerk.says("花名册")
    rows = rows_of(await clerk.downloads(await clerk.last()))
    changed = [(*row[:3], "管理员", "清河镇", *row[5:]) if row[0] == staff_no else row for row in rows]
    await clerk.sends_document("花名册.xlsx", workbook(*changed))
    await clerk.taps("生效")


async def test_another_post_ends_what_one_was_shown_of_an_event(here: Office) -> None:
    """A handler who is clerk from now on reads nothing more of the event that he had in hand."""
    reporter, officer, handler = [await here.person(number) for number in (1, 45, 17)]
    await reporter.says("路灯坏了")
    await reporter.taps("上报")
    await officer.taps("受理并指派 何二牛")
    await make_clerk(here, "017")
    await reporter.taps("补充情况")
    await reporter.says("是老张家门口那盏")
    assert "老张家" in (await officer.last()).words
    await officer.taps("派给别人")
    await officer.taps("李二牛 · 网格员")
    assert "已派给李二牛" in (await officer.last()).words
    assert "老张家" not in "\n".join(message.words for message in await handler.screen())


async def test_another_post_ends_the_right_to_file_what_is_open(here: Office) -> None:
    """Drafts and requests of a former grid worker stay where they are: a clerk reports nothing."""
    worker, visitor = await here.person(1), await here.person(33)
    await worker.says("路灯坏了")
    await visitor.says("昨天去了东桥张家，都好")
    for label in ("有诉求", "要一个轮椅", "保存"):
        await (visitor.says(label) if label == "要一个轮椅" else visitor.taps(label))
    await make_clerk(here, "001")
    await make_clerk(here, "033")
    await worker.taps("上报")
    await visitor.taps("把诉求报成事件")
    for person in (worker, visitor):
        assert "您的岗位不能做这个" in (await person.toasts())[-1].text
    assert "已上报" not in await all_words(here)


async def test_another_post_ends_what_waits_for_the_morning(here: Office) -> None:
    """A card that was to leave in the morning is not sent to who may not open the event any more."""
    reporter, officer, handler = [await here.person(number) for number in (1, 45, 17)]
    await reporter.says("路灯坏了")
    await reporter.taps("上报")
    await here.town.clock_to(datetime(2026, 11, 23, 19, 0, tzinfo=TOWN_ZONE))
    await officer.taps("受理并指派 何二牛")
    await make_clerk(here, "017")
    await here.town.clock_to(datetime(2026, 11, 24, 9, 0, tzinfo=TOWN_ZONE))
    assert "路灯" not in "\n".join(message.words for message in await handler.screen())


async def test_a_blocked_bot(here: Office) -> None:
    """The clerk is told that somebody cannot be reached; whoever comes back is reached again."""
    worker, clerk, officer = await here.person(1), await here.person(49), await here.person(45)
    await worker.says("路灯坏了")
    await worker.taps("上报")
    await worker.blocks()
    await officer.taps("退回补充")
    await officer.taps("是哪一户的事")
    await here.town.forward(minutes=1)
    await worker.unblocks()
    await worker.says("我的")
    assert "1123-101" in str((await worker.last()).labels)
    await clerk.says("帮助")


async def test_leave(here: Office) -> None:
    """请假 in one line or two; the usual handler on leave is not offered."""
    cadre, reporter, officer = await here.person(17), await here.person(1), await here.person(45)
    await cadre.says("请假")
    await cadre.says("过几天")
    await cadre.says("今天到后天")
    await cadre.says("请假 12-5到12-1")
    await reporter.says("桥头的坑越来越大")
    await reporter.taps("上报")
    assert "何二牛" not in str((await officer.last()).labels)
    await matches_golden(here, "leave")


async def test_feedback(here: Office) -> None:
    """意见反馈 reaches the administrator in the person's own words."""
    worker, clerk = await here.person(1), await here.person(49)
    await worker.says("意见反馈")
    await worker.says("字太小，能不能大一点")
    await worker.says("意见 每周的提醒能不能改到下午")
    assert "字太小" in "\n".join(message.words for message in await clerk.screen())
    await matches_golden(here, "feedback")


async def test_groups_get_nothing(here: Office) -> None:
    """In a group the bot keeps silent, whatever is said or tapped there."""
    worker, officer = await here.person(1), await here.person(45)
    group = await here.town.group("东桥村群", [worker, officer])
    for words in ("老张家着火了，快来人", "/board", "值班台", "我的", "花名册", "1123-101"):
        await worker.says(words, chat=group)
        await officer.says(words, chat=group)
    await worker.sends_photo(chat=group)
    await worker.says("老张家和隔壁为宅基地吵架")
    await worker.taps("上报")
    await officer.taps("受理并指派 何二牛")
    assert messages(await here.town.events(chat_id=group)) == []
    assert not [call for call in await here.town.calls() if call["params"].get("chat_id") == group]


async def test_the_roster_by_chat(here: Office) -> None:
    """Sent, changed, sent back, previewed, applied; mistakes come with a suggestion."""
    clerk = await here.person(49)
    await clerk.says("花名册")
    rows = rows_of(await clerk.downloads(await clerk.last()))
    assert rows[0][:2] == ("001", "李二牛")
    changed = [
        *(row for row in rows[:-1] if row[0] != "002"),
        (*rows[-1][:2], "13800000153", *rows[-1][3:]),
        NEW,
        ("098", "白小满", "13800000098", "村干部", "东乔村", "", ""),
    ]
    await clerk.sends_document("花名册（改）.xlsx", workbook(*changed))
    await clerk.taps("生效")
    await clerk.sends_document("花名册（改）.xlsx", workbook(*changed[:-1]))
    await clerk.taps("不改")
    await clerk.says("邀请")
    document = await clerk.downloads(await clerk.last())
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        text = re.sub("<[^>]+>", "", archive.read("word/document.xml").decode())
    assert "邓小禾" in text
    assert "网格员（双井村第一网格）" in text
    assert "演示数据" in text
    await matches_golden(here, "roster")


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        (
            "花名册.csv",
            "工号,姓名,电话,职务,区域,开始,结束\n099,邓小禾,13800000099,网格员,双井村,,".encode("gb18030"),
            "新增1",
        ),
        (
            "花名册.csv",
            "\ufeff工号,姓名,电话,职务,区域,开始,结束\n099,邓小禾,13800000099,网格员,双井村,,".encode(),
            "新增1",
        ),
        ("花名册.csv", "工号,姓名".encode("utf-16")[:-1] + b"\x81", "列名"),
        ("花名册.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "另存"),
        ("花名册.xlsx", b"PK\x03\x04 broken", "打不开"),
        ("花名册.pdf", b"%PDF-1.7", "PDF"),
        ("空.xlsx", b"", "没有内容"),
        ("../../x.xlsx", workbook(("1",), headings=("甲",)), "列名"),
        ("照片.xlsx", b"\xff\xd8\xff\xe0JFIF", "图片"),
    ],
    ids=["gb18030", "bom", "utf16", "xls", "broken", "pdf", "empty", "headings", "photo"],
)
async def test_files_for_the_roster(here: Office, name: str, content: bytes, hint: str) -> None:
    """Every file ends in a preview, or in a sentence that says what to do."""
    clerk = await here.person(49)
    await clerk.sends_document(name, content)
    assert hint in (await clerk.last()).words


async def test_an_earlier_roster_is_applied_again(here: Office) -> None:
    """What was changed by a second file is put back by sending the first once more."""
    clerk = await here.person(49)
    first = workbook(("001", "李二牛", "13800000001", "网格员", "东桥村第一网格", "", ""))
    second = workbook(("001", "李二牛", "13800000001", "村干部", "东桥村", "", ""))
    for content in (second, first, second):
        await clerk.sends_document("花名册.xlsx", content)
        await clerk.taps("生效")
        assert (await clerk.last()).words.startswith("已生效：新增0 变更1")


async def test_a_roster_of_50_megabytes(here: Office) -> None:
    """It is refused by its declared size, unread."""
    clerk = await here.person(49)
    await clerk.sends_document("花名册.xlsx", b"PK", size=50_000_000)
    assert "太大" in (await clerk.last()).words
    assert not await here.town.calls("download")


async def test_only_clerks_send_rosters(here: Office) -> None:
    """A workbook from anybody else is a file with a report."""
    officer = await here.person(45)
    await officer.sends_document("花名册.xlsx", workbook(NEW))
    await officer.says("花名册")
    await officer.says("邀请")
    assert "新增" not in await all_words(here)
    assert "不能做这个" in (await officer.last()).words


def rows_of(content: bytes) -> list[Row]:
    """Return the rows of a workbook under its headings, as text."""
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    rows = [
        tuple("" if cell is None else str(cell) for cell in row) for row in sheet.iter_rows(values_only=True)
    ]
    start = next(number for number, row in enumerate(rows) if row[0] == "工号")
    return rows[start + 1 :]
