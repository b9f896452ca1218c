"""Let a town work for months of its time and look whether the bot stays what it was: make soak.

People report by sentence and step by step and log visits, the desk assigns and closes, village cadres
handle; some tap twice, some acknowledgements get lost so that updates come again, nights and days pass.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from benchmarks import town
from benchmarks.contenders import BOT_CORE, OTHER_CORE, Running, ours, running
from benchmarks.people import DESK, FIRST_PERSON, INTERVIEW, PATIENCE, SENTENCE, People, Person, Step
from benchmarks.stand_in import TOWN_TIME

REPORTERS = 40
FIRST_CADRE = 30_001
FIRST_DAY = datetime.fromisoformat(TOWN_TIME)
STOPS = (hour(3, 30), hour(8, 30), hour(10), hour(11, 30), hour(15), hour(17), hour(20))
"""Where town time stands on each day, one after the other: purge, todo and digest, work, evening brief."""
AT_DESK = 8
"""With so many events under way people only log visits: the desk is one chat, and answered one by one."""
FILED, SAVED = INTERVIEW[-1], Step(taps="保存", answer="^已记走访")
"""What makes a record. A desk that is quick changes the reporter's card before he reads that it is filed."""
HANDLING = (
    Step(taps="接了", answer="^您在办"),
    Step(types="去看过了，修好了", answer="算办结吗"),
    Step(taps="办结", answer="算办结。"),
)
LOOKS = 20
"""How often one looks at the bot."""


@dataclass(frozen=True)
class Sample:
    """How the bot is at one moment; times since the sample before."""

    updates: int
    day: int
    memory_mb: float
    handles: int
    threads: int
    wal_mb: float
    database_mb: float
    inbox: int
    outbox: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """A handled update, of all threads."""


MAY_GROW = {
    "memory_mb": (1.02, 3.0),
    "handles": (1.0, 10.0),  # threads of the database come when they are needed, with two files each
    "threads": (1.0, 4.0),
    "wal_mb": (1.25, 4.0),
    "inbox": (1.25, 100.0),
    "outbox": (1.25, 300.0),
    "p50_ms": (2.0, 20.0),
    "p99_ms": (3.0, 100.0),
    "cpu_ms": (1.25, 0.5),
}
"""The median of the last third may be that of the middle third times the one, plus the other."""
SIZES = frozenset(name for name in MAY_GROW if not name.endswith("_ms"))


