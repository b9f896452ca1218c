"""Outbound + Capabilities → the messages a platform can show. Pure.

Escaping happens here and nowhere else.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wangge.handlers.message import Choice, Outbound

BOLD = re.compile(r"\*\*(.+?)\*\*")
WIDE = 9
"""Columns (a Chinese character is two) above half of which a button needs its own row."""


@dataclass(frozen=True)
class Capabilities:
    """What a platform can do."""

    text_limit: int
    caption_limit: int
    choices: int
    edits: bool
    markup: Literal["html", "plain"]


@dataclass(frozen=True)
class Message:
    """One platform message: marked-up text, rows of (label, payload), keyboard rows."""

    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] | None = None


def render(outbound: Outbound, capabilities: Capabilities) -> tuple[Message, ...]:
    """Return the messages to send for one Outbound, the buttons under the last."""
    limit = capabilities.caption_limit if outbound.file else capabilities.text_limit
    texts = split(outbound.text, limit)
    last = Message(
        text=mark_up(texts[-1], capabilities),
        rows=_rows(_fitting(outbound.choices, capabilities.choices)),
        keyboard=_keyboard(outbound),
    )
    return (*(Message(text=mark_up(text, capabilities)) for text in texts[:-1]), last)


def split(text: str, limit: int) -> list[str]:
    """Cut a long text at line ends, or where it must be, into parts of at most `limit` characters."""
    parts = []
    while len(text) > limit:
        cut = text.rfind("\n", 1, limit + 1)
        cut = cut if cut > 0 else limit
        parts.append(text[:cut])
        text = text[cut:].lstrip("\n")
    return [*parts, text]


def mark_up(text: str, capabilities: Capabilities) -> str:
    """Escape the text and turn `**bold**` into the platform's mark."""
    if capabilities.markup == "plain":
        return text.replace("**", "")
    return BOLD.sub(r"<b>\1</b>", html.escape(text, quote=False))


def _fitting(choices: tuple[Choice, ...], most: int) -> list[Choice]:
    if len(choices) <= most:
        return list(choices)
    return [choice for choice in choices if choice.primary][:most]


def _rows(choices: list[Choice]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Two buttons a row; a long label or an odd one has the row to itself."""
    rows: list[list[Choice]] = []
    for choice in choices:
        alone = choice.wide or _columns(choice.label) > 2 * WIDE
        if rows and len(rows[-1]) == 1 and not alone and not _is_alone(rows[-1][0]):
            rows[-1].append(choice)
        else:
            rows.append([choice])
    return tuple(tuple((choice.label, choice.payload) for choice in row) for row in rows)


def _is_alone(choice: Choice) -> bool:
    return choice.wide or _columns(choice.label) > 2 * WIDE


@lru_cache(1024)
def _columns(label: str) -> int:
    return sum(1 if character.isascii() else 2 for character in label)


def _keyboard(outbound: Outbound) -> tuple[tuple[str, ...], ...] | None:
    words = outbound.keyboard
    if words is None or outbound.choices:
        return None
    return tuple(words[start : start + 2] for start in range(0, len(words), 2))
