"""The words between channels and handlers: Inbound, Outbound, Choice.

Channels see this module and nothing else of ours; handlers never see a platform.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Sort = Literal[
    "text",
    "choice",
    "photo",
    "video",
    "document",
    "voice",
    "location",
    "contact",
    "membership",
    "other",
    "unreadable",
]


class Word(BaseModel):
    """Base of the words: frozen, and stored as JSON in inbox and outbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileRef(Word):
    """A file that still lies at the platform; `key` is what the channel fetches it by."""

    key: str
    name: str = ""
    media_type: str = ""
    size: int = 0
    """Bytes as the platform says, 0 if it does not."""


class Inbound(Word):
    """One message from a person, whatever the platform.

    `sent_at` is the platform's time of the message; `key` is unique in the channel.
    """

    channel: str
    key: str
    account: str = ""
    chat: str
    is_group: bool = False
    sort: Sort
    text: str = ""
    """The words: a text, a caption, or the payload of a choice."""
    name: str = ""
    """The account's display name; untrusted, only for greeting somebody unknown."""
    file: FileRef | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    """Of a contact that is the sender's own."""
    album: str = ""
    message: str = ""
    """The platform's id of this message, or of the one under which the choice stood."""
    reply_to: str = ""
    edited: bool = False
    tap: str = ""
    """What the channel needs to answer a tap (its toast)."""
    left: bool = False
    """membership: the person has blocked the bot or removed it from the group."""
    sent_at: datetime
    raw: str = ""
    """unreadable: the update as it came, so that nothing is lost."""


class Choice(Word):
    """Something the person may tap, or type by its label or ordinal.

    The payload is `verb:target:version` and carries no right: the handler checks when it arrives.
    """

    label: Annotated[str, Field(min_length=1, max_length=40)]
    payload: Annotated[str, Field(min_length=1, max_length=64)]
    primary: bool = True
    """False: may be left out by a channel that shows few buttons."""
    wide: bool = False
    """True: a row of its own."""


class Outbound(Word):
    """One message to a chat; the channel's render makes platform calls of it.

    Text is plain but for `**bold**`; it is escaped in one place, channels.render.
    """

    text: str = ""
    choices: tuple[Choice, ...] = ()
    toast: str = ""
    """Only a short notice over the tapped button; `tap` says which."""
    tap: str = ""
    """The tap that is answered: by the toast, or silently beside the text."""
    alert: bool = False
    """The toast waits for OK."""
    keyboard: tuple[str, ...] | None = None
    """The persistent keyboard to show from now on; () removes it, None leaves it."""
    file: str = ""
    """Hash of a stored file to send."""
    file_name: str = ""
    is_picture: bool = False
    slot: str = ""
    """What the message shows (`event:17`, `draft:5`, `board`): edited in place if it can be."""
    anew: bool = False
    """Send it at the end of the chat even if the slot has a message already."""
    edit_only: bool = False
    """Only edit the slot's message (nobody's phone rings); without one, nothing is sent."""
    asked: bool = False
    """Answers the person's own act, or reaches the officer on duty: goes at any hour."""
    urgent: bool = False
    """特急, or an alarm that 特急 would not get through: goes at any hour though nobody asked."""
    in_full: bool = False
    """A logged unmasking: telephone numbers stay whole, as nowhere else."""
    not_before: datetime | None = None
    useless_after: datetime | None = None
    hold: float = 0.0
    """Seconds of elapsed time to wait for the rest of an album."""


def number_in(text: str) -> int:
    """Return the whole number a text holds, 0 if it holds none: payloads may be forged."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
