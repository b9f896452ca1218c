"""Outbound → what a platform shows: escaped once, split where it must be, two buttons a row."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.channels.render import Capabilities, mark_up, render, split
from wangge.handlers.message import Choice, Outbound

HTML = Capabilities(text_limit=4000, caption_limit=1000, choices=40, edits=True, markup="html")
PLAIN = Capabilities(text_limit=2000, caption_limit=500, choices=6, edits=False, markup="plain")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a<b>&c", "a&lt;b&gt;&amp;c"),
        ("**李<3**家", "<b>李&lt;3</b>家"),
        ("2 ** 3", "2 ** 3"),
        ("**一** 和 **二**", "<b>一</b> 和 <b>二</b>"),
        ("<b>forged</b>", "&lt;b&gt;forged&lt;/b&gt;"),
        ('"quoted"', '"quoted"'),
    ],
)
def test_text_is_escaped_and_bold_is_the_only_mark(text: str, shown: str) -> None:
    assert mark_up(text, HTML) == shown


@given(st.text(max_size=300))
def test_whatever_is_said_comes_out_as_it_was_but_for_the_marks(text: str) -> None:
    shown = mark_up(text, HTML)
    assert (
        html.unescape(re.sub("</?b>", "**", shown)) == html.unescape(html.escape(text, quote=False))
        or "**" in text
    )
    assert re.sub("</?b>", "", shown).count("<") == 0
    assert shown.count("<b>") == shown.count("</b>")
    assert "**" not in mark_up(text, PLAIN)


@given(text=st.text(alphabet="一二\n ab", max_size=400), limit=st.integers(1, 50))
def test_parts_fit_and_lose_nothing_but_line_ends(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


def test_a_long_text_is_cut_at_line_ends_and_the_buttons_stand_under_the_last() -> None:
    said = Outbound(
        text="\n".join(f"第{n}行" + "长" * 90 for n in range(100)),
        choices=(Choice(label="好", payload="x:1:0"),),
    )
    parts = render(said, HTML)
    assert len(parts) > 1 and all(part.text.startswith("第") for part in parts)
    assert [bool(part.rows) for part in parts] == [False] * (len(parts) - 1) + [True]


def test_a_caption_is_shorter() -> None:
    assert len(render(Outbound(text="长" * 1500, file="f"), HTML)) == 2
    assert len(render(Outbound(text="长" * 1500), HTML)) == 1


def choices(*labels: str, wide: bool = False, primary: bool = True) -> tuple[Choice, ...]:
    return tuple(Choice(label=label, payload=f"x:{label}:0", wide=wide, primary=primary) for label in labels)


@pytest.mark.parametrize(
    ("offered", "rows"),
    [
        (choices("上报", "改一改", "不是上报"), [["上报", "改一改"], ["不是上报"]]),
        (
            choices("受理并指派 何二牛", wide=True) + choices("派给别人", "退回补充"),
            [["受理并指派 何二牛"], ["派给别人", "退回补充"]],
        ),
        (choices("一个很长很长的标签要一行", "短", "短二"), [["一个很长很长的标签要一行"], ["短", "短二"]]),
        (choices("短", "一个很长很长的标签要一行", "短二"), [["短"], ["一个很长很长的标签要一行"], ["短二"]]),
        ((), []),
    ],
)
def test_two_buttons_a_row_long_ones_alone(offered: tuple[Choice, ...], rows: list[list[str]]) -> None:
    last = render(Outbound(text="x", choices=offered), HTML)[-1]
    assert [[label for label, _ in row] for row in last.rows] == rows


def test_a_channel_with_few_buttons_leaves_out_what_is_not_primary() -> None:
    offered = choices("一", "二", "三", "四", primary=False) + choices("甲", "乙", "丙")
    shown = [label for row in render(Outbound(text="x", choices=offered), PLAIN)[-1].rows for label, _ in row]
    assert shown == ["甲", "乙", "丙"]


def test_the_keyboard_stands_below_only_if_no_buttons_do() -> None:
    said = Outbound(text="x", keyboard=("上报事件", "记走访", "帮助"))
    assert render(said, HTML)[-1].keyboard == (("上报事件", "记走访"), ("帮助",))
    assert render(said.model_copy(update={"choices": choices("好")}), HTML)[-1].keyboard is None
    assert render(said.model_copy(update={"keyboard": ()}), HTML)[-1].keyboard == ()
