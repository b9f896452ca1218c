"""Marked-up text in and out, by Telegram's own rules and with its own complaints.

Offsets and lengths of entities count UTF-16 units, offsets in complaints count UTF-8 bytes; that is how
the platform does it. Source: core.telegram.org/bots/api#html-style.
"""

import html
import re
from typing import Any

from wangge.sandbox.errors import ApiError, bad_request

Entity = dict[str, Any]

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
LINKS = ("http://", "https://", "tel:", "tg://")
TAG_OF = {kind: tag for tag, kind in reversed(KINDS.items())}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
_ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])", re.ASCII)


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return the plain text and its entities.

    Raises:
        ApiError: a tag is unknown, left open or closed in the wrong place.
    """
    plain: list[str] = []
    entities: list[Entity] = []
    open_tags: list[tuple[str, int, str]] = []
    position = length = 0
    while position < len(source):
        piece, tag, position = _next_piece(source, position)
        plain.append(piece)
        length += units(piece)
        if tag is None:
            continue
        if tag.group(1):
            _close(source, tag, open_tags, length, entities)
        else:
            open_tags.append((_known(source, tag), length, tag.group(3)))
    if open_tags:
        raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return trim("".join(plain), entities)


def _next_piece(source: str, position: int) -> tuple[str, re.Match[str] | None, int]:
    """Return the plain text up to the next tag, the tag if there is one, and where to go on."""
    start = source.find("<", position)
    if start < 0:
        return _unescape(source[position:]), None, len(source)
    tag = _TAG.match(source, start)
    if tag is None:
        name = re.match(r"</?([^\s<>]*)", source[start:])
        wrong = name.group(1) if name else ""
        raise _cannot_parse(f'Unsupported start tag "{wrong}" at byte offset {_bytes(source, start)}')
    return _unescape(source[position:start]), tag, tag.end()


def _known(source: str, tag: re.Match[str]) -> str:
    name = tag.group(2).lower()
    if name not in KINDS:
        raise _cannot_parse(f'Unsupported start tag "{name}" at byte offset {_bytes(source, tag.start())}')
    return name


def _close(
    source: str, tag: re.Match[str], open_tags: list[tuple[str, int, str]], end: int, found: list[Entity]
) -> None:
    where = _bytes(source, tag.start())
    if not open_tags:
        raise _cannot_parse(f"Unexpected end tag at byte offset {where}")
    name, start, attributes = open_tags.pop()
    if tag.group(2).lower() != name:
        raise _cannot_parse(
            f'Unmatched end tag at byte offset {where}, expected "</{name}>", found "</{tag.group(2)}>"'
        )
    entity: Entity = {"type": KINDS[name], "offset": start, "length": end - start}
    if name == "a":
        href = _HREF.search(attributes)
        if href is None:
            return
        entity["url"] = html.unescape(href.group(1) or href.group(2) or "")
    if end > start:
        found.append(entity)


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut white space at both ends, as the platform does, and move the entities along."""
    body = text.strip()
    shift, most = units(text[: len(text) - len(text.lstrip())]), units(body)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - shift)
        end = min(most, entity["offset"] + entity["length"] - shift)
        if end > start:
            moved.append({**entity, "offset": start, "length": end - start})
    return body, moved


def to_html(text: str, entities: list[Entity]) -> str:
    """Return text with its entities as HTML again; a link to anything but an address stays words."""
    marks: dict[int, list[str]] = {}
    for entity in entities:
        tag = TAG_OF.get(entity["type"])
        if tag is None or (tag == "a" and not entity["url"].lower().startswith(LINKS)):
            continue
        link = f' href="{html.escape(entity["url"])}"' if tag == "a" else ""
        marks.setdefault(entity["offset"], []).append(f"<{tag}{link}>")
        marks.setdefault(entity["offset"] + entity["length"], []).insert(0, f"</{tag}>")
    out, at = [], 0
    for character in text:
        out += marks.pop(at, [])
        out.append(html.escape(character, quote=False))
        at += units(character)
    return "".join(out + marks.pop(at, []))


def commands_in(text: str) -> list[Entity]:
    """Return the bot commands in what a person typed; clients mark them by themselves."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found.group())}
        for found in _COMMAND.finditer(text)
    ]


def _unescape(piece: str) -> str:
    return _ESCAPE.sub(lambda found: html.unescape(found.group()), piece)


def _bytes(source: str, position: int) -> int:
    return len(source[:position].encode())


def _cannot_parse(why: str) -> ApiError:
    return bad_request(f"can't parse entities: {why}")
