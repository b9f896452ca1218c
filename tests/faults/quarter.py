"""A quarter of the made-up town, 2,900 events through the whole bot: `make quarter`.

Who reports, accepts, handles, forgets, asks for more time, checks and opens again is drawn by lot; town
time goes through every working half hour and the nights. What is promised of quiet is judged by the
sandbox's own log: nobody is written to unasked outside the open hours but about 特急, no notice comes
twice. Printed is what it costs everybody: messages a person and week by role, and the desk's taps.
"""

import asyncio
import heapq
import re
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random

from tests.office import Office, make_template, open_office

from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.person import Person
from wangge.sandbox.views import Event, MessageView

BEGINS = date(2026, 7, 1)
DAYS_OFF = {date(2026, 9, day) for day in range(25, 28)}
MAKE_UP = {date(2026, 9, 20)}
MORNING = datetime.combine(BEGINS, time(8), TOWN_ZONE)
A_DAY = 32
OFFICER, SECOND_OFFICER = 45, 46
OPEN = ((time(8, 30), time(12)), (time(14, 30), time(18)))
ROLES = {
    **dict.fromkeys(range(1, 17), "网格员"),
    **dict.fromkeys(range(17, 33), "村干部"),
    **dict.fromkeys(range(33, 41), "包村干部"),
    **dict.fromkeys(range(41, 45), "包片领导"),
    **dict.fromkeys((OFFICER, SECOND_OFFICER), "值班员"),
    **dict.fromkeys((47, 48), "镇领导"),
    49: "管理员",
    50: "司法所",
    **dict.fromkeys(range(51, 54), "站所"),
}
PLACES = (
    "村口",
    "桥头",
    "一组巷口",
    "二组井边",
    "三组渠边",
    "学校门口",
    "戏台边",
    "老槐树下",
    "后沟",
    "河滩",
)
MATTERS = (
    "井盖丢了",
    "路灯不亮",
    "垃圾堆了好几天",
    "水管漏水",
    "墙要倒",
    "旱厕满了",
    "树歪了",
    "护栏松了",
    "变压器嗡嗡响",
    "自来水停了",
)
NUMBER = re.compile(r"\d{4}-\d{3}")
NOTICE = ("时限", "办结时间快到了", "还没接", "方便时点", "挂账到期")
Act = Callable[[], Awaitable[None]]


