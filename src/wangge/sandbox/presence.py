"""Who acts, where, and what an act leaves behind."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from wangge.sandbox.chats import Account, Chat, Message
from wangge.sandbox.errors import ActError
from wangge.sandbox.world import World


class Act(BaseModel):
    """Something a person does; `chat_id` is a group, or the private chat when it is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat_id: int | None = None


@dataclass
class Done:
    """What an act left behind: messages in the chat, updates for the bot."""

    messages: list[Message] = field(default_factory=list)
    update_ids: list[int] = field(default_factory=list)


def chat_of(world: World, person: Account, act: Act) -> Chat:
    """Return the chat an act takes place in.

    Raises:
        ActError: the person is not in that chat, or has blocked the bot there.
    """
    chat = world.chats.get(act.chat_id or person.id)
    if chat is None or person.id not in chat.members:
        raise ActError(f"{person.name} is in no chat {act.chat_id}")
    if chat.type == "private" and person.blocks_bot:
        raise ActError(f"{person.name} has blocked the bot and must unblock it first")
    return chat


def message_in(chat: Chat, message_id: int) -> Message:
    """Return a message of a chat, deleted or not.

    Raises:
        ActError: there never was such a message.
    """
    if message_id not in chat.messages:
        raise ActError(f"there is no message {message_id} in chat {chat.id}")
    return chat.messages[message_id]
