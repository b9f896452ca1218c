"""查数, the digest's picture and table, fewer messages, and a month that is closed."""

from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from PIL import Image
from sqlalchemy import select
from tests.office import MONDAY_10, Office, moment
from tests.stories.telling import matches_golden
from tests.stories.test_desk import filed

from wangge.bot.jobs import ASKED
from wangge.storage import closings, jobs, people, records, tables
from wangge.storage.database import Transaction

LEADER, AREA_LEADER, OFFICER, CADRE = 47, 41, 45, 17
EAST, WEST = "990101103200", "990101103201"


def id_of(tx: Transaction, staff_no: int) -> int:
    person = people.by_staff_no(tx, f"{staff_no:03d}", MONDAY_10.date())
    assert person is not None
    return person.id


async def give_post(here: Office, staff_no: int, role: str, area: str, since: date | None = None) -> None:
    """Let somebody hold one post more."""

    def give(tx: Transaction) -> None:
        row: dict[str, Any] = {
            "person": id_of(tx, staff_no), "role": role, "area": area, "start_day": since, "end_day": None,
        }  # fmt: skip
        tx.execute(tables.posts.insert().values(row))

    await here.database.transaction(give)


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


async def test_words_name_period_village_and_category(here: Office) -> None:
    """“查数 10月 东桥村 道路交通” is one message; a week, last year and a village alone are understood too."""
    await filed(await here.person(1), "三组的井盖丢了")
    leader = await here.person(LEADER)
    said = {
        "查数 10月 东桥村 道路交通": "东桥村 10-01至10-31 · 道路交通",
        "查数 上周": "清河镇 11-16至11-22 · 全部类型",
        "查数 今年": "清河镇 01-01至11-23 · 全部类型",
        "查数 2025年": "清河镇 01-01至12-31 · 全部类型",
        "查数 西桥村": "西桥村 11-01至11-23 · 全部类型",
        "查数 想看看": "清河镇 11-01至11-23 · 全部类型",
    }
    for words, head in said.items():
        await leader.says(words)
        assert (await leader.last()).words.startswith(head), words


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
    await leader.says("查数 今年")
    assert "其中已封账1个月：有效1、办结0" in (await leader.last()).words
    await leader.says("月报")
    after = await leader.last()
    assert "办结0，" in after.words and "补录、更正2件" in after.words
    await leader.taps("补录 2")
    await leader.taps("‹ 11月月报")
    await matches_golden(here, "month_close", since=since)


@pytest.mark.parametrize("key", ["y9999", "y0001", "m000101", "m999912n", "w99991227", "q999910"])
async def test_a_period_that_is_none_is_an_old_button(here: Office, key: str) -> None:
    """A made-up payload at the ends of time is refused like any other; nothing is set aside over it."""
    leader = await here.person(LEADER)
    await leader.says("查数")
    panel = await leader.last()
    payloads = (f"figures:{key}.-.-:0", f"figure:valid.{key}.0:0", f"digest:month.{key}:0")
    for payload in payloads:
        await leader.forges(payload, on=panel)
    await leader.forges("export:ask.event.00010101.99991231..0.:0", on=panel)
    refused = [toast.text for toast in await leader.toasts()]
    assert len(refused) == len(payloads) + 1 and all("过时" in each for each in refused)
    states = await here.database.snapshot(lambda tx: set(tx.execute(select(tables.inbox.c.state)).scalars()))
    assert states == {"done"}


async def test_a_post_in_one_village_shows_one_village(here: Office) -> None:
    """What a leader or officer reads is where his post lies, in the digest as in 查数."""
    await filed(await here.person(1), "三组的井盖丢了")
    await filed(await here.person(9), "渠边的堤塌了一段")
    for number, role in ((18, "town_leader"), (19, "desk_officer")):
        await give_post(here, number, role, EAST)
        person = await here.person(number)
        await person.says("周报")
        digest = await person.last()
        assert "东桥村" in digest.words and "新增1" in digest.words
        await person.says("查数")
        assert "有效1" in (await person.last()).words
    stranger = await here.person(20)
    await give_post(here, 20, "town_leader", "990101999201")
    await stranger.says("周报")
    assert "岗位" in (await stranger.last()).words


