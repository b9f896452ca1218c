"""The other ledgers of the town: told in a sentence, filed with one tap, changed, taken back, exported."""

from datetime import date

import pytest
from tests.office import Office
from tests.stories.telling import matches_golden
from tests.stories.test_exporting import file_of, rows_of

from wangge.storage import records
from wangge.storage.database import Transaction

LEADER, OFFICER, JUDICIAL, WORKER = 47, 45, 50, 1
TOWN, EAST, WEST = "990101103", "990101103200", "990101103201"


async def test_each_ledger_by_a_sentence(here: Office) -> None:
    """A sentence makes a filled card of the right kind; one tap files it."""
    leader, officer = await here.person(LEADER), await here.person(OFFICER)
    judicial, worker = await here.person(JUDICIAL), await here.person(WORKER)
    for person, words in (
        (leader, "今天镇长接访3人，反映宅基地的事，已答复"),
        (worker, "昨天在东桥村讲了一场反诈，来了40人"),
        (officer, "领导班子学习《行政处罚法》，12人参加"),
        (judicial, "司法所在西桥村接待咨询5人"),
        (leader, "前天听取了汇报，说秸秆禁烧的准备"),
    ):
        await person.says(words)
        await person.taps("保存")
    await leader.says("我的")
    await matches_golden(here, "ledgers_by_sentence")

    def read(tx: Transaction) -> list[tuple[str, str, int, date]]:
        found = [records.get(tx, number) for number in range(1, 6)]
        return [(each.kind, each.area, each.quantity, each.happened_on) for each in found]

    monday, sunday, saturday = date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 21)
    assert await here.database.snapshot(read) == [
        ("reception", TOWN, 3, monday),
        ("publicity", EAST, 40, sunday),
        ("study", TOWN, 12, monday),
        ("legal", WEST, 5, monday),
        ("briefing", TOWN, 1, saturday),
    ]


async def test_step_by_step_changed_and_taken_back(here: Office) -> None:
    """接访 asks one thing after the other; its author changes it, finds it again and takes it back."""
    officer = await here.person(OFFICER)
    await officer.says("接访")
    await officer.says("很多")
    await officer.says("三个人")
    await officer.says("占地补偿款没发到户")
    await officer.taps("加信访编号")
    await officer.says("XF2026-0815")
    await officer.taps("保存")
    await officer.taps("改一改")
    await officer.taps("接访领导")
    await officer.says("魏福来、薛巧云")
    await officer.taps("存下改动")
    await officer.says("找 补偿款")
    await officer.says("我的")
    await officer.says("1123-101")
    await officer.taps("撤回")
    await matches_golden(here, "ledger_step_by_step")


async def test_whoever_may_not_is_told_so(here: Office) -> None:
    """A ledger is offered and open to whom it concerns; from others the same words are an event."""
    worker, leader = await here.person(WORKER), await here.person(LEADER)
    await worker.says("接访")
    await worker.says("帮助")
    await worker.says("今天镇长接访3人，反映宅基地的事")
    await worker.taps("不是上报")
    await leader.says("普法")
    await leader.says("帮助")
    await matches_golden(here, "ledger_not_allowed")


async def test_corrected_pictured_or_an_event_after_all(here: Office) -> None:
    """A correction and a photo join the card; what was no ledger's becomes an event with one tap."""
    worker = await here.person(WORKER)
    await worker.says("昨天普法讲座，来了40人")
    await worker.says("说错了，是前天，来了45人")
    await worker.sends_photo()
    await worker.taps("不是台账，是事件")
    await worker.says("东桥村民法典宣传，来了20人")
    await worker.sends_photo()
    await worker.taps("保存")
    await matches_golden(here, "ledger_corrected")


@pytest.mark.parametrize(
    "words",
    [
        "村里的反诈宣传栏让人砸了",
        "有人打着反诈宣传的名头骗老人的钱",
        "希望来村里讲一场反诈",
        "村里从来没搞过普法",
    ],
)
async def test_what_only_speaks_of_it_stays_an_event(here: Office, words: str) -> None:
    worker = await here.person(WORKER)
    await worker.says(words)
    assert "上报" in ((await worker.last()).text or "")


async def test_danger_and_visits_go_before_ledgers(here: Office) -> None:
    worker = await here.person(WORKER)
    await worker.says("普法宣传的时候老张家着火了")
    assert any("特急" in message.words for message in await worker.screen())
    await worker.says("今天去了张家、李家宣传反诈，都好")
    assert "走访" in ((await worker.last()).text or "")


async def test_the_workbook_of_one_ledger(here: Office) -> None:
    """导出 学法 finds the kind by its word; names in it are masked."""
    officer = await here.person(OFFICER)
    await officer.says("昨天网格员培训，来了28人，讲矛盾纠纷怎么报")
    await officer.taps("有人没来")
    await officer.says("李二牛、王春花")
    await officer.taps("加学时")
    await officer.says("2")
    await officer.taps("保存")
    await officer.says("导出 学法 本月")
    await officer.taps("导出")
    (row,) = rows_of(await file_of(officer))
    assert row["种类"] == "网格员培训" and row["参加人数"] == 28 and row["学时"] == 2
    assert row["缺席"] == "李*、王*" and row["上报人"] == "贾*"
    assert f"{row['日期']:%Y-%m-%d}" == "2026-11-22"
