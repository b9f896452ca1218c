"""Chats as lines for reading: what golden files hold and the demo prints."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from wangge.sandbox.views import Event, MessageView

TOWN_ZONE = ZoneInfo("Asia/Shanghai")
INDENT = "        "
FILES = {"photo": "照片", "document": "文件", "voice": "语音", "sticker": "贴图"}
QUOTED_CHARACTERS = 12


def lines_of(
    events: Iterable[Event], *, titles: Mapping[int, str] | None = None, with_times: bool = False
) -> list[str]:
    """Return events as lines; `titles` adds a heading wherever the chat changes, times where they do."""
    lines: list[str] = []
    chat_id: int | None = None
    moment = ""
    for event in events:
        if titles is not None and event.chat_id != chat_id:
            lines.append(f"── {titles.get(event.chat_id, event.chat_id)} ──")
            chat_id = event.chat_id
        stamp = datetime.fromisoformat(event.at).astimezone(TOWN_ZONE).strftime("[%m-%d %H:%M]")
        if with_times and stamp != moment:
            lines.append(stamp)
            moment = stamp
        lines += _lines(event)
    return lines


def _lines(event: Event) -> Iterator[str]:
    message = event.message
    if event.kind == "toast":
        yield f"{INDENT}〔{'弹窗' if event.alert else '提示'} {event.text}〕"
    elif event.kind == "tap":
        yield f"{event.by} ▸ [{event.text}]"
    elif message and event.kind == "delete":
        yield f"{event.by} ✕ (删除 {_quote(message.words)})"
    elif message and event.kind == "edit":
        before = message.edits[-1].before
        what = "按钮" if before == message.words else f"编辑 {_quote(before)}"
        yield from _spoken(f"{event.by} ✎ ({what}) ", message)
    elif message:
        yield from _spoken(f"{event.by} ▸ ", message)


def _spoken(opening: str, message: MessageView) -> Iterator[str]:
    parts = [*_attached(message), *message.words.splitlines()]
    yield f"{opening}{parts[0] if parts else ''}".rstrip()
    for part in parts[1:]:
        yield f"{INDENT}{part}".rstrip()
    for row in message.labels:
        yield INDENT + " ".join(f"[{label}]" for label in row)
    for keys in message.keyboard or []:
        yield INDENT + " ".join(f"⌨{key}" for key in keys)
    if message.removes_keyboard:
        yield f"{INDENT}〔收起键盘〕"


def _attached(message: MessageView) -> Iterator[str]:
    for file in message.attachments:
        yield f"〔{' '.join(filter(None, (FILES[file.kind], file.name, message.sticker)))}〕"
    if message.location:
        yield f"〔位置 {message.location[0]}, {message.location[1]}〕"
    if message.contact:
        yield f"〔电话 {message.contact}〕"


def _quote(words: str) -> str:
    first = words.splitlines()[0] if words else ""
    is_whole = first == words and len(first) <= QUOTED_CHARACTERS
    return f"「{first[:QUOTED_CHARACTERS]}{'' if is_whole else '…'}」"
