"""Any acts by anybody on several events, with hours and days between them, against the office on paper.

Everything is done through the bot's own way of a message, on a real database and without a platform.
After each step all that is stored of the events, and who was told of them, is as the model says.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import Connection, Engine, select
from tests.faults.books import Books
from tests.faults.paper import (
    DAY,
    HOUR,
    MINUTE,
    REOPENED_WITHIN,
    TOLD,
    TOWN_TIME,
    UNDONE_WITHIN,
    Paper,
    morning_of,
)
from tests.faults.townsfolk import HANDLERS, LOOP, OPEN, WORK, Someone
from tests.storage.rows import add_people, entry, post
from tests.storage.test_scheduled import EAST, POLICY, TOWN, WEST

from wangge.handlers import drafting, events, filing, router
from wangge.handlers.context import Context, Outgoing, Worlds, policy_json
from wangge.handlers.effects import Given
from wangge.handlers.form import to_record
from wangge.handlers.message import Inbound
from wangge.records.catalogue import CATALOGUE
from wangge.rules.errors import PersonError
from wangge.rules.policy import Reminders
from wangge.scheduler.tick import tick_in
from wangge.storage import areas, ledger, people, records, tables
from wangge.storage.conversations import Conversation
from wangge.storage.database import savepoint

BEGIN = datetime(2026, 11, 23, 10, tzinfo=TOWN_TIME)
NUMBER = re.compile(r"\d{4}-\d{3}")
POSTS: dict[int, tuple[tuple[str, str, str], ...]] = {
    1: (("grid_worker", "网格员", EAST),),
    2: (("village_cadre", "村干部", WEST),),
    3: (("stationed_cadre", "包村干部", EAST), ("stationed_cadre", "包村干部", WEST)),
    4: (("area_leader", "包片领导", EAST),),
    5: (("town_leader", "镇领导", TOWN),),
    6: (("desk_officer", "值班员", TOWN),),
    7: (("desk_officer", "值班员", TOWN),),
    8: (("unit", "站所", TOWN),),
    9: (("judicial_officer", "司法所工作人员", TOWN),),
    10: (("administrator", "管理员", TOWN),),
}
ON_DUTY, NEXT_ON_DUTY = 6, 7
TAPPED = tuple(verb for verb in LOOP if verb != "amend")
"""Amending begins an interview; it is done as its end does it."""
READY = (
    "return",
    "not_grid",
    "hand_back",
    "hand_on",
    "redo",
    "escalate",
    "reopen",
    "refuse",
    "withdraw",
    "rate",
)
WORDED = ("petition", "answer", "finish", "supervise", "instruct", "supplement", "note", "enter")
NAMING = ("assign", "hand_on", "add_helper", "ask_check")
DATED = ("ask_suspend", "ask_extend", "supervise")
LIVELY = (
    *("assign", "begin", "hand_on", "add_helper", "finish", "ask_suspend", "suspend", "ask_extend", "extend"),
    *("redo", "deny", "close", "merge", "undo", "ask_check", "refuse", "rate"),
)
"""Acts after which there is more to do."""
TIMES = (
    MINUTE,
    5 * MINUTE,
    5 * MINUTE,
    11 * MINUTE,
    45 * MINUTE,
    3 * HOUR,
    5 * HOUR,
    8 * HOUR,
    20 * HOUR,
    DAY,
    3 * DAY,
    16 * DAY,
)
PICKS = st.integers(0, 997)


def furnish(tx: Connection) -> None:
    """Make a town of two villages and ten people."""
    tables.metadata.create_all(tx)
    quiet = Reminders(weekly_todo=False, month_end_todo=False, digest=False, evening_brief=False)
    areas.add_policy(tx, policy_json(POLICY.model_copy(update={"reminders": quiet})), BEGIN - 30 * DAY)
    rows = [
        (TOWN, "清河镇", "990101", "town"),
        (EAST, "东桥村", TOWN, "village"),
        (WEST, "西桥村", TOWN, "village"),
    ]
    areas.save_areas(tx, [dict(zip(("code", "name", "parent", "level"), row, strict=True)) for row in rows])
    entries = [
        entry(str(no), f"人{no}", *(post(role, area) for role, _, area in posts))
        for no, posts in POSTS.items()
    ]
    for no, person in zip(POSTS, add_people(tx, *entries), strict=True):
        people.link_account(tx, "telegram", str(1000 + no), str(1000 + no), person, BEGIN - 30 * DAY)


def told_of(verb: str, state: str) -> list[str]:
    """Return who is told of an act in a state: of what is looked at by sample or not done yet, nobody."""
    is_quiet = (verb, state) == ("close", "self_handled") or (verb == "deny" and state in WORK)
    return [] if is_quiet else TOLD.get(verb, "").split()


class DeskDays(Books, RuleBasedStateMachine):
    """One example: a fresh town in a transaction that is rolled back at the end."""

    engine: ClassVar[Engine]
    played: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.tx = self.engine.connect()
        self.tx.begin()
        self.worlds, self.now, self.draws, self.words = Worlds(), BEGIN, count(103), count(1)
        ids = {
            int(no): key for key, no in self.tx.execute(select(tables.people.c.id, tables.people.c.staff_no))
        }
        self.people = {
            no: Someone(no, f"人{no}", ids[no], [(title, area) for _, title, area in posts])
            for no, posts in POSTS.items()
        }
        self.by_id = {who.id: who for who in self.people.values()}
        self.papers: dict[int, Paper] = {}
        self.done: Counter[str] = Counter()
        self.read_until = 0
        tick_in(self.tx, self.worlds.current(self.tx), self.now)

    def teardown(self) -> None:
        self.tx.rollback()
        self.tx.close()

    # What people do

    @initialize(no=st.sampled_from((1, 2, 3)), urgency=st.sampled_from(("usual", "critical")))
    def begin(self, no: int, urgency: str) -> None:
        """Two events are there."""
        self.report(no, EAST, "R", "usual", "report")
        self.report(no, WEST, "D", urgency, "report")

    @rule(
        no=st.sampled_from((1, 2, 3, 4, 6, 8)),
        area=st.sampled_from((EAST, EAST, WEST)),
        klass=st.sampled_from(("R", "D", "U")),
        urgency=st.sampled_from(("usual", "usual", "usual", "urgent", "critical")),
        handling=st.sampled_from(("report", "report", "report", "self")),
    )
    def report(self, no: int, area: str, klass: str, urgency: str, handling: str) -> None:
        if len(self.papers) > 4:
            return
        who = self.people[no]
        values = {
            "village": area,
            "what": f"第{next(self.words)}盏路灯不亮",
            "category": klass,
            "urgency": urgency,
        }
        ctx = self.context(who)
        filing.file_event(ctx, drafting.open_draft(ctx, "event", {**values, "handling": handling}))
        ctx.post()
        paper = self.take_up(who)
        told = {ON_DUTY} if paper.state == "reported" else set()
        if urgency == "critical":
            told |= self.leaders(area)
        self.check(who, told)

    @rule(seed=st.integers(0, 2**32), acts=st.integers(5, 25))
    def go_on(self, seed: int, acts: int) -> None:
        """Do some things that the loop allows, and let time pass between them."""
        dice = Random(seed)
        for _ in range(acts):
            papers = [
                paper for paper in self.papers.values() if paper.state not in {"withdrawn", "duplicate"}
            ]
            if not papers:
                return
            self.does_something(dice.choice(papers), dice)
            if dice.random() < 0.2:
                self.pass_time(dice.choice(TIMES))

    def does_something(self, paper: Paper, dice: Random) -> None:
        order = {verb: dice.random() * (1 + self.done[verb]) / (1 + 2 * (verb in LIVELY)) for verb in TAPPED}
        for verb in sorted(TAPPED, key=order.__getitem__):
            if may := [who for who in self.people.values() if self.is_on(verb, paper, who)]:
                self.act(verb, paper, dice.choice(may), dice.randrange(1000))
                return

    @rule(
        verb=st.sampled_from(TAPPED),
        no=st.sampled_from(tuple(POSTS)),
        case=PICKS,
        given=PICKS,
        behind=st.sampled_from((0, 0, 0, 1, -1)),
    )
    def try_anything(self, verb: str, no: int, case: int, given: int, behind: int) -> None:
        """Do whatever comes to mind, perhaps with an old button or a forged one."""
        if paper := self.paper(case):
            self.act(verb, paper, self.people[no], given, behind)

    @rule(case=PICKS, given=PICKS)
    def take_back(self, case: int, given: int) -> None:
        """撤销 by whoever did it last, in time or too late, or by another officer."""
        if paper := self.paper(case):
            last = self.by_id.get(paper.acts[-1][1] or 0)
            who = self.people[NEXT_ON_DUTY] if given % 5 == 0 or last is None else last
            self.act("undo", paper, who, given)

    @rule(no=st.sampled_from((1, 2, 3, 6, 7, 8, 10)), case=PICKS)
    def join(self, no: int, case: int) -> None:
        """是同一件: he has reported it too."""
        if paper := self.paper(case):
            who = self.people[no]
            is_on = paper.allows("join", who)
            ctx = self.context(who)
            given = Given(words="我也看见了")
            assert is_on is self.tried(
                lambda: events.perform(ctx, "join", records.get(self.tx, paper.id), given)
            )
            if is_on:
                ctx.post()
                paper.takes("join", who, self.now, {})
                paper.parties.add(("reporter", who.id))
                paper.joined.add(who.id)
                self.played["join"] += 1
            self.check(who, set(), is_answered=is_on)

    @rule(
        no=st.sampled_from(tuple(POSTS)),
        case=PICKS,
        urgency=st.sampled_from(("usual", "urgent")),
        handling=st.sampled_from(("report", "self")),
    )
    def amend(self, no: int, case: int, urgency: str, handling: str) -> None:
        """Another urgency, or it is handled after all, or it is not."""
        paper = self.paper(case)
        if paper is None or paper.urgency == "critical":
            return
        who = self.by_id[paper.author] if no % 3 else self.people[no]
        stored = records.get(self.tx, paper.id)
        kept = {name: value for name, value in stored.values.items() if name in CATALOGUE["event"].asks()}
        values = to_record(CATALOGUE["event"], {**kept, "urgency": urgency, "handling": handling})
        ctx = self.context(who)
        is_on, was = paper.allows("amend", who), paper.state

        def amend() -> None:
            amended = events.amend(ctx, stored, values.model_dump(mode="json"), values.columns())
            events.announce_change(ctx, stored, amended)

        assert self.tried(amend) is is_on
        if is_on:
            ctx.post()
            paper.amended(who, self.now, urgency, is_handled=handling == "self")
            self.played["amend"] += 1
        is_news = is_on and was == "self_handled" != paper.state
        self.check(who, {ON_DUTY} if is_news else set(), is_answered=is_on)

    @rule(time=st.sampled_from(TIMES))
    def pass_time(self, time: timedelta) -> None:
        """Some minutes, hours or days; then the clock ticks."""
        self.now += time
        told = set[tuple[int, str]]()
        for paper in self.papers.values():
            told |= {(no, paper.number) for no in self.rung(paper)}
        resumed = {paper.id for paper in self.papers.values() if self.has_come(paper)}
        for key in resumed:
            paper = self.papers[key]
            paper.takes("resume", None, self.now, {})
            told |= {(no, paper.number) for no in {ON_DUTY} | self.numbers({paper.holder})}
        tick_in(self.tx, self.worlds.current(self.tx), self.now)
        found = {(no, number) for no, text in self.letters() for number in NUMBER.findall(text)[:1]}
        assert found == told, f"told of {found}, and should be of {told}"
        self.compare()
        for paper in self.papers.values():
            if paper.id not in resumed:
                self.compare_next(paper)

    def rung(self, paper: Paper) -> set[int]:
        """Let the clocks of an event ring on paper; return who is told."""
        told = set[int]()
        for clock, step in paper.ring(self.now):
            self.played[f"{clock}.{step}"] += 1
            if step == "amber" and clock != "accept" and paper.holder:
                told |= self.numbers({paper.holder})
            else:
                told |= self.in_charge(paper) if step == "leader" else {ON_DUTY}
        if paper.answer and paper.answer[0] <= self.now:
            round_ = paper.answer[1] + 1
            told |= self.numbers({paper.author}) | ({NEXT_ON_DUTY} if round_ == 1 else set())
            paper.answer = (self.now + 5 * MINUTE, round_) if round_ == 1 else None
        return told

    def has_come(self, paper: Paper) -> bool:
        return paper.review is not None and morning_of(paper.review) <= self.now

    # How it is done

    def act(self, verb: str, paper: Paper, who: Someone, pick: int, behind: int = 0) -> None:
        """Tap the button of an act and say what it asks for; follow it on paper if it is on."""
        given, argument = self.given(verb, paper, pick)
        is_on = self.is_on(verb, paper, who) and behind == 0 and given is not None
        tap = f"{verb}:{paper.id}.{argument}:{paper.version - behind}"
        before = {each.holder for each in (paper, paper.former) if each}, paper.state
        self.hears(who, "choice", tap)
        if is_on and verb in WORDED:
            n = next(self.words)
            self.hears(who, "text", f"SJ2026{n:06}" if verb == "enter" else f"说明第{n}条")
        if is_on and verb == "finish":
            self.hears(who, "choice", tap)
        told = set[int]()
        if is_on and given is not None and verb == "deny" and self.is_long_closed(paper):
            self.take_up(who, again=paper)
            told = {ON_DUTY}
        elif is_on and given is not None:
            if verb == "supplement" and paper.allows("answer", who):
                verb = "answer"  # what a reporter adds to a returned event is what was asked for
            self.played[verb] += 1
            self.done[verb] += 1
            told = self.follow(verb, paper, who, given, *before)
        self.check(who, told)

    def follow(
        self,
        verb: str,
        paper: Paper,
        who: Someone,
        given: dict[str, Any],
        holders: set[int | None],
        state: str,
    ) -> set[int]:
        """Do it on paper; return who is told."""
        undone, undone_of = paper.acts[-1][0], set(paper.reporters)
        paper.takes(verb, who, self.now, given)
        if verb in {"add_helper", "ask_check"}:
            paper.parties.add(("helper" if verb == "add_helper" else "checker", given["person"]))
        if verb == "merge":
            lead: Paper = given["lead"]
            paper.led_by = lead.id
            lead.parties |= {("reporter", person) for person in paper.reporters}
        parts = told_of(verb, state)
        told = self.numbers({paper.holder}) if "holder" in parts else set()
        told |= self.numbers({given.get("person")}) if "named" in parts else set()
        told |= self.numbers(paper.reporters) if "reporter" in parts else set()
        told |= self.in_charge(paper) if "leader" in parts else set()
        told |= {ON_DUTY} if "desk" in parts else set()
        if verb in {"supplement", "answer"} and paper.urgency == "critical":
            told |= {ON_DUTY}
        if verb == "undo":
            parts = told_of(undone, paper.state)
            told |= self.numbers(undone_of) if "reporter" in parts else set()
            told |= self.numbers(holders - {paper.holder}) if "holder" in parts else set()
            self.part(paper, given.get("was_led_by"))
        return told

    def part(self, paper: Paper, key: int | None) -> None:
        """Undo a merge on paper: who reports the leading event by another way still does."""
        if key:
            lead = self.papers[key]
            others = [each for each in self.papers.values() if each.led_by == key]
            stay = lead.joined.union(*(each.reporters for each in others))
            lead.parties -= {("reporter", person) for person in paper.reporters - stay}

    def is_on(self, verb: str, paper: Paper, who: Someone) -> bool:
        if verb == "join":
            return False  # no button says it
        if verb == "deny" and self.is_long_closed(paper):
            return paper.allows(verb, who) and who.may_report("event")
        if verb == "undo" and self.now - paper.acts[-1][2] > UNDONE_WITHIN:
            return False
        if verb == "withdraw" and paper.reporters != {paper.author}:
            return False  # others rely on it
        if verb in {"suspend", "extend"} and paper.askers.get(verb) == who.id:
            return False  # nobody consents to his own request
        return paper.allows(verb, who) and not paper.lacks(verb)

    def is_long_closed(self, paper: Paper) -> bool:
        return paper.closed_at is not None and self.now - paper.closed_at > REOPENED_WITHIN

    def given(self, verb: str, paper: Paper, pick: int) -> tuple[dict[str, Any] | None, str]:
        """Return what an act is given, None if it is not fit, and the argument that says it."""
        given: dict[str, Any] = {"was_led_by": paper.led_by}
        tokens = list[str]()
        is_fit = True
        if verb in NAMING:
            named = list(self.people.values())[pick % len(self.people)]
            fit = [who for who in self.people.values() if self.may_be_named(verb, who, paper)]
            named = named if pick % 7 == 0 else fit[pick % len(fit)]
            is_fit = named in fit
            given["person"] = named.id
            tokens.append(f"p{named.id}")
        if verb in READY or verb in {"ask_suspend", "ask_extend"}:
            tokens.append("r1")
        if verb in DATED:
            given["until"] = self.today + (1 + pick % 40) * DAY
            limit = paper.limits["finish"]
            is_fit = verb != "ask_suspend" or pick % 40 < 30
            if verb == "ask_extend" and limit:
                is_fit = given["until"] > limit.astimezone(TOWN_TIME).date()
            tokens.append(f"d{given['until']:%Y%m%d}")
        if verb in {"close", "finish"} and pick % 3:
            given["outcome"] = ("unsolvable", "untrue")[pick % 3 - 1]
            tokens.append(f"o{given['outcome']}")
        if verb == "merge":
            others = [each for each in self.papers.values() if each.id != paper.id]
            lead = others[pick % len(others)] if others else paper
            is_quick = lead.urgency == "critical" or paper.urgency != "critical"
            is_fit = lead is not paper and lead.state in OPEN - {"returned"} and is_quick
            given["lead"] = lead
            tokens.append(f"l{lead.id}")
        return (given if is_fit else None), "-".join(tokens)

    def may_be_named(self, verb: str, who: Someone, paper: Paper) -> bool:
        is_his = verb in {"hand_on", "add_helper"} and who.id == paper.holder
        return who.covers(paper.area, HANDLERS) and not is_his

    def paper(self, pick: int) -> Paper | None:
        return list(self.papers.values())[pick % len(self.papers)] if self.papers else None

    def take_up(self, who: Someone, again: Paper | None = None) -> Paper:
        """Follow a new event on paper."""
        table = ledger.records.c
        row = self.tx.execute(select(ledger.records).order_by(table.id.desc()).limit(1)).one()
        assert row.id not in self.papers and row.author == who.id
        assert again is None or (row.area, row.urgency) == (again.area, "usual")
        named = (row.id, row.number, row.kind, row.author, row.area, row._mapping["class"], row.urgency)
        paper = self.papers[row.id] = Paper(*named, row.state)
        paper.begins(self.now)
        self.played["report"] += 1
        return paper

    def hears(self, who: Someone, sort: Any, text: str) -> None:
        """Let the bot handle a message."""
        outgoing = Outgoing(self.tx, self.worlds.current(self.tx), self.now)
        router.handle(outgoing, self.inbound(who, sort, text), draw=lambda: next(self.draws), album_wait=0.0)

    def inbound(self, who: Someone, sort: Any, text: str) -> Inbound:
        chat, key = str(who.chat), str(next(self.words))
        return Inbound(
            channel="telegram", key=key, account=chat, chat=chat, sort=sort, text=text,
            tap=key if sort == "choice" else "", sent_at=self.now,
        )  # fmt: skip

    def context(self, who: Someone) -> Context:
        speaker = people.by_id(self.tx, who.id, self.today)
        assert speaker
        return Context(
            self.tx, self.worlds.current(self.tx), self.now, inbound=self.inbound(who, "choice", ""), person=speaker,
            conversation=Conversation(), draw=lambda: next(self.draws), album_wait=0.0,
        )  # fmt: skip

    def tried(self, work: Callable[[], object]) -> bool:
        """Do it or nothing; tell whether it was done."""
        try:
            with savepoint(self.tx):
                work()
        except (PersonError, records.Outdated):
            return False
        return True

    @property
    def today(self) -> date:
        return self.now.astimezone(TOWN_TIME).date()

    def numbers(self, ids: set[Any]) -> set[int]:
        return {self.by_id[key].staff_no for key in ids if key}

    def leaders(self, area: str) -> set[int]:
        return {4, 5} if area == EAST else {5}

    def in_charge(self, paper: Paper) -> set[int]:
        """Nobody is in charge of what he has in hand himself."""
        return {4} if paper.area == EAST and paper.holder != self.people[4].id else {5}
