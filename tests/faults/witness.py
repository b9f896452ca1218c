"""What must hold after each act: all that any chat was shown, and all that is stored, is as the model says.

The database is read in plain SQL, the chats in the sandbox; of the bot only its seal is used.
"""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.townsfolk import BY_ONE_TAP, CLERK, HANDLERS, HIDDEN, LOOP, OPEN, WITH_REASON, Case, Someone

from wangge.sandbox.server import Sandbox
from wangge.sandbox.views import Button, Event, MessageView
from wangge.storage.seal import read_key

TAG = re.compile(r"第\d+[盏件户]|\b\d{4}-\d{3}\b")
"""What tells everything that is said apart, 户 of danger only; and the numbers of records."""
OF_DRAFTS = {"file", "store", "edit", "drop", "leave", "cancel", "card", "field", "real", "same", "anyway"}
OF_QUESTIONS = {"pick", "picked", "back", "skip"}
YES = {"好", "1"}
SECOND = {"2", "选2"}
"""不是，照样上报 stands after the one near event."""
NEAR = "是同一件"
CHANGES_PARTIES = {"join", "add_helper", "ask_check"}
SET_ASIDE = "没处理成功"


@dataclass(frozen=True)
class Act:
    """What somebody did: said `words`, or tapped a button with `payload`."""

    who: Someone
    words: str = ""
    payload: str = ""
    is_live: bool = False
    """The button stood on the screen."""


class Draft(NamedTuple):
    person: int
    state: str
    kind: str
    record: int | None
    version: int
    is_practice: bool
    body: Any


