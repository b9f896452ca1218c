"""The usual course of an event: reported, given to somebody, dealt with, closed."""

from wangge.demo.people import DESK
from wangge.demo.stage import Stage


async def tell(stage: Stage, number: int, words: str) -> None:
    """Say something new; who has an event in hand is asked whether it is about that one."""
    await stage.says(number, words)
    if "算办结吗" in stage.last(number).words:
        await stage.taps(number, "是新的事")


async def report(stage: Stage, by: int, words: str) -> str:
    """Say it and tap once; return the event's number."""
    await tell(stage, by, words)
    return await file(stage, by)


async def file(stage: Stage, by: int, filed: str = "已上报") -> str:
    """Tap what the newest card offers; return the number in the answer, which says `filed`."""
    await stage.taps(by, "上报")
    return stage.number_in(by, filed)


async def give(stage: Stage, number: str, to: int, *, desk: int = DESK) -> None:
    """Let the desk give it to somebody, by the button that names him or from the list."""
    name = stage.members[to].name
    for label in (f"受理并指派 {name}", f"指派 {name}"):
        if stage.shows(desk, label, number):
            await stage.taps(desk, label, number)
            break
    else:
        await stage.taps(desk, "派给别人", number)
        await stage.taps(desk, f"{name} · ", number)


async def give_and_take(stage: Stage, number: str, to: int, *, desk: int = DESK) -> None:
    """Let the desk give it to somebody, who says that he has it."""
    await give(stage, number, to, desk=desk)
    await stage.taps(to, "接了", number)


async def finish(stage: Stage, number: str, by: int, done: str) -> None:
    """Let the handler answer his card with what he did."""
    await stage.says(by, done, to=f"您在办 {number}")
    await stage.taps(by, "办结", number)


async def close(
    stage: Stage, number: str, *, confirmed_by: int = 0, outcome: str = "", desk: int = DESK
) -> None:
    """Let the desk close it, with another outcome if one is named; the reporter may say that it is well."""
    if outcome:
        await stage.taps(desk, "换个结果", number)
        await stage.taps(desk, outcome, number)
    else:
        await stage.taps(desk, "按此结案", number)
    if confirmed_by:
        await stage.taps(confirmed_by, "好了", number)
