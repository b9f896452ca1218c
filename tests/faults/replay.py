"""A year of the made-up town, 11,572 valid events sent by chat through the whole bot: `make replay`.

What is said and what becomes of it stands in `town_year`; here it is played on the moved clock, and judged:
the year's figures, every weekly digest against plain SQL, and by the sandbox's own log that nobody is
written to unasked outside the open hours but about 特急, and no notice comes twice. Printed is the time it
took, and what it costs everybody: messages a person and week by role, and the desk's taps.
"""

import asyncio
import heapq
import re
import resource
import sqlite3
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

from docx import Document
from tests.faults import town_year
from tests.faults.fates import NUMBER, OFFICER, Act, Case, Shown, Step, visit
from tests.faults.town_year import Plan, at, is_open, is_workday, week_of
from tests.office import make_template, settings_for

from wangge.bot import office, reporting
from wangge.demo.bot import running_bot
from wangge.demo.people import read_roster
from wangge.handlers.context import Worlds, policy_json
from wangge.reports import closing as month_close
from wangge.reports import figures
from wangge.reports.periods import Period
from wangge.rules.calendar import TOWN_ZONE
from wangge.sandbox.person import Person
from wangge.sandbox.server import Sandbox
from wangge.sandbox.town import Town
from wangge.sandbox.views import Event, MessageView
from wangge.storage import areas, closings
from wangge.storage.database import Transaction

MEMBERS = read_roster()[1]
TOWN = "990101103"
READERS = (*range(41, 45), 47, 48)
"""Area leaders and town leaders."""
NOTICE = ("时限", "办结时间快到了", "还没接", "方便时点", "挂账到期")
REMEMBERED = 400
"""So many messages back people look for a card; of what is older they say the number."""
DIGEST = re.compile(r"平安周报 (\d\d)-(\d\d)至")
SENT = ("新增", "办结", "在办", "超期")
ENDED = "('closed', 'self_handled', 'not_grid', 'petition')"
STILL_DUE = "('reported', 'reopened', 'accepted', 'assigned', 'handling')"
COUNTS = f"""
    SELECT total(is_new), total(is_new AND was IN {ENDED}), total(was NOT IN {ENDED}),
           total(was IN {STILL_DUE} AND coalesce(due_at, accept_by) < :cutoff)
    FROM (SELECT s.state AS was, s.due_at, s.accept_by, r.reported_at >= :start AND r.reported_at < :end AS is_new
          FROM records r JOIN stays s ON s.record = r.id AND s.from_at < :cutoff AND coalesce(s.to_at, '9') >= :cutoff
          WHERE r.kind = 'event' AND s.class <> 'W' AND s.state NOT IN ('duplicate', 'withdrawn')
            AND (:staff_no = '' OR substr(s.area, 1, 12) IN (SELECT p.area FROM posts p JOIN people q
                 ON q.id = p.person WHERE q.staff_no = :staff_no AND p.role = 'area_leader')))
"""
"""新增, 办结, 在办 and 超期 of a period and its cut-off, from what each word means."""

BESIDE = """
    SELECT total(kind = 'visit'), total(kind = 'event' AND class = 'W'), total(state = 'withdrawn') FROM records
"""


@dataclass(eq=False)
class Turn:
    """Something a person does at one moment; while he talks with the bot he does nothing else."""

    by: int
    act: Act
    talks: bool
    is_begun: bool = False