class Townspeople(People):
    """Everybody, busy until it is over."""

    def __init__(self, reporters: int, stops: Sequence[hour]) -> None:
        super().__init__()
        self._stops = stops
        self.confirmed = 0
        """Events and visits of which somebody was shown that they are stored."""
        self._reporters = range(FIRST_PERSON, FIRST_PERSON + reporters)
        self._dice = Random(1)
        self._rests = False
        self._said = 0
        self._under_way = 0
        self._tapped: deque[str] = deque(maxlen=1000)
        self._last_tap: dict[int, tuple[dict[str, Any], str]] = {}
        self._cards: dict[int, list[dict[str, Any]]] = defaultdict(list)

    async def work(self, updates: int, a_day: int, every: int, look: Callable[[int], None]) -> int:
        """Work until so many updates are made, `look` at times; return how many acts were not answered."""
        stops, looked = self._stops.index(FIRST_DAY.time()), every
        until_stop = 0
        while self.stand_in.handed_out < updates:
            until_stop += a_day // len(self._stops)
            await self._go_on(until_stop)
            if not await self._rest():
                break
            if self.stand_in.handed_out >= looked:
                looked += every
                look(stops // len(self._stops))
            stops += 1
            day = FIRST_DAY + timedelta(days=stops // len(self._stops))
            self.stand_in.move_to(datetime.combine(day, self._stops[stops % len(self._stops)], day.tzinfo))
            self.stand_in.deaf += 1
        return len(self._busy) + len(self.stand_in.open_taps)

    async def _go_on(self, until: int) -> None:
        """Let everybody do one thing after the other until so many updates are made."""
        for person in self._reporters:
            self._begin(person)
        await _wait_for(lambda: self.stand_in.handed_out >= until or self._longest_wait() > PATIENCE)

    async def _rest(self) -> bool:
        """Wait until everybody has finished what he is at; tell whether it was so."""
        self._rests = True
        until = time.perf_counter() + PATIENCE

        def is_quiet() -> bool:
            return not self._busy and not self.stand_in.open_taps

        await _wait_for(lambda: is_quiet() or time.perf_counter() > until)
        self._rests = False
        return is_quiet()

    def heard(self, chat: int, message: dict[str, Any]) -> None:
        """Take in what a chat shows; the desk and the cadres act on their cards."""
        if chat == DESK:
            if found := _button(message, "受理并指派") or _button(message, "按此结案"):
                self._under_way -= found.startswith("close") and found not in self._tapped
                self._tap_once(chat, message, found)
            return
        if chat >= FIRST_CADRE and (found := _button(message, "接了")) and found not in self._tapped:
            self._tapped.append(found)
            self._cards[chat].append(message)
            if chat not in self._busy:
                self._handle_next(chat)
            return
        super().heard(chat, message)

    def _begin(self, chat: int) -> None:
        self._said += 1
        reports = (SENTENCE, INTERVIEW) if self._under_way < AT_DESK else ()
        kinds = (*_visits(self._said), *reports)
        script = self._dice.choice(kinds)
        self._under_way += script[-1] == FILED
        self._busy[chat] = Person(chat, 1, script)
        self._act(self._busy[chat])

    def _handle_next(self, chat: int) -> None:
        card = self._cards[chat].pop(0)
        self._busy[chat] = Person(chat, 1, HANDLING, shown={card["message_id"]: card})
        self._act(self._busy[chat])

    def _next(self, person: Person, answer: str) -> None:
        person.at += 1
        if person.at < len(person.script):
            self._act(person)
            return
        del self._busy[person.chat]
        self.confirmed += person.script[-1] in {FILED, SAVED}
        if self._dice.random() < 0.2 and (tap := self._last_tap.get(person.chat)):
            self.stand_in.taps(person.chat, *tap)  # a thumb that does not wait, or a card of long ago
        if person.chat >= FIRST_CADRE:
            if self._cards[person.chat]:
                self._handle_next(person.chat)
        elif not self._rests:
            self._begin(person.chat)

    def _tap(self, chat: int, message: dict[str, Any], payload: str) -> None:
        self._last_tap[chat] = (message, payload)
        super()._tap(chat, message, payload)

    def _tap_once(self, chat: int, message: dict[str, Any], payload: str) -> None:
        if payload not in self._tapped:  # a card is shown again whenever something changes
            self._tapped.append(payload)
            self._tap(chat, message, payload)

    def _longest_wait(self) -> float:
        return max((time.perf_counter() - person.asked_at for person in self._busy.values()), default=0.0)


@dataclass
class Looker:
    """Looks at a running bot."""

    bot: Running
    people: Townspeople
    samples: list[Sample]
    _cpu: float = 0.0
    _updates: int = 0

    def look(self, day: int) -> None:
        """Take a sample and print it."""
        file, updates, cpu = self.bot.folder / "wangge.db", self.people.stand_in.handed_out, self.bot.cpu()
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            inbox, outbox = (
                database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("inbox", "outbox")
            )
        waits, self.people.waits = self.people.waits, []
        sample = Sample(
            updates=updates,
            day=day,
            memory_mb=self.bot.memory_mb(),
            handles=self.bot.handles(),
            threads=self.bot.threads(),
            wal_mb=file.with_name("wangge.db-wal").stat().st_size / 1e6,
            database_mb=file.stat().st_size / 1e6,
            inbox=inbox,
            outbox=outbox,
            p50_ms=median(waits) * 1000,
            p99_ms=quantiles(waits, n=100)[98] * 1000,
            cpu_ms=(cpu - self._cpu) / (updates - self._updates) * 1000,
        )
        self._cpu, self._updates = cpu, updates
        self.samples.append(sample)
        values = (f"{value:.1f}" if isinstance(value, float) else value for value in astuple(sample))
        print("".join(f"{value:>12}" for value in values), flush=True)


def grown(samples: list[Sample], names: frozenset[str] = frozenset(MAY_GROW)) -> list[str]:
    """Return what has grown more than it may, from the middle third to the last one."""
    third = len(samples) // 3
    if not third:
        return ["nothing, for it ended too early"]
    found = []
    for name in sorted(names):
        times, plus = MAY_GROW[name]
        middle, last = (
            median(getattr(one, name) for one in part) for part in (samples[third:-third], samples[-third:])
        )
        if last > middle * times + plus:
            found.append(f"{name} {middle:.1f} → {last:.1f}")
    return found


async def soak(
    folder: Path,
    updates: int,
    a_day: int,
    reporters: int = REPORTERS,
    stops: Sequence[hour] = STOPS,
    core: int | None = BOT_CORE,
) -> tuple[list[Sample], list[str]]:
    """Return the samples of one run on a new town, and what went wrong."""
    grids = town.grids()
    cadres = dict.fromkeys(grid.partition("村")[0] + "村" for grid in grids)
    others = {FIRST_CADRE + place: ("村干部", village) for place, village in enumerate(cadres)}
    others[DESK - 2] = ("镇领导", "清河镇")
    (folder / "new").mkdir()
    await town.make(folder / "new", reporters, others)
    people, samples = Townspeople(reporters, stops), list[Sample]()
    async with people.stand_in, running(ours(), people, folder / "new", folder / "data", core) as bot:
        looker = Looker(bot, people, samples)
        waiting = await people.work(updates, a_day, updates // LOOKS, looker.look)
    wrong = [f"{waiting} acts without an answer"] if waiting else []
    with closing(sqlite3.connect(folder / "data" / "wangge.db")) as database:
        stored = database.execute("SELECT count(*) FROM records").fetchone()[0]
        lost = database.execute("SELECT count(*) FROM inbox WHERE state <> 'done'").fetchone()[0]
    if stored != people.confirmed:
        wrong.append(f"{people.confirmed} records were confirmed and {stored} are stored")
    if lost:
        wrong.append(f"{lost} updates were not handled")
    log = (folder / "data" / "bot.log").read_text().splitlines()[1:]  # the first tells that it has started
    if trouble := [line for line in log if "calendar_unknown" not in line]:
        wrong.append(f"the bot logged {len(trouble)} times: {trouble[0]}")
    return samples, wrong


def _visits(number: int) -> tuple[tuple[Step, ...], ...]:
    """Return how one may log a visit; the last way leaves the card unanswered, so that he is asked about it."""
    sentence = Step(types=f"昨天去了张家、李家，聊了第{number}件事", answer="^要记下")
    step_by_step = (
        Step(types="记走访", answer="去了哪几户"),
        Step(types=f"张{number}家、老李家", answer="情况怎么样"),
        Step(types=f"都好，聊了第{number}件事", answer="^要记下"),
    )
    return (sentence, SAVED), (*step_by_step, SAVED), (sentence,)


def _button(message: dict[str, Any], label: str) -> str:
    """Return the payload of the button that begins so, "" if there is none."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    return next((one["callback_data"] for row in rows for one in row if one["text"].startswith(label)), "")


async def _wait_for(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - nothing tells all of what is waited for
        await asyncio.sleep(0.01)


def main() -> None:
    """Read the command line and soak."""
    parser = ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--day", type=int, default=1_000, help="updates a day of town time")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    print("".join(f"{field.name:>12}" for field in fields(Sample)))
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(Path(folder), asked.updates, asked.day))
    samples, wrong = found
    wrong += [f"grown: {one}" for one in grown(samples)]
    print("\n".join(wrong) if wrong else "flat: the last third is as the middle third")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
