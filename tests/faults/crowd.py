"""People at their telephones while the bot is killed: they say, wait for what they are shown, tap, tap again.

What they see is looked up in the sandbox's own chats. Whoever waits is patient: the bot is dead half
of the time. With a bot that loses messages people give up after some kills and begin anew.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random

from wangge.sandbox.chats import Message
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox

TAG = re.compile(r"第\d+[盏件]")
"""What tells everything that is said apart."""
LOOKS_BACK = 200
SET_ASIDE = "有一条消息没处理成功"


class GaveUp(Exception):
    """The answer did not come, or it was that the message had been set aside."""


@dataclass
class Crowd:
    """What all people share."""

    sandbox: Sandbox
    dice: Random
    burst: int
    """How many sentences one person says in a row before he waits for an answer."""
    scripts: Sequence[str]
    """What people may do; see Villager."""
    patience: int | None
    """After how many kills somebody gives up waiting; None: never."""
    kills: int = 0
    is_over: bool = False
    said: dict[int, list[str]] = field(default_factory=dict)
    """Chat → the tags of what was said there, in order."""
    words: dict[str, str] = field(default_factory=dict)
    """Tag → the whole of what was said."""
    confirmed: set[str] = field(default_factory=set)
    """Tags of what people confirmed and were shown a number for."""
    waits: dict[int, str] = field(default_factory=dict)
    """Chat → what its person waits for."""
    _tags: "count[int]" = field(default_factory=lambda: count(1))
    _seen: int = 0
    _changes: dict[int, asyncio.Event] = field(default_factory=dict)

    def say_new(self, chat: int, kind: str) -> tuple[str, str]:
        """Return the tag and the words of something that nobody has said before."""
        tag = f"第{next(self._tags)}{'盏' if kind == 'event' else '件'}"
        words = f"村口{tag}灯不亮了" if kind == "event" else f"聊了{tag}事"
        self.words[tag] = words
        self.said.setdefault(chat, []).append(tag)
        return tag, words

    async def watch(self) -> None:
        """Wake everybody in whose chat something has changed, until cancelled."""
        world = self.sandbox.world
        while True:
            await world.bell.wait_until(lambda: len(world.feed) > self._seen, 3600)
            for event in world.feed[self._seen :]:
                self.change_in(event.chat_id).set()
            self._seen = len(world.feed)

    def change_in(self, chat: int) -> asyncio.Event:
        return self._changes.setdefault(chat, asyncio.Event())

    def killed(self) -> None:
        """Let the impatient look at the clock."""
        self.kills += 1
        if self.patience is not None:
            for change in self._changes.values():
                change.set()


class Villager:
    """One person who reports and visits until the crowd's time is over."""

    def __init__(self, crowd: Crowd, person: Person) -> None:
        self._crowd, self._person = crowd, person
        self._chat = crowd.sandbox.world.chats[person.id]
        self._told = 0
        """Where in the town's sequence he was last told that a message was set aside."""

    async def live(self) -> None:
        while True:
            with suppress(GaveUp):
                await getattr(self, self._crowd.dice.choice(self._crowd.scripts))()
            if self._crowd.is_over:
                return

    async def sentences(self) -> None:
        tags = []
        for _ in range(self._crowd.burst):
            tag, words = self._crowd.say_new(self._person.id, "event")
            tags.append(tag)
            await self._person.says(words, wait=False)
        for tag in tags:
            await self._confirm(tag, "上报", is_typed=len(tags) == 1 and self._crowd.dice.random() < 0.2)

    async def report_step_by_step(self) -> None:
        await self._asks("上报事件", "什么事")
        tag, words = self._crowd.say_new(self._person.id, "event")
        await self._person.says(words, wait=False)
        await self._confirm(tag, "上报")

    async def visit(self) -> None:
        tag, words = self._crowd.say_new(self._person.id, "visit")
        await self._person.says(f"昨天去了张家、李家，{words}", wait=False)
        await self._confirm(tag, "保存")

    async def visit_step_by_step(self) -> None:
        await self._asks("记走访", "去了哪几户")
        await self._asks("张家、老李家", "情况怎么样")
        tag, words = self._crowd.say_new(self._person.id, "visit")
        await self._person.says(words, wait=False)
        await self._confirm(tag, "保存")

    async def _asks(self, words: str, question: str) -> None:
        since = self._newest()
        await self._person.says(words, wait=False)
        await self._shown(lambda message: message.seq > since and question in message.words, question)

    async def _confirm(self, tag: str, label: str, *, is_typed: bool = False) -> None:
        """Wait for the card, confirm it once or twice, and wait for the number."""

        def is_mine(message: Message) -> bool:
            return tag in TAG.findall(message.words)

        def has_number(message: Message) -> bool:
            return is_mine(message) and message.words.startswith("已")

        card = await self._shown(
            lambda message: has_number(message) or (is_mine(message) and label in _labels(message)), tag
        )
        if not has_number(card):
            shown = card.view()
            if is_typed:
                await self._person.says(label, wait=False)
            else:
                for _ in range(self._crowd.dice.choice((1, 1, 2))):
                    await self._person.taps_again(label, shown, wait=False)
        await self._shown(has_number, f"the number of {tag}")
        self._crowd.confirmed.add(tag)

    async def _shown(self, holds: Callable[[Message], bool], what: str) -> Message:
        """Wait until the bot shows such a message.

        Raises:
            GaveUp: it did not come within the crowd's patience.
        """
        crowd, since = self._crowd, self._crowd.kills
        change = crowd.change_in(self._person.id)
        crowd.waits[self._person.id] = what
        while True:
            change.clear()
            recent = list(self._chat.messages.values())[-LOOKS_BACK:]
            for message in reversed(recent):
                if not message.sender.user["is_bot"]:
                    continue
                if holds(message):
                    del crowd.waits[self._person.id]
                    return message
                if message.seq > self._told and SET_ASIDE in message.words:
                    self._told = message.seq
                    raise GaveUp
            if crowd.patience is not None and crowd.kills - since >= crowd.patience:
                raise GaveUp
            await change.wait()

    def _newest(self) -> int:
        return self._chat.feed[-1].seq if self._chat.feed else 0


def _labels(message: Message) -> Sequence[str]:
    rows = message.body.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
