"""导出: asked for in a sentence or by two buttons, made by a job, sent as a file; names only for a reason."""

import csv
import io
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from tests.office import MONDAY_10, Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.bot import exporting as job
from wangge.bot import office_export
from wangge.bot.office_export import Wish
from wangge.handlers import exporting
from wangge.handlers.context import Outgoing, Worlds
from wangge.reports import export
from wangge.rules.errors import PersonError
from wangge.sandbox.person import Person
from wangge.storage import people
from wangge.storage.database import Transaction, seal_of
from wangge.storage.ledger import audit

EVENTS = ("村口的井盖丢了，找老张，13812345678", "＝1+1路灯坏了", "老李家小子又犯病了")


async def reported(here: Office) -> None:
    """Let three people report something, the last one of a class that leaders get as a count, and one visit."""
    for number, words in enumerate(EVENTS, start=1):
        await filed(await here.person(number), words)
    visitor = await here.person(33)
    await visitor.says("今天去了张三家、欧阳修家，都好")
    await visitor.taps("东桥村")
    await visitor.taps("保存")


async def file_of(person: Person) -> bytes:
    """Return the file that has come last."""
    return await person.downloads(await person.last())


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """Return the rows below the headings as heading → value."""
    _, _, _, headings, *rows = sheet_of(content).iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def labels(message: Any) -> list[str]:
    return [label for row in message.labels for label in row]


async def noted(here: Office) -> list[tuple[int | None, str, str, str]]:
    """Return (actor, act, target, reason) of what has gone out of the house."""

    def read(tx: Transaction) -> list[tuple[int | None, str, str, str]]:
        rows = tx.execute(select(audit).where(audit.c.act.like("export%")).order_by(audit.c.id))
        return [(row.actor, row.act, row.target, seal_of(tx).open(row.body)) for row in rows]

    return await here.database.snapshot(read)


async def test_a_sentence_names_it_all(here: Office) -> None:
    """“导出 本周 事件”: one tap, and a table comes that can be printed; who took it is noted."""
    officer = await here.person(45)
    await reported(here)
    since = (await here.town.events())[-1].seq
    await officer.says("导出 本周 事件")
    await officer.taps("导出")
    content = await file_of(officer)
    sheet = sheet_of(content)
    assert sheet["A1"].value == "清河镇网格事件表"
    assert sheet["A2"].value == "统计时间：2026-11-23 至 2026-11-23（按上报时间）　共3条"
    assert (
        sheet["A3"].value == "制表单位：清河镇综治中心　制表人：贾铁柱　制表时间：2026-11-23 10:00　演示数据"
    )
    rows = rows_of(content)
    assert [row["编号"] for row in rows] == ["1123-101", "1123-102", "1123-103"]
    assert rows[0]["内容"] == "村口的井盖丢了，找老张，138****5678" and rows[0]["上报人"] == "李*"
    assert rows[1]["内容"] == "＝1+1路灯坏了"
    assert f"{rows[0]['上报时间']:%Y-%m-%d %H:%M}" == "2026-11-23 10:00", "the town's time"
    assert await noted(here) == [(45, "export", "event:20261123:20261123:", "")]
    await matches_golden(here, "export_by_sentence", since=since)


async def test_two_questions_then_columns_and_csv(here: Office) -> None:
    """What, and when; then columns are switched off, and old Excel gets its CSV."""
    officer = await here.person(45)
    await reported(here)
    since = (await here.town.events())[-1].seq
    await officer.says("导出")
    await officer.taps("走访")
    await officer.taps("上月")
    assert (await officer.last()).words.startswith("2026-10-01至2026-10-31 清河镇 没有走访")
    await officer.taps("本周")
    await officer.taps("选列")
    for heading in ("☑诉求", "☑没见着", "☑状态", "☐状态"):
        await officer.taps(heading)
    await officer.taps("选好了")
    await officer.taps("改成CSV")
    await officer.taps("导出")
    content = await file_of(officer)
    assert content.startswith(b"\xef\xbb\xbf")
    headings, row = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert headings == ["编号", "走访日期", "村", "走访人", "户数", "户", "内容", "记录时间", "状态"]
    assert row[1:7] == ["2026-11-23", "东桥村", "袁*", "2", "张*、欧阳*", "都好"]
    await matches_golden(here, "export_by_buttons", since=since)


