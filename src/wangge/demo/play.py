"""The demo: a week of the made-up town, played against the bot as it runs, and checked with plain SQL."""

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from wangge.demo import badday, scenes
from wangge.demo.bot import NotStarted
from wangge.demo.checking import Compared, compare
from wangge.demo.counting import most_in_the_field, rows, tally
from wangge.demo.joining import everybody_joins
from wangge.demo.lists import import_lists
from wangge.demo.people import AREA_LEADERS, read_roster
from wangge.demo.stage import NotOnStage, Stage, open_stage, prepare
from wangge.demo.telling import Teller
from wangge.demo.usual import Case, Step, call_step, moment, settled_step
from wangge.demo.week import CALLS, SETTLED, USUAL
from wangge.sandbox.town import NotSettled, Refused

WHOLE_WEEK = 7
FIRST_DAY = 16
MOST_UNASKED = 2
"""A person in the field gets at most so many messages a week that he has not asked for."""

Tamper = Callable[[Path], None]
Afterwards = Callable[[Stage], Awaitable[None]]


async def play(
    days: int = WHOLE_WEEK,
    *,
    console: Console | None = None,
    with_lists: bool = True,
    tamper: Tamper | None = None,
    afterwards: Afterwards | None = None,
) -> bool:
    """Play the week and return whether all went well and every figure is right.

    Args:
        days: how many days are played before the Monday of the digest; tests play fewer.
        with_lists: import the public lists of villages as well, to see how long that takes.
        tamper: is handed the database's file before the figures are compared; for tests.
        afterwards: is handed the town, still running, when all is told and went well.
    """
    started = time.monotonic()
    roster, members = read_roster()
    teller = Teller(console or Console(), {member.account: member for member in members.values()})
    _introduce(teller)
    with ExitStack() as at_end:
        folder = Path(at_end.enter_context(tempfile.TemporaryDirectory(prefix="wangge-demo-")))
        try:
            teller.title("一、开张")
            for line in await prepare(folder / "data", roster):
                teller.result(True, line.replace(str(folder), "…"))
            began = time.monotonic()
            async with open_stage(folder / "data", teller, members) as stage:
                teller.result(True, f"机器人启动，{time.monotonic() - began:.1f} 秒")
                is_well = await _on_stage(stage, days, tamper)
                is_well = _look_into_log(teller, folder / "bot.log") and is_well
                if with_lists:
                    await _import_lists(teller)
                _end(teller, is_well, time.monotonic() - started)
                if is_well and afterwards:
                    await afterwards(stage)
        except (NotOnStage, NotSettled, NotStarted, Refused) as error:
            teller.result(False, f"演不下去了：{error}")
            _look_into_log(teller, folder / "bot.log")
            is_well = False
    return is_well


async def _on_stage(stage: Stage, days: int, tamper: Tamper | None) -> bool:
    """Play with the bot running; return whether figures and messages are as promised."""
    joined = await everybody_joins(stage)
    began = len(stage.feed)
    stage.teller.result(True, f"{joined}人都用邀请码和电话后四位进来了")
    stage.teller.title("二、清河镇的一周")
    await _play_week(stage, days)
    await stage.moves_to(moment("23 08:00"))
    await scenes.digest(stage)
    await scenes.figures(stage)
    if tamper:
        tamper(stage.database)
    stage.teller.title("三、周报里的数，用 SQL 重新数一遍")
    figures = _compare(stage)
    stage.teller.title("四、这一周合计，和每个人收发了多少条")
    stage.teller.note(_totals(figures), "bold")
    stage.teller.gap()
    is_quiet = _count_messages(stage, began)
    is_through = await badday.bad_day(stage)
    return is_quiet and is_through and all(figure.is_equal for figure in figures)


