"""The scenes that are told in full. Each is a few acts of a few people, and nothing else."""

from collections.abc import Awaitable, Callable

from wangge.demo.course import close, file, finish, give, give_and_take, report
from wangge.demo.people import AREA_LEADERS, DESK, MAYOR, SECOND_DESK
from wangge.demo.stage import Stage
from wangge.demo.usual import moment

Scene = Callable[[Stage], Awaitable[None]]


async def weekly_message(stage: Stage) -> None:
    """本周待办 comes on the first working day, and one sentence answers it."""
    with stage.aloud("本周待办：只发给还差走访的人，一周一条；回一句就记上了", 33):
        await stage.moves_to(moment("16 09:00"))
        await stage.says(33, "昨天去了东桥村张家、刘家，都好")
        await stage.taps(33, "保存")


async def one_sentence(stage: Stage) -> None:
    """A sentence is a report; two taps of the desk; the handler answers his card."""
    with stage.aloud("一句话就是上报：报的人一句一点，值班员一点派出去", 1, 17, DESK):
        number = stage.kept["road"] = await report(stage, 1, "前天下大雨把三组那截路冲塌了")
        await give_and_take(stage, number, 17)


async def road_is_mended(stage: Stage) -> None:
    """The handler says so, the desk closes, the reporter is asked once."""
    number = stage.kept["road"]
    with stage.aloud("办完了，直接回那张卡；结案时只问报的人一句", 1, 17, DESK):
        await finish(stage, number, 17, "垫了两车石子，路通了")
        await close(stage, number, confirmed_by=1)


async def album(stage: Stage) -> None:
    """Three photos and a position are one report."""
    with stage.aloud("一次发三张照片，再发个位置：还是一张卡，不用另填", 2):
        await stage.sends_album(2, 3, "村口垃圾好几天没拉，堆到路上了")
        await stage.sends_location(2, 35.6412, 111.4475)
        number = stage.kept["album"] = await file(stage, 2)
    await give_and_take(stage, number, 18)


async def joined(stage: Stage) -> None:
    """A second report of the same matter becomes none: one tap joins, and brings the news of its end."""
    with stage.aloud("附近有人刚报过：问一句，是同一件就不重复报", 33):
        await stage.says(33, "西桥村村口垃圾堆到路上了没人拉")
        await stage.taps(33, "上报")
        await stage.taps(33, f"{stage.kept['album']} 是同一件")


async def small_talk(stage: Stage) -> None:
    """Thanks and 无事 are no reports, and nobody has to say that nothing happened."""
    with stage.aloud("客气话、没事报平安：不成事项，也不要求天天报", 2, 3):
        await stage.says(2, "好的，谢谢")
        await stage.says(3, "今天没啥事，都好着哩")


async def evening_brief(stage: Stage) -> None:
    """What the officer on duty reads in the evening; self-handled events stand only there."""
    with stage.aloud("傍晚给值班员的小结：自办即结的只在这里出现一次", DESK):
        await stage.moves_to(stage.now.replace(hour=17, minute=40))


async def danger(stage: Stage) -> None:
    """Danger at two in the night, and the officer on duty does not answer."""
    everybody = (4, 20, 41, DESK, SECOND_DESK, MAYOR)
    with stage.aloud("凌晨两点出了险情：先入库、先通知，再说别的", *everybody):
        await stage.says(4, "老梁家灶房着火了，火苗窜出房顶了，快来人！")
        number = stage.number_in(4, "已报特急")
    with stage.aloud("五分钟没人接到：通知下一位，也告诉报的人直接打电话", *everybody):
        await stage.moves_to(moment("17 02:05"))
        await stage.moves_to(moment("17 02:07"))
        await stage.taps(SECOND_DESK, "接到", number)
        await give_and_take(stage, number, 20, desk=SECOND_DESK)
    with stage.silent():
        await stage.moves_to(moment("17 03:10"))
    with stage.aloud("人没事", 4, 20, SECOND_DESK):
        await finish(stage, number, 20, "消防来了，火两点半扑灭的，人没事，灶房顶烧了")
        await close(stage, number, confirmed_by=4, desk=SECOND_DESK)


async def voice(stage: Stage) -> None:
    """A voice note alone is a complete report."""
    with stage.aloud("不想打字：一条语音就是完整的上报", 5):
        await stage.sends_voice(5, 7)
        number = await file(stage, 5)
    await give_and_take(stage, number, 21)
    await finish(stage, number, 21, "听了，是二组巷口的水管漏，换了接头")
    await close(stage, number)


