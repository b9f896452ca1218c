"""What people can do in a chat with the bot, and which updates the bot gets from it."""

import base64
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from wangge.sandbox.chats import Account, Chat
from wangge.sandbox.entities import commands_in
from wangge.sandbox.errors import ActError
from wangge.sandbox.files import sample_photo, sample_voice
from wangge.sandbox.presence import Act, Done, chat_of, message_in
from wangge.sandbox.tapping import Taps, taps
from wangge.sandbox.world import World

TEXT_CHARACTERS = 4096


def _from_base64(value: object) -> object:
    return base64.b64decode(value) if isinstance(value, str) else value


Content = Annotated[bytes | None, BeforeValidator(_from_base64)]


class Says(Act):
    """Types words. A client cuts what is too long for one message."""

    text: str = Field(min_length=1)
    reply_to: int | None = None


class SendsFile(Act):
    """Sends a file; `content` is base64, `size` what the platform claims instead of the true size."""

    kind: Literal["photo", "document", "voice"]
    content: Content = None
    name: str = ""
    size: int | None = None
    caption: str | None = None
    duration: int = 5


class SendsAlbum(Act):
    """Sends several pictures at once; only the first bears the words."""

    contents: list[Content] = Field(min_length=2, max_length=10)
    caption: str | None = None


class SendsLocation(Act):
    """Sends a position in degrees."""

    latitude: float
    longitude: float


class SendsContact(Act):
    """Sends a phone number; one's own unless `user_id` says whose."""

    phone: str
    first_name: str | None = None
    user_id: int | None = None


class SendsSticker(Act):
    """Sends a sticker."""

    emoji: str = "👍"


class Edits(Act):
    """Changes the words of an own message."""

    message_id: int
    text: str = Field(min_length=1)


class Blocks(Act):
    """Stops the bot, or lets it write again."""

    blocks: bool


def says(world: World, person: Account, act: Says) -> Done:
    """Type words."""
    chat = chat_of(world, person, act)
    reply: dict[str, Any] = {}
    if act.reply_to is not None:
        reply = {"reply_to_message": message_in(chat, act.reply_to).payload()}
    done = Done()
    for start in range(0, len(act.text), TEXT_CHARACTERS):
        part = act.text[start : start + TEXT_CHARACTERS]
        _post(world, person, chat, {**_words(part), **reply}, done)
    return done


def sends_file(world: World, person: Account, act: SendsFile) -> Done:
    """Send a photo, document or voice note."""
    number = len(world.files.by_id)
    samples = {"photo": sample_photo(number), "voice": sample_voice(number), "document": b""}
    content = samples[act.kind] if act.content is None else act.content
    stored = world.files.add(act.kind, content, name=act.name, size=act.size)
    body: dict[str, Any] = {act.kind: world.files.describe(stored)}
    if act.kind == "voice":
        body["voice"] = {**body["voice"], "duration": act.duration, "mime_type": "audio/ogg"}
    if act.caption:
        body["caption"] = act.caption
    return _post(world, person, chat_of(world, person, act), body, Done())


def sends_album(world: World, person: Account, act: SendsAlbum) -> Done:
    """Send several pictures at once: as many messages with one group id."""
    chat, done = chat_of(world, person, act), Done()
    shared = {"media_group_id": str(world.next_id("album"))}
    for index, content in enumerate(act.contents):
        picture = sample_photo(len(world.files.by_id)) if content is None else content
        body = {"photo": world.files.describe(world.files.add("photo", picture)), **shared}
        if act.caption and index == 0:
            body["caption"] = act.caption
        _post(world, person, chat, body, done)
    return done


def sends_location(world: World, person: Account, act: SendsLocation) -> Done:
    """Send a position."""
    place = {"latitude": act.latitude, "longitude": act.longitude}
    return _post(world, person, chat_of(world, person, act), {"location": place}, Done())


def sends_contact(world: World, person: Account, act: SendsContact) -> Done:
    """Send a phone number."""
    contact = {
        "phone_number": act.phone,
        "first_name": act.first_name or person.user["first_name"],
        "user_id": act.user_id or person.id,
    }
    return _post(world, person, chat_of(world, person, act), {"contact": contact}, Done())


def sends_sticker(world: World, person: Account, act: SendsSticker) -> Done:
    """Send a sticker."""
    stored = world.files.add("sticker", b"RIFF")
    sticker = {
        **world.files.describe(stored),
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": act.emoji,
    }
    return _post(world, person, chat_of(world, person, act), {"sticker": sticker}, Done())


def edits(world: World, person: Account, act: Edits) -> Done:
    """Change the words of an own message."""
    message = message_in(chat_of(world, person, act), act.message_id)
    if message.sender is not person:
        raise ActError("only one's own messages can be edited")
    name = "text" if "text" in message.body else "caption"
    marks = {"entities", "caption_entities", name}
    kept = {key: value for key, value in message.body.items() if key not in marks}
    world.change(message, {**kept, **(_words(act.text) if name == "text" else {"caption": act.text})})
    update_id = world.updates.put("edited_message", message.payload())
    return Done([message], [] if update_id is None else [update_id])


def blocks(world: World, person: Account, act: Blocks) -> Done:
    """Stop the bot, or let it write again; the platform tells the bot either way."""
    if person.blocks_bot == act.blocks:
        return Done()
    person.blocks_bot = act.blocks
    banned = {"user": world.bot.user, "status": "kicked", "until_date": 0}
    member = {"user": world.bot.user, "status": "member"}
    change = {
        "chat": world.chats[person.id].payload(),
        "from": person.user,
        "date": int(world.clock.now().timestamp()),
        "old_chat_member": member if act.blocks else banned,
        "new_chat_member": banned if act.blocks else member,
    }
    update_id = world.updates.put("my_chat_member", change)
    return Done([], [] if update_id is None else [update_id])


def _post(world: World, person: Account, chat: Chat, body: dict[str, Any], done: Done) -> Done:
    message = world.post(chat, person, body, None)
    chat.is_open = True
    done.messages.append(message)
    update_id = world.updates.put("message", message.payload())
    if update_id is not None:
        done.update_ids.append(update_id)
    return done


def _words(text: str) -> dict[str, Any]:
    commands = commands_in(text)
    return {"text": text, **({"entities": commands} if commands else {})}


ACTS: dict[str, tuple[type[Act], Callable[[World, Account, Any], Done]]] = {
    "says": (Says, says),
    "sends_file": (SendsFile, sends_file),
    "sends_album": (SendsAlbum, sends_album),
    "sends_location": (SendsLocation, sends_location),
    "sends_contact": (SendsContact, sends_contact),
    "sends_sticker": (SendsSticker, sends_sticker),
    "edits": (Edits, edits),
    "taps": (Taps, taps),
    "blocks": (Blocks, blocks),
}
