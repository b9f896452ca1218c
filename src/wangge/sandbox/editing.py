"""The methods that change or take away what is in a chat."""

from datetime import timedelta
from typing import Any

from wangge.sandbox.chats import Message
from wangge.sandbox.content import Uploads, caption_body, file_body, text_body
from wangge.sandbox.errors import bad_request
from wangge.sandbox.params import (
    DeleteMessage,
    Editing,
    EditMessageCaption,
    EditMessageMedia,
    EditMessageReplyMarkup,
    EditMessageText,
)
from wangge.sandbox.world import World

DELETABLE_FOR = timedelta(hours=48)
MEDIA = ("photo", "document", "voice")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


def edit_message_text(world: World, params: EditMessageText, _uploads: Uploads) -> dict[str, Any]:
    """Change the words; buttons that are not sent again disappear."""
    message = _editable(world, params)
    if "text" not in message.body:
        raise bad_request("there is no text in the message to edit")
    words = text_body(world, params.text, params.parse_mode, params.entities)
    return _change(world, message, params, _without(message, "text", "entities") | words)


def edit_message_caption(world: World, params: EditMessageCaption, _uploads: Uploads) -> dict[str, Any]:
    """Change the words under a file; buttons that are not sent again disappear."""
    message = _editable(world, params)
    if not any(kind in message.body for kind in MEDIA):
        raise bad_request("there is no caption in the message to edit")
    words = caption_body(world, params)
    return _change(world, message, params, _without(message, "caption", "caption_entities") | words)


def edit_message_reply_markup(
    world: World, params: EditMessageReplyMarkup, _uploads: Uploads
) -> dict[str, Any]:
    """Change the buttons only."""
    message = _editable(world, params)
    return _change(world, message, params, dict(message.body))


def edit_message_media(world: World, params: EditMessageMedia, uploads: Uploads) -> dict[str, Any]:
    """Put another file and caption in the place of what was there."""
    message = _editable(world, params)
    media = params.media
    body = {**file_body(world, media.type, media.media, uploads), **caption_body(world, media)}
    kept = _without(message, *MEDIA, "text", "entities", "caption", "caption_entities")
    return _change(world, message, params, kept | body)


def delete_message(world: World, params: DeleteMessage, _uploads: Uploads) -> bool:
    """Take away a message of the bot, or one of the person in a private chat, within 48 hours."""
    chat = world.chat_for_bot(params.chat_id)
    message = chat.messages.get(params.message_id)
    if message is None or message.is_deleted:
        raise bad_request("message to delete not found")
    is_own = message.sender is world.bot or chat.type == "private"
    if not is_own or world.clock.now() - message.sent_at > DELETABLE_FOR:
        raise bad_request("message can't be deleted for everyone")
    world.delete(message, world.bot)
    return True


def _editable(world: World, params: Editing) -> Message:
    """Return the message to be changed.

    Messages that came with a reply keyboard cannot be edited later. Source:
    core.telegram.org/bots/api#updating-messages.
    """
    chat = world.chat_for_bot(params.chat_id)
    world.pace.admit(chat.id)
    message = chat.messages.get(params.message_id)
    if message is None or message.is_deleted:
        raise bad_request("message to edit not found")
    if message.sender is not world.bot or message.other_markup:
        raise bad_request("message can't be edited")
    return message


def _without(message: Message, *names: str) -> dict[str, Any]:
    return {name: value for name, value in message.body.items() if name not in names}


def _change(world: World, message: Message, params: Editing, body: dict[str, Any]) -> dict[str, Any]:
    body.pop("reply_markup", None)
    if params.reply_markup and params.reply_markup.inline_keyboard:
        body["reply_markup"] = params.reply_markup.plain()
    if world.checks and body == message.body:
        raise bad_request(NOT_MODIFIED)
    world.change(message, body)
    return message.payload()
