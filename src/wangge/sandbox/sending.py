"""The methods that put something new into a chat."""

from typing import Any

from wangge.sandbox.chats import Chat
from wangge.sandbox.content import Uploads, caption_body, file_body, reply_body, text_body
from wangge.sandbox.errors import bad_request
from wangge.sandbox.params import (
    SendChatAction,
    SendDocument,
    Sending,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendVoice,
    WithMarkup,
)
from wangge.sandbox.world import World

ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


def send_message(world: World, params: SendMessage, _uploads: Uploads) -> dict[str, Any]:
    """Send words."""
    chat = _open(world, params)
    return _send(world, chat, params, text_body(world, params.text, params.parse_mode, params.entities))


def send_photo(world: World, params: SendPhoto, uploads: Uploads) -> dict[str, Any]:
    """Send a picture."""
    chat = _open(world, params)
    words = caption_body(world, params)
    return _send(world, chat, params, {**file_body(world, "photo", params.photo, uploads), **words})


def send_document(world: World, params: SendDocument, uploads: Uploads) -> dict[str, Any]:
    """Send a file."""
    chat = _open(world, params)
    words = caption_body(world, params)
    return _send(world, chat, params, {**file_body(world, "document", params.document, uploads), **words})


def send_voice(world: World, params: SendVoice, uploads: Uploads) -> dict[str, Any]:
    """Send a voice note."""
    chat = _open(world, params)
    words = caption_body(world, params)
    body = file_body(world, "voice", params.voice, uploads)
    body["voice"] = {**body["voice"], "duration": params.duration, "mime_type": "audio/ogg"}
    return _send(world, chat, params, {**body, **words})


def send_media_group(world: World, params: SendMediaGroup, uploads: Uploads) -> list[dict[str, Any]]:
    """Send an album: two to ten pictures, or two to ten files, all of it or nothing."""
    chat = _open(world, params)
    if not 2 <= len(params.media) <= 10:
        raise bad_request("wrong number of media in the album, 2-10 are allowed")
    if len({item.type for item in params.media}) > 1:
        raise bad_request("document can't be mixed with other media types")
    shared = {"media_group_id": str(world.next_id("album"))}
    reply = reply_body(world, chat.id, params.reply_parameters)
    bodies = [
        {**file_body(world, item.type, item.media, uploads), **caption_body(world, item)}
        for item in params.media
    ]
    return [world.post(chat, world.bot, {**body, **shared, **reply}, None).payload() for body in bodies]


def send_chat_action(world: World, params: SendChatAction, _uploads: Uploads) -> bool:
    """Show that something is on its way; nothing stays of it."""
    world.chat_for_bot(params.chat_id)
    if params.action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True


def _open(world: World, params: Sending) -> Chat:
    """Return the chat a message goes to; after this, only the content can be wrong."""
    chat = world.chat_for_bot(params.chat_id)
    world.pace.admit(chat.id)
    return chat


def _send(world: World, chat: Chat, params: WithMarkup, body: dict[str, Any]) -> dict[str, Any]:
    body.update(reply_body(world, chat.id, params.reply_parameters))
    markup = params.reply_markup.plain() if params.reply_markup else None
    return world.post(chat, world.bot, body, markup).payload()