async def correction(stage: Stage) -> None:
    """A correction in words changes the card before it is filed."""
    with stage.aloud("说错了，再说一句就改过来", 6):
        await stage.says(6, "村东头那段渠塌了，水漫到路上")
        await stage.says(6, "刚才那个说错了，是村西头")
        number = stage.kept["canal"] = await file(stage, 6)
    await give_and_take(stage, number, 22)


async def amendment(stage: Stage) -> None:
    """Until somebody has accepted it the reporter may change everything."""
    with stage.aloud("受理以前，报的人随时能改", 7):
        await report(stage, 7, "学校门口那棵树歪了，快倒了")
        await stage.taps(7, "改一改", "已上报")
        await stage.taps(7, "紧急程度")
        await stage.taps(7, "紧急")
        await stage.taps(7, "存下改动")
    number = stage.number_in(7, "已上报")
    await give_and_take(stage, number, 23)
    await finish(stage, number, 23, "拉了绳子，叫人锯了")
    await close(stage, number)


async def self_handled(stage: Stage) -> None:
    """Who has dealt with it says so: the desk gets no card."""
    with stage.aloud("自己处理好的：一句话记下，值班台不用管", 8):
        await stage.says(8, "老崔家和隔壁又为滴水檐嚷起来了，我去劝开了")
        await stage.taps(8, "上报")


async def not_grid(stage: Stage) -> None:
    """What is no matter of the grid is answered with where to go."""
    with stage.aloud("不属网格的：告诉他该找谁", 9, DESK):
        number = await report(stage, 9, "老石问他家借钱打的官司啥时候开庭")
        await stage.taps(DESK, "不属网格事项", number)
        await stage.taps(DESK, "请找法院或司法所", number)


async def returned(stage: Stage) -> None:
    """The desk asks back; the reporter answers in a sentence."""
    with stage.aloud("没说清楚的：退回问一句，补一句就行", 10, DESK):
        number = stage.kept["hole"] = await report(stage, 10, "路上有个大坑，车过不去")
        await stage.taps(DESK, "退回补充", number)
        await stage.taps(DESK, "地点说清楚些", number)
        await stage.taps(10, "补充说明", number)
        await stage.says(10, "后沟往果园去的那个岔口")
    await give_and_take(stage, number, 26)


async def interview(stage: Stage) -> None:
    """The same visit step by step; what somebody asked for becomes an event with one tap."""
    with stage.aloud("也可以一步一步问着记；走访听到的诉求，一点就成事项", 34):
        await stage.says(34, "记走访")
        await stage.taps(34, "柳树沟村")
        await stage.says(34, "甲家、老易家、老倪家、老骆家")
        await stage.taps(34, "都好")
        await stage.taps(34, "有诉求")
        await stage.says(34, "老易家的自来水管冻裂了，没水吃")
        await stage.taps(34, "保存")
        await stage.taps(34, "把诉求报成事件")
    number = stage.kept["pipe"] = stage.number_in(34, "已上报")
    await give_and_take(stage, number, 51)


async def denied(stage: Stage) -> None:
    """The reporter says 还没有, and the event is done again."""
    number = stage.kept["lamp"]
    with stage.aloud("说办好了其实没好：报的人点“还没有”，自动重办", 11, 27, DESK):
        await finish(stage, number, 27, "换了灯泡")
        await close(stage, number)
        await stage.taps(11, "还没有", number)
        await give(stage, number, 27)
    with stage.silent():
        await stage.taps(27, "接了", number)


async def unanswered(stage: Stage) -> None:
    """A card that was never answered is asked about once."""
    with stage.aloud("卡片没点就放下了：半小时后只问一次", 14):
        await stage.says(14, "村里的井盖裂了一个")
        await stage.moves_to(moment("20 10:05"))
        await stage.says(14, "上报")
    number = stage.number_in(14, "已上报")
    await give_and_take(stage, number, 30)
    await finish(stage, number, 30, "换了新的")
    await close(stage, number)


async def overdue(stage: Stage) -> None:
    """A limit passes: the handler was told before, the desk is told now."""
    with stage.aloud("过了时限：早上提醒过经办人，现在告诉值班员", DESK):
        await stage.moves_to(moment("20 14:41"))


async def goes_up(stage: Stage) -> None:
    """Nothing has happened since: the leader in charge is told, once."""
    with stage.aloud("还没动静：告诉分管领导，只一次", AREA_LEADERS[-1]):
        await stage.moves_to(moment("20 16:41"))


async def supervised(stage: Stage) -> None:
    """The leader says what he wants in a sentence; the handler confirms."""
    number, leader = stage.kept["rail"], AREA_LEADERS[-1]
    with stage.aloud("领导督办：说一句，带上日期；经办人点“收到”，值班台看得到", leader, 53):
        await stage.taps(leader, "督办", number)
        await stage.says(leader, "查清为什么没修，下周一前修好")
        await stage.taps(53, "收到", number)