@dataclass
class Replay:
    """The town at work."""

    sandbox: Sandbox
    town: Town
    file: Path
    plan: Plan
    begins: datetime
    now: datetime
    persons: dict[int, Person] = field(default_factory=dict)
    staff: dict[str, int] = field(
        default_factory=lambda: {one.name: one.staff_no for one in MEMBERS.values()}
    )
    due: dict[datetime, list[Turn]] = field(default_factory=lambda: defaultdict(list))
    moments: list[datetime] = field(default_factory=list)
    """The heap of when something is due."""
    shown: dict[int, dict[int, Shown]] = field(default_factory=lambda: defaultdict(dict))
    acted: dict[int, datetime] = field(default_factory=dict)
    """When each person last did something himself."""
    acts: Counter[tuple[int, date]] = field(default_factory=Counter)
    unasked: Counter[tuple[int, date]] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    digests: dict[tuple[date, int], list[int]] = field(default_factory=dict)
    """Monday after the week, reader → what SQL counted when it came."""
    wrong: list[str] = field(default_factory=list)
    filed: set[str] = field(default_factory=set)
    critical: set[str] = field(default_factory=set)
    """Numbers of 特急."""
    stalled: Counter[str] = field(default_factory=Counter)
    started: float = 0.0
    updates: int = 0
    calls: int = 0
    seconds: float = 0.0

    def blame(self, fault: str) -> None:
        """Write down what is not as promised."""
        self.wrong.append(f"{self.now:%m-%d %H:%M} {fault}")
        print(self.wrong[-1], file=sys.stderr, flush=True)

    async def play(self) -> None:
        """Play the plan until nothing is left to do; what is kept open stays so."""
        self.started = time.monotonic()
        for number, member in MEMBERS.items():
            self.persons[number] = await self.town.person(
                member.name, user_id=member.account, has_started=True
            )
        cases: dict[int, Case] = {}
        for matter in self.plan.matters:
            cases[id(matter)] = Case(self, matter, cases.get(id(matter.lead)))
            cases[id(matter)].begin()
        for call in self.plan.calls:
            self.at(call.at, call.by, visit(self, call), talks=True)
        self.kept = next(
            one for one in reversed(cases.values()) if one.matter.fate == "usual" and not one.twists
        )
        self.kept.is_kept_open = True
        while self.due:
            await self._go_to(self._next())
        self.seconds = time.monotonic() - self.started

    async def end(self) -> None:
        """Close the event that was kept open."""
        self.kept.is_kept_open = False
        self.at(town_year.after(self.now, 1), OFFICER, self.kept.close())
        while self.due:
            await self._go_to(self._next())

    def at(self, moment: datetime, by: int, act: Act, *, talks: bool = False) -> None:
        """Let something be done at a moment to come."""
        if moment not in self.due:
            heapq.heappush(self.moments, moment)
        self.due[moment].append(Turn(by, act, talks))

    def stall(self, by: int, label: str, number: str) -> None:
        """Write down that a button was not there."""
        self.stalled[f"{MEMBERS[by].role} {label}"] += 1
        self.blame(f"{by} {MEMBERS[by].role} finds no {label} of {number}")

    def find(self, by: int, label: str, words: str = "", head: str = "") -> Shown | None:
        """Return the newest message of a chat with such a button, these words in it and this beginning."""
        for shown in reversed(self.shown[by].values()):
            is_meant = words in shown.words and shown.words.startswith(head)
            if is_meant and (not label or any(one.startswith(label) for one in shown.labels)):
                return shown
        return None

    def _next(self) -> datetime:
        """Return when the clock stops next: for an act, or only to see what is sent then."""
        day = self.now.astimezone(TOWN_ZONE).date()
        stops = (at(day + timedelta(days=shift), hour) for shift in range(2) for hour in town_year.LOOKED_AT)
        return min(self.moments[0], next(stop for stop in stops if stop > self.now))

    async def _go_to(self, moment: datetime) -> None:
        """Move the clock, and let everybody do what he does then: all at the same time, nobody two things."""
        self.now = moment
        await self.town.clock_to(moment)
        self._look()
        turns = self.due.pop(moment, [])
        if turns:
            heapq.heappop(self.moments)
        while turns:
            by_person: dict[int, list[Turn]] = defaultdict(list)
            for turn in turns:
                by_person[turn.by].append(turn)
            steps = []
            for turn in (one for own in by_person.values() for one in _now(own)):
                turn.is_begun = True
                if step := next(turn.act, None):
                    steps.append(step)
                else:
                    turns.remove(turn)
            if steps:
                await self._do(steps)

    async def _do(self, steps: list[Step]) -> None:
        for step in steps:
            self.acted[step.by] = self.now
            self.acts[step.by, week_of(self.now)] += 1
            person = self.persons[step.by]
            if step.is_tap:
                await person.taps(step.words, on=step.on, wait=False)
            else:
                await person.says(step.words, reply_to=step.on, wait=False)
        self.updates += len(steps)
        await self.town.settled()
        self._look()

    def _look(self) -> None:
        """Take in what the sandbox has written down since the last look."""
        for event in self.sandbox.world.feed:
            if event.message and event.message.from_bot and event.kind in {"message", "edit", "delete"}:
                self._show(event.chat_id - 1000, event.message, event)
        self.calls += len(self.sandbox.calls)
        self.sandbox.world.forget()

    def _show(self, staff_no: int, message: MessageView, event: Event) -> None:
        """Keep what a chat shows; who has forgotten a message sees no edit of it."""
        chat = self.shown[staff_no]
        if event.kind == "message" or message.message_id in chat:
            labels = tuple(label for row in message.labels for label in row)
            chat[message.message_id] = Shown(message, message.words, labels)
        if event.kind == "message":
            self._judge(staff_no, message, event)
            if len(chat) > REMEMBERED:
                del chat[next(iter(chat))]

    def _judge(self, staff_no: int, message: MessageView, event: Event) -> None:
        """Judge the hour of a message that rings; keep notices and digests."""
        words, there = message.words, datetime.fromisoformat(event.at).astimezone(TOWN_ZONE)
        if "特急" in words:
            self.critical |= set(NUMBER.findall(words))
        is_asked = self.acted.get(staff_no) == self.now or staff_no == OFFICER
        if not is_asked:
            self.unasked[staff_no, week_of(there)] += 1
            if not is_open(there) and not any(number in words for number in self.critical):
                self.blame(f"{MEMBERS[staff_no].role} at a closed hour: {words[:60]}")
        head = words.split("\n")[0]
        if DIGEST.search(head):
            self._take_digest(staff_no, words, there)
        if any(sign in head for sign in NOTICE):
            due = "".join(line for line in words.split("\n") if "前办结" in line or "前受理" in line)
            is_shown = bool(due) and "接" not in head  # a leader's card names no limit, none that of 接了
            self.notices[f"{staff_no} {head} {due if is_shown else there.date()}"] += 1

    def _take_digest(self, staff_no: int, words: str, there: datetime) -> None:
        """Compare a digest with plain SQL at the moment it comes."""
        monday = week_of(there)
        if (monday, staff_no) in self.digests:
            self.blame(f"a second digest to {staff_no}")
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            counted = [_week(database, staff_no, monday - timedelta(days=7 * back)) for back in (1, 2)]
        if not any(week == monday for week, _ in self.digests):
            took = time.monotonic() - self.started
            print(f"{there:%m-%d}: {self.updates} updates, {took:.0f} s", file=sys.stderr, flush=True)
        self.digests[monday, staff_no] = counted[0]
        numbers = next(line for line in words.split("\n") if line.startswith(SENT[0]))
        for place, name in enumerate(SENT):
            found = re.search(rf"{name}(\d+)(?:（(?:上周)?(\d+)）)?", numbers)
            sent = [int(each or 0) for each in found.groups()] if found else []
            if sent != [week[place] for week in counted]:
                self.blame(f"digest to {staff_no}: {name} {sent}, SQL {counted}")

    def changed_since(self) -> list[str]:
        """Return the weeks of which plain SQL says something else now."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            return [
                f"the week before {monday} has changed for {staff_no}: {counted} {again}"
                for (monday, staff_no), counted in self.digests.items()
                if (again := _week(database, staff_no, monday - timedelta(days=7))) != counted
            ]


def _now(own: list[Turn]) -> list[Turn]:
    """Return what a person does next: go on talking, else all that is one tap, else begin to talk."""
    talk = [turn for turn in own if turn.talks and turn.is_begun]
    return talk or [turn for turn in own if not turn.talks] or own[:1]


def _week(database: sqlite3.Connection, staff_no: int, monday: date) -> list[int]:
    end = monday + timedelta(days=7)
    scope = str(f"{staff_no:03d}") if MEMBERS[staff_no].role == "包片领导" else ""
    return _count(database, monday, end, end, scope)


def _count(
    database: sqlite3.Connection, start: date, end: date, cutoff: date | datetime, staff_no: str = ""
) -> list[int]:
    """Return 新增, 办结, 在办, 超期 as plain SQL counts them."""
    moments = {"start": _utc(start), "end": _utc(end), "cutoff": _utc(cutoff), "staff_no": staff_no}
    return [int(each) for each in database.execute(COUNTS, moments).fetchone()]


def _utc(moment: date | datetime) -> str:
    """Return a moment as the file holds it."""
    there = moment if isinstance(moment, datetime) else town_year.midnight(moment)
    return f"{there.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def let_work_records_be_told(tx: Transaction) -> None:
    """Put the town's policy in force with words for what is no event but work (工作当事项)."""
    policy = Worlds().current(tx).policy
    kinds = [
        each.model_copy(update={"words": town_year.WORK_WORDS}) if each.key == "W" else each
        for each in policy.categories
    ]
    areas.add_policy(
        tx,
        policy_json(policy.model_copy(update={"categories": tuple(kinds)})),
        datetime(2024, 12, 1, tzinfo=UTC),
    )


