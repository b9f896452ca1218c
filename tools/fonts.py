"""Make the fonts of src/wangge/reports/fonts again; `make fonts` runs it. Nothing else needs fonttools.

Noto Sans CJK SC comes from Debian's package fonts-noto-cjk, the table of the characters that names
in mainland China are written with (通用规范汉字表, kTGH) from unicode-data.
"""

import bz2
from pathlib import Path

from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).parents[1] / "src" / "wangge" / "reports" / "fonts"
NOTO = Path("/usr/share/fonts/opentype/noto")
UNIHAN = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
FAMILY = "Noto Sans CJK SC"
GETA = "〓"
"""What Chinese printers set in the place of a character they have not got."""
PUNCTUATION = "—–·"
"""As people type them: Python reads the signs of GB 2312 as ― and ・."""
VARIANTS = "倗埜塚岴岺廻昇朳杴枆栆汖洰砲磑磘磛苽菓虸蚄軨迴遊遆"
"""Older forms that official lists of villages hold all the same."""


def characters() -> set[str]:
    """Return ASCII, GB 2312, the 8,105 standard characters and the variants."""
    wide = {
        bytes([row, cell]).decode("gb2312", "ignore")
        for row in range(0xA1, 0xF8)
        for cell in range(0xA1, 0xFF)
    }
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as lines:
        entries = [line.split("\t") for line in lines if "\tkTGH\t" in line]
    standard = {chr(int(code.removeprefix("U+"), 16)) for code, *_ in entries}
    return {chr(code) for code in range(0x20, 0x7F)} | (wide - {""}) | standard | set(PUNCTUATION + VARIANTS)


def subset(weight: str) -> TTFont:
    """Return one weight with those characters, without hints, vertical metrics and features."""
    fonts = TTCollection(NOTO / f"NotoSansCJK-{weight}.ttc", lazy=True).fonts
    font = next(font for font in fonts if font["name"].getDebugName(1) == FAMILY)
    font.recalcTimestamp = False
    options = Options(layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    cut = Subsetter(options)
    cut.populate(text="".join(characters()))
    cut.subset(font)
    return font


def show_missing_as_geta(font: TTFont) -> None:
    """Draw 〓 where a character is missing; the font's own sign is a crossed box."""
    top = font["CFF "].cff.topDictIndex[0]
    private = top.FDArray[top.FDSelect[0]].Private
    name = font.getBestCmap()[ord(GETA)]
    width, bearing = font["hmtx"][name]
    pen = T2CharStringPen(width - private.nominalWidthX, font.getGlyphSet())
    font.getGlyphSet()[name].draw(pen)
    top.CharStrings[".notdef"] = pen.getCharString(private, top.GlobalSubrs)
    font["hmtx"][".notdef"] = (width, bearing)


def main() -> None:
    """Write both weights."""
    for weight in ("Regular", "Bold"):
        font = subset(weight)
        show_missing_as_geta(font)
        target = HERE / f"NotoSansSC-{weight}.otf"
        font.save(target)
        print(target.name, f"{len(font.getBestCmap())} characters, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
