"""A message, or the pictures of an album, as one bubble."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from wangge.sandbox.chats import Chat, Message
from wangge.sandbox.page.tags import Html, icon, join, tag
from wangge.sandbox.views import Button

TOWN_ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"
QUOTED_CHARACTERS = 40
FILES = {"photo": "照片", "document": "文件", "voice": "语音", "sticker": "贴图"}


def key_of(message: Message) -> str:
    """Name the bubble a message belongs to."""
    album = message.body.get("media_group_id")
    return f"a{album}" if album else f"m{message.message_id}"


def members_of(chat: Chat, key: str) -> list[Message]:
    """Return what a bubble shows now, oldest first; nothing if all of it is deleted."""
    if key.startswith("m"):
        message = chat.messages.get(int(key[1:]))
        return [message] if message and not message.is_deleted else []
    return [each for each in chat.messages.values() if key_of(each) == key and not each.is_deleted]


def bubbles(chat: Chat, *, most: int, before: int | None = None) -> list[list[Message]]:
    """Return the newest bubbles of a chat, oldest first; only those older than a message if it is named."""
    found: dict[str, list[Message]] = {}
    for message in reversed(chat.messages.values()):
        if message.is_deleted or (before is not None and message.message_id >= before):
            continue
        key = key_of(message)
        if key not in found and len(found) == most:
            break
        found.setdefault(key, []).insert(0, message)
    return list(reversed(found.values()))


def history(groups: list[list[Message]], fetched: int, today: datetime) -> Html:
    """Return bubbles under the days they belong to."""
    day, parts = "", []
    for messages in groups:
        begun = local(messages[0]).date().isoformat()
        if begun != day:
            day = begun
            words = day_name(local(messages[0]))
            shown = near_day(local(messages[0]), today) or words
            parts.append(tag("h3", tag("span", shown), class_="day", data_day=day, data_name=words))
        parts.append(bubble(messages, fetched))
    return join(parts)


def bubble(messages: list[Message], fetched: int) -> Html:
    """Return one bubble with the buttons under it.

    `fetched` is the newest own message of the chat that the bot has got.
    """
    first = messages[0]
    is_own = not first.sender.user["is_bot"]
    words = next((each for each in messages if each.words), first)
    inner = (
        tag("span", "我：" if is_own else "机器人：", class_="spoken"),
        _quote(first),
        _pictures(messages),
        join(_parts(first)),
        tag("div", Html(words.view().html), class_="words") if words.words else None,
        _more(),
        _meta(messages, first.message_id <= fetched if is_own else None),
    )
    return tag(
        "article",
        tag("div", inner, class_="bubble"),
        _buttons(first),
        class_=f"message {'own' if is_own else 'theirs'}",
        tabindex="-1",
        data_key=key_of(first),
        data_message=first.message_id,
        data_day=local(first).date().isoformat(),
        data_day_name=day_name(local(first)),
        data_words=words.words,
        data_editable=is_own and bool(first.words),
    )


def one_line(message: Message) -> str:
    """Return a message in a few words, for quotes and the list of people."""
    kinds = (f"〔{name}〕" for kind, name in FILES.items() if kind in message.body)
    place = "〔位置〕" if "location" in message.body else "〔电话〕" if "contact" in message.body else ""
    text = f"{next(kinds, place)}{' '.join(message.words.split())}"
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…"


def local(message: Message) -> datetime:
    """Return when a message was sent, in the town's zone."""
    return message.sent_at.astimezone(TOWN_ZONE)


def day_name(when: datetime) -> str:
    """Return a day as 11月16日 星期一."""
    return f"{when.month}月{when.day}日 星期{WEEKDAYS[when.weekday()]}"


def near_day(when: datetime, today: datetime) -> str:
    """Return 今天 or 昨天, or nothing."""
    return {0: "今天", 1: "昨天"}.get((today.date() - when.date()).days, "")


def _quote(message: Message) -> Html | None:
    answered = message.body.get("reply_to_message")
    if not answered:
        return None
    now = message.chat.messages.get(answered["message_id"])
    if now is None or now.is_deleted:
        return tag("p", "消息已删除", class_="quote")
    who = tag("strong", now.sender.name)
    return tag("p", who, tag("span", one_line(now)), class_="quote")