@dataclass(frozen=True)
class Rates:
    """The whole stretch at one cut-off, by the figures and by plain SQL."""

    valid: int
    closed: int
    text: str
    counted: list[int]

    @property
    def rate(self) -> str:
        """The share that is closed, rounded down to one decimal; 100 only when all are."""
        return f"{1000 * self.closed // max(1, self.valid) / 10:.1f}%"


async def rates(folder: Path, plan: Plan, cutoff: datetime) -> Rates:
    """Read the figures of the whole stretch of time as they are at the cut-off."""
    start, end = town_year.midnight(plan.first), plan.end
    async with office.opened(settings_for(folder)) as database:
        facts = await database.snapshot(lambda tx: figures.read(tx, (TOWN,), Period(start, end, cutoff)))
    with closing(sqlite3.connect(f"file:{folder / 'wangge.db'}?mode=ro", uri=True)) as sql:
        counted = _count(sql, start.date(), end.date(), cutoff)
    found = facts.figures
    return Rates(found["valid"].value, found["closed"].value, found["closed_rate"].text, counted)


@dataclass(frozen=True)
class Annual:
    """What both files of the annual report say of the events."""

    valid: int
    rate: str


SAID = re.compile(r"有效上报(\d+)件.*?办结率([\d.]+%)", re.DOTALL)
MARK = re.compile(r"\[\d+\]")


