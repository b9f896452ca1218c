"""What happens in a stretch of the made-up town, drawn with a fixed seed: a list of who says what when, and its fate.

The shape is that of the real town's year: 16 villages, 11,572 valid events, more of some sorts in some
months; on top what is no valid event, and the visits that are owed. Pure: nothing here knows of a bot.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Literal

import chinese_calendar

from wangge.demo.people import read_roster
from wangge.rules.calendar import TOWN_ZONE

YEAR, VALID = 2025, 11_572
OPEN = ((time(8, 30), time(12)), (time(14, 30), time(18)))
AT_WORK = tuple(map(time.fromisoformat, ("09:00", "10:00", "11:00", "14:30", "15:30", "16:30", "17:40")))
"""One for each working hour; what anybody does in working time, he does at one of these."""
AT_HOME = (time(7, 30), time(12, 30), time(19, 30))
DAY_OFF = (time(9), time(15), time(19, 30))
OF_DANGER = tuple(
    map(time.fromisoformat, ("02:10", "05:20", "09:25", "13:15", "15:05", "16:50", "18:40", "21:10"))
)
LOOKED_AT = (time(2), time(8, 30), time(12), time(18))
"""Each day the clock stops at these too: in the morning letters leave, at the others nobody is written to."""

Fate = Literal[
    "usual", "self", "danger", "not_grid", "petition", "escalated", "joined", "merged", "withdrawn", "work"
]
"""How it ends; all but the last four are valid events."""
FATES: dict[Fate, float] = {
    "usual": 79.5,
    "self": 15,
    "danger": 1,
    "not_grid": 2,
    "petition": 1,
    "escalated": 1.5,
}
INVALID: dict[Fate, float] = {"joined": 0.04, "merged": 0.03, "withdrawn": 0.015, "work": 0.02}
"""On top, as shares of the valid ones."""
Twist = Literal[
    "", "returned", "handed_back", "suspended", "extended", "supervised", "redone", "denied", "reopened"
]
TWISTS: dict[Twist, float] = {
    "": 84.5,
    "returned": 3,
    "handed_back": 2.5,
    "suspended": 1.2,
    "extended": 2,
    "supervised": 1.5,
    "redone": 1.5,
    "denied": 3,
    "reopened": 0.8,
}
WAITS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((1, 2, 5, 8), (75, 17, 6, 2)),
    ((1, 3, 6, 9), (70, 18, 7, 5)),
    ((7, 14, 28, 42), (45, 30, 20, 5)),
    ((1, 3, 6), (70, 20, 10)),
)
"""How many working hours it takes to accept, begin, finish and check, and how often."""
WEIGHTS = {"D": 21, "S": 6, "A": 12, "R": 13, "E": 21, "F": 7, "P": 2, "M": 14, "O": 2, "U": 2}
MONTHS = {
    "D": (1.6, 1.2, 0.9, 1, 1, 0.9, 0.9, 0.9, 1, 1, 0.9, 1.1),
    "S": (1.3, 1.2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.2),
    "A": (1.2, 1.1, 1, 0.9, 0.9, 1.6, 0.8, 0.8, 1.3, 1.5, 1.1, 1.2),
    "E": (0.8, 0.8, 1, 1, 1.1, 1.3, 1.4, 1.4, 1.1, 1, 0.9, 0.8),
    "F": (0.3, 0.3, 0.6, 1, 1, 1.3, 3, 3, 1.2, 0.6, 0.4, 0.3),
    "M": (1.3, 1.2, 1, 0.9, 0.9, 1, 1, 1, 0.9, 0.9, 1.2, 1.4),
}
"""More disputes before 春节, burning straw in June and autumn, water in July and August; else even."""
PLACES = (
    "村口",
    "大队部门口",
    "戏台边",
    "老槐树下",
    "学校门口",
    "后沟",
    "河滩",
    "东头",
    "西头",
    "一组巷口",
    "二组巷口",
    "三组巷口",
    "四组坡上",
)
HOMES = (
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "赵",
    "黄",
    "周",
    "吴",
    "徐",
    "孙",
    "胡",
    "朱",
    "高",
    "林",
    "何",
    "郭",
    "马",
    "罗",
)
MATTERS = {
    "D": (
        "老{home}家和隔壁为滴水檐嚷起来了",
        "老{home}家宅基地尺寸对不上，要说法",
        "老{home}家和邻居为地边闹意见",
        "工头欠了老{home}三个月工钱",
        "老{home}家分家闹矛盾",
        "老{home}家承包地流转的钱没给够",
        "老{home}家借钱不还吵架哩",
    ),
    "S": ("{place}的电动车让人偷了", "{place}有几个人赌博", "{place}来了可疑的陌生人", "{place}有骗子卖假药"),
    "A": (
        "{place}电线耷拉下来了",
        "{place}有人烧荒冒烟",
        "{place}有人点秸秆",
        "老{home}家危房裂得厉害",
        "{place}工地脚手架没拴牢",
        "老{home}家煤炉没装烟筒",
    ),
    "R": (
        "{place}井盖丢了",
        "{place}路灯不亮",
        "{place}有个大坑，车不好走",
        "{place}护栏松了",
        "{place}标志牌倒了",
    ),
    "E": (
        "{place}垃圾好几天没拉",
        "{place}旱厕满了",
        "{place}污水流出来了",
        "{place}乱倒的杂物挡着道",
        "{place}臭水熏人",
    ),
    "F": (
        "{place}积水很深",
        "{place}水渠塌了一截",
        "{place}机井抽不上水",
        "{place}滑坡下来些土",
        "{place}河堤有裂缝",
    ),
    "P": ("老{home}家娃辍学了", "社区矫正的老{home}没来报到", "老{home}犯病了，家里看不住"),
    "M": (
        "老{home}家低保停了",
        "{place}自来水停了",
        "老{home}独居没人照顾",
        "老{home}的养老金没到账",
        "{place}停电半天了",
    ),
    "O": ("老{home}说要上访", "有人把村里的事发网上了", "老{home}几个联名告状"),
    "U": ("{place}的石碑歪了", "{place}大喇叭不响了", "{place}公示栏的字掉了"),
}
DANGERS = {
    "A": ("{place}柴垛着火了，快来人", "老{home}家煤气中毒了"),
    "P": ("老{home}家小子犯病了，拿着棍",),
    "D": ("老{home}家两家打起来了",),
    "F": ("{place}滑坡埋住人了，快来人",),
}
WORK = ("挨户发了防诈宣传册，已处理", "给{place}几户念了政策宣传单，已处理")
WORK_WORDS = ("宣传册", "宣传单")
"""By what the town knows work that is no event (工作当事项), once its policy says so."""
SAW = ("", "听说", "有人看见")


@dataclass(frozen=True)
class Matter:
    """Something that is reported once, and what becomes of it."""

    at: datetime
    by: int
    """Staff number, as everywhere."""
    village: int
    """The number of its grid worker."""
    klass: str
    words: str
    fate: Fate
    twist: Twist = ""
    waits: tuple[int, ...] = (1, 1, 7, 1)
    """Working hours to acceptance, beginning, end and check."""
    is_confirmed: bool = False
    lead: "Matter | None" = None
    """What it repeats."""

    @property
    def is_valid(self) -> bool:
        """Tell whether it counts as an event of the town."""
        return self.fate in FATES


@dataclass(frozen=True)
class Call:
    """A visit, told in one sentence."""

    at: datetime
    by: int
    words: str


@dataclass(frozen=True)
class Plan:
    """All that is said in a stretch of the town's time."""

    first: date
    days: int
    matters: tuple[Matter, ...]
    calls: tuple[Call, ...]

    @property
    def end(self) -> datetime:
        """The midnight after the last day."""
        return midnight(self.first + timedelta(days=self.days))

    @property
    def valid(self) -> int:
        """How many valid events there are."""
        return sum(matter.is_valid for matter in self.matters)


