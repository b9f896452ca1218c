"""From the parameters of a call to the content of a message, with every limit on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wangge.sandbox.entities import Entity, parse_html, trim
from wangge.sandbox.errors import ApiError, bad_request
from wangge.sandbox.files import PHOTO_BYTES, StoredFile, image_size
from wangge.sandbox.markup import InputMedia, MessageEntity, ReplyParameters
from wangge.sandbox.params import Captioned, EditMessageCaption
from wangge.sandbox.world import World

TEXT_CHARACTERS = 4096
CAPTION_CHARACTERS = 1024
UPLOAD_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes


Uploads = Mapping[str, Upload]


def text_body(
    world: World, text: str, parse_mode: str | None, entities: list[MessageEntity] | None
) -> dict[str, Any]:
    """Return the content of a text message.

    Raises:
        ApiError: nothing is left of the text, it is too long, or its marks are wrong.
    """
    plain, marks = _parsed(world, text, parse_mode, entities)
    if not plain:
        raise bad_request("message text is empty")
    if world.checks and len(plain) > TEXT_CHARACTERS:
        raise bad_request("message is too long")
    return {"text": plain, **({"entities": marks} if marks else {})}


def caption_body(world: World, part: Captioned | EditMessageCaption | InputMedia) -> dict[str, Any]:
    """Return the caption of a file as content; none at all if it has no words.

    Raises:
        ApiError: it is too long, or its marks are wrong.
    """
    plain, marks = _parsed(world, part.caption or "", part.parse_mode, part.caption_entities)
    if world.checks and len(plain) > CAPTION_CHARACTERS:
        raise bad_request("message caption is too long")
    body: dict[str, Any] = {"caption": plain} if plain else {}
    return {**body, "caption_entities": marks} if marks else body


def _parsed(
    world: World, text: str, parse_mode: str | None, entities: list[MessageEntity] | None
) -> tuple[str, list[Entity]]:
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        if world.checks:
            return parse_html(text)
    return trim(text, [entity.plain() for entity in entities or []])


def file_body(world: World, kind: str, source: str, uploads: Uploads) -> dict[str, Any]:
    """Return the content of a message that holds a file: one uploaded now, or one sent before.

    Raises:
        ApiError: the file is not there, too big, or of another kind.
    """
    if source.startswith("attach://"):
        stored = _store(world, kind, uploads.get(source.removeprefix("attach://")))
    elif source in world.files.by_id:
        stored = world.files.by_id[source]
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    else:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return {kind: world.files.describe(stored)}


def _store(world: World, kind: str, upload: Upload | None) -> StoredFile:
    if upload is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    size = len(upload.content)
    if not size:
        raise bad_request("file must be non-empty")
    if size > UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo" and world.checks:
        if size > PHOTO_BYTES:
            raise bad_request(
                f"file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
            )
        _check_picture(upload.content)
    return world.files.add(kind, upload.content, name=upload.name)


def _check_picture(content: bytes) -> None:
    measures = image_size(content)
    if measures is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    short, long = sorted(measures)
    if short + long > 10_000 or long > 20 * short:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def reply_body(world: World, chat_id: int, reply: ReplyParameters | None) -> dict[str, Any]:
    """Return the answered message as content.

    Raises:
        ApiError: that message is gone and the bot insists on it.
    """
    if reply is None:
        return {}
    answered = world.chats[chat_id].messages.get(reply.message_id)
    if answered and not answered.is_deleted:
        payload = answered.payload()
        payload.pop("reply_to_message", None)
        return {"reply_to_message": payload}
    if reply.allow_sending_without_reply:
        return {}
    raise bad_request("message to be replied not found")
