"""What the bot is doing for a chat right now, read off the platform's own journal."""

from dataclasses import dataclass, field
from typing import Any

from wangge.sandbox.journal import Call
from wangge.sandbox.world import World


@dataclass(frozen=True)
class Answered:
    """A tap the bot has answered."""

    chat_id: int
    message_id: int
    payload: str


@dataclass
class Watch:
    """Marks by chat, brought up to date by `look`.

    `fetched` is the newest own message the bot has got; `busy` changes to a new number whenever the bot
    begins with something, and to 0 when it has answered; `read` is up to where somebody has seen it.
    """

    world: World
    fetched: dict[int, int] = field(default_factory=dict)
    busy: dict[int, int] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    read: dict[int, int] = field(default_factory=dict)
    _handed: int = 0
    _called: int = 0
    _begun: int = 0

    def look(self) -> None:
        """Take in what was handed out and called since the last look."""
        journal = self.world.journal
        handed, self._handed = journal.handed[self._handed :], len(journal.handed)
        for update_id in handed:
            self._take(journal.updates[update_id].payload)
        calls, self._called = journal.calls[self._called :], len(journal.calls)
        for call in calls:
            if call.outcome == "ok":
                self._hear(call)

    def unread(self, chat_id: int) -> int:
        """Count the bot's messages since somebody looked, or the person acted."""
        count, mark = 0, self.read.get(chat_id, 0)
        for event in reversed(self.world.chats[chat_id].feed):
            if event.seq <= mark or event.by_id == chat_id:
                break
            is_there = event.message is not None and not self._is_gone(chat_id, event.message.message_id)
            count += event.kind == "message" and is_there
        return count

    def _is_gone(self, chat_id: int, message_id: int) -> bool:
        return self.world.chats[chat_id].messages[message_id].is_deleted

    def _take(self, update: dict[str, Any]) -> None:
        chat_id = chat_of_update(update)
        if chat_id is None:
            return
        self._begin(chat_id)
        message_id = update.get("message", {}).get("message_id")
        if isinstance(message_id, int):
            self.fetched[chat_id] = max(self.fetched.get(chat_id, 0), message_id)

    def _hear(self, call: Call) -> None:
        if call.method == "answerCallbackQuery":
            query = self.world.queries[call.params["callback_query_id"]]
            self.answered.append(Answered(query.chat.id, query.message_id, query.payload))
            self.busy[query.chat.id] = 0
        elif call.method == "sendChatAction":
            self._begin(call.params["chat_id"])
        elif "chat_id" in call.params:
            self.busy[call.params["chat_id"]] = 0

    def _begin(self, chat_id: int) -> None:
        self._begun += 1
        self.busy[chat_id] = self._begun


def chat_of_update(update: dict[str, Any]) -> int | None:
    """Return the chat an update comes from; None if it is none of a chat, or made up by a test."""
    for kind in ("message", "edited_message", "my_chat_member", "callback_query"):
        part = update.get(kind)
        if isinstance(part, dict):
            place = part.get("message", {}) if kind == "callback_query" else part
            return place.get("chat", {}).get("id") if isinstance(place, dict) else None
    return None
