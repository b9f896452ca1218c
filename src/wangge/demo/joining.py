"""How people get in: the clerk by the command line, everybody else by the codes he prints from the chat."""

import io
import re

from docx import Document
from docx.oxml.ns import qn

from wangge.bot import office
from wangge.bot.settings import Settings
from wangge.demo.people import CLERK, Member
from wangge.demo.stage import Stage
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.roster import make_invitations
from wangge.rules.calendar import local_day
from wangge.storage import jobs, people
from wangge.storage.database import Transaction

CODE = re.compile(r"start=([\w-]+)")
SHOWN = 1
"""Of whom the whole way in is told."""


async def everybody_joins(stage: Stage) -> int:
    """Let the clerk join, print the invitations of all others, and let these join; return how many."""
    with stage.aloud("管理员先进来：命令行 wangge invite 打出第一张邀请", CLERK):
        await _join(stage, CLERK, await _first_code(stage))
    with stage.aloud("其余的人：管理员在聊天里回“邀请”，打印、剪开、发给本人", CLERK):
        await stage.says(CLERK, "邀请")
        codes = await _printed_codes(stage)
    first, *others = [number for number in codes if number != SHOWN]
    with stage.aloud("扫码，点“开始”，输入电话后四位", SHOWN):
        await _join(stage, SHOWN, codes[SHOWN])
    await _join_at_once(stage, [first, *others], codes)
    return 1 + len(codes)


async def _join(stage: Stage, number: int, code: str) -> None:
    await stage.says(number, f"/start {code}")
    await stage.says(number, stage.members[number].phone[-4:])


async def _join_at_once(stage: Stage, numbers: list[int], codes: dict[int, str]) -> None:
    """Many people with a telephone in the hand at the same time."""
    for number in numbers:
        await (await stage.person(number)).says(f"/start {codes[number]}", wait=False)
    await stage.town.settled()
    for number in numbers:
        await (await stage.person(number)).says(stage.members[number].phone[-4:], wait=False)
    await stage.town.settled()
    await stage.listen(0)


async def _first_code(stage: Stage) -> str:
    """Make the clerk's invitation with the function that the command line calls, at the town's time."""

    def make(tx: Transaction) -> str:
        outgoing = Outgoing(tx, Worlds().current(tx), stage.now)
        clerk = people.by_staff_no(tx, f"{CLERK:03d}", local_day(stage.now))
        if clerk is None:
            raise LookupError(CLERK)
        link = jobs.mark(tx, "invitation_link") or "start={code}"
        return make_invitations(outgoing, [clerk], link)[0].link

    async with office.opened(Settings(data_dir=stage.folder, telegram_token=None)) as database:
        return _code(await database.transaction(make))


async def _printed_codes(stage: Stage) -> dict[int, str]:
    """Read from the printed sheet what the telephones of those invited would scan."""
    sheet = await (await stage.person(CLERK)).downloads(stage.last(CLERK, "份邀请"))
    named = {member.name: number for number, member in stage.members.items()}
    codes: dict[int, str] = {}
    holder: Member | None = None
    for line in _lines(sheet):
        if line in named:
            holder = stage.members[named[line]]
        elif holder and CODE.search(line):
            codes[holder.staff_no] = _code(line)
    return codes


def _lines(document: bytes) -> list[str]:
    body = Document(io.BytesIO(document)).element.body
    return ["".join(text.text or "" for text in line.iter(qn("w:t"))) for line in body.iter(qn("w:p"))]


def _code(link: str) -> str:
    found = CODE.search(link)
    if found is None:
        raise ValueError(link)
    return found[1]