async def annual(folder: Path, plan: Plan, cutoff: datetime) -> Annual:
    """Read in the annual report, as it is sent, how many events there were and how many are closed."""
    async with office.opened(settings_for(folder)) as database:
        made = await reporting.annual(database, Worlds(), plan.first.year, cutoff)
    texts = ["\n".join(line.text for line in Document(BytesIO(each.content)).paragraphs) for each in made]
    ((valid, rate),) = {found.groups() for text in texts if (found := SAID.search(MARK.sub("", text)))}
    return Annual(int(valid), rate)


@dataclass(frozen=True)
class Played:
    """What came of it."""

    replay: Replay
    one_open: Rates
    all_closed: Rates
    annual: Annual
    annual_open: Annual
    closed_months: list[date]
    broken_months: list[date]
    beside: list[int]
    """Visits, work records and withdrawn events that are stored."""


async def play(folder: Path, plan: Plan) -> Played:
    """Play a plan in a new town, the bot in a process of its own."""
    data = await make_template(folder / "data")
    async with office.opened(settings_for(data)) as database:
        await database.transaction(let_work_records_be_told)
    begins = at(plan.first, town_year.AT_HOME[0]) - timedelta(minutes=1)
    async with (
        Sandbox(town_time=begins) as sandbox,
        running_bot(data, sandbox.url, folder / "bot.log") as health,
        Town(sandbox.url, health_url=health) as town,
    ):
        await town.settled()
        replay = Replay(sandbox, town, data / "wangge.db", plan, begins, begins)
        await replay.play()
        cutoff = plan.end + timedelta(days=31)
        one_open, annual_open = await rates(data, plan, cutoff), await annual(data, plan, cutoff)
        await replay.end()
        replay.wrong += replay.changed_since()
        with closing(sqlite3.connect(f"file:{replay.file}?mode=ro", uri=True)) as database:
            beside = [int(each) for each in database.execute(BESIDE).fetchone()]
        async with office.opened(settings_for(data)) as opened:
            months = [each.month for each in await opened.snapshot(closings.every)]
            broken = await opened.snapshot(month_close.broken)
        all_closed = await rates(data, plan, cutoff), await annual(data, plan, cutoff)
        return Played(replay, one_open, *all_closed, annual_open, months, broken, beside)


