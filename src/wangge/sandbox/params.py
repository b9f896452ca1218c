"""The parameters of every method the sandbox knows: one model a method, nothing else is accepted.

Parameters the product has no use for are left out on purpose; a bot that needs one adds it here. Only
names that the Bot API documents may stand here; a test compares them with another implementation's.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from wangge.sandbox.markup import (
    AnyMarkup,
    BotCommand,
    CommandScope,
    FromJson,
    InlineKeyboard,
    InputMedia,
    LinkPreview,
    MessageEntity,
    ReplyParameters,
)

Entities = Annotated[list[MessageEntity] | None, FromJson]


class Parameters(BaseModel):
    """What a call may carry."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Parameters):
    """A method without parameters."""


class GetUpdates(Parameters):
    """Fetch what happened."""

    offset: int = 0
    limit: int = Field(default=100, ge=1, le=100)
    timeout: int = Field(default=0, ge=0)
    allowed_updates: Annotated[list[str] | None, FromJson] = None


class SetWebhook(Parameters):
    """Have updates pushed to an address."""

    url: str
    max_connections: int = Field(default=40, ge=1, le=100)
    allowed_updates: Annotated[list[str] | None, FromJson] = None
    drop_pending_updates: bool = False
    secret_token: str | None = None


class DeleteWebhook(Parameters):
    """Stop pushing."""

    drop_pending_updates: bool = False


class ToChat(Parameters):
    """A call about one chat."""

    chat_id: int


class Sending(ToChat):
    """What all messages have in common."""

    disable_notification: bool = False
    protect_content: bool = False
    message_thread_id: int | None = None
    reply_parameters: Annotated[ReplyParameters | None, FromJson] = None


class WithMarkup(Sending):
    """A message that may show a keyboard."""

    reply_markup: Annotated[AnyMarkup | None, FromJson] = None


class Captioned(WithMarkup):
    """A file with words under it."""

    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: Entities = None


class SendMessage(WithMarkup):
    """Send words."""

    text: str
    parse_mode: str | None = None
    entities: Entities = None
    link_preview_options: Annotated[LinkPreview | None, FromJson] = None


class SendPhoto(Captioned):
    """Send a picture."""

    photo: str
    show_caption_above_media: bool = False
    has_spoiler: bool = False


class SendDocument(Captioned):
    """Send a file."""

    document: str
    disable_content_type_detection: bool = False


class SendVoice(Captioned):
    """Send a voice note."""

    voice: str
    duration: int = 0


class SendMediaGroup(Sending):
    """Send an album."""

    media: Annotated[list[InputMedia], FromJson]


class Editing(Parameters):
    """A change of a message of one's own."""

    chat_id: int
    message_id: int
    reply_markup: Annotated[InlineKeyboard | None, FromJson] = None


class EditMessageText(Editing):
    """Change the words."""

    text: str
    parse_mode: str | None = None
    entities: Entities = None
    link_preview_options: Annotated[LinkPreview | None, FromJson] = None


class EditMessageCaption(Editing):
    """Change the words under a file."""

    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: Entities = None
    show_caption_above_media: bool = False


class EditMessageReplyMarkup(Editing):
    """Change the buttons."""


class EditMessageMedia(Editing):
    """Change the file."""

    media: Annotated[InputMedia, FromJson]


class DeleteMessage(ToChat):
    """Take a message away."""

    message_id: int


class AnswerCallbackQuery(Parameters):
    """Answer a tap."""

    callback_query_id: str
    text: str | None = None
    show_alert: bool = False
    url: str | None = None
    cache_time: int = 0


class SendChatAction(ToChat):
    """Show that something is on its way."""

    action: str
    message_thread_id: int | None = None


class GetFile(Parameters):
    """Ask where a file can be fetched."""

    file_id: str


class ScopedCommands(Parameters):
    """A menu of commands for somebody."""

    scope: Annotated[CommandScope | None, FromJson] = None
    language_code: str = ""


class SetMyCommands(ScopedCommands):
    """Set a menu of commands."""

    commands: Annotated[list[BotCommand], FromJson] = Field(max_length=100)


class SetMyDescription(Parameters):
    """Say what the bot is for, on its empty chat."""

    description: str = Field(default="", max_length=512)
    language_code: str = ""


class SetMyShortDescription(Parameters):
    """Say what the bot is for, on its profile."""

    short_description: str = Field(default="", max_length=120)
    language_code: str = ""
