"""What has happened in the town when its chat page opens: few acts, chosen to show what the bot is for.

A report with a photo goes all its way, another is asked back, joined, opened again and supervised, a cadre tells of his visits, the leader reads Monday's digest and
opens a figure; and one event has just come in, for whoever looks at the page to give it to somebody.
"""

from wangge.demo.course import close, file, finish, give_and_take, report
from wangge.demo.joining import invite, join_at_once
from wangge.demo.people import DESK, MAYOR
from wangge.demo.picture import washed_out_road
from wangge.demo.stage import Stage
from wangge.demo.usual import moment
from wangge.demo.week import CALLS, SETTLED

WORKER, CADRE, NEIGHBOUR = 1, 17, 33
FEATURED = (WORKER, DESK, CADRE, MAYOR)
"""Whose chats stand side by side."""
OPENS = moment("20 14:50")
SETTLED_BY = {event.by: event.says for event in SETTLED[:5]}
VISITED_BY = {call.by: call.says for call in CALLS if call.by == NEIGHBOUR}
"""What others tell meanwhile, so that the digest has something to count."""


async def tell_opening(stage: Stage) -> None:
    """Play it, from Friday afternoon to Monday morning."""
    crowd = SETTLED_BY | VISITED_BY
    await join_at_once(stage, await invite(stage, {*FEATURED, *crowd}))
    await stage.moves_to(moment("20 15:10"))
    await stage.sends_photo(WORKER, washed_out_road(), "前天下大雨把三组那截路冲塌了")
    road = await file(stage, WORKER)
    await stage.moves_to(moment("20 15:25"))
    await give_and_take(stage, road, CADRE)
    await stage.moves_to(moment("20 16:20"))
    await stage.say_at_once(crowd)
    await stage.tap_at_once(dict.fromkeys(SETTLED_BY, "上报") | dict.fromkeys(VISITED_BY, "保存"))
    await stage.moves_to(moment("20 16:50"))
    await finish(stage, road, CADRE, "垫了两车石子，路通了")
    await close(stage, road, confirmed_by=WORKER)
    await stage.moves_to(moment("20 17:15"))
    await stage.says(CADRE, "今天去了东桥村张家、刘家，都好")
    await stage.taps(CADRE, "保存")
    await _lamp(stage)
    await stage.moves_to(moment("23 08:30"))
    await stage.taps(MAYOR, "办结")
    await stage.taps(MAYOR, road)
    await stage.moves_to(moment("23 08:40"))
    await report(stage, WORKER, "二组自来水停了两天了，家家挑水吃")


async def _lamp(stage: Stage) -> None:
    """Something that is asked back, is not well when it is said to be, and that the mayor wants to know of."""
    lamp = await report(stage, WORKER, "路灯坏了，晚上看不见路")
    await stage.taps(DESK, "退回补充", lamp)
    await stage.taps(DESK, "地点说清楚些", lamp)
    await stage.taps(WORKER, "补充说明", lamp)
    await stage.says(WORKER, "大队部门口那两盏")
    await give_and_take(stage, lamp, CADRE)
    await stage.says(NEIGHBOUR, "东桥村大队部门口的路灯坏了，看不见路")
    await stage.taps(NEIGHBOUR, "上报")
    await stage.taps(NEIGHBOUR, f"{lamp} 是同一件")
    await stage.moves_to(moment("20 17:45"))
    await finish(stage, lamp, CADRE, "换了灯泡")
    await close(stage, lamp)
    await stage.taps(WORKER, "还没有", lamp)
    await stage.says(WORKER, "只亮了一盏")
    await give_and_take(stage, lamp, CADRE)
    await stage.says(MAYOR, lamp)
    await stage.taps(MAYOR, "督办", lamp)
    await stage.says(MAYOR, "查清另一盏为什么不亮，下周三前修好")
    await stage.taps(CADRE, "收到", lamp)
