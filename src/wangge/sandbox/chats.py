"""Accounts, chats and messages as the platform keeps them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wangge.sandbox.entities import to_html
from wangge.sandbox.views import Attachment, Button, Edit, Event, MessageView


@dataclass
class Account:
    """Somebody who uses the platform, or the bot itself."""

    user: dict[str, Any]
    title: str = ""
    blocks_bot: bool = False

    @property
    def id(self) -> int:
        """Return the user's identifier, which is also that of the private chat."""
        return int(self.user["id"])

    @property
    def name(self) -> str:
        """Return the name others see; Chinese names are written without a space."""
        last, first = self.user.get("last_name", ""), self.user["first_name"]
        return f"{first} {last}".strip() if (first + last).isascii() else f"{last}{first}"


@dataclass
class Message:
    """A message; `body` holds its content under the names of the Bot API."""

    chat: "Chat"
    message_id: int
    sender: Account
    sent_at: datetime
    body: dict[str, Any]
    seq: int = 0
    edited_at: datetime | None = None
    edits: list[Edit] = field(default_factory=list)
    is_deleted: bool = False
    other_markup: dict[str, Any] | None = None  # a reply keyboard or its removal; forbids editing

    @property
    def words(self) -> str:
        """Return the text or the caption."""
        return str(self.body.get("text") or self.body.get("caption") or "")

    def payload(self) -> dict[str, Any]:
        """Return the Message object of the Bot API."""
        found = {
            "message_id": self.message_id,
            "from": self.sender.user,
            "chat": self.chat.payload(),
            "date": int(self.sent_at.timestamp()),
        }
        if self.edited_at:
            found["edit_date"] = int(self.edited_at.timestamp())
        return {**found, **self.body}

    def view(self) -> MessageView:
        """Return the message as a person sees it."""
        body, other = self.body, self.other_markup or {}
        entities = body.get("entities") or body.get("caption_entities") or []
        place, contact = body.get("location"), body.get("contact")
        return MessageView(
            chat_id=self.chat.id,
            message_id=self.message_id,
            seq=self.seq,
            by=self.sender.name,
            by_id=self.sender.id,
            from_bot=bool(self.sender.user["is_bot"]),
            at=self.sent_at.isoformat(),
            text=body.get("text"),
            caption=body.get("caption"),
            html=to_html(self.words, entities),
            buttons=_buttons(body),
            keyboard=key_labels(other),
            placeholder=other.get("input_field_placeholder"),
            removes_keyboard=bool(other.get("remove_keyboard")),
            attachments=_attachments(body),
            location=(place["latitude"], place["longitude"]) if place else None,
            contact=contact["phone_number"] if contact else None,
            sticker=body["sticker"]["emoji"] if "sticker" in body else None,
            album=body.get("media_group_id"),
            reply_to=body.get("reply_to_message", {}).get("message_id"),
            edits=list(self.edits),
            deleted=self.is_deleted,
        )


@dataclass
class Chat:
    """A private chat with a person, or a group."""

    id: int
    type: str
    names: dict[str, Any]
    members: set[int]
    is_open: bool
    markup: dict[str, Any] | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    feed: list[Event] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        """Return the Chat object of the Bot API."""
        return {"id": self.id, "type": self.type, **self.names}


def key_labels(markup: dict[str, Any]) -> list[list[str]] | None:
    """Return the labels of a reply keyboard, None if the markup is none."""
    rows = markup.get("keyboard")
    return [[key["text"] for key in row] for row in rows] if rows is not None else None


def _buttons(body: dict[str, Any]) -> list[list[Button]]:
    rows = body.get("reply_markup", {}).get("inline_keyboard", [])
    return [
        [Button(text=b["text"], data=b.get("callback_data"), url=b.get("url")) for b in row] for row in rows
    ]


def _attachments(body: dict[str, Any]) -> list[Attachment]:
    found = []
    for kind in ("photo", "document", "voice", "sticker"):
        if kind in body:
            best = body[kind][-1] if kind == "photo" else body[kind]
            found.append(
                Attachment(
                    kind=kind,
                    file_id=best["file_id"],
                    name=best.get("file_name", ""),
                    size=best.get("file_size", 0),
                )
            )
    return found
