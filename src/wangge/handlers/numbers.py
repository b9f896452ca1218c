"""Numbers as people write them: 3, ３, 三, 二十三, 俩, 仨."""

import re

_DIGITS = {word: value for value, word in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "仨": 3,
}
_TO_ASCII = str.maketrans("０１２３４５６７８９－／．～：（）　", "0123456789-/.~:() ")
_IN_WORDS = re.compile(r"([一二两三四五六七八九]?)(十|廿|卅)([一二三四五六七八九]?)")

NUMBER = "[0-9]{1,4}|[一二两三四五六七八九]?[十廿卅][一二三四五六七八九]?|[零〇一二两俩三仨四五六七八九]"
"""Pattern of a number of up to 99 in words, or of up to four digits."""


def plain(text: str) -> str:
    """Return the text with full-width digits and signs made plain; its length stays the same."""
    return text.translate(_TO_ASCII)


_BEFORE = "(?<![0-9百千万第零〇一二三四五六七八九十两俩仨廿卅])"
COUNTED = (
    re.compile(f"实到({NUMBER})"),
    re.compile(f"{_BEFORE}({NUMBER})(?:多|余)?个?(?:人|名|位)"),
    re.compile(f"{_BEFORE}({NUMBER})个(?![小月钟多村组])"),
)
"""How many people were there: who came goes before who should have."""


def counted(text: str) -> int | None:
    """Return how many people a text speaks of, or the number it is; None if it does not say."""
    found = next((hit for pattern in COUNTED if (hit := pattern.search(plain(text)))), None)
    return number(found[1]) if found else number(plain(text).strip())


def number(words: str) -> int | None:
    """Return the number that the words say, None if they say none."""
    if re.fullmatch("[0-9]{1,9}", words):
        return int(words)
    if words in _DIGITS:
        return _DIGITS[words]
    found = _IN_WORDS.fullmatch(words)
    if not found:
        return None
    tens = {"廿": 2, "卅": 3}.get(found[2]) or _DIGITS.get(found[1], 1)
    return 10 * tens + _DIGITS.get(found[3], 0)