def _pictures(messages: list[Message]) -> Html | None:
    shown = [each for each in messages if "photo" in each.body]
    if not shown:
        return None
    kind = "pictures" if len(shown) == 1 else "pictures album"
    return tag("div", (_picture(each) for each in shown), class_=kind, data_count=len(shown))


def _picture(message: Message) -> Html:
    best = message.body["photo"][-1]
    picture = tag(
        "img",
        src=f"/sandbox/files/{best['file_id']}",
        alt="照片",
        width=best["width"],
        height=best["height"],
        loading="lazy",
    )
    return tag(
        "button",
        picture,
        type="button",
        class_="picture",
        data_enlarge=True,
        data_message=message.message_id,
        aria_label="放大照片",
    )


def _parts(message: Message) -> Iterator[Html]:
    body = message.body
    if "document" in body:
        yield _document(body["document"])
    if "voice" in body:
        yield _voice(body["voice"])
    if "location" in body:
        yield _place(body["location"])
    if "contact" in body:
        contact = body["contact"]
        called = tag("strong", contact.get("first_name", "")), tag("span", contact["phone_number"])
        yield tag("div", icon("person"), tag("p", called), class_="part contact")
    if "sticker" in body:
        yield tag("p", body["sticker"]["emoji"], class_="sticker")


def _document(document: dict[str, str]) -> Html:
    name = document.get("file_name") or "文件"
    size = _size(int(document.get("file_size", 0)))
    described = tag("span", tag("strong", name), tag("span", size), class_="named")
    address = f"/sandbox/files/{document['file_id']}"
    return tag("a", icon("file"), described, href=address, download=name, class_="part document")


def _voice(voice: dict[str, str]) -> Html:
    address = f"/sandbox/files/{voice['file_id']}"
    seconds = f"{int(voice.get('duration', 0))}″"
    words = icon("play"), tag("span", class_="wave", aria_hidden="true"), tag("span", seconds)
    return tag(
        "button",
        words,
        type="button",
        class_="part voice",
        data_voice=address,
        aria_label=f"播放语音 {seconds}",
    )


def _place(place: dict[str, float]) -> Html:
    degrees = f"{place['latitude']:.4f}, {place['longitude']:.4f}"
    drawn = tag("div", icon("pin"), class_="map", aria_hidden="true")
    return tag("div", drawn, tag("p", tag("strong", "位置"), tag("span", degrees)), class_="part place")


def _meta(messages: list[Message], is_fetched: bool | None) -> Html:
    """Say when it was sent, whether it was changed, and of an own message how far it has come."""
    newest = messages[-1]
    changed = any(each.edits and each.edits[-1].before != each.words for each in messages)
    ticks = None
    if is_fetched is not None:
        label = "机器人收到了" if is_fetched else "发出去了"
        ticks = tag(
            "span", icon("ticks"), class_="ticks", role="img", aria_label=label, data_fetched=is_fetched
        )
    return tag(
        "p",
        tag("span", "已编辑") if changed else None,
        tag("time", f"{local(newest):%H:%M}", datetime=local(newest).isoformat()),
        ticks,
        class_="meta",
    )


def _more() -> Html:
    """Return the button for the pointer; the keyboard opens the same menu on the bubble itself."""
    return tag(
        "button",
        icon("more"),
        type="button",
        class_="more",
        data_act="more",
        tabindex="-1",
        aria_hidden="true",
    )


def _buttons(message: Message) -> Html | None:
    rows = message.view().buttons
    if not rows:
        return None
    return tag(
        "div", (_row(row, message) for row in rows), class_="choices", role="group", aria_label="可以点的"
    )


def _row(row: Iterable[Button], message: Message) -> Html:
    return tag("div", (_button(button, message) for button in row), class_="row")


def _button(button: Button, message: Message) -> Html:
    if button.url is not None:
        safe = button.url if button.url.startswith(("https://", "http://", "tg://")) else None
        return tag("a", button.text, href=safe, class_="choice")
    return tag(
        "button",
        button.text,
        type="button",
        class_="choice",
        data_message=message.message_id,
        data_payload=button.data,
    )


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} 字节"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
