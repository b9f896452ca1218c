"""A day of bad weather: eighty reports in a morning, and one officer.

Of two people who tell of the same water one joins the other or the desk makes them one; all else is given
away with a tap each.
"""

from collections.abc import Sequence

from wangge.demo.people import DESK
from wangge.demo.stage import Stage
from wangge.demo.usual import moment

REPORTERS = range(1, 41)
RAIN = (
    ("三组积水了，车过不去", "三组积水很深，车过不去", "三组那段路积水过不去"),
    ("电线让风刮断了一根", "村口的树刮倒了", "戏台的顶棚掀了"),
)
"""In each round what grid workers, village cadres and stationed cadres see."""
LARGEST_GROUP = 6


async def bad_day(stage: Stage) -> bool:
    """Play it; return whether the desk has got through with everything."""
    stage.teller.title("五、坏天气的一天")
    await stage.moves_to(moment("24 08:40"))
    began = len(stage.feed)
    with stage.silent():
        for words in RAIN:
            await _report(stage, words)
    with stage.aloud("一早上八十条：像是同一件的报之前问过一句，没并的值班员一点并掉", DESK):
        await stage.says(DESK, "值班台")
        await stage.taps(DESK, "待受理")
        await _merge_one(stage)
    with stage.silent():
        while await _merge_one(stage):
            pass
        while stage.shows(DESK, "受理并指派"):
            await stage.taps(DESK, "受理并指派")
    with stage.aloud("剩下的每件一点派出去", DESK):
        await stage.says(DESK, "值班台")
    return _sum_up(stage, began)


async def _report(stage: Stage, words: Sequence[str]) -> None:
    """Let everybody report; of those who are asked half say that it is the same."""
    await stage.say_at_once({number: _said(stage, number, words) for number in REPORTERS})
    await stage.tap_at_once(dict.fromkeys(REPORTERS, "上报"))
    asked = [number for number in REPORTERS if stage.shows(number, "不是，照样上报")]
    answers = {
        number: "1124-" if place % 2 else "不是，照样上报"  # the first button names the near event
        for place, number in enumerate(asked)
    }
    await stage.tap_at_once(answers)


def _said(stage: Stage, number: int, words: Sequence[str]) -> str:
    member = stage.members[number]
    village = member.areas[0].partition("村")[0] + "村"
    return village + words[("网格员", "村干部", "包村干部").index(member.role)]


async def _merge_one(stage: Stage) -> bool:
    """Let the desk make one of the events of a group; False if it is asked about none."""
    for count in range(LARGEST_GROUP, 1, -1):
        if stage.shows(DESK, f"{count}件都是"):
            await stage.taps(DESK, f"{count}件都是")
            await stage.taps(DESK, "合并为一件")
            await stage.taps(DESK, "‹ 值班台")
            await stage.taps(DESK, "待受理")
            return True
    return False


def _sum_up(stage: Stage, began: int) -> bool:
    desk = stage.members[DESK].account
    taps = sum(event.kind == "tap" and event.by_id == desk for event in stage.feed[began:])
    new = "kind = 'event' AND date(reported_at, '+8 hours') = '2026-11-24'"
    filed, merged, waiting = (
        int(str(stage.sql(f"SELECT count(*) FROM records WHERE {new}{more}")[0][0]))
        for more in ("", " AND state = 'duplicate'", " AND state = 'reported'")
    )
    reports = len(REPORTERS) * len(RAIN)
    joined = reports - filed
    text = f"{reports} 条：报之前并掉 {joined}，值班员并掉 {merged}，派出 {filed - merged - waiting}，没派 {waiting}；一共点了 {taps} 下"
    stage.teller.result(waiting == 0, text)
    return waiting == 0
