"""How people get in: the clerk by the command line, everybody else by the codes he prints from the chat."""

import io
import re
from collections.abc import Collection, Mapping

from docx import Document
from docx.oxml.ns import qn

from wangge.bot import office
from wangge.demo.people import CLERK, Member
from wangge.demo.stage import Stage, settings_of
from wangge.handlers.context import Outgoing, Worlds
from wangge.handlers.roster import make_invitations
from wangge.storage import people
from wangge.storage.database import Transaction

CODE = re.compile(r"start=([\w-]+)")
SHOWN = 1
"""Of whom the whole way in is told."""


async def everybody_joins(stage: Stage) -> int:
    """Let the clerk join, print the invitations of all others, and let these join; return how many."""
    with stage.aloud("管理员先进来：命令行 wangge invite 打出第一张邀请", CLERK):
        await _join(stage, CLERK, (await invite(stage, [CLERK]))[CLERK])
    with stage.aloud("其余的人：管理员在聊天里回“邀请”，打印、剪开、发给本人", CLERK):
        await stage.says(CLERK, "邀请")
        codes = await _printed_codes(stage)
    with stage.aloud("扫码，点“开始”，输入电话后四位", SHOWN):
        await _join(stage, SHOWN, codes[SHOWN])
    await join_at_once(stage, {number: code for number, code in codes.items() if number != SHOWN})
    return 1 + len(codes)


async def _join(stage: Stage, number: int, code: str) -> None:
    await stage.says(number, f"/start {code}")
    await stage.says(number, stage.members[number].phone[-4:])


async def join_at_once(stage: Stage, codes: Mapping[int, str]) -> None:
    """Many people with a telephone in the hand at the same time."""
    await stage.say_at_once({number: f"/start {code}" for number, code in codes.items()})
    await stage.say_at_once({number: stage.members[number].phone[-4:] for number in codes})


async def invite(stage: Stage, numbers: Collection[int]) -> dict[int, str]:
    """Make people's codes with the function that the command line calls, at the town's time."""

    def make(tx: Transaction) -> dict[int, str]:
        outgoing = Outgoing(tx, Worlds().current(tx), stage.now)
        found = [one for one in people.not_joined(tx, outgoing.today) if int(one.staff_no) in numbers]
        made = make_invitations(outgoing, found, "start={code}")
        return {int(one.staff_no): _code(each.link) for one, each in zip(found, made, strict=True)}

    async with office.opened(settings_of(stage.folder)) as database:
        return await database.transaction(make)


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
