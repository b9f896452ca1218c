"""The stage: a fresh town with the bot in its own process, people who act, and a clock that is moved.

Every act goes over real HTTP and waits until the bot has settled; nothing sleeps.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wangge.bot import office
from wangge.bot.settings import Settings
from wangge.demo.bot import running_bot
from wangge.demo.people import Member
from wangge.demo.telling import Teller
from wangge.rules.calendar import TOWN_ZONE
from wangge.rules.errors import PersonError
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town
from wangge.sandbox.views import Event, MessageView

NUMBER = re.compile(r"\d{4}-\d{3,4}")
OPENS = datetime(2026, 11, 16, 8, 35, tzinfo=TOWN_ZONE)
"""After the hour of the digest: nobody is sent one of a week before the town began."""


class NotOnStage(LookupError):
    """Somebody should tap a button that no message of his shows."""


@dataclass
class Stage:
    """The town while it is played."""

    folder: Path
    sandbox: Sandbox
    town: Town
    teller: Teller
    members: dict[int, Member]
    now: datetime = OPENS
    feed: list[Event] = field(default_factory=list)
    """Everything that has happened, oldest first."""
    kept: dict[str, str] = field(default_factory=dict)
    """What is come back to: numbers of events, and the texts that are compared at the end."""
    _people: dict[int, Person] = field(default_factory=dict)
    _shown: dict[tuple[int, int], MessageView] = field(default_factory=dict)
    """Chat and message → what it shows now, in the order in which it was sent or sent anew."""
    _cast: set[int] | None = None
    """Accounts whose chats are told; None: nothing is told."""

    @property
    def database(self) -> Path:
        """The bot's SQLite file."""
        return self.folder / "wangge.db"

    @contextmanager
    def aloud(self, title: str, *cast: int) -> Iterator[None]:
        """Tell what happens in the chats of these people, under a heading if there is one."""
        before = self._cast
        if title:
            self.teller.scene(title)
        self._cast = {self.members[number].account for number in cast}
        yield
        self._cast = before

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Tell nothing for a while."""
        before, self._cast = self._cast, None
        yield
        self._cast = before

    async def moves_to(self, when: datetime) -> None:
        """Let the town's time pass until then; a time that is over is no mistake."""
        if when <= self.now:
            return
        if when.date() != self.now.date():
            self.teller.day(when)
        self.now = when
        await self.town.clock_to(when)
        await self.listen(0)

    async def person(self, number: int) -> Person:
        """Return somebody's hand on the telephone."""
        if number not in self._people:
            member = self.members[number]
            self._people[number] = await self.town.person(
                member.name, user_id=member.account, title=member.title
            )
        return self._people[number]

    async def says(self, number: int, text: str, *, to: str = "") -> None:
        """Let somebody type words; `to` a message that contains these."""
        reply = self._find(number, to) if to else None
        await (await self.person(number)).says(text, reply_to=reply)
        await self.listen(number)

    async def taps(self, number: int, label: str, on: str = "") -> None:
        """Let somebody tap a button, under the newest message that shows it and contains `on`."""
        message = self._find(number, on, label)
        await (await self.person(number)).taps(self._label(message, label), on=message)
        await self.listen(number)

    async def sends_photo(self, number: int, picture: bytes, caption: str) -> None:
        """Let somebody send a photo with words."""
        await (await self.person(number)).sends_photo(picture, caption=caption)
        await self.listen(number)

    async def sends_album(self, number: int, count: int, caption: str) -> None:
        """Let somebody send several photos at once."""
        await (await self.person(number)).sends_album([None] * count, caption=caption)
        await self.listen(number)

    async def sends_voice(self, number: int, seconds: int) -> None:
        """Let somebody send a voice note."""
        await (await self.person(number)).sends_voice(seconds=seconds)
        await self.listen(number)

    async def sends_location(self, number: int, latitude: float, longitude: float) -> None:
        """Let somebody send a position."""
        await (await self.person(number)).sends_location(latitude, longitude)
        await self.listen(number)

    async def say_at_once(self, words: Mapping[int, str]) -> None:
        """Let many people type words at the same time, by staff number."""
        for number, text in words.items():
            await (await self.person(number)).says(text, wait=False)
        await self.town.settled()
        await self.listen(0)

    async def tap_at_once(self, labels: Mapping[int, str]) -> None:
        """Let many people tap a button at the same time, by staff number."""
        for number, label in labels.items():
            message = self._find(number, "", label)
            await (await self.person(number)).taps(self._label(message, label), on=message, wait=False)
        await self.town.settled()
        await self.listen(0)

    async def listen(self, actor: int) -> None:
        """Take in what has happened since the last look, and tell it if somebody is on stage."""
        events = await self.town.events(since=self.feed[-1].seq if self.feed else 0)
        self.feed += events
        for event in events:
            if event.message and event.message.from_bot and event.kind in ("message", "edit"):
                self._shown[event.chat_id, event.message.message_id] = event.message
        if self._cast is not None:
            account = self.members[actor].account if actor else 0
            self.teller.tell(events, account, self._cast)

    def last(self, number: int, words: str = "") -> MessageView:
        """Return the newest message of somebody's chat that contains these words."""
        return self._find(number, words)

    def shows(self, number: int, label: str, on: str = "") -> bool:
        """Tell whether such a button is there."""
        try:
            return bool(self._find(number, on, label))
        except NotOnStage:
            return False

    def number_in(self, number: int, words: str = "") -> str:
        """Return the record's number that stands in somebody's newest message with these words."""
        found = NUMBER.search(self._find(number, words).words)
        if found is None:
            raise NotOnStage(f"no number in the newest message to {number}")
        return found[0]

    def sql(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database's file itself."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def _find(self, number: int, words: str, label: str = "") -> MessageView:
        chat = self.members[number].account
        for (chat_id, _), message in reversed(self._shown.items()):
            is_meant = chat_id == chat and words in message.words
            if is_meant and (not label or self._label(message, label)):
                return message
        raise NotOnStage(f"{self.members[number].name}那里没有〔{label}〕“{words}”")

    @staticmethod
    def _label(message: MessageView, label: str) -> str:
        """Return the button that is so called, or begins so."""
        labels = [each for row in message.labels for each in row]
        exact = [each for each in labels if each == label]
        return next(iter([*exact, *(each for each in labels if each.startswith(label))]), "")


@asynccontextmanager
async def open_stage(
    folder: Path, teller: Teller, members: dict[int, Member], *, port: int = 0, at: datetime = OPENS
) -> AsyncIterator[Stage]:
    """Run the sandbox and, in its own process, the bot on a data folder that has been prepared.

    Raises:
        PersonError: the port cannot be had.
    """
    async with (
        sandbox_on(port, at) as sandbox,
        running_bot(folder, sandbox.url, folder.parent / "bot.log") as health_url,
        Town(sandbox.url, health_url=health_url) as town,
    ):
        stage = Stage(folder, sandbox, town, teller, members, at)
        await town.settled()
        yield stage


@asynccontextmanager
async def sandbox_on(port: int, at: datetime = OPENS) -> AsyncIterator[Sandbox]:
    """Run the sandbox on a port of this machine; 0 takes a free one.

    Raises:
        PersonError: the port cannot be had.
    """
    sandbox = Sandbox(port=port, town_time=at)
    try:
        await sandbox.start()
    except OSError as error:
        raise PersonError("cli.sandbox.port_taken", port=port) from error
    async with sandbox:
        yield sandbox


def settings_of(folder: Path) -> Settings:
    """Return the settings of a data folder; what the shell sets for a real town is never looked at."""
    return Settings.model_construct(data_dir=folder)


async def prepare(folder: Path, roster: bytes, at: datetime = OPENS) -> list[str]:
    """Make the data folder and import the roster, as the command line does; return what it says."""
    settings = settings_of(folder)
    said = await office.init(settings, None, "")
    async with office.opened(settings) as database:
        changes = await office.read_roster(database, roster, "roster.csv", at)
        summary = office.roster_summary(changes)
        await office.apply_roster(database, changes, at, end_missing=False)
    said.append(f"花名册已生效：{summary}")
    return said
