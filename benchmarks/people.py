"""People who report events as fast as they are answered, and note how long each answer took."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.stand_in import StandIn

FIRST_PERSON = 20_001
DESK = 20_000
PATIENCE = 30.0
"""Seconds without any answer after which whoever still waits is stuck."""
NUMBER = re.compile(r"\d{4}-\d{3,}")


@dataclass(frozen=True)
class Step:
    """What is typed, or the beginning of the label that is tapped; and what the answer must contain."""

    answer: str
    types: str = ""
    taps: str = ""


INTERVIEW = (
    Step(types="/report", answer="什么事"),
    Step(types="三组路口的路灯不亮了，晚上看不见路", answer="要上报吗"),
    Step(taps="改", answer="改哪一项"),
    Step(taps="类别", answer="哪一类"),
    Step(taps="矛盾纠纷", answer="要上报吗"),
    Step(taps="上报", answer=NUMBER.pattern),
)
"""The six-step report."""
SENTENCE = (
    Step(types="三组路口的路灯不亮了，晚上看不见路", answer="要上报吗"),
    Step(taps="上报", answer=NUMBER.pattern),
)
"""The same in one sentence and one tap."""


@dataclass
class Person:
    """Somebody in the middle of a report."""

    chat: int
    reports_left: int
    script: Sequence[Step]
    at: int = 0
    asked_at: float = 0.0
    shown: dict[int, dict[str, Any]] = field(default_factory=dict)


class People:
    """Everybody who reports at once; `run` plays one course, the bot goes on between courses."""

    def __init__(self) -> None:
        self.stand_in = StandIn(self.heard)
        self.numbers: list[str] = []
        self.waits: list[float] = []
        self.wrong = 0
        """Messages that were not the answer to what the person had just done."""
        self.at_desk = 0
        self._busy: dict[int, Person] = {}
        self._last_answer = 0.0
        self._done = asyncio.Event()

    async def run(self, count: int, reports: int, script: Sequence[Step]) -> tuple[float, int]:
        """Let `count` people make so many reports each; return seconds and how many people got stuck."""
        self.numbers, self.waits, self.wrong, self.at_desk = [], [], 0, 0
        self._done.clear()
        began = self._last_answer = time.perf_counter()
        for number in range(count):
            person = Person(FIRST_PERSON + number, reports, script)
            self._busy[person.chat] = person
            self._act(person)
        while not self._done.is_set() and time.perf_counter() - self._last_answer < PATIENCE:
            try:
                await asyncio.wait_for(self._done.wait(), 1.0)
            except TimeoutError:
                continue
        stuck = len(self._busy)
        self._busy.clear()
        return self._last_answer - began, stuck

    async def calm(self, within: float = PATIENCE) -> bool:
        """Wait until the desk has been told of every report and all taps are answered; tell whether it was so."""
        until = time.perf_counter() + within
        while (  # noqa: ASYNC110 - looked at after the measured time
            self.at_desk < len(self.numbers) or self.stand_in.open_taps
        ) and time.perf_counter() < until:
            await asyncio.sleep(0.02)
        return self.at_desk == len(self.numbers) and not self.stand_in.open_taps

    def heard(self, chat: int, message: dict[str, Any]) -> None:
        """Take in what a chat shows, and go on if it is the answer."""
        if chat == DESK:
            self.at_desk += 1
            return
        person = self._busy.get(chat)
        if person is None:
            return
        person.shown.pop(message["message_id"], None)  # what was edited last is looked at first
        person.shown[message["message_id"]] = message
        found = re.search(person.script[person.at].answer, message["text"])
        if found is None:
            self.wrong += 1
            return
        now = time.perf_counter()
        self._last_answer = now
        self.waits.append(now - person.asked_at)
        self._next(person, found[0])

    def _next(self, person: Person, answer: str) -> None:
        person.at += 1
        if person.at == len(person.script):
            self.numbers.append(answer)
            person.reports_left -= 1
            person.at = 0
            person.shown.clear()
        if person.reports_left:
            self._act(person)
            return
        del self._busy[person.chat]
        if not self._busy:
            self._done.set()

    def _act(self, person: Person) -> None:
        step = person.script[person.at]
        person.asked_at = time.perf_counter()
        if step.types:
            self.stand_in.says(person.chat, step.types)
            return
        for message in reversed(person.shown.values()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
                for button in row:
                    if button["text"].startswith(step.taps):
                        self._tap(person.chat, message, button["callback_data"])
                        return
        raise LookupError(f"no button {step.taps} for {person.chat}: {list(person.shown.values())}")

    def _tap(self, chat: int, message: dict[str, Any], payload: str) -> None:
        self.stand_in.taps(chat, message, payload)
