"""I11: any conversation of a few people at once, with a bot that is stopped and killed in the middle.

The bot is `wangge run` in a process of its own, the platform is the sandbox. People do whatever comes to
their minds; after each act `witness` compares all that was shown and stored with the model in `townsfolk`.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.faults.forks import Bots, open_bots
from tests.faults.kills import Ours
from tests.faults.townsfolk import Someone
from tests.faults.witness import Act, Witness, tags_in
from tests.office import MONDAY_10, settings_for

from wangge.bot import office
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town
from wangge.sandbox.views import Button, MessageView

PEOPLE = (1, 5, 17, 33, 41, 45, 47, 49)
"""Two grid workers, a village cadre, a stationed cadre, two leaders, the desk, the administrator."""
MOST_LEAVE = 2
POSTS = (
    ("网格员", "东桥村第一网格"),
    ("网格员", "石碾村第一网格"),
    ("村干部", "东桥村"),
    ("包村干部", "东桥村、西桥村"),
    ("包片领导", "石碾村、枣林坡村"),
    ("值班员", "清河镇"),
    ("镇领导", "清河镇"),
    ("管理员", "清河镇"),
    ("站所", "清河镇"),
)
SENTENCES = {
    "event": "{v}第{n}盏路灯不亮了",
    "hidden": "{v}第{n}盏灯下有人说要上访",
    "visit": "昨天去了{v}张家，聊了第{n}件事",
    "handled": "{v}第{n}盏路灯坏了，已经处理好了",
    "correction": "刚才说错了，是第{n}盏路灯",
    "danger": "{v}第{n}户着火了",
    "words": "第{n}件",
    "small_talk": "你好",
    "nothing": "没啥事",
    "long": "第{n}件" + "很长" * 300,
}
ANSWERS = ("1", "2", "选2", "好", "还没有", "今天", "都好", "张家、李家", "都正常", "11-25到11-26", "x", "？")
COMMANDS = ("上报", "走访", "我的", "进度", "练一练", "请假", "意见反馈", "值班台", "周报", "花名册", "邀请")
WAYS_OUT = ("取消", "/cancel", "上一步", "返回", "/start", "/nonsense", "不要了")
MENU = ("菜单", "/help", "帮助")
HELP = "弄不明白就打值班电话"
ASKS_WHAT = "什么事？说一句就行"
WAYS_ON = (
    "上报",
    "保存",
    "受理并指派",
    "接了",
    "办结",
    "按此结案",
    "退回",
    "改一改",
    "存下",
    "还没有",
    "补充",
    "看",
    "更多",
    "撤销",
    "同意",
    "并案",
)
FILES = ("photo", "captioned", "voice", "document", "position", "sticker", "contact", "album")
TROUBLES = ("post", "post", "post", "end", "stop", "kill", "time", "time")
TWICE = ((1, "event"), (1, "上报"), (1, "event"), (1, "上报"))
TOLD = ((1, "event"), (1, "上报"), (45, "受理并指派 何二牛"))
STORIES = (
    (*TOLD, (17, "接了"), (1, "补充情况"), (1, "words")),
    (*TOLD, (17, "管理员"), (1, "补充情况"), (1, "words")),
    (*TOLD[:2], (1, "time"), (45, "受理并指派 何二牛"), (17, "end"), (1, "time")),
    ((5, "event"), (5, "上报"), (47, "number"), (41, "number"), (5, "撤回"), (33, "number")),
    ((1, "event"), (1, "管理员"), (1, "上报"), (5, "event"), (5, "改一改"), (5, "类别")),
    ((1, "small_talk"), (33, "走访"), (33, "东桥村"), (1, "forge"), (33, "张家"), (33, "都好"), (33, "保存")),
    (
        *TOLD,
        (45, "更多"),
        (45, "申请挂账"),
        (45, "要等天气"),
        (45, "11-26"),
        (41, "同意挂账"),
        (45, "恢复办理"),
    ),
    (
        *TOLD,
        (17, "更多"),
        (17, "转给别人"),
        (17, "袁二牛 · 包村干部"),
        (17, "归他管"),
        (33, "接了"),
        (45, "撤销"),
    ),
    (*TWICE, (1, "不是，照样上报"), (45, "更多"), (45, "并案"), (45, "1"), (45, "撤销"), (45, "撤销")),
    (
        *TWICE[:2],
        (17, "event"),
        (17, "上报"),
        (17, "1"),
        (17, "words"),
        (45, "更多"),
        (45, "转信访"),
        (45, "words"),
    ),
    ((41, "上报"), (41, "words"), (41, "南河湾村"), (41, "改一改"), (41, "日期"), (41, "西桥村")),
)
"""Each is played once, and what an example may begin with. The last button of the last one is old by then."""

TOLD_OF = {"suspend", "resume", "hand_on", "begin", "merge", "undo", "join", "petition", "supplement"}
ACTORS = st.sampled_from((1, 17, *PEOPLE[:-1]))
WHICH = st.integers(0, 400)
CUTS = st.sampled_from(("",) * 28 + ("stop", "kill"))


class Talks(RuleBasedStateMachine):
    """One example: a fresh town, a bot, and people."""

    runner: ClassVar[asyncio.Runner]
    bots: ClassVar[Bots]
    template: ClassVar[Path]
    folder: ClassVar[Path]
    played: ClassVar[Counter[str]]
    acts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.played["examples"] += 1
        self.parts = AsyncExitStack()
        self.tags = count(1)
        self.now = MONDAY_10
        self.run(self.open())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something; when it has failed there is nothing to be checked any more."""
        self.is_sound = False
        self.runner.run(work)
        self.is_sound = True

    async def open(self) -> None:
        self.sandbox = await self.parts.enter_async_context(Sandbox(town_time=self.now))
        self.town = await self.parts.enter_async_context(Town(self.sandbox.url))
        self.place = self.folder / f"town{self.played['examples']}"
        self.order = Ours(self.template).order(self.place, self.sandbox)
        self.town.health_url = f"http://127.0.0.1:{self.order.environment['WANGGE_HEALTH_PORT']}"
        await self.bots.start(self.order)
        self.rows = roster()
        self.witness = Witness(self.sandbox, self.place, {})
        self.areas = {name: code for code, name in self.witness.select("SELECT code, name FROM areas")}
        keys = {int(no): key for key, no in self.witness.select("SELECT id, staff_no FROM people")}
        self.people: dict[int, Someone] = {}
        self.hands: dict[int, Person] = {}
        for no, (_, name, _, *post) in self.rows.items():
            self.people[no] = self.witness.people[keys[no]] = Someone(no, name, keys[no], self.posts(*post))
            self.hands[no] = await self.town.person(name, user_id=1000 + no, has_started=True)
        await self.settled()

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self.run(self.finish())
        finally:
            self.runner.run(self.close())

    async def finish(self) -> None:
        """At the end everybody comes to the menu."""
        await self.find_menu(PEOPLE, "/help")
        self.witness.compare(None)
        self.witness.compare_end()
        self.acts.update(self.witness.acts)

    async def close(self) -> None:
        await self.bots.kill()
        await self.parts.aclose()

    # What people do

    @initialize(story=st.sampled_from(STORIES), depth=st.sampled_from((2, 4, 6, 6)))
    def begins(self, story: tuple[tuple[int, str], ...], depth: int) -> None:
        """Something is on its way already, so far or farther."""
        for no, doing in story[:depth]:
            live, old = (
                [b for b in found if b[0].text == doing] for found in (self.live(no), self.shown(no))
            )
            if live or old:
                self.run(self.tap(no, *(live or old)[-1], is_live=bool(live)))
            elif doing in {"time", "end", *dict(POSTS)}:
                self.suffers(doing if doing in TROUBLES else "post", no, (doing, "清河镇"))
            elif doing == "forge":
                self.forges(no, pick=0, back=0, cut="")
            elif doing == "number":
                self.types_a_number(no, 0, says_more=False)
            else:
                self.run(self.say(no, self.sentence(doing) if doing in SENTENCES else doing))

    @rule(
        no=ACTORS,
        kind=st.sampled_from((*SENTENCES, "event", "event", "visit", "visit")),
        village=st.sampled_from(("", "东桥村", "石碾村")),
        cut=CUTS,
    )
    def speaks(self, no: int, kind: str, village: str, cut: str) -> None:
        self.run(self.say(no, self.sentence(kind, village), cut))

    @rule(no=ACTORS, words=st.sampled_from((*ANSWERS, *COMMANDS, *WAYS_OUT, *MENU)), cut=CUTS)
    def answers(self, no: int, words: str, cut: str) -> None:
        self.run(self.find_menu([no], words) if words in MENU else self.say(no, words, cut))

    @rule(no=ACTORS, pick=WHICH, says_more=st.booleans())
    def types_a_number(self, no: int, pick: int, says_more: bool) -> None:
        if cases := list(self.witness.cases.values()):
            number = cases[pick % len(cases)].number
            self.run(self.say(no, f"{number} {self.sentence('words')}" if says_more else number))

    @rule(no=ACTORS, kind=st.sampled_from(("words", "event", "danger", "small_talk")), back=st.integers(0, 3))
    def replies_or_edits(self, no: int, kind: str, back: int) -> None:
        """Answer one of the last cards, or change one of the last sentences."""
        hand, words = self.hands[no], self.sentence(kind)
        cards = [one for one in self.screen(no) if one.from_bot or one.text][-1 - back :]
        if cards and cards[0].from_bot:
            self.run(self.act(Act(self.people[no], words), hand.says(words, reply_to=cards[0], wait=False)))
        elif cards:
            self.run(self.act(Act(self.people[no], words), hand.edits(cards[0], words, wait=False)))

    @rule(no=ACTORS, sort=st.sampled_from(FILES), cut=CUTS)
    def sends(self, no: int, sort: str, cut: str) -> None:
        hand, words = self.hands[no], self.sentence("event") if sort == "captioned" else ""
        ways: dict[str, partial[Coroutine[Any, Any, Any]]] = {
            "photo": partial(hand.sends_photo),
            "captioned": partial(hand.sends_photo, caption=words),
            "voice": partial(hand.sends_voice),
            "document": partial(hand.sends_document, "x.txt", b"x"),
            "position": partial(hand.sends_location, 34.5, 109.1),
            "sticker": partial(hand.sends_sticker),
            "contact": partial(hand.sends_contact, "13800000000"),
            "album": partial(hand.sends_album, [None, None]),
        }
        self.run(self.act(Act(self.people[no], words), ways[sort](wait=False), cut))

    @rule(pick=WHICH, back=st.integers(0, 5), is_double=st.booleans(), cut=CUTS)
    def taps(self, pick: int, back: int, is_double: bool, cut: str) -> None:
        """Tap one of the last buttons on somebody's screen."""
        if found := [no for no in PEOPLE if self.live(no)]:
            no = found[pick % len(found)]
            live = self.live(no)
            self.run(self.tap(no, *live[-1 - back % len(live)], cut, is_live=True, is_double=is_double))

    @rule(pick=WHICH, label=st.sampled_from(WAYS_ON), cut=CUTS)
    def goes_on(self, pick: int, label: str, cut: str) -> None:
        """Tap a button that takes something on its way, where there is one."""
        live = [(no, *one) for no in PEOPLE for one in self.live(no) if one[0].text.startswith(label)]
        if live:
            self.run(self.tap(*live[pick % len(live)], cut, is_live=True))

    @rule(pick=WHICH, back=st.integers(0, 11), cut=CUTS)
    def taps_old(self, pick: int, back: int, cut: str) -> None:
        """Tap a button that his chat has shown before, and perhaps shows no more."""
        if found := [no for no in PEOPLE if self.shown(no)]:
            self.played["old taps"] += 1
            no = found[pick % len(found)]
            self.run(self.tap(no, *self.shown(no)[-1 - back % len(self.shown(no))], cut))

    @rule(no=ACTORS, pick=WHICH, back=st.integers(0, 11), cut=CUTS)
    def forges(self, no: int, pick: int, back: int, cut: str) -> None:
        """Send from his own chat what another's button says."""
        found = [other for other in PEOPLE if other != no and self.shown(other)]
        own = [message for message in self.screen(no) if message.from_bot]
        if found and own:
            self.played["forged taps"] += 1
            shown = self.shown(found[pick % len(found)])
            self.run(self.tap(no, shown[-1 - back % len(shown)][0], own[-1], cut))

    @rule(what=st.sampled_from(TROUBLES), no=ACTORS, post=st.sampled_from(POSTS))
    def suffers(self, what: str, no: int, post: tuple[str, str]) -> None:
        """A restart, the evening or the morning, another post, or none any more."""
        if what in {"stop", "kill"}:
            self.run(self.resume(what))
        elif what == "time":
            self.run(self.pass_time())
        elif self.people[no].posts and (what == "post" or len(self.rows) > len(PEOPLE) - MOST_LEAVE):
            self.run(self.change_posts(no, post if what == "post" else None))

    # How it is done

    async def say(self, no: int, words: str, cut: str = "") -> None:
        asked = self.open_question(no)
        await self.act(Act(self.people[no], words), self.hands[no].says(words, wait=False), cut)
        if asked and words.startswith("第"):
            assert tags_in(words) <= tags_in(str(self.witness.drafts[asked].body)), f"{words} is no answer"

    async def tap(
        self,
        no: int,
        button: Button,
        on: MessageView,
        cut: str = "",
        *,
        is_live: bool = False,
        is_double: bool = False,
    ) -> None:
        hand, payload = self.hands[no], button.data or ""
        if is_double:
            await hand.forges(payload, on=on, wait=False)
        act = Act(self.people[no], payload=payload, is_live=is_live)
        await self.act(act, hand.forges(payload, on=on, wait=False), cut)

    async def act(self, act: Act, doing: Coroutine[Any, Any, Any], cut: str = "") -> None:
        """Do it, perhaps let the bot die over it, and compare everything."""
        self.played["steps"] += 1
        act.who.said |= tags_in(act.words)
        await doing
        if cut:
            await self.die(cut)
        await self.settled()
        self.witness.compare(act)

    async def die(self, how: str) -> None:
        self.played[f"{how}s"] += 1
        code = await self.bots.kill(signal.SIGKILL if how == "kill" else signal.SIGTERM)
        assert code == (-signal.SIGKILL if how == "kill" else 0), f"ended with {code}"
        await self.bots.start(self.order)

    async def resume(self, how: str) -> None:
        await self.die(how)
        await self.settled()
        self.witness.compare_resumed()

    async def settled(self) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    return await self.town.settled()
                except aiohttp.ClientError:
                    await asyncio.sleep(0.002)  # until it listens again

    async def change_posts(self, no: int, post: tuple[str, str] | None) -> None:
        """Give somebody another post, or end him, with a new roster as the command line takes it."""
        self.played["changed posts" if post else "ended"] += 1
        row = self.rows.pop(no)
        if post:
            self.rows[no] = (*row[:3], *post)
        lines = [",".join((*row, "", "")) for row in self.rows.values()]
        file = "\n".join(["工号,姓名,电话,职务,区域,开始,结束", *lines]).encode()
        async with office.opened(settings_for(self.place)) as database:
            changes = await office.read_roster(database, file, "roster.csv", self.now)
            assert not changes.mistakes
            await office.apply_roster(database, changes, self.now, end_missing=True)
        self.people[no].posts = self.posts(*post) if post else []
        await self.settled()
        self.witness.compare(None)

    async def pass_time(self) -> None:
        """From the working day to the evening, from the evening to the next morning."""
        is_day = self.now.hour < 12
        for case in self.witness.cases.values():
            case.undoable = None
        self.now = self.now.replace(hour=19) if is_day else (self.now + timedelta(days=1)).replace(hour=10)
        await self.town.clock_to(self.now, wait=False)
        await self.settled()
        self.witness.compare(None)

    async def find_menu(self, numbers: Sequence[int], words: str) -> None:
        """The menu is at most two acts away, wherever one is."""
        missing = [no for no in numbers if self.people[no].posts]
        for _ in range(2):
            before = len(self.sandbox.world.feed)
            for no in missing:
                await self.hands[no].says(words, wait=False)
            await self.settled()
            events = self.sandbox.world.feed[before:]
            helped = {event.chat_id for event in events if event.message and HELP in event.message.words}
            missing = [no for no in missing if self.people[no].chat not in helped]
        assert not missing, f"{missing} do not come to the menu"
        self.witness.look()
        self.witness.compare_shown({})

    # What they see

    def sentence(self, kind: str, village: str = "") -> str:
        return SENTENCES[kind].format(v=village, n=next(self.tags))

    def screen(self, no: int) -> list[MessageView]:
        messages = self.sandbox.world.chats[self.people[no].chat].messages.values()
        return [message.view() for message in messages if not message.is_deleted]

    def live(self, no: int) -> list[tuple[Button, MessageView]]:
        """Return the buttons that a chat shows now."""
        screen = self.screen(no)
        return [(button, message) for message in screen for row in message.buttons for button in row]

    def shown(self, no: int) -> list[tuple[Button, MessageView]]:
        """Return every button that a chat has ever shown, each where it was seen last."""
        return list(self.witness.shown.get(self.people[no].chat, {}).values())

    def open_question(self, no: int) -> int:
        """Return the draft whose question 什么事 is the last thing the bot has shown in the chat, or 0."""
        last = sorted((one for one in self.screen(no) if one.from_bot), key=lambda one: one.seq)[-1:]
        if not last or not self.people[no].posts or ASKS_WHAT not in last[0].words:
            return 0
        draft = int((last[0].buttons[-1][-1].data or "").split(":")[1])
        return 0 if self.witness.drafts[draft].is_practice else draft

    def posts(self, role: str, areas: str) -> list[tuple[str, str]]:
        return [(role, self.areas[name]) for name in areas.split("、")]