@dataclass
class Quarter:
    """The town at work."""

    here: Office
    dice: Random
    persons: dict[int, Person] = field(default_factory=dict)
    now: datetime = MORNING
    queue: list[tuple[datetime, int, Act]] = field(default_factory=list)
    shown: dict[int, dict[int, MessageView]] = field(default_factory=lambda: defaultdict(dict))
    acted: dict[int, datetime] = field(default_factory=dict)
    """When each person last did something himself."""
    acts: Counter[tuple[int, date]] = field(default_factory=Counter)
    unasked: Counter[tuple[int, date]] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    critical: set[str] = field(default_factory=set)
    """Numbers of 特急."""
    filed: int = 0
    stalled: Counter[str] = field(default_factory=Counter)
    _order: Iterator[int] = field(default_factory=count)
    _seq: int = 0

    async def play(self, days: int) -> None:
        """Play so many days, and look at every message."""
        for staff_no in ROLES:
            self.persons[staff_no] = await self.here.person(staff_no)
        for day in range(days):
            self._plan(BEGINS + timedelta(days=day))
        end = datetime.combine(BEGINS + timedelta(days=days), time(0), TOWN_ZONE)
        while self.queue and self.queue[0][0] < end:
            moment = self.queue[0][0]
            await self.here.town.clock_to(moment)
            self.now = moment
            await self._look()
            while self.queue and self.queue[0][0] == moment:
                await heapq.heappop(self.queue)[2]()
            await self.here.town.settled()
            await self._look()

    def at(self, moment: datetime, act: Act) -> None:
        """Let something be done at the next whole half hour; nothing twice in one."""
        slot = moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
        if slot < moment:
            slot += timedelta(minutes=30)
        heapq.heappush(self.queue, (max(slot, self.now + timedelta(minutes=30)), next(self._order), act))

    def later(self, hours: float, act: Act) -> None:
        """Let something be done after so many working hours."""
        moment, left = self.now, timedelta(hours=hours)
        while left > timedelta(0) or not is_open(moment):
            if is_open(moment):
                left -= timedelta(minutes=30)
            moment += timedelta(minutes=30)
        self.at(moment, act)

    def _plan(self, day: date) -> None:
        """Let the clock pass every half hour of the day, a few of the night, and people see things."""

        async def nothing() -> None:
            """Only the clock moves."""

        for half_hour in range(48):
            moment = datetime.combine(day, time(0), TOWN_ZONE) + timedelta(minutes=30 * half_hour)
            if half_hour % 6 == 0 or time(7) <= moment.time() <= time(20):
                heapq.heappush(self.queue, (moment, next(self._order), nothing))
        for _ in range(max(0, round(self.dice.gauss(A_DAY, 6)))):
            minute = self.dice.choice((*range(7 * 60, 12 * 60), *range(14 * 60, 20 * 60)))
            at = datetime.combine(day, time(0), TOWN_ZONE) + timedelta(minutes=minute)
            self.at(at, Case(self, self.dice.randrange(1, 33)).report)
        if self.dice.random() < 0.3:
            night = datetime.combine(day, time(self.dice.choice((1, 2, 4, 22, 23))), TOWN_ZONE)
            self.at(night, Case(self, self.dice.randrange(1, 33), is_danger=True).report)

    def find(self, staff_no: int, label: str, words: str = "") -> MessageView | None:
        """Return the newest message of a chat with such a button, and these words in it."""
        for message in reversed(self.shown[staff_no].values()):
            if words in message.words and any(one.startswith(label) for row in message.labels for one in row):
                return message
        return None

    async def taps(self, staff_no: int, label: str, words: str = "") -> bool:
        """Tap a button that a chat shows; False if it shows none."""
        message = self.find(staff_no, label, words)
        if message is None:
            self.stalled[f"{ROLES[staff_no]} {label}"] += 1
            return False
        whole = next(one for row in message.labels for one in row if one.startswith(label))
        self._note(staff_no)
        await self.persons[staff_no].taps(whole, on=message)
        await self._look()
        return True

    async def says(self, staff_no: int, words: str, reply_to: MessageView | None = None) -> None:
        """Say something."""
        self._note(staff_no)
        await self.persons[staff_no].says(words, reply_to=reply_to)
        await self._look()

    def _note(self, staff_no: int) -> None:
        self.acted[staff_no] = self.now
        self.acts[staff_no, week_of(self.now)] += 1

    async def _look(self) -> None:
        """Take in what the bot has written since the last look, and judge its hour."""
        for event in await self.here.town.events(since=self._seq):
            self._seq = event.seq
            staff_no = event.chat_id - 1000
            if event.message is None or not event.message.from_bot:
                continue
            self.shown[staff_no].pop(event.message.message_id, None)
            self.shown[staff_no][event.message.message_id] = event.message
            while len(self.shown[staff_no]) > 400:
                del self.shown[staff_no][next(iter(self.shown[staff_no]))]
            if event.kind == "message":
                self._judge(staff_no, event.message, event)

    def _judge(self, staff_no: int, message: MessageView, event: Event) -> None:
        words, there = message.words, datetime.fromisoformat(event.at).astimezone(TOWN_ZONE)
        if "特急" in words:
            self.critical |= set(NUMBER.findall(words))
        is_asked = self.acted.get(staff_no) == self.now or staff_no in {OFFICER, SECOND_OFFICER}
        if not is_asked:
            self.unasked[staff_no, week_of(there)] += 1
            if not is_open(there) and not any(number in words for number in self.critical):
                self.wrong.append(f"{there:%m-%d %H:%M} {ROLES[staff_no]}: {words[:60]}")
        head = words.split("\n")[0]
        if any(sign in head for sign in NOTICE):
            due = "".join(line for line in words.split("\n") if "前办结" in line or "前受理" in line)
            is_shown = bool(due) and "接" not in head  # a leader's card names no limit, none that of 接了
            self.notices[f"{staff_no} {head} {due if is_shown else there.date()}"] += 1