def burden(replay: Replay) -> Iterator[str]:
    """Yield the table: unasked messages and own acts a person and week, by role."""
    weeks = sorted({week for _, week in replay.acts if week < replay.plan.end.date()})
    yield f"{'':<8}{'人':>4}{'没问就收到（每人每周，平均/最多）':>20}{'自己说和点（每人每周）':>16}"
    for role in dict.fromkeys(member.role for member in MEMBERS.values()):
        people = [number for number, member in MEMBERS.items() if member.role == role]
        got = [replay.unasked[number, week] for number in people for week in weeks]
        done = [replay.acts[number, week] for number in people for week in weeks]
        yield f"{role:<8}{len(people):>4}{sum(got) / len(got):>12.1f} / {max(got)}{sum(done) / len(done):>16.1f}"
    desk = sum(replay.acts[OFFICER, week] for week in weeks) / replay.plan.days
    yield f"值班台每天点和说 {desk:.0f} 次；提醒 {replay.notices.total()} 条"


def report(played: Played) -> Iterator[str]:
    """Yield what was played and how long it took."""
    replay, plan = played.replay, played.replay.plan
    yield f"{plan.first} and {plan.days} days: {len(plan.matters)} reports, {len(plan.calls)} visits"
    yield f"{replay.updates} updates in {replay.seconds:.0f} s: {replay.updates / replay.seconds:.0f} a second; {replay.calls} calls of the bot"
    yield f"memory of sandbox and driver: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    yield f"one left open: {played.one_open.closed} of {played.one_open.valid} closed, {played.one_open.rate}"
    yield f"all closed: {played.all_closed.closed} of {played.all_closed.valid}, {played.all_closed.text}"
    yield f"beside them visits, work records, withdrawn: {played.beside}"
    yield f"the annual report says: {played.annual}; with one left open: {played.annual_open}"
    yield f"{len(replay.digests)} weekly digests, each compared with plain SQL; {len(played.closed_months)} months closed"


def faults(played: Played) -> list[str]:
    """Return what is not as promised."""
    replay, plan = played.replay, played.replay.plan
    found = [f"{times} times: {notice}" for notice, times in replay.notices.items() if times > 1]
    one_open, closed = played.one_open, played.all_closed
    if (closed.valid, closed.closed, closed.text) != (plan.valid, plan.valid, "100%"):
        found.append(f"{plan.valid} valid events were played, figures say {closed}")
    if (one_open.valid, one_open.closed) != (plan.valid, plan.valid - 1) or one_open.text == "100%":
        found.append(f"with one event left open the figures say {one_open}")
    found += [
        f"SQL and figures differ: {one}"
        for one in (one_open, closed)
        if one.counted[:2] != [one.valid, one.closed]
    ]
    if (played.annual, played.annual_open) != (Annual(plan.valid, "100%"), Annual(plan.valid, one_open.rate)):
        found.append(f"the annual report says {played.annual}, {played.annual_open} with one left open")
    if played.broken_months or len(played.closed_months) < round(plan.days / 31):
        found.append(f"months closed: {played.closed_months}, broken: {played.broken_months}")
    fates = Counter(matter.fate for matter in plan.matters)
    if played.beside != [len(plan.calls), fates["work"], fates["withdrawn"]]:
        found.append(f"visits, work records and withdrawn events differ: {played.beside}")
    expected = {(monday, reader) for monday in _mondays(replay) for reader in READERS}
    found += [f"digest missing or one too many: {each}" for each in expected ^ set(replay.digests)]
    return [*replay.wrong, *found]


def _mondays(replay: Replay) -> Iterator[date]:
    """Yield the weeks that brought a digest: on Monday, or the first working day after it."""
    monday = week_of(replay.begins)
    while monday <= replay.now.date():
        day = next(each for shift in range(14) if is_workday(each := monday + timedelta(days=shift)))
        if replay.begins < at(day, town_year.OPEN[0][0]) <= replay.now:
            yield monday
        monday += timedelta(days=7)


def main() -> None:
    """Read the command line, play and print."""
    parser = ArgumentParser(prog="python -m tests.faults.replay", description=__doc__)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(town_year.YEAR, 1, 1))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    valid = round(town_year.VALID * asked.days / 365)
    plan = town_year.draw(asked.first, asked.days, valid, seed=asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(play(Path(folder), plan))
    print("\n".join((*report(played), *burden(played.replay))))
    found = faults(played)
    print(
        "\n".join(found)
        if found
        else "nothing at a closed hour but of 特急, no notice twice, all figures equal"
    )
    if played.replay.stalled:
        print("buttons that were not there:", dict(played.replay.stalled.most_common(8)))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