async def _play_week(stage: Stage, days: int) -> None:
    steps = [step for step in _steps() if step[0].day < FIRST_DAY + days]
    stage.teller.day(stage.now)
    with stage.teller.progressing(len(steps)):
        for done, (when, act) in enumerate(steps):
            if when.date() > stage.now.date():
                _sum_up_day(stage)
            await stage.moves_to(when)
            await act(stage)
            stage.teller.step(f"{when:%m-%d %H:%M}", done + 1)
    _sum_up_day(stage)


def _steps() -> list[Step]:
    """Return all that is done in the week, in the order of its times."""
    found: list[Step] = [(moment(at), scene) for at, scene in scenes.SCENES]
    found += [step for event in USUAL for step in Case(event).steps()]
    found += [settled_step(event) for event in SETTLED]
    found += [call_step(call) for call in CALLS]
    return sorted(found, key=lambda step: step[0])


def _sum_up_day(stage: Stage) -> None:
    """Say what the day brought, from the database itself."""
    on_day = "date({}, '+8 hours') = ?"
    day = f"{stage.now:%Y-%m-%d}"
    queries = (
        f"kind = 'event' AND {on_day.format('reported_at')}",
        f"kind = 'event' AND {on_day.format('closed_at')}",
        f"kind = 'visit' AND {on_day.format('recorded_at')}",
    )
    new, closed, visits = (
        stage.sql(f"SELECT count(*) FROM records WHERE {query}", day)[0][0] for query in queries
    )
    stage.teller.gap()
    stage.teller.note(f"这一天：上报 {new} 件，结案 {closed} 件，走访 {visits} 次", "bold")


def _compare(stage: Stage) -> list[Compared]:
    leaders = {
        f"{number:03d}": (stage.members[number].name, stage.last(number, "平安周报").words)
        for number in AREA_LEADERS
    }
    found = list(compare(stage.database, stage.kept["digest"], stage.kept["villages"], leaders))
    for each in found:
        stage.teller.result(each.is_equal, each.text)
    return found


def _totals(figures: list[Compared]) -> str:
    """Say the week in one line."""
    sent = {figure.name: figure.sent for figure in figures}
    wanted = ("新增", "办结", "办结率", "在办", "超期", "走访（已走/应走）")
    return " · ".join(f"{name.partition('（')[0]} {sent[name]}" for name in wanted if name in sent)


def _count_messages(stage: Stage, began: int) -> bool:
    found = tally(stage.feed[began:], {member.account: member for member in stage.members.values()})
    heads = ("", "人", "发言", "点按钮", "得到回答", "没问就收到", "一人最多")
    stage.teller.table(heads, rows(found))
    most = most_in_the_field(found)
    is_few = most <= MOST_UNASKED
    stage.teller.note("")
    stage.teller.result(
        is_few, f"网格员和村镇干部，没问就收到的一人一周最多 {most} 条（不超过 {MOST_UNASKED} 条）"
    )
    return is_few


def _look_into_log(teller: Teller, log: Path) -> bool:
    """A week without trouble leaves nothing in the log of warnings."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    teller.result(not lines, f"机器人的日志里有 {len(lines)} 条警告")
    for line in lines[-5:]:
        teller.note(line)
    return not lines


async def _import_lists(teller: Teller) -> None:
    teller.title("六、导入公开的村名单，看要多久")
    for each in await import_lists():
        teller.result(True, f"{each.what} {each.villages:,} 个村：{each.seconds:.1f} 秒")


def _introduce(teller: Teller) -> None:
    teller.title("网格助手：演一遍虚构的清河镇的一周")
    for line in _introduction():
        teller.note(line)


def _introduction() -> Iterator[str]:
    yield "镇、村、人、事都是编的（演示数据）。机器人照平常那样运行，只是把 Telegram 换成本机的替身，时间由替身拨快。"
    yield "▸ 人说的、点的　　◂ 机器人说的　　✎ 卡片就地变了，手机不响　　〔〕按钮"


def _end(teller: Teller, is_well: bool, seconds: float) -> None:
    teller.title("完")
    teller.result(
        is_well, f"{'都对得上' if is_well else '有对不上的，见上面的 ✗'}；一共用了 {seconds:.0f} 秒"
    )
