"""The kill loop: a bot dies by kill -9 again and again while people use it, and the sandbox's log judges.

The same loop runs ours and the control; what differs is a `Bot`. Nothing that a bot says about itself
is believed: acknowledged and sent is what the platform wrote down, stored is what its store holds.
"""

import asyncio
import json
import pickle
import shutil
import signal
import socket
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any, Protocol

from tests.faults.crowd import SET_ASIDE, TAG, Crowd, Villager
from tests.faults.forks import Order, open_bots
from tests.faults.lives import NUMBER, SAYING, select
from tests.office import MONDAY_10

from wangge.sandbox.journal import Call
from wangge.sandbox.person import Person
from wangge.sandbox.server import TOKEN, Sandbox
from wangge.sandbox.town import Town
from wangge.storage.seal import read_key

Moment = Callable[[Random, Sandbox], Awaitable[None]]
AFRESH = 25
"""Every so-manieth life is started as a supervisor would, not forked."""
MOST_PEOPLE = 25
STOPS_WITHIN = 8.0
ENDS_WITHIN = 1500.0


@dataclass
class Tally:
    """What a campaign came to."""

    bot: str
    backlog: int
    kills: int = 0
    acknowledged: int = 0
    """Updates that the platform has forgotten because the bot took them."""
    unanswered: int = 0
    """Sentences acknowledged, and never a word in return, not even that they were set aside."""
    set_aside: int = 0
    confirmed: int = 0
    """Records that people confirmed and were shown a number for."""
    numbers: int = 0
    not_stored: int = 0
    """Numbers sent that the store does not hold, or holds with other words."""
    changed: int = 0
    """Records with words that nobody said."""
    doubled: int = 0
    """Records of one and the same confirmation beyond the first."""
    disordered: int = 0
    said_twice: int = 0
    """Messages repeated because the bot died between sending and remembering it."""

    @property
    def lost(self) -> int:
        return self.unanswered + self.not_stored + self.changed + self.doubled + self.disordered

    def __add__(self, other: "Tally") -> "Tally":
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in {"bot", "backlog"}
        }
        return Tally(f"{self.bot.split(',')[0]}, all", 0, **sums)


def table(tallies: Sequence[Tally]) -> str:
    """Return the tallies as lines to be printed."""
    heads = {
        "bot": "bot",
        "backlog": "backlog",
        "kills": "kills",
        "acknowledged": "acknowledged",
        "unanswered": "unanswered",
        "set_aside": "set aside",
        "confirmed": "confirmed",
        "numbers": "numbers sent",
        "not_stored": "not stored",
        "changed": "changed",
        "doubled": "doubled",
        "disordered": "out of order",
        "said_twice": "said twice",
    }
    widths = {name: max(len(head), 7) for name, head in heads.items()} | {"bot": 24}
    rows = [heads, *({name: str(getattr(tally, name)) for name in heads} for tally in tallies)]
    return "\n".join(
        "  ".join(
            row[name].ljust(widths[name]) if name == "bot" else row[name].rjust(widths[name])
            for name in heads
        )
        for row in rows
    )


class Mortal(Protocol):
    """What the loop starts and kills: one process, or one of several at a time."""

    async def start(self, order: Order, *, afresh: bool = False) -> None: ...

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int: ...


