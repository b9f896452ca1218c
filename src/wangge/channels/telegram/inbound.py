"""Telegram's updates → Inbound. Pure; an update of any shape becomes something."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pydantic_core import to_json
from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User

from wangge.handlers.message import FileRef, Inbound, Sort

NAME = "telegram"
POINTED_AT = ("message_id", "date", "chat")
UNREAD = frozenset({"entities", "caption_entities", "reply_markup", "link_preview_options"})
EPOCH = datetime.fromtimestamp(0, UTC)
"""The time of what carries none: an inaccessible message, an unreadable update."""


def to_inbound(raw: Any) -> Inbound:  # noqa: ANN401 - whatever the platform sent
    """Return the message in an update; `unreadable` with the update in `raw` if there is none."""
    raw = _storable(raw)
    try:
        update = Update.de_json(_only_read(raw), None)
        if update.callback_query:
            return _choice(update, update.callback_query, raw["callback_query"].get("message"))
        if update.my_chat_member:
            return _membership(update, update.my_chat_member)
        if message := update.message or update.edited_message:
            return _message(update, message)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        pass
    return _unreadable(raw)


def _only_read(raw: Any) -> Any:  # noqa: ANN401 - whatever the platform sent
    """Leave away what we do not read: PTB builds an object for every part of an update."""
    if query := raw.get("callback_query"):
        return {**raw, "callback_query": {key: query[key] for key in query if key != "message"}}
    for name in ("message", "edited_message"):
        if message := raw.get(name):
            slim = {key: message[key] for key in message if key not in UNREAD}
            if answered := message.get("reply_to_message"):
                slim["reply_to_message"] = {key: answered[key] for key in POINTED_AT if key in answered}
            return {**raw, name: slim}
    return raw


def _message(update: Update, message: Message) -> Inbound:
    user = message.from_user
    sort, file = _contents(message)
    place = message.location or (message.venue and message.venue.location)
    contact = message.contact
    return Inbound(
        **_common(update, user, str(message.chat.id), message.chat.type != "private"),
        sort=sort,
        text=message.text or message.caption or _emoji(message),
        file=file,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        phone=contact.phone_number if contact and user and contact.user_id == user.id else "",
        album=message.media_group_id or "",
        message=str(message.message_id),
        reply_to=str(message.reply_to_message.message_id) if message.reply_to_message else "",
        edited=update.edited_message is not None,
        sent_at=message.date,
    )


def _contents(message: Message) -> tuple[Sort, FileRef | None]:
    if message.text is not None or _emoji(message):
        return "text", None
    if message.photo:
        largest = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        return "photo", FileRef(key=largest.file_id, size=largest.file_size or 0, media_type="image/jpeg")
    if message.voice:
        return "voice", _file(message.voice)
    if message.audio:
        return "voice", _file(message.audio)
    if message.video or message.video_note:
        return "video", _file(message.video or message.video_note)
    if message.document:
        is_picture = (message.document.mime_type or "").startswith("image/")
        return "photo" if is_picture else "document", _file(message.document)
    if message.location or message.venue:
        return "location", None
    if message.contact:
        return "contact", None
    return "other", None


def _emoji(message: Message) -> str:
    """A sticker says what its emoji says."""
    return (message.sticker.emoji or "") if message.sticker else ""


def _file(media: Any) -> FileRef:  # noqa: ANN401 - any of PTB's media types
    return FileRef(
        key=media.file_id,
        name=(getattr(media, "file_name", None) or "")[:200],
        media_type=(getattr(media, "mime_type", None) or "")[:80],
        size=media.file_size or 0,
    )


def _choice(update: Update, query: CallbackQuery, under: Any) -> Inbound:  # noqa: ANN401 - JSON
    """`under` is the message whose button was tapped, as it came: of it we need only which one it is."""
    chat = under["chat"] if under else {"id": query.from_user.id, "type": "private"}
    date = under.get("date") if under else 0
    return Inbound(
        **_common(update, query.from_user, str(chat["id"]), chat["type"] != "private"),
        sort="choice",
        text=query.data or "",
        message=str(under["message_id"]) if under else "",
        tap=query.id,
        sent_at=datetime.fromtimestamp(date, UTC) if date else EPOCH,
    )


def _membership(update: Update, change: ChatMemberUpdated) -> Inbound:
    return Inbound(
        **_common(update, change.from_user, str(change.chat.id), change.chat.type != "private"),
        sort="membership",
        left=change.new_chat_member.status in {"left", "kicked"},
        sent_at=change.date,
    )


def _common(update: Update, user: User | None, chat: str, is_group: bool) -> dict[str, Any]:
    return {
        "channel": NAME,
        "key": str(update.update_id),
        "account": str(user.id) if user else "",
        "name": user.full_name[:60] if user else "",
        "chat": chat,
        "is_group": is_group,
    }


def _storable(raw: Any) -> Any:  # noqa: ANN401 - whatever the platform sent
    """Return the update with every character in it one that can be stored and sent.

    JSON may hold half of a surrogate pair; kept, it would fail at each attempt to store the batch.
    """
    try:
        to_json(raw)
    except ValueError:
        return json.loads(json.dumps(raw, ensure_ascii=False, default=str).encode("utf-8", "replace"))
    return raw


def _unreadable(raw: Any) -> Inbound:  # noqa: ANN401 - whatever the platform sent
    update_id = raw.get("update_id") if isinstance(raw, Mapping) else None
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return Inbound(
        channel=NAME,
        key=str(update_id) if update_id is not None else f"?{sha256(text.encode()).hexdigest()[:16]}",
        chat="",
        sort="unreadable",
        sent_at=EPOCH,
        raw=text[:20_000],
    )
