"""People and groups move in."""

from pydantic import BaseModel, ConfigDict, Field

from wangge.sandbox.chats import Account, Chat
from wangge.sandbox.errors import ActError
from wangge.sandbox.world import World

FIRST_USER_ID = 500_000_001
FIRST_GROUP_ID = -400_000_001


class NewPerson(BaseModel):
    """A person who gets an account.

    `has_started` opens the chat without a first message; `title` is post and area as the chat page shows
    them, "网格员 · 东桥村".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_name: str = Field(min_length=1, max_length=64)
    last_name: str | None = None
    username: str | None = None
    user_id: int | None = Field(default=None, gt=0)
    title: str = ""
    has_started: bool = False


class NewGroup(BaseModel):
    """A group of people that the bot is a member of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    members: list[int] = Field(min_length=1)


def add_person(world: World, new: NewPerson) -> Account:
    """Give somebody an account and a private chat.

    As on the platform the bot cannot write there before the person has written first.

    Raises:
        ActError: the user id is taken.
    """
    user_id = new.user_id or max(world.accounts, default=FIRST_USER_ID - 1) + 1
    if user_id in world.accounts:
        raise ActError(f"the user id {user_id} is taken")
    named = {"first_name": new.first_name, "last_name": new.last_name, "username": new.username}
    names = {key: value for key, value in named.items() if value}
    account = Account({"id": user_id, "is_bot": False, **names, "language_code": "zh-hans"}, new.title)
    world.accounts[user_id] = account
    world.chats[user_id] = Chat(user_id, "private", names, {user_id}, is_open=new.has_started)
    world.bell.ring()
    return account


def add_group(world: World, new: NewGroup) -> Chat:
    """Found a group; the bot is told that it has become a member.

    Raises:
        ActError: a member does not exist.
    """
    founder = world.account(new.members[0])
    members = {world.account(user_id).id for user_id in new.members}
    chat_id = min(world.chats, default=0)
    chat_id = FIRST_GROUP_ID if chat_id > FIRST_GROUP_ID else chat_id - 1
    chat = Chat(chat_id, "group", {"title": new.title}, members, is_open=True)
    world.chats[chat_id] = chat
    change = {
        "chat": chat.payload(),
        "from": founder.user,
        "date": int(world.clock.now().timestamp()),
        "old_chat_member": {"user": world.bot.user, "status": "left"},
        "new_chat_member": {"user": world.bot.user, "status": "member"},
    }
    world.updates.put("my_chat_member", change)
    return chat