def draw(first: date, days: int, valid: int, villages: Sequence[int] = range(1, 17), seed: int = 1) -> Plan:
    """Return what happens in so many days: the same for the same arguments."""
    pen = _Pen(first, days, tuple(villages), Random(seed))
    matters = list(pen.valid(valid))
    for fate, share in INVALID.items():
        matters += pen.invalid(fate, round(valid * share), matters)
    calls = tuple(pen.calls())
    return Plan(first, days, tuple(sorted(matters, key=lambda one: one.at)), calls)


def year(seed: int = 1) -> Plan:
    """Return a whole year of the whole town."""
    return draw(date(YEAR, 1, 1), 365, VALID, seed=seed)


@dataclass
class _Pen:
    first: date
    days: int
    villages: tuple[int, ...]
    dice: Random
    calls_for_help: set[tuple[datetime, int]] = field(default_factory=set)

    def valid(self, count: int) -> Iterator[Matter]:
        """Yield the valid events, each on a day and of a sort by the season."""
        stretch = [self.first + timedelta(days=shift) for shift in range(self.days)]
        kinds = [(day, key) for day in stretch for key in WEIGHTS]
        weights = [
            weight * MONTHS.get(key, (1,) * 12)[day.month - 1] * (1 if is_workday(day) else 0.45)
            for day in stretch
            for key, weight in WEIGHTS.items()
        ]
        for day, key in self.dice.choices(kinds, cum_weights=list(accumulate(weights)), k=count):
            fate = self.dice.choices(list(FATES), list(FATES.values()))[0]
            yield self._danger(day) if fate == "danger" else self._matter(day, key, fate)

    def invalid(self, fate: Fate, count: int, known: Sequence[Matter]) -> Iterator[Matter]:
        """Yield what is no valid event, most of it the repetition of one."""
        usual = [one for one in known if one.fate == "usual" and one.twist == "" and one.klass not in "PO"]
        for _ in range(count):
            if fate in {"joined", "merged"}:
                yield self._again(self.dice.choice(usual), fate)
                continue
            day = self.first + timedelta(days=self.dice.randrange(self.days))
            key = "W" if fate == "work" else self.dice.choice(list(WEIGHTS))
            yield self._matter(day, key, fate)

    def calls(self) -> Iterator[Call]:
        """Yield the visits that are owed, twice a month, person and village, and one of each grid worker."""
        days = [self.first + timedelta(days=shift) for shift in range(self.days)]
        for month in sorted({(day.year, day.month) for day in days}):
            at_work = [day for day in days if (day.year, day.month) == month and is_workday(day)]
            for village in self.villages if at_work else ():
                for by in (stationed(village), stationed(village), leader(village), leader(village), village):
                    day = self.dice.choice(at_work)
                    when = self.dice.choice(("今天", "昨天", "今天", "上午"))
                    homes = "、".join(
                        f"{home}家" for home in self.dice.sample(HOMES, self.dice.randint(1, 4))
                    )
                    words = f"{when}去了{village_name(village)}{homes}，都好"
                    yield Call(at(day, self.dice.choice(AT_WORK)), by, words)

    def _matter(self, day: date, key: str, fate: Fate) -> Matter:
        village = self.dice.choice(self.villages)
        by = self._reporter(village)
        sentence = self._fill(self.dice.choice(WORK if key == "W" else MATTERS[key]))
        late = (
            self.dice.choices(("", "昨天", "前天"), (90, 6, 4))[0]
            if day > self.first + timedelta(days=2)
            else ""
        )
        settled = "，已处理" if fate == "self" else ""
        twist = self.dice.choices(list(TWISTS), list(TWISTS.values()))[0] if fate == "usual" else ""
        if (twist == "extended" and key == "D") or (twist == "supervised" and by == leader(village)):
            twist = "suspended"  # disputes have 30 days anyway, and nobody supervises his own report
        return Matter(
            at=at(day, self.dice.choice((*AT_WORK, *AT_WORK, *AT_HOME) if is_workday(day) else DAY_OFF)),
            by=by,
            village=village,
            klass=key,
            words=f"{late}{village_name(village) if by > 32 else ''}{sentence}{settled}",
            fate=fate,
            twist=twist,
            waits=tuple(self.dice.choices(*each)[0] for each in WAITS),
            is_confirmed=self.dice.random() < 0.5,
        )

    def _danger(self, day: date) -> Matter:
        """Return one call for help; nobody calls for two things at once, for that is taken as one."""
        key = self.dice.choice(list(DANGERS))
        words = self._fill(self.dice.choice(DANGERS[key]))
        free = [
            (moment, village)
            for moment in (at(day, hour) for hour in OF_DANGER)
            for village in self.villages
            if (moment, village) not in self.calls_for_help
        ]
        moment, village = self.dice.choice(free)
        self.calls_for_help.add((moment, village))
        return Matter(moment, village, village, key, words, "danger")

    def _again(self, lead: Matter, fate: Fate) -> Matter:
        """Somebody else of the village sees the same, before the desk can have done with it."""
        by = lead.village if lead.by != lead.village else lead.village + 16
        words = self.dice.choice(SAW) + lead.words.removeprefix(village_name(lead.village))
        moment = next(each for each in report_times(lead.at.date()) if each > lead.at)
        return Matter(moment, by, lead.village, lead.klass, words, fate, lead=lead)

    def _reporter(self, village: int) -> int:
        own = (village, village + 16, stationed(village), leader(village))
        return self.dice.choices(own, (55, 33, 9, 3))[0]

    def _fill(self, sentence: str) -> str:
        return sentence.format(place=self.dice.choice(PLACES), home=self.dice.choice(HOMES))


