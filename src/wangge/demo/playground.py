"""A town to chat with in the browser: `wangge sandbox`, and the end of `wangge demo` on a terminal."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import aiohttp
from rich.console import Console

from wangge.demo import inside, opening
from wangge.demo.bot import NotStarted
from wangge.demo.joining import invite, join_at_once
from wangge.demo.people import read_roster
from wangge.demo.stage import NotOnStage, Stage, open_stage, prepare
from wangge.demo.telling import Teller
from wangge.rules.errors import PersonError
from wangge.sandbox.town import NotSettled, Refused
from wangge.texts import say

SETTLES_WITHIN = 20
"""Seconds that the page waits for the bot before it asks again."""
YES = frozenset({"", "y", "yes", "是", "好"})


@asynccontextmanager
async def open_playground(port: int = 0) -> AsyncIterator[Stage]:
    """Run a fresh town in which a conversation is alive, with its chat page; everything is removed after.

    The rest of the roster joins while the page is open already.

    Raises:
        PersonError: the port cannot be had, or the town did not come to life.
    """
    roster, members = read_roster()
    teller = Teller(Console(quiet=True), {member.account: member for member in members.values()})
    with tempfile.TemporaryDirectory(prefix="wangge-sandbox-") as folder:
        data = Path(folder) / "data"
        await prepare(data, roster, opening.OPENS)
        try:
            async with open_stage(data, teller, members, port=port, at=opening.OPENS) as stage:
                for number in members:  # everybody can be picked from the beginning, in the roster's order
                    await stage.person(number)
                await opening.tell_opening(stage)
                async with on_page(stage), _others_joining(stage):
                    yield stage
        except (NotOnStage, NotSettled, NotStarted, Refused) as error:
            raise PersonError("cli.sandbox.failed", log=_keep(Path(folder) / "bot.log", error)) from error


@asynccontextmanager
async def on_page(stage: Stage) -> AsyncIterator[None]:
    """Let the chat page show a town that has been played, and its time go on by itself."""
    async with aiohttp.ClientSession() as http:

        async def settled(version: int) -> bool:
            address = f"{stage.town.health_url}/settled?version={version}&timeout={SETTLES_WITHIN}"
            try:
                async with http.get(address) as answer:
                    return answer.status == 200
            except aiohttp.ClientError:  # the bot has stopped
                return False

        sandbox = stage.sandbox
        sandbox.settled, sandbox.inside = settled, partial(inside.of_update, stage.folder)
        sandbox.featured = [stage.members[number].account for number in opening.FEATURED]
        await stage.town.post("/clock", {"running": True})
        yield


async def offer_page(stage: Stage) -> None:
    """Ask on the terminal whether to go on in the browser; if so keep the town until cancelled."""
    stage.teller.gap()
    stage.teller.console.print(say("cli.demo.go_on"), end=" ", markup=False, highlight=False)
    if (await _typed()).strip().lower() not in YES:
        return
    async with on_page(stage):
        stage.teller.note(say("cli.sandbox.ready", url=stage.sandbox.url))
        await asyncio.Event().wait()


async def _typed() -> str:
    """Return the line typed on the terminal, while the town goes on; "no" at its end."""
    loop, typed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline() or "no"


@asynccontextmanager
async def _others_joining(stage: Stage) -> AsyncIterator[None]:
    joining = asyncio.create_task(_others_join(stage))
    try:
        yield
    finally:
        joining.cancel()
        with suppress(asyncio.CancelledError):
            await joining


async def _others_join(stage: Stage) -> None:
    """Let all join who have not, one after the other: who looks at the page is not kept waiting."""
    with suppress(NotSettled, Refused):  # the page may take the platform away or move the time meanwhile
        for number, code in (await invite(stage, stage.members)).items():
            await join_at_once(stage, {number: code})


def _keep(log: Path, error: Exception) -> Path:
    """Keep the bot's log, whose folder is about to be removed, with what went wrong."""
    with tempfile.NamedTemporaryFile("w", prefix="wangge-", suffix=".log", delete=False) as kept:
        kept.write(log.read_text(encoding="utf-8") if log.exists() else "")
        kept.write(f"{type(error).__name__}: {error}\n")
    return Path(kept.name)
