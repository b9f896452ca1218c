"""The two courses that the bot is killed in, and what must hold when they are over."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.lives import (
    NUMBER,
    Life,
    Parent,
    open_life,
    open_parent,
    points_until_the_end,
    said_numbers,
    select,
    stored_words,
)
from tests.faults.mortal import Point
from tests.office import MONDAY_10, free_port

from wangge.storage import jobs
from wangge.storage.database import open_database
from wangge.storage.seal import read_key

SENTENCE = "村口那盏路灯不亮了"
REPORTER, CADRE, OFFICER, LEADER = 1001, 1033, 1045, 1047
AT_ONCE = 3
"""Runs side by side: a bot waits for its disk half of the time."""


@dataclass(frozen=True)
class Course:
    """What people do, and what must be true when all is settled."""

    play: Callable[[Life], Awaitable[None]]
    check: Callable[[Life], None]
    chats: Sequence[int]


async def report(life: Life) -> None:
    """A sentence, and the tap 上报 under its card."""
    worker = await life.town.person("李二牛", user_id=REPORTER, has_started=True)
    await life.town.person("贾铁柱", user_id=OFFICER, has_started=True)
    await worker.says(SENTENCE, wait=False)
    await life.settled()
    await worker.taps("上报", wait=False)
    await life.settled()


async def wait_for_monday(life: Life) -> None:
    """Nothing but the clock: the weekly message and the digest are due."""
    for name, account in (("李二牛", REPORTER), ("袁二牛", CADRE), ("贾铁柱", OFFICER), ("魏福来", LEADER)):
        await life.town.person(name, user_id=account, has_started=True)
    await life.settled()


def check_honest(life: Life) -> None:
    """No number has left that is not stored with what was said, at whatever moment the bot died."""
    stored = stored_words(life.order.folder)
    for number in said_numbers(life.sandbox.calls):
        assert number in stored, f"{number} was sent and is not stored"
        assert stored[number]["what"] == SENTENCE


def check_all_done(life: Life) -> None:
    folder = life.order.folder
    assert select(folder, "SELECT DISTINCT state FROM inbox") in ([("done",)], [])
    assert {state for (state,) in select(folder, "SELECT state FROM outbox")} <= {"sent", "superseded"}
    assert {state for (state,) in select(folder, "SELECT state FROM jobs")} <= {"done"}


def check_reported(life: Life) -> None:
    folder = life.order.folder
    check_honest(life)
    check_all_done(life)
    assert select(folder, "SELECT kind, state, version FROM records") == [("event", "reported", 1)]
    assert select(folder, "SELECT version, act FROM history") == [(1, "report")]
    assert select(folder, "SELECT state, to_at FROM stays") == [("reported", None)]
    assert select(folder, "SELECT state FROM drafts") == [("filed",)]
    number = next(iter(stored_words(folder)))
    for chat in (REPORTER, OFFICER):
        assert any(number in text for text in screen(life, chat)), f"{chat} never got {number}"


def check_reminded(life: Life) -> None:
    folder = life.order.folder
    check_all_done(life)
    decided = select(folder, "SELECT kind, subject, period, count(*) FROM due GROUP BY 1, 2, 3")
    assert {row[0] for row in decided} >= {"weekly_todo", "digest"}
    assert all(times == 1 for *_, times in decided)
    assert any("本周待办" in text or "这周请留意" in text for text in screen(life, CADRE))
    assert any("周报" in text for text in screen(life, LEADER))


def screen(life: Life, chat: int) -> list[str]:
    """Return what a chat shows from the bot, each number replaced by the same word."""
    shown = life.sandbox.world.chats[chat].messages.values()
    return [message.view().words for message in shown if message.view().from_bot]


def visible(life: Life, course: Course) -> Counter[str]:
    return Counter(
        f"{chat} {NUMBER.sub('####-###', text)}" for chat in course.chats for text in screen(life, chat)
    )


REPORT = Course(report, check_reported, (REPORTER, OFFICER))
MONDAY = Course(wait_for_monday, check_reminded, (REPORTER, CADRE, OFFICER, LEADER))


async def wait_since_early(template: Path) -> None:
    """Let the template's bot have ticked before the working day began."""
    early = MONDAY_10.replace(hour=7).isoformat()
    seal = read_key(template / "key")
    async with open_database(f"sqlite:///{template / 'wangge.db'}", seal) as database:
        for name in ("first_tick", "last_tick"):
            await database.transaction(lambda tx, name=name: jobs.set_mark(tx, name, early))  # type: ignore[misc]  # bound


async def count_points(
    course: Course, template: Path, folder: Path, sorts: Sequence[str], *, is_pushed: bool = False
) -> Counter[str]:
    """Kill the bot at every point of the course in turn, check each life, and count the points."""
    runs = count(1)
    async with AsyncExitStack() as stack:
        free: asyncio.Queue[Parent] = asyncio.Queue()
        for _ in range(AT_ONCE):
            free.put_nowait(await stack.enter_async_context(open_parent()))

        async def play(point: Point | None) -> tuple[bool, Counter[str]]:
            parent = await free.get()
            try:
                place = folder / f"run{next(runs)}"
                order: dict[str, Any] = {"point": point, "webhook_port": free_port() if is_pushed else 0}
                async with open_life(parent, template, place, on_death=check_honest, **order) as life:
                    await course.play(life)
                    course.check(life)
                    return life.deaths > 0, visible(life, course)
            except Exception as error:
                error.add_note(f"died at {point}")
                raise
            finally:
                free.put_nowait(parent)

        _, usual = await play(None)

        async def dies(point: Point) -> bool:
            died, shown = await play(point)
            missing, doubles = usual - shown, shown - usual
            assert not missing, f"{point}: {missing} never arrived"
            # Chats are served at the same time, so a death may repeat one message in each.
            of_chat = Counter(words.partition(" ")[0] for words in doubles.elements())
            assert all(count <= 1 for count in of_chat.values()), f"{point}: {doubles} too many"
            return died

        return Counter(
            {
                f"{when} {sort}": await points_until_the_end(dies, sort, when, AT_ONCE)
                for sort in sorts
                for when in ("before", "after")
            }
        )


def table(course: str, points: Counter[str]) -> str:
    """Return the counts as lines to be printed."""
    rows = [f"  {name:<14} {number:>4}" for name, number in points.items()]
    return "\n".join([f"{course}: {points.total()} crash points", *rows])