class Bot(ABC):
    """A bot under test: how it is started, who uses it, and what its store holds."""

    name: str
    module: str
    warm: tuple[str, ...] = ()
    """What else is imported before the forks: the module imports it late."""
    scripts: tuple[str, ...] = ("sentences", "sentences", "report_step_by_step")
    patience: int | None = None

    @abstractmethod
    def order(self, folder: Path, sandbox: Sandbox) -> Order:
        """Prepare a folder; return how to start the bot in it."""

    def open(self) -> AbstractAsyncContextManager[Mortal]:
        """Return what starts and kills it."""
        return open_bots(self.module, *self.warm)

    @abstractmethod
    async def people(self, town: Town, backlog: int) -> list[Person]:
        """Return the people who use it at once."""

    async def settle(self, town: Town, order: Order) -> None:
        """Wait until nothing is left to do, as it says itself."""
        town.health_url = f"http://127.0.0.1:{order.environment['WANGGE_HEALTH_PORT']}"
        await town.settled()

    @abstractmethod
    def stored(self, folder: Path, since: int) -> list[tuple[str, str]]:
        """Return number and words of what was stored, in order, from the so-manieth on."""

    @abstractmethod
    def check_kept(self, folder: Path, sandbox: Sandbox) -> None:
        """Check what must hold after each death."""

    @abstractmethod
    def check_done(self, folder: Path) -> int:
        """Check what must hold at the end; return how many messages were set aside."""


class Ours(Bot):
    """`wangge run` on a copy of the made-up town."""

    module = "wangge.bot.__main__"
    warm = ("wangge.bot.app", "wangge.bot.office", "wangge.bot.settings")
    scripts = (*Bot.scripts, "visit", "visit_step_by_step")

    def __init__(self, template: Path, *, webhook: bool = False) -> None:
        self.name = "wangge, webhook" if webhook else "wangge, polling"
        self._template, self._webhook = template, webhook
        self._kept: set[str] = set()
        self._seen = 0

    def order(self, folder: Path, sandbox: Sandbox) -> Order:
        shutil.copytree(self._template, folder)  # makes the folders above it
        environment = {
            "WANGGE_DATA_DIR": str(folder),
            "WANGGE_TELEGRAM_TOKEN": TOKEN,
            "WANGGE_TELEGRAM_API": sandbox.url,
            "WANGGE_TELEGRAM_PACE": "0",
            "WANGGE_CLOCK": sandbox.url,
            "WANGGE_HEALTH_PORT": str(free_port()),
            "WANGGE_ALBUM_WAIT": "0.05",
            "WANGGE_LOG_LEVEL": "error",
            "PYTHONUTF8": "1",
        }
        if self._webhook:
            port = free_port()
            environment["WANGGE_WEBHOOK_PORT"] = str(port)
            environment["WANGGE_TELEGRAM_WEBHOOK"] = f"http://127.0.0.1:{port}/telegram"
        return Order(
            module=self.module, words=["run"], environment=environment, log=folder.with_suffix(".log")
        )

    async def people(self, town: Town, backlog: int) -> list[Person]:
        roster = resources.files("wangge.demo").joinpath("roster.csv").read_text().splitlines()[1:]
        everybody = [
            await town.person(name, user_id=1000 + int(number), has_started=True)
            for number, name, *_ in (line.split(",") for line in roster)
        ]
        return everybody[: min(backlog, MOST_PEOPLE)]

    def stored(self, folder: Path, since: int) -> list[tuple[str, str]]:
        rows = self.select(folder, f"SELECT number, body FROM records WHERE id > {since} ORDER BY id")
        return opened(folder, rows)

    def check_kept(self, folder: Path, sandbox: Sandbox) -> None:
        """Every update that was ever acknowledged is in the inbox (I1)."""
        updates = sandbox.world.journal.updates
        acknowledged = {str(key) for key, one in updates.items() if one.acknowledged_elapsed is not None}
        missing = acknowledged - self._kept
        if missing:
            rows = self.select(folder, f"SELECT id, key FROM inbox WHERE id > {self._seen}")
            self._kept |= {key for _, key in rows}
            self._seen = max([self._seen, *(number for number, _ in rows)])
            missing = acknowledged - self._kept
        assert not missing, f"acknowledged and not in the inbox: {sorted(missing)[:5]}"

    def check_done(self, folder: Path) -> int:
        states = Counter(state for (state,) in self.select(folder, "SELECT state FROM inbox"))
        assert set(states) <= {"done", "dead"}, states
        letters = Counter(state for (state,) in self.select(folder, "SELECT state FROM outbox"))
        assert set(letters) <= {"sent", "superseded"}, letters
        assert {state for (state,) in self.select(folder, "SELECT state FROM jobs")} <= {"done"}
        self.check_whole(folder)
        return states["dead"]

    def select(self, folder: Path, query: str) -> list[Any]:
        """Ask its database in plain SQL."""
        return select(folder, query)

    def check_whole(self, folder: Path) -> None:
        """Check the database's own file."""
        (whole,) = select(folder, "PRAGMA integrity_check")
        assert whole == ("ok",)


