"""Hide personal marks: phones and names on the way out, identity and card numbers on the way in.

Nothing that is removed is kept: `Redacted.found` says which kinds were there, never the numbers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from wangge.texts.reading import READING

COMPOUND_SURNAMES = frozenset(
    (
        *("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "令狐", "司徒"),
        *("东方", "夏侯", "慕容", "长孙", "宇文", "公孙", "端木", "独孤"),
    )
)

# Same length before and after, so that what is found in one can be cut out of the other.
_TO_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ－　", "0123456789XX- ")

SHORTEST = 11
"""Digits of a mobile number."""
_MOBILE = re.compile(r"(?<!\d)((?:\+?86[- ]?)?1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<![0-9])[1-9](?:[ -]{0,2}[0-9]){16}[ -]{0,2}[0-9Xx](?![0-9Xx])")
_CARD = re.compile(r"(?<![0-9])(?:[0-9]{16,19}|[0-9]{4}(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{1,3})?)(?![0-9])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Redacted:
    """A text without the numbers nobody needs, and the kinds found: `identity`, `bank_card`."""

    text: str
    found: tuple[str, ...]


def mask_phone(phone: str) -> str:
    """Return a phone with its middle hidden: 138****5678; of any other number two digits stay."""
    masked = mask_phones(phone)
    return masked if masked != phone else "*" * (len(phone) - 2) + phone[-2:]


def mask_phones(text: str, keep: str = "") -> str:
    """Hide the middle of every mobile number in a text but `keep`; longer digit strings are left alone."""
    if len(text) < SHORTEST:  # most labels of buttons
        return text
    plain = text.translate(_TO_PLAIN)
    return _replace(
        text, plain, _MOBILE, lambda found: None if found[0] == keep else f"{found[1]}****{found[2]}"
    )


def mask_name(name: str) -> str:
    """Return the surname and a star: 张*, 欧阳*."""
    name = name.strip()
    return name[: 2 if name[:2] in COMPOUND_SURNAMES else 1] + "*"


def redact(text: str) -> Redacted:
    """Remove identity numbers (valid check digit) and bank cards (Luhn) from what a person sent."""
    found: list[str] = []

    def without(text: str, kind: str, pattern: re.Pattern[str], is_valid: Callable[[str], bool]) -> str:
        def stand_in(match: re.Match[str]) -> str | None:
            if not is_valid(re.sub("[ -]", "", match[0])):
                return None
            found.append(kind)
            return READING[f"redacted.{kind}"]

        return _replace(text, text.translate(_TO_PLAIN), pattern, stand_in)

    text = without(text, "identity", _IDENTITY, _is_identity)
    text = without(text, "bank_card", _CARD, _is_card)
    return Redacted(text, tuple(found))


def _replace(
    text: str, plain: str, pattern: re.Pattern[str], stand_in: Callable[[re.Match[str]], str | None]
) -> str:
    """Replace in `text` what the pattern finds in its plain twin of the same length."""
    parts, done = [], 0
    for match in pattern.finditer(plain):
        new = stand_in(match)
        if new is not None:
            parts += [text[done : match.start()], new]
            done = match.end()
    return "".join([*parts, text[done:]])


def _is_identity(number: str) -> bool:
    """Check the last character of an 18-digit identity number (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _is_card(number: str) -> bool:
    """Check the Luhn sum of a card number; sixteen zeros are no card."""
    digits = [int(digit) for digit in reversed(number)]
    total = sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return total % 10 == 0 and any(digits)