def roster() -> dict[int, tuple[str, ...]]:
    """Return the rows of the people by staff number: number, name, phone, post, areas."""
    lines = resources.files("wangge.demo").joinpath("roster.csv").read_text().splitlines()
    rows = [tuple(line.split(",")[:5]) for line in lines[1:]]
    return {int(row[0]): row for row in rows if int(row[0]) in PEOPLE}


def tell(example: Talks, story: tuple[tuple[int, str], ...]) -> None:
    """Play one story to its end, and nothing else."""
    try:
        example.begins(story=story, depth=len(story))
    finally:
        example.teardown()


def play(template: Path, folder: Path, examples: int, steps: int, seed: int | None = None) -> str:
    """Play every story and then examples, always the same ones without a seed; return what was played as a line.

    A failing example is told as it is: to shorten it takes minutes, and SHRINK=1 does.
    """
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=seed is None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, *([Phase.shrink] if os.environ.get("SHRINK") else [])),
        suppress_health_check=list(HealthCheck),
    )
    played: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    with asyncio.Runner() as runner:
        parts = AsyncExitStack()
        bots = runner.run(parts.enter_async_context(open_bots(Ours.module, *Ours.warm)))
        inside = {"runner": runner, "bots": bots, "template": template, "folder": folder}
        inside |= {"played": played, "acts": acts}
        machine = type("Talks", (Talks,), inside)
        try:
            for story in STORIES:
                tell(machine(), story)
            assert acts.keys() >= TOLD_OF, f"the stories tell of no {TOLD_OF - acts.keys()}"
            run_state_machine_as_test(machine if seed is None else with_seed(seed)(machine), settings=how)
        finally:
            runner.run(parts.aclose())
    return "conversations: " + ", ".join(f"{number} {what}" for what, number in sorted(played.items()))
