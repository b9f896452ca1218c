"""What people do with one matter, step by step: the ways a replayed town's events go from report to closing."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tests.faults.town_year import Call, Matter, after, is_workday, leader

from wangge.sandbox.views import MessageView

OFFICER = 45
MINUTES = timedelta(minutes=1)
NUMBER = re.compile(r"\d{4}-\d{3,4}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it looks now, for who seeks in hundreds of them."""

    message: MessageView
    words: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One thing that one person says, or taps where `is_tap`."""

    by: int
    words: str
    on: MessageView | None = None
    is_tap: bool = False


Act = Iterator[Step]
Steps = Generator[Step, None, str]
"""Yields what is done and returns the button that was tapped, "" if there was none."""


class Stage(Protocol):
    """What the acts need of the town around them."""

    now: datetime
    staff: dict[str, int]
    filed: set[str]

    def find(self, by: int, label: str, words: str = "", head: str = "") -> Shown | None: ...

    def at(self, moment: datetime, by: int, act: Act, *, talks: bool = False) -> None: ...

    def stall(self, by: int, label: str, number: str) -> None: ...


@dataclass
class Case:
    """One matter on its way; every act plans the next one."""

    stage: Stage
    matter: Matter
    lead: "Case | None" = None
    number: str = ""
    holder: int = 0
    is_kept_open: bool = False
    paused_until: datetime | None = None
    twists: set[str] = field(default_factory=set)
    """What is still to happen to it on the way."""

    def begin(self) -> None:
        """Plan its report."""
        if self.matter.twist:
            self.twists.add(self.matter.twist)
        self.stage.at(self.matter.at, self.matter.by, self.report(), talks=True)

    def report(self) -> Act:
        """Say it in a sentence; some have dealt with it, some are the same as another's."""
        stage, matter, by = self.stage, self.matter, self.matter.by
        if matter.fate == "danger":
            yield Step(by, matter.words)
        else:
            yield from _say(stage, by, matter.words, "上报")
            if question := stage.find(by, "不是，照样上报"):
                same = f"{self.lead.number} 是同一件" if self.lead and matter.fate == "joined" else ""
                is_offered = same in question.labels
                yield Step(by, same if is_offered else "不是，照样上报", question.message, is_tap=True)
                if is_offered:
                    return
        self.number = self._filed()
        if self.number:
            stage.filed.add(self.number)
            self._go_on()
        else:
            stage.stall(by, "filed", matter.words)

    def _filed(self) -> str:
        heads = ("已上报 ", "已报特急 ", "已记下，您已处理好")
        found = (self.stage.find(self.matter.by, "", self.matter.words, head) for head in heads)
        numbers = [NUMBER.findall(shown.words)[0] for shown in found if shown]
        return next((number for number in numbers if number not in self.stage.filed), "")

    def _go_on(self) -> None:
        match self.matter.fate:
            case "self" | "work":
                return
            case "danger":
                self.stage.at(self.stage.now + 10 * MINUTES, OFFICER, self.accept())
            case "withdrawn":
                self.stage.at(self.stage.now + 5 * MINUTES, self.matter.by, self.withdraw(), talks=True)
            case "joined" | "merged":  # a repetition that was not asked about is merged by the desk
                self._later(1, OFFICER, self.merge(), talks=True)
            case "not_grid":
                self._later(1, OFFICER, self.refuse(), talks=True)
            case "petition":
                self._later(2, OFFICER, self.petition(), talks=True)
            case "escalated":
                self._later(2, OFFICER, self.escalate(), talks=True)
            case _ if "returned" in self.twists:
                self._later(1, OFFICER, self.give_back(), talks=True)
            case _:
                self._later(self.matter.waits[0], OFFICER, self.accept())

    def withdraw(self) -> Act:
        """It was nothing."""
        yield from self.taps(self.matter.by, "撤回")
        yield from self.taps(self.matter.by, "误报")

    def merge(self) -> Act:
        """The desk makes it one with what was reported before."""
        assert self.lead
        if (yield from self.taps(OFFICER, "并案")):
            question = self.stage.find(OFFICER, self.lead.number, f"{self.number} 并到哪一件")
            if question:
                yield from self.taps(OFFICER, self.lead.number)
            else:
                yield Step(OFFICER, self.lead.number)

    def refuse(self) -> Act:
        """It is no grid matter."""
        yield from self.taps(OFFICER, "不属网格事项")
        yield from self.taps(OFFICER, "请打12345")

    def petition(self) -> Act:
        """It goes the way of petitions."""
        yield from self.taps(OFFICER, "转信访")
        yield Step(OFFICER, f"清信字第{self.number[-3:]}号")

    def escalate(self) -> Act:
        """The county has to see to it, and does."""
        yield from self.taps(OFFICER, "上报县级")
        yield from self.taps(OFFICER, "镇里没有权限")
        self._later(7 * self.matter.waits[0] + 14, OFFICER, self.close(), talks=True)

    def give_back(self) -> Act:
        """The desk asks back."""
        self.twists.discard("returned")
        yield from self.taps(OFFICER, "退回补充")
        yield from self.taps(OFFICER, "地点说清楚些")
        self._later(self.matter.waits[1], self.matter.by, self.answer(), talks=True)

    def answer(self) -> Act:
        """The reporter answers."""
        yield from self.taps(self.matter.by, "补充说明")
        yield Step(self.matter.by, "就在路口往南二十步")
        self._later(self.matter.waits[0], OFFICER, self.accept())

    def accept(self) -> Act:
        """The desk gives it to whoever usually has it."""
        if label := (yield from self.taps(OFFICER, "受理并指派")):
            self._given(label)

    def _given(self, label: str) -> None:
        """Plan what whoever has it now does."""
        self.holder = next(number for name, number in self.stage.staff.items() if name in label)
        if self.matter.fate == "danger":
            self.stage.at(self.stage.now + 10 * MINUTES, self.holder, self.take())
        elif "handed_back" in self.twists:
            self._later(self.matter.waits[1], self.holder, self.hand_back(), talks=True)
        else:
            self._later(self.matter.waits[1], self.holder, self.take())

    def hand_back(self) -> Act:
        """It is not his."""
        self.twists.discard("handed_back")
        yield from self.taps(self.holder, "退回")
        yield from self.taps(self.holder, "不归我管")
        self._later(1, OFFICER, self.give_again(), talks=True)

    def give_again(self) -> Act:
        """The desk finds somebody else: one of the offices (站所)."""
        yield from self.taps(OFFICER, "派给别人")
        question = self.stage.find(OFFICER, "", f"{self.number} 派给谁")
        label = next((label for label in question.labels if "站所" in label), "") if question else ""
        if label := (yield from self.taps(OFFICER, label or "站所")):
            self._given(label)

    def take(self) -> Act:
        """The holder says that he has it."""
        yield from self.taps(self.holder, "接了")
        if self.matter.fate == "danger":
            self.stage.at(self.stage.now + 90 * MINUTES, self.holder, self.finish(), talks=True)
            return
        self._later(self.matter.waits[2], self.holder, self.finish(), talks=True)
        twist = next(iter(self.twists & {"suspended", "extended", "supervised"}), "")
        self.twists.discard(twist)
        if twist == "supervised":
            self._later(3, self._leader, self.supervise(), talks=True)
        elif twist == "extended":
            self._later(3, self.holder, self.ask("申请延期", "材料没到", self.holder), talks=True)
        elif twist == "suspended":
            self._later(2, OFFICER, self.ask("申请挂账", "要等天气", OFFICER), talks=True)

    @property
    def _leader(self) -> int:
        return leader(self.matter.village)

    def supervise(self) -> Act:
        """A leader wants to know; the holder says that he has read it."""
        if (yield from self.taps(self._leader, "督办")):
            yield Step(self._leader, "说明办到哪一步了，明天前回复")
            self._later(1, self.holder, self.taps(self.holder, "收到"))

    def ask(self, label: str, reason: str, by: int) -> Act:
        """It takes longer than it may, or has to wait; the leader in charge agrees."""
        if (yield from self.taps(by, label)):
            yield from self.taps(by, reason)
            if label == "申请延期":
                question = self.stage.find(by, "", f"{self.number} 延到哪天")
                yield from self.taps(by, question.labels[0] if question else "")
            else:
                days = (self.stage.now + timedelta(days=shift) for shift in range(10, 30))
                self.paused_until = next(day for day in days if is_workday(day.date()))
                yield Step(by, f"{self.paused_until.month}月{self.paused_until.day}日")
            self._later(1, self._leader, self.taps(self._leader, "同意"))

    def finish(self) -> Act:
        """The holder answers his card in a sentence; what is suspended waits."""
        if self.paused_until and self.stage.now < self.paused_until:
            self.stage.at(after(self.paused_until, 2), self.holder, self.finish(), talks=True)
            return
        if self.stage.find(self.holder, "办结", self.number) is None:
            yield Step(self.holder, self.number)  # too far back to be seen
        card = self.stage.find(self.holder, "办结", self.number)
        if card is None:
            self.stage.stall(self.holder, "办结", self.number)
            return
        yield Step(self.holder, "去看过了，弄好了", card.message)
        yield from self.taps(self.holder, "办结", f"{self.number} 算办结吗")
        self._later(self.matter.waits[3], OFFICER, self.check(), talks="redone" in self.twists)

    def check(self) -> Act:
        """The desk checks; now and then it is to be done again."""
        if "redone" in self.twists:
            self.twists.discard("redone")
            yield from self.taps(OFFICER, "退回重办")
            yield from self.taps(OFFICER, "还没办完")
            self._later(3, self.holder, self.take())
        elif not self.is_kept_open:
            yield from self.close()

    def close(self) -> Act:
        """The desk closes it; the reporter may say whether it is so."""
        yield from self.taps(OFFICER, "按此结案")
        if "denied" in self.twists:
            self._later(2, self.matter.by, self.deny())
        elif "reopened" in self.twists:
            self._later(9, OFFICER, self.reopen(), talks=True)
        elif self.matter.is_confirmed and self.matter.fate == "usual":
            self._later(2, self.matter.by, self.taps(self.matter.by, "好了"))

    def deny(self) -> Act:
        """The reporter says that it is not done yet."""
        self.twists.discard("denied")
        if (yield from self.taps(self.matter.by, "还没有")):
            self._later(1, OFFICER, self.accept())

    def reopen(self) -> Act:
        """The desk hears that it has come back."""
        self.twists.discard("reopened")
        if (yield from self.taps(OFFICER, "重办")):
            yield from self.taps(OFFICER, "又出现了")
            self._later(1, OFFICER, self.accept())

    def taps(self, by: int, label: str, words: str = "") -> Steps:
        """Tap a button of the event, or under the words given; a card too old to be seen is opened anew."""
        if not words and self.stage.find(by, label, self.number) is None:
            yield Step(by, self.number)
        return (yield from _tap(self.stage, by, label, words or self.number))

    def _later(self, hours: int, by: int, act: Act, *, talks: bool = False) -> None:
        self.stage.at(after(self.stage.now, hours), by, act, talks=talks)


def visit(stage: Stage, call: Call) -> Act:
    """Tell of a visit in a sentence, and save it."""
    yield from _say(stage, call.by, call.words, "保存")


def _say(stage: Stage, by: int, words: str, label: str) -> Act:
    """Say a sentence and file its card; it may first have seemed to be about what is in hand."""
    yield Step(by, words)
    card, other = stage.find(by, label), stage.find(by, "是新的事")
    if other and (card is None or card.message.message_id < other.message.message_id):
        yield Step(by, "是新的事", other.message, is_tap=True)
    yield from _tap(stage, by, label)


def _tap(stage: Stage, by: int, label: str, words: str = "") -> Steps:
    """Tap the button that begins so, under the newest message with it and these words."""
    shown = stage.find(by, label, words)
    if shown is None:
        stage.stall(by, label, words)
        return ""
    whole = next(one for one in shown.labels if one.startswith(label))
    yield Step(by, whole, shown.message, is_tap=True)
    return whole
