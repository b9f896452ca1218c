"""What it costs people: taps and messages of every flow, counted in the sandbox's log."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.office import Office, open_office

from wangge.sandbox.person import Person
from wangge.sandbox.views import Event, MessageView

BAD_DAY = 80
BAD_WORDS = (("路上的井盖丢了", "低保咋给停了"), ("渠边的树倒了", "自来水停了两天"), ("村口垃圾没人拉", ""))
"""What a village's grid worker sees, and what its cadre sees."""


@pytest.fixture
async def here(template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """The town on a Monday at ten; albums are waited for longer than a busy machine needs."""
    async with open_office(template, tmp_path / "data", album_wait=0.5) as office:
        yield office


def cost(events: list[Event], person: Person) -> tuple[int, int, int]:
    """Return how many messages and taps a person spent, and how many new messages reached him."""
    mine = [event for event in events if event.chat_id == person.id]
    sent = {
        event.message.album or event.seq
        for event in mine
        if event.kind == "message" and event.message and not event.message.from_bot
    }
    taps = sum(1 for event in mine if event.kind == "tap")
    came = sum(1 for event in mine if event.kind == "message" and event.message and event.message.from_bot)
    return len(sent), taps, came


class Table:
    """The rows of the table, counted flow by flow."""

    def __init__(self, here: Office) -> None:
        self._here = here
        self._since = 0
        self.rows: list[tuple[str, int, int, int]] = []

    async def begin(self) -> None:
        """Count from here on; what was said before is too long ago to be joined."""
        await self._here.town.forward(minutes=11)
        events = await self._here.town.events()
        self._since = events[-1].seq if events else 0

    async def note(self, what: str, person: Person) -> tuple[int, int]:
        """Note what a person has spent since, and return his messages and taps."""
        sent, taps, came = cost(await self._here.town.events(since=self._since), person)
        self.rows.append((what, sent, taps, came))
        return sent, taps

    def show(self) -> None:
        """Print the table."""
        width = max(len(what) for what, *_ in self.rows) * 2
        print(f"\n{pad('', width)}  sent  taps  came")
        for what, *numbers in self.rows:
            print(f"{pad(what, width)}" + "".join(f"{number:6}" for number in numbers))


def pad(text: str, width: int) -> str:
    """Fill a text up to a number of columns; a Chinese character takes two."""
    return text + " " * (width - sum(1 if character.isascii() else 2 for character in text))


async def test_budget_of_each_flow(here: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers of the issue, flow by flow."""
    table = Table(here)
    reporter, officer, cadre = await here.person(1), await here.person(45), await here.person(17)
    stationed = await here.person(33)

    await table.begin()
    await reporter.says("前天下大雨把三组那截路冲塌了")
    await reporter.taps("上报")
    assert await table.note("一句话上报", reporter) == (1, 1)

    await officer.taps("受理并指派 何二牛")
    await cadre.taps("接了")
    await cadre.says("垫了两车石子")
    await cadre.taps("办结")
    await officer.taps("按此结案")
    await reporter.taps("好了")
    assert await table.note("处理到办结（处理人）", cadre) == (1, 2)
    assert await table.note("一件事（值班台）", officer) == (0, 2)

    await table.begin()
    await reporter.sends_album([None] * 5, caption="渠边的堤塌了一段")
    await reporter.taps("上报")
    assert await table.note("一组照片上报", reporter) == (1, 1)

    await table.begin()
    await reporter.sends_voice()
    await reporter.taps("上报")
    assert await table.note("语音上报", reporter) == (1, 1)

    await table.begin()
    await reporter.says("有人落水了，快来人")
    assert await table.note("特急", reporter) == (1, 0)

    await table.begin()
    await stationed.says("昨天下午去了西桥村老张、老刘、老赵、老孙家，都好")
    await stationed.taps("保存")
    assert await table.note("走访四户", stationed) == (1, 1)

    await table.begin()
    await stationed.says("上报事件")
    await stationed.says("桥头的坑越来越大")
    await stationed.taps("东桥村")
    await stationed.taps("上报")
    sent, taps = await table.note("一步一步上报（按菜单）", stationed)
    assert (sent - 1, taps + 1) <= (1, 3)  # the keyboard's word is a tap that sends a message

    await table.begin()
    await stationed.says("记走访")
    await stationed.taps("东桥村")
    await stationed.says("张家、老李家")
    await stationed.taps("都好")
    await stationed.taps("保存")
    await table.note("一步一步记走访（按菜单）", stationed)

    with capsys.disabled():
        table.show()


async def test_budget_of_a_bad_day(here: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """Eighty events from different people: at most 200 taps and 100 messages at the desk."""
    began = time.monotonic()
    table = Table(here)
    officer = await here.person(45)
    reporters = [await here.person(number) for number in range(1, 33)]
    handlers = [await here.person(number) for number in range(17, 41)]
    await officer.says("值班台")
    await table.begin()
    for words in BAD_WORDS:  # a village's grid worker and its cadre never see the same
        some = reporters[: BAD_DAY - 2 * len(reporters)] if words == BAD_WORDS[-1] else reporters
        await asyncio.gather(
            *(reporter.says(words[place // 16], wait=False) for place, reporter in enumerate(some))
        )
        await here.town.settled()
        await asyncio.gather(*(reporter.taps("上报", wait=False) for reporter in some))
        await here.town.settled()
    for card in await cards(officer, "新事项"):
        await officer.taps(card.labels[0][0], on=card, wait=False)
    await here.town.settled()
    given = {handler: await cards(handler, "派给您") for handler in handlers}
    while busy := [handler for handler in handlers if given[handler]]:
        for handler in busy:
            await handler.says("换了新的", reply_to=given[handler].pop(), wait=False)
        await here.town.settled()
        for handler in busy:
            await handler.taps("办结", on=await handler.last(), wait=False)
        await here.town.settled()
    for card in await cards(officer, "待核查"):
        await officer.taps("按此结案", on=card, wait=False)
    await here.town.settled()
    closed = await cards(officer, "已结案")
    sent, taps = await table.note(f"坏天气的一天，{BAD_DAY}件（值班台）", officer)
    seconds = time.monotonic() - began
    with capsys.disabled():
        table.show()
        print(f"{len(closed)} closed, {seconds:.1f} s")
    assert len(closed) == BAD_DAY
    assert sent == 0
    assert taps <= 200
    assert table.rows[0][3] <= 100


async def cards(person: Person, beginning: str) -> list[MessageView]:
    """Return the messages on a screen that begin with these words."""
    return [message for message in await person.screen() if message.words.startswith(beginning)]