@dataclass
class Witness:
    """Remembers all that was shown and stored so far, and compares what is new."""

    sandbox: Sandbox
    folder: Path
    people: dict[int, Someone]
    """By the key of the database."""
    cases: dict[int, Case] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)
    talks: dict[str, Any] = field(default_factory=dict)
    """Chat → what is open in it."""
    shown: dict[int, dict[str, tuple[Button, MessageView]]] = field(default_factory=dict)
    """Chat → every button it ever showed, by its payload."""
    confirmed: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    _events: int = 0
    _calls: int = 0
    _history: int = 0

    def __post_init__(self) -> None:
        self._seal = read_key(self.folder / "key")
        self.look()

    def look(self) -> tuple[dict[int, Draft], dict[str, Any]]:
        """Read what is open now; return what was open before."""
        before = self.drafts, self.talks
        rows = self.select("SELECT id, person, state, kind, record, version, is_practice, body FROM drafts")
        self.drafts = {key: Draft(*row)._replace(body=self._seal.open_json(row[-1])) for key, *row in rows}
        rows = self.select("SELECT chat, body FROM conversations")
        self.talks = {chat: self._seal.open_json(body) for chat, body in rows}
        return before

    def compare(self, act: Act | None) -> None:
        """Compare what was shown and stored since the last time."""
        drafts, talks = self.look()
        former = {key: replace(case) for key, case in self.cases.items()}
        done = self._follow(act, drafts)
        self._compare_cases(done)
        self._compare_others(act, drafts, talks)
        if act:
            assert act.who.posts or not done, f"{act.who} did {done}"
            self._compare_answer(act)
            self._compare_tap(act, drafts, former, done)
        self.compare_shown(former)

    def compare_resumed(self) -> None:
        """A restart says nothing, and whatever was open is open."""
        before = self.look()
        assert before == (self.drafts, self.talks), "a restart changed what was open"
        assert not self._news(), "a restart spoke"

    def compare_shown(self, former: dict[int, Case]) -> None:
        for event in self._news():
            self._compare_event(event, former)
        self._events, self._calls = len(self.sandbox.world.feed), len(self.sandbox.calls)

    def compare_end(self) -> None:
        assert all(times == 1 for times in self.confirmed.values()), self.confirmed
        assert {state for (state,) in self.select("SELECT state FROM inbox")} <= {"done"}

    def select(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "wangge.db")) as connection:
            return connection.execute(query).fetchall()

    def _news(self) -> list[Event]:
        news = self.sandbox.world.feed[self._events :]
        return [one for one in news if one.kind == "toast" or (one.kind != "tap" and _is_the_bots(one))]

    def _follow(self, act: Act | None, drafts: dict[int, Draft]) -> list[tuple[str, int]]:
        """Let the model do what the history says was done; return (act, record)."""
        done = []
        query = f"SELECT id, record, act, actor, body FROM history WHERE id > {self._history} ORDER BY id"
        for key, record, verb, actor, body in self.select(query):
            self._history = key
            who = self.people.get(actor)
            assert who == (act.who if act and actor is not None else None), f"{verb} in the name of {who}"
            if verb == "report":
                self._file(record, act, drafts)
            else:
                self.cases[record].does(verb, who)
            case = self.cases[record]
            new = self._tags("records", record) | tags_in(self._seal.open_json(body)["reason"])
            if verb == "merge":  # the number of the leading event
                new -= {other.number for other in self.cases.values() if who and other.parts_of(who)}
            assert who is None or new - case.tags <= who.said, f"{verb}: another's words in {case}"
            case.tags |= new
            done.append((verb, record))
            self.acts[verb] += 1
        return done

    def _file(self, key: int, act: Act | None, drafts: dict[int, Draft]) -> None:
        """A record is new: its author has just confirmed it, or it is danger."""
        columns = "number, kind, author, area, class, urgency, state, origin"
        ((*row, origin),) = self.select(f"SELECT {columns} FROM records WHERE id = {key}")
        case = self.cases[key] = Case(key, *row)
        self.confirmed[origin] += 1
        draft = int(origin.split(":")[1])
        assert act and case.author == act.who.id and act.who.may_report(case.kind), f"{case} by {act}"
        assert case.state in {"reported", "self_handled", "filed"}
        is_danger = case.urgency == "critical" and "户" in str(self._tags("records", key))
        ways = {f"file:{draft}:0": YES, f"anyway:{draft}:0": SECOND}
        if act.payload.startswith(("file:", "anyway:")):
            is_confirmed = act.payload in ways and drafts[draft].state == "open"
        elif act.payload:
            is_confirmed = act.payload.startswith(("to_event:", "new_event:"))
        else:
            shown = self.shown.get(act.who.chat, {})
            is_confirmed = any(
                way in shown and act.words in {*typed, shown[way][0].text} for way, typed in ways.items()
            )
        assert is_confirmed or is_danger, f"{case} was stored and not confirmed by {act}"

    def _compare_cases(self, done: list[tuple[str, int]]) -> None:
        """Model and database know the same records, in the same states."""
        self._compare_parties(done)
        columns = "id, number, kind, author, state, version, area, class, urgency, holder"
        rows = {row[0]: row[1:] for row in self.select(f"SELECT {columns} FROM records")}
        assert rows.keys() == self.cases.keys()
        for key, case in self.cases.items():
            number, kind, author, state, version, case.area, case.klass, case.urgency, holder = rows[key]
            if {state, case.state} == {"reported", "self_handled"}:
                case.state = state  # amended: it is handled, or it is not
            if holder != case.holder:
                assert case.state == "assigned" and self.people[holder].has(HANDLERS)
                case.holder = holder
            known = (case.number, case.kind, case.author, case.state, case.version)
            assert (number, kind, author, state, version) == known
        for actor, target in self.select("SELECT actor, target FROM audit WHERE act = 'unmask'"):
            self.cases[int(target.split(":")[1])].unmasked_for.add(actor)

    def _compare_parties(self, done: list[tuple[str, int]]) -> None:
        """Nobody has a part in an event but by an act that gives him one."""
        found: dict[int, set[tuple[str, int]]] = {}
        for key, part, person in self.select("SELECT record, part, person FROM parties"):
            found.setdefault(key, set()).add((part, person))
        has_merged = any(verb in {"merge", "undo"} for verb, _ in done)
        for key, case in self.cases.items():
            is_named = any(verb in CHANGES_PARTIES and record == key for verb, record in done)
            assert has_merged or is_named or found.get(key, set()) == case.parties, (
                f"{case}: {found.get(key)}"
            )
            case.parties = found.get(key, set())

    def _compare_others(self, act: Act | None, drafts: dict[int, Draft], talks: dict[str, Any]) -> None:
        """What is open with others stays as it is; who leaves leaves no draft."""
        own = act.who if act and act.who.posts else None
        for key, draft in self.drafts.items():
            has_left = not self.people[draft.person].posts and draft.state == "dropped"
            is_own = own is not None and draft.person == own.id
            assert is_own or has_left or draft == drafts.get(key), f"draft {key} was changed by {act}"
        for chat, talk in self.talks.items():
            is_own = own is not None and chat == str(own.chat)
            assert is_own or talk == talks.get(chat), f"what is open in {chat} was changed by {act}"

    def _compare_answer(self, act: Act) -> None:
        """Every act is answered; a tap that changes nothing to be seen is acknowledged."""
        calls = self.sandbox.calls[self._calls :]
        is_acknowledged = act.payload and any(call.method == "answerCallbackQuery" for call in calls)
        is_answered = any(event.chat_id == act.who.chat for event in self._news())
        assert is_answered or is_acknowledged or not act.who.posts, f"{act} has no answer"

    def _compare_tap(
        self, act: Act, drafts: dict[int, Draft], former: dict[int, Case], done: list[tuple[str, int]]
    ) -> None:
        """A tap does what the button says if that still holds, and nothing else."""
        verb, target, version = (*act.payload.split(":"), "", "")[:3]
        target, _, argument = target.partition(".")
        key = int(target) if target.isdigit() else 0
        if verb in LOOP and verb != "amend":
            case = former.get(key)
            is_on = case is not None and version == str(case.version) and case.allows(verb, act.who)
            is_visit = case is not None and case.kind == "visit"
            is_whole = verb in BY_ONE_TAP or (verb in WITH_REASON and (argument or is_visit))
            assert set(done) <= ({(verb, key)} if is_on else set()), f"{act} did {done}"
            assert done or not (is_on and is_whole and act.is_live), f"{act} did nothing"
        elif verb in OF_DRAFTS | OF_QUESTIONS and (draft := drafts.get(key)):
            is_own = draft.person == act.who.id and draft.state == "open" and bool(act.who.posts)
            body = self.drafts[key].body
            assert is_own or self.drafts[key] == draft, f"{act} changed what is not his, or over"
            is_old = verb in OF_QUESTIONS and version != str(draft.version)
            assert not is_old or all(body[name] == draft.body[name] for name in ("values", "asked")), act
            answered = len(body["trail"]) - len(draft.body["trail"])
            assert verb != "pick" or answered <= 1, f"{act} answered {answered} questions"
            is_filing = verb in {"file", "anyway"} and is_own and not draft.is_practice and act.is_live
            is_asked = verb == "file" and self._is_asked(act.who, key, body["values"].get("village", ""))
            assert done or is_asked or not (is_filing and act.who.may_report(draft.kind)), (
                f"{act} filed nothing"
            )

    def _is_asked(self, who: Someone, draft: int, village: str) -> bool:
        """Tell whether he is asked about a near event before he files; there must be one that he may know of."""
        choices = self.talks[str(who.chat)]["choices"]
        is_asked = any(payload == f"anyway:{draft}:0" for _, payload in choices)
        there = [case for case in self.cases.values() if case.area[:12] == village[:12]]
        assert not is_asked or any(case.state in OPEN and case.klass not in HIDDEN for case in there)
        return is_asked

    def _compare_event(self, event: Event, former: dict[int, Case]) -> None:
        """A chat shows what its person may see now, or might before the act, and no more."""
        who = next(one for one in self.people.values() if one.chat == event.chat_id)
        message = event.message if event.kind != "toast" else None
        buttons = [button for row in message.buttons for button in row] if message else []
        text = "\n".join([message.words if message else event.text, *(button.text for button in buttons)])
        if message:
            self.shown.setdefault(who.chat, {}).update({one.data or "": (one, message) for one in buttons})
        assert who.posts or not buttons, f"{who} is offered {text}"
        assert SET_ASIDE not in text
        known = [*self.cases.values(), *former.values()]
        numbers = {case.number for case in known}
        for word in tags_in(text) - (who.said if who.posts else set()):
            is_feedback = who.has(CLERK) and (text.startswith("意见反馈") or word in numbers)
            is_words = any(word in case.tags and case.shows_words_to(who) for case in known)
            is_near = NEAR in text and who.may_report("event")
            is_number = any(
                word == case.number and (case.parts_of(who) or (is_near and case.klass not in HIDDEN))
                for case in known
            )
            assert is_words or is_number or is_feedback, f"{who} reads of another: {text}"

    def _tags(self, table: str, key: int) -> set[str]:
        ((body,),) = self.select(f"SELECT body FROM {table} WHERE id = {key}")
        return tags_in(self._seal.open(body))


def tags_in(text: str) -> set[str]:
    return set(TAG.findall(text))


def _is_the_bots(event: Event) -> bool:
    return event.message is not None and event.message.from_bot