async def board(stage: Stage) -> None:
    """The desk's one message, and the list behind a figure."""
    with stage.aloud("值班台：只有一条消息，就地更新", DESK):
        await stage.says(DESK, "值班台")
        await stage.taps(DESK, "超期")
        await stage.taps(DESK, "‹ 值班台")


async def shift(stage: Stage) -> None:
    """Somebody else has the Saturday: one sentence says so, and he is told."""
    with stage.aloud("换班：写一句谁值哪天，那位马上知道", DESK, SECOND_DESK):
        await stage.says(DESK, f"值班 11-21 {stage.members[SECOND_DESK].name}")


async def handover(stage: Stage) -> None:
    """At the change of shift the next officer reads what is open and what was promised, and confirms."""
    with stage.aloud("交接班：没办完的、答应过的都在一条里，点“我接班”", SECOND_DESK, DESK):
        await stage.moves_to(moment("21 08:31"))
        await stage.taps(SECOND_DESK, "我接班")


async def running_digest(stage: Stage) -> None:
    """A leader asks for the week so far and opens what stands behind a figure."""
    with stage.aloud("领导想看就看：回“周报”看本周到现在，数字点开是一件件事", MAYOR):
        await stage.says(MAYOR, "周报")
        await stage.taps(MAYOR, "在办")


async def digest(stage: Stage) -> None:
    """Monday 08:30: the digest of the week for town leaders, and of the area for area leaders."""
    leader = AREA_LEADERS[0]
    with stage.aloud("平安周报：镇领导看全镇，包片领导看自己的片", MAYOR, leader):
        await stage.moves_to(moment("23 08:30"))
    stage.kept["digest"] = stage.last(MAYOR, "平安周报").words


async def figures(stage: Stage) -> None:
    """What stands behind the figures."""
    with stage.aloud("各村按编码排，不排名；超期点开写着怎么算的、是哪几件", MAYOR):
        await stage.taps(MAYOR, "各村")
        stage.kept["villages"] = stage.last(MAYOR, "各村（").words
        if "rail" in stage.kept:
            await stage.taps(MAYOR, "超期", "平安周报")
            await stage.taps(MAYOR, stage.kept["rail"])


def reported(name: str, by: int, words: str, to: int, mark: str = "") -> Scene:
    """Return the scene in which an event that is come back to is reported and given, told in one line."""

    async def scene(stage: Stage) -> None:
        number = stage.kept[name] = await report(stage, by, words)
        stage.teller.brief(stage.now, stage.members[by], words, f"→ {number}{mark}")
        await give_and_take(stage, number, to)

    return scene


def finished(name: str, by: int, done: str, reporter: int) -> Scene:
    """Return the scene in which an event that was told of before is finished, in silence."""

    async def scene(stage: Stage) -> None:
        await finish(stage, stage.kept[name], by, done)
        await close(stage, stage.kept[name], confirmed_by=reporter)

    return scene


SCENES: tuple[tuple[str, Scene], ...] = (
    ("16 08:55", weekly_message),
    ("16 09:10", one_sentence),
    ("16 10:05", album),
    ("16 11:00", joined),
    ("16 11:30", small_talk),
    ("16 15:20", road_is_mended),
    ("16 17:30", evening_brief),
    ("17 02:00", danger),
    ("17 09:50", finished("album", 18, "车来了，拉走两车", 2)),
    ("17 10:20", voice),
    ("17 11:20", correction),
    ("17 14:40", amendment),
    ("17 15:30", reported("lamp", 11, "大队部门口的路灯坏了", 27)),
    ("18 09:40", self_handled),
    ("18 10:50", not_grid),
    ("18 14:50", returned),
    ("18 15:30", finished("canal", 22, "渠垒好了", 6)),
    ("18 16:30", interview),
    ("19 10:30", denied),
    ("19 11:20", finished("hole", 26, "坑填了，压实了", 10)),
    ("19 14:40", reported("rail", 13, "渡口那段护栏让车撞断了，赶紧来修", 53, " 紧急")),
    ("19 15:40", finished("pipe", 51, "水管换了，包了棉", 34)),
    ("20 09:30", unanswered),
    ("20 11:00", finished("lamp", 27, "线路断了，重新接了，晚上亮了", 11)),
    ("20 14:38", overdue),
    ("20 16:20", board),
    ("20 16:36", goes_up),
    ("20 16:50", supervised),
    ("20 17:00", running_digest),
    ("20 17:20", shift),
    ("21 08:20", handover),
)
"""When each begins; on Monday the 23rd `digest` and `figures` follow."""
