"""Everything the sandbox knows, and the few ways in which a chat changes.

Both sides, the bot's methods and the acts of people, change chats through here and nowhere else, so
each change gets its place in the one sequence that transcripts are ordered by.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from wangge.sandbox.bell import Bell
from wangge.sandbox.chats import Account, Chat, Message, key_labels
from wangge.sandbox.clock import TownClock
from wangge.sandbox.errors import ActError, bad_request, blocked
from wangge.sandbox.faults import FaultScript
from wangge.sandbox.files import FileStore
from wangge.sandbox.journal import Journal
from wangge.sandbox.pace import Pace
from wangge.sandbox.updates import UpdateQueue
from wangge.sandbox.views import ChatView, Edit, Event, EventKind


@dataclass(frozen=True)
class Query:
    """A tap that waits for an answer."""

    id: str
    person: Account
    chat: Chat
    asked_at: datetime
    message_id: int
    payload: str


@dataclass(frozen=True)
class Webhook:
    """Where updates are pushed to."""

    url: str
    secret: str | None
    max_connections: int


class World:
    """Accounts, chats, files, updates and the clock of one made-up town with one bot.

    `bell` rings at each change that somebody may see.
    """

    def __init__(self, *, token: str, bot_name: str, now: datetime, seed: int, journal: Path | None) -> None:
        random = Random(seed)
        self.token = token
        self.checks = True
        self.is_down = False
        self.bell = Bell()
        self.clock = TownClock(now, bell=self.bell)
        self.journal = Journal(journal, self.bell)
        self.updates = UpdateQueue(random.randrange(10**8, 9 * 10**8), self.clock, self.journal)
        self.files = FileStore()
        self.faults = FaultScript()
        self.pace = Pace(self.journal.elapsed)
        self.bot = Account(
            {
                "id": int(token.partition(":")[0]),
                "is_bot": True,
                "first_name": bot_name,
                "username": "wangge_test_bot",
            }
        )
        self.accounts: dict[int, Account] = {}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self.commands: dict[str, list[dict[str, Any]]] = {}
        self.webhook: Webhook | None = None
        self.push_failure: tuple[int, str] | None = None
        self.feed: list[Event] = []
        self._seq = 0
        self._next_ids = {"message": 1, "query": random.randrange(10**17, 10**18), "album": 10**16}

    def next_id(self, kind: str) -> int:
        """Return the next identifier of a message, query or album."""
        self._next_ids[kind] += 1
        return self._next_ids[kind] - 1

    def account(self, user_id: int) -> Account:
        """Return a person.

        Raises:
            ActError: nobody has this identifier.
        """
        if user_id not in self.accounts:
            raise ActError(f"nobody has the user id {user_id}")
        return self.accounts[user_id]

    def chat_for_bot(self, chat_id: int) -> Chat:
        """Return a chat the bot may write to.

        Raises:
            ApiError: it does not exist, was never opened by its person, or the bot was blocked there.
        """
        chat = self.chats.get(chat_id)
        if chat is None or not chat.is_open:
            raise bad_request("chat not found")
        if chat.type == "private" and self.accounts[chat.id].blocks_bot:
            raise blocked()
        return chat

    def post(
        self, chat: Chat, sender: Account, body: dict[str, Any], markup: dict[str, Any] | None
    ) -> Message:
        """Put a message into a chat and return it; `markup` is any keyboard that comes with it."""
        message = Message(chat, self.next_id("message"), sender, self.clock.now(), body)
        if markup and "inline_keyboard" in markup:
            body["reply_markup"] = markup
        elif markup:
            message.other_markup = markup
            chat.markup = None if "remove_keyboard" in markup else markup
        chat.messages[message.message_id] = message
        self.happen("message", chat, sender, message)
        return message

    def change(self, message: Message, body: dict[str, Any]) -> None:
        """Give a message new content and remember the old words."""
        now = self.clock.now()
        message.edits.append(Edit(at=now.isoformat(), before=message.words))
        message.body = body
        message.edited_at = now
        self.happen("edit", message.chat, message.sender, message)

    def delete(self, message: Message, by: Account) -> None:
        """Take a message out of its chat; people's transcripts still show that it was there."""
        message.is_deleted = True
        self.happen("delete", message.chat, by, message)

    def happen(
        self,
        kind: EventKind,
        chat: Chat,
        by: Account,
        message: Message | None = None,
        *,
        text: str = "",
        alert: bool = False,
    ) -> None:
        """Add an event to the chat's feed and the town's."""
        self._seq += 1
        if message and kind in ("message", "edit", "delete"):
            message.seq = self._seq
        event = Event(
            seq=self._seq,
            chat_id=chat.id,
            at=self.clock.now().isoformat(),
            kind=kind,
            by=by.name,
            by_id=by.id,
            message=message.view() if message else None,
            text=text,
            alert=alert,
        )
        chat.feed.append(event)
        self.feed.append(event)
        self.bell.ring()

    def forget(self) -> None:
        """Drop feeds, calls and acknowledged updates, for whoever plays so long that they fill the memory."""
        self.feed.clear()
        for chat in self.chats.values():
            chat.feed.clear()
        self.queries.clear()
        self.journal.forget()

    def look(self, chat: Chat) -> ChatView:
        """Return a chat as its people see it, without what was deleted."""
        markup = chat.markup or {}
        return ChatView(
            chat_id=chat.id,
            type=chat.type,
            title=chat.names.get("title") or self.accounts[chat.id].name,
            keyboard=key_labels(markup),
            placeholder=markup.get("input_field_placeholder"),
            subtitle=self.accounts[chat.id].title if chat.type == "private" else "",
            messages=[message.view() for message in chat.messages.values() if not message.is_deleted],
        )
