"""What a person sees in a chat, in the words the control paths speak on both sides.

These models are all that `person` shares with the server.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Json = Any  # what comes out of JSON; whoever needs more of it validates it
EventKind = Literal["message", "edit", "delete", "tap", "toast"]


class View(BaseModel):
    """Something seen; it never changes, a later look gives a new one."""

    model_config = ConfigDict(frozen=True)


class Button(View):
    """A button under a message."""

    text: str
    data: str | None = None
    url: str | None = None


class Attachment(View):
    """A picture or file in a message; `file_id` names its best version."""

    kind: str
    file_id: str
    name: str = ""
    size: int = 0


class Edit(View):
    """What a message said before it was changed, and when it was changed."""

    at: str
    before: str


class MessageView(View):
    """A message as it looks on the phone. `seq` grows when it is sent and at each change."""

    chat_id: int
    message_id: int
    seq: int
    by: str
    by_id: int
    from_bot: bool
    at: str
    text: str | None = None
    caption: str | None = None
    html: str = ""
    buttons: list[list[Button]] = []
    keyboard: list[list[str]] | None = None
    placeholder: str | None = None
    removes_keyboard: bool = False
    attachments: list[Attachment] = []
    location: tuple[float, float] | None = None
    contact: str | None = None
    sticker: str | None = None
    album: str | None = None
    reply_to: int | None = None
    edits: list[Edit] = []
    deleted: bool = False

    @property
    def words(self) -> str:
        """Return the text or the caption."""
        return self.text or self.caption or ""

    @property
    def labels(self) -> list[list[str]]:
        """Return the labels of the buttons, row by row."""
        return [[button.text for button in row] for row in self.buttons]


class Event(View):
    """One thing that happened in a chat, with the message as it looked at that moment."""

    seq: int
    chat_id: int
    at: str
    kind: EventKind
    by: str
    by_id: int
    message: MessageView | None = None
    text: str = ""
    alert: bool = False


class ChatView(View):
    """A chat as a whole: what is in it and which keyboard is shown under it."""

    chat_id: int
    type: str
    title: str
    keyboard: list[list[str]] | None = None
    placeholder: str | None = None
    subtitle: str = ""
    messages: list[MessageView] = []


class Section(View):
    """One table of what happened inside for an update; every row is as long as `heads`."""

    title: str
    heads: list[str]
    rows: list[list[str]]