class Control(Bot):
    """The stock bot beside it."""

    name = "stock PTB, polling"
    module = "tests.faults.control_bot"
    patience = 2

    def order(self, folder: Path, sandbox: Sandbox) -> Order:
        folder.mkdir(parents=True)
        environment = {
            "CONTROL_STORE": str(folder / "store.pickle"),
            "CONTROL_TOKEN": TOKEN,
            "CONTROL_API": sandbox.url,
        }
        return Order(module=self.module, environment=environment, log=folder.with_suffix(".log"))

    async def people(self, town: Town, backlog: int) -> list[Person]:
        numbers = range(1, backlog + 1)
        return [await town.person(f"control {n}", user_id=5000 + n, has_started=True) for n in numbers]

    def stored(self, folder: Path, since: int) -> list[tuple[str, str]]:
        file = folder / "store.pickle"
        kept: dict[str, Any] = pickle.loads(file.read_bytes()) if file.exists() else {}  # noqa: S301 - ours
        found: list[tuple[str, str]] = kept.get("bot_data", {}).get("reports", [])
        return found[since:]

    def check_kept(self, folder: Path, sandbox: Sandbox) -> None:
        """It keeps nothing that could be looked for."""

    def check_done(self, folder: Path) -> int:
        return 0


def opened(folder: Path, rows: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """Return number and words of sealed records."""
    seal = read_key(folder / "key")
    found = [(number, seal.open_json(body)) for number, body in rows]
    return [(number, body.get("what") or body["content"]) for number, body in found]


def happened(sandbox: Sandbox) -> int:
    """Count the calls, and the updates handed out."""
    return len(sandbox.calls) + len(sandbox.world.journal.handed)


async def random_moment(dice: Random, sandbox: Sandbox) -> None:
    """Wait for a moment of death: during the start, or behind so many calls and hand-outs."""
    if dice.random() < 0.25:
        await asyncio.sleep(dice.uniform(0, 0.6))  # the fault itself: nothing is waited for
        return
    until = happened(sandbox) + dice.choice((3, 10, 40, 150)) * dice.random()
    await sandbox.world.bell.wait_until(lambda: happened(sandbox) >= until, 5.0)
    await asyncio.sleep(dice.uniform(0, 0.03))


async def at_work(dice: Random, sandbox: Sandbox) -> None:
    """Wait until the bot is in the middle of it."""
    until = happened(sandbox) + dice.randrange(10, 200)
    await sandbox.world.bell.wait_until(lambda: happened(sandbox) >= until, 20.0)


async def all_acknowledged(_dice: Random, sandbox: Sandbox) -> None:
    """Wait until the bot has taken over everything there is, and not a moment longer."""
    updates = sandbox.world.updates
    assert await updates.bell.wait_until(lambda: not updates.waiting, 60.0)


@dataclass
class Campaign:
    """One town, one bot, and so many kills."""

    bot: Bot
    backlog: int
    kills: int
    seed: int
    folder: Path
    moment: Moment = field(default=random_moment)
    by: signal.Signals = signal.SIGKILL
    is_short: bool = False
    """Everybody says his sentences and comes to the end with them, no more."""
    stops: list[float] = field(default_factory=list)
    """How many seconds each death took."""
    _number_of: dict[str, str] = field(default_factory=dict)
    """Number → the words under it in the store."""
    _stored: list[tuple[str, str]] = field(default_factory=list)
    _calls_seen: int = 0
    _sent: set[tuple[str, str]] = field(default_factory=set)
    """Every number that ever left, and the tag of what it left with; "" in a list of several."""

    async def run(self) -> Tally:
        """Kill so often, let the last bot finish, and judge.

        Raises:
            AssertionError: a promise is broken; notes name the seed and the log.
        """
        try:
            async with (
                asyncio.timeout(ENDS_WITHIN + 15 * self.kills),
                Sandbox(town_time=MONDAY_10) as sandbox,
                Town(sandbox.url, within=ENDS_WITHIN) as town,
                self.bot.open() as bots,
            ):
                return await self._run(sandbox, town, bots)
        except BaseException as error:
            error.add_note(f"{self.bot.name}, backlog {self.backlog}: SEED={self.seed}, {self.folder}.log")
            raise

    async def _run(self, sandbox: Sandbox, town: Town, bots: Mortal) -> Tally:
        dice = Random(self.seed)
        order = self.bot.order(self.folder, sandbox)
        people = await self.bot.people(town, self.backlog)
        burst = max(1, self.backlog // len(people))
        scripts = ("sentences",) if self.is_short else self.bot.scripts
        crowd = Crowd(
            sandbox, Random(self.seed + 1), burst, scripts, self.bot.patience, is_over=self.is_short
        )
        watching = asyncio.create_task(crowd.watch())
        acting = [asyncio.create_task(Villager(crowd, person).live()) for person in people]
        try:
            for number in range(self.kills):
                await bots.start(order, afresh=number % AFRESH == AFRESH - 1)
                await self.moment(dice, sandbox)
                before = time.monotonic()
                code = await bots.kill(self.by)
                self.stops.append(time.monotonic() - before)
                assert code == (-signal.SIGKILL if self.by == signal.SIGKILL else 0), f"ended with {code}"
                crowd.killed()
                self._judge_so_far(sandbox)
                self._rethrow(acting)
            crowd.is_over = True
            await bots.start(order, afresh=self.kills >= AFRESH)
            await self._finish(sandbox, town, crowd, acting, order)
            code = await bots.kill(signal.SIGTERM)
            assert code == 0, f"a polite stop ended with {code}"
        finally:
            for task in (watching, *acting):
                task.cancel()
            await asyncio.wait([watching, *acting])
        return self._judge(sandbox, crowd)

    async def _finish(
        self, sandbox: Sandbox, town: Town, crowd: Crowd, acting: list[asyncio.Task[None]], order: Order
    ) -> None:
        """Let everybody come to his end with a bot that lives."""
        if crowd.patience is None:
            done, late = await asyncio.wait(acting, timeout=ENDS_WITHIN)
            self._rethrow(list(done))
            assert not late, f"stuck: {crowd.waits}"
            await self.bot.settle(town, order)
            return
        probe = await town.person("probe", user_id=4999, has_started=True)
        while True:
            before = len(sandbox.world.journal.updates)
            await self._is_answered(sandbox, probe)
            if len(sandbox.world.journal.updates) == before + 1:
                return  # whoever still waits, waits for ever

    @staticmethod
    async def _is_answered(sandbox: Sandbox, probe: Person) -> None:
        """Wait for the answer to a word: a bot that handles one update after the other has done all before."""
        chat = sandbox.world.chats[probe.id]
        before = sum(message.sender.user["is_bot"] for message in chat.messages.values())
        await probe.says("早", wait=False)
        assert await sandbox.world.bell.wait_until(
            lambda: sum(message.sender.user["is_bot"] for message in chat.messages.values()) > before,
            ENDS_WITHIN,
        ), "the bot does not answer any more"

    @staticmethod
    def _rethrow(acting: Sequence[asyncio.Task[None]]) -> None:
        for task in acting:
            if task.done():
                task.result()

    def _judge_so_far(self, sandbox: Sandbox) -> None:
        """What must hold at whatever moment the bot died (I1, I2); for the control it is only counted."""
        self.bot.check_kept(self.folder, sandbox)
        if self.bot.patience is None:
            self._take_in(sandbox)
            assert not self._not_stored(), f"sent and not stored: {self._not_stored()}"

    def _take_in(self, sandbox: Sandbox) -> None:
        """Look at what has been stored and sent since the last look."""
        self._stored += self.bot.stored(self.folder, len(self._stored))
        self._number_of = dict(self._stored)
        for call in sandbox.calls[self._calls_seen :]:
            if call.method in SAYING:
                self._note_numbers(call)
        self._calls_seen = len(sandbox.calls)

    def _note_numbers(self, call: Call) -> None:
        text = json.dumps(call.params, ensure_ascii=False)
        numbers, tags = set(NUMBER.findall(text)), set(TAG.findall(text))
        tag = tags.pop() if len(numbers) == len(tags) == 1 else ""
        self._sent |= {(number, tag) for number in numbers}

    def _not_stored(self) -> list[str]:
        """Return the numbers that left and are not stored with the words they left with."""
        return [
            f"{number} {tag}"
            for number, tag in self._sent
            if number not in self._number_of or tag not in self._number_of[number]
        ]

    def _judge(self, sandbox: Sandbox, crowd: Crowd) -> Tally:
        self._take_in(sandbox)
        journal = sandbox.world.journal
        answered = self._answers(sandbox)
        acknowledged = [one for one in journal.updates.values() if one.acknowledged_elapsed is not None]
        taken = {
            tag for one in acknowledged for tag in TAG.findall(one.payload.get("message", {}).get("text", ""))
        }
        stored = Counter(tag for _, words in self._stored for tag in TAG.findall(words))
        whole = set(crowd.words.values())
        return Tally(
            self.bot.name,
            self.backlog,
            kills=self.kills,
            acknowledged=len(acknowledged),
            unanswered=sum(
                max(0, len((taken & set(tags)) - set(answered[chat])) - self._set_aside(sandbox, chat))
                for chat, tags in crowd.said.items()
            ),
            set_aside=self.bot.check_done(self.folder),
            confirmed=len(crowd.confirmed),
            numbers=len({number for number, _ in self._sent}),
            not_stored=len(self._not_stored()),
            changed=sum(words not in whole for _, words in self._stored),
            doubled=sum(times - 1 for times in stored.values()),
            disordered=sum(
                tags != [tag for tag in crowd.said.get(chat, []) if tag in set(tags)]
                for chat, tags in answered.items()
            ),
            said_twice=self._said_twice(sandbox),
        )

    @staticmethod
    def _set_aside(sandbox: Sandbox, chat: int) -> int:
        """Count how often the bot told the chat that a message of his had been set aside."""
        messages = sandbox.world.chats[chat].messages.values()
        return sum(message.sender.user["is_bot"] and SET_ASIDE in message.words for message in messages)

    @staticmethod
    def _answers(sandbox: Sandbox) -> dict[int, list[str]]:
        """Return, for each chat, the tags in the order in which the bot first spoke of them there."""
        found: dict[int, list[str]] = {}
        for chat in sandbox.world.chats.values():
            said = {
                tag
                for message in chat.messages.values()
                if not message.sender.user["is_bot"]
                for tag in TAG.findall(message.words)
            }
            events = [event for event in chat.feed if event.message and event.message.from_bot]
            tags = [tag for event in events for tag in TAG.findall(event.message.words) if tag in said]  # type: ignore[union-attr]  # filtered
            found[chat.id] = list(dict.fromkeys(tags))
        return found

    @staticmethod
    def _said_twice(sandbox: Sandbox) -> int:
        cards = Counter(
            (call.params["chat_id"], call.params.get("text"))
            for call in sandbox.calls
            if call.method == "sendMessage" and call.outcome == "ok" and TAG.search(call.params["text"])
        )
        return sum(times - 1 for times in cards.values())


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