@dataclass
class Case:
    """One event and what becomes of it."""

    town: Quarter
    reporter: int
    is_danger: bool = False
    number: str = ""
    holder: int = 0
    days: float = 0.0

    async def report(self) -> None:
        """Say it in a sentence; some have dealt with it, some are the same as another's."""
        town, dice = self.town, self.town.dice
        words = f"{dice.choice(PLACES)}{dice.choice(MATTERS)}"
        is_settled = not self.is_danger and dice.random() < 0.15
        words += "，已处理" if is_settled else "，着火了" if self.is_danger else ""
        await town.says(self.reporter, words)
        if not self.is_danger:
            await town.taps(self.reporter, "上报")
            if question := town.find(self.reporter, "不是，照样上报"):
                same = next(one for row in question.labels for one in row if one.endswith("是同一件"))
                is_same = dice.random() < 0.7
                await town.taps(self.reporter, same if is_same else "不是，照样上报")
                if is_same:
                    return
        self.number = self._filed()
        town.filed += bool(self.number)
        if self.number and not is_settled:
            self._then_accept()

    def _filed(self) -> str:
        for message in reversed(self.town.shown[self.reporter].values()):
            if message.words.startswith(("已上报 ", "已报特急 ", "已记下")):
                return str(NUMBER.findall(message.words)[0])
        return ""

    def _then_accept(self) -> None:
        if self.is_danger:
            self.town.at(self.town.now, self.accept)
        else:
            hours = self.town.dice.choices((0.5, 2, 5, 8, 12), (70, 18, 6, 4, 2))[0]
            self.town.later(hours, self.accept)

    async def accept(self) -> None:
        """The desk gives it to whoever usually has it; now and then it asks back or says no."""
        town, lot = self.town, self.town.dice.random()
        if lot < 0.04 and not self.is_danger and await town.taps(OFFICER, "退回补充", self.number):
            await town.taps(OFFICER, "地点说清楚些", self.number)
            town.later(town.dice.uniform(1, 12), self.answer)
            return
        if lot < 0.07 and not self.is_danger and await town.taps(OFFICER, "不属网格事项", self.number):
            await town.taps(OFFICER, "请打12345", self.number)
            return
        if await town.taps(OFFICER, "受理并指派", self.number):
            self._given()

    async def answer(self) -> None:
        """The reporter answers."""
        if await self.town.taps(self.reporter, "补充说明", self.number):
            await self.town.says(self.reporter, "就在路口往南二十步")
            self._then_accept()

    def _given(self) -> None:
        """See who has it now."""
        for staff_no, chat in self.town.shown.items():
            newest = next(reversed(chat.values()), None)
            if newest and newest.words.startswith(f"派给您 {self.number}"):
                self.holder = staff_no
                self.town.later(self.town.dice.choices((1, 4, 6, 9), (70, 18, 7, 5))[0], self.begin)

    async def begin(self) -> None:
        """The holder takes it, or gives it back."""
        town = self.town
        if town.dice.random() < 0.04 and await town.taps(self.holder, "退回", self.number):
            await town.taps(self.holder, "不归我管", self.number)
            town.later(1, self.give_again)
        elif await town.taps(self.holder, "接了", self.number):
            self.days = town.dice.choices((1, 2, 4, 6), (45, 30, 20, 5))[0]
            town.later(self.days * 7, self.finish)
            if town.dice.random() < 0.02:
                town.later(3, self.supervise)
            if self.days > 4 and town.dice.random() < 0.6:
                town.later(25, self.extend)
            elif town.dice.random() < 0.015:
                town.later(2, self.suspend)

    async def give_again(self) -> None:
        """The desk finds somebody else."""
        if await self.town.taps(OFFICER, "派给别人", self.number):
            message = self.town.find(OFFICER, "", f"{self.number} 派给谁")
            others = [one for row in message.labels for one in row if "站所" in one] if message else []
            if others and await self.town.taps(OFFICER, self.town.dice.choice(others), self.number):
                self._given()

    async def supervise(self) -> None:
        """A leader wants to know."""
        leader = 41 + (self.reporter - 1) % 16 // 4
        await self.town.says(leader, self.number)
        if await self.town.taps(leader, "督办", self.number):
            await self.town.says(leader, "说明办到哪一步了，明天前回复")
            await self.town.taps(self.holder, "收到", self.number)

    async def extend(self) -> None:
        """It takes longer than it may."""
        await self.town.says(self.holder, self.number)
        if await self.town.taps(self.holder, "申请延期", self.number):
            await self.town.taps(self.holder, "材料没到", self.number)
            days = (self.town.now + timedelta(days=shift) for shift in range(7, 30))
            day = next(each for each in days if is_workday(each.date()))
            await self.town.says(self.holder, f"{day.month}月{day.day}日")
            self.town.later(1, self.consent)

    async def suspend(self) -> None:
        """It has to wait for something."""
        await self.town.says(OFFICER, self.number)
        if await self.town.taps(OFFICER, "申请挂账", self.number):
            await self.town.taps(OFFICER, "要等天气", self.number)
            await self.town.says(OFFICER, "下周三")
            self.town.later(1, self.consent)

    async def consent(self) -> None:
        """The leader in charge agrees."""
        await self.town.taps(41 + (self.reporter - 1) % 16 // 4, "同意", self.number)

    async def finish(self) -> None:
        """The holder answers his card in a sentence."""
        town = self.town
        if card := town.find(self.holder, "办结", self.number):
            await town.says(self.holder, "去看过了，弄好了", card)
            await town.taps(self.holder, "办结", f"{self.number} 算办结吗")
            town.later(town.dice.choices((0.5, 3, 6), (70, 20, 10))[0], self.close)
        elif town.dice.random() < 0.8:
            town.later(7, self.finish)  # suspended, or with somebody else

    async def close(self) -> None:
        """The desk checks; the reporter says whether it is so."""
        town = self.town
        if town.dice.random() < 0.02 and await town.taps(OFFICER, "退回重办", self.number):
            await town.taps(OFFICER, "还没办完", self.number)
            town.later(3, self.finish)
        elif await town.taps(OFFICER, "按此结案", self.number):
            town.later(town.dice.uniform(0.5, 10), self.verdict)

    async def verdict(self) -> None:
        """Half of the reporters say so; a few say no."""
        lot = self.town.dice.random()
        if lot < 0.04 and await self.town.taps(self.reporter, "还没有", self.number):
            self.town.later(1, self.accept)
        elif 0.04 <= lot < 0.55:
            await self.town.taps(self.reporter, "好了", self.number)


def is_workday(day: date) -> bool:
    """Tell whether the office works that day, by the State Council's list for 2026."""
    return day in MAKE_UP or (day.weekday() < 5 and day not in DAYS_OFF)


def is_open(moment: datetime) -> bool:
    """Tell whether an unasked message may leave."""
    there = moment.astimezone(TOWN_ZONE)
    return is_workday(there.date()) and any(begin <= there.time() < end for begin, end in OPEN)


def week_of(moment: datetime) -> date:
    day = moment.astimezone(TOWN_ZONE).date()
    return day - timedelta(days=day.weekday())


async def play(folder: Path, days: int, seed: int) -> Quarter:
    """Play so many days of a new town."""
    template = await make_template(folder / "template")
    async with open_office(template, folder / "data", MORNING) as here:
        quarter = Quarter(here, Random(seed))
        await quarter.play(days)
        return quarter


def burden(quarter: Quarter, days: int) -> list[str]:
    """Return the table: unasked messages and own acts a person and week, by role."""
    weeks = sorted({week for _, week in quarter.unasked} | {week for _, week in quarter.acts})
    rows = [f"{'':<8}{'人':>4}{'没问就收到（每人每周，平均/最多）':>20}{'自己说和点（每人每周）':>16}"]
    for role in dict.fromkeys(ROLES.values()):
        people = [staff_no for staff_no, one in ROLES.items() if one == role]
        got = [quarter.unasked[staff_no, week] for staff_no in people for week in weeks]
        done = [quarter.acts[staff_no, week] for staff_no in people for week in weeks]
        mean, most, own = sum(got) / len(got), max(got), sum(done) / len(done)
        rows.append(f"{role:<8}{len(people):>4}{mean:>12.1f} / {most}{own:>16.1f}")
    desk = sum(quarter.acts[OFFICER, week] for week in weeks) / days
    told = sum(quarter.notices.values())
    rows.append(f"{quarter.filed} 件，{days} 天；值班台每天点和说 {desk:.0f} 次；提醒 {told} 条")
    return rows


def faults(quarter: Quarter) -> list[str]:
    """Return what is not as promised."""
    twice = [f"{times} times: {notice}" for notice, times in quarter.notices.items() if times > 1]
    return [*(f"at a closed hour: {one}" for one in quarter.wrong), *twice]


def main() -> None:
    """Read the command line, play and print."""
    parser = ArgumentParser(prog="python -m tests.faults.quarter", description=__doc__)
    parser.add_argument("--days", type=int, default=92)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        quarter = asyncio.run(play(Path(folder), asked.days, asked.seed))
    print("\n".join(burden(quarter, asked.days)))
    found = faults(quarter)
    print("\n".join(found) if found else "no message at a closed hour but of 特急, no notice twice")
    if quarter.stalled:
        print("buttons that were not there:", dict(quarter.stalled.most_common(8)))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