@pytest.mark.parametrize("kind", sorted(ASKED))
async def test_what_was_asked_for_is_not_made_once_the_post_has_ended(here: Office, kind: str) -> None:
    """The right is asked again by the job: whoever has lost his post gets a sentence, and no file."""
    worker = await here.person(1)
    await worker.says("帮助")

    def put(tx: Transaction) -> None:
        extra = {"period": "w20261116", "year": 2025, "file": "x", "end_missing": False}
        who = {"person": id_of(tx, 1), "answer_to": ["telegram", str(worker.id)]}
        jobs.put(tx, kind, "left over", {**who, **extra}, MONDAY_10)

    await here.database.transaction(put)
    assert here.app is not None
    here.app.jobs.wake_up()
    await here.town.settled()
    refused = await worker.last()
    assert "您的岗位不能做这个" in refused.words and not refused.attachments


async def test_a_digest_that_cannot_be_drawn_comes_in_words(here: Office) -> None:
    """No file can be written: the digest comes once, without its picture."""
    await filed(await here.person(1), "三组的井盖丢了")
    files = here.folder / "files"
    files.rename(here.folder / "away")
    files.touch()
    leader = await here.person(LEADER)
    await here.town.clock_to(moment("2026-11-30 09:01"))
    found = [each for each in await leader.screen() if "平安周报" in each.words]
    assert len(found) == 1 and "新增1" in found[0].words and not found[0].attachments


async def test_a_class_that_became_hidden_is_no_word_in_an_older_list(here: Office) -> None:
    """The list of a past cut-off counts an event as it was; its row says of a hidden class only that."""
    await filed(await here.person(1), "三组的井盖丢了")

    def hide(tx: Transaction) -> None:
        hidden: dict[str, Any] = {"class": "P"}
        records.change(tx, records.get(tx, 1), "amend", None, moment("2026-11-30 08:00"), **hidden)

    await here.town.clock_to(moment("2026-11-30 08:01"))
    await here.database.transaction(hide)
    leader, officer = await here.person(LEADER), await here.person(OFFICER)
    await here.town.clock_to(moment("2026-11-30 09:01"))
    await leader.taps("新增 1")
    rows = " ".join(label for row in await leader.buttons() for label in row)
    assert "1123-101" in rows and "特殊人群" not in rows
    await officer.says("查数")
    await officer.taps("上周")
    assert "有效1" in (await officer.last()).words


async def test_a_closed_month_keeps_the_visits_that_were_owed(here: Office) -> None:
    """A post that is given afterwards for days past does not change what a closed month says of visits."""
    visitor = await here.person(33)
    await visitor.says("今天去了西桥村张家，都好")
    await visitor.taps("保存")
    await here.town.clock_to(moment("2026-12-05 18:01"))
    leader = await here.person(LEADER)
    await leader.says("月报")
    before = (await leader.last()).words
    assert "走访" in before
    await give_post(here, 34, "stationed_cadre", EAST, date(2026, 11, 1))
    await leader.says("月报")
    assert [line for line in (await leader.last()).words.splitlines() if "走访" in line] == [
        line for line in before.splitlines() if "走访" in line
    ]


async def test_a_hidden_class_is_a_count_wherever_leaders_look(here: Office) -> None:
    """Neither number nor place of a person at risk is told, not even when it is overdue."""
    await filed(await here.person(1), "三组老李家小子又犯病了")
    leader = await here.person(LEADER)
    await here.town.clock_to(moment("2026-11-30 09:01"))
    sent = next(each for each in await leader.screen() if "平安周报" in each.words)
    assert "超期1" in sent.words and "特殊事项1" in sent.words and "1123-101" not in sent.words
    await leader.taps("超期 1", on=sent)
    assert "其中1件只报数，不列出" in (await leader.last()).words
    await leader.says("导出 本月 事件")
    assert "另有1条特殊事项只报数" in (await leader.last()).words
    await leader.says("1123-101")
    assert "只给值班员和经办人看" in (await leader.last()).words
    assert not any("老李" in each.words for each in await leader.screen())