async def test_names_need_a_reason_in_words_which_is_kept(here: Office) -> None:
    """显示姓名 asks why; who, what and why stand in the audit log, and the table says so too."""
    officer = await here.person(45)
    await reported(here)
    since = (await here.town.events())[-1].seq
    await officer.says("导出本周事件 东桥村")
    await officer.taps("显示姓名")
    await officer.says("要")
    assert "请写清楚一点" in (await officer.last()).words
    assert await noted(here) == []
    await officer.says("县里要核查，逐户回访")
    content = await file_of(officer)
    assert "含姓名，内部资料" in sheet_of(content)["A3"].value
    (row,) = rows_of(content)
    assert (row["上报人"], row["内容"]) == ("李二牛", EVENTS[0])
    target = "event:20261123:20261123:990101103200"
    assert await noted(here) == [(45, "export_names", target, "县里要核查，逐户回访")]
    await matches_golden(here, "export_with_names", since=since)


async def test_after_the_way_back_nothing_said_is_a_reason(here: Office) -> None:
    """Who thinks better of names goes on as before; his next sentence exports nothing."""
    officer = await here.person(45)
    await reported(here)
    await officer.says("导出本周事件 东桥村")
    await officer.taps("显示姓名")
    await officer.taps("‹ 不看姓名")
    assert "姓名和手机号隐去" in (await officer.last()).words
    await officer.says("县里要核查，逐户回访")
    assert await noted(here) == []


async def test_a_leader_gets_his_area_and_the_administrator_no_words(here: Office) -> None:
    """The area leader's four villages, without what leaders are told as counts; the clerk's table has no case text."""
    await reported(here)
    leader, clerk = await here.person(41), await here.person(49)
    await leader.says("导出 本周 事件")
    assert "东桥村等4个村" in (await leader.last()).words
    await leader.taps("导出")
    content = await file_of(leader)
    assert [row["村"] for row in rows_of(content)] == ["东桥村", "西桥村"]
    assert "另有1条只报数，不列出" in sheet_of(content)["A2"].value
    assert "另有1条特殊事项只报数" in (await leader.last()).words
    assert "替群众报" not in rows_of(content)[0]
    await leader.says("导出 本周 走访")
    await leader.taps("导出")
    (row,) = rows_of(await file_of(leader))
    assert row["户数"] == 2 and not {"户", "内容"} & row.keys()
    await leader.says("导出 本周 事件 铁匠铺村")
    assert "没有权限" in (await leader.last()).words or "不能" in (await leader.last()).words
    await clerk.says("/export 本周 事件")
    assert "显示姓名" not in labels(await clerk.last())
    await clerk.taps("导出")
    rows = rows_of(await file_of(clerk))
    assert len(rows) == 2 and not {"内容", "地点", "办理情况"} & rows[0].keys()
    assert "井盖" not in str(rows)
    assert [actor for actor, *_ in await noted(here)] == [41, 41, 49]


async def test_who_may_not_is_refused_politely_whatever_he_sends(here: Office) -> None:
    """A grid worker has no such word and no such button, not even a forged one; a clerk gets no names."""
    await reported(here)
    worker, clerk, leader = [await here.person(number) for number in (1, 49, 41)]
    for person in (clerk, leader):
        await person.says("帮助")
    wish = "event.20261123.20261123..0."
    await worker.says("导出 本周 事件")
    await worker.forges(f"export:go.{wish}:0")
    await worker.forges(f"export:names.{wish}:0")
    await clerk.forges(f"export:names.{wish}:0")
    await clerk.says("就想看看")
    for odd in (
        "go.",
        "go.event.2026.x..0.",
        "go.letter.20261123.20261123..0.",
        "go.event.....",
        "frob." + wish,
    ):
        await clerk.forges(f"export:{odd}:0")
    await leader.forges("export:go.event.20261123.20261123.990101103215.0.:0")
    assert await noted(here) == []
    events = await here.town.events()
    assert not [
        event for event in events if event.message and event.message.from_bot and event.message.attachments
    ]
    await worker.says("帮助")
    assert "导出" not in (await worker.last()).words


