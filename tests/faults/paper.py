"""The office on paper: what must be known of an event, its limits and notices among it; it imports nothing of ours.

Working time is counted span by span, limits are the ones of the township's reference (docs/policy.md);
the days of the model are of a year's end without holidays.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from tests.faults.townsfolk import AWAY, ENDED, NEW, UNDOABLE, WORK, Case, Someone

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
TOWN_TIME = timezone(8 * HOUR)
SPANS = ((time(8, 30), time(12)), (time(14, 30), time(18)))
ACCEPT = {"critical": 15 * MINUTE, "urgent": 2 * HOUR, "usual": 7 * HOUR}
START = {"critical": 15 * MINUTE, "urgent": 2 * HOUR, "usual": 7 * HOUR}
FINISH = {"critical": DAY, "urgent": DAY, "usual": 35 * HOUR}
DISPUTE = 30 * DAY
STEPS = {
    "accept": ("amber", "red", "leader"),
    "start": ("amber", "red"),
    "finish": ("amber", "red", "leader"),
}
ANSWERED_WITHIN, UNDONE_WITHIN, REOPENED_WITHIN = 5 * MINUTE, 10 * MINUTE, 15 * DAY
TOLD = {
    "return": "reporter",
    "answer": "desk",
    "not_grid": "reporter",
    "petition": "reporter",
    "merge": "reporter",
    "assign": "holder",
    "hand_back": "desk",
    "hand_on": "holder desk",
    "add_helper": "named",
    "redo": "holder",
    "ask_check": "named",
    "close": "reporter",
    "deny": "desk",
    "reopen": "reporter",
    "ask_suspend": "leader",
    "suspend": "desk holder",
    "resume": "holder desk",
    "ask_extend": "leader",
    "extend": "desk holder",
    "refuse": "desk holder",
    "supervise": "holder desk",
    "instruct": "holder desk",
}


def spans_of(day: date) -> list[tuple[datetime, datetime]]:
    """Return the working spans of a day: none on a weekend."""
    if day.weekday() > 4:
        return []
    return [
        (datetime.combine(day, begin, TOWN_TIME), datetime.combine(day, end, TOWN_TIME))
        for begin, end in SPANS
    ]


def later(moment: datetime, work: timedelta) -> datetime:
    """Return when so much work is done that begins at a moment."""
    day = moment.astimezone(TOWN_TIME).date()
    while True:
        for begin, end in spans_of(day):
            begins = max(begin, moment)
            if begins + work <= end:
                return begins + work
            work -= max(end - begins, 0 * HOUR)
        day += DAY


def earlier(moment: datetime, work: timedelta) -> datetime:
    """Return when so much work has to begin that is to be done at a moment."""
    day = moment.astimezone(TOWN_TIME).date()
    while True:
        for begin, end in reversed(spans_of(day)):
            ends = min(end, moment)
            if ends - work >= begin:
                return ends - work
            work -= max(ends - begin, 0 * HOUR)
        day -= DAY


def worked(begin: datetime, end: datetime) -> timedelta:
    """Return how much is worked between two moments."""
    day, total = begin.astimezone(TOWN_TIME).date(), 0 * HOUR
    while day <= end.astimezone(TOWN_TIME).date():
        total += sum((max(min(b, end) - max(a, begin), 0 * HOUR) for a, b in spans_of(day)), 0 * HOUR)
        day += DAY
    return total


def is_open(moment: datetime) -> bool:
    return any(begin <= moment < end for begin, end in spans_of(moment.astimezone(TOWN_TIME).date()))


def morning_of(day: date) -> datetime:
    return datetime.combine(day, SPANS[0][0], TOWN_TIME)


def evening_of(day: date) -> datetime:
    return datetime.combine(day, SPANS[1][1], TOWN_TIME)


@dataclass
class Paper(Case):
    """An event with its limits, and all that has ever been done to it."""

    limits: dict[str, datetime | None] = field(default_factory=dict)
    """accept, start and finish."""
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    grade: str | None = None
    paused_at: datetime | None = None
    answer: tuple[datetime, int] | None = None
    """特急: when somebody on duty should have answered, and how often nobody has."""
    review: date | None = None
    asked: list[tuple[str, str, date | None]] = field(default_factory=list)
    """(kind, open or confirmed, until)."""
    askers: dict[str, int] = field(default_factory=dict)
    """Who has asked last for which consent."""
    acts: list[tuple[str, int | None, datetime]] = field(default_factory=list)
    stays: list[tuple[Any, ...]] = field(default_factory=list)
    """All that counts about it, and since when."""
    notices: set[tuple[str, str, datetime]] = field(default_factory=set)
    """(clock, step, limit): each at most once."""
    joined: set[int] = field(default_factory=set)
    led_by: int | None = None
    former: "Paper | None" = None
    """What may be taken back."""

    @property
    def reporters(self) -> set[int]:
        return {self.author} | {person for part, person in self.parties if part == "reporter"}

    def is_by_clock(self, clock: str) -> bool:
        is_dispute = self.klass == "D" and clock == "finish"
        return self.urgency != "usual" or is_dispute

    def length(self, clock: str) -> timedelta:
        if clock == "finish" and self.klass == "D" and self.urgency == "usual":
            return DISPUTE
        return {"accept": ACCEPT, "start": START, "finish": FINISH}[clock][self.urgency]

    def until(self, clock: str, since: datetime) -> datetime:
        length = self.length(clock)
        return since + length if self.is_by_clock(clock) else later(since, length)

    def running(self) -> dict[str, datetime]:
        """Return the clocks that run now, each with its limit."""
        names = ["accept"] if self.state in NEW else []
        names += ["finish"] if self.state in WORK else []
        names += ["start"] if self.state == "assigned" else []
        return {name: limit for name in names if (limit := self.limits.get(name))}

    def schedule(self, clock: str) -> dict[str, datetime]:
        """Return when the steps of a clock are due."""
        limit = self.running()[clock]
        share = self.length(clock) * 0.3
        late = ACCEPT[self.urgency]
        amber = limit - share if self.is_by_clock(clock) else earlier(limit, share)
        leader = limit + late if self.urgency != "usual" else later(limit, late)
        moments = {"amber": amber, "red": limit, "leader": leader}
        return {step: moments[step] for step in STEPS[clock]}

    def ring(self, now: datetime) -> list[tuple[str, str]]:
        """Return the notices that are due by now: of each clock the last step, if it has not been told."""
        found = []
        for clock, limit in self.running().items():
            due = [step for step, at in self.schedule(clock).items() if at <= now]
            is_rung_anyway = clock == "accept" and self.urgency == "critical" and due == ["amber"]
            if due and not is_rung_anyway and (clock, due[-1], limit) not in self.notices:
                self.notices.add((clock, due[-1], limit))
                found.append((clock, due[-1]))
        return found

    def begins(self, now: datetime) -> None:
        """It has been reported."""
        self.acts = [("report", self.author, now)]
        self.limits = {"accept": self.until("accept", now), "start": None, "finish": None}
        if self.state == "self_handled":
            self.closed_at, self.outcome = now, "solved"
        elif self.urgency == "critical":
            self.answer = (now + ANSWERED_WITHIN, 0)
        self._counts_as(now)

    def _counts_as(self, now: datetime) -> None:
        """A new stay begins with whatever counts and has changed."""
        limits = (self.limits["accept"], self.limits["finish"])
        counted = (self.state, self.holder, self.outcome, self.urgency, *limits, self.grade)
        if not self.stays or counted != self.stays[-1][:-1]:
            self.stays.append((*counted, now))

    def lacks(self, verb: str) -> bool:
        """Tell whether an act has nothing to act upon: nobody has asked for it, or somebody has already."""
        waiting = {kind for kind, state, _ in self.asked if state == "open"}
        match verb:
            case "ask_suspend" | "ask_extend":
                return verb.removeprefix("ask_") in waiting
            case "suspend" | "extend":
                return verb not in waiting
            case "refuse":
                return not waiting & {"suspend", "extend"}
            case "acknowledge":
                return not waiting & {"supervise", "instruct"}
        return False

    def takes(self, verb: str, who: Someone | None, now: datetime, given: dict[str, Any]) -> None:
        """Follow one act that is on, with all that comes of it."""
        before, copied = self.state, deepcopy(self)
        copied.former = None
        if verb == "undo":
            self._goes_back(now)
            self._counts_as(now)
            self.acts.append((verb, who.id if who else None, now))
            return
        self.does(verb, who)
        if verb in {"assign", "hand_on"}:
            self.holder = given["person"]
        self.acts.append((verb, who.id if who else None, now))
        self._keeps_time(before, now)
        self._ends(verb, before, now, given)
        self._asks(verb, given)
        self.grade = "satisfied" if verb == "rate" else self.grade
        self._counts_as(now)
        if who and verb.startswith("ask_"):
            self.askers[verb.removeprefix("ask_")] = who.id
        self.former = copied if verb in UNDOABLE else None

    def _goes_back(self, now: datetime) -> None:
        was = self.former
        assert was
        for name in ("state", "holder", "limits", "accepted_at", "closed_at", "outcome", "paused_at"):
            setattr(self, name, getattr(was, name))
        if self.urgency == "critical" and self.state in NEW:
            self.answer = (now + ANSWERED_WITHIN, 0)
        self.led_by = self.former = self.undoable = None
        self.version += 1

    def _keeps_time(self, state: str, now: datetime) -> None:
        """Let the clocks of the new state begin, stand still, or go on."""
        if self.state in NEW and state not in NEW | AWAY:
            self.limits = {"accept": self.until("accept", now), "start": None, "finish": None}
            self.accepted_at = None
            return
        if state in AWAY and self.state not in AWAY:
            clock = "finish" if self.accepted_at else "accept"
            limit, paused = self.limits[clock], self.paused_at
            assert limit and paused
            if limit > paused and self.is_by_clock(clock):
                self.limits[clock] = now + (limit - paused)
            elif limit > paused:
                self.limits[clock] = later(now, worked(paused, limit))
            self.paused_at = None
        if self.state in AWAY and state not in AWAY:
            self.paused_at = now
        if self.state in WORK and not self.accepted_at:
            self.accepted_at, self.limits["finish"] = now, self.until("finish", now)
        if self.acts[-1][0] in {"assign", "hand_on", "redo"}:
            self.limits["start"] = self.until("start", now)
        elif self.state != "assigned":
            self.limits["start"] = None
        if self.state not in NEW:
            self.answer = None

    def _ends(self, verb: str, state: str, now: datetime, given: dict[str, Any]) -> None:
        """Remember how it ended, or that it has not."""
        match verb:
            case "finish":
                self.outcome = given.get("outcome") or self.outcome
            case "close":
                usual = "passed_on" if state == "escalated" else "solved"
                self.outcome = given.get("outcome") or self.outcome or usual
            case "petition":
                self.outcome = "passed_on"
            case "merge":
                self.outcome = "duplicate"
            case "redo":
                self.outcome = None
        if verb in {"close", "not_grid", "petition", "merge"}:
            self.closed_at = now
        if state in {"done", *ENDED} and self.state == "reopened":
            self.closed_at = self.outcome = None

    def _asks(self, verb: str, given: dict[str, Any]) -> None:
        """Remember who has been asked for what, and what has been answered."""
        match verb:
            case "ask_suspend" | "ask_extend":
                self.asked.append((verb.removeprefix("ask_"), "open", given["until"]))
            case "supervise" | "instruct":
                self.asked.append((verb, "open", given.get("until")))
            case "acknowledge":
                orders = {"supervise", "instruct"}
                self.asked = [
                    (kind, "confirmed" if kind in orders else state, day) for kind, state, day in self.asked
                ]
            case "suspend" | "extend":
                day = next(day for kind, _, day in self.asked if kind == verb)
                assert day
                self.asked = [each for each in self.asked if each[0] != verb]
                if verb == "suspend":
                    self.review = day
                else:
                    self.limits["finish"] = evening_of(day)
            case "refuse" | "finish" | "redo" | "reopen" | "deny" if (
                verb != "deny" or self.state == "reopened"
            ):
                self.asked = [each for each in self.asked if each[0] not in {"suspend", "extend"}]
        if self.state != "suspended":
            self.review = None

    def amended(self, who: Someone, now: datetime, urgency: str, *, is_handled: bool) -> None:
        """Follow a change of what was reported: another limit, or the desk is needed after all."""
        was, is_other = self.state, urgency != self.urgency
        self.does("amend", who)
        self.acts.append(("amend", who.id, now))
        self.urgency, self.former = urgency, None
        if self.state in {"reported", "self_handled"}:
            self.state = "self_handled" if is_handled else "reported"
        if is_other or was == "self_handled" != self.state:
            since = self.paused_at or now
            self.limits = {**self.limits, "accept": self.until("accept", since)}
        if self.state != was:
            self.closed_at, self.outcome = (now, "solved") if is_handled else (None, None)
        self._counts_as(now)