def stationed(village: int) -> int:
    """Return the stationed cadre (包村干部) of a village."""
    return 33 + (village - 1) // 2


def leader(village: int) -> int:
    """Return the area leader (包片领导) of a village."""
    return 41 + (village - 1) // 4


@cache
def village_name(village: int) -> str:
    """Return what a village is called."""
    return read_roster()[1][village].areas[0]


@cache
def is_workday(day: date) -> bool:
    """Tell whether the office works that day, by the State Council's list."""
    return bool(chinese_calendar.is_workday(day))


def is_open(moment: datetime) -> bool:
    """Tell whether an unasked message may leave."""
    there = moment.astimezone(TOWN_ZONE)
    return is_workday(there.date()) and any(begin <= there.time() < end for begin, end in OPEN)


def at(day: date, hour: time) -> datetime:
    """Return the town's moment."""
    return datetime.combine(day, hour, TOWN_ZONE)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return at(day, time(0))


def week_of(moment: datetime) -> date:
    """Return the Monday of a moment's week."""
    day = moment.astimezone(TOWN_ZONE).date()
    return day - timedelta(days=day.weekday())


def report_times(day: date) -> Iterator[datetime]:
    """Yield when people say something, from a day on."""
    while True:
        hours = sorted((*AT_WORK, *AT_HOME)) if is_workday(day) else DAY_OFF
        yield from (at(day, hour) for hour in hours)
        day += timedelta(days=1)


def after(moment: datetime, hours: int) -> datetime:
    """Return the time of work so many working hours later."""
    slots = _slots()
    return slots[bisect_right(slots, moment) + hours - 1]


@cache
def _slots() -> list[datetime]:
    """Return the times of work of the year and the one after it."""
    days = (date(YEAR, 1, 1) + timedelta(days=shift) for shift in range(730))
    return [at(day, hour) for day in days if is_workday(day) for hour in AT_WORK]