@pytest.mark.parametrize(
    ("staff_no", "in_full", "may"), [(1, False, False), (49, True, False), (45, True, True)]
)
async def test_the_right_is_asked_again_when_the_table_is_made(
    here: Office, staff_no: int, *, in_full: bool, may: bool
) -> None:
    """Between tap and table somebody may have lost his post: a grid worker and a clerk got no names that way."""

    def make(tx: Transaction) -> None:
        person = people.by_staff_no(tx, f"{staff_no:03d}", MONDAY_10.date())
        assert person
        wish = {"wish": "event.20261123.20261123..0.", "in_full": in_full, "person": person.id}
        exporting.begin(Outgoing(tx, Worlds().current(tx), MONDAY_10), wish)

    refused = nullcontext() if may else pytest.raises(PersonError, match="no_right")
    with refused:
        await here.database.snapshot(make)


async def test_what_takes_long_says_how_far_it_is_in_place(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages are read one by one; the message of the progress is edited, and the file comes below it."""
    monkeypatch.setattr(export, "PAGE", 1)
    monkeypatch.setattr(job, "TOLD_EVERY", 1)
    officer = await here.person(45)
    await reported(here)
    since = (await here.town.events())[-1].seq
    await officer.says("导出 本周 事件")
    await officer.taps("导出")
    events = await here.town.events(since=since, chat_id=officer.id)
    shown = [event.message for event in events if event.message and event.message.from_bot]
    told = [each for each in shown if each.words.startswith(("正在导出", "已导出"))]
    assert (told[0].words[:6], told[-1].words) == ("正在导出：1", "已导出3条。")
    assert len({each.message_id for each in told}) == 1, "the same message, edited"
    assert len(rows_of(await file_of(officer))) == 3
    assert not list((here.folder / "files" / "scratch").iterdir())


async def test_a_table_too_big_for_the_chat_says_what_to_do(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "LARGEST_SENT", 0)
    officer = await here.person(45)
    await reported(here)
    await officer.says("导出 本周 事件")
    await officer.taps("导出")
    assert "请选短一点的时间" in (await officer.last()).words
    assert not (await officer.last()).attachments
    assert not list((here.folder / "files" / "scratch").iterdir()), "nothing stays behind unsealed"


async def test_next_year_last_year_is_what_was(here: Office) -> None:
    officer = await here.person(45)
    await reported(here)
    await here.town.clock_to(moment("2027-01-04 09:00"))
    await officer.says("导出 去年 事件")
    assert "2026-01-01至2026-12-31 · 清河镇 · 3条" in (await officer.last()).words


async def test_the_operator_writes_a_table_at_the_machine(here: Office, tmp_path: Path) -> None:
    """Masked by default and without what is told as counts; with names for a reason, which is noted; told how far."""
    await reported(here)
    told: list[tuple[int, int]] = []

    async def tell(done: int, total: int) -> None:
        told.append((done, total))

    async def export_to(file: str, columns: str = "", **rest: Any) -> list[str]:
        day = MONDAY_10.date()
        fit: dict[str, Any] = {"area": "", "is_csv": False, "names": False, "reason": ""}
        wish = Wish("event", day, day, columns=columns, **{**fit, **rest})
        return await office_export.export(here.settings, wish, tmp_path / file, tell)

    said = await export_to("masked.xlsx")
    assert [line[:12] for line in said] == ["2条已写到 " + str(tmp_path)[:6], "另有1条特殊事项只报数，"]
    rows = rows_of((tmp_path / "masked.xlsx").read_bytes())
    assert rows[0]["上报人"] == "李*" and "138****5678" in rows[0]["内容"] and "替群众报" not in rows[0]
    assert "制表人：＿" in sheet_of((tmp_path / "masked.xlsx").read_bytes())["A3"].value
    await export_to("all.csv", "author,what", is_csv=True, names=True, reason="年底自查", area="990101103200")
    lines = (tmp_path / "all.csv").read_text("utf-8-sig").splitlines()
    assert lines == ["上报人,内容", "李二牛," + EVENTS[0]]
    assert told == [(2, 2), (1, 1)]
    assert await noted(here) == [
        (None, "export", "event:20261123:20261123:", ""),
        (None, "export_names", "event:20261123:20261123:990101103200", "年底自查"),
    ]
