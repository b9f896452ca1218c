"""A kind of record is one declaration and its texts: interview, card, storage and export follow."""

import io
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Literal

import openpyxl
import pytest
from pydantic import Field
from tests.exports import table_of
from tests.office import Office

from wangge.handlers import commands, drafting
from wangge.records.catalogue import CATALOGUE
from wangge.records.record import Ask, Fills, Record
from wangge.records.values import AreaCode, Household
from wangge.reports.workbook import write_table
from wangge.storage import records
from wangge.storage.database import Transaction
from wangge.texts import TEXTS

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Patrol(Record):
    """A round through a village looking at fire safety."""

    kind: ClassVar = "patrol"

    village: Annotated[AreaCode, Ask("patrol.village", offers="own_villages"), Fills("area")]
    seen_on: Annotated[
        date, Ask("patrol.seen_on", suggest=("day.today", "day.yesterday")), Fills("happened_on")
    ]
    risk: Annotated[Literal["none", "some"], Ask("patrol.risk")]
    meters: Annotated[int, Field(ge=1, le=9000), Ask("patrol.meters"), Fills("quantity")]
    seen: Annotated[tuple[Household, ...], Field(max_length=9), Ask("patrol.seen")]
    note: Annotated[str, Field(max_length=200), Ask("patrol.note", on_card=True)] = ""


WORDS = {
    "patrol.label": "巡查",
    "patrol.filed": "已记巡查 {number}：{village}，{meters}米",
    "patrol.village.ask": "巡查哪个村？",
    "patrol.village.label": "村",
    "patrol.seen_on.ask": "哪天去的？",
    "patrol.seen_on.label": "日期",
    "patrol.risk.ask": "有没有隐患？",
    "patrol.risk.label": "隐患",
    "patrol.risk.none": "没有",
    "patrol.risk.some": "有",
    "patrol.meters.ask": "走了多少米？",
    "patrol.meters.label": "米数",
    "patrol.seen.ask": "看了哪几户？",
    "patrol.seen.label": "户",
    "patrol.note.ask": "还有什么要说的？",
    "patrol.note.label": "备注",
    "patrol.note.button": "加备注",
}


@pytest.fixture
def _patrol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "patrol", Patrol)
    for text_id, text in WORDS.items():
        monkeypatch.setitem(TEXTS, text_id, text)
    # The word that begins it; the menu is the township's to arrange.
    monkeypatch.setitem(commands.WORDS, "巡查", "visit")
    monkeypatch.setitem(commands.DOES, "visit", lambda ctx, _rest: drafting.begin(ctx, "patrol"))


@pytest.mark.usefixtures("_patrol")
async def test_a_third_kind_needs_no_other_code(here: Office) -> None:
    worker = await here.person(33)
    await worker.says("巡查")
    await worker.taps("西桥村")
    assert "隐患" in (await worker.last()).text  # type: ignore[operator]  # has a text
    await worker.taps("有")
    await worker.says("很多")
    assert "米数" in " ".join(message.text or "" for message in await worker.screen())
    await worker.says("1200")
    await worker.says("张三家、欧阳修家")
    card = (await worker.last()).text or ""
    assert "巡查" in card and "西桥村" in card and "1200" in card and "张三家" in card
    await worker.taps("加备注")
    await worker.says("灭火器过期，联系13812345678")
    await worker.taps("保存")
    assert "已记巡查 1123-101" in ((await worker.last()).text or "")

    def export(tx: Transaction) -> tuple[list[str], list[list[object]]]:
        stored = records.by_number(tx, "1123-101")
        assert stored and (stored.kind, stored.state, stored.quantity) == ("patrol", "filed", 1200)
        return table_of(tx, Patrol, areas=(stored.area[:9],))

    headings, rows = await here.database.snapshot(export)
    assert headings == ["编号", "上报时间", "上报人", "状态", "村", "日期", "隐患", "米数", "户", "备注"]
    assert rows[0][4:] == [
        "西桥村",
        date(2026, 11, 23),
        "有",
        1200,
        "张*、欧阳*",
        "灭火器过期，联系138****5678",
    ]
    assert rows[0][2] == "袁*"
    sheet = openpyxl.load_workbook(io.BytesIO(write_table("巡查", headings, rows))).worksheets[0]
    assert [cell.value for cell in sheet[2]] == headings
    assert sheet.cell(3, 8).value == 1200
