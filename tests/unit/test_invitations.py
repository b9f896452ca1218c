"""Invitations on paper."""

import io
import zipfile

import pytest
from docx import Document
from docx.document import Document as Paper
from docx.oxml.ns import qn
from docx.shared import Mm

from wangge.reports.invitations import invitation_sheet
from wangge.rules.roster import Invitation

LINK = "https://t.me/qinghe_bot?start=abcdefgh12345678"


def invitation(number: int, name: str = "张三", post: str = "网格员 · 东桥村第一网格") -> Invitation:
    return Invitation(name, post, f"{LINK}{number}")


def opened(sheet: bytes) -> Paper:
    return Document(io.BytesIO(sheet))


def words(sheet: bytes) -> str:
    """All words of the document, whatever table they stand in."""
    return "".join(text.text or "" for text in opened(sheet).element.iter(qn("w:t")))


def codes(sheet: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        return sum(name.startswith("word/media/") for name in archive.namelist())


@pytest.mark.parametrize("count", [1, 8, 9, 16])
def test_every_card_says_whose_it_is_and_how_it_is_used(count: int) -> None:
    sheet = invitation_sheet([invitation(number) for number in range(count)], "清河镇", demo=False)
    text = words(sheet)
    for number in range(count):
        assert f"{LINK}{number}" in text
    for sentence in (
        "张三",
        "网格员 · 东桥村第一网格",
        "清河镇网格助手邀请",
        "用手机扫码，点“开始”，再输入您电话号码的后四位。",
        "72小时内有效，只能用一次。",
    ):
        assert text.count(sentence) == count
    assert codes(sheet) == count
    assert "演示数据" not in text


def test_made_up_data_is_marked_on_every_card() -> None:
    sheet = invitation_sheet([invitation(number) for number in range(3)], "清河镇", demo=True)
    assert words(sheet).count("演示数据") == 3


def test_four_rows_of_fixed_height_and_the_last_paragraph_fit_a_page_and_five_do_not() -> None:
    paper = opened(invitation_sheet([invitation(number) for number in range(9)], "清河镇", demo=True))
    section = paper.sections[0]
    heights = [row.height for row in paper.tables[0].rows]
    assert (section.page_width, section.page_height) == pytest.approx((Mm(210), Mm(297)), abs=Mm(1) // 10)
    assert section.top_margin is not None and section.bottom_margin is not None
    room = Mm(297) - section.top_margin - section.bottom_margin
    assert len(heights) == 5
    assert sum(height or 0 for height in heights[:4]) + Mm(2) < room < sum(height or 0 for height in heights)
    assert paper.paragraphs[-1].paragraph_format.line_spacing is not None


def test_hostile_and_long_names_do_not_break_the_document() -> None:
    hostile = invitation(1, "欧阳<b>&\x00\ud800😀", "包片领导 · " + "柳树沟村、" * 30)
    text = words(invitation_sheet([hostile], "清河镇", demo=False))
    assert "欧阳<b>&😀" in text
    assert "…" in text and text.count("柳树沟村") < 15


def test_chinese_font_and_language_are_named() -> None:
    style = opened(invitation_sheet([invitation(1)], "清河镇", demo=False)).styles["Normal"].element
    assert style.rPr.rFonts.get(qn("w:eastAsia"))
    assert style.rPr.find(qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"
