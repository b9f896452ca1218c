"""The objects inside parameters: keyboards, entities, media, replies.

Unknown keys are refused everywhere. The real platform ignores most of them; a misspelt key would then
go unnoticed until a person misses a button.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from wangge.sandbox.errors import bad_request

CALLBACK_BYTES = 64


class Part(BaseModel):
    """An object inside a parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def plain(self) -> dict[str, Any]:
        """Return the JSON the bot sent."""
        return self.model_dump(exclude_none=True)


def _from_json(value: object) -> object:
    """Read an object that a form carried as text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad_request("object expected, but the parameter is not JSON") from None


def _check_callback_data(value: object) -> object:
    if isinstance(value, str) and not 1 <= len(value.encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return value


FromJson = BeforeValidator(_from_json)


class InlineButton(Part):
    """A button under a message."""

    text: str = Field(min_length=1)
    callback_data: Annotated[str | None, BeforeValidator(_check_callback_data)] = None
    url: str | None = None
    style: Literal["danger", "success", "primary"] | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse a button that does nothing, or two things."""
        if (self.callback_data is None) == (self.url is None):
            raise bad_request(
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )


class InlineKeyboard(Part):
    """Buttons under a message, row by row."""

    inline_keyboard: list[list[InlineButton]]


class KeyButton(Part):
    """A key of the keyboard that replaces the phone's own."""

    text: str = Field(min_length=1)
    request_contact: bool | None = None
    request_location: bool | None = None
    style: Literal["danger", "success", "primary"] | None = None


def _key_from_text(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class ReplyKeyboard(Part):
    """A keyboard in place of the phone's own."""

    keyboard: list[list[Annotated[KeyButton, BeforeValidator(_key_from_text)]]]
    is_persistent: bool | None = None
    resize_keyboard: bool | None = None
    one_time_keyboard: bool | None = None
    input_field_placeholder: str | None = Field(default=None, min_length=1, max_length=64)
    selective: bool | None = None


class RemoveKeyboard(Part):
    """Takes the keyboard away again."""

    remove_keyboard: Literal[True]
    selective: bool | None = None


class ForceReply(Part):
    """Opens an answer to the message by itself."""

    force_reply: Literal[True]
    input_field_placeholder: str | None = Field(default=None, min_length=1, max_length=64)
    selective: bool | None = None


def _kind_of_markup(value: object) -> str:
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, Part) else ()
    for name in ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply"):
        if name in keys:
            return name
    raise bad_request("object expected as reply markup")


AnyMarkup = Annotated[
    Annotated[InlineKeyboard, Tag("inline_keyboard")]
    | Annotated[ReplyKeyboard, Tag("keyboard")]
    | Annotated[RemoveKeyboard, Tag("remove_keyboard")]
    | Annotated[ForceReply, Tag("force_reply")],
    Discriminator(_kind_of_markup),
]


class MessageEntity(Part):
    """A stretch of text with a meaning."""

    type: str
    offset: int = Field(ge=0)
    length: int = Field(gt=0)
    url: str | None = None
    language: str | None = None


class ReplyParameters(Part):
    """The message that is answered."""

    message_id: int
    chat_id: int | None = None
    allow_sending_without_reply: bool = False
    quote: str | None = None


class LinkPreview(Part):
    """Whether a link shows a preview."""

    is_disabled: bool | None = None
    url: str | None = None
    prefer_small_media: bool | None = None
    prefer_large_media: bool | None = None
    show_above_text: bool | None = None


class InputMedia(Part):
    """A picture or file of an album, or the one that takes another's place."""

    type: Literal["photo", "document"]
    media: str
    caption: str | None = None
    parse_mode: str | None = None
    caption_entities: list[MessageEntity] | None = None
    show_caption_above_media: bool | None = None
    has_spoiler: bool | None = None
    disable_content_type_detection: bool | None = None


class BotCommand(Part):
    """A command in the bot's menu."""

    command: str
    description: str


class CommandScope(Part):
    """For whom a menu of commands is meant."""

    type: str
    chat_id: int | None = None
    user_id: int | None = None
