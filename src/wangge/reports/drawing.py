"""Words and bars on a page: laid out first, as data, and painted afterwards.

What is laid out can be asked for its sizes and places, which a test does; the
painting of it decides nothing.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
PAPER, INK, GREY, PALE, LINE = "#ffffff", "#17212b", "#55616d", "#7d8995", "#dfe5ea"
ACCENT, TINT, ALARM = "#1f5c99", "#b4cde6", "#c0271d"
"""The one accent, its lighter shade for the second of two values, and the red of what is overdue."""
COLOURS = 64
"""Of the file; the shades at the edges of letters need no more."""

Weight = Literal["Regular", "Bold"]
Anchor = Literal["ls", "ms", "rs"]
"""From where a line of words grows on its baseline: left, middle or right."""
Edges = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels from the page's upper left."""


@dataclass(frozen=True)
class Words:
    """One line of words; `size` is the height of a Chinese character in pixels."""

    text: str
    x: int
    baseline: int
    size: int
    colour: str = INK
    weight: Weight = "Regular"
    anchor: Anchor = "ls"

    @property
    def edges(self) -> Edges:
        """What its ink covers."""
        left, top, right, bottom = face(self.size, self.weight).getbbox(self.text, anchor=self.anchor)
        return (
            self.x + int(left),
            self.baseline + int(top),
            self.x + int(right),
            self.baseline + int(bottom),
        )


@dataclass(frozen=True)
class Bar:
    """A filled rectangle; nothing is seen of one without area."""

    edges: Edges
    colour: str


Item = Words | Bar


@cache
def face(size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    """Return the font; of a character it has not got it draws 〓."""
    return ImageFont.truetype(FONTS / f"NotoSansSC-{weight}.otf", size, layout_engine=ImageFont.Layout.BASIC)


def width(text: str, size: int, weight: Weight = "Regular") -> int:
    """Return how many pixels a line of words takes."""
    return round(face(size, weight).getlength(text))


def fit(text: str, room: int, size: int, weight: Weight = "Regular") -> str:
    """Return the words, cut with … if they need more than `room` pixels."""
    if width(text, size, weight) <= room:
        return text
    while text and width(text + "…", size, weight) > room:
        text = text[:-1]
    return text + "…"


def paint(items: Iterable[Item], size: tuple[int, int], dots_per_inch: int = 72) -> bytes:
    """Return the page as PNG; later items lie on earlier ones."""
    page = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(page)
    for item in items:
        match item:
            case Bar((left, top, right, bottom), colour) if left < right and top < bottom:
                draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)
            case Words():
                draw.text(
                    (item.x, item.baseline),
                    item.text,
                    fill=item.colour,
                    font=face(item.size, item.weight),
                    anchor=item.anchor,
                )
    out = io.BytesIO()
    page.quantize(COLOURS, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True, dpi=(dots_per_inch, dots_per_inch)
    )
    return out.getvalue()
