"""The annual report: asked for in chat or on the command line, two Word files come."""

import io
import re

from docx import Document
from docx.document import Document as Paper
from tests.office import MONDAY_10, Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.bot import office, reporting
from wangge.handlers.context import Worlds

WORDS = ("村口的井盖丢了", "渠边的堤塌了一段", "村口垃圾好几天没拉")


async def a_small_year(here: Office) -> None:
    """Let three events be filed and one of them closed, and one visit be made."""
    reporter, officer = await here.person(1), await here.person(45)
    cadre, handler = await here.person(34), await here.person(17)
    await filed(reporter, WORDS[0])
    await officer.taps("受理并指派 何二牛")
    await handler.taps("接了")
    await handler.says("找回来盖上了", reply_to=await handler.last())
    await handler.taps("办结")
    await officer.taps("按此结案")
    for words in WORDS[1:]:
        await filed(reporter, words)
    await cadre.says("今天去了柳树沟村张家、李家，都好")
    await cadre.taps("保存")


def words_of(content: bytes) -> str:
    paper: Paper = Document(io.BytesIO(content))
    return "\n".join(line.text for line in paper.paragraphs)


async def test_a_leader_gets_the_document_to_send_and_the_one_to_check(here: Office) -> None:
    await a_small_year(here)
    leader = await here.person(47)
    await here.town.clock_to(moment("2027-01-11 10:00"))
    since = (await here.town.events())[-1].seq
    await leader.says("年度报告")
    clean, working = [message for message in await leader.sees() if message.attachments][-2:]
    words, marked = words_of(await leader.downloads(clean)), words_of(await leader.downloads(working))
    assert "2026年，全镇通过网格上报事项3件，减去重复、撤回和属于日常工作的，有效上报3件。" in words
    assert "已办结1件。" in words and "累计走访1次，走访到户2户次，走到全镇16个村中的1个村" in words
    assert "2027年1月11日" in words and "演示数据" not in words
    assert "%" not in words.replace("百分之百", ""), "three events are no base for a share"
    assert re.sub(r"\[\d+\]", "", marked).startswith(words[:2000])
    for secret in (*WORDS, "何二牛", "柳树沟", "张家", "找回来"):
        assert secret not in words and secret not in marked
    await leader.says("年度报告 2025")
    await leader.says("年度报告2028")
    await leader.says("年度报告 去年")
    await matches_golden(here, "annual", since=since)


async def test_whoever_may_not_have_it_is_told_so(here: Office) -> None:
    """Field workers and area leaders are refused in a sentence; desk and administrator are not."""
    await filed(await here.person(1))
    for number, gets_it in ((1, False), (41, False), (45, True), (46, True)):
        person = await here.person(number)
        await person.says("年度报告 2026")
        last = await person.last()
        assert bool(last.attachments) is gets_it, number
        assert gets_it or last.words.startswith("您的岗位不能做这个")


async def test_the_command_line_writes_the_same_files(here: Office) -> None:
    await a_small_year(here)
    leader = await here.person(47)
    await leader.says("年度报告 2026")
    sent = [message for message in await leader.sees() if message.attachments][-2:]
    async with office.opened(here.settings) as database:
        made = await reporting.annual(database, Worlds(), 2026, MONDAY_10)
    names = ["清河镇2026年法治政府建设情况报告.docx", "清河镇2026年法治政府建设情况报告（核对稿）.docx"]
    assert [each.name for each in made] == names
    assert words_of(made[0].content) == words_of(await leader.downloads(sent[0]))
